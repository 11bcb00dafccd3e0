//! What the service keeps: events, each once, and tokens. SQLite for one machine, PostgreSQL for what outgrows it.
//!
//! Calls block: they are made from threads that may wait, never from those that answer requests.

mod sqlite;

use std::{fmt, path::PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use super::{events::Event, tokens::TokenRecord};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file.
    Sqlite(PathBuf),
}

/// A connection.
pub trait Database: Send {
    /// Keeps events, all or none, on the disk when it returns; tells of each whether it was new.
    fn keep(&mut self, events: &[Event], received: Timestamp) -> Result<Vec<bool>, DatabaseError>;

    /// Keeps a token.
    fn add_token(&mut self, token: &TokenRecord) -> Result<(), DatabaseError>;

    /// The token of an id.
    fn token(&mut self, id: &str) -> Result<Option<TokenRecord>, DatabaseError>;

    /// All tokens, the oldest first.
    fn tokens(&mut self) -> Result<Vec<TokenRecord>, DatabaseError>;

    /// Revokes a token; whether there was one that was not revoked yet.
    fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<bool, DatabaseError>;

    /// Whether it answers.
    fn answers(&mut self) -> Result<(), DatabaseError>;
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
    /// Connects, and makes the tables where there are none.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub fn open(&self) -> Result<Box<dyn Database>, DatabaseError> {
        match self {
            Self::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path)?)),
        }
    }
}

/// Without the password that an address may hold.
impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A stored value that is none of ours.
fn stored(column: &'static str, value: &str) -> DatabaseError {
    DatabaseError::Stored { column, value: value.to_owned() }
}
