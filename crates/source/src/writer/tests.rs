//! What is written is read again by the reader of this program, whose rules the metadata's tests fix.

use super::*;
use crate::{Found, Hints, Input, Recording, SampleSource, find};

const RATE: SampleRate = SampleRate::LTE_1_4_MHZ;

fn capture(hz: f64) -> Capture {
    Capture {
        center: Hertz(hz),
        start: Some("2026-11-20T01:00:00.25Z".parse().expect("a time")),
        gain_db: Some(33.5),
        position: Some(Coordinates { lat: 37.478, lon: 126.878 }),
    }
}

fn open(meta: &Path) -> Vec<Recording> {
    let found = find(&Input::Path(meta.to_owned()), &Hints::default()).expect("found");
    found.into_iter().flat_map(|f: Found| f.open().expect("readable")).map(|dwell| dwell.expect("open")).collect()
}

#[test]
fn a_recording_comes_back_with_all_that_was_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples: Vec<Complex32> =
        (0..40_000).map(|i| Complex32::new((i % 255 - 127) as f32, (i % 17) as f32) / 128.0).collect();
    let mut writer = SigmfWriter::create(&folder.path().join("a.b"), SampleFormat::Ci8, RATE, "test", capture(1e9))
        .expect("created");
    writer.write(&samples[..30_000]).expect("written");
    writer.begin_capture(capture(2e9));
    writer.write(&samples[30_000..]).expect("written");
    writer.begin_capture(capture(3e9));
    writer.annotate(&Annotation {
        sample_start: 5,
        sample_count: 6,
        band: Some((Hertz(0.9e9), Hertz(1.1e9))),
        label: "PCI 301".to_owned(),
        comment: Some("SIB1".to_owned()),
    });
    let meta = writer.finish().expect("finished");
    let mut dwells = open(&meta);
    assert_eq!(dwells.len(), 2, "the third capture has no sample");
    let info = dwells[1].info();
    assert_eq!((info.name.as_str(), info.center, info.first_sample.0), ("a.b#2", Hertz(2e9), 30_000));
    assert_eq!((info.start, info.gain_db, info.position), (capture(0.0).start, Some(33.5), capture(0.0).position));
    let mut out = vec![Complex32::ZERO; 40_000];
    assert_eq!(dwells[0].read(&mut out).expect("readable").len, 30_000);
    assert_eq!(dwells[1].read(&mut out[30_000..]).expect("readable").len, 10_000);
    assert!(out == samples);
    let root: Value = serde_json::from_slice(&fs::read(&meta).expect("readable")).expect("JSON");
    assert_eq!(root["annotations"][0]["core:label"], "PCI 301");
    assert!(!folder.path().join("a.b.sigmf-meta.part").exists());
}

#[test]
fn a_recording_cut_short_by_a_crash_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = folder.path().join("crash");
    let mut writer = SigmfWriter::create(&stem, SampleFormat::Ci16Le, RATE, "test", capture(1e9)).expect("created");
    writer.write(&vec![Complex32::new(0.5, -0.5); 100_000]).expect("written");
    // Neither finished nor dropped: what is buffered is lost, what is on the disk is whole.
    std::mem::forget(writer);
    let dwells = open(&folder.path().join("crash.sigmf-meta"));
    assert!(dwells[0].info().length.is_some_and(|samples| samples > 0));
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = folder.path().join("once");
    let create = || SigmfWriter::create(&stem, SampleFormat::Cu8, RATE, "test", capture(1e9));
    create().expect("created").finish().expect("finished");
    assert!(matches!(create(), Err(SourceError::Io { action: "create", .. })));
}
