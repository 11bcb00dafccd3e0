//! Which dwells heard, looked at and passed which of the inspected cells.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::{Bandwidth, Pci};

use super::{
    Account, Belief, FieldDifference, HeardCell, InspectedDwell, Outcome, Prediction, Visit,
    look::{Heard, Look, Looks},
};
use crate::{
    observation::{Earfcn, Ecgi, Position},
    registry::{
        CellKind, RegisteredCell, Registry,
        path_loss::{PathLossModel, expected_rsrp_dbm, nominal_noise_dbm},
        site_tree::SiteTree,
    },
};

/// A pause that ends a pass.
pub const PASS_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Distance within which every dwell on its carrier passes a cell, in metres.
pub const CERTAIN_PASS_M: f64 = 100.0;

/// Clearance from which on a dwell looks at a cell, in dB: one standard deviation of the kinds' excesses below a chance of
/// one in two.
pub const LEAST_CLEARANCE_DB: f64 = -13.0;

/// Level over the noise at which one of two SIB1s is decoded in a fading channel, in dB (README, "Sensitivity").
const NEEDED_DB: f64 = -9.0;

/// Level below another cell of the carrier at which one of two SIB1s is decoded in a fading channel, in dB.
const DEPTH_DB: f64 = 16.0;

/// Farthest place from which any cell is looked at, in metres.
const FARTHEST_M: f64 = 10_000.0;

/// How many other listed cells of a carrier and PCI are considered at a dwell, the nearest ones.
const MAX_SAME_PCI: usize = 8;

/// Most that a cell that was heard nowhere may have been missed with to be reported as not heard: it would have been heard
/// more probably than not. How probable silence is, the belief says.
const MAX_MISSED: f64 = 0.5;

/// Most that a cell that was heard nowhere, nor passed nearby, may have been missed with to count as passed.
const MAX_MISSED_FROM_AFAR: f64 = 0.8;

/// What the dwells so far say.
pub struct InspectedDrive<'a> {
    registry: &'a Registry,
    cells: &'a [RegisteredCell],
    model: PathLossModel,
    /// The cells with a place and how far those are looked at, in metres, in the order of [`CellKind::ALL`]; unknown ones as
    /// femtocells.
    sites: [(SiteTree, f64); 3],
    /// How many dwells with a position searched each EARFCN of the list.
    on_carrier: BTreeMap<u32, u32>,
}

/// What the dwells so far say of one cell.
#[derive(Default)]
pub struct Trace {
    pub heard_dwells: u32,
    differences: Vec<FieldDifference>,
    pci_only_dwells: u32,
    pub passes: u32,
    expected_dwells: u32,
    /// The last dwell that passed it: its number on the carrier and its time.
    last_passed: Option<(u32, Option<Timestamp>)>,
    nearest_m: Option<f64>,
    prediction: Option<Prediction>,
    pub looks: Looks,
    /// The latest visit.
    pub visit: Option<Visit>,
    /// It was heard after the day of that visit.
    heard_since_visit: bool,
}

impl<'a> InspectedDrive<'a> {
    pub fn new(registry: &'a Registry, cells: &'a [RegisteredCell], model: PathLossModel) -> Self {
        let earfcns = registry.all_earfcns();
        let sites = CellKind::ALL.map(|kind| {
            let is_of_kind = |cell: &RegisteredCell| cell.kind.unwrap_or(CellKind::Femto) == kind;
            let places = (0..).zip(cells).filter(|(_, cell)| is_of_kind(cell));
            let tree = SiteTree::of(places.filter_map(|(number, cell)| Some((number, cell.place?))));
            (tree, reach_m(&earfcns, kind, model))
        });
        let on_carrier = earfcns.into_iter().map(|earfcn| (earfcn, 0)).collect();
        Self { registry, cells, model, sites, on_carrier }
    }

    /// Takes in the cells that a dwell heard.
    pub fn hear(&self, dwell: &InspectedDwell, traces: &mut [Trace]) {
        for heard in &dwell.heard {
            for &ecgi in &heard.ecgis {
                let Ok(number) = self.cells.binary_search_by_key(&ecgi, |cell| cell.ecgi) else { continue };
                let rows = self.registry.by_ecgi(ecgi).map(|row| (heard.differences(&row), row));
                let Some((differences, row)) = rows.min_by_key(|(differences, _)| differences.len()) else { continue };
                let trace = &mut traces[number];
                trace.heard_dwells += 1;
                trace.heard_since_visit |=
                    trace.visit.as_ref().zip(dwell.time).is_some_and(|(visit, time)| visit.is_before(time));
                for difference in differences {
                    if !trace.differences.contains(&difference) {
                        trace.differences.push(difference);
                    }
                }
                let (Some(place), Some(here)) = (row.place, dwell.position) else { continue };
                let distance_m = place.distance_m(&here);
                trace.passed_at(distance_m);
                if let Some(earfcn) = heard.earfcn
                    && let Some(noise_db) = dwell.noise_db()
                    && let Some(predicted) = self.predict(&row, earfcn, dwell, here, distance_m)
                {
                    let heard = Heard::Identity((heard.rsrp_db - noise_db) as f32);
                    trace.looks.add(Look::new(here, dwell.time, predicted.over_noise_and_needed_db(), heard));
                }
            }
        }
    }

    /// Takes in which cells a dwell looked at and passed.
    pub fn look(&mut self, dwell: &InspectedDwell, traces: &mut [Trace]) {
        let Some(here) = dwell.position else { return };
        for (&earfcn, dwells) in &mut self.on_carrier {
            *dwells += u32::from(dwell.searched(earfcn));
        }
        let near =
            self.sites.iter().flat_map(|(tree, reach_m)| tree.within(here, *reach_m).map(|number| (number, *reach_m)));
        for (number, reach_m) in near {
            let cell = &self.cells[number as usize];
            let Some(distance_m) = cell.place.map(|place| place.distance_m(&here)).filter(|&m| m <= reach_m) else {
                continue;
            };
            let Some(earfcn) = cell.earfcn.filter(|&earfcn| dwell.searched(earfcn)) else { continue };
            let Some(prediction) = self.predict(cell, earfcn, dwell, here, distance_m) else { continue };
            if distance_m > CERTAIN_PASS_M && prediction.margin_db < LEAST_CLEARANCE_DB {
                continue;
            }
            let trace = &mut traces[number as usize];
            if distance_m <= CERTAIN_PASS_M || prediction.margin_db >= 0.0 {
                trace.passed_at(distance_m);
                trace.passed(self.on_carrier.get(&earfcn).copied().unwrap_or(0), dwell.time, prediction);
            }
            if dwell.heard.iter().any(|heard| heard.ecgis.contains(&cell.ecgi)) {
                continue;
            }
            let heard = match cell.pci {
                Some(pci) if dwell.heard_pci_only(earfcn, pci) => {
                    Heard::PciOnly(self.best_of_pair_db(cell.ecgi, earfcn, pci, dwell, here) as f32)
                }
                _ => Heard::Nothing,
            };
            trace.pci_only_dwells += u32::from(heard != Heard::Nothing);
            trace.looks.add(Look::new(here, dwell.time, prediction.over_noise_and_needed_db(), heard));
        }
    }

    /// The clearance at a dwell of the other listed cell of a carrier and PCI that would be heard best, in dB.
    fn best_of_pair_db(&self, ecgi: Ecgi, earfcn: u32, pci: Pci, dwell: &InspectedDwell, here: Position) -> f64 {
        let nearest = self.registry.nearest_of_pair(earfcn, pci, here, MAX_SAME_PCI);
        let others = nearest.into_iter().filter(|(other, _)| other.ecgi != ecgi);
        let clearances = others
            .filter_map(|(other, distance_m)| Some(self.predict(&other, earfcn, dwell, here, distance_m)?.margin_db));
        clearances.fold(f64::NEG_INFINITY, f64::max)
    }

    fn predict(
        &self,
        cell: &RegisteredCell,
        earfcn: u32,
        dwell: &InspectedDwell,
        here: Position,
        distance_m: f64,
    ) -> Option<Prediction> {
        let frequency_hz = Earfcn::new(earfcn)?.frequency().0;
        let place_error_m = cell.place.map_or(0.0, |place| place.error_m);
        let likely_m = distance_m.hypot(here.error_m).hypot(place_error_m);
        let rsrp_dbm = expected_rsrp_dbm(cell.kind, cell.bandwidth, self.model, frequency_hz, likely_m);
        let over_noise_db = rsrp_dbm - nominal_noise_dbm();
        let margin_db = over_noise_db - dwell.needed_db(earfcn, Some(cell.ecgi));
        Some(Prediction { rsrp_dbm, over_noise_db, margin_db })
    }
}

/// The level that is predicted of a cell at a distance.
pub struct Level<'a> {
    pub cell: &'a RegisteredCell,
    pub model: PathLossModel,
}

impl Level<'_> {
    /// Level over the noise in dB; `None` for a cell without a channel.
    pub fn over_noise_db(&self, distance_m: f64) -> Option<f64> {
        let frequency_hz = Earfcn::new(self.cell.earfcn?)?.frequency().0;
        let (kind, bandwidth) = (self.cell.kind, self.cell.bandwidth);
        Some(expected_rsrp_dbm(kind, bandwidth, self.model, frequency_hz, distance_m) - nominal_noise_dbm())
    }
}

/// The distance beyond which no cell of a kind is looked at, in metres, whatever its bandwidth.
fn reach_m(earfcns: &BTreeSet<u32>, kind: CellKind, model: PathLossModel) -> f64 {
    let frequencies = earfcns.iter().filter_map(|&earfcn| Earfcn::new(earfcn)).map(|channel| channel.frequency().0);
    let Some(lowest_hz) = frequencies.min_by(f64::total_cmp) else { return 0.0 };
    let is_looked_at = |distance_m: f64| {
        let rsrp_dbm = expected_rsrp_dbm(Some(kind), Some(Bandwidth::Rb6), model, lowest_hz, distance_m);
        rsrp_dbm - nominal_noise_dbm() - NEEDED_DB >= LEAST_CLEARANCE_DB
    };
    let (mut near_m, mut far_m) = (CERTAIN_PASS_M, FARTHEST_M);
    while far_m - near_m > 1.0 {
        let middle_m = (near_m + far_m) / 2.0;
        if is_looked_at(middle_m) { near_m = middle_m } else { far_m = middle_m }
    }
    far_m
}

impl Trace {
    /// Of a cell that no dwell was near, after a visit.
    pub fn after(visit: Option<&Visit>) -> Self {
        Self { visit: visit.cloned(), ..Self::default() }
    }

    fn passed_at(&mut self, distance_m: f64) {
        self.nearest_m = Some(self.nearest_m.map_or(distance_m, |nearest| nearest.min(distance_m)));
    }

    fn passed(&mut self, number: u32, time: Option<Timestamp>, prediction: Prediction) {
        let same_pass = self.last_passed.is_some_and(|(last, last_time)| {
            let pause = time.zip(last_time).map(|(now, then)| now.duration_since(then));
            number <= last + 1 && pause.is_none_or(|pause| pause <= PASS_PAUSE)
        });
        self.passes += u32::from(!same_pass);
        self.expected_dwells += 1;
        self.last_passed = Some((number, time));
        if self.prediction.is_none_or(|best| best.margin_db < prediction.margin_db) {
            self.prediction = Some(prediction);
        }
    }

    /// The account of the cell.
    pub fn account(mut self, cell: RegisteredCell, belief: Option<Belief>) -> Account {
        if let Some(visit) = self.visit.as_ref().filter(|visit| self.heard_since_visit && visit.outcome.is_closing()) {
            let registered = format!("{} on {}", visit.outcome.word(), visit.date);
            self.differences.push(FieldDifference { column: "visit", registered, heard: "on air".into() });
        }
        // From afar, only what might well have been heard was passed.
        let near = self.nearest_m.is_some_and(|metres| metres <= CERTAIN_PASS_M);
        let belief = belief.filter(|belief| self.heard_dwells > 0 || near || belief.missed <= MAX_MISSED_FROM_AFAR);
        let missed = belief.map_or(1.0, |belief| belief.missed);
        let differs = !self.differences.is_empty();
        let outcome = if self.heard_dwells > 0 && differs {
            Outcome::WithDifferences(self.differences)
        } else if self.heard_dwells > 0 {
            Outcome::AsRegistered
        } else if self.pci_only_dwells > 0 {
            Outcome::ByPciOnly
        } else if belief.is_none() {
            Outcome::NeverCovered
        } else if missed > MAX_MISSED {
            Outcome::PassedNotSure
        } else if cell.status.is_active() {
            Outcome::NotHeard
        } else {
            Outcome::SilentAsRegistered
        };
        Account {
            cell,
            outcome,
            heard_dwells: self.heard_dwells,
            pci_only_dwells: self.pci_only_dwells,
            passes: self.passes,
            expected_dwells: self.expected_dwells,
            nearest_m: self.nearest_m,
            prediction: self.prediction,
            visit: self.visit,
            heard_since_visit: self.heard_since_visit,
            belief: belief.map(|belief| if differs { Belief::NOT_AS_REGISTERED } else { belief }),
        }
    }
}

impl InspectedDwell {
    /// Whether a channel's centre lies in what was searched.
    pub(super) fn searched(&self, earfcn: u32) -> bool {
        let Some(channel) = Earfcn::new(earfcn) else { return false };
        self.searched.holds(channel.frequency().0)
    }

    /// The level over the noise at which one of two SIB1s of a cell, or of any other one, is decoded on a carrier, in dB:
    /// over the noise and over what cancelling leaves of the strongest other cell.
    pub(super) fn needed_db(&self, earfcn: u32, ecgi: Option<Ecgi>) -> f64 {
        let power = |db: f64| 10f64.powf(db / 10.0);
        let is_own = |heard: &HeardCell| ecgi.is_some_and(|ecgi| heard.ecgis.contains(&ecgi));
        let others = self.heard.iter().filter(|heard| heard.may_be_on(earfcn) && !is_own(heard));
        let strongest_db = others.map(|heard| heard.rsrp_db).max_by(f64::total_cmp);
        let over_noise_db = strongest_db.zip(self.noise_db()).map(|(level_db, noise_db)| level_db - noise_db);
        10.0 * (power(NEEDED_DB) + over_noise_db.map_or(0.0, |db| power(db - DEPTH_DB))).log10()
    }

    /// Whether a PCI was heard on a carrier without an identity.
    fn heard_pci_only(&self, earfcn: u32, pci: Pci) -> bool {
        self.heard.iter().any(|heard| heard.ecgis.is_empty() && heard.pci == pci && heard.may_be_on(earfcn))
    }

    /// The receiver's noise on a subcarrier in dBFS less gain: the least that any cell of the dwell was measured
    /// against, as others also stand in each other's interference.
    fn noise_db(&self) -> Option<f64> {
        self.heard.iter().map(|heard| heard.rsrp_db - heard.sinr_db).min_by(f64::total_cmp)
    }
}
