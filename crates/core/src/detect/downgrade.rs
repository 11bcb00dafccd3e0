//! `downgrade`: an older technology is given a higher priority than every LTE carrier.

use serde::Deserialize;
use serde_json::json;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use crate::observation::Rat;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "downgrade",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::InterRat],
    severity: Severity::High,
    seen: "a SIB6 or SIB7 priority above the LTE priorities of SIB3 and SIB5",
    reference: "TS 36.304 §5.2.4.5 (reselection by priority); TS 36.331 §6.3.1 (SIB6, SIB7)",
    false_positives: "an operator that moves voice to an older network",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downgrade {}

impl Rule for Downgrade {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let facts = &case.cell.track.broadcast;
        let serving = facts.serving_priority?;
        let announced = |sib: u8| facts.scheduled_sibs.contains(&sib) && !facts.decoded_sibs.contains(&sib);
        // A higher LTE priority may stand in a SIB5 that was not read yet.
        if announced(5) {
            return None;
        }
        let lte = facts.inter_frequencies.iter().filter_map(|f| f.priority).fold(serving, u8::max);
        let above: Vec<_> = facts
            .other_technologies
            .iter()
            .filter(|other| other.priority.is_some_and(|p| p > lte))
            .map(|other| {
                let rat = match other.rat {
                    Rat::Utra => "utra",
                    Rat::Geran => "geran",
                };
                json!({"technology": rat, "carrier": other.carrier, "priority": other.priority})
            })
            .collect();
        (!above.is_empty()).then(|| {
            case.finding(&ABOUT)
                .with("serving_priority", serving)
                .with("highest_lte_priority", lte)
                .with("above", above)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::{
        detect::scene::{Scene, macro_cell},
        observation::{BroadcastFacts, InterFrequency, OtherTechnology, Rat},
    };

    fn fires(change: impl FnOnce(&mut BroadcastFacts)) -> bool {
        let cell = macro_cell(0x3f_0d101, 301).broadcast(|b| {
            b.serving_priority = Some(4);
            b.other_technologies = vec![OtherTechnology { rat: Rat::Geran, carrier: 62, priority: Some(5) }];
            change(b);
        });
        Scene::new().judge(ABOUT.id, cell).is_some()
    }

    #[test]
    fn fires_where_gsm_comes_first() {
        assert!(fires(|_| {}));
    }

    #[test]
    fn stays_silent_without_a_priority_and_where_another_lte_carrier_is_higher() {
        assert!(!fires(|b| b.serving_priority = None));
        assert!(!fires(|b| b.other_technologies[0].priority = None));
        let carrier = InterFrequency { earfcn: 100, priority: Some(6), q_rx_lev_min_dbm: -124, neighbours: vec![] };
        assert!(!fires(|b| b.inter_frequencies = vec![carrier]));
    }

    #[test]
    fn an_equal_priority_and_an_unread_sib5_are_just_below_the_limit() {
        assert!(!fires(|b| b.serving_priority = Some(5)));
        assert!(!fires(|b| b.scheduled_sibs = vec![2, 3, 5]));
        assert!(fires(|b| (b.scheduled_sibs, b.decoded_sibs) = (vec![2, 3, 5], vec![2, 3, 5])));
    }
}
