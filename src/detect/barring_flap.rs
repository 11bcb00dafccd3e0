//! `barring-flap`: cellBarred goes to and fro.

use serde::Deserialize;

use super::{
    history::Track,
    rule::{About, Case, Class, Finding, Rule, Severity, rounded},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "barring-flap",
    version: 1,
    class: Class::Broadcast,
    severity: Severity::Medium,
    seen: "cellBarred changing more often than once a minute",
    reference: "TS 36.331 §6.2.2 (cellBarred); TS 36.304 §5.3.1",
    false_positives: "maintenance",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BarringFlap {
    /// Changes a minute that are still quiet.
    max_changes_per_minute: f64,
    /// Changes that must have been seen.
    min_changes: usize,
    /// Seconds looked back.
    window_s: f64,
}

impl Rule for BarringFlap {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let seen: Vec<_> = series(case.cell.track, self.window_s, |s| s.barred);
        let flaps = Flaps::of(&seen)?;
        (flaps.changes >= self.min_changes && flaps.per_minute > self.max_changes_per_minute).then(|| {
            case.finding(&ABOUT)
                .with("changes", flaps.changes)
                .with("changes_per_minute", rounded(flaps.per_minute, 2))
                .with("seconds", rounded(flaps.seconds, 0))
                .with("cell_barred", seen.last().map(|(_, barred)| *barred))
        })
    }
}

/// How often a broadcast value changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Flaps {
    pub(super) changes: usize,
    pub(super) seconds: f64,
    pub(super) per_minute: f64,
}

impl Flaps {
    /// The changes of a series in order of time; `None` of one that takes no time.
    pub(super) fn of<T: PartialEq>(series: &[(f64, T)]) -> Option<Self> {
        let seconds = series.last()?.0 - series.first()?.0;
        let changes = series.windows(2).filter(|w| w[0].1 != w[1].1).count();
        (seconds > 0.0).then(|| Self { changes, seconds, per_minute: changes as f64 * 60.0 / seconds })
    }
}

/// A broadcast value of a track over the last seconds, with its times.
pub(super) fn series<T>(
    track: &Track,
    window_s: f64,
    value: impl Fn(&super::history::Sighting) -> Option<T>,
) -> Vec<(f64, T)> {
    track.recent(window_s).filter_map(|s| Some((s.time_s?, value(s)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Scene, macro_cell},
    };

    /// One dwell each so many seconds with these values.
    fn with(barred: &[bool], every_s: i64) -> Option<Finding> {
        let mut scene = Scene::new();
        let mut last = None;
        for &barred in barred {
            let cell = macro_cell(0x3f_0d101, 301)
                .change(|o| o.identity.as_mut().expect("SIB1 is there").cell_barred = barred);
            last = scene.judge(ABOUT.id, cell);
            scene.wait_s(every_s - 5);
        }
        last
    }

    #[test]
    fn fires_on_three_changes_in_less_than_three_minutes() {
        let finding = with(&[true, false, true, false], 40).expect("fires");
        assert_eq!(finding.evidence["changes"], 3);
    }

    #[test]
    fn stays_silent_on_a_steady_cell() {
        assert_eq!(with(&[false; 10], 5), None);
        assert_eq!(with(&[true], 5), None);
    }

    #[test]
    fn two_changes_and_one_a_minute_are_just_below_the_limit() {
        assert_eq!(with(&[true, false, true], 5), None);
        assert_eq!(with(&[true, false, true, false], 60), None);
    }
}
