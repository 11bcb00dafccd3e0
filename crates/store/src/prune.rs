//! Old dwells removed, so that a store does not grow for ever.
//!
//! Alerts stay whatever their age, each with the dwell that raised it; so does every dwell in which a cell with an open alert
//! was heard, as its place and footprint rest on those, and the dwells that say what cells broadcast, which rules compare with.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{Store, StoreError};

/// Dwells removed between two looks at the size.
const AT_ONCE: i64 = 200;

/// What may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PruneLimits {
    /// Dwells that began before this time go. One without a time has no age.
    pub before: Option<Timestamp>,
    /// Where more bytes than this are used, the dwells stored first go until they are not.
    pub max_bytes: Option<u64>,
}

/// What went, and what stayed although it is beyond the limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned {
    /// What went of each drive.
    pub drives: Vec<PrunedDrive>,
    /// Dwells beyond the limits that stayed because of an alert.
    pub kept_for_alerts: u64,
    /// Dwells beyond the limits that stayed because rules compare with what cells broadcast there.
    pub kept_for_rules: u64,
    /// Bytes used before,
    pub bytes_before: u64,
    /// and after.
    pub bytes_after: u64,
    /// Why the file keeps its length, where it does: what is free in it is used by later dwells.
    pub not_shrunk: Option<String>,
}

/// What went of a drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunedDrive {
    /// Its number.
    pub id: i64,
    /// Dwells.
    pub dwells: u64,
    /// Observations of cells.
    pub observations: u64,
    /// Time of the earliest dwell that went.
    pub from: Option<Timestamp>,
    /// Time of the latest.
    pub to: Option<Timestamp>,
    /// Whether nothing of it is left.
    pub is_gone: bool,
}

const NEEDED: &str = "
    CREATE TEMP TABLE needed AS
        SELECT dwell AS id, 1 AS is_for_alert FROM alert
        UNION
        SELECT observation.dwell, 1 FROM alert JOIN observation
            ON observation.pci = alert.pci AND observation.earfcn IS alert.earfcn
            WHERE alert.state NOT IN ('closed', 'merged')
        UNION
        SELECT observation.dwell, 0 FROM baseline JOIN observation ON observation.id = baseline.observation;
    CREATE INDEX temp.needed_by_id ON needed (id);
    CREATE TEMP TABLE gone (drive INTEGER, start TEXT, observations INTEGER);";

const REMOVE: &str = "
    DELETE FROM finding WHERE observation IN (SELECT id FROM observation WHERE dwell IN (SELECT id FROM temp.batch));
    DELETE FROM block WHERE observation IN (SELECT id FROM observation WHERE dwell IN (SELECT id FROM temp.batch));
    DELETE FROM observation WHERE dwell IN (SELECT id FROM temp.batch);
    DELETE FROM dwell WHERE id IN (SELECT id FROM temp.batch);
    DROP TABLE temp.batch;";

impl Store {
    /// Removes what is beyond the limits and no longer needed, and says what that is; with `dry_run` it only says so.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is removed then.
    pub fn prune(&mut self, limits: &PruneLimits, dry_run: bool) -> Result<Pruned, StoreError> {
        let transaction = self.database.transaction()?;
        let mut pruned = Pruned { bytes_before: used_bytes(&transaction)?, ..Pruned::default() };
        transaction.execute_batch(NEEDED)?;
        if let Some(before) = limits.before {
            let beyond = "start IS NOT NULL AND julianday(start) < julianday(?1)";
            let before = before.to_string();
            pruned.kept_for_alerts += kept(&transaction, beyond, &before, true)?;
            pruned.kept_for_rules += kept(&transaction, beyond, &before, false)?;
            while remove(&transaction, beyond, &before)? > 0 {}
        }
        if let Some(most) = limits.max_bytes {
            while used_bytes(&transaction)? > most && remove(&transaction, "?1 = ''", "")? > 0 {}
            if used_bytes(&transaction)? > most {
                pruned.kept_for_alerts = kept(&transaction, "?1 = ''", "", true)?;
                pruned.kept_for_rules = kept(&transaction, "?1 = ''", "", false)?;
            }
        }
        transaction
            .execute("DELETE FROM drive WHERE NOT EXISTS (SELECT 1 FROM dwell WHERE dwell.drive = drive.id)", [])?;
        pruned.drives = drives(&transaction)?;
        pruned.bytes_after = used_bytes(&transaction)?;
        transaction.execute_batch("DROP TABLE temp.gone; DROP TABLE temp.needed;")?;
        if dry_run {
            transaction.rollback()?;
            return Ok(pruned);
        }
        transaction.commit()?;
        if !pruned.drives.is_empty() {
            // It takes as much room as the store for a moment: without it, what is free is used by later dwells.
            pruned.not_shrunk = self.database.execute_batch("VACUUM").err().map(|error| error.to_string());
        }
        Ok(pruned)
    }
}

/// Bytes of the pages that hold something.
fn used_bytes(database: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| database.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?).unsigned_abs())
}

/// Dwells that meet a condition and are needed: for alerts, or by rules alone.
fn kept(database: &Connection, beyond: &str, value: &str, is_for_alert: bool) -> Result<u64, StoreError> {
    let of_alert = "SELECT id FROM temp.needed WHERE is_for_alert";
    let whose = if is_for_alert {
        format!("id IN ({of_alert})")
    } else {
        format!("id IN (SELECT id FROM temp.needed) AND id NOT IN ({of_alert})")
    };
    let select = format!("SELECT count(*) FROM dwell WHERE {beyond} AND {whose}");
    Ok(database.query_row(&select, [value], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// Removes the first of the dwells that meet a condition; how many these were.
fn remove(transaction: &Transaction<'_>, beyond: &str, value: &str) -> Result<usize, StoreError> {
    let batch = format!(
        "CREATE TEMP TABLE batch AS SELECT id FROM dwell WHERE {beyond} AND id NOT IN (SELECT id FROM temp.needed) \
         ORDER BY id LIMIT {AT_ONCE}"
    );
    // Statements that make tables take no parameters.
    let batch = batch.replace("?1", &format!("'{}'", value.replace('\'', "''")));
    transaction.execute_batch(&batch)?;
    let removed = transaction.execute(
        "INSERT INTO temp.gone SELECT drive, start, (SELECT count(*) FROM observation WHERE dwell = dwell.id) FROM dwell \
         WHERE id IN (SELECT id FROM temp.batch)",
        [],
    )?;
    transaction.execute_batch(REMOVE)?;
    Ok(removed)
}

fn drives(transaction: &Transaction<'_>) -> Result<Vec<PrunedDrive>, StoreError> {
    let mut select = transaction.prepare(
        "SELECT drive, count(*), sum(observations), min(start), max(start), \
         NOT EXISTS (SELECT 1 FROM drive WHERE drive.id = gone.drive) FROM temp.gone GROUP BY drive ORDER BY drive",
    )?;
    let rows = select.query_map(params![], |row| {
        let time = |column| -> Result<Option<Timestamp>, rusqlite::Error> {
            Ok(row.get::<_, Option<String>>(column)?.and_then(|text| text.parse().ok()))
        };
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(PrunedDrive {
            id: row.get(0)?,
            dwells: count(1)?,
            observations: count(2)?,
            from: time(3)?,
            to: time(4)?,
            is_gone: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
