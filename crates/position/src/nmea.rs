//! NMEA 0183 sentences, from a receiver or from a file.
//!
//! The sentences of one epoch are joined by their time of day, in whatever order the receiver sends them: RMC has date,
//! time and place, GGA and GSA say how good the fix is. Where they differ, the worst of them holds. A GSA has no time, and
//! some receivers send it before the others of its epoch, some behind: it counts for the epoch in which it stands and for
//! those after it, up to the next epoch with one. Sentences whose checksum is wrong are passed over.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use jiff::Timestamp;
use nmea::{
    ParseResult, parse_str,
    sentences::{FaaMode, FixType, GgaData, GsaData, RmcData, gsa::GsaMode2, rmc::RmcStatusOfFix},
};
use thiserror::Error;

use super::{
    Fix, FixQuality, FixReport, Fixes, Position, PositionSource, Unplaced,
    fixes::{MAX_FIXES, Repairs},
    quality::place_at,
};

/// Longest line in bytes: the standard's 82, and what receivers add.
pub const MAX_LINE: usize = 1024;

/// What a GSA says in place of a dilution that it does not know is not below this.
const NO_HDOP: f32 = 99.0;

/// Puts sentences together.
#[derive(Debug)]
pub struct NmeaReader {
    epoch: Epoch,
    /// Whether a report is made as soon as its epoch is whole by what the one before had; else when the next epoch begins,
    /// when it surely is.
    is_prompt: bool,
    /// Whether the epoch before had a GGA.
    expects_gga: bool,
}

/// What is known of one epoch.
#[derive(Debug, Clone, PartialEq, Default)]
struct Epoch {
    /// Its time of day.
    time: Option<String>,
    date: Option<String>,
    place: Option<(f64, f64)>,
    /// Whether a sentence says that there is no fix, or one that satellites did not make: put in by hand, or simulated.
    is_refused: bool,
    has_rmc: bool,
    has_gga: bool,
    /// What RMC and GGA say.
    quality: FixQuality,
    /// What the GSAs of this epoch say.
    gsa: Option<Dilution>,
    /// What those before said.
    gsa_before: Option<Dilution>,
    is_reported: bool,
}

/// What the GSAs of one epoch say, one for each constellation. IEC 61162-1, GSA.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Dilution {
    /// Whether one has a fix.
    has_fix: bool,
    /// Whether one of those has no height.
    is_flat: bool,
    /// The largest of those.
    hdop: Option<f64>,
}

impl NmeaReader {
    /// Reads sentences that arrive while they are asked for.
    #[must_use]
    pub fn live() -> Self {
        Self { epoch: Epoch::default(), is_prompt: true, expects_gga: true }
    }

    /// Reads sentences of a file.
    #[must_use]
    pub fn of_file() -> Self {
        Self { is_prompt: false, ..Self::live() }
    }

    /// The report that a line completes: of its own epoch or of the one before.
    pub fn line(&mut self, line: &str) -> Option<FixReport> {
        match parse_str(line.trim()).ok()? {
            ParseResult::GGA(gga) => {
                let left = self.enter(gga.fix_time.map(|time| time.to_string()));
                self.epoch.take_gga(&gga);
                left.or_else(|| self.report_at_once())
            }
            ParseResult::RMC(rmc) => {
                let left = self.enter(rmc.fix_time.map(|time| time.to_string()));
                self.epoch.take_rmc(&rmc);
                left.or_else(|| self.report_at_once())
            }
            ParseResult::GSA(gsa) => {
                self.epoch.take_gsa(&gsa);
                None
            }
            _ => None,
        }
    }

    /// The report of the last epoch.
    pub fn end(&mut self) -> Option<FixReport> {
        self.enter(None)
    }

    /// Goes on to the epoch of a time, if it is another one; gives the report of the one left.
    fn enter(&mut self, time: Option<String>) -> Option<FixReport> {
        if time.is_some() && time == self.epoch.time {
            return None;
        }
        let left = std::mem::replace(&mut self.epoch, Epoch { time, ..Epoch::default() });
        if left.has_rmc {
            self.expects_gga = left.has_gga;
        }
        self.epoch.gsa_before = left.gsa.or(left.gsa_before);
        (left.has_rmc && !left.is_reported).then(|| left.report())
    }

    fn report_at_once(&mut self) -> Option<FixReport> {
        let epoch = &mut self.epoch;
        let is_whole = epoch.has_rmc && (epoch.has_gga || !self.expects_gga);
        if !self.is_prompt || !is_whole || epoch.is_reported {
            return None;
        }
        epoch.is_reported = true;
        Some(epoch.report())
    }
}

impl Epoch {
    fn take_rmc(&mut self, rmc: &RmcData) {
        self.has_rmc = true;
        self.date = rmc.fix_date.map(|date| date.to_string());
        self.place = rmc.lat.zip(rmc.lon);
        self.is_refused |= rmc.status_of_fix == RmcStatusOfFix::Invalid;
        match rmc.faa_mode {
            Some(FaaMode::DataNotValid | FaaMode::Manual | FaaMode::Simulator) => self.is_refused = true,
            Some(FaaMode::Estimated) => self.quality.is_estimated = true,
            _ => {}
        }
    }

    fn take_gga(&mut self, gga: &GgaData) {
        self.has_gga = true;
        match gga.fix_type {
            None | Some(FixType::Invalid | FixType::Manual | FixType::Simulation) => self.is_refused = true,
            Some(FixType::Estimated) => self.quality.is_estimated = true,
            Some(_) => {}
        }
        self.quality.hdop = larger(self.quality.hdop, gga.hdop);
    }

    fn take_gsa(&mut self, gsa: &GsaData) {
        let known = self.gsa.get_or_insert_default();
        // One constellation of several may have none.
        if gsa.mode2 != GsaMode2::NoFix {
            known.has_fix = true;
            known.is_flat |= gsa.mode2 == GsaMode2::Fix2D;
            known.hdop = larger(known.hdop, gsa.hdop.filter(|hdop| *hdop < NO_HDOP));
        }
    }

    fn report(&self) -> FixReport {
        let time = self.date.as_ref().zip(self.time.as_ref());
        let mut quality = self.quality;
        for gsa in self.gsa.iter().chain(&self.gsa_before) {
            quality.is_two_dimensional |= gsa.is_flat;
            quality.hdop = quality.hdop.into_iter().chain(gsa.hdop).reduce(f64::max);
        }
        let place = self.place.and_then(|(lat, lon)| place_at(lat, lon, quality.error_m()));
        let is_refused = self.is_refused || self.gsa.is_some_and(|gsa| !gsa.has_fix);
        let mode = match (is_refused, self.has_gga && !quality.is_two_dimensional) {
            (true, _) => 1,
            (false, false) => 2,
            (false, true) => 3,
        };
        FixReport {
            time: time.and_then(|(date, time)| format!("{date}T{time}Z").parse::<Timestamp>().ok()),
            mode,
            place,
        }
    }
}

/// The larger of a dilution and one of a sentence, where that says one.
fn larger(known: Option<f64>, said: Option<f32>) -> Option<f64> {
    known.into_iter().chain(said.map(f64::from).filter(|hdop| *hdop > 0.0)).reduce(f64::max)
}

/// A file of sentences, joined by time.
#[derive(Debug, Clone, PartialEq)]
pub struct NmeaTrack {
    fixes: Fixes,
    /// Reports that were no fix.
    pub without_fix: u64,
    /// What was set right or left out.
    pub repairs: Repairs,
}

/// Why a file is no track.
#[derive(Debug, Error)]
pub enum NmeaError {
    /// The file cannot be read.
    #[error("NMEA file: {0}")]
    Read(#[from] io::Error),
    /// It has no fix.
    #[error("NMEA file: no RMC sentence has a fix that satellites made, a date and a time ({without_fix} had none)")]
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
        let (mut reader, mut fixes, mut without_fix) = (NmeaReader::of_file(), Vec::new(), 0);
        loop {
            let line = super::read_line(&mut input, MAX_LINE)?;
            let report = match &line {
                Some(line) => reader.line(line),
                None => reader.end(),
            };
            let Some(report) = report else {
                if line.is_none() {
                    break;
                }
                continue;
            };
            match report.time.zip(report.place).filter(|_| report.mode >= 2) {
                Some((time, place)) => fixes.push(Fix { time, place }),
                None => without_fix += 1,
            }
            if fixes.len() > MAX_FIXES {
                return Err(NmeaError::Limit);
            }
        }
        let (fixes, repairs) = Fixes::of_track(fixes);
        if fixes.is_empty() {
            return Err(NmeaError::NoFix { without_fix });
        }
        Ok(Self { fixes, without_fix, repairs })
    }
}

impl PositionSource for NmeaTrack {
    fn at(&self, time: Timestamp) -> Option<Position> {
        self.fixes.at(time)
    }

    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.fixes.span()
    }

    fn unplaced(&self, time: Timestamp) -> Option<Unplaced> {
        self.fixes.unplaced(time)
    }

    fn remarks(&self) -> Vec<String> {
        self.repairs.remarks()
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

    /// Mode and error of the fixes of epochs, each of sentences without their times.
    fn weighed(reader: fn() -> NmeaReader, epochs: &[&[&str]]) -> Vec<(u8, Option<f64>)> {
        let (mut reader, mut reports) = (reader(), Vec::new());
        for (second, epoch) in epochs.iter().enumerate() {
            for body in *epoch {
                let body = body.replace("TIME", &format!("0100{second:02}.00"));
                reports.extend(reader.line(&sentence(&body)));
            }
        }
        reports.extend(reader.end());
        reports.iter().map(|r| (r.mode, r.place.map(|p| p.error_m))).collect()
    }

    const RMC: &str = "GPRMC,TIME,A,3728.680,N,12652.680,E,20.0,90.0,201126,,,A";
    const GGA: &str = "GPGGA,TIME,3728.680,N,12652.680,E,1,04,25.0,20.0,M,18.0,M,,";
    const GSA_2D: &str = "GPGSA,A,2,04,05,09,,,,,,,,,,4.0,2.0,3.5";
    const GSA_3D: &str = "GPGSA,A,3,04,05,09,12,,,,,,,,,2.5,1.3,2.1";

    #[test]
    fn an_epoch_is_joined_in_any_order() {
        let far = [(3, Some(125.0)); 2];
        for reader in [NmeaReader::of_file, NmeaReader::live] {
            assert_eq!(weighed(reader, &[&[RMC, GGA], &[RMC, GGA]]), far);
            assert_eq!(weighed(reader, &[&[GGA, RMC], &[GGA, RMC]]), far);
        }
        assert_eq!(weighed(NmeaReader::of_file, &[&[RMC, GGA, GSA_2D], &[GSA_3D, RMC, GGA]])[0], (2, Some(250.0)));
        // RMC alone: what GGA would say is not known.
        for reader in [NmeaReader::of_file, NmeaReader::live] {
            assert_eq!(weighed(reader, &[&[RMC], &[RMC], &[RMC]]), [(2, Some(5.0)); 3]);
        }
        assert_eq!(weighed(NmeaReader::of_file, &[&[RMC, GSA_2D]]), [(2, Some(20.0))]);
    }

    #[test]
    fn the_worst_sentence_of_an_epoch_holds_wherever_it_stands() {
        const GGA_GOOD: &str = "GPGGA,TIME,3728.680,N,12652.680,E,1,09,1.0,20.0,M,18.0,M,,";
        const GGA_SILENT: &str = "GPGGA,TIME,3728.680,N,12652.680,E,1,09,,20.0,M,18.0,M,,";
        const GSA_WEAK: &str = "GPGSA,A,2,01,02,03,04,,,,,,,,,25.0,22.0,25.0";
        const GSA_GOOD: &str = "GPGSA,A,3,04,05,09,12,,,,,,,,,2.5,1.5,2.1";
        // 5 m, HDOP 22, without height.
        let weak = (2, Some(220.0));
        for gga in [GGA_GOOD, GGA_SILENT] {
            let orders = [[RMC, gga, GSA_WEAK], [gga, GSA_WEAK, RMC], [GSA_WEAK, RMC, gga], [RMC, GSA_WEAK, gga]];
            for order in orders.iter().map(|order| &order[..]) {
                assert_eq!(weighed(NmeaReader::of_file, &[order; 3]), [weak; 3], "{order:?}");
                // At once, the first may come before its GSA.
                assert_eq!(weighed(NmeaReader::live, &[order; 3])[1..], [weak; 2], "{order:?}");
            }
        }
        // The larger dilution is GGA's.
        assert_eq!(weighed(NmeaReader::of_file, &[&[RMC, GGA, GSA_3D]]), [(3, Some(125.0))]);
        assert_eq!(weighed(NmeaReader::of_file, &[&[GSA_3D, RMC, GGA]]), [(3, Some(125.0))]);
        // A receiver that sends it every few epochs.
        let sparse: [&[&str]; 4] =
            [&[RMC, GGA_GOOD, GSA_WEAK], &[RMC, GGA_GOOD], &[RMC, GGA_GOOD, GSA_GOOD], &[RMC, GGA_GOOD]];
        assert_eq!(weighed(NmeaReader::of_file, &sparse), [weak, weak, weak, (3, Some(7.5))]);
        // A constellation without a fix says nothing of the others; all without one have none.
        const GSA_NONE: &str = "GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99";
        assert_eq!(weighed(NmeaReader::of_file, &[&[RMC, GGA_GOOD, GSA_NONE, GSA_GOOD]]), [(3, Some(7.5))]);
        assert_eq!(weighed(NmeaReader::of_file, &[&[RMC, GGA_GOOD, GSA_NONE]]), [(1, Some(5.0))]);
    }

    #[test]
    fn a_live_report_does_not_wait_for_the_next_epoch() {
        let mut reader = NmeaReader::live();
        let at = |body: &str, second: u32| sentence(&body.replace("TIME", &format!("0100{second:02}.00")));
        assert_eq!(reader.line(&at(RMC, 0)), None);
        assert!(reader.line(&at(GGA, 0)).is_some());
        assert_eq!(reader.line(&at(RMC, 1)), None);
        assert!(reader.line(&at(GGA, 1)).is_some());
        // A receiver without GGA is known by its first epoch.
        let mut alone = NmeaReader::live();
        assert_eq!(alone.line(&at(RMC, 0)), None);
        assert!(alone.line(&at(RMC, 1)).is_some(), "the first epoch's");
        assert!(alone.line(&at(RMC, 2)).is_some());
    }

    #[test]
    fn what_satellites_did_not_make_is_weighed_or_refused() {
        for (mode, expected) in [
            ("A", (2, Some(5.0))),
            ("D", (2, Some(5.0))),
            ("E", (2, Some(100.0))),
            ("S", (1, Some(5.0))),
            ("M", (1, Some(5.0))),
            ("N", (1, Some(5.0))),
        ] {
            let rmc = RMC.replace("126,,,A", &format!("126,,,{mode}"));
            assert_eq!(weighed(NmeaReader::of_file, &[&[&rmc]]), [expected], "mode {mode}");
        }
        for (quality, expected) in [
            ("1", (3, Some(125.0))),
            ("2", (3, Some(125.0))),
            ("6", (3, Some(125.0))),
            ("7", (1, Some(125.0))),
            ("8", (1, Some(125.0))),
            ("0", (1, Some(125.0))),
        ] {
            let gga = GGA.replace("E,1,04", &format!("E,{quality},04"));
            for epoch in [[RMC, &gga], [&gga, RMC]] {
                assert_eq!(weighed(NmeaReader::of_file, &[&epoch]), [expected], "quality {quality}");
            }
        }
        let reckoned = GGA.replace("E,1,04,25.0", "E,6,04,1.0");
        assert_eq!(weighed(NmeaReader::of_file, &[&[RMC, &reckoned]]), [(3, Some(100.0))]);
        let nowhere = "GPRMC,TIME,A,0000.000,N,00000.000,E,0.0,0.0,201126,,,A";
        assert_eq!(weighed(NmeaReader::of_file, &[&[nowhere]]), [(2, None)]);
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
