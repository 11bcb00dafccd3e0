//! Why a list cannot be read.

use std::{fmt, io, path::PathBuf};

use cellwarden_text::counted;
use thiserror::Error;

/// A field that keeps its row out of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Name of the file.
    pub file: String,
    /// Line on which the row starts, from 1.
    pub line: u64,
    /// Column of the field, from 1.
    pub column: usize,
    /// The column's header, as in the file.
    pub header: String,
    /// What is wrong: the value and what is allowed.
    pub message: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, header, message } = self;
        write!(f, "{file}: line {line}, column {column} ({header}): {message}")
    }
}

/// Why a registered cell list cannot be read.
#[derive(Debug, Error)]
pub enum ListError {
    /// The file cannot be opened or read.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// No rows at all.
    #[error("{file}: {what}; nothing was imported")]
    Empty {
        /// Name of the file.
        file: String,
        /// What there is instead of rows.
        what: &'static str,
    },
    /// It is no text.
    #[error("{file}: {what}; nothing was imported")]
    Binary {
        /// Name of the file.
        file: String,
        /// What it is, and what to do.
        what: &'static str,
    },
    /// The first line is not the header of a known list.
    #[error("{file}: line 1: {message}")]
    Header {
        /// Name of the file.
        file: String,
        /// What was found and what is expected.
        message: String,
    },
    /// Cell identities that may be decimal or hexadecimal.
    #[error(
        "{file}: all {rows} rows have a cell identity of seven digits without a letter, like {example}: `registry import \
         FILE --eci dec` reads them as decimal, --eci hex as hexadecimal; nothing was imported"
    )]
    Notation {
        /// Name of the file.
        file: String,
        /// How many rows were looked at.
        rows: u64,
        /// The first of the identities.
        example: String,
    },
    /// A row goes on and on.
    #[error("{file}: the row that starts on line {line} is longer than {limit} bytes: is a quote left open there?")]
    RowTooLong {
        /// Name of the file.
        file: String,
        /// Line on which it starts, from 1.
        line: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// More bad rows than allowed.
    #[error("{}, {allowed} allowed (--max-bad); nothing was imported. The first: {}", counted(*count, "bad row"), first_of(rows))]
    TooManyBad {
        /// How many there are.
        count: u64,
        /// How many were allowed.
        allowed: u64,
        /// The first of them.
        rows: Vec<BadRow>,
    },
    /// More rows or longer names than the index can number.
    #[error("the registry holds more than {limit} {what}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many fit.
        limit: u64,
    },
}

fn first_of(rows: &[BadRow]) -> String {
    rows.first().map_or_else(String::new, BadRow::to_string)
}
