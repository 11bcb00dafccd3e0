//! Which findings corroborate another one: those of another class that rest on other facts.

use cellwarden_event::RuleId;

use crate::detect::{Class, Fact, Finding, Severity};

/// A finding that stands, as far as it may corroborate another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    rule: RuleId,
    class: Option<Class>,
    facts: Vec<Fact>,
    /// At least medium, not what the standards or the network's own automation make of an honest cell, and not allowed.
    counts: bool,
}

impl Standing {
    /// What a finding contributes.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            class: finding.class(),
            facts: finding.grounds.facts.clone(),
            counts: finding.severity >= Severity::Medium && !finding.grounds.by_design && !finding.grounds.suppressed,
        }
    }
}

/// The rules whose standing findings corroborate `finding`, in the order of `standing`.
///
/// One fact never counts twice: a finding that shares a fact with it says the same again, whatever its class.
#[must_use]
pub fn corroborating<'a>(finding: &Finding, standing: &'a [Standing]) -> Vec<&'a str> {
    let class = finding.class();
    let corroborates = |other: &&Standing| {
        other.counts && other.class != class && !other.facts.iter().any(|fact| finding.grounds.facts.contains(fact))
    };
    standing.iter().filter(corroborates).map(|other| &*other.rule).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::detect::{Grounds, RULES, about};

    fn finding(rule: &'static str, severity: Severity) -> Finding {
        let facts = about(rule).expect("a rule").facts.to_vec();
        let grounds = Grounds { facts, ..Grounds::default() };
        Finding { rule: RuleId::of(rule), version: 1, severity, evidence: Map::new(), grounds }
    }

    fn corroborated(finding: &Finding, by: &Finding) -> bool {
        !corroborating(finding, &[Standing::of(finding), Standing::of(by)]).is_empty()
    }

    #[test]
    fn another_fact_of_another_class_corroborates_from_medium_up() {
        let tac = finding("tac-mismatch", Severity::High);
        for (severity, does) in
            [(Severity::Info, false), (Severity::Medium, true), (Severity::High, true), (Severity::Critical, true)]
        {
            assert_eq!(corroborated(&tac, &finding("frequency-error", severity)), does, "{severity}");
        }
        assert!(!corroborated(&tac, &finding("pci-mismatch", Severity::High)), "the same class");
        assert!(!corroborated(&tac, &tac), "itself");
    }

    #[test]
    fn one_fact_never_counts_twice() {
        for (rule, other) in [
            ("pci-mismatch", "csg-range"),
            ("pci-mismatch", "pci-collision"),
            ("carrier-mismatch", "foreign-carrier"),
            ("too-strong-here", "very-strong"),
        ] {
            let (one, two) = (finding(rule, Severity::High), finding(other, Severity::Critical));
            assert_ne!(one.class(), two.class(), "{rule}, {other}: a matter of facts, not of classes");
            assert!(!corroborated(&one, &two) && !corroborated(&two, &one), "{rule}, {other}");
        }
    }

    #[test]
    fn what_is_so_by_design_corroborates_nothing_and_may_be_corroborated() {
        let mut priority = finding("retaining", Severity::Medium);
        let tac = finding("tac-mismatch", Severity::High);
        assert!(corroborated(&tac, &priority));
        priority.grounds.by_design = true;
        assert!(!corroborated(&tac, &priority));
        assert!(corroborated(&priority, &tac));
    }

    #[test]
    fn every_rule_rests_on_a_fact() {
        for entry in RULES {
            assert!(!entry.about.facts.is_empty(), "{}", entry.about.id);
        }
    }
}
