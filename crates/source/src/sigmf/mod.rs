//! SigMF metadata, checked. SigMF specification 1.2.
//!
//! In: the JSON of a `.sigmf-meta` or `.sigmf-collection` file, which may say anything. Out: [`Metadata`] that holds
//! together. Refuses to know the data file, except for the length that [`Metadata::segments`] is given.
//!
//! An optional field that is wrong costs only itself: it is left out, and a warning says what stood there.

use std::{cell::RefCell, path::Path};

use jiff::{SignedDuration, Timestamp};
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    Coordinates, SourceError,
    error::shorten,
    hash::{Sha512Hash, parse_sha512},
};

/// Most captures segments taken from one recording.
const MAX_CAPTURES: usize = 100_000;
/// Longest part of the metadata that is read: a value takes up to 16 times the memory of its text.
const MAX_PART_BYTES: usize = 4 << 20;
/// Most warnings kept of one recording.
const MAX_WARNINGS: usize = 20;
/// Digits of a second's fraction that a time keeps.
const FRACTION_DIGITS: usize = 9;

/// What a `.sigmf-meta` file says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metadata {
    pub format: SampleFormat,
    /// `None` where the metadata does not say it, or not in a form that can be used.
    pub sample_rate: Option<SampleRate>,
    pub sha512: Option<Sha512Hash>,
    /// `core:dataset`: the data file's name where it is not the metadata's with `.sigmf-data`.
    pub dataset: Option<String>,
    pub trailing_bytes: u64,
    pub captures: Vec<CaptureMetadata>,
    /// What of it was left out, and why.
    pub warnings: Vec<String>,
}

/// One captures segment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct CaptureMetadata {
    /// First sample, counted from the data file's beginning.
    pub sample_start: u64,
    /// Bytes before that sample that are no samples.
    pub header_bytes: u64,
    pub frequency: Option<Hertz>,
    pub datetime: Option<Timestamp>,
    pub gain_db: Option<f64>,
    pub position: Option<Coordinates>,
}

/// A stretch of the data file that is one dwell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    pub capture: CaptureMetadata,
    /// Offset of the first sample in the data file.
    pub at_byte: u64,
    pub samples: u64,
}

impl Metadata {
    /// Reads and checks a `.sigmf-meta` file's text.
    pub fn parse(path: &Path, text: &[u8]) -> Result<Self, SourceError> {
        let root = parse_json(path, text)?;
        let reader = Reader { path, warnings: RefCell::default() };
        let global = reader.object(&root, "global")?;
        let format = reader.format(global)?;
        if let Some(channels @ 2..) = reader.optional(reader.count(global, "core:num_channels")) {
            let (value, supported) = (channels.to_string(), "1");
            return Err(SourceError::Unsupported {
                path: path.to_owned(),
                what: "core:num_channels",
                value,
                supported,
            });
        }
        if global.get("core:metadata_only") == Some(&Value::Bool(true)) {
            return Err(reader.malformed("core:metadata_only", &Value::Bool(true), "a recording with data"));
        }
        let captures = reader.captures(&root, global)?;
        Ok(Self {
            format,
            sample_rate: reader.optional(reader.sample_rate(global)),
            sha512: reader.optional(reader.sha512(global)),
            dataset: reader.optional(reader.dataset(global)),
            trailing_bytes: reader.optional(reader.count(global, "core:trailing_bytes")).unwrap_or(0),
            captures,
            warnings: reader.warnings.into_inner(),
        })
    }

    /// Where each dwell's samples lie in a data file of this length. Neighbouring captures segments that only go on
    /// with the same settings are one dwell. What the metadata says beyond the data's end is ignored, with a warning.
    ///
    /// # Errors
    /// [`SourceError::WrongLength`] where every segment begins after the end.
    pub fn segments(&mut self, path: &Path, rate: SampleRate, bytes: u64) -> Result<Vec<Segment>, SourceError> {
        let size = self.format.bytes() as u64;
        let mut warnings = std::mem::take(&mut self.warnings);
        let mut warn = |text: String| {
            if warnings.len() < MAX_WARNINGS {
                warnings.push(text);
            }
        };
        let end = bytes.checked_sub(self.trailing_bytes).unwrap_or_else(|| {
            warn(format!(
                "core:trailing_bytes {} is more than the {bytes} bytes of data: ignored",
                self.trailing_bytes
            ));
            bytes
        });
        let mut segments: Vec<Segment> = Vec::new();
        let mut after_end = None;
        let mut at_byte = 0u64;
        let mut at_sample = 0u64;
        for (index, capture) in self.captures.iter().enumerate() {
            let CaptureMetadata { sample_start, header_bytes, .. } = *capture;
            // Samples before the first segment belong to none.
            let begin = (sample_start - at_sample)
                .checked_mul(size)
                .and_then(|skipped| at_byte.checked_add(skipped)?.checked_add(header_bytes))
                .filter(|&at| at <= end);
            let Some(begin) = begin else {
                let what = format!(
                    "captures[{index}] begins after the end (core:sample_start {sample_start}, core:header_bytes \
                     {header_bytes}; {bytes} bytes of data)"
                );
                warn(format!("{what}: it and those after it are ignored"));
                after_end = Some(what);
                break;
            };
            (at_byte, at_sample) = (begin, sample_start);
            let left = (end - at_byte) / size;
            let samples = self.captures.get(index + 1).map_or(left, |next| left.min(next.sample_start - sample_start));
            match segments.last_mut() {
                Some(last) if continues(rate, last, capture) => last.samples += samples,
                _ => segments.push(Segment { capture: *capture, at_byte, samples }),
            }
        }
        let odd = (end - at_byte) % size;
        if after_end.is_none() && odd > 0 {
            warn(format!("the data ends with {odd} of the {size} bytes of a {} sample: ignored", self.format));
        }
        self.warnings = warnings;
        segments.retain(|segment| segment.samples > 0);
        match after_end {
            Some(reason) if segments.is_empty() => {
                Err(SourceError::WrongLength { path: path.to_owned(), bytes, reason })
            }
            _ => Ok(segments),
        }
    }
}

/// Whether `capture` only goes on where `segment` ends: the same settings, no bytes and no time between.
fn continues(rate: SampleRate, segment: &Segment, capture: &CaptureMetadata) -> bool {
    let before = &segment.capture;
    let on_time = match (before.datetime, capture.datetime) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(start), Some(time)) => {
            let seconds = segment.samples as f64 / rate.hz();
            let expected = SignedDuration::try_from_secs_f64(seconds).ok().and_then(|d| start.checked_add(d).ok());
            expected.is_some_and(|expected| time.duration_since(expected).abs() < SignedDuration::from_millis(1))
        }
    };
    on_time
        && capture.header_bytes == 0
        && before.frequency == capture.frequency
        && before.gain_db == capture.gain_db
        && before.position == capture.position
}

/// One recording of a collection.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stream {
    /// Base name: the metadata's file name without `.sigmf-meta`.
    pub name: String,
    /// SHA-512 of the metadata file.
    pub hash: Option<Sha512Hash>,
}

/// Reads and checks a `.sigmf-collection` file's text.
pub(super) fn parse_collection(path: &Path, text: &[u8]) -> Result<Vec<Stream>, SourceError> {
    let root = parse_json(path, text)?;
    let reader = Reader { path, warnings: RefCell::default() };
    let collection = reader.object(&root, "collection")?;
    let streams = reader.array(collection, "core:streams")?;
    streams
        .iter()
        .map(|stream| {
            let bad = || reader.malformed("core:streams", stream, "objects with a base file name and a SHA-512 hash");
            let name = stream.get("name").and_then(Value::as_str).filter(|name| is_file_name(name)).ok_or_else(bad)?;
            let hash = match stream.get("hash") {
                None => None,
                Some(hash) => Some(hash.as_str().and_then(parse_sha512).ok_or_else(bad)?),
            };
            Ok(Stream { name: name.to_owned(), hash })
        })
        .collect()
}

/// A name that leads nowhere but to a file in the same folder.
fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

/// The parts of metadata that are read, as text: no values are made of the others, which may be long.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    global: Option<&'a RawValue>,
    captures: Option<&'a RawValue>,
    collection: Option<&'a RawValue>,
}

fn parse_json(path: &Path, text: &[u8]) -> Result<Value, SourceError> {
    let no_json = |error| SourceError::Malformed {
        path: path.to_owned(),
        what: "the metadata".to_owned(),
        value: format!("no JSON ({error})"),
        expected: "a SigMF object",
    };
    // Some editors put a byte order mark first.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let Parts { global, captures, collection } = serde_json::from_slice(text).map_err(no_json)?;
    let mut root = Map::new();
    let parts = [
        ("global", "the length of global", global),
        ("captures", "the length of captures", captures),
        ("collection", "the length of collection", collection),
    ];
    for (key, what, part) in parts {
        let Some(part) = part.map(RawValue::get) else { continue };
        if part.len() > MAX_PART_BYTES {
            let (value, limit) = (part.len() as u64, MAX_PART_BYTES as u64);
            return Err(SourceError::Limit { path: path.to_owned(), what, value, limit });
        }
        root.insert(key.to_owned(), serde_json::from_str(part).map_err(no_json)?);
    }
    Ok(Value::Object(root))
}

/// Reads typed values out of JSON; the path is for its messages.
struct Reader<'a> {
    path: &'a Path,
    warnings: RefCell<Vec<String>>,
}

impl Reader<'_> {
    fn malformed(&self, what: &str, value: &Value, expected: &'static str) -> SourceError {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| format!("\"{text}\""));
        SourceError::Malformed { path: self.path.to_owned(), what: what.to_owned(), value: shorten(&text), expected }
    }

    /// The value of a field that a recording may be without; a wrong one is left out with a warning.
    fn optional<T>(&self, value: Result<Option<T>, SourceError>) -> Option<T> {
        value.unwrap_or_else(|error| {
            let mut warnings = self.warnings.borrow_mut();
            if warnings.len() < MAX_WARNINGS {
                warnings.push(match error {
                    SourceError::Malformed { what, value, expected, .. } => {
                        format!("{what} is {value}; expected {expected}: ignored")
                    }
                    other => other.to_string(),
                });
            }
            None
        })
    }

    fn sample_rate(&self, global: &Map<String, Value>) -> Result<Option<SampleRate>, SourceError> {
        match self.number(global, "core:sample_rate")? {
            None => Ok(None),
            Some(hz) => SampleRate::new(hz).map(Some).ok_or_else(|| {
                self.malformed("core:sample_rate", &hz.into(), "a positive number of samples per second")
            }),
        }
    }

    fn sha512(&self, global: &Map<String, Value>) -> Result<Option<Sha512Hash>, SourceError> {
        let Some(text) = self.string(global, "core:sha512")? else { return Ok(None) };
        let bad = || self.malformed("core:sha512", &Value::String(text.to_owned()), "128 hexadecimal digits");
        parse_sha512(text).map(Some).ok_or_else(bad)
    }

    fn dataset(&self, global: &Map<String, Value>) -> Result<Option<String>, SourceError> {
        match self.string(global, "core:dataset")? {
            Some(name) if !is_file_name(name) => {
                let value = Value::String(name.to_owned());
                Err(self.malformed("core:dataset", &value, "a file name without folders"))
            }
            name => Ok(name.map(str::to_owned)),
        }
    }

    fn object<'v>(&self, root: &'v Value, key: &str) -> Result<&'v Map<String, Value>, SourceError> {
        let value = root.get(key).unwrap_or(&Value::Null);
        value.as_object().ok_or_else(|| self.malformed(key, value, "an object"))
    }

    fn array<'v>(&self, object: &'v Map<String, Value>, key: &str) -> Result<&'v [Value], SourceError> {
        let value = object.get(key).unwrap_or(&Value::Null);
        value.as_array().map(Vec::as_slice).ok_or_else(|| self.malformed(key, value, "an array"))
    }

    fn string<'v>(&self, object: &'v Map<String, Value>, key: &str) -> Result<Option<&'v str>, SourceError> {
        match object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.malformed(key, value, "a text")),
        }
    }

    fn count(&self, object: &Map<String, Value>, key: &str) -> Result<Option<u64>, SourceError> {
        match object.get(key) {
            None | Some(Value::Null) => Ok(None),
            // Some writers put whole numbers as floats.
            Some(value) => value
                .as_u64()
                .or_else(|| {
                    value.as_f64().filter(|&x| x >= 0.0 && x < 2f64.powi(53) && x.fract() == 0.0).map(|x| x as u64)
                })
                .map(Some)
                .ok_or_else(|| self.malformed(key, value, "a whole number, 0 or more")),
        }
    }

    fn number(&self, object: &Map<String, Value>, key: &str) -> Result<Option<f64>, SourceError> {
        match object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| self.malformed(key, value, "a number")),
        }
    }

    fn format(&self, global: &Map<String, Value>) -> Result<SampleFormat, SourceError> {
        let value = global.get("core:datatype").unwrap_or(&Value::Null);
        let name = value.as_str().ok_or_else(|| self.malformed("core:datatype", value, "a text"))?;
        SampleFormat::from_name(name).ok_or_else(|| SourceError::Unsupported {
            path: self.path.to_owned(),
            what: "core:datatype",
            value: shorten(name),
            supported: "complex ones: ci8, cu8, ci16, cu16, ci32, cu32, cf32 and cf64, with _le or _be",
        })
    }

    fn captures(&self, root: &Value, global: &Map<String, Value>) -> Result<Vec<CaptureMetadata>, SourceError> {
        let list = match root.get("captures") {
            None => &[][..],
            Some(Value::Array(list)) => list,
            Some(value) => return Err(self.malformed("captures", value, "an array")),
        };
        if list.len() > MAX_CAPTURES {
            return Err(SourceError::Limit {
                path: self.path.to_owned(),
                what: "the number of captures segments",
                value: list.len() as u64,
                limit: MAX_CAPTURES as u64,
            });
        }
        let offset = self.optional(self.count(global, "core:offset")).unwrap_or(0);
        let everywhere = self.optional(self.geolocation(global));
        let mut captures = Vec::with_capacity(list.len().max(1));
        let mut last_start = 0;
        for value in list {
            let object = value.as_object().ok_or_else(|| self.malformed("captures", value, "an array of objects"))?;
            let mut capture = self.capture(object, offset)?;
            if capture.sample_start < last_start {
                return Err(self.malformed(
                    "core:sample_start",
                    &capture.sample_start.into(),
                    "captures in rising order",
                ));
            }
            last_start = capture.sample_start;
            capture.position = capture.position.or(everywhere);
            captures.push(capture);
        }
        if captures.is_empty() {
            captures.push(CaptureMetadata { position: everywhere, ..CaptureMetadata::default() });
        }
        Ok(captures)
    }

    fn capture(&self, object: &Map<String, Value>, offset: u64) -> Result<CaptureMetadata, SourceError> {
        let start = self.count(object, "core:sample_start")?.unwrap_or(offset);
        let sample_start = start
            .checked_sub(offset)
            .ok_or_else(|| self.malformed("core:sample_start", &start.into(), "core:offset or more"))?;
        Ok(CaptureMetadata {
            sample_start,
            header_bytes: self.optional(self.count(object, "core:header_bytes")).unwrap_or(0),
            frequency: self.optional(self.frequency(object)),
            datetime: self.optional(self.datetime(object)),
            gain_db: self.optional(self.number(object, "capture_details:gain")),
            position: self.optional(self.geolocation(object)),
        })
    }

    /// The centre; 0 is how baseband tools write that they do not know it.
    fn frequency(&self, object: &Map<String, Value>) -> Result<Option<Hertz>, SourceError> {
        match self.number(object, "core:frequency")? {
            Some(hz) if !(0.0..1e12).contains(&hz) => {
                Err(self.malformed("core:frequency", &hz.into(), "a frequency in hertz, 0 to 1e12"))
            }
            hz => Ok(hz.filter(|&hz| hz > 0.0).map(Hertz)),
        }
    }

    /// A time with any number of fraction digits, of which those beyond nanoseconds are cut off. SigMF 1.2 §Datetime.
    fn datetime(&self, object: &Map<String, Value>) -> Result<Option<Timestamp>, SourceError> {
        let Some(text) = self.string(object, "core:datetime")? else { return Ok(None) };
        let cut = match text.find('.').map(|point| text.split_at(point + 1)) {
            Some((before, rest)) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                format!("{before}{}{}", &rest[..digits.min(FRACTION_DIGITS)], &rest[digits..])
            }
            None => text.to_owned(),
        };
        let expected = "a time like 2026-11-20T01:00:00Z";
        let bad = |_| self.malformed("core:datetime", &Value::String(text.to_owned()), expected);
        cut.parse().map(Some).map_err(bad)
    }

    /// A GeoJSON point: longitude, latitude and perhaps altitude. RFC 7946 §3.1.2.
    fn geolocation(&self, object: &Map<String, Value>) -> Result<Option<Coordinates>, SourceError> {
        let value = match object.get("core:geolocation") {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        let point = || {
            let coordinates = value.get("coordinates")?.as_array()?;
            let (lon, lat) = (coordinates.first()?.as_f64()?, coordinates.get(1)?.as_f64()?);
            let valid = value.get("type")? == "Point" && lat.abs() <= 90.0 && lon.abs() <= 180.0;
            valid.then_some(Coordinates { lat, lon })
        };
        let expected = "a GeoJSON Point of longitude and latitude in degrees";
        point().map(Some).ok_or_else(|| self.malformed("core:geolocation", value, expected))
    }
}

#[cfg(test)]
mod tests;
