//! Frame timing against the registered macro cells around, in a network whose cells send their frames at one time.

use serde_json::Value;

use super::{
    history::{median, timebase::wrap_s},
    rule::{Case, Heard, rounded},
};
use crate::{
    observation::{CellState, Position},
    registry::CellKind,
};

/// Speed of light in m/s.
const LIGHT_MPS: f64 = 299_792_458.0;

/// How far the frames of a synchronised network's cells may be apart. TS 36.133 §7.4.2, large cells.
const SYNCHRONISED_S: f64 = 10e-6;

/// Sites that must agree: of two that are not synchronised, one pair in 500 does.
const SITES_MIN: usize = 2;

/// Registered places nearer than this are one site, whose cells have one clock anyway.
const SAME_SITE_M: f64 = 100.0;

/// How a cell's frames compare with those of the macro cells around, each freed of the way from its registered site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkTiming {
    /// Sites that agree.
    sites: usize,
    /// How far after theirs the cell's frames are, as sent from its registered site.
    after_s: f64,
    /// How much of that the places' errors, threefold, and the network's own spread explain.
    allowed_s: f64,
}

impl NetworkTiming {
    /// The timing of a cell registered at a place; `None` where no network with common timing is heard in the dwell.
    #[must_use]
    pub fn of(case: &Case<'_>, site: Position) -> Option<Self> {
        let observation = case.observation();
        let here = observation.position.filter(|_| observation.state >= CellState::Mib)?;
        let sent_s = |at_s: f64, site: &Position| at_s - here.distance_m(site) / LIGHT_MPS;
        let mut sites: Vec<(Position, f64)> = Vec::new();
        for (place, at_s) in case.others().filter_map(genuine_macro) {
            if sites.iter().all(|(other, _)| other.distance_m(&place) > SAME_SITE_M) {
                sites.push((place, sent_s(at_s, &place)));
            }
        }
        let first_s = sites.first()?.1;
        let mut apart: Vec<f64> = sites.iter().map(|(_, sent)| wrap_s(sent - first_s)).collect();
        let common_s = median(&mut apart)?;
        let is_synchronised = apart.iter().all(|apart| (apart - common_s).abs() <= SYNCHRONISED_S / 2.0);
        if sites.len() < SITES_MIN || !is_synchronised {
            return None;
        }
        let after_s = wrap_s(sent_s(observation.timing.at_seconds, &site) - first_s - common_s);
        let allowed_s = SYNCHRONISED_S + 3.0 * (here.error_m + site.error_m) / LIGHT_MPS;
        Some(Self { sites: sites.len(), after_s, allowed_s })
    }

    /// Whether the frames do not come from the registered site.
    #[must_use]
    pub fn contradicts(self) -> bool {
        self.after_s.abs() > self.allowed_s
    }

    /// Whether they come later than from there, by up to `most_s` more than what is allowed: a repeater or a fibre delays them.
    #[must_use]
    pub fn is_late_by(self, most_s: f64) -> bool {
        self.after_s > self.allowed_s && self.after_s <= self.allowed_s + most_s
    }

    /// Its values under names that carry their units.
    #[must_use]
    pub fn values(self) -> [(&'static str, Value); 4] {
        [
            ("network_synchronised", true.into()),
            ("network_sites", self.sites.into()),
            ("frame_timing_off_us", rounded(self.after_s.abs() * 1e6, 1).into()),
            ("frame_timing_allowed_us", rounded(self.allowed_s * 1e6, 1).into()),
        ]
    }
}

/// Registered place and frame start of a macro cell that is on air as registered.
fn genuine_macro(heard: &Heard<'_>) -> Option<(Position, f64)> {
    let observation = heard.observation;
    let is_sound = observation.state >= CellState::Mib && heard.track.is_genuine(CellKind::Macro);
    let place = heard.track.last_confirmed().filter(|_| is_sound)?.registered?.place?;
    Some((place, observation.timing.at_seconds))
}
