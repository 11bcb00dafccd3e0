//! `plmn-mismatch`: a list of networks that is not the registered one, or a test network on air.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "plmn-mismatch",
    version: 1,
    class: Class::Registry,
    facts: &[Fact::Plmn],
    severity: Severity::High,
    seen: "a test PLMN (001-01, 999-xx), or a registered cell that adds a PLMN under which it is not registered",
    reference: "TS 36.331 §6.2.2 (plmn-IdentityList); TS 23.003 §2.2",
    false_positives: "changes of shared RAN",
    settings: "",
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlmnMismatch {}

impl Rule for PlmnMismatch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let identity = case.observation().identity.as_ref().filter(|_| case.confirmed)?;
        let plmns = identity.all_plmns();
        let test: Vec<_> = plmns.iter().filter(|p| p.is_test()).map(ToString::to_string).collect();
        // A network that the registry does not cover may be a partner's, which the list need not name.
        let added: Vec<_> = case
            .cell
            .answer
            .filter(|answer| !answer.registered.is_empty())
            .map(|answer| {
                let has_row = |plmn| answer.registered.iter().any(|near| near.cell.ecgi.plmn == plmn);
                answer.covered.iter().filter(|&&plmn| !has_row(plmn)).map(ToString::to_string).collect()
            })
            .unwrap_or_default();
        (!test.is_empty() || !added.is_empty()).then(|| {
            let broadcast: Vec<_> = plmns.iter().map(ToString::to_string).collect();
            case.finding(&ABOUT)
                .with("plmns", broadcast)
                .with("plmns_not_registered", added)
                .with("plmns_for_tests", test)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Scene, macro_cell};

    #[test]
    fn fires_on_a_test_network_and_on_an_added_one() {
        let lab = macro_cell(0x19_b01, 1).plmns(&["001-01"]);
        assert_eq!(Scene::new().judge(ABOUT.id, lab.clone()).expect("fires").evidence["plmns_for_tests"][0], "001-01");
        assert!(Scene::without_registry().judge(ABOUT.id, lab).is_some());
        let cell = macro_cell(0x3f_0d101, 301);
        let longer = cell.clone().plmns(&["450-08", "450-02"]);
        let mut scene = Scene::new().registered(&cell).covers("450-02");
        assert_eq!(scene.judge(ABOUT.id, longer).expect("fires").evidence["plmns_not_registered"][0], "450-02");
    }

    #[test]
    fn stays_silent_as_registered() {
        let cell = macro_cell(0x3f_0d101, 301);
        assert_eq!(Scene::new().registered(&cell).judge(ABOUT.id, cell), None);
    }

    #[test]
    fn a_partner_outside_the_registry_is_just_below_the_limit() {
        let cell = macro_cell(0x3f_0d101, 301);
        let shared = cell.clone().plmns(&["450-08", "450-06"]);
        assert_eq!(Scene::new().registered(&cell).judge(ABOUT.id, shared), None);
    }
}
