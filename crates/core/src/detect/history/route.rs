//! Where the receiver went.

use super::DwellMark;
use crate::observation::Position;

/// Steps shorter than this are taken for the jitter of the fixes, unless their errors say more.
const STEP_M: f64 = 20.0;

/// A stretch of a drive, freed of the jitter of its fixes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Route {
    anchors: Vec<Position>,
    length_m: f64,
    /// From the last anchor to the last position.
    rest_m: f64,
}

impl Route {
    /// The route through positions in order of time.
    pub fn through(positions: impl IntoIterator<Item = Position>) -> Self {
        let mut route = Self::default();
        for position in positions {
            let Some(last) = route.anchors.last() else {
                route.anchors.push(position);
                continue;
            };
            route.rest_m = last.distance_m(&position);
            if route.rest_m > STEP_M.max(3.0 * last.error_m.max(position.error_m)) {
                route.length_m += route.rest_m;
                route.rest_m = 0.0;
                route.anchors.push(position);
            }
        }
        route
    }

    /// The route of the dwells between two times, both included.
    #[must_use]
    pub fn between(dwells: &[DwellMark], from_s: f64, to_s: f64) -> Self {
        let inside = |d: &&DwellMark| d.time_s.is_some_and(|t| (from_s..=to_s).contains(&t));
        Self::through(dwells.iter().filter(inside).filter_map(|d| d.position))
    }

    /// Metres driven.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.length_m + self.rest_m
    }

    /// The largest distance between two of its points, in metres: how far from one place it led.
    #[must_use]
    pub fn extent_m(&self) -> f64 {
        let mut extent: f64 = 0.0;
        for (i, a) in self.anchors.iter().enumerate() {
            extent = self.anchors[i + 1..].iter().map(|b| a.distance_m(b)).fold(extent, f64::max);
        }
        extent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 5.0 }
    }

    #[test]
    fn jitter_is_no_way_driven() {
        let standing = (0..100).map(|i| at(37.0 + f64::from(i % 3) * 5e-5, 127.0));
        assert!(Route::through(standing).length_m() < STEP_M);
    }

    #[test]
    fn a_round_trip_is_long_and_does_not_lead_far() {
        let out = (0..10).map(|i| at(37.0 + f64::from(i) * 1e-3, 127.0));
        let route = Route::through(out.clone().chain(out.rev()));
        assert!((route.length_m() - 2001.0).abs() < 10.0, "{}", route.length_m());
        assert!((route.extent_m() - 1001.0).abs() < 5.0, "{}", route.extent_m());
    }
}
