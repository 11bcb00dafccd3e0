//! How often a broadcast value changed, and how often it may.

use serde::Deserialize;
use serde_json::Value;

use super::Sighting;
use crate::detect::{
    rule::{About, Case, Finding, rounded},
    settings::Setting,
};

/// Values shown of a series.
const MAX_SHOWN: usize = 32;

/// Thresholds of a value that should stand still.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlapLimits {
    /// Changes a minute that are still quiet.
    max_changes_per_minute: f64,
    /// Changes that must have been seen.
    min_changes: usize,
    /// Seconds looked back.
    pub window_s: f64,
}

impl FlapLimits {
    /// The thresholds with their defaults, of which each rule has its own number of changes.
    #[must_use]
    pub const fn settings(min_changes: &'static str) -> [Setting; 3] {
        [
            Setting {
                name: "max_changes_per_minute",
                default: "1.0",
                meaning: "Changes a minute that are still quiet.",
            },
            Setting { name: "min_changes", default: min_changes, meaning: "Changes that must have been seen." },
            Setting { name: "window_s", default: "600.0", meaning: "Seconds looked back." },
        ]
    }

    /// The finding of a cell whose value changes beyond the limits; `values` names the last of them, oldest first. Times
    /// come with values of the window.
    #[must_use]
    pub fn judge<T: PartialEq + Into<Value>>(
        &self,
        case: &Case<'_>,
        about: &'static About,
        values: &'static str,
        value: impl Fn(&Sighting) -> Option<T>,
    ) -> Option<Finding> {
        let mut seen = case.cell.track.series(self.window_s, value);
        let flaps = self.exceeded(&seen, |a, b| a != b)?;
        let last = seen.split_off(seen.len().saturating_sub(MAX_SHOWN));
        let shown: Vec<Value> = last.into_iter().map(|(_, value)| value.into()).collect();
        Some(case.finding(about).with_all(flaps.values()).with(values, shown))
    }

    /// The changes of a series, where they are beyond the limits.
    #[must_use]
    pub fn exceeded<T>(&self, series: &[(f64, T)], is_change: impl Fn(&T, &T) -> bool) -> Option<Flaps> {
        let flaps = Flaps::of(series, is_change)?;
        (flaps.changes >= self.min_changes && flaps.per_minute > self.max_changes_per_minute).then_some(flaps)
    }
}

/// The changes of a value over some time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flaps {
    /// How often it changed.
    pub changes: usize,
    /// From the first value to the last.
    pub seconds: f64,
    /// Changes a minute.
    pub per_minute: f64,
}

impl Flaps {
    /// The changes of a series in order of time, seconds and value; `None` of one that takes no time.
    #[must_use]
    pub fn of<T>(series: &[(f64, T)], is_change: impl Fn(&T, &T) -> bool) -> Option<Self> {
        let seconds = series.last()?.0 - series.first()?.0;
        let changes = series.windows(2).filter(|w| is_change(&w[0].1, &w[1].1)).count();
        (seconds > 0.0).then(|| Self { changes, seconds, per_minute: changes as f64 * 60.0 / seconds })
    }

    /// Its values under names that carry their units.
    #[must_use]
    pub fn values(self) -> [(&'static str, Value); 3] {
        [
            ("changes", self.changes.into()),
            ("changes_per_minute", rounded(self.per_minute, 2).into()),
            ("seconds", rounded(self.seconds, 0).into()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted_over_their_time() {
        let flaps = Flaps::of(&[(0.0, 1), (30.0, 2), (60.0, 2), (120.0, 1)], i32::ne).expect("two minutes");
        assert_eq!((flaps.changes, flaps.seconds, flaps.per_minute), (2, 120.0, 1.0));
        assert_eq!(Flaps::of(&[(5.0, true)], bool::ne), None);
        assert_eq!(Flaps::of(&[], bool::ne), None);
    }
}
