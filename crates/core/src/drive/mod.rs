//! A drive: the one model that reports, comparisons, inspections and the live view read.
//!
//! In: dwells with their judged cells, and alerts. Out: the stops with what each searched, the transmitters with their
//! levels along the way, which of them are suspicious, where those are and whom they reached. Pure: no file, clock or
//! thread.
//!
//! ```text
//! dwell + cells → add → stops, transmitters → finish → suspicious? → where? → whom did it reach?
//! ```

mod comparison;
mod dwell;
pub mod homing;
mod reach;
mod transmitter;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use cellwarden_event::RuleId;
use jiff::Timestamp;
use lte_dsp::cell::Pci;

use crate::{
    alert::{Alert, CellId},
    detect::co_moving,
    locate::{
        Whereabouts,
        footprint::{footprint, modelled},
    },
    observation::{Ecgi, MAX_CLIPPED, Position},
};

pub use crate::observation::Searched;
pub use comparison::{Difference, Fate, compare};
pub use dwell::{JudgedCell, SearchedDwell};
use reach::Servers;
use transmitter::located;
pub use transmitter::{Reading, Transmitter};

/// A drive, or several, brought together by transmitter.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Drive {
    /// The dwells, in order of time.
    pub stops: Vec<Stop>,
    /// The transmitters: suspicious ones first, then by their strongest level.
    pub transmitters: Vec<Transmitter>,
}

/// A dwell as a stop of the drive.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// File stem of the recording, or the dwell's own id.
    pub recording: String,
    /// Time of the first sample.
    pub time: Option<Timestamp>,
    /// Where the receiver was.
    pub place: Option<Position>,
    /// What was searched.
    pub searched: Searched,
    /// Share of its samples that the converter clipped.
    pub clipped: f64,
}

impl Stop {
    /// Whether the levels measured there are right: the converter did not clip.
    #[must_use]
    pub fn has_levels(&self) -> bool {
        self.clipped < MAX_CLIPPED
    }
}

/// Stops that are kept at most while a drive goes on; beyond, the older half is forgotten.
const MAX_STOPS: usize = 1 << 16;

/// What a cell is known by: carrier in hertz, physical-layer identity, and global identifier once it is read.
type Key = (u64, Pci, Option<Ecgi>);

/// The cell as alerts name it.
fn accused(id: &CellId) -> Accused {
    (id.ecgi, id.pci, id.earfcn)
}

fn key_of(id: &CellId) -> Key {
    (id.carrier_hz, id.pci, id.ecgi)
}

/// A drive in the making: dwells are added in the order of their times.
#[derive(Debug, Default)]
pub struct DriveBuilder {
    stops: Vec<Stop>,
    heard: BTreeMap<Key, Transmitter>,
    /// Cells that alerts are about, with the rules that raised them.
    alerted: BTreeMap<Accused, BTreeSet<RuleId>>,
    /// The alerts by their ids.
    alerts: BTreeMap<String, Named>,
    /// Carriers and physical-layer identities under which each global identifier was heard.
    heard_under: BTreeMap<Ecgi, BTreeSet<(u64, Pci)>>,
}

/// A cell as alerts name it.
type Accused = (Option<Ecgi>, Pci, Option<u32>);

/// What an alert names.
#[derive(Debug)]
struct Named {
    /// The first alert of the same transmitter.
    transmitter: String,
    cell: Accused,
    /// Further identities of the transmitter.
    identities: Vec<Ecgi>,
}

impl DriveBuilder {
    /// Adds a dwell.
    pub fn add(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell]) {
        let stop = self.stops.len();
        self.stops.push(Stop {
            recording: dwell.recording.clone(),
            time: dwell.start,
            place: dwell.position,
            searched: dwell.searched(),
            clipped: dwell.clipped,
        });
        for JudgedCell { observation, verdict, .. } in cells {
            let id = CellId::new(observation, observation.ecgi());
            if let Some(ecgi) = id.ecgi {
                self.heard_under.entry(ecgi).or_default().insert((id.carrier_hz, id.pci));
            }
            match self.heard.entry(key_of(&id)) {
                Entry::Occupied(mut known) => known.get_mut().hear(observation, *verdict, stop),
                Entry::Vacant(new) => {
                    new.insert(Transmitter::new(id, observation, *verdict, stop));
                }
            }
        }
    }

    /// Adds an alert, or a later revision of it. One that was explained says nothing against its cells.
    pub fn add_alert(&mut self, alert: &Alert) {
        let cell = (alert.ecgi, alert.pci, alert.earfcn);
        if alert.is_explained() {
            self.alerts.remove(&alert.id);
            if let Entry::Occupied(mut rules) = self.alerted.entry(cell) {
                rules.get_mut().remove(&alert.rule);
                if rules.get().is_empty() {
                    rules.remove();
                }
            }
            return;
        }
        self.alerted.entry(cell).or_default().insert(alert.rule.clone());
        // Older versions named no transmitter.
        let transmitter = if alert.transmitter.is_empty() { &alert.id } else { &alert.transmitter };
        let (transmitter, identities) = (transmitter.clone(), alert.identities.clone());
        self.alerts.insert(alert.id.clone(), Named { transmitter, cell, identities });
    }

    /// Where a cell is by what was heard until now; `None` where it is not suspicious, or was not heard.
    ///
    /// A cell heard without its name is the one named on its carrier and physical-layer identity.
    #[must_use]
    pub fn locate(&self, id: &CellId) -> Option<(&Transmitter, Whereabouts)> {
        let key = self.name_of(&key_of(id)).unwrap_or(key_of(id));
        let transmitter = self.heard.get(&key)?;
        if !self.is_suspicious(transmitter) {
            return None;
        }
        // The same levels as at the end, or the same cell would be at two places.
        let alerts = self.alerts_of(&transmitter.id);
        let named = |other: &Key| self.heard.get(&self.name_of(other).unwrap_or(*other));
        let is_one = |other: &Key| named(other).is_some_and(|other| self.is_one(&transmitter.id, &alerts, &other.id));
        let all = self.heard.iter().filter(|(other, _)| is_one(other));
        let mut readings: Vec<&Reading> = all.flat_map(|(_, transmitter)| &transmitter.readings).collect();
        readings.sort_by_key(|reading| reading.stop);
        Some((transmitter, self.whereabouts(transmitter, &readings)))
    }

    /// Forgets the older half of a drive that has become long, so that one that never ends takes bounded memory.
    pub fn forget_old(&mut self) {
        if self.stops.len() <= MAX_STOPS {
            return;
        }
        let gone = self.stops.len() / 2;
        self.stops.drain(..gone);
        self.heard.retain(|_, transmitter| {
            transmitter.readings.retain(|reading| reading.stop >= gone);
            transmitter.readings.iter_mut().for_each(|reading| reading.stop -= gone);
            !transmitter.readings.is_empty()
        });
        let names: BTreeSet<Ecgi> = self.heard.keys().filter_map(|(.., ecgi)| *ecgi).collect();
        self.heard_under.retain(|ecgi, _| names.contains(ecgi));
    }

    /// Ends the drive: names what was heard without its name, locates what is suspicious, and finds whom it reached.
    #[must_use]
    pub fn finish(mut self) -> Drive {
        let named: Vec<(Key, Key)> =
            self.heard.keys().filter_map(|unnamed| Some((*unnamed, self.name_of(unnamed)?))).collect();
        for (unnamed, named) in named {
            if let (Some(transmitter), Some(known)) = (self.heard.remove(&unnamed), self.heard.get_mut(&named)) {
                known.join(transmitter);
            }
        }
        let mut transmitters: Vec<Transmitter> = std::mem::take(&mut self.heard).into_values().collect();
        for transmitter in &mut transmitters {
            transmitter.readings.sort_by_key(|reading| reading.stop);
            transmitter.suspicious = self.is_suspicious(transmitter);
        }
        let level = |t: &Transmitter| t.strongest().map_or(f64::NEG_INFINITY, |r| r.level_db);
        transmitters.sort_by(|a, b| b.suspicious.cmp(&a.suspicious).then(level(b).total_cmp(&level(a))));
        let servers = Servers::of(&transmitters, self.stops.len());
        let places: Vec<Option<Whereabouts>> =
            transmitters.iter().map(|t| t.suspicious.then(|| self.place_among(t, &transmitters))).collect();
        for (transmitter, place) in transmitters.iter_mut().zip(places) {
            let Some(whereabouts) = place else { continue };
            let coverage = servers.coverage(transmitter, &self.stops);
            transmitter.footprint = footprint(&coverage);
            if let Whereabouts::Fixed(fix) = &whereabouts {
                transmitter.modelled = modelled(&coverage, fix);
            }
            transmitter.whereabouts = Some(whereabouts);
        }
        Drive { stops: self.stops, transmitters }
    }

    /// The one cell that was named on the carrier and physical-layer identity of one without a name; `None` where there
    /// are several, or where it has a name.
    fn name_of(&self, &(carrier_hz, pci, ecgi): &Key) -> Option<Key> {
        let on_it =
            self.heard.range((carrier_hz, pci, None)..).take_while(|((hz, p, _), _)| (*hz, *p) == (carrier_hz, pci));
        let mut named = on_it.map(|(key, _)| *key).filter(|(.., ecgi)| ecgi.is_some());
        let first = named.next().filter(|_| ecgi.is_none())?;
        named.next().is_none().then_some(first)
    }

    /// Where a transmitter is among all, by the levels of every identity that it gave.
    fn place_among(&self, transmitter: &Transmitter, all: &[Transmitter]) -> Whereabouts {
        let alerts = self.alerts_of(&transmitter.id);
        let is_one = |other: &&Transmitter| self.is_one(&transmitter.id, &alerts, &other.id);
        let mut readings: Vec<&Reading> = all.iter().filter(is_one).flat_map(|other| &other.readings).collect();
        readings.sort_by_key(|reading| reading.stop);
        self.whereabouts(transmitter, &readings)
    }

    /// The alerts of a cell's transmitter, of whichever identity; none where no alert names it.
    fn alerts_of(&self, id: &CellId) -> Vec<&Named> {
        let own: BTreeSet<&str> =
            self.alerts.values().filter(|alert| self.names(alert, id)).map(|alert| &*alert.transmitter).collect();
        self.alerts.values().filter(|alert| own.contains(&*alert.transmitter)).collect()
    }

    /// Whether an alert names a cell. Of an identity that was heard under several physical-layer identities it does not say
    /// which, and one of them may be genuine.
    fn names(&self, alert: &Named, id: &CellId) -> bool {
        let is_only_one = |ecgi: &Ecgi| self.heard_under.get(ecgi).is_some_and(|under| under.len() == 1);
        alert.cell == accused(id) || id.ecgi.is_some_and(|ecgi| alert.identities.contains(&ecgi) && is_only_one(&ecgi))
    }

    /// Whether a cell is the same transmitter as the one that these alerts are of.
    fn is_one(&self, own: &CellId, alerts: &[&Named], other: &CellId) -> bool {
        own == other || alerts.iter().any(|alert| self.names(alert, other))
    }

    /// Whether its verdict or an alert says that it should not be as it is.
    fn is_suspicious(&self, transmitter: &Transmitter) -> bool {
        let is_named = || self.alerts.values().any(|alert| self.names(alert, &transmitter.id));
        transmitter.verdict.is_suspicious() || self.rules_about(&transmitter.id).is_some() || is_named()
    }

    fn rules_about(&self, id: &CellId) -> Option<&BTreeSet<RuleId>> {
        self.alerted.get(&accused(id))
    }

    /// The one way to locate: by all readings of a transmitter, in the order of the stops.
    fn whereabouts(&self, transmitter: &Transmitter, readings: &[&Reading]) -> Whereabouts {
        let co_moving = RuleId::of(co_moving::ABOUT.id);
        let of_transmitter =
            self.alerts_of(&transmitter.id).into_iter().filter_map(|alert| self.alerted.get(&alert.cell));
        let found_co_moving =
            self.rules_about(&transmitter.id).into_iter().chain(of_transmitter).any(|rules| rules.contains(&co_moving));
        located(readings, &self.stops, found_co_moving)
    }
}

#[cfg(test)]
mod tests;
