//! What a rule is, what it is shown and what it says.

use std::fmt;

use cellwarden_event::RuleId;
pub use cellwarden_event::Severity;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    history::{History, Track},
    registry_view::{best_row, own_accesses},
    settings::Setting,
    verdict::Verdict,
};
use crate::{
    observation::{BlockChannel, Observation},
    registry::{CellKind, NearCell, RegistryAnswer, inspect::Account},
};

/// What kind of evidence a rule weighs. Two findings corroborate each other only across classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The registered cell list.
    Registry,
    /// Where and how strong.
    Place,
    /// Who it says it is.
    Identity,
    /// What it broadcasts.
    Broadcast,
    /// How it transmits.
    Radio,
}

impl Class {
    /// The word of the listings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Place => "place",
            Self::Identity => "identity",
            Self::Broadcast => "broadcast",
            Self::Radio => "radio",
        }
    }
}

/// A fact that findings rest on: two findings that share one say the same thing twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Which global identifier it gives.
    CellIdentity,
    /// The registered status.
    Status,
    /// The physical-layer identity.
    Pci,
    /// The carrier.
    Carrier,
    /// The downlink bandwidth.
    Bandwidth,
    /// The number of antenna ports.
    AntennaPorts,
    /// The tracking area code.
    Tac,
    /// The list of PLMNs.
    Plmn,
    /// How strong it is.
    Level,
    /// Where it is.
    Place,
    /// When it is on air.
    Presence,
    /// Where its frames start, and how they are numbered.
    FrameTiming,
    /// The carrier offset.
    CarrierOffset,
    /// Which neighbours name it, and which it names.
    Neighbours,
    /// The system information under the value tag.
    Content,
    /// Which system information is scheduled.
    Schedule,
    /// Values left as a product's sample configuration has them.
    Configuration,
    /// Priorities and levels of reselection within LTE.
    Reselection,
    /// Priorities of other technologies.
    InterRat,
    /// cellBarred.
    Barring,
    /// systemInfoValueTag.
    ValueTag,
    /// Closed subscriber group and its PCI range.
    Csg,
    /// The Home eNB's name.
    HnbName,
    /// Public warnings.
    Warning,
    /// By which kind of identity terminals are paged.
    Paging,
    /// Whether one place of the schedule holds one content.
    Contradiction,
    /// Values of the radio configuration.
    RadioConfiguration,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The fixed facts of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Stable name.
    pub id: &'static str,
    /// Rises with every change of what the rule says.
    pub version: u32,
    /// What it weighs.
    pub class: Class,
    /// The facts it rests on.
    pub facts: &'static [Fact],
    /// The most that it can weigh.
    pub severity: Severity,
    /// What must be seen.
    pub seen: &'static str,
    /// Where it rests on.
    pub reference: &'static str,
    /// What else can look like this.
    pub false_positives: &'static str,
    /// Its thresholds.
    pub settings: &'static [Setting],
}

/// One detection rule: a pure function of what it is shown.
pub trait Rule: Send + Sync {
    /// The fixed facts.
    fn about(&self) -> &'static About;

    /// What the rule says of one cell in one dwell; `None` where it is silent, also for want of a fact.
    fn judge(&self, case: &Case<'_>) -> Option<Finding>;

    /// What the rule says of a registered cell by an inspection's account of it.
    fn account(&self, _: &Account) -> Option<Finding> {
        None
    }
}

/// A cell of a dwell and the track it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// What was observed.
    pub observation: &'a Observation,
    /// The registry's answer to it, where a registry was given.
    pub answer: Option<&'a RegistryAnswer>,
    /// The transmitter's track, this dwell included.
    pub track: &'a Track,
}

/// What a rule is shown: one cell, everything heard beside it, and what came before.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The cell to judge.
    pub cell: Heard<'a>,
    /// Its verdict.
    pub verdict: Verdict,
    /// Whether its identity stands on more than one reception.
    pub confirmed: bool,
    /// Every cell of the dwell, the judged one included.
    pub dwell: &'a [Heard<'a>],
    /// Everything before, this dwell included.
    pub history: &'a History,
}

impl<'a> Case<'a> {
    /// The observation to judge.
    #[must_use]
    pub fn observation(&self) -> &'a Observation {
        self.cell.observation
    }

    /// The row that speaks for the cell, once its identity is confirmed.
    #[must_use]
    pub fn row(&self) -> Option<&'a NearCell> {
        best_row(self.cell.observation, self.cell.answer.filter(|_| self.confirmed)?)
    }

    /// Whether a terminal of a network that the registry covers may choose the cell, so that the registry may speak for it.
    #[must_use]
    pub fn own_network(&self) -> bool {
        self.cell.answer.is_some_and(|answer| !own_accesses(self.cell.observation, answer).is_empty())
    }

    /// Whether the row that speaks for the cell is a femtocell's in a list older than `days`: its management system moves
    /// a femtocell's carrier and tracking area, and the list does not follow. TR-196 (self-configuration).
    #[must_use]
    pub fn is_stale_femtocell_row(&self, days: f64) -> bool {
        let femto = self.row().is_some_and(|near| near.cell.kind == Some(CellKind::Femto));
        let age = self.cell.answer.and_then(|answer| answer.age);
        femto && age.is_some_and(|age| age.as_secs_f64() > days * 86_400.0)
    }

    /// The other cells of the dwell.
    pub fn others(&self) -> impl Iterator<Item = &'a Heard<'a>> + use<'a> {
        let judged: *const Observation = self.cell.observation;
        self.dwell.iter().filter(move |heard| !std::ptr::eq(heard.observation, judged))
    }

    /// A finding of `rule` at its own severity, with the facts that every finding names.
    #[must_use]
    pub fn finding(&self, about: &'static About) -> Finding {
        Finding::new(about, self)
    }
}

/// A rule fired: which, how heavy, and the values that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: RuleId,
    /// The rule's version.
    pub version: u32,
    /// How much it weighs here.
    pub severity: Severity,
    /// Values under names that carry their units.
    pub evidence: Map<String, Value>,
    /// What it rests on; no part of events and stores.
    #[serde(skip)]
    pub grounds: Grounds,
}

/// What a finding rests on, which decides what it corroborates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grounds {
    /// The facts without which it would not have been made; empty of a finding read from a store.
    pub facts: Vec<Fact>,
    /// Whether honest cells of this kind look like this by design.
    pub by_design: bool,
    /// Whether the operator's allow-list knows the cell.
    pub suppressed: bool,
    /// Names of the evidence by which earlier findings of the same rule are explained: those with the same values under all
    /// of them, of this cell or another, rest on what turned out to be honest. Empty of a finding that explains none.
    #[serde(default)]
    pub explains: Vec<String>,
}

impl Finding {
    /// A finding without evidence yet.
    #[must_use]
    pub(super) fn bare(about: &'static About) -> Self {
        Self {
            rule: RuleId::of(about.id),
            version: about.version,
            severity: about.severity,
            evidence: Map::new(),
            grounds: Grounds { facts: about.facts.to_vec(), ..Grounds::default() },
        }
    }

    fn new(about: &'static About, case: &Case<'_>) -> Self {
        let observation = case.cell.observation;
        let mut finding = Self::bare(about);
        // A transport block is the better proof: it names the sample to decode again from.
        let block = observation.blocks.iter().find(|b| b.channel == BlockChannel::BcchDlSch);
        finding.set("recording", observation.dwell.recording.as_str());
        match block {
            Some(block) => {
                finding.set("at_sample", block.at_sample);
                finding.set("sfn", block.sfn.get());
            }
            None => {
                finding.set("at_sample", observation.timing.at_sample.max(0.0) as u64);
                finding.set("sfn", observation.timing.sfn.map(|sfn| sfn.get()));
            }
        }
        finding.set("rsrp_dbfs", rounded(f64::from(observation.level.rsrp_dbfs), 1));
        if observation.is_clipped() {
            finding.set("clipped", rounded(observation.dwell.clipped, 3));
        }
        finding.set("sinr_db", rounded(f64::from(observation.level.sinr_db), 1));
        if let Some(p) = &observation.position {
            finding.set("position", serde_json::json!({"lat": p.lat, "lon": p.lon, "error_m": p.error_m}));
        }
        if let Some(answer) = case.cell.answer {
            finding.set("registry_snapshot", answer.snapshot.id());
            finding.set("registry_date", answer.snapshot.imported.to_string());
            if let Some(age) = answer.age {
                finding.set("registry_age_days", rounded(age.as_secs_f64() / 86_400.0, 1));
                if age.as_secs_f64() > STALE_DAYS * 86_400.0 {
                    finding.set("registry_stale", true);
                }
            }
        }
        finding
    }

    /// What the rule weighs; `None` of a rule that this program does not have.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        super::about(&self.rule).map(|about| about.class)
    }

    /// Adds a value to the evidence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds several values to the evidence.
    #[must_use]
    pub fn with_all(mut self, values: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        values.into_iter().for_each(|(name, value)| self.set(name, value));
        self
    }

    /// Makes the finding weigh less or more than the rule's own severity.
    #[must_use]
    pub fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Narrows the facts that the finding rests on to these.
    #[must_use]
    pub fn resting_on(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.grounds.facts = facts.into_iter().collect();
        self
    }

    /// Says that earlier findings of the rule with the same values under these names are explained by this one: their alerts
    /// close, with its values as the reason.
    #[must_use]
    pub fn explaining(mut self, names: &[&str]) -> Self {
        self.grounds.explains = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Marks what honest cells of this kind show by design: medium, and it corroborates nothing.
    #[must_use]
    pub fn by_design(mut self) -> Self {
        self.grounds.by_design = true;
        self.set("by_design", true);
        self.weighing(Severity::Medium)
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.evidence.insert(name.to_owned(), value.into());
    }
}

/// A list older than this is stale: networks change a few cells a hundred in a quarter.
pub const STALE_DAYS: f64 = 90.0;

/// A measured value with as many decimals as it deserves; evidence with sixteen digits hides the two that matter.
#[must_use]
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale
}
