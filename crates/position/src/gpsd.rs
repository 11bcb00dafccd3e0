//! The reports of gpsd: JSON objects, one a line, over TCP port 2947 (gpsd_json(5)).

use jiff::Timestamp;
use serde::Deserialize;

use super::{FixQuality, FixReport, quality::place_at};

/// What asks gpsd for reports.
pub const WATCH: &str = "?WATCH={\"enable\":true,\"json\":true};\n";

/// gpsd's port.
pub const PORT: u16 = 2947;

/// Values of `status`: reckoned on without satellites, with some, and simulated (gpsd_json(5), TPV).
const STATUS_RECKONED: u8 = 5;
const STATUS_GNSS_RECKONED: u8 = 6;
const STATUS_SIMULATED: u8 = 8;

/// Longest line in bytes: SKY reports with all satellites stay below.
pub const MAX_LINE: usize = 64 << 10;

/// Class TPV, time-position-velocity; what is not known is left out.
#[derive(Debug, Deserialize)]
struct Tpv {
    class: String,
    mode: Option<u8>,
    /// How the fix was made, since gpsd 3.19.
    status: Option<u8>,
    time: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    /// Estimated errors in metres, 95 %.
    epx: Option<f64>,
    epy: Option<f64>,
    eph: Option<f64>,
}

/// The report of a line; `None` for what is no TPV.
#[must_use]
pub fn report(line: &str) -> Option<FixReport> {
    let tpv: Tpv = serde_json::from_str(line).ok()?;
    if tpv.class != "TPV" {
        return None;
    }
    // Two standard deviations are 95 %.
    let of_axes = tpv.epx.zip(tpv.epy).map(|(x, y)| x.hypot(y));
    let error_m = tpv.eph.or(of_axes).map(|metres| metres / 2.0).filter(|metres| *metres > 0.0);
    let quality = FixQuality {
        hdop: None,
        is_two_dimensional: tpv.mode == Some(2),
        is_estimated: matches!(tpv.status, Some(STATUS_RECKONED | STATUS_GNSS_RECKONED)),
    };
    // What gpsd estimates itself is better than what the mode says, but not of a place that is reckoned on.
    let error_m = error_m.filter(|_| !quality.is_estimated).unwrap_or_else(|| quality.error_m());
    let mode = if tpv.status == Some(STATUS_SIMULATED) { 0 } else { tpv.mode.unwrap_or(0) };
    Some(FixReport {
        time: tpv.time.and_then(|text| text.parse::<Timestamp>().ok()),
        mode,
        place: tpv.lat.zip(tpv.lon).and_then(|(lat, lon)| place_at(lat, lon, error_m)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    #[test]
    fn a_tpv_is_a_report_and_other_lines_are_none() {
        let line = r#"{"class":"TPV","device":"/dev/pts/1","mode":3,"time":"2026-11-20T01:00:00.000Z","lat":37.478,"lon":126.878,"epx":6.0,"epy":8.0,"speed":12.1}"#;
        let found = report(line).expect("a report");
        assert_eq!(found.place, Some(Position { lat: 37.478, lon: 126.878, error_m: 5.0 }));
        assert_eq!((found.mode, found.time), (3, "2026-11-20T01:00:00Z".parse().ok()));
        let none = report(r#"{"class":"TPV","mode":1}"#).expect("a report");
        assert_eq!((none.mode, none.time, none.place), (1, None, None));
        assert_eq!(report(r#"{"class":"TPV","mode":3,"lat":91.0,"lon":0.0}"#).and_then(|r| r.place), None);
        let weighed = |more: &str| {
            let line = format!(r#"{{"class":"TPV","time":"2026-11-20T01:00:00Z","lat":37.5,"lon":127.0,{more}}}"#);
            report(&line).map(|r| (r.mode, r.place.map(|p| p.error_m)))
        };
        assert_eq!(weighed(r#""mode":3"#), Some((3, Some(5.0))));
        assert_eq!(weighed(r#""mode":2"#), Some((2, Some(10.0))));
        assert_eq!(weighed(r#""mode":2,"eph":30.0"#), Some((2, Some(15.0))));
        assert_eq!(weighed(r#""mode":3,"eph":4.0,"status":5"#), Some((3, Some(100.0))));
        assert_eq!(weighed(r#""mode":3,"status":8"#), Some((0, Some(5.0))));
        assert_eq!(report(r#"{"class":"TPV","mode":3,"lat":0.0,"lon":0.0}"#).and_then(|r| r.place), None);
        for line in ["", "{", r#"{"class":"SKY"}"#, r#"{"class":"VERSION","release":"3.22"}"#, "null", "[1]", "TPV"] {
            assert_eq!(report(line), None, "{line}");
        }
    }
}
