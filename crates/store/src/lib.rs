//! What was heard and found, kept in one SQLite file, and the recordings that prove it.
//!
//! In: judged dwells. Out: the same dwells and their alerts, also after a crash. Refuses to judge, and to decode: whoever
//! verifies evidence brings the receiver.
//!
//! A dwell is one transaction, made after the dwell was reported: what a killed process stored was reported, and what it
//! reported and did not store is reported by the next one again, under the same alert ids.

mod alerts;
mod annotations;
pub mod archive;
mod cells;
mod drives;
mod dwells;
pub mod error;
pub mod evidence;
mod memory;
mod migrate;
pub mod outbox;
pub mod prune;
mod records;
pub mod registry;
mod visits;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

pub use alerts::{EvidenceRecord, StoredAlert};
pub use annotations::{AlertAnnotation, StoredAnnotation};
pub use cells::Detail;
pub use drives::StoredDrive;
pub use error::{EvidenceError, StoreError};
pub use evidence::EvidenceFolder;
pub use records::channel_name;

use alerts::apply;
use cells::CellReader;
use cellwarden_core::{
    alert::Alert,
    detect::Judged,
    drive::{JudgedCell, SearchedDwell},
    observation::Observation,
};
use dwells::{dwell_of, insert_baselines, insert_dwell, insert_findings};
use outbox::Outbox;
use records::{insert, stored};

/// Dwells that are recalled at most, beside those that hold a baseline: as many as the rules remember.
const MAX_RECALLED: usize = cellwarden_core::detect::history::MAX_DWELLS;

/// How long to wait for another program's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open store.
pub struct Store {
    database: Connection,
    drive: Option<i64>,
}

/// Under what a drive was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveRecord {
    /// The command.
    pub command: String,
    /// Name of the rules with their thresholds.
    pub rules_version: String,
    /// The registry's snapshot.
    pub registry_snapshot: Option<String>,
}

impl Store {
    /// Opens a store, and makes one where there is no file.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Self::with(Connection::open(path)?)
    }

    /// Opens a store that is there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite says only that it cannot open it.
        if path.try_exists().is_ok_and(|exists| !exists) {
            return Err(StoreError::Absent);
        }
        Self::with(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
    }

    /// Opens a store that is there to read it, also where it cannot be written: a full disk, a read-only medium. The second
    /// value is what may be missing then.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open_to_read(path: &Path) -> Result<(Self, Option<String>), StoreError> {
        let error = match Self::open(path) {
            Ok(store) => return Ok((store, None)),
            Err(error) if error.is_passing() => error,
            Err(error) => return Err(error),
        };
        let journal = journal_of(path);
        // What stands in the journal alone is read where the journal's index can be made or is there.
        if let Ok(store) = Self::read(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
            return Ok((store, None));
        }
        let uri = format!("file:{}?immutable=1", escaped(path));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let store = Self::read(Path::new(&uri), flags).map_err(|_| error)?;
        let missing = std::fs::metadata(&journal).is_ok_and(|facts| facts.len() > 0).then(|| {
            format!(
                "{}: cannot be read where nothing can be written: the last dwells may be missing; copy the store and \
                 this file to another disk to see them",
                journal.display()
            )
        });
        Ok((store, missing))
    }

    fn read(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let database = Connection::open_with_flags(path, flags)?;
        database.busy_timeout(PATIENCE)?;
        migrate::check_current(&database)?;
        Ok(Self { database, drive: None })
    }

    /// Whether a file of somebody else's is a store as this program makes it, with no view or trigger in it. To be asked
    /// before anything else is done with the file.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn is_plain(path: &Path) -> Result<bool, StoreError> {
        migrate::has_own_schema(&Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    fn with(mut database: Connection) -> Result<Self, StoreError> {
        database.busy_timeout(PATIENCE)?;
        migrate::check_version(&database)?;
        database.pragma_update(None, "journal_mode", "WAL")?;
        // A commit waits for the disk: what is reported survives a power cut too.
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "foreign_keys", true)?;
        // The outbox is written to beside the drive. A lock taken at the first read is waited for, one taken later fails.
        database.set_transaction_behavior(TransactionBehavior::Immediate);
        migrate::migrate(&mut database)?;
        Ok(Self { database, drive: None })
    }

    /// Begins a drive: the dwells recorded from now on belong to it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn begin(&mut self, drive: &DriveRecord) -> Result<(), StoreError> {
        let DriveRecord { command, rules_version, registry_snapshot } = drive;
        self.database.execute(
            "INSERT INTO drive VALUES (NULL, ?1, ?2, ?3, ?4)",
            params![command, env!("CARGO_PKG_VERSION"), rules_version, registry_snapshot],
        )?;
        self.drive = Some(self.database.last_insert_rowid());
        Ok(())
    }

    /// The number of the drive that was begun.
    #[must_use]
    pub fn drive_number(&self) -> Option<i64> {
        self.drive
    }

    /// The cells of a dwell that was recorded before; `None` where it was not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn known(&self, dwell: &SearchedDwell) -> Result<Option<Vec<JudgedCell>>, StoreError> {
        let Some(id) = self.dwell_id(dwell)? else { return Ok(None) };
        let mut reader = CellReader::new(&self.database, Detail::Whole);
        Ok(Some(self.dwell(id, &mut reader)?.1))
    }

    /// The numbers of a dwell that was recorded before and of its drive; `None` where it was not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn holder(&self, dwell: &SearchedDwell) -> Result<Option<(i64, i64)>, StoreError> {
        let Some(id) = self.dwell_id(dwell)? else { return Ok(None) };
        let mut select = self.database.prepare_cached("SELECT drive FROM dwell WHERE id = ?1")?;
        Ok(Some((id, select.query_row([id], |row| row.get(0))?)))
    }

    /// The number of a dwell that was recorded before.
    fn dwell_id(&self, dwell: &SearchedDwell) -> Result<Option<i64>, StoreError> {
        let mut select = self.database.prepare_cached(
            "SELECT id FROM dwell WHERE recording = ?1 AND start IS ?2 AND center_hz = ?3 AND sample_rate_hz = ?4 \
             AND samples = ?5",
        )?;
        let SearchedDwell { recording, start, center_hz, sample_rate_hz, samples, .. } = dwell;
        let start = start.map(|time| time.to_string());
        let found = params![recording, start, center_hz, sample_rate_hz, count(*samples)];
        Ok(select.query_row(found, |row| row.get(0)).optional()?)
    }

    /// Records a judged dwell and the revisions of alerts that it made, all or nothing; gives the dwell's number.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there is no room, and the others; nothing of the dwell is stored then.
    ///
    /// # Panics
    /// Before [`Store::begin`].
    pub fn record(
        &mut self,
        dwell: &SearchedDwell,
        cells: &[(Observation, Judged)],
        changes: &[Alert],
        evidence: &[EvidenceRecord],
    ) -> Result<i64, StoreError> {
        let drive = self.drive.expect("a drive was begun");
        let transaction = self.database.transaction()?;
        let outbox = Outbox::of(&transaction)?;
        let dwell = insert_dwell(&transaction, drive, dwell)?;
        for (observation, judged) in cells {
            let row = insert(&transaction, dwell, observation, judged.verdict)?;
            insert_findings(&transaction, row, judged)?;
            insert_baselines(&transaction, row, observation)?;
        }
        for change in changes {
            apply(&transaction, dwell, change, evidence, outbox.as_ref())?;
        }
        if let Some(outbox) = &outbox {
            outbox.queue_sightings(&transaction, cells)?;
        }
        transaction.commit()?;
        Ok(dwell)
    }

    /// Records alerts that stored dwells raise under rules or a registry that were not there before.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is stored then.
    pub fn record_late(&mut self, changes: &[Alert], dwell: i64) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        let outbox = Outbox::of(&transaction)?;
        for change in changes {
            apply(&transaction, dwell, change, &[], outbox.as_ref())?;
        }
        Ok(transaction.commit()?)
    }

    /// Hands the dwells recorded after one, or after 0, to `take`, in the order in which they were recorded, so that the
    /// rules remember what they knew: the last ones, and those that hold the baselines of cells.
    ///
    /// # Errors
    /// See [`StoreError`], and what `take` returns.
    pub fn recall<E: From<StoreError>>(
        &self,
        after: i64,
        mut take: impl FnMut(i64, &SearchedDwell, Vec<JudgedCell>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = CellReader::new(&self.database, Detail::Whole);
        for id in self.recalled(after)? {
            let (dwell, cells) = self.dwell(id, &mut reader)?;
            take(id, &dwell, cells)?;
        }
        Ok(())
    }

    /// Hands all recorded dwells to `take`, in the order in which they were recorded.
    ///
    /// # Errors
    /// See [`StoreError`], and what `take` returns.
    pub fn all_dwells<E: From<StoreError>>(
        &self,
        detail: Detail,
        mut take: impl FnMut(i64, &SearchedDwell, Vec<JudgedCell>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = CellReader::new(&self.database, detail);
        for id in self.ids("SELECT id FROM dwell ORDER BY id")? {
            let (dwell, cells) = self.dwell(id, &mut reader)?;
            take(id, &dwell, cells)?;
        }
        Ok(())
    }

    fn recalled(&self, after: i64) -> Result<Vec<i64>, StoreError> {
        self.ids(&format!(
            "SELECT id FROM (SELECT id FROM dwell WHERE id > {after} ORDER BY id DESC LIMIT {MAX_RECALLED}) \
             UNION SELECT observation.dwell FROM baseline JOIN observation ON observation.id = baseline.observation \
             WHERE observation.dwell > {after} ORDER BY id",
        ))
    }

    fn ids(&self, query: &str) -> Result<Vec<i64>, StoreError> {
        let mut select = self.database.prepare(query)?;
        let ids = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    fn dwell(&self, id: i64, reader: &mut CellReader<'_>) -> Result<(SearchedDwell, Vec<JudgedCell>), StoreError> {
        let mut select = self.database.prepare_cached("SELECT * FROM dwell WHERE id = ?1")?;
        let mut rows = select.query([id])?;
        let row = rows.next()?.ok_or_else(|| stored("dwell", &id.to_string()))?;
        let dwell = dwell_of(row)?;
        let cells = reader.cells(id, &dwell)?;
        Ok((dwell, cells))
    }
}

/// The write-ahead log beside a store.
fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// A path as it stands in a URI. RFC 3986 §2.1.
fn escaped(path: &Path) -> String {
    use std::fmt::Write as _;
    path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut text, &byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// A number as SQLite holds it.
fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
