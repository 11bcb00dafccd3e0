//! Errors of radios' crystals, kept by serial number from one scan to the next.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use jiff::Timestamp;
use lte_dsp::units::Ppm;
use serde::{Deserialize, Serialize};

use cellwarden_core::observation::{CellState, Observation};
use cellwarden_receiver::{Oscillators, Reception};

/// CRS Es/N0 from which on a cell tells the crystal's error well.
const GOOD_SINR_DB: f32 = 5.0;
/// A cell further off than this from the others is wrong itself, or not: it is not learnt from.
const TRUSTED_PPM: f64 = 1.5;
/// Carriers whose cells must agree: one transmitter alone may be what is wrong.
const AGREEING: usize = 2;
/// Carriers whose last word is kept.
const MAX_CARRIERS: usize = 64;

/// A crystal's error as it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Measured {
    ppm: f64,
    /// That of the sample clock on the same scale.
    #[serde(default)]
    clock_ppm: Option<f64>,
    time: Timestamp,
}

/// What is known of a radio's crystal.
pub struct Crystal {
    file: PathBuf,
    serial: String,
    ppm: Option<f64>,
    /// Error of the sample clock less that of the crystal.
    clock_apart: Option<f64>,
    /// Whether it was heard in this scan, and not only in one before.
    is_fresh: bool,
    /// What the clearest cell of each carrier, by its frequency in hertz, said last.
    heard: BTreeMap<i64, f64>,
}

impl Crystal {
    /// What the file says of the radio, or what the user does.
    pub fn open(file: PathBuf, serial: String, said: Option<f64>, said_of_clock: Option<f64>) -> Self {
        let remembered = read(&file).get(&serial).copied();
        let apart = remembered.and_then(|measured| Some(measured.clock_ppm? - measured.ppm));
        let ppm = said.or(remembered.map(|measured| measured.ppm));
        let clock_apart = ppm.zip(said_of_clock).map(|(ppm, clock)| clock - ppm).or(apart);
        Self { file, serial, ppm, clock_apart, is_fresh: said.is_some(), heard: BTreeMap::new() }
    }

    /// Its error.
    pub fn ppm(&self) -> Option<Ppm> {
        self.ppm.map(Ppm)
    }

    /// It and the sample clock, as far as they are known.
    pub fn oscillators(&self) -> Oscillators {
        let clock = self.ppm.zip(self.clock_apart).map(|(ppm, apart)| Ppm(ppm + apart));
        Oscillators { carrier: self.ppm(), clock }
    }

    /// Forgets what was only remembered; whether there was something.
    pub fn forget(&mut self) -> bool {
        !self.is_fresh && self.ppm.take().is_some()
    }

    /// Learns from the cells of a dwell, and writes down what is new. A first error is believed once the cells of two carriers
    /// agree, or one of them and what was remembered; another one once more carriers speak for it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn learn(&mut self, reception: &Reception) -> io::Result<()> {
        let mut good = good_cells(&reception.observations);
        good.sort_by(|a, b| a.level.sinr_db.total_cmp(&b.level.sinr_db));
        if good.is_empty() {
            return Ok(());
        }
        self.heard.extend(good.iter().map(|cell| (cell.carrier.hz.round() as i64, cell.offset.ppm)));
        while self.heard.len() > MAX_CARRIERS {
            self.heard.pop_first();
        }
        let apart = reception.oscillators.and_then(|shown| shown.bias()).map(|bias| -1e6 * bias);
        self.clock_apart = apart.or(self.clock_apart);
        let known = self.ppm.map(|ppm| self.agreeing(ppm)).filter(|agreeing| !agreeing.is_empty());
        let remembered = usize::from(self.ppm.is_some() && !self.is_fresh);
        let most = self.heard.values().map(|&ppm| self.agreeing(ppm)).max_by_key(Vec::len).unwrap_or_default();
        let (of_known, of_most) = (known.as_ref().map_or(0, |known| known.len() + remembered), most.len());
        if of_most >= AGREEING && of_most > of_known {
            return self.believe(mean(&most));
        }
        match known {
            Some(known) if self.is_fresh => self.ppm = Some(mean(&known)),
            Some(known) if of_known >= AGREEING => return self.believe(mean(&known)),
            _ => {}
        }
        Ok(())
    }

    /// What was heard near an error.
    fn agreeing(&self, ppm: f64) -> Vec<f64> {
        self.heard.values().copied().filter(|heard| (heard - ppm).abs() <= TRUSTED_PPM).collect()
    }

    fn believe(&mut self, ppm: f64) -> io::Result<()> {
        (self.ppm, self.is_fresh) = (Some(ppm), true);
        self.write(ppm)
    }

    fn write(&self, ppm: f64) -> io::Result<()> {
        let mut all = read(&self.file);
        let clock_ppm = self.clock_apart.map(|apart| ppm + apart);
        all.insert(self.serial.clone(), Measured { ppm, clock_ppm, time: Timestamp::now() });
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let part = self.file.with_extension("json.part");
        fs::write(&part, serde_json::to_vec_pretty(&all)?)?;
        fs::rename(&part, &self.file)
    }
}

/// A radio's crystal error in parts per million as it was last learnt, and when; `None` where it was not.
pub fn remembered(file: &PathBuf, serial: &str) -> Option<(f64, Timestamp)> {
    read(file).get(serial).map(|measured| (measured.ppm, measured.time))
}

/// What the clearest cell of a dwell tells of the crystal's error; `None` where none is clear, or is on a certain carrier.
pub fn heard(cells: &[Observation]) -> Option<Ppm> {
    let good = good_cells(cells);
    good.into_iter().max_by(|a, b| a.level.sinr_db.total_cmp(&b.level.sinr_db)).map(|cell| Ppm(cell.offset.ppm))
}

/// The cells that tell the crystal's error well.
fn good_cells(cells: &[Observation]) -> Vec<&Observation> {
    let is_good = |cell: &&Observation| cell.state >= CellState::Sib1 && cell.level.sinr_db >= GOOD_SINR_DB;
    cells.iter().filter(is_good).filter(|cell| cell.is_carrier_certain()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What the file holds; one that is absent or damaged holds nothing, and is written anew.
fn read(file: &PathBuf) -> BTreeMap<String, Measured> {
    fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::detect::scene::macro_cell;

    fn cell(mhz: f64, ppm: f64) -> Observation {
        let mut cell = macro_cell(0x3f_0d101, 301).observation;
        cell.carrier.hz = mhz * 1e6;
        (cell.offset.ppm, cell.level.sinr_db, cell.state) = (ppm, 15.0, CellState::Si);
        cell
    }

    fn heard_of(cells: &[Observation]) -> Reception {
        Reception { observations: cells.to_vec(), ..Reception::default() }
    }

    #[test]
    fn a_clock_of_its_own_is_remembered_with_the_crystal() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("crystals.json");
        let mut crystal = Crystal::open(file.clone(), "7".to_owned(), None, None);
        let shown = Oscillators { carrier: Some(Ppm(14.0)), clock: Some(Ppm(112.0)) };
        let heard = Reception { oscillators: Some(shown), ..heard_of(&[cell(1840.0, 14.0), cell(1850.0, 14.0)]) };
        crystal.learn(&heard).expect("written");
        let next = Crystal::open(file.clone(), "7".to_owned(), None, None);
        assert_eq!(next.oscillators(), shown);
        let told = Crystal::open(file, "7".to_owned(), Some(-3.0), Some(5.0));
        assert_eq!(told.oscillators(), Oscillators { carrier: Some(Ppm(-3.0)), clock: Some(Ppm(5.0)) });
    }

    #[test]
    fn two_carriers_give_the_error_and_the_next_scan_remembers_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("data/crystals.json");
        let open = |serial: &str, said| Crystal::open(file.clone(), serial.to_owned(), said, None);
        let mut crystal = open("7", None);
        let mut weak = cell(1850.0, -2.5);
        weak.level.sinr_db = 0.0;
        crystal.learn(&heard_of(&[weak, cell(1840.0, -2.5)])).expect("written");
        assert_eq!(crystal.ppm(), None, "one carrier");
        crystal.learn(&heard_of(&[cell(1850.0, -1.5)])).expect("written");
        assert_eq!(crystal.ppm(), Some(Ppm(-2.0)));
        crystal.learn(&heard_of(&[cell(1860.0, 9.0)])).expect("written");
        assert_eq!(crystal.ppm(), Some(Ppm(-2.0)), "a cell that is wrong itself");
        assert!(!crystal.forget(), "it was heard now");
        let mut next = open("7", None);
        assert_eq!(next.ppm(), Some(Ppm(-2.0)));
        assert!(next.forget() && next.ppm().is_none());
        let mut next = open("7", None);
        next.learn(&heard_of(&[cell(1840.0, -2.2)])).expect("written");
        assert!(next.ppm() == Some(Ppm(-2.2)) && !next.forget(), "as remembered");
        assert_eq!(open("8", None).ppm(), None);
        assert_eq!(open("7", Some(1.0)).ppm(), Some(Ppm(1.0)));
        fs::write(&file, "{").expect("written");
        assert_eq!(open("7", None).ppm(), None, "damaged");
    }

    /// A transmitter with a poor crystal that is heard first does not narrow the search to its own error.
    #[test]
    fn one_transmitter_says_nothing_of_the_crystal() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut crystal = Crystal::open(folder.path().join("crystals.json"), "7".to_owned(), None, None);
        crystal.learn(&heard_of(&[cell(1840.0, 53.0), cell(1840.0, 53.0)])).expect("written");
        assert_eq!(crystal.oscillators(), Oscillators::default());
        // Two carriers of one box are believed until more speak against it.
        crystal.learn(&heard_of(&[cell(1850.0, 53.0)])).expect("written");
        assert_eq!(crystal.ppm(), Some(Ppm(53.0)));
        for mhz in [2110.0, 2120.0, 2130.0] {
            crystal.learn(&heard_of(&[cell(mhz, 0.2)])).expect("written");
        }
        assert!((crystal.ppm().expect("known").0 - 0.2).abs() < 1e-9);
    }
}
