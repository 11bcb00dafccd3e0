//! Two drives of one route: what appeared, what is gone, what changed.
//!
//! Only dwells near which the other drive searched the same carrier count: what was not looked for is not gone.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Drive, Reading, Stop, Transmitter};
use crate::observation::{Position, position::DEGREE_M};

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

/// Compares two drives.
#[must_use]
pub fn compare(before: &Drive, after: &Drive) -> Vec<Difference> {
    let (route_before, route_after) = (Route::of(before), Route::of(after));
    let mut differences = Vec::new();
    for old in &before.transmitters {
        let levels = shared_levels(before, old, &route_after);
        if levels.is_empty() {
            continue;
        }
        let difference = |fate, suspicious| Difference { cell: old.name(), fate, suspicious };
        let Some(new) = partner(old, before, after) else {
            differences.push(difference(Fate::Gone, old.suspicious));
            continue;
        };
        let changes = changes(old, new, &levels, &shared_levels(after, new, &route_before));
        if !changes.is_empty() {
            differences.push(difference(Fate::Changed(changes), old.suspicious || new.suspicious));
        }
    }
    for new in &after.transmitters {
        let is_known =
            before.transmitters.iter().any(|old| partner(old, before, after).is_some_and(|p| p.id == new.id));
        if !is_known && !shared_levels(after, new, &route_before).is_empty() {
            differences.push(Difference { cell: new.name(), fate: Fate::Appeared, suspicious: new.suspicious });
        }
    }
    differences.sort_by_key(|difference| !difference.suspicious);
    differences
}

/// What became of a transmitter of the earlier drive. One identity under two physical-layer identities is two
/// transmitters, where it is on air under both: then only its like is its partner.
fn partner<'a>(old: &Transmitter, before: &Drive, after: &'a Drive) -> Option<&'a Transmitter> {
    let is_same = |a: &Transmitter, b: &Transmitter| match (a.id.ecgi, b.id.ecgi) {
        (Some(a), Some(b)) => a == b,
        _ => a.id.pci == b.id.pci && a.id.carrier_hz == b.id.carrier_hz,
    };
    let like = |a: &Transmitter, b: &Transmitter| is_same(a, b) && a.id.pci == b.id.pci;
    let is_taken = |new: &Transmitter| before.transmitters.iter().any(|other| like(other, new));
    let found = || after.transmitters.iter();
    found().find(|new| like(old, new)).or_else(|| found().find(|new| is_same(old, new) && !is_taken(new)))
}

/// The stops of a drive by their places, so that those near another place are found without looking at all.
struct Route<'a> {
    stops: &'a [Stop],
    squares: HashMap<(i64, i64), Vec<usize>>,
    placeless: Vec<usize>,
}

impl<'a> Route<'a> {
    fn of(drive: &'a Drive) -> Self {
        let (mut squares, mut placeless) = (HashMap::<_, Vec<usize>>::new(), Vec::new());
        for (i, stop) in drive.stops.iter().enumerate() {
            match stop.place {
                Some(place) => squares.entry(square(row(&place), &place)).or_default().push(i),
                None => placeless.push(i),
            }
        }
        Self { stops: &drive.stops, squares, placeless }
    }

    /// Whether a carrier was searched near a place. Without places the drives are taken to be of one place.
    fn searched(&self, carrier_hz: f64, place: Option<Position>) -> bool {
        let holds = |&i: &usize| self.stops[i].searched.holds(carrier_hz);
        let Some(place) = place else { return (0..self.stops.len()).any(|i| holds(&i)) };
        let near = |&&i: &&usize| self.stops[i].place.is_some_and(|other| place.distance_m(&other) <= SAME_PLACE_M);
        let about = (-1..=1).flat_map(|down| {
            let (row, column) = square(row(&place) + down, &place);
            (-1..=1).filter_map(move |right| self.squares.get(&(row, column + right)))
        });
        self.placeless.iter().any(holds) || about.flatten().filter(near).any(holds)
    }
}

/// Whether the squares about one place hold the other: what is near must be looked at.
#[cfg(test)]
pub(super) fn are_near(place: &Position, other: &Position) -> bool {
    let of_other = square(row(other), other);
    (-1..=1).any(|down| {
        let (row, column) = square(row(place) + down, place);
        (-1..=1).any(|right| (row, column + right) == of_other)
    })
}

fn row(place: &Position) -> i64 {
    (place.lat * DEGREE_M / SAME_PLACE_M).floor() as i64
}

/// The square of a row that a place's meridian passes, each at least [`SAME_PLACE_M`] wide.
fn square(row: i64, place: &Position) -> (i64, i64) {
    let equatorward = (row as f64).abs().min((row as f64 + 1.0).abs()) * SAME_PLACE_M / DEGREE_M;
    let poleward = (equatorward + SAME_PLACE_M / DEGREE_M).min(89.9);
    (row, (place.lon * DEGREE_M * poleward.to_radians().cos() / SAME_PLACE_M).floor() as i64)
}

/// The levels of a transmitter where the other drive searched its carrier too; `None` of one that was clipped.
fn shared_levels(own: &Drive, transmitter: &Transmitter, other: &Route<'_>) -> Vec<Option<f64>> {
    let carrier_hz = transmitter.best.carrier.hz;
    let stop = |reading: &Reading| &own.stops[reading.stop];
    let searched = |reading: &&Reading| other.searched(carrier_hz, stop(reading).place);
    let level = |reading: &Reading| stop(reading).has_levels().then_some(reading.level_db);
    transmitter.readings.iter().filter(searched).map(level).collect()
}

fn changes(
    old: &Transmitter,
    new: &Transmitter,
    was_db: &[Option<f64>],
    is_db: &[Option<f64>],
) -> Vec<(&'static str, Value, Value)> {
    let facts = |t: &Transmitter| {
        let (identity, broadcast) = (t.best.identity.as_ref(), &t.best.broadcast);
        [
            ("pci", json!(t.id.pci.get())),
            ("earfcn", json!(t.id.earfcn)),
            ("tac", json!(identity.map(|id| id.tac))),
            ("plmns", json!(identity.map(|id| id.all_plmns().iter().map(ToString::to_string).collect::<Vec<_>>()))),
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

fn median(values: &[Option<f64>]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
