//! Keeps the dwells of a scan as recordings: all of them where the user asked for it, else the last ones of each
//! tuning, so that evidence can be cut from them and shows what came before an alert.

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

/// Bytes of the last dwells that are kept for evidence.
const LAST_BYTES: u64 = 512 << 20;
/// Last dwells of a tuning that are kept with an alert: some ten seconds in fast mode.
const LED_UP: usize = 8;

/// A folder that dwells are kept in.
pub struct Keeper {
    folder: PathBuf,
    /// The device's name.
    device: String,
    /// The last dwells, oldest first, where only those are kept.
    last: Option<VecDeque<Kept>>,
    /// Where alerts' evidence goes, where only the last dwells are kept.
    evidence: Option<EvidenceFolder>,
}

struct Kept {
    meta: PathBuf,
    center: Hertz,
    bytes: u64,
}

impl Keeper {
    /// The folder that the user named for recordings, or one in the evidence folder; `None` where nothing needs them.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(settings: &ScanSettings, device: String) -> Result<Option<Self>> {
        let (folder, last, evidence) = match (&settings.record, &settings.check.evidence) {
            (Some(folder), _) => (folder.clone(), None, None),
            (None, Some(evidence)) => {
                let kept = EvidenceFolder::open(evidence, settings.check.evidence_limit_bytes)?;
                (evidence.join("last-dwells"), Some(VecDeque::new()), Some(kept))
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

    /// Begins to keep a dwell.
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
            last.push_back(Kept { meta: meta.clone(), center, bytes });
            make_room(last, LAST_BYTES);
        }
        let found = find(&Input::Path(meta.clone()), &Hints::default())?;
        found.into_iter().next().ok_or(SourceError::NoRecording { path: meta })
    }

    /// Keeps the last dwells of a tuning beside the evidence of an alert, where only the last dwells are kept: they led
    /// to it.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn keep_before(&self, alert: &str, center: Hertz) -> Result<(), EvidenceError> {
        let (Some(last), Some(evidence)) = (&self.last, &self.evidence) else { return Ok(()) };
        let of_tuning: Vec<&Path> =
            last.iter().filter(|kept| kept.center == center).map(|kept| kept.meta.as_path()).collect();
        evidence.keep_before(alert, &of_tuning[of_tuning.len().saturating_sub(LED_UP)..])
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if self.last.is_some() {
            // The evidence was cut from them; the next scan would remove what cannot be removed now.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Removes the oldest dwell of the tuning that has most, until they take no more than `limit`.
fn make_room(last: &mut VecDeque<Kept>, limit: u64) {
    let of = |last: &VecDeque<Kept>, center: Hertz| last.iter().filter(|kept| kept.center == center).count();
    while last.len() > 1 && last.iter().map(|kept| kept.bytes).sum::<u64>() > limit {
        let most = last.iter().map(|kept| of(last, kept.center)).max().unwrap_or(0);
        let Some(at) = last.iter().position(|kept| of(last, kept.center) == most) else { return };
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

/// A dwell that is kept while it is received.
pub struct KeptDwell<'a, 'r> {
    live: &'a mut LiveDwell<'r>,
    keeper: Option<&'a mut Keeper>,
    writer: Option<SigmfWriter>,
    failed: Option<SourceError>,
}

impl<'a, 'r> KeptDwell<'a, 'r> {
    /// Keeps a dwell, where there is a keeper.
    pub fn new(live: &'a mut LiveDwell<'r>, mut keeper: Option<&'a mut Keeper>, position: Option<Position>) -> Self {
        let (mut writer, mut failed) = (None, None);
        match keeper.as_mut().map(|keeper| keeper.begin(live.info(), position)) {
            Some(Ok(begun)) => writer = Some(begun),
            Some(Err(error)) => failed = Some(error),
            None => {}
        }
        Self { live, keeper, writer, failed }
    }

    /// Ends it: the recording, where there is one. A recording that failed is no reason not to search the samples.
    pub fn end(self) -> Result<Option<Found>, SourceError> {
        let Self { live, keeper, writer, failed } = self;
        if let Some(error) = failed {
            return Err(error);
        }
        let (Some(keeper), Some(mut writer)) = (keeper, writer) else { return Ok(None) };
        annotate_gaps(&mut writer, &live.take_gaps(), 0);
        keeper.end(writer, live.info().center).map(Some)
    }
}

impl SampleSource for KeptDwell<'_, '_> {
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
            last.push_back(Kept { meta, center, bytes: 10 });
            make_room(&mut last, 55);
        }
        let kept: Vec<String> =
            last.iter().map(|kept| kept.meta.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
        assert_eq!(kept, ["7", "15", "17", "18", "19"], "the first tuning gave room, as it had more");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 10);
    }
}
