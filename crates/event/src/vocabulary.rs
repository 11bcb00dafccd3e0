//! The words that scanner, store and service share: how much a finding weighs, and what the registry makes of a cell.
//!
//! An enum becomes its word when serde or `Display` writes it, and its word becomes the enum when serde or `FromStr`
//! reads it; nobody compares words.

use std::{borrow::Cow, fmt, ops::Deref};

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// How much a finding weighs, the lightest first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// Evidence only.
    Info,
    /// Evidence that may corroborate.
    Medium,
    /// Raises an alert with a finding of another class.
    High,
    /// Raises an alert alone.
    Critical,
}

/// A radio access technology.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Technology {
    /// E-UTRA. What was written before there were others is of it.
    #[default]
    Lte,
}

/// What happened to an alert with a revision.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AlertState {
    /// It was raised, or its cell is back on air.
    #[default]
    Raised,
    /// It weighs more, has better evidence, or its transmitter gave further identities.
    Risen,
    /// It went into another alert of the same transmitter.
    Merged,
    /// Its cells are off the air.
    Closed,
}

/// How far a cell was decoded.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum CellState {
    /// PSS, SSS and CRS agree; no MIB.
    Detected,
    /// MIB with a valid CRC.
    Mib,
    /// SIB1 with a valid CRC.
    Sib1,
    /// SIB1 and at least one SI message.
    Si,
}

/// What the registry makes of a cell, as the `cell` event carries it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
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

/// The stable name of a detection rule. A stored or received one may be of a rule that this program does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(transparent)]
#[garde(transparent)]
pub struct RuleId(#[garde(pattern(r"^[a-z0-9-]{1,64}$"))] Cow<'static, str>);

impl RuleId {
    /// The id of a rule of this program.
    #[must_use]
    pub const fn of(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }
}

impl From<String> for RuleId {
    fn from(id: String) -> Self {
        Self(Cow::Owned(id))
    }
}

impl Deref for RuleId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for RuleId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for RuleId {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Severity {
    /// All, the lightest first.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl Technology {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl AlertState {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl CellState {
    /// Its word in events and stores.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

impl Verdict {
    /// All, in the order of the listings.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether the cell should not be on air as it is: it is not registered, not active, or not as registered.
    #[must_use]
    pub fn is_suspicious(self) -> bool {
        matches!(self, Self::Unregistered | Self::Inactive | Self::Mismatch)
    }

    /// Of two verdicts on one transmitter, the one that stands: the one that knows more, and of those the worse.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |verdict| match verdict {
            Self::Unchecked => 0,
            Self::Unidentified => 1,
            Self::Registered => 2,
            Self::Mismatch => 3,
            Self::Inactive => 4,
            Self::Unregistered => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_no_other() {
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse(), Ok(*severity));
            assert_eq!(serde_json::to_value(severity).expect("a word"), severity.word());
        }
        for verdict in Verdict::ALL {
            assert_eq!(verdict.word().parse(), Ok(*verdict));
            assert_eq!(serde_json::to_value(verdict).expect("a word"), verdict.word());
        }
        assert!("Critical".parse::<Severity>().is_err() && "".parse::<Verdict>().is_err());
    }

    #[test]
    fn the_worse_verdict_stands_in_either_order() {
        assert_eq!(Verdict::Unidentified.worse(Verdict::Registered), Verdict::Registered);
        for (a, b) in Verdict::ALL.iter().flat_map(|a| Verdict::ALL.iter().map(move |b| (*a, *b))) {
            assert_eq!(a.worse(b), b.worse(a), "{a} {b}");
            assert!(a.worse(b).is_suspicious() == (a.is_suspicious() || b.is_suspicious()), "{a} {b}");
        }
    }
}
