//! Findings that are published.
//!
//! In: the judged cells of each dwell. Out: alerts, and every change of one. A critical finding alerts alone, a high one
//! with a finding of another class that rests on other facts, or where the operator lets it stand alone; medium and info
//! are evidence only. Refuses to know rules beyond their names, the registry, files and clocks.

pub mod allowed;
pub mod book;
pub mod corroboration;
pub mod events;
pub mod kept;
mod mark;
pub mod sentence;

use cellwarden_event::{AlertState, RuleId, Severity, Technology};
use cellwarden_text::Language;
use jiff::Timestamp;
use lte_dsp::cell::Pci;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use book::AlertBook;
pub use kept::KeptBook;
pub use sentence::sentence;

use crate::{
    detect::Finding,
    observation::{Ecgi, Observation},
};

/// A cell as alerts tell cells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId {
    /// Radio access technology.
    pub technology: Technology,
    /// First global identifier, where known.
    pub ecgi: Option<Ecgi>,
    /// Physical-layer identity.
    pub pci: Pci,
    /// Channel number.
    pub earfcn: Option<u32>,
    /// Nominal carrier in hertz, for the cells off every raster.
    pub carrier_hz: u64,
}

/// Where the evidence of an alert that was explained later holds the values that explain it.
const EXPLAINED_BY: &str = "explained_by";

/// A finding that is published, as it stands at one revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The same at every replay of the same recordings, and of every revision.
    pub id: String,
    /// Rises by one with each change; of two revisions the higher one holds.
    #[serde(default = "first_revision")]
    pub revision: u32,
    /// What happened to it with this revision.
    #[serde(default)]
    pub state: AlertState,
    /// Start of the dwell that raised it.
    pub time: Option<Timestamp>,
    /// The rule's id.
    pub rule: RuleId,
    /// The rule's version.
    pub rule_version: u32,
    /// How much the finding weighs.
    pub severity: Severity,
    /// The cell's radio access technology.
    #[serde(default)]
    pub technology: Technology,
    /// The cell's first global identifier.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub ecgi: Option<Ecgi>,
    /// Its physical-layer identity.
    #[serde(serialize_with = "as_number", deserialize_with = "from_number")]
    pub pci: Pci,
    /// Its channel number.
    pub earfcn: Option<u32>,
    /// The first alert of the same transmitter, this one or another. Empty in what older versions wrote.
    #[serde(default)]
    pub transmitter: String,
    /// Further global identifiers that the transmitter gave.
    #[serde(default, serialize_with = "as_texts", deserialize_with = "from_texts")]
    pub identities: Vec<Ecgi>,
    /// The alert that this one went into.
    #[serde(default)]
    pub merged_into: Option<String>,
    /// When its cells were last heard, as of this revision.
    #[serde(default)]
    pub last_heard: Option<Timestamp>,
    /// What was seen, against what, and what to do next: see [`sentence()`]. In English.
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
        Self {
            technology: observation.technology,
            ecgi,
            pci: observation.pci,
            earfcn: carrier.earfcn,
            carrier_hz: carrier.hz.max(0.0) as u64,
        }
    }

    /// The cell, of those heard, that a cell without a name is: the one that was named on its carrier and physical-layer
    /// identity. Where there are two, nobody knows whose it is.
    #[must_use]
    pub fn named_among<'a>(&self, heard: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        let own = (self.technology, self.carrier_hz, self.pci);
        let alike = |other: &&Self| other.ecgi.is_some() && (other.technology, other.carrier_hz, other.pci) == own;
        let mut named = heard.into_iter().filter(alike);
        let first = named.next().filter(|_| self.ecgi.is_none())?;
        named.all(|other| other == first).then_some(first)
    }
}

impl Alert {
    /// Whether it is about a cell.
    #[must_use]
    pub fn is_about(&self, id: &CellId) -> bool {
        (self.technology, self.ecgi, self.pci, self.earfcn) == (id.technology, id.ecgi, id.pci, id.earfcn)
    }

    /// The alert of a finding first made at `time`, with the rules of other classes that corroborate it.
    #[must_use]
    pub fn new(cell: &CellId, finding: &Finding, time: Option<Timestamp>, corroborated_by: Vec<&str>) -> Self {
        let recording = finding.evidence.get("recording").and_then(Value::as_str).unwrap_or_default();
        let mut evidence = finding.evidence.clone();
        if !corroborated_by.is_empty() {
            evidence.insert("corroborated_by".to_owned(), corroborated_by.into());
        }
        let id = id(cell, &finding.rule, time, recording);
        let mut alert = Self {
            transmitter: id.clone(),
            id,
            revision: first_revision(),
            state: AlertState::Raised,
            time,
            rule: finding.rule.clone(),
            rule_version: finding.version,
            severity: finding.severity,
            technology: cell.technology,
            ecgi: cell.ecgi,
            pci: cell.pci,
            earfcn: cell.earfcn,
            identities: Vec::new(),
            merged_into: None,
            last_heard: time,
            summary: String::new(),
            evidence,
            evidence_file: None,
        };
        if cell.earfcn.is_none() {
            alert.evidence.insert("carrier_hz".to_owned(), cell.carrier_hz.into());
        }
        alert.summary = sentence(Language::English, &alert);
        alert
    }

    /// Whether its transmitter is on air, as far as was heard.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, AlertState::Raised | AlertState::Risen)
    }

    /// Whether what it rests on was explained later: then it is closed, and weighs what its explanation weighs.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.evidence.contains_key(EXPLAINED_BY)
    }

    /// Whether this revision raised it.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.revision == first_revision()
    }

    /// Name of this revision, the same at every replay: the alert's id for the first.
    #[must_use]
    pub fn revision_id(&self) -> String {
        if self.is_first() {
            return self.id.clone();
        }
        hex::encode(&Sha256::digest(format!("{}|{}", self.id, self.revision).as_bytes())[..8])
    }
}

fn first_revision() -> u32 {
    1
}

/// A name made of the rule, the cell and the first dwell, so that a replay and a retry give the same one.
fn id(cell: &CellId, rule: &str, time: Option<Timestamp>, recording: &str) -> String {
    let when = time.map_or_else(|| recording.to_owned(), |t| t.to_string());
    let ecgi = cell.ecgi.map(|e| e.to_string()).unwrap_or_default();
    let text = format!("{rule}|{ecgi}|{}|{}|{when}", cell.pci, cell.carrier_hz);
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

fn as_text<S: Serializer>(ecgi: &Option<Ecgi>, serializer: S) -> Result<S::Ok, S::Error> {
    ecgi.map(|e| e.to_string()).serialize(serializer)
}

fn as_number<S: Serializer>(pci: &Pci, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(pci.get())
}

fn as_texts<S: Serializer>(ecgis: &[Ecgi], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ecgis.iter().map(ToString::to_string))
}

fn from_texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Ecgi>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let ecgi = |text: String| text.parse().map_err(|_| D::Error::custom(format_args!("{text:?} is no ECGI")));
    texts.into_iter().map(ecgi).collect()
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ecgi>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(|_| D::Error::custom(format_args!("{text:?} is no ECGI")))).transpose()
}

fn from_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pci, D::Error> {
    let number = u16::deserialize(deserializer)?;
    Pci::new(number).ok_or_else(|| D::Error::custom(format_args!("PCI {number} is not below 504")))
}
