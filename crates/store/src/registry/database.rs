//! The registry's snapshot in SQLite: replaced whole in one transaction, looked up in place or read whole into memory.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::Timestamp;
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params};

use cellwarden_core::{
    observation::{Ecgi, Eci, Position},
    registry::{
        CellKind, ImportOptions, ImportReport, ListError, RegisteredCell, Registry, RegistryBuilder, RegistrySnapshot,
        field::shown,
        import::{Input, read_cells},
        index::MAX_NAME,
        lookup::kept_place,
        own_list::MAX_EARFCN,
    },
};

use cellwarden_text::counted;

use super::{
    RegistryError,
    indices::{make_indices, share},
};

/// Version of the tables. An older snapshot is not migrated: the list is at hand and is imported again.
const SCHEMA: i64 = 1;

const TABLES: &str = "
    DROP TABLE IF EXISTS registry_snapshot;
    DROP TABLE IF EXISTS registered_cell;
    CREATE TABLE registry_snapshot (
        schema   INTEGER NOT NULL,
        sha256   TEXT    NOT NULL,
        imported TEXT    NOT NULL,
        rows     INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE registered_cell (
        plmn          TEXT    NOT NULL,
        eci           INTEGER NOT NULL,
        kind          TEXT,
        status        TEXT    NOT NULL,
        pci           INTEGER,
        earfcn        INTEGER,
        tac           INTEGER,
        bandwidth_rb  INTEGER,
        antenna_ports INTEGER,
        lat           REAL,
        lon           REAL,
        error_m       REAL,
        last_contact  INTEGER,
        name          TEXT    NOT NULL
    ) STRICT;";

const INSERT: &str = "INSERT INTO registered_cell VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)";

/// Imports lists as the new snapshot of the database.
///
/// One transaction replaces the old snapshot, so that a crash, a bad file or too many bad rows leave the old one.
///
/// # Errors
/// See [`RegistryError`]; nothing has changed then.
pub fn import_files(
    database: &mut Connection,
    paths: &[PathBuf],
    options: &ImportOptions,
) -> Result<ImportReport, RegistryError> {
    import(database, open_all(paths), options)
}

/// [`import_files`] from any readers.
///
/// # Errors
/// See [`RegistryError`]; nothing has changed then.
pub fn import<R: Read>(
    database: &mut Connection,
    inputs: impl IntoIterator<Item = Result<Input<R>, ListError>>,
    options: &ImportOptions,
) -> Result<ImportReport, RegistryError> {
    share(database)?;
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    let mut report = {
        let mut insert = transaction.prepare(INSERT)?;
        read_cells(inputs, options, |cell| -> Result<(), RegistryError> {
            let place = cell.place.map(kept_place);
            insert.execute(params![
                cell.ecgi.plmn.to_string(),
                cell.ecgi.eci.get(),
                cell.kind.map(CellKind::word),
                cell.status.word(),
                cell.pci.map(Pci::get),
                cell.earfcn,
                cell.tac,
                cell.bandwidth.map(|bandwidth| bandwidth.n_rb_dl() as u32),
                cell.antenna_ports.map(|ports| ports.count() as u32),
                place.map(|place| place.lat),
                place.map(|place| place.lon),
                place.map(|place| place.error_m),
                cell.last_contact.map(Timestamp::as_second),
                &*cell.name,
            ])?;
            Ok(())
        })?
    };
    make_indices(&transaction)?;
    report.remarks.extend(duplicates(&transaction)?);
    let RegistrySnapshot { sha256, imported, rows } = &report.snapshot;
    transaction.execute(
        "INSERT INTO registry_snapshot VALUES (?1,?2,?3,?4)",
        params![SCHEMA, sha256, imported.to_string(), *rows as i64],
    )?;
    transaction.commit()?;
    Ok(report)
}

/// A remark on rows that share an identity. The index has them side by side, so that this takes no memory.
fn duplicates(database: &Connection) -> Result<Option<String>, RegistryError> {
    let (rows, first): (Option<i64>, Option<String>) = database.query_row(
        "SELECT sum(more), min(first) FROM (SELECT count(*) - 1 AS more, plmn || printf('-%07x', eci) AS first \
         FROM registered_cell GROUP BY plmn, eci HAVING count(*) > 1)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let rows = rows.zip(first).map(|(rows, first)| (counted(rows.unsigned_abs(), "row"), first));
    Ok(rows.map(|(rows, first)| {
        format!("{rows} with the identity of another, like {first}; `registry verify` names them")
    }))
}

/// Opens a registered cell list for look-ups: a database that an import wrote, or a CSV, which is imported into memory.
///
/// # Errors
/// See [`RegistryError`].
pub fn open(path: &Path, options: &ImportOptions) -> Result<(Registry, Option<ImportReport>), RegistryError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => RegistryError::Absent { file: path.into() },
        _ => ListError::Read { file: path.into(), source }.into(),
    };
    // An import that failed may have left a file with nothing in it.
    if path.metadata().is_ok_and(|facts| facts.is_file() && facts.len() == 0) {
        return Err(RegistryError::NoSnapshot);
    }
    if is_database(path).map_err(unreadable)? {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        return Ok((load(&Connection::open_with_flags(path, flags)?)?, None));
    }
    let mut builder = RegistryBuilder::default();
    let report = read_cells(open_all(&[path.to_owned()]), options, |cell| builder.push(cell))?;
    Ok((builder.build(report.snapshot.clone())?, Some(report)))
}

/// Opens one list after the other.
fn open_all(paths: &[PathBuf]) -> impl Iterator<Item = Result<Input<File>, ListError>> + '_ {
    paths.iter().map(|path| open_list(path))
}

fn open_list(path: &Path) -> Result<Input<File>, ListError> {
    let reader = File::open(path).map_err(|source| ListError::Read { file: path.into(), source })?;
    Ok(Input { name: path.display().to_string(), reader })
}

/// Whether a file starts as SQLite's do.
pub(super) fn is_database(path: &Path) -> io::Result<bool> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut start = Vec::with_capacity(MAGIC.len());
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == MAGIC)
}

/// The snapshot of the database, without its rows.
///
/// # Errors
/// [`RegistryError::NoSnapshot`] before the first import, [`RegistryError::Schema`] for another version's tables.
pub fn snapshot(database: &Connection) -> Result<RegistrySnapshot, RegistryError> {
    if !database.table_exists(None, "registry_snapshot")? {
        return Err(RegistryError::NoSnapshot);
    }
    let (schema, sha256, imported, rows): (i64, String, String, i64) = database
        .query_row("SELECT schema, sha256, imported, rows FROM registry_snapshot", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?
        .ok_or(RegistryError::NoSnapshot)?;
    if schema != SCHEMA {
        return Err(RegistryError::Schema { found: schema, expected: SCHEMA });
    }
    let stored = |value| RegistryError::Stored { row: 1, column: "imported", value };
    let imported = imported.parse().map_err(|_| stored(imported))?;
    Ok(RegistrySnapshot { sha256, imported, rows: rows.unsigned_abs() })
}

/// Reads the snapshot and all its rows into memory.
///
/// # Errors
/// See [`RegistryError`].
pub fn load(database: &Connection) -> Result<Registry, RegistryError> {
    let snapshot = snapshot(database)?;
    let mut builder = RegistryBuilder::default();
    let mut select = database.prepare("SELECT *, rowid FROM registered_cell")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        builder.push(&cell_of(row)?)?;
    }
    Ok(builder.build(snapshot)?)
}

/// The cell of a stored row. Each value is checked again: the file may have been changed by others.
pub(super) fn cell_of(row: &Row<'_>) -> Result<RegisteredCell, RegistryError> {
    let eci = stored(row, 1, "eci", Eci::new)?;
    Ok(RegisteredCell {
        ecgi: Ecgi {
            plmn: word(row, 0, "plmn")?.ok_or_else(|| broken(row, "plmn", "NULL"))?,
            eci: eci.ok_or_else(|| broken(row, "eci", "NULL"))?,
        },
        kind: word(row, 2, "kind")?,
        status: word(row, 3, "status")?.ok_or_else(|| broken(row, "status", "NULL"))?,
        pci: stored(row, 4, "pci", |pci| u16::try_from(pci).ok().and_then(Pci::new))?,
        earfcn: stored(row, 5, "earfcn", |earfcn| (earfcn <= MAX_EARFCN).then_some(earfcn))?,
        tac: stored(row, 6, "tac", |tac| u16::try_from(tac).ok())?,
        bandwidth: stored(row, 7, "bandwidth_rb", |n_rb_dl| Bandwidth::from_n_rb_dl(n_rb_dl as usize))?,
        antenna_ports: stored(row, 8, "antenna_ports", |count| {
            AntennaPorts::ALL.into_iter().find(|ports| ports.count() == count as usize)
        })?,
        place: place_of(row)?,
        last_contact: stored(row, 12, "last_contact", |second| Timestamp::from_second(i64::from(second)).ok())?,
        name: name_of(row)?,
    })
}

/// A number that `make` accepts, or NULL.
fn stored<T>(
    row: &Row<'_>,
    index: usize,
    column: &'static str,
    make: impl FnOnce(u32) -> Option<T>,
) -> Result<Option<T>, RegistryError> {
    let Some(value) = row.get::<_, Option<i64>>(index)? else { return Ok(None) };
    let made = u32::try_from(value).ok().and_then(make);
    made.map(Some).ok_or_else(|| broken(row, column, value))
}

/// A text that parses, or NULL.
fn word<T: FromStr>(row: &Row<'_>, index: usize, column: &'static str) -> Result<Option<T>, RegistryError> {
    let text = row.get_ref(index)?.as_str_or_null().map_err(|_| broken(row, column, "not text"))?;
    text.map(|text| text.parse().map_err(|_| broken(row, column, shown(text)))).transpose()
}

fn place_of(row: &Row<'_>) -> Result<Option<Position>, RegistryError> {
    match (row.get::<_, Option<f64>>(9)?, row.get::<_, Option<f64>>(10)?, row.get::<_, Option<f64>>(11)?) {
        (Some(lat), Some(lon), Some(error_m)) if lat.abs() <= 90.0 && lon.abs() <= 180.0 && error_m >= 0.0 => {
            Ok(Some(Position { lat, lon, error_m }))
        }
        (None, None, None) => Ok(None),
        other => Err(broken(row, "lat, lon, error_m", format!("{other:?}"))),
    }
}

fn name_of(row: &Row<'_>) -> Result<Box<str>, RegistryError> {
    let name = row.get_ref(13)?.as_str().map_err(|_| broken(row, "name", "not text"))?;
    if name.len() > MAX_NAME {
        return Err(broken(row, "name", format!("{} bytes long", name.len())));
    }
    Ok(name.into())
}

fn broken(row: &Row<'_>, column: &'static str, value: impl ToString) -> RegistryError {
    RegistryError::Stored { row: row.get(14).unwrap_or(0), column, value: value.to_string() }
}
