//! Events enter the outbox, in the transaction that stores what they tell.

use rusqlite::{Connection, params};

use crate::{StoreError, alerts::alert_of, count, dwells::dwell_of, records::stored};
use cellwarden_core::alert::events::{alert_event, sighting_event};
use cellwarden_core::{detect::Judged, observation::Observation};
use cellwarden_event::outbox::{OutboxEvent, ScannerName};

/// Under what name events are made, and for whom.
pub struct Outbox {
    pub scanner: ScannerName,
    pub feeds: Vec<i64>,
}

impl Outbox {
    /// The outbox of a database; `None` where nobody is to be told.
    pub fn of(database: &Connection) -> Result<Option<Self>, StoreError> {
        let feeds = database
            .prepare_cached("SELECT id FROM outbox_feed ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        if feeds.is_empty() {
            return Ok(None);
        }
        let scanner: String = database.query_row("SELECT scanner FROM outbox_account", [], |row| row.get(0))?;
        let scanner = ScannerName::new(&scanner).ok_or_else(|| stored("scanner", &scanner))?;
        Ok(Some(Self { scanner, feeds }))
    }

    /// Queues the cells of a dwell.
    pub fn queue_sightings(&self, database: &Connection, cells: &[(Observation, Judged)]) -> Result<(), StoreError> {
        for (number, (observation, judged)) in cells.iter().enumerate() {
            self.queue(database, &sighting_event(&self.scanner, number, observation, judged))?;
        }
        Ok(())
    }

    /// Queues a stored alert.
    pub fn queue_alert(&self, database: &Connection, id: &str) -> Result<(), StoreError> {
        let (alert, dwell) = database
            .prepare_cached("SELECT * FROM alert WHERE id = ?1")?
            .query_and_then([id], |row| Ok::<_, StoreError>((alert_of(database, row)?, row.get::<_, i64>("dwell")?)))?
            .next()
            .ok_or_else(|| stored("id", id))??;
        let dwell = database
            .prepare_cached("SELECT * FROM dwell WHERE id = ?1")?
            .query_and_then([dwell], dwell_of)?
            .next()
            .ok_or_else(|| stored("dwell", &dwell.to_string()))??;
        self.queue(
            database,
            &alert_event(
                &self.scanner,
                &alert.alert,
                alert.evidence_sha256.as_deref(),
                &dwell.recording,
                dwell.position,
            ),
        )
    }

    fn queue(&self, database: &Connection, event: &OutboxEvent) -> Result<(), StoreError> {
        let OutboxEvent { id, kind, cell, json } = event;
        database
            .prepare_cached(
                "INSERT OR IGNORE INTO outbox_event (id, kind, cell, event, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, kind.word(), cell, json, count(json.len() as u64)])?;
        let mut deliver = database.prepare_cached(
            "INSERT OR IGNORE INTO outbox_delivery (feed, seq) SELECT ?1, seq FROM outbox_event WHERE id = ?2",
        )?;
        for feed in &self.feeds {
            deliver.execute(params![feed, id])?;
        }
        Ok(())
    }
}
