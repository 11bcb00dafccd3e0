//! `tag-flap`: the value tag changes all the time.

use serde::Deserialize;

use super::{
    history::FlapLimits,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "tag-flap",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::ValueTag],
    severity: Severity::Medium,
    seen: "systemInfoValueTag changing more often than once a minute",
    reference: "TS 36.331 §5.2.1.3 (systemInfoValueTag is valid for three hours)",
    false_positives: "maintenance",
    settings: &FlapLimits::settings("3"),
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct TagFlap(FlapLimits);

impl Rule for TagFlap {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        self.0.judge(case, &ABOUT, "value_tags", |s| s.value_tag)
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Scene, macro_cell},
    };

    fn with(tags: &[u8], every_s: i64) -> Option<Finding> {
        let mut scene = Scene::new();
        let mut last = None;
        for &tag in tags {
            last = scene.judge(ABOUT.id, macro_cell(0x3f_0d101, 301).broadcast(|b| b.value_tag = Some(tag)));
            scene.wait_s(every_s - 5);
        }
        last
    }

    #[test]
    fn fires_on_three_changes_in_less_than_three_minutes() {
        assert_eq!(with(&[1, 2, 3, 4], 40).expect("fires").evidence["changes"], 3);
    }

    #[test]
    fn stays_silent_on_a_steady_tag() {
        assert_eq!(with(&[7; 10], 5), None);
    }

    #[test]
    fn two_changes_and_one_a_minute_are_just_below_the_limit() {
        assert_eq!(with(&[1, 2, 3], 5), None);
        assert_eq!(with(&[1, 2, 3, 4], 60), None);
    }
}
