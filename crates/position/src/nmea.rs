//! NMEA 0183 sentences, from a receiver or from a file.
//!
//! RMC has date, time and place; GGA before it says how good the fix is. Sentences whose checksum is wrong are passed
//! over.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use jiff::Timestamp;
use nmea::{
    ParseResult, parse_str,
    sentences::{FixType, rmc::RmcStatusOfFix},
};
use thiserror::Error;

use super::{FIX_ERROR_M, Fix, FixReport, Fixes, Position, PositionSource, fixes::MAX_FIXES};

/// Longest line in bytes: the standard's 82, and what receivers add.
pub const MAX_LINE: usize = 1024;

/// Puts sentences together.
#[derive(Debug, Default)]
pub struct NmeaReader {
    /// Time of day, quality and horizontal dilution of precision of the latest GGA.
    quality: Option<(String, bool, Option<f32>)>,
}

impl NmeaReader {
    /// The report that a line completes.
    pub fn line(&mut self, line: &str) -> Option<FixReport> {
        match parse_str(line.trim()).ok()? {
            ParseResult::GGA(gga) => {
                let is_fix = gga.fix_type.is_some_and(|fix| fix != FixType::Invalid);
                self.quality = gga.fix_time.map(|time| (time.to_string(), is_fix, gga.hdop));
                None
            }
            ParseResult::RMC(rmc) => {
                let time = rmc.fix_date.zip(rmc.fix_time);
                let quality = self.quality.take().filter(|(at, ..)| rmc.fix_time.is_some_and(|t| t.to_string() == *at));
                let is_valid = rmc.status_of_fix != RmcStatusOfFix::Invalid;
                let mode = match &quality {
                    Some((_, true, _)) if is_valid => 3,
                    None if is_valid => 2,
                    _ => 1,
                };
                let hdop = quality.and_then(|(.., hdop)| hdop).filter(|hdop| *hdop > 0.0);
                let error_m = hdop.map_or(FIX_ERROR_M, |hdop| FIX_ERROR_M * f64::from(hdop).max(1.0));
                let in_range = |value: Option<f64>, limit: f64| value.filter(|degrees| degrees.abs() <= limit);
                let place = in_range(rmc.lat, 90.0).zip(in_range(rmc.lon, 180.0));
                Some(FixReport {
                    time: time.and_then(|(date, time)| format!("{date}T{time}Z").parse::<Timestamp>().ok()),
                    mode,
                    place: place.map(|(lat, lon)| Position { lat, lon, error_m }),
                })
            }
            _ => None,
        }
    }
}

/// A file of sentences, joined by time.
#[derive(Debug, Clone, PartialEq)]
pub struct NmeaTrack {
    fixes: Fixes,
    /// Reports that were no fix.
    pub without_fix: u64,
}

/// Why a file is no track.
#[derive(Debug, Error)]
pub enum NmeaError {
    /// The file cannot be read.
    #[error("NMEA file: {0}")]
    Read(#[from] io::Error),
    /// It has no fix.
    #[error("NMEA file: no RMC sentence has a fix, a date and a time ({without_fix} had none)")]
    NoFix {
        /// Reports without.
        without_fix: u64,
    },
    /// It is larger than any track.
    #[error("NMEA file: more than {MAX_FIXES} fixes")]
    Limit,
}

impl NmeaTrack {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`NmeaError`].
    pub fn open(path: &Path) -> Result<Self, NmeaError> {
        Self::read(BufReader::new(File::open(path)?))
    }

    /// Reads sentences. Lines that are none are passed over, with at most [`MAX_LINE`] bytes of each in memory.
    ///
    /// # Errors
    /// See [`NmeaError`].
    pub fn read(mut input: impl BufRead) -> Result<Self, NmeaError> {
        let (mut reader, mut fixes, mut without_fix) = (NmeaReader::default(), Vec::new(), 0);
        while let Some(line) = super::read_line(&mut input, MAX_LINE)? {
            let Some(report) = reader.line(&line) else { continue };
            match report.time.zip(report.place).filter(|_| report.mode >= 2) {
                Some((time, place)) => fixes.push(Fix { time, place }),
                None => without_fix += 1,
            }
            if fixes.len() > MAX_FIXES {
                return Err(NmeaError::Limit);
            }
        }
        if fixes.is_empty() {
            return Err(NmeaError::NoFix { without_fix });
        }
        Ok(Self { fixes: Fixes::new(fixes), without_fix })
    }
}

impl PositionSource for NmeaTrack {
    fn at(&self, time: Timestamp) -> Option<Position> {
        self.fixes.at(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(body: &str) -> String {
        let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
        format!("${body}*{sum:02X}\r\n")
    }

    fn log() -> String {
        [
            "GPGGA,010000.00,3728.680,N,12652.680,E,1,08,1.6,20.0,M,18.0,M,,",
            "GPRMC,010000.00,A,3728.680,N,12652.680,E,20.0,90.0,201126,,,A",
            // Lost for a while: quality 0, status V.
            "GPGGA,010005.00,3728.680,N,12652.680,E,0,00,,,M,,M,,",
            "GPRMC,010005.00,V,3728.680,N,12652.680,E,,,201126,,,N",
            "GPRMC,010010.00,A,3728.680,N,12652.780,E,20.0,90.0,201126,,,A",
        ]
        .map(sentence)
        .concat()
    }

    #[test]
    fn fixes_are_joined_and_those_without_are_marked() {
        let track = NmeaTrack::read(log().as_bytes()).expect("a track");
        assert_eq!((track.fixes.len(), track.without_fix), (2, 1));
        let at = |text: &str| track.at(text.parse().expect("a time"));
        let first = at("2026-11-20T01:00:00Z").expect("a fix");
        assert!((first.lat - 37.478).abs() < 1e-6 && (first.lon - 126.878).abs() < 1e-6);
        assert!((first.error_m - 8.0).abs() < 1e-5, "{}", first.error_m);
        // In the gap the place is between and its error grows: a·t·(T-t)/2 is 25 m in the middle of 10 s.
        let gap = at("2026-11-20T01:00:05Z").expect("between");
        assert!((gap.lon - 126.878_833).abs() < 1e-5 && gap.error_m > 25.0);
    }

    #[test]
    fn damaged_sentences_are_passed_over() {
        let mut text = log().replace("A,3728.680,N,12652.780", "A,3728.680,N,12653.780");
        text.push_str("$GPRMC,garbage\n\u{fffd}\n\n$$$$\n");
        text.push_str(&"x".repeat(10_000));
        let track = NmeaTrack::read(text.as_bytes()).expect("a track");
        assert_eq!(track.fixes.len(), 1, "the altered one fails its checksum");
        assert!(matches!(NmeaTrack::read(&b"no sentence"[..]), Err(NmeaError::NoFix { .. })));
        assert!(matches!(NmeaTrack::read(&b"\xff\xfe\0\0"[..]), Err(NmeaError::NoFix { .. })));
    }
}
