//! The reports of gpsd: JSON objects, one a line, over TCP port 2947 (gpsd_json(5)).

use jiff::Timestamp;
use serde::Deserialize;

use super::{FIX_ERROR_M, FixReport, Position};

/// What asks gpsd for reports.
pub const WATCH: &str = "?WATCH={\"enable\":true,\"json\":true};\n";

/// gpsd's port.
pub const PORT: u16 = 2947;

/// Longest line in bytes: SKY reports with all satellites stay below.
pub const MAX_LINE: usize = 64 << 10;

/// Class TPV, time-position-velocity; what is not known is left out.
#[derive(Debug, Deserialize)]
struct Tpv {
    class: String,
    mode: Option<u8>,
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
    let in_range = |value: Option<f64>, limit: f64| value.filter(|degrees| degrees.abs() <= limit);
    // Two standard deviations are 95 %.
    let of_axes = tpv.epx.zip(tpv.epy).map(|(x, y)| x.hypot(y));
    let error_m = tpv.eph.or(of_axes).map(|metres| metres / 2.0).filter(|metres| *metres > 0.0);
    let place = in_range(tpv.lat, 90.0).zip(in_range(tpv.lon, 180.0));
    Some(FixReport {
        time: tpv.time.and_then(|text| text.parse::<Timestamp>().ok()),
        mode: tpv.mode.unwrap_or(0),
        place: place.map(|(lat, lon)| Position { lat, lon, error_m: error_m.unwrap_or(FIX_ERROR_M) }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tpv_is_a_report_and_other_lines_are_none() {
        let line = r#"{"class":"TPV","device":"/dev/pts/1","mode":3,"time":"2026-11-20T01:00:00.000Z","lat":37.478,"lon":126.878,"epx":6.0,"epy":8.0,"speed":12.1}"#;
        let found = report(line).expect("a report");
        assert_eq!(found.place, Some(Position { lat: 37.478, lon: 126.878, error_m: 5.0 }));
        assert_eq!((found.mode, found.time), (3, "2026-11-20T01:00:00Z".parse().ok()));
        let none = report(r#"{"class":"TPV","mode":1}"#).expect("a report");
        assert_eq!((none.mode, none.time, none.place), (1, None, None));
        assert_eq!(report(r#"{"class":"TPV","mode":3,"lat":91.0,"lon":0.0}"#).and_then(|r| r.place), None);
        for line in ["", "{", r#"{"class":"SKY"}"#, r#"{"class":"VERSION","release":"3.22"}"#, "null", "[1]", "TPV"] {
            assert_eq!(report(line), None, "{line}");
        }
    }
}
