//! Which alerts and sightings speak of one transmitter: cases.
//!
//! Two scanners hear one rogue where PCI and carrier are the same, the global identifiers do not differ, and the places
//! are near. In: new events and the open cases that they may belong to. Out: what is to be written. Pure: the clock and
//! the database are the caller's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use cellwarden_event::{AlertState, Severity};

use super::events::{AlertRevision, Event, EventData, HeardTransmitter, Level};
use cellwarden_core::observation::{Ecgi, Position};

/// How far the last place where a case was heard may be away. A femtocell is heard for hundreds of metres and a strong
/// rogue for some kilometres (TS 36.942 §4.5.2 urban, 43 dBm: 2 to 3 km at 1.8 GHz); the next event of a rogue that is
/// driven about is nearer than this, too.
const NEAR_M: f64 = 10_000.0;

/// The same where one of the two has no global identifier: PCI and carrier alone are shared by 1 of 504 cells.
const NEAR_UNNAMED_M: f64 = 2_000.0;

/// And how far apart in time they may be.
const RECENT_UNNAMED: SignedDuration = SignedDuration::from_hours(24);

/// So many times the levels are worth a new estimate.
pub const WORTH: f64 = 1.1;

/// How far people have come with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseState {
    /// Nobody looked at it.
    New,
    /// Somebody says that it is a rogue.
    Confirmed,
    /// Somebody knows where it is.
    Located,
    /// Done with; what is heard from now on is another case.
    Closed,
}

impl CaseState {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::New, Self::Confirmed, Self::Located, Self::Closed];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Confirmed => "confirmed",
            Self::Located => "located",
            Self::Closed => "closed",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// By what cases are looked up: PCI and EARFCN.
pub type CaseKey = (u16, Option<u32>);

/// A case as events change it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenCase {
    /// Its number; `None` until it is written.
    pub id: Option<i64>,
    /// PCI and EARFCN.
    pub key: CaseKey,
    /// Global identifier, once one scanner has read it.
    pub ecgi: Option<Ecgi>,
    /// The heaviest alert's, by what is written: of alerts that came in any order the database takes it.
    pub severity: Severity,
    /// The heaviest alert's sentence.
    pub summary: String,
    /// The first and the last time it was heard.
    pub first_heard: Timestamp,
    /// See above.
    pub last_heard: Timestamp,
    /// Where the receiver was that heard it last.
    pub place: Option<Position>,
    /// Alerts.
    pub alerts: u64,
    /// Sightings.
    pub sightings: u64,
    /// Levels with a place.
    pub levels: u64,
    /// Levels that the estimate rests on.
    pub estimated: u64,
}

/// An alert in its highest revision.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseAlertRecord {
    /// Which, and what became of it.
    pub revision: AlertRevision,
    /// How much it weighs.
    pub severity: Severity,
    /// Its sentence.
    pub summary: String,
    /// When it was raised.
    pub time: Option<Timestamp>,
}

/// By what alerts are told apart: scanner and id.
pub type AlertKey = (String, String);

/// What events add to a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// By scanner.
    pub scanners: BTreeMap<String, ScannerShare>,
    /// Rules that alerted.
    pub rules: BTreeSet<String>,
    /// Events of alerts: scanner and id.
    pub alerts: Vec<(String, String)>,
    /// Alerts that are new or in a higher revision, and those that came from another case.
    pub revisions: BTreeMap<AlertKey, CaseAlertRecord>,
    /// Cases that alerts came from, as they are of this transmitter.
    pub from: BTreeSet<i64>,
    /// Levels.
    pub levels: Vec<HeardLevel>,
}

/// What a scanner contributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannerShare {
    /// Alerts.
    pub alerts: u64,
    /// Sightings.
    pub sightings: u64,
    /// The last time.
    pub last_heard: Timestamp,
}

/// A level at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardLevel {
    /// Who measured it.
    pub scanner: String,
    /// When.
    pub time: Timestamp,
    /// Where.
    pub place: Position,
    /// How strong.
    pub level: Level,
}

/// The open cases that a batch of events may belong to, and what it adds to them.
#[derive(Debug, Default)]
pub struct CaseBook {
    by_key: BTreeMap<CaseKey, Vec<usize>>,
    cases: Vec<(OpenCase, Option<Additions>)>,
    alerts: BTreeMap<AlertKey, KnownAlert>,
}

/// A stored alert and, where that is open, its case in the book.
#[derive(Debug)]
struct KnownAlert {
    record: CaseAlertRecord,
    case: Option<usize>,
}

/// How many alerts and sightings events hold, by scanner.
#[must_use]
pub fn counts<'a>(events: &[&'a Event]) -> BTreeMap<&'a str, (i64, i64)> {
    let mut counts: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for event in events {
        let (alerts, sightings) = counts.entry(event.scanner.as_str()).or_default();
        match &event.data {
            EventData::Alert { .. } => *alerts += 1,
            EventData::Sighting { .. } => *sightings += 1,
        }
    }
    counts
}

/// Which open cases a [`CaseBook`] of events needs. Of many cases of one PCI few are of one identifier.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// Cases of an identifier, and those without one that may get it.
    pub named: BTreeSet<(CaseKey, Option<Ecgi>)>,
    /// For events without an identifier, all cases that were heard within these times.
    pub unnamed: BTreeMap<CaseKey, (Timestamp, Timestamp)>,
    /// Alerts, with their open cases.
    pub alerts: BTreeSet<AlertKey>,
    /// All alerts of a transmitter: scanner and the transmitter's first alert.
    pub transmitters: BTreeSet<AlertKey>,
}

impl Wanted {
    /// What events need.
    #[must_use]
    pub fn of(events: &[&Event], received: Timestamp) -> Self {
        let mut wanted = Self::default();
        for event in events {
            if let EventData::Alert { revision, .. } = &event.data {
                wanted.alerts.insert(alert_key(event, &revision.alert));
                wanted.transmitters.insert(alert_key(event, &revision.transmitter));
            }
            let heard = transmitter(event);
            if heard.ecgi.is_some() {
                wanted.named.extend([(key(heard), heard.ecgi), (key(heard), None)]);
                continue;
            }
            let at = event.time.unwrap_or(received);
            let from = at.saturating_sub(RECENT_UNNAMED).unwrap_or(Timestamp::MIN);
            let to = at.saturating_add(RECENT_UNNAMED).unwrap_or(Timestamp::MAX);
            let times = wanted.unnamed.entry(key(heard)).or_insert((from, to));
            *times = (times.0.min(from), times.1.max(to));
        }
        wanted
    }
}

fn key(transmitter: &HeardTransmitter) -> CaseKey {
    (transmitter.pci, transmitter.earfcn)
}

fn alert_key(event: &Event, id: &str) -> AlertKey {
    (event.scanner.to_string(), id.to_owned())
}

fn transmitter(event: &Event) -> &HeardTransmitter {
    match &event.data {
        EventData::Alert { transmitter, .. } | EventData::Sighting { transmitter, .. } => transmitter,
    }
}

impl OpenCase {
    /// Whether what was heard may be this transmitter.
    fn may_match(&self, heard: &HeardTransmitter, at: Timestamp) -> bool {
        let distance_m = self.place.as_ref().zip(heard.position.as_ref()).map(|(a, b)| a.distance_m(b));
        let within = |limit_m: f64| distance_m.is_none_or(|distance_m| distance_m <= limit_m);
        match (self.ecgi, heard.ecgi) {
            (Some(own), Some(other)) => own == other && within(NEAR_M),
            _ => {
                let after = at.duration_since(self.last_heard);
                let before = self.first_heard.duration_since(at);
                after <= RECENT_UNNAMED && before <= RECENT_UNNAMED && within(NEAR_UNNAMED_M)
            }
        }
    }

    /// Whether an estimate of the levels there are now would tell more.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.levels as f64 > self.estimated as f64 * WORTH
    }
}

impl CaseBook {
    /// A book of open cases and of alerts with the cases that they belong to.
    #[must_use]
    pub fn new(open: Vec<OpenCase>, alerts: Vec<(AlertKey, CaseAlertRecord, Option<i64>)>) -> Self {
        let mut book = Self::default();
        open.into_iter().for_each(|case| {
            book.add(case, None);
        });
        for (key, record, case) in alerts {
            let case = case.and_then(|id| book.cases.iter().position(|(open, _)| open.id == Some(id)));
            book.alerts.insert(key, KnownAlert { record, case });
        }
        book
    }

    fn add(&mut self, case: OpenCase, additions: Option<Additions>) -> usize {
        self.by_key.entry(case.key).or_default().push(self.cases.len());
        self.cases.push((case, additions));
        self.cases.len() - 1
    }

    /// Takes a new event in. A sighting of what no alert spoke of belongs to no case.
    pub fn take(&mut self, event: &Event, received: Timestamp) {
        let at = event.time.unwrap_or(received);
        let Some(n) = self.case_of(event, at) else { return };
        let is_new_alert = self.revise(event, n);
        let (case, additions) = &mut self.cases[n];
        enter(case, additions.get_or_insert_default(), event, at, is_new_alert);
    }

    /// The case of an event, made for an alert where there is none.
    fn case_of(&mut self, event: &Event, at: Timestamp) -> Option<usize> {
        let heard = transmitter(event);
        if let EventData::Alert { revision, .. } = &event.data {
            let own = alert_key(event, &revision.alert);
            let of_transmitter = |(key, known): &(&AlertKey, &KnownAlert)| {
                **key != own && key.0 == own.0 && known.record.revision.transmitter == revision.transmitter
            };
            // Which alerts are of one transmitter the highest revision says, whether it came before or comes now.
            let is_newest = self.alerts.get(&own).is_none_or(|known| known.record.revision.number < revision.number);
            let others = self.alerts.iter().filter(of_transmitter).filter(|_| is_newest);
            let known =
                others.filter_map(|(_, known)| known.case).min_by_key(|n| self.cases[*n].0.id.unwrap_or(i64::MAX));
            if let Some(n) = known.or_else(|| self.alerts.get(&own)?.case) {
                return Some(n);
            }
            // That an alert ended, whose case somebody closed, is no news.
            if self.alerts.contains_key(&own) && matches!(revision.state, AlertState::Closed | AlertState::Merged) {
                return None;
            }
        }
        let fits = |n: &&usize| self.cases[**n].0.may_match(heard, at);
        let candidates = self.by_key.get(&key(heard)).into_iter().flatten().filter(fits);
        // Of several, the one that was heard last: the others' rogues may have gone.
        let found = candidates.copied().max_by_key(|n| {
            let case = &self.cases[*n].0;
            (case.ecgi.is_some() == heard.ecgi.is_some(), case.last_heard)
        });
        match (found, &event.data) {
            (Some(n), _) => Some(n),
            (None, EventData::Sighting { .. }) => None,
            (None, EventData::Alert { severity, summary, .. }) => {
                let case = OpenCase {
                    id: None,
                    key: key(heard),
                    ecgi: heard.ecgi,
                    severity: *severity,
                    summary: summary.clone(),
                    first_heard: at,
                    last_heard: at,
                    place: None,
                    alerts: 0,
                    sightings: 0,
                    levels: 0,
                    estimated: 0,
                };
                Some(self.add(case, None))
            }
        }
    }

    /// Takes an alert's revision where it is the highest, and the alert into a case; whether the alert was not known.
    fn revise(&mut self, event: &Event, n: usize) -> bool {
        let EventData::Alert { revision, severity, summary, .. } = &event.data else { return false };
        let key = alert_key(event, &revision.alert);
        let record = CaseAlertRecord {
            revision: revision.clone(),
            severity: *severity,
            summary: summary.clone(),
            time: event.time,
        };
        let before = self.alerts.get(&key);
        let (is_new, came_from) = (before.is_none(), before.and_then(|known| known.case).filter(|case| *case != n));
        let record = match before {
            Some(known) if known.record.revision.number >= revision.number => known.record.clone(),
            _ => record,
        };
        self.alerts.insert(key.clone(), KnownAlert { record: record.clone(), case: Some(n) });
        if let Some(case) = came_from {
            self.leave(case, n, &key);
        }
        self.cases[n].1.get_or_insert_default().revisions.insert(key, record);
        is_new
    }

    /// Takes an alert out of a case, of which it turned out not to be, into another.
    fn leave(&mut self, from: usize, to: usize, alert: &AlertKey) {
        if let (_, Some(additions)) = &mut self.cases[from] {
            additions.revisions.remove(alert);
        }
        let (case, additions) = &self.cases[from];
        let written = case.id;
        let is_empty = written.is_none() && additions.as_ref().is_none_or(|additions| additions.revisions.is_empty());
        let moved = if is_empty { self.cases[from].1.take() } else { None };
        if is_empty {
            self.by_key.values_mut().for_each(|cases| cases.retain(|case| *case != from));
        }
        let counts = self.cases[from].0.clone();
        let (case, additions) = &mut self.cases[to];
        let additions = additions.get_or_insert_default();
        additions.from.extend(written);
        // A case of this batch alone goes with its alert; one that is written the database empties.
        let Some(moved) = moved else { return };
        case.alerts += counts.alerts;
        case.sightings += counts.sightings;
        case.levels += counts.levels;
        case.first_heard = case.first_heard.min(counts.first_heard);
        case.last_heard = case.last_heard.max(counts.last_heard);
        additions.rules.extend(moved.rules);
        additions.alerts.extend(moved.alerts);
        additions.levels.extend(moved.levels);
        additions.from.extend(moved.from);
        for (scanner, share) in moved.scanners {
            let none = ScannerShare { alerts: 0, sightings: 0, last_heard: share.last_heard };
            let own = additions.scanners.entry(scanner).or_insert(none);
            own.alerts += share.alerts;
            own.sightings += share.sightings;
            own.last_heard = own.last_heard.max(share.last_heard);
        }
    }

    /// The cases that something was added to.
    pub fn changed(self) -> impl Iterator<Item = (OpenCase, Additions)> {
        self.cases.into_iter().filter_map(|(case, additions)| Some((case, additions?)))
    }
}

fn enter(case: &mut OpenCase, additions: &mut Additions, event: &Event, at: Timestamp, is_new_alert: bool) {
    let heard = transmitter(event);
    let scanner = event.scanner.to_string();
    case.ecgi = case.ecgi.or(heard.ecgi);
    if heard.position.is_some() && (case.place.is_none() || at >= case.last_heard) {
        case.place = heard.position;
    }
    case.first_heard = case.first_heard.min(at);
    case.last_heard = case.last_heard.max(at);
    let none = ScannerShare { alerts: 0, sightings: 0, last_heard: at };
    let share = additions.scanners.entry(scanner.clone()).or_insert(none);
    share.last_heard = share.last_heard.max(at);
    match &event.data {
        EventData::Alert { rule, .. } => {
            share.alerts += u64::from(is_new_alert);
            case.alerts += u64::from(is_new_alert);
            additions.rules.insert(rule.clone());
            additions.alerts.push((scanner, event.id.clone()));
        }
        EventData::Sighting { level, .. } => {
            share.sightings += 1;
            case.sightings += 1;
            if let (Some(level), Some(place)) = (*level, heard.position) {
                case.levels += 1;
                additions.levels.push(HeardLevel { scanner, time: at, place, level });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_event::outbox::ScannerName;

    struct Heard {
        scanner: &'static str,
        ecgi: Option<&'static str>,
        pci: u16,
        /// Kilometres east of a place.
        east_km: f64,
        hour: i64,
    }

    const FIRST: Heard = Heard { scanner: "van-1", ecgi: Some("450-08-5a00101"), pci: 452, east_km: 0.0, hour: 0 };

    fn time(hour: i64) -> Timestamp {
        "2026-11-20T00:00:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_hours(hour)
    }

    fn event(heard: &Heard, alert: bool) -> Event {
        let Heard { scanner, ecgi, pci, east_km, hour } = *heard;
        let position = Some(Position { lat: 0.0, lon: east_km / 111.195, error_m: 5.0 });
        let ecgi = ecgi.map(|text| text.parse().expect("an ECGI"));
        let transmitter = HeardTransmitter { ecgi, pci, earfcn: Some(1550), position };
        let data = if alert {
            let (rule, summary) = ("unregistered".to_owned(), "a cell".to_owned());
            let revision = revision(&format!("{scanner} {ecgi:?} {pci} {hour} {east_km}"), 1);
            EventData::Alert { transmitter, revision, rule, severity: Severity::High, summary }
        } else {
            EventData::Sighting { transmitter, level: Some(Level::Relative(-60.0)) }
        };
        let scanner = ScannerName::new(scanner).expect("a name");
        Event { scanner, id: String::new(), time: Some(time(hour)), cell: String::new(), data, json: String::new() }
    }

    fn revision(alert: &str, number: u32) -> AlertRevision {
        AlertRevision { alert: alert.into(), number, state: AlertState::Raised, transmitter: alert.into() }
    }

    /// How many cases alerts make.
    fn cases(alerts: &[Heard]) -> usize {
        let mut book = CaseBook::default();
        alerts.iter().for_each(|heard| book.take(&event(heard, true), time(0)));
        book.changed().count()
    }

    #[test]
    fn one_rogue_heard_by_three_scanners_is_one_case() {
        let mut book = CaseBook::default();
        for (scanner, east_km) in [("van-1", 0.0), ("van-2", 1.5), ("van-3", -2.0)] {
            let heard = Heard { scanner, east_km, ..FIRST };
            book.take(&event(&heard, true), time(0));
            book.take(&event(&heard, false), time(0));
        }
        let changed: Vec<_> = book.changed().collect();
        let [(case, additions)] = &changed[..] else { panic!("one case, not {}", changed.len()) };
        assert_eq!((case.alerts, case.sightings, case.levels), (3, 3, 3));
        assert_eq!(additions.scanners.keys().collect::<Vec<_>>(), ["van-1", "van-2", "van-3"]);
        assert!(case.is_stale());
    }

    /// An event of a revision of an alert on a cell of its own.
    fn revised(alert: &'static str, number: u32, state: AlertState, transmitter: &str) -> Event {
        let pci = u16::from(alert.as_bytes()[0]);
        let heard = Heard { pci, ecgi: None, hour: i64::from(number), ..FIRST };
        let mut event = event(&heard, true);
        if let EventData::Alert { revision, severity, summary, .. } = &mut event.data {
            *revision = AlertRevision { alert: alert.into(), number, state, transmitter: transmitter.into() };
            (*severity, *summary) = (Severity::Critical, format!("{alert} {number}"));
        }
        event
    }

    #[test]
    fn revisions_in_any_order_and_twice_make_one_case_with_the_highest() {
        let events = [
            revised("a", 1, AlertState::Raised, "a"),
            revised("b", 1, AlertState::Raised, "b"),
            revised("a", 2, AlertState::Risen, "a"),
            revised("b", 2, AlertState::Merged, "a"),
        ];
        let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 2, 0], [3, 1, 0, 2], [2, 0, 3, 1], [1, 0, 3, 2]];
        for order in orders {
            let mut book = CaseBook::default();
            for n in order.into_iter().chain(order) {
                book.take(&events[n], time(0));
            }
            let changed: Vec<_> = book.changed().collect();
            let [(case, additions)] = &changed[..] else { panic!("{order:?}: {} cases", changed.len()) };
            let highest: Vec<_> =
                additions.revisions.values().map(|r| (&*r.revision.alert, r.revision.number, &*r.summary)).collect();
            assert_eq!(highest, [("a", 2, "a 2"), ("b", 2, "b 2")], "{order:?}");
            assert_eq!((case.alerts, additions.from.len()), (2, 0), "{order:?}");
        }
    }

    #[test]
    fn an_alert_of_a_transmitter_joins_its_written_case_and_leaves_its_own() {
        let case = |id: i64, pci: u16| OpenCase {
            id: Some(id),
            key: (pci, Some(1550)),
            ecgi: None,
            severity: Severity::High,
            summary: "s".into(),
            first_heard: time(0),
            last_heard: time(0),
            place: None,
            alerts: 1,
            sightings: 0,
            levels: 0,
            estimated: 0,
        };
        let known = |alert: &str, number: u32| CaseAlertRecord {
            revision: revision(alert, number),
            severity: Severity::High,
            summary: "s".into(),
            time: None,
        };
        let key = |alert: &str| ("van-1".to_owned(), alert.to_owned());
        let alerts = vec![(key("a"), known("a", 1), Some(7)), (key("b"), known("b", 1), Some(9))];
        let mut book = CaseBook::new(vec![case(7, 97), case(9, 98)], alerts);
        book.take(&revised("b", 2, AlertState::Merged, "a"), time(0));
        let changed: Vec<_> = book.changed().collect();
        let [(case, additions)] = &changed[..] else { panic!("{} cases", changed.len()) };
        assert_eq!((case.id, &additions.from), (Some(7), &BTreeSet::from([9])));
        assert_eq!(case.alerts, 1, "the database counts what came from another case");
    }

    #[test]
    fn what_ended_after_its_case_was_closed_opens_none() {
        let record =
            CaseAlertRecord { revision: revision("a", 1), severity: Severity::High, summary: "s".into(), time: None };
        let mut book = CaseBook::new(Vec::new(), vec![(("van-1".into(), "a".into()), record, None)]);
        book.take(&revised("a", 2, AlertState::Closed, "a"), time(0));
        assert_eq!(book.changed().count(), 0);
    }

    #[test]
    fn others_are_other_cases() {
        let far = Heard { east_km: 30.0, ..FIRST };
        let other_cell = Heard { ecgi: Some("450-08-5a00102"), ..FIRST };
        let other_pci = Heard { pci: 453, ..FIRST };
        for other in [far, other_cell, other_pci] {
            assert_eq!(cases(&[FIRST, other]), 2);
        }
        assert_eq!(cases(&[FIRST, Heard { hour: 24 * 7, ..FIRST }]), 1, "a week later at one place");
    }

    #[test]
    fn what_is_driven_about_stays_one_case_as_long_as_it_is_followed() {
        let followed: Vec<Heard> =
            (0..10).map(|n| Heard { east_km: f64::from(n) * 6.0, hour: n.into(), ..FIRST }).collect();
        assert_eq!(cases(&followed), 1);
    }

    #[test]
    fn a_cell_without_a_name_joins_what_is_near_in_place_and_time() {
        let unnamed = |east_km, hour| Heard { ecgi: None, east_km, hour, ..FIRST };
        assert_eq!(cases(&[FIRST, unnamed(1.0, 2)]), 1);
        assert_eq!(cases(&[unnamed(1.0, 2), FIRST]), 1, "and gets its name later");
        assert_eq!(cases(&[FIRST, unnamed(3.0, 2)]), 2);
        assert_eq!(cases(&[FIRST, unnamed(1.0, 26)]), 2);
        assert_eq!(cases(&[unnamed(1.0, 26), FIRST]), 2, "also where the older one comes later");
    }

    #[test]
    fn the_cases_that_are_asked_for_are_those_that_may_fit() {
        let heard = [FIRST, Heard { ecgi: None, hour: 3, ..FIRST }, Heard { ecgi: None, hour: 5, ..FIRST }];
        let events: Vec<Event> = heard.iter().map(|heard| event(heard, false)).collect();
        let wanted = Wanted::of(&events.iter().collect::<Vec<_>>(), time(0));
        let key = (452, Some(1550));
        let ecgi = FIRST.ecgi.map(|text| text.parse().expect("an ECGI"));
        assert_eq!(wanted.named, BTreeSet::from([(key, ecgi), (key, None)]));
        assert_eq!(wanted.unnamed, BTreeMap::from([(key, (time(3 - 24), time(5 + 24)))]));
    }

    #[test]
    fn a_sighting_opens_no_case() {
        let mut book = CaseBook::default();
        book.take(&event(&FIRST, false), time(0));
        assert_eq!(book.changed().count(), 0);
    }
}
