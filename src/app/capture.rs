//! The capture file of decoded messages: what is in it stays, a new section goes behind it.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use lte_dsp::units::SampleRate;

use cellwarden_core::observation::Observation;
use cellwarden_report::PcapngWriter;

/// Type of a Section Header Block, the same in both byte orders, and its byte-order magic. draft-ietf-opsawg-pcapng §4.1.
const SECTION_HEADER: [u8; 4] = [0x0A, 0x0D, 0x0D, 0x0A];
const BYTE_ORDER: u32 = 0x1A2B_3C4D;

/// A capture file that is written to.
pub struct Capture {
    path: PathBuf,
    /// The file until its section begins: no section is written for nothing.
    file: Option<File>,
    writer: Option<PcapngWriter<BufWriter<File>>>,
}

impl Capture {
    /// Opens a file to write behind what it holds; a block that a killed program left half is cut off.
    ///
    /// # Errors
    /// Where it cannot be opened, or holds something else than a capture.
    pub fn open(path: &Path) -> Result<Self> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = opened.with_context(|| format!("{}: cannot write", path.display()))?;
        let length = file.metadata().with_context(|| path.display().to_string())?.len();
        let whole = whole_bytes(&mut file).with_context(|| format!("{}: cannot read", path.display()))?;
        ensure!(length == 0 || whole > 0, "{}: holds no pcapng capture; name another file with --pcap", path.display());
        let cut = if whole < length { file.set_len(whole) } else { Ok(()) };
        cut.and_then(|()| file.seek(SeekFrom::End(0))).with_context(|| format!("{}: cannot write", path.display()))?;
        let mut capture = Self { path: path.to_owned(), file: Some(file), writer: None };
        if length == 0 {
            // A capture without a packet is one too.
            let begun = capture.begin().and_then(|writer| writer.map_or(Ok(()), PcapngWriter::flush));
            begun.with_context(|| format!("{}: cannot write", path.display()))?;
        }
        Ok(capture)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the messages of a dwell.
    ///
    /// # Errors
    /// From writing.
    pub fn dwell(&mut self, observations: &[Observation], rate: SampleRate) -> io::Result<()> {
        if observations.iter().all(|observation| observation.blocks.is_empty()) {
            return Ok(());
        }
        let Some(writer) = self.begin()? else { return Ok(()) };
        observations.iter().try_for_each(|observation| writer.observation(observation, rate))?;
        writer.flush()
    }

    fn begin(&mut self) -> io::Result<Option<&mut PcapngWriter<BufWriter<File>>>> {
        if let Some(file) = self.file.take() {
            self.writer = Some(PcapngWriter::new(BufWriter::new(file))?);
        }
        Ok(self.writer.as_mut())
    }
}

/// The bytes of a capture's whole blocks; 0 of a file that is none.
fn whole_bytes(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let (mut at, mut is_big_endian) = (0, false);
    while at + 12 <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 12];
        file.read_exact(&mut head)?;
        let [kind, size, order]: [[u8; 4]; 3] = std::array::from_fn(|i| std::array::from_fn(|k| head[4 * i + k]));
        if kind == SECTION_HEADER {
            is_big_endian = order == BYTE_ORDER.to_be_bytes();
            if !is_big_endian && order != BYTE_ORDER.to_le_bytes() {
                break;
            }
        } else if at == 0 {
            break;
        }
        let size = if is_big_endian { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
        // A block is a multiple of 4 bytes, and no shorter than its frame. §3.1.
        if size < 12 || !size.is_multiple_of(4) || u64::from(size) > length - at {
            break;
        }
        at += u64::from(size);
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use cellwarden_core::{
        detect::scene::macro_cell,
        observation::{BlockChannel, ReceivedBlock},
    };
    use lte_dsp::cell::Sfn;

    fn heard() -> Observation {
        let mut observation = macro_cell(0x3f_0d101, 301).observation;
        let sfn = Sfn::wrapping(0);
        observation.blocks = vec![ReceivedBlock {
            channel: BlockChannel::BcchBch,
            sfn,
            subframe: 0,
            at_sample: 0,
            bytes: vec![1, 2, 3],
        }];
        observation
    }

    #[test]
    fn what_is_in_a_capture_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.pcapng");
        let rate = SampleRate::new(1.92e6).expect("a rate");
        let write = |dwells: usize| {
            let mut capture = Capture::open(&path).expect("a capture");
            (0..dwells).for_each(|_| capture.dwell(&[heard()], rate).expect("written"));
            drop(capture);
            fs::read(&path).expect("readable")
        };
        let empty = write(0);
        assert!(!empty.is_empty() && write(0) == empty);
        let one = write(1);
        assert!(one.starts_with(&empty) && one.len() > empty.len());
        let two = write(1);
        assert!(two.starts_with(&one));
        // What a killed program left half is cut off, from any byte on.
        for cut in one.len() + 1..two.len() {
            fs::write(&path, &two[..cut]).expect("written");
            let kept = write(0);
            assert!(two.starts_with(&kept) && kept.len() >= one.len() && kept.len() <= cut, "{cut}");
        }
    }

    #[test]
    fn another_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        for other in [&b"plmn,eci\n450-08,1\n"[..], &[0x0A, 0x0D, 0x0D, 0x0A], &[0; 64], &[0xFF; 64]] {
            let path = folder.path().join("other");
            fs::write(&path, other).expect("written");
            assert!(Capture::open(&path).is_err());
            assert_eq!(fs::read(&path).expect("readable"), other);
        }
    }
}
