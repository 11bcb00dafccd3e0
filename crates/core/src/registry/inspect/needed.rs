//! What SIB1 needed over the noise where the drives were, for places where they will be.

use std::collections::BTreeMap;

use super::InspectedDwell;
use crate::observation::Position;

/// The level over the noise at which one of two SIB1s is decoded, by carrier and place.
#[derive(Debug, Clone, Default)]
pub struct Needed {
    by_place: BTreeMap<(u32, i32, i32), Mean>,
    by_carrier: BTreeMap<u32, Mean>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum_db: f64,
    dwells: u32,
}

/// Where no dwell searched a carrier: beside a macro cell 30 dB above the noise, as is usual in a city, in dB.
const UNKNOWN_DB: f64 = 14.0;

/// A hundredth of a degree: half a kilometre to one.
const PLACES_PER_DEGREE: f64 = 100.0;

impl Mean {
    fn add(&mut self, db: f64) {
        self.sum_db += db;
        self.dwells += 1;
    }

    fn db(self) -> f64 {
        self.sum_db / f64::from(self.dwells.max(1))
    }
}

impl Needed {
    /// Of these dwells, on these carriers.
    pub(super) fn of<'a>(dwells: impl Iterator<Item = &'a InspectedDwell>, earfcns: &[u32]) -> Self {
        let mut needed = Self::default();
        for dwell in dwells {
            let Some(here) = dwell.position else { continue };
            for &earfcn in earfcns.iter().filter(|&&earfcn| dwell.searched(earfcn)) {
                let db = dwell.needed_db(earfcn, None);
                needed.by_place.entry(place(earfcn, here)).or_default().add(db);
                needed.by_carrier.entry(earfcn).or_default().add(db);
            }
        }
        needed
    }

    /// What is expected at a place, in dB: as around it, else as elsewhere on the carrier.
    #[must_use]
    pub fn db(&self, earfcn: u32, here: Position) -> f64 {
        let mean = self.by_place.get(&place(earfcn, here)).or_else(|| self.by_carrier.get(&earfcn));
        mean.map_or(UNKNOWN_DB, |mean| mean.db())
    }
}

fn place(earfcn: u32, here: Position) -> (u32, i32, i32) {
    let part = |degrees: f64| (degrees * PLACES_PER_DEGREE).floor() as i32;
    (earfcn, part(here.lat), part(here.lon))
}
