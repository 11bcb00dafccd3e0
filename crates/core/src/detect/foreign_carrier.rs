//! `foreign-carrier`: the operator's network on a carrier where the operator has no cell.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use crate::observation::earfcn::is_same_carrier;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "foreign-carrier",
    version: 2,
    class: Class::Radio,
    facts: &[Fact::Carrier],
    severity: Severity::Critical,
    seen: "a confirmed cell of a covered PLMN on an EARFCN where that operator has no registered cell",
    reference: "TS 36.101 §5.7.3 (EARFCN)",
    false_positives: "a new carrier",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignCarrier {}

impl Rule for ForeignCarrier {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let answer = case.cell.answer.filter(|_| case.confirmed && case.own_network())?;
        let earfcn = observation.certain_earfcn()?;
        // A registered cell says itself where the operator is, also where its row leaves the carrier out.
        let foreign = answer.registered.is_empty()
            && !answer.earfcns.is_empty()
            && !answer.earfcns.iter().any(|&own| is_same_carrier(own, earfcn));
        foreign.then(|| {
            case.finding(&ABOUT)
                .with("ecgi", observation.ecgi().map(|e| e.to_string()))
                .with("earfcn", earfcn)
                .with("registered_earfcns", answer.earfcns.iter().take(32).copied().collect::<Vec<_>>())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Scene, macro_cell};

    #[test]
    fn fires_where_the_operator_has_no_carrier() {
        let cell = macro_cell(0x5a_fff31, 304);
        assert!(Scene::new().earfcns(&[100, 1300]).judge(ABOUT.id, cell).is_some());
    }

    #[test]
    fn stays_silent_on_other_networks_and_lists_without_carriers() {
        let cell = macro_cell(0x5a_fff31, 304);
        assert_eq!(Scene::new().earfcns(&[]).judge(ABOUT.id, cell.clone()), None);
        assert_eq!(Scene::new().earfcns(&[100]).judge(ABOUT.id, cell.clone().plmns(&["450-05"])), None);
        let shared = cell.plmns(&["450-05", "450-08"]);
        assert_eq!(Scene::new().earfcns(&[100]).ran_host("450-05").judge(ABOUT.id, shared.clone()), None);
        assert!(Scene::new().earfcns(&[100]).judge(ABOUT.id, shared).is_some());
    }

    #[test]
    fn a_single_cell_on_the_carrier_is_just_below_the_limit() {
        assert_eq!(Scene::new().earfcns(&[100, 1550]).judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
        // 880.0 MHz under another band's number, and the carrier beside it.
        let in_band_26 = || macro_cell(0x5a_fff31, 304).earfcn(Some(8900));
        assert_eq!(Scene::new().earfcns(&[2510]).judge(ABOUT.id, in_band_26()), None);
        assert!(Scene::new().earfcns(&[2511]).judge(ABOUT.id, in_band_26()).is_some());
        let uncertain = in_band_26().change(|o| o.earfcn_candidates = vec![8901]);
        assert_eq!(Scene::new().earfcns(&[2511]).judge(ABOUT.id, uncertain), None);
    }
}
