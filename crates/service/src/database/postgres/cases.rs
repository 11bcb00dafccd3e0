//! Cases on the server.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postgres::{Client, Row};

use super::{
    super::{
        CaseAlert, CaseChange, CaseDetails, CaseFilter, CaseNote, CaseSummary, DatabaseError, LAST_ALERTS, LAST_LEVELS,
        MAX_NOTES, count, ecgi_of, estimate_of, level_columns, level_of, names, number, place_of, severity_of,
        state_condition, state_of, stored, time_of,
    },
    Connection, alerts,
};
use crate::{
    cases::{Additions, AlertKey, CaseAlertRecord, CaseBook, CaseKey, HeardLevel, OpenCase, WORTH, Wanted, counts},
    events::Event,
};
use cellwarden_core::observation::{Ecgi, Position};

/// Enters new events into cases and scanners; the cases that changed.
pub fn enter(connection: &mut Connection, events: &[&Event], received: Timestamp) -> Result<Vec<i64>, DatabaseError> {
    enter_scanners(connection, events, received)?;
    let wanted = Wanted::of(events, received);
    let alerts = alerts::known(connection, &wanted)?;
    let mut book = CaseBook::new(open_cases(connection, &wanted, &alerts)?, alerts);
    events.iter().for_each(|event| book.take(event, received));
    let changed: Vec<(OpenCase, Additions)> = book.changed().collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let ids = write_cases(connection, &changed)?;
    let additions: Vec<(i64, &Additions)> =
        ids.iter().copied().zip(changed.iter().map(|(_, additions)| additions)).collect();
    write_additions(connection, &additions, received)?;
    alerts::write(connection, &additions, received)?;
    Ok(ids)
}

fn enter_scanners(connection: &mut Connection, events: &[&Event], received: Timestamp) -> Result<(), DatabaseError> {
    let counts = counts(events);
    let names: Vec<&str> = counts.keys().copied().collect();
    let (alerts, sightings): (Vec<i64>, Vec<i64>) = counts.into_values().unzip();
    connection.execute(
        "INSERT INTO scanner SELECT name, $2, $2, alerts, sightings \
         FROM unnest($1::text[], $3::bigint[], $4::bigint[]) AS sent (name, alerts, sightings) \
         ON CONFLICT (name) DO UPDATE SET last_received = excluded.last_received, \
         alerts = scanner.alerts + excluded.alerts, sightings = scanner.sightings + excluded.sightings",
        &[&names, &received.as_millisecond(), &alerts, &sightings],
    )?;
    Ok(())
}

fn open_cases(
    connection: &mut Connection,
    wanted: &Wanted,
    alerts: &[(AlertKey, CaseAlertRecord, Option<i64>)],
) -> Result<Vec<OpenCase>, DatabaseError> {
    let pci = |key: &CaseKey| i64::from(key.0);
    let earfcn = |key: &CaseKey| key.1.map_or(-1, i64::from);
    let name = |ecgi: &Option<Ecgi>| ecgi.map(|ecgi| ecgi.to_string()).unwrap_or_default();
    let Wanted { named, unnamed, .. } = wanted;
    let mut rows = connection.query(
        "SELECT cases.* FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS wanted (pci, earfcn, ecgi) \
         JOIN cases ON cases.pci = wanted.pci AND coalesce(cases.earfcn, -1) = wanted.earfcn \
         AND coalesce(cases.ecgi, '') = wanted.ecgi AND state < 3",
        &[
            &named.iter().map(|(key, _)| pci(key)).collect::<Vec<_>>(),
            &named.iter().map(|(key, _)| earfcn(key)).collect::<Vec<_>>(),
            &named.iter().map(|(_, ecgi)| name(ecgi)).collect::<Vec<_>>(),
        ],
    )?;
    if !unnamed.is_empty() {
        rows.extend(connection.query(
            "SELECT cases.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) \
             AS wanted (pci, earfcn, since, until) \
             JOIN cases ON cases.pci = wanted.pci AND coalesce(cases.earfcn, -1) = wanted.earfcn AND state < 3 \
             AND last_heard >= since AND first_heard <= until",
            &[
                &unnamed.keys().map(pci).collect::<Vec<_>>(),
                &unnamed.keys().map(earfcn).collect::<Vec<_>>(),
                &unnamed.values().map(|(since, _)| since.as_millisecond()).collect::<Vec<_>>(),
                &unnamed.values().map(|(_, until)| until.as_millisecond()).collect::<Vec<_>>(),
            ],
        )?);
    }
    if !alerts.is_empty() {
        let numbers: Vec<i64> = alerts.iter().filter_map(|(.., case)| *case).collect();
        rows.extend(connection.query("SELECT * FROM cases WHERE id = ANY ($1) AND state < 3", &[&numbers])?);
    }
    let open = |row: &Row| {
        let id: i64 = row.try_get("id")?;
        let case = OpenCase {
            id: Some(id),
            key: (small(row, "pci")?, earfcn_of(row)?),
            ecgi: ecgi_of(row.try_get("ecgi")?)?,
            severity: severity_of(row.try_get("severity")?)?,
            summary: row.try_get("summary")?,
            first_heard: time_of(row.try_get("first_heard")?),
            last_heard: time_of(row.try_get("last_heard")?),
            place: place_of((row.try_get("lat")?, row.try_get("lon")?, row.try_get("error_m")?)),
            alerts: count(row.try_get("alerts")?),
            sightings: count(row.try_get("sightings")?),
            levels: count(row.try_get("levels")?),
            estimated: count(row.try_get("estimated")?),
        };
        Ok((id, case))
    };
    // A case without an identifier may be wanted twice.
    let open: BTreeMap<i64, OpenCase> = rows.iter().map(open).collect::<Result<_, DatabaseError>>()?;
    Ok(open.into_values().collect())
}

/// Writes cases, and gives the new ones their numbers.
fn write_cases(connection: &mut Connection, changed: &[(OpenCase, Additions)]) -> Result<Vec<i64>, DatabaseError> {
    let wanted = changed.iter().filter(|(case, _)| case.id.is_none()).count() as i64;
    let rows = connection.query("SELECT nextval('case_number') FROM generate_series(1, $1::bigint)", &[&wanted])?;
    let mut fresh = rows.iter().map(|row| row.try_get::<_, i64>(0));
    let mut ids = Vec::with_capacity(changed.len());
    for (case, _) in changed {
        let fresh = || fresh.next().transpose()?.ok_or_else(|| DatabaseError::Failed("no case number".to_owned()));
        ids.push(case.id.map_or_else(fresh, Ok)?);
    }
    fn column<'a, T>(changed: &'a [(OpenCase, Additions)], value: impl Fn(&'a OpenCase) -> T) -> Vec<T> {
        changed.iter().map(|(case, _)| value(case)).collect()
    }
    connection.execute(
        "INSERT INTO cases (id, pci, earfcn, ecgi, severity, summary, first_heard, last_heard, lat, lon, error_m, \
         alerts, sightings, levels, stale) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], \
         $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::float8[], $10::float8[], $11::float8[], \
         $12::bigint[], $13::bigint[], $14::bigint[], $15::bool[]) \
         ON CONFLICT (id) DO UPDATE SET ecgi = excluded.ecgi, severity = excluded.severity, \
         summary = excluded.summary, first_heard = excluded.first_heard, last_heard = excluded.last_heard, \
         lat = excluded.lat, lon = excluded.lon, error_m = excluded.error_m, alerts = excluded.alerts, \
         sightings = excluded.sightings, levels = excluded.levels, stale = excluded.stale",
        &[
            &ids,
            &column(changed, |case| i64::from(case.key.0)),
            &column(changed, |case| case.key.1.map(i64::from)),
            &column(changed, |case| case.ecgi.map(|ecgi| ecgi.to_string())),
            &column(changed, |case| case.severity as i64),
            &column(changed, |case| case.summary.as_str()),
            &column(changed, |case| case.first_heard.as_millisecond()),
            &column(changed, |case| case.last_heard.as_millisecond()),
            &column(changed, |case| case.place.map(|place| place.lat)),
            &column(changed, |case| case.place.map(|place| place.lon)),
            &column(changed, |case| case.place.map(|place| place.error_m)),
            &column(changed, |case| number(case.alerts)),
            &column(changed, |case| number(case.sightings)),
            &column(changed, |case| number(case.levels)),
            &column(changed, OpenCase::is_stale),
        ],
    )?;
    Ok(ids)
}

fn write_additions(
    connection: &mut Connection,
    additions: &[(i64, &Additions)],
    received: Timestamp,
) -> Result<(), DatabaseError> {
    let shares =
        || additions.iter().flat_map(|(id, additions)| additions.scanners.iter().map(move |share| (*id, share)));
    connection.execute(
        "INSERT INTO case_scanner SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], \
         $5::bigint[]) ON CONFLICT (case_id, scanner) DO UPDATE SET alerts = case_scanner.alerts + excluded.alerts, \
         sightings = case_scanner.sightings + excluded.sightings, \
         last_heard = greatest(case_scanner.last_heard, excluded.last_heard)",
        &[
            &shares().map(|(id, _)| id).collect::<Vec<_>>(),
            &shares().map(|(_, (name, _))| name.as_str()).collect::<Vec<_>>(),
            &shares().map(|(_, (_, share))| number(share.alerts)).collect::<Vec<_>>(),
            &shares().map(|(_, (_, share))| number(share.sightings)).collect::<Vec<_>>(),
            &shares().map(|(_, (_, share))| share.last_heard.as_millisecond()).collect::<Vec<_>>(),
        ],
    )?;
    let rules =
        additions.iter().flat_map(|(id, additions)| additions.rules.iter().map(move |rule| (*id, rule.as_str())));
    let (ids, rules): (Vec<i64>, Vec<&str>) = rules.unzip();
    connection.execute(
        "INSERT INTO case_rule SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING",
        &[&ids, &rules],
    )?;
    let alerts = || additions.iter().flat_map(|(id, additions)| additions.alerts.iter().map(move |alert| (*id, alert)));
    connection.execute(
        "INSERT INTO case_alert (case_id, scanner, id) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])",
        &[
            &alerts().map(|(id, _)| id).collect::<Vec<_>>(),
            &alerts().map(|(_, (scanner, _))| scanner.as_str()).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, event))| event.as_str()).collect::<Vec<_>>(),
        ],
    )?;
    let levels = || additions.iter().flat_map(|(id, additions)| additions.levels.iter().map(move |level| (*id, level)));
    connection.execute(
        "INSERT INTO case_level (case_id, scanner, time, lat, lon, error_m, level_db, is_dbm, received) \
         SELECT sent.*, $9 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::float8[], $5::float8[], \
         $6::float8[], $7::float8[], $8::bool[]) AS sent",
        &[
            &levels().map(|(id, _)| id).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| heard.scanner.as_str()).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| heard.time.as_millisecond()).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| heard.place.lat).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| heard.place.lon).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| heard.place.error_m).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| level_columns(heard.level).0).collect::<Vec<_>>(),
            &levels().map(|(_, heard)| level_columns(heard.level).1).collect::<Vec<_>>(),
            &received.as_millisecond(),
        ],
    )?;
    Ok(())
}

/// Columns of a summary.
const SUMMARY: &str = "*, (SELECT string_agg(scanner, ',' ORDER BY scanner) FROM case_scanner WHERE case_id = cases.id) AS scanners, \
    (SELECT string_agg(rule, ',' ORDER BY rule) FROM case_rule WHERE case_id = cases.id) AS rules";

/// The cases of a filter.
pub fn list(client: &mut Client, filter: &CaseFilter) -> Result<Vec<CaseSummary>, DatabaseError> {
    let severity = filter.severity.map(|severity| severity as i64);
    let rows = client.query(
        &format!(
            "SELECT {SUMMARY} FROM cases WHERE {} AND id < $1 \
             AND ($2::bigint IS NULL OR severity >= $2) AND ($3::text IS NULL OR ecgi = $3) AND ($4::text IS NULL OR \
             EXISTS (SELECT 1 FROM case_scanner WHERE case_id = cases.id AND scanner = $4)) \
             ORDER BY id DESC LIMIT $5",
            state_condition(filter.state),
        ),
        &[&filter.before.unwrap_or(i64::MAX), &severity, &filter.ecgi, &filter.scanner, &i64::from(filter.limit)],
    )?;
    rows.iter().map(summary_of).collect()
}

/// All of a case.
pub fn details(connection: &mut Connection, id: i64) -> Result<Option<CaseDetails>, DatabaseError> {
    let rows = connection.client.query(&format!("SELECT {SUMMARY} FROM cases WHERE id = $1"), &[&id])?;
    let Some(summary) = rows.first().map(summary_of).transpose()? else { return Ok(None) };
    let notes = connection.query("SELECT * FROM case_note WHERE case_id = $1 ORDER BY seq", &[&id])?;
    let note = |row: &Row| {
        let state: Option<i64> = row.try_get("state")?;
        Ok(CaseNote {
            time: time_of(row.try_get("time")?),
            name: row.try_get("name")?,
            state: state.map(state_of).transpose()?,
            note: row.try_get("note")?,
        })
    };
    let alerts = connection.query(
        "SELECT scanner, id, event.time FROM case_alert JOIN event USING (scanner, id) WHERE case_id = $1 \
         ORDER BY case_alert.seq DESC LIMIT $2",
        &[&id, &i64::from(LAST_ALERTS)],
    )?;
    let alert = |row: &Row| {
        let time: Option<i64> = row.try_get(2)?;
        Ok(CaseAlert { scanner: row.try_get(0)?, id: row.try_get(1)?, time: time.map(time_of) })
    };
    Ok(Some(CaseDetails {
        summary,
        notes: notes.iter().map(note).collect::<Result<_, DatabaseError>>()?,
        last_alerts: alerts.iter().map(alert).collect::<Result<_, DatabaseError>>()?,
    }))
}

/// Keeps what somebody says of a case.
pub fn change(connection: &mut Connection, id: i64, change: &CaseChange) -> Result<bool, DatabaseError> {
    let state = change.state.map(|state| state as i64);
    let changed = connection.execute(
        "UPDATE cases SET state = coalesce($2::bigint, state) WHERE id = $1 \
         AND (SELECT count(*) FROM case_note WHERE case_id = $1) < $3",
        &[&id, &state, &i64::from(MAX_NOTES)],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    connection.execute(
        "INSERT INTO case_note (case_id, time, name, state, note) VALUES ($1, $2, $3, $4, $5)",
        &[&id, &change.time.as_millisecond(), &change.name, &state, &change.note],
    )?;
    Ok(true)
}

/// The levels of a case.
pub fn levels(connection: &mut Connection, case: i64) -> Result<Vec<HeardLevel>, DatabaseError> {
    let rows = connection.query(
        "SELECT * FROM (SELECT * FROM case_level WHERE case_id = $1 ORDER BY time DESC, seq DESC LIMIT $2) AS last \
         ORDER BY time, seq",
        &[&case, &i64::from(LAST_LEVELS)],
    )?;
    let level = |row: &Row| {
        let level = level_of(row.try_get("level_db")?, row.try_get("is_dbm")?);
        let place = Position { lat: row.try_get("lat")?, lon: row.try_get("lon")?, error_m: row.try_get("error_m")? };
        Ok(HeardLevel { scanner: row.try_get("scanner")?, time: time_of(row.try_get("time")?), place, level })
    };
    rows.iter().map(level).collect()
}

/// Keeps the estimate of when a case had so many levels.
pub fn set_estimate(
    connection: &mut Connection,
    case: i64,
    estimate: &str,
    levels: u64,
    replaces: bool,
) -> Result<(), DatabaseError> {
    // Levels may have come while it was worked out.
    let update = "UPDATE cases SET estimate = CASE WHEN $5 THEN $2 ELSE coalesce(estimate, $2) END, estimated = $3, \
                  stale = levels > $3::bigint * $4::float8 WHERE id = $1";
    connection.execute(update, &[&case, &estimate, &number(levels), &WORTH, &replaces])?;
    Ok(())
}

fn summary_of(row: &Row) -> Result<CaseSummary, DatabaseError> {
    Ok(CaseSummary {
        id: row.try_get("id")?,
        state: state_of(row.try_get("state")?)?,
        severity: severity_of(row.try_get("severity")?)?,
        summary: row.try_get("summary")?,
        ecgi: row.try_get("ecgi")?,
        pci: small(row, "pci")?,
        earfcn: earfcn_of(row)?,
        first_heard: time_of(row.try_get("first_heard")?),
        last_heard: time_of(row.try_get("last_heard")?),
        heard_at: place_of((row.try_get("lat")?, row.try_get("lon")?, row.try_get("error_m")?)),
        alerts: count(row.try_get("alerts")?),
        sightings: count(row.try_get("sightings")?),
        scanners: names(row.try_get("scanners")?),
        rules: names(row.try_get("rules")?),
        estimate: estimate_of(row.try_get("estimate")?)?,
    })
}

fn small<T: TryFrom<i64>>(row: &Row, column: &'static str) -> Result<T, DatabaseError> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| stored(column, &value.to_string()))
}

fn earfcn_of(row: &Row) -> Result<Option<u32>, DatabaseError> {
    let value: Option<i64> = row.try_get("earfcn")?;
    value.map(|_| small(row, "earfcn")).transpose()
}
