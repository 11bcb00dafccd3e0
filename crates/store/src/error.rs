//! Why something could not be kept or read back.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use cellwarden_source::SourceError;

/// Why the store cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No room. What was stored before is kept, the dwell at hand is not stored.
    #[error("no room left on the disk: what was stored is kept; make room and run the same command again")]
    Full,
    /// Another program writes for too long.
    #[error("another program is using the store; wait until it has ended")]
    Busy,
    /// The file was written by a later program.
    #[error("store version {found}, this program reads up to {expected}: use a newer cellwarden")]
    Newer {
        /// The file's version.
        found: i64,
        /// Ours.
        expected: usize,
    },
    /// The file was written by an earlier program and cannot be brought up where it is.
    #[error(
        "store version {found} cannot be brought up to {expected} where it cannot be written: copy it to another disk"
    )]
    Older {
        /// The file's version.
        found: i64,
        /// Ours.
        expected: usize,
    },
    /// There is no file.
    #[error("there is no store; `cellwarden scan`, or `cellwarden replay --store FILE`, makes one")]
    Absent,
    /// The file is no store.
    #[error("this is no store of cellwarden; name another file")]
    NoStore,
    /// A stored value is none that this program writes.
    #[error("stored {column} is {value:?}, which this program does not write: the store was changed or is damaged")]
    Stored {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(rusqlite::Error),
}

impl StoreError {
    /// Whether the file is a good one that cannot be written now: a full disk, a failing one, another program's long
    /// transaction. Later it may be written.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Full | Self::Busy => true,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly)
            ),
            Self::Newer { .. } | Self::Older { .. } | Self::Absent | Self::NoStore | Self::Stored { .. } => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::NotADatabase) => Self::NoStore,
            _ => Self::Database(error),
        }
    }
}

/// Why evidence cannot be written or read.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// The recording cannot be read again, or the cut not be written.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is no evidence.
    #[error("{}: no evidence of cellwarden: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl EvidenceError {
    /// Whether there is no room to write it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let (Self::Io { error, .. } | Self::Source(SourceError::Io { error, .. })) = self else { return false };
        matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
    }

    /// Makes the error of a failed call out of the system's answer.
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io { path: path.to_owned(), error }
    }
}
