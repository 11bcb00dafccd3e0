//! How good a fix is, by what its source says.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{FIX_ERROR_M, Position};

/// Standard error of a place that a receiver reckons on from its last fix by speed and heading, in metres.
pub const RECKONED_ERROR_M: f64 = 100.0;

/// How much worse a place without height is: a wrong height moves it.
const WITHOUT_HEIGHT: f64 = 2.0;

/// GPS tells 1024 weeks apart; receivers that take the wrong ones are so many days behind.
const ROLLOVER_DAYS: i64 = 1024 * 7;

/// 14 December 2009, when the first LTE network went on air: nobody received one before.
const FIRST_LTE_S: i64 = 1_260_748_800;

/// What a source says of a fix.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FixQuality {
    /// Horizontal dilution of precision.
    pub hdop: Option<f64>,
    /// Whether it has no height: three satellites.
    pub is_two_dimensional: bool,
    /// Whether it is reckoned on from an earlier fix.
    pub is_estimated: bool,
}

impl FixQuality {
    /// The standard error of such a fix in metres.
    #[must_use]
    pub fn error_m(&self) -> f64 {
        let hdop = self.hdop.filter(|hdop| hdop.is_finite()).map_or(1.0, |hdop| hdop.max(1.0));
        let height = if self.is_two_dimensional { WITHOUT_HEIGHT } else { 1.0 };
        let error_m = FIX_ERROR_M * hdop * height;
        if self.is_estimated { error_m.max(RECKONED_ERROR_M) } else { error_m }
    }
}

/// The place of two angles in degrees; `None` out of range, and at 0, 0, which receivers say that have no fix.
#[must_use]
pub fn place_at(lat: f64, lon: f64, error_m: f64) -> Option<Position> {
    let in_range = lat.abs() <= 90.0 && lon.abs() <= 180.0;
    let is_null = lat.abs() < 1e-6 && lon.abs() < 1e-6;
    (in_range && !is_null).then_some(Position { lat, lon, error_m })
}

/// A fix's time with the week rollover taken out, and whether there was one; `None` of a time that no recording of LTE has.
#[must_use]
pub fn without_rollover(time: Timestamp) -> Option<(Timestamp, bool)> {
    let is_lte = |time: &Timestamp| time.as_second() >= FIRST_LTE_S;
    if is_lte(&time) {
        return Some((time, false));
    }
    let later = time.checked_add(SignedDuration::from_hours(24 * ROLLOVER_DAYS)).ok();
    Some((later.filter(is_lte)?, true))
}

/// The time of a text as in XML Schema; UTC where it has no zone, as GPX 1.1 says of its times.
#[must_use]
pub fn utc(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    // A date alone is no time.
    text.parse().ok().or_else(|| civil().filter(|_| text.contains(['T', 't', ' '])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_weakness_makes_the_error_larger() {
        let error_m = |hdop: Option<f64>, is_two_dimensional, is_estimated| {
            FixQuality { hdop, is_two_dimensional, is_estimated }.error_m()
        };
        assert_eq!(error_m(None, false, false), 5.0);
        assert_eq!(error_m(Some(0.6), false, false), 5.0);
        assert_eq!(error_m(Some(25.0), false, false), 125.0);
        assert_eq!(error_m(Some(2.0), true, false), 20.0);
        assert_eq!(error_m(None, false, true), 100.0);
        assert_eq!(error_m(Some(25.0), true, true), 250.0);
        assert_eq!(error_m(Some(f64::NAN), false, false), 5.0);
    }

    #[test]
    fn nought_and_what_is_out_of_range_are_no_places() {
        for (lat, lon, is) in [
            (37.5, 127.0, true),
            (0.0, 0.0, false),
            (-0.0, 1e-7, false),
            (0.0, 127.0, true),
            (37.5, 0.0, true),
            (90.1, 0.0, false),
            (0.0, -180.1, false),
            (f64::NAN, 127.0, false),
            (37.5, f64::INFINITY, false),
        ] {
            assert_eq!(place_at(lat, lon, 5.0).is_some(), is, "{lat}, {lon}");
        }
    }

    #[test]
    fn dates_1024_weeks_early_are_set_right_once() {
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let now = time("2026-11-20T01:00:00Z");
        assert_eq!(without_rollover(now), Some((now, false)));
        assert_eq!(without_rollover(time("2007-04-06T01:00:00Z")), Some((now, true)));
        assert_eq!(without_rollover(time("2009-12-14T00:00:00Z")).map(|(_, rolled)| rolled), Some(false));
        // A receiver that never had a time begins with that of GPS.
        assert_eq!(without_rollover(time("1980-01-06T00:00:00Z")), None);
        assert_eq!(without_rollover(Timestamp::MIN), None);
    }

    #[test]
    fn a_time_without_a_zone_is_utc() {
        for text in
            ["2026-11-20T01:00:00", " 2026-11-20T01:00:00Z ", "2026-11-20T10:00:00+09:00", "2026-11-20T01:00:00.0"]
        {
            assert_eq!(utc(text), "2026-11-20T01:00:00Z".parse().ok(), "{text}");
        }
        for text in ["", "noon", "2026-11-20", "01:00:00", "2026-13-20T01:00:00"] {
            assert_eq!(utc(text), None, "{text}");
        }
    }
}
