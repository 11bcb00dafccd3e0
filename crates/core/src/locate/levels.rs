//! Levels along a drive, thinned out to places.

use super::plane::{Plane, Point, distance_m};
use crate::observation::Position;

/// Most places kept: the cost of an estimate grows with their square. Beyond, places are joined.
const MAX_PLACES: usize = 48;

/// Levels within this distance are one place's at first: over some ten wavelengths small-scale fading is averaged
/// (Lee, IEEE Trans. VT-34, 1985: 40 wavelengths, 6.5 m at 1.84 GHz).
const PLACE_M: f64 = 8.0;

/// The levels of one transmitter, in the order in which they were measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Levels {
    plane: Option<Plane>,
    places: Vec<LevelPlace>,
    join_m: f64,
}

/// The levels about one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LevelPlace {
    /// Mean of the points.
    pub point: Point,
    /// Mean of the levels in dB.
    pub level_db: f64,
    /// Root mean square of the receiver's position error.
    pub error_m: f64,
    /// How many levels it joins.
    pub count: f64,
}

impl LevelPlace {
    fn join(&mut self, other: &Self) {
        let total = self.count + other.count;
        let mean = |a: f64, b: f64| (a * self.count + b * other.count) / total;
        let point = (mean(self.point.0, other.point.0), mean(self.point.1, other.point.1));
        let level_db = mean(self.level_db, other.level_db);
        let error_m = mean(self.error_m.powi(2), other.error_m.powi(2)).sqrt();
        *self = Self { point, level_db, error_m, count: total };
    }
}

impl Levels {
    /// Adds a level in dB, the receiver's gain removed, measured at a place. What is no number is passed over.
    pub fn add(&mut self, place: &Position, level_db: f64) {
        let plane = *self.plane.get_or_insert_with(|| Plane::at(place));
        let point = plane.point(place);
        let error_m = place.error_m.max(0.0);
        if !(point.0.is_finite() && point.1.is_finite() && level_db.is_finite() && error_m.is_finite()) {
            return;
        }
        self.join_m = self.join_m.max(PLACE_M);
        let new = LevelPlace { point, level_db, error_m, count: 1.0 };
        match self.places.last_mut().filter(|last| distance_m(last.point, point) < self.join_m) {
            Some(last) => last.join(&new),
            None => self.places.push(new),
        }
        while self.places.len() > MAX_PLACES {
            self.join_m *= 1.5;
            let join_m = self.join_m;
            let mut joined: Vec<LevelPlace> = Vec::with_capacity(MAX_PLACES);
            for place in self.places.drain(..) {
                match joined.last_mut().filter(|last| distance_m(last.point, place.point) < join_m) {
                    Some(last) => last.join(&place),
                    None => joined.push(place),
                }
            }
            self.places = joined;
        }
    }

    pub(super) fn places(&self) -> &[LevelPlace] {
        &self.places
    }

    /// The plane of the points.
    ///
    /// # Panics
    /// Before the first level.
    pub(super) fn plane(&self) -> Plane {
        self.plane.expect("there are levels")
    }

    /// The greatest distance between two places.
    pub(super) fn extent_m(&self) -> f64 {
        let from = |a: &LevelPlace| self.places.iter().map(|b| distance_m(a.point, b.point)).fold(0.0, f64::max);
        self.places.iter().map(from).fold(0.0, f64::max)
    }

    /// Standard deviation of the places' levels.
    pub(super) fn spread_db(&self) -> f64 {
        let n = self.places.len().max(1) as f64;
        let mean = self.places.iter().map(|p| p.level_db).sum::<f64>() / n;
        (self.places.iter().map(|p| (p.level_db - mean).powi(2)).sum::<f64>() / n).sqrt()
    }

    /// The first and the second half, where each alone tells something.
    pub(super) fn halves(&self) -> Option<(&[LevelPlace], &[LevelPlace])> {
        (self.places.len() >= 2 * super::PLACES_MIN).then(|| self.places.split_at(self.places.len() / 2))
    }
}
