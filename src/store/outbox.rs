//! What waits to be sent: events enter in the transaction that stores their dwell, and leave when every feed has them.
//!
//! Each feed has its own queue. Events of one cell keep their order: one that waits for another attempt holds back those
//! behind it. One that is dead does not: whoever revives it sends it late. Cells that have an alert waiting go first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde_json::{Map, Value};

use super::{Store, StoreError, alerts::alert_of, dwells::dwell_of, records::stored};
use crate::{
    alert::outbox::{EventKind, Fate, OutboxEvent, OutboxLimits, ScannerName, alert_event, sighting_event},
    detect::Judged,
    observation::Observation,
};

/// The share of the limit that is kept when it is passed, so that the oldest events are not looked for at every dwell.
const KEPT_PERCENT: u64 = 95;

/// An event that may be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEvent {
    /// Its place in the outbox.
    pub seq: i64,
    /// The event.
    pub event: OutboxEvent,
    /// Attempts so far.
    pub attempts: u32,
}

/// A feed and its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// Where it leads.
    pub url: String,
    /// Events that wait, by kind.
    pub waiting_alerts: u64,
    /// Sightings that wait.
    pub waiting_sightings: u64,
    /// Events set aside.
    pub dead: u64,
    /// Failures to reach it in a row.
    pub failures: u32,
    /// Not tried before.
    pub not_before: Option<Timestamp>,
    /// Why it could not be reached.
    pub error: Option<String>,
}

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The feed that did not take it.
    pub url: String,
    /// The event's id.
    pub id: String,
    /// What it tells.
    pub kind: EventKind,
    /// Its cell.
    pub cell: String,
    /// Why it is dead.
    pub why: String,
}

/// How many events were dropped, to keep the outbox within its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Sightings.
    pub sightings: u64,
    /// Alerts. They stay in the store.
    pub alerts: u64,
}

/// Under what name events are made, and for whom.
pub(super) struct Outbox {
    scanner: ScannerName,
    feeds: Vec<i64>,
}

impl Outbox {
    /// The outbox of a database; `None` where nobody is to be told.
    pub(super) fn of(database: &Connection) -> Result<Option<Self>, StoreError> {
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
    pub(super) fn queue_sightings(
        &self,
        database: &Connection,
        cells: &[(Observation, Judged)],
    ) -> Result<(), StoreError> {
        for (number, (observation, judged)) in cells.iter().enumerate() {
            self.queue(database, &sighting_event(&self.scanner, number, observation, judged))?;
        }
        Ok(())
    }

    /// Queues a stored alert.
    pub(super) fn queue_alert(&self, database: &Connection, id: &str) -> Result<(), StoreError> {
        let (fields, dwell) = database
            .prepare_cached("SELECT * FROM alert WHERE id = ?1")?
            .query_and_then([id], |row| {
                Ok::<_, StoreError>((alert_fields(database, row)?, row.get::<_, i64>("dwell")?))
            })?
            .next()
            .ok_or_else(|| stored("id", id))??;
        let dwell = database
            .prepare_cached("SELECT * FROM dwell WHERE id = ?1")?
            .query_and_then([dwell], dwell_of)?
            .next()
            .ok_or_else(|| stored("dwell", &dwell.to_string()))??;
        self.queue(database, &alert_event(&self.scanner, fields, &dwell.recording, dwell.position))
    }

    fn queue(&self, database: &Connection, event: &OutboxEvent) -> Result<(), StoreError> {
        let OutboxEvent { id, kind, cell, json } = event;
        database
            .prepare_cached(
                "INSERT OR IGNORE INTO outbox_event (id, kind, cell, event, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, kind.word(), cell, json, super::count(json.len() as u64)])?;
        let mut deliver = database.prepare_cached(
            "INSERT OR IGNORE INTO outbox_delivery (feed, seq) SELECT ?1, seq FROM outbox_event WHERE id = ?2",
        )?;
        for feed in &self.feeds {
            deliver.execute(params![feed, id])?;
        }
        Ok(())
    }
}

/// The fields of the `alert` event, and the hash of its evidence.
fn alert_fields(database: &Connection, row: &Row<'_>) -> Result<Map<String, Value>, StoreError> {
    let alert = alert_of(database, row)?;
    let mut fields = alert.event;
    fields.insert("evidence_sha256".to_owned(), alert.evidence_sha256.into());
    Ok(fields)
}

impl Store {
    /// Queues what will be stored for this feed too, under the scanner's name; a new feed is also told all alerts that
    /// are stored already. Gives how many these are.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing has changed then.
    pub fn add_feed(&mut self, url: &str, scanner: &ScannerName) -> Result<usize, StoreError> {
        let transaction = self.database.transaction()?;
        transaction.execute("UPDATE outbox_account SET scanner = ?1", [scanner.as_str()])?;
        let added = transaction.execute("INSERT OR IGNORE INTO outbox_feed (url) VALUES (?1)", [url])?;
        let mut queued = 0;
        if added > 0 {
            let outbox = Outbox { scanner: scanner.clone(), feeds: vec![transaction.last_insert_rowid()] };
            let alerts: Vec<String> = transaction
                .prepare("SELECT id FROM alert ORDER BY time, rowid")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in &alerts {
                outbox.queue_alert(&transaction, id)?;
            }
            queued = alerts.len();
        }
        transaction.commit()?;
        Ok(queued)
    }

    /// Drops a feed and what waits for it; whether there was one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn forget_feed(&mut self, url: &str) -> Result<bool, StoreError> {
        let transaction = self.database.transaction()?;
        let was_there = transaction.execute("DELETE FROM outbox_feed WHERE url = ?1", [url])? > 0;
        transaction.execute("DELETE FROM outbox_event WHERE seq NOT IN (SELECT seq FROM outbox_delivery)", [])?;
        transaction.commit()?;
        Ok(was_there)
    }

    /// The feeds, in the order in which they were added.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn feeds(&self) -> Result<Vec<FeedState>, StoreError> {
        let mut select = self.database.prepare(
            "SELECT url, failures, not_before, error, \
             (SELECT count(*) FROM outbox_event CROSS JOIN outbox_delivery USING (seq) \
              WHERE feed = outbox_feed.id AND NOT dead AND kind = 'alert') AS alerts, \
             (SELECT count(*) FROM outbox_delivery WHERE feed = outbox_feed.id AND NOT dead) AS waiting, \
             (SELECT count(*) FROM outbox_delivery WHERE feed = outbox_feed.id AND dead) AS dead \
             FROM outbox_feed ORDER BY id",
        )?;
        let feeds = select.query_map([], |row| {
            let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            let (waiting_alerts, waiting) = (number("alerts")?, number("waiting")?);
            Ok(FeedState {
                url: row.get("url")?,
                waiting_alerts,
                waiting_sightings: waiting - waiting_alerts,
                dead: number("dead")?,
                failures: row.get("failures")?,
                not_before: Some(row.get("not_before")?)
                    .filter(|ms| *ms > 0)
                    .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
                error: row.get("error")?,
            })
        })?;
        Ok(feeds.collect::<Result<_, _>>()?)
    }

    /// The events that may be sent to a feed now, at most `limit`, in their order; none while the feed itself waits.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn due(&self, url: &str, now: Timestamp, limit: usize) -> Result<Vec<DueEvent>, StoreError> {
        let now = now.as_millisecond();
        let feed = "SELECT id FROM outbox_feed WHERE url = ?1 AND not_before <= ?2";
        let Some(feed) =
            self.database.prepare_cached(feed)?.query_row(params![url, now], |row| row.get(0)).optional()?
        else {
            return Ok(Vec::new());
        };
        let held = self.held_cells(feed, now)?;
        let mut places = self.places_with_alerts(feed, &held, limit)?;
        if places.is_empty() {
            places = self.places(ANY, params![feed], &held, limit)?;
        }
        let mut select = self.database.prepare_cached(DUE)?;
        places.iter().map(|seq| select.query_row(params![feed, seq], |row| Ok(due_of(row)))?).collect()
    }

    /// The places of what waits for cells that have an alert waiting, in order: of the cell with the oldest alert as many
    /// as go, then of the next, so that a round looks at no more than it sends.
    fn places_with_alerts(&self, feed: i64, held: &BTreeSet<String>, limit: usize) -> Result<Vec<i64>, StoreError> {
        let mut cells: BTreeSet<String> = BTreeSet::new();
        let mut places = Vec::new();
        let mut select = self.database.prepare_cached(CELLS_WITH_ALERTS)?;
        let mut rows = select.query([feed])?;
        while let Some(row) = rows.next()?.filter(|_| places.len() < limit) {
            let cell: String = row.get("cell")?;
            if !cells.contains(&cell) {
                places.extend(self.places(OF_CELL, params![feed, cell], held, limit - places.len())?);
                cells.insert(cell);
            }
        }
        places.sort_unstable();
        Ok(places)
    }

    /// The first places that a query gives, but for those of cells that are held.
    fn places(
        &self,
        query: &str,
        values: &[&dyn ToSql],
        held: &BTreeSet<String>,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let mut select = self.database.prepare_cached(query)?;
        let mut rows = select.query(values)?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()?.filter(|_| places.len() < limit) {
            if !held.contains(row.get_ref("cell")?.as_str().unwrap_or_default()) {
                places.push(row.get("seq")?);
            }
        }
        Ok(places)
    }

    /// The cells of which an event waits for another attempt. It is the first of its cell: none behind it was sent.
    fn held_cells(&self, feed: i64, now: i64) -> Result<BTreeSet<String>, StoreError> {
        let mut select = self.database.prepare_cached(
            "SELECT cell FROM outbox_delivery JOIN outbox_event USING (seq) \
             WHERE feed = ?1 AND attempts > 0 AND NOT dead AND not_before > ?2",
        )?;
        let cells = select.query_map([feed, now], |row| row.get(0))?;
        Ok(cells.collect::<Result<_, _>>()?)
    }

    /// Records what became of events of a feed that answered.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is recorded then, and they will be sent again.
    pub fn settle(&mut self, url: &str, fates: &[(i64, Fate)]) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        {
            let mut remove = transaction.prepare_cached(&format!("DELETE FROM outbox_delivery WHERE {OF_FEED}"))?;
            let mut sweep = transaction.prepare_cached(
                "DELETE FROM outbox_event WHERE seq = ?1 \
                 AND NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE outbox_delivery.seq = ?1)",
            )?;
            let mut delay = transaction.prepare_cached(&format!(
                "UPDATE outbox_delivery SET attempts = attempts + 1, not_before = ?3, error = ?4 WHERE {OF_FEED}",
            ))?;
            let mut bury = transaction.prepare_cached(&format!(
                "UPDATE outbox_delivery SET attempts = attempts + 1, dead = 1, error = ?3 WHERE {OF_FEED}",
            ))?;
            for (seq, fate) in fates {
                match fate {
                    Fate::Delivered => {
                        remove.execute(params![url, seq])?;
                        sweep.execute([seq])?;
                    }
                    Fate::Again { not_before, why } => {
                        delay.execute(params![url, seq, not_before.as_millisecond(), why])?;
                    }
                    Fate::Dead { why } => {
                        bury.execute(params![url, seq, why])?;
                    }
                }
            }
            let reached = "UPDATE outbox_feed SET failures = 0, not_before = 0, error = NULL WHERE url = ?1";
            transaction.prepare_cached(reached)?.execute([url])?;
        }
        Ok(transaction.commit()?)
    }

    /// Records that a feed could not be reached, and when to try again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn hold_feed(&self, url: &str, not_before: Timestamp, why: &str) -> Result<(), StoreError> {
        self.database.execute(
            "UPDATE outbox_feed SET failures = failures + 1, not_before = ?2, error = ?3 WHERE url = ?1",
            params![url, not_before.as_millisecond(), why],
        )?;
        Ok(())
    }

    /// Failures to reach a feed in a row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn feed_failures(&self, url: &str) -> Result<u32, StoreError> {
        let select = "SELECT failures FROM outbox_feed WHERE url = ?1";
        Ok(self.database.query_row(select, [url], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// Ends the wait of a feed, whose receiver said how long it is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn reopen(&self, url: &str) -> Result<(), StoreError> {
        self.database.execute("UPDATE outbox_feed SET not_before = 0 WHERE url = ?1", [url])?;
        Ok(())
    }

    /// Ends the waits of a feed: somebody asks for an attempt now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn hasten(&mut self, url: &str) -> Result<(), StoreError> {
        let transaction = self.database.transaction()?;
        transaction.execute("UPDATE outbox_feed SET not_before = 0 WHERE url = ?1", [url])?;
        let of_feed = "feed = (SELECT id FROM outbox_feed WHERE url = ?1)";
        let hasten = format!("UPDATE outbox_delivery SET not_before = 0 WHERE attempts > 0 AND NOT dead AND {of_feed}");
        transaction.execute(&hasten, [url])?;
        Ok(transaction.commit()?)
    }

    /// Gives dead events of a feed another life, under the ids that they had. Gives how many these are.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn revive(&mut self, url: &str) -> Result<usize, StoreError> {
        Ok(self.database.execute(
            "UPDATE outbox_delivery SET dead = 0, attempts = 0, not_before = 0 \
             WHERE dead AND feed = (SELECT id FROM outbox_feed WHERE url = ?1)",
            [url],
        )?)
    }

    /// The events that were set aside.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, StoreError> {
        let mut select = self.database.prepare(
            "SELECT url, outbox_event.id, kind, cell, outbox_delivery.error AS why FROM outbox_delivery \
             JOIN outbox_event USING (seq) JOIN outbox_feed ON outbox_feed.id = feed WHERE dead ORDER BY feed, seq",
        )?;
        let mut rows = select.query([])?;
        let mut letters = Vec::new();
        while let Some(row) = rows.next()? {
            letters.push(DeadLetter {
                url: row.get("url")?,
                id: row.get("id")?,
                kind: kind_of(row)?,
                cell: row.get("cell")?,
                why: row.get::<_, Option<String>>("why")?.unwrap_or_default(),
            });
        }
        Ok(letters)
    }

    /// Drops what is beyond the limits. Gives what was dropped now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn trim_outbox(&mut self, limits: &OutboxLimits, now: Timestamp) -> Result<Dropped, StoreError> {
        let transaction = self.database.transaction()?;
        let oldest = now.saturating_sub(limits.age).unwrap_or(Timestamp::MIN).as_millisecond();
        let aged = "DELETE FROM outbox_event WHERE kind = 'sighting' AND queued < ?1";
        let mut dropped = Dropped { sightings: transaction.execute(aged, [oldest])? as u64, alerts: 0 };
        let bytes =
            || transaction.query_row("SELECT bytes FROM outbox_account", [], |row| row.get(0)).map(i64::unsigned_abs);
        if bytes()? > limits.bytes {
            let kept = limits.bytes / 100 * KEPT_PERCENT;
            dropped.sightings += drop_oldest(&transaction, EventKind::Sighting, bytes()?.saturating_sub(kept))?;
            dropped.alerts += drop_oldest(&transaction, EventKind::Alert, bytes()?.saturating_sub(kept))?;
        }
        if dropped != Dropped::default() {
            transaction.execute(
                "UPDATE outbox_account SET dropped_sightings = dropped_sightings + ?1, \
                 dropped_alerts = dropped_alerts + ?2",
                params![super::count(dropped.sightings), super::count(dropped.alerts)],
            )?;
        }
        transaction.commit()?;
        Ok(dropped)
    }

    /// What was dropped since the store was made.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn dropped(&self) -> Result<Dropped, StoreError> {
        let select = "SELECT dropped_sightings, dropped_alerts FROM outbox_account";
        Ok(self.database.query_row(select, [], |row| {
            let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok(Dropped { sightings: number(0)?, alerts: number(1)? })
        })?)
    }
}

/// What waits for a feed, in order. `CROSS JOIN` keeps SQLite from sorting a queue of which only the head is wanted.
const ANY: &str = "SELECT seq, cell FROM outbox_delivery CROSS JOIN outbox_event USING (seq) \
                   WHERE feed = ?1 AND NOT dead ORDER BY seq";

/// The same of one cell.
const OF_CELL: &str = "SELECT seq, cell FROM outbox_event CROSS JOIN outbox_delivery USING (seq) \
                       WHERE cell = ?2 AND feed = ?1 AND NOT dead ORDER BY seq";

/// The cells that have an alert waiting for a feed, the oldest alert first.
const CELLS_WITH_ALERTS: &str = "SELECT cell FROM outbox_event CROSS JOIN outbox_delivery USING (seq) \
                                 WHERE kind = 'alert' AND feed = ?1 AND NOT dead ORDER BY seq";

const DUE: &str = "SELECT seq, id, kind, cell, event, attempts FROM outbox_delivery JOIN outbox_event USING (seq) \
                   WHERE feed = ?1 AND seq = ?2";

const OF_FEED: &str = "feed = (SELECT id FROM outbox_feed WHERE url = ?1) AND seq = ?2";

/// Drops the oldest events of a kind, until so many bytes are free.
fn drop_oldest(database: &Connection, kind: EventKind, excess: u64) -> Result<u64, StoreError> {
    let dropped = database.execute(
        "DELETE FROM outbox_event WHERE seq IN (SELECT seq FROM \
         (SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM outbox_event WHERE kind = ?1) \
         WHERE before < ?2)",
        params![kind.word(), super::count(excess)],
    )?;
    Ok(dropped as u64)
}

fn due_of(row: &Row<'_>) -> Result<DueEvent, StoreError> {
    Ok(DueEvent {
        seq: row.get("seq")?,
        event: OutboxEvent { id: row.get("id")?, kind: kind_of(row)?, cell: row.get("cell")?, json: row.get("event")? },
        attempts: row.get("attempts")?,
    })
}

fn kind_of(row: &Row<'_>) -> Result<EventKind, StoreError> {
    let word: String = row.get("kind")?;
    [EventKind::Alert, EventKind::Sighting]
        .into_iter()
        .find(|kind| kind.word() == word)
        .ok_or_else(|| stored("kind", &word))
}

#[cfg(test)]
mod tests;
