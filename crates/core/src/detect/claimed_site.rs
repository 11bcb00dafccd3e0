//! The registered site that an unregistered cell claims by its identity, and how the cell compares with it.

use serde_json::Value;

use super::{
    calibration::PowerCalibration,
    history::{Sighting, Track, median, timebase::wrap_s},
    rule::{Case, rounded},
};
use crate::{
    observation::{Access, Ecgi},
    registry::CellKind,
};

/// Standard errors of two carrier offsets that are their measurement's.
const SIGMAS: f64 = 3.0;

/// The site of a registered macro cell heard in one of the cell's dwells, whose eNB identity, network and tracking area a cell has.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedSite {
    /// The site's cell that is heard.
    sibling: Ecgi,
    /// How far the frames are apart, by the median of the dwells with both; `None` without such a dwell.
    pub timing_apart_us: Option<f64>,
    /// How far the carriers are apart, scaled to the cell's own.
    pub offset_apart_hz: Option<f64>,
    /// How much of that may be the measurement's.
    pub offset_error_hz: f64,
    /// How far the cell is above the site's cell.
    pub above_sibling_db: Option<f64>,
    /// How far it is above what a station at the site could be heard with in free space; `None` without places or levels that
    /// calibrate.
    pub above_free_space_db: Option<f64>,
    /// Whether it lists neighbours, and none that the site's cell is or lists.
    pub is_alone: bool,
    /// The carrier in MHz: so many hertz are one part per million.
    pub carrier_mhz: f64,
}

impl ClaimedSite {
    /// The site that a cell claims by one of its identities: same network, tracking area and macro eNB identity, the upper
    /// 20 bits. A Home eNB uses all 28 bits for its own, so a femtocell has no sectors. TS 36.300 §8.2, TS 36.413 §9.2.1.37.
    #[must_use]
    pub fn of(case: &Case<'_>, access: Access) -> Option<Self> {
        let track = case.cell.track;
        let is_beside =
            |other: &Track| track.sightings.iter().any(|own| other.sightings.iter().any(|s| s.seq == own.seq));
        let other = case.history.tracks().iter().find(|other| is_of_site(other, access) && is_beside(other))?;
        let carrier_hz = case.observation().carrier.hz;
        let to_carrier = carrier_hz / other.carrier.hz().max(1.0);
        let shared = || {
            let with_other = |own: &'_ Sighting| other.sightings.iter().find(|s| s.seq == own.seq).cloned();
            track.sightings.iter().filter_map(move |own| Some((own.clone(), with_other(own)?)))
        };
        let middle = |of: &dyn Fn(&Sighting, &Sighting) -> Option<f64>| {
            median(&mut shared().filter_map(|(own, other)| of(&own, &other)).collect::<Vec<_>>())
        };
        let offset_error_hz = middle(&|own, other| Some(own.offset_error_hz.hypot(other.offset_error_hz * to_carrier)));
        let count = shared().count().max(1) as f64;
        Some(Self {
            sibling: other.last_confirmed()?.ecgi,
            timing_apart_us: middle(&|own, other| Some(wrap_s(own.at_s - other.at_s).abs() * 1e6)),
            offset_apart_hz: middle(&|own, other| Some(own.offset_hz - other.offset_hz * to_carrier)).map(f64::abs),
            offset_error_hz: SIGMAS * offset_error_hz.unwrap_or_default() / count.sqrt(),
            above_sibling_db: middle(&|own, other| Some(own.level_db? - other.level_db?)),
            above_free_space_db: above_free_space_db(case, other),
            is_alone: is_alone(case, other),
            carrier_mhz: carrier_hz / 1e6,
        })
    }

    /// Its values under names that carry their units.
    #[must_use]
    pub fn values(&self) -> [(&'static str, Value); 5] {
        let shown = |value: Option<f64>, decimals| value.map(|v| rounded(v, decimals)).into();
        [
            ("sector_of_site_of", self.sibling.to_string().into()),
            ("site_timing_apart_us", shown(self.timing_apart_us, 1)),
            ("site_offset_apart_hz", shown(self.offset_apart_hz, 1)),
            ("above_site_cell_db", shown(self.above_sibling_db, 1)),
            ("above_free_space_db", shown(self.above_free_space_db, 1)),
        ]
    }
}

fn is_of_site(other: &Track, access: Access) -> bool {
    let Some(known) = other.last_confirmed() else { return false };
    let is_genuine = known.registered.is_some_and(|r| r.alike && !r.status.is_inactive());
    let is_femto = known.registered.is_some_and(|r| r.kind == Some(CellKind::Femto));
    let same_area = known.tac == access.tac;
    let same_site = known.ecgi.plmn == access.plmn && known.ecgi.eci.get() >> 8 == access.eci.get() >> 8;
    is_genuine && !is_femto && same_area && same_site
}

fn above_free_space_db(case: &Case<'_>, site_of: &Track) -> Option<f64> {
    let observation = case.observation();
    let level_db = observation.comparable_db()?;
    let site = site_of.last_confirmed()?.registered?.place?;
    let here = observation.position?;
    let carrier_hz = observation.carrier.hz;
    let calibration = PowerCalibration::of(case.history, carrier_hz, case.cell.track, 1)?;
    let distance_m = here.distance_m(&site) - here.error_m - site.error_m;
    Some(level_db - calibration.ceiling_db(distance_m, carrier_hz))
}

/// Whether the cell lists neighbours on the carrier, the site's cell lists some too, and the two lists have nothing in common.
fn is_alone(case: &Case<'_>, site_of: &Track) -> bool {
    let own = &case.cell.track.broadcast.intra_neighbours;
    let sites = &site_of.broadcast.intra_neighbours;
    let is_same_carrier = case.cell.track.carrier == site_of.carrier;
    let knows_site = own.iter().any(|pci| *pci == site_of.pci.get() || sites.contains(pci));
    is_same_carrier && !own.is_empty() && !sites.is_empty() && !knows_site
}
