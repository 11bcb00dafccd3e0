//! A drive in a store, made at the level of observations, and the program that reads it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use cellwarden_core::{
    alert::AlertBook,
    detect::{Engine, Rules},
    drive::SearchedDwell,
    observation::{Observation, Position, Warning},
    registry::CellKind,
};
use cellwarden_store::{DriveRecord, Store};
use serde_json::Value;

use crate::drive::{self, Box, Stand, air, place};

/// What somebody might call a home cell to harm whoever reads of it.
pub const HOSTILE: &str = "=cmd|'/c x'!A1<script>alert(1)</script>\u{1b}[2J\u{7}&\u{202e}";

/// Metres east and north of the start, where the clone stands.
const CLONE_AT: (f64, f64) = (680.0, 620.0);

/// What the program makes of these arguments.
pub fn cellwarden(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellwarden"))
        .env("XDG_DATA_HOME", "/nonexistent")
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .expect("it runs")
}

/// Its standard output, where it did what it was asked.
pub fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Whether nothing in a text commands a terminal, or hides or turns what stands beside it.
pub fn is_tame(text: &str) -> bool {
    !text.contains(|c: char| (c.is_control() && c != '\n' && c != '\r') || c == '\u{202e}')
}

/// Twenty-two stops 60 m apart, first east, then north.
pub fn round_the_corner() -> Vec<Position> {
    (0..12).map(|i| place(60.0 * f64::from(i), 0.0)).chain((1..11).map(|i| place(660.0, 60.0 * f64::from(i)))).collect()
}

/// Where the clone stands.
pub fn clone_place() -> Position {
    place(CLONE_AT.0, CLONE_AT.1)
}

/// Two macro cells, a femtocell driving ahead under a hostile name, and a clone of the second macro cell by the last
/// street.
pub fn boxes() -> [Box; 4] {
    let macro_a = Box::new(CellKind::Macro, 0x3f_0d101, 301, Stand::At(place(200.0, 250.0)));
    let macro_b = Box::new(CellKind::Macro, 0x3f_0d102, 302, Stand::At(place(900.0, 400.0)));
    let mut ahead = Box { on: (5, 15), ..Box::new(CellKind::Femto, 0x5a_fff31, 304, Stand::Along(35.0)) };
    ahead.broadcast.hnb_name = Some(HOSTILE.to_owned());
    let warning = Warning { message_identifier: 4370, serial_number: 1, text: Some(format!("{HOSTILE} flood")) };
    ahead.broadcast.warnings = vec![warning];
    let clone = Box { pci: 77, ..Box::new(CellKind::Femto, 0x3f_0d102, 77, Stand::At(clone_place())) };
    [macro_a, macro_b, ahead, clone]
}

/// Stores a drive past these boxes, each observation of each step altered.
pub fn store_drive(path: &Path, boxes: &[Box], alter: impl Fn(usize, &mut Observation)) {
    let registry = drive::registry(&boxes[..2].iter().map(Box::row).collect::<Vec<_>>());
    let rules = Rules::default();
    let (mut book, mut store) = (AlertBook::new(&rules), Store::create(path).expect("a store"));
    let record = DriveRecord {
        command: "replay".into(),
        rules_version: rules.version(),
        registry_snapshot: Some(registry.snapshot().id()),
    };
    store.begin(&record).expect("begun");
    let mut engine = Engine::new(rules);
    let dwells = drive::drive(&round_the_corner(), boxes, air(7)).into_iter().zip(round_the_corner());
    for (step, (mut observations, here)) in dwells.enumerate() {
        observations.iter_mut().for_each(|observation| alter(step, observation));
        let Some(first) = observations.first() else { continue };
        let dwell = SearchedDwell {
            recording: first.dwell.recording.clone(),
            start: first.dwell.start,
            center_hz: 1840e6,
            sample_rate_hz: 5.76e6,
            samples: 345_600,
            lost: 0,
            clipped: 0.0,
            gain_db: first.dwell.gain_db,
            carriers_hz: None,
            position: Some(here),
        };
        let answers: Vec<_> = observations.iter().map(|o| registry.check(o)).collect();
        let judged = engine.dwell(&observations, &answers);
        let changes = book.take(&observations, &judged);
        let cells: Vec<_> = observations.into_iter().zip(judged).collect();
        store.record(&dwell, &cells, &changes, &[]).expect("stored");
    }
}

/// A folder with a store.
pub struct Stored {
    pub folder: tempfile::TempDir,
}

impl Stored {
    /// A folder with nothing in it.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// The drive past [`boxes`] in `store.sqlite`, and the registered cells in `cells.csv`.
    pub fn new() -> Self {
        let stored = Self::empty();
        store_drive(Path::new(&stored.file("store.sqlite")), &boxes(), |_, _| {});
        let list = format!(
            "plmn,eci,kind,status,pci,earfcn,lat,lon,name\n\
            450-08,3f0d101,macro,active,301,1550,37.480248,126.880266,\"<b>one</b>\"\n\
            450-08,3f0d102,macro,active,302,1550,37.481597,126.888199,\"{HOSTILE}\"\n\
            450-08,5a00200,femto,active,460,1550,37.478100,126.881000,silent\n"
        );
        fs::write(stored.file("cells.csv"), list).expect("written");
        stored
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a report; gives its file.
    pub fn report(&self, format: &str, more: &[&str]) -> String {
        let out = self.file(&format!("report.{format}"));
        let (store, list) = (self.file("store.sqlite"), self.file("cells.csv"));
        let line = ["report", "--store", &store, "--registry", &list, "--format", format, "--out", &out];
        text(cellwarden(&[&line[..], more].concat()));
        out
    }

    /// Where a transmitter is said to be.
    pub fn whereabouts(&self, pci: &str) -> Value {
        let of = |row: &&Value| row["cell"].as_str().is_some_and(|cell| cell.contains(pci));
        self.shown().iter().find(of).unwrap_or_else(|| panic!("{pci} was not heard"))["whereabouts"].clone()
    }

    /// What `drives show` tells.
    pub fn shown(&self) -> Vec<Value> {
        let shown = text(cellwarden(&["drives", "show", "1", "--json", "--store", &self.file("store.sqlite")]));
        shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}
