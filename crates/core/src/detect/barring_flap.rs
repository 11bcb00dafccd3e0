//! `barring-flap`: cellBarred goes to and fro.

use serde::Deserialize;

use super::{
    history::FlapLimits,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "barring-flap",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Barring],
    severity: Severity::Medium,
    seen: "cellBarred changing more often than once a minute",
    reference: "TS 36.331 §6.2.2 (cellBarred); TS 36.304 §5.3.1",
    false_positives: "maintenance",
    settings: &FlapLimits::settings("3"),
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct BarringFlap(FlapLimits);

impl Rule for BarringFlap {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        self.0.judge(case, &ABOUT, "cell_barred", |s| s.barred)
    }
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
