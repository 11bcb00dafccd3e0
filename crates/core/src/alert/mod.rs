//! Findings that are told to someone.
//!
//! In: the judged cells of each dwell. Out: alerts, each once. A critical finding alerts alone, a high one with a finding
//! of another class that rests on other facts, or where the operator lets it stand alone; medium and info are evidence only. Refuses to know rules
//! beyond their names, the registry, files and clocks.

pub mod allowed;
pub mod corroboration;
pub mod debounce;
pub mod events;
pub mod kept;

use cellwarden_event::{RuleId, Severity};
use jiff::Timestamp;
use lte_dsp::cell::Pci;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use debounce::{AlertBook, Change};
pub use kept::KeptBook;

use crate::{
    detect::{Finding, about},
    observation::{Ecgi, Observation},
};

/// A cell as alerts tell cells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId {
    /// First global identifier, where known.
    pub ecgi: Option<Ecgi>,
    /// Physical-layer identity.
    pub pci: Pci,
    /// Channel number.
    pub earfcn: Option<u32>,
    /// Nominal carrier in hertz, for the cells off every raster.
    pub carrier_hz: u64,
}

/// A finding that is told to someone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The same at every replay of the same recordings.
    pub id: String,
    /// Start of the dwell that raised it.
    pub time: Option<Timestamp>,
    /// The rule's id.
    pub rule: RuleId,
    /// The rule's version.
    pub rule_version: u32,
    /// How much the finding weighs.
    pub severity: Severity,
    /// The cell's first global identifier.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub ecgi: Option<Ecgi>,
    /// Its physical-layer identity.
    #[serde(serialize_with = "as_number", deserialize_with = "from_number")]
    pub pci: Pci,
    /// Its channel number.
    pub earfcn: Option<u32>,
    /// One sentence for people.
    pub summary: String,
    /// The finding's values.
    pub evidence: Map<String, Value>,
    /// The recording that proves it, once it is written.
    pub evidence_file: Option<String>,
}

impl CellId {
    /// The cell of an observation under the identifier that it was judged by.
    #[must_use]
    pub fn new(observation: &Observation, ecgi: Option<Ecgi>) -> Self {
        let carrier = &observation.carrier;
        Self { ecgi, pci: observation.pci, earfcn: carrier.earfcn, carrier_hz: carrier.hz.max(0.0) as u64 }
    }

    /// The cell, of those heard, that a cell without a name is: the one that was named on its carrier and physical-layer
    /// identity. Where there are two, nobody knows whose it is.
    #[must_use]
    pub fn named_among<'a>(&self, heard: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        let alike =
            |other: &&Self| other.ecgi.is_some() && (other.carrier_hz, other.pci) == (self.carrier_hz, self.pci);
        let mut named = heard.into_iter().filter(alike);
        let first = named.next().filter(|_| self.ecgi.is_none())?;
        named.all(|other| other == first).then_some(first)
    }
}

impl Alert {
    /// Whether it is about a cell.
    #[must_use]
    pub fn is_about(&self, id: &CellId) -> bool {
        (self.ecgi, self.pci, self.earfcn) == (id.ecgi, id.pci, id.earfcn)
    }

    /// The alert of a finding first made at `time`, with the rules of other classes that corroborate it.
    #[must_use]
    pub fn new(cell: &CellId, finding: &Finding, time: Option<Timestamp>, corroborated_by: Vec<&str>) -> Self {
        let recording = finding.evidence.get("recording").and_then(Value::as_str).unwrap_or_default();
        let mut evidence = finding.evidence.clone();
        if !corroborated_by.is_empty() {
            evidence.insert("corroborated_by".to_owned(), corroborated_by.into());
        }
        Self {
            id: id(cell, &finding.rule, time, recording),
            time,
            rule: finding.rule.clone(),
            rule_version: finding.version,
            severity: finding.severity,
            ecgi: cell.ecgi,
            pci: cell.pci,
            earfcn: cell.earfcn,
            summary: summary(cell, finding),
            evidence,
            evidence_file: None,
        }
    }
}

/// A name made of the rule, the cell and the first dwell, so that a replay and a retry give the same one.
fn id(cell: &CellId, rule: &str, time: Option<Timestamp>, recording: &str) -> String {
    let when = time.map_or_else(|| recording.to_owned(), |t| t.to_string());
    let ecgi = cell.ecgi.map(|e| e.to_string()).unwrap_or_default();
    let text = format!("{rule}|{ecgi}|{}|{}|{when}", cell.pci, cell.carrier_hz);
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// What happened, in a sentence: the values stand in the evidence.
fn summary(cell: &CellId, finding: &Finding) -> String {
    let seen = about(&finding.rule).map_or("", |about| about.seen);
    let name = cell.ecgi.map_or_else(|| "A cell without SIB1".to_owned(), |e| e.to_string());
    let channel = cell.earfcn.map_or_else(|| format!("{} Hz", cell.carrier_hz), |e| format!("EARFCN {e}"));
    format!("{name} (PCI {}, {channel}): {seen}", cell.pci)
}

fn as_text<S: Serializer>(ecgi: &Option<Ecgi>, serializer: S) -> Result<S::Ok, S::Error> {
    ecgi.map(|e| e.to_string()).serialize(serializer)
}

fn as_number<S: Serializer>(pci: &Pci, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(pci.get())
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ecgi>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(|_| D::Error::custom(format_args!("{text:?} is no ECGI")))).transpose()
}

fn from_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pci, D::Error> {
    let number = u16::deserialize(deserializer)?;
    Pci::new(number).ok_or_else(|| D::Error::custom(format_args!("PCI {number} is not below 504")))
}
