//! `unregistered`: the registry covers the cell's network and has no such cell.

use serde::Deserialize;

use super::rule::{About, Case, Class, Finding, Rule, Severity};
use super::verdict::Verdict;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "unregistered",
    version: 1,
    class: Class::Registry,
    severity: Severity::Critical,
    seen: "a confirmed ECGI that the registered cell list does not have",
    reference: "TS 36.300 §8.2 (ECGI); illegal femtocells in Korea, 2025",
    false_positives: "stale snapshot, other operators' PLMNs, shared RAN",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unregistered {
    /// A snapshot older than this makes the finding high: the cell may be new.
    stale_after_days: f64,
}

impl Rule for Unregistered {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        if case.verdict != Verdict::Unregistered {
            return None;
        }
        let observation = case.observation();
        let answer = case.cell.answer?;
        let covered: Vec<_> = answer.covered.iter().map(ToString::to_string).collect();
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", observation.ecgi()?.to_string())
            .with("plmns_covered", covered)
            .with("registry_rows", answer.snapshot.rows)
            .with("registry_imported", answer.snapshot.imported.to_string())
            .with("sib1_periods", observation.sib1_periods)
            .with("si_agrees", observation.si_agrees);
        let stale = answer.age.is_some_and(|age| age.as_secs_f64() > self.stale_after_days * 86_400.0);
        Some(if stale { finding.weighing(Severity::High).with("registry_stale", true) } else { finding })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Severity,
        scene::{Scene, macro_cell},
    };

    #[test]
    fn fires_on_a_cell_the_registry_lacks() {
        let finding = Scene::new().judge(ABOUT.id, macro_cell(0x5a_fff31, 304)).expect("fires");
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.evidence["ecgi"], "450-08-5afff31");
        assert!(finding.evidence.contains_key("registry_age_days"));
    }

    #[test]
    fn stays_silent_on_registered_cells_and_other_networks() {
        let cell = macro_cell(0x3f_0d101, 301);
        assert_eq!(Scene::new().registered(&cell).judge(ABOUT.id, cell), None);
        let other = macro_cell(0x12_34567, 12).plmns(&["450-05"]);
        assert_eq!(Scene::new().judge(ABOUT.id, other), None);
        // Shared RAN: the host is another operator, ours is its guest.
        let guest = macro_cell(0x12_34567, 12).plmns(&["450-05", "450-08"]);
        assert_eq!(Scene::new().judge(ABOUT.id, guest), None);
        assert_eq!(Scene::without_registry().judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
    }

    #[test]
    fn one_reception_is_below_the_limit_and_a_second_dwell_passes_it() {
        let once = macro_cell(0x5a_fff31, 304).sib1_periods(1);
        let mut scene = Scene::new();
        assert_eq!(scene.judge(ABOUT.id, once.clone()), None);
        assert!(scene.judge(ABOUT.id, once).is_some());
    }

    #[test]
    fn a_stale_snapshot_weighs_less() {
        let fired = |days| Scene::new().age_days(days).judge(ABOUT.id, macro_cell(0x5a_fff31, 304)).expect("fires");
        assert_eq!(fired(30.0).severity, Severity::Critical);
        assert_eq!(fired(30.1).severity, Severity::High);
    }
}
