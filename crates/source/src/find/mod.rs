//! From the name of an input to its recordings.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use jiff::Timestamp;
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleIndex, SampleRate},
};

use super::{
    Hints, Recording, SourceError, SourceInfo,
    archive::{Extent, MAX_METADATA_BYTES, read_archive},
    hash::{Sha512Hash, check_sha512},
    open::{Stream, open_file},
    raw,
    sigmf::{CaptureMetadata, Metadata, Segment, parse_collection},
};

/// Data up to this length is checked against `core:sha512` unasked; beyond it hashing would take longer than many a
/// search.
const ALWAYS_HASHED_BYTES: u64 = 1 << 30;

/// Samples looked at to tell ci8 from cu8.
const GUESS_BYTES: u64 = 1 << 18;

/// What the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or folder.
    Path(PathBuf),
    /// `-`: raw samples from standard input.
    Stdin,
}

/// A recording that was found; its data is not open yet.
#[derive(Debug)]
pub struct Found {
    name: String,
    contents: Result<Contents, SourceError>,
}

/// How to read a recording.
#[derive(Debug, Clone)]
struct Contents {
    path: PathBuf,
    data: Data,
    format: SampleFormat,
    rate: SampleRate,
    segments: Vec<Segment>,
    hash: Option<Sha512Hash>,
}

/// Where the samples lie.
#[derive(Debug, Clone, Copy)]
enum Data {
    File(Extent),
    /// A pipe or a device: no length, no offset, no hash.
    Stream,
    Stdin,
}

impl Found {
    /// File stem of the recording.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of samples in all dwells, where that is known.
    #[must_use]
    pub fn samples(&self) -> Option<u64> {
        let contents = self.contents.as_ref().ok()?;
        matches!(contents.data, Data::File(_)).then(|| contents.segments.iter().map(|s| s.samples).sum())
    }

    /// Whether opening it will only say what is wrong with it.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.contents.is_err()
    }

    /// Checks the recording's hash and gives its dwells, at least one.
    ///
    /// # Errors
    /// What was wrong with the recording when it was found, a hash mismatch, or what the system says.
    pub fn open(self) -> Result<Dwells, SourceError> {
        self.open_until(&Arc::default())
    }

    /// Opens it; once `stop` is set, its hash is left unchecked, and a stream ends.
    ///
    /// # Errors
    /// Those of [`Found::open`].
    pub fn open_until(self, stop: &Arc<AtomicBool>) -> Result<Dwells, SourceError> {
        let contents = self.contents?;
        if let (Some(hash), Data::File(extent)) = (&contents.hash, &contents.data) {
            check_sha512(
                &contents.path,
                open_at(&contents.path, extent.at_byte)?.take(extent.bytes),
                hash,
                "core:sha512",
                stop,
            )?;
        }
        Ok(Dwells { name: self.name, contents, next: 0, stop: Arc::clone(stop) })
    }

    /// The same recording, to be read once more; `None` for what passes only once, and for what cannot be read. Its
    /// hash is checked once, when it is opened first.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        let contents = self.contents.as_ref().ok().filter(|contents| matches!(contents.data, Data::File(_)))?;
        Some(Self { name: self.name.clone(), contents: Ok(Contents { hash: None, ..contents.clone() }) })
    }

    fn start(&self) -> Option<Timestamp> {
        self.contents.as_ref().ok()?.segments.first()?.capture.datetime
    }
}

/// The dwells of a recording in order. Each is opened when its turn comes.
#[derive(Debug)]
pub struct Dwells {
    name: String,
    contents: Contents,
    next: usize,
    stop: Arc<AtomicBool>,
}

impl Dwells {
    fn open(&self, index: usize, segment: &Segment) -> Result<Recording, SourceError> {
        let Contents { path, data, format, rate, segments, .. } = &self.contents;
        let Segment { capture, at_byte, samples } = segment;
        let info = SourceInfo {
            name: if segments.len() > 1 { format!("{}#{}", self.name, index + 1) } else { self.name.clone() },
            format: *format,
            sample_rate: *rate,
            center: capture.frequency.ok_or_else(|| unknown(path, "the centre frequency", "--freq"))?,
            start: capture.datetime,
            gain_db: capture.gain_db,
            position: capture.position,
            length: matches!(data, Data::File(_)).then_some(*samples),
            first_sample: SampleIndex(capture.sample_start),
        };
        let bytes: Box<dyn Read + Send> = match data {
            Data::File(extent) => Box::new(open_at(path, extent.at_byte + at_byte)?),
            Data::Stream => Box::new(Stream::open(path, &self.stop)?),
            Data::Stdin => Box::new(Stream::stdin(&self.stop)?),
        };
        Ok(Recording::new(info, path.clone(), bytes))
    }
}

impl Iterator for Dwells {
    type Item = Result<Recording, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let segment = *self.contents.segments.get(self.next)?;
        let dwell = self.open(self.next, &segment);
        self.next += 1;
        Some(dwell)
    }
}

/// Lists the recordings of an input in the order they are to be played: a folder's, an archive's and a collection's by
/// `core:datetime`, those without a time last, by name. A recording that cannot be read is listed too; opening it says
/// why.
///
/// # Errors
/// What keeps the whole input from being read.
pub fn find(input: &Input, hints: &Hints) -> Result<Vec<Found>, SourceError> {
    let path = match input {
        Input::Stdin => {
            return Ok(vec![Found {
                name: "stdin".to_owned(),
                contents: raw_stream("-".as_ref(), Data::Stdin, hints),
            }]);
        }
        Input::Path(path) => path,
    };
    let mut found = if fs::metadata(path).map_err(SourceError::io(path, "open"))?.is_dir() {
        list_folder(path, hints)?
    } else {
        match extension(path) {
            "sigmf-meta" | "sigmf-data" => return Ok(vec![pair(path, hints)]),
            "sigmf" => list_archive(path, hints)?,
            "sigmf-collection" => list_collection(path, hints)?,
            _ => return Ok(vec![raw_file(path, hints)]),
        }
    };
    if found.is_empty() {
        return Err(SourceError::NoRecording { path: path.clone() });
    }
    found.sort_by(|a, b| (a.start().is_none(), a.start(), &a.name).cmp(&(b.start().is_none(), b.start(), &b.name)));
    Ok(found)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(OsStr::to_str).unwrap_or("")
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn unknown(path: &Path, what: &'static str, option: &'static str) -> SourceError {
    SourceError::Unknown { path: path.to_owned(), what, option }
}

fn open_at(path: &Path, at_byte: u64) -> Result<File, SourceError> {
    let mut file = open_file(path)?;
    if at_byte > 0 {
        file.seek(SeekFrom::Start(at_byte)).map_err(SourceError::io(path, "seek"))?;
    }
    Ok(file)
}

/// The recordings of a folder: SigMF pairs and archives, and raw files whose name is understood.
fn list_folder(folder: &Path, hints: &Hints) -> Result<Vec<Found>, SourceError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(SourceError::io(folder, "list"))? {
        let path = entry.map_err(SourceError::io(folder, "list"))?.path();
        // Follows links; pipes and devices in a folder are nobody's recordings.
        if !fs::metadata(&path).is_ok_and(|m| m.is_file()) {
            continue;
        }
        match extension(&path) {
            "sigmf-meta" => found.push(pair(&path, hints)),
            // Data without its metadata is a recording that cannot be read, and is said to be one.
            "sigmf-data" if !path.with_extension("sigmf-meta").exists() => found.push(pair(&path, hints)),
            "sigmf-data" | "sigmf-collection" => {}
            "sigmf" => match list_archive(&path, hints) {
                Ok(members) => found.extend(members),
                Err(error) => found.push(Found { name: stem(&path), contents: Err(error) }),
            },
            _ if raw::read_name(&stem(&path)).is_some() => found.push(raw_file(&path, hints)),
            _ => {}
        }
    }
    Ok(found)
}

/// A SigMF recording of two files, either of them named.
fn pair(path: &Path, hints: &Hints) -> Found {
    Found { name: stem(path), contents: read_pair(&path.with_extension("sigmf-meta"), hints, None) }
}

fn read_pair(meta: &Path, hints: &Hints, meta_hash: Option<&Sha512Hash>) -> Result<Contents, SourceError> {
    let text = match read_metadata_file(meta) {
        Err(SourceError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SourceError::Missing { path: meta.to_owned(), needed_by: "the recording".to_owned() });
        }
        text => text?,
    };
    if let Some(hash) = meta_hash {
        check_sha512(meta, &text[..], hash, "the collection", &AtomicBool::new(false))?;
    }
    let metadata = Metadata::parse(meta, &text)?;
    let data = match &metadata.dataset {
        Some(name) => meta.with_file_name(name),
        None => meta.with_extension("sigmf-data"),
    };
    let facts = fs::metadata(&data).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SourceError::Missing { path: data.clone(), needed_by: meta.display().to_string() },
        _ => SourceError::io(&data, "open")(error),
    })?;
    if !facts.is_file() {
        return Err(SourceError::NoFile { path: data });
    }
    contents(&data, Extent { at_byte: 0, bytes: facts.len() }, &metadata, hints)
}

fn read_metadata_file(path: &Path) -> Result<Vec<u8>, SourceError> {
    let file = open_file(path)?;
    let mut text = Vec::new();
    file.take(MAX_METADATA_BYTES + 1).read_to_end(&mut text).map_err(SourceError::io(path, "read"))?;
    if text.len() as u64 > MAX_METADATA_BYTES {
        let (what, value) = ("the length of the metadata", text.len() as u64);
        return Err(SourceError::Limit { path: path.to_owned(), what, value, limit: MAX_METADATA_BYTES });
    }
    Ok(text)
}

/// The dwells that the metadata makes of the data's bytes.
fn contents(path: &Path, extent: Extent, metadata: &Metadata, hints: &Hints) -> Result<Contents, SourceError> {
    let mut segments = metadata.segments(path, extent.bytes)?;
    if segments.is_empty() {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    for segment in &mut segments {
        segment.capture.frequency = segment.capture.frequency.or(hints.center);
    }
    let hashed = hints.verify_hash || extent.bytes <= ALWAYS_HASHED_BYTES;
    if metadata.sha512.is_some() && !hashed {
        tracing::info!(path = %path.display(), bytes = extent.bytes, "core:sha512 not checked; --verify-hash does");
    }
    Ok(Contents {
        path: path.to_owned(),
        data: Data::File(extent),
        format: metadata.format,
        rate: metadata.sample_rate,
        segments,
        hash: metadata.sha512.filter(|_| hashed),
    })
}

fn list_archive(path: &Path, hints: &Hints) -> Result<Vec<Found>, SourceError> {
    let archive = read_archive(path)?;
    let found = archive.metadata.iter().map(|(name, text)| {
        let contents = Metadata::parse(path, text).and_then(|metadata| {
            let data = match &metadata.dataset {
                Some(dataset) => name.with_file_name(dataset),
                None => name.with_extension("sigmf-data"),
            };
            let extent = archive.data.get(&data).ok_or_else(|| SourceError::Missing {
                path: path.join(&data),
                needed_by: path.join(name).display().to_string(),
            })?;
            contents(path, *extent, &metadata, hints)
        });
        Found { name: stem(name), contents }
    });
    Ok(found.collect())
}

fn list_collection(path: &Path, hints: &Hints) -> Result<Vec<Found>, SourceError> {
    let streams = parse_collection(path, &read_metadata_file(path)?)?;
    let found = streams.into_iter().map(|stream| {
        // The name may hold dots, so that nothing of it is an extension.
        let meta = path.with_file_name(format!("{}.sigmf-meta", stream.name));
        Found { contents: read_pair(&meta, hints, stream.hash.as_ref()), name: stream.name }
    });
    Ok(found.collect())
}

fn raw_file(path: &Path, hints: &Hints) -> Found {
    Found { name: stem(path), contents: read_raw(path, hints) }
}

fn read_raw(path: &Path, hints: &Hints) -> Result<Contents, SourceError> {
    let facts = fs::metadata(path).map_err(SourceError::io(path, "open"))?;
    if !facts.is_file() {
        return raw_stream(path, Data::Stream, hints);
    }
    let mut beginning = Vec::new();
    open_at(path, 0)?.take(GUESS_BYTES).read_to_end(&mut beginning).map_err(SourceError::io(path, "read"))?;
    let header = raw::read_header(&beginning);
    if let Some(header) = header {
        tracing::info!(path = %path.display(), ?header, "header passed over");
    }
    let header_bytes = if header.is_some() { raw::HEADER_BYTES } else { 0 };
    let name = raw::read_name(&stem(path));
    let format = hints
        .format
        .or_else(|| name?.format.or_else(|| Some(raw::guess_8_bit_format(&beginning[header_bytes..]))))
        .ok_or_else(|| unknown(path, "the sample format", "--format, --rate and --freq"))?;
    let rate = hints.rate.or(name.map(|n| n.rate)).ok_or_else(|| unknown(path, "the sample rate", "--rate"))?;
    let center =
        hints.center.or(name.map(|n| n.center)).ok_or_else(|| unknown(path, "the centre frequency", "--freq"))?;
    let extent = Extent { at_byte: header_bytes as u64, bytes: facts.len().saturating_sub(header_bytes as u64) };
    // A sample cut off at the end is no reason to refuse the others.
    let samples = extent.bytes / format.bytes() as u64;
    if samples == 0 {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    let segments = vec![raw_segment(center, samples)];
    Ok(Contents { path: path.to_owned(), data: Data::File(extent), format, rate, segments, hash: None })
}

/// A pipe, a device or standard input: nothing about it can be guessed without taking samples from it.
fn raw_stream(path: &Path, data: Data, hints: &Hints) -> Result<Contents, SourceError> {
    let format = hints.format.ok_or_else(|| unknown(path, "the sample format", "--format, --rate and --freq"))?;
    let rate = hints.rate.ok_or_else(|| unknown(path, "the sample rate", "--rate"))?;
    let center = hints.center.ok_or_else(|| unknown(path, "the centre frequency", "--freq"))?;
    Ok(Contents { path: path.to_owned(), data, format, rate, segments: vec![raw_segment(center, 0)], hash: None })
}

fn raw_segment(center: Hertz, samples: u64) -> Segment {
    let capture = CaptureMetadata { frequency: Some(center), ..CaptureMetadata::default() };
    Segment { capture, at_byte: 0, samples }
}

#[cfg(test)]
mod tests;
