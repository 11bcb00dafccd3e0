//! The database as one file.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{Database, DatabaseError, Event, TokenRecord, stored};
use crate::alert::outbox::ScannerName;

/// What turns version N into N + 1; an empty file is version 0. Steps are never changed once released, only added.
const STEPS: [&str; 1] = [EVENTS];

/// Times are milliseconds since 1970.
const EVENTS: &str = "
    CREATE TABLE event (
        seq      INTEGER PRIMARY KEY,
        scanner  TEXT    NOT NULL,
        id       TEXT    NOT NULL,
        kind     TEXT    NOT NULL,
        cell     TEXT    NOT NULL,
        time     INTEGER,
        received INTEGER NOT NULL,
        event    TEXT    NOT NULL,
        UNIQUE (scanner, id)
    ) STRICT;
    CREATE TABLE token (
        id      TEXT    PRIMARY KEY,
        name    TEXT    NOT NULL,
        scopes  TEXT    NOT NULL,
        hash    TEXT    NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER,
        revoked INTEGER
    ) STRICT, WITHOUT ROWID;";

/// How long to wait for another connection's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to the file.
pub struct Sqlite {
    database: Connection,
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Sqlite {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let mut database = Connection::open(path)?;
        database.busy_timeout(PATIENCE)?;
        database.pragma_update(None, "journal_mode", "WAL")?;
        // A commit waits for the disk: what was acknowledged survives a power cut too.
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "foreign_keys", true)?;
        database.set_transaction_behavior(TransactionBehavior::Immediate);
        migrate(&mut database)?;
        Ok(Self { database })
    }
}

impl Database for Sqlite {
    fn keep(&mut self, events: &[Event], received: Timestamp) -> Result<Vec<bool>, DatabaseError> {
        let transaction = self.database.transaction()?;
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO event (scanner, id, kind, cell, time, received, event) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let keep = |event: &Event| {
            insert.execute(params![
                event.scanner.as_str(),
                event.id,
                event.told.kind().word(),
                event.cell,
                event.time.map(Timestamp::as_millisecond),
                received.as_millisecond(),
                event.json,
            ])
        };
        let rows = events.iter().map(keep).collect::<Result<Vec<usize>, _>>()?;
        drop(insert);
        transaction.commit()?;
        Ok(rows.into_iter().map(|rows| rows == 1).collect())
    }

    fn add_token(&mut self, token: &TokenRecord) -> Result<(), DatabaseError> {
        let TokenRecord { id, name, scopes, hash, created, expires, revoked } = token;
        let time = |time: &Option<Timestamp>| time.map(Timestamp::as_millisecond);
        self.database.execute(
            "INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                id,
                name.as_str(),
                scopes.to_string(),
                hash,
                created.as_millisecond(),
                time(expires),
                time(revoked)
            ],
        )?;
        Ok(())
    }

    fn token(&mut self, id: &str) -> Result<Option<TokenRecord>, DatabaseError> {
        let mut select = self.database.prepare_cached("SELECT * FROM token WHERE id = ?1")?;
        let mut rows = select.query_and_then([id], token_of)?;
        rows.next().transpose()
    }

    fn tokens(&mut self) -> Result<Vec<TokenRecord>, DatabaseError> {
        let mut select = self.database.prepare("SELECT * FROM token ORDER BY created, id")?;
        let rows = select.query_and_then([], token_of)?;
        rows.collect()
    }

    fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<bool, DatabaseError> {
        let update = "UPDATE token SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
        Ok(self.database.execute(update, params![id, at.as_millisecond()])? == 1)
    }

    fn answers(&mut self) -> Result<(), DatabaseError> {
        let found: Option<i64> = self.database.query_row("SELECT 1", [], |row| row.get(0)).optional()?;
        found.map(|_| ()).ok_or_else(|| DatabaseError::Failed("no answer".to_owned()))
    }
}

fn token_of(row: &Row<'_>) -> Result<TokenRecord, DatabaseError> {
    let (name, scopes): (String, String) = (row.get("name")?, row.get("scopes")?);
    let time = |column| row.get::<_, Option<i64>>(column).map(|time| time.map(time_of));
    Ok(TokenRecord {
        id: row.get("id")?,
        name: ScannerName::new(&name).ok_or_else(|| stored("name", &name))?,
        scopes: scopes.parse().map_err(|_| stored("scopes", &scopes))?,
        hash: row.get("hash")?,
        created: time_of(row.get("created")?),
        expires: time("expires")?,
        revoked: time("revoked")?,
    })
}

/// A stored time; one beyond the calendar is its end.
fn time_of(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

fn migrate(database: &mut Connection) -> Result<(), DatabaseError> {
    // The lock comes before the look, so that of two connections that open together one migrates.
    let transaction = database.transaction()?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(found).ok().and_then(|version| STEPS.get(version..));
    let steps = steps.ok_or(DatabaseError::Newer { found, expected: STEPS.len() })?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", STEPS.len() as i64)?;
    Ok(transaction.commit()?)
}
