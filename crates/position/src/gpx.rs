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

use super::{
    Fix, FixQuality, Fixes, Position, PositionSource, Unplaced,
    fixes::Repairs,
    quality::{place_at, utc},
};

/// Largest file in bytes: four days of a fix a second.
pub const MAX_FILE: u64 = 64 << 20;

/// Most track points kept.
pub const MAX_POINTS: usize = 1_000_000;

/// Longest text of an element of a track point in bytes.
const MAX_TEXT: usize = 64;

/// A track: fixes in the order of their times.
#[derive(Debug, Clone, PartialEq)]
pub struct GpxTrack {
    fixes: Fixes,
    /// What was set right or left out.
    pub repairs: Repairs,
    /// Points left out that say themselves that they are no fix.
    pub without_fix: usize,
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
    /// No point has a fix and a time.
    #[error("GPX file: none of its {points} track points has a fix and a time")]
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
    without_fix: usize,
    /// The track point being read.
    point: Option<Point>,
    /// The element of it being read, and its text.
    text: Option<(Part, String)>,
}

/// A track point as far as it is read.
#[derive(Default)]
struct Point {
    lat: f64,
    lon: f64,
    time: Option<Timestamp>,
    quality: FixQuality,
    has_no_fix: bool,
}

/// An element of a track point that counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Time,
    Fix,
    Hdop,
}

impl Point {
    /// Takes the text of an element. GPX 1.1, `wptType` and `fixType`.
    fn take(&mut self, part: Part, text: &str) {
        match (part, text.trim()) {
            (Part::Time, text) => self.time = utc(text),
            (Part::Hdop, text) => self.quality.hdop = text.parse().ok().filter(|hdop: &f64| *hdop > 0.0),
            (Part::Fix, "none") => self.has_no_fix = true,
            (Part::Fix, "2d") => self.quality.is_two_dimensional = true,
            (Part::Fix, _) => {}
        }
    }

    fn fix(&self) -> Option<Fix> {
        let place = place_at(self.lat, self.lon, self.quality.error_m()).filter(|_| !self.has_no_fix)?;
        Some(Fix { time: self.time?, place })
    }
}

impl Parser {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        match element.local_name().as_ref() {
            "gpx" => self.is_gpx = true,
            "trkpt" => {
                self.points += 1;
                let (lat, lon) = (attribute(element, "lat")?, attribute(element, "lon")?);
                let degrees = |text: &str, limit: f64| text.trim().parse().ok().filter(|d: &f64| d.abs() <= limit);
                let here = degrees(&lat, 90.0).zip(degrees(&lon, 180.0));
                let (lat, lon) = here.ok_or_else(|| format!("lat={lat:.20?} lon={lon:.20?} is no place in degrees"))?;
                self.point = Some(Point { lat, lon, ..Point::default() });
            }
            "time" => self.begin(Part::Time),
            "fix" => self.begin(Part::Fix),
            "hdop" => self.begin(Part::Hdop),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, part: Part) {
        self.text = self.point.as_ref().map(|_| (part, String::new()));
    }

    fn text(&mut self, text: &str) {
        if let Some((_, known)) = &mut self.text
            && known.len() + text.len() <= MAX_TEXT
        {
            known.push_str(text);
        }
    }

    fn end(&mut self, element: &str) {
        match element {
            "time" | "fix" | "hdop" => {
                if let Some(((part, text), point)) = self.text.take().zip(self.point.as_mut()) {
                    point.take(part, &text);
                }
            }
            "trkpt" => {
                if let Some(point) = self.point.take() {
                    match point.fix() {
                        Some(fix) => self.fixes.push(fix),
                        None => self.without_fix += usize::from(point.time.is_some()),
                    }
                }
            }
            _ => {}
        }
    }

    fn track(self, at_byte: u64) -> Result<GpxTrack, GpxError> {
        if !self.is_gpx {
            return Err(GpxError::Malformed { at_byte, what: "there is no gpx element".into() });
        }
        let (fixes, repairs) = Fixes::of_track(self.fixes);
        if fixes.is_empty() {
            return Err(GpxError::NoTimes { points: self.points });
        }
        Ok(GpxTrack { fixes, repairs, without_fix: self.without_fix })
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
        let text = format!("<gpx>{}{}{}</gpx>", point(4, "1.001"), point(0, "1"), point(4, "1.001"));
        let track = read(&text).expect("a track");
        assert!((at(&track, "2026-11-20T01:00:02Z").expect("between").lon - 1.0005).abs() < 1e-9);
        assert_eq!(at(&track, "2026-11-20T01:00:04Z").map(|p| (p.lon * 1e6).round()), Some(1_001_000.0));
    }

    #[test]
    fn points_say_how_good_they_are() {
        let point = |second: u32, inside: &str| {
            format!("<trkpt lat='37.5' lon='127'><time>2026-11-20T01:00:{second:02}</time>{inside}</trkpt>")
        };
        let points = [
            point(0, "<hdop>25</hdop>"),
            point(10, "<fix>2d</fix><sat>3</sat>"),
            point(20, "<fix>none</fix>"),
            point(30, "<hdop>2.5</hdop><fix>2d</fix><vdop>9</vdop>"),
            point(40, "<fix>dgps</fix><hdop>nonsense</hdop>"),
        ];
        let nowhere = "<trkpt lat='0' lon='0'><time>2026-11-20T01:00:50</time></trkpt>";
        let track = read(&format!("<gpx>{}{nowhere}</gpx>", points.concat())).expect("a track");
        let error_m = |second: u32| at(&track, &format!("2026-11-20T01:00:{second:02}Z")).map(|p| p.error_m.round());
        for (second, error) in [(0, 125.0), (10, 10.0), (30, 25.0), (40, 5.0)] {
            assert_eq!(error_m(second), Some(error), "{second}");
        }
        assert_eq!((track.fixes.len(), track.without_fix), (4, 2));
    }

    #[test]
    fn jumps_and_rollovers_are_set_right_and_told() {
        let point = |time: &str, lon: &str| format!("<trkpt lat='37.5' lon='{lon}'><time>{time}</time></trkpt>");
        let text = [
            point("2007-04-06T01:00:00Z", "127.0"),
            point("2007-04-06T01:00:10Z", "127.001"),
            point("2007-04-06T01:00:20Z", "128.0"),
            point("2007-04-06T01:00:30Z", "127.003"),
            point("1980-01-06T00:00:00Z", "127.0"),
        ];
        let track = read(&format!("<gpx>{}</gpx>", text.concat())).expect("a track");
        assert_eq!(track.repairs, Repairs { jumps: 1, rolled_over: 4, without_date: 1 });
        assert_eq!(track.remarks().len(), 3);
        assert!(at(&track, "2026-11-20T01:00:20Z").is_some_and(|p| (p.lon - 127.002).abs() < 1e-9));
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
