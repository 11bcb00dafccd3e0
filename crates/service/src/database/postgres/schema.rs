//! The tables, and how an older database gets them: one step a version, all in one transaction.

use postgres::Client;

use crate::database::DatabaseError;

/// What turns version N into N + 1. Steps are never changed once released, only added.
const STEPS: [&str; 5] = [TABLES, NARROW_INDICES, RETENTION, REFUSED, ALERTS];

/// Each alert in its highest revision. `transmitter` is the first alert of the same transmitter.
const ALERTS: &str = "
    CREATE TABLE alert (
        scanner     TEXT   NOT NULL,
        id          TEXT   NOT NULL,
        case_id     BIGINT NOT NULL REFERENCES cases,
        transmitter TEXT   NOT NULL,
        revision    BIGINT NOT NULL,
        state       TEXT   NOT NULL,
        severity    BIGINT NOT NULL,
        time        BIGINT,
        summary     TEXT   NOT NULL,
        PRIMARY KEY (scanner, id)
    );
    CREATE INDEX alert_by_transmitter ON alert (scanner, transmitter);
    CREATE INDEX alert_by_case ON alert (case_id);";

/// The same as in the file, with the types' names of PostgreSQL.
const TABLES: &str = "
    CREATE TABLE event (
        seq      BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        scanner  TEXT   NOT NULL,
        id       TEXT   NOT NULL,
        kind     TEXT   NOT NULL,
        cell     TEXT   NOT NULL,
        time     BIGINT,
        received BIGINT NOT NULL,
        event    TEXT   NOT NULL,
        UNIQUE (scanner, id)
    );
    CREATE TABLE token (
        id      TEXT   PRIMARY KEY,
        name    TEXT   NOT NULL,
        scopes  TEXT   NOT NULL,
        hash    TEXT   NOT NULL,
        created BIGINT NOT NULL,
        expires BIGINT,
        revoked BIGINT
    );
    CREATE TABLE cases (
        id          BIGINT PRIMARY KEY,
        state       BIGINT NOT NULL DEFAULT 0,
        pci         BIGINT NOT NULL,
        earfcn      BIGINT,
        ecgi        TEXT,
        severity    BIGINT NOT NULL,
        summary     TEXT   NOT NULL,
        first_heard BIGINT NOT NULL,
        last_heard  BIGINT NOT NULL,
        lat         DOUBLE PRECISION,
        lon         DOUBLE PRECISION,
        error_m     DOUBLE PRECISION,
        alerts      BIGINT NOT NULL,
        sightings   BIGINT NOT NULL,
        levels      BIGINT NOT NULL,
        estimated   BIGINT NOT NULL DEFAULT 0,
        stale       BOOLEAN NOT NULL,
        estimate    TEXT
    );
    CREATE SEQUENCE case_number OWNED BY cases.id;
    CREATE INDEX case_open_by_transmitter ON cases (pci, coalesce(earfcn, -1)) WHERE state < 3;
    CREATE INDEX case_open ON cases (id) WHERE state < 3;
    CREATE INDEX case_by_state ON cases (state, id);
    CREATE INDEX case_by_ecgi ON cases (ecgi, id);
    CREATE INDEX case_to_locate ON cases (id) WHERE stale;
    CREATE TABLE case_scanner (
        case_id    BIGINT NOT NULL REFERENCES cases,
        scanner    TEXT   NOT NULL,
        alerts     BIGINT NOT NULL,
        sightings  BIGINT NOT NULL,
        last_heard BIGINT NOT NULL,
        PRIMARY KEY (case_id, scanner)
    );
    CREATE INDEX case_by_scanner ON case_scanner (scanner, case_id);
    CREATE TABLE case_rule (
        case_id BIGINT NOT NULL REFERENCES cases,
        rule    TEXT   NOT NULL,
        PRIMARY KEY (case_id, rule)
    );
    CREATE TABLE case_alert (
        seq     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        case_id BIGINT NOT NULL REFERENCES cases,
        scanner TEXT   NOT NULL,
        id      TEXT   NOT NULL
    );
    CREATE INDEX case_alert_by_case ON case_alert (case_id, seq);
    CREATE TABLE case_level (
        seq      BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        case_id  BIGINT NOT NULL REFERENCES cases,
        scanner  TEXT   NOT NULL,
        time     BIGINT NOT NULL,
        lat      DOUBLE PRECISION NOT NULL,
        lon      DOUBLE PRECISION NOT NULL,
        error_m  DOUBLE PRECISION NOT NULL,
        level_db DOUBLE PRECISION NOT NULL,
        is_dbm   BOOLEAN NOT NULL
    );
    CREATE INDEX case_level_by_case ON case_level (case_id, time);
    CREATE TABLE case_note (
        seq     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        case_id BIGINT NOT NULL REFERENCES cases,
        time    BIGINT NOT NULL,
        name    TEXT   NOT NULL,
        state   BIGINT,
        note    TEXT
    );
    CREATE INDEX case_note_by_case ON case_note (case_id, seq);
    CREATE TABLE scanner (
        name           TEXT   PRIMARY KEY,
        first_received BIGINT NOT NULL,
        last_received  BIGINT NOT NULL,
        alerts         BIGINT NOT NULL,
        sightings      BIGINT NOT NULL
    );";

/// Open cases by the identifier that events have.
const NARROW_INDICES: &str = "
    DROP INDEX case_open_by_transmitter;
    CREATE INDEX case_open_by_transmitter ON cases (pci, coalesce(earfcn, -1), coalesce(ecgi, '')) WHERE state < 3;";

/// Sightings and levels by when they came: a drive of last year may be sent today. Of levels that are there already only
/// their own time is known.
const RETENTION: &str = "
    ALTER TABLE case_level ADD COLUMN received BIGINT NOT NULL DEFAULT 0;
    UPDATE case_level SET received = time;
    CREATE INDEX case_level_by_time ON case_level (received);
    CREATE INDEX event_sighting_by_time ON event (received) WHERE kind = 'sighting';";

/// Messages of a broker that were not taken, which nobody else has; and a row that is written to see whether it can be.
const REFUSED: &str = "
    CREATE TABLE refused_message (
        seq      BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        received BIGINT NOT NULL,
        topic    TEXT   NOT NULL,
        why      TEXT   NOT NULL,
        body     BYTEA  NOT NULL
    );
    CREATE TABLE health (checked BIGINT NOT NULL);
    INSERT INTO health VALUES (0);";

/// Brings a database up to the newest version.
///
/// # Errors
/// [`DatabaseError::Newer`] for that of a later program; what the server says.
pub fn migrate(client: &mut Client) -> Result<(), DatabaseError> {
    let mut transaction = client.transaction()?;
    // The lock comes before the look, so that of two connections that open together one migrates.
    transaction.batch_execute(
        "SELECT pg_advisory_xact_lock(5208316); \
         CREATE TABLE IF NOT EXISTS cellwarden_version (version BIGINT NOT NULL)",
    )?;
    let row = transaction.query_opt("SELECT version FROM cellwarden_version", &[])?;
    let found: i64 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    let steps = usize::try_from(found).ok().and_then(|version| STEPS.get(version..));
    let steps = steps.ok_or(DatabaseError::Newer { found, expected: STEPS.len() })?;
    for step in steps {
        transaction.batch_execute(step)?;
    }
    if !steps.is_empty() {
        transaction.batch_execute("DELETE FROM cellwarden_version")?;
        transaction.execute("INSERT INTO cellwarden_version VALUES ($1)", &[&(STEPS.len() as i64)])?;
    }
    Ok(transaction.commit()?)
}
