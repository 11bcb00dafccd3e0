//! What the checker asks of the registered cell list, wherever the list is kept.
//!
//! Two keep it: the index in memory ([`Registry`]) and a database of the store. Both give the same rows
//! in the same order for the same list.

use std::convert::Infallible;

use jiff::Timestamp;
use lte_dsp::cell::Pci;

use super::{RegisteredCell, Registry, RegistrySnapshot, index::PackedPlace};
use crate::observation::{Ecgi, Plmn, Position};

/// A registered cell list that is looked up row by row.
pub trait Lookup {
    /// Why a look-up fails.
    type Error;

    /// The state of the list.
    fn snapshot(&self) -> &RegistrySnapshot;

    /// The PLMNs that the list has cells of, ascending.
    fn plmns(&self) -> Vec<Plmn>;

    /// EARFCNs on which a PLMN has cells, ascending; `None` where the list has no cell of that PLMN.
    fn earfcns(&self, plmn: Plmn) -> Option<&[u32]>;

    /// The rows of a global identifier: none where it is unregistered, several where the list has duplicates, in the
    /// list's order.
    ///
    /// # Errors
    /// Where the list cannot be read.
    fn by_ecgi(&self, ecgi: Ecgi) -> Result<Vec<RegisteredCell>, Self::Error>;

    /// The first `count` rows with this EARFCN and PCI: those without a place, then by latitude.
    ///
    /// # Errors
    /// Where the list cannot be read.
    fn by_pair(&self, earfcn: u32, pci: Pci, count: usize) -> Result<Vec<RegisteredCell>, Self::Error>;

    /// The rows with this EARFCN and PCI next to `here` with their distances in metres, nearest first; at most `count`.
    ///
    /// # Errors
    /// Where the list cannot be read.
    fn nearest_of_pair(
        &self,
        earfcn: u32,
        pci: Pci,
        here: Position,
        count: usize,
    ) -> Result<Vec<(RegisteredCell, f64)>, Self::Error>;

    /// The rows with a place within `radius_m` of `here` with their distances in metres, nearest first; at most `count`.
    ///
    /// # Errors
    /// Where the list cannot be read.
    fn near(&self, here: Position, radius_m: f64, count: usize) -> Result<Vec<(RegisteredCell, f64)>, Self::Error>;
}

impl Lookup for Registry {
    type Error = Infallible;

    fn snapshot(&self) -> &RegistrySnapshot {
        Registry::snapshot(self)
    }

    fn plmns(&self) -> Vec<Plmn> {
        Registry::plmns(self).collect()
    }

    fn earfcns(&self, plmn: Plmn) -> Option<&[u32]> {
        Registry::earfcns(self, plmn)
    }

    fn by_ecgi(&self, ecgi: Ecgi) -> Result<Vec<RegisteredCell>, Infallible> {
        Ok(Registry::by_ecgi(self, ecgi).collect())
    }

    fn by_pair(&self, earfcn: u32, pci: Pci, count: usize) -> Result<Vec<RegisteredCell>, Infallible> {
        Ok(Registry::by_pair(self, earfcn, pci).take(count).collect())
    }

    fn nearest_of_pair(
        &self,
        earfcn: u32,
        pci: Pci,
        here: Position,
        count: usize,
    ) -> Result<Vec<(RegisteredCell, f64)>, Infallible> {
        Ok(Registry::nearest_of_pair(self, earfcn, pci, here, count))
    }

    fn near(&self, here: Position, radius_m: f64, count: usize) -> Result<Vec<(RegisteredCell, f64)>, Infallible> {
        Ok(Registry::near(self, here, radius_m).take(count).collect())
    }
}

/// A row with the digits that look-ups keep: 11 mm of its place, and whole seconds between 1970 and 2106.
#[must_use]
pub fn kept(cell: RegisteredCell) -> RegisteredCell {
    let seconds = cell.last_contact.and_then(|time| u32::try_from(time.as_second()).ok());
    RegisteredCell {
        place: cell.place.map(kept_place),
        last_contact: seconds.and_then(|second| Timestamp::from_second(i64::from(second)).ok()),
        ..cell
    }
}

/// A place with the digits that look-ups keep: 11 mm.
#[must_use]
pub fn kept_place(place: Position) -> Position {
    PackedPlace::of(place).position()
}
