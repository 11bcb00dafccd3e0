//! Cases in the file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::super::{
    CaseAlert, CaseChange, CaseDetails, CaseFilter, CaseNote, CaseSummary, DatabaseError, LAST_ALERTS, LAST_LEVELS,
    MAX_NOTES, StateFilter, count, ecgi_of, estimate_of, level_columns, level_of, names, number, place_of, severity_of,
    state_condition, state_of, time_of,
};
use super::alerts;
use crate::{
    cases::{Additions, AlertKey, CaseAlertRecord, CaseBook, HeardLevel, OpenCase, WORTH, Wanted, counts},
    events::Event,
};
use cellwarden_core::observation::Position;

/// Enters new events into cases and scanners; the cases that changed.
pub fn enter(database: &Connection, events: &[&Event], received: Timestamp) -> Result<Vec<i64>, DatabaseError> {
    enter_scanners(database, events, received)?;
    let wanted = Wanted::of(events, received);
    let alerts = alerts::known(database, &wanted)?;
    let mut book = CaseBook::new(open_cases(database, &wanted, &alerts)?, alerts);
    events.iter().for_each(|event| book.take(event, received));
    book.changed().map(|(case, additions)| write(database, &case, &additions, received)).collect()
}

fn enter_scanners(database: &Connection, events: &[&Event], received: Timestamp) -> Result<(), DatabaseError> {
    let mut upsert = database.prepare_cached(
        "INSERT INTO scanner VALUES (?1, ?2, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET last_received = ?2, \
         alerts = alerts + ?3, sightings = sightings + ?4",
    )?;
    for (name, (alerts, sightings)) in counts(events) {
        upsert.execute(params![name, received.as_millisecond(), alerts, sightings])?;
    }
    Ok(())
}

fn open_cases(
    database: &Connection,
    wanted: &Wanted,
    alerts: &[(AlertKey, CaseAlertRecord, Option<i64>)],
) -> Result<Vec<OpenCase>, DatabaseError> {
    // Left to itself it may walk through all open cases.
    const OF_KEY: &str =
        "SELECT * FROM cases INDEXED BY case_open_by_transmitter WHERE state < 3 AND pci = ?1 AND earfcn IS ?2";
    let mut open = BTreeMap::new();
    let mut named = database.prepare_cached(&format!("{OF_KEY} AND ecgi IS ?3"))?;
    for ((pci, earfcn), ecgi) in &wanted.named {
        let values = params![pci, earfcn, ecgi.map(|ecgi| ecgi.to_string())];
        let rows = named.query_and_then(values, open_case_of)?;
        rows.map(|case| case.map(|(id, case)| open.insert(id, case))).collect::<Result<Vec<_>, _>>()?;
    }
    let mut unnamed = database.prepare_cached(&format!("{OF_KEY} AND last_heard >= ?3 AND first_heard <= ?4"))?;
    for ((pci, earfcn), (from, to)) in &wanted.unnamed {
        let values = params![pci, earfcn, from.as_millisecond(), to.as_millisecond()];
        let rows = unnamed.query_and_then(values, open_case_of)?;
        rows.map(|case| case.map(|(id, case)| open.insert(id, case))).collect::<Result<Vec<_>, _>>()?;
    }
    let mut numbered = database.prepare_cached("SELECT * FROM cases WHERE id = ?1 AND state < 3")?;
    for case in alerts.iter().filter_map(|(.., case)| *case) {
        let rows = numbered.query_and_then([case], open_case_of)?;
        rows.map(|case| case.map(|(id, case)| open.insert(id, case))).collect::<Result<Vec<_>, _>>()?;
    }
    Ok(open.into_values().collect())
}

fn open_case_of(row: &Row<'_>) -> Result<(i64, OpenCase), DatabaseError> {
    let id = row.get("id")?;
    let case = OpenCase {
        id: Some(id),
        key: (row.get("pci")?, row.get("earfcn")?),
        ecgi: ecgi_of(row.get("ecgi")?)?,
        severity: severity_of(row.get("severity")?)?,
        summary: row.get("summary")?,
        first_heard: time_of(row.get("first_heard")?),
        last_heard: time_of(row.get("last_heard")?),
        place: place_of((row.get("lat")?, row.get("lon")?, row.get("error_m")?)),
        alerts: count(row.get("alerts")?),
        sightings: count(row.get("sightings")?),
        levels: count(row.get("levels")?),
        estimated: count(row.get("estimated")?),
    };
    Ok((id, case))
}

fn write(
    database: &Connection,
    case: &OpenCase,
    additions: &Additions,
    received: Timestamp,
) -> Result<i64, DatabaseError> {
    let place = case.place.as_ref();
    let values = named_params! {
        ":id": case.id,
        ":pci": case.key.0,
        ":earfcn": case.key.1,
        ":ecgi": case.ecgi.map(|ecgi| ecgi.to_string()),
        ":severity": case.severity as i64,
        ":summary": case.summary,
        ":first_heard": case.first_heard.as_millisecond(),
        ":last_heard": case.last_heard.as_millisecond(),
        ":lat": place.map(|place| place.lat),
        ":lon": place.map(|place| place.lon),
        ":error_m": place.map(|place| place.error_m),
        ":alerts": number(case.alerts),
        ":sightings": number(case.sightings),
        ":levels": number(case.levels),
        ":stale": case.is_stale(),
    };
    let mut upsert = database.prepare_cached(
        "INSERT INTO cases (id, pci, earfcn, ecgi, severity, summary, first_heard, last_heard, lat, lon, error_m, \
         alerts, sightings, levels, stale) VALUES (:id, :pci, :earfcn, :ecgi, :severity, :summary, :first_heard, \
         :last_heard, :lat, :lon, :error_m, :alerts, :sightings, :levels, :stale) ON CONFLICT (id) DO UPDATE SET \
         ecgi = :ecgi, severity = :severity, summary = :summary, first_heard = :first_heard, last_heard = :last_heard, \
         lat = :lat, lon = :lon, error_m = :error_m, alerts = :alerts, sightings = :sightings, levels = :levels, \
         stale = :stale RETURNING id",
    )?;
    let id: i64 = upsert.query_row(values, |row| row.get(0))?;
    let mut scanner = database.prepare_cached(
        "INSERT INTO case_scanner VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (case_id, scanner) DO UPDATE SET \
         alerts = alerts + ?3, sightings = sightings + ?4, last_heard = max(last_heard, ?5)",
    )?;
    for (name, share) in &additions.scanners {
        let (alerts, sightings) = (number(share.alerts), number(share.sightings));
        scanner.execute(params![id, name, alerts, sightings, share.last_heard.as_millisecond()])?;
    }
    let mut rule = database.prepare_cached("INSERT OR IGNORE INTO case_rule VALUES (?1, ?2)")?;
    for name in &additions.rules {
        rule.execute(params![id, name])?;
    }
    let mut alert = database.prepare_cached("INSERT INTO case_alert VALUES (?1, ?2, ?3)")?;
    for (scanner, event) in &additions.alerts {
        alert.execute(params![id, scanner, event])?;
    }
    alerts::write(database, id, additions, received)?;
    let mut level = database.prepare_cached("INSERT INTO case_level VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    for heard in &additions.levels {
        let (level_db, is_dbm) = level_columns(heard.level);
        let Position { lat, lon, error_m } = heard.place;
        let (time, received) = (heard.time.as_millisecond(), received.as_millisecond());
        level.execute(params![id, heard.scanner, time, lat, lon, error_m, level_db, is_dbm, received])?;
    }
    Ok(id)
}

/// Columns of a summary.
const SUMMARY: &str = "*, (SELECT group_concat(scanner) FROM case_scanner WHERE case_id = cases.id) AS scanners, \
    (SELECT group_concat(rule) FROM case_rule WHERE case_id = cases.id) AS rules";

/// The cases of a filter.
pub fn list(database: &Connection, filter: &CaseFilter) -> Result<Vec<CaseSummary>, DatabaseError> {
    // The numbers of a page come from indices that hold all that is asked of a case, in the page's order: a filter that
    // few cases pass walks through the others' entries, which are short, and not through their rows. Left to itself
    // SQLite takes the rows, or sorts them.
    const HEARD: &str = "EXISTS (SELECT 1 FROM case_scanner WHERE case_id = cases.id AND scanner = :scanner)";
    let from = match (&filter.ecgi, &filter.scanner, filter.state) {
        (Some(_), _, _) => "cases INDEXED BY case_by_ecgi",
        (None, Some(_), _) => {
            "case_scanner INDEXED BY case_by_scanner CROSS JOIN cases INDEXED BY case_by_number ON cases.id = case_id"
        }
        (None, None, StateFilter::Open) => "cases INDEXED BY case_open",
        (None, None, StateFilter::One(_)) => "cases INDEXED BY case_by_state",
        (None, None, StateFilter::All) => "cases INDEXED BY case_by_number",
    };
    let (number, more) = match (&filter.ecgi, &filter.scanner) {
        (Some(_), _) => ("id", format!("ecgi = :ecgi AND (:scanner IS NULL OR {HEARD})")),
        (None, Some(_)) => ("case_id", ":ecgi IS NULL AND scanner = :scanner".to_owned()),
        (None, None) => ("id", ":ecgi IS NULL AND :scanner IS NULL".to_owned()),
    };
    let mut select = database.prepare_cached(&format!(
        "SELECT {SUMMARY} FROM cases WHERE id IN (SELECT {number} FROM {from} WHERE {} AND severity >= :severity \
         AND {number} < :before AND {more} ORDER BY {number} DESC LIMIT :limit) ORDER BY id DESC",
        state_condition(filter.state),
    ))?;
    let values = named_params! {
        ":before": filter.before.unwrap_or(i64::MAX),
        ":severity": filter.severity.map_or(0, |severity| severity as i64),
        ":ecgi": filter.ecgi,
        ":scanner": filter.scanner,
        ":limit": filter.limit,
    };
    let rows = select.query_and_then(values, summary_of)?;
    rows.collect()
}

/// All of a case.
pub fn details(database: &Connection, id: i64) -> Result<Option<CaseDetails>, DatabaseError> {
    let mut select = database.prepare_cached(&format!("SELECT {SUMMARY} FROM cases WHERE id = ?1"))?;
    let Some(summary) = select.query_and_then([id], summary_of)?.next().transpose()? else { return Ok(None) };
    let mut select = database.prepare_cached("SELECT * FROM case_note WHERE case_id = ?1 ORDER BY rowid")?;
    let notes = select.query_and_then([id], |row| {
        let state: Option<i64> = row.get("state")?;
        Ok(CaseNote {
            time: time_of(row.get("time")?),
            name: row.get("name")?,
            state: state.map(state_of).transpose()?,
            note: row.get("note")?,
        })
    })?;
    let mut select_alerts = database.prepare_cached(
        "SELECT case_alert.scanner, case_alert.id, event.time FROM case_alert JOIN event USING (scanner, id) \
         WHERE case_id = ?1 ORDER BY case_alert.rowid DESC LIMIT ?2",
    )?;
    let alerts = select_alerts.query_map(params![id, LAST_ALERTS], |row| {
        let time: Option<i64> = row.get(2)?;
        Ok(CaseAlert { scanner: row.get(0)?, id: row.get(1)?, time: time.map(time_of) })
    })?;
    Ok(Some(CaseDetails {
        summary,
        notes: notes.collect::<Result<_, DatabaseError>>()?,
        last_alerts: alerts.collect::<Result<_, _>>()?,
    }))
}

/// Keeps what somebody says of a case.
pub fn change(database: &mut Connection, id: i64, change: &CaseChange) -> Result<bool, DatabaseError> {
    let transaction = database.transaction()?;
    let there: Option<i64> = transaction
        .query_row(
            "SELECT (SELECT count(*) FROM case_note WHERE case_id = cases.id) FROM cases WHERE id = ?1",
            [id],
            |row| row.get(0),
        )
        .optional()?;
    if there.is_none_or(|notes| notes >= i64::from(MAX_NOTES)) {
        return Ok(false);
    }
    let state = change.state.map(|state| state as i64);
    transaction.execute("UPDATE cases SET state = coalesce(?2, state) WHERE id = ?1", params![id, state])?;
    let note = params![id, change.time.as_millisecond(), change.name, state, change.note];
    transaction.execute("INSERT INTO case_note VALUES (?1, ?2, ?3, ?4, ?5)", note)?;
    transaction.commit()?;
    Ok(true)
}

/// The levels of a case.
pub fn levels(database: &Connection, case: i64) -> Result<Vec<HeardLevel>, DatabaseError> {
    let mut select = database.prepare_cached(
        "SELECT * FROM (SELECT *, rowid AS seq FROM case_level WHERE case_id = ?1 ORDER BY time DESC, rowid DESC \
         LIMIT ?2) ORDER BY time, seq",
    )?;
    let rows = select.query_map(params![case, LAST_LEVELS], |row| {
        let level = level_of(row.get("level_db")?, row.get("is_dbm")?);
        let place = Position { lat: row.get("lat")?, lon: row.get("lon")?, error_m: row.get("error_m")? };
        Ok(HeardLevel { scanner: row.get("scanner")?, time: time_of(row.get("time")?), place, level })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps the estimate of when a case had so many levels.
pub fn set_estimate(
    database: &Connection,
    case: i64,
    estimate: &str,
    levels: u64,
    replaces: bool,
) -> Result<(), DatabaseError> {
    // Levels may have come while it was worked out.
    let update = "UPDATE cases SET estimate = iif(?5, ?2, coalesce(estimate, ?2)), estimated = ?3, \
                  stale = levels > ?3 * ?4 WHERE id = ?1";
    database.execute(update, params![case, estimate, number(levels), WORTH, replaces])?;
    Ok(())
}

fn summary_of(row: &Row<'_>) -> Result<CaseSummary, DatabaseError> {
    Ok(CaseSummary {
        id: row.get("id")?,
        state: state_of(row.get("state")?)?,
        severity: severity_of(row.get("severity")?)?,
        summary: row.get("summary")?,
        ecgi: row.get("ecgi")?,
        pci: row.get("pci")?,
        earfcn: row.get("earfcn")?,
        first_heard: time_of(row.get("first_heard")?),
        last_heard: time_of(row.get("last_heard")?),
        heard_at: place_of((row.get("lat")?, row.get("lon")?, row.get("error_m")?)),
        alerts: count(row.get("alerts")?),
        sightings: count(row.get("sightings")?),
        scanners: names(row.get("scanners")?),
        rules: names(row.get("rules")?),
        estimate: estimate_of(row.get("estimate")?)?,
    })
}
