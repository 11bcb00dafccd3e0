//! Points of a plane in single precision: an area has a hundred thousand of them.

use crate::{locate::plane::Plane, observation::Position};

/// Metres east and north.
pub type Point = [f32; 2];

/// Where a place is.
pub fn point(plane: &Plane, place: Position) -> Point {
    let (east_m, north_m) = plane.point(&place);
    [east_m as f32, north_m as f32]
}

/// The place of a point.
pub fn place(plane: &Plane, [east_m, north_m]: Point) -> Position {
    plane.place((east_m.into(), north_m.into()), 0.0)
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
            let apart_m = f64::from(distance_m(point(&plane, a), point(&plane, b)));
            assert!((apart_m - a.distance_m(&b)).abs() < 2.0, "{apart_m} {}", a.distance_m(&b));
            assert!(place(&plane, point(&plane, b)).distance_m(&b) < 1.0);
        }
    }
}
