//! The data of an alert event.

use garde::Validate;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    AlertState, ReceiverPosition, RuleId, Severity, Technology,
    given::{Given, given},
    patterns::{ECGI, KEY, MAX_KEY, MAX_TEXT, TEXT},
};

/// One revision of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub struct AlertData {
    /// The alert: the same of every revision.
    pub id: String,
    /// The same as id. Absent in events of before there were revisions.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = MAX_KEY), pattern(KEY))]
    pub alert_id: Option<String>,
    /// Of two the higher one holds, in whatever order they come.
    #[serde(default = "first_revision")]
    #[garde(range(min = 1))]
    pub revision: u32,
    /// What happened to the alert with this revision.
    #[serde(default)]
    pub state: AlertState,
    /// The first alert of the same transmitter.
    #[serde(default)]
    #[garde(length(chars, max = MAX_KEY), pattern(KEY))]
    pub transmitter: Option<String>,
    /// Further global identifiers that the transmitter gave.
    #[serde(default)]
    #[garde(inner(pattern(ECGI)))]
    pub identities: Vec<String>,
    /// The alert that this one went into.
    #[serde(default)]
    pub merged_into: Option<String>,
    /// When the cells were last heard, as of this revision.
    #[serde(default)]
    pub last_heard: Option<Timestamp>,
    /// Start of the dwell that raised it.
    #[serde(default)]
    pub time: Option<Timestamp>,
    /// The rule's id.
    #[garde(dive)]
    pub rule: RuleId,
    /// The rule's version.
    #[garde(range(min = 1))]
    pub rule_version: u32,
    /// How much the finding weighs.
    pub severity: Severity,
    /// Absent in events of before there were others.
    #[serde(default)]
    pub technology: Technology,
    /// The cell's first global identifier: PLMN and E-UTRAN cell identity. TS 36.413 §9.2.1.38.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given<String>")]
    #[garde(pattern(ECGI))]
    pub ecgi: Option<String>,
    /// Physical-layer cell identity.
    #[garde(range(max = 503))]
    pub pci: u16,
    /// Channel number; null off every raster.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given<u32>")]
    pub earfcn: Option<u32>,
    /// What was seen, against what, and what to do next.
    #[garde(length(chars, max = MAX_TEXT), pattern(TEXT))]
    pub summary: String,
    /// The same in Korean.
    #[serde(default)]
    #[garde(length(chars, max = MAX_TEXT), pattern(TEXT))]
    pub summary_ko: Option<String>,
    /// The finding's values.
    pub evidence: Map<String, Value>,
    /// The recording that proves it, once it is written.
    #[serde(default)]
    pub evidence_file: Option<String>,
    /// SHA-256 of that recording, hexadecimal.
    #[serde(default)]
    #[garde(pattern(r"^[0-9a-f]{64}$"))]
    pub evidence_sha256: Option<String>,
    /// The recording that the dwell is of.
    #[garde(length(chars, max = MAX_TEXT), pattern(TEXT))]
    pub recording: String,
    /// Where the receiver was; null without a fix.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given<ReceiverPosition>")]
    #[garde(dive)]
    pub position: Option<ReceiverPosition>,
}

fn first_revision() -> u32 {
    1
}
