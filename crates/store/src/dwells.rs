//! The rows of a dwell: what was searched, what the rules found, and which observations are the cells' baselines.

use rusqlite::{Connection, Row, named_params, params};
use serde_json::Value;

use super::{
    StoreError, count,
    records::{parsed, parsed_word, position_of, stored},
};
use cellwarden_core::{
    detect::{Finding, Grounds, Judged},
    drive::SearchedDwell,
    observation::Observation,
};

/// Adds a dwell; its number.
pub(super) fn insert_dwell(database: &Connection, drive: i64, dwell: &SearchedDwell) -> Result<i64, StoreError> {
    let carriers = dwell.carriers_hz.as_ref().map(|list| serde_json::json!(list).to_string());
    database
        .prepare_cached(
            "INSERT INTO dwell VALUES (NULL, :drive, :recording, :start, :center_hz, :sample_rate_hz, :samples, :lost, \
             :gain_db, :carriers_hz, :lat, :lon, :error_m, :clipped)",
        )?
        .execute(named_params! {
            ":drive": drive,
            ":recording": dwell.recording,
            ":start": dwell.start.map(|time| time.to_string()),
            ":center_hz": dwell.center_hz,
            ":sample_rate_hz": dwell.sample_rate_hz,
            ":samples": count(dwell.samples),
            ":lost": count(dwell.lost),
            ":clipped": dwell.clipped,
            ":gain_db": dwell.gain_db,
            ":carriers_hz": carriers,
            ":lat": dwell.position.map(|p| p.lat),
            ":lon": dwell.position.map(|p| p.lon),
            ":error_m": dwell.position.map(|p| p.error_m),
        })?;
    Ok(database.last_insert_rowid())
}

/// The dwell of a row.
pub(super) fn dwell_of(row: &Row<'_>) -> Result<SearchedDwell, StoreError> {
    let start: Option<String> = row.get("start")?;
    let carriers: Option<String> = row.get("carriers_hz")?;
    Ok(SearchedDwell {
        recording: row.get("recording")?,
        start: start.map(|text| text.parse().map_err(|_| stored("start", &text))).transpose()?,
        center_hz: row.get("center_hz")?,
        sample_rate_hz: row.get("sample_rate_hz")?,
        samples: row.get::<_, i64>("samples")?.unsigned_abs(),
        lost: row.get::<_, i64>("lost")?.unsigned_abs(),
        clipped: row.get("clipped")?,
        gain_db: row.get("gain_db")?,
        carriers_hz: carriers
            .map(|text| serde_json::from_str(&text).map_err(|_| stored("carriers_hz", &text)))
            .transpose()?,
        position: position_of(row)?,
    })
}

/// Adds what the rules found in an observation.
pub(super) fn insert_findings(database: &Connection, observation: i64, judged: &Judged) -> Result<(), StoreError> {
    let mut insert = database.prepare_cached("INSERT INTO finding VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for finding in &judged.findings {
        let evidence = Value::Object(finding.evidence.clone()).to_string();
        insert.execute(params![observation, &*finding.rule, finding.version, finding.severity.word(), evidence])?;
    }
    Ok(())
}

/// Notes which observation says what a cell's SIBs are: the first one, and the first one under another value tag.
pub(super) fn insert_baselines(database: &Connection, row: i64, o: &Observation) -> Result<(), StoreError> {
    let Some(ecgi) = o.ecgi() else { return Ok(()) };
    let mut insert = database.prepare_cached(
        "INSERT INTO baseline VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO UPDATE SET value_tag = excluded.value_tag, observation = excluded.observation \
         WHERE value_tag IS NOT excluded.value_tag",
    )?;
    for sib in o.sibs.keys() {
        let value_tag = o.broadcast.value_tag;
        insert.execute(params![ecgi.to_string(), o.pci.get(), o.carrier.hz, sib, value_tag, row])?;
    }
    Ok(())
}

/// What the rules found in an observation.
pub(super) fn findings_of(database: &Connection, observation: i64) -> Result<Vec<Finding>, StoreError> {
    let mut select = database.prepare_cached("SELECT * FROM finding WHERE observation = ?1 ORDER BY rowid")?;
    let mut rows = select.query([observation])?;
    let mut findings = Vec::new();
    while let Some(row) = rows.next()? {
        findings.push(Finding {
            rule: row.get::<_, String>("rule")?.into(),
            version: row.get("version")?,
            severity: parsed_word(row, "severity")?,
            evidence: parsed(row, "evidence")?,
            grounds: Grounds::default(),
        });
    }
    Ok(findings)
}
