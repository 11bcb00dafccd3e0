//! What the registry makes of a cell, in one word.

use std::fmt;

use serde::{Serialize, Serializer};

use super::registry_view::{Difference, differences};
use crate::{observation::Observation, registry::RegistryAnswer};

/// The verdict of an observation, as the `cell` event carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Registered, and on air as registered.
    Registered,
    /// The registry covers its network and has no such cell.
    Unregistered,
    /// Registered, but dormant, lost, recalled or retired.
    Inactive,
    /// Registered, and on air with other parameters.
    Mismatch,
    /// No SIB1, or none that a second reception confirms.
    Unidentified,
    /// No registry, or none that covers its network.
    Unchecked,
}

impl Verdict {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Registered, Self::Unregistered, Self::Inactive, Self::Mismatch, Self::Unidentified, Self::Unchecked];

    /// The word of the event.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Unregistered => "unregistered",
            Self::Inactive => "inactive",
            Self::Mismatch => "mismatch",
            Self::Unidentified => "unidentified",
            Self::Unchecked => "unchecked",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The verdict on an observation, given the registry's answer to it.
///
/// `confirmed` says whether its identity stands on more than one reception. A cell whose first PLMN the registry does
/// not cover belongs to another operator, even where it carries a covered PLMN as a guest: it is not checked.
#[must_use]
pub fn verdict(observation: &Observation, answer: Option<&RegistryAnswer>, confirmed: bool) -> Verdict {
    let Some(answer) = answer else { return Verdict::Unchecked };
    let Some(identity) = observation.identity.as_ref().filter(|_| confirmed) else { return Verdict::Unidentified };
    if answer.registered.is_empty() {
        let own = identity.plmns.first().is_some_and(|plmn| answer.covered.contains(plmn));
        return if own { Verdict::Unregistered } else { Verdict::Unchecked };
    }
    if answer.registered.iter().all(|near| near.cell.status.is_inactive()) {
        return Verdict::Inactive;
    }
    let differs = |d: Difference| matches!(d, Difference::Pci | Difference::Carrier | Difference::Tac);
    if differences(observation, answer).into_iter().any(differs) { Verdict::Mismatch } else { Verdict::Registered }
}
