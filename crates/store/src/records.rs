//! Observations as rows, and rows as observations, to the last bit: rules judge what is recalled as they judged what was
//! heard.

use std::str::FromStr;

use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource, Sfn};
use rusqlite::{Connection, Row, named_params, params};

use super::StoreError;
use cellwarden_core::{
    detect::Verdict,
    drive::SearchedDwell,
    observation::{
        Access, BlockChannel, Carrier, CarrierOffset, CellIdentity, CellState, Dwell, Ecgi, Eci, FrameTiming, Level,
        MibFacts, Observation, Plmn, Position, ReceivedBlock,
    },
};

const DUPLEX: [(Duplex, &str); 2] = [(Duplex::Fdd, "fdd"), (Duplex::Tdd, "tdd")];
const CP: [(CyclicPrefix, &str); 2] = [(CyclicPrefix::Normal, "normal"), (CyclicPrefix::Extended, "extended")];
const PHICH_DURATION: [(PhichDuration, &str); 2] =
    [(PhichDuration::Normal, "normal"), (PhichDuration::Extended, "extended")];
const PHICH_RESOURCE: [(PhichResource, &str); 4] = [
    (PhichResource::OneSixth, "1/6"),
    (PhichResource::Half, "1/2"),
    (PhichResource::One, "1"),
    (PhichResource::Two, "2"),
];
const CHANNEL: [(BlockChannel, &str); 3] =
    [(BlockChannel::BcchBch, "BCCH-BCH"), (BlockChannel::BcchDlSch, "BCCH-DL-SCH"), (BlockChannel::Pcch, "PCCH")];

/// Name of a channel, as in TS 36.331 §6.2.1.
#[must_use]
pub fn channel_name(channel: BlockChannel) -> &'static str {
    word(&CHANNEL, channel)
}

fn word<T: PartialEq + Copy>(words: &[(T, &'static str)], value: T) -> &'static str {
    words.iter().find(|(v, _)| *v == value).map(|(_, word)| *word).expect("the list has every value")
}

/// Adds an observation and its blocks; gives the row's number.
pub(super) fn insert(database: &Connection, dwell: i64, o: &Observation, verdict: Verdict) -> Result<i64, StoreError> {
    let Observation { carrier, timing, offset, level, .. } = o;
    let mib = o.mib.as_ref();
    let identity = o.identity.as_ref();
    let plmns = identity.map(|id| id.plmns.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let accesses_r14 = identity.filter(|id| !id.accesses_r14.is_empty()).map(accesses_text);
    let tdd = identity.and_then(|id| id.tdd_config);
    database
        .prepare_cached(
            "INSERT INTO observation VALUES (NULL, :dwell, :seconds, :carrier_hz, :earfcn, :band, :pci, :duplex, :cp, \
             :state, :antenna_ports, :bandwidth_rb, :phich_duration, :phich_resource, :sfn, :frame_at_sample, \
             :frame_at_seconds, :offset_hz, :offset_ppm, :offset_error_hz, :rsrp_dbfs, :rsrp_dbm, :rsrq_db, :sinr_db, \
             :plmns, :tac, :eci, :csg_indication, :csg_identity, :cell_barred, :tdd_assignment, :tdd_special, \
             :band_indicator, :sib1_periods, :si_agrees, :broadcast, :sibs, :note, :verdict, :earfcn_candidates, \
             :frame_number_stands, :accesses_r14, :technology)",
        )?
        .execute(named_params! {
            ":dwell": dwell,
            ":seconds": o.dwell.seconds,
            ":carrier_hz": carrier.hz,
            ":earfcn": carrier.earfcn,
            ":band": carrier.band,
            ":pci": o.pci.get(),
            ":duplex": word(&DUPLEX, o.duplex),
            ":cp": word(&CP, o.cp),
            ":state": o.state.word(),
            ":antenna_ports": mib.map(|m| m.antenna_ports.count() as i64),
            ":bandwidth_rb": mib.map(|m| m.bandwidth.n_rb_dl() as i64),
            ":phich_duration": mib.map(|m| word(&PHICH_DURATION, m.phich_duration)),
            ":phich_resource": mib.map(|m| word(&PHICH_RESOURCE, m.phich_resource)),
            ":sfn": timing.sfn.map(Sfn::get),
            ":frame_at_sample": timing.at_sample,
            ":frame_at_seconds": timing.at_seconds,
            ":offset_hz": offset.hz,
            ":offset_ppm": offset.ppm,
            ":offset_error_hz": offset.error_hz,
            ":rsrp_dbfs": level.rsrp_dbfs,
            ":rsrp_dbm": level.rsrp_dbm,
            ":rsrq_db": level.rsrq_db,
            ":sinr_db": level.sinr_db,
            ":plmns": plmns,
            ":tac": identity.map(|id| id.tac),
            ":eci": identity.map(|id| id.eci.get()),
            ":csg_indication": identity.map(|id| id.csg_indication),
            ":csg_identity": identity.and_then(|id| id.csg_identity),
            ":cell_barred": identity.map(|id| id.cell_barred),
            ":tdd_assignment": tdd.map(|(assignment, _)| assignment),
            ":tdd_special": tdd.map(|(_, special)| special),
            ":band_indicator": identity.map(|id| id.band),
            ":sib1_periods": o.sib1_periods,
            ":si_agrees": o.si_agrees,
            ":broadcast": json(&o.broadcast),
            ":sibs": json(&o.sibs),
            ":note": o.note,
            ":verdict": verdict.word(),
            ":earfcn_candidates": (!o.earfcn_candidates.is_empty()).then(|| json(&o.earfcn_candidates)),
            ":frame_number_stands": o.frame_number_stands,
            ":accesses_r14": accesses_r14,
            ":technology": o.technology.word(),
        })?;
    let row = database.last_insert_rowid();
    let mut insert = database.prepare_cached("INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for block in &o.blocks {
        let ReceivedBlock { channel, sfn, subframe, at_sample, bytes } = block;
        // No recording is that long.
        let at_sample = i64::try_from(*at_sample).unwrap_or(i64::MAX);
        insert.execute(params![row, channel_name(*channel), sfn.get(), subframe, at_sample, bytes])?;
    }
    Ok(row)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("text keys and finite numbers")
}

/// The observation of a row of `SELECT * FROM observation` without its blocks and messages, with its number and verdict.
pub(super) fn facts_of(row: &Row<'_>, dwell: &SearchedDwell) -> Result<(i64, Observation, Verdict), StoreError> {
    let id: i64 = row.get("id")?;
    let level = |column| -> Result<f32, StoreError> {
        // SQLite has no NaN: it comes back as NULL.
        Ok(row.get::<_, Option<f64>>(column)?.map_or(f32::NAN, |x| x as f32))
    };
    let real = |column| -> Result<f64, StoreError> { Ok(row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN)) };
    let observation = Observation {
        dwell: Dwell {
            recording: dwell.recording.clone(),
            start: dwell.start,
            seconds: row.get("seconds")?,
            gain_db: dwell.gain_db,
            lost: dwell.lost,
            clipped: dwell.clipped,
        },
        technology: parsed_word(row, "technology")?,
        carrier: Carrier { hz: row.get("carrier_hz")?, earfcn: row.get("earfcn")?, band: row.get("band")? },
        earfcn_candidates: match row.get::<_, Option<String>>("earfcn_candidates")? {
            Some(text) => serde_json::from_str(&text).map_err(|_| stored("earfcn_candidates", &text))?,
            None => Vec::new(),
        },
        pci: number(row, "pci", Pci::new)?.ok_or_else(|| missing("pci"))?,
        duplex: value(row, "duplex", &DUPLEX)?.ok_or_else(|| missing("duplex"))?,
        cp: value(row, "cp", &CP)?.ok_or_else(|| missing("cp"))?,
        state: parsed_word::<CellState>(row, "state")?,
        mib: mib_of(row)?,
        timing: FrameTiming {
            sfn: number(row, "sfn", |sfn: u16| Some(Sfn::wrapping(i64::from(sfn))))?,
            at_sample: real("frame_at_sample")?,
            at_seconds: real("frame_at_seconds")?,
        },
        offset: CarrierOffset { hz: real("offset_hz")?, ppm: real("offset_ppm")?, error_hz: real("offset_error_hz")? },
        level: Level {
            rsrp_dbfs: level("rsrp_dbfs")?,
            rsrp_dbm: row.get("rsrp_dbm")?,
            rsrq_db: row.get("rsrq_db")?,
            sinr_db: level("sinr_db")?,
        },
        identity: identity_of(row)?,
        sib1_periods: row.get("sib1_periods")?,
        si_agrees: row.get("si_agrees")?,
        broadcast: parsed(row, "broadcast")?,
        blocks: Vec::new(),
        sibs: serde_json::Map::new(),
        position: dwell.position,
        note: row.get("note")?,
        frame_number_stands: row.get("frame_number_stands")?,
    };
    Ok((id, observation, parsed_word(row, "verdict")?))
}

fn mib_of(row: &Row<'_>) -> Result<Option<MibFacts>, StoreError> {
    let ports = number(row, "antenna_ports", |count: u8| {
        AntennaPorts::ALL.into_iter().find(|ports| ports.count() == usize::from(count))
    })?;
    let Some(antenna_ports) = ports else { return Ok(None) };
    let bandwidth = number(row, "bandwidth_rb", |n: u8| Bandwidth::from_n_rb_dl(usize::from(n)))?;
    Ok(Some(MibFacts {
        antenna_ports,
        bandwidth: bandwidth.ok_or_else(|| missing("bandwidth_rb"))?,
        phich_duration: value(row, "phich_duration", &PHICH_DURATION)?.ok_or_else(|| missing("phich_duration"))?,
        phich_resource: value(row, "phich_resource", &PHICH_RESOURCE)?.ok_or_else(|| missing("phich_resource"))?,
    }))
}

fn identity_of(row: &Row<'_>) -> Result<Option<CellIdentity>, StoreError> {
    let Some(plmns) = row.get::<_, Option<String>>("plmns")? else { return Ok(None) };
    let plmn = |text: &str| text.parse::<Plmn>().map_err(|_| stored("plmns", text));
    let assignment: Option<u8> = row.get("tdd_assignment")?;
    Ok(Some(CellIdentity {
        plmns: plmns.split(',').map(plmn).collect::<Result<_, _>>()?,
        tac: row.get("tac")?,
        eci: number(row, "eci", Eci::new)?.ok_or_else(|| missing("eci"))?,
        accesses_r14: match row.get::<_, Option<String>>("accesses_r14")? {
            Some(text) => accesses_of(&text).ok_or_else(|| stored("accesses_r14", &text))?,
            None => Vec::new(),
        },
        csg_indication: row.get("csg_indication")?,
        csg_identity: row.get("csg_identity")?,
        cell_barred: row.get("cell_barred")?,
        tdd_config: assignment.zip(row.get("tdd_special")?),
        band: row.get("band_indicator")?,
    }))
}

/// The list of release 14 in one text: `450-08-3f0d101/11793`, with commas between.
fn accesses_text(identity: &CellIdentity) -> String {
    let texts: Vec<String> = identity.accesses_r14.iter().map(|a| format!("{}/{}", a.ecgi(), a.tac)).collect();
    texts.join(",")
}

/// The list of such a text; `None` where it is none.
fn accesses_of(text: &str) -> Option<Vec<Access>> {
    let access = |text: &str| {
        let (ecgi, tac) = text.split_once('/')?;
        let Ecgi { plmn, eci } = ecgi.parse().ok()?;
        Some(Access { plmn, tac: tac.parse().ok()?, eci })
    };
    text.split(',').map(access).collect()
}

/// The decoded messages of a row of `SELECT * FROM observation`.
pub(super) fn sibs_of(row: &Row<'_>) -> Result<serde_json::Map<String, serde_json::Value>, StoreError> {
    parsed(row, "sibs")
}

/// The transport blocks of an observation.
pub(super) fn blocks_of(database: &Connection, observation: i64) -> Result<Vec<ReceivedBlock>, StoreError> {
    let mut select = database.prepare_cached("SELECT * FROM block WHERE observation = ?1 ORDER BY rowid")?;
    let mut rows = select.query([observation])?;
    let mut blocks = Vec::new();
    while let Some(row) = rows.next()? {
        blocks.push(ReceivedBlock {
            channel: value(row, "channel", &CHANNEL)?.ok_or_else(|| missing("channel"))?,
            sfn: Sfn::wrapping(row.get("sfn")?),
            subframe: row.get("subframe")?,
            at_sample: row.get::<_, i64>("at_sample")?.unsigned_abs(),
            bytes: row.get("bytes")?,
        });
    }
    Ok(blocks)
}

/// The position of a row that has its columns.
pub(super) fn position_of(row: &Row<'_>) -> Result<Option<Position>, StoreError> {
    let columns: (Option<f64>, Option<f64>, Option<f64>) = (row.get("lat")?, row.get("lon")?, row.get("error_m")?);
    let (Some(lat), Some(lon), Some(error_m)) = columns else { return Ok(None) };
    Ok(Some(Position { lat, lon, error_m }))
}

/// A number that `make` accepts, or NULL.
fn number<N: rusqlite::types::FromSql + Copy + ToString, T>(
    row: &Row<'_>,
    column: &'static str,
    make: impl FnOnce(N) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let Some(number) = row.get::<_, Option<N>>(column)? else { return Ok(None) };
    make(number).map(Some).ok_or_else(|| stored(column, &number.to_string()))
}

/// The value of a word, or NULL.
fn value<T: Copy>(row: &Row<'_>, column: &'static str, words: &[(T, &str)]) -> Result<Option<T>, StoreError> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let found = words.iter().find(|(_, word)| *word == text);
    found.map(|(value, _)| Some(*value)).ok_or_else(|| stored(column, &text))
}

/// The value of a word that must be there.
pub(super) fn parsed_word<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| stored(column, &text))
}

/// The value of a JSON text.
pub(super) fn parsed<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| stored(column, &text))
}

fn missing(column: &'static str) -> StoreError {
    stored(column, "NULL")
}

/// The error of a value that this program does not write.
pub(super) fn stored(column: &'static str, value: &str) -> StoreError {
    StoreError::Stored { column, value: value.chars().take(80).collect() }
}
