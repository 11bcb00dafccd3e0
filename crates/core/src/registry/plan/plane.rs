//! A plane around the middle of an area: metres east and north.

use crate::observation::{Position, position::EARTH_RADIUS_M};

/// A plane that touches the Earth at a place. A hundred kilometres north or south of it, distances eastwards are about 1 %
/// off.
#[derive(Debug, Clone, Copy)]
pub struct Plane {
    lat: f64,
    lon: f64,
}

/// Metres east and north.
pub type Point = [f32; 2];

impl Plane {
    /// The plane in the middle of some places, which may lie on both sides of the date line.
    pub fn around(places: impl Iterator<Item = Position> + Clone) -> Self {
        let Some(first) = places.clone().next() else { return Self { lat: 0.0, lon: 0.0 } };
        let at_first = Self { lat: first.lat, lon: first.lon };
        let middle = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            (low + high) / 2.0
        };
        let lat = middle(&mut places.clone().map(|place| place.lat));
        let lon = first.lon + middle(&mut places.map(|place| at_first.degrees_east(place)));
        Self { lat, lon }
    }

    /// Where a place is.
    pub fn point(&self, place: Position) -> Point {
        let east_m = self.degrees_east(place).to_radians() * EARTH_RADIUS_M * self.lat.to_radians().cos();
        [east_m as f32, ((place.lat - self.lat).to_radians() * EARTH_RADIUS_M) as f32]
    }

    /// The place of a point.
    pub fn place(&self, [east_m, north_m]: Point) -> Position {
        let degrees = |metres: f32| (f64::from(metres) / EARTH_RADIUS_M).to_degrees();
        let lon = self.lon + degrees(east_m) / self.lat.to_radians().cos().max(1e-6);
        Position { lat: self.lat + degrees(north_m), lon: wrapped(lon), error_m: 0.0 }
    }

    fn degrees_east(&self, place: Position) -> f64 {
        wrapped(place.lon - self.lon)
    }
}

/// The angle between −180 and 180 degrees.
fn wrapped(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

/// Distance between two points in metres.
pub fn distance_m(a: Point, b: Point) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The square of a side that a point is in.
pub fn square(point: Point, side_m: f32) -> (i32, i32) {
    ((point[0] / side_m).floor() as i32, (point[1] / side_m).floor() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_and_distances_hold_on_both_sides_of_the_date_line() {
        let at = |lat, lon| Position { lat, lon, error_m: 0.0 };
        for (a, b) in [(at(37.50, 127.00), at(37.52, 127.03)), (at(-17.0, 179.99), at(-17.01, -179.98))] {
            let plane = Plane::around([a, b].into_iter());
            let apart_m = f64::from(distance_m(plane.point(a), plane.point(b)));
            assert!((apart_m - a.distance_m(&b)).abs() < 2.0, "{apart_m} {}", a.distance_m(&b));
            assert!(plane.place(plane.point(b)).distance_m(&b) < 1.0);
        }
    }
}
