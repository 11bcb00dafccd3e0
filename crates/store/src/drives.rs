//! The drives of a store: listed, joined, and carried from one store to another.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use cellwarden_core::drive::{JudgedCell, SearchedDwell};

use super::{
    Detail, DriveRecord, Store, StoreError, StoredAlert, alerts::alert_of, cells::CellReader, records::stored,
};

/// The tables of a drive: name, and the columns that refer to rows of another table. In the order in which rows can be
/// put in.
const TABLES: [(&str, &[(&str, &str)]); 6] = [
    ("drive", &[("id", "drive")]),
    ("dwell", &[("id", "dwell"), ("drive", "drive")]),
    ("observation", &[("id", "observation"), ("dwell", "dwell")]),
    ("block", &[("observation", "observation")]),
    ("finding", &[("observation", "observation")]),
    ("alert", &[("dwell", "dwell")]),
];

/// A drive of a store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDrive {
    /// Its number in the store.
    pub id: i64,
    /// Under what it was judged.
    pub record: DriveRecord,
    /// Version of the program that judged it.
    pub program_version: String,
    /// Dwells.
    pub dwells: u64,
    /// Observations of cells in them.
    pub observations: u64,
    /// Alerts that they raised.
    pub alerts: u64,
    /// Time of the earliest dwell.
    pub from: Option<Timestamp>,
    /// Time of the latest dwell.
    pub to: Option<Timestamp>,
}

impl Store {
    /// The drives that have dwells, in the order in which they began to be recorded.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn drives(&self) -> Result<Vec<StoredDrive>, StoreError> {
        let mut select = self.database.prepare(
            "SELECT drive.*, count(*) AS dwells, min(dwell.start) AS from_time, max(dwell.start) AS to_time, \
             (SELECT count(*) FROM observation JOIN dwell AS d ON d.id = observation.dwell WHERE d.drive = drive.id) \
             AS observations, \
             (SELECT count(*) FROM alert JOIN dwell AS d ON d.id = alert.dwell WHERE d.drive = drive.id) AS alerts \
             FROM drive JOIN dwell ON dwell.drive = drive.id GROUP BY drive.id ORDER BY drive.id",
        )?;
        let mut rows = select.query([])?;
        let mut drives = Vec::new();
        while let Some(row) = rows.next()? {
            drives.push(drive_of(row)?);
        }
        Ok(drives)
    }

    /// Hands the dwells of a drive to `take`, in the order of their times.
    ///
    /// # Errors
    /// See [`StoreError`], and what `take` returns.
    pub fn dwells_of<E: From<StoreError>>(
        &self,
        drive: i64,
        detail: Detail,
        mut take: impl FnMut(&SearchedDwell, Vec<JudgedCell>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = CellReader::new(&self.database, detail);
        for id in self.ids(&format!("SELECT id FROM dwell WHERE drive = {drive} ORDER BY start, id"))? {
            let (dwell, cells) = self.dwell(id, &mut reader)?;
            take(&dwell, cells)?;
        }
        Ok(())
    }

    /// The alerts that a drive raised, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn alerts_of(&self, drive: i64) -> Result<Vec<StoredAlert>, StoreError> {
        let mut select = self.database.prepare(
            "SELECT alert.* FROM alert JOIN dwell ON dwell.id = alert.dwell WHERE dwell.drive = ?1 \
             ORDER BY alert.time, alert.rowid",
        )?;
        let mut rows = select.query([drive])?;
        let mut alerts = Vec::new();
        while let Some(row) = rows.next()? {
            alerts.push(alert_of(&self.database, row)?);
        }
        Ok(alerts)
    }

    /// Joins drives: the dwells of the others become the first one's, and the others are gone.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is joined then.
    pub fn join_drives(&mut self, first: i64, others: &[i64]) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        for other in others.iter().filter(|&&other| other != first) {
            transaction.execute("UPDATE dwell SET drive = ?1 WHERE drive = ?2", [first, *other])?;
            transaction.execute("DELETE FROM drive WHERE id = ?1", [other])?;
        }
        Ok(transaction.commit()?)
    }

    /// Copies a drive into another store, which is made where there is none.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is copied then.
    pub fn copy_drive(&self, drive: i64, into: &Path) -> Result<(), StoreError> {
        let file = self.database.path().ok_or_else(|| stored("path", "memory"))?.to_owned();
        Store::create(into)?.take_drive(Path::new(&file), drive)?;
        Ok(())
    }

    /// Says of the alerts of a drive that their evidence is in a folder now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn move_evidence(&mut self, drive: i64, folder: &Path) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        let alerts: Vec<(String, String)> = {
            let mut select = transaction.prepare(
                "SELECT alert.id, alert.evidence_file FROM alert JOIN dwell ON dwell.id = alert.dwell \
                 WHERE dwell.drive = ?1 AND alert.evidence_file IS NOT NULL",
            )?;
            let rows = select.query_map([drive], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (id, file) in alerts {
            let Some(name) = Path::new(&file).file_name() else { continue };
            let file = folder.join(name).display().to_string();
            transaction.execute("UPDATE alert SET evidence_file = ?2 WHERE id = ?1", [id, file])?;
        }
        Ok(transaction.commit()?)
    }

    /// Takes a drive over from another store's file; gives its number here, or `None` where it is here already.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is taken then.
    pub fn take_drive(&mut self, from: &Path, drive: i64) -> Result<Option<i64>, StoreError> {
        // Brought up to this program's version, so that both have the same columns.
        drop(Store::open(from)?);
        self.database.execute("ATTACH DATABASE ?1 AS other", [from.to_string_lossy()])?;
        let taken = self.take_attached(drive);
        self.database.execute("DETACH DATABASE other", [])?;
        taken
    }

    fn take_attached(&mut self, drive: i64) -> Result<Option<i64>, StoreError> {
        let transaction = self.database.transaction()?;
        let known: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM other.dwell AS o JOIN main.dwell AS m ON m.recording = o.recording \
             AND m.start IS o.start AND m.center_hz = o.center_hz AND m.sample_rate_hz = o.sample_rate_hz \
             AND m.samples = o.samples WHERE o.drive = ?1)",
            [drive],
            |row| row.get(0),
        )?;
        if known {
            return Ok(None);
        }
        // Below one they would meet rows of other drives here.
        let stray: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM other.drive WHERE id < 1 UNION ALL SELECT 1 FROM other.dwell WHERE id < 1 \
             UNION ALL SELECT 1 FROM other.observation WHERE id < 1)",
            [],
            |row| row.get(0),
        )?;
        if stray {
            return Err(stored("id", "below 1"));
        }
        let offsets = offsets(&transaction)?;
        for (table, references) in TABLES {
            let columns = columns(&transaction, table)?;
            let value = |column: &String| match references.iter().find(|(name, _)| name == column) {
                Some((_, target)) => {
                    let offset = offsets.iter().find(|(name, _)| name == target).map_or(0, |(_, offset)| *offset);
                    format!("t.\"{column}\" + {offset}")
                }
                None => format!("t.\"{column}\""),
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
            let of_drive = match table {
                "drive" => "t.id = ?1",
                "dwell" => "t.drive = ?1",
                "observation" | "alert" => "t.dwell IN (SELECT id FROM other.dwell WHERE drive = ?1)",
                _ => {
                    "t.observation IN (SELECT o.id FROM other.observation AS o JOIN other.dwell AS d ON d.id = o.dwell \
                     WHERE d.drive = ?1)"
                }
            };
            let (names, values) = (names.join(", "), values.join(", "));
            // An alert is the same wherever it was raised, and its id its key.
            let known = if table == "alert" { "OR IGNORE " } else { "" };
            transaction.execute(
                &format!(
                    "INSERT {known}INTO main.{table} ({names}) SELECT {values} FROM other.{table} AS t \
                     WHERE {of_drive} ORDER BY t.rowid"
                ),
                params![drive],
            )?;
        }
        let offset = offsets.iter().find(|(name, _)| *name == "drive").map_or(0, |(_, offset)| *offset);
        transaction.commit()?;
        Ok(Some(drive + offset))
    }
}

/// What is added to the other store's numbers so that they are free here.
fn offsets(database: &Connection) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut offsets = Vec::new();
    for table in ["drive", "dwell", "observation"] {
        let query = format!("SELECT coalesce(max(id), 0) FROM main.{table}");
        offsets.push((table, database.query_row(&query, [], |row| row.get(0))?));
    }
    Ok(offsets)
}

/// The columns that both stores have.
fn columns(database: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let mut select = database.prepare(&format!("SELECT name FROM pragma_table_info('{table}', 'main')"))?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn drive_of(row: &Row<'_>) -> Result<StoredDrive, StoreError> {
    let time = |column: &'static str| -> Result<Option<Timestamp>, StoreError> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| text.parse().map_err(|_| stored(column, &text))).transpose()
    };
    let count = |column: &'static str| row.get::<_, i64>(column).map(i64::unsigned_abs);
    Ok(StoredDrive {
        id: row.get("id")?,
        record: DriveRecord {
            command: row.get("command")?,
            rules_version: row.get("rules_version")?,
            registry_snapshot: row.get("registry_snapshot")?,
        },
        program_version: row.get("program_version")?,
        dwells: count("dwells")?,
        observations: count("observations")?,
        alerts: count("alerts")?,
        from: time("from_time")?,
        to: time("to_time")?,
    })
}
