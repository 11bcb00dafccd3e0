//! What the service keeps: events, each once, and tokens. SQLite for one machine, PostgreSQL for what outgrows it.
//!
//! Calls block: they are made from threads that may wait, never from those that answer requests.

mod postgres;
mod records;
mod sqlite;

use std::{fmt, path::PathBuf};

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

pub use records::{
    CaseAlert, CaseChange, CaseDetails, CaseFilter, CaseNote, CaseSummary, LAST_ALERTS, LAST_LEVELS, MAX_NOTES,
    MAX_REFUSED, RefusedMessage, ScannerSummary, StateFilter, StoredEvents,
};

use super::{
    cases::{CaseState, HeardLevel},
    events::{Event, Level},
    tokens::TokenRecord,
};
use cellwarden_core::observation::{Ecgi, Position};
use cellwarden_event::{Severity, Technology};

/// Where the database is.
#[derive(Clone)]
pub enum DatabaseAddress {
    /// A file, and whose turn it is to write into it.
    Sqlite(PathBuf, sqlite::Turn),
    /// A server.
    Postgres(Box<postgres::PostgresAddress>),
}

/// A connection.
pub trait Database: Send {
    /// Stores events and updates their cases, in one transaction that is on the disk when this returns.
    fn store_events(&mut self, events: &[Event], received: Timestamp) -> Result<StoredEvents, DatabaseError>;

    /// The cases of a filter, the newest first.
    fn cases(&mut self, filter: &CaseFilter) -> Result<Vec<CaseSummary>, DatabaseError>;

    /// All of a case.
    fn case(&mut self, id: i64) -> Result<Option<CaseDetails>, DatabaseError>;

    /// Keeps what somebody says of a case; whether there is such a case.
    fn change_case(&mut self, id: i64, change: &CaseChange) -> Result<bool, DatabaseError>;

    /// A case whose levels tell more than its estimate rests on, and how many these are by now.
    fn case_to_locate(&mut self) -> Result<Option<(i64, u64)>, DatabaseError>;

    /// The last levels of a case, each scanner's in order of time.
    fn levels(&mut self, case: i64) -> Result<Vec<HeardLevel>, DatabaseError>;

    /// Keeps the estimate of when a case had so many levels; one that replaces none is kept where there is no other.
    fn set_estimate(&mut self, case: i64, estimate: &str, levels: u64, replaces: bool) -> Result<(), DatabaseError>;

    /// Forgets sightings that came before a time, and their levels, at most so many of each. How many these were.
    fn forget_sightings(&mut self, before: Timestamp, limit: u32) -> Result<u64, DatabaseError>;

    /// Removes closed cases in which nothing happened since a time, with all that is theirs alone, and refused messages that
    /// came before; with `dry_run` it only says what these are.
    fn prune(&mut self, before: Timestamp, dry_run: bool) -> Result<PrunedCases, DatabaseError>;

    /// All scanners, by name.
    fn scanners(&mut self) -> Result<Vec<ScannerSummary>, DatabaseError>;

    /// Keeps a token.
    fn add_token(&mut self, token: &TokenRecord) -> Result<(), DatabaseError>;

    /// The token of an id.
    fn token(&mut self, id: &str) -> Result<Option<TokenRecord>, DatabaseError>;

    /// All tokens, the oldest first.
    fn tokens(&mut self) -> Result<Vec<TokenRecord>, DatabaseError>;

    /// Revokes a token; whether there was one that was not revoked yet.
    fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<bool, DatabaseError>;

    /// Keeps messages that were not taken, the newest [`MAX_REFUSED`] of them.
    fn keep_refused(&mut self, messages: &[RefusedMessage]) -> Result<(), DatabaseError>;

    /// The messages that were not taken, the oldest first.
    fn refused(&mut self) -> Result<Vec<RefusedMessage>, DatabaseError>;

    /// Writes something, to see whether it can be written.
    fn check(&mut self, now: Timestamp) -> Result<(), DatabaseError>;
}

/// What [`Database::prune`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrunedCases {
    /// Closed cases.
    pub cases: u64,
    /// Their alerts.
    pub alerts: u64,
    /// The events that brought those.
    pub events: u64,
    /// Their levels.
    pub levels: u64,
    /// Refused messages.
    pub refused: u64,
}

/// What removes them, in either dialect, in an order that leaves no row without its case; with what it is counted as.
/// `$1` is the time in milliseconds.
const PRUNE: [(&str, PruneCount); 10] = {
    const fn none(_: &mut PrunedCases, _: u64) {}
    [
        (
            "CREATE TEMPORARY TABLE pruned_case AS SELECT id FROM cases WHERE state = 3 AND last_heard < $1 \
             AND NOT EXISTS (SELECT 1 FROM case_note WHERE case_id = cases.id AND time >= $1)",
            none,
        ),
        (
            "DELETE FROM event WHERE kind = 'alert' AND EXISTS (SELECT 1 FROM case_alert WHERE case_alert.scanner = \
             event.scanner AND case_alert.id = event.id AND case_id IN (SELECT id FROM pruned_case))",
            |pruned, rows| pruned.events = rows,
        ),
        ("DELETE FROM case_alert WHERE case_id IN (SELECT id FROM pruned_case)", none),
        ("DELETE FROM alert WHERE case_id IN (SELECT id FROM pruned_case)", |pruned, rows| pruned.alerts = rows),
        ("DELETE FROM case_level WHERE case_id IN (SELECT id FROM pruned_case)", |pruned, rows| pruned.levels = rows),
        ("DELETE FROM case_note WHERE case_id IN (SELECT id FROM pruned_case)", none),
        ("DELETE FROM case_rule WHERE case_id IN (SELECT id FROM pruned_case)", none),
        ("DELETE FROM case_scanner WHERE case_id IN (SELECT id FROM pruned_case)", none),
        ("DELETE FROM cases WHERE id IN (SELECT id FROM pruned_case)", |pruned, rows| pruned.cases = rows),
        ("DELETE FROM refused_message WHERE received < $1", |pruned, rows| pruned.refused = rows),
    ]
};

/// Takes down how many rows a statement removed.
type PruneCount = fn(&mut PrunedCases, u64);

/// By whom a case is closed whose alerts turned out to be another one's.
const MERGED_BY: &str = "cellwarden";

fn technology_of(word: &str) -> Result<Technology, DatabaseError> {
    word.parse().map_err(|_| stored("technology", word))
}

fn merged_note(into: i64) -> String {
    format!("The same transmitter as case {into}, where its alerts, sightings and levels are now.")
}

/// Why something could not be kept or read back.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The database was written by a later program.
    #[error("database version {found}, this program reads up to {expected}: use a newer cellwarden")]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        expected: usize,
    },
    /// A stored value is none that this program writes.
    #[error("stored {column} is {value:?}, which this program does not write: the database was changed or is damaged")]
    Stored {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
    /// It cannot be reached, or failed.
    #[error("database: {0}")]
    Failed(String),
}

impl DatabaseAddress {
    /// A server at `postgres://USER@HOST/NAME`, else a file. A password that is not in the address is the one given.
    ///
    /// # Errors
    /// Where the address of a server is none, or its certificates cannot be read.
    pub fn new(text: &str, password: Option<&str>) -> Result<Self, DatabaseError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Ok(Self::Sqlite(text.into(), sqlite::Turn::default()));
        }
        Ok(Self::Postgres(Box::new(postgres::PostgresAddress::new(text, password)?)))
    }

    /// Connects, and makes the tables where there are none.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub fn open(&self) -> Result<Box<dyn Database>, DatabaseError> {
        match self {
            Self::Sqlite(path, turn) => Ok(Box::new(sqlite::Sqlite::open(path, turn)?)),
            Self::Postgres(address) => Ok(Box::new(postgres::Postgres::open(address)?)),
        }
    }
}

/// Without the password that an address may hold.
impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path, _) => write!(f, "{}", path.display()),
            Self::Postgres(address) => write!(f, "PostgreSQL database {}", address.name()),
        }
    }
}

/// States and severities are stored as their places.
fn state_of(number: i64) -> Result<CaseState, DatabaseError> {
    let state = usize::try_from(number).ok().and_then(|n| CaseState::ALL.get(n).copied());
    state.ok_or_else(|| stored("state", &number.to_string()))
}

/// See [`state_of`].
fn severity_of(number: i64) -> Result<Severity, DatabaseError> {
    let severity = usize::try_from(number).ok().and_then(|n| Severity::ALL.get(n).copied());
    severity.ok_or_else(|| stored("severity", &number.to_string()))
}

/// A stored time; one beyond the calendar is its end.
fn time_of(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// A stored count.
fn count(number: i64) -> u64 {
    number.unsigned_abs()
}

/// A count to be stored.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Names, joined by commas: none has one.
fn names(joined: Option<String>) -> Vec<String> {
    joined.into_iter().flat_map(|joined| joined.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// A stored global identifier.
fn ecgi_of(text: Option<String>) -> Result<Option<Ecgi>, DatabaseError> {
    text.map(|text| text.parse().map_err(|_| stored("ecgi", &text))).transpose()
}

/// A stored estimate.
fn estimate_of(text: Option<String>) -> Result<Option<Value>, DatabaseError> {
    text.map(|text| serde_json::from_str(&text).map_err(|_| stored("estimate", &text))).transpose()
}

/// A stored place, where all of it is there.
fn place_of((lat, lon, error_m): (Option<f64>, Option<f64>, Option<f64>)) -> Option<Position> {
    lat.zip(lon).zip(error_m).map(|((lat, lon), error_m)| Position { lat, lon, error_m })
}

/// A level as it is stored: its value, and whether that is in dBm.
fn level_columns(level: Level) -> (f64, bool) {
    match level {
        Level::Dbm(dbm) => (dbm, true),
        Level::Relative(db) => (db, false),
    }
}

/// A stored level.
fn level_of(db: f64, is_dbm: bool) -> Level {
    if is_dbm { Level::Dbm(db) } else { Level::Relative(db) }
}

/// The condition of a state filter: written out, so that the partial indices are used.
fn state_condition(filter: StateFilter) -> String {
    match filter {
        StateFilter::Open => format!("state < {}", CaseState::Closed as i64),
        StateFilter::One(state) => format!("state = {}", state as i64),
        StateFilter::All => "state >= 0".to_owned(),
    }
}

/// A stored value that is none of ours.
fn stored(column: &'static str, value: &str) -> DatabaseError {
    DatabaseError::Stored { column, value: value.to_owned() }
}
