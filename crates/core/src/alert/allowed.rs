//! Cells that are known and honest: their findings are marked, kept and never alerted.
//!
//! In: the operator's allow-list, CSV or TOML. Out: findings marked with the reason, until when, and by whom. An entry holds
//! at its place and until its end; a cell whose place or time is not known is not excused.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use lte_dsp::cell::Pci;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use toml::Spanned;

use crate::{
    detect::Judged,
    observation::{Ecgi, Observation, Position, earfcn::is_same_carrier},
};

/// Metres around an entry's place in which it holds unless it says so.
const RADIUS_M: f64 = 500.0;

/// Most entries of a list.
const MAX_ENTRIES: usize = 100_000;

/// The cells that are known and honest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AllowList(Vec<AllowedCell>);

/// One known cell.
#[derive(Debug, Clone, PartialEq)]
pub struct AllowedCell {
    name: AllowedName,
    /// Where it may be heard, with the radius as the error.
    place: Option<(Position, f64)>,
    reason: String,
    until: Timestamp,
    by: String,
}

/// What a cell is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AllowedName {
    Ecgi(Ecgi),
    Pair { pci: Pci, earfcn: u32 },
}

/// Why an allow-list is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {what}")]
pub struct AllowListError {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1: the field of a CSV row, the character of a TOML line.
    pub column: u64,
    /// What is wrong there, with what is allowed.
    pub what: String,
}

/// An entry as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ecgi: Option<String>,
    pci: Option<u16>,
    earfcn: Option<u32>,
    lat: Option<f64>,
    lon: Option<f64>,
    radius_m: Option<f64>,
    reason: Option<String>,
    until: Option<String>,
    by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlList {
    #[serde(default)]
    allow: Vec<Spanned<Entry>>,
}

/// The columns of the CSV form, which are the keys of the TOML form.
const COLUMNS: [&str; 9] = ["ecgi", "pci", "earfcn", "lat", "lon", "radius_m", "reason", "until", "by"];

/// A column and what is wrong in it.
type BadField = (&'static str, String);

impl AllowList {
    /// Reads `[[allow]]` entries of a TOML file.
    ///
    /// # Errors
    /// See [`AllowListError`].
    pub fn parse_toml(text: &str) -> Result<Self, AllowListError> {
        let at = |offset: usize, what: String| {
            let before = text.get(..offset).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            let line = 1 + before.matches('\n').count() as u64;
            AllowListError { line, column: 1 + before[line_start..].chars().count() as u64, what }
        };
        let list: TomlList = toml::from_str(text)
            .map_err(|error| at(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
        let entry = |entry: Spanned<Entry>| {
            let start = entry.span().start;
            entry.into_inner().check().map_err(|(key, what)| at(start, format!("{key}: {what}")))
        };
        list.allow.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// Reads a CSV file headed by its columns.
    ///
    /// # Errors
    /// See [`AllowListError`].
    pub fn parse_csv(text: &str) -> Result<Self, AllowListError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let wrong = |line: u64, column: usize, what: String| AllowListError { line, column: column as u64 + 1, what };
        let header = reader.headers().map_err(|error| wrong(1, 0, error.to_string()))?.clone();
        if let Some(column) = header.iter().position(|name| !COLUMNS.contains(&name)) {
            let what = format!("{:?} is no column: {} are expected", &header[column], COLUMNS.join(", "));
            return Err(wrong(1, column, what));
        }
        let place = |name: &str| header.iter().position(|other| other == name);
        let mut cells = Vec::new();
        for row in reader.records() {
            let row =
                row.map_err(|error| wrong(error.position().map_or(0, csv::Position::line), 0, error.to_string()))?;
            let line = row.position().map_or(0, csv::Position::line);
            if row.len() != header.len() {
                let what = format!("the row has {} fields, the header {}", row.len(), header.len());
                return Err(wrong(line, row.len().min(header.len()).saturating_sub(1), what));
            }
            if cells.len() >= MAX_ENTRIES {
                return Err(wrong(line, 0, format!("more than {MAX_ENTRIES} entries")));
            }
            let field = |name: &str| place(name).and_then(|at| row.get(at)).filter(|text| !text.is_empty());
            let checked = Entry::of_fields(field).and_then(Entry::check);
            cells.push(
                checked.map_err(|(name, what)| wrong(line, place(name).unwrap_or(0), format!("{name}: {what}")))?,
            );
        }
        Ok(Self(cells))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Marks the findings of a cell that the list knows.
    pub fn mark(&self, observation: &Observation, judged: &mut Judged) {
        let ecgi = judged.ecgi;
        let Some(known) = self.0.iter().find(|cell| cell.is(observation, ecgi)) else { return };
        for finding in &mut judged.findings {
            finding.grounds.suppressed = true;
            let why = json!({"reason": known.reason, "until": known.until.to_string(), "by": known.by});
            finding.evidence.insert("suppressed".to_owned(), why);
        }
    }
}

impl AllowedCell {
    fn is(&self, observation: &Observation, ecgi: Option<Ecgi>) -> bool {
        let is_named = match self.name {
            AllowedName::Ecgi(own) => ecgi == Some(own),
            AllowedName::Pair { pci, earfcn } => {
                let heard = observation.certain_earfcn();
                observation.pci == pci && heard.is_some_and(|heard| is_same_carrier(heard, earfcn))
            }
        };
        let is_there = |(place, radius_m): (Position, f64)| {
            observation.position.is_some_and(|here| here.distance_m(&place) + here.greatest_error_m() <= radius_m)
        };
        is_named && observation.time().is_some_and(|now| now <= self.until) && self.place.is_none_or(is_there)
    }
}

impl Entry {
    fn of_fields<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, BadField> {
        fn number<T: std::str::FromStr>(name: &'static str, text: Option<&str>) -> Result<Option<T>, BadField> {
            text.map(|text| text.parse().map_err(|_| (name, format!("{text:?} is no number that it may be"))))
                .transpose()
        }
        let text = |name| field(name).map(str::to_owned);
        Ok(Self {
            ecgi: text("ecgi"),
            pci: number("pci", field("pci"))?,
            earfcn: number("earfcn", field("earfcn"))?,
            lat: number("lat", field("lat"))?,
            lon: number("lon", field("lon"))?,
            radius_m: number("radius_m", field("radius_m"))?,
            reason: text("reason"),
            until: text("until"),
            by: text("by"),
        })
    }

    fn check(self) -> Result<AllowedCell, BadField> {
        let needed = |name: &'static str, text: Option<String>| {
            text.filter(|text| !text.trim().is_empty()).ok_or_else(|| (name, "is missing".to_owned()))
        };
        let name = match (&self.ecgi, self.pci, self.earfcn) {
            (Some(text), None, None) => {
                let ecgi = text.parse().map_err(|_| ("ecgi", format!("{text:?} is no ECGI like 450-08-5afff31")))?;
                AllowedName::Ecgi(ecgi)
            }
            (None, Some(pci), Some(earfcn)) => {
                let pci = Pci::new(pci).ok_or_else(|| ("pci", format!("{pci} is no PCI from 0 to 503")))?;
                AllowedName::Pair { pci, earfcn }
            }
            _ => return Err(("ecgi", "either an ECGI, or PCI and EARFCN, name a cell".to_owned())),
        };
        let place = match (self.lat, self.lon) {
            (Some(lat), Some(lon)) if lat.abs() <= 90.0 && lon.abs() <= 180.0 => {
                let radius_m = self.radius_m.unwrap_or(RADIUS_M);
                if !(radius_m.is_finite() && radius_m > 0.0) {
                    return Err(("radius_m", format!("{radius_m} is no number of metres above 0")));
                }
                Some((Position { lat, lon, error_m: 0.0 }, radius_m))
            }
            (None, None) if self.radius_m.is_none() => None,
            (lat, lon) => return Err(("lat", format!("{lat:?}, {lon:?} is no place in degrees"))),
        };
        let until = needed("until", self.until)?;
        let until = end_of(&until)
            .ok_or_else(|| ("until", format!("{until:?} is no date like 2026-12-31, nor a time with a zone")))?;
        Ok(AllowedCell { name, place, reason: needed("reason", self.reason)?, until, by: needed("by", self.by)? })
    }
}

/// The end that a text names: a time, or the last second of a day in UTC.
fn end_of(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let day = || Some(text.parse::<Date>().ok()?.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse().ok().or_else(|| day().filter(|_| text.len() == 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{
        Finding, Grounds, Severity, Verdict,
        scene::{Build, macro_cell, north_m},
    };

    const CSV: &str = "ecgi,pci,earfcn,lat,lon,radius_m,reason,until,by\n\
        450-08-5afff31,,,,,,\"field test, van 3\",2026-12-31,k.lee\n\
        ,77,8900,37.478,126.878,300,lab,2026-11-20T01:00:10Z,p.kim\n";

    const TOML: &str = "[[allow]]\necgi = \"450-08-5afff31\"\nreason = \"field test, van 3\"\nuntil = \"2026-12-31\"\n\
        by = \"k.lee\"\n[[allow]]\npci = 77\nearfcn = 8900\nlat = 37.478\nlon = 126.878\nradius_m = 300\n\
        reason = \"lab\"\nuntil = \"2026-11-20T01:00:10Z\"\nby = \"p.kim\"\n";

    fn is_suppressed(list: &AllowList, cell: Build, place: Option<Position>, start: &str) -> bool {
        let mut o = cell.observation;
        (o.position, o.dwell.start) = (place, start.parse().ok());
        let rule = cellwarden_event::RuleId::of("unregistered");
        let (evidence, grounds) = (serde_json::Map::new(), Grounds::default());
        let finding = Finding { rule, version: 1, severity: Severity::Critical, evidence, grounds };
        let mut judged =
            Judged { ecgi: o.ecgi(), verdict: Verdict::Unregistered, findings: vec![finding], phase_s: None };
        list.mark(&o, &mut judged);
        assert_eq!(judged.findings.len(), 1, "never deleted");
        let [finding] = &judged.findings[..] else { panic!("one") };
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.evidence.contains_key("suppressed"), finding.grounds.suppressed);
        finding.grounds.suppressed
    }

    const NOW: &str = "2026-11-20T01:00:00Z";

    #[test]
    fn both_forms_say_the_same() {
        let list = AllowList::parse_csv(CSV).expect("a list");
        assert_eq!(AllowList::parse_toml(TOML).expect("a list"), list);
        assert_eq!(list.len(), 2);
        for empty in ["", "ecgi,reason,until,by\n"] {
            assert!(AllowList::parse_csv(empty).is_ok_and(|list| list.is_empty()), "{empty:?}");
        }
        assert!(AllowList::parse_toml("").is_ok_and(|list| list.is_empty()));
    }

    #[test]
    fn an_entry_holds_for_its_cell_at_its_place_until_its_end() {
        let list = AllowList::parse_csv(CSV).expect("a list");
        let van = || macro_cell(0x5a_fff31, 304);
        assert!(is_suppressed(&list, van(), None, NOW));
        assert!(is_suppressed(&list, van(), Some(north_m(9_000.0)), "2026-12-31T23:59:58Z"));
        assert!(!is_suppressed(&list, van(), None, "2027-01-01T00:00:00Z"));
        assert!(!is_suppressed(&list, van(), None, "no time"));
        assert!(!is_suppressed(&list, van().eci(0x5a_fff32), None, NOW));
        // 880.0 MHz under the number of band 5. The fix's error is 5 m, threefold 15 m.
        let lab = || macro_cell(0x12_34567, 77).earfcn(Some(2510));
        assert!(is_suppressed(&list, lab(), Some(north_m(284.0)), NOW));
        assert!(!is_suppressed(&list, lab(), Some(north_m(286.0)), NOW));
        assert!(!is_suppressed(&list, lab(), None, NOW));
        assert!(!is_suppressed(&list, lab(), Some(north_m(0.0)), "2026-11-20T01:00:11Z"));
        assert!(!is_suppressed(&list, macro_cell(0x12_34567, 78).earfcn(Some(2510)), Some(north_m(0.0)), NOW));
        assert!(!is_suppressed(&list, macro_cell(0x12_34567, 77).earfcn(Some(2511)), Some(north_m(0.0)), NOW));
    }

    #[test]
    fn bad_entries_are_named_with_line_and_column() {
        let row = |row: &str| AllowList::parse_csv(&format!("{CSV}{row}\n")).expect_err("bad");
        for (text, column, part) in [
            ("450-08-5afff3,,,,,,r,2026-12-31,b", 1, "no ECGI"),
            (",504,1550,,,,r,2026-12-31,b", 2, "no PCI"),
            (",x,1550,,,,r,2026-12-31,b", 2, "no number"),
            (",77,,,,,r,2026-12-31,b", 1, "PCI and EARFCN"),
            ("450-08-5afff31,77,1550,,,,r,2026-12-31,b", 1, "either"),
            ("450-08-5afff31,,,91,0,,r,2026-12-31,b", 4, "no place"),
            ("450-08-5afff31,,,37.5,,,r,2026-12-31,b", 4, "no place"),
            ("450-08-5afff31,,,37.5,127,-1,r,2026-12-31,b", 6, "above 0"),
            ("450-08-5afff31,,,,,,,2026-12-31,b", 7, "missing"),
            ("450-08-5afff31,,,,,,r,soon,b", 8, "no date"),
            ("450-08-5afff31,,,,,,r,,b", 8, "missing"),
            ("450-08-5afff31,,,,,,r,2026-12-31,", 9, "missing"),
            ("450-08-5afff31,,,,,,r", 7, "7 fields"),
        ] {
            let error = row(text);
            assert_eq!((error.line, error.column), (4, column), "{text}: {error}");
            assert!(error.what.contains(part), "{text}: {error}");
        }
        let header = AllowList::parse_csv("ecgi,why,until,by\n").expect_err("bad");
        assert_eq!((header.line, header.column), (1, 2), "{header}");
        for (text, line, part) in [
            ("[[allow]]\nwhy = 1\n", 2, "why"),
            ("[[allow]]\npci = 504\nearfcn = 1\n", 1, "no PCI"),
            ("\n[[allow]]\npci = \"7\"\n", 3, "u16"),
            ("[[allow\n", 1, ""),
        ] {
            let error = AllowList::parse_toml(text).expect_err("bad");
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.what.contains(part), "{text:?}: {error}");
        }
    }
}
