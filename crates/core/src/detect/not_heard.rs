//! `not-heard`: a registered cell that the drive should have heard and did not.
//!
//! The only rule that speaks of no observation: it reads the account that an inspection gives of a cell. It goes into
//! reports and never alerts.

use super::{
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::registry::{
    RegisteredCell,
    inspect::{Account, Outcome},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "not-heard",
    version: 1,
    class: Class::Registry,
    facts: &[Fact::Presence],
    severity: Severity::Info,
    seen: "a registered cell expected by position and path loss, and not heard after a number of passes",
    reference: "3GPP TR 36.814 Table A.2.1.1.2-3 (path loss)",
    false_positives: "a femtocell deep indoors, an outage",
    settings: NotHeard::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct NotHeard {
        /// Passes on which the cell must have been expected.
        min_passes: u32 = 1,
        /// The highest probability that it was on air as registered and was missed.
        max_missed: f64 = 0.2,
    }
}

impl Rule for NotHeard {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Silent: a cell that is heard is not a cell that is not heard.
    fn judge(&self, _: &Case<'_>) -> Option<Finding> {
        None
    }

    fn account(&self, account: &Account) -> Option<Finding> {
        let (prediction, belief) = (account.prediction.as_ref()?, account.belief.as_ref()?);
        let silent = account.outcome == Outcome::NotHeard;
        if !silent || account.passes < self.min_passes || belief.missed > self.max_missed {
            return None;
        }
        let RegisteredCell { ecgi, pci, earfcn, .. } = &account.cell;
        Some(
            Finding::bare(&ABOUT)
                .with("ecgi", ecgi.to_string())
                .with("pci", pci.map(lte_dsp::cell::Pci::get))
                .with("earfcn", *earfcn)
                .with("passes", account.passes)
                .with("dwells_expected", account.expected_dwells)
                .with("nearest_m", account.nearest_m.map(|m| rounded(m, 0)))
                .with("predicted_rsrp_dbm", rounded(prediction.rsrp_dbm, 1))
                .with("predicted_margin_db", rounded(prediction.margin_db, 1))
                .with("probability_missed", rounded(belief.missed, 3))
                .with("probability_silent", rounded(belief.silent, 3)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detect::{
            Rules,
            scene::{femto_cell, row_of},
        },
        registry::inspect::{Belief, Prediction},
    };

    fn finding(outcome: Outcome, passes: u32, missed: f64) -> Option<Finding> {
        let account = Account {
            cell: row_of(&femto_cell(0x5a_00200, 460)),
            outcome,
            heard_dwells: 0,
            pci_only_dwells: 0,
            passes,
            expected_dwells: 3 * passes,
            nearest_m: Some(41.6),
            visit: None,
            heard_since_visit: false,
            prediction: Some(Prediction { rsrp_dbm: -88.0, over_noise_db: 37.0, margin_db: 37.0 }),
            belief: Some(Belief { as_registered: 0.1, elsewhere: 0.05, silent: 0.85, missed, more_looks: None }),
        };
        Rules::default().account(&account).pop()
    }

    #[test]
    fn fires_on_a_silent_cell() {
        let finding = finding(Outcome::NotHeard, 2, 0.01).expect("fires");
        assert_eq!((&finding.evidence["passes"], &finding.evidence["nearest_m"]), (&2.into(), &42.0.into()));
        assert_eq!(finding.evidence["ecgi"], "450-08-5a00200");
    }

    #[test]
    fn stays_silent_on_cells_heard_or_never_covered() {
        for outcome in [Outcome::AsRegistered, Outcome::ByPciOnly, Outcome::NeverCovered, Outcome::SilentAsRegistered] {
            assert_eq!(finding(outcome, 2, 0.01), None);
        }
    }

    #[test]
    fn no_pass_and_a_likely_miss_are_just_below_the_limit() {
        assert_eq!(finding(Outcome::NotHeard, 0, 0.01), None);
        assert_eq!(finding(Outcome::NotHeard, 1, 0.21), None);
        assert!(finding(Outcome::NotHeard, 1, 0.2).is_some());
    }
}
