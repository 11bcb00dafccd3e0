//! The road: stops at even steps with a corner or none, and places named by the stop that they lie beside.

use crate::random::Draw;

/// Metres from one stop to the next.
const STEP_M: f64 = 60.0;

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;

/// Where drives start, latitude and longitude in degrees.
const START: (f64, f64) = (37.478, 126.878);

/// A place in metres east and north of the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub east_m: f64,
    pub north_m: f64,
}

impl Place {
    /// Metres to another place.
    pub fn distance_m(self, other: Self) -> f64 {
        (self.east_m - other.east_m).hypot(self.north_m - other.north_m)
    }

    /// Latitude and longitude in degrees.
    pub fn degrees(self) -> [f64; 2] {
        let (lat, lon) = START;
        [lat + self.north_m / DEGREE_M, lon + self.east_m / (DEGREE_M * lat.to_radians().cos())]
    }
}

/// The stops of a drive.
#[derive(Debug, Clone)]
pub struct Road {
    /// Each stop and the heading towards the next, in radians anticlockwise from east.
    stops: Vec<(Place, f64)>,
}

impl Road {
    /// A road with so many stops and at most one corner.
    pub fn draw(stops: usize, draw: &mut Draw) -> Self {
        let mut heading = draw.between(0.0, std::f64::consts::TAU);
        let corner = stops / 3 + draw.up_to(stops / 3);
        let turn = draw.of(&[-1.0, 0.0, 1.0]) * std::f64::consts::FRAC_PI_2;
        let mut here = Place { east_m: 0.0, north_m: 0.0 };
        let mut all = Vec::new();
        for stop in 0..stops {
            if stop == corner {
                heading += turn;
            }
            all.push((here, heading));
            here = beside(here, heading, STEP_M, 0.0);
        }
        Self { stops: all }
    }

    /// How many stops there are.
    pub fn len(&self) -> usize {
        self.stops.len()
    }

    /// Where a stop is.
    pub fn stop(&self, stop: usize) -> Place {
        self.stops[stop].0
    }

    /// Metres from a place to the nearest stop.
    pub fn nearest_m(&self, place: Place) -> f64 {
        self.stops.iter().map(|(stop, _)| stop.distance_m(place)).fold(f64::INFINITY, f64::min)
    }

    /// The place so many metres left of the road at a stop; right of it for less than none.
    pub fn beside(&self, stop: usize, left_m: f64) -> Place {
        let (place, heading) = self.stops[stop];
        beside(place, heading, 0.0, left_m)
    }
}

/// So many metres ahead and to the left.
fn beside(place: Place, heading: f64, ahead_m: f64, left_m: f64) -> Place {
    let (sin, cos) = heading.sin_cos();
    Place { east_m: place.east_m + ahead_m * cos - left_m * sin, north_m: place.north_m + ahead_m * sin + left_m * cos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_a_step_apart_and_places_lie_beside_them() {
        for seed in 0..20 {
            let road = Road::draw(24, &mut Draw::new(seed));
            for stop in 1..road.len() {
                assert!((road.stop(stop).distance_m(road.stop(stop - 1)) - STEP_M).abs() < 1e-9);
                assert!((road.beside(stop, -25.0).distance_m(road.stop(stop)) - 25.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn degrees_are_of_the_place() {
        let [lat, lon] = Place { east_m: 0.0, north_m: DEGREE_M }.degrees();
        assert_eq!((lat, lon), (START.0 + 1.0, START.1));
    }
}
