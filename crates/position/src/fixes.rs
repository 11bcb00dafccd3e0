//! Fixes in the order of their times, and the positions between them.
//!
//! Between two fixes the receiver is taken to have driven straight and evenly. How wrong that can be grows with the
//! gap: braking and turning at [`ACCELERATION_M_S2`] lead at most a·t·(T-t)/2 away from that line. Before the first and
//! after the last fix it may have driven off at [`SPEED_M_S`]. Beyond [`ERROR_MAX_M`] there is no position.

use jiff::{SignedDuration, Timestamp};

use super::Position;

/// Acceleration of a car in town, braking and turning included, in m/s².
pub const ACCELERATION_M_S2: f64 = 2.0;

/// Speed of a car that was last seen standing or driving, in m/s.
pub const SPEED_M_S: f64 = 15.0;

/// Greatest error at which a position is of use, in metres.
pub const ERROR_MAX_M: f64 = 200.0;

/// Most fixes kept: eleven days of one a second.
pub const MAX_FIXES: usize = 1_000_000;

/// A satellite fix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// When.
    pub time: Timestamp,
    /// Where, with the fix's own error.
    pub place: Position,
}

/// Fixes in the order of their times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fixes(Vec<Fix>);

impl Fixes {
    /// Fixes in any order.
    #[must_use]
    pub fn new(mut fixes: Vec<Fix>) -> Self {
        fixes.sort_by_key(|fix| fix.time);
        Self(fixes)
    }

    /// Adds a fix; beyond [`MAX_FIXES`] the older half is forgotten.
    pub fn push(&mut self, fix: Fix) {
        if self.0.len() >= MAX_FIXES {
            self.0.drain(..MAX_FIXES / 2);
        }
        let at = self.0.partition_point(|known| known.time <= fix.time);
        self.0.insert(at, fix);
    }

    /// The latest fix.
    #[must_use]
    pub fn last(&self) -> Option<&Fix> {
        self.0.last()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The position at a time; `None` where it is not known well enough to be of use.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> Option<Position> {
        let next = self.0.partition_point(|fix| fix.time < time);
        let after = self.0.get(next);
        let before = next.checked_sub(1).and_then(|i| self.0.get(i));
        let seconds = |from: Timestamp, to: Timestamp| SignedDuration::as_secs_f64(&to.duration_since(from));
        let position = match (before, after) {
            (Some(before), Some(after)) => {
                let (gap, since) = (seconds(before.time, after.time), seconds(before.time, time));
                let astray_m = ACCELERATION_M_S2 * since * (gap - since) / 2.0;
                let part = since / gap;
                let (before, after) = (before.place, after.place);
                let east = (after.lon - before.lon + 540.0).rem_euclid(360.0) - 180.0;
                let error_m = before.error_m + part * (after.error_m - before.error_m);
                Position {
                    lat: before.lat + part * (after.lat - before.lat),
                    lon: (before.lon + part * east + 540.0).rem_euclid(360.0) - 180.0,
                    error_m: error_m.hypot(astray_m),
                }
            }
            (Some(only), None) | (None, Some(only)) => {
                let astray_m = SPEED_M_S * seconds(only.time, time).abs();
                Position { error_m: only.place.error_m.hypot(astray_m), ..only.place }
            }
            (None, None) => return None,
        };
        (position.error_m <= ERROR_MAX_M).then_some(position)
    }
}
