//! From the name of an input to its recordings.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    mem,
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
    format_guess::guess_format,
    hash::{Sha512Hash, check_sha512},
    names::{NameFacts, read_companion, read_ending, read_name},
    open::{Stream, open_file},
    raw,
    sigmf::{CaptureMetadata, Metadata, Segment, parse_collection},
    wav::{is_wav, read_wav},
};

/// Data up to this length is checked against `core:sha512` unasked; beyond it hashing would take longer than many a
/// search.
const ALWAYS_HASHED_BYTES: u64 = 1 << 30;

/// Samples looked at to tell ci8 from cu8.
const GUESS_BYTES: u64 = 1 << 18;
/// Longest text beside a raw recording that is read.
const MAX_COMPANION_BYTES: u64 = 1 << 16;

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
    /// Turn the spectrum over.
    inverted: bool,
    /// Whether the file itself says its format in a header that is no label of somebody's.
    is_certain: bool,
    /// What of the recording's own facts was left out, and why.
    warnings: Vec<String>,
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

    /// When its segments begin, and their lengths in seconds; without those that do not say it.
    pub fn times(&self) -> impl Iterator<Item = (Timestamp, f64)> {
        let contents = self.contents.as_ref().ok();
        let segments = contents.into_iter().flat_map(|c| c.segments.iter().map(|segment| (segment, c.rate.hz())));
        segments.filter_map(|(segment, hz)| Some((segment.capture.datetime?, segment.samples as f64 / hz)))
    }

    /// What its metadata says that cannot be used: it is left out.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.contents.as_ref().map_or(&[], |contents| &contents.warnings)
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

    /// The format that the bytes look like, where that is not the one they are read in; `None` where they fit, where more
    /// than one is possible, and where the file says itself what it holds.
    ///
    /// # Errors
    /// What the system says.
    pub fn suspected_format(&self) -> Result<Option<SampleFormat>, SourceError> {
        let Ok(Contents { path, data: Data::File(extent), segments, format, is_certain: false, .. }) = &self.contents
        else {
            return Ok(None);
        };
        let Some(longest) = segments.iter().max_by_key(|segment| segment.samples) else { return Ok(None) };
        let length = longest.samples.saturating_mul(format.bytes() as u64).min(GUESS_BYTES);
        let mut bytes = Vec::new();
        let file = open_at(path, extent.at_byte + longest.at_byte)?;
        file.take(length).read_to_end(&mut bytes).map_err(SourceError::io(path, "read"))?;
        Ok(guess_format(&bytes).filter(|guess| guess != format))
    }

    /// The beginning of the longest dwell, read in another format; `None` of a stream.
    #[must_use]
    pub fn in_format(&self, format: SampleFormat, seconds: f64) -> Option<Self> {
        let mut contents = self.again()?.contents.ok()?;
        let mut longest = *contents.segments.iter().max_by_key(|segment| segment.samples)?;
        let bytes = longest.samples.saturating_mul(contents.format.bytes() as u64);
        longest.samples = (bytes / format.bytes() as u64).min((seconds * contents.rate.hz()) as u64);
        (contents.format, contents.segments) = (format, vec![longest]);
        Some(Self { name: self.name.clone(), contents: Ok(contents) })
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
        let Contents { path, data, format, rate, segments, inverted, .. } = &self.contents;
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
        Ok(Recording::new(info, path.clone(), bytes, *inverted))
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
        // What macOS puts beside files on foreign disks is no recording.
        if is_companion(&path) {
            continue;
        }
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
            _ if is_recording(&path, hints) => found.push(raw_file(&path, hints)),
            _ => {}
        }
    }
    Ok(found)
}

/// Whether macOS keeps a file's attributes in this one: `._` before the file's name.
fn is_companion(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"._"))
}

/// Whether a file of a folder is a recording by its name: its ending tells a sample format, or its stem rate and
/// frequency. Of WAV files, most of which are audio, the frequency must be known.
fn is_recording(path: &Path, hints: &Hints) -> bool {
    if extension(path).eq_ignore_ascii_case("wav") {
        return read_raw(path, hints).is_ok();
    }
    let facts = read_name(path);
    read_ending(path).is_some() || facts.rate.is_some() && facts.center.is_some() && is_samples(extension(path))
}

/// Whether files of this ending may be samples.
fn is_samples(ending: &str) -> bool {
    matches!(ending.to_ascii_lowercase().as_str(), "" | "bin" | "raw" | "iq" | "dat" | "data")
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
    let mut metadata = Metadata::parse(meta, &text)?;
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
    contents(&data, Extent { at_byte: 0, bytes: facts.len() }, &mut metadata, hints)
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
fn contents(path: &Path, extent: Extent, metadata: &mut Metadata, hints: &Hints) -> Result<Contents, SourceError> {
    let rate = metadata.sample_rate.or(hints.rate);
    let rate = rate.ok_or_else(|| unknown(path, "core:sample_rate", "--rate, or it in the metadata"))?;
    let mut segments = metadata.segments(path, rate, extent.bytes)?;
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
        rate,
        segments,
        hash: metadata.sha512.filter(|_| hashed),
        inverted: hints.invert_spectrum,
        is_certain: false,
        warnings: mem::take(&mut metadata.warnings),
    })
}

fn list_archive(path: &Path, hints: &Hints) -> Result<Vec<Found>, SourceError> {
    let archive = read_archive(path)?;
    let members = archive.metadata.iter().filter(|(name, _)| !is_companion(name));
    let found = members.map(|(name, text)| {
        let contents = Metadata::parse(path, text).and_then(|mut metadata| {
            let data = match &metadata.dataset {
                Some(dataset) => name.with_file_name(dataset),
                None => name.with_extension("sigmf-data"),
            };
            let extent = archive.data.get(&data).ok_or_else(|| SourceError::Missing {
                path: path.join(&data),
                needed_by: path.join(name).display().to_string(),
            })?;
            contents(path, *extent, &mut metadata, hints)
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
    let mut file = open_at(path, 0)?;
    let mut beginning = Vec::new();
    (&mut file).take(GUESS_BYTES).read_to_end(&mut beginning).map_err(SourceError::io(path, "read"))?;
    if is_wav(&beginning) {
        return wav_file(path, &mut file, hints);
    }
    let header = raw::read_header(&beginning);
    if let Some(header) = header {
        tracing::info!(path = %path.display(), ?header, "header passed over");
    }
    let header_bytes = if header.is_some() { raw::HEADER_BYTES } else { 0 };
    let NameFacts { center, rate, format, start } = beside(path).or(read_name(path));
    let is_named = center.is_some() && rate.is_some();
    let format = hints
        .format
        .or(format)
        .or_else(|| is_named.then(|| raw::guess_8_bit_format(&beginning[header_bytes..])))
        .ok_or_else(|| unknown(path, "the sample format", "--format, --rate and --freq"))?;
    let rate = hints.rate.or(rate).ok_or_else(|| unknown(path, "the sample rate", "--rate"))?;
    let center = hints.center.or(center).ok_or_else(|| unknown(path, "the centre frequency", "--freq"))?;
    let extent = Extent { at_byte: header_bytes as u64, bytes: facts.len().saturating_sub(header_bytes as u64) };
    raw_contents(path, extent, format, rate, raw_capture(Some(center), start), hints)
}

/// What the text beside a PortaPack recording says: `A.C16` and `A.TXT`.
fn beside(path: &Path) -> NameFacts {
    if !matches!(extension(path).to_ascii_lowercase().as_str(), "c16" | "c8") {
        return NameFacts::default();
    }
    let read = |ending: &str| {
        let mut text = Vec::new();
        open_file(&path.with_extension(ending)).ok()?.take(MAX_COMPANION_BYTES).read_to_end(&mut text).ok()?;
        Some(read_companion(&String::from_utf8_lossy(&text)))
    };
    read("TXT").or_else(|| read("txt")).unwrap_or_default()
}

/// A WAV file: its header says format and rate, which options do not change, its `auxi` chunk or its name the frequency.
fn wav_file(path: &Path, file: &mut File, hints: &Hints) -> Result<Contents, SourceError> {
    let facts = read_wav(path, file)?;
    let name = read_name(path);
    let own = facts.center.or(name.center);
    let center = own.or(hints.center).ok_or_else(|| unknown(path, "the centre frequency", "--freq"))?;
    let capture = raw_capture(Some(center), facts.start.or(name.start));
    let mut contents = raw_contents(path, facts.data, facts.format, facts.rate, capture, hints)?;
    contents.is_certain = true;
    let given = [
        ("format", hints.format.filter(|f| *f != facts.format).map(|f| f.to_string()), facts.format.to_string()),
        ("rate", hints.rate.filter(|r| *r != facts.rate).map(|r| r.to_string()), facts.rate.to_string()),
        (
            "freq",
            hints.center.filter(|c| *c != center).map(|c| format!("{:.6} MHz", c.0 / 1e6)),
            format!("{:.6} MHz", center.0 / 1e6),
        ),
    ];
    for (option, given, own) in given {
        if let Some(given) = given {
            contents.warnings.push(format!("--{option} {given} is ignored: the file itself says {own}"));
        }
    }
    Ok(contents)
}

fn raw_contents(
    path: &Path,
    extent: Extent,
    format: SampleFormat,
    rate: SampleRate,
    capture: CaptureMetadata,
    hints: &Hints,
) -> Result<Contents, SourceError> {
    // A sample cut off at the end is no reason to refuse the others.
    let samples = extent.bytes / format.bytes() as u64;
    if samples == 0 {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    let segments = vec![Segment { capture, at_byte: 0, samples }];
    Ok(Contents {
        path: path.to_owned(),
        data: Data::File(extent),
        format,
        rate,
        segments,
        hash: None,
        inverted: hints.invert_spectrum,
        is_certain: false,
        warnings: Vec::new(),
    })
}

/// A pipe, a device or standard input: nothing about it can be guessed without taking samples from it.
fn raw_stream(path: &Path, data: Data, hints: &Hints) -> Result<Contents, SourceError> {
    let name = read_name(path);
    let format = hints.format.or(name.format);
    let format = format.ok_or_else(|| unknown(path, "the sample format", "--format, --rate and --freq"))?;
    let rate = hints.rate.or(name.rate).ok_or_else(|| unknown(path, "the sample rate", "--rate"))?;
    let center = hints.center.or(name.center).ok_or_else(|| unknown(path, "the centre frequency", "--freq"))?;
    let segments = vec![Segment { capture: raw_capture(Some(center), None), at_byte: 0, samples: 0 }];
    Ok(Contents {
        path: path.to_owned(),
        data,
        format,
        rate,
        segments,
        hash: None,
        inverted: hints.invert_spectrum,
        is_certain: false,
        warnings: Vec::new(),
    })
}

fn raw_capture(frequency: Option<Hertz>, datetime: Option<Timestamp>) -> CaptureMetadata {
    CaptureMetadata { frequency, datetime, ..CaptureMetadata::default() }
}

#[cfg(test)]
mod tests;
