//! What further looks may be expected to settle: of one cell that is not settled yet, or of one that no dwell passed.

use super::{
    SETTLED,
    evidence::LOOK_DB,
    excess::{EXCESSES, Excesses, excess_db},
};
use crate::registry::path_loss::normal_tail;

/// Excesses of a prospect: two of a posterior's are one of these.
pub const POINTS: usize = EXCESSES / 2;

/// A number for each of a prospect's excesses.
pub type Points = [f32; POINTS];

/// What is believed of a cell that is not settled, as far as it decides what another look is worth. All add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prospect {
    /// It is on air as registered, and has this excess.
    pub on_air: Points,
    /// It is on air elsewhere.
    pub elsewhere: f32,
    /// It is silent.
    pub silent: f32,
}

impl Prospect {
    pub(super) fn new(weights: &Excesses, likelihoods: &[f32; EXCESSES], joint: [f64; 3]) -> Self {
        let [as_registered, elsewhere, silent] = joint;
        let of_cell = |i: usize| weights[i] * f64::from(likelihoods[i]);
        let sum = (0..EXCESSES).map(of_cell).sum::<f64>().max(f64::MIN_POSITIVE);
        let point = |i: usize| as_registered * (of_cell(2 * i) + of_cell(2 * i + 1)) / sum;
        Self { on_air: std::array::from_fn(|i| point(i) as f32), elsewhere: elsewhere as f32, silent: silent as f32 }
    }

    /// Odds that silence must have over all else to be settled.
    #[must_use]
    pub fn settled_odds() -> f32 {
        (SETTLED / (1.0 - SETTLED)) as f32
    }

    /// Mean and standard deviation of the excess of such a cell on air, in dB; zeros where it cannot be on air.
    #[must_use]
    pub fn excess_db(&self) -> (f64, f64) {
        let sum: f64 = self.on_air.iter().map(|&p| f64::from(p)).sum();
        if sum <= 0.0 {
            return (0.0, 0.0);
        }
        let weighted = |f: &dyn Fn(f64) -> f64| -> f64 {
            self.on_air.iter().enumerate().map(|(i, &p)| f64::from(p) * f(point_db(i))).sum::<f64>() / sum
        };
        let mean_db = weighted(&|db| db);
        (mean_db, weighted(&|db| (db - mean_db).powi(2)).sqrt())
    }
}

/// Probability that a look with this clearance misses a cell on air, at each excess.
#[must_use]
pub fn missed(clearance_db: f64) -> Points {
    std::array::from_fn(|i| normal_tail((clearance_db + point_db(i)) / LOOK_DB) as f32)
}

fn point_db(index: usize) -> f64 {
    (excess_db(2 * index) + excess_db(2 * index + 1)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_stands_for_its_two_excesses() {
        let mut weights = [0.0; EXCESSES];
        (weights[30], weights[31], weights[40]) = (0.25, 0.25, 0.5);
        let prospect = Prospect::new(&weights, &[1.0; EXCESSES], [0.8, 0.15, 0.05]);
        assert!((prospect.on_air[15] - 0.4).abs() < 1e-6 && (prospect.on_air[20] - 0.4).abs() < 1e-6);
        let (mean_db, deviation_db) = prospect.excess_db();
        assert!((mean_db - (point_db(15) + point_db(20)) / 2.0).abs() < 1e-4 && (deviation_db - 15.0).abs() < 1e-3);
        let miss = missed(-point_db(15));
        assert!((miss[15] - 0.5).abs() < 1e-6 && miss[20] < 1e-4 && miss[0] > 0.999, "{miss:?}");
    }
}
