//! The outbox within its limits.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::{Store, StoreError, count};
use cellwarden_event::outbox::{EventKind, OutboxLimits};

/// The share of the limit that is kept when it is passed, so that the oldest events are not looked for at every dwell.
const KEPT_PERCENT: u64 = 95;

/// How many events were dropped, to keep the outbox within its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Sightings.
    pub sightings: u64,
    /// Alerts. They stay in the store.
    pub alerts: u64,
}

impl Store {
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
                params![count(dropped.sightings), count(dropped.alerts)],
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

/// Drops the oldest events of a kind, until so many bytes are free.
fn drop_oldest(database: &Connection, kind: EventKind, excess: u64) -> Result<u64, StoreError> {
    let dropped = database.execute(
        "DELETE FROM outbox_event WHERE seq IN (SELECT seq FROM \
         (SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM outbox_event WHERE kind = ?1) \
         WHERE before < ?2)",
        params![kind.word(), count(excess)],
    )?;
    Ok(dropped as u64)
}
