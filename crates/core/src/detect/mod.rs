//! The detection rules: which cells are rogue, and why.
//!
//! In: the observations of a dwell and the registry's answers to them. Out: a verdict and findings for each. Refuses to
//! know files, clocks, logs and threads; time comes from the observation, memory from observations fed again.
//!
//! A rule is one file here, with its facts, its settings and its tests, and one line in `rules!` below.

pub mod calibration;
mod claimed_site;
pub mod history;
mod network_timing;
pub mod registry_view;
pub mod rule;
pub mod rules_file;
pub mod settings;
pub mod standing;
pub mod verdict;

#[cfg(any(test, feature = "scenes"))]
#[allow(
    missing_docs,
    clippy::new_without_default,
    clippy::must_use_candidate,
    reason = "scenes read as sentences; for tests only"
)]
pub mod scene;

pub use rule::{About, Case, Class, Fact, Finding, Grounds, Heard, Rule, Severity};
pub use rules_file::{Rules, RulesFileError};
pub use verdict::Verdict;

use crate::{
    observation::{Ecgi, Observation},
    registry::RegistryAnswer,
};
use history::History;
use rules_file::{RuleEntry, entry};

/// Declares the rules' files and lists them in [`RULES`]. `cargo fmt` does not follow modules into a macro: `.ci/run` names
/// these files itself.
macro_rules! rules {
    ($($module:ident::$rule:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// Every rule, in the order of the listings.
        pub static RULES: &[RuleEntry] = &[$(entry::<$module::$rule>(&$module::ABOUT)),*];
    };
}

rules! {
    unregistered::Unregistered,
    inactive_on_air::InactiveOnAir,
    planned_on_air::PlannedOnAir,
    pci_mismatch::PciMismatch,
    carrier_mismatch::CarrierMismatch,
    tac_mismatch::TacMismatch,
    plmn_mismatch::PlmnMismatch,
    unknown_pci::UnknownPci,
    not_heard::NotHeard,
    too_strong_here::TooStrongHere,
    not_at_site::NotAtSite,
    far_from_home::FarFromHome,
    two_places::TwoPlaces,
    co_moving::CoMoving,
    short_lived::ShortLived,
    many_identities::ManyIdentities,
    twin::Twin,
    pci_collision::PciCollision,
    odd_on_carriers::OddOnCarriers,
    not_in_neighbours::NotInNeighbours,
    content_changed::ContentChanged,
    thin_si::ThinSi,
    lab_stack::LabStack,
    retaining::Retaining,
    downgrade::Downgrade,
    barring_flap::BarringFlap,
    tag_flap::TagFlap,
    tac_flap::TacFlap,
    frame_number_stands::FrameNumberStands,
    overshadowed::Overshadowed,
    foreign_plmn::ForeignPlmn,
    warning_alone::WarningAlone,
    imsi_paging::ImsiPaging,
    nameless::Nameless,
    carrier_flooded::CarrierFlooded,
    config_unlike::ConfigUnlike,
    csg_range::CsgRange,
    hnb_name::HnbName,
    frequency_error::FrequencyError,
    drift::Drift,
    very_strong::VeryStrong,
    foreign_carrier::ForeignCarrier,
}

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
    /// Where in a frame's length its frames start, in the common timebase, in seconds; `None` where the dwell could not be
    /// aligned with those before.
    pub phase_s: Option<f64>,
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

    /// Takes over what another engine, or this one at another time, remembered.
    pub fn set_history(&mut self, history: History) {
        self.history = history;
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
        let findings = self.rules.enabled().filter_map(|rule| rule.judge(&case)).collect();
        Judged { ecgi, verdict, findings, phase_s: cell.track.phase_s }
    }
}
