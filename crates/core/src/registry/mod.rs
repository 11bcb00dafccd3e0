//! The operator's registered cell list: what may be on air, where, and as what.
//!
//! In: the list as CSV, and observations. Out: flat answers about observations, and the account of an inspected area.
//! Refuses to know samples, rules and verdicts; time comes from the caller.

pub mod cell;
pub mod check;
pub mod delta;
pub mod error;
pub mod field;
mod form;
pub mod import;
pub mod index;
pub mod inspect;
pub mod lookup;
pub mod opencellid;
pub mod own_list;
pub mod path_loss;
pub mod plan;
pub mod site_tree;
pub mod verify;
mod words;

use jiff::Timestamp;
use serde::Serialize;

pub use cell::{CellKind, CellStatus, RegisteredCell};
pub use check::{NearCell, RegistryAnswer, check};
pub use error::{BadRow, ListError};
pub use import::{ImportOptions, ImportReport};
pub use index::{Registry, RegistryBuilder};
pub use lookup::Lookup;

/// The version of the list that an answer is based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegistrySnapshot {
    /// SHA-256 of the imported files' bytes, in hexadecimal.
    pub sha256: String,
    /// The date of the list, from which its age counts: what its user, its own column or its signature says, else when it was
    /// imported.
    pub imported: Timestamp,
    /// Rows kept.
    pub rows: u64,
}

impl RegistrySnapshot {
    /// Short name: start of the hash, import time, row count.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = self.sha256.get(..12).unwrap_or(&self.sha256);
        format!("{hash}-{}-{}", self.imported.strftime("%Y%m%dT%H%M%SZ"), self.rows)
    }
}
