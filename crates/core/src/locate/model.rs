//! How likely the levels are for a transmitter at a point, whatever its power, exponent and shadowing.
//!
//! For given exponent and correlation, power (flat prior) and shadowing variance (scaled inverse chi-square prior) are
//! integrated out in closed form: what is left is a Student t of the residual's weighed sum of squares (Gelman et al.,
//! Bayesian Data Analysis, §14.7). Exponents and correlation lengths are summed over a few values each.

use super::{
    levels::LevelPlace,
    plane::{Point, distance_m},
};

/// Height of the antennas over each other and the like: no transmitter is nearer than this, in metres.
pub(super) const NEAREST_M: f64 = 8.0;

/// Path-loss exponents with their weights: 3.3 ± 0.8. 3GPP TR 36.814 Table A.2.1.1.2-3 has 2.2 with and 3.7 without line
/// of sight, TR 36.942 §4.5.2 3.76.
const EXPONENTS: [(f64, f64); 7] =
    [(2.0, 0.27), (2.5, 0.61), (3.0, 0.93), (3.5, 0.97), (4.0, 0.68), (4.5, 0.32), (5.0, 0.10)];

/// Distances in metres over which shadowing falls to 1/e, equally likely: TR 36.814 Table B.1.2.2.1-4 has 10 m to 50 m for
/// urban micro and macro cells.
const CORRELATION_M: [f64; 3] = [5.0, 20.0, 60.0];

/// Part of the levels' variance that each place has for itself: fading that is left and errors of the receiver.
const OWN_PART: f64 = 0.2;

/// Shadowing in dB: 6, as good as known from 5 levels. TR 36.814 Table A.2.1.1.2-3 has 3 to 10 dB.
const SHADOWING_DB: f64 = 6.0;
const SHADOWING_LEVELS: f64 = 5.0;

/// What is left of that where the transmitter goes with the receiver: fading, and other cars between.
const WITH_RECEIVER_DB: f64 = 2.5;

/// Entries of an inverse correlation matrix below this part of the diagonal are left out.
const NEGLIGIBLE: f64 = 1e-7;

/// Range of powers that are possible, in dB: it weighs a hypothesis with one power against one with two.
const POWERS_DB: f64 = 60.0;

/// The levels, made ready for any number of points.
pub(super) struct Model<'a> {
    places: &'a [LevelPlace],
    correlations: Vec<Correlation>,
}

/// One correlation length's part.
struct Correlation {
    /// The inverse correlation matrix where it is not as good as zero, the mean projected out by `sums`: row, column,
    /// weight; of two equal entries one with both weights.
    entries: Vec<(usize, usize, f64)>,
    /// The inverse's sums of rows, over the root of their sum.
    sums: Vec<f64>,
    /// The inverse, mean projected out, times the levels.
    weighed_levels: Vec<f64>,
    /// The levels' own sum of squares.
    levels_square: f64,
    /// What does not depend on the point, as a logarithm.
    log_constant: f64,
}

impl<'a> Model<'a> {
    pub fn new(places: &'a [LevelPlace]) -> Self {
        let correlations = CORRELATION_M.iter().map(|&metres| Correlation::new(places, metres)).collect();
        Self { places, correlations }
    }

    pub fn places(&self) -> &'a [LevelPlace] {
        self.places
    }

    /// Logarithm of the levels' likelihood for a transmitter at a point.
    pub fn log_likelihood(&self, point: Point) -> f64 {
        let losses = self.losses(point);
        let half = (SHADOWING_LEVELS + self.places.len() as f64 - 1.0) / 2.0;
        let prior = SHADOWING_LEVELS * SHADOWING_DB * SHADOWING_DB;
        let weight: f64 = EXPONENTS.iter().map(|(_, weight)| weight).sum();
        let mut sum = LogSum::default();
        for correlation in &self.correlations {
            let (cross, square) = correlation.of(&losses);
            for (n, n_weight) in EXPONENTS {
                let residual = correlation.levels_square + 2.0 * n * cross + n * n * square;
                let log = correlation.log_constant - half * (prior + residual.max(0.0)).ln();
                sum.add(log + (n_weight / weight / CORRELATION_M.len() as f64).ln());
            }
        }
        sum.value()
    }

    /// Logarithm of the levels' likelihood where they do not depend on any place.
    pub fn log_evidence_with_receiver(&self) -> f64 {
        let n = self.places.len() as f64;
        let mean = self.places.iter().map(|p| p.level_db).sum::<f64>() / n;
        let residual: f64 = self.places.iter().map(|p| (p.level_db - mean).powi(2)).sum();
        let prior = SHADOWING_LEVELS * WITH_RECEIVER_DB * WITH_RECEIVER_DB;
        let half = (SHADOWING_LEVELS + n - 1.0) / 2.0;
        log_constant(self.places.len(), n, 0.0, WITH_RECEIVER_DB) - half * (prior + residual).ln()
    }

    /// The exponent, the level 1 m away and the standard deviation about it that fit best for a point.
    pub fn fit(&self, point: Point) -> (f64, f64, f64) {
        let losses = self.losses(point);
        let count = self.places.len() as f64;
        let freedom = SHADOWING_LEVELS + count - 1.0;
        let prior = SHADOWING_LEVELS * SHADOWING_DB * SHADOWING_DB;
        let mut best = (f64::NEG_INFINITY, EXPONENTS[0].0, 0.0);
        for correlation in &self.correlations {
            let (cross, square) = correlation.of(&losses);
            for (n, weight) in EXPONENTS {
                let sum = prior + (correlation.levels_square + 2.0 * n * cross + n * n * square).max(0.0);
                let log = correlation.log_constant - freedom / 2.0 * sum.ln() + weight.ln();
                if log > best.0 {
                    best = (log, n, (sum / freedom).sqrt());
                }
            }
        }
        let (_, n, deviation_db) = best;
        let level_db = self.places.iter().zip(&losses).map(|(p, loss)| p.level_db + n * loss).sum::<f64>() / count;
        (n, level_db, deviation_db)
    }

    /// 10·log10 of the distance to each place.
    fn losses(&self, point: Point) -> Vec<f64> {
        self.places.iter().map(|place| loss_db(place.point, point, place.error_m)).collect()
    }
}

impl Correlation {
    fn new(places: &[LevelPlace], metres: f64) -> Self {
        let n = places.len();
        let entry = |i: usize, j: usize| {
            let shared = (1.0 - OWN_PART) * (-distance_m(places[i].point, places[j].point) / metres).exp();
            shared + if i == j { OWN_PART } else { 0.0 }
        };
        let (inverse, log_determinant) = inverse((0..n * n).map(|at| entry(at / n, at % n)).collect(), n);
        let sums: Vec<f64> = inverse.chunks(n).map(|row| row.iter().sum()).collect();
        let total: f64 = sums.iter().sum();
        let projected = |at: usize| inverse[at] - sums[at / n] * sums[at % n] / total;
        let weighed = |i: usize| places.iter().enumerate().map(|(j, p)| projected(i * n + j) * p.level_db).sum::<f64>();
        let weighed_levels: Vec<f64> = (0..n).map(weighed).collect();
        let levels_square = weighed_levels.iter().zip(places).map(|(w, place)| w * place.level_db).sum();
        let log_constant = log_constant(n, total, log_determinant, SHADOWING_DB);
        // Places far along the drive say nothing of each other beyond those between them.
        let counts = |i: usize, j: usize| inverse[i * n + j].abs() > NEGLIGIBLE * inverse[i * n + i];
        let below = (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))).filter(|&(i, j)| counts(i, j));
        let entries = below.map(|(i, j)| (i, j, if i == j { 1.0 } else { 2.0 } * inverse[i * n + j])).collect();
        let sums = sums.iter().map(|sum| sum / total.sqrt()).collect();
        Self { entries, sums, weighed_levels, levels_square, log_constant }
    }

    /// Weighed products of the losses with the levels and with themselves.
    fn of(&self, losses: &[f64]) -> (f64, f64) {
        let (mut cross, mut mean, mut square) = (0.0, 0.0, 0.0);
        for &(i, j, weight) in &self.entries {
            square += weight * losses[i] * losses[j];
        }
        for ((loss, level), sum) in losses.iter().zip(&self.weighed_levels).zip(&self.sums) {
            cross += level * loss;
            mean += sum * loss;
        }
        (cross, square - mean * mean)
    }
}

/// 10·log10 of the distance in metres between two points, one of them in error by so much.
pub(super) fn loss_db(a: Point, b: Point, error_m: f64) -> f64 {
    // Half the logarithm of the square: roots are what takes time here.
    let (east_m, north_m) = (a.0 - b.0, a.1 - b.1);
    5.0 * (east_m * east_m + north_m * north_m + NEAREST_M * NEAREST_M + error_m * error_m).log10()
}

/// The factors of the Student t that depend on no point.
fn log_constant(n: usize, total_weight: f64, log_determinant: f64, prior_db: f64) -> f64 {
    let prior = SHADOWING_LEVELS * prior_db * prior_db;
    let freedom = n as f64 - 1.0;
    ln_gamma_half(SHADOWING_LEVELS as u32 + n as u32 - 1) - ln_gamma_half(SHADOWING_LEVELS as u32)
        + SHADOWING_LEVELS / 2.0 * prior.ln()
        - freedom / 2.0 * std::f64::consts::PI.ln()
        - log_determinant / 2.0
        - total_weight.ln() / 2.0
        - POWERS_DB.ln()
}

/// ln Γ(k/2), by Γ(x + 1) = x·Γ(x) from Γ(1/2) = √π and Γ(1) = 1.
fn ln_gamma_half(k: u32) -> f64 {
    let (start, from) = if k.is_multiple_of(2) { (0.0, 2) } else { (std::f64::consts::PI.ln() / 2.0, 1) };
    start + (from..k).step_by(2).map(|j| (f64::from(j) / 2.0).ln()).sum::<f64>()
}

/// Inverse and logarithm of the determinant of a positive definite matrix, by Gauss and Jordan; such a matrix needs no
/// pivots. The own part of the variance keeps it well conditioned.
fn inverse(mut a: Vec<f64>, n: usize) -> (Vec<f64>, f64) {
    let mut log_determinant = 0.0;
    for k in 0..n {
        let pivot = a[k * n + k];
        log_determinant += pivot.ln();
        for j in 0..n {
            a[k * n + j] /= pivot;
        }
        a[k * n + k] = 1.0 / pivot;
        for i in (0..n).filter(|&i| i != k) {
            let factor = a[i * n + k];
            a[i * n + k] = 0.0;
            for j in 0..n {
                a[i * n + j] -= factor * a[k * n + j];
            }
        }
    }
    (a, log_determinant)
}

/// Logarithm of a sum of numbers given by their logarithms.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogSum {
    greatest: f64,
    scaled: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { greatest: f64::NEG_INFINITY, scaled: 0.0 }
    }
}

impl LogSum {
    pub fn add(&mut self, log: f64) {
        if log > self.greatest {
            self.scaled = self.scaled * (self.greatest - log).exp() + 1.0;
            self.greatest = log;
        } else {
            self.scaled += (log - self.greatest).exp();
        }
    }

    pub fn value(self) -> f64 {
        self.greatest + self.scaled.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_is_one() {
        let a = vec![4.0, 1.0, 0.5, 1.0, 3.0, 0.25, 0.5, 0.25, 2.0];
        let (b, log_determinant) = inverse(a.clone(), 3);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| a[i * 3 + k] * b[k * 3 + j]).sum();
                assert!((product - if i == j { 1.0 } else { 0.0 }).abs() < 1e-12);
            }
        }
        // 4·(6 - 1/16) - (2 - 1/8) + 0.5·(1/4 - 3/2)
        assert!((log_determinant.exp() - 21.25).abs() < 1e-9, "{}", log_determinant.exp());
    }

    #[test]
    fn the_products_are_those_of_the_whole_matrix() {
        let place = |i: u32| LevelPlace {
            point: (35.0 * f64::from(i % 8), 35.0 * f64::from(i / 8)),
            level_db: -60.0 - f64::from(i * i % 11),
            error_m: 5.0,
            count: 1.0,
        };
        let places: Vec<LevelPlace> = (0..24).map(place).collect();
        let losses = Model::new(&places).losses((100.0, 140.0));
        for metres in CORRELATION_M {
            let n = places.len();
            let shared = |i: usize, j: usize| (-distance_m(places[i].point, places[j].point) / metres).exp();
            let entry = |i: usize, j: usize| if i == j { 1.0 } else { (1.0 - OWN_PART) * shared(i, j) };
            let (inverse, _) = inverse((0..n * n).map(|at| entry(at / n, at % n)).collect(), n);
            let product = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| {
                (0..n * n).map(|at| a(at / n) * inverse[at] * b(at % n)).sum::<f64>()
            };
            let (one, loss) = (|_: usize| 1.0, |i: usize| losses[i]);
            let level = |i: usize| places[i].level_db;
            let projected = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| {
                product(a, b) - product(a, &one) * product(&one, b) / product(&one, &one)
            };
            let (cross, square) = Correlation::new(&places, metres).of(&losses);
            assert!((square / projected(&loss, &loss) - 1.0).abs() < 1e-4, "{metres} m");
            assert!((cross - projected(&level, &loss)).abs() < 1e-6 * square, "{metres} m");
        }
    }

    #[test]
    fn gamma_at_halves() {
        for (k, gamma) in [(1, std::f64::consts::PI.sqrt()), (2, 1.0), (4, 1.0), (5, 1.329_340_388), (10, 24.0)] {
            assert!((ln_gamma_half(k).exp() - gamma).abs() < 1e-6, "Γ({k}/2)");
        }
    }

    #[test]
    fn the_place_that_the_levels_come_from_is_the_likeliest() {
        let places: Vec<LevelPlace> = (0..12)
            .map(|i| {
                let point = (60.0 * f64::from(i), if i < 6 { 0.0 } else { 200.0 });
                let level_db = -35.0 * distance_m(point, (300.0, 90.0)).hypot(NEAREST_M).log10();
                LevelPlace { point, level_db, error_m: 0.0, count: 1.0 }
            })
            .collect();
        let model = Model::new(&places);
        let there = model.log_likelihood((300.0, 90.0));
        for other in [(300.0, -90.0), (200.0, 90.0), (300.0, 200.0), (2000.0, 0.0)] {
            assert!(model.log_likelihood(other) < there - 3.0, "{other:?}");
        }
        let (n, level_db, _) = model.fit((300.0, 90.0));
        assert!((n - 3.5).abs() < 1e-9 && level_db.abs() < 1e-6, "{n}, {level_db}");
    }
}
