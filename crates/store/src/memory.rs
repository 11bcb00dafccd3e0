//! What the rules remembered when a drive ended, so that the next one goes on from there.
//!
//! It holds for the program, rules and registry that it was made by; under others the stored dwells are judged again. It
//! is written as MessagePack: numbers keep all their bits, and a form that this program does not know is no memory.

use rusqlite::{OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{DriveRecord, Store, StoreError};

/// Rises with every change of what the rules remember.
const FORM: i64 = 2;

impl Store {
    /// What the rules remembered under a record's rules and registry, and the dwell after which they did; `None` where
    /// that is not known.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn memory<T: DeserializeOwned>(&self, of: &DriveRecord) -> Result<Option<(i64, T)>, StoreError> {
        let kept = self
            .database
            .query_row(
                "SELECT dwell, bytes FROM memory WHERE form = ?1 AND program_version = ?2 AND rules_version = ?3 \
                 AND registry_snapshot IS ?4",
                params![FORM, env!("CARGO_PKG_VERSION"), of.rules_version, of.registry_snapshot],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )
            .optional()?;
        let Some((dwell, bytes)) = kept else { return Ok(None) };
        match rmp_serde::from_slice(&bytes) {
            Ok(memory) => Ok(Some((dwell, memory))),
            Err(error) => {
                tracing::warn!(%error, "the rules' memory cannot be read: the stored dwells are judged again");
                Ok(None)
            }
        }
    }

    /// Keeps what the rules remember under a record's rules and registry after a dwell, in place of what was kept before.
    ///
    /// # Errors
    /// See [`StoreError`]; what was kept before is kept then.
    pub fn keep_memory(&mut self, of: &DriveRecord, dwell: i64, memory: &impl Serialize) -> Result<(), StoreError> {
        let bytes = rmp_serde::to_vec(memory).expect("a memory has no more than lists and values");
        let transaction = self.database.transaction()?;
        transaction.execute("DELETE FROM memory", [])?;
        transaction.execute(
            "INSERT INTO memory VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![FORM, env!("CARGO_PKG_VERSION"), of.rules_version, of.registry_snapshot, dwell, bytes],
        )?;
        Ok(transaction.commit()?)
    }

    /// How many dwells are stored after one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn dwells_after(&self, dwell: i64) -> Result<u64, StoreError> {
        let query = "SELECT count(*) FROM dwell WHERE id > ?1";
        let count: i64 = self.database.query_row(query, [dwell], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}
