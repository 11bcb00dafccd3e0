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
/// Weight of one more cell.
const WEIGHT: f64 = 0.2;

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
}

impl Crystal {
    /// What the file says of the radio, or what the user does.
    pub fn open(file: PathBuf, serial: String, said: Option<f64>, said_of_clock: Option<f64>) -> Self {
        let remembered = read(&file).get(&serial).copied();
        let apart = remembered.and_then(|measured| Some(measured.clock_ppm? - measured.ppm));
        let ppm = said.or(remembered.map(|measured| measured.ppm));
        let clock_apart = ppm.zip(said_of_clock).map(|(ppm, clock)| clock - ppm).or(apart);
        Self { file, serial, ppm, clock_apart, is_fresh: said.is_some() }
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

    /// Learns from the cells of a dwell, and writes down the first.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn learn(&mut self, reception: &Reception) -> io::Result<()> {
        let Some(Ppm(heard)) = heard(&reception.observations) else { return Ok(()) };
        let apart = reception.oscillators.and_then(|shown| shown.bias()).map(|bias| -1e6 * bias);
        self.clock_apart = apart.or(self.clock_apart);
        match self.ppm {
            Some(ppm) if self.is_fresh => {
                if (heard - ppm).abs() <= TRUSTED_PPM {
                    self.ppm = Some(ppm + WEIGHT * (heard - ppm));
                }
                Ok(())
            }
            _ => {
                (self.ppm, self.is_fresh) = (Some(heard), true);
                self.write(heard)
            }
        }
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
    let is_good = |cell: &&Observation| cell.state >= CellState::Sib1 && cell.level.sinr_db >= GOOD_SINR_DB;
    let good = cells.iter().filter(is_good).filter(|cell| cell.is_carrier_certain());
    good.max_by(|a, b| a.level.sinr_db.total_cmp(&b.level.sinr_db)).map(|cell| Ppm(cell.offset.ppm))
}

/// What the file holds; one that is absent or damaged holds nothing, and is written anew.
fn read(file: &PathBuf) -> BTreeMap<String, Measured> {
    fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::detect::scene::macro_cell;

    fn cell(ppm: f64) -> Observation {
        let mut cell = macro_cell(0x3f_0d101, 301).observation;
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
        let heard = Reception { oscillators: Some(shown), ..heard_of(&[cell(14.0)]) };
        crystal.learn(&heard).expect("written");
        let next = Crystal::open(file.clone(), "7".to_owned(), None, None);
        assert_eq!(next.oscillators(), shown);
        let told = Crystal::open(file, "7".to_owned(), Some(-3.0), Some(5.0));
        assert_eq!(told.oscillators(), Oscillators { carrier: Some(Ppm(-3.0)), clock: Some(Ppm(5.0)) });
    }

    #[test]
    fn the_first_good_cell_gives_the_error_and_the_next_scan_remembers_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("data/crystals.json");
        let mut crystal = Crystal::open(file.clone(), "7".to_owned(), None, None);
        assert_eq!(crystal.ppm(), None);
        let mut weak = cell(40.0);
        weak.level.sinr_db = 0.0;
        crystal.learn(&heard_of(&[weak, cell(-2.5)])).expect("written");
        assert_eq!(crystal.ppm(), Some(Ppm(-2.5)));
        crystal.learn(&heard_of(&[cell(-1.5)])).expect("written");
        assert!((crystal.ppm().expect("known").0 + 2.3).abs() < 1e-9);
        crystal.learn(&heard_of(&[cell(9.0)])).expect("written");
        assert!((crystal.ppm().expect("known").0 + 2.3).abs() < 1e-9, "a cell that is wrong itself");
        assert!(!crystal.forget(), "it was heard now");
        let mut next = Crystal::open(file.clone(), "7".to_owned(), None, None);
        assert_eq!(next.ppm(), Some(Ppm(-2.5)));
        assert!(next.forget() && next.ppm().is_none());
        assert_eq!(Crystal::open(file.clone(), "8".to_owned(), None, None).ppm(), None);
        assert_eq!(Crystal::open(file.clone(), "7".to_owned(), Some(1.0), None).ppm(), Some(Ppm(1.0)));
        fs::write(&file, "{").expect("written");
        assert_eq!(Crystal::open(file, "7".to_owned(), None, None).ppm(), None, "damaged");
    }
}
