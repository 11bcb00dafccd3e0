//! The store against what was put into it.

use cellwarden_event::{AlertState, RuleId};
use jiff::Timestamp;
use lte_dsp::cell::Sfn;
use serde_json::{Map, Value};

use super::{
    prune::{PruneLimits, Pruned},
    *,
};
use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{
        Finding, Grounds, Severity, Verdict,
        scene::{Build, macro_cell},
    },
    observation::{BlockChannel, Position, ReceivedBlock},
    registry::inspect::{Visit, VisitOutcome},
};

fn dwell(recording: &str) -> SearchedDwell {
    SearchedDwell {
        recording: recording.to_owned(),
        start: "2026-11-20T01:00:00Z".parse().ok(),
        center_hz: 1840e6,
        sample_rate_hz: 5.76e6,
        samples: 345_600,
        lost: 3,
        clipped: 0.125,
        gain_db: Some(-20.75),
        carriers_hz: Some(vec![1840e6, 1842.5e6]),
        position: Some(Position { lat: 37.478, lon: 126.1 + 0.2, error_m: 1.0 / 3.0 }),
    }
}

/// An observation of `dwell` whose numbers have all their digits.
fn observation(dwell: &SearchedDwell) -> Observation {
    let cell = macro_cell(0x3f_0d101, 301).access_r14("450-08", 7, 0x5a_fff31).access_r14("310-410", 65_535, 1);
    let Build { mut observation, .. } = cell;
    observation.dwell.recording.clone_from(&dwell.recording);
    (observation.dwell.start, observation.dwell.gain_db) = (dwell.start, dwell.gain_db);
    (observation.dwell.lost, observation.dwell.clipped) = (dwell.lost, dwell.clipped);
    observation.position = dwell.position;
    observation.offset.hz = 0.1 + 0.2;
    observation.level.rsrp_dbfs = -45.3 / 7.0;
    observation.note = Some("\u{1b}[2J 홈".to_owned());
    observation.sibs.insert("sib3".to_owned(), serde_json::json!({"q-Hyst": "dB2"}));
    observation.blocks = vec![ReceivedBlock {
        channel: BlockChannel::BcchDlSch,
        sfn: Sfn::wrapping(1023),
        subframe: 9,
        at_sample: 1 << 40,
        bytes: vec![0, 255],
    }];
    observation
}

fn judged() -> Judged {
    let evidence = Map::from_iter([("level".to_owned(), Value::from(1))]);
    let finding = Finding {
        rule: RuleId::of("unregistered"),
        version: 1,
        severity: Severity::Critical,
        evidence,
        grounds: Grounds::default(),
    };
    Judged { ecgi: None, verdict: Verdict::Unregistered, findings: vec![finding], phase_s: None }
}

fn alert(o: &Observation) -> Alert {
    Alert::new(&CellId::new(o, o.ecgi()), &judged().findings[0], o.dwell.start, Vec::new())
}

fn store(path: &Path) -> Store {
    let mut store = Store::create(path).expect("a store");
    let drive = DriveRecord { command: "replay".into(), rules_version: "r".into(), registry_snapshot: None };
    store.begin(&drive).expect("begun");
    store
}

#[test]
fn a_dwell_comes_back_to_the_last_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    let (dwell, mut store) = (dwell("a"), store(&path));
    let o = observation(&dwell);
    assert_eq!(store.known(&dwell).expect("a look"), None);
    store.record(&dwell, &[(o.clone(), judged())], &[alert(&o)], &[]).expect("stored");
    drop(store);
    let store = Store::open(&path).expect("a store");
    let cells = store.known(&dwell).expect("a look").expect("known");
    assert_eq!(cells.len(), 1);
    assert_eq!((&cells[0].observation, cells[0].verdict), (&o, Verdict::Unregistered));
    assert_eq!(cells[0].findings[0].rule, "unregistered");
    let mut listed = Vec::new();
    let listing = store.all_dwells::<StoreError>(Detail::Whole, |_, dwell, _| {
        listed.push(dwell.clone());
        Ok(())
    });
    listing.expect("listed");
    assert_eq!(listed, std::slice::from_ref(&dwell));
    assert_eq!(store.known(&SearchedDwell { samples: 1, ..dwell }).expect("a look"), None, "another recording");
}

#[test]
fn an_alert_is_stored_once_and_its_highest_revision_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    let o = observation(&dwell("a"));
    let raised = alert(&o);
    let id = raised.id.clone();
    for recording in ["a", "b"] {
        store.record(&dwell(recording), &[], std::slice::from_ref(&raised), &[]).expect("stored");
    }
    assert_eq!(store.alerts().expect("a list").len(), 1);
    let closed = Alert { revision: 2, state: AlertState::Closed, last_heard: o.dwell.start, ..raised.clone() };
    assert!(store.has_revision(&raised).expect("a look") && !store.has_revision(&closed).expect("a look"));
    store.record(&dwell("c"), &[], std::slice::from_ref(&closed), &[]).expect("stored");
    let stored = store.alert(&id[..5]).expect("a look").expect("by its beginning");
    assert_eq!(stored.alert, closed);
    assert_eq!(store.alert("").expect("a look"), None, "any id begins so");
    let back = Alert { revision: 3, state: AlertState::Raised, ..closed.clone() };
    let evidence = [EvidenceRecord { alert: id.clone(), sha256: Ok("ab".into()) }];
    let better = Alert { revision: 4, state: AlertState::Risen, evidence_file: Some("e".into()), ..closed.clone() };
    store.record(&dwell("d"), &[], std::slice::from_ref(&better), &evidence).expect("stored");
    // The one before comes late, as it may from an archive: the highest holds.
    store.record(&dwell("e"), &[], &[back], &[]).expect("stored");
    assert_eq!(store.alert(&id).expect("a look").expect("there").alert, better);
    let last = Alert { revision: 5, evidence_file: None, ..better.clone() };
    store.record(&dwell("f"), &[], &[last], &[]).expect("stored");
    let stored = store.alert(&id).expect("a look").expect("there");
    assert_eq!((stored.alert.evidence_file, stored.evidence_sha256), (better.evidence_file, Some("ab".into())));
}

/// A store of 30 days with a dwell each: an open alert on the 3rd about a cell that is heard on the 3rd and 5th, a closed
/// alert on the 7th, and an honest cell every day.
fn month(path: &Path) -> Store {
    let mut store = store(path);
    for day in 1..=30 {
        let start = format!("2026-10-{day:02}T01:00:00Z").parse().ok();
        let dwell = SearchedDwell { start, ..dwell(&format!("d{day}")) };
        let rogue = |pci| {
            let mut rogue = observation(&dwell);
            rogue.pci = lte_dsp::cell::Pci::new(pci).expect("below 504");
            rogue
        };
        let mut cells = vec![(observation(&dwell), judged())];
        let mut alerts = Vec::new();
        if [3, 5].contains(&day) {
            cells.push((rogue(44), judged()));
        }
        if day == 3 {
            alerts.push(alert(&rogue(44)));
        }
        if day == 7 {
            alerts.push(Alert { state: AlertState::Closed, ..alert(&rogue(45)) });
        }
        store.record(&dwell, &cells, &alerts, &[]).expect("stored");
    }
    store
}

fn days(store: &Store) -> Vec<String> {
    let mut days = Vec::new();
    let listing = store.all_dwells::<StoreError>(Detail::Whole, |_, dwell, cells| {
        assert!(!cells.is_empty());
        days.push(dwell.recording.clone());
        Ok(())
    });
    listing.expect("listed");
    days
}

#[test]
fn what_is_old_goes_but_for_what_alerts_and_rules_need() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    let mut store = month(&path);
    let limits = PruneLimits { before: "2026-10-21T00:00:00Z".parse().ok(), max_bytes: None };
    let before = days(&store);
    let planned = store.prune(&limits, true).expect("planned");
    assert_eq!(days(&store), before, "nothing went");
    let pruned = store.prune(&limits, false).expect("pruned");
    assert_eq!(Pruned { not_shrunk: None, ..pruned.clone() }, planned);
    // The first says what the cell broadcasts; 3 and 7 raised alerts, and on 5 the open one's cell was heard.
    let kept: Vec<String> = [1, 3, 5, 7].into_iter().chain(21..=30).map(|day| format!("d{day}")).collect();
    assert_eq!(days(&store), kept);
    assert_eq!((pruned.kept_for_alerts, pruned.kept_for_rules), (3, 1));
    let [drive] = &pruned.drives[..] else { panic!("{pruned:?}") };
    assert_eq!((drive.dwells, drive.observations, drive.is_gone), (16, 16, false));
    assert_eq!((drive.from, drive.to), ("2026-10-02T01:00:00Z".parse().ok(), "2026-10-20T01:00:00Z".parse().ok()));
    assert_eq!(store.alerts().expect("read").len(), 2);
    assert!(pruned.bytes_after < pruned.bytes_before && pruned.not_shrunk.is_none(), "{pruned:?}");
    assert_eq!(store.prune(&limits, false).expect("again").drives, [], "once");
}

#[test]
fn a_store_that_is_too_large_loses_its_first_dwells() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = month(&folder.path().join("s.sqlite"));
    let whole = PruneLimits { before: None, max_bytes: Some(u64::MAX) };
    let unchanged = store.prune(&whole, false).expect("nothing to do");
    assert_eq!((unchanged.drives.len(), unchanged.kept_for_alerts), (0, 0));
    let pruned = store.prune(&PruneLimits { before: None, max_bytes: Some(0) }, false).expect("pruned");
    assert_eq!(days(&store), ["d1", "d3", "d5", "d7"], "what is needed stays, however large it is");
    assert_eq!((pruned.drives[0].dwells, pruned.kept_for_alerts, pruned.kept_for_rules), (26, 3, 1));
}

#[test]
fn a_full_disk_says_so_and_keeps_what_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    let mut store = store(&path);
    let pages: i64 = store.database.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a count");
    store.database.pragma_update(None, "max_page_count", pages + 4).expect("a limit");
    let mut stored = 0;
    let error = loop {
        let dwell = dwell(&format!("dwell {stored}"));
        let mut o = observation(&dwell);
        o.blocks[0].bytes = vec![7; 3_000];
        match store.record(&dwell, &[(o, judged())], &[], &[]) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "the limit holds");
    };
    assert!(matches!(error, StoreError::Full), "{error}");
    assert!(error.to_string().contains("make room"), "{error}");
    drop(store);
    let store = Store::open(&path).expect("still a store");
    let mut kept = 0;
    let listing = store.all_dwells::<StoreError>(Detail::Whole, |_, _, cells| {
        kept += cells.len();
        Ok(())
    });
    listing.expect("readable");
    assert!(stored > 0 && kept == stored, "all that was stored, and no half dwell");
}

#[test]
fn other_files_are_no_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    std::fs::write(&path, "no database at all, but long enough to be read as one".repeat(40)).expect("written");
    assert!(matches!(Store::create(&path), Err(StoreError::NoStore)));
    assert!(Store::open(&folder.path().join("absent")).is_err(), "reading makes no store");
}

#[test]
fn dwells_with_baselines_are_recalled_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    for (recording, value_tag) in [("a", 1), ("b", 1), ("c", 2)] {
        let dwell = dwell(recording);
        let mut o = observation(&dwell);
        o.broadcast.value_tag = Some(value_tag);
        store.record(&dwell, &[(o, judged())], &[], &[]).expect("stored");
    }
    let mut recalled = Vec::new();
    let recall = store.recall::<StoreError>(0, |_, dwell, _| {
        recalled.push(dwell.recording.clone());
        Ok(())
    });
    recall.expect("recalled");
    assert_eq!(recalled, ["a", "b", "c"]);
    let baseline = "SELECT recording FROM baseline JOIN observation ON observation.id = baseline.observation \
                    JOIN dwell ON dwell.id = dwell";
    let recording: String = store.database.query_row(baseline, [], |row| row.get(0)).expect("one");
    assert_eq!(recording, "c", "the first dwell under the new value tag");
}

#[test]
fn what_is_said_of_an_alert_stays_and_the_latest_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sqlite");
    let (dwell, mut store) = (dwell("a"), store(&path));
    let o = observation(&dwell);
    let alert = alert(&o);
    store.record(&dwell, &[(o.clone(), judged())], std::slice::from_ref(&alert), &[]).expect("stored");
    let at = |second| Timestamp::from_second(second).expect("in range");
    let note = |text: &str| AlertAnnotation::Note(text.to_owned());
    assert!(store.annotate_alert("no such alert", at(0), &AlertAnnotation::Acknowledged(true)).is_err());
    // Another connection, as the terminal interface has one.
    let mut beside = Store::open(&path).expect("a store");
    for (second, annotation) in [
        (1, AlertAnnotation::Acknowledged(true)),
        (2, note("\u{1b}[2J 문 앞")),
        (3, AlertAnnotation::Acknowledged(false)),
        (4, AlertAnnotation::Acknowledged(true)),
    ] {
        beside.annotate_alert(&alert.id, at(second), &annotation).expect("kept");
    }
    drop((store, beside));
    let mut store = Store::open(&path).expect("a store");
    let stored = store.alert(&alert.id).expect("a look").expect("there");
    assert_eq!((stored.acknowledged(), stored.note()), (Some("1970-01-01T00:00:04Z"), Some("\u{1b}[2J 문 앞")));
    assert_eq!(stored.annotations.len(), 4);
    store.annotate_alert(&alert.id, at(5), &note("")).expect("kept");
    store.annotate_alert(&alert.id, at(6), &AlertAnnotation::Acknowledged(false)).expect("kept");
    let stored = &store.alerts().expect("a look")[0];
    assert_eq!((stored.acknowledged(), stored.note(), stored.annotations.len()), (None, None, 6));
}

#[test]
fn facts_come_with_messages_only_where_more_was_decoded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    let blocks = [1, 1, 2, 0];
    for (n, blocks) in blocks.into_iter().enumerate() {
        let dwell = dwell(&format!("dwell-{n}"));
        let mut o = observation(&dwell);
        o.blocks = vec![o.blocks[0].clone(); blocks];
        store.record(&dwell, &[(o, judged())], &[], &[]).expect("stored");
    }
    let read = |detail| {
        let mut cells = Vec::new();
        let all = store.dwells_of::<StoreError>(1, detail, |_, of_dwell| {
            cells.extend(of_dwell);
            Ok(())
        });
        all.expect("read");
        cells
    };
    let (whole, facts) = (read(Detail::Whole), read(Detail::Facts));
    assert_eq!(whole.iter().map(|cell| cell.observation.blocks.len()).collect::<Vec<_>>(), blocks);
    for (n, (cell, fact)) in whole.into_iter().zip(facts).enumerate() {
        assert_eq!((fact.verdict, fact.findings), (cell.verdict, Vec::new()));
        let mut expected = cell.observation;
        if n % 2 == 1 {
            (expected.blocks, expected.sibs) = (Vec::new(), Map::new());
        }
        assert_eq!(fact.observation, expected, "{n}");
    }
}

#[test]
fn a_memory_holds_for_its_rules_and_registry() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    let of = |rules: &str, registry: Option<&str>| DriveRecord {
        command: "scan".into(),
        rules_version: rules.into(),
        registry_snapshot: registry.map(Into::into),
    };
    let recalled = |store: &Store, of: &DriveRecord| store.memory::<Vec<f64>>(of).expect("a look");
    assert_eq!(recalled(&store, &of("r", None)), None);
    let memory = [0.1 + 0.2, f64::INFINITY, -0.0];
    store.keep_memory(&of("r", None), 7, &memory).expect("kept");
    assert_eq!(recalled(&store, &of("r", None)), Some((7, memory.to_vec())));
    assert_eq!(recalled(&store, &of("s", None)), None);
    assert_eq!(recalled(&store, &of("r", Some("list"))), None);
    store.keep_memory(&of("r", Some("list")), 9, &memory).expect("kept");
    assert_eq!(recalled(&store, &of("r", Some("list"))).map(|(dwell, _)| dwell), Some(9));
    assert_eq!(recalled(&store, &of("r", None)), None, "one is kept");
    // Another form of memory is none.
    assert_eq!(store.memory::<String>(&of("r", Some("list"))).expect("a look"), None);
}

#[test]
fn visits_are_kept_once_and_in_order_of_their_days() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::create(&folder.path().join("s.sqlite")).expect("a store");
    let visit = |ecgi: &str, day: i8, again_on: Option<i8>| Visit {
        ecgi: ecgi.parse().expect("an ECGI"),
        date: jiff::civil::date(2026, 11, day),
        outcome: VisitOutcome::ComeAgain,
        again_on: again_on.map(|day| jiff::civil::date(2026, 11, day)),
        note: "부재".to_owned(),
    };
    let (late, early) = (visit("450-08-5a00101", 21, Some(27)), visit("450-08-5a00102", 20, None));
    assert_eq!(store.add_visits(&[late.clone(), early.clone()]).expect("stored"), 2);
    assert_eq!(store.add_visits(&[early.clone(), early.clone()]).expect("stored"), 0);
    assert_eq!(store.visits().expect("visits"), [early, late]);
}
