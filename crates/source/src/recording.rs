//! A recording as a source of samples.
//!
//! Files are read in chunks and not mapped: a mapped file that somebody truncates while it is read kills the process
//! with SIGBUS, mapping needs `unsafe`, and samples are converted in one pass, so that a map would save one copy out of
//! the page cache at most. A chunk stays in the second-level cache between its copy and its conversion.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use lte_dsp::{
    frontend::{SampleFormat, convert},
    units::SampleIndex,
};
use num_complex::Complex32;

use super::{Block, SampleSource, SourceError, SourceInfo};

/// Bytes read at once; a whole number of samples of each format.
const CHUNK_BYTES: usize = 3 << 16;

/// One dwell of a recording: a file's bytes from one offset on, or a stream.
pub struct Recording {
    info: SourceInfo,
    path: PathBuf,
    bytes: Box<dyn Read + Send>,
    /// Whether the spectrum is turned over: every sample becomes its conjugate.
    inverted: bool,
    chunk: Vec<u8>,
    /// Samples given so far.
    position: u64,
    /// Whether the bytes have ended.
    ended: bool,
}

impl Recording {
    /// A recording whose samples begin where `bytes` stands.
    pub(super) fn new(info: SourceInfo, path: PathBuf, bytes: Box<dyn Read + Send>, inverted: bool) -> Self {
        Self { info, path, bytes, inverted, chunk: vec![0; CHUNK_BYTES], position: 0, ended: false }
    }

    /// Fills `chunk[..want]` as far as there are bytes.
    fn read_bytes(&mut self, want: usize) -> Result<usize, SourceError> {
        let mut have = 0;
        while have < want {
            match self.bytes.read(&mut self.chunk[have..want]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => have += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SourceError::io(&self.path, "read")(error)),
            }
        }
        Ok(have)
    }

    /// Samples that a buffer of this length may still take.
    fn wanted(&self, length: usize) -> usize {
        let left = self.info.length.map_or(u64::MAX, |length| length.saturating_sub(self.position));
        length.min(usize::try_from(left).unwrap_or(usize::MAX))
    }
}

impl SampleSource for Recording {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let start = SampleIndex(self.position);
        let format: SampleFormat = self.info.format;
        let size = format.bytes();
        let (mut len, mut lost) = (0, 0);
        while !self.ended && len < out.len() {
            let want = self.wanted((out.len() - len).min(CHUNK_BYTES / size));
            let have = self.read_bytes(want * size)?;
            let samples = have / size;
            let converted = &mut out[len..len + samples];
            lost += convert(format, &self.chunk[..samples * size], converted);
            if self.inverted {
                converted.iter_mut().for_each(|sample| *sample = sample.conj());
            }
            len += samples;
            self.position += samples as u64;
            if self.info.length.is_some_and(|length| self.position >= length) {
                self.ended = true;
            } else if self.ended {
                // Truncated since it was opened, or a stream that ends within a sample.
                lost += self.info.length.map_or(u64::from(have % size > 0), |length| length - self.position);
            }
        }
        Ok(Block { len, start, lost })
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::units::{Hertz, SampleRate};

    use super::*;

    fn recording(format: SampleFormat, length: Option<u64>, bytes: impl Read + Send + 'static) -> Recording {
        let info = SourceInfo {
            name: "test".to_owned(),
            format,
            sample_rate: SampleRate::LTE_1_4_MHZ,
            center: Hertz(1.84e9),
            start: None,
            gain_db: None,
            position: None,
            length,
            first_sample: SampleIndex(0),
        };
        Recording::new(info, "test".into(), Box::new(bytes), false)
    }

    /// Gives a few bytes at a time, as pipes do, and is interrupted now and then.
    struct Pipe(Vec<u8>, usize);

    impl Read for Pipe {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(5) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let n = (self.1 % 7 + 1).min(out.len()).min(self.0.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0.drain(..n);
            Ok(n)
        }
    }

    #[test]
    fn samples_come_whole_and_in_order_however_the_bytes_arrive() {
        let bytes: Vec<u8> = (0..=255).cycle().take(4003).collect();
        let mut source = recording(SampleFormat::Ci16Le, None, Pipe(bytes.clone(), 0));
        let mut all = Vec::new();
        let mut out = [Complex32::ZERO; 37];
        let lost = loop {
            let block = source.read(&mut out).expect("readable");
            assert_eq!(block.start.0, all.len() as u64);
            all.extend_from_slice(&out[..block.len]);
            if block.len < out.len() {
                break block.lost;
            }
        };
        let mut want = vec![Complex32::ZERO; 1000];
        convert(SampleFormat::Ci16Le, &bytes[..4000], &mut want);
        assert_eq!(all, want);
        assert_eq!(lost, 1, "the stream ends within a sample");
        assert_eq!(source.read(&mut out).expect("at its end"), Block { len: 0, start: SampleIndex(1000), lost: 0 });
    }

    #[test]
    fn a_buffer_longer_than_a_chunk_is_filled() {
        let samples = CHUNK_BYTES + 5;
        let mut source = recording(SampleFormat::Cu8, Some(samples as u64), io::repeat(255));
        let mut out = vec![Complex32::ZERO; samples + 10];
        assert_eq!(source.read(&mut out).expect("readable").len, samples, "and nothing behind the dwell's end");
        assert!(out[..samples].iter().all(|x| x.re > 0.99));
    }

    #[test]
    fn what_a_truncated_file_no_longer_has_is_lost() {
        let mut source = recording(SampleFormat::Ci8, Some(100), io::Cursor::new(vec![1; 60]));
        let mut out = [Complex32::ZERO; 64];
        assert_eq!(source.read(&mut out).expect("readable"), Block { len: 30, start: SampleIndex(0), lost: 70 });
        assert_eq!(source.read(&mut out).expect("at its end"), Block { len: 0, start: SampleIndex(30), lost: 0 });
    }

    #[test]
    fn an_inverted_recording_is_conjugated() {
        let mut source = recording(SampleFormat::Ci8, Some(2), io::Cursor::new(vec![1, 2, 3, 0xFC]));
        source.inverted = true;
        let mut out = [Complex32::ZERO; 2];
        source.read(&mut out).expect("readable");
        assert_eq!(out.map(|x| x * 128.0), [Complex32::new(1.0, -2.0), Complex32::new(3.0, 4.0)]);
    }

    #[test]
    fn floats_that_are_no_numbers_are_lost() {
        let bytes: Vec<u8> = [f32::NAN; 20].iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut source = recording(SampleFormat::Cf32Le, Some(10), io::Cursor::new(bytes));
        let mut out = [Complex32::new(1.0, 1.0); 10];
        assert_eq!(source.read(&mut out).expect("readable"), Block { len: 10, start: SampleIndex(0), lost: 10 });
        assert_eq!(out, [Complex32::ZERO; 10]);
    }
}
