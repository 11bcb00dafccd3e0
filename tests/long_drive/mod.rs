//! A long drive in a store: cells as they were decoded once, heard again and again along a road.

use std::{collections::BTreeSet, path::Path};

use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Grounds, Judged, Severity, Verdict},
    drive::SearchedDwell,
    observation::{Eci, Observation, Position},
};
use cellwarden_store::{Detail, DriveRecord, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde_json::Map;

/// Cells of a dwell.
pub const CELLS: usize = 7;

/// Dwells after which the cells are others: the drive has come into another part of town.
const PART_OF_TOWN: usize = 200;

/// One dwell in so many hears the rogue cell.
const ROGUE_EVERY: usize = 10;

/// Fills a store with one drive of so many observations, or a few more: eight hours for 60,000.
pub fn fill(path: &Path, observations: usize) {
    let heard = templates();
    let mut store = Store::create(path).expect("a store");
    let record = DriveRecord { command: "scan".into(), rules_version: "long-drive".into(), registry_snapshot: None };
    store.begin(&record).expect("begun");
    let begin: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
    for n in 0..observations.div_ceil(CELLS) {
        let dwell = SearchedDwell {
            recording: format!("dwell-{n:06}"),
            start: Some(begin + SignedDuration::from_millis(3_360 * n as i64)),
            center_hz: 1_842.6e6,
            sample_rate_hz: 15.36e6,
            samples: 1_536_000,
            lost: 0,
            clipped: 0.0,
            gain_db: Some(20.0),
            carriers_hz: None,
            position: Some(road(n)),
        };
        let cells: Vec<(Observation, Judged)> =
            (0..CELLS).map(|i| cell(&heard[i % heard.len()], &dwell, n, i)).collect();
        let raised = (n == 0).then(|| {
            let (observation, judged) = &cells[0];
            let id = CellId::new(observation, judged.ecgi);
            Alert::new(&id, &judged.findings[0], dwell.start, Vec::new())
        });
        store.record(&dwell, &cells, &raised.into_iter().collect::<Vec<_>>(), &[]).expect("stored");
    }
}

/// One observation of each cell of the recordings in `captures/`.
fn templates() -> Vec<Observation> {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("store.sqlite");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/7835115/store.sqlite");
    std::fs::copy(fixture, &copy).expect("in the repository");
    let store = Store::open(&copy).expect("a store");
    let (mut seen, mut heard) = (BTreeSet::new(), Vec::new());
    let all = store.all_dwells::<StoreError>(Detail::Whole, |_, _, cells| {
        let new = |o: &Observation| seen.insert((o.carrier.earfcn, o.pci, o.ecgi()));
        heard.extend(cells.into_iter().map(|cell| cell.observation).filter(new));
        Ok(())
    });
    all.expect("read");
    heard
}

/// A template as the `i`th cell of the `n`th dwell; the first one of some dwells is the rogue.
fn cell(template: &Observation, dwell: &SearchedDwell, n: usize, i: usize) -> (Observation, Judged) {
    let mut o = template.clone();
    o.dwell.recording.clone_from(&dwell.recording);
    (o.dwell.start, o.dwell.gain_db, o.dwell.seconds) = (dwell.start, dwell.gain_db, dwell.seconds());
    o.position = dwell.position;
    // Levels come and go with the road, each cell's in its own time.
    let phase = (n % PART_OF_TOWN) as f64 / PART_OF_TOWN as f64 + i as f64 / CELLS as f64;
    o.level.rsrp_dbfs = -45.0 + 15.0 * (std::f64::consts::TAU * phase).sin() as f32;
    let is_rogue = i == 0 && n.is_multiple_of(ROGUE_EVERY);
    let part = if is_rogue { 0xFFF } else { n / PART_OF_TOWN };
    o.identity.iter_mut().for_each(|identity| {
        identity.eci = Eci::new((0x10_0000 + part * 16 + i) as u32).expect("28 bits");
    });
    let finding = Finding {
        rule: cellwarden_event::RuleId::of("unregistered"),
        version: 1,
        severity: Severity::Critical,
        evidence: Map::from_iter([("recording".to_owned(), dwell.recording.as_str().into())]),
        grounds: Grounds::default(),
    };
    let verdict = if is_rogue { Verdict::Unregistered } else { Verdict::Registered };
    let findings = if is_rogue { vec![finding] } else { Vec::new() };
    let judged = Judged { ecgi: o.ecgi(), verdict, findings, phase_s: None };
    (o, judged)
}

/// Up and down the town's streets at 50 km/h.
fn road(n: usize) -> Position {
    let (street, along) = (n / PART_OF_TOWN, n % PART_OF_TOWN);
    let along = if street.is_multiple_of(2) { along } else { PART_OF_TOWN - 1 - along };
    Position { lat: 37.40 + street as f64 * 0.002, lon: 126.80 + along as f64 * 0.0005, error_m: 5.0 }
}
