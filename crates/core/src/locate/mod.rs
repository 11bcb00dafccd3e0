//! Where a transmitter is, from the levels along a drive.
//!
//! In: places with the level there, the receiver's gain removed. Out: a place with its 90 % ellipse and where to drive
//! next; or that no fixed place explains the levels, as the transmitter goes with the receiver or moves by itself. And
//! the footprint: where it was stronger than the cell that phones there were on.
//!
//! The model is the usual one: level = power - 10·n·log10(distance) + shadowing, with shadowing correlated over the ground
//! (Gudmundson, Electronics Letters 27, 1991). Power, exponent n, and the shadowing's spread and correlation length are
//! unknown and integrated out, so that the ellipse holds what is not known of them too. Pure functions: no file, clock
//! or thread.

mod ellipse;
pub mod footprint;
mod levels;
mod model;
mod next;
mod outline;
pub mod plane;
mod posterior;

pub use ellipse::Ellipse;
pub use footprint::{Coverage, FootprintPart};
pub use levels::Levels;
pub use next::NextPlace;

use crate::observation::Position;
use model::Model;
use posterior::Posterior;

/// Probability that the ellipse stands for.
pub const CONFIDENCE: f64 = 0.9;

/// Fewest places with a level: below, nearly everything fits.
pub const PLACES_MIN: usize = 4;

/// Shortest way between the places that lie farthest apart, in metres.
pub const EXTENT_MIN_M: f64 = 60.0;

/// How many times likelier one explanation has to be than a fixed place, as a logarithm: a hundred times, since cells that
/// move are rare, and one that stands far off in the open is as even as one that rides along.
const LIKELIER: f64 = 4.6;

/// The same where it was found that the cell leads all others while they come and go, which the levels of one cell alone
/// cannot say: likelier than a tenth.
const LIKELIER_IF_FOUND: f64 = -2.3;

/// What the levels say of a transmitter's place.
#[derive(Debug, Clone, PartialEq)]
pub enum Whereabouts {
    /// Too few places, or too near each other, to say anything.
    TooFew {
        /// Places with a level.
        places: usize,
        /// The greatest distance between two of them in metres.
        extent_m: f64,
    },
    /// It stands.
    Fixed(Fix),
    /// It goes with the receiver.
    WithReceiver {
        /// How many times likelier that is than any fixed place, as a decimal logarithm.
        log10_ratio: f64,
        /// Spread of the levels in dB.
        spread_db: f64,
    },
    /// It moves, but not with the receiver: one place explains one half of the drive, another the other.
    Moving {
        /// How many times likelier that is than one fixed place, as a decimal logarithm.
        log10_ratio: f64,
    },
}

/// A transmitter that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The mean of the places, weighed by how likely they are; its error is the root of the mean square over both axes.
    pub position: Position,
    /// Where it is with [`CONFIDENCE`].
    pub ellipse: Ellipse,
    /// Path-loss exponent that fits best at that place.
    pub exponent: f64,
    /// Level that the fit gives 1 m away, in the unit of the levels.
    pub level_at_1_m_db: f64,
    /// Standard deviation of the levels about the fit.
    pub shadowing_db: f64,
    /// Places with a level.
    pub places: usize,
    /// Where a further level would tell most.
    pub next: Option<NextPlace>,
}

impl Fix {
    /// The level that the fit predicts at a place, and the weaker the farther: in the unit of the levels.
    #[must_use]
    pub fn level_at(&self, place: &Position) -> f64 {
        let distance_m = self.position.distance_m(place).hypot(model::NEAREST_M);
        self.level_at_1_m_db - 10.0 * self.exponent * distance_m.log10()
    }
}

/// Where a transmitter is that was received with these levels. `found_co_moving` says whether a rule that looks at the
/// other cells too found it to go with the receiver.
#[must_use]
pub fn locate(levels: &Levels, found_co_moving: bool) -> Whereabouts {
    let (places, extent_m) = (levels.places().len(), levels.extent_m());
    if places < PLACES_MIN || extent_m < EXTENT_MIN_M {
        return Whereabouts::TooFew { places, extent_m };
    }
    let model = Model::new(levels.places());
    let posterior = Posterior::new(&model);
    let with_receiver = model.log_evidence_with_receiver() - posterior.log_evidence();
    if with_receiver > if found_co_moving { LIKELIER_IF_FOUND } else { LIKELIER } {
        let log10_ratio = with_receiver / std::f64::consts::LN_10;
        return Whereabouts::WithReceiver { log10_ratio, spread_db: levels.spread_db() };
    }
    if let Some((first, second)) = levels.halves() {
        let halves = [first, second].map(|half| Posterior::new(&Model::new(half)).log_evidence());
        let moving = halves[0] + halves[1] - posterior.log_evidence();
        if moving > LIKELIER {
            return Whereabouts::Moving { log10_ratio: moving / std::f64::consts::LN_10 };
        }
    }
    let plane = levels.plane();
    let (mean, covariance) = posterior.moments();
    let (exponent, level_at_1_m_db, shadowing_db) = model.fit(mean);
    let ellipse = Ellipse::holding(&posterior, CONFIDENCE);
    let next = next::next_place(&posterior, &model, &ellipse)
        .map(|(point, shrinks_to)| NextPlace { position: plane.place(point, 0.0), shrinks_to });
    Whereabouts::Fixed(Fix {
        position: plane.place(mean, ((covariance[0] + covariance[2]) / 2.0).sqrt()),
        ellipse,
        exponent,
        level_at_1_m_db,
        shadowing_db,
        places,
        next,
    })
}

#[cfg(test)]
mod tests;
