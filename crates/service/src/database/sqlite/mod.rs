//! The database as one file.

mod alerts;
mod cases;
mod schema;

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::{
    CaseChange, CaseDetails, CaseFilter, CaseSummary, Database, DatabaseError, Event, HeardLevel, MAX_REFUSED, PRUNE,
    PrunedCases, RefusedMessage, ScannerSummary, StoredEvents, TokenRecord, count, stored, time_of,
};
use cellwarden_event::outbox::ScannerName;

/// How long to wait for another connection's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose turn it is to write: SQLite has whoever waits for another connection look again after up to 100 ms, so that one
/// that writes again and again would keep out the others.
pub type Turn = Arc<Mutex<()>>;

/// A connection to the file.
pub struct Sqlite {
    database: Connection,
    turn: Turn,
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Makes the file where there is none, for its owner alone: the hashes of tokens are in it.
fn close_to_others(path: &Path) -> Result<(), DatabaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(DatabaseError::Failed(error.to_string())),
        _ => Ok(()),
    }
}

impl Sqlite {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub fn open(path: &Path, turn: &Turn) -> Result<Self, DatabaseError> {
        close_to_others(path)?;
        let mut database = Connection::open(path)?;
        database.busy_timeout(PATIENCE)?;
        database.pragma_update(None, "journal_mode", "WAL")?;
        // A commit waits for the disk: what was acknowledged survives a power cut too.
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "foreign_keys", true)?;
        database.set_transaction_behavior(TransactionBehavior::Immediate);
        schema::migrate(&mut database)?;
        Ok(Self { database, turn: Arc::clone(turn) })
    }
}

impl Database for Sqlite {
    fn store_events(&mut self, events: &[Event], received: Timestamp) -> Result<StoredEvents, DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.database.transaction()?;
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO event (scanner, id, kind, cell, time, received, event) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let insert_event = |event: &Event| {
            insert.execute(params![
                event.scanner.as_str(),
                event.id,
                event.data.kind().word(),
                event.cell,
                event.time.map(Timestamp::as_millisecond),
                received.as_millisecond(),
                event.json,
            ])
        };
        let rows = events.iter().map(insert_event).collect::<Result<Vec<usize>, _>>()?;
        drop(insert);
        let new: Vec<bool> = rows.into_iter().map(|rows| rows == 1).collect();
        let news: Vec<&Event> = events.iter().zip(&new).filter_map(|(event, new)| new.then_some(event)).collect();
        let cases = cases::enter(&transaction, &news, received)?;
        transaction.commit()?;
        Ok(StoredEvents { new, cases })
    }

    fn cases(&mut self, filter: &CaseFilter) -> Result<Vec<CaseSummary>, DatabaseError> {
        cases::list(&self.database, filter)
    }

    fn case(&mut self, id: i64) -> Result<Option<CaseDetails>, DatabaseError> {
        cases::details(&self.database, id)
    }

    fn change_case(&mut self, id: i64, change: &CaseChange) -> Result<bool, DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        cases::change(&mut self.database, id, change)
    }

    fn case_to_locate(&mut self) -> Result<Option<(i64, u64)>, DatabaseError> {
        let mut select = self.database.prepare_cached("SELECT id, levels FROM cases WHERE stale = 1 LIMIT 1")?;
        let found = select.query_map([], |row| Ok((row.get(0)?, count(row.get(1)?))))?.next();
        Ok(found.transpose()?)
    }

    fn levels(&mut self, case: i64) -> Result<Vec<HeardLevel>, DatabaseError> {
        cases::levels(&self.database, case)
    }

    fn set_estimate(&mut self, case: i64, estimate: &str, levels: u64, replaces: bool) -> Result<(), DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        cases::set_estimate(&self.database, case, estimate, levels, replaces)
    }

    fn forget_sightings(&mut self, before: Timestamp, limit: u32) -> Result<u64, DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.database.transaction()?;
        let old = params![before.as_millisecond(), limit];
        let events = transaction.execute(
            "DELETE FROM event WHERE seq IN (SELECT seq FROM event INDEXED BY event_sighting_by_time \
             WHERE kind = 'sighting' AND received < ?1 LIMIT ?2)",
            old,
        )?;
        let levels = transaction.execute(
            "DELETE FROM case_level WHERE rowid IN (SELECT rowid FROM case_level INDEXED BY case_level_by_time \
             WHERE received < ?1 LIMIT ?2)",
            old,
        )?;
        transaction.commit()?;
        Ok((events + levels) as u64)
    }

    fn prune(&mut self, before: Timestamp, dry_run: bool) -> Result<PrunedCases, DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.database.transaction()?;
        let mut pruned = PrunedCases::default();
        for (statement, note) in PRUNE {
            // Statements that make tables take no parameters.
            let rows = transaction.execute(&statement.replace("$1", &before.as_millisecond().to_string()), [])?;
            note(&mut pruned, rows as u64);
        }
        transaction.execute_batch("DROP TABLE pruned_case")?;
        if dry_run {
            transaction.rollback()?
        } else {
            transaction.commit()?
        }
        Ok(pruned)
    }

    fn scanners(&mut self) -> Result<Vec<ScannerSummary>, DatabaseError> {
        let mut select = self.database.prepare_cached("SELECT * FROM scanner ORDER BY name")?;
        let rows = select.query_and_then([], |row| {
            Ok(ScannerSummary {
                name: row.get("name")?,
                first_received: time_of(row.get("first_received")?),
                last_received: time_of(row.get("last_received")?),
                alerts: count(row.get("alerts")?),
                sightings: count(row.get("sightings")?),
            })
        })?;
        rows.collect()
    }

    fn add_token(&mut self, token: &TokenRecord) -> Result<(), DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let TokenRecord { id, name, scopes, hash, created, expires, revoked } = token;
        let time = |time: &Option<Timestamp>| time.map(Timestamp::as_millisecond);
        let created = created.as_millisecond();
        let values = params![id, name.as_str(), scopes.to_string(), hash, created, time(expires), time(revoked)];
        self.database.execute("INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", values)?;
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
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let update = "UPDATE token SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
        Ok(self.database.execute(update, params![id, at.as_millisecond()])? == 1)
    }

    fn keep_refused(&mut self, messages: &[RefusedMessage]) -> Result<(), DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.database.transaction()?;
        for RefusedMessage { received, topic, why, body } in messages {
            let insert = "INSERT INTO refused_message (received, topic, why, body) VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(insert, params![received.as_millisecond(), topic, why, body])?;
        }
        let drop = "DELETE FROM refused_message WHERE seq <= (SELECT max(seq) FROM refused_message) - ?1";
        transaction.execute(drop, [MAX_REFUSED])?;
        Ok(transaction.commit()?)
    }

    fn refused(&mut self) -> Result<Vec<RefusedMessage>, DatabaseError> {
        let mut select = self.database.prepare("SELECT * FROM refused_message ORDER BY seq")?;
        let rows = select.query_and_then([], |row| {
            Ok(RefusedMessage {
                received: time_of(row.get("received")?),
                topic: row.get("topic")?,
                why: row.get("why")?,
                body: row.get("body")?,
            })
        })?;
        rows.collect()
    }

    fn check(&mut self, now: Timestamp) -> Result<(), DatabaseError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.database.execute("UPDATE health SET checked = ?1", [now.as_millisecond()])?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use cellwarden_event::Severity;
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::events::read_one;

    fn event(number: usize, kind: &str) -> Event {
        let state = if kind == "alert" { "raised" } else { "si" };
        let event = json!({
            "specversion": "1.0", "id": format!("{number:016x}"), "source": "urn:cellwarden:scanner:van-3",
            "type": format!("io.cellwarden.{kind}.v1"), "subject": "450-08-5a00101",
            "datacontenttype": "application/json",
            "data": {
                "id": "x", "rule": "unregistered", "rule_version": 1, "severity": "high", "summary": "a cell",
                "evidence": {}, "recording": "r", "seconds": 1, "carrier_hz": 1840e6, "earfcn": 1550, "pci": 452,
                "rsrp_dbfs": -60.0, "state": state, "ecgi": "450-08-5a00101", "verdict": "unregistered", "rules": [],
                "position": {"lat": 37.5, "lon": 127.0, "error_m": 5.0},
            },
        });
        read_one(event.to_string().as_bytes()).expect("good")
    }

    #[test]
    fn what_is_forgotten_makes_room_for_what_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut database = Sqlite::open(&folder.path().join("s.sqlite"), &Turn::default()).expect("opened");
        let mut day: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
        database.store_events(&[event(0, "alert")], day).expect("kept");
        let mut pages = Vec::new();
        for round in 0..6 {
            day += SignedDuration::from_hours(24);
            let sightings: Vec<Event> = (1..=400).map(|n| event(round * 400 + n, "sighting")).collect();
            let stored = database.store_events(&sightings, day).expect("kept");
            assert!(stored.new.iter().all(|new| *new));
            assert_eq!(database.forget_sightings(day, 1000).expect("looked"), 0, "what came now stays");
            let count = |database: &Sqlite, select| -> i64 {
                database.database.query_row(select, [], |row| row.get(0)).expect("a count")
            };
            let old = day + SignedDuration::from_hours(1);
            assert_eq!(database.forget_sightings(old, 150).expect("forgotten"), 300, "at most so many of each");
            while database.forget_sightings(old, 150).expect("forgotten") > 0 {}
            let left = count(&database, "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM case_level)");
            assert_eq!(left, 1, "the alert");
            pages.push(count(&database, "PRAGMA page_count"));
        }
        assert!(pages[5] <= pages[1] + pages[1] / 10, "{pages:?}");
        let case = database.case(1).expect("read").expect("there");
        assert_eq!((case.summary.alerts, case.summary.sightings, case.last_alerts.len()), (1, 2400, 1));
    }

    /// A revision of an alert.
    fn revision(alert: &str, number: u32, state: &str, severity: &str) -> Event {
        let event = json!({
            "specversion": "1.0", "id": format!("{alert:0>15}{number}"), "source": "urn:cellwarden:scanner:van-3",
            "type": "io.cellwarden.alert.v1", "subject": "440-10-1234501", "datacontenttype": "application/json",
            "data": {
                "id": alert, "revision": number, "state": state, "rule": "foreign-plmn", "rule_version": 2,
                "severity": severity, "summary": format!("{alert} {severity}"), "evidence": {}, "recording": "r",
                "earfcn": 1550, "pci": 304, "ecgi": "440-10-1234501", "transmitter": "a", "position": null,
            },
        });
        read_one(event.to_string().as_bytes()).expect("good")
    }

    #[test]
    fn a_case_falls_with_an_alert_that_is_explained_in_any_order() {
        let raised = || revision("a", 1, "raised", "critical");
        let explained = || revision("a", 2, "closed", "medium");
        let severity = |batches: &[Vec<Event>]| {
            let folder = tempfile::tempdir().expect("a folder");
            let mut database = Sqlite::open(&folder.path().join("s.sqlite"), &Turn::default()).expect("opened");
            let now: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
            for batch in batches {
                database.store_events(batch, now).expect("kept");
            }
            let case = database.case(1).expect("read").expect("there").summary;
            (case.severity, case.summary)
        };
        let fallen = (Severity::Medium, "a medium".to_owned());
        assert_eq!(severity(&[vec![raised()], vec![explained()]]), fallen);
        assert_eq!(severity(&[vec![explained()], vec![raised()]]), fallen);
        assert_eq!(severity(&[vec![raised(), explained()]]), fallen);
        assert_eq!(severity(&[vec![raised()], vec![explained()], vec![raised(), explained()]]), fallen);
        // Another alert of the case stands.
        let other = revision("b", 1, "raised", "high");
        assert_eq!(severity(&[vec![raised()], vec![other], vec![explained()]]), (Severity::High, "b high".to_owned()));
    }
}
