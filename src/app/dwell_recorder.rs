//! Records the dwells of a scan: all of them where the user asked for it, else the last ones of each tuning, so that
//! evidence can be cut from them and includes what came before an alert.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use lte_dsp::units::Hertz;
use num_complex::Complex32;

use super::radio::{Gap, LiveDwell};
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

/// Records dwells into a folder.
pub struct DwellRecorder {
    folder: PathBuf,
    /// The device's name.
    device: String,
    /// The last dwells, oldest first, where only those are recorded.
    last: Option<VecDeque<RecordedDwell>>,
    /// Where alerts' evidence goes, where only the last dwells are recorded.
    evidence: Option<EvidenceFolder>,
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
        let (folder, last, evidence) = match (&settings.record, &settings.check.evidence) {
            (Some(folder), _) => (folder.clone(), None, None),
            (None, Some(evidence)) => {
                let evidence_folder = EvidenceFolder::open(evidence, settings.check.evidence_limit_bytes)?;
                (evidence.join("last-dwells"), Some(VecDeque::new()), Some(evidence_folder))
            }
            (None, None) => return Ok(None),
        };
        let open = || -> Result<()> {
            if last.is_some() && folder.exists() {
                // What a killed scan left.
                fs::remove_dir_all(&folder)?;
            }
            Ok(fs::create_dir_all(&folder)?)
        };
        open().with_context(|| format!("{}: cannot keep recordings", folder.display()))?;
        Ok(Some(Self { folder, device, last, evidence }))
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
        if let Some(last) = &mut self.last {
            let bytes = fs::metadata(meta.with_extension("sigmf-data")).map_or(0, |facts| facts.len());
            last.push_back(RecordedDwell { meta: meta.clone(), center, bytes });
            make_room(last, MAX_LAST_BYTES);
        }
        let found = find(&Input::Path(meta.clone()), &Hints::default())?;
        found.into_iter().next().ok_or(SourceError::NoRecording { path: meta })
    }

    /// Copies the last dwells of a tuning, which led to an alert, to its evidence, where only the last dwells are
    /// recorded.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn copy_lead_up(&self, alert: &str, center: Hertz) -> Result<(), EvidenceError> {
        let (Some(last), Some(evidence)) = (&self.last, &self.evidence) else { return Ok(()) };
        let of_tuning: Vec<&Path> =
            last.iter().filter(|dwell| dwell.center == center).map(|dwell| dwell.meta.as_path()).collect();
        evidence.copy_lead_up(alert, &of_tuning[of_tuning.len().saturating_sub(LEAD_UP_DWELLS)..])
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

/// Removes the oldest dwell of the tuning that has most, until they take no more than `limit`.
fn make_room(last: &mut VecDeque<RecordedDwell>, limit: u64) {
    let of = |last: &VecDeque<RecordedDwell>, center: Hertz| last.iter().filter(|dwell| dwell.center == center).count();
    while last.len() > 1 && last.iter().map(|dwell| dwell.bytes).sum::<u64>() > limit {
        let most = last.iter().map(|dwell| of(last, dwell.center)).max().unwrap_or(0);
        let Some(at) = last.iter().position(|dwell| of(last, dwell.center) == most) else { return };
        let Some(oldest) = last.remove(at) else { return };
        for path in [oldest.meta.with_extension("sigmf-data"), oldest.meta] {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "{} cannot be removed", path.display());
            }
        }
    }
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

impl SampleSource for RecordingTap<'_, '_> {
    fn info(&self) -> &SourceInfo {
        self.live.info()
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let block = self.live.read(out)?;
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(&out[..block.len])
        {
            // What is written is finished as it is: a full disk ends the recording, not the scan.
            if let Some(writer) = self.writer.take() {
                let _ = writer.finish();
            }
            self.failed = Some(error);
        }
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tuning_keeps_its_last_dwells() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut last = VecDeque::new();
        for i in 0..20 {
            let meta = folder.path().join(format!("{i}.sigmf-meta"));
            fs::write(&meta, "").expect("written");
            fs::write(meta.with_extension("sigmf-data"), "").expect("written");
            // One in eight is of the second tuning.
            let center = Hertz(if i % 8 == 7 { 2e9 } else { 1e9 });
            last.push_back(RecordedDwell { meta, center, bytes: 10 });
            make_room(&mut last, 55);
        }
        let left: Vec<String> =
            last.iter().map(|dwell| dwell.meta.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
        assert_eq!(left, ["7", "15", "17", "18", "19"], "the first tuning gave room, as it had more");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 10);
    }
}
