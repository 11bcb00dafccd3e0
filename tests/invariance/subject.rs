//! Signals whose first 80 ms say what must be found in all that is made of them.

use std::{collections::BTreeMap, fs, path::Path, sync::OnceLock};

use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix};
use num_complex::Complex32;
use serde_json::Value;
use testsignal::{CellConfig, Scenario, TddConfig, front_end::Format};

use crate::{
    program::{Answer, Reported, replay},
    signal::Signal,
};

/// What is enough to say what must be found.
pub const SHOWN_S: f64 = 0.08;
/// Length of generated signals.
const MADE_S: f64 = 0.32;
/// Of a longer recording no more is used.
const MAX_S: f64 = 1.0;

/// A signal, and what its first 80 ms show.
pub struct Subject {
    pub name: String,
    pub signal: Signal,
    /// All cells on the air, where they are known.
    on_air: Option<Vec<u64>>,
    shown: OnceLock<Shown>,
}

/// What the first 80 ms show.
pub struct Shown {
    pub cells: Vec<Reported>,
    /// Alerts that the signal raises as it is.
    pub alerts: Vec<(String, u64)>,
    /// All cells of the whole signal too, which are registered.
    pub registered: Vec<Reported>,
}

impl Subject {
    fn new(name: &str, signal: Signal, on_air: Option<Vec<u64>>) -> Self {
        Self { name: name.to_owned(), signal, on_air, shown: OnceLock::new() }
    }

    /// Found once.
    pub fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            let Answer { cells, .. } = replay(&self.signal.cut(0.0..SHOWN_S), &[], folder.path());
            let whole = replay(&self.signal, &[], folder.path()).cells;
            let registered: Vec<Reported> = cells.iter().cloned().chain(whole).collect();
            let Answer { alerts, .. } = replay(&self.signal.cut(0.0..SHOWN_S), &registered, folder.path());
            Shown { cells, alerts, registered }
        })
    }

    /// Whether no cell of this identity is on the air.
    pub fn is_ghost(&self, pci: u64) -> bool {
        self.on_air.as_ref().is_some_and(|on_air| !on_air.contains(&pci))
    }
}

/// A cell that is 20 dB over noise, half of its blocks in use.
fn cell(pci: u16, bandwidth: Bandwidth, carrier_hz: f64) -> CellConfig {
    let mut cell = CellConfig::broadcasting(pci, bandwidth, carrier_hz);
    (cell.time_offset_s, cell.first_sfn, cell.scheduling.load) = (0.0043, 1018, 0.5);
    cell
}

fn made(name: &str, rate_hz: f64, center_hz: f64, cells: Vec<CellConfig>) -> Subject {
    let on_air = cells.iter().map(|cell| u64::from(cell.pci.get())).collect();
    let mut scenario = Scenario::new(rate_hz, center_hz, MADE_S, cells);
    scenario.crystal_ppm = 3.0;
    Subject::new(name, Signal::new(scenario.generate().expect("valid"), rate_hz, center_hz), Some(on_air))
}

/// Generated signals that take little time.
pub fn small() -> Vec<Subject> {
    let mut tdd = cell(210, Bandwidth::Rb15, 2.35e9);
    (tdd.tdd, tdd.antenna_ports) = (Some(TddConfig { assignment: 1, special_subframe: 7 }), AntennaPorts::Two);
    vec![
        made("fdd 1.4 MHz", 1.92e6, 1.84e9, vec![cell(301, Bandwidth::Rb6, 1.84e9)]),
        made("tdd 3 MHz", 3.84e6, 2.35e9, vec![tdd]),
    ]
}

/// Generated signals of every kind.
pub fn generated() -> Vec<Subject> {
    let mut wide = cell(124, Bandwidth::Rb25, 1.84e9);
    wide.antenna_ports = AntennaPorts::Two;
    let mut extended = cell(56, Bandwidth::Rb15, 7.96e8);
    (extended.cp, extended.antenna_ports) = (CyclicPrefix::Extended, AntennaPorts::Four);
    let (strong, mut second) = (wide.clone(), cell(452, Bandwidth::Rb25, 1.84e9));
    (second.crs_es_n0_db, second.time_offset_s, second.first_sfn, second.cfo_hz) = (14.0, 0.0081, 40, 60.0);
    let mut weak = cell(77, Bandwidth::Rb15, 8.69e8);
    (weak.antenna_ports, weak.crs_es_n0_db) = (AntennaPorts::Two, 5.0);
    let mut tdd = cell(333, Bandwidth::Rb50, 2.35e9);
    (tdd.tdd, tdd.antenna_ports) = (Some(TddConfig { assignment: 2, special_subframe: 5 }), AntennaPorts::Two);
    let beside = [(11, 1.8388e9), (12, 1.8412e9)].map(|(pci, hz)| cell(pci, Bandwidth::Rb6, hz));
    let mut all = small();
    all.extend([
        made("fdd 5 MHz", 5.76e6, 1.84e9, vec![wide]),
        made("extended prefix", 3.84e6, 7.96e8, vec![extended]),
        made("two cells 6 dB apart", 5.76e6, 1.84e9, vec![strong, second]),
        made("weak", 3.84e6, 8.69e8, vec![weak]),
        made("tdd 10 MHz", 15.36e6, 2.35e9, vec![tdd]),
        made("off centre", 3.84e6, 1.8407e9, vec![cell(401, Bandwidth::Rb6, 1.84e9)]),
        made("two carriers", 3.84e6, 1.84e9, beside.to_vec()),
    ]);
    all
}

/// The recordings beside the repository.
pub fn recorded(shared: &Path) -> Vec<Subject> {
    ["ota", "synth", "field"].iter().flat_map(|folder| recordings(&shared.join("captures").join(folder))).collect()
}

fn recordings(folder: &Path) -> Vec<Subject> {
    let Ok(text) = fs::read_to_string(folder.join("truth.json")) else { return Vec::new() };
    let truth: BTreeMap<String, Value> = serde_json::from_str(&text).expect("JSON");
    let read = |(name, truth): (String, Value)| {
        let number = |field: &str| truth[field].as_f64().expect("a number");
        let data = folder.join(&name);
        let path = if data.exists() { data } else { folder.join(format!("{name}.sigmf-data")) };
        let header = truth["header_bytes"].as_u64().unwrap_or(0) as usize;
        let bytes = fs::read(path).expect("beside its truth");
        let rate_hz = number("sample_rate");
        let mut samples = samples(&bytes[header..], truth["format"].as_str().expect("a format"));
        samples.truncate((MAX_S * rate_hz) as usize);
        let cells = truth["cells"].as_array().expect("a list").iter();
        // Off the air nobody knows every cell.
        let is_exact = truth["exact"].as_bool().unwrap_or(true);
        let on_air = is_exact.then(|| cells.filter_map(|cell| cell["pci"].as_u64()).collect());
        Subject::new(&name, Signal::new(samples, rate_hz, number("center_hz")), on_air)
    };
    truth.into_iter().map(read).collect()
}

fn samples(bytes: &[u8], format: &str) -> Vec<Complex32> {
    let format = [Format::Ci8, Format::Cu8, Format::Ci16, Format::Cf32]
        .into_iter()
        .find(|known| known.datatype() == format)
        .unwrap_or_else(|| panic!("{format} is no format"));
    let part = |bytes: &[u8]| match format {
        Format::Ci8 => f32::from(bytes[0] as i8) / 128.0,
        Format::Cu8 => (f32::from(bytes[0]) - 127.5) / 128.0,
        Format::Ci16 => f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32768.0,
        Format::Cf32 => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
    };
    let width = match format {
        Format::Ci8 | Format::Cu8 => 1,
        Format::Ci16 => 2,
        Format::Cf32 => 4,
    };
    bytes.chunks_exact(2 * width).map(|x| Complex32::new(part(x), part(&x[width..]))).collect()
}
