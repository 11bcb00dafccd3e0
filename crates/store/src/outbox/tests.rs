//! The outbox against what was put into it. What a killed process leaves: `tests/store.rs`, `tests/feeds`.

use std::path::Path;

use jiff::SignedDuration;
use rusqlite::params_from_iter;
use serde_json::{Map, Value};

use super::{
    due::{ANY, CELLS_WITH_ALERTS, OF_CELL},
    *,
};
use crate::DriveRecord;
use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Grounds, Judged, Severity, Verdict, scene::macro_cell},
    drive::SearchedDwell,
};
use cellwarden_event::{RuleId, outbox::OutboxLimits};

const FEED: &str = "https://registry.example/events";
const OTHER: &str = "mqtts://broker.example/cellwarden";

fn scanner() -> ScannerName {
    ScannerName::new("van-3").expect("a name")
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn later(seconds: i64) -> Timestamp {
    now().saturating_add(SignedDuration::from_secs(seconds)).expect("in range")
}

fn store(path: &Path) -> Store {
    let mut store = Store::create(path).expect("a store");
    let drive = DriveRecord { command: "replay".into(), rules_version: "r".into(), registry_snapshot: None };
    store.begin(&drive).expect("begun");
    store
}

/// Records a dwell with these cells; those in `alarming` raise an alert.
fn record(store: &mut Store, recording: &str, cells: &[u32], alarming: &[u32]) {
    let dwell = SearchedDwell {
        recording: recording.to_owned(),
        start: None,
        center_hz: 1840e6,
        sample_rate_hz: 5.76e6,
        samples: 1,
        lost: 0,
        clipped: 0.0,
        gain_db: None,
        carriers_hz: None,
        position: Some(cellwarden_core::observation::Position { lat: 37.5, lon: 127.0, error_m: 10.0 }),
    };
    let evidence = Map::from_iter([("recording".to_owned(), Value::from(recording))]);
    let finding = Finding {
        rule: RuleId::of("unregistered"),
        version: 1,
        severity: Severity::Critical,
        evidence,
        grounds: Grounds::default(),
    };
    let mut judged = Vec::new();
    let mut changes = Vec::new();
    for eci in cells {
        let mut o = macro_cell(*eci, 301).observation;
        o.dwell.recording = recording.to_owned();
        let findings = if alarming.contains(eci) { vec![finding.clone()] } else { Vec::new() };
        if alarming.contains(eci) {
            changes.push(Alert::new(&CellId::new(&o, o.ecgi()), &finding, None, Vec::new()));
        }
        judged.push((o.clone(), Judged { ecgi: o.ecgi(), verdict: Verdict::Unregistered, findings, phase_s: None }));
    }
    store.record(&dwell, &judged, &changes, &[]).expect("stored");
}

fn kinds(due: &[DueEvent]) -> Vec<(&'static str, &str)> {
    due.iter().map(|due| (due.event.kind.word(), due.event.cell.as_str())).collect()
}

fn accept_all(store: &mut Store, url: &str) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let due = store.due(url, now(), 10).expect("a list");
        if due.is_empty() {
            return ids;
        }
        let fates: Vec<(i64, Fate)> = due.iter().map(|due| (due.seq, Fate::Delivered)).collect();
        ids.extend(due.into_iter().map(|due| due.event.id));
        store.settle(url, &fates).expect("settled");
    }
}

const A: &str = "450-08-3f0d101";
const B: &str = "450-08-3f0d102";

#[test]
fn a_dwell_and_its_events_are_stored_together_and_gone_when_all_feeds_have_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    record(&mut store, "before", &[0x3f_0d101], &[0x3f_0d101]);
    assert_eq!(store.add_feed(FEED, &scanner()).expect("added"), 1, "the alert that was there before");
    assert_eq!(store.add_feed(FEED, &scanner()).expect("added"), 0, "it is no new feed");
    record(&mut store, "after", &[0x3f_0d101, 0x3f_0d102], &[0x3f_0d102]);
    store.add_feed(OTHER, &scanner()).expect("added");

    let state = store.feeds().expect("a list");
    let waiting: Vec<_> = state.iter().map(|feed| (feed.waiting_alerts, feed.waiting_sightings)).collect();
    assert_eq!(waiting, [(2, 2), (2, 0)], "sightings from then on");
    let due = store.due(FEED, now(), 10).expect("a list");
    let cloud: Value = serde_json::from_str(&due[0].event.json).expect("JSON");
    assert_eq!(cloud["type"], "io.cellwarden.alert.v1");
    assert_eq!(cloud["id"], cloud["data"]["id"]);
    assert_eq!((&cloud["data"]["position"]["lat"], &cloud["data"]["recording"]), (&37.5.into(), &"before".into()));

    let accepted = accept_all(&mut store, FEED);
    assert_eq!(accepted.len(), 4);
    let left: i64 = store.database.query_row("SELECT count(*) FROM outbox_event", [], |r| r.get(0)).expect("a count");
    assert_eq!(left, 2, "the other feed has not got its alerts");
    let also_accepted = accept_all(&mut store, OTHER);
    assert!(also_accepted.iter().all(|id| accepted.contains(id)), "the same ids to every feed");
    let bytes: i64 = store.database.query_row("SELECT bytes FROM outbox_account", [], |r| r.get(0)).expect("a sum");
    assert_eq!(bytes, 0);
}

#[test]
fn cells_with_alerts_go_first_and_each_cell_keeps_its_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    store.add_feed(FEED, &scanner()).expect("added");
    record(&mut store, "1", &[0x3f_0d101, 0x3f_0d102], &[]);
    record(&mut store, "2", &[0x3f_0d101, 0x3f_0d102], &[0x3f_0d102]);
    let due = store.due(FEED, now(), 10).expect("a list");
    assert_eq!(kinds(&due), [("sighting", B), ("alert", B), ("sighting", B)]);
    assert_eq!(store.due(FEED, now(), 2).expect("a list"), due[..2], "at most as many as asked for");

    // The first of B fails alone: B waits, A goes on.
    let why = || "HTTP 500".to_owned();
    store.settle(FEED, &[(due[0].seq, Fate::Again { not_before: later(60), why: why() })]).expect("settled");
    assert_eq!(kinds(&store.due(FEED, now(), 10).expect("a list")), [("sighting", A); 2]);
    let after = store.due(FEED, later(61), 10).expect("a list");
    assert_eq!((kinds(&after), after[0].attempts), (kinds(&due), 1));
    store.hasten(FEED).expect("hastened");
    assert_eq!(kinds(&store.due(FEED, now(), 10).expect("a list")), kinds(&due));

    // Dead, it holds nothing back, and comes again under its id.
    store.settle(FEED, &[(due[0].seq, Fate::Dead { why: why() })]).expect("settled");
    assert_eq!(kinds(&store.due(FEED, now(), 10).expect("a list")), [("alert", B), ("sighting", B)]);
    let dead = store.dead_letters().expect("a list");
    assert_eq!((dead.len(), &dead[0].id, &*dead[0].why), (1, &due[0].event.id, "HTTP 500"));
    assert_eq!(store.revive(FEED).expect("revived"), 1);
    assert_eq!(store.due(FEED, now(), 10).expect("a list")[0].event, due[0].event);
    assert_eq!(store.dead_letters().expect("a list"), []);
}

#[test]
fn a_feed_that_cannot_be_reached_waits_as_a_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    store.add_feed(FEED, &scanner()).expect("added");
    store.add_feed(OTHER, &scanner()).expect("added");
    record(&mut store, "1", &[0x3f_0d101], &[]);
    store.hold_feed(FEED, later(60), "connection refused").expect("held");
    assert_eq!(store.due(FEED, now(), 10).expect("a list"), []);
    assert_eq!(store.due(OTHER, now(), 10).expect("a list").len(), 1);
    assert_eq!((store.feed_failures(FEED).expect("a count"), store.feed_failures(OTHER).expect("a count")), (1, 0));
    assert_eq!(store.feeds().expect("a list")[0].error.as_deref(), Some("connection refused"));
    let due = store.due(FEED, later(61), 10).expect("a list");
    assert_eq!(due[0].attempts, 0, "the event is not to blame");
    store.settle(FEED, &[(due[0].seq, Fate::Delivered)]).expect("settled");
    assert_eq!(store.feed_failures(FEED).expect("a count"), 0);
    assert!(store.forget_feed(FEED).expect("forgotten") && !store.forget_feed(FEED).expect("forgotten"));
    assert_eq!(store.feeds().expect("a list").len(), 1);
    assert_eq!(accept_all(&mut store, OTHER).len(), 1, "the other feed keeps its queue");
}

#[test]
fn limits_drop_sightings_before_alerts_and_count_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    store.add_feed(FEED, &scanner()).expect("added");
    for n in 0..10 {
        record(&mut store, &format!("dwell {n}"), &[0x3f_0d100 + n], &[0x3f_0d100 + n]);
    }
    let bytes: i64 = store.database.query_row("SELECT bytes FROM outbox_account", [], |r| r.get(0)).expect("a sum");
    let limits = |bytes: i64, days: i64| OutboxLimits {
        bytes: bytes.unsigned_abs(),
        age: SignedDuration::from_hours(24 * days),
    };
    assert_eq!(store.trim_outbox(&limits(bytes, 30), now()).expect("trimmed"), Dropped::default());
    let some = store.trim_outbox(&limits(bytes - 1, 30), now()).expect("trimmed");
    assert!(some.alerts == 0 && (1..10).contains(&some.sightings), "{some:?}");
    let first: String = store
        .database
        .query_row("SELECT event FROM outbox_event WHERE kind = 'sighting' ORDER BY seq", [], |r| r.get(0))
        .expect("left");
    assert!(first.contains(&format!("dwell {}", some.sightings)), "the oldest went: {first}");
    let aged = store.trim_outbox(&limits(bytes, 30), later(31 * 86_400)).expect("trimmed");
    assert_eq!(aged, Dropped { sightings: 10 - some.sightings, alerts: 0 }, "alerts do not grow old");
    let least = store.trim_outbox(&limits(1, 30), now()).expect("trimmed");
    assert_eq!(least, Dropped { sightings: 0, alerts: 10 });
    assert_eq!(store.dropped().expect("a count"), Dropped { sightings: 10, alerts: 10 });
    assert_eq!(store.alerts().expect("a list").len(), 10, "they are in the store");
}

#[test]
fn nothing_is_queued_for_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(&folder.path().join("s.sqlite"));
    record(&mut store, "1", &[0x3f_0d101], &[0x3f_0d101]);
    let events: i64 = store.database.query_row("SELECT count(*) FROM outbox_event", [], |r| r.get(0)).expect("a count");
    assert_eq!(events, 0);
}

#[test]
fn a_long_queue_is_not_looked_through_for_its_head() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder.path().join("s.sqlite"));
    for query in [ANY, OF_CELL, CELLS_WITH_ALERTS] {
        let mut explain = store.database.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("valid");
        let values = params_from_iter(vec![1; explain.parameter_count()]);
        let steps = explain.query_map(values, |row| row.get::<_, String>("detail")).expect("a plan");
        let plan: Vec<String> = steps.collect::<Result<_, _>>().expect("texts");
        assert!(plan.iter().all(|step| step.starts_with("SEARCH")), "no scan, no sort: {plan:#?}");
    }
}
