//! Fixes in the order of their times, and the positions between them.
//!
//! Between two fixes the receiver is taken to have driven straight and evenly. How wrong that can be grows with the
//! gap: braking and turning at [`ACCELERATION_M_S2`] lead at most a·t·(T-t)/2 away from that line. Before the first and
//! after the last fix it may have driven off at [`SPEED_M_S`]. Beyond [`ERROR_MAX_M`] there is no position.

use jiff::Timestamp;

use super::{
    Position,
    outliers::{is_reachable, without_jumps},
    quality::without_rollover,
};

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

/// Why a track gives no position at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unplaced {
    /// It is too far before the first or after the last fix.
    Outside,
    /// A fix next to it has a larger error itself than [`ERROR_MAX_M`], in metres.
    Weak {
        /// The larger error of the two.
        error_m: f64,
    },
    /// The fixes before and after it are so far apart that the way between them is not known.
    Gap {
        /// Seconds from the one to the other.
        seconds: f64,
    },
}

/// Fixes after one that was jumped away from, in a row, that are believed over those before.
const BELIEVED: usize = 3;

/// Fixes in the order of their times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fixes {
    kept: Vec<Fix>,
    /// The latest, which cannot have been driven to from those kept.
    jumped: Vec<Fix>,
}

/// What was set right or left out of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repairs {
    /// Fixes left out that no car can have driven to.
    pub jumps: usize,
    /// Fixes whose dates were 1024 weeks early.
    pub rolled_over: usize,
    /// Fixes left out of a time before LTE.
    pub without_date: usize,
}

impl Repairs {
    /// A sentence for each kind that there was.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let Self { jumps, rolled_over, without_date } = self;
        let sentences = [
            (*jumps, "jumps that no car drives, left out"),
            (*rolled_over, "dates 1024 weeks early, which is GPS's week rollover: set right"),
            (*without_date, "dates before there was LTE, left out"),
        ];
        sentences.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} fixes with {what}")).collect()
    }
}

impl Fixes {
    /// The fixes of a track, in any order, and what was set right or left out.
    #[must_use]
    pub fn of_track(fixes: Vec<Fix>) -> (Self, Repairs) {
        let mut repairs = Repairs::default();
        let mut dated = Vec::with_capacity(fixes.len());
        for fix in fixes {
            match without_rollover(fix.time) {
                Some((time, rolled)) => {
                    repairs.rolled_over += usize::from(rolled);
                    dated.push(Fix { time, ..fix });
                }
                None => repairs.without_date += 1,
            }
        }
        dated.sort_by_key(|fix| fix.time);
        let before = dated.len();
        let kept = without_jumps(dated);
        repairs.jumps = before - kept.len();
        (Self { kept, jumped: Vec::new() }, repairs)
    }

    /// The times of the first and the last fix.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.kept.first()?.time, self.kept.last()?.time))
    }

    /// Adds a fix as it arrives; beyond [`MAX_FIXES`] the older half is forgotten. One that cannot have been driven to is
    /// believed when the next ones confirm it.
    pub fn push(&mut self, fix: Fix) {
        let before = self.kept.partition_point(|known| known.time <= fix.time).checked_sub(1);
        if before.is_some_and(|i| !is_reachable(&self.kept[i], &fix)) {
            self.jumped.retain(|other| is_reachable(other, &fix));
            self.jumped.push(fix);
            if self.jumped.len() >= BELIEVED {
                self.jumped.drain(..).collect::<Vec<_>>().into_iter().for_each(|fix| self.insert(fix));
            }
            return;
        }
        self.jumped.clear();
        self.insert(fix);
    }

    fn insert(&mut self, fix: Fix) {
        if self.kept.len() >= MAX_FIXES {
            self.kept.drain(..MAX_FIXES / 2);
        }
        let at = self.kept.partition_point(|known| known.time <= fix.time);
        self.kept.insert(at, fix);
    }

    /// The latest fix.
    #[must_use]
    pub fn last(&self) -> Option<&Fix> {
        self.kept.last()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The position at a time; `None` where it is not known well enough to be of use.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> Option<Position> {
        let position = match self.around(time) {
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

    /// Why there is no position at a time; `None` where there is one.
    #[must_use]
    pub fn unplaced(&self, time: Timestamp) -> Option<Unplaced> {
        if self.at(time).is_some() {
            return None;
        }
        let (before, after) = self.around(time);
        let (Some(before), Some(after)) = (before, after) else { return Some(Unplaced::Outside) };
        let error_m = before.place.error_m.max(after.place.error_m);
        Some(if error_m > ERROR_MAX_M {
            Unplaced::Weak { error_m }
        } else {
            Unplaced::Gap { seconds: seconds(before.time, after.time) }
        })
    }

    /// The fixes before and after a time, or at it.
    fn around(&self, time: Timestamp) -> (Option<&Fix>, Option<&Fix>) {
        let next = self.kept.partition_point(|fix| fix.time < time);
        (next.checked_sub(1).and_then(|i| self.kept.get(i)), self.kept.get(next))
    }
}

/// Seconds from one time to another.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_position_has_its_reason() {
        let fix =
            |second: i64, error_m: f64| Fix { time: time(second), place: Position { lat: 37.0, lon: 127.0, error_m } };
        let (fixes, _) = Fixes::of_track(vec![fix(0, 5.0), fix(60, 5.0), fix(62, 201.0), fix(64, 200.0)]);
        for (second, expected) in [
            (-14, Some(Unplaced::Outside)),
            (-1, None),
            (0, None),
            (30, Some(Unplaced::Gap { seconds: 60.0 })),
            (62, Some(Unplaced::Weak { error_m: 201.0 })),
            (64, None),
            (65, Some(Unplaced::Outside)),
        ] {
            assert_eq!(fixes.unplaced(time(second)), expected, "{second}");
            assert_eq!(fixes.at(time(second)).is_none(), expected.is_some(), "{second}");
        }
        assert_eq!(Fixes::default().unplaced(time(0)), Some(Unplaced::Outside));
    }

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }
}
