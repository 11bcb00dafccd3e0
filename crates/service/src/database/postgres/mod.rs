//! The database as a server of its own, for what outgrows one file.
//!
//! Events go over in one statement for each table, however many there are. A connection that broke is made again at the
//! next call, so that a server which starts anew is no failure of ours.

mod address;
mod alerts;
mod cases;
mod schema;

use std::{
    collections::{HashMap, HashSet},
    error::Error as _,
};

pub use address::PostgresAddress;
use jiff::Timestamp;
use postgres::{Client, Error, Row, Statement, types::ToSql};

use super::{
    CaseChange, CaseDetails, CaseFilter, CaseSummary, Database, DatabaseError, Event, HeardLevel, MAX_REFUSED, PRUNE,
    PrunedCases, RefusedMessage, ScannerSummary, StoredEvents, TokenRecord, count, stored, time_of,
};
use cellwarden_event::outbox::ScannerName;

/// A connection to the server.
pub struct Postgres {
    address: PostgresAddress,
    connection: Option<Connection>,
}

/// A connection that stands, with the statements that it has prepared.
struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        // Its own words are short: the server's stand behind them.
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        Self::Failed(format!("{error}{source}"))
    }
}

impl Postgres {
    /// Connects, and makes the tables where there are none.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub fn open(address: &PostgresAddress) -> Result<Self, DatabaseError> {
        let mut database = Self { address: address.clone(), connection: None };
        database.with(|connection| schema::migrate(&mut connection.client))?;
        Ok(database)
    }

    /// Does something that may be done twice: a connection that turns out to be broken is made again, once.
    fn with<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let mut was_there = true;
        loop {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                none => {
                    was_there = false;
                    none.insert(Connection { client: self.address.connect()?, statements: HashMap::new() })
                }
            };
            let done = work(connection);
            let is_broken = connection.client.is_closed();
            if is_broken {
                self.connection = None;
            }
            if done.is_ok() || !is_broken || !was_there {
                return done;
            }
        }
    }
}

impl Connection {
    fn statement(&mut self, text: &'static str) -> Result<Statement, Error> {
        if let Some(known) = self.statements.get(text) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(text)?;
        self.statements.insert(text, statement.clone());
        Ok(statement)
    }

    fn query(&mut self, text: &'static str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let statement = self.statement(text)?;
        self.client.query(&statement, values)
    }

    fn execute(&mut self, text: &'static str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        let statement = self.statement(text)?;
        self.client.execute(&statement, values)
    }

    /// A transaction's work; what it wrote is gone where it fails.
    fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        self.client.batch_execute("BEGIN")?;
        let done = work(self);
        let ended = self.client.batch_execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        let done = done?;
        Ok(ended.map(|()| done)?)
    }
}

/// Keeps events; the lock makes one of several services at a time decide which case they belong to.
const KEEP: &str = "INSERT INTO event (scanner, id, kind, cell, time, received, event) \
    SELECT scanner, id, kind, cell, time, $6, event \
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $7::text[]) \
    AS sent (scanner, id, kind, cell, time, event) ON CONFLICT (scanner, id) DO NOTHING RETURNING scanner, id";
const LOCK: &str = "SELECT pg_advisory_xact_lock(5208317)";

fn store_events(
    connection: &mut Connection,
    events: &[Event],
    received: Timestamp,
) -> Result<StoredEvents, DatabaseError> {
    fn column<'a, T>(events: &'a [Event], value: impl Fn(&'a Event) -> T) -> Vec<T> {
        events.iter().map(value).collect()
    }
    connection.query(LOCK, &[])?;
    let rows = connection.query(
        KEEP,
        &[
            &column(events, |event| event.scanner.as_str()),
            &column(events, |event| event.id.as_str()),
            &column(events, |event| event.data.kind().word()),
            &column(events, |event| event.cell.as_str()),
            &column(events, |event| event.time.map(Timestamp::as_millisecond)),
            &received.as_millisecond(),
            &column(events, |event| event.json.as_str()),
        ],
    )?;
    let mut written: HashSet<(String, String)> = HashSet::with_capacity(rows.len());
    for row in rows {
        written.insert((row.try_get(0)?, row.try_get(1)?));
    }
    // Of two with one id in one batch the first is the new one.
    let new: Vec<bool> =
        events.iter().map(|event| written.remove(&(event.scanner.to_string(), event.id.clone()))).collect();
    let news: Vec<&Event> = events.iter().zip(&new).filter_map(|(event, new)| new.then_some(event)).collect();
    let cases = if news.is_empty() { Vec::new() } else { cases::enter(connection, &news, received)? };
    Ok(StoredEvents { new, cases })
}

impl Database for Postgres {
    fn store_events(&mut self, events: &[Event], received: Timestamp) -> Result<StoredEvents, DatabaseError> {
        self.with(|connection| connection.transaction(|connection| store_events(connection, events, received)))
    }

    fn cases(&mut self, filter: &CaseFilter) -> Result<Vec<CaseSummary>, DatabaseError> {
        self.with(|connection| cases::list(&mut connection.client, filter))
    }

    fn case(&mut self, id: i64) -> Result<Option<CaseDetails>, DatabaseError> {
        self.with(|connection| cases::details(connection, id))
    }

    fn change_case(&mut self, id: i64, change: &CaseChange) -> Result<bool, DatabaseError> {
        self.with(|connection| connection.transaction(|connection| cases::change(connection, id, change)))
    }

    fn case_to_locate(&mut self) -> Result<Option<(i64, u64)>, DatabaseError> {
        self.with(|connection| {
            let rows = connection.query("SELECT id, levels FROM cases WHERE stale LIMIT 1", &[])?;
            Ok(rows.first().map(|row| Ok::<_, Error>((row.try_get(0)?, count(row.try_get(1)?)))).transpose()?)
        })
    }

    fn levels(&mut self, case: i64) -> Result<Vec<HeardLevel>, DatabaseError> {
        self.with(|connection| cases::levels(connection, case))
    }

    fn set_estimate(&mut self, case: i64, estimate: &str, levels: u64, replaces: bool) -> Result<(), DatabaseError> {
        self.with(|connection| cases::set_estimate(connection, case, estimate, levels, replaces))
    }

    fn forget_sightings(&mut self, before: Timestamp, limit: u32) -> Result<u64, DatabaseError> {
        let (before, limit) = (before.as_millisecond(), i64::from(limit));
        self.with(|connection| {
            let events = connection.execute(
                "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE kind = 'sighting' AND received < $1 \
                 ORDER BY received LIMIT $2)",
                &[&before, &limit],
            )?;
            let levels = connection.execute(
                "DELETE FROM case_level WHERE seq IN (SELECT seq FROM case_level WHERE received < $1 \
                 ORDER BY received LIMIT $2)",
                &[&before, &limit],
            )?;
            Ok(events + levels)
        })
    }

    fn prune(&mut self, before: Timestamp, dry_run: bool) -> Result<PrunedCases, DatabaseError> {
        let before = before.as_millisecond().to_string();
        self.with(|connection| {
            let mut transaction = connection.client.transaction()?;
            transaction.batch_execute(LOCK)?;
            let mut pruned = PrunedCases::default();
            for (statement, note) in PRUNE {
                // Statements that make tables take no parameters.
                note(&mut pruned, transaction.execute(&statement.replace("$1", &before), &[])?);
            }
            transaction.batch_execute("DROP TABLE pruned_case")?;
            if dry_run {
                transaction.rollback()?
            } else {
                transaction.commit()?
            }
            Ok(pruned)
        })
    }

    fn scanners(&mut self) -> Result<Vec<ScannerSummary>, DatabaseError> {
        self.with(|connection| {
            let rows = connection.query("SELECT * FROM scanner ORDER BY name", &[])?;
            let scanner = |row: &Row| {
                Ok(ScannerSummary {
                    name: row.try_get("name")?,
                    first_received: time_of(row.try_get("first_received")?),
                    last_received: time_of(row.try_get("last_received")?),
                    alerts: count(row.try_get("alerts")?),
                    sightings: count(row.try_get("sightings")?),
                })
            };
            rows.iter().map(scanner).collect()
        })
    }

    fn add_token(&mut self, token: &TokenRecord) -> Result<(), DatabaseError> {
        let TokenRecord { id, name, scopes, hash, created, expires, revoked } = token;
        let time = |time: &Option<Timestamp>| time.map(Timestamp::as_millisecond);
        let (name, scopes, created) = (name.as_str(), scopes.to_string(), created.as_millisecond());
        self.with(|connection| {
            let insert = "INSERT INTO token VALUES ($1, $2, $3, $4, $5, $6, $7)";
            connection.execute(insert, &[id, &name, &scopes, hash, &created, &time(expires), &time(revoked)])?;
            Ok(())
        })
    }

    fn token(&mut self, id: &str) -> Result<Option<TokenRecord>, DatabaseError> {
        self.with(|connection| {
            let rows = connection.query("SELECT * FROM token WHERE id = $1", &[&id])?;
            rows.first().map(token_of).transpose()
        })
    }

    fn tokens(&mut self) -> Result<Vec<TokenRecord>, DatabaseError> {
        self.with(|connection| {
            connection.query("SELECT * FROM token ORDER BY created, id", &[])?.iter().map(token_of).collect()
        })
    }

    fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<bool, DatabaseError> {
        self.with(|connection| {
            let update = "UPDATE token SET revoked = $2 WHERE id = $1 AND revoked IS NULL";
            Ok(connection.execute(update, &[&id, &at.as_millisecond()])? == 1)
        })
    }

    fn keep_refused(&mut self, messages: &[RefusedMessage]) -> Result<(), DatabaseError> {
        let work = |connection: &mut Connection| {
            for RefusedMessage { received, topic, why, body } in messages {
                let insert = "INSERT INTO refused_message (received, topic, why, body) VALUES ($1, $2, $3, $4)";
                connection.execute(insert, &[&received.as_millisecond(), topic, why, body])?;
            }
            let drop = "DELETE FROM refused_message WHERE seq <= (SELECT max(seq) FROM refused_message) - $1";
            connection.execute(drop, &[&MAX_REFUSED])?;
            Ok(())
        };
        self.with(|connection| connection.transaction(work))
    }

    fn refused(&mut self) -> Result<Vec<RefusedMessage>, DatabaseError> {
        self.with(|connection| {
            let rows = connection.query("SELECT * FROM refused_message ORDER BY seq", &[])?;
            let message = |row: &Row| {
                Ok(RefusedMessage {
                    received: time_of(row.try_get("received")?),
                    topic: row.try_get("topic")?,
                    why: row.try_get("why")?,
                    body: row.try_get("body")?,
                })
            };
            rows.iter().map(message).collect()
        })
    }

    fn check(&mut self, now: Timestamp) -> Result<(), DatabaseError> {
        self.with(|connection| {
            connection.execute("UPDATE health SET checked = $1", &[&now.as_millisecond()])?;
            Ok(())
        })
    }
}

fn token_of(row: &Row) -> Result<TokenRecord, DatabaseError> {
    let (name, scopes): (String, String) = (row.try_get("name")?, row.try_get("scopes")?);
    let time = |column| row.try_get::<_, Option<i64>>(column).map(|time| time.map(time_of));
    Ok(TokenRecord {
        id: row.try_get("id")?,
        name: ScannerName::new(&name).ok_or_else(|| stored("name", &name))?,
        scopes: scopes.parse().map_err(|_| stored("scopes", &scopes))?,
        hash: row.try_get("hash")?,
        created: time_of(row.try_get("created")?),
        expires: time("expires")?,
        revoked: time("revoked")?,
    })
}
