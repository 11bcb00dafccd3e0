//! `plmn-mismatch`: a list of networks that is not the registered one, or a test network on air.

use super::history::Track;
use super::{
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::observation::Plmn;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "plmn-mismatch",
    version: 3,
    class: Class::Registry,
    facts: &[Fact::Plmn],
    severity: Severity::High,
    seen: "a test PLMN (001-01, 999-xx), or a registered cell that adds a PLMN under which it is not registered",
    reference: "TS 36.331 §6.2.2 (plmn-IdentityList); TS 23.003 §2.2",
    false_positives: "a shared RAN whose cells are listed under one of its networks: medium until two registered cells of \
                      the network, and none with that PLMN, are heard",
    settings: PlmnMismatch::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct PlmnMismatch {
        /// Registered cells of the network that must be heard without the added PLMN before it is more than a partner's.
        min_neighbours: usize = 2,
    }
}

impl Rule for PlmnMismatch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let identity = case.observation().identity.as_ref().filter(|_| case.confirmed)?;
        let plmns = identity.all_plmns();
        // Whoever lists a cell under a test network has a laboratory.
        let has_row =
            |plmn: Plmn| case.cell.answer.is_some_and(|a| a.registered.iter().any(|near| near.cell.ecgi.plmn == plmn));
        let test: Vec<_> = plmns.iter().filter(|p| p.is_test() && !has_row(**p)).map(ToString::to_string).collect();
        // A network that the registry does not cover may be a partner's, which the list need not name.
        let added: Vec<Plmn> = case
            .cell
            .answer
            .filter(|answer| !answer.registered.is_empty())
            .map(|answer| answer.covered.iter().copied().filter(|&plmn| !has_row(plmn)).collect())
            .unwrap_or_default();
        let is_shared = added.iter().all(|plmn| self.is_perhaps_shared(case, *plmn));
        (!test.is_empty() || !added.is_empty()).then(|| {
            let broadcast: Vec<_> = plmns.iter().map(ToString::to_string).collect();
            let added: Vec<_> = added.iter().map(ToString::to_string).collect();
            let finding = case
                .finding(&ABOUT)
                .with("plmns", broadcast)
                .with("plmns_not_registered", added)
                .with("plmns_for_tests", test.clone());
            if is_shared && test.is_empty() { finding.weighing(Severity::Medium) } else { finding }
        })
    }
}

impl PlmnMismatch {
    /// Whether a PLMN that a registered cell adds may be that of a partner who shares the network: another registered cell
    /// has it too, or too few were heard to tell.
    fn is_perhaps_shared(&self, case: &Case<'_>, plmn: Plmn) -> bool {
        let own = case.cell.track;
        let genuine = |t: &&Track| {
            !std::ptr::eq(*t, own) && t.last_confirmed().and_then(|k| k.registered).is_some_and(|r| r.alike)
        };
        let of_network = |t: &&Track| own.plmns.first().is_some_and(|first| t.plmns.contains(first));
        let others = || case.history.tracks().iter().filter(genuine).filter(of_network);
        others().count() < self.min_neighbours || others().any(|t| t.plmns.contains(&plmn))
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Severity,
        scene::{Build, Scene, macro_cell},
    };

    #[test]
    fn fires_on_a_test_network_and_on_an_added_one() {
        let lab = macro_cell(0x19_b01, 1).plmns(&["001-01"]);
        assert_eq!(Scene::new().judge(ABOUT.id, lab.clone()).expect("fires").evidence["plmns_for_tests"][0], "001-01");
        assert!(Scene::without_registry().judge(ABOUT.id, lab.clone()).is_some());
        assert_eq!(Scene::new().registered(&lab).judge(ABOUT.id, lab), None, "its laboratory is in the list");
        let cell = macro_cell(0x3f_0d101, 301);
        let longer = cell.clone().plmns(&["450-08", "450-02"]);
        let mut scene = Scene::new().registered(&cell).covers("450-02");
        assert_eq!(scene.judge(ABOUT.id, longer).expect("fires").evidence["plmns_not_registered"][0], "450-02");
    }

    #[test]
    fn a_partner_whose_rows_the_list_has_weighs_less() {
        // The partner's own cells are in the list; the shared ones are under the host's PLMN only.
        let cell = |eci: u32, pci: u16| macro_cell(eci, pci);
        let shared = |eci: u32, pci: u16| cell(eci, pci).plmns(&["450-08", "450-02"]);
        let judged = |others: [Build; 2], heard: Build| {
            let registered = [cell(0x3f_0d101, 301), cell(0x3f_0d102, 302), cell(0x3f_0d103, 303)];
            let mut scene = registered.iter().fold(Scene::new(), Scene::registered).covers("450-02");
            let [a, b] = others;
            scene.dwell(&[a, b, heard]).pop().expect("cells").of(ABOUT.id).map(|f| f.severity)
        };
        let (alone, together) =
            ([cell(0x3f_0d101, 301), cell(0x3f_0d102, 302)], [shared(0x3f_0d101, 301), shared(0x3f_0d102, 302)]);
        assert_eq!(judged(together, shared(0x3f_0d103, 303)), Some(Severity::Medium));
        assert_eq!(judged(alone.clone(), shared(0x3f_0d103, 303)), Some(Severity::High));
        assert_eq!(judged(alone, cell(0x3f_0d103, 303)), None);
        let mut first = Scene::new().registered(&cell(0x3f_0d103, 303)).covers("450-02");
        assert_eq!(first.judge(ABOUT.id, shared(0x3f_0d103, 303)).map(|f| f.severity), Some(Severity::Medium));
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
