//! What waits to be sent: events enter in the transaction that stores their dwell, and leave when every feed has them.
//!
//! Each feed has its own queue. Events of one cell keep their order: one that waits for another attempt holds back those
//! behind it. One that is dead does not: whoever revives it sends it late. Cells that have an alert waiting go first.

mod due;
mod limits;
mod queue;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

pub use due::DueEvent;
pub use limits::Dropped;
pub(super) use queue::Outbox;

use super::{Store, StoreError, records::stored};
use cellwarden_event::outbox::{EventKind, Fate, ScannerName};

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

    /// The name under which events of this store are sent; `None` before the first feed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn scanner(&self) -> Result<Option<ScannerName>, StoreError> {
        let name: String = self.database.query_row("SELECT scanner FROM outbox_account", [], |row| row.get(0))?;
        Ok(ScannerName::new(&name))
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
}

const OF_FEED: &str = "feed = (SELECT id FROM outbox_feed WHERE url = ?1) AND seq = ?2";

fn kind_of(row: &Row<'_>) -> Result<EventKind, StoreError> {
    let word: String = row.get("kind")?;
    [EventKind::Alert, EventKind::Sighting]
        .into_iter()
        .find(|kind| kind.word() == word)
        .ok_or_else(|| stored("kind", &word))
}

#[cfg(test)]
mod tests;
