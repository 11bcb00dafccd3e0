//! The tables, and how an older file gets them: one step a version, each in one transaction.

use rusqlite::Connection;

use crate::database::DatabaseError;

/// What turns version N into N + 1; an empty file is version 0. Steps are never changed once released, only added.
const STEPS: [&str; 6] = [EVENTS, CASES, NARROW_INDICES, RETENTION, REFUSED, ALERTS];

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

/// States, from 0: new, confirmed, located, closed. Severities, from 0: info, medium, high, critical. `stale` is 1 where
/// there are levels enough for a better estimate.
const CASES: &str = "
    CREATE TABLE cases (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        state       INTEGER NOT NULL DEFAULT 0,
        pci         INTEGER NOT NULL,
        earfcn      INTEGER,
        ecgi        TEXT,
        severity    INTEGER NOT NULL,
        summary     TEXT    NOT NULL,
        first_heard INTEGER NOT NULL,
        last_heard  INTEGER NOT NULL,
        lat         REAL,
        lon         REAL,
        error_m     REAL,
        alerts      INTEGER NOT NULL,
        sightings   INTEGER NOT NULL,
        levels      INTEGER NOT NULL,
        estimated   INTEGER NOT NULL DEFAULT 0,
        stale       INTEGER NOT NULL,
        estimate    TEXT
    ) STRICT;
    CREATE INDEX case_open_by_transmitter ON cases (pci, earfcn) WHERE state < 3;
    CREATE INDEX case_open ON cases (id) WHERE state < 3;
    CREATE INDEX case_by_state ON cases (state, id);
    CREATE INDEX case_by_ecgi ON cases (ecgi, id);
    CREATE INDEX case_to_locate ON cases (id) WHERE stale = 1;
    CREATE TABLE case_scanner (
        case_id    INTEGER NOT NULL REFERENCES cases,
        scanner    TEXT    NOT NULL,
        alerts     INTEGER NOT NULL,
        sightings  INTEGER NOT NULL,
        last_heard INTEGER NOT NULL,
        PRIMARY KEY (case_id, scanner)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX case_by_scanner ON case_scanner (scanner, case_id);
    CREATE TABLE case_rule (
        case_id INTEGER NOT NULL REFERENCES cases,
        rule    TEXT    NOT NULL,
        PRIMARY KEY (case_id, rule)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE case_alert (
        case_id INTEGER NOT NULL REFERENCES cases,
        scanner TEXT    NOT NULL,
        id      TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX case_alert_by_case ON case_alert (case_id);
    CREATE TABLE case_level (
        case_id  INTEGER NOT NULL REFERENCES cases,
        scanner  TEXT    NOT NULL,
        time     INTEGER NOT NULL,
        lat      REAL    NOT NULL,
        lon      REAL    NOT NULL,
        error_m  REAL    NOT NULL,
        level_db REAL    NOT NULL,
        is_dbm   INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX case_level_by_case ON case_level (case_id, time);
    CREATE TABLE case_note (
        case_id INTEGER NOT NULL REFERENCES cases,
        time    INTEGER NOT NULL,
        name    TEXT    NOT NULL,
        state   INTEGER,
        note    TEXT
    ) STRICT;
    CREATE INDEX case_note_by_case ON case_note (case_id);
    CREATE TABLE scanner (
        name           TEXT    PRIMARY KEY,
        first_received INTEGER NOT NULL,
        last_received  INTEGER NOT NULL,
        alerts         INTEGER NOT NULL,
        sightings      INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;";

/// Cases by all that a list is filtered by, and open ones by the identifier that events have.
const NARROW_INDICES: &str = "
    DROP INDEX case_open_by_transmitter;
    DROP INDEX case_open;
    DROP INDEX case_by_state;
    CREATE INDEX case_open_by_transmitter ON cases (pci, earfcn, ecgi) WHERE state < 3;
    CREATE INDEX case_open ON cases (id, severity) WHERE state < 3;
    CREATE INDEX case_by_state ON cases (state, id, severity);
    CREATE INDEX case_by_number ON cases (id, state, severity);";

/// Sightings and levels by when they came: a drive of last year may be sent today. Of levels that are there already only
/// their own time is known.
const RETENTION: &str = "
    ALTER TABLE case_level ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
    UPDATE case_level SET received = time;
    CREATE INDEX case_level_by_time ON case_level (received);
    CREATE INDEX event_sighting_by_time ON event (received) WHERE kind = 'sighting';";

/// Messages of a broker that were not taken, which nobody else has; and a row that is written to see whether it can be.
const REFUSED: &str = "
    CREATE TABLE refused_message (
        seq      INTEGER PRIMARY KEY,
        received INTEGER NOT NULL,
        topic    TEXT    NOT NULL,
        why      TEXT    NOT NULL,
        body     BLOB    NOT NULL
    ) STRICT;
    CREATE TABLE health (checked INTEGER NOT NULL) STRICT;
    INSERT INTO health VALUES (0);";

/// Each alert in its highest revision. `transmitter` is the first alert of the same transmitter.
const ALERTS: &str = "
    CREATE TABLE alert (
        scanner     TEXT    NOT NULL,
        id          TEXT    NOT NULL,
        case_id     INTEGER NOT NULL REFERENCES cases,
        transmitter TEXT    NOT NULL,
        revision    INTEGER NOT NULL,
        state       TEXT    NOT NULL,
        severity    INTEGER NOT NULL,
        time        INTEGER,
        summary     TEXT    NOT NULL,
        PRIMARY KEY (scanner, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_by_transmitter ON alert (scanner, transmitter);
    CREATE INDEX alert_by_case ON alert (case_id);";

/// Brings a file up to the newest version.
///
/// # Errors
/// [`DatabaseError::Newer`] for the file of a later program; what the database says.
pub fn migrate(database: &mut Connection) -> Result<(), DatabaseError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_older_version_is_brought_up_and_a_later_programs_left_alone() {
        for version in 0..=STEPS.len() {
            let mut database = Connection::open_in_memory().expect("memory");
            STEPS[..version].iter().for_each(|step| database.execute_batch(step).expect("valid"));
            database.pragma_update(None, "user_version", version as i64).expect("a number");
            migrate(&mut database).expect("migrated");
            migrate(&mut database).expect("nothing to do");
            let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('event', 'token', 'cases', 'scanner')";
            let tables: i64 = database.query_row(tables, [], |row| row.get(0)).expect("a count");
            assert_eq!(tables, 4, "from {version}");
        }
        let mut database = Connection::open_in_memory().expect("memory");
        database.pragma_update(None, "user_version", 99).expect("a number");
        assert!(matches!(migrate(&mut database), Err(DatabaseError::Newer { found: 99, .. })));
    }
}
