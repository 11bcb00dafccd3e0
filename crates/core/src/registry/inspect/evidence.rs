//! The likelihood of what the looks at a cell heard, under each hypothesis.
//!
//! - *As registered*: a look hears the cell with the probability that its clearance, excess and [`LOOK_DB`] give, at a level
//!   that follows from the excess. One box of [`INTERMITTENT`] is off in half of the occasions.
//! - *Elsewhere*: as if it were registered at one of the squares that heard it.
//! - *Silent*: no look hears its identity.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    VisitOutcome,
    excess::{EXCESSES, Excesses, distributed, excess_db},
    look::{Heard, Look, Looks, SQUARE_M, Square},
    passes::Level,
    prior::{CellClass, RECEIVER_DB},
};
use crate::registry::path_loss::normal_tail;

/// Standard deviation of a look around its cell's excess, in dB: shadowing that differs from square to square (6 dB) and
/// the width of the decoder's curve over the few dwells of a square (2.5 dB).
pub const LOOK_DB: f64 = 6.5;

/// Share of the cells that are off for hours, and the share of the occasions in which they are on.
const INTERMITTENT: f64 = 0.2;
const INTERMITTENT_ON: f64 = 0.5;

/// Probability that a cell on air is off in one occasion.
pub const INTERMITTENT_OFF: f64 = INTERMITTENT * (1.0 - INTERMITTENT_ON);

/// Standard deviation of a level that was heard around its cell's excess, in dB: shadowing, and what the path-loss model
/// errs by from one distance to another.
const LEVEL_DB: f64 = 8.0;

/// Share of the levels that follow no model (a street that guides, a gap between houses), and their range in dB.
const ODD_LEVELS: f64 = 0.003;
const ODD_LEVELS_DB: f64 = 80.0;

/// Probability that a cell that stands elsewhere in the drives' way stands in a given square: one of 2 km².
const OF_A_SQUARE: f64 = 1.0 / 800.0;

/// How far below its SIB1 a cell's PCI is detected, in dB: one of two, fading (README, "Sensitivity").
pub const PCI_BELOW_SIB1_DB: f64 = 5.0;

/// What the looks at a cell say under each hypothesis, all scaled alike.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub class: CellClass,
    /// Whether its identity was heard.
    pub heard: bool,
    /// What became of a visit.
    visited: Option<VisitOutcome>,
    /// Of a cell on air as registered, at each excess.
    pub as_registered: [f32; EXCESSES],
    elsewhere: f64,
    /// Of a cell that is silent.
    pub silent: f64,
}

/// Probability that a look with a clearance above its threshold of `z_db` hears nothing.
#[must_use]
pub fn miss(z_db: f64) -> f64 {
    normal_tail(z_db / LOOK_DB)
}

impl Evidence {
    /// The likelihoods of a cell's looks. It may have been heard without one, where the receiver's place is not known.
    #[must_use]
    pub fn of(class: CellClass, looks: &Looks, heard: bool, level: &Level<'_>) -> Self {
        let as_registered = likelihoods(looks.all());
        let elsewhere = if looks.heard_identity() { elsewhere(class, looks, level) } else { 1.0 };
        let silent = if heard { 0.0 } else { 1.0 };
        let scale = as_registered.iter().copied().fold(elsewhere, f64::max).max(f64::MIN_POSITIVE);
        Self {
            class,
            as_registered: as_registered.map(|likelihood| (likelihood / scale) as f32),
            heard,
            visited: None,
            elsewhere: elsewhere / scale,
            silent: silent / scale,
        }
    }

    /// The same after a visit.
    #[must_use]
    pub fn after(self, visited: Option<VisitOutcome>) -> Self {
        Self { visited, ..self }
    }

    /// Likelihood of a cell on air as registered, over the excesses of its kind.
    #[must_use]
    pub fn averaged(&self, weights: &Excesses) -> f64 {
        weights.iter().zip(&self.as_registered).map(|(weight, &likelihood)| weight * f64::from(likelihood)).sum()
    }

    /// Probability that a cell on air as registered was heard by its PCI alone in the best of the looks that heard it so.
    #[must_use]
    pub fn own_pci(&self, weights: &Excesses, looks: &Looks) -> f64 {
        let own = |excess_db: f64| {
            let looks = looks.pci_only().map(|(clearance_db, _)| clearance_db + excess_db);
            looks.map(|clear_db| miss(clear_db) - miss(clear_db + PCI_BELOW_SIB1_DB)).fold(0.0, f64::max)
        };
        let joint = weights.iter().zip(&self.as_registered).enumerate();
        let joint = joint.map(|(i, (weight, &likelihood))| weight * f64::from(likelihood) * own(excess_db(i)));
        joint.sum::<f64>() / self.averaged(weights).max(f64::MIN_POSITIVE)
    }

    /// The joint probabilities of the three hypotheses, of the looks and of a visit.
    #[must_use]
    pub fn joint(&self, weights: &Excesses, silent: f64, met: f64) -> [f64; 3] {
        if self.visited.is_some_and(VisitOutcome::is_closing) {
            return [0.0, 0.0, 1.0];
        }
        let elsewhere = self.class.elsewhere();
        let is_there = if self.visited.is_some_and(VisitOutcome::is_elsewhere) { 0.0 } else { 1.0 };
        [
            is_there * (1.0 - silent) * (1.0 - elsewhere) * self.averaged(weights),
            (1.0 - silent) * elsewhere * if self.heard { met } else { 1.0 - met } * self.elsewhere,
            silent * self.silent,
        ]
    }
}

/// Likelihood of a cell's looks at each excess.
fn likelihoods(looks: &[Look]) -> Excesses {
    let (squares, occasions) = (best_of_squares(looks), by_occasion(looks));
    std::array::from_fn(|i| {
        let excess_db = excess_db(i);
        let always_on: f64 = squares.iter().map(|look| likelihood(look, excess_db)).product();
        let intermittent: f64 = occasions.iter().map(|looks| of_occasion(looks, excess_db)).product();
        (1.0 - INTERMITTENT) * always_on + INTERMITTENT * intermittent
    })
}

/// Likelihood of looks that heard a cell which stands at an unknown place: at any of the squares that heard it.
fn elsewhere(class: CellClass, looks: &Looks, level: &Level<'_>) -> f64 {
    let (mean_db, deviation_db) = class.excess_db();
    let weights = distributed(mean_db + RECEIVER_DB, deviation_db.hypot(RECEIVER_DB), class.walls_db());
    let squares: BTreeSet<Square> =
        looks.all().iter().filter(|look| look.is_identity()).map(|look| look.square).collect();
    let at = |square: Square| {
        let moved = looks.all().iter().map(|look| {
            let predicted_db = level.over_noise_db(look.distance_m(square).max(SQUARE_M / 2.0));
            Look { predicted_db: predicted_db.map_or(look.predicted_db, |db| db as f32), ..*look }
        });
        let moved: Vec<Look> = moved.collect();
        weights.iter().zip(likelihoods(&moved)).map(|(weight, likelihood)| weight * likelihood).sum::<f64>()
    };
    OF_A_SQUARE * squares.into_iter().map(at).sum::<f64>()
}

/// Likelihood of one square's look at a cell that is on air.
fn likelihood(look: &Look, excess_db: f64) -> f64 {
    let clear_db = look.clearance_db() + excess_db;
    match look.heard {
        Heard::Nothing | Heard::PciOnly(_) => miss(clear_db),
        Heard::Identity(level_db) => {
            let deviations = (f64::from(level_db - look.predicted_db) - excess_db) / LEVEL_DB;
            let normal = (-deviations * deviations / 2.0).exp() / (LEVEL_DB * (2.0 * std::f64::consts::PI).sqrt());
            (1.0 - ODD_LEVELS) * normal + ODD_LEVELS / ODD_LEVELS_DB
        }
    }
}

/// The best look of each square in all occasions: those of a cell that is always on.
fn best_of_squares(looks: &[Look]) -> Vec<&Look> {
    let mut best: BTreeMap<Square, &Look> = BTreeMap::new();
    for look in looks {
        let kept = best.entry(look.square).or_insert(look);
        if look.weight() > kept.weight() {
            *kept = look;
        }
    }
    best.into_values().collect()
}

/// The looks of each occasion.
fn by_occasion(looks: &[Look]) -> Vec<Vec<&Look>> {
    let mut occasions: BTreeMap<Option<i64>, Vec<&Look>> = BTreeMap::new();
    for look in looks {
        occasions.entry(look.occasion).or_default().push(look);
    }
    occasions.into_values().collect()
}

/// Likelihood of an occasion's looks at a cell that is off in some.
fn of_occasion(looks: &[&Look], excess_db: f64) -> f64 {
    let on = INTERMITTENT_ON * looks.iter().map(|look| likelihood(look, excess_db)).product::<f64>();
    let is_on = looks.iter().any(|look| look.is_identity());
    on + if is_on { 0.0 } else { 1.0 - INTERMITTENT_ON }
}
