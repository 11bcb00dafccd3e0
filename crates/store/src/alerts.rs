//! Alerts: raised with a dwell, changed by later ones, listed.

use jiff::Timestamp;
use lte_dsp::cell::Pci;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde_json::{Value, json};

use super::{
    Store, StoreError,
    annotations::{StoredAnnotation, annotations_of},
    outbox::Outbox,
    records::{parsed, parsed_word, stored},
};
use cellwarden_core::{alert::Alert, drive::SearchedDwell};

/// An alert as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// The alert, in its highest revision.
    pub alert: Alert,
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
    /// Whether this revision of an alert or a later one is stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn has_revision(&self, alert: &Alert) -> Result<bool, StoreError> {
        let mut select = self.database.prepare_cached("SELECT 1 FROM alert WHERE id = ?1 AND revision >= ?2")?;
        Ok(select.exists(params![alert.id, alert.revision])?)
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

/// Stores the revision of an alert where none as high is stored, and queues it.
pub(super) fn apply(
    database: &Connection,
    dwell: i64,
    alert: &Alert,
    evidence: &[EvidenceRecord],
    outbox: Option<&Outbox>,
) -> Result<(), StoreError> {
    let is_new = store_revision(database, dwell, alert, evidence)?;
    outbox.filter(|_| is_new).map_or(Ok(()), |outbox| outbox.queue_alert(database, &alert.id))
}

/// Stores a revision of an alert; whether it is higher than what was stored. Evidence stays until there is better.
fn store_revision(
    database: &Connection,
    dwell: i64,
    alert: &Alert,
    evidence: &[EvidenceRecord],
) -> Result<bool, StoreError> {
    let record = evidence.iter().find(|record| record.alert == alert.id);
    let stored = database
        .prepare_cached(
            "INSERT INTO alert (id, dwell, time, rule, rule_version, severity, ecgi, pci, earfcn, summary, evidence, \
             last_heard, evidence_file, evidence_sha256, revision, state, transmitter, identities, merged_into) \
             VALUES (:id, :dwell, :time, :rule, :rule_version, :severity, :ecgi, :pci, :earfcn, :summary, :evidence, \
             :last_heard, :evidence_file, :evidence_sha256, :revision, :state, :transmitter, :identities, :merged_into) \
             ON CONFLICT (id) DO UPDATE SET rule_version = excluded.rule_version, severity = excluded.severity, \
             summary = excluded.summary, evidence = excluded.evidence, last_heard = excluded.last_heard, \
             evidence_file = coalesce(excluded.evidence_file, evidence_file), \
             evidence_sha256 = coalesce(excluded.evidence_sha256, evidence_sha256), revision = excluded.revision, \
             state = excluded.state, transmitter = excluded.transmitter, identities = excluded.identities, \
             merged_into = excluded.merged_into WHERE excluded.revision > revision",
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
            ":last_heard": alert.last_heard.map(|time| time.to_string()),
            ":evidence_file": alert.evidence_file,
            ":evidence_sha256": record.and_then(|record| record.sha256.as_ref().ok()),
            ":revision": alert.revision,
            ":state": alert.state.word(),
            ":transmitter": alert.transmitter,
            ":identities": json!(alert.identities.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string(),
            ":merged_into": alert.merged_into,
        })?;
    record.map_or(Ok(()), |record| note_evidence(database, record))?;
    Ok(stored > 0)
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

/// The alert of a row.
pub(super) fn alert_of(database: &Connection, row: &Row<'_>) -> Result<StoredAlert, StoreError> {
    let time = |column: &'static str| -> Result<Option<Timestamp>, StoreError> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| text.parse().map_err(|_| stored(column, &text))).transpose()
    };
    let ecgi = |text: String| text.parse().map_err(|_| stored("ecgi", &text));
    let identities: Vec<String> = parsed(row, "identities")?;
    let pci: u16 = row.get("pci")?;
    let alert = Alert {
        id: row.get("id")?,
        revision: row.get("revision")?,
        state: parsed_word(row, "state")?,
        time: time("time")?,
        rule: row.get::<_, String>("rule")?.into(),
        rule_version: row.get("rule_version")?,
        severity: parsed_word(row, "severity")?,
        ecgi: row.get::<_, Option<String>>("ecgi")?.map(ecgi).transpose()?,
        pci: Pci::new(pci).ok_or_else(|| stored("pci", &pci.to_string()))?,
        earfcn: row.get("earfcn")?,
        transmitter: row.get("transmitter")?,
        identities: identities.into_iter().map(ecgi).collect::<Result<_, _>>()?,
        merged_into: row.get("merged_into")?,
        last_heard: time("last_heard")?,
        summary: row.get("summary")?,
        evidence: parsed(row, "evidence")?,
        evidence_file: row.get("evidence_file")?,
    };
    Ok(StoredAlert {
        alert,
        evidence_sha256: row.get("evidence_sha256")?,
        annotations: annotations_of(database, &row.get::<_, String>("id")?)?,
    })
}
