//! The ground as a plane about one place: a drive is short against the earth.

use crate::observation::{Position, position::EARTH_RADIUS_M};

/// East and north in metres.
pub type Point = (f64, f64);

/// A plane that touches the earth at an origin. Ten kilometres away it is wrong by less than 0.1 % off the poles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    lat: f64,
    lon: f64,
}

impl Plane {
    /// The plane at a place.
    #[must_use]
    pub fn at(origin: &Position) -> Self {
        Self { lat: origin.lat.clamp(-89.0, 89.0), lon: origin.lon }
    }

    /// The plane in the middle of some places, which may lie on both sides of the date line; at 0, 0 where there are none.
    #[must_use]
    pub fn around(places: impl Iterator<Item = Position> + Clone) -> Self {
        let Some(first) = places.clone().next() else { return Self { lat: 0.0, lon: 0.0 } };
        let at_first = Self::at(&first);
        let middle = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            f64::midpoint(low, high)
        };
        let lat = middle(&mut places.clone().map(|place| place.lat));
        let lon = first.lon + middle(&mut places.map(|place| at_first.degrees_east(&place)));
        Self::at(&Position { lat, lon, error_m: 0.0 })
    }

    /// East and north of a place, the short way round.
    #[must_use]
    pub fn point(&self, place: &Position) -> Point {
        let east_m = self.degrees_east(place).to_radians() * self.lat.to_radians().cos() * EARTH_RADIUS_M;
        (east_m, (place.lat - self.lat).to_radians() * EARTH_RADIUS_M)
    }

    /// The place of a point.
    #[must_use]
    pub fn place(&self, (east_m, north_m): Point, error_m: f64) -> Position {
        let lat = self.lat + (north_m / EARTH_RADIUS_M).to_degrees();
        let lon = self.lon + (east_m / (EARTH_RADIUS_M * self.lat.to_radians().cos())).to_degrees();
        Position { lat: lat.clamp(-90.0, 90.0), lon: wrapped(lon), error_m }
    }

    fn degrees_east(&self, place: &Position) -> f64 {
        wrapped(place.lon - self.lon)
    }
}

/// The angle between −180 and 180 degrees.
fn wrapped(degrees: f64) -> f64 {
    (degrees + 540.0).rem_euclid(360.0) - 180.0
}

/// Metres between two points.
#[must_use]
pub fn distance_m(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_places_are_each_others_inverse() {
        let origin = Position { lat: 37.478, lon: 126.878, error_m: 5.0 };
        let plane = Plane::at(&origin);
        let there = plane.place((300.0, -400.0), 7.0);
        let (east_m, north_m) = plane.point(&there);
        assert!((east_m - 300.0).abs() < 1e-6 && (north_m + 400.0).abs() < 1e-6 && there.error_m == 7.0);
        assert!((origin.distance_m(&there) - 500.0).abs() < 0.1);
        let at_the_date_line = Plane::at(&Position { lon: 179.999, ..origin });
        let over = at_the_date_line.place((500.0, 0.0), 0.0);
        assert!(over.lon < -179.9 && (at_the_date_line.point(&over).0 - 500.0).abs() < 1e-6, "{over:?}");
    }
}
