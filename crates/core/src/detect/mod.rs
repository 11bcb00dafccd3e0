//! The detection rules: which cells are rogue, and why.
//!
//! In: the observations of a dwell and the registry's answers to them. Out: a verdict and findings for each. Refuses to
//! know files, clocks, logs and threads; time comes from the observation, memory from observations fed again.
//!
//! A rule is one file here, one line in [`RULES`] and one section of `rules.toml`.

pub mod calibration;
pub mod history;
pub mod registry_view;
pub mod rule;
pub mod rules_file;
pub mod verdict;

pub mod barring_flap;
pub mod carrier_mismatch;
pub mod co_moving;
pub mod content_changed;
pub mod csg_range;
pub mod downgrade;
pub mod drift;
pub mod far_from_home;
pub mod foreign_carrier;
pub mod frequency_error;
pub mod hnb_name;
pub mod inactive_on_air;
pub mod lab_stack;
pub mod many_identities;
pub mod not_heard;
pub mod not_in_neighbours;
pub mod pci_collision;
pub mod pci_mismatch;
pub mod plmn_mismatch;
pub mod retaining;
pub mod short_lived;
pub mod tac_mismatch;
pub mod tag_flap;
pub mod thin_si;
pub mod too_strong_here;
pub mod twin;
pub mod two_places;
pub mod unknown_pci;
pub mod unregistered;
pub mod very_strong;

#[cfg(any(test, feature = "scenes"))]
#[allow(
    missing_docs,
    clippy::new_without_default,
    clippy::must_use_candidate,
    reason = "scenes read as sentences; for tests only"
)]
pub mod scene;

pub use rule::{About, Case, Class, Finding, Heard, Rule, Severity};
pub use rules_file::{Rules, RulesFileError};
pub use verdict::Verdict;

use crate::{
    observation::{Ecgi, Observation},
    registry::RegistryAnswer,
};
use history::History;
use rules_file::{Entry, entry};

/// Every rule, in the order of the listings.
pub static RULES: &[Entry] = &[
    entry::<unregistered::Unregistered>(&unregistered::ABOUT),
    entry::<inactive_on_air::InactiveOnAir>(&inactive_on_air::ABOUT),
    entry::<pci_mismatch::PciMismatch>(&pci_mismatch::ABOUT),
    entry::<carrier_mismatch::CarrierMismatch>(&carrier_mismatch::ABOUT),
    entry::<tac_mismatch::TacMismatch>(&tac_mismatch::ABOUT),
    entry::<plmn_mismatch::PlmnMismatch>(&plmn_mismatch::ABOUT),
    entry::<unknown_pci::UnknownPci>(&unknown_pci::ABOUT),
    entry::<not_heard::NotHeard>(&not_heard::ABOUT),
    entry::<too_strong_here::TooStrongHere>(&too_strong_here::ABOUT),
    entry::<far_from_home::FarFromHome>(&far_from_home::ABOUT),
    entry::<two_places::TwoPlaces>(&two_places::ABOUT),
    entry::<co_moving::CoMoving>(&co_moving::ABOUT),
    entry::<short_lived::ShortLived>(&short_lived::ABOUT),
    entry::<many_identities::ManyIdentities>(&many_identities::ABOUT),
    entry::<twin::Twin>(&twin::ABOUT),
    entry::<pci_collision::PciCollision>(&pci_collision::ABOUT),
    entry::<not_in_neighbours::NotInNeighbours>(&not_in_neighbours::ABOUT),
    entry::<content_changed::ContentChanged>(&content_changed::ABOUT),
    entry::<thin_si::ThinSi>(&thin_si::ABOUT),
    entry::<lab_stack::LabStack>(&lab_stack::ABOUT),
    entry::<retaining::Retaining>(&retaining::ABOUT),
    entry::<downgrade::Downgrade>(&downgrade::ABOUT),
    entry::<barring_flap::BarringFlap>(&barring_flap::ABOUT),
    entry::<tag_flap::TagFlap>(&tag_flap::ABOUT),
    entry::<csg_range::CsgRange>(&csg_range::ABOUT),
    entry::<hnb_name::HnbName>(&hnb_name::ABOUT),
    entry::<frequency_error::FrequencyError>(&frequency_error::ABOUT),
    entry::<drift::Drift>(&drift::ABOUT),
    entry::<very_strong::VeryStrong>(&very_strong::ABOUT),
    entry::<foreign_carrier::ForeignCarrier>(&foreign_carrier::ABOUT),
];

/// The fixed facts of a rule; `None` of one that this program does not have.
#[must_use]
pub fn about(id: &str) -> Option<&'static About> {
    RULES.iter().map(|entry| entry.about).find(|about| about.id == id)
}

/// What is said of one observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The cell's first global identifier: the dwell's, else the one that its transmitter gave last and confirmed.
    pub ecgi: Option<Ecgi>,
    /// The verdict.
    pub verdict: Verdict,
    /// The rules that fired.
    pub findings: Vec<Finding>,
}

/// The rules and what they remember.
pub struct Engine {
    rules: Rules,
    history: History,
}

impl Engine {
    /// An engine that has heard nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, history: History::default() }
    }

    /// Judges the cells of one dwell, in their order.
    ///
    /// `answers` has one answer an observation, or none at all where no registry was given. After a restart the stored
    /// dwells are judged again and the outcome dropped: that rebuilds the memory. A dwell given twice counts once.
    pub fn dwell(&mut self, observations: &[Observation], answers: &[RegistryAnswer]) -> Vec<Judged> {
        let tracks = self.history.add(observations, answers);
        let heard: Vec<Heard<'_>> = observations
            .iter()
            .enumerate()
            .zip(&tracks)
            .map(|((i, observation), &track)| Heard {
                observation,
                answer: answers.get(i),
                track: &self.history.tracks()[track],
            })
            .collect();
        heard.iter().map(|cell| self.judge(*cell, &heard)).collect()
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What was heard.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    fn judge(&self, cell: Heard<'_>, dwell: &[Heard<'_>]) -> Judged {
        let confirmed = self.history.confirmed(cell.observation);
        let verdict = verdict::verdict(cell.observation, cell.answer, confirmed);
        let case = Case { cell, verdict, confirmed, dwell, history: &self.history };
        let ecgi = cell.observation.ecgi().or_else(|| Some(cell.track.last_confirmed()?.ecgi));
        Judged { ecgi, verdict, findings: self.rules.enabled().filter_map(|rule| rule.judge(&case)).collect() }
    }
}
