//! What phones would have made of a suspicious transmitter at each stop.

use super::{Stop, Transmitter};
use crate::locate::{Coverage, footprint::Q_HYST_DEFAULT_DB};

/// The strongest honest cell at each stop that phones of anybody may camp on.
pub(super) struct Servers(Vec<Option<Server>>);

#[derive(Clone, Copy)]
struct Server {
    level_db: f64,
    q_hyst_db: f64,
}

impl Servers {
    /// The servers of a drive with so many stops.
    pub(super) fn of(transmitters: &[Transmitter], stops: usize) -> Self {
        let mut servers: Vec<Option<Server>> = vec![None; stops];
        for transmitter in transmitters.iter().filter(|t| !t.suspicious && t.is_open()) {
            let q_hyst_db = transmitter.q_hyst_db.map_or(Q_HYST_DEFAULT_DB, f64::from);
            for reading in &transmitter.readings {
                let server = &mut servers[reading.stop];
                if server.is_none_or(|server| server.level_db < reading.level_db) {
                    *server = Some(Server { level_db: reading.level_db, q_hyst_db });
                }
            }
        }
        Self(servers)
    }

    /// The stops with a place and levels where the rogue's carrier was searched, or it was heard all the same.
    pub(super) fn coverage(&self, rogue: &Transmitter, stops: &[Stop]) -> Vec<Coverage> {
        let carrier_hz = rogue.best.carrier.hz;
        let mut levels: Vec<Option<f64>> = vec![None; stops.len()];
        for reading in &rogue.readings {
            let level = &mut levels[reading.stop];
            *level = Some(level.map_or(reading.level_db, |known| known.max(reading.level_db)));
        }
        let mut coverage = Vec::new();
        for (i, stop) in stops.iter().enumerate() {
            let counts = levels[i].is_some() || stop.searched.holds(carrier_hz);
            let Some(place) = stop.place.filter(|_| counts && stop.has_levels()) else { continue };
            coverage.push(Coverage {
                place,
                time: stop.time,
                rogue_db: levels[i],
                serving_db: self.0[i].map(|server| server.level_db),
                q_hyst_db: self.0[i].map_or(Q_HYST_DEFAULT_DB, |server| server.q_hyst_db),
            });
        }
        coverage
    }
}
