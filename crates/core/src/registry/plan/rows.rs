//! The rows that are not settled, and what looks at them are worth.
//!
//! A row is settled when it is heard, or when it is missed so often that silence is probable enough. The value of the looks
//! that are planned of it is the probability that they hear it, and where they do not, how far towards settled silence its
//! log-odds have moved: from 0 to 1. So a second look from the same wall is worth less than the first, and one that cannot
//! change anything is worth nothing.

use super::plane::{self, Point};
use crate::{
    locate::plane::Plane,
    observation::Earfcn,
    registry::{
        inspect::{Ahead, INTERMITTENT_OFF, POINTS, Points, Prospect, missed},
        path_loss::{PathLossModel, expected_rsrp_dbm, nominal_noise_dbm},
    },
};

/// Farthest distance from which a row's look is planned, in metres. From farther away, cells are heard too, by chance; plans
/// that count on it settle less.
pub const REACH_M: f32 = 150.0;

/// Steps of the distance in which a level is kept.
const STEP_M: f32 = 5.0;
const STEPS: usize = (REACH_M / STEP_M) as usize + 1;

/// Error of a van's place that is planned for, in metres.
const PLACE_ERROR_M: f64 = 10.0;

/// Least and greatest clearance that is told apart, in dB.
const CLEAR_DB: (i32, i32) = (-60, 120);

/// Days after which what streets can settle is settled.
const DAYS: usize = 4;

/// The least chance of a look at a cell on air that is planned for.
const LEAST_CHANCE_DEVIATIONS: f64 = -1.3;

/// How far the log-odds of silence must move at least: a row is not reported as silent unless it was passed.
const LEAST_AHEAD: f32 = 0.1;

/// The rows that are not settled.
pub struct Rows {
    rows: Vec<Row>,
    /// Levels over the noise by distance, of each kind, bandwidth and channel.
    levels: Vec<[f32; STEPS]>,
    /// Chances that a look misses, by clearance.
    misses: Vec<Points>,
}

#[derive(Clone)]
struct Row {
    at: Point,
    weight: f32,
    level: u32,
    /// What SIB1 needs at its place, in dB.
    needed_db: f32,
    /// Least clearance that is planned for, in dB.
    least_db: f32,
    /// On air as registered and not heard in earlier occasions, at each excess.
    on_air: Points,
    /// The chance that this occasion's looks missed it where it was on.
    missed: Points,
    elsewhere: f32,
    silent: f32,
    /// How far the log-odds of silence are from settled, before any look of the plan; infinite where no look settles it.
    ahead: f32,
    /// Value of what is planned.
    value: f32,
    /// Probability that what is planned settles it.
    settled: f32,
}

impl Rows {
    /// The rows with a prospect. `weights` are the accounts' priorities.
    pub fn new(ahead: &Ahead, weights: &[f32], plane: &Plane, model: PathLossModel) -> Self {
        let misses = (CLEAR_DB.0..=CLEAR_DB.1).map(|db| missed(f64::from(db))).collect();
        let (mut rows, mut levels, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (account, prospect)) in ahead.inspection.accounts.iter().zip(&ahead.prospects).enumerate() {
            let cell = &account.cell;
            let (Some(prospect), Some(place), Some(earfcn)) = (prospect, cell.place, cell.earfcn) else { continue };
            let Some(channel) = Earfcn::new(earfcn) else { continue };
            let kind = (cell.kind, cell.bandwidth, earfcn, place.error_m as u32);
            let level = kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                kinds.push(kind);
                levels.push(std::array::from_fn(|step| {
                    let likely_m = f64::from(step as f32 * STEP_M).hypot(PLACE_ERROR_M).hypot(place.error_m);
                    let hz = channel.frequency().0;
                    (expected_rsrp_dbm(cell.kind, cell.bandwidth, model, hz, likely_m) - nominal_noise_dbm()) as f32
                }));
                kinds.len() - 1
            });
            let weight = weights.get(number).copied().unwrap_or(1.0);
            rows.push(Row::new(prospect, plane::point(plane, place), weight, level, ahead.needed.db(earfcn, place)));
        }
        Self { rows, levels, misses }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn at(&self, row: usize) -> Point {
        self.rows[row].at
    }

    /// Clearance of a look at a row from a distance, as a number that [`Self::gain`] understands; `None` where it is not worth
    /// planning for.
    pub fn clearance(&self, row: usize, distance_m: f32) -> Option<u8> {
        let row = &self.rows[row];
        let level_db = *self.levels[row.level as usize].get((distance_m / STEP_M).round() as usize)?;
        let clear_db = level_db - row.needed_db;
        (clear_db >= row.least_db).then(|| ((clear_db.round() as i32).clamp(CLEAR_DB.0, CLEAR_DB.1) - CLEAR_DB.0) as u8)
    }

    /// What one more look at a row is worth, with its priority.
    pub fn gain(&self, row: usize, clearance: u8) -> f32 {
        let row = &self.rows[row];
        let (value, _) = row.worth(&row.missed_after(&self.misses[usize::from(clearance)]));
        row.weight * (value - row.value)
    }

    /// Plans a look. Gives by how much the expected number of settled rows rises.
    pub fn look(&mut self, row: usize, clearance: u8) -> f32 {
        let row = &mut self.rows[row];
        row.missed = row.missed_after(&self.misses[usize::from(clearance)]);
        let before = row.settled;
        (row.value, row.settled) = row.worth(&row.missed);
        row.settled - before
    }

    /// Begins another occasion, hours later: a box that was off may be on.
    pub fn begin_occasion(&mut self) {
        for row in &mut self.rows {
            row.on_air = row.unheard(&row.missed);
            row.missed = [1.0; POINTS];
            (row.value, row.settled) = row.worth(&row.missed);
        }
    }

    /// Takes the chance that a look misses into those of others.
    pub fn miss(&self, clearance: u8, missed: &mut Points) {
        let look = &self.misses[usize::from(clearance)];
        missed.iter_mut().zip(look).for_each(|(missed, look)| *missed *= look);
    }

    /// Probability that some days' looks settle a row, each day's missing it with these chances.
    pub fn settled_by(&self, row: usize, missed: &Points) -> f32 {
        let mut row = self.rows[row].clone();
        for _ in 1..DAYS {
            row.on_air = row.unheard(missed);
        }
        row.worth(missed).1
    }
}

impl Row {
    fn new(prospect: &Prospect, at: Point, weight: f32, level: usize, needed_db: f64) -> Self {
        let (mean_db, deviation_db) = prospect.excess_db();
        let Prospect { on_air, elsewhere, silent } = *prospect;
        let others = 1.0 - silent;
        // Without an end to looks, those elsewhere remain beside the silent ones.
        let can_settle = silent > elsewhere * Prospect::settled_odds();
        Self {
            at,
            weight,
            level: level as u32,
            needed_db: needed_db as f32,
            least_db: (LEAST_CHANCE_DEVIATIONS * deviation_db.hypot(6.5) - mean_db) as f32,
            on_air,
            missed: [1.0; POINTS],
            elsewhere,
            silent,
            ahead: if can_settle {
                (Prospect::settled_odds() * others / silent).ln().max(LEAST_AHEAD)
            } else {
                f32::INFINITY
            },
            value: 0.0,
            settled: 0.0,
        }
    }

    fn missed_after(&self, look: &Points) -> Points {
        std::array::from_fn(|i| self.missed[i] * look[i])
    }

    /// On air and not heard, at each excess, where this occasion's looks miss with these chances.
    fn unheard(&self, missed: &Points) -> Points {
        const OFF: f32 = INTERMITTENT_OFF as f32;
        std::array::from_fn(|i| self.on_air[i] * (OFF + (1.0 - OFF) * missed[i]))
    }

    /// Value of looks that miss with these chances, and the probability that they settle the row.
    fn worth(&self, missed: &Points) -> (f32, f32) {
        let unheard: f32 = self.unheard(missed).iter().sum();
        let others = 1.0 - self.silent;
        let left = unheard + self.elsewhere;
        let moved = (others / left.max(f32::MIN_POSITIVE)).ln();
        let progress = (moved / self.ahead).clamp(0.0, 1.0);
        let heard = (others - left).max(0.0);
        let settled = if progress >= 1.0 { 1.0 } else { heard };
        (heard + (1.0 - heard) * progress, settled)
    }
}
