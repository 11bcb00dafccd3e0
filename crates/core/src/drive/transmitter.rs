//! A transmitter over a drive.

use super::Stop;
use crate::{
    alert::CellId,
    detect::Verdict,
    locate::{FootprintPart, Levels, Whereabouts, locate},
    observation::{CellState, Observation},
};

/// A transmitter, as far as its identity, carrier and physical-layer identity distinguish it from others.
#[derive(Debug, Clone, PartialEq)]
pub struct Transmitter {
    /// What distinguishes it from others.
    pub id: CellId,
    /// The observation that knows most of it.
    pub best: Observation,
    /// The worst verdict on it.
    pub verdict: Verdict,
    /// Whether a verdict or an alert says that it should not be as it is.
    pub suspicious: bool,
    /// One for each dwell in which it was heard, in order of time.
    pub readings: Vec<Reading>,
    /// Q_hyst of its SIB3, where one was decoded.
    pub q_hyst_db: Option<u8>,
    /// Where it is; of suspicious ones only.
    pub whereabouts: Option<Whereabouts>,
    /// Whom it reached; of suspicious ones only.
    pub footprint: Vec<FootprintPart>,
    /// Ground that it reaches by its fit, where it stands.
    pub modelled: Option<FootprintPart>,
}

/// A transmitter in one dwell.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The dwell's number in [`Drive::stops`](super::Drive::stops).
    pub stop: usize,
    /// The verdict on it there.
    pub verdict: Verdict,
    /// Power of port 0 freed of the receiver's gain, in dB.
    pub level_db: f64,
    /// The same in dBm, where the receiver is calibrated.
    pub rsrp_dbm: Option<f32>,
    /// CRS Es/N0 in dB.
    pub sinr_db: f64,
}

impl Transmitter {
    /// A transmitter heard for the first time, in the dwell numbered `stop`.
    pub(super) fn new(id: CellId, observation: &Observation, verdict: Verdict, stop: usize) -> Self {
        Self {
            id,
            best: observation.clone(),
            verdict,
            suspicious: false,
            readings: vec![Reading::new(observation, verdict, stop)],
            q_hyst_db: observation.broadcast.q_hyst_db,
            whereabouts: None,
            footprint: Vec::new(),
            modelled: None,
        }
    }

    /// Hears it again, in the dwell numbered `stop`.
    pub(super) fn hear(&mut self, observation: &Observation, verdict: Verdict, stop: usize) {
        if worth(observation) > worth(&self.best) {
            self.best = observation.clone();
        }
        self.verdict = self.verdict.worse(verdict);
        self.q_hyst_db = self.q_hyst_db.or(observation.broadcast.q_hyst_db);
        self.readings.push(Reading::new(observation, verdict, stop));
    }

    /// Joins what was heard of it without its name.
    pub(super) fn join(&mut self, other: Self) {
        if worth(&other.best) > worth(&self.best) {
            self.best = other.best;
        }
        self.verdict = self.verdict.worse(other.verdict);
        self.q_hyst_db = self.q_hyst_db.or(other.q_hyst_db);
        self.readings.extend(other.readings);
    }

    /// Its name for people: the global identifier, else the physical-layer identity and carrier.
    #[must_use]
    pub fn name(&self) -> String {
        let carrier = self.id.earfcn.map_or_else(|| format!("{} Hz", self.id.carrier_hz), |n| n.to_string());
        match self.id.ecgi {
            Some(ecgi) => format!("{ecgi} (PCI {}, {carrier})", self.id.pci.get()),
            None => format!("PCI {}, {carrier}", self.id.pci.get()),
        }
    }

    /// Its strongest reading.
    #[must_use]
    pub fn strongest(&self) -> Option<&Reading> {
        self.readings.iter().max_by(|a, b| a.level_db.total_cmp(&b.level_db))
    }

    /// Ground that it reached, in square metres.
    #[must_use]
    pub fn footprint_m2(&self) -> f64 {
        // An empty sum of floats is -0.
        self.footprint.iter().map(|part| part.area_m2).fold(0.0, |sum, area_m2| sum + area_m2)
    }

    /// Whether phones of anybody may camp on it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.best.identity.as_ref().is_none_or(|id| !id.csg_indication && !id.cell_barred)
    }
}

/// Where a transmitter is that was received with these readings, in the order of the stops.
#[must_use]
pub(super) fn located(readings: &[&Reading], stops: &[Stop], found_co_moving: bool) -> Whereabouts {
    let mut levels = Levels::default();
    for reading in readings {
        let stop = &stops[reading.stop];
        if let Some(place) = stop.place.as_ref().filter(|_| stop.has_levels()) {
            levels.add(place, reading.level_db);
        }
    }
    locate(&levels, found_co_moving)
}

impl Reading {
    fn new(observation: &Observation, verdict: Verdict, stop: usize) -> Self {
        Self {
            stop,
            verdict,
            level_db: observation.rsrp_db(),
            rsrp_dbm: observation.level.rsrp_dbm,
            sinr_db: f64::from(observation.level.sinr_db),
        }
    }
}

/// How much an observation knows of its cell.
fn worth(observation: &Observation) -> (CellState, usize) {
    (observation.state, observation.blocks.len())
}
