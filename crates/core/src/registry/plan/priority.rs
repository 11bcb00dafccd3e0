//! Which rows come first.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::plane::{self, Point, distance_m, square};
use crate::{
    locate::plane::Plane,
    observation::{Ecgi, Position},
    registry::inspect::Account,
};

/// What the alerts so far were about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Concerns {
    /// The identities that they name: such a cell's identity may be in use by another transmitter.
    pub identities: BTreeSet<Ecgi>,
    /// Where they were raised.
    pub places: Vec<Position>,
}

/// How many ordinary rows one of each counts as.
const IDENTITY: f32 = 4.0;
const NEAR_ALERT: f32 = 3.0;
const DORMANT_IN_DENSE: f32 = 2.0;

/// How near an alert a row must be, in metres.
pub const NEAR_ALERT_M: f32 = 500.0;

/// Without contact for longer, a row is dormant.
const DORMANT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Rows are dense where a square of this side, in metres, has more of them than those of most rows have.
const DENSE_M: f32 = 200.0;

/// How many ordinary rows each account counts as: the highest of its reasons. `now` is the time of the last dwell, else that
/// of the list.
#[must_use]
pub fn priorities(accounts: &[Account], concerns: &Concerns, now: Timestamp) -> Vec<f32> {
    let places = accounts.iter().filter_map(|account| account.cell.place);
    let plane = Plane::around(places.chain(concerns.places.iter().copied()));
    let point = |account: &Account| account.cell.place.map(|place| plane::point(&plane, place));
    let mut per_square: HashMap<(i32, i32), usize> = HashMap::new();
    for point in accounts.iter().filter_map(point) {
        *per_square.entry(square(point, DENSE_M)).or_default() += 1;
    }
    let beside = |point: Point| per_square.get(&square(point, DENSE_M)).copied().unwrap_or(0);
    let mut counts: Vec<usize> = accounts.iter().filter_map(point).map(beside).collect();
    counts.sort_unstable();
    let ordinary = counts.get(counts.len() / 2).copied().unwrap_or(0);

    let mut alerts: HashMap<(i32, i32), Vec<Point>> = HashMap::new();
    for &place in &concerns.places {
        let point = plane::point(&plane, place);
        alerts.entry(square(point, NEAR_ALERT_M)).or_default().push(point);
    }
    let near_alert = |point: Point| {
        let (x, y) = square(point, NEAR_ALERT_M);
        let around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        around.filter_map(|square| alerts.get(&square)).flatten().any(|&alert| distance_m(alert, point) <= NEAR_ALERT_M)
    };
    let priority = |account: &Account| {
        let cell = &account.cell;
        if concerns.identities.contains(&cell.ecgi) {
            return IDENTITY;
        }
        let Some(point) = point(account) else { return 1.0 };
        if near_alert(point) {
            return NEAR_ALERT;
        }
        let is_old = cell.last_contact.is_some_and(|last| now.duration_since(last) > DORMANT);
        let is_dormant = is_old || cell.status.is_inactive();
        if is_dormant && beside(point) > ordinary { DORMANT_IN_DENSE } else { 1.0 }
    };
    accounts.iter().map(priority).collect()
}
