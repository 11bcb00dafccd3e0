//! Why a registry database cannot be used.

use std::path::PathBuf;

use cellwarden_core::registry::ListError;
use thiserror::Error;

/// Why nothing was imported or loaded. The snapshot that was there before is untouched.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The list cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// There is no file.
    #[error(
        "{}: there is no such file: import the registered cell list (cellwarden registry import FILE), or name a CSV file",
        file.display()
    )]
    Absent {
        /// The file.
        file: PathBuf,
    },
    /// The database holds no snapshot.
    #[error("the registry is empty: import the registered cell list first (cellwarden registry import FILE)")]
    NoSnapshot,
    /// The database was written by another version.
    #[error(
        "registry schema {found}, this program reads {expected}: {}import the list again",
        if found > expected { "use a newer cellwarden, or " } else { "" }
    )]
    Schema {
        /// The database's version.
        found: i64,
        /// Ours.
        expected: i64,
    },
    /// A stored value is none that an import writes.
    #[error("registry row {row}: {column} is {value}, which no import writes: import the list again")]
    Stored {
        /// SQLite's row number.
        row: i64,
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
    /// The database failed.
    #[error("registry database: {0}")]
    Database(#[from] rusqlite::Error),
}
