//! The account of a drive: what stands in the store, brought together by transmitter.
//!
//! In: dwells with their cells, and alerts. Out: the track, the transmitters with their levels along it, where the
//! suspicious ones are and whom they reached. Every form of report is made of this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lte_dsp::cell::Pci;
use serde_json::Value;

use cellwarden_core::{
    alert::CellId,
    detect::Verdict,
    locate::{
        Coverage, Levels, Stretch, Whereabouts,
        footprint::{Q_HYST_DEFAULT_DB, footprint, modelled},
        locate,
    },
    observation::{Observation, Position},
    registry::{RegisteredCell, Snapshot, inspect::Inspection},
};
use cellwarden_store::{DwellRecord, StoredAlert, StoredCell, StoredDrive};

/// The rule that finds cells which go with the receiver.
const CO_MOVING: &str = "co-moving";

/// All that is to be told of one or more drives.
#[derive(Debug, Default)]
pub struct Account {
    /// The drives.
    pub drives: Vec<StoredDrive>,
    /// The dwells, in the order of their times.
    pub stops: Vec<Stop>,
    /// The transmitters: suspicious ones first, then by their strongest level.
    pub transmitters: Vec<Transmitter>,
    /// The alerts, oldest first.
    pub alerts: Vec<StoredAlert>,
    /// The registered cells near the track; empty without a registry.
    pub sites: Vec<RegisteredCell>,
    /// The registry's snapshot that sites and inspection are of.
    pub snapshot: Option<Snapshot>,
    /// What became of every registered cell about the track.
    pub inspection: Option<Inspection>,
}

/// A dwell.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// File stem of the recording, or the dwell's own id.
    pub recording: String,
    /// Time of the first sample.
    pub time: Option<Timestamp>,
    /// Where the receiver was.
    pub place: Option<Position>,
    /// What was searched, in hertz.
    pub band_hz: (f64, f64),
}

/// A transmitter, as far as its identity, carrier and physical-layer identity tell it from others.
#[derive(Debug, Clone, PartialEq)]
pub struct Transmitter {
    /// What tells it from others.
    pub id: CellId,
    /// The observation that knows most of it.
    pub best: Observation,
    /// The worst verdict on it.
    pub verdict: Verdict,
    /// Whether a verdict or an alert says that it should not be as it is.
    pub suspicious: bool,
    /// One a dwell in which it was heard.
    pub readings: Vec<Reading>,
    /// Q_hyst of its SIB3, where one was decoded.
    pub q_hyst_db: Option<u8>,
    /// Where it is; of suspicious ones only.
    pub whereabouts: Option<Whereabouts>,
    /// Whom it reached; of suspicious ones only.
    pub footprint: Vec<Stretch>,
    /// Ground that it reaches by its fit, where it stands.
    pub modelled: Option<Stretch>,
}

/// A transmitter in one dwell.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The dwell's number in [`Account::stops`].
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

    /// Whether phones of anybody may camp on it.
    fn is_open(&self) -> bool {
        self.best.identity.as_ref().is_none_or(|id| !id.csg_indication && !id.cell_barred)
    }
}

/// Brings dwells together.
#[derive(Debug, Default)]
pub struct AccountBuilder {
    stops: Vec<Stop>,
    heard: BTreeMap<(u64, Pci, Option<cellwarden_core::observation::Ecgi>), Transmitter>,
}

impl AccountBuilder {
    /// Adds a dwell; dwells come in the order of their times.
    pub fn add(&mut self, dwell: &DwellRecord, cells: Vec<StoredCell>) {
        let stop = self.stops.len();
        let half_hz = dwell.sample_rate_hz / 2.0;
        self.stops.push(Stop {
            recording: dwell.recording.clone(),
            time: dwell.start,
            place: dwell.position,
            band_hz: (dwell.center_hz - half_hz, dwell.center_hz + half_hz),
        });
        for StoredCell { observation, verdict, .. } in cells {
            let id = CellId::new(&observation, observation.ecgi());
            let reading = Reading {
                stop,
                verdict,
                level_db: observation.rsrp_db(),
                rsrp_dbm: observation.level.rsrp_dbm,
                sinr_db: f64::from(observation.level.sinr_db),
            };
            let q_hyst_db = observation.broadcast.q_hyst_db;
            let transmitter = Transmitter {
                id: id.clone(),
                best: observation,
                verdict,
                suspicious: false,
                readings: vec![reading],
                q_hyst_db,
                whereabouts: None,
                footprint: Vec::new(),
                modelled: None,
            };
            self.join((id.carrier_hz, id.pci, id.ecgi), transmitter);
        }
    }

    fn join(&mut self, key: (u64, Pci, Option<cellwarden_core::observation::Ecgi>), new: Transmitter) {
        let Some(known) = self.heard.get_mut(&key) else {
            self.heard.insert(key, new);
            return;
        };
        let worth = |t: &Transmitter| (t.best.state, t.best.blocks.len());
        if worth(&new) > worth(known) {
            known.best = new.best;
        }
        if weight(new.verdict) > weight(known.verdict) {
            known.verdict = new.verdict;
        }
        known.q_hyst_db = known.q_hyst_db.or(new.q_hyst_db);
        known.readings.extend(new.readings);
    }

    /// Ends: names what was heard without its name, locates, and finds whom it reached.
    #[must_use]
    pub fn finish(mut self, drives: Vec<StoredDrive>, alerts: Vec<StoredAlert>) -> Account {
        self.name_unnamed();
        let mut transmitters: Vec<Transmitter> = self.heard.into_values().collect();
        for transmitter in &mut transmitters {
            transmitter.readings.sort_by_key(|reading| reading.stop);
            transmitter.suspicious = weight(transmitter.verdict) >= weight(Verdict::Mismatch)
                || alerts.iter().any(|alert| is_about(alert, &transmitter.id));
        }
        let level = |t: &Transmitter| t.strongest().map_or(f64::NEG_INFINITY, |r| r.level_db);
        transmitters.sort_by(|a, b| b.suspicious.cmp(&a.suspicious).then(level(b).total_cmp(&level(a))));
        for at in 0..transmitters.len() {
            if transmitters[at].suspicious {
                let id = &transmitters[at].id;
                let found = alerts.iter().any(|a| is_about(a, id) && a.event.get("rule") == Some(&CO_MOVING.into()));
                let whereabouts = whereabouts(&transmitters[at], &self.stops, found);
                let coverage = coverage(&transmitters, at, &self.stops);
                let transmitter = &mut transmitters[at];
                transmitter.footprint = footprint(&coverage);
                if let Whereabouts::Fixed(fix) = &whereabouts {
                    transmitter.modelled = modelled(&coverage, fix);
                }
                transmitter.whereabouts = Some(whereabouts);
            }
        }
        Account { drives, stops: self.stops, transmitters, alerts, ..Account::default() }
    }

    /// Gives what was heard without a SIB1 to the cell that it is, where that is known.
    fn name_unnamed(&mut self) {
        let ids = || self.heard.values().map(|transmitter| &transmitter.id);
        let key = |id: &CellId| (id.carrier_hz, id.pci, id.ecgi);
        let named: Vec<_> = ids().filter_map(|id| Some((key(id), key(id.named_among(ids())?)))).collect();
        for (unnamed, named) in named {
            if let Some(transmitter) = self.heard.remove(&unnamed) {
                self.join(named, transmitter);
            }
        }
    }
}

/// How bad a verdict is.
fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Unchecked => 0,
        Verdict::Unidentified => 1,
        Verdict::Registered => 2,
        Verdict::Mismatch => 3,
        Verdict::Inactive => 4,
        Verdict::Unregistered => 5,
    }
}

/// Whether an alert is about a cell.
#[must_use]
pub fn is_about(alert: &StoredAlert, id: &CellId) -> bool {
    let text = |field: &str| alert.event.get(field).and_then(Value::as_str);
    let number = |field: &str| alert.event.get(field).and_then(Value::as_u64);
    number("pci") == Some(u64::from(id.pci.get()))
        && number("earfcn") == id.earfcn.map(u64::from)
        && text("ecgi") == id.ecgi.map(|ecgi| ecgi.to_string()).as_deref()
}

fn whereabouts(transmitter: &Transmitter, stops: &[Stop], found_co_moving: bool) -> Whereabouts {
    let mut levels = Levels::default();
    for reading in &transmitter.readings {
        if let Some(place) = &stops[reading.stop].place {
            levels.add(place, reading.level_db);
        }
    }
    locate(&levels, found_co_moving)
}

/// What phones would have made of a suspicious transmitter at each stop where its carrier was searched.
fn coverage(transmitters: &[Transmitter], rogue: usize, stops: &[Stop]) -> Vec<Coverage> {
    let rogue = &transmitters[rogue];
    let carrier_hz = rogue.best.carrier.hz;
    let at = |t: &Transmitter, stop: usize| {
        let readings = t.readings.iter().filter(|reading| reading.stop == stop);
        readings.map(|reading| reading.level_db).max_by(f64::total_cmp)
    };
    let mut coverage = Vec::new();
    for (stop, Stop { time, place, band_hz, .. }) in stops.iter().enumerate() {
        let Some(place) = place.filter(|_| (band_hz.0..=band_hz.1).contains(&carrier_hz)) else { continue };
        let rivals = transmitters.iter().filter(|t| !t.suspicious && t.is_open());
        let serving = rivals.filter_map(|t| Some((at(t, stop)?, t))).max_by(|a, b| a.0.total_cmp(&b.0));
        coverage.push(Coverage {
            place,
            time: *time,
            rogue_db: at(rogue, stop),
            serving_db: serving.map(|(level_db, _)| level_db),
            q_hyst_db: serving.and_then(|(_, t)| t.q_hyst_db).map_or(Q_HYST_DEFAULT_DB, f64::from),
        });
    }
    coverage
}
