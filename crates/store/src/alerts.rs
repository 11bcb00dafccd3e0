//! Alerts: raised with a dwell, closed and opened by later ones, listed.

use jiff::Timestamp;
use lte_dsp::cell::Pci;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde_json::Value;

use super::{
    Store, StoreError,
    annotations::{StoredAnnotation, annotations_of},
    outbox::Outbox,
    records::{parsed, parsed_word, stored},
};
use cellwarden_core::{
    alert::{Alert, Change},
    drive::SearchedDwell,
};

/// An alert as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// The alert.
    pub alert: Alert,
    /// Whether its cell is still on air, as far as was heard.
    pub open: bool,
    /// When the cell of a closed alert was last heard.
    pub last_heard: Option<String>,
    /// SHA-256 of the evidence document.
    pub evidence_sha256: Option<String>,
    /// Its annotations, oldest first.
    pub annotations: Vec<StoredAnnotation>,
}

/// The evidence of an alert about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// The alert.
    pub alert: String,
    /// SHA-256 of the evidence document, or why there is none.
    pub sha256: Result<String, String>,
}

impl Store {
    /// Whether an alert is stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn has_alert(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.database.prepare_cached("SELECT 1 FROM alert WHERE id = ?1")?.exists([id])?)
    }

    /// The alerts that a stored dwell raised and that have no evidence.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn unproven_alerts(&self, dwell: &SearchedDwell) -> Result<Vec<Alert>, StoreError> {
        let Some(dwell) = self.dwell_id(dwell)? else { return Ok(Vec::new()) };
        let mut select = self
            .database
            .prepare_cached("SELECT * FROM alert WHERE dwell = ?1 AND evidence_file IS NULL ORDER BY rowid")?;
        let alerts = select.query_and_then([dwell], |row| Ok(alert_of(&self.database, row)?.alert))?;
        alerts.collect()
    }

    /// Stores where the evidence of an alert is that had none, or why it still has none.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is stored then.
    pub fn record_evidence(&mut self, record: &EvidenceRecord, file: Option<&str>) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        if let Ok(sha256) = &record.sha256 {
            let update = "UPDATE alert SET evidence_file = ?2, evidence_sha256 = ?3 WHERE id = ?1";
            transaction.execute(update, params![record.alert, file, sha256])?;
        }
        note_evidence(&transaction, record)?;
        Ok(transaction.commit()?)
    }

    /// Why an alert has no evidence, where it could not be written.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn evidence_failure(&self, id: &str) -> Result<Option<String>, StoreError> {
        let mut select = self.database.prepare_cached("SELECT why FROM evidence_failure WHERE alert = ?1")?;
        Ok(select.query_row([id], |row| row.get(0)).optional()?)
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

/// Does to the stored alerts what a dwell did to them.
pub(super) fn apply(
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
    let record = evidence.iter().find(|record| record.alert == alert.id);
    let inserted = database
        .prepare_cached(
            "INSERT OR IGNORE INTO alert VALUES (:id, :dwell, :time, :rule, :rule_version, :severity, :ecgi, :pci, \
             :earfcn, :summary, :evidence, 1, NULL, :evidence_file, :evidence_sha256)",
        )?
        .execute(named_params! {
            ":id": alert.id,
            ":dwell": dwell,
            ":time": alert.time.map(|time| time.to_string()),
            ":rule": &*alert.rule,
            ":rule_version": alert.rule_version,
            ":severity": alert.severity.word(),
            ":ecgi": alert.ecgi.map(|ecgi| ecgi.to_string()),
            ":pci": alert.pci.get(),
            ":earfcn": alert.earfcn,
            ":summary": alert.summary,
            ":evidence": Value::Object(alert.evidence.clone()).to_string(),
            ":evidence_file": alert.evidence_file,
            ":evidence_sha256": record.and_then(|record| record.sha256.as_ref().ok()),
        })?;
    record.map_or(Ok(()), |record| note_evidence(database, record))?;
    Ok(inserted > 0)
}

/// Notes why an alert has no evidence, or that it has.
fn note_evidence(database: &Connection, record: &EvidenceRecord) -> Result<(), StoreError> {
    match &record.sha256 {
        Ok(_) => database.execute("DELETE FROM evidence_failure WHERE alert = ?1", [&record.alert])?,
        Err(why) => {
            database.execute("INSERT OR REPLACE INTO evidence_failure VALUES (?1, ?2)", [&record.alert, why])?
        }
    };
    Ok(())
}

fn set_open(database: &Connection, id: &str, open: bool, time: Option<Timestamp>) -> Result<(), StoreError> {
    let last_heard = time.map(|time| time.to_string());
    let mut update = database.prepare_cached("UPDATE alert SET open = ?2, last_heard = ?3 WHERE id = ?1")?;
    update.execute(params![id, open, last_heard])?;
    Ok(())
}

/// The alert of a row.
pub(super) fn alert_of(database: &Connection, row: &Row<'_>) -> Result<StoredAlert, StoreError> {
    let time: Option<String> = row.get("time")?;
    let ecgi: Option<String> = row.get("ecgi")?;
    let pci: u16 = row.get("pci")?;
    let alert = Alert {
        id: row.get("id")?,
        time: time.map(|text| text.parse().map_err(|_| stored("time", &text))).transpose()?,
        rule: row.get::<_, String>("rule")?.into(),
        rule_version: row.get("rule_version")?,
        severity: parsed_word(row, "severity")?,
        ecgi: ecgi.map(|text| text.parse().map_err(|_| stored("ecgi", &text))).transpose()?,
        pci: Pci::new(pci).ok_or_else(|| stored("pci", &pci.to_string()))?,
        earfcn: row.get("earfcn")?,
        summary: row.get("summary")?,
        evidence: parsed(row, "evidence")?,
        evidence_file: row.get("evidence_file")?,
    };
    Ok(StoredAlert {
        alert,
        open: row.get("open")?,
        last_heard: row.get("last_heard")?,
        evidence_sha256: row.get("evidence_sha256")?,
        annotations: annotations_of(database, &row.get::<_, String>("id")?)?,
    })
}
