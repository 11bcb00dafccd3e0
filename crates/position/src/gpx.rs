//! A GPX 1.1 track, joined by time.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use jiff::Timestamp;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use thiserror::Error;

use super::{FIX_ERROR_M, Fix, Fixes, Position, PositionSource, place};

/// Largest file in bytes: four days of a fix a second.
pub const MAX_FILE: u64 = 64 << 20;

/// Most track points kept.
pub const MAX_POINTS: usize = 1_000_000;

/// Longest text of a `time` element in bytes.
const MAX_TIME: usize = 64;

/// A track: fixes in the order of their times.
#[derive(Debug, Clone, PartialEq)]
pub struct GpxTrack {
    fixes: Fixes,
}

/// Why a file is no track.
#[derive(Debug, Error)]
pub enum GpxError {
    /// The file cannot be read.
    #[error("GPX file: {0}")]
    Read(#[from] io::Error),
    /// It is no XML, or no GPX.
    #[error("GPX file, at byte {at_byte}: {what}")]
    Malformed {
        /// Where.
        at_byte: u64,
        /// What is wrong.
        what: String,
    },
    /// It uses what a track has no need of.
    #[error("GPX file, at byte {at_byte}: {what} is not supported")]
    Unsupported {
        /// Where.
        at_byte: u64,
        /// What it uses.
        what: &'static str,
    },
    /// It is larger than any track.
    #[error("GPX file: more than {limit} {what}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// No point has a time.
    #[error("GPX file: none of its {points} track points has a time")]
    NoTimes {
        /// How many points there are.
        points: usize,
    },
}

impl GpxTrack {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`GpxError`].
    pub fn open(path: &Path) -> Result<Self, GpxError> {
        Self::read(BufReader::new(File::open(path)?))
    }

    /// Reads the track points of all tracks and segments. Points without a time are passed over.
    ///
    /// # Errors
    /// See [`GpxError`]. Document type declarations are refused, so that no entity can be made to grow.
    pub fn read(input: impl BufRead) -> Result<Self, GpxError> {
        Self::read_within(input, MAX_FILE)
    }

    fn read_within(input: impl BufRead, file_max: u64) -> Result<Self, GpxError> {
        let mut reader = Reader::from_reader(Read::take(input, file_max + 1));
        let too_large = || GpxError::Limit { what: "bytes", limit: file_max };
        let mut parser = Parser::default();
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let at_byte = reader.buffer_position();
            let malformed = |what: String| GpxError::Malformed { at_byte, what };
            let event = match reader.read_event_into(&mut buffer) {
                Ok(event) => event,
                // The file was cut at the limit, and what is left is rarely XML.
                Err(_) if reader.get_ref().limit() == 0 => return Err(too_large()),
                Err(quick_xml::Error::Io(error)) => return Err(io::Error::new(error.kind(), error.to_string()).into()),
                Err(error) => return Err(malformed(error.to_string())),
            };
            match event {
                Event::Start(element) => parser.start(&element).map_err(malformed)?,
                Event::Empty(element) => {
                    parser.start(&element).map_err(malformed)?;
                    parser.end(element.local_name().as_ref());
                }
                Event::End(element) => parser.end(element.local_name().as_ref()),
                Event::Text(text) => parser.text(&text.xml10_content()),
                Event::CData(text) => parser.text(&text.xml10_content()),
                Event::DocType(_) => {
                    return Err(GpxError::Unsupported { at_byte, what: "a document type declaration" });
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::GeneralRef(_) => {}
            }
            if parser.fixes.len() > MAX_POINTS {
                return Err(GpxError::Limit { what: "track points", limit: MAX_POINTS as u64 });
            }
        }
        if reader.get_ref().limit() == 0 {
            return Err(too_large());
        }
        parser.track(reader.buffer_position())
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parser {
    is_gpx: bool,
    points: usize,
    fixes: Vec<Fix>,
    /// The track point being read.
    point: Option<Position>,
    /// The text of its `time` being read.
    time: Option<String>,
    /// Its time.
    point_time: Option<Timestamp>,
}

impl Parser {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match element.local_name().as_ref() {
            "gpx" => self.is_gpx = true,
            "trkpt" => {
                self.points += 1;
                let (lat, lon) = (attribute(element, "lat")?, attribute(element, "lon")?);
                let here = place(&lat, &lon, FIX_ERROR_M);
                self.point = Some(here.ok_or_else(|| format!("lat={lat:.20?} lon={lon:.20?} is no place in degrees"))?);
                self.point_time = None;
            }
            "time" if self.point.is_some() => self.time = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(time) = &mut self.time
            && time.len() + text.len() <= MAX_TIME
        {
            time.push_str(text);
        }
    }

    fn end(&mut self, element: &str) {
        match element {
            "time" => {
                if let Some(text) = self.time.take() {
                    self.point_time = text.trim().parse().ok();
                }
            }
            "trkpt" => {
                if let Some((point, time)) = self.point.take().zip(self.point_time) {
                    self.fixes.push(Fix { time, place: point });
                }
            }
            _ => {}
        }
    }

    fn track(self, at_byte: u64) -> Result<GpxTrack, GpxError> {
        if !self.is_gpx {
            return Err(GpxError::Malformed { at_byte, what: "there is no gpx element".into() });
        }
        if self.fixes.is_empty() {
            return Err(GpxError::NoTimes { points: self.points });
        }
        Ok(GpxTrack { fixes: Fixes::new(self.fixes) })
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let attribute = element.try_get_attribute(name).map_err(|error| error.to_string())?;
    let attribute = attribute.ok_or_else(|| format!("a track point has no {name}"))?;
    attribute.normalized_value(XmlVersion::default()).map(Into::into).map_err(|error| error.to_string())
}

impl PositionSource for GpxTrack {
    fn at(&self, time: Timestamp) -> Option<Position> {
        self.fixes.at(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="drive" xmlns="http://www.topografix.com/GPX/1/1"><metadata><time>2020-01-01T00:00:00Z</time></metadata>
<trk><name>a &amp; b</name><trkseg>
<trkpt lat="37.478000" lon="126.878000"><ele>20</ele><time>2026-11-20T01:00:00Z</time></trkpt>
<trkpt lat="37.478000" lon="126.879000"><time> 2026-11-20T10:00:10+09:00 </time></trkpt>
<trkpt lat="37.000000" lon="126.000000"/>
</trkseg><trkseg>
<trkpt lon='126.880000' lat='37.479000'><time>2026-11-20T01:10:00.5Z</time></trkpt>
</trkseg></trk></gpx>"#;

    fn read(text: &str) -> Result<GpxTrack, GpxError> {
        GpxTrack::read(text.as_bytes())
    }

    fn at(track: &GpxTrack, time: &str) -> Option<Position> {
        track.at(time.parse().expect("a time"))
    }

    #[test]
    fn fixes_are_met_and_between_them_the_error_grows() {
        let track = read(TRACK).expect("a track");
        assert_eq!(track.fixes.len(), 3);
        let fix = at(&track, "2026-11-20T01:00:00Z").expect("a fix");
        assert_eq!((fix.lat, fix.lon, fix.error_m), (37.478, 126.878, 5.0));
        let middle = at(&track, "2026-11-20T01:00:05Z").expect("between");
        assert!((middle.lon - 126.8785).abs() < 1e-9 && middle.lat == 37.478);
        // a·t·(T-t)/2 = 2·5·5/2 = 25 m beside the fix's own 5 m.
        assert!((middle.error_m - 5f64.hypot(25.0)).abs() < 1e-9, "{}", middle.error_m);
        let quarter = at(&track, "2026-11-20T01:00:02.5Z").expect("between");
        assert!(quarter.error_m < middle.error_m && (quarter.lon - 126.87825).abs() < 1e-9);
    }

    #[test]
    fn far_from_any_fix_there_is_no_position() {
        let track = read(TRACK).expect("a track");
        assert_eq!(at(&track, "2026-11-20T01:05:00Z"), None, "in the middle of ten minutes");
        assert_eq!(at(&track, "2026-11-20T00:59:00Z"), None);
        assert_eq!(at(&track, "2026-11-20T01:11:00Z"), None);
        let before = at(&track, "2026-11-20T00:59:58Z").expect("two seconds before the first");
        assert!((before.error_m - 5f64.hypot(30.0)).abs() < 1e-9);
        assert!(at(&track, "2026-11-20T01:10:02Z").is_some());
        assert_eq!(track.at(Timestamp::MIN), None);
        assert_eq!(track.at(Timestamp::MAX), None);
    }

    #[test]
    fn points_out_of_order_and_twice_at_a_time() {
        let point = |second: u32, lon: &str| {
            format!("<trkpt lat='0' lon='{lon}'><time>2026-11-20T01:00:{second:02}Z</time></trkpt>")
        };
        let text = format!("<gpx>{}{}{}</gpx>", point(4, "1"), point(0, "0"), point(4, "1"));
        let track = read(&text).expect("a track");
        assert!((at(&track, "2026-11-20T01:00:02Z").expect("between").lon - 0.5).abs() < 1e-9);
        assert_eq!(at(&track, "2026-11-20T01:00:04Z").map(|p| p.lon), Some(1.0));
    }

    #[test]
    fn the_date_line_is_crossed_the_short_way() {
        let text = "<gpx><trkpt lat='0' lon='179.999'><time>2026-11-20T01:00:00Z</time></trkpt>\
            <trkpt lat='0' lon='-179.999'><time>2026-11-20T01:00:10Z</time></trkpt></gpx>";
        let track = read(text).expect("a track");
        let middle = at(&track, "2026-11-20T01:00:05Z").expect("between");
        assert!((middle.lon.abs() - 180.0).abs() < 1e-9, "{middle:?}");
    }

    #[test]
    fn files_that_are_no_track_are_refused() {
        let entities = "<!DOCTYPE gpx [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><gpx>&b;</gpx>";
        assert!(matches!(read(entities), Err(GpxError::Unsupported { .. })));
        for text in ["", "not xml", "<html></html>", "<gpx><trkpt lat='37' lon='127'>", "{\"lat\":1}", "\0\u{1}"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        for text in [
            "<gpx><trkpt lat='91' lon='0'/></gpx>",
            "<gpx><trkpt lat='NaN' lon='0'/></gpx>",
            "<gpx><trkpt lat='1'/></gpx>",
            "<gpx><trkpt lat='&b;' lon='3'/></gpx>",
            "<gpx></trkpt></gpx>",
        ] {
            assert!(matches!(read(text), Err(GpxError::Malformed { .. })), "{text:?}: {:?}", read(text));
        }
        assert!(matches!(read("<gpx><trkpt lat='1' lon='2'/></gpx>"), Err(GpxError::NoTimes { points: 1 })));
        assert!(matches!(
            read("<gpx><trkpt lat='1' lon='2'><time>noon</time></trkpt></gpx>"),
            Err(GpxError::NoTimes { points: 1 })
        ));
    }

    #[test]
    fn an_endless_file_ends_at_the_limit() {
        for unit in ["<trkpt lat='1' lon='2'/>", "<a>", "x", "<!-- - -->"] {
            let endless = b"<gpx>".chain(Repeat { unit: unit.as_bytes(), at: 0 });
            let error = GpxTrack::read_within(BufReader::new(endless), 1 << 20).expect_err("endless");
            assert!(matches!(error, GpxError::Limit { .. }), "{unit}: {error}");
        }
    }

    struct Repeat {
        unit: &'static [u8],
        at: usize,
    }

    impl Read for Repeat {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            for byte in out.iter_mut() {
                *byte = self.unit[self.at % self.unit.len()];
                self.at += 1;
            }
            Ok(out.len())
        }
    }
}
