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

fn key_of(id: &CellId) -> Key {
    (id.carrier_hz, id.pci, id.ecgi)
}

/// A drive in the making: dwells are added in the order of their times.
#[derive(Debug, Default)]
pub struct DriveBuilder {
    stops: Vec<Stop>,
    heard: BTreeMap<Key, Transmitter>,
    /// Cells that alerts are about, with the rules that raised them.
    alerted: BTreeMap<(Option<Ecgi>, Pci, Option<u32>), BTreeSet<RuleId>>,
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
            match self.heard.entry(key_of(&id)) {
                Entry::Occupied(mut known) => known.get_mut().hear(observation, *verdict, stop),
                Entry::Vacant(new) => {
                    new.insert(Transmitter::new(id, observation, *verdict, stop));
                }
            }
        }
    }

    /// Adds an alert.
    pub fn add_alert(&mut self, alert: &Alert) {
        self.alerted.entry((alert.ecgi, alert.pci, alert.earfcn)).or_default().insert(alert.rule.clone());
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
        let unnamed = (key.0, key.1, None);
        let unnamed = self.heard.get(&unnamed).filter(|_| self.name_of(&unnamed) == Some(key));
        let mut readings: Vec<&Reading> =
            transmitter.readings.iter().chain(unnamed.iter().flat_map(|unnamed| &unnamed.readings)).collect();
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
        for transmitter in transmitters.iter_mut().filter(|transmitter| transmitter.suspicious) {
            let whereabouts = self.whereabouts(transmitter, &transmitter.readings.iter().collect::<Vec<_>>());
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

    /// Whether its verdict or an alert says that it should not be as it is.
    fn is_suspicious(&self, transmitter: &Transmitter) -> bool {
        transmitter.verdict.is_suspicious() || self.rules_about(&transmitter.id).is_some()
    }

    fn rules_about(&self, id: &CellId) -> Option<&BTreeSet<RuleId>> {
        self.alerted.get(&(id.ecgi, id.pci, id.earfcn))
    }

    /// The one way to locate: by all readings of a transmitter, in the order of the stops.
    fn whereabouts(&self, transmitter: &Transmitter, readings: &[&Reading]) -> Whereabouts {
        let rules = self.rules_about(&transmitter.id);
        let found_co_moving = rules.is_some_and(|rules| rules.contains(&RuleId::of(co_moving::ABOUT.id)));
        located(readings, &self.stops, found_co_moving)
    }
}

#[cfg(test)]
mod tests;
