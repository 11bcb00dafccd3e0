//! Inputs of every kind, in a folder of their own.

use num_complex::Complex32;
use serde_json::json;
use sha2::{Digest, Sha512};

use super::*;
use crate::SampleSource;

const RAW_NAME: &str = "f1815_s1.92_from_a_friend.bin";

fn meta(frequency: f64, datetime: &str, data: &[u8]) -> String {
    json!({
        "global": {
            "core:datatype": "ci8", "core:sample_rate": 1.92e6, "core:version": "1.2.0",
            "core:sha512": hex::encode(Sha512::digest(data)),
        },
        "captures": [{ "core:sample_start": 0, "core:frequency": frequency, "core:datetime": datetime }],
    })
    .to_string()
}

fn write_pair(folder: &Path, name: &str, datetime: &str, data: &[u8]) {
    fs::write(folder.join(format!("{name}.sigmf-data")), data).expect("writable");
    fs::write(folder.join(format!("{name}.sigmf-meta")), meta(1.84e9, datetime, data)).expect("writable");
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn list(path: &Path) -> Result<Vec<Found>, SourceError> {
    find(&Input::Path(path.to_owned()), &Hints::default())
}

fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(Found::name).collect()
}

/// The samples of a dwell, as the bytes that ci8 stores.
fn bytes(source: &mut Recording) -> Vec<u8> {
    let mut out = [Complex32::ZERO; 1000];
    let block = source.read(&mut out).expect("readable");
    out[..block.len].iter().flat_map(|x| [(x.re * 128.0) as i8 as u8, (x.im * 128.0) as i8 as u8]).collect()
}

fn only(found: Vec<Found>) -> Result<Recording, SourceError> {
    let [found] = <[Found; 1]>::try_from(found).expect("one recording");
    found.open()?.next().expect("a dwell")
}

#[test]
fn either_file_of_a_pair_names_it() {
    let folder = folder();
    write_pair(folder.path(), "a.b", "2026-11-20T01:00:00Z", &[1, 2, 3, 4]);
    for ending in ["sigmf-meta", "sigmf-data"] {
        let mut source = only(list(&folder.path().join(format!("a.b.{ending}"))).expect("found")).expect("readable");
        assert_eq!(source.info().name, "a.b");
        assert_eq!(source.info().length, Some(2));
        assert_eq!(bytes(&mut source), [1, 2, 3, 4]);
    }
}

#[test]
fn a_folder_is_played_by_time_and_a_bad_recording_is_listed() {
    let folder = folder();
    write_pair(folder.path(), "later", "2026-11-20T01:00:10Z", &[1, 2]);
    write_pair(folder.path(), "sooner", "2026-11-20T01:00:09Z", &[3, 4]);
    fs::write(folder.path().join(RAW_NAME), [128; 64]).expect("writable");
    fs::write(folder.path().join("orphan.sigmf-data"), [0; 4]).expect("writable");
    fs::write(folder.path().join("registry.csv"), "plmn,eci\n").expect("writable");
    let found = list(folder.path()).expect("found");
    assert_eq!(names(&found), ["sooner", "later", "f1815_s1.92_from_a_friend", "orphan"]);
    let opened: Vec<_> = found.into_iter().map(Found::open).collect();
    assert!(opened[..3].iter().all(Result::is_ok));
    let error = opened[3].as_ref().expect_err("no metadata").to_string();
    assert!(error.contains("orphan.sigmf-meta: not found"), "{error}");
}

#[test]
fn an_archive_is_read_where_it_stands() {
    let folder = folder();
    let path = folder.path().join("two.sigmf");
    let mut tar = tar::Builder::new(File::create(&path).expect("writable"));
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes).expect("writable");
    };
    add("x/later.sigmf-data", &[1, 2]);
    add("x/later.sigmf-meta", meta(1e9, "2026-11-20T01:00:10Z", &[1, 2]).as_bytes());
    add("x/sooner.sigmf-meta", meta(2e9, "2026-11-20T01:00:09Z", &[3, 4]).as_bytes());
    add("x/sooner.sigmf-data", &[3, 4]);
    add("lonely.sigmf-meta", meta(2e9, "2026-11-20T01:00:11Z", &[]).as_bytes());
    tar.finish().expect("writable");
    let found = list(&path).expect("found");
    assert_eq!(names(&found), ["sooner", "later", "lonely"]);
    let mut opened = found.into_iter().map(Found::open);
    let sooner = opened.next().expect("three").expect("readable").next().expect("one").expect("open").info().clone();
    assert_eq!(sooner.center, Hertz(2e9));
    let mut later = opened.next().expect("three").expect("readable").next().expect("one").expect("open");
    assert_eq!(bytes(&mut later), [1, 2]);
    let error = opened.next().expect("three").expect_err("no data").to_string();
    assert!(error.contains("lonely.sigmf-data: not found"), "{error}");

    let whole = fs::read(&path).expect("readable");
    for length in [0, 1, 511, 512, 700, 1600] {
        fs::write(&path, &whole[..length]).expect("writable");
        let readable = list(&path).is_ok_and(|found| found.into_iter().any(|f| f.open().is_ok()));
        assert!(!readable, "an archive of {length} bytes");
    }
}

#[test]
fn a_collection_checks_its_hashes() {
    let folder = folder();
    for name in ["a", "b"] {
        write_pair(folder.path(), name, "2026-11-20T01:00:00Z", &[1, 2]);
    }
    let hash = hex::encode(Sha512::digest(fs::read(folder.path().join("a.sigmf-meta")).expect("readable")));
    let wrong = "0".repeat(128);
    let text = json!({ "collection": { "core:streams": [
        { "name": "a", "hash": hash }, { "name": "b", "hash": wrong }, { "name": "c" },
    ]}});
    let path = folder.path().join("all.sigmf-collection");
    fs::write(&path, text.to_string()).expect("writable");
    let mut results = list(&path).expect("found").into_iter().map(Found::open);
    assert!(results.next().expect("three").is_ok());
    assert!(matches!(results.next(), Some(Err(SourceError::HashMismatch { .. }))));
    assert!(matches!(results.next(), Some(Err(SourceError::Missing { .. }))));
}

#[test]
fn other_data_than_the_metadata_was_made_for_is_refused() {
    let folder = folder();
    write_pair(folder.path(), "a", "2026-11-20T01:00:00Z", &[1, 2]);
    fs::write(folder.path().join("a.sigmf-data"), [1, 3]).expect("writable");
    let error = only(list(&folder.path().join("a.sigmf-meta")).expect("found")).err().expect("tampered");
    assert!(error.to_string().contains("hash mismatch"), "{error}");
}

#[test]
fn a_raw_file_needs_three_facts_from_its_name_or_the_user() {
    let folder = folder();
    let path = folder.path().join("noise.bin");
    fs::write(&path, [5; 9]).expect("writable");
    let mut hints = Hints::default();
    let mut attempt = |change: &dyn Fn(&mut Hints)| {
        let result = find(&Input::Path(path.clone()), &hints).and_then(only);
        change(&mut hints);
        result.map(|source| source.info().clone()).map_err(|error| error.to_string())
    };
    assert!(attempt(&|h| h.format = Some(SampleFormat::Ci16Le)).expect_err("no format").contains("--format"));
    assert!(attempt(&|h| h.rate = SampleRate::new(1.92e6)).expect_err("no rate").contains("--rate"));
    assert!(attempt(&|h| h.center = Some(Hertz(8e8))).expect_err("no centre").contains("--freq"));
    let info = attempt(&|_| ()).expect("all is known");
    assert_eq!((info.length, info.center, info.name.as_str()), (Some(2), Hertz(8e8), "noise"));
}

#[test]
fn missing_facts_come_from_the_name_and_the_bytes() {
    let folder = folder();
    let path = folder.path().join(RAW_NAME);
    let magic = [73492.215, -0.7923597, -189978508.0, 93.126712, -53243.129, 0.0008123898, -6.0098321, 237.09983f64];
    let mut file: Vec<u8> = magic.iter().flat_map(|m| [m.to_le_bytes(), 7u64.to_le_bytes()].concat()).collect();
    file.extend([127, 128, 129, 126, 120, 133]);
    fs::write(&path, &file).expect("writable");
    let mut source = only(list(&path).expect("found")).expect("readable");
    assert_eq!((source.info().format, source.info().center), (SampleFormat::Cu8, Hertz(1815e6)));
    assert_eq!(source.info().length, Some(3));
    let mut out = [Complex32::ZERO; 4];
    assert_eq!(source.read(&mut out).expect("readable").len, 3);
    assert_eq!(out[0], Complex32::new(-0.5 / 128.0, 0.5 / 128.0));
}

#[test]
fn nothing_is_found_where_nothing_is() {
    let folder = folder();
    assert!(matches!(list(folder.path()), Err(SourceError::NoRecording { .. })));
    assert!(matches!(list(&folder.path().join("absent")), Err(SourceError::Io { .. })));
    let empty = folder.path().join(RAW_NAME);
    fs::write(&empty, []).expect("writable");
    assert!(matches!(only(list(&empty).expect("listed")), Err(SourceError::Empty { .. })));
    write_pair(folder.path(), "empty", "2026-11-20T01:00:00Z", &[]);
    let empty = folder.path().join("empty.sigmf-meta");
    assert!(matches!(only(list(&empty).expect("listed")), Err(SourceError::Empty { .. })));
}

#[test]
fn standard_input_needs_all_said() {
    let results = find(&Input::Stdin, &Hints::default()).expect("listed").remove(0).open();
    assert!(matches!(results, Err(SourceError::Unknown { .. })));
    let all = Hints {
        format: Some(SampleFormat::Ci8),
        rate: SampleRate::new(1.92e6),
        center: Some(Hertz(1e9)),
        ..Hints::default()
    };
    let source = only(find(&Input::Stdin, &all).expect("listed")).expect("ready");
    assert_eq!(source.info().length, None);
}

#[test]
fn files_of_receivers_tell_format_rate_and_frequency() {
    use crate::wav::tests::{auxi, chunk, layout, riff};
    let folder = folder();
    let wav = |auxi: Vec<u8>| riff(&[layout(1, 16, 2_000_000), auxi, chunk(b"data", &[1; 40])]);
    let named = wav(chunk(b"LIST", &[0; 3]));
    let files: [(&str, Vec<u8>, SampleFormat, f64); 5] = [
        ("by-header.wav", wav(auxi(1_842_500_000)), SampleFormat::Ci16Le, 2e6),
        ("SDRSharp_20260904_204456Z_1842500000Hz_IQ.wav", named, SampleFormat::Ci16Le, 2e6),
        ("gqrx_20260904_204456_1842500000_1920000_fc.raw", vec![0; 80], SampleFormat::Cf32Le, 1.92e6),
        ("BBD_0001.C16", vec![1; 40], SampleFormat::Ci16Le, 1.92e6),
        ("cell_1842.5MHz_1.92Msps.cs8", vec![1; 20], SampleFormat::Ci8, 1.92e6),
    ];
    for (name, bytes, ..) in &files {
        fs::write(folder.path().join(name), bytes).expect("writable");
    }
    fs::write(folder.path().join("BBD_0001.TXT"), "sample_rate=1920000\ncenter_frequency=1842500000\n")
        .expect("writable");
    for (name, _, format, rate) in &files {
        let source = only(list(&folder.path().join(name)).expect("found")).expect(name);
        let SourceInfo { format: found, sample_rate, center, length, .. } = source.info();
        assert_eq!((found, sample_rate.hz(), *center, *length), (format, *rate, Hertz(1842.5e6), Some(10)), "{name}");
    }
    // Audio is no recording; what macOS puts beside files is none either.
    fs::write(folder.path().join("music.wav"), riff(&[layout(1, 16, 48_000), chunk(b"data", &[0; 8])]))
        .expect("writable");
    fs::write(folder.path().join("notes_1842.5MHz_1.92Msps.txt"), "notes").expect("writable");
    for (name, ..) in &files {
        fs::write(folder.path().join(format!("._{name}")), [0, 5, 0x16, 7]).expect("writable");
    }
    fs::write(folder.path().join("._a.sigmf-meta"), [0, 5, 0x16, 7]).expect("writable");
    assert_eq!(list(folder.path()).expect("found").len(), files.len());
}

#[test]
fn a_recording_that_says_what_it_is_is_believed_and_the_option_is_told() {
    use crate::wav::tests::{auxi, chunk, layout, riff};
    let folder = folder();
    let path = folder.path().join("a.wav");
    fs::write(&path, riff(&[layout(3, 32, 1_920_000), auxi(1_842_500_000), chunk(b"data", &[0; 80])]))
        .expect("writable");
    let hints = Hints {
        format: Some(SampleFormat::Cu8),
        rate: SampleRate::new(2e6),
        center: Some(Hertz(8e8)),
        ..Hints::default()
    };
    let found = find(&Input::Path(path), &hints).expect("found");
    let warnings = found[0].warnings().to_vec();
    for option in ["--format cu8", "--rate 2 MS/s", "--freq 800.000000 MHz"] {
        assert!(warnings.iter().any(|warning| warning.contains(option)), "{option}: {warnings:?}");
    }
    let source = only(found).expect("readable");
    assert_eq!((source.info().format, source.info().center), (SampleFormat::Cf32Le, Hertz(1842.5e6)));
}

#[test]
fn what_the_metadata_does_not_know_the_user_may() {
    let folder = folder();
    let mut root: serde_json::Value = serde_json::from_str(&meta(0.0, "2026-11-20T01:00:00Z", &[1, 2])).expect("JSON");
    root["global"]["core:sample_rate"] = json!("fast");
    fs::write(folder.path().join("a.sigmf-data"), [1, 2]).expect("writable");
    fs::write(folder.path().join("a.sigmf-meta"), root.to_string()).expect("writable");
    let open = |hints: &Hints| find(&Input::Path(folder.path().join("a.sigmf-meta")), hints).and_then(only);
    let mut hints = Hints::default();
    assert!(open(&hints).err().expect("no rate").to_string().contains("--rate"));
    hints.rate = SampleRate::new(1.92e6);
    assert!(open(&hints).err().expect("no centre").to_string().contains("--freq"));
    hints.center = Some(Hertz(1.84e9));
    assert_eq!(open(&hints).expect("all is known").info().center, Hertz(1.84e9));
}
