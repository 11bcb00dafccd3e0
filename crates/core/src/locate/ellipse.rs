//! The ellipse that holds a given part of the probability.

use super::{
    plane::{Plane, Point},
    posterior::Posterior,
};
use crate::observation::Position;

/// No half axis is shorter than this in metres: the track itself is known no better.
const AXIS_MIN_M: f64 = 8.0;

/// An ellipse on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ellipse {
    /// Longer half axis in metres.
    pub semi_major_m: f64,
    /// Shorter half axis in metres.
    pub semi_minor_m: f64,
    /// Direction of the longer axis, in degrees from north over east, 0 to 180.
    pub bearing_deg: f64,
}

impl Ellipse {
    /// The ellipse of the posterior's moments, made as large as it takes to hold `part` of the probability: a posterior
    /// is rarely normal, a straight drive's has two peaks.
    pub(super) fn holding(posterior: &Posterior, part: f64) -> Self {
        let (mean, covariance) = posterior.moments();
        let [ee, en, nn] = covariance;
        let (middle, half) = ((ee + nn) / 2.0, ((ee - nn) / 2.0).hypot(en));
        let (major, minor) = (middle + half, (middle - half).max(middle * 1e-6));
        let bearing_deg =
            (std::f64::consts::FRAC_PI_2 - (2.0 * en).atan2(ee - nn) / 2.0).to_degrees().rem_euclid(180.0);
        let unit = Self { semi_major_m: major.sqrt(), semi_minor_m: minor.sqrt(), bearing_deg };
        let mut radii: Vec<(f64, f64)> = posterior
            .squares()
            .iter()
            .map(|s| (unit.radius((s.centre.0 - mean.0, s.centre.1 - mean.1)), s.mass))
            .collect();
        radii.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sum = 0.0;
        let scale = radii.iter().find(|(_, mass)| {
            sum += mass;
            sum >= part
        });
        let scale = scale.map_or(1.0, |(radius, _)| *radius);
        Self {
            semi_major_m: (unit.semi_major_m * scale).max(AXIS_MIN_M),
            semi_minor_m: (unit.semi_minor_m * scale).max(AXIS_MIN_M),
            bearing_deg,
        }
    }

    /// How far out a point lies, east and north of the centre; 1 on the ellipse.
    fn radius(&self, (east, north): Point) -> f64 {
        let (sin, cos) = self.bearing_deg.to_radians().sin_cos();
        let (along, across) = (east * sin + north * cos, east * cos - north * sin);
        (along / self.semi_major_m).hypot(across / self.semi_minor_m)
    }

    /// Whether a place is inside, with the centre at `centre`.
    #[must_use]
    pub fn holds(&self, centre: &Position, place: &Position) -> bool {
        self.radius(Plane::at(centre).point(place)) <= 1.0
    }

    /// Area in square metres.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        std::f64::consts::PI * self.semi_major_m * self.semi_minor_m
    }

    /// So many corners of a polygon that stands for it, counter-clockwise from the end of the longer axis.
    #[must_use]
    pub fn outline(&self, centre: &Position, corners: usize) -> Vec<Position> {
        let plane = Plane::at(centre);
        let (sin, cos) = self.bearing_deg.to_radians().sin_cos();
        let corner = |k: usize| {
            let angle = std::f64::consts::TAU * k as f64 / corners as f64;
            let (along, across) = (self.semi_major_m * angle.cos(), self.semi_minor_m * angle.sin());
            plane.place((along * sin - across * cos, along * cos + across * sin), 0.0)
        };
        (0..corners).map(corner).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_its_axes_and_its_outline_runs_counter_clockwise() {
        let centre = Position { lat: 37.5, lon: 126.9, error_m: 0.0 };
        let ellipse = Ellipse { semi_major_m: 100.0, semi_minor_m: 40.0, bearing_deg: 30.0 };
        let plane = Plane::at(&centre);
        let at = |metres: f64, bearing: f64| {
            let (sin, cos) = bearing.to_radians().sin_cos();
            plane.place((metres * sin, metres * cos), 0.0)
        };
        assert!(ellipse.holds(&centre, &at(99.0, 30.0)) && !ellipse.holds(&centre, &at(101.0, 30.0)));
        assert!(ellipse.holds(&centre, &at(39.0, 120.0)) && !ellipse.holds(&centre, &at(41.0, 120.0)));
        let outline: Vec<Point> = ellipse.outline(&centre, 36).iter().map(|p| plane.point(p)).collect();
        let twice_area: f64 =
            outline.iter().zip(outline.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
        assert!(twice_area > 0.0 && (twice_area / 2.0 / ellipse.area_m2() - 1.0).abs() < 0.01, "{twice_area}");
    }
}
