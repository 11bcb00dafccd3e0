//! Records the dwells of a scan within a limit: the last ones where the user asked for it, else the last ones of each
//! tuning, so that evidence can be cut from them and includes what came before an alert.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use lte_dsp::units::Hertz;
use num_complex::Complex32;

use super::{
    prover::report_evicted,
    radio::{Gap, LiveDwell},
};
use crate::config::ScanSettings;
use cellwarden_core::observation::Position;
use cellwarden_source::{
    Annotation, Block, Capture, Coordinates, Found, Hints, Input, SampleSource, SigmfWriter, SourceError, SourceInfo,
    find,
};
use cellwarden_store::{EvidenceError, EvidenceFolder};

/// Most bytes of the last dwells, which evidence is cut from.
const MAX_LAST_BYTES: u64 = 512 << 20;
/// Dwells of a tuning that are stored with an alert: about ten seconds in fast mode.
const LEAD_UP_DWELLS: usize = 8;

/// The folder in the evidence folder that a scan keeps its last dwells in, before the number of its process.
const LAST_DWELLS: &str = "last-dwells";

/// Records dwells into a folder.
pub struct DwellRecorder {
    folder: PathBuf,
    /// The device's name.
    device: String,
    /// The recorded dwells that are there, oldest first.
    dwells: VecDeque<RecordedDwell>,
    /// Most bytes of them.
    limit_bytes: u64,
    /// Where alerts' evidence goes, where only the last dwells are recorded, and that they are this process's.
    last: Option<(EvidenceFolder, FolderLock)>,
}

/// Held as long as the process lives.
struct FolderLock {
    _file: File,
}

struct RecordedDwell {
    meta: PathBuf,
    center: Hertz,
    bytes: u64,
}

impl DwellRecorder {
    /// The folder that the user named for recordings, or one in the evidence folder; `None` where nothing needs them.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(settings: &ScanSettings, device: String) -> Result<Option<Self>> {
        let dwells = VecDeque::new();
        if let Some(folder) = settings.record.clone() {
            fs::create_dir_all(&folder).with_context(|| format!("{}: cannot keep recordings", folder.display()))?;
            return Ok(Some(Self { folder, device, dwells, limit_bytes: settings.record_limit_bytes, last: None }));
        }
        let Some(evidence) = &settings.check.evidence else { return Ok(None) };
        let evidence = EvidenceFolder::open(evidence, settings.check.evidence_limit_bytes)?;
        let made = make_last_dwells(evidence.path());
        let (folder, lock) = made.with_context(|| format!("{}: cannot keep recordings", evidence.path().display()))?;
        Ok(Some(Self { folder, device, dwells, limit_bytes: MAX_LAST_BYTES, last: Some((evidence, lock)) }))
    }

    /// Begins the recording of a dwell.
    ///
    /// # Errors
    /// [`SourceError::Io`].
    fn begin(&self, info: &SourceInfo, position: Option<Position>) -> Result<SigmfWriter, SourceError> {
        begin_recording(&self.folder.join(&info.name), info, &self.device, position)
    }

    /// Ends the recording of a dwell, and gives it to be read again.
    ///
    /// # Errors
    /// [`SourceError`].
    fn end(&mut self, writer: SigmfWriter, center: Hertz) -> Result<Found, SourceError> {
        let meta = writer.finish()?;
        let bytes = fs::metadata(meta.with_extension("sigmf-data")).map_or(0, |facts| facts.len());
        self.dwells.push_back(RecordedDwell { meta: meta.clone(), center, bytes });
        self.make_room(0);
        let found = find(&Input::Path(meta.clone()), &Hints::default())?;
        found.into_iter().next().ok_or(SourceError::NoRecording { path: meta })
    }

    /// Copies the last dwells of a tuning, which led to an alert, to its evidence, where only the last dwells are
    /// recorded.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn copy_lead_up(&self, alert: &str, center: Hertz) -> Result<(), EvidenceError> {
        let Some((evidence, _)) = &self.last else { return Ok(()) };
        let of_tuning: Vec<&Path> =
            self.dwells.iter().filter(|dwell| dwell.center == center).map(|dwell| dwell.meta.as_path()).collect();
        let led = &of_tuning[of_tuning.len().saturating_sub(LEAD_UP_DWELLS)..];
        report_evicted(evidence, &evidence.copy_lead_up(alert, led)?);
        Ok(())
    }

    /// Removes dwells until they and `more` bytes are within the limit; whether any was removed.
    fn make_room(&mut self, more: u64) -> bool {
        let mut total: u64 = self.dwells.iter().map(|dwell| dwell.bytes).sum();
        let before = self.dwells.len();
        while self.dwells.len() > 1 && total.saturating_add(more) > self.limit_bytes {
            let at = if self.last.is_some() { oldest_of_most(&self.dwells) } else { 0 };
            let Some(removed) = self.dwells.remove(at) else { break };
            total -= removed.bytes;
            removed.remove();
        }
        self.dwells.len() < before
    }

    /// Removes the oldest dwell on a full disk; whether there was one.
    fn make_room_on_disk(&mut self) -> bool {
        let oldest = self.dwells.pop_front();
        oldest.iter().for_each(RecordedDwell::remove);
        oldest.is_some()
    }
}

impl RecordedDwell {
    fn remove(&self) {
        for path in [self.meta.with_extension("sigmf-data"), self.meta.clone()] {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "{} cannot be removed", path.display());
            }
        }
    }
}

impl Drop for DwellRecorder {
    fn drop(&mut self) {
        if self.last.is_some() {
            // The evidence was cut from them; the next scan would remove what cannot be removed now.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Makes a folder for the last dwells of this process, and removes those of processes that are gone.
fn make_last_dwells(evidence: &Path) -> io::Result<(PathBuf, FolderLock)> {
    // One scan at a time makes its folder and its lock: none takes a folder without a lock for one that is left.
    let gate = File::create(evidence.join(format!("{LAST_DWELLS}.lock")))?;
    gate.lock()?;
    for entry in fs::read_dir(evidence)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(LAST_DWELLS));
        if !is_ours || !entry.file_type()?.is_dir() {
            continue;
        }
        let is_in_use = File::open(entry.path().join("lock")).is_ok_and(|lock| lock.try_lock().is_err());
        if !is_in_use {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let folder = evidence.join(format!("{LAST_DWELLS}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    Ok((folder, FolderLock { _file: lock }))
}

/// The oldest dwell of the tuning that has most.
fn oldest_of_most(dwells: &VecDeque<RecordedDwell>) -> usize {
    let of = |center: Hertz| dwells.iter().filter(|dwell| dwell.center == center).count();
    let most = dwells.iter().map(|dwell| of(dwell.center)).max().unwrap_or(0);
    dwells.iter().position(|dwell| of(dwell.center) == most).unwrap_or(0)
}

fn is_full(error: &SourceError) -> bool {
    matches!(error, SourceError::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull)
}

/// Begins a recording of what a radio receives.
///
/// # Errors
/// [`SourceError::Io`], also where there is one of that name.
pub fn begin_recording(
    stem: &Path,
    info: &SourceInfo,
    device: &str,
    position: Option<Position>,
) -> Result<SigmfWriter, SourceError> {
    let description = format!("received live, {:.3} MHz", info.center.0 * 1e-6);
    let mut writer = SigmfWriter::create(stem, info.format, info.sample_rate, &description, capture(info, position))?;
    writer.set_hardware(device);
    Ok(writer)
}

/// What holds from a dwell's first sample on.
pub fn capture(info: &SourceInfo, position: Option<Position>) -> Capture {
    let position = position.map(|place| Coordinates { lat: place.lat, lon: place.lon });
    Capture { center: info.center, start: info.start, gain_db: info.gain_db, position }
}

/// Notes where samples are missing; `first` is the place of the dwell's first sample in the recording.
pub fn annotate_gaps(writer: &mut SigmfWriter, gaps: &[Gap], first: u64) {
    for gap in gaps {
        writer.annotate(&Annotation {
            sample_start: first + gap.start,
            sample_count: gap.samples,
            band: None,
            label: "lost".to_owned(),
            comment: Some("samples that the radio dropped; zeros stand here instead".to_owned()),
        });
    }
}

/// A dwell that is recorded while it is received.
pub struct RecordingTap<'a, 'r> {
    live: &'a mut LiveDwell<'r>,
    recorder: Option<&'a mut DwellRecorder>,
    writer: Option<SigmfWriter>,
    failed: Option<SourceError>,
}

impl<'a, 'r> RecordingTap<'a, 'r> {
    /// Records the dwell, where there is a recorder.
    pub fn new(
        live: &'a mut LiveDwell<'r>,
        mut recorder: Option<&'a mut DwellRecorder>,
        position: Option<Position>,
    ) -> Self {
        let (mut writer, mut failed) = (None, None);
        match recorder.as_mut().map(|recorder| recorder.begin(live.info(), position)) {
            Some(Ok(begun)) => writer = Some(begun),
            Some(Err(error)) => failed = Some(error),
            None => {}
        }
        Self { live, recorder, writer, failed }
    }

    /// Ends it: the recording, where there is one. A recording that failed is no reason not to search the samples.
    pub fn end(self) -> Result<Option<Found>, SourceError> {
        let Self { live, recorder, writer, failed } = self;
        if let Some(error) = failed {
            return Err(error);
        }
        let (Some(recorder), Some(mut writer)) = (recorder, writer) else { return Ok(None) };
        annotate_gaps(&mut writer, &live.take_gaps(), 0);
        recorder.end(writer, live.info().center).map(Some)
    }
}

impl RecordingTap<'_, '_> {
    fn record(&mut self, samples: &[Complex32]) {
        let Some(writer) = &mut self.writer else { return };
        let Err(mut error) = writer.write(samples) else { return };
        // A full disk takes older recordings, then ends this one, never the scan: what is written is finished as it is.
        while is_full(&error) && self.recorder.as_mut().is_some_and(|recorder| recorder.make_room_on_disk()) {
            match writer.write(samples) {
                Ok(()) => return,
                Err(again) => error = again,
            }
        }
        if let Some(writer) = self.writer.take() {
            let _ = writer.finish();
        }
        self.failed = Some(error);
    }
}

impl SampleSource for RecordingTap<'_, '_> {
    fn info(&self) -> &SourceInfo {
        self.live.info()
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let block = self.live.read(out)?;
        self.record(&out[..block.len]);
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder(folder: &Path, limit_bytes: u64, last: Option<(EvidenceFolder, FolderLock)>) -> DwellRecorder {
        let dwells = VecDeque::new();
        DwellRecorder { folder: folder.to_owned(), device: "none".to_owned(), dwells, limit_bytes, last }
    }

    /// The names that are left of twenty dwells of 10 bytes; one in eight is of the second tuning.
    fn left_of_twenty(recorder: &mut DwellRecorder) -> Vec<String> {
        for i in 0..20 {
            let meta = recorder.folder.join(format!("{i}.sigmf-meta"));
            fs::write(&meta, "").expect("written");
            fs::write(meta.with_extension("sigmf-data"), "").expect("written");
            let center = Hertz(if i % 8 == 7 { 2e9 } else { 1e9 });
            recorder.dwells.push_back(RecordedDwell { meta, center, bytes: 10 });
            recorder.make_room(0);
        }
        let name = |dwell: &RecordedDwell| dwell.meta.file_stem().expect("a name").to_string_lossy().into_owned();
        recorder.dwells.iter().map(name).collect()
    }

    #[test]
    fn each_tuning_keeps_its_last_dwells() {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = EvidenceFolder::open(folder.path(), 0).expect("a folder");
        let (own, lock) = make_last_dwells(folder.path()).expect("made");
        let mut recorder = recorder(&own, 55, Some((evidence, lock)));
        let left = left_of_twenty(&mut recorder);
        assert_eq!(left, ["7", "15", "17", "18", "19"], "the first tuning gave room, as it had more");
        assert_eq!(fs::read_dir(&own).expect("a folder").count(), 11, "with the lock");
        drop(recorder);
        assert!(!own.exists());
    }

    #[test]
    fn recordings_keep_to_their_limit_oldest_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut recorder = recorder(folder.path(), 55, None);
        assert_eq!(left_of_twenty(&mut recorder), ["15", "16", "17", "18", "19"]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 10);
        assert!(recorder.make_room_on_disk());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 8);
        drop(recorder);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 8, "what the user asked for stays");
    }

    #[test]
    fn only_what_dead_scans_left_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let [old, dead, alive] = ["last-dwells", "last-dwells-1", "last-dwells-2"].map(|name| folder.path().join(name));
        for left in [&old, &dead, &alive] {
            fs::create_dir(left).expect("made");
        }
        fs::write(dead.join("lock"), "").expect("written");
        let lock = File::create(alive.join("lock")).expect("made");
        lock.lock().expect("free");
        let (own, _held) = make_last_dwells(folder.path()).expect("made");
        assert!(own.exists() && alive.exists() && !old.exists() && !dead.exists());
    }
}
