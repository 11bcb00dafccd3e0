//! The tables, and how an older file gets them: one step a version, each in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// What turns version N into N + 1; an empty file is version 0. Steps are never changed once released, only added.
const STEPS: [&str; 13] = [
    DRIVES,
    EVIDENCE,
    REMARKS,
    OUTBOX,
    CARRIERS,
    MEMORY,
    FRAME_NUMBERS,
    EVIDENCE_FAILURES,
    REVISIONS,
    ACCESSES,
    TECHNOLOGIES,
    CLIPPED,
    VISITS,
];

const DRIVES: &str = "
    CREATE TABLE drive (
        id                INTEGER PRIMARY KEY,
        command           TEXT NOT NULL,
        program_version   TEXT NOT NULL,
        rules_version     TEXT NOT NULL,
        registry_snapshot TEXT
    ) STRICT;
    CREATE TABLE dwell (
        id             INTEGER PRIMARY KEY,
        drive          INTEGER NOT NULL REFERENCES drive,
        recording      TEXT    NOT NULL,
        start          TEXT,
        center_hz      REAL    NOT NULL,
        sample_rate_hz REAL    NOT NULL,
        samples        INTEGER NOT NULL,
        lost           INTEGER NOT NULL,
        gain_db        REAL,
        carriers_hz    TEXT,
        lat            REAL,
        lon            REAL,
        error_m        REAL
    ) STRICT;
    CREATE INDEX dwell_by_recording ON dwell (recording, start);
    CREATE TABLE observation (
        id               INTEGER PRIMARY KEY,
        dwell            INTEGER NOT NULL REFERENCES dwell,
        seconds          REAL    NOT NULL,
        carrier_hz       REAL    NOT NULL,
        earfcn           INTEGER,
        band             INTEGER,
        pci              INTEGER NOT NULL,
        duplex           TEXT    NOT NULL,
        cp               TEXT    NOT NULL,
        state            TEXT    NOT NULL,
        antenna_ports    INTEGER,
        bandwidth_rb     INTEGER,
        phich_duration   TEXT,
        phich_resource   TEXT,
        sfn              INTEGER,
        frame_at_sample  REAL,
        frame_at_seconds REAL,
        offset_hz        REAL,
        offset_ppm       REAL,
        offset_error_hz  REAL,
        rsrp_dbfs        REAL,
        rsrp_dbm         REAL,
        rsrq_db          REAL,
        sinr_db          REAL,
        plmns            TEXT,
        tac              INTEGER,
        eci              INTEGER,
        csg_indication   INTEGER,
        csg_identity     INTEGER,
        cell_barred      INTEGER,
        tdd_assignment   INTEGER,
        tdd_special      INTEGER,
        band_indicator   INTEGER,
        sib1_periods     INTEGER NOT NULL,
        si_agrees        INTEGER NOT NULL,
        broadcast        TEXT    NOT NULL,
        sibs             TEXT    NOT NULL,
        note             TEXT,
        verdict          TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX observation_by_dwell ON observation (dwell);
    CREATE INDEX observation_by_cell ON observation (eci, pci);
    CREATE TABLE block (
        observation INTEGER NOT NULL REFERENCES observation,
        channel     TEXT    NOT NULL,
        sfn         INTEGER NOT NULL,
        subframe    INTEGER NOT NULL,
        at_sample   INTEGER NOT NULL,
        bytes       BLOB    NOT NULL
    ) STRICT;
    CREATE INDEX block_by_observation ON block (observation);
    CREATE TABLE finding (
        observation INTEGER NOT NULL REFERENCES observation,
        rule        TEXT    NOT NULL,
        version     INTEGER NOT NULL,
        severity    TEXT    NOT NULL,
        evidence    TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX finding_by_observation ON finding (observation);
    CREATE TABLE alert (
        id           TEXT    PRIMARY KEY,
        dwell        INTEGER NOT NULL REFERENCES dwell,
        time         TEXT,
        rule         TEXT    NOT NULL,
        rule_version INTEGER NOT NULL,
        severity     TEXT    NOT NULL,
        ecgi         TEXT,
        pci          INTEGER NOT NULL,
        earfcn       INTEGER,
        summary      TEXT    NOT NULL,
        evidence     TEXT    NOT NULL,
        open         INTEGER NOT NULL,
        last_heard   TEXT
    ) STRICT;
    CREATE TABLE baseline (
        ecgi        TEXT    NOT NULL,
        pci         INTEGER NOT NULL,
        carrier_hz  REAL    NOT NULL,
        sib         TEXT    NOT NULL,
        value_tag   INTEGER,
        observation INTEGER NOT NULL REFERENCES observation,
        PRIMARY KEY (ecgi, pci, carrier_hz, sib)
    ) STRICT, WITHOUT ROWID;";

const EVIDENCE: &str = "
    ALTER TABLE alert ADD COLUMN evidence_file TEXT;
    ALTER TABLE alert ADD COLUMN evidence_sha256 TEXT;";

const FRAME_NUMBERS: &str = "
    ALTER TABLE observation ADD COLUMN frame_number_stands INTEGER NOT NULL DEFAULT 0;";

/// An alert is its highest revision. `identities` is a list in JSON.
const REVISIONS: &str = "
    ALTER TABLE alert ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE alert ADD COLUMN state TEXT NOT NULL DEFAULT 'raised';
    ALTER TABLE alert ADD COLUMN transmitter TEXT NOT NULL DEFAULT '';
    ALTER TABLE alert ADD COLUMN identities TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE alert ADD COLUMN merged_into TEXT;
    UPDATE alert SET state = 'closed' WHERE NOT open;
    UPDATE alert SET transmitter = id;
    ALTER TABLE alert DROP COLUMN open;";

/// SIB1's list of release 14.
const ACCESSES: &str = "
    ALTER TABLE observation ADD COLUMN accesses_r14 TEXT;";

const TECHNOLOGIES: &str = "
    ALTER TABLE observation ADD COLUMN technology TEXT NOT NULL DEFAULT 'lte';
    ALTER TABLE alert ADD COLUMN technology TEXT NOT NULL DEFAULT 'lte';";

const CLIPPED: &str = "
    ALTER TABLE dwell ADD COLUMN clipped REAL NOT NULL DEFAULT 0;";

/// Only added to. `again_on` is empty where there is no such day.
const VISITS: &str = "
    CREATE TABLE visit (
        ecgi     TEXT NOT NULL,
        date     TEXT NOT NULL,
        outcome  TEXT NOT NULL,
        again_on TEXT NOT NULL,
        note     TEXT NOT NULL,
        UNIQUE (ecgi, date, outcome, again_on, note)
    ) STRICT;";

/// Only added to: who looks back sees what was said when.
const REMARKS: &str = "
    CREATE TABLE remark (
        id           INTEGER PRIMARY KEY,
        alert        TEXT NOT NULL REFERENCES alert,
        time         TEXT NOT NULL,
        acknowledged INTEGER,
        note         TEXT
    ) STRICT;
    CREATE INDEX remark_by_alert ON remark (alert);";

/// Times are milliseconds since 1970; the account has one row, and its bytes are those of all events.
const OUTBOX: &str = "
    CREATE TABLE outbox_feed (
        id         INTEGER PRIMARY KEY,
        url        TEXT    NOT NULL UNIQUE,
        failures   INTEGER NOT NULL DEFAULT 0,
        not_before INTEGER NOT NULL DEFAULT 0,
        error      TEXT
    ) STRICT;
    CREATE TABLE outbox_event (
        seq    INTEGER PRIMARY KEY AUTOINCREMENT,
        id     TEXT    NOT NULL UNIQUE,
        kind   TEXT    NOT NULL,
        cell   TEXT    NOT NULL,
        queued INTEGER NOT NULL DEFAULT (unixepoch() * 1000),
        event  TEXT    NOT NULL,
        bytes  INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX outbox_event_by_kind ON outbox_event (kind, seq, bytes, queued);
    CREATE INDEX outbox_event_by_cell ON outbox_event (cell, seq);
    CREATE TABLE outbox_delivery (
        feed       INTEGER NOT NULL REFERENCES outbox_feed ON DELETE CASCADE,
        seq        INTEGER NOT NULL REFERENCES outbox_event ON DELETE CASCADE,
        attempts   INTEGER NOT NULL DEFAULT 0,
        not_before INTEGER NOT NULL DEFAULT 0,
        dead       INTEGER NOT NULL DEFAULT 0,
        error      TEXT,
        PRIMARY KEY (feed, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX outbox_delivery_by_event ON outbox_delivery (seq);
    CREATE INDEX outbox_delivery_that_failed ON outbox_delivery (feed, seq) WHERE attempts > 0;
    CREATE TABLE outbox_account (
        scanner           TEXT    NOT NULL DEFAULT '',
        bytes             INTEGER NOT NULL DEFAULT 0,
        dropped_sightings INTEGER NOT NULL DEFAULT 0,
        dropped_alerts    INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    INSERT INTO outbox_account DEFAULT VALUES;
    CREATE TRIGGER outbox_event_comes AFTER INSERT ON outbox_event BEGIN
        UPDATE outbox_account SET bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER outbox_event_goes AFTER DELETE ON outbox_event BEGIN
        UPDATE outbox_account SET bytes = bytes - old.bytes;
    END;";

const CARRIERS: &str = "
    ALTER TABLE observation ADD COLUMN earfcn_candidates TEXT;";

/// What the rules remembered after a dwell, so that the next program need not judge all dwells again, one row at most; and
/// the dwells of a drive in their order.
const MEMORY: &str = "
    CREATE TABLE memory (
        form              INTEGER NOT NULL,
        program_version   TEXT    NOT NULL,
        rules_version     TEXT    NOT NULL,
        registry_snapshot TEXT,
        dwell             INTEGER NOT NULL,
        bytes             BLOB    NOT NULL
    ) STRICT;
    CREATE INDEX dwell_by_drive ON dwell (drive, start);";

/// Why an alert has no evidence although there was a folder for it.
const EVIDENCE_FAILURES: &str = "
    CREATE TABLE evidence_failure (
        alert TEXT PRIMARY KEY REFERENCES alert ON DELETE CASCADE,
        why   TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;";

/// The version that this program writes.
pub const VERSION: usize = STEPS.len();

/// Whether a file is none of a later program, asked before anything in it is changed.
///
/// # Errors
/// [`StoreError::Newer`] for the file of a later program; what the database says.
pub fn check_version(database: &Connection) -> Result<(), StoreError> {
    let found: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(found).ok().filter(|version| *version <= VERSION).map(drop).ok_or_else(|| unknown(found))
}

/// Whether a file that is only read has the tables of this version.
///
/// # Errors
/// [`StoreError::Newer`] for the file of a later program, [`StoreError::Older`] for one that has to be brought up first;
/// what the database says.
pub fn check_current(database: &Connection) -> Result<(), StoreError> {
    check_version(database)?;
    let found: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if usize::try_from(found) == Ok(VERSION) { Ok(()) } else { Err(StoreError::Older { found, expected: VERSION }) }
}

/// Brings a file up to [`VERSION`].
///
/// # Errors
/// [`StoreError::Newer`] for the file of a later program; what the database says.
pub fn migrate(database: &mut Connection) -> Result<(), StoreError> {
    // The lock comes before the look, so that of two programs that start together one migrates.
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(found).ok().and_then(|version| STEPS.get(version..)).ok_or_else(|| unknown(found))?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION as i64)?;
    Ok(transaction.commit()?)
}

/// The error of a file whose version is none of ours.
fn unknown(found: i64) -> StoreError {
    StoreError::Newer { found, expected: VERSION }
}

/// Whether a file has the tables of its version and nothing else: a view or trigger of a stranger's would be run.
///
/// # Errors
/// [`StoreError::Newer`] for the file of a later program; what the database says.
pub fn has_own_schema(database: &Connection) -> Result<bool, StoreError> {
    let version: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps =
        usize::try_from(version).ok().and_then(|version| STEPS.get(..version)).ok_or_else(|| unknown(version))?;
    let own = Connection::open_in_memory()?;
    for step in steps {
        own.execute_batch(step)?;
    }
    let schema = |database: &Connection| -> Result<Vec<(String, String)>, rusqlite::Error> {
        // Indices that a key brings along have no text.
        let mut select = database.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name, sql")?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    Ok(schema(database)? == schema(&own)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(database: &Connection, table: &str) -> Vec<String> {
        let mut select = database.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).expect("valid");
        let names = select.query_map([], |row| row.get(0)).expect("a query");
        names.collect::<Result<_, _>>().expect("texts")
    }

    #[test]
    fn every_older_version_gets_the_tables_and_keeps_its_rows() {
        for version in 0..=STEPS.len() {
            let mut database = Connection::open_in_memory().expect("memory");
            for step in &STEPS[..version] {
                database.execute_batch(step).expect("valid");
            }
            database.pragma_update(None, "user_version", version as i64).expect("a number");
            if version >= 1 {
                let row = "INSERT INTO drive (command, program_version, rules_version) VALUES ('replay', '0', 'r')";
                database.execute(row, []).expect("inserted");
            }
            migrate(&mut database).expect("migrated");
            migrate(&mut database).expect("nothing to do");
            assert!(columns(&database, "alert").contains(&"evidence_sha256".to_owned()), "from {version}");
            assert!(columns(&database, "observation").contains(&"earfcn_candidates".to_owned()), "from {version}");
            assert!(columns(&database, "remark").contains(&"note".to_owned()), "from {version}");
            let kept: i64 = database.query_row("SELECT count(*) FROM drive", [], |row| row.get(0)).expect("a count");
            assert_eq!(kept, version.min(1) as i64);
        }
    }

    #[test]
    fn a_later_programs_file_is_left_alone() {
        for version in [VERSION as i64 + 1, -1, i64::from(i32::MAX)] {
            let mut database = Connection::open_in_memory().expect("memory");
            database.pragma_update(None, "user_version", version).expect("a number");
            assert!(matches!(migrate(&mut database), Err(StoreError::Newer { found, .. }) if found == version));
            assert!(columns(&database, "drive").is_empty());
        }
    }
}
