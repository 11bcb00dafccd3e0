//! Visits: what a crew found at a registered cell's address, and the list of them as CSV.

use std::io::Read;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use strum::{EnumIter, EnumString, IntoStaticStr};
use thiserror::Error;

use crate::observation::Ecgi;

/// What became of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum VisitOutcome {
    /// The box was found and taken along.
    Recovered,
    /// The box was found without power, and stays so.
    Unplugged,
    /// Nobody let the crew in.
    Refused,
    /// The address is right, and no box is there.
    NotFound,
    /// The address does not exist, or is not that of the subscriber.
    WrongAddress,
    /// Nobody was there: come again.
    ComeAgain,
}

/// A visit to the address of a registered cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The cell.
    pub ecgi: Ecgi,
    /// The day.
    pub date: Date,
    /// What became of it.
    pub outcome: VisitOutcome,
    /// The day to come again.
    pub again_on: Option<Date>,
    /// What the crew wrote.
    pub note: String,
}

/// Columns of the CSV; the first three are required.
pub const VISIT_COLUMNS: [&str; 5] = ["ecgi", "date", "outcome", "again_on", "note"];

/// Longest note in bytes.
pub const MAX_NOTE: usize = 1_000;

/// Most visits of a file.
pub const MAX_VISITS: usize = 5_000_000;

/// What is wrong with a list of visits.
#[derive(Debug, Error)]
pub enum VisitError {
    /// It is no CSV, or cannot be read.
    #[error("not a CSV of visits: {0}")]
    Csv(#[from] csv::Error),
    /// A required column is missing.
    #[error("no column {0:?}: a list of visits has the columns ecgi, date, outcome, and perhaps again_on and note")]
    Column(&'static str),
    /// A field cannot be used.
    #[error("line {line}, {column} {value:?}: expected {expected}")]
    Field {
        /// Line of the file, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// There are too many.
    #[error("more than {MAX_VISITS} visits: split the file")]
    TooMany,
}

impl VisitOutcome {
    /// The word of the list.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether the box is off the air since then.
    #[must_use]
    pub fn is_closing(self) -> bool {
        matches!(self, Self::Recovered | Self::Unplugged)
    }

    /// Whether no box is at the registered place.
    #[must_use]
    pub fn is_elsewhere(self) -> bool {
        matches!(self, Self::NotFound | Self::WrongAddress)
    }
}

impl Visit {
    /// Whether a time is after the day of the visit, in UTC.
    #[must_use]
    pub fn is_before(&self, time: Timestamp) -> bool {
        time.to_zoned(TimeZone::UTC).date() > self.date
    }
}

/// Reads a list of visits: one that is wrong refuses all. Rows without a date and an outcome are left out.
///
/// # Errors
/// See [`VisitError`].
pub fn read_visits(file: impl Read) -> Result<Vec<Visit>, VisitError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(file);
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{FEFF}') == name);
    let places = VISIT_COLUMNS.map(column);
    if let Some(missing) = (0..3).find(|&i| places[i].is_none()) {
        return Err(VisitError::Column(VISIT_COLUMNS[missing]));
    }
    let mut visits = Vec::new();
    for record in reader.records() {
        let record = record?;
        let is_empty = |i: usize| places[i].and_then(|place| record.get(place)).is_none_or(str::is_empty);
        // A door that nobody visited.
        if is_empty(1) && is_empty(2) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let text = |i: usize| places[i].and_then(|place| record.get(place)).unwrap_or_default();
        let wrong = |i: usize, expected| VisitError::Field {
            line,
            column: VISIT_COLUMNS[i],
            value: text(i).chars().take(40).collect(),
            expected,
        };
        let date = |i: usize| text(i).parse::<Date>().map_err(|_| wrong(i, "a day like 2026-11-20"));
        let outcomes = "recovered, unplugged, refused, not-found, wrong-address or come-again";
        if text(4).len() > MAX_NOTE {
            return Err(wrong(4, "a note of at most 1000 bytes"));
        }
        if visits.len() == MAX_VISITS {
            return Err(VisitError::TooMany);
        }
        visits.push(Visit {
            ecgi: text(0).parse().map_err(|_| wrong(0, "an identifier like 450-08-5a00101"))?,
            date: date(1)?,
            outcome: text(2).parse().map_err(|_| wrong(2, outcomes))?,
            again_on: if text(3).is_empty() { None } else { Some(date(3)?) },
            note: text(4).to_owned(),
        });
    }
    Ok(visits)
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn visits_are_read_in_any_order_of_columns() {
        let list = "note,outcome,ecgi,date\n\"3층, 부재\",come-again,450-08-5a00101,2026-11-20\n";
        let visits = read_visits(list.as_bytes()).expect("a list");
        assert_eq!((visits[0].outcome, &*visits[0].note), (VisitOutcome::ComeAgain, "3층, 부재"));
        let list = "ecgi,date,outcome,again_on\n450-08-5a00101,2026-11-20,refused,2026-11-27\n";
        let visits = read_visits(list.as_bytes()).expect("a list");
        assert_eq!(visits[0].again_on, "2026-11-27".parse().ok());
        assert!(visits[0].is_before("2026-11-21T00:00:00Z".parse().expect("a time")));
        assert!(!visits[0].is_before("2026-11-20T23:59:59Z".parse().expect("a time")));
        for outcome in VisitOutcome::iter() {
            assert_eq!(outcome.word().parse(), Ok(outcome));
        }
    }

    #[test]
    fn a_door_list_filled_in_is_a_list_of_visits() {
        let list =
            "ecgi,why,date,outcome,again_on,note\n450-08-5a00101,x,,,,\n450-08-5a00102,y,2026-11-20,recovered,,\n";
        let visits = read_visits(list.as_bytes()).expect("a list");
        assert_eq!(visits.iter().map(|visit| visit.ecgi.to_string()).collect::<Vec<_>>(), ["450-08-5a00102"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let error = |list: &str| read_visits(list.as_bytes()).expect_err("wrong").to_string();
        assert!(error("ecgi,date\n").contains("no column \"outcome\""));
        let line = |row: &str| {
            error(&format!("ecgi,date,outcome,again_on,note\n450-08-5a00101,2026-11-20,refused,,\n{row}\n"))
        };
        for (row, said) in [
            ("450-08,2026-11-20,refused,,", "line 3, ecgi \"450-08\""),
            ("450-08-5a00101,20.11.,refused,,", "line 3, date \"20.11.\""),
            ("450-08-5a00101,2026-11-20,gone,,", "line 3, outcome \"gone\""),
            ("450-08-5a00101,2026-11-20,come-again,soon,", "line 3, again_on \"soon\""),
        ] {
            assert!(line(row).contains(said), "{}", line(row));
        }
        assert!(line(&format!("450-08-5a00101,2026-11-20,refused,,{}", "x".repeat(1_001))).contains("note"));
        assert!(read_visits(&b"\xff\xfe\x00"[..]).is_err());
    }
}
