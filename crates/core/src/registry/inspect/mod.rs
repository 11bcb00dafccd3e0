//! The account of an inspection: every registered cell of an area, and what a drive says about it.
//!
//! In: the registry, and what was searched and heard where. Out: one [`Account`] a registered cell. Silence is claimed
//! only where it says something, and by these rules:
//!
//! - A dwell *expects* a cell where its carrier was searched and the level predicted at the dwell's place clears the
//!   level that identification needs by the margin of the cell's kind ([`InspectOptions`]). Distances are lengthened by
//!   the errors of both places.
//! - The level needed lies over the noise, or over the strongest cell heard on the same carrier less the depth to which
//!   the receiver sees below another cell.
//! - Consecutive dwells on the carrier that expect the cell are one *pass*: a drive past a house is one chance to hear
//!   it, however many dwells it takes, because they share the wall and the street. A dwell on the carrier that does
//!   not expect it, or a pause of more than [`PASS_PAUSE`], ends the pass.
//! - A prediction is corrected by what the same drive measured of cells heard as registered ([`Calibration`]).
//! - The probability of having missed the cell is that of the best dwell alone. Passes are not multiplied: a thicker
//!   wall, a lower power or a wrong address would be there every time.

mod area;
mod calibrate;
mod heard;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::Bandwidth;

pub use area::Area;
pub use calibrate::Calibration;
pub use heard::{FieldDifference, HeardCell};

use super::{
    CellKind, RegisteredCell, Registry, RegistrySnapshot,
    path_loss::{PathLossModel, expected_rsrp_dbm, nominal_noise_dbm, normal_tail},
};
use crate::{
    drive::Searched,
    observation::{Earfcn, Ecgi, Position},
};

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

/// The thresholds of an inspection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InspectOptions {
    /// Propagation.
    pub model: PathLossModel,
    /// Level over noise or interference that a cell's SIB1 needs, in dB: 0 dB decodes nine of ten in a fading channel.
    pub needed_db: f64,
    /// How far below another cell of the carrier a SIB1 is decoded, in dB.
    pub reach_below_db: f64,
    /// Margin for a femtocell, in dB: one standard deviation of shadowing.
    pub femto_margin_db: f64,
    /// Margin for every other cell, in dB. The list does not say where its antenna points, and behind a sector antenna
    /// the level is up to 25 dB lower (TR 36.814 Table A.2.1.1-2).
    pub other_margin_db: f64,
}

impl Default for InspectOptions {
    fn default() -> Self {
        Self {
            model: PathLossModel::default(),
            needed_db: 0.0,
            reach_below_db: 10.0,
            femto_margin_db: 10.0,
            other_margin_db: 25.0,
        }
    }
}

impl InspectOptions {
    /// The margin that a cell of a kind must clear.
    fn margin_db(&self, kind: Option<CellKind>) -> f64 {
        match kind {
            Some(CellKind::Femto) => self.femto_margin_db,
            _ => self.other_margin_db,
        }
    }
}

/// A pause that ends a pass.
pub const PASS_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Standard deviation of shadowing between a house and the street, in dB. TR 36.814 Table A.2.1.1.2-8.
const SHADOWING_DB: f64 = 10.0;

/// Farthest place at which any cell is expected, in metres.
const FARTHEST_M: f64 = 10_000.0;

/// The account of an area.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The state of the list it rests on.
    pub snapshot: RegistrySnapshot,
    /// How predictions were corrected.
    pub calibration: Calibration,
    /// The registered cells of the area, by global identifier.
    pub accounts: Vec<Account>,
}

/// What a drive says about one registered cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its row; of duplicates, the first.
    pub cell: RegisteredCell,
    /// The verdict.
    pub outcome: Outcome,
    /// In how many dwells its SIB1 was heard.
    pub heard_dwells: u32,
    /// In how many dwells its carrier and PCI were heard without a SIB1 while it was expected.
    pub pci_only_dwells: u32,
    /// In how many passes it was expected.
    pub passes: u32,
    /// In how many dwells it was expected.
    pub expected_dwells: u32,
    /// Distance from its place to the nearest dwell that heard it, or that searched its carrier within the reach of any
    /// cell, in metres.
    pub nearest_m: Option<f64>,
    /// The best dwell's prediction, where it was expected.
    pub prediction: Option<Prediction>,
}

/// The level predicted of a cell at one dwell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Reference signal received power in dBm, with a noise figure of 9 dB where the receiver is not calibrated.
    pub rsrp_dbm: f64,
    /// The same over the receiver's noise, in dB.
    pub over_noise_db: f64,
    /// What is left above the level that identification needs, in dB.
    pub margin_db: f64,
    /// Probability that the cell was on air as registered and was missed.
    pub missed: f64,
}

/// The verdict on a registered cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Heard, as registered, by every SIB1 with its identity.
    AsRegistered,
    /// Heard at least once otherwise than registered.
    WithDifferences(Vec<FieldDifference>),
    /// Its carrier and PCI were heard where it was expected, its identity was not decoded.
    ByPciOnly,
    /// Expected on air and not heard.
    NotHeard,
    /// Registered as off air, and not heard where it would have been.
    SilentAsRegistered,
    /// No dwell could have heard it for certain.
    NeverCovered,
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
            Self::NeverCovered => "never-covered",
        }
    }
}

/// Accounts for every registered cell of an area.
#[must_use]
pub fn inspect(registry: &Registry, area: &Area, dwells: &[InspectedDwell], options: &InspectOptions) -> Inspection {
    let mut in_time: Vec<&InspectedDwell> = dwells.iter().collect();
    in_time.sort_by_key(|dwell| dwell.time);
    let calibration = Calibration::from_drive(registry, &in_time, options.model);
    let reach_m = reach_m(registry, &calibration, options);
    let on_carrier = registry.all_earfcns().into_iter().map(|earfcn| (earfcn, 0)).collect();
    let mut drive = InspectedDrive { registry, options, calibration, reach_m, on_carrier, traces: HashMap::new() };
    for dwell in in_time {
        drive.hear(dwell);
        drive.expect(dwell);
    }
    let mut accounts: Vec<Account> = Vec::new();
    for cell in area.cells(registry, dwells) {
        if accounts.last().is_none_or(|last| last.cell.ecgi != cell.ecgi) {
            let trace = drive.traces.remove(&cell.ecgi).unwrap_or_default();
            accounts.push(trace.account(cell));
        }
    }
    Inspection { snapshot: registry.snapshot().clone(), calibration: drive.calibration, accounts }
}

/// The distance beyond which no cell of the list is expected, in metres, whatever its kind and bandwidth.
fn reach_m(registry: &Registry, calibration: &Calibration, options: &InspectOptions) -> f64 {
    let frequencies = registry.all_earfcns().into_iter().filter_map(Earfcn::new).map(|channel| channel.frequency().0);
    let Some(lowest_hz) = frequencies.min_by(f64::total_cmp) else { return 0.0 };
    let is_expected = |kind: CellKind, distance_m: f64| {
        let rsrp_dbm = expected_rsrp_dbm(Some(kind), Some(Bandwidth::Rb6), options.model, lowest_hz, distance_m);
        let over_noise_db = rsrp_dbm + calibration.of(Some(kind)).offset_db - nominal_noise_dbm();
        over_noise_db >= options.needed_db + options.margin_db(Some(kind))
    };
    let reach_of = |kind: CellKind| {
        let (mut near_m, mut far_m) = (0.0, FARTHEST_M);
        while far_m - near_m > 1.0 {
            let middle_m = (near_m + far_m) / 2.0;
            if is_expected(kind, middle_m) { near_m = middle_m } else { far_m = middle_m }
        }
        far_m
    };
    CellKind::ALL.into_iter().map(reach_of).fold(0.0, f64::max)
}

/// What the dwells so far say.
struct InspectedDrive<'a> {
    registry: &'a Registry,
    options: &'a InspectOptions,
    calibration: Calibration,
    reach_m: f64,
    /// How many dwells with a position searched each EARFCN of the list.
    on_carrier: BTreeMap<u32, u32>,
    traces: HashMap<Ecgi, Trace>,
}

/// What the dwells so far say of one cell.
#[derive(Default)]
struct Trace {
    heard_dwells: u32,
    differences: Vec<FieldDifference>,
    pci_only_dwells: u32,
    passes: u32,
    expected_dwells: u32,
    /// The last dwell that expected it: its number on the carrier and its time.
    last_expected: Option<(u32, Option<Timestamp>)>,
    nearest_m: Option<f64>,
    prediction: Option<Prediction>,
}

impl InspectedDrive<'_> {
    fn hear(&mut self, dwell: &InspectedDwell) {
        for heard in &dwell.heard {
            for &ecgi in &heard.ecgis {
                let rows = self.registry.by_ecgi(ecgi).map(|row| (heard.differences(&row), row.place));
                let Some((differences, place)) = rows.min_by_key(|(differences, _)| differences.len()) else {
                    continue;
                };
                let trace = self.traces.entry(ecgi).or_default();
                trace.heard_dwells += 1;
                if let Some((place, here)) = place.zip(dwell.position) {
                    trace.passed_at(place.distance_m(&here));
                }
                for difference in differences {
                    if !trace.differences.contains(&difference) {
                        trace.differences.push(difference);
                    }
                }
            }
        }
    }

    fn expect(&mut self, dwell: &InspectedDwell) {
        let Some(here) = dwell.position else { return };
        for (&earfcn, dwells) in &mut self.on_carrier {
            *dwells += u32::from(dwell.searched(earfcn));
        }
        for (cell, distance_m) in self.registry.near(here, self.reach_m) {
            let Some(earfcn) = cell.earfcn.filter(|&earfcn| dwell.searched(earfcn)) else { continue };
            let prediction = self.predict(&cell, earfcn, dwell, here, distance_m);
            let trace = self.traces.entry(cell.ecgi).or_default();
            trace.passed_at(distance_m);
            let margin_db = self.options.margin_db(cell.kind);
            let Some(prediction) = prediction.filter(|prediction| prediction.margin_db >= margin_db) else { continue };
            let number = self.on_carrier.get(&earfcn).copied().unwrap_or(0);
            trace.expected(number, dwell.time, prediction);
            let by_pci_only = dwell
                .heard
                .iter()
                .any(|heard| heard.ecgis.is_empty() && heard.may_be_on(earfcn) && Some(heard.pci) == cell.pci);
            trace.pci_only_dwells += u32::from(by_pci_only);
        }
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
        let at_most_m = distance_m + here.error_m + cell.place.map_or(0.0, |place| place.error_m);
        let correction = self.calibration.of(cell.kind);
        let rsrp_dbm = expected_rsrp_dbm(cell.kind, cell.bandwidth, self.options.model, frequency_hz, at_most_m)
            + correction.offset_db;
        let over_noise_db = rsrp_dbm - nominal_noise_dbm();
        let floor_db =
            dwell.strongest_over_noise_db(earfcn).map_or(0.0, |db| (db - self.options.reach_below_db).max(0.0));
        let margin_db = over_noise_db - floor_db - self.options.needed_db;
        let spread_db = SHADOWING_DB.hypot(correction.error_db);
        Some(Prediction { rsrp_dbm, over_noise_db, margin_db, missed: normal_tail(margin_db / spread_db) })
    }
}

impl Trace {
    fn passed_at(&mut self, distance_m: f64) {
        self.nearest_m = Some(self.nearest_m.map_or(distance_m, |nearest| nearest.min(distance_m)));
    }

    fn expected(&mut self, number: u32, time: Option<Timestamp>, prediction: Prediction) {
        let same_pass = self.last_expected.is_some_and(|(last, last_time)| {
            let pause = time.zip(last_time).map(|(now, then)| now.duration_since(then));
            number <= last + 1 && pause.is_none_or(|pause| pause <= PASS_PAUSE)
        });
        self.passes += u32::from(!same_pass);
        self.expected_dwells += 1;
        self.last_expected = Some((number, time));
        if self.prediction.is_none_or(|best| best.margin_db < prediction.margin_db) {
            self.prediction = Some(prediction);
        }
    }

    fn account(self, cell: RegisteredCell) -> Account {
        let outcome = if self.heard_dwells > 0 && !self.differences.is_empty() {
            Outcome::WithDifferences(self.differences)
        } else if self.heard_dwells > 0 {
            Outcome::AsRegistered
        } else if self.pci_only_dwells > 0 {
            Outcome::ByPciOnly
        } else if self.passes == 0 {
            Outcome::NeverCovered
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
        }
    }
}

impl InspectedDwell {
    /// Whether a channel's centre lies in what was searched.
    fn searched(&self, earfcn: u32) -> bool {
        let Some(channel) = Earfcn::new(earfcn) else { return false };
        self.searched.holds(channel.frequency().0)
    }

    /// The strongest cell heard on a carrier, over the noise, in dB.
    fn strongest_over_noise_db(&self, earfcn: u32) -> Option<f64> {
        let noise_db = self.noise_db()?;
        let levels = self.heard.iter().filter(|heard| heard.may_be_on(earfcn)).map(|heard| heard.rsrp_db);
        levels.max_by(f64::total_cmp).map(|level| level - noise_db)
    }

    /// The receiver's noise on a subcarrier in dBFS less gain: the least that any cell of the dwell was measured
    /// against, as others also stand in each other's interference.
    fn noise_db(&self) -> Option<f64> {
        self.heard.iter().map(|heard| heard.rsrp_db - heard.sinr_db).min_by(f64::total_cmp)
    }
}
