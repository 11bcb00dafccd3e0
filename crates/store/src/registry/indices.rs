//! The orders that the rows of a list's database are looked up in.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::RegistryError;

/// The orders that rows are looked up in. They add to the tables and change none, so that programs that do not know them
/// read the list too. The part of a row's place that is indexed first is a strip of 0.01° of latitude, 1.1 km.
const INDICES: &str = "
    DROP INDEX IF EXISTS registered_by_ecgi;
    DROP INDEX IF EXISTS registered_by_pair;
    DROP INDEX IF EXISTS registered_by_place;
    DROP TABLE IF EXISTS registered_earfcn;
    CREATE INDEX registered_by_ecgi ON registered_cell (plmn, eci);
    CREATE INDEX registered_by_pair ON registered_cell (earfcn, pci, lat);
    CREATE INDEX registered_by_place ON registered_cell (CAST(lat * 100 AS INTEGER), lon, lat) WHERE lat IS NOT NULL;
    CREATE TABLE registered_earfcn (plmn TEXT NOT NULL, earfcn INTEGER) STRICT;
    INSERT INTO registered_earfcn SELECT DISTINCT plmn, earfcn FROM registered_cell;";

/// What there is where the orders are those of the rows: an import by a program that does not know them takes the
/// index away with the table.
const NEWEST_INDEX: &str = "registered_by_place";

/// How long to wait for another program before a list without indices is read into memory instead.
const INDEX_PATIENCE: Duration = Duration::from_secs(1);

/// Makes the orders that rows are looked up in.
///
/// # Errors
/// From the database.
pub(super) fn make_indices(database: &Connection) -> Result<(), RegistryError> {
    Ok(database.execute_batch(INDICES)?)
}

/// Lets imports and look-ups go on side by side, each with a state of the list of its own.
///
/// # Errors
/// From the database.
pub(super) fn share(database: &Connection) -> Result<(), RegistryError> {
    Ok(database.pragma_update(None, "journal_mode", "WAL")?)
}

/// Gives the indices to a list that an older program imported.
pub(super) fn index(path: &Path) -> Result<(), RegistryError> {
    let mut database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    database.busy_timeout(INDEX_PATIENCE)?;
    share(&database)?;
    let transaction = database.transaction()?;
    // Another program may have been first.
    if !is_indexed(&transaction)? {
        tracing::info!(path = %path.display(), "the registry gets its indices");
        make_indices(&transaction)?;
    }
    Ok(transaction.commit()?)
}

pub(super) fn is_indexed(database: &Connection) -> Result<bool, RegistryError> {
    let query = "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1";
    Ok(database.prepare(query)?.exists([NEWEST_INDEX])?)
}
