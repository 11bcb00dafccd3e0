//! Alerts on the server, each in its highest revision.

use jiff::Timestamp;
use postgres::Row;

use super::{
    super::{DatabaseError, MERGED_BY, count, merged_note, severity_of, stored, time_of},
    Connection,
};
use crate::{
    cases::{Additions, AlertKey, CaseAlertRecord, Wanted},
    events::AlertRevision,
};

/// The alerts that are wanted, with their cases, open or closed.
pub fn known(
    connection: &mut Connection,
    wanted: &Wanted,
) -> Result<Vec<(AlertKey, CaseAlertRecord, Option<i64>)>, DatabaseError> {
    if wanted.alerts.is_empty() {
        return Ok(Vec::new());
    }
    let columns = |keys: &mut dyn Iterator<Item = &AlertKey>| -> (Vec<String>, Vec<String>) { keys.cloned().unzip() };
    let (scanners, ids) = columns(&mut wanted.alerts.iter());
    let (groups_of, groups) = columns(&mut wanted.transmitters.iter());
    let rows = connection.query(
        "SELECT alert.* FROM unnest($1::text[], $2::text[]) AS wanted (scanner, id) JOIN alert USING (scanner, id) \
         UNION SELECT alert.* FROM unnest($3::text[], $4::text[]) AS wanted (scanner, transmitter) \
         JOIN alert USING (scanner, transmitter)",
        &[&scanners, &ids, &groups_of, &groups],
    )?;
    rows.iter().map(alert_of).collect()
}

fn alert_of(row: &Row) -> Result<(AlertKey, CaseAlertRecord, Option<i64>), DatabaseError> {
    let (id, state): (String, String) = (row.try_get("id")?, row.try_get("state")?);
    let time: Option<i64> = row.try_get("time")?;
    let record = CaseAlertRecord {
        revision: AlertRevision {
            alert: id.clone(),
            number: u32::try_from(count(row.try_get("revision")?)).unwrap_or(u32::MAX),
            state: state.parse().map_err(|_| stored("state", &state))?,
            transmitter: row.try_get("transmitter")?,
        },
        severity: severity_of(row.try_get("severity")?)?,
        summary: row.try_get("summary")?,
        time: time.map(time_of),
    };
    Ok(((row.try_get("scanner")?, id), record, Some(row.try_get("case_id")?)))
}

/// Writes the alerts of cases, empties the cases that they came from, and gives each case its heaviest alert's words.
pub fn write(
    connection: &mut Connection,
    additions: &[(i64, &Additions)],
    received: Timestamp,
) -> Result<(), DatabaseError> {
    let alerts = || additions.iter().flat_map(|(case, more)| more.revisions.iter().map(move |alert| (*case, alert)));
    if alerts().next().is_none() {
        return Ok(());
    }
    connection.execute(
        "INSERT INTO alert (scanner, id, case_id, transmitter, revision, state, severity, time, summary) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
         $8::bigint[], $9::text[]) ON CONFLICT (scanner, id) DO UPDATE SET case_id = excluded.case_id, \
         transmitter = excluded.transmitter, revision = excluded.revision, state = excluded.state, \
         severity = excluded.severity, time = excluded.time, summary = excluded.summary",
        &[
            &alerts().map(|(_, ((scanner, _), _))| scanner.as_str()).collect::<Vec<_>>(),
            &alerts().map(|(_, ((_, id), _))| id.as_str()).collect::<Vec<_>>(),
            &alerts().map(|(case, _)| case).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, record))| record.revision.transmitter.as_str()).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, record))| i64::from(record.revision.number)).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, record))| record.revision.state.word()).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, record))| record.severity as i64).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, record))| record.time.map(Timestamp::as_millisecond)).collect::<Vec<_>>(),
            &alerts().map(|(_, (_, record))| record.summary.as_str()).collect::<Vec<_>>(),
        ],
    )?;
    for (into, from) in additions.iter().flat_map(|(case, more)| more.from.iter().map(move |from| (*case, *from))) {
        let left = connection.query("SELECT 1 FROM alert WHERE case_id = $1 LIMIT 1", &[&from])?;
        if left.is_empty() {
            empty(connection, from, into, received)?;
        }
    }
    let cases: Vec<i64> = alerts().map(|(case, _)| case).collect();
    // Of equals the alert that was raised first speaks, so that the order of arrival makes no difference. A case falls with
    // its alerts, but not below what is no longer known of them.
    connection.execute(
        "UPDATE cases SET severity = best.severity, summary = best.summary FROM (SELECT DISTINCT ON (case_id) case_id, \
         severity, summary, max(severity) OVER (PARTITION BY case_id) AS heaviest, count(*) OVER (PARTITION BY case_id) AS known FROM alert WHERE case_id = ANY ($1) \
         ORDER BY case_id, state = 'merged', severity DESC, time NULLS FIRST, scanner COLLATE \"C\", id COLLATE \"C\") \
         AS best WHERE cases.id = best.case_id AND (cases.severity <= best.heaviest OR cases.alerts <= best.known)",
        &[&cases],
    )?;
    Ok(())
}

/// Moves all of a case into another one of the same transmitter, and closes it with a note.
fn empty(connection: &mut Connection, from: i64, into: i64, received: Timestamp) -> Result<(), DatabaseError> {
    for text in [
        "INSERT INTO case_scanner SELECT $2::bigint, scanner, alerts, sightings, last_heard FROM case_scanner WHERE case_id = $1 \
         ON CONFLICT (case_id, scanner) DO UPDATE SET alerts = case_scanner.alerts + excluded.alerts, \
         sightings = case_scanner.sightings + excluded.sightings, \
         last_heard = greatest(case_scanner.last_heard, excluded.last_heard)",
        "INSERT INTO case_rule SELECT $2::bigint, rule FROM case_rule WHERE case_id = $1 ON CONFLICT DO NOTHING",
        "UPDATE case_alert SET case_id = $2 WHERE case_id = $1",
        "UPDATE case_level SET case_id = $2 WHERE case_id = $1",
        "UPDATE cases SET alerts = cases.alerts + other.alerts, sightings = cases.sightings + other.sightings, \
         levels = cases.levels + other.levels, stale = true, state = greatest(cases.state, other.state), \
         first_heard = least(cases.first_heard, other.first_heard), \
         last_heard = greatest(cases.last_heard, other.last_heard) \
         FROM (SELECT * FROM cases WHERE id = $1) AS other WHERE cases.id = $2::bigint",
    ] {
        connection.execute(text, &[&from, &into])?;
    }
    connection.execute(
        "UPDATE cases SET state = 3, alerts = 0, sightings = 0, levels = 0, stale = false WHERE id = $1",
        &[&from],
    )?;
    connection.execute(
        "INSERT INTO case_note (case_id, time, name, state, note) VALUES ($1, $2, $3, 3, $4)",
        &[&from, &received.as_millisecond(), &MERGED_BY, &merged_note(into)],
    )?;
    Ok(())
}
