//! How probable it is that a registered cell is on air as registered, on air elsewhere, or silent.
//!
//! Every cell has an *excess*: its level less the predicted one, in dB. It is the cell's own (wall, power, receiver) and
//! the same in all its looks, while shadowing in a street and fading differ from look to look. A thicker wall would be
//! there every time, so looks are not multiplied as if they were independent: their product is taken at each excess, and
//! then averaged over the excesses that cells of the kind have.
//!
//! - *As registered*: a look hears the cell with the probability that its clearance, excess and [`LOOK_DB`] give, at a level
//!   that follows from the excess. One box of [`INTERMITTENT`] is off in half of the occasions.
//! - *Elsewhere*: it is heard at all where it came into the drives' way, which is learned, and then as if it were registered
//!   at one of the squares that heard it.
//! - *Silent*: no look hears its identity. Its PCI is heard only where another cell has the same; the list says how many
//!   do nearby. One such cell explains all looks that heard it, so they count once.
//!
//! Which excesses a kind has, and which share of a class is silent, is learned from the inspected cells themselves
//! (expectation-maximisation), and starts from [`CellClass`]. Few cells change little of it. The receiver's place on the
//! scale (noise figure, antenna) is first averaged out over what all cells say.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Level,
    look::{Heard, Look, Looks, SQUARE_M, Square},
    prior::{CellClass, KINDS},
};
use crate::registry::path_loss::normal_tail;

/// Excesses: the least, their step and their number.
const LEAST_DB: f64 = -90.0;
const STEP_DB: f64 = 3.0;
const EXCESSES: usize = 56;

/// Standard deviation of a look around its cell's excess, in dB: shadowing that differs from square to square (6 dB) and
/// the width of the decoder's curve over the few dwells of a square (2.5 dB).
const LOOK_DB: f64 = 6.5;

/// Share of the cells that are off for hours, and the share of the occasions in which they are on.
const INTERMITTENT: f64 = 0.2;
const INTERMITTENT_ON: f64 = 0.5;

/// Standard deviation of a level that was heard around its cell's excess, in dB: shadowing, and what the path-loss model
/// errs by from one distance to another.
const LEVEL_DB: f64 = 8.0;

/// Share of the levels that follow no model (a street that guides, a gap between houses), and their range in dB.
const ODD_LEVELS: f64 = 0.003;
const ODD_LEVELS_DB: f64 = 80.0;

/// Probability that a cell that stands elsewhere in the drives' way stands in a given square: one of 2 km².
const OF_A_SQUARE: f64 = 1.0 / 800.0;

/// How far below its SIB1 a cell's PCI is detected, in dB: one of two, fading (README, "Sensitivity").
const PCI_BELOW_SIB1_DB: f64 = 5.0;

/// Probability that a cell nearby has the PCI of a listed one and is not in the list.
const UNLISTED_PCI: f64 = 0.05;

/// The receiver's place on the scale, in steps: tried from −60 to +30 dB.
const SHIFTS: std::ops::RangeInclusive<i32> = -20..=10;

/// Width of the receiver's place on the scale before any dwell, in dB; heavy tails, as an antenna may be unplugged.
const RECEIVER_DB: f64 = 8.0;

/// Probability that a cell that stands elsewhere is heard, before any dwell.
const MET: f64 = 0.3;

/// As how many cells what is believed before any dwell counts: of excesses, of silence, and of cells elsewhere.
const EXCESS_CELLS: f64 = 20.0;
const SILENCE_CELLS: f64 = 30.0;
const MET_CELLS: f64 = 5.0;

/// Steps of the learning. It converges in far fewer.
const ROUNDS: usize = 30;

/// A weight or a likelihood of each excess.
type Excesses = [f64; EXCESSES];

/// What is believed of a registered cell. The three add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// It is on air at its registered place.
    pub as_registered: f64,
    /// It is on air, and not there.
    pub elsewhere: f64,
    /// It is not on air.
    pub silent: f64,
    /// Probability that the looks heard as little as they did of a cell that is on air as registered.
    pub missed: f64,
    /// How many more looks as good as the best one, each from another street, would settle it if they heard nothing;
    /// `None` where it is settled or no number up to [`MAX_MORE_LOOKS`] would.
    pub more_looks: Option<u32>,
}

impl Belief {
    /// Of a cell that was heard otherwise than registered.
    pub(super) const NOT_AS_REGISTERED: Self =
        Self { as_registered: 0.0, elsewhere: 1.0, silent: 0.0, missed: 0.0, more_looks: None };
}

/// Probability from which on a cell counts as settled.
pub const SETTLED: f64 = 0.85;

/// The most further looks that are proposed.
pub const MAX_MORE_LOOKS: u32 = 5;

/// What the looks at a cell say under each hypothesis, all scaled alike.
#[derive(Debug, Clone)]
pub struct Evidence {
    class: CellClass,
    heard: bool,
    as_registered: [f32; EXCESSES],
    elsewhere: f64,
    silent: f64,
}

/// What was learned of the cells of an inspection.
#[derive(Debug, Clone)]
pub struct Learned {
    excesses: [Excesses; KINDS],
    silent: BTreeMap<CellClass, f64>,
    /// Of each kind, the probability that a cell that stands elsewhere was heard.
    met: [f64; KINDS],
}

/// Level of the excess with an index.
fn excess_db(index: usize) -> f64 {
    LEAST_DB + STEP_DB * index as f64
}

/// Probability that a look with a clearance above its threshold of `z_db` hears nothing.
fn miss(z_db: f64) -> f64 {
    normal_tail(z_db / LOOK_DB)
}

impl Evidence {
    /// The likelihoods of a cell's looks.
    #[must_use]
    pub fn of(class: CellClass, looks: &Looks, level: &Level<'_>) -> Self {
        let heard = looks.heard_identity();
        let as_registered = likelihoods(looks.all());
        let elsewhere = if heard { elsewhere(class, looks, level) } else { 1.0 };
        let silent = if heard { 0.0 } else { 1.0 };
        let scale = as_registered.iter().copied().fold(elsewhere, f64::max).max(f64::MIN_POSITIVE);
        Self {
            class,
            as_registered: as_registered.map(|likelihood| (likelihood / scale) as f32),
            heard,
            elsewhere: elsewhere / scale,
            silent: silent / scale,
        }
    }

    /// Likelihood of a cell on air as registered, over the excesses of its kind.
    fn averaged(&self, weights: &Excesses) -> f64 {
        weights.iter().zip(&self.as_registered).map(|(weight, &likelihood)| weight * f64::from(likelihood)).sum()
    }

    /// Probability that a cell on air as registered was heard by its PCI alone in the best of the looks that heard it so.
    fn own_pci(&self, weights: &Excesses, looks: &Looks) -> f64 {
        let own = |excess_db: f64| {
            let looks = looks.pci_only().map(|(clearance_db, _)| clearance_db + excess_db);
            looks.map(|clear_db| miss(clear_db) - miss(clear_db + PCI_BELOW_SIB1_DB)).fold(0.0, f64::max)
        };
        let joint = weights.iter().zip(&self.as_registered).enumerate();
        let joint = joint.map(|(i, (weight, &likelihood))| weight * f64::from(likelihood) * own(excess_db(i)));
        joint.sum::<f64>() / self.averaged(weights).max(f64::MIN_POSITIVE)
    }

    /// The joint probabilities of the three hypotheses and of the looks.
    fn joint(&self, weights: &Excesses, silent: f64, met: f64) -> [f64; 3] {
        let elsewhere = self.class.elsewhere();
        [
            (1.0 - silent) * (1.0 - elsewhere) * self.averaged(weights),
            (1.0 - silent) * elsewhere * if self.heard { met } else { 1.0 - met } * self.elsewhere,
            silent * self.silent,
        ]
    }
}

/// Likelihood of a cell's looks at each excess.
fn likelihoods(looks: &[Look]) -> Excesses {
    std::array::from_fn(|i| {
        let excess_db = excess_db(i);
        (1.0 - INTERMITTENT) * always_on(looks, excess_db) + INTERMITTENT * intermittent(looks, excess_db)
    })
}

/// Likelihood of looks that heard a cell which stands at an unknown place: at any of the squares that heard it.
fn elsewhere(class: CellClass, looks: &Looks, level: &Level<'_>) -> f64 {
    let (mean_db, deviation_db) = class.excess_db();
    let weights = distributed(mean_db + RECEIVER_DB, deviation_db.hypot(RECEIVER_DB), class.walls_db());
    let is_heard = |look: &&Look| matches!(look.heard, Heard::Identity(_));
    let squares: BTreeSet<Square> = looks.all().iter().filter(is_heard).map(|look| look.square).collect();
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

/// Likelihood of the looks at a cell that is always on: of a square, the best look of all occasions.
fn always_on(looks: &[Look], excess_db: f64) -> f64 {
    let mut best: BTreeMap<Square, &Look> = BTreeMap::new();
    for look in looks {
        let kept = best.entry(look.square).or_insert(look);
        if look.weight() > kept.weight() {
            *kept = look;
        }
    }
    best.values().map(|look| likelihood(look, excess_db)).product()
}

/// Likelihood of the looks at a cell that is off in some occasions.
fn intermittent(looks: &[Look], excess_db: f64) -> f64 {
    let mut occasions: BTreeMap<Option<i64>, (f64, bool)> = BTreeMap::new();
    for look in looks {
        let (product, is_on) = occasions.entry(look.occasion).or_insert((1.0, false));
        *product *= likelihood(look, excess_db);
        *is_on |= matches!(look.heard, Heard::Identity(_));
    }
    let of_occasion =
        |&(product, is_on): &(f64, bool)| INTERMITTENT_ON * product + if is_on { 0.0 } else { 1.0 - INTERMITTENT_ON };
    occasions.values().map(of_occasion).product()
}

impl Learned {
    /// What the evidence of all inspected cells says about excesses and silence.
    #[must_use]
    pub fn from_cells(cells: &[Evidence]) -> Self {
        let classes: BTreeMap<CellClass, f64> = cells.iter().map(|cell| (cell.class, cell.class.silent())).collect();
        let of_kind = |kind: usize| -> Vec<&Evidence> { cells.iter().filter(|cell| cell.class.kind == kind).collect() };
        let shapes: [Option<Excesses>; KINDS] =
            std::array::from_fn(|kind| of_kind(kind).first().map(|cell| shape(cell.class)));
        let scores: [Vec<f64>; KINDS] =
            std::array::from_fn(|kind| shapes[kind].map_or_else(no_score, |shape| scores(&of_kind(kind), &shape)));
        let silent = classes.clone();
        let mut learned = Self { excesses: [[0.0; EXCESSES]; KINDS], silent, met: [MET; KINDS] };
        for kind in 0..KINDS {
            let Some(shape) = shapes[kind] else { continue };
            let others: Vec<f64> = (0..no_score().len())
                .map(|i| (0..KINDS).filter(|&other| other != kind).map(|other| scores[other][i]).sum())
                .collect();
            let start = start(&shape, &scores[kind], &others);
            learned.excesses[kind] = start;
            learned.learn(kind, &of_kind(kind), &start, &classes);
        }
        learned
    }

    /// Expectation-maximisation over the cells of one kind.
    fn learn(&mut self, kind: usize, cells: &[&Evidence], start: &Excesses, classes: &BTreeMap<CellClass, f64>) {
        let Some(class) = cells.first().map(|cell| cell.class) else { return };
        let ((_, start_db), (_, of_kind_db)) = (moments(start), class.excess_db());
        for _ in 0..ROUNDS {
            let mut weights = start.map(|weight| EXCESS_CELLS * weight);
            let (mut met, mut moved) = (MET * MET_CELLS, MET_CELLS);
            let mut heard = 0.0;
            let mut silences: BTreeMap<CellClass, (f64, f64)> = BTreeMap::new();
            for cell in cells {
                let [as_registered, elsewhere, silent] =
                    cell.joint(&self.excesses[kind], self.silent[&cell.class], self.met[kind]);
                let total = (as_registered + elsewhere + silent).max(f64::MIN_POSITIVE);
                let (sum, count) = silences.entry(cell.class).or_default();
                *sum += silent / total;
                *count += 1.0;
                moved += elsewhere / total;
                if cell.heard {
                    met += elsewhere / total;
                    heard += as_registered / total;
                }
                let averaged = cell.averaged(&self.excesses[kind]).max(f64::MIN_POSITIVE);
                let share = as_registered / total / averaged;
                for (weight, (&before, &likelihood)) in
                    weights.iter_mut().zip(self.excesses[kind].iter().zip(&cell.as_registered))
                {
                    *weight += share * before * f64::from(likelihood);
                }
            }
            // Only the mean is learned: a form that followed each cell would explain every silent one by a wall that no house
            // has. What is not known of the mean widens the form until enough cells are heard.
            let (mean_db, _) = moments(&weights);
            let unknown = (start_db.powi(2) - of_kind_db.powi(2)).max(0.0) * EXCESS_CELLS / (EXCESS_CELLS + heard);
            let deviation_db = (of_kind_db.powi(2) + unknown).sqrt();
            self.excesses[kind] = distributed(mean_db, deviation_db, class.walls_db());
            self.met[kind] = met / moved;
            for (class, (sum, count)) in silences {
                self.silent.insert(class, (SILENCE_CELLS * classes[&class] + sum) / (SILENCE_CELLS + count));
            }
        }
    }

    /// Mean and standard deviation of the excesses of a kind, in dB; zeros where no cell of it was inspected.
    #[must_use]
    pub fn excess_db(&self, kind: usize) -> (f64, f64) {
        moments(&self.excesses[kind])
    }

    /// What is believed of one cell.
    #[must_use]
    pub fn belief(&self, cell: &Evidence, looks: &Looks) -> Belief {
        let weights = &self.excesses[cell.class.kind];
        let silent = self.silent.get(&cell.class).copied().unwrap_or_else(|| cell.class.silent());
        let mut joint = cell.joint(weights, silent, self.met[cell.class.kind]);
        if let Some(of_other) = self.pci_of_other(cell.class.kind, looks).filter(|_| !cell.heard) {
            joint[0] *= of_other + (1.0 - of_other) * cell.own_pci(weights, looks);
            joint[1] *= of_other;
            joint[2] *= of_other;
        }
        let total = joint.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let [as_registered, elsewhere, silent] = joint.map(|probability| probability / total);
        let missed = if cell.heard { 0.0 } else { (cell.averaged(weights) / cell.silent).min(1.0) };
        let more_looks = more_looks(cell, weights, [as_registered, elsewhere, silent], looks);
        Belief { as_registered, elsewhere, silent, missed, more_looks }
    }

    /// Where looks heard the cell's PCI without an identity: the probability that another cell is the cause of them all.
    fn pci_of_other(&self, kind: usize, looks: &Looks) -> Option<f64> {
        let (mean_db, deviation_db) = self.excess_db(kind);
        let best_db = looks.pci_only().map(|(_, other_db)| other_db).max_by(f64::total_cmp)?;
        let unheard = normal_tail((best_db + mean_db + PCI_BELOW_SIB1_DB) / LOOK_DB.hypot(deviation_db));
        Some(1.0 - (1.0 - UNLISTED_PCI) * unheard)
    }
}

/// The least number of further looks, all in vain, after which silence would be settled.
fn more_looks(
    cell: &Evidence,
    weights: &Excesses,
    [as_registered, elsewhere, silent]: [f64; 3],
    looks: &Looks,
) -> Option<u32> {
    if silent >= SETTLED || looks.heard_identity() {
        return None;
    }
    let best_db = looks.all().iter().map(Look::clearance_db).max_by(f64::total_cmp)?;
    let averaged = cell.averaged(weights).max(f64::MIN_POSITIVE);
    (1..=MAX_MORE_LOOKS).find(|&more| {
        let missed: f64 = (0..EXCESSES)
            .map(|i| {
                weights[i] * f64::from(cell.as_registered[i]) / averaged
                    * miss(best_db + excess_db(i)).powi(more as i32)
            })
            .sum();
        silent / (silent + elsewhere + as_registered * missed) >= SETTLED
    })
}

/// The excesses that a kind has before any dwell, with the receiver's place on the scale known.
fn shape(class: CellClass) -> Excesses {
    let (mean_db, deviation_db) = class.excess_db();
    distributed(mean_db, deviation_db, class.walls_db())
}

/// Excesses with a mean and a standard deviation, of which a uniform part of half a width is the walls' and the rest is
/// normal.
fn distributed(mean_db: f64, deviation_db: f64, walls_db: f64) -> Excesses {
    let normal_db = (deviation_db.powi(2) - walls_db.powi(2) / 3.0).max(STEP_DB.powi(2)).sqrt();
    let steps = (walls_db / STEP_DB).round() as i32;
    let at = |db: f64| (-(db / normal_db).powi(2) / 2.0).exp();
    let weight = |i: usize| (-steps..=steps).map(|k| at(excess_db(i) - mean_db - f64::from(k) * STEP_DB)).sum();
    normalised(std::array::from_fn(weight))
}

/// Mean and standard deviation of weighted excesses, in dB; the latter no less than a step. Zeros without any weight.
fn moments(weights: &Excesses) -> (f64, f64) {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return (0.0, 0.0);
    }
    let mean = weights.iter().enumerate().map(|(i, weight)| weight * excess_db(i)).sum::<f64>() / sum;
    let square =
        weights.iter().enumerate().map(|(i, weight)| weight * (excess_db(i) - mean).powi(2)).sum::<f64>() / sum;
    (mean, square.sqrt().max(STEP_DB))
}

fn no_score() -> Vec<f64> {
    vec![0.0; SHIFTS.count()]
}

/// Logarithm of the likelihood of a kind's cells with the receiver at each place on the scale.
fn scores(cells: &[&Evidence], shape: &Excesses) -> Vec<f64> {
    SHIFTS
        .map(|shift| {
            let weights = shifted(shape, shift);
            let of_cell =
                |cell: &&Evidence| cell.joint(&weights, cell.class.silent(), MET).iter().sum::<f64>().max(1e-300).ln();
            cells.iter().map(of_cell).sum()
        })
        .collect()
}

/// The excesses of a kind before its cells are learned from one by one: its shape at every place of the receiver on the
/// scale, as probable as its cells make it, and half as far as those of other kinds do: a path-loss model errs by kind.
fn start(shape: &Excesses, own: &[f64], others: &[f64]) -> Excesses {
    let before: Vec<f64> =
        SHIFTS.map(|shift| 1.0 / (1.0 + (f64::from(shift) * STEP_DB / RECEIVER_DB).powi(2))).collect();
    let posterior = |scores: &[f64], before: &[f64]| -> Vec<f64> {
        let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> =
            scores.iter().zip(before).map(|(score, before)| (score - greatest).exp() * before).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    };
    let of_others = posterior(others, &before);
    let sum: f64 = before.iter().sum();
    let mixed: Vec<f64> = before.iter().zip(&of_others).map(|(before, other)| (before / sum + other) / 2.0).collect();
    let mut start = [0.0; EXCESSES];
    for (shift, weight) in SHIFTS.zip(posterior(own, &mixed)) {
        for (sum, part) in start.iter_mut().zip(shifted(shape, shift)) {
            *sum += weight * part;
        }
    }
    normalised(start)
}

/// The weights moved up by some steps; what leaves the scale is lost.
fn shifted(weights: &Excesses, steps: i32) -> Excesses {
    std::array::from_fn(|i| {
        usize::try_from(i as i32 - steps).ok().and_then(|from| weights.get(from)).copied().unwrap_or(0.0)
    })
}

fn normalised(weights: Excesses) -> Excesses {
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum.max(f64::MIN_POSITIVE))
}
