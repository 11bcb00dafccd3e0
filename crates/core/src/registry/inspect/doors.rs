//! The door list: the registered cells that no street can settle, and those that are silent and to be recovered.

use std::{collections::BTreeMap, io::Read};

use jiff::civil::Date;
use thiserror::Error;

use super::{Account, Inspection, Settle, State, VisitOutcome};
use crate::observation::Ecgi;

/// A registered cell to be visited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Door<'a> {
    /// Its account.
    pub account: &'a Account,
    /// Why it is to be visited.
    pub reason: DoorReason,
}

/// Why a cell is to be visited, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DoorReason {
    /// A crew was there, and the day has come to come again.
    ComeAgain,
    /// It is silent.
    Silent,
    /// It was passed, and no street hears enough.
    NoStreet,
    /// The list has no place or no channel for it.
    NoPlace,
}

impl DoorReason {
    /// All four.
    pub const ALL: [Self; 4] = [Self::ComeAgain, Self::Silent, Self::NoStreet, Self::NoPlace];

    /// The word of lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ComeAgain => "come-again",
            Self::Silent => "silent",
            Self::NoStreet => "no-street",
            Self::NoPlace => "no-place",
        }
    }
}

/// The doors to visit on a day: by reason, and of each the most probably silent ones first. Left out are cells that a crew
/// recovered, unplugged or did not find there, and those whose day to come again is later.
#[must_use]
pub fn doors(inspection: &Inspection, today: Date) -> Vec<Door<'_>> {
    let door = |account| reason(account, today).map(|reason| Door { account, reason });
    let mut doors: Vec<Door<'_>> = inspection.accounts.iter().filter_map(door).collect();
    let silent = |door: &Door<'_>| door.account.belief.map_or(0.0, |belief| belief.silent);
    doors.sort_by(|a, b| a.reason.cmp(&b.reason).then(silent(b).total_cmp(&silent(a))));
    doors
}

fn reason(account: &Account, today: Date) -> Option<DoorReason> {
    let visit = account.visit.as_ref();
    if visit.is_some_and(|visit| visit.outcome.is_elsewhere() || visit.again_on.is_some_and(|day| day > today)) {
        return None;
    }
    let reason = match account.state() {
        State::Silent => DoorReason::Silent,
        State::PassedNotSure if account.to_settle() == Some(Settle::Visit) => DoorReason::NoStreet,
        State::NotPassed if account.cell.place.is_none() || account.cell.earfcn.is_none() => DoorReason::NoPlace,
        _ => return None,
    };
    Some(if visit.is_some_and(|visit| visit.outcome == VisitOutcome::ComeAgain) {
        DoorReason::ComeAgain
    } else {
        reason
    })
}

/// Where a registered cell's subscriber lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// Street, house and town.
    pub address: String,
    /// Floor, flat or room.
    pub floor: String,
}

/// What is wrong with a list of addresses.
#[derive(Debug, Error)]
pub enum AddressError {
    /// It is no CSV, or cannot be read.
    #[error("not a CSV of addresses: {0}")]
    Csv(#[from] csv::Error),
    /// A required column is missing.
    #[error("no column {0:?}: a list of addresses has the columns ecgi and address, and perhaps floor")]
    Column(&'static str),
    /// An identifier cannot be read.
    #[error("line {line}, ecgi {value:?}: expected an identifier like 450-08-5a00101")]
    Ecgi {
        /// Line of the file, from 1.
        line: u64,
        /// What it holds.
        value: String,
    },
}

/// Reads the addresses of these cells from a list of all: columns `ecgi`, `address` and perhaps `floor`.
///
/// # Errors
/// See [`AddressError`].
pub fn read_addresses(
    file: impl Read,
    is_wanted: impl Fn(Ecgi) -> bool,
) -> Result<BTreeMap<Ecgi, Address>, AddressError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(file);
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{FEFF}') == name);
    let ecgi_at = column("ecgi").ok_or(AddressError::Column("ecgi"))?;
    let address_at = column("address").ok_or(AddressError::Column("address"))?;
    let floor_at = column("floor");
    let mut addresses = BTreeMap::new();
    for record in reader.records() {
        let record = record?;
        let text = |place: usize| record.get(place).unwrap_or_default();
        let ecgi: Ecgi = text(ecgi_at).parse().map_err(|_| AddressError::Ecgi {
            line: record.position().map_or(0, csv::Position::line),
            value: text(ecgi_at).chars().take(40).collect(),
        })?;
        if is_wanted(ecgi) {
            let floor = floor_at.map_or("", text);
            addresses.insert(ecgi, Address { address: text(address_at).to_owned(), floor: floor.to_owned() });
        }
    }
    Ok(addresses)
}
