//! What was heard and found, kept in one SQLite file, and the recordings that prove it.
//!
//! In: judged dwells. Out: the same dwells and their alerts, also after a crash. Refuses to judge, and to decode: whoever
//! verifies evidence brings the receiver.
//!
//! A dwell is one transaction that is on the disk before anything of it is reported: what a killed process has told is
//! in the store, and what is not in the store will be told by the next one.

pub mod archive;
mod drives;
pub mod error;
pub mod evidence;
mod migrate;
pub mod outbox;
mod records;
mod remarks;

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior, named_params, params};
use serde_json::{Map, Value};

pub use drives::StoredDrive;
pub use error::{EvidenceError, StoreError};
pub use evidence::EvidenceFolder;
pub use records::channel_name;
pub use remarks::{Remark, StoredRemark};

use crate::{
    alert::{Alert, Change},
    detect::{Judged, Verdict},
    observation::{Observation, Position},
};
use outbox::Outbox;
use records::{insert, observation_of, parsed, position_of, stored};

/// Dwells that are recalled at most, beside those that hold a baseline: as many as the rules remember.
const RECALLED_MAX: usize = crate::detect::history::DWELLS_MAX;

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

/// A stretch of signal that was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct DwellRecord {
    /// File stem of the recording, or the dwell's own id.
    pub recording: String,
    /// Time of the first sample.
    pub start: Option<Timestamp>,
    /// Frequency of the recording's centre.
    pub center_hz: f64,
    /// Its sample rate.
    pub sample_rate_hz: f64,
    /// Samples searched.
    pub samples: u64,
    /// Samples lost.
    pub lost: u64,
    /// Receiver gain in dB.
    pub gain_db: Option<f64>,
    /// The carriers searched; `None` where the whole recorded band was.
    pub carriers_hz: Option<Vec<f64>>,
    /// Where the receiver was.
    pub position: Option<Position>,
}

/// A cell of a stored dwell.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCell {
    /// What was observed.
    pub observation: Observation,
    /// What the registry made of it.
    pub verdict: Verdict,
    /// Findings as objects of rule, version, severity and evidence.
    pub findings: Vec<Value>,
}

/// An alert as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// The fields of the `alert` event.
    pub event: Map<String, Value>,
    /// Whether its cell is still on air, as far as was heard.
    pub open: bool,
    /// When the cell of a closed alert was last heard.
    pub last_heard: Option<String>,
    /// SHA-256 of the evidence document.
    pub evidence_sha256: Option<String>,
    /// What was said of it, oldest first.
    pub remarks: Vec<StoredRemark>,
}

/// The evidence of an alert about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// The alert.
    pub alert: String,
    /// SHA-256 of the evidence document.
    pub sha256: String,
}

impl DwellRecord {
    /// Length of the dwell in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples as f64 / self.sample_rate_hz
    }
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
        Self::with(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
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

    /// The cells of a dwell that was recorded before; `None` where it was not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn known(&self, dwell: &DwellRecord) -> Result<Option<Vec<StoredCell>>, StoreError> {
        let mut select = self.database.prepare_cached(
            "SELECT * FROM dwell WHERE recording = ?1 AND start IS ?2 AND center_hz = ?3 AND sample_rate_hz = ?4 \
             AND samples = ?5",
        )?;
        let DwellRecord { recording, start, center_hz, sample_rate_hz, samples, .. } = dwell;
        let start = start.map(|time| time.to_string());
        let mut rows = select.query(params![recording, start, center_hz, sample_rate_hz, count(*samples)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(self.cells(row.get("id")?, &dwell_of(row)?)?))
    }

    /// Whether an alert is stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn has_alert(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.database.prepare_cached("SELECT 1 FROM alert WHERE id = ?1")?.exists([id])?)
    }

    /// Records a judged dwell and what it did to the alerts, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there is no room, and the others; nothing of the dwell is stored then.
    ///
    /// # Panics
    /// Before [`Store::begin`].
    pub fn record(
        &mut self,
        dwell: &DwellRecord,
        cells: &[(Observation, Judged)],
        changes: &[Change],
        evidence: &[EvidenceRecord],
    ) -> Result<(), StoreError> {
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
        Ok(transaction.commit()?)
    }

    /// Records alerts that stored dwells raise under rules or a registry that were not there before.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is stored then.
    pub fn record_late(&mut self, changes: &[Change], dwell: i64) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        let outbox = Outbox::of(&transaction)?;
        for change in changes {
            apply(&transaction, dwell, change, &[], outbox.as_ref())?;
        }
        Ok(transaction.commit()?)
    }

    /// Hands the recorded dwells to `take`, in the order in which they were recorded, so that the rules remember what
    /// they knew: the last ones, and those that hold the baselines of cells.
    ///
    /// # Errors
    /// See [`StoreError`], and what `take` returns.
    pub fn recall<E: From<StoreError>>(
        &self,
        mut take: impl FnMut(i64, &DwellRecord, Vec<StoredCell>) -> Result<(), E>,
    ) -> Result<(), E> {
        for id in self.recalled()? {
            let (dwell, cells) = self.dwell(id)?;
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
        mut take: impl FnMut(i64, &DwellRecord, Vec<StoredCell>) -> Result<(), E>,
    ) -> Result<(), E> {
        for id in self.ids("SELECT id FROM dwell ORDER BY id")? {
            let (dwell, cells) = self.dwell(id)?;
            take(id, &dwell, cells)?;
        }
        Ok(())
    }

    fn recalled(&self) -> Result<Vec<i64>, StoreError> {
        self.ids(&format!(
            "SELECT id FROM (SELECT id FROM dwell ORDER BY id DESC LIMIT {RECALLED_MAX}) \
             UNION SELECT observation.dwell FROM baseline JOIN observation ON observation.id = baseline.observation \
             ORDER BY id",
        ))
    }

    fn ids(&self, query: &str) -> Result<Vec<i64>, StoreError> {
        let mut select = self.database.prepare(query)?;
        let ids = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    fn dwell(&self, id: i64) -> Result<(DwellRecord, Vec<StoredCell>), StoreError> {
        let mut select = self.database.prepare_cached("SELECT * FROM dwell WHERE id = ?1")?;
        let mut rows = select.query([id])?;
        let row = rows.next()?.ok_or_else(|| stored("dwell", &id.to_string()))?;
        let dwell = dwell_of(row)?;
        let cells = self.cells(id, &dwell)?;
        Ok((dwell, cells))
    }

    fn cells(&self, id: i64, dwell: &DwellRecord) -> Result<Vec<StoredCell>, StoreError> {
        let mut select = self.database.prepare_cached("SELECT * FROM observation WHERE dwell = ?1 ORDER BY id")?;
        let mut rows = select.query([id])?;
        let mut cells = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, observation, verdict) = observation_of(&self.database, row, dwell)?;
            cells.push(StoredCell { observation, verdict, findings: self.findings(id)? });
        }
        Ok(cells)
    }

    fn findings(&self, observation: i64) -> Result<Vec<Value>, StoreError> {
        let mut select = self.database.prepare_cached("SELECT * FROM finding WHERE observation = ?1 ORDER BY rowid")?;
        let mut rows = select.query([observation])?;
        let mut findings = Vec::new();
        while let Some(row) = rows.next()? {
            let (rule, version, severity): (String, u32, String) =
                (row.get("rule")?, row.get("version")?, row.get("severity")?);
            let evidence: Map<String, Value> = parsed(row, "evidence")?;
            findings.push(serde_json::json!({
                "rule": rule, "version": version, "severity": severity, "evidence": evidence,
            }));
        }
        Ok(findings)
    }

    /// The alerts, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn alerts(&self) -> Result<Vec<StoredAlert>, StoreError> {
        let mut select = self.database.prepare("SELECT * FROM alert ORDER BY time, rowid")?;
        let mut rows = select.query([])?;
        let mut alerts = Vec::new();
        while let Some(row) = rows.next()? {
            alerts.push(alert_of(&self.database, row)?);
        }
        Ok(alerts)
    }

    /// The alert of an id, or of the one id that begins so.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn alert(&self, id: &str) -> Result<Option<StoredAlert>, StoreError> {
        let mut select =
            self.database.prepare("SELECT * FROM alert WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 2")?;
        let mut rows = select.query([id])?;
        let Some(row) = rows.next()?.filter(|_| !id.is_empty()) else { return Ok(None) };
        let alert = alert_of(&self.database, row)?;
        Ok(rows.next()?.is_none().then_some(alert))
    }
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn insert_dwell(database: &Connection, drive: i64, dwell: &DwellRecord) -> Result<i64, StoreError> {
    let carriers = dwell.carriers_hz.as_ref().map(|list| serde_json::json!(list).to_string());
    database
        .prepare_cached(
            "INSERT INTO dwell VALUES (NULL, :drive, :recording, :start, :center_hz, :sample_rate_hz, :samples, :lost, \
             :gain_db, :carriers_hz, :lat, :lon, :error_m)",
        )?
        .execute(named_params! {
            ":drive": drive,
            ":recording": dwell.recording,
            ":start": dwell.start.map(|time| time.to_string()),
            ":center_hz": dwell.center_hz,
            ":sample_rate_hz": dwell.sample_rate_hz,
            ":samples": count(dwell.samples),
            ":lost": count(dwell.lost),
            ":gain_db": dwell.gain_db,
            ":carriers_hz": carriers,
            ":lat": dwell.position.map(|p| p.lat),
            ":lon": dwell.position.map(|p| p.lon),
            ":error_m": dwell.position.map(|p| p.error_m),
        })?;
    Ok(database.last_insert_rowid())
}

fn dwell_of(row: &Row<'_>) -> Result<DwellRecord, StoreError> {
    let start: Option<String> = row.get("start")?;
    let carriers: Option<String> = row.get("carriers_hz")?;
    Ok(DwellRecord {
        recording: row.get("recording")?,
        start: start.map(|text| text.parse().map_err(|_| stored("start", &text))).transpose()?,
        center_hz: row.get("center_hz")?,
        sample_rate_hz: row.get("sample_rate_hz")?,
        samples: row.get::<_, i64>("samples")?.unsigned_abs(),
        lost: row.get::<_, i64>("lost")?.unsigned_abs(),
        gain_db: row.get("gain_db")?,
        carriers_hz: carriers
            .map(|text| serde_json::from_str(&text).map_err(|_| stored("carriers_hz", &text)))
            .transpose()?,
        position: position_of(row)?,
    })
}

fn insert_findings(database: &Connection, observation: i64, judged: &Judged) -> Result<(), StoreError> {
    let mut insert = database.prepare_cached("INSERT INTO finding VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for finding in &judged.findings {
        let evidence = Value::Object(finding.evidence.clone()).to_string();
        insert.execute(params![observation, finding.rule, finding.version, finding.severity.word(), evidence])?;
    }
    Ok(())
}

/// Notes which observation says what a cell's SIBs are: the first one, and the first one under another value tag.
fn insert_baselines(database: &Connection, row: i64, o: &Observation) -> Result<(), StoreError> {
    let Some(ecgi) = o.ecgi() else { return Ok(()) };
    let mut insert = database.prepare_cached(
        "INSERT INTO baseline VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO UPDATE SET value_tag = excluded.value_tag, observation = excluded.observation \
         WHERE value_tag IS NOT excluded.value_tag",
    )?;
    for sib in o.sibs.keys() {
        let value_tag = o.broadcast.value_tag;
        insert.execute(params![ecgi.to_string(), o.pci.get(), o.carrier.hz, sib, value_tag, row])?;
    }
    Ok(())
}

fn apply(
    database: &Connection,
    dwell: i64,
    change: &Change,
    evidence: &[EvidenceRecord],
    outbox: Option<&Outbox>,
) -> Result<(), StoreError> {
    match change {
        Change::Raised(alert) => {
            let is_new = insert_alert(database, dwell, alert, evidence)?;
            outbox.filter(|_| is_new).map_or(Ok(()), |outbox| outbox.queue_alert(database, &alert.id))
        }
        Change::Closed { id, time } => set_open(database, id, false, *time),
        Change::Opened { id, time } => set_open(database, id, true, *time),
    }
}

/// Adds an alert; whether it was not there before.
fn insert_alert(
    database: &Connection,
    dwell: i64,
    alert: &Alert,
    evidence: &[EvidenceRecord],
) -> Result<bool, StoreError> {
    let inserted = database
        .prepare_cached(
            "INSERT OR IGNORE INTO alert VALUES (:id, :dwell, :time, :rule, :rule_version, :severity, :ecgi, :pci, \
             :earfcn, :summary, :evidence, 1, NULL, :evidence_file, :evidence_sha256)",
        )?
        .execute(named_params! {
            ":id": alert.id,
            ":dwell": dwell,
            ":time": alert.time.map(|time| time.to_string()),
            ":rule": alert.rule,
            ":rule_version": alert.rule_version,
            ":severity": alert.severity.word(),
            ":ecgi": alert.ecgi.map(|ecgi| ecgi.to_string()),
            ":pci": alert.pci.get(),
            ":earfcn": alert.earfcn,
            ":summary": alert.summary,
            ":evidence": Value::Object(alert.evidence.clone()).to_string(),
            ":evidence_file": alert.evidence_file,
            ":evidence_sha256": evidence.iter().find(|record| record.alert == alert.id).map(|record| &record.sha256),
        })?;
    Ok(inserted > 0)
}

fn set_open(database: &Connection, id: &str, open: bool, time: Option<Timestamp>) -> Result<(), StoreError> {
    let last_heard = time.map(|time| time.to_string());
    let mut update = database.prepare_cached("UPDATE alert SET open = ?2, last_heard = ?3 WHERE id = ?1")?;
    update.execute(params![id, open, last_heard])?;
    Ok(())
}

fn alert_of(database: &Connection, row: &Row<'_>) -> Result<StoredAlert, StoreError> {
    let text = |column: &'static str| row.get::<_, Option<String>>(column).map(Value::from);
    let number = |column: &'static str| row.get::<_, Option<u32>>(column).map(Value::from);
    let mut event = Map::new();
    for column in ["id", "time", "rule"] {
        event.insert(column.to_owned(), text(column)?);
    }
    event.insert("rule_version".to_owned(), number("rule_version")?);
    for column in ["severity", "ecgi", "summary", "evidence_file"] {
        event.insert(column.to_owned(), text(column)?);
    }
    for column in ["pci", "earfcn"] {
        event.insert(column.to_owned(), number(column)?);
    }
    event.insert("evidence".to_owned(), parsed(row, "evidence")?);
    Ok(StoredAlert {
        event,
        open: row.get("open")?,
        last_heard: row.get("last_heard")?,
        evidence_sha256: row.get("evidence_sha256")?,
        remarks: remarks::remarks_of(database, &row.get::<_, String>("id")?)?,
    })
}

#[cfg(test)]
mod tests;
