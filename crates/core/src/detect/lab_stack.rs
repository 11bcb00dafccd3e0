//! `lab-stack`: the values of an open-source eNB's sample configuration, as left by someone who did not change them.

use std::collections::BTreeSet;

use super::{
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::observation::{CellIdentity, Observation};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "lab-stack",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Configuration],
    severity: Severity::High,
    seen: "five or more values of a known open-source eNB's sample configuration",
    reference: "the sample configuration that ships with srsRAN 4G's eNB (enb.conf, rr.conf, sib.conf)",
    false_positives: "a real laboratory",
    settings: LabStack::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct LabStack {
        /// Values that must agree.
        min_values: usize = 5,
    }
}

/// One value of the sample configuration.
struct Sample {
    name: &'static str,
    fact: Fact,
    agrees: fn(&Observation, &CellIdentity) -> bool,
}

/// The values that a cell shows on air. The macro form of the eNB identity is meant: the upper 20 bits.
static SAMPLES: &[Sample] = &[
    Sample {
        name: "PLMN 001-01",
        fact: Fact::Plmn,
        agrees: |_, i| i.all_plmns().iter().any(|p| p.to_string() == "001-01"),
    },
    Sample { name: "TAC 7", fact: Fact::Tac, agrees: |_, i| i.tac == 7 },
    Sample { name: "eNB identity 0x19B", fact: Fact::CellIdentity, agrees: |_, i| i.eci.get() >> 8 == 0x19B },
    Sample { name: "cell 1 of the eNB", fact: Fact::CellIdentity, agrees: |_, i| i.eci.get() & 0xFF == 1 },
    Sample { name: "PCI 1", fact: Fact::Pci, agrees: |o, _| o.pci.get() == 1 },
    Sample { name: "EARFCN 3350", fact: Fact::Carrier, agrees: |o, _| o.certain_earfcn() == Some(3350) },
    Sample {
        name: "q-RxLevMin -65",
        fact: Fact::Reselection,
        agrees: |o, _| o.broadcast.q_rx_lev_min_dbm == Some(-130),
    },
    Sample {
        name: "SIB3 priority 6 with q-Hyst 2 dB",
        fact: Fact::Reselection,
        agrees: |o, _| o.broadcast.serving_priority == Some(6) && o.broadcast.q_hyst_db == Some(2),
    },
];

impl Rule for LabStack {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let identity = observation.identity.as_ref()?;
        let agreeing: Vec<&Sample> = SAMPLES.iter().filter(|s| (s.agrees)(observation, identity)).collect();
        // A fact without which too few values would agree is one that the finding rests on.
        let is_needed = |fact: &Fact| agreeing.iter().filter(|s| s.fact != *fact).count() < self.min_values;
        let needed = SAMPLES.iter().map(|s| s.fact).filter(is_needed);
        let facts: BTreeSet<Fact> = needed.chain([Fact::Configuration]).collect();
        (agreeing.len() >= self.min_values).then(|| {
            let names: Vec<&str> = agreeing.iter().map(|s| s.name).collect();
            case.finding(&ABOUT).resting_on(facts).with("values", names).with("min_values", self.min_values)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ABOUT, Fact, SAMPLES};
    use crate::detect::scene::{Build, Scene, macro_cell};

    fn sample() -> Build {
        macro_cell(0x19_b01, 1).plmns(&["001-01"]).tac(7).earfcn(Some(3350)).broadcast(|b| {
            (b.q_rx_lev_min_dbm, b.serving_priority, b.q_hyst_db) = (Some(-130), Some(6), Some(2));
        })
    }

    #[test]
    fn fires_on_the_sample_configuration() {
        let finding = Scene::new().judge(ABOUT.id, sample()).expect("fires");
        assert_eq!(finding.evidence["values"].as_array().map(Vec::len), Some(SAMPLES.len()));
    }

    #[test]
    fn stays_silent_on_an_operators_cell() {
        assert_eq!(Scene::new().judge(ABOUT.id, macro_cell(0x3f_0d101, 301)), None);
    }

    #[test]
    fn four_values_are_just_below_the_limit() {
        let four = sample().plmns(&["450-08"]).tac(11793).earfcn(Some(1550)).eci(0x19_b02);
        assert_eq!(Scene::new().judge(ABOUT.id, four.clone()), None);
        let five = Scene::new().judge(ABOUT.id, four.tac(7)).expect("fires");
        // It would not have fired without the TAC, so that another rule's word on the TAC corroborates nothing.
        assert!(five.grounds.facts.contains(&Fact::Tac) && !five.grounds.facts.contains(&Fact::Plmn));
        let six = Scene::new().judge(ABOUT.id, sample().plmns(&["450-08"]).earfcn(Some(1550))).expect("fires");
        assert!(!six.grounds.facts.contains(&Fact::Tac));
    }
}
