//! A cell at one moment, as far as it says that one identity became another.

use serde::{Deserialize, Serialize};

use crate::observation::Position;

/// The longest time and way between the last of one identity and the first of the next: a station's software starts in it.
const MAX_CHANGE_S: f64 = 60.0;
const MAX_CHANGE_M: f64 = 100.0;

/// Es/N0 from which a cell does not come and go by itself: it is switched.
const SWITCHED_SINR_DB: f64 = 6.0;

/// How far the levels before and after a switch may differ: twice what one dwell's level is off, and so much per metre
/// driven, 12 dB in 100 m.
const SAME_LEVEL_DB: f64 = 6.0;
const LEVEL_DB_PER_M: f64 = 0.12;

/// How far the offsets before and after a switch may differ beyond their errors, in ppm: Doppler at 50 km/h, twice.
const SWITCHED_OFFSET_PPM: f64 = 0.1;

/// What one box shares before and after a change of its identity, also where its frames start anew.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Moment {
    /// Unix time in seconds.
    pub time_s: Option<f64>,
    /// Where the receiver was.
    pub at: Option<Position>,
    /// Level freed of the receiver's gain, in dB; `None` where it is unknown or clipped.
    pub level_db: Option<f64>,
    /// CRS Es/N0 in dB.
    pub sinr_db: f64,
    /// Carrier offset in ppm.
    pub offset_ppm: f64,
    /// Its standard error.
    pub offset_error_ppm: f64,
}

impl Moment {
    /// Whether a cell that was heard last at this moment became one of the same carrier that was first heard at another: it was
    /// switched off while it was strong, and soon after the other was as strong at the same place on the same crystal.
    #[must_use]
    pub fn is_switched_to(&self, first: &Self) -> bool {
        let Some(gap_s) = first.time_s.zip(self.time_s).map(|(is, was)| is - was) else { return false };
        // Without places the receiver is taken to stand: the levels have to be the more alike.
        let way_m = self.at.zip(first.at).map_or(0.0, |(a, b)| a.distance_m(&b));
        let limit_ppm = SWITCHED_OFFSET_PPM + 3.0 * self.offset_error_ppm.hypot(first.offset_error_ppm);
        let apart_db = self.level_db.zip(first.level_db).map_or(f64::INFINITY, |(a, b)| (a - b).abs());
        gap_s > 0.0
            && gap_s <= MAX_CHANGE_S
            && way_m <= MAX_CHANGE_M
            && self.sinr_db.min(first.sinr_db) >= SWITCHED_SINR_DB
            && apart_db <= SAME_LEVEL_DB + LEVEL_DB_PER_M * way_m
            && (self.offset_ppm - first.offset_ppm).abs() <= limit_ppm
    }
}
