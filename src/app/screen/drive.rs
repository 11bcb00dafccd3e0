//! The receiver's track, and the registered sites along it.

use std::{collections::BTreeSet, sync::Arc};

use crate::tui::{ScreenSnapshot, state::Site};
use cellwarden_core::{observation::Position, registry::Lookup};
use cellwarden_store::registry::RegisteredCells;

/// Places of the track kept; the oldest goes first.
const MAX_TRACK: usize = 20_000;
const MAX_SITES: usize = 2_000;
/// Around each part of the track, registered sites are shown out to here.
const SITES_M: f64 = 3_000.0;
/// How far the receiver moves before sites are looked up again.
const SITES_AGAIN_M: f64 = 1_000.0;

/// Where sites were looked up, and which are shown.
#[derive(Default)]
pub struct Sites {
    at: Vec<Position>,
    known: BTreeSet<(i64, i64)>,
}

impl Sites {
    /// The receiver is here.
    pub fn drive(&mut self, snapshot: &mut ScreenSnapshot, here: Position, registry: Option<&RegisteredCells>) {
        let track = Arc::make_mut(&mut snapshot.track);
        if track.last() != Some(&here) {
            track.push(here);
            let excess = track.len().saturating_sub(MAX_TRACK);
            track.drain(..excess);
        }
        let is_known = self.at.iter().any(|at| at.distance_m(&here) < SITES_AGAIN_M);
        let Some(registry) = registry.filter(|_| !is_known && self.at.len() < MAX_TRACK) else { return };
        self.at.push(here);
        let sites = Arc::make_mut(&mut snapshot.sites);
        // The map alone lacks what cannot be read; a dwell that cannot be judged ends the drive.
        let near = registry.near(here, SITES_M, MAX_SITES).unwrap_or_else(|error| {
            tracing::warn!(%error, "no registered sites");
            Vec::new()
        });
        for (cell, _) in near {
            if sites.len() >= MAX_SITES {
                break;
            }
            let Some(place) = cell.place else { continue };
            // Sectors of one site are one place on the map.
            let spot = ((place.lat * 1e5) as i64, (place.lon * 1e5) as i64);
            if self.known.insert(spot) {
                sites.push(Site { place, kind: cell.kind, status: cell.status });
            }
        }
    }
}
