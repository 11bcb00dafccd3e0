//! Alerts in the file, each in its highest revision.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::{DatabaseError, MERGED_BY, count, merged_note, severity_of, stored, time_of};
use crate::{
    cases::{Additions, AlertKey, CaseAlertRecord, Wanted},
    events::AlertRevision,
};

/// The alerts that are wanted, with their cases, open or closed.
pub fn known(
    database: &Connection,
    wanted: &Wanted,
) -> Result<Vec<(AlertKey, CaseAlertRecord, Option<i64>)>, DatabaseError> {
    let mut known = Vec::new();
    let by_id = ("SELECT * FROM alert WHERE scanner = ?1 AND id = ?2", &wanted.alerts);
    let by_transmitter = (
        "SELECT * FROM alert INDEXED BY alert_by_transmitter WHERE scanner = ?1 AND transmitter = ?2",
        &wanted.transmitters,
    );
    for (select, keys) in [by_id, by_transmitter] {
        let mut select = database.prepare_cached(select)?;
        for (scanner, id) in keys {
            let rows = select.query_and_then([scanner, id], alert_of)?;
            known.extend(rows.collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(known)
}

fn alert_of(row: &Row<'_>) -> Result<(AlertKey, CaseAlertRecord, Option<i64>), DatabaseError> {
    let (id, state): (String, String) = (row.get("id")?, row.get("state")?);
    let time: Option<i64> = row.get("time")?;
    let record = CaseAlertRecord {
        revision: AlertRevision {
            alert: id.clone(),
            number: u32::try_from(count(row.get("revision")?)).unwrap_or(u32::MAX),
            state: state.parse().map_err(|_| stored("state", &state))?,
            transmitter: row.get("transmitter")?,
        },
        severity: severity_of(row.get("severity")?)?,
        summary: row.get("summary")?,
        time: time.map(time_of),
    };
    Ok(((row.get("scanner")?, id), record, Some(row.get("case_id")?)))
}

/// Writes the alerts of a case, empties the cases that they came from, and gives the case its heaviest alert's words.
pub fn write(
    database: &Connection,
    case: i64,
    additions: &Additions,
    received: Timestamp,
) -> Result<(), DatabaseError> {
    if additions.revisions.is_empty() {
        return Ok(());
    }
    let mut upsert = database.prepare_cached(
        "INSERT INTO alert (scanner, id, case_id, transmitter, revision, state, severity, time, summary) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (scanner, id) DO UPDATE SET case_id = ?3, \
         transmitter = ?4, revision = ?5, state = ?6, severity = ?7, time = ?8, summary = ?9",
    )?;
    for ((scanner, id), record) in &additions.revisions {
        let AlertRevision { number, state, transmitter, .. } = &record.revision;
        let (severity, time) = (record.severity as i64, record.time.map(Timestamp::as_millisecond));
        upsert.execute(params![
            scanner,
            id,
            case,
            transmitter,
            number,
            state.word(),
            severity,
            time,
            record.summary
        ])?;
    }
    for from in &additions.from {
        let left = "SELECT EXISTS (SELECT 1 FROM alert WHERE case_id = ?1)";
        let is_left: bool = database.prepare_cached(left)?.query_row([from], |row| row.get(0))?;
        if !is_left {
            empty(database, *from, case, received)?;
        }
    }
    // Of equals the alert that was raised first speaks, so that the order of arrival makes no difference. A case falls with
    // its alerts, but not below what is no longer known of them.
    database
        .prepare_cached(
            "UPDATE cases SET (severity, summary) = (SELECT severity, summary FROM alert WHERE case_id = ?1 \
             ORDER BY state = 'merged', severity DESC, time, scanner, id LIMIT 1) WHERE id = ?1 \
             AND (SELECT cases.severity <= max(severity) OR cases.alerts <= count(*) FROM alert WHERE case_id = ?1)",
        )?
        .execute([case])?;
    Ok(())
}

/// Moves all of a case into another one of the same transmitter, and closes it with a note.
fn empty(database: &Connection, from: i64, into: i64, received: Timestamp) -> Result<(), DatabaseError> {
    for text in [
        "INSERT INTO case_scanner SELECT ?2, scanner, alerts, sightings, last_heard FROM case_scanner WHERE case_id = ?1 \
         ON CONFLICT (case_id, scanner) DO UPDATE SET alerts = alerts + excluded.alerts, \
         sightings = sightings + excluded.sightings, last_heard = max(last_heard, excluded.last_heard)",
        "INSERT OR IGNORE INTO case_rule SELECT ?2, rule FROM case_rule WHERE case_id = ?1",
        "UPDATE case_alert SET case_id = ?2 WHERE case_id = ?1",
        "UPDATE case_level SET case_id = ?2 WHERE case_id = ?1",
        "UPDATE cases SET alerts = cases.alerts + other.alerts, sightings = cases.sightings + other.sightings, \
         levels = cases.levels + other.levels, stale = 1, state = max(cases.state, other.state), \
         first_heard = min(cases.first_heard, other.first_heard), last_heard = max(cases.last_heard, other.last_heard) \
         FROM (SELECT * FROM cases WHERE id = ?1) AS other WHERE cases.id = ?2",
    ] {
        database.prepare_cached(text)?.execute([from, into])?;
    }
    database
        .prepare_cached("UPDATE cases SET state = 3, alerts = 0, sightings = 0, levels = 0, stale = 0 WHERE id = ?1")?
        .execute([from])?;
    database.prepare_cached("INSERT INTO case_note VALUES (?1, ?2, ?3, 3, ?4)")?.execute(params![
        from,
        received.as_millisecond(),
        MERGED_BY,
        merged_note(into)
    ])?;
    Ok(())
}
