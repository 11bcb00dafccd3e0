//! Where a further level would tell most.

use super::{
    ellipse::Ellipse,
    model::{Model, loss_db},
    plane::{Point, distance_m},
    posterior::{Posterior, Square},
};
use crate::observation::Position;

/// Places about the estimate that are tried: rings of so many directions,
const DIRECTIONS: usize = 12;
/// at these distances, in longer half axes.
const RINGS: [f64; 4] = [0.2, 0.4, 0.7, 1.1];
/// Nearest ring in metres.
const RING_MIN_M: f64 = 40.0;

/// Levels that a pass of a street gives, as good as independent.
const LEVELS_A_PASS: f64 = 3.0;

/// Squares with the most probability that are looked at.
const MAX_SQUARES: usize = 200;

/// A place to drive to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextPlace {
    /// Where; the nearest street is meant.
    pub position: Position,
    /// Part of its area that the ellipse is expected to keep after a pass there.
    pub shrinks_to: f64,
}

/// The point whose levels are expected to shrink the ellipse most, and the part of its area that stays.
///
/// The expected covariance is that of a linear estimator: what the level at the point and the transmitter's place have in
/// common is taken out (Kay, Estimation Theory, §12.3).
pub(super) fn next_place(posterior: &Posterior, model: &Model<'_>, ellipse: &Ellipse) -> Option<(Point, f64)> {
    let mut squares: Vec<&Square> = posterior.squares().iter().collect();
    squares.sort_by(|a, b| b.mass.total_cmp(&a.mass));
    squares.truncate(MAX_SQUARES);
    // All moments are of these squares, so that what is taken out is never more than there is.
    let total: f64 = squares.iter().map(|s| s.mass).sum();
    let mean = |value: &dyn Fn(&Square) -> f64| squares.iter().map(|s| s.mass * value(s)).sum::<f64>() / total;
    let centre = (mean(&|s| s.centre.0), mean(&|s| s.centre.1));
    let (east, north) = (|s: &Square| s.centre.0 - centre.0, |s: &Square| s.centre.1 - centre.1);
    let own = mean(&|s| s.side_m * s.side_m / 12.0);
    let (ee, en, nn) =
        (mean(&|s| east(s).powi(2)) + own, mean(&|s| east(s) * north(s)), mean(&|s| north(s).powi(2)) + own);
    let (n, _, deviation_db) = model.fit(centre);
    let (mut best, before) = (None, ee * nn - en * en);
    let rings = RINGS.iter().flat_map(|ring| {
        let metres = (ring * ellipse.semi_major_m).max(RING_MIN_M);
        (0..DIRECTIONS).map(move |k| {
            let (sin, cos) = (std::f64::consts::TAU * k as f64 / DIRECTIONS as f64).sin_cos();
            (centre.0 + metres * sin, centre.1 + metres * cos)
        })
    });
    for point in rings {
        // The place measured already next to it is the level's reference: power is not known.
        let known =
            model.places().iter().min_by(|a, b| distance_m(a.point, point).total_cmp(&distance_m(b.point, point)))?;
        let level = |s: &Square| n * (loss_db(known.point, s.centre, 0.0) - loss_db(point, s.centre, 0.0));
        let levels: Vec<f64> = squares.iter().map(|s| level(s)).collect();
        let weighed = |value: &dyn Fn(&Square, f64) -> f64| {
            squares.iter().zip(&levels).map(|(s, level)| s.mass * value(s, *level)).sum::<f64>() / total
        };
        let mean_db = weighed(&|_, level| level);
        let variance = weighed(&|_, level| (level - mean_db).powi(2));
        let with_east = weighed(&|s, level| (level - mean_db) * east(s));
        let with_north = weighed(&|s, level| (level - mean_db) * north(s));
        let noise = deviation_db * deviation_db * (1.0 + 1.0 / LEVELS_A_PASS);
        let taken = 1.0 / (variance + noise);
        let left = (ee - with_east * with_east * taken, nn - with_north * with_north * taken);
        let left_between = en - with_east * with_north * taken;
        let part = ((left.0 * left.1 - left_between * left_between).max(0.0) / before).sqrt();
        if best.is_none_or(|(_, least)| part < least) {
            best = Some((point, part));
        }
    }
    best
}
