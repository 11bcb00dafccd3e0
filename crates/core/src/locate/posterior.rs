//! The probability of each point of the ground, over squares that are small where it matters.

use super::{
    model::{LogSum, Model},
    plane::{Point, distance_m},
};

/// How far beyond the places a transmitter may be, in metres: a macro cell's radius.
const REACH_M: f64 = 3_000.0;

/// Distance from the drive at which a transmitter gets unlikelier: what can be heard is mostly near,
const NEAR_M: f64 = 70.0;

/// and by which power of the distance's square. Half of all are within 200 m of one place then, and a tenth is beyond 1.2
/// km, so that levels that hardly change are not taken for those of something near.
const NEAR_POWER: f64 = 1.25;

/// Part of the probability that the moments are taken of, the likeliest first: the far tail would draw the mean away.
const CORE: f64 = 0.9;

/// Squares are at first at most this large, or this part of the distance to the nearest place: so fast the levels change.
const FIRST_M: f64 = 40.0;
const FIRST_PART: f64 = 0.6;

/// Squares are divided while they hold more than this part of the probability,
const MAX_PART: f64 = 0.004;

/// and are larger than this in metres,
const SIDE_MIN_M: f64 = 6.0;

/// and this often.
const ROUNDS: usize = 4;

/// A square of the ground with its probability.
#[derive(Debug, Clone, Copy)]
pub(super) struct Square {
    pub centre: Point,
    pub side_m: f64,
    /// Logarithm of likelihood, prior and area, then the probability.
    pub mass: f64,
}

/// Where the transmitter may be.
pub(super) struct Posterior {
    /// The densest first.
    squares: Vec<Square>,
    /// How many of them hold [`CORE`].
    core: usize,
    log_evidence: f64,
}

impl Posterior {
    pub fn new(model: &Model<'_>) -> Self {
        let mut squares = first(model);
        let mut total = weigh(&squares);
        for _ in 0..ROUNDS {
            let is_large = |s: &Square| s.side_m > SIDE_MIN_M && (s.mass - total).exp() > MAX_PART;
            let (large, small): (Vec<Square>, Vec<Square>) = squares.into_iter().partition(is_large);
            let done = large.is_empty();
            squares = small;
            squares.extend(
                large.iter().flat_map(|s| quarters(s.centre, s.side_m)).map(|(c, side)| square(model, c, side)),
            );
            total = weigh(&squares);
            if done {
                break;
            }
        }
        let prior = weigh_prior(model);
        for square in &mut squares {
            square.mass = (square.mass - total).exp();
        }
        let density = |s: &Square| s.mass / (s.side_m * s.side_m);
        squares.sort_by(|a, b| density(b).total_cmp(&density(a)));
        let mut held = 0.0;
        let core = squares.iter().take_while(|s| {
            held += s.mass;
            held - s.mass < CORE
        });
        Self { core: core.count(), squares, log_evidence: total - prior }
    }

    /// The squares; their masses sum to one.
    pub fn squares(&self) -> &[Square] {
        &self.squares
    }

    /// Logarithm of the levels' likelihood over all points.
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Mean and covariance (east-east, east-north, north-north) of the place, of the likeliest [`CORE`].
    pub fn moments(&self) -> (Point, [f64; 3]) {
        let (mut total, mut sum, mut covariance) = (0.0, (0.0, 0.0), [0.0; 3]);
        let core = &self.squares[..self.core];
        for s in core {
            total += s.mass;
            sum = (sum.0 + s.mass * s.centre.0, sum.1 + s.mass * s.centre.1);
        }
        let mean = (sum.0 / total, sum.1 / total);
        for s in core {
            let (east, north) = (s.centre.0 - mean.0, s.centre.1 - mean.1);
            let own = s.side_m * s.side_m / 12.0;
            covariance[0] += s.mass * (east * east + own) / total;
            covariance[1] += s.mass * east * north / total;
            covariance[2] += s.mass * (north * north + own) / total;
        }
        (mean, covariance)
    }
}

/// Probability density of a point before any level, up to a factor.
fn prior(model: &Model<'_>, point: Point) -> f64 {
    (1.0 + (nearest_m(model, point) / NEAR_M).powi(2)).powf(-NEAR_POWER)
}

fn nearest_m(model: &Model<'_>, point: Point) -> f64 {
    model.places().iter().map(|place| distance_m(place.point, point)).fold(f64::INFINITY, f64::min)
}

fn square(model: &Model<'_>, centre: Point, side_m: f64) -> Square {
    let mass = model.log_likelihood(centre) + (prior(model, centre) * side_m * side_m).ln();
    Square { centre, side_m, mass }
}

fn weigh(squares: &[Square]) -> f64 {
    let mut sum = LogSum::default();
    squares.iter().for_each(|s| sum.add(s.mass));
    sum.value()
}

/// Logarithm of the prior's own sum, over the same ground.
fn weigh_prior(model: &Model<'_>) -> f64 {
    tiles(model).iter().map(|(centre, side_m)| prior(model, *centre) * side_m * side_m).sum::<f64>().ln()
}

fn first(model: &Model<'_>) -> Vec<Square> {
    tiles(model).into_iter().map(|(centre, side_m)| square(model, centre, side_m)).collect()
}

/// The ground in squares as large as the distance to the places allows.
fn tiles(model: &Model<'_>) -> Vec<(Point, f64)> {
    let bound = |pick: fn(&Point) -> f64| {
        let values = || model.places().iter().map(move |place| pick(&place.point));
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    };
    let (east, north) = (bound(|p| p.0), bound(|p| p.1));
    let side_m = (east.1 - east.0).max(north.1 - north.0) + 2.0 * REACH_M;
    let mut open = vec![(((east.0 + east.1) / 2.0, (north.0 + north.1) / 2.0), side_m)];
    let mut tiles = Vec::new();
    while let Some((centre, side_m)) = open.pop() {
        if side_m <= FIRST_M.max(FIRST_PART * nearest_m(model, centre)) {
            tiles.push((centre, side_m));
        } else {
            open.extend(quarters(centre, side_m));
        }
    }
    tiles
}

fn quarters((east, north): Point, side_m: f64) -> [(Point, f64); 4] {
    let quarter = side_m / 4.0;
    [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)]
        .map(|(e, n)| ((east + e * quarter, north + n * quarter), side_m / 2.0))
}
