//! What levels mean in a receiver that is not calibrated: the registered macro cells of the drive say it.
//!
//! A level in dBFS says nothing of a distance. But the macro cells that were heard as registered stand at known places,
//! so each sighting gives the power that would make its level in free space: the least it can have radiated. The highest
//! of those powers stands for the operator's stations; no honest cell is much stronger, and walls only make cells weaker.

use super::history::{History, Track};
use crate::registry::{CellKind, path_loss::free_space_db};

/// Sightings of them that must have been made.
const SIGHTINGS_MIN: usize = 6;

/// Es/N0 from which a sighting's level is the cell's and not the noise's.
const SINR_MIN_DB: f64 = 0.0;

/// Nearer than this the antenna's pattern says more than the distance.
pub(super) const NEAR_M: f64 = 50.0;

/// The least power of the operator's strongest station, in the receiver's own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerCalibration {
    /// Radiated power that explains the levels of the macro cells in free space, in dB of the levels' unit.
    pub reference_db: f64,
    /// Macro cells it rests on.
    pub macros: usize,
    /// Sightings it rests on.
    pub sightings: usize,
}

impl PowerCalibration {
    /// The calibration by every macro cell heard as registered, except for one track; `None` of fewer than `min_macros`.
    #[must_use]
    pub fn of(history: &History, carrier_hz: f64, except: &Track, min_macros: usize) -> Option<Self> {
        let mut powers = Vec::new();
        let mut macros = 0;
        for levels in levels_of_macros(history, except) {
            let power_db = |(distance_m, level_db): (f64, f64)| level_db + free_space_db(carrier_hz, distance_m);
            let before = powers.len();
            powers.extend(levels.map(power_db));
            macros += usize::from(powers.len() > before);
        }
        if macros < min_macros || powers.len() < SIGHTINGS_MIN {
            return None;
        }
        let reference_db = powers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Self { reference_db, macros, sightings: powers.len() })
    }

    /// The most that a station at a distance can be heard with.
    #[must_use]
    pub fn ceiling_db(&self, distance_m: f64, carrier_hz: f64) -> f64 {
        self.reference_db - free_space_db(carrier_hz, distance_m.max(NEAR_M))
    }

    /// How far a station can be at most that is heard at a level, in metres.
    #[must_use]
    pub fn reach_m(&self, level_db: f64, carrier_hz: f64) -> f64 {
        1e3 * 10f64.powf((self.reference_db - level_db - free_space_db(carrier_hz, 1e3)) / 20.0)
    }
}

/// Of every macro cell heard as registered, except for one track, its distances in metres, none below [`NEAR_M`], and the
/// levels there.
pub(super) fn levels_of_macros<'a>(
    history: &'a History,
    except: &'a Track,
) -> impl Iterator<Item = impl Iterator<Item = (f64, f64)> + use<'a>> + use<'a> {
    let others = history.tracks().iter().filter(move |t| !std::ptr::eq(*t, except) && t.is_genuine(CellKind::Macro));
    others.filter_map(|track| {
        let site = track.last_confirmed().and_then(|k| k.registered?.place)?;
        let strong = track.sightings.iter().filter(|s| s.sinr_db >= SINR_MIN_DB);
        Some(strong.filter_map(move |s| Some((s.position?.distance_m(&site).max(NEAR_M), s.level_db?))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_and_ceiling_are_inverse() {
        let calibration = PowerCalibration { reference_db: 40.0, macros: 2, sightings: 9 };
        for distance_m in [60.0, 400.0, 9_000.0] {
            let level = calibration.ceiling_db(distance_m, 1840e6);
            assert!((calibration.reach_m(level, 1840e6) / distance_m - 1.0).abs() < 1e-9);
        }
    }
}
