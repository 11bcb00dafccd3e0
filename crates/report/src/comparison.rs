//! Two drives of one route: what appeared, what is gone, what changed.
//!
//! Only dwells near which the other drive searched the same carrier count: what was not looked for is not gone.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{
    account::{Account, Stop, Transmitter},
    escape::escape,
};

/// Places within this distance are the same place of a route, in metres.
const SAME_PLACE_M: f64 = 75.0;

/// A level that is so many dB other, in the median over the shared route, is a change: twice shadowing's deviation.
const LEVEL_DB: f64 = 12.0;

/// What became of a cell between two drives.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The cell's name.
    pub cell: String,
    /// What became of it.
    pub fate: Fate,
    /// Whether either drive found it suspicious.
    pub suspicious: bool,
}

/// The kinds of difference.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Only the later drive heard it.
    Appeared,
    /// Only the earlier drive heard it.
    Gone,
    /// Both did; each value as before and after.
    Changed(Vec<(&'static str, Value, Value)>),
}

/// Compares two accounts.
#[must_use]
pub fn compare(before: &Account, after: &Account) -> Vec<Difference> {
    let mut differences = Vec::new();
    for old in &before.transmitters {
        let levels = shared_levels(before, old, after);
        if levels.is_empty() {
            continue;
        }
        let difference = |fate, suspicious| Difference { cell: old.name(), fate, suspicious };
        let Some(new) = partner(old, before, after) else {
            differences.push(difference(Fate::Gone, old.suspicious));
            continue;
        };
        let changes = changes(old, new, &levels, &shared_levels(after, new, before));
        if !changes.is_empty() {
            differences.push(difference(Fate::Changed(changes), old.suspicious || new.suspicious));
        }
    }
    for new in &after.transmitters {
        let is_known =
            before.transmitters.iter().any(|old| partner(old, before, after).is_some_and(|p| p.id == new.id));
        if !is_known && !shared_levels(after, new, before).is_empty() {
            differences.push(Difference { cell: new.name(), fate: Fate::Appeared, suspicious: new.suspicious });
        }
    }
    differences.sort_by_key(|difference| !difference.suspicious);
    differences
}

/// What became of a transmitter of the earlier drive. One identity under two physical-layer identities is two
/// transmitters, where it is on air under both: then only its like is its partner.
fn partner<'a>(old: &Transmitter, before: &Account, after: &'a Account) -> Option<&'a Transmitter> {
    let is_same = |a: &Transmitter, b: &Transmitter| match (a.id.ecgi, b.id.ecgi) {
        (Some(a), Some(b)) => a == b,
        _ => a.id.pci == b.id.pci && a.id.carrier_hz == b.id.carrier_hz,
    };
    let like = |a: &Transmitter, b: &Transmitter| is_same(a, b) && a.id.pci == b.id.pci;
    let is_taken = |new: &Transmitter| before.transmitters.iter().any(|other| like(other, new));
    let found = || after.transmitters.iter();
    found().find(|new| like(old, new)).or_else(|| found().find(|new| is_same(old, new) && !is_taken(new)))
}

/// The levels of a transmitter where the other drive searched its carrier too.
fn shared_levels(own: &Account, transmitter: &Transmitter, other: &Account) -> Vec<f64> {
    let carrier_hz = transmitter.best.carrier.hz;
    let searched = |stop: &Stop| {
        let near = |o: &&Stop| match (o.place, stop.place) {
            (Some(a), Some(b)) => a.distance_m(&b) <= SAME_PLACE_M,
            // Without places the drives are taken to be of one place.
            _ => true,
        };
        other.stops.iter().filter(near).any(|o| (o.band_hz.0..=o.band_hz.1).contains(&carrier_hz))
    };
    let readings = transmitter.readings.iter().filter(|reading| searched(&own.stops[reading.stop]));
    readings.map(|reading| reading.level_db).collect()
}

fn changes(old: &Transmitter, new: &Transmitter, was_db: &[f64], is_db: &[f64]) -> Vec<(&'static str, Value, Value)> {
    let facts = |t: &Transmitter| {
        let (identity, broadcast) = (t.best.identity.as_ref(), &t.best.broadcast);
        [
            ("pci", json!(t.id.pci.get())),
            ("earfcn", json!(t.id.earfcn)),
            ("tac", json!(identity.map(|id| id.tac))),
            ("plmns", json!(identity.map(|id| id.plmns.iter().map(ToString::to_string).collect::<Vec<_>>()))),
            ("csg_identity", json!(identity.and_then(|id| id.csg_identity))),
            ("cell_barred", json!(identity.map(|id| id.cell_barred))),
            ("bandwidth_rb", json!(t.best.mib.map(|mib| mib.bandwidth.n_rb_dl()))),
            ("antenna_ports", json!(t.best.mib.map(|mib| mib.antenna_ports.count()))),
            ("serving_priority", json!(broadcast.serving_priority)),
            ("q_hyst_db", json!(broadcast.q_hyst_db)),
            ("hnb_name", json!(broadcast.hnb_name)),
            ("verdict", json!(t.verdict)),
        ]
    };
    let pairs = facts(old).into_iter().zip(facts(new));
    // What one of the drives did not decode is no change.
    let known = pairs.filter(|((_, was), (_, is))| was != is && !was.is_null() && !is.is_null());
    let mut changes: Vec<_> = known.map(|((name, was), (_, is))| (name, was, is)).collect();
    if let (Some(was), Some(is)) = (median(was_db), median(is_db))
        && (was - is).abs() >= LEVEL_DB
    {
        changes.push(("median_level_db", json!((was * 10.0).round() / 10.0), json!((is * 10.0).round() / 10.0)));
    }
    changes
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Writes the differences as text, or as one JSON object a line.
///
/// # Errors
/// From writing.
pub fn write_comparison(out: &mut impl Write, differences: &[Difference], as_json: bool) -> io::Result<()> {
    for Difference { cell, fate, suspicious } in differences {
        let word = match fate {
            Fate::Appeared => "appeared",
            Fate::Gone => "gone",
            Fate::Changed(_) => "changed",
        };
        let changes: &[_] = if let Fate::Changed(changes) = fate { changes } else { &[] };
        if as_json {
            let changes: Vec<Value> =
                changes.iter().map(|(name, was, is)| json!({"what": name, "before": was, "after": is})).collect();
            writeln!(
                out,
                "{}",
                json!({"type": "difference", "cell": cell, "fate": word, "suspicious": suspicious, "changes": changes})
            )?;
        } else {
            let mark = if *suspicious { "!" } else { " " };
            let changes: Vec<String> = changes.iter().map(|(name, was, is)| format!("{name} {was} -> {is}")).collect();
            writeln!(out, "{mark} {word:<9} {:<40} {}", escape(cell), escape(&changes.join("; ")))?;
        }
    }
    if !as_json && differences.is_empty() {
        writeln!(out, "no difference where both drives searched")?;
    }
    Ok(())
}
