//! WAV recordings of SDR#, SDR++, HDSDR, SDRuno and the like: where the samples lie, and what the header says of them.
//!
//! In: a RIFF, RF64 or BW64 file. Out: its samples' format, rate and bytes, and the frequency and time of an `auxi`
//! chunk. A reader of our own: those of the well-known crates take audio apart sample by sample, know neither RF64 nor
//! `auxi`, and refuse files whose recorder died before it wrote the lengths. This one walks over at most
//! [`MAX_CHUNKS`] chunk headers and reads no samples.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use jiff::{Timestamp, civil, tz::TimeZone};
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};

use super::{SourceError, archive::Extent, error::shorten};

/// Most chunks passed over before the samples.
const MAX_CHUNKS: usize = 1000;
/// Most bytes read of one chunk.
const MAX_CHUNK_BYTES: u64 = 1 << 16;
/// Lengths that mean "not written".
const UNKNOWN_LENGTHS: [u64; 2] = [0, 0xFFFF_FFFF];

/// What a WAV file says of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WavFacts {
    pub format: SampleFormat,
    pub rate: SampleRate,
    /// Where its samples lie.
    pub data: Extent,
    /// Centre by the `auxi` chunk; `None` where there is none or it says 0.
    pub center: Option<Hertz>,
    /// Time of the first sample by the same.
    pub start: Option<Timestamp>,
}

/// Whether a file that begins so is a WAV file.
pub(super) fn is_wav(beginning: &[u8]) -> bool {
    let kind = beginning.get(..4).unwrap_or_default();
    matches!(kind, b"RIFF" | b"RF64" | b"BW64") && beginning.get(8..12) == Some(b"WAVE")
}

/// Reads a WAV file's chunks.
///
/// # Errors
/// [`SourceError::Unsupported`] or [`SourceError::Malformed`] where it holds no IQ samples that are read here, or what
/// the system says.
pub(super) fn read_wav(path: &Path, file: &mut File) -> Result<WavFacts, SourceError> {
    let length = file.metadata().map_err(SourceError::io(path, "read"))?.len();
    let mut chunks = Chunks { file, length, at: 12 };
    let (mut sizes_64, mut layout, mut data, mut center, mut start) = (None, None, None, None, None);
    for _ in 0..MAX_CHUNKS {
        let Some(chunk) = chunks.next().map_err(SourceError::io(path, "read"))? else { break };
        match &chunk.id {
            b"ds64" => sizes_64 = chunk.u64_at(8),
            b"fmt " => layout = Some(read_layout(path, &chunk)?),
            b"auxi" => (center, start) = read_auxi(&chunk),
            b"data" => {
                let whole = length - chunk.at_byte;
                let stated = match chunk.stated {
                    0xFFFF_FFFF => sizes_64.unwrap_or(u64::from(u32::MAX)),
                    stated => stated,
                };
                // What a length of 32 bits cannot say, and what a recorder that died did not write.
                let is_unknown =
                    UNKNOWN_LENGTHS.contains(&stated) || length > u64::from(u32::MAX) && sizes_64.is_none();
                let bytes = if is_unknown { whole } else { stated.min(whole) };
                data = Some(Extent { at_byte: chunk.at_byte, bytes });
                // Chunks may follow it, `auxi` among them.
                if is_unknown || stated >= whole {
                    break;
                }
                chunks.at = chunk.at_byte + bytes + bytes % 2;
            }
            _ => {}
        }
    }
    let missing = |what: &str, expected| SourceError::Malformed {
        path: path.to_owned(),
        what: what.to_owned(),
        value: "absent".to_owned(),
        expected,
    };
    let (format, rate) = layout.ok_or_else(|| missing("the WAV header's fmt chunk", "one before the samples"))?;
    let data = data.ok_or_else(|| missing("the WAV file's data chunk", "one with the samples"))?;
    Ok(WavFacts { format, rate, data, center, start })
}

/// A chunk: its header, and the beginning of what it holds.
struct Chunk {
    id: [u8; 4],
    stated: u64,
    at_byte: u64,
    bytes: Vec<u8>,
}

impl Chunk {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn u64_at(&self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }
}

/// The chunks of a file in order.
struct Chunks<'a> {
    file: &'a mut File,
    length: u64,
    at: u64,
}

impl Chunks<'_> {
    /// The next chunk; `None` at the file's end. Of the samples nothing is read.
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        if self.at.checked_add(8).is_none_or(|begin| begin > self.length) {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(self.at))?;
        let (mut id, mut stated, mut bytes) = ([0; 4], [0; 4], Vec::new());
        self.file.read_exact(&mut id)?;
        self.file.read_exact(&mut stated)?;
        let stated = u64::from(u32::from_le_bytes(stated));
        let at_byte = self.at + 8;
        if &id != b"data" {
            self.file.take(stated.min(MAX_CHUNK_BYTES)).read_to_end(&mut bytes)?;
        }
        // Chunks begin at even places.
        self.at = at_byte + stated + stated % 2;
        Ok(Some(Chunk { id, stated, at_byte, bytes }))
    }
}

/// Format and rate by the `fmt ` chunk.
fn read_layout(path: &Path, chunk: &Chunk) -> Result<(SampleFormat, SampleRate), SourceError> {
    const PCM: u16 = 1;
    const FLOAT: u16 = 3;
    /// The format is the first two bytes of a GUID.
    const EXTENSIBLE: u16 = 0xFFFE;
    let unsupported =
        |what, value: String, supported| SourceError::Unsupported { path: path.to_owned(), what, value, supported };
    let short = || unsupported("a WAV fmt chunk of", format!("{} bytes", chunk.bytes.len()), "16 bytes or more");
    let kind = match chunk.u16_at(0).ok_or_else(short)? {
        EXTENSIBLE => chunk.u16_at(24).ok_or_else(short)?,
        kind => kind,
    };
    let channels = chunk.u16_at(2).ok_or_else(short)?;
    if channels != 2 {
        return Err(unsupported("a WAV file's number of channels", channels.to_string(), "2, which are I and Q"));
    }
    let stated = chunk.u32_at(4).ok_or_else(short)?;
    let rate = SampleRate::new(f64::from(stated)).ok_or_else(|| SourceError::Malformed {
        path: path.to_owned(),
        what: "the WAV header's sample rate".to_owned(),
        value: stated.to_string(),
        expected: "a positive number of samples per second",
    })?;
    let bits = chunk.u16_at(14).ok_or_else(short)?;
    let format = match (kind, bits) {
        (PCM, 8) => SampleFormat::Cu8,
        (PCM, 16) => SampleFormat::Ci16Le,
        (PCM, 24) => SampleFormat::Ci24Le,
        (PCM, 32) => SampleFormat::Ci32Le,
        (FLOAT, 32) => SampleFormat::Cf32Le,
        (FLOAT, 64) => SampleFormat::Cf64Le,
        _ => {
            let value = shorten(&format!("{kind} with {bits} bits"));
            return Err(unsupported(
                "a WAV file's format",
                value,
                "1 (PCM) with 8 to 32 bits, 3 (float) with 32 or 64",
            ));
        }
    };
    Ok((format, rate))
}

/// Centre and time of an `auxi` chunk: start and stop as SYSTEMTIMEs in UTC, then the centre in hertz; or an XML text
/// with the attribute `RadioCenterFreq`, as SDR Console writes it.
fn read_auxi(chunk: &Chunk) -> (Option<Hertz>, Option<Timestamp>) {
    if let Some(hz) = read_xml_center(&chunk.bytes) {
        return (Some(Hertz(hz)), None);
    }
    let center = chunk.u32_at(32).filter(|&hz| hz > 0).map(|hz| Hertz(f64::from(hz)));
    (center, read_system_time(chunk))
}

fn read_xml_center(bytes: &[u8]) -> Option<f64> {
    // The text is UTF-8 or UTF-16; all of it that matters is ASCII.
    let text: String = bytes.iter().filter(|&&byte| byte != 0).map(|&byte| char::from(byte)).collect();
    let (_, value) = text.split_once("RadioCenterFreq=\"")?;
    value.split_once('"')?.0.parse().ok().filter(|hz: &f64| hz.is_finite() && *hz > 0.0)
}

/// Year, month, day of the week, day, hour, minute, second, millisecond.
fn read_system_time(chunk: &Chunk) -> Option<Timestamp> {
    let part = |n: usize| chunk.u16_at(2 * n);
    let small = |n: usize| i8::try_from(part(n)?).ok();
    let year = i16::try_from(part(0)?).ok().filter(|year| *year >= 1980)?;
    let nanosecond = i32::from(part(7)?) * 1_000_000;
    let time = civil::DateTime::new(year, small(1)?, small(3)?, small(4)?, small(5)?, small(6)?, nanosecond).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    /// A chunk with its header and padding.
    pub fn chunk(id: &[u8; 4], bytes: &[u8]) -> Vec<u8> {
        let mut all = [&id[..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        all.resize(all.len() + bytes.len() % 2, 0);
        all
    }

    /// A `fmt ` chunk of two channels.
    pub fn layout(kind: u16, bits: u16, rate: u32) -> Vec<u8> {
        let block = bits / 8 * 2;
        let parts = [&kind.to_le_bytes()[..], &2u16.to_le_bytes(), &rate.to_le_bytes()];
        let more = [&(rate * u32::from(block)).to_le_bytes()[..], &block.to_le_bytes(), &bits.to_le_bytes()];
        chunk(b"fmt ", &[parts.concat(), more.concat()].concat())
    }

    /// An `auxi` chunk of 2026-11-20 01:02:03.004.
    pub fn auxi(center_hz: u32) -> Vec<u8> {
        let time: Vec<u8> = [2026u16, 11, 5, 20, 1, 2, 3, 4].into_iter().flat_map(u16::to_le_bytes).collect();
        chunk(b"auxi", &[&time[..], &time, &center_hz.to_le_bytes(), &[0; 128]].concat())
    }

    pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
        let chunks = chunks.concat();
        [&b"RIFF"[..], &(chunks.len() as u32 + 4).to_le_bytes(), b"WAVE", &chunks].concat()
    }

    fn read(bytes: &[u8]) -> Result<WavFacts, String> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("writable");
        assert!(is_wav(bytes));
        read_wav(Path::new("x.wav"), &mut file).map_err(|error| error.to_string())
    }

    #[test]
    fn the_header_tells_format_rate_frequency_and_time() {
        let file = riff(&[layout(1, 16, 2_048_000), auxi(1_842_500_000), chunk(b"data", &[0; 40])]);
        let facts = read(&file).expect("readable");
        assert_eq!((facts.format, facts.rate.hz()), (SampleFormat::Ci16Le, 2.048e6));
        assert_eq!((facts.data.bytes, facts.data.at_byte), (40, file.len() as u64 - 40));
        assert_eq!(facts.center, Some(Hertz(1842.5e6)));
        assert_eq!(facts.start.map(|time| time.to_string()).as_deref(), Some("2026-11-20T01:02:03.004Z"));
        for (kind, bits, format) in [
            (1, 8, SampleFormat::Cu8),
            (1, 24, SampleFormat::Ci24Le),
            (1, 32, SampleFormat::Ci32Le),
            (3, 32, SampleFormat::Cf32Le),
            (3, 64, SampleFormat::Cf64Le),
        ] {
            let facts = read(&riff(&[layout(kind, bits, 1_920_000), chunk(b"data", &[0; 48])])).expect("readable");
            assert_eq!((facts.format, facts.center, facts.start), (format, None, None));
        }
    }

    #[test]
    fn the_auxi_chunk_may_follow_the_samples_and_be_xml() {
        let xml: Vec<u8> =
            "<Definition RadioCenterFreq=\"1842500000\"/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let data = chunk(b"data", &[0; 41]);
        for auxi in [auxi(1_842_500_000), chunk(b"auxi", &xml)] {
            let facts = read(&riff(&[layout(1, 8, 1_920_000), data.clone(), auxi])).expect("readable");
            assert_eq!((facts.center, facts.data.bytes), (Some(Hertz(1842.5e6)), 41));
        }
        assert_eq!(read(&riff(&[layout(1, 8, 1_920_000), auxi(0), data])).expect("readable").center, None);
    }

    #[test]
    fn lengths_of_64_bits_and_lengths_that_were_never_written() {
        let mut sizes: Vec<u8> = [1000u64, 16, 4].into_iter().flat_map(u64::to_le_bytes).collect();
        sizes.extend([0; 4]);
        let data = |stated: u32| [&b"data"[..], &stated.to_le_bytes(), &[1; 24]].concat();
        let mut rf64 = riff(&[chunk(b"ds64", &sizes), layout(1, 16, 1_920_000), data(u32::MAX)]);
        rf64[..8].copy_from_slice(b"RF64\xFF\xFF\xFF\xFF");
        assert_eq!(read(&rf64).expect("readable").data.bytes, 16, "as ds64 says");
        for stated in [0, u32::MAX, 1000] {
            let facts = read(&riff(&[layout(1, 16, 1_920_000), data(stated)])).expect("readable");
            assert_eq!(facts.data.bytes, 24, "{stated}: all there is");
        }
    }

    #[test]
    fn what_is_no_iq_recording_is_refused_by_name() {
        let data = chunk(b"data", &[0; 4]);
        let mut mono = layout(1, 16, 48_000);
        mono[10] = 1;
        for (chunks, named) in [
            (vec![mono, data.clone()], "channels 1"),
            (vec![layout(1, 12, 48_000), data.clone()], "12 bits"),
            (vec![layout(85, 16, 48_000), data.clone()], "85"),
            (vec![layout(1, 16, 0), data.clone()], "sample rate is 0"),
            (vec![data], "fmt chunk is absent"),
            (vec![layout(1, 16, 48_000)], "data chunk is absent"),
            (vec![chunk(b"fmt ", &[1, 0])], "2 bytes"),
        ] {
            let error = read(&riff(&chunks)).expect_err(named);
            assert!(error.contains(named), "{error}");
        }
        // Any cut of a header ends.
        let whole = riff(&[layout(1, 16, 1_920_000), auxi(1), chunk(b"data", &[0; 4])]);
        for length in 12..whole.len() {
            let _ = read(&whole[..length]);
        }
    }
}
