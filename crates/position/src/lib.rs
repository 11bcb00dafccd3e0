//! Where the receiver was at a time.
//!
//! In: a track, a receiver's reports, or a fixed place. Out: positions with their errors. A recording that carries its own positions needs
//! none of this.

pub mod fixes;
pub mod gpsd;
pub mod gpx;
pub mod live;
pub mod nmea;
pub mod outliers;
pub mod quality;

use std::{
    io::{self, BufRead},
    str::FromStr,
};

use jiff::Timestamp;
use thiserror::Error;

pub use cellwarden_core::observation::Position;
pub use fixes::{Fix, Fixes, Unplaced};
pub use gpx::{GpxError, GpxTrack};
pub use live::{FixReport, GnssFault, LiveFixes, LiveStatus};
pub use nmea::{NmeaError, NmeaTrack};
pub use quality::FixQuality;

/// Standard error of a satellite fix in metres, where the source does not say.
pub const FIX_ERROR_M: f64 = 5.0;

/// Something that knows where the receiver was.
pub trait PositionSource {
    /// The position at a time; `None` where it is not known well enough to be of use.
    fn at(&self, time: Timestamp) -> Option<Position>;

    /// The position of a receiver that stays where it is, for a recording without a time; `None` of one that moves.
    fn always(&self) -> Option<Position> {
        None
    }

    /// The times of its first and its last fix, where it is a track.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        None
    }

    /// Why a track gives no position at a time; `None` where there is one, and of what is no track.
    fn unplaced(&self, _: Timestamp) -> Option<Unplaced> {
        None
    }

    /// What was set right or left out of a track, where that is worth saying.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// How the receiver stands, where it is one that reports while it is asked.
    fn receiver(&self) -> Option<LiveStatus> {
        None
    }
}

/// A receiver that stays where it is, written `LAT,LON` in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPosition(pub Position);

/// Why a text is no place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no place: LAT,LON in degrees are expected, from -90 to 90 and from -180 to 180 and not 0,0, like 37.478,126.878"
)]
pub struct PlaceError(pub String);

impl PositionSource for FixedPosition {
    fn at(&self, _: Timestamp) -> Option<Position> {
        Some(self.0)
    }

    fn always(&self) -> Option<Position> {
        Some(self.0)
    }
}

impl FromStr for FixedPosition {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let place = text.split_once(',').and_then(|(lat, lon)| place(lat, lon, FIX_ERROR_M));
        place.map(Self).ok_or_else(|| PlaceError(text.to_owned()))
    }
}

/// The next line, without its end and with bytes that are no UTF-8 replaced; of a longer one than `most` bytes only the
/// beginning. `None` at the end of the input.
///
/// # Errors
/// From reading.
pub fn read_line(input: &mut impl BufRead, most: usize) -> io::Result<Option<String>> {
    let (mut line, mut is_begun) = (Vec::new(), false);
    loop {
        let bytes = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(is_begun.then(|| String::from_utf8_lossy(&line).into_owned()));
        }
        is_begun = true;
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let taken = end.unwrap_or(bytes.len());
        line.extend(&bytes[..taken.min(most - line.len().min(most))]);
        let used = end.map_or(taken, |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()));
        }
    }
}

/// The place of two texts in degrees, where both are in range.
fn place(lat: &str, lon: &str, error_m: f64) -> Option<Position> {
    quality::place_at(lat.trim().parse().ok()?, lon.trim().parse().ok()?, error_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_place_is_the_same_at_all_times() {
        let fixed: FixedPosition = "37.478, 126.878".parse().expect("a place");
        let expected = Position { lat: 37.478, lon: 126.878, error_m: FIX_ERROR_M };
        assert_eq!(fixed.at(Timestamp::UNIX_EPOCH), Some(expected));
        assert_eq!(fixed.at(Timestamp::MAX), Some(expected));
        assert_eq!(fixed.always(), Some(expected));
    }

    #[test]
    fn other_texts_are_no_place() {
        for text in [
            "",
            "0,0",
            "0.0, -0.0",
            "37.478",
            "37.478;126.878",
            "91,0",
            "0,180.1",
            "NaN,0",
            "inf,0",
            "1,2,3",
            "north,east",
        ] {
            assert!(text.parse::<FixedPosition>().is_err(), "{text}");
        }
    }
}
