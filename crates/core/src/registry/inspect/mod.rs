//! The account of an inspection: every registered cell of an area, and what the drives say about it.
//!
//! In: the registry, and what was searched and heard where. Out: one [`Account`] per registered cell, each in exactly one
//! [`State`].
//!
//! - A dwell *looks* at a cell where it searched its carrier so near that it might hear it ([`LEAST_CLEARANCE_DB`]). The
//!   level predicted at the dwell's place is compared with the one that its SIB1 needs over the noise and over the strongest
//!   cell that the dwell heard on the carrier.
//! - A dwell *passes* a cell where it would hear it one time in two, or within [`CERTAIN_PASS_M`]. Consecutive such dwells on
//!   the carrier are one *pass*. A dwell on the carrier that does not, or a pause of more than [`PASS_PAUSE`], ends it.
//! - From the looks at a cell follows how probable it is that it is on air as registered, elsewhere, or silent: see
//!   `posterior`.

mod area;
mod heard;
mod look;
mod nearby;
mod posterior;
mod prior;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::{Bandwidth, Pci};

pub use area::Area;
pub use heard::{FieldDifference, HeardCell};
pub use posterior::{Belief, SETTLED};

use super::{
    CellKind, RegisteredCell, Registry, RegistrySnapshot,
    path_loss::{PathLossModel, expected_rsrp_dbm, nominal_noise_dbm},
};
use crate::{
    drive::Searched,
    observation::{Earfcn, Ecgi, Position},
};
use look::{Heard, Look, Looks};
use nearby::Nearby;
use posterior::{Evidence, Learned};
use prior::CellClass;

/// What was searched at one place, and what was heard there.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectedDwell {
    /// The dwell's or recording's name.
    pub id: String,
    /// When; dwells without a time keep their order.
    pub time: Option<Timestamp>,
    /// Where.
    pub position: Option<Position>,
    /// What was searched.
    pub searched: Searched,
    /// The cells heard.
    pub heard: Vec<HeardCell>,
}

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

/// Most that a cell that was heard nowhere may have been missed with to be reported as not heard.
const MAX_MISSED: f64 = 0.2;

/// Most that a cell that was heard nowhere, nor passed nearby, may have been missed with to count as passed.
const MAX_MISSED_FROM_AFAR: f64 = 0.8;

/// Farthest place from which any cell is looked at, in metres.
const FARTHEST_M: f64 = 10_000.0;

/// How many other listed cells of a carrier and PCI are considered at a dwell, the nearest ones.
const MAX_SAME_PCI: usize = 8;

/// The account of an area.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The state of the list it rests on.
    pub snapshot: RegistrySnapshot,
    /// What was learned of the levels of each kind, in the order of [`CellKind::ALL`].
    pub excess: [Excess; 3],
    /// The registered cells of the area, by global identifier.
    pub accounts: Vec<Account>,
}

/// How the levels of a kind's cells differ from the predicted ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Excess {
    /// Mean of measured less predicted levels, in dB.
    pub mean_db: f64,
    /// Standard deviation from cell to cell, in dB.
    pub deviation_db: f64,
    /// How many cells of the kind were heard.
    pub heard: usize,
}

/// What the drives say about one registered cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its row; of duplicates, the first.
    pub cell: RegisteredCell,
    /// The verdict.
    pub outcome: Outcome,
    /// In how many dwells its SIB1 was heard.
    pub heard_dwells: u32,
    /// In how many looks its carrier and PCI were heard without a SIB1.
    pub pci_only_dwells: u32,
    /// How many passes there were.
    pub passes: u32,
    /// In how many dwells it was passed.
    pub expected_dwells: u32,
    /// Distance from its place to the nearest dwell that heard it or passed it, in metres.
    pub nearest_m: Option<f64>,
    /// The prediction of the best dwell that passed it.
    pub prediction: Option<Prediction>,
    /// What is believed of it; `None` where it was neither passed nor heard.
    pub belief: Option<Belief>,
}

/// The level predicted of a cell at one dwell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Reference signal received power in dBm, with a noise figure of 9 dB where the receiver is not calibrated.
    pub rsrp_dbm: f64,
    /// The same over the receiver's noise, in dB.
    pub over_noise_db: f64,
    /// What is left above the level at which one of two SIB1s is decoded, in dB.
    pub margin_db: f64,
}

impl Prediction {
    fn over_noise_and_needed_db(&self) -> [f64; 2] {
        [self.over_noise_db, self.over_noise_db - self.margin_db]
    }
}

/// The verdict on a registered cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Heard, as registered, by every SIB1 with its identity.
    AsRegistered,
    /// Heard at least once otherwise than registered.
    WithDifferences(Vec<FieldDifference>),
    /// Its carrier and PCI were heard in a look, its identity was not decoded.
    ByPciOnly,
    /// Not heard, and would have been heard with at least four chances in five.
    NotHeard,
    /// Registered as off air, and not heard where it would have been.
    SilentAsRegistered,
    /// Not heard, and might well have been missed.
    PassedNotSure,
    /// No dwell passed it.
    NeverCovered,
}

/// What is believed of a registered cell, for people. Every cell is in exactly one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Heard otherwise than registered, or where it cannot be heard from its registered place.
    OnAirNotAsRegistered,
    /// Silent, with a probability of at least [`SETTLED`].
    Silent,
    /// Passed and not heard, and neither is probable enough.
    PassedNotSure,
    /// Heard as registered.
    OnAirAsRegistered,
    /// No dwell passed it.
    NotPassed,
}

/// What would settle a cell that was passed and is not sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// So many more passes as good as the best one, each from another street, if they hear nothing either.
    Passes(u32),
    /// A visit: no street hears enough.
    Visit,
}

impl std::fmt::Display for Settle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passes(1) => f.write_str("1 pass"),
            Self::Passes(passes) => write!(f, "{passes} passes"),
            Self::Visit => f.write_str("a visit"),
        }
    }
}

impl State {
    /// All five, most urgent first.
    pub const ALL: [Self; 5] =
        [Self::OnAirNotAsRegistered, Self::Silent, Self::PassedNotSure, Self::OnAirAsRegistered, Self::NotPassed];

    /// The word of reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnAirNotAsRegistered => "on-air-not-as-registered",
            Self::Silent => "silent",
            Self::PassedNotSure => "passed-not-sure",
            Self::OnAirAsRegistered => "on-air-as-registered",
            Self::NotPassed => "not-passed",
        }
    }
}

impl Account {
    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        let Some(belief) = self.belief else { return State::NotPassed };
        if self.heard_dwells > 0 {
            let as_registered = belief.as_registered >= 0.5;
            return if as_registered { State::OnAirAsRegistered } else { State::OnAirNotAsRegistered };
        }
        if belief.silent >= SETTLED { State::Silent } else { State::PassedNotSure }
    }

    /// What would settle a cell that was passed and is not sure.
    #[must_use]
    pub fn to_settle(&self) -> Option<Settle> {
        let more_looks = self.belief.filter(|_| self.state() == State::PassedNotSure)?.more_looks;
        Some(more_looks.map_or(Settle::Visit, Settle::Passes))
    }

    /// Probability of its state; `None` where it was not passed or is not sure.
    #[must_use]
    pub fn probability(&self) -> Option<f64> {
        let belief = self.belief?;
        match self.state() {
            State::OnAirNotAsRegistered => Some(belief.elsewhere),
            State::Silent => Some(belief.silent),
            State::OnAirAsRegistered => Some(belief.as_registered),
            State::PassedNotSure | State::NotPassed => None,
        }
    }
}

impl Outcome {
    /// The word of reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::AsRegistered => "as-registered",
            Self::WithDifferences(_) => "with-differences",
            Self::ByPciOnly => "by-pci-only",
            Self::NotHeard => "not-heard",
            Self::SilentAsRegistered => "silent-as-registered",
            Self::PassedNotSure => "passed-not-sure",
            Self::NeverCovered => "never-covered",
        }
    }
}

/// Accounts for every registered cell of an area.
#[must_use]
pub fn inspect(registry: &Registry, area: &Area, dwells: &[InspectedDwell], model: PathLossModel) -> Inspection {
    let mut in_time: Vec<&InspectedDwell> = dwells.iter().collect();
    in_time.sort_by_key(|dwell| dwell.time);
    let mut cells = area.cells(registry, dwells);
    cells.dedup_by_key(|cell| cell.ecgi);
    let now = in_time.last().and_then(|dwell| dwell.time).unwrap_or(registry.snapshot().imported);
    let mut traces: Vec<Trace> = cells.iter().map(|_| Trace::default()).collect();
    let mut drive = InspectedDrive::new(registry, &cells, model);
    for dwell in in_time {
        drive.hear(dwell, &mut traces);
        drive.look(dwell, &mut traces);
    }
    let evidence = |(cell, trace): (&RegisteredCell, &Trace)| {
        let is_judged = trace.passes > 0 || trace.heard_dwells > 0;
        is_judged.then(|| Evidence::of(CellClass::of(cell, now), &trace.looks, &Level { cell, model }))
    };
    let evidence: Vec<Option<Evidence>> = cells.iter().zip(&traces).map(evidence).collect();
    let passed: Vec<Evidence> = evidence.iter().flatten().cloned().collect();
    let learned = Learned::from_cells(&passed);
    let excess = std::array::from_fn(|kind| {
        let (mean_db, deviation_db) = learned.excess_db(kind);
        let is_heard = |(cell, trace): &(&RegisteredCell, &Trace)| {
            cell.kind == Some(CellKind::ALL[kind]) && trace.looks.heard_identity()
        };
        Excess { mean_db, deviation_db, heard: cells.iter().zip(&traces).filter(is_heard).count() }
    });
    let accounts = cells.into_iter().zip(traces).zip(evidence);
    let account = |((cell, trace), evidence): ((RegisteredCell, Trace), Option<Evidence>)| {
        let belief = evidence.map(|evidence| learned.belief(&evidence, &trace.looks));
        trace.account(cell, belief)
    };
    Inspection { snapshot: registry.snapshot().clone(), excess, accounts: accounts.map(account).collect() }
}

/// What the dwells so far say.
struct InspectedDrive<'a> {
    registry: &'a Registry,
    cells: &'a [RegisteredCell],
    model: PathLossModel,
    /// The cells with a place: femtocells and unknown ones, small cells, macros, each within its reach.
    nearby: [Nearby; 3],
    /// How many dwells with a position searched each EARFCN of the list.
    on_carrier: BTreeMap<u32, u32>,
}

/// What the dwells so far say of one cell.
#[derive(Default)]
struct Trace {
    heard_dwells: u32,
    differences: Vec<FieldDifference>,
    pci_only_dwells: u32,
    passes: u32,
    expected_dwells: u32,
    /// The last dwell that passed it: its number on the carrier and its time.
    last_passed: Option<(u32, Option<Timestamp>)>,
    nearest_m: Option<f64>,
    prediction: Option<Prediction>,
    looks: Looks,
}

impl<'a> InspectedDrive<'a> {
    fn new(registry: &'a Registry, cells: &'a [RegisteredCell], model: PathLossModel) -> Self {
        let earfcns = registry.all_earfcns();
        let nearby = CellKind::ALL.map(|kind| {
            let is_of_kind = |cell: &RegisteredCell| cell.kind.unwrap_or(CellKind::Femto) == kind;
            let reach_m = reach_m(&earfcns, kind, model);
            let places = cells.iter().enumerate().filter(|(_, cell)| is_of_kind(cell));
            Nearby::new(places.filter_map(|(number, cell)| Some((number, cell.place?))), reach_m)
        });
        let on_carrier = earfcns.into_iter().map(|earfcn| (earfcn, 0)).collect();
        Self { registry, cells, model, nearby, on_carrier }
    }

    fn hear(&self, dwell: &InspectedDwell, traces: &mut [Trace]) {
        for heard in &dwell.heard {
            for &ecgi in &heard.ecgis {
                let Ok(number) = self.cells.binary_search_by_key(&ecgi, |cell| cell.ecgi) else { continue };
                let rows = self.registry.by_ecgi(ecgi).map(|row| (heard.differences(&row), row));
                let Some((differences, row)) = rows.min_by_key(|(differences, _)| differences.len()) else { continue };
                let trace = &mut traces[number];
                trace.heard_dwells += 1;
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

    fn look(&mut self, dwell: &InspectedDwell, traces: &mut [Trace]) {
        let Some(here) = dwell.position else { return };
        for (&earfcn, dwells) in &mut self.on_carrier {
            *dwells += u32::from(dwell.searched(earfcn));
        }
        for (number, distance_m) in self.nearby.iter().flat_map(|nearby| nearby.of(here)) {
            let cell = &self.cells[number];
            let Some(earfcn) = cell.earfcn.filter(|&earfcn| dwell.searched(earfcn)) else { continue };
            let Some(prediction) = self.predict(cell, earfcn, dwell, here, distance_m) else { continue };
            if distance_m > CERTAIN_PASS_M && prediction.margin_db < LEAST_CLEARANCE_DB {
                continue;
            }
            let trace = &mut traces[number];
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
        let margin_db = over_noise_db - dwell.needed_db(earfcn, cell.ecgi);
        Some(Prediction { rsrp_dbm, over_noise_db, margin_db })
    }
}

/// The level that is predicted of a cell at a distance.
struct Level<'a> {
    cell: &'a RegisteredCell,
    model: PathLossModel,
}

impl Level<'_> {
    /// Level over the noise in dB; `None` for a cell without a channel.
    fn over_noise_db(&self, distance_m: f64) -> Option<f64> {
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

    fn account(self, cell: RegisteredCell, belief: Option<Belief>) -> Account {
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
            belief: belief.map(|belief| if differs { Belief::NOT_AS_REGISTERED } else { belief }),
        }
    }
}

impl InspectedDwell {
    /// Whether a channel's centre lies in what was searched.
    fn searched(&self, earfcn: u32) -> bool {
        let Some(channel) = Earfcn::new(earfcn) else { return false };
        self.searched.holds(channel.frequency().0)
    }

    /// The level over the noise at which one of two SIB1s of a cell is decoded on a carrier, in dB: over the noise and
    /// over what cancelling leaves of the strongest other cell.
    fn needed_db(&self, earfcn: u32, ecgi: Ecgi) -> f64 {
        let power = |db: f64| 10f64.powf(db / 10.0);
        let others = self.heard.iter().filter(|heard| heard.may_be_on(earfcn) && !heard.ecgis.contains(&ecgi));
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
