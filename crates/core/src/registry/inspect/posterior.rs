//! How probable it is that a registered cell is on air as registered, on air elsewhere, or silent.
//!
//! Every cell has an *excess*: its level less the predicted one, in dB. It is the cell's own (wall, power, receiver) and
//! the same in all its looks, while shadowing in a street and fading differ from look to look. A thicker wall would be
//! there every time, so looks are not multiplied as if they were independent: their product is taken at each excess, and
//! then averaged over the excesses that cells of the kind have.
//!
//! A PCI without an identity may be that of another cell; the list says which others nearby have it. One such cell explains
//! all looks that heard the PCI, so they count once.
//!
//! Which excesses a kind has, and which share of a class is silent, is learned from the inspected cells themselves
//! (expectation-maximisation), and starts from [`CellClass`]. Few cells change little of it. The receiver's place on the
//! scale (noise figure, antenna) is first averaged out over what all cells say.

use std::collections::BTreeMap;

use super::{
    evidence::{Evidence, LOOK_DB, PCI_BELOW_SIB1_DB, miss},
    excess::{EXCESSES, Excesses, STEP_DB, distributed, excess_db, moments, normalised, shifted},
    look::{Look, Looks},
    prior::{CellClass, KINDS, RECEIVER_DB},
    prospect::Prospect,
};
use crate::registry::path_loss::normal_tail;

/// Probability that a cell nearby has the PCI of a listed one and is not in the list.
const UNLISTED_PCI: f64 = 0.05;

/// The receiver's place on the scale, in steps: tried from −60 to +30 dB.
const SHIFTS: std::ops::RangeInclusive<i32> = -20..=10;

/// Probability that a cell that stands elsewhere is heard, before any dwell.
const MET: f64 = 0.3;

/// As how many cells what is believed before any dwell counts: of excesses, of silence, and of cells elsewhere.
const EXCESS_CELLS: f64 = 20.0;
const SILENCE_CELLS: f64 = 30.0;
const MET_CELLS: f64 = 5.0;

/// Steps of the learning. It converges in far fewer.
const ROUNDS: usize = 30;

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
    /// `None` where it is settled or five would not.
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
const MAX_MORE_LOOKS: u32 = 5;

/// What was learned of the cells of an inspection.
#[derive(Debug, Clone)]
pub struct Learned {
    excesses: [Excesses; KINDS],
    silent: BTreeMap<CellClass, f64>,
    /// Of each kind, the probability that a cell that stands elsewhere was heard.
    met: [f64; KINDS],
}

impl Learned {
    /// What the evidence of all inspected cells says about excesses and silence.
    #[must_use]
    pub fn from_cells<'a>(cells: impl Iterator<Item = &'a Evidence>) -> Self {
        let mut of_kind: [Vec<&Evidence>; KINDS] = std::array::from_fn(|_| Vec::new());
        cells.for_each(|cell| of_kind[cell.class.kind].push(cell));
        let classes: BTreeMap<CellClass, f64> =
            of_kind.iter().flatten().map(|cell| (cell.class, cell.class.silent())).collect();
        let shapes: [Excesses; KINDS] = std::array::from_fn(|kind| shape(CellClass::of_kind(kind)));
        let scores: [Vec<f64>; KINDS] = std::array::from_fn(|kind| scores(&of_kind[kind], &shapes[kind]));
        let silent = classes.clone();
        let mut learned = Self { excesses: [[0.0; EXCESSES]; KINDS], silent, met: [MET; KINDS] };
        for kind in 0..KINDS {
            let others: Vec<f64> = (0..SHIFTS.count())
                .map(|i| (0..KINDS).filter(|&other| other != kind).map(|other| scores[other][i]).sum())
                .collect();
            let start = start(&shapes[kind], &scores[kind], &others);
            learned.excesses[kind] = start;
            learned.learn(kind, &of_kind[kind], &start, &classes);
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

    /// Mean and standard deviation of the excesses of a kind, in dB; of one without an inspected cell, what the others say.
    #[must_use]
    pub fn excess_db(&self, kind: usize) -> (f64, f64) {
        moments(&self.excesses[kind])
    }

    /// What is believed of one cell.
    #[must_use]
    pub fn belief(&self, cell: &Evidence, looks: &Looks) -> Belief {
        let weights = &self.excesses[cell.class.kind];
        let [as_registered, elsewhere, silent] = self.probabilities(cell, looks);
        let missed = if cell.heard { 0.0 } else { (cell.averaged(weights) / cell.silent).min(1.0) };
        let more_looks = more_looks(cell, weights, [as_registered, elsewhere, silent], looks);
        Belief { as_registered, elsewhere, silent, missed, more_looks }
    }

    /// What further looks at a cell may settle.
    #[must_use]
    pub fn prospect(&self, cell: &Evidence, looks: &Looks) -> Prospect {
        Prospect::new(&self.excesses[cell.class.kind], &cell.as_registered, self.probabilities(cell, looks))
    }

    /// The probabilities that a cell is on air as registered, on air elsewhere, and silent.
    fn probabilities(&self, cell: &Evidence, looks: &Looks) -> [f64; 3] {
        let weights = &self.excesses[cell.class.kind];
        let silent = self.silent.get(&cell.class).copied().unwrap_or_else(|| cell.class.silent());
        let mut joint = cell.joint(weights, silent, self.met[cell.class.kind]);
        if let Some(of_other) = self.pci_of_other(cell.class.kind, looks).filter(|_| !cell.heard) {
            joint[0] *= of_other + (1.0 - of_other) * cell.own_pci(weights, looks);
            joint[1] *= of_other;
            joint[2] *= of_other;
        }
        let total = joint.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        joint.map(|probability| probability / total)
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
    if silent >= SETTLED || cell.heard {
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
