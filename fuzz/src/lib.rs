//! What each fuzz target does with its bytes: it gives them to the program's own entry point, and nothing may panic.
//!
//! The fuzzers run these functions, and `tests/corpora.rs` runs every file of the corpora through them once. Formats that the
//! program reads from disk are written to a folder first, which is best in memory (`TMPDIR=/dev/shm`).

use std::{
    cell::RefCell,
    fs,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use cellwarden::{cli::Cli, config};
use cellwarden_core::{
    alert::allowed::AllowList,
    detect::Rules,
    drive::DriveBuilder,
    observation::{Ecgi, Observation},
    registry::{
        ImportOptions, ListError, Lookup, delta,
        import::{self, read_cells},
    },
};
use cellwarden_feed::AccessFile;
use cellwarden_position::{GpxTrack, NmeaTrack, gpsd, nmea::NmeaReader};
use cellwarden_receiver::{ReceiverSettings, broadcast::Broadcast, receive};
use cellwarden_report::account::Account;
use cellwarden_service::events;
use cellwarden_source::{Block, Hints, Input, SampleSource, SourceError, SourceInfo, find};
use cellwarden_store::{
    Detail, Store, StoreError, archive, evidence,
    registry::{
        RegisteredCells,
        signed::{SnapshotKey, SnapshotSignature},
    },
};
use clap::Parser;
use jiff::Timestamp;
use lte_dsp::{
    cell::{Bandwidth, CyclicPrefix, Duplex, Pci, Rnti},
    channels::{
        dci::{self, DciFormat},
        mib::{Burst, find_mib},
        pdcch,
        pdsch::SoftBuffer,
    },
    coding::{convolutional::ConvolutionalDecoder, llr::Llr, rate_match::RedundancyVersion, turbo::TurboDecoder},
    frontend::{SampleFormat, convert},
    units::{Hertz, SampleIndex, SampleRate},
};
use num_complex::Complex32;
use tempfile::TempDir;

/// What a target does with its bytes.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: [(&str, Target); 22] = [
    ("access", access),
    ("archive", archive_of_recordings),
    ("config", config_file),
    ("dci", dci),
    ("delta", delta),
    ("drive_archive", drive_archive),
    ("events", events),
    ("evidence", evidence),
    ("gpsd", gpsd),
    ("gpx", gpx),
    ("iq", iq),
    ("mib", mib),
    ("minisign", minisign),
    ("nmea", nmea),
    ("pcch", pcch),
    ("registry_csv", registry_csv),
    ("registry_db", registry_db),
    ("rrc", rrc),
    ("rules", rules),
    ("sigmf", sigmf),
    ("store", store),
    ("wav", wav),
];

/// Most samples of a recording that are read: its metadata is the target, the receiver is another.
const MAX_SAMPLES: usize = 1 << 12;
/// Most samples that are searched: 80 ms.
const MAX_SEARCHED: usize = 153_600;

thread_local! {
    static FOLDER: RefCell<TempDir> = RefCell::new(tempfile::tempdir().expect("a folder"));
}

/// Does something with a path in a folder of this thread, which is emptied afterwards.
fn in_folder(work: impl FnOnce(&Path)) {
    FOLDER.with_borrow_mut(|folder| {
        work(folder.path());
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let path = entry.path();
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    });
}

fn with_file(name: &str, data: &[u8], work: impl FnOnce(&Path)) {
    in_folder(|folder| {
        let path = folder.join(name);
        fs::write(&path, data).expect("room for it");
        work(&path);
    });
}

/// What comes before a zero byte, and what comes after it.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|&byte| byte == 0);
    at.map_or((data, &[]), |at| (&data[..at], &data[at + 1..]))
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// System information as a cell sends it one after the other: each block behind two bytes of its length.
pub fn rrc(data: &[u8]) {
    let Some((&first, mut rest)) = data.split_first() else { return };
    let duplex = if first & 1 == 0 { Duplex::Fdd } else { Duplex::Tdd };
    let mut broadcast = Broadcast::default();
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (block, behind) = behind.split_at(behind.len().min(usize::from(u16::from_le_bytes(*length) & 0x1ff)));
        if let Ok(message) = lte_rrc::decode_bcch_dl_sch(block) {
            broadcast.take(&message, duplex);
        }
        rest = behind;
    }
}

/// A paging message.
pub fn pcch(data: &[u8]) {
    let _ = lte_rrc::decode_pcch(data);
}

/// A MIB's bits, and behind them soft bits of bursts, from which the receiver searches one.
pub fn mib(data: &[u8]) {
    let Some((octets, rest)) = data.split_first_chunk::<3>() else { return };
    let _ = lte_rrc::decode_bcch_bch(*octets);
    let Some(([pci, shape], soft)) = rest.split_first_chunk::<2>() else { return };
    let pci = Pci::new(u16::from(*pci) + 248 * u16::from(shape >> 7)).expect("up to 503");
    let (cp, bits) = if shape & 1 == 0 { (CyclicPrefix::Normal, 480) } else { (CyclicPrefix::Extended, 432) };
    let bursts: Vec<Burst> = soft
        .chunks_exact(bits)
        .take(16)
        .zip(i64::from(shape >> 1)..)
        .map(|(burst, frame)| Burst { frame, soft_bits: std::array::from_fn(|_| llrs(burst)) })
        .collect();
    let is_legal = |mib: lte_dsp::channels::pbch::Mib| lte_rrc::decode_bcch_bch(mib.bytes()).is_ok();
    let _ = find_mib(&bursts, pci, cp, &mut ConvolutionalDecoder::default(), is_legal);
}

/// Soft bits of a DCI and of the block that it assigns: rate matching, Viterbi, the fields, and turbo decoding.
pub fn dci(data: &[u8]) {
    let Some(([shape, form, rv], rest)) = data.split_first_chunk::<3>() else { return };
    let bandwidth = Bandwidth::ALL[usize::from(shape >> 1) % Bandwidth::ALL.len()];
    let duplex = if shape & 1 == 0 { Duplex::Fdd } else { Duplex::Tdd };
    let format = if form & 1 == 0 { DciFormat::Format1A } else { DciFormat::Format1C };
    let payload_bits = format.payload_bits(bandwidth, duplex);
    let candidate_bits = if form & 2 == 0 { 4 * 72 } else { 8 * 72 };
    let (candidate, soft) = rest.split_at(rest.len().min(candidate_bits));
    let mut streams = Vec::new();
    pdcch::streams(&llrs(candidate), &pdcch::buffer(payload_bits), &mut streams);
    let mut decoder = ConvolutionalDecoder::default();
    let decoded = pdcch::decode(&streams, Rnti::SI, &mut decoder).map(|decoded| decoded.payload.to_vec());
    // A CRC that passes is rare: without it the bits themselves are the payload.
    let bits = || candidate.iter().map(|byte| byte & 1).take(payload_bits).collect();
    let Some(assignment) = dci::parse(format, &decoded.unwrap_or_else(bits), bandwidth, duplex) else { return };
    let Some(mut buffer) = SoftBuffer::new(assignment.tbs) else { return };
    let rv = assignment.rv.unwrap_or(RedundancyVersion::ALL[usize::from(rv % 4)]);
    buffer.add(&llrs(soft), rv);
    if let Some(block) = buffer.decode(&mut TurboDecoder::default(), 2) {
        let _ = lte_rrc::decode_bcch_dl_sch(block.bytes());
    }
}

fn llrs(data: &[u8]) -> Vec<Llr> {
    data.iter().map(|&byte| f32::from(byte.cast_signed())).collect()
}

/// A recording's metadata, and behind a zero byte its samples.
pub fn sigmf(data: &[u8]) {
    let (meta, samples) = split(data);
    with_file("x.sigmf-data", samples, |path| {
        let path = path.with_extension("sigmf-meta");
        fs::write(&path, meta).expect("room for it");
        read_recordings(path);
    });
}

/// A `.sigmf` archive.
pub fn archive_of_recordings(data: &[u8]) {
    with_file("x.sigmf", data, |path| read_recordings(path.to_owned()));
}

/// A WAV file.
pub fn wav(data: &[u8]) {
    with_file("x.wav", data, |path| read_recordings(path.to_owned()));
}

fn read_recordings(path: PathBuf) {
    let mut samples = vec![Complex32::ZERO; MAX_SAMPLES];
    let Ok(found) = find(&Input::Path(path), &Hints::default()) else { return };
    for recording in found.into_iter().take(4) {
        let _ = recording.suspected_format();
        let Ok(dwells) = recording.open() else { continue };
        for dwell in dwells.take(4) {
            let Ok(mut dwell) = dwell else { continue };
            let _ = dwell.read(&mut samples);
        }
    }
}

fn import_options() -> ImportOptions {
    ImportOptions::at(Timestamp::UNIX_EPOCH)
}

/// A registered cell list, and the same as a list of allowed cells.
pub fn registry_csv(data: &[u8]) {
    let list = import::Input { name: "list".to_owned(), reader: data };
    let options = ImportOptions { max_bad: u64::MAX, ..import_options() };
    let _ = read_cells::<_, ListError>([Ok(list)], &options, |_| Ok(()));
    let _ = AllowList::parse_csv(&text(data));
}

/// A registered cell list's database.
pub fn registry_db(data: &[u8]) {
    with_file("x.sqlite", data, |path| {
        let Ok((cells, _)) = RegisteredCells::open(path, &import_options()) else { return };
        let ecgi: Ecgi = "450-08-3f0d101".parse().expect("one");
        let pci = Pci::new(301).expect("one");
        let _ = (cells.by_ecgi(ecgi), cells.by_pair(1550, pci, 8), cells.plmns());
    });
}

/// What makes a list of another: the other, a zero byte, the delta.
pub fn delta(data: &[u8]) {
    let (base, delta) = split(data);
    let _ = delta::apply(base, delta, io::sink());
}

/// A key, a signature and what it signs, each behind a zero byte.
pub fn minisign(data: &[u8]) {
    let (key, rest) = split(data);
    let (signature, snapshot) = split(rest);
    let (key, signature) = (SnapshotKey::parse(&text(key)), SnapshotSignature::parse(&text(signature)));
    if let (Ok(key), Ok(signature)) = (key, signature) {
        let _ = key.verify(&signature, snapshot);
    }
}

/// A rules file, and the same as a list of allowed cells.
pub fn rules(data: &[u8]) {
    let text = text(data);
    if let Ok(rules) = Rules::parse(&text) {
        let _ = (rules.version(), rules.list());
    }
    let _ = AllowList::parse_toml(&text);
}

/// A configuration file.
pub fn config_file(data: &[u8]) {
    with_file("x.toml", data, |path| {
        for command in [&["replay", "in"][..], &["scan"], &["serve"], &["report"]] {
            let line = [&["cellwarden", "--config", path.to_str().expect("UTF-8")], command].concat();
            if let Ok(cli) = Cli::try_parse_from(line) {
                let _ = config::check(cli);
            }
        }
    });
}

/// A file of feeds' secrets.
pub fn access(data: &[u8]) {
    if let Ok(file) = AccessFile::parse(&text(data))
        && let Ok(url) = "https://example.org/v1/events".parse()
    {
        let _ = file.of(&url);
    }
}

/// A GPX track.
pub fn gpx(data: &[u8]) {
    let _ = GpxTrack::read(data);
}

/// A receiver's sentences, from a file and as they come.
pub fn nmea(data: &[u8]) {
    let _ = NmeaTrack::read(data);
    let mut reader = NmeaReader::live();
    text(data).lines().for_each(|line| _ = reader.line(line));
    let _ = reader.end();
}

/// What gpsd sends, line by line.
pub fn gpsd(data: &[u8]) {
    text(data).lines().for_each(|line| _ = gpsd::report(line));
}

/// An event, a batch of events, and an event in binary mode.
pub fn events(data: &[u8]) {
    let _ = events::read_one(data);
    let _ = events::read_batch(data);
    let (attributes, body) = split(data);
    let attributes = text(attributes);
    let pairs =
        attributes.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name, value.to_owned()));
    let _ = events::read_binary(pairs, "application/json", body);
}

/// An evidence document whose recording is gone.
pub fn evidence(data: &[u8]) {
    with_file("0123456789abcdef.json", data, |path| {
        let _ = evidence::verify(path, None, &|_, _| Ok::<Vec<Observation>, String>(Vec::new()));
    });
}

/// A drive's archive, into an empty store. One that is not compressed is compressed first: a fuzzer would never get to what
/// is inside.
pub fn drive_archive(data: &[u8]) {
    const MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
    let is_packed = data.starts_with(&MAGIC);
    let packed = if is_packed { data.to_vec() } else { zstd::encode_all(data, 1).expect("memory") };
    with_file("x.tar.zst", &packed, |path| {
        let folder = path.parent().expect("its folder");
        let store = folder.join("store.sqlite");
        fs::write(&store, empty_store()).expect("room for it");
        let mut store = Store::open(&store).expect("a store");
        let _ = archive::import(&mut store, path, &folder.join("evidence"));
    });
}

/// The file of a store without a drive, which takes milliseconds to make.
fn empty_store() -> &'static [u8] {
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    EMPTY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("empty.sqlite");
        drop(Store::create(&path).expect("a store"));
        fs::read(&path).expect("written")
    })
}

/// A store's file, all of which is read and reported.
pub fn store(data: &[u8]) {
    with_file("x.sqlite", data, |path| {
        let _ = Store::is_plain(path);
        let Ok((store, _)) = Store::open_to_read(path) else { return };
        let _ = report(&store);
    });
}

fn report(store: &Store) -> Result<(), StoreError> {
    let _ = store.alerts()?;
    let mut builder = DriveBuilder::default();
    let drives = store.drives()?;
    for drive in &drives {
        store.dwells_of::<StoreError>(drive.id, Detail::Whole, |dwell, cells| {
            builder.add(dwell, &cells);
            Ok(())
        })?;
        store.alerts_of(drive.id)?.iter().for_each(|stored| builder.add_alert(&stored.alert));
    }
    let account = Account { drives, drive: builder.finish(), ..Account::default() };
    let _ = cellwarden_report::csv::write_csv(&mut io::sink(), &account);
    Ok(())
}

/// Raw samples of 8 bits through the whole receiver.
pub fn iq(data: &[u8]) {
    let mut source = Raw {
        info: SourceInfo {
            name: "raw".to_owned(),
            format: SampleFormat::Ci8,
            sample_rate: SampleRate::LTE_1_4_MHZ,
            center: Hertz(1840e6),
            start: None,
            gain_db: Some(20.0),
            position: None,
            length: Some((data.len() / 2).min(MAX_SEARCHED) as u64),
            first_sample: SampleIndex(0),
        },
        data: Cursor::new(data[..data.len().min(2 * MAX_SEARCHED)].to_vec()),
        start: 0,
    };
    let settings = ReceiverSettings {
        carriers: None,
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    let _ = receive(&mut source, &settings, &|_| {});
}

struct Raw {
    info: SourceInfo,
    data: Cursor<Vec<u8>>,
    start: u64,
}

impl SampleSource for Raw {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let mut bytes = Vec::new();
        self.data.by_ref().take(2 * out.len() as u64).read_to_end(&mut bytes).expect("memory");
        let len = bytes.len() / 2;
        convert::convert(SampleFormat::Ci8, &bytes[..2 * len], &mut out[..len]);
        let start = SampleIndex(self.start);
        self.start += len as u64;
        Ok(Block { len, start, lost: 0 })
    }
}
