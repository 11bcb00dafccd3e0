//! Excesses: by how much the level of a cell exceeds the predicted one, in dB.

/// Excesses: the least, their step and their number.
const LEAST_DB: f64 = -90.0;
pub const STEP_DB: f64 = 3.0;
pub const EXCESSES: usize = 56;

/// A weight or a likelihood of each excess.
pub type Excesses = [f64; EXCESSES];

/// Level of the excess with an index.
pub fn excess_db(index: usize) -> f64 {
    LEAST_DB + STEP_DB * index as f64
}

/// Excesses with a mean and a standard deviation, of which a uniform part of half a width is the walls' and the rest is
/// normal.
pub fn distributed(mean_db: f64, deviation_db: f64, walls_db: f64) -> Excesses {
    let normal_db = (deviation_db.powi(2) - walls_db.powi(2) / 3.0).max(STEP_DB.powi(2)).sqrt();
    let steps = (walls_db / STEP_DB).round() as i32;
    let at = |db: f64| (-(db / normal_db).powi(2) / 2.0).exp();
    let weight = |i: usize| (-steps..=steps).map(|k| at(excess_db(i) - mean_db - f64::from(k) * STEP_DB)).sum();
    normalised(std::array::from_fn(weight))
}

/// Mean and standard deviation of weighted excesses, in dB; the latter no less than a step. Zeros without any weight.
pub fn moments(weights: &Excesses) -> (f64, f64) {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return (0.0, 0.0);
    }
    let mean = weights.iter().enumerate().map(|(i, weight)| weight * excess_db(i)).sum::<f64>() / sum;
    let square =
        weights.iter().enumerate().map(|(i, weight)| weight * (excess_db(i) - mean).powi(2)).sum::<f64>() / sum;
    (mean, square.sqrt().max(STEP_DB))
}

/// The weights moved up by some steps; what leaves the scale is lost.
pub fn shifted(weights: &Excesses, steps: i32) -> Excesses {
    std::array::from_fn(|i| {
        usize::try_from(i as i32 - steps).ok().and_then(|from| weights.get(from)).copied().unwrap_or(0.0)
    })
}

/// The weights with a sum of 1.
pub fn normalised(weights: Excesses) -> Excesses {
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum.max(f64::MIN_POSITIVE))
}
