//! The registered cell list's own CSV: thirteen columns, of which `plmn` and `eci` are required.

use std::{cell::Cell, str::FromStr};

use csv::ByteRecord;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time, date as civil_date},
    tz::TimeZone,
};
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

use super::{
    RegisteredCell,
    field::{BadField, degrees, number, optional, required, rounded_hint, shown, text_of, without_zeros},
    index::MAX_NAME,
    words::{WordsRead, is_status},
};
use crate::observation::{Ecgi, Eci, Plmn, Position};
use cellwarden_text::counted;

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

/// What other lists head the columns with: Korean operators' words, and other spellings that mean nothing else.
const OTHER_HEADERS: [(&str, &[&str]); 12] = [
    ("eci", &["셀id", "셀 id", "셀식별자"]),
    ("kind", &["종류", "유형", "셀종류", "셀유형"]),
    ("status", &["상태", "운용상태", "등록상태"]),
    ("earfcn", &["주파수", "채널", "채널번호"]),
    ("tac", &["추적영역", "추적 영역"]),
    ("bandwidth_rb", &["대역폭"]),
    ("antenna_ports", &["안테나", "안테나수", "안테나포트"]),
    ("lat", &["위도", "latitude"]),
    ("lon", &["경도", "longitude", "lng"]),
    ("last_contact", &["최종접속", "최종 접속", "마지막접속", "최종접속일시"]),
    ("name", &["이름", "명칭", "국소명"]),
    (LIST_DATE, &["기준일", "기준일자"]),
];

/// Rows with a digit-only identity that make a column of decimal numbers likely: of seven hexadecimal digits that count up
/// sectors one in ten has no letter.
const DIGIT_ROWS_MIN: u64 = 8;

/// Column with the date of the whole list, a day or a time; the latest counts.
pub const LIST_DATE: &str = "list_date";

/// Highest EARFCN of the downlink and uplink together. TS 36.101 §5.7.3.
pub const MAX_EARFCN: u32 = 262_143;

/// Where each column stands in a file.
pub(super) struct OwnList {
    eci_notation: Option<EciNotation>,
    /// Whether a comma may stand before decimals, as it does not separate fields.
    decimal_comma: bool,
    /// Columns that were found under another header than their own or one that the user gave, and where.
    assumed: Vec<(&'static str, usize)>,
    /// Which fields of a row are used.
    used: Vec<bool>,
    /// Times in `last_contact` that have no zone.
    zoneless: Cell<u64>,
    /// Whole numbers with decimals.
    with_zeros: Cell<u64>,
    /// Angles with a comma before their decimals.
    with_comma: Cell<u64>,
    /// Words of kinds and statuses.
    words: WordsRead,
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
    /// Finds the columns by their headers. `decimal_comma`: the comma does not separate the fields.
    pub(super) fn from_header(
        header: &[String],
        renamed: &[ColumnName],
        eci_notation: Option<EciNotation>,
        decimal_comma: bool,
    ) -> Result<Self, String> {
        let (mut used, mut assumed) = (vec![false; header.len()], Vec::new());
        let mut find = |column: &'static str| {
            let renamed = renamed.iter().rev().find(|name| name.column == column);
            let wanted = renamed.map_or(column, |name| &name.header);
            let mut places = (0..header.len()).filter(|&i| header[i].eq_ignore_ascii_case(wanted));
            let mut place = places.next();
            if places.next().is_some() {
                return Err(format!("two columns are headed {wanted:?}"));
            }
            if place.is_none() && renamed.is_none() {
                let others =
                    OTHER_HEADERS.iter().find(|(name, _)| *name == column).map_or(&[][..], |(_, others)| others);
                let mut places =
                    (0..header.len()).filter(|&i| others.iter().any(|other| header[i].to_lowercase() == *other));
                // Of two that may be it, neither is certain.
                place = places.next().filter(|_| places.next().is_none());
                assumed.extend(place.map(|at| (column, at)));
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
        let mut list = Self {
            eci_notation,
            decimal_comma,
            assumed: Vec::new(),
            used: Vec::new(),
            zoneless: Cell::default(),
            with_zeros: Cell::default(),
            with_comma: Cell::default(),
            words: WordsRead::default(),
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
        (list.assumed, list.used) = (assumed, used);
        Ok(list)
    }

    /// The headers that are none of the list's, without empty ones.
    pub(super) fn ignored<'a>(&self, header: &'a [String]) -> impl Iterator<Item = String> + use<'a, '_> {
        self.unused(header).filter(|name| !name.is_empty()).cloned()
    }

    fn unused<'a>(&self, header: &'a [String]) -> impl Iterator<Item = &'a String> + use<'a, '_> {
        header.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(name, _)| name)
    }

    /// What was assumed of the rows read so far, one sentence each.
    pub(super) fn remarks(&self) -> Vec<String> {
        let times = |n| format!("{} in last_contact without a zone read as UTC", counted(n, "time"));
        let zeros = |n| format!("{} with decimals of zero, like 485.0, read as whole", counted(n, "number"));
        let commas = |n| format!("{} with a decimal comma, like 37,48, read as 37.48", counted(n, "angle"));
        let said = |count: &Cell<u64>, say: &dyn Fn(u64) -> String| (count.get() > 0).then(|| say(count.get()));
        [said(&self.with_zeros, &zeros), said(&self.with_comma, &commas), said(&self.zoneless, &times)]
            .into_iter()
            .flatten()
            .chain(self.words.remarks())
            .collect()
    }

    /// Looks at the first rows: settles how cell identities are written, and remarks on what was assumed and on what is
    /// missing.
    ///
    /// # Errors
    /// Where the identities may be decimal or hexadecimal: the number of rows, and the first identity.
    pub(super) fn examine(
        &mut self,
        rows: impl Iterator<Item = ByteRecord>,
        header: &[String],
        remark: &mut impl FnMut(&str),
    ) -> Result<(), (u64, String)> {
        let text =
            |row: &ByteRecord, at: usize| String::from_utf8_lossy(row.get(at).unwrap_or_default()).trim().to_owned();
        let (mut digits, mut lettered, mut longest, mut shortest) = (0, 0, 0, usize::MAX);
        let mut example = String::new();
        // Columns that are not used and hold only words of a status, where none is headed so.
        let mut of_status: Vec<(usize, bool)> = match self.status {
            None => (0..header.len()).filter(|&i| !self.used[i]).map(|i| (i, false)).collect(),
            Some(_) => Vec::new(),
        };
        for row in rows {
            let eci = text(&row, self.eci);
            let eci = without_zeros(&eci);
            if !eci.is_empty() && eci.bytes().all(|b| b.is_ascii_digit()) {
                digits += 1;
                (longest, shortest) = (longest.max(eci.len()), shortest.min(eci.len()));
                if example.is_empty() {
                    example = eci.to_owned();
                }
            } else if !eci.is_empty() {
                lettered += 1;
            }
            of_status.retain_mut(|(at, seen)| {
                let word = text(&row, *at);
                let is_status = is_status(&word);
                *seen |= is_status;
                is_status || word.is_empty()
            });
        }
        let headless = self.unused(header).filter(|name| name.is_empty()).count();
        if headless > 0 {
            remark(&format!("{} without a header not used", counted(headless as u64, "column")));
        }
        for (column, at) in &self.assumed {
            remark(&format!("column {} read as {column}; --map {column}=HEADER names another", header[*at]));
        }
        if self.status.is_none() {
            let missing = match of_status.iter().find(|(_, seen)| *seen) {
                Some((at, _)) => {
                    format!("column {0} holds statuses and is not read: --map status={0} reads it", header[*at])
                }
                None => "no column status; --map status=HEADER names another header".to_owned(),
            };
            remark(&format!("{missing}. Until then every cell counts as active, and inactive-on-air cannot fire"));
        }
        if self.eci_notation.is_none() && digits > 0 && lettered == 0 {
            // More digits than hexadecimal ones can be, or numbers of different lengths.
            if longest > ECI_DIGITS || (shortest < longest && digits >= DIGIT_ROWS_MIN) {
                self.eci_notation = Some(EciNotation::Decimal);
                remark("column eci holds only digits: read as decimal; --eci hex reads hexadecimal digits");
            } else if digits >= DIGIT_ROWS_MIN && shortest == ECI_DIGITS {
                return Err((digits, example));
            } else if shortest == ECI_DIGITS {
                remark("column eci holds only digits: read as hexadecimal; --eci dec reads decimal numbers");
            }
        }
        Ok(())
    }

    /// The cell of a row.
    pub(super) fn cell(&self, row: &ByteRecord) -> Result<RegisteredCell, BadField> {
        let plmn = required(row, self.plmn, |text| parse_plmn(self.whole(text)))?;
        let eci = required(row, self.eci, |text| match self.eci_notation.unwrap_or_default() {
            EciNotation::Decimal => parse_eci(self.whole(text), EciNotation::Decimal),
            EciNotation::Hexadecimal => parse_eci(text, EciNotation::Hexadecimal),
        })?;
        Ok(RegisteredCell {
            ecgi: Ecgi { plmn, eci },
            kind: optional(row, self.kind, |text| self.words.kind(text))?,
            status: optional(row, self.status, |text| self.words.status(text))?.unwrap_or_default(),
            pci: optional(row, self.pci, |text| parse_pci(self.whole(text)))?,
            earfcn: optional(row, self.earfcn, |text| number(self.whole(text), 0..=MAX_EARFCN))?,
            tac: optional(row, self.tac, |text| number(self.whole(text), 0..=0xFFFF).map(|tac| tac as u16))?,
            bandwidth: optional(row, self.bandwidth_rb, |text| {
                let n_rb_dl = number(self.whole(text), 6..=100)?;
                Bandwidth::from_n_rb_dl(n_rb_dl as usize)
                    .ok_or_else(|| format!("{n_rb_dl} is no bandwidth: 6, 15, 25, 50, 75, 100 resource blocks"))
            })?,
            antenna_ports: optional(row, self.antenna_ports, |text| {
                let count = number(self.whole(text), 1..=4)?;
                AntennaPorts::ALL
                    .into_iter()
                    .find(|ports| ports.count() == count as usize)
                    .ok_or_else(|| format!("{count} is no number of antenna ports: 1, 2, 4"))
            })?,
            place: self.place(row)?,
            last_contact: optional(row, self.last_contact, |text| self.contact(text))?,
            name: self.name(row)?,
        })
    }

    /// The date of the list, where the row gives it.
    pub(super) fn date(&self, row: &ByteRecord) -> Result<Option<Timestamp>, BadField> {
        optional(row, self.list_date, |text| {
            let civil = || Some(civil_time(text)?.to_zoned(TimeZone::UTC).ok()?.timestamp());
            date(text).or_else(civil).ok_or_else(|| format!("{} is no date like 2026-11-19", shown(text)))
        })
    }

    fn place(&self, row: &ByteRecord) -> Result<Option<Position>, BadField> {
        let lat = optional(row, self.lat, |text| self.degrees(text, 90.0))?;
        let lon = optional(row, self.lon, |text| self.degrees(text, 180.0))?;
        match (lat, lon) {
            (Some(lat), Some(lon)) => Ok(Some(Position { lat, lon, error_m: 0.0 })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(BadField::new(self.lon.or(self.lat), "lat is given and lon is not")),
            (None, Some(_)) => Err(BadField::new(self.lat.or(self.lon), "lon is given and lat is not")),
        }
    }

    /// A number without the decimals that a spreadsheet adds to whole ones, which are counted: `485.0` is 485.
    fn whole<'a>(&self, text: &'a str) -> &'a str {
        let whole = without_zeros(text);
        self.with_zeros.set(self.with_zeros.get() + u64::from(whole.len() < text.len()));
        whole
    }

    fn degrees(&self, text: &str, limit: f64) -> Result<f64, String> {
        if self.decimal_comma && text.contains(',') && !text.contains('.') {
            self.with_comma.set(self.with_comma.get() + 1);
            degrees(&text.replace(',', "."), limit)
        } else {
            degrees(text, limit)
        }
    }

    fn contact(&self, text: &str) -> Result<Timestamp, String> {
        let (time, has_zone) = parse_time(text)?;
        self.zoneless.set(self.zoneless.get() + u64::from(!has_zone));
        Ok(time)
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

/// Digits of an identity in hexadecimal notation.
const ECI_DIGITS: usize = 7;

/// A PLMN, with or without its hyphen: the country code always has three digits.
fn parse_plmn(text: &str) -> Result<Plmn, String> {
    let digits = without_zeros(text);
    let together = matches!(digits.len(), 5 | 6) && digits.bytes().all(|b| b.is_ascii_digit());
    let plmn = if together { format!("{}-{}", &digits[..3], &digits[3..]) } else { text.to_owned() };
    plmn.parse::<Plmn>().map_err(|error| format!("{error}{}", rounded_hint(text)))
}

fn parse_eci(text: &str, notation: EciNotation) -> Result<Eci, String> {
    let value = match notation {
        EciNotation::Decimal => Some(number(text, 0..=(1 << 28) - 1)?),
        EciNotation::Hexadecimal => {
            let seven = text.len() == ECI_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
            seven.then(|| u32::from_str_radix(text, 16).ok()).flatten()
        }
    };
    value.and_then(Eci::new).ok_or_else(|| {
        let hint = if text.bytes().all(|b| b.is_ascii_digit()) {
            "; --eci dec reads decimal, and a spreadsheet drops leading zeros"
        } else {
            rounded_hint(text)
        };
        format!("{} is no cell identity of seven hexadecimal digits{hint}", shown(text))
    })
}

fn parse_pci(text: &str) -> Result<Pci, String> {
    let value = number(text, 0..=503)?;
    Pci::new(value as u16).ok_or_else(|| format!("{value} is no PCI"))
}

/// The day from which spreadsheets count: their 1 is 1900-01-01, and they hold 1900 for a leap year.
const SPREADSHEET_EPOCH: Date = civil_date(1899, 12, 30);

/// Spreadsheets' numbers of the days from 1970 to 2106: no other way of writing a time has five digits.
const SPREADSHEET_DAYS: std::ops::RangeInclusive<f64> = 25_569.0..=75_424.0;

/// A time, and whether it has a zone: one without is read as UTC.
fn parse_time(text: &str) -> Result<(Timestamp, bool), String> {
    let zoned: Option<(Timestamp, bool)> = text.parse().ok().map(|time| (time, true));
    let utc = |time: DateTime| Some((time.to_zoned(TimeZone::UTC).ok()?.timestamp(), false));
    let time = zoned.or_else(|| utc(civil_time(text)?));
    time.filter(|(time, _)| u32::try_from(time.as_second()).is_ok()).ok_or_else(|| {
        let parts = text.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty()).count();
        let hint = if parts >= 3 && text.len() >= 6 && text.starts_with(|c: char| c.is_ascii_digit()) {
            "; only dates that begin with the year are certain"
        } else {
            ""
        };
        format!("{} is no time from 1970 to 2106 like 2026-11-19T00:00:00Z{hint}", shown(text))
    })
}

/// A time without a zone: a spreadsheet's number, or year, month and day in this order with any of `-/.` or their Korean
/// words between, and a time of day behind it or none, of 24 hours or of twice twelve.
fn civil_time(text: &str) -> Option<DateTime> {
    if let Some(days) = text.parse::<f64>().ok().filter(|days| SPREADSHEET_DAYS.contains(days)) {
        let seconds = (days.fract() * 86_400.0).round() as i64;
        let day = SPREADSHEET_EPOCH.checked_add((days.trunc() as i64).days()).ok()?;
        return day.to_datetime(Time::midnight()).checked_add(seconds.seconds()).ok();
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return Some(time);
    }
    let (day, time, half) = parts_of_time(text)?;
    let mut parts = day.split(['-', '/', '.', '년', '월', '일']).map(str::trim).filter(|part| !part.is_empty());
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    if time.is_empty() {
        return Some(day.to_datetime(Time::midnight()));
    }
    let mut parts = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() {
        return None;
    }
    let hour = match half {
        None => hour,
        // Twelve is the first hour of either half.
        Some(half) => (1..=12).contains(&hour).then_some(hour % 12 + 12 * i8::from(half == DayHalf::Second))?,
    };
    Some(day.to_datetime(Time::new(hour, minute, second, 0).ok()?))
}

/// The half of a day that a time counts twelve hours from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DayHalf {
    First,
    Second,
}

/// How spreadsheets name the halves: in Korean before the time, in English behind it.
const DAY_HALVES: [(&str, DayHalf); 4] =
    [("오전", DayHalf::First), ("오후", DayHalf::Second), ("AM", DayHalf::First), ("PM", DayHalf::Second)];

/// A day, the time of day behind it or none, and the half of the day, where the time has one. Korean spreadsheets write
/// `2026. 11. 18. 21:40` and `2026-11-18 오후 9:40`.
fn parts_of_time(text: &str) -> Option<(&str, &str, Option<DayHalf>)> {
    let Some(colon) = text.find(':') else { return Some((text, "", None)) };
    let (day, time) = text[..colon].rfind([' ', 'T']).map(|at| (text[..at].trim_end(), text[at + 1..].trim()))?;
    for (word, half) in DAY_HALVES {
        if let Some(day) = day.strip_suffix(word) {
            return Some((day, time, Some(half)));
        }
        let (hours, end) = time.split_at_checked(time.len().saturating_sub(word.len())).unwrap_or((time, ""));
        if end.eq_ignore_ascii_case(word) {
            return Some((day, hours.trim_end(), Some(half)));
        }
    }
    Some((day, time, None))
}

/// The date of a list: a time, or a day, which begins in UTC; `None` of what is neither, or out of 1970 to 2106.
#[must_use]
pub fn date(text: &str) -> Option<Timestamp> {
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let time: Option<Timestamp> = text.parse().ok().or_else(|| day().filter(|_| text.len() == 10));
    time.filter(|time| u32::try_from(time.as_second()).is_ok())
}
