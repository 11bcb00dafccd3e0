//! What may be sent now, and in which order.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::kind_of;
use crate::{Store, StoreError};
use cellwarden_event::outbox::OutboxEvent;

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

/// What waits for a feed, in order. `CROSS JOIN` keeps SQLite from sorting a queue of which only the head is wanted.
pub const ANY: &str = "SELECT seq, cell FROM outbox_delivery CROSS JOIN outbox_event USING (seq) \
                   WHERE feed = ?1 AND NOT dead ORDER BY seq";

/// The same of one cell.
pub const OF_CELL: &str = "SELECT seq, cell FROM outbox_event CROSS JOIN outbox_delivery USING (seq) \
                       WHERE cell = ?2 AND feed = ?1 AND NOT dead ORDER BY seq";

/// The cells that have an alert waiting for a feed, the oldest alert first.
pub const CELLS_WITH_ALERTS: &str = "SELECT cell FROM outbox_event CROSS JOIN outbox_delivery USING (seq) \
                                 WHERE kind = 'alert' AND feed = ?1 AND NOT dead ORDER BY seq";

/// Longest wait in milliseconds that this program sets: one that is longer was set under a clock that was ahead, and is
/// over.
const LONGEST_WAIT_MS: i64 = 2 * 3_600_000;

const DUE: &str = "SELECT seq, id, kind, cell, event, attempts FROM outbox_delivery JOIN outbox_event USING (seq) \
                   WHERE feed = ?1 AND seq = ?2";

impl Store {
    /// The events that may be sent to a feed now, at most `limit`, in their order; none while the feed itself waits.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn due(&self, url: &str, now: Timestamp, limit: usize) -> Result<Vec<DueEvent>, StoreError> {
        let now = now.as_millisecond();
        let feed = "SELECT id FROM outbox_feed WHERE url = ?1 AND NOT (not_before > ?2 AND not_before <= ?3)";
        let values = params![url, now, now.saturating_add(LONGEST_WAIT_MS)];
        let Some(feed) = self.database.prepare_cached(feed)?.query_row(values, |row| row.get(0)).optional()? else {
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
             WHERE feed = ?1 AND attempts > 0 AND NOT dead AND not_before > ?2 AND not_before <= ?3",
        )?;
        let cells = select.query_map([feed, now, now.saturating_add(LONGEST_WAIT_MS)], |row| row.get(0))?;
        Ok(cells.collect::<Result<_, _>>()?)
    }
}

fn due_of(row: &Row<'_>) -> Result<DueEvent, StoreError> {
    Ok(DueEvent {
        seq: row.get("seq")?,
        event: OutboxEvent { id: row.get("id")?, kind: kind_of(row)?, cell: row.get("cell")?, json: row.get("event")? },
        attempts: row.get("attempts")?,
    })
}
