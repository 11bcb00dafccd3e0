//! Whether a transmitter that stands still explains the levels of a stretch of the drive, wherever it stands.
//!
//! Its place and power are free, but for this: it is no stronger at its distance than the strongest of the registered
//! macro cells of the drive is at its own. Without that, one that is far enough away explains every constant level.

use super::calibration::NEAR_M;
use crate::observation::{Position, position::DEGREE_M};

/// Path-loss exponents that are tried: with line of sight along a street, in between, and without. 3GPP TR 36.814 Table
/// A.2.1.1.2-3 has 2.2 and 3.9.
const EXPONENTS: [f64; 3] = [2.2, 3.0, 3.9];

/// How far from the road it may stand where no station says how strong stations are: the distance between the sites of a
/// town. 3GPP TR 36.814 Table A.2.1.1-1 (case 1).
const SITES_APART_M: f64 = 500.0;

/// How far above the most that it can have been where it was not heard it may be expected: shadowing, and a station's antenna
/// that looks away.
const UNHEARD_DB: f64 = 10.0;

/// Places at which it must have been missed.
const UNHEARD_MIN: usize = 2;

/// Places of the stretch from which candidates are sought, directions from each, and distances in that direction, which
/// rise from the least to the greatest by equal factors.
const ANCHORS: usize = 9;
const DIRECTIONS: usize = 16;
const DISTANCES: usize = 12;
const NEAREST_M: f64 = 25.0;
const FARTHEST_M: f64 = 4_000.0;

/// What was received on a drive.
#[derive(Debug, Clone, Copy)]
pub struct Levels<'a> {
    /// Where the receiver was when it heard the transmitter, and how strong that was.
    pub heard: &'a [(Position, f64)],
    /// Where it did not hear it, and the most that it can have been there.
    pub unheard: &'a [(Position, f64)],
    /// How far registered stations were, and what was received of them.
    pub stations: &'a [(f64, f64)],
}

impl Levels<'_> {
    /// Whether a standing transmitter that is no stronger than the stations explains them at least as well as one that
    /// keeps its distance.
    #[must_use]
    pub fn are_of_a_standing_transmitter(&self) -> bool {
        let levels = self.heard.iter().map(|(_, level_db)| *level_db);
        let (_, constant_left) = fit(levels);
        candidates(self.heard).any(|site| {
            let decades = |here: &Position| here.distance_m(&site).max(NEAR_M).log10();
            let heard: Vec<(f64, f64)> = self.heard.iter().map(|(here, level_db)| (decades(here), *level_db)).collect();
            let nearest_m = self.heard.iter().map(|(here, _)| here.distance_m(&site)).fold(f64::INFINITY, f64::min);
            EXPONENTS.iter().any(|exponent| {
                let (power_db, left) =
                    fit(heard.iter().map(|(decades, level_db)| level_db + 10.0 * exponent * decades));
                let stations =
                    self.stations.iter().map(|(m, level_db)| level_db + 10.0 * exponent * m.max(NEAR_M).log10());
                let is_possible = stations.reduce(f64::max).map_or(nearest_m <= SITES_APART_M, |most| power_db <= most);
                let is_missed = |(here, most_db): &&(Position, f64)| {
                    power_db - 10.0 * exponent * decades(here) > most_db + UNHEARD_DB
                };
                is_possible && left <= constant_left && self.unheard.iter().filter(is_missed).count() < UNHEARD_MIN
            })
        })
    }
}

/// The mean of values, and the squares that it leaves.
fn fit(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let mean = values.clone().sum::<f64>() / values.clone().count().max(1) as f64;
    (mean, values.map(|value| (value - mean).powi(2)).sum())
}

/// Places around a stretch, near it densely and far from it sparsely.
fn candidates(stretch: &[(Position, f64)]) -> impl Iterator<Item = Position> + '_ {
    let step = stretch.len().div_ceil(ANCHORS).max(1);
    let factor = (FARTHEST_M / NEAREST_M).powf(1.0 / (DISTANCES - 1) as f64);
    stretch.iter().step_by(step).flat_map(move |(anchor, _)| {
        (0..DIRECTIONS).flat_map(move |direction| {
            let bearing = std::f64::consts::TAU * direction as f64 / DIRECTIONS as f64;
            (0..DISTANCES).map(move |i| {
                let distance_m = NEAREST_M * factor.powi(i as i32);
                Position {
                    lat: anchor.lat + distance_m * bearing.cos() / DEGREE_M,
                    lon: anchor.lon + distance_m * bearing.sin() / (DEGREE_M * anchor.lat.to_radians().cos().max(0.01)),
                    error_m: 0.0,
                }
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(east_m: f64, north_m: f64) -> Position {
        let lat: f64 = 37.478 + north_m / DEGREE_M;
        Position { lat, lon: 126.878 + east_m / (DEGREE_M * 37.478_f64.to_radians().cos()), error_m: 5.0 }
    }

    /// Stations with 40 dB at 1 m and an exponent of 3.
    const STATIONS: [(f64, f64); 3] = [(100.0, -20.0), (1_000.0, -50.0), (300.0, -34.3)];

    /// A straight road of so many metres, with a place each 60 m.
    fn road(metres: f64, level_db: impl Fn(Position) -> f64) -> Vec<(Position, f64)> {
        let places = (0..).map(|step| at(0.0, 60.0 * f64::from(step))).take((metres / 60.0) as usize + 1);
        places.map(|place| (place, level_db(place))).collect()
    }

    fn is_explained(heard: &[(Position, f64)], stations: &[(f64, f64)]) -> bool {
        Levels { heard, unheard: &[], stations }.are_of_a_standing_transmitter()
    }

    /// What is left of fading.
    fn faded(mut stretch: Vec<(Position, f64)>) -> Vec<(Position, f64)> {
        stretch.iter_mut().zip([0.0, 1.0, -1.0].iter().cycle()).for_each(|((_, level_db), fading)| *level_db += fading);
        stretch
    }

    /// Levels of a station of 40 dB at 1 m.
    fn of_a_site(east_m: f64, north_m: f64, metres: f64) -> Vec<(Position, f64)> {
        let site = at(east_m, north_m);
        faded(road(metres, |here| 40.0 - 30.0 * here.distance_m(&site).max(NEAR_M).log10()))
    }

    #[test]
    fn a_site_beside_the_road_explains_its_levels_however_long_it_is() {
        for (east_m, north_m) in [(250.0, 270.0), (-250.0, 0.0), (60.0, 900.0), (900.0, -900.0)] {
            for metres in [540.0, 2_400.0] {
                let stretch = of_a_site(east_m, north_m, metres);
                assert!(is_explained(&stretch, &STATIONS), "{east_m} m, {north_m} m; {metres} m");
            }
        }
    }

    #[test]
    fn a_constant_level_is_not_explained_from_as_near_as_a_station_would_have_to_be() {
        // -40 dB is a station's at 464 m, -10 dB at 50 m.
        for level_db in [-40.0, -10.0] {
            assert!(!is_explained(&faded(road(540.0, |_| level_db)), &STATIONS), "{level_db} dB");
        }
    }

    #[test]
    fn one_that_was_not_heard_where_it_must_have_been_does_not_stand() {
        let heard = of_a_site(250.0, 270.0, 540.0);
        // The road before, from which a station there would be heard with -37 to -42 dB.
        let before = |most_db: f64, count: i32| {
            let unheard: Vec<_> = (1..=count).map(|step| (at(0.0, -60.0 * f64::from(step)), most_db)).collect();
            Levels { heard: &heard, unheard: &unheard, stations: &STATIONS }.are_of_a_standing_transmitter()
        };
        assert!(!before(-70.0, 5));
        assert!(!before(-70.0, 2));
        assert!(before(-70.0, 1), "once may be shadow");
        assert!(before(-45.0, 5), "it may have been hidden");
    }

    #[test]
    fn without_stations_it_is_no_farther_than_sites_are() {
        assert!(is_explained(&of_a_site(250.0, 270.0, 540.0), &[]));
        assert!(!is_explained(&faded(road(540.0, |_| -10.0)), &[]));
    }
}
