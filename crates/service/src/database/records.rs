//! What is read back of cases and scanners.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use cellwarden_event::Severity;

use crate::cases::CaseState;
use cellwarden_core::observation::Position;

/// The result of storing events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredEvents {
    /// Whether each event was new.
    pub new: Vec<bool>,
    /// The cases that they changed.
    pub cases: Vec<i64>,
}

/// A message of a broker that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedMessage {
    /// When it came.
    pub received: Timestamp,
    /// Under which topic.
    pub topic: String,
    /// Why it was refused.
    pub why: String,
    /// Its payload.
    pub body: Vec<u8>,
}

/// Refused messages that are kept: the newest.
pub const MAX_REFUSED: i64 = 2_000;

/// Which cases to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// By state.
    pub state: StateFilter,
    /// This heavy or heavier.
    pub severity: Option<Severity>,
    /// Of this global identifier.
    pub ecgi: Option<String>,
    /// That this scanner heard.
    pub scanner: Option<String>,
    /// Older than the case of this number: how the next page begins.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// Cases by their state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StateFilter {
    /// Those that are not closed.
    #[default]
    Open,
    /// Those in one state.
    One(CaseState),
    /// All.
    All,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseSummary {
    /// Its number; a later case has a higher one.
    pub id: i64,
    /// How far people have come with it.
    pub state: CaseState,
    /// The heaviest alert's.
    pub severity: Severity,
    /// The heaviest alert's sentence.
    pub summary: String,
    /// Global identifier, where a scanner has read it.
    pub ecgi: Option<String>,
    /// Physical-layer identity.
    pub pci: u16,
    /// Channel number.
    pub earfcn: Option<u32>,
    /// The first and the last time it was heard.
    pub first_heard: Timestamp,
    /// See above.
    pub last_heard: Timestamp,
    /// Where the receiver was that heard it last.
    pub heard_at: Option<Position>,
    /// Alerts.
    pub alerts: u64,
    /// Sightings.
    pub sightings: u64,
    /// Scanners that heard it.
    pub scanners: Vec<String>,
    /// Rules that alerted.
    pub rules: Vec<String>,
    /// Where it is, once that was worked out.
    pub estimate: Option<Value>,
}

/// A case with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseDetails {
    /// As in the list.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// What was said of it, oldest first.
    pub notes: Vec<CaseNote>,
    /// The last alerts, newest first.
    pub last_alerts: Vec<CaseAlert>,
}

/// Something that was said of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseNote {
    /// When.
    pub time: Timestamp,
    /// By whose token.
    pub name: String,
    /// The state that it was put in.
    pub state: Option<CaseState>,
    /// The words.
    pub note: Option<String>,
}

/// An alert of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseAlert {
    /// The scanner that raised it.
    pub scanner: String,
    /// Its id.
    pub id: String,
    /// When.
    pub time: Option<Timestamp>,
}

/// Alerts that [`CaseDetails`] holds.
pub const LAST_ALERTS: u32 = 100;

/// Levels that an estimate rests on, the last ones: more are no better, and take memory.
pub const LAST_LEVELS: u32 = 20_000;

/// Most notes of one case: beyond, none is taken.
pub const MAX_NOTES: u32 = 10_000;

/// What somebody says of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseChange {
    /// The state that it is put in.
    pub state: Option<CaseState>,
    /// The words.
    pub note: Option<String>,
    /// By whose token.
    pub name: String,
    /// When.
    pub time: Timestamp,
}

/// A scanner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScannerSummary {
    /// Its name.
    pub name: String,
    /// When events of it came first and last.
    pub first_received: Timestamp,
    /// See above.
    pub last_received: Timestamp,
    /// Alerts.
    pub alerts: u64,
    /// Sightings.
    pub sightings: u64,
}
