//! The registered cell list's own CSV: thirteen columns, of which `plmn` and `eci` are required.

use std::str::FromStr;

use csv::ByteRecord;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

use super::{CellKind, CellStatus, RegisteredCell, import::BadField, index::MAX_NAME};
use crate::observation::{Ecgi, Eci, Plmn, Position};

/// How the list writes cell identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EciNotation {
    /// Seven hexadecimal digits.
    #[default]
    Hexadecimal,
    /// A decimal number.
    Decimal,
}

/// A column that the file heads otherwise: `tac=TAC_CODE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    column: &'static str,
    header: String,
}

/// The list's columns, in order.
pub const COLUMNS: [&str; 13] = [
    "plmn",
    "eci",
    "kind",
    "status",
    "pci",
    "earfcn",
    "tac",
    "bandwidth_rb",
    "antenna_ports",
    "lat",
    "lon",
    "last_contact",
    "name",
];

/// Column with the date of the whole list, a day or a time; the latest counts.
pub const LIST_DATE: &str = "list_date";

/// Highest EARFCN of the downlink and uplink together. TS 36.101 §5.7.3.
pub const MAX_EARFCN: u32 = 262_143;

/// Where each column stands in a file.
pub(super) struct OwnList {
    eci_notation: EciNotation,
    plmn: usize,
    eci: usize,
    kind: Option<usize>,
    status: Option<usize>,
    pci: Option<usize>,
    earfcn: Option<usize>,
    tac: Option<usize>,
    bandwidth_rb: Option<usize>,
    antenna_ports: Option<usize>,
    lat: Option<usize>,
    lon: Option<usize>,
    last_contact: Option<usize>,
    name: Option<usize>,
    list_date: Option<usize>,
}

impl FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || text.split_once('=').filter(|(_, header)| !header.trim().is_empty());
        let (column, header) = known().ok_or_else(|| format!("{text:?} is not COLUMN=HEADER, like tac=TAC_CODE"))?;
        let column = COLUMNS
            .into_iter()
            .chain([LIST_DATE])
            .find(|name| *name == column.trim())
            .ok_or_else(|| format!("{column:?} is no column of the list: {}", COLUMNS.join(", ")))?;
        Ok(Self { column, header: header.trim().to_owned() })
    }
}

impl OwnList {
    /// Finds the columns by their headers, and names the headers that are none of the list's.
    pub(super) fn from_header(
        header: &[String],
        renamed: &[ColumnName],
        eci_notation: EciNotation,
    ) -> Result<(Self, Vec<String>), String> {
        let mut used = vec![false; header.len()];
        let mut find = |column: &'static str| {
            let renamed = renamed.iter().rev().find(|name| name.column == column);
            let wanted = renamed.map_or(column, |name| &name.header);
            let mut places = (0..header.len()).filter(|&i| header[i].eq_ignore_ascii_case(wanted));
            let place = places.next();
            if places.next().is_some() {
                return Err(format!("two columns are headed {wanted:?}"));
            }
            if let Some(i) = place {
                used[i] = true;
            } else if renamed.is_some() {
                return Err(format!("no column is headed {wanted:?}, which --map gives for {column}"));
            }
            Ok(place)
        };
        let mut required = |column: &'static str| {
            find(column)?.ok_or_else(|| {
                let found = header.iter().take(20).map(|name| shown(name)).collect::<Vec<_>>().join(",");
                format!(
                    "no column {column:?}; expected {}, or OpenCelliD's header, found {found}. \
                     --map {column}=HEADER names another header",
                    COLUMNS.join(",")
                )
            })
        };
        let list = Self {
            eci_notation,
            plmn: required("plmn")?,
            eci: required("eci")?,
            kind: find("kind")?,
            status: find("status")?,
            pci: find("pci")?,
            earfcn: find("earfcn")?,
            tac: find("tac")?,
            bandwidth_rb: find("bandwidth_rb")?,
            antenna_ports: find("antenna_ports")?,
            lat: find("lat")?,
            lon: find("lon")?,
            last_contact: find("last_contact")?,
            name: find("name")?,
            list_date: find(LIST_DATE)?,
        };
        let ignored = header.iter().zip(used).filter(|(_, used)| !used).map(|(name, _)| name.clone()).collect();
        Ok((list, ignored))
    }

    /// The cell of a row.
    pub(super) fn cell(&self, row: &ByteRecord) -> Result<RegisteredCell, BadField> {
        let plmn = required(row, self.plmn, |text| text.parse::<Plmn>().map_err(|e| e.to_string()))?;
        let eci = required(row, self.eci, |text| parse_eci(text, self.eci_notation))?;
        Ok(RegisteredCell {
            ecgi: Ecgi { plmn, eci },
            kind: optional(row, self.kind, |text| {
                text.parse::<CellKind>().map_err(|()| format!("{text:?} is no kind: macro, small, femto"))
            })?,
            status: optional(row, self.status, |text| {
                text.parse::<CellStatus>()
                    .map_err(|()| format!("{text:?} is no status: active, dormant, lost, recalled, planned, retired"))
            })?
            .unwrap_or_default(),
            pci: optional(row, self.pci, parse_pci)?,
            earfcn: optional(row, self.earfcn, |text| number(text, 0..=MAX_EARFCN))?,
            tac: optional(row, self.tac, |text| number(text, 0..=0xFFFF).map(|tac| tac as u16))?,
            bandwidth: optional(row, self.bandwidth_rb, |text| {
                let n_rb_dl = number(text, 6..=100)?;
                Bandwidth::from_n_rb_dl(n_rb_dl as usize)
                    .ok_or_else(|| format!("{n_rb_dl} is no bandwidth: 6, 15, 25, 50, 75, 100 resource blocks"))
            })?,
            antenna_ports: optional(row, self.antenna_ports, |text| {
                let count = number(text, 1..=4)?;
                AntennaPorts::ALL
                    .into_iter()
                    .find(|ports| ports.count() == count as usize)
                    .ok_or_else(|| format!("{count} is no number of antenna ports: 1, 2, 4"))
            })?,
            place: self.place(row)?,
            last_contact: optional(row, self.last_contact, parse_time)?,
            name: self.name(row)?,
        })
    }

    /// The date of the list, where the row gives it.
    pub(super) fn date(&self, row: &ByteRecord) -> Result<Option<Timestamp>, BadField> {
        optional(row, self.list_date, |text| {
            date(text).ok_or_else(|| format!("{} is no date like 2026-11-19, nor a time with a zone", shown(text)))
        })
    }

    fn place(&self, row: &ByteRecord) -> Result<Option<Position>, BadField> {
        let lat = optional(row, self.lat, |text| degrees(text, 90.0))?;
        let lon = optional(row, self.lon, |text| degrees(text, 180.0))?;
        match (lat, lon) {
            (Some(lat), Some(lon)) => Ok(Some(Position { lat, lon, error_m: 0.0 })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(BadField::new(self.lon.or(self.lat), "lat is given and lon is not")),
            (None, Some(_)) => Err(BadField::new(self.lat.or(self.lon), "lon is given and lat is not")),
        }
    }

    /// The name is kept as it is, line breaks and formulas included: it is text, never evaluated.
    fn name(&self, row: &ByteRecord) -> Result<Box<str>, BadField> {
        let Some(column) = self.name else { return Ok("".into()) };
        let name = text_of(row, column)?;
        if name.len() > MAX_NAME {
            return Err(BadField::new(
                Some(column),
                format!("the name has {} bytes, at most {MAX_NAME} are kept", name.len()),
            ));
        }
        Ok(name.into())
    }
}

/// The field's text, where it is UTF-8; the last field without the carriage return that ends the line.
pub(super) fn text_of(row: &ByteRecord, column: usize) -> Result<&str, BadField> {
    let mut bytes = row.get(column).unwrap_or_default();
    if column + 1 == row.len() {
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        BadField::new(Some(column), format!("byte {} of the field, {:#04x}, is not UTF-8", at + 1, bytes[at]))
    })
}

/// A field that must be filled.
pub(super) fn required<T>(
    row: &ByteRecord,
    column: usize,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, BadField> {
    optional(row, Some(column), parse)?.ok_or_else(|| BadField::new(Some(column), "is empty"))
}

/// A field that may be empty, or its column missing.
pub(super) fn optional<T>(
    row: &ByteRecord,
    column: Option<usize>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, BadField> {
    let Some(at) = column else { return Ok(None) };
    let text = text_of(row, at)?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).map_err(|message| BadField::new(column, message))
}

/// A decimal number within a range.
pub(super) fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let value = digits.then(|| text.parse().ok()).flatten();
    value
        .filter(|value| range.contains(value))
        .ok_or_else(|| format!("{} is no number from {} to {}", shown(text), range.start(), range.end()))
}

/// An angle in decimal degrees.
pub(super) fn degrees(text: &str, limit: f64) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| value.abs() <= limit)
        .ok_or_else(|| format!("{} is no angle from -{limit} to {limit} degrees", shown(text)))
}

fn parse_eci(text: &str, notation: EciNotation) -> Result<Eci, String> {
    let value = match notation {
        EciNotation::Decimal => Some(number(text, 0..=(1 << 28) - 1)?),
        EciNotation::Hexadecimal => {
            let seven = text.len() == 7 && text.bytes().all(|b| b.is_ascii_hexdigit());
            seven.then(|| u32::from_str_radix(text, 16).ok()).flatten()
        }
    };
    value.and_then(Eci::new).ok_or_else(|| {
        let hint = if text.bytes().all(|b| b.is_ascii_digit()) {
            "; --eci dec reads decimal, and a spreadsheet drops leading zeros"
        } else {
            ""
        };
        format!("{} is no cell identity of seven hexadecimal digits{hint}", shown(text))
    })
}

fn parse_pci(text: &str) -> Result<Pci, String> {
    let value = number(text, 0..=503)?;
    Pci::new(value as u16).ok_or_else(|| format!("{value} is no PCI"))
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    let time: Option<Timestamp> = text.parse().ok();
    time.filter(|time| u32::try_from(time.as_second()).is_ok())
        .ok_or_else(|| format!("{} is no time from 1970 to 2106 like 2026-11-19T00:00:00Z", shown(text)))
}

/// The date of a list: a time, or a day, which begins in UTC; `None` of what is neither, or out of 1970 to 2106.
#[must_use]
pub fn date(text: &str) -> Option<Timestamp> {
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let time: Option<Timestamp> = text.parse().ok().or_else(|| day().filter(|_| text.len() == 10));
    time.filter(|time| u32::try_from(time.as_second()).is_ok())
}

/// A field's text in a message: quoted, escaped and cut.
pub fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{dots}")
}
