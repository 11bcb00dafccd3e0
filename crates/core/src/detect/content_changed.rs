//! `content-changed`: system information that changed without saying so.

use serde::Deserialize;
use serde_json::{Value, json};

use super::history::contents::ChangedBlock;
use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "content-changed",
    version: 3,
    class: Class::Broadcast,
    facts: &[Fact::Content],
    severity: Severity::High,
    seen: "system information that differs from the cell's of the last three hours under the same value tag; the tag \
           does not cover SIB1, warnings, barring and time",
    reference: "TS 36.331 §5.2.1.3 (systemInfoValueTag tells of a change, for three hours), §6.2.2 (what it covers)",
    false_positives: "software upgrades",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentChanged {}

impl Rule for ContentChanged {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        // A block decoded only in part differs by what is missing.
        if !case.confirmed || !observation.broadcast.faults.is_empty() {
            return None;
        }
        let blocks: Vec<_> = case.history.contents().changes(observation).iter().map(evidence).collect();
        (!blocks.is_empty()).then(|| {
            case.finding(&ABOUT)
                .with("ecgi", observation.ecgi().map(|e| e.to_string()))
                .with("value_tag", observation.broadcast.value_tag)
                .with("changed", blocks)
        })
    }
}

fn evidence(block: &ChangedBlock) -> Value {
    json!({
        "sib": block.sib,
        "baseline_sha256": block.baseline_sha256,
        "sha256": block.sha256,
        "fields": block.fields,
        "more_fields": block.more_fields,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell},
    };

    fn with(name: &str, content: serde_json::Value, tag: u8) -> Build {
        macro_cell(0x3f_0d101, 301)
            .change(|o| {
                o.sibs.insert(name.to_owned(), content);
            })
            .broadcast(|b| b.value_tag = Some(tag))
    }

    fn then(first: Build, second: Build) -> Option<Finding> {
        after_s(0, first, second)
    }

    fn after_s(seconds: i64, first: Build, second: Build) -> Option<Finding> {
        let mut scene = Scene::new();
        assert_eq!(scene.judge(ABOUT.id, first), None);
        scene.wait_s(seconds).judge(ABOUT.id, second)
    }

    #[test]
    fn fires_on_another_content_under_one_tag() {
        let sib3 = |priority: u8| json!({"cellReselectionPriority": priority, "q-Hyst": 2});
        let finding = then(with("sib3", sib3(5), 3), with("sib3", sib3(7), 3)).expect("fires");
        assert_eq!(finding.evidence["changed"][0]["sib"], "sib3");
        let fields = json!([{"field": "sib3.cellReselectionPriority", "old": 5, "new": 7}]);
        assert_eq!(finding.evidence["changed"][0]["fields"], fields);
    }

    #[test]
    fn stays_silent_under_a_new_tag_and_on_volatile_fields() {
        let sib3 = |priority: u8| json!({"cellReselectionPriority": priority});
        assert_eq!(then(with("sib3", sib3(5), 3), with("sib3", sib3(7), 4)), None);
        assert_eq!(then(with("sib8", json!(1), 3), with("sib8", json!(2), 3)), None);
        for field in ["ac-BarringInfo", "ac-BarringPerPLMN-List-r12", "ssac-BarringForMMTEL-Voice-r9"] {
            let sib2 = |barring| json!({field: barring, "freqInfo": 1});
            assert_eq!(then(with("sib2", sib2(0), 3), with("sib2", sib2(1), 3)), None, "{field}");
        }
    }

    #[test]
    fn what_the_tag_does_not_cover_may_change() {
        // A TAC re-plan, a warning that SIB1 schedules, and the blocks that carry it.
        for sib in ["sib1", "sib10", "sib11", "sib12", "sib14", "sib16"] {
            let content = |value: u32| json!({"trackingAreaCode": value, "schedulingInfoList": [value]});
            assert_eq!(then(with(sib, content(1), 3), with(sib, content(2), 3)), None, "{sib}");
        }
        for sib in ["sib2", "sib4", "sib5", "sib6", "sib7", "sib9", "sib13", "sib15", "sib17", "sib24"] {
            assert!(then(with(sib, json!({"a": 1}), 3), with(sib, json!({"a": 2}), 3)).is_some(), "{sib}");
        }
    }

    #[test]
    fn the_dwell_in_which_the_tag_changes_is_no_baseline() {
        let heard = |tag, value: u32| with("sib3", json!({"a": value}), tag);
        let fired = |dwells: &[(u8, u32)]| {
            let mut scene = Scene::new();
            dwells.iter().map(|&(tag, value)| scene.judge(ABOUT.id, heard(tag, value)).is_some()).collect::<Vec<_>>()
        };
        // The new tag with the block from before, then the new block, which is the baseline from then on.
        assert_eq!(fired(&[(3, 1), (4, 1), (4, 2), (4, 2), (4, 3)]), [false, false, false, false, true]);
        assert_eq!(fired(&[(3, 1), (4, 2), (4, 2), (4, 1)]), [false, false, false, true]);
    }

    #[test]
    fn a_tag_three_hours_old_is_just_below_the_limit() {
        let (first, second) = (with("sib3", json!(1), 3), with("sib3", json!(2), 3));
        // The dwells themselves are five seconds apart.
        assert!(after_s(3 * 3600 - 5, first.clone(), second.clone()).is_some());
        assert_eq!(after_s(3 * 3600 - 4, first.clone(), second.clone()), None);
        // Recordings that do not say when they were made may be years apart.
        let untimed = |cell: Build, recording: &str| {
            let mut o = cell.observation;
            (o.dwell.recording, o.dwell.start) = (recording.to_owned(), None);
            o
        };
        let mut engine = crate::detect::Engine::new(crate::detect::Rules::default());
        for (cell, recording) in [(first, "one"), (second, "two")] {
            let judged = engine.dwell(&[untimed(cell, recording)], &[]);
            assert!(judged[0].findings.iter().all(|f| f.rule != ABOUT.id), "{recording}");
        }
    }

    #[test]
    fn a_block_not_heard_before_and_a_faulty_one_are_just_below_the_limit() {
        assert_eq!(then(with("sib3", json!(1), 3), with("sib5", json!(2), 3)), None);
        let faulty = with("sib3", json!(2), 3).broadcast(|b| b.faults.push("sib3 ends early".to_owned()));
        assert_eq!(then(with("sib3", json!(1), 3), faulty), None);
    }
}
