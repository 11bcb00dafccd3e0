//! What the drives say about one registered cell, and what is believed of it.

use std::fmt;

use super::{Belief, FieldDifference, SETTLED, Visit};
use crate::registry::RegisteredCell;

/// What the drives say about one registered cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its row; of duplicates, the first.
    pub cell: RegisteredCell,
    /// The verdict.
    pub outcome: Outcome,
    /// In how many dwells its SIB1 was heard.
    pub heard_dwells: u32,
    /// In how many looks its carrier and PCI were heard without a SIB1.
    pub pci_only_dwells: u32,
    /// How many passes there were.
    pub passes: u32,
    /// In how many dwells it was passed.
    pub expected_dwells: u32,
    /// Distance from its place to the nearest dwell that heard it or passed it, in metres.
    pub nearest_m: Option<f64>,
    /// The prediction of the best dwell that passed it.
    pub prediction: Option<Prediction>,
    /// The latest visit to its address.
    pub visit: Option<Visit>,
    /// Whether it was heard after the day of that visit.
    pub heard_since_visit: bool,
    /// What is believed of it; `None` where it was neither passed nor heard.
    pub belief: Option<Belief>,
}

/// The level predicted of a cell at one dwell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Reference signal received power in dBm, with a noise figure of 9 dB where the receiver is not calibrated.
    pub rsrp_dbm: f64,
    /// The same over the receiver's noise, in dB.
    pub over_noise_db: f64,
    /// What is left above the level at which one of two SIB1s is decoded, in dB.
    pub margin_db: f64,
}

impl Prediction {
    pub(super) fn over_noise_and_needed_db(&self) -> [f64; 2] {
        [self.over_noise_db, self.over_noise_db - self.margin_db]
    }
}

/// The verdict on a registered cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Heard, as registered, by every SIB1 with its identity.
    AsRegistered,
    /// Heard at least once otherwise than registered.
    WithDifferences(Vec<FieldDifference>),
    /// Its carrier and PCI were heard in a look, its identity was not decoded.
    ByPciOnly,
    /// Not heard, and would have been heard more probably than not.
    NotHeard,
    /// Registered as off air, and not heard where it would have been.
    SilentAsRegistered,
    /// Not heard, and might well have been missed.
    PassedNotSure,
    /// No dwell passed it.
    NeverCovered,
}

/// What is believed of a registered cell, for people. Every cell is in exactly one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Heard otherwise than registered, or where it cannot be heard from its registered place.
    OnAirNotAsRegistered,
    /// Silent, with a probability of at least [`SETTLED`].
    Silent,
    /// Passed and not heard, and neither is probable enough.
    PassedNotSure,
    /// Heard as registered.
    OnAirAsRegistered,
    /// No dwell passed it.
    NotPassed,
    /// A crew recovered or unplugged it, and it was not heard since.
    Recovered,
}

/// What would settle a cell that was passed and is not sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// So many more passes as good as the best one, each from another street, if they hear nothing either.
    Passes(u32),
    /// A visit: no street hears enough.
    Visit,
}

impl fmt::Display for Settle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passes(1) => f.write_str("1 pass"),
            Self::Passes(passes) => write!(f, "{passes} passes"),
            Self::Visit => f.write_str("a visit"),
        }
    }
}

impl State {
    /// All six, most urgent first.
    pub const ALL: [Self; 6] = [
        Self::OnAirNotAsRegistered,
        Self::Silent,
        Self::PassedNotSure,
        Self::OnAirAsRegistered,
        Self::NotPassed,
        Self::Recovered,
    ];

    /// Whether no further pass is needed.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::PassedNotSure | Self::NotPassed)
    }

    /// The word of reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnAirNotAsRegistered => "on-air-not-as-registered",
            Self::Silent => "silent",
            Self::PassedNotSure => "passed-not-sure",
            Self::OnAirAsRegistered => "on-air-as-registered",
            Self::NotPassed => "not-passed",
            Self::Recovered => "recovered",
        }
    }
}

impl Account {
    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        if self.visit.as_ref().is_some_and(|visit| visit.outcome.is_closing()) && !self.heard_since_visit {
            return State::Recovered;
        }
        let Some(belief) = self.belief else { return State::NotPassed };
        if self.heard_dwells > 0 {
            let as_registered = belief.as_registered >= 0.5;
            return if as_registered { State::OnAirAsRegistered } else { State::OnAirNotAsRegistered };
        }
        if belief.silent >= SETTLED { State::Silent } else { State::PassedNotSure }
    }

    /// What would settle a cell that was passed and is not sure.
    #[must_use]
    pub fn to_settle(&self) -> Option<Settle> {
        let more_looks = self.belief.filter(|_| self.state() == State::PassedNotSure)?.more_looks;
        Some(more_looks.map_or(Settle::Visit, Settle::Passes))
    }

    /// Probability of its state; `None` where it was not passed or is not sure.
    #[must_use]
    pub fn probability(&self) -> Option<f64> {
        let belief = self.belief?;
        match self.state() {
            State::OnAirNotAsRegistered => Some(belief.elsewhere),
            State::Silent => Some(belief.silent),
            State::OnAirAsRegistered => Some(belief.as_registered),
            State::PassedNotSure | State::NotPassed | State::Recovered => None,
        }
    }
}

impl Outcome {
    /// The word of reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::AsRegistered => "as-registered",
            Self::WithDifferences(_) => "with-differences",
            Self::ByPciOnly => "by-pci-only",
            Self::NotHeard => "not-heard",
            Self::SilentAsRegistered => "silent-as-registered",
            Self::PassedNotSure => "passed-not-sure",
            Self::NeverCovered => "never-covered",
        }
    }
}
