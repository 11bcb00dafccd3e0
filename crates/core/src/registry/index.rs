//! The registry in memory: by global identifier, by EARFCN and PCI, and by place.
//!
//! A row takes 64 bytes, its name lies in one arena, and the three orders are one sort, one list of row numbers and one
//! k-d tree, so that a country's cells fit beside the receiver.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

use super::{CellKind, CellStatus, ListError, RegisteredCell, RegistrySnapshot, site_tree::SiteTree};
use crate::observation::{Ecgi, Plmn, Position, position::EARTH_RADIUS_M};

/// The registered cell list, ready for look-ups.
pub struct Registry {
    snapshot: RegistrySnapshot,
    /// By global identifier, duplicates in the list's order.
    rows: Vec<Row>,
    names: String,
    /// The rows that have both, by EARFCN, PCI and latitude.
    pairs: Vec<PairEntry>,
    sites: SiteTree,
    earfcns: BTreeMap<Plmn, Vec<u32>>,
}

/// Takes rows in any order and makes the index of them.
#[derive(Default)]
pub struct RegistryBuilder {
    rows: Vec<Row>,
    names: String,
}

/// A [`RegisteredCell`] without its name.
#[derive(Clone, Copy)]
struct Row {
    ecgi: Ecgi,
    place: Option<PackedPlace>,
    earfcn: Option<u32>,
    pci: Option<Pci>,
    tac: Option<u16>,
    kind: Option<CellKind>,
    status: CellStatus,
    bandwidth: Option<Bandwidth>,
    antenna_ports: Option<AntennaPorts>,
    /// Seconds since 1970.
    last_contact: Option<u32>,
    name_start: u32,
    name_len: u16,
}

/// Ten-millionths of a degree: 11 mm, in half the space.
#[derive(Clone, Copy)]
pub(super) struct PackedPlace {
    lat_e7: i32,
    lon_e7: i32,
    error_m: f32,
}

/// A row in the order by EARFCN and PCI, with what the walk needs beside it.
struct PairEntry {
    pair: (u32, Pci),
    row: u32,
    place: Option<PackedPlace>,
}

/// A row on the way outwards from a place.
struct SiteAhead {
    row: u32,
    at: Position,
    /// How far it is at least, by latitude alone.
    apart_m: f64,
}

/// How much more than the distance of two places of one meridian the difference of their latitudes may come out.
const ROUNDING_M: f64 = 1e-3;

/// Longest name a row can have, in bytes.
pub const MAX_NAME: usize = 1_000;

impl RegistryBuilder {
    /// Adds a row.
    ///
    /// # Errors
    /// [`ListError::Limit`] where all names together pass 4 GiB.
    ///
    /// # Panics
    /// Where the name is longer than [`MAX_NAME`]: the import keeps such rows out.
    pub fn push(&mut self, cell: &RegisteredCell) -> Result<(), ListError> {
        assert!(cell.name.len() <= MAX_NAME, "a name of {} bytes passed the import", cell.name.len());
        let limit = || ListError::Limit { what: "bytes of names", limit: u64::from(u32::MAX) };
        let name_start = u32::try_from(self.names.len()).map_err(|_| limit())?;
        self.names.push_str(&cell.name);
        self.rows.push(Row {
            ecgi: cell.ecgi,
            place: cell.place.map(PackedPlace::of),
            earfcn: cell.earfcn,
            pci: cell.pci,
            tac: cell.tac,
            kind: cell.kind,
            status: cell.status,
            bandwidth: cell.bandwidth,
            antenna_ports: cell.antenna_ports,
            last_contact: cell.last_contact.and_then(|time| u32::try_from(time.as_second()).ok()),
            name_start,
            name_len: cell.name.len() as u16,
        });
        Ok(())
    }

    /// The index of the rows pushed.
    ///
    /// # Errors
    /// [`ListError::Limit`] above 2³² rows.
    pub fn build(mut self, snapshot: RegistrySnapshot) -> Result<Registry, ListError> {
        let count = u32::try_from(self.rows.len())
            .map_err(|_| ListError::Limit { what: "rows", limit: u64::from(u32::MAX) })?;
        self.rows.sort_by_key(|row| row.ecgi);
        self.rows.shrink_to_fit();
        self.names.shrink_to_fit();
        let rows = self.rows;

        let mut pairs: Vec<PairEntry> = (0..count).zip(&rows).filter_map(|(i, row)| PairEntry::of(i, row)).collect();
        pairs.sort_unstable_by_key(|entry| (entry.pair, entry.place.map(|place| place.lat_e7), entry.row));

        let sites = SiteTree::of((0..count).zip(&rows).filter_map(|(i, row)| Some((i, row.place?.position()))));

        let mut earfcns: BTreeMap<Plmn, Vec<u32>> = BTreeMap::new();
        for of_plmn in rows.chunk_by(|a, b| a.ecgi.plmn == b.ecgi.plmn) {
            let mut list: Vec<u32> = of_plmn.iter().filter_map(|row| row.earfcn).collect();
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
            earfcns.insert(of_plmn[0].ecgi.plmn, list);
        }
        Ok(Registry { snapshot, rows, names: self.names, pairs, sites, earfcns })
    }
}

impl Registry {
    /// The state of the list that this is.
    #[must_use]
    pub fn snapshot(&self) -> &RegistrySnapshot {
        &self.snapshot
    }

    /// Gives the list another date.
    pub fn set_date(&mut self, date: Timestamp) {
        self.snapshot.imported = date;
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows, by global identifier.
    pub fn cells(&self) -> impl Iterator<Item = RegisteredCell> + '_ {
        self.rows.iter().map(|row| self.cell(row))
    }

    /// The rows of a global identifier: none where it is unregistered, several where the list has duplicates.
    pub fn by_ecgi(&self, ecgi: Ecgi) -> impl Iterator<Item = RegisteredCell> + '_ {
        let from = self.rows.partition_point(|row| row.ecgi < ecgi);
        self.rows[from..].iter().take_while(move |row| row.ecgi == ecgi).map(|row| self.cell(row))
    }

    /// The rows with this EARFCN and PCI: those without a place, then by latitude.
    pub fn by_pair(&self, earfcn: u32, pci: Pci) -> impl Iterator<Item = RegisteredCell> + '_ {
        self.of_pair(earfcn, pci).iter().map(|entry| self.at(entry.row))
    }

    /// The rows with this EARFCN and PCI next to `here` with their distances in metres, nearest first; at most `count`.
    ///
    /// Walks outwards in latitude and stops where latitude alone is farther than what it has.
    #[must_use]
    pub fn nearest_of_pair(&self, earfcn: u32, pci: Pci, here: Position, count: usize) -> Vec<(RegisteredCell, f64)> {
        let of_pair = self.of_pair(earfcn, pci);
        let here_e7 = PackedPlace::of(here).lat_e7;
        let lat_e7 = |entry: &PairEntry| entry.place.map(|place| place.lat_e7);
        let (south, north) = of_pair.split_at(of_pair.partition_point(|entry| lat_e7(entry) < Some(here_e7)));
        // `None` sorts first, so entries without a place end the way south.
        let mut south = south.iter().rev().map_while(|entry| entry.placed(here)).peekable();
        let mut north = north.iter().map_while(|entry| entry.placed(here)).peekable();
        let mut found: Vec<(u32, f64)> = Vec::with_capacity(count + 1);
        loop {
            let south_is_next = match (south.peek(), north.peek()) {
                (Some(s), Some(n)) => s.apart_m < n.apart_m,
                (s, _) => s.is_some(),
            };
            let Some(next) = (if south_is_next { south.next() } else { north.next() }) else { break };
            if found.len() == count && found.last().is_none_or(|last| last.1 + ROUNDING_M < next.apart_m) {
                break;
            }
            let distance_m = next.at.distance_m(&here);
            // Rows at one distance come in the list's order, whichever way they were met.
            let rank = found.partition_point(|other| (other.1, other.0) < (distance_m, next.row));
            found.insert(rank, (next.row, distance_m));
            found.truncate(count);
        }
        found.into_iter().map(|(i, distance_m)| (self.at(i), distance_m)).collect()
    }

    /// Pairs of rows with one EARFCN and PCI within a distance, with that distance in metres.
    pub fn same_pair_within(&self, metres: f64) -> impl Iterator<Item = (RegisteredCell, RegisteredCell, f64)> + '_ {
        self.pairs.iter().enumerate().flat_map(move |(i, one)| {
            let (pair, here) = (one.pair, one.place.map(PackedPlace::position));
            self.pairs[i + 1..]
                .iter()
                .take_while(move |other| other.pair == pair)
                .map_while(move |other| Some((other.placed(here?)?, here?)))
                .take_while(move |(other, _)| other.apart_m <= metres)
                .map(move |(other, here)| (other.row, other.at.distance_m(&here)))
                .filter(move |&(_, distance_m)| distance_m <= metres)
                .map(move |(other, distance_m)| (self.at(one.row), self.at(other), distance_m))
        })
    }

    /// The rows with a place, nearest to `here` first, with their distances in metres, out to `radius_m`.
    pub fn near(&self, here: Position, radius_m: f64) -> impl Iterator<Item = (RegisteredCell, f64)> + '_ {
        self.sites.within(here, radius_m).filter_map(move |row| {
            let row = &self.rows[row as usize];
            let distance_m = row.place?.position().distance_m(&here);
            (distance_m <= radius_m).then(|| (self.cell(row), distance_m))
        })
    }

    /// The PLMNs that the list has cells of, ascending.
    pub fn plmns(&self) -> impl Iterator<Item = Plmn> + '_ {
        self.earfcns.keys().copied()
    }

    /// EARFCNs on which a PLMN has cells, ascending; `None` where the list has no cell of that PLMN.
    #[must_use]
    pub fn earfcns(&self, plmn: Plmn) -> Option<&[u32]> {
        self.earfcns.get(&plmn).map(Vec::as_slice)
    }

    /// EARFCNs on which the list has cells, ascending.
    #[must_use]
    pub fn all_earfcns(&self) -> BTreeSet<u32> {
        self.earfcns.values().flatten().copied().collect()
    }

    fn of_pair(&self, earfcn: u32, pci: Pci) -> &[PairEntry] {
        let start = self.pairs.partition_point(|entry| entry.pair < (earfcn, pci));
        let len = self.pairs[start..].partition_point(|entry| entry.pair == (earfcn, pci));
        &self.pairs[start..start + len]
    }

    fn at(&self, row: u32) -> RegisteredCell {
        self.cell(&self.rows[row as usize])
    }

    fn cell(&self, row: &Row) -> RegisteredCell {
        let name_start = row.name_start as usize;
        RegisteredCell {
            ecgi: row.ecgi,
            kind: row.kind,
            status: row.status,
            pci: row.pci,
            earfcn: row.earfcn,
            tac: row.tac,
            bandwidth: row.bandwidth,
            antenna_ports: row.antenna_ports,
            place: row.place.map(PackedPlace::position),
            last_contact: row.last_contact.and_then(|second| Timestamp::from_second(i64::from(second)).ok()),
            name: self.names[name_start..name_start + usize::from(row.name_len)].into(),
        }
    }
}

impl PackedPlace {
    pub(super) fn of(position: Position) -> Self {
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        Self { lat_e7: e7(position.lat), lon_e7: e7(position.lon), error_m: position.error_m as f32 }
    }

    pub(super) fn position(self) -> Position {
        let degrees = |e7: i32| f64::from(e7) / 1e7;
        Position { lat: degrees(self.lat_e7), lon: degrees(self.lon_e7), error_m: f64::from(self.error_m) }
    }
}

impl PairEntry {
    fn of(i: u32, row: &Row) -> Option<Self> {
        Some(Self { pair: row.earfcn.zip(row.pci)?, row: i, place: row.place })
    }

    fn placed(&self, here: Position) -> Option<SiteAhead> {
        let at = self.place?.position();
        Some(SiteAhead { row: self.row, at, apart_m: (at.lat - here.lat).abs().to_radians() * EARTH_RADIUS_M })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{observation::Eci, registry::CellStatus};

    fn registry(cells: &[RegisteredCell]) -> Registry {
        let mut builder = RegistryBuilder::default();
        for cell in cells {
            builder.push(cell).expect("room");
        }
        let imported = "2026-11-20T00:00:00Z".parse().expect("a time");
        builder.build(RegistrySnapshot { sha256: "00".into(), imported, rows: cells.len() as u64 }).expect("room")
    }

    fn cell(eci: u32, pair: Option<(u32, u16)>, place: Option<(f64, f64)>) -> RegisteredCell {
        RegisteredCell {
            ecgi: Ecgi { plmn: "450-08".parse().expect("a PLMN"), eci: Eci::new(eci).expect("28 bits") },
            kind: None,
            status: CellStatus::Active,
            pci: pair.and_then(|(_, pci)| Pci::new(pci)),
            earfcn: pair.map(|(earfcn, _)| earfcn),
            tac: None,
            bandwidth: None,
            antenna_ports: None,
            place: place.map(|(lat, lon)| Position { lat, lon, error_m: 0.0 }),
            last_contact: None,
            name: format!("cell {eci}").into(),
        }
    }

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 5.0 }
    }

    #[test]
    fn a_row_takes_no_more_than_64_bytes() {
        assert!(size_of::<Row>() <= 64, "{}", size_of::<Row>());
    }

    #[test]
    fn an_empty_registry_answers_everything_with_nothing() {
        let registry = registry(&[]);
        let pci = Pci::new(1).expect("a PCI");
        assert!(registry.is_empty());
        assert_eq!(registry.by_ecgi(cell(1, None, None).ecgi).count(), 0);
        assert_eq!(registry.by_pair(1550, pci).count(), 0);
        assert_eq!(registry.nearest_of_pair(1550, pci, at(37.0, 127.0), 3), []);
        assert_eq!(registry.near(at(37.0, 127.0), 1e9).count(), 0);
    }

    #[test]
    fn of_two_at_one_distance_the_lists_first_is_nearest() {
        // One as far north as the other south.
        let cells = [cell(20, Some((1, 1)), Some((37.05, 127.01))), cell(0, Some((1, 1)), Some((37.01, 127.01)))];
        let nearest = registry(&cells).nearest_of_pair(1, Pci::new(1).expect("a PCI"), at(37.03, 127.01), 1);
        assert_eq!(nearest.first().map(|(cell, _)| cell.ecgi.eci.get()), Some(0));
    }

    #[test]
    fn duplicates_come_in_the_order_of_the_list() {
        let mut second = cell(7, None, None);
        second.name = "second".into();
        let registry = registry(&[cell(9, None, None), cell(7, None, None), cell(8, None, None), second.clone()]);
        let names: Vec<_> = registry.by_ecgi(second.ecgi).map(|cell| cell.name).collect();
        assert_eq!(names, ["cell 7".into(), "second".into()]);
    }

    #[test]
    fn places_are_near_across_the_date_line_and_the_pole() {
        let cells = [cell(1, None, Some((0.0, 179.999))), cell(2, None, Some((89.9999, 0.0)))];
        let registry = registry(&cells);
        let nearest = |here| registry.near(here, 300.0).next().map(|(cell, _)| cell.ecgi.eci.get());
        assert_eq!(nearest(at(0.0, -179.999)), Some(1));
        assert_eq!(nearest(at(89.9999, 180.0)), Some(2));
        assert_eq!(nearest(at(0.0, 0.0)), None);
    }

    proptest! {
        #[test]
        fn walks_find_what_a_full_search_finds(
            places in prop::collection::vec((0u16..3, prop::option::of((36.9f64..37.1, 126.9f64..127.1))), 0..60),
            here in (36.9f64..37.1, 126.9f64..127.1),
            count in 1usize..6,
            radius_m in 1.0f64..20_000.0,
        ) {
            let cells: Vec<_> =
                places.iter().zip(1..).map(|(&(pci, place), eci)| cell(eci, Some((1550, pci)), place)).collect();
            let registry = registry(&cells);
            let here = at(here.0, here.1);
            let distances = |pci: Option<u16>| {
                let mut all: Vec<f64> = registry
                    .cells()
                    .filter(|cell| pci.is_none_or(|pci| cell.pci == Pci::new(pci)))
                    .filter_map(|cell| Some(cell.place?.distance_m(&here)))
                    .collect();
                all.sort_by(f64::total_cmp);
                all
            };
            let pci = Pci::new(1).expect("a PCI");
            let nearest = registry.nearest_of_pair(1550, pci, here, count).into_iter().map(|(_, d)| d);
            prop_assert_eq!(nearest.collect::<Vec<_>>(), distances(Some(1)).into_iter().take(count).collect::<Vec<_>>());
            let with_pair = cells.iter().filter(|cell| cell.pci == Some(pci)).count();
            prop_assert_eq!(registry.by_pair(1550, pci).count(), with_pair);
            let mut near: Vec<f64> = registry.near(here, radius_m).map(|(_, d)| d).collect();
            // Sites closer together than the walk's rounding may swap.
            prop_assert!(near.windows(2).all(|pair| pair[0] <= pair[1] + 1.0));
            near.sort_by(f64::total_cmp);
            let within: Vec<f64> = distances(None).into_iter().filter(|&d| d <= radius_m).collect();
            prop_assert_eq!(near, within);
        }
    }
}
