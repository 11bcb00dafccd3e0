//! Where an observation was made.

use cellwarden_event::ReceiverPosition;
use serde::{Deserialize, Serialize};

/// A place on the WGS 84 ellipsoid with its one-sigma error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude in degrees, north positive.
    pub lat: f64,
    /// Longitude in degrees, east positive.
    pub lon: f64,
    /// Standard error in metres.
    pub error_m: f64,
}

/// How many standard errors of a place may explain what is said of it.
const CERTAIN_SIGMAS: f64 = 3.0;

/// Mean radius of the earth in metres (IUGG R1).
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// A degree of latitude in metres on such an earth.
pub const DEGREE_M: f64 = 111_195.0;

impl From<ReceiverPosition> for Position {
    fn from(ReceiverPosition { lat, lon, error_m }: ReceiverPosition) -> Self {
        Self { lat, lon, error_m }
    }
}

impl From<Position> for ReceiverPosition {
    fn from(Position { lat, lon, error_m }: Position) -> Self {
        Self { lat, lon, error_m }
    }
}

impl Position {
    /// Great-circle distance in metres; 0.5 % off at worst, far below any fix's error at drive-test range.
    #[must_use]
    pub fn distance_m(&self, other: &Self) -> f64 {
        let (phi_1, phi_2) = (self.lat.to_radians(), other.lat.to_radians());
        let half_phi = (phi_2 - phi_1) / 2.0;
        let half_lambda = (other.lon - self.lon).to_radians() / 2.0;
        let h = half_phi.sin().powi(2) + phi_1.cos() * phi_2.cos() * half_lambda.sin().powi(2);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }

    /// How far apart two places are for certain, in metres: their distance less both errors, taken threefold. What is said
    /// of a place rests on this.
    #[must_use]
    pub fn certain_distance_m(&self, other: &Self) -> f64 {
        (self.distance_m(other) - self.greatest_error_m() - other.greatest_error_m()).max(0.0)
    }

    /// How far off the place may be, in metres: its error taken threefold.
    #[must_use]
    pub fn greatest_error_m(&self) -> f64 {
        CERTAIN_SIGMAS * self.error_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_latitude_is_about_a_nautical_mile() {
        let a = Position { lat: 37.0, lon: 127.0, error_m: 5.0 };
        let b = Position { lat: 37.0 + 1.0 / 60.0, ..a };
        assert!((a.distance_m(&b) - 1852.0).abs() < 5.0);
        assert_eq!(a.distance_m(&a), 0.0);
        let registered = Position { error_m: 0.0, ..b };
        assert!((a.certain_distance_m(&registered) - a.distance_m(&b) + 15.0).abs() < 1e-9);
        assert!((a.certain_distance_m(&b) - a.distance_m(&b) + 30.0).abs() < 1e-9);
        assert_eq!(a.certain_distance_m(&Position { error_m: 700.0, ..b }), 0.0);
    }
}
