//! The folder that evidence is kept in, within its size.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{self, Path, PathBuf},
    time::SystemTime,
};

use lte_dsp::{
    cell::Bandwidth,
    units::{Hertz, SampleRate},
};
use num_complex::Complex32;
use sha2::{Digest, Sha256, Sha512};

use super::{Cut, Decode, Document, RecordingProof, cut_around, ecgis_of, same_block, same_cell};
use crate::{channel_name, error::EvidenceError};
use cellwarden_core::observation::Observation;
use cellwarden_source::{Annotation, Capture, SampleSource, SigmfWriter, SourceError};

/// Longest document in bytes.
pub(super) const MAX_DOCUMENT: u64 = 4 << 20;

/// Between an alert's id and the number of a dwell that led to it, in the names of its recording.
const BEFORE: &str = ".before-";

/// Samples copied at once.
const COPIED: usize = 1 << 16;

/// A folder of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFolder {
    path: PathBuf,
    limit_bytes: u64,
}

/// The evidence of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The recording's metadata, or the document where there is no recording.
    pub file: PathBuf,
    /// SHA-256 of the document.
    pub sha256: String,
    /// What was removed to keep the folder within its size.
    pub evicted: Vec<Evicted>,
}

/// A recording that was removed to make room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evicted {
    /// The alert that it proved.
    pub alert: String,
    /// Whether it was only of a dwell before that alert.
    pub is_lead_up: bool,
    /// Its length.
    pub bytes: u64,
}

impl EvidenceFolder {
    /// A folder, made where it is not there, that is to hold at most so many bytes. Alerts name its files by their whole
    /// path: they are verified later, from elsewhere.
    ///
    /// # Errors
    /// [`EvidenceError::Io`].
    pub fn open(path: &Path, limit_bytes: u64) -> Result<Self, EvidenceError> {
        fs::create_dir_all(path).map_err(EvidenceError::io(path))?;
        Ok(Self { path: path::absolute(path).map_err(EvidenceError::io(path))?, limit_bytes })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Cuts the samples that prove `observation` out of the dwell that `reopen` gives from its beginning, decodes the
    /// cut, and writes it with the document. The document must be sealed by this alone.
    ///
    /// Where whole frames around the blocks do not give the cell's identity again, the dwell is kept from its beginning.
    ///
    /// # Errors
    /// See [`EvidenceError`].
    pub fn write(
        &self,
        id: &str,
        document: Document,
        observation: &Observation,
        reopen: impl FnMut() -> Result<Box<dyn SampleSource>, SourceError>,
        decode: Decode<'_>,
    ) -> Result<Written, EvidenceError> {
        if let Some(written) = self.written_before(id) {
            return Ok(Written { evicted: self.make_room(id)?, ..written });
        }
        let written = self.write_new(id, document, observation, reopen, decode);
        if written.is_err() {
            self.remove_half(id);
        }
        written
    }

    /// Removes what a failed attempt left: it proves nothing, and takes the room that others need.
    fn remove_half(&self, id: &str) {
        let document = self.path.join(format!("{id}.json"));
        for extension in ["sigmf-meta", "sigmf-data", "json.part"] {
            if let Err(error) = remove(&document.with_extension(extension)) {
                tracing::warn!(%error, "half-written evidence cannot be removed");
            }
        }
    }

    fn write_new(
        &self,
        id: &str,
        mut document: Document,
        observation: &Observation,
        mut reopen: impl FnMut() -> Result<Box<dyn SampleSource>, SourceError>,
        decode: Decode<'_>,
    ) -> Result<Written, EvidenceError> {
        let mut source = reopen()?;
        let (rate, first) = (source.info().sample_rate, source.info().first_sample.0);
        let name = source.info().name.clone();
        let dwell_samples = source.info().length.unwrap_or(u64::MAX);
        let mut cut = cut_around(observation, rate.hz(), dwell_samples);
        let mut meta = self.write_cut(id, observation, &mut *source, cut)?;
        let mut again = decode(&meta, observation.carrier.hz);
        let whole = Cut::whole(rate.hz(), dwell_samples);
        if !gives_identity(&again, observation) && cut != whole {
            cut = whole;
            meta = self.write_cut(id, observation, &mut *reopen()?, cut)?;
            again = decode(&meta, observation.carrier.hz);
        }
        match again {
            Ok(cells) => {
                let cell = same_cell(&cells, observation.pci, &ecgis_of(observation));
                for (proof, block) in document.blocks.iter_mut().zip(&observation.blocks) {
                    let same = |b: &&cellwarden_core::observation::ReceivedBlock| {
                        b.channel == block.channel && same_block(b.channel, &b.bytes, &block.bytes)
                    };
                    proof.decoded_again = cell.is_some_and(|cell| cell.blocks.iter().any(|b| same(&b)));
                }
                if cell.is_none() {
                    document.note = Some("the cut alone does not give the cell again".to_owned());
                }
            }
            Err(error) => document.note = Some(format!("the cut could not be decoded: {error}")),
        }
        document.recording = Some(RecordingProof {
            file: format!("{id}.sigmf-meta"),
            data_sha512: sha512_of(&meta.with_extension("sigmf-data"))?,
            meta_sha512: sha512_of(&meta)?,
            source: name,
            first_sample: first + cut.first,
            samples: cut.samples,
        });
        let sha256 = self.write_document(id, document)?;
        Ok(Written { file: meta, sha256, evicted: self.make_room(id)? })
    }

    /// Writes the document of samples that passed only once.
    ///
    /// # Errors
    /// See [`EvidenceError`].
    pub fn write_without_recording(
        &self,
        id: &str,
        mut document: Document,
        why: &str,
    ) -> Result<Written, EvidenceError> {
        if let Some(written) = self.written_before(id) {
            return Ok(written);
        }
        document.note = Some(why.to_owned());
        let sha256 = self.write_document(id, document)?;
        Ok(Written { file: self.path.join(format!("{id}.json")), sha256, evicted: Vec::new() })
    }

    /// Copies the recordings of the dwells before an alert into the folder; `dwells` are their metadata files, oldest
    /// first. When the folder is full, they are removed before other evidence.
    ///
    /// # Errors
    /// [`EvidenceError::Io`].
    pub fn copy_lead_up(&self, id: &str, dwells: &[&Path]) -> Result<Vec<Evicted>, EvidenceError> {
        for (n, meta) in (1..).zip(dwells) {
            for extension in ["sigmf-data", "sigmf-meta"] {
                let (from, to) =
                    (meta.with_extension(extension), self.path.join(format!("{id}{BEFORE}{n}.{extension}")));
                remove(&to)?;
                // A link costs no room; not every file system has them.
                fs::hard_link(&from, &to)
                    .or_else(|_| fs::copy(&from, &to).map(drop))
                    .map_err(EvidenceError::io(&to))?;
            }
        }
        self.make_room(id)
    }

    /// The file that proves an alert, where whole evidence of it is there.
    #[must_use]
    pub fn evidence_of(&self, id: &str) -> Option<PathBuf> {
        Some(self.written_before(id)?.file)
    }

    /// The evidence of this alert that is there, whole: an alert has one id in every replay, and a store may know the
    /// hash of the document that is there.
    fn written_before(&self, id: &str) -> Option<Written> {
        let path = self.path.join(format!("{id}.json"));
        let (document, text) = read_document(&path).ok()?;
        document.is_intact(&text).then(|| Written {
            file: if document.recording.is_some() { path.with_extension("sigmf-meta") } else { path },
            sha256: hex::encode(Sha256::digest(text.as_bytes())),
            evicted: Vec::new(),
        })
    }

    fn write_cut(
        &self,
        id: &str,
        observation: &Observation,
        source: &mut dyn SampleSource,
        cut: Cut,
    ) -> Result<PathBuf, EvidenceError> {
        let info = source.info().clone();
        let seconds = cut.first as f64 / info.sample_rate.hz();
        let later = jiff::SignedDuration::try_from_secs_f64(seconds).ok();
        let capture = Capture {
            center: info.center,
            start: info.start.zip(later).and_then(|(start, later)| start.checked_add(later).ok()),
            gain_db: info.gain_db,
            position: info.position,
        };
        let description = format!("evidence of alert {id}, from {}", info.name);
        let stem = self.path.join(id);
        // Without a document these are what a killed process or a shorter cut left.
        for extension in ["sigmf-meta", "sigmf-data"] {
            remove(&stem.with_extension(extension))?;
        }
        let mut writer = SigmfWriter::create(&stem, info.format, info.sample_rate, &description, capture)?;
        for annotation in annotations(observation, cut, info.sample_rate) {
            writer.annotate(&annotation);
        }
        copy(source, cut, &mut writer)?;
        Ok(writer.finish()?)
    }

    /// Puts the document in place as a whole.
    fn write_document(&self, id: &str, document: Document) -> Result<String, EvidenceError> {
        let (text, sha256) = document.sealed();
        let path = self.path.join(format!("{id}.json"));
        let part = path.with_extension("json.part");
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(EvidenceError::io(&path))?;
        Ok(sha256)
    }

    /// Takes recordings away until the folder is within its size: those that led to alerts, then the oldest of alerts
    /// that are not critical, then the oldest critical ones, never the newest. Documents stay: they are small, and say what was there.
    fn make_room(&self, newest: &str) -> Result<Vec<Evicted>, EvidenceError> {
        let recordings = self.recordings()?;
        let total: u64 = recordings.iter().map(|recording| recording.bytes).sum();
        self.evict(recordings, total.saturating_sub(self.limit_bytes), newest)
    }

    /// Takes recordings away until so many bytes are free for the evidence of an alert: on a full disk. The same ones go
    /// first as where the folder is full; a critical one only for a critical alert.
    ///
    /// # Errors
    /// [`EvidenceError::Io`].
    pub fn make_room_on_disk(&self, bytes: u64, id: &str, is_critical: bool) -> Result<Vec<Evicted>, EvidenceError> {
        let mut recordings = self.recordings()?;
        recordings.retain(|recording| is_critical || recording.is_lead_up || !recording.critical);
        self.evict(recordings, bytes, id)
    }

    fn evict(
        &self,
        mut recordings: Vec<EvidenceRecording>,
        bytes: u64,
        newest: &str,
    ) -> Result<Vec<Evicted>, EvidenceError> {
        // Critical ones and young ones last, so that those to go are at the end of the reversed order.
        recordings.sort_by_key(|recording| {
            std::cmp::Reverse((!recording.is_lead_up, recording.critical, recording.modified))
        });
        let (mut freed, mut evicted) = (0, Vec::new());
        while freed < bytes {
            let Some(EvidenceRecording { id, alert, is_lead_up, bytes, .. }) = recordings.pop() else { break };
            if id == newest {
                continue;
            }
            freed += bytes;
            let data = self.path.join(format!("{id}.sigmf-data"));
            // The metadata first: without it the samples are nobody's recording.
            remove(&data.with_extension("sigmf-meta"))?;
            remove(&data)?;
            evicted.push(Evicted { alert, is_lead_up, bytes });
        }
        Ok(evicted)
    }

    /// The recordings of the folder that have a document.
    fn recordings(&self) -> Result<Vec<EvidenceRecording>, EvidenceError> {
        let mut recordings = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(EvidenceError::io(&self.path))? {
            let path = entry.map_err(EvidenceError::io(&self.path))?.path();
            if path.extension().is_none_or(|extension| extension != "sigmf-data") {
                continue;
            }
            let Some(id) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            let Ok(facts) = fs::metadata(&path) else { continue };
            // A file that is no document of ours is nobody's evidence: not ours to remove.
            let alert = id.split(BEFORE).next().unwrap_or(id);
            let Ok((document, _)) = read_document(&self.path.join(format!("{alert}.json"))) else { continue };
            recordings.push(EvidenceRecording {
                id: id.to_owned(),
                alert: alert.to_owned(),
                is_lead_up: alert != id,
                bytes: facts.len(),
                modified: facts.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                critical: document.alert.get("severity").is_some_and(|severity| severity == "critical"),
            });
        }
        Ok(recordings)
    }
}

/// A recording in the folder.
struct EvidenceRecording {
    id: String,
    alert: String,
    is_lead_up: bool,
    bytes: u64,
    modified: SystemTime,
    critical: bool,
}

/// Whether the decoded cells hold the observed one with its identity, as far as it had one.
fn gives_identity(again: &Result<Vec<Observation>, String>, observation: &Observation) -> bool {
    let Ok(cells) = again else { return false };
    let ecgis = ecgis_of(observation);
    same_cell(cells, observation.pci, &ecgis).is_some_and(|cell| ecgis_of(cell) == ecgis)
}

/// What is to be seen in the cut: each of the cell's blocks that lies in it.
fn annotations(observation: &Observation, cut: Cut, rate: SampleRate) -> Vec<Annotation> {
    let half_hz = observation.mib.map_or(Bandwidth::Rb6, |mib| mib.bandwidth).subcarriers() as f64 * 7.5e3;
    let (lower, upper) = (Hertz(observation.carrier.hz - half_hz), Hertz(observation.carrier.hz + half_hz));
    let subframe = (rate.hz() * 1e-3) as u64;
    let inside = |at: u64| at >= cut.first && at - cut.first < cut.samples;
    let blocks = observation.blocks.iter().filter(|block| inside(block.at_sample));
    blocks
        .map(|block| Annotation {
            sample_start: block.at_sample - cut.first,
            sample_count: subframe.min(cut.samples - (block.at_sample - cut.first)),
            band: Some((lower, upper)),
            label: format!("PCI {} SFN {} {}", observation.pci, block.sfn, channel_name(block.channel)),
            comment: Some(hex::encode(&block.bytes)),
        })
        .collect()
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), EvidenceError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(EvidenceError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Copies the cut's samples; a source that ends before it gives what it has.
fn copy(source: &mut dyn SampleSource, cut: Cut, writer: &mut SigmfWriter) -> Result<(), EvidenceError> {
    let mut buffer = vec![Complex32::ZERO; COPIED];
    let end = cut.first.saturating_add(cut.samples);
    let mut at = 0u64;
    while at < end {
        let block = source.read(&mut buffer)?;
        if block.len == 0 {
            break;
        }
        let from = cut.first.saturating_sub(at).min(block.len as u64) as usize;
        let to = (end - at).min(block.len as u64) as usize;
        if from < to {
            writer.write(&buffer[from..to])?;
        }
        at += block.len as u64;
    }
    Ok(())
}

pub(super) fn sha512_of(path: &Path) -> Result<String, EvidenceError> {
    let mut file = File::open(path).map_err(EvidenceError::io(path))?;
    let mut hash = Sha512::new();
    let mut chunk = vec![0; COPIED];
    loop {
        match file.read(&mut chunk).map_err(EvidenceError::io(path))? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(&chunk[..n]),
        }
    }
}

/// A document and its text.
pub(super) fn read_document(path: &Path) -> Result<(Document, String), EvidenceError> {
    let file = File::open(path).map_err(EvidenceError::io(path))?;
    let mut bytes = Vec::new();
    file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(EvidenceError::io(path))?;
    let malformed = |what: String| EvidenceError::Malformed { path: path.to_owned(), what };
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(malformed(format!("longer than {MAX_DOCUMENT} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8".to_owned()))?;
    Ok((Document::parse(&text).map_err(malformed)?, text))
}
