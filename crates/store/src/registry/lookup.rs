//! The registered cell list where it lies: looked up row by row in its database, not loaded.
//!
//! A list in a database of 1.2 million rows is opened in a millisecond and answers out of a few pages. The rows and their
//! order are those of the index in memory; [`RegisteredCells`] is whichever of the two a file calls for.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::Timestamp;
use lte_dsp::cell::Pci;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use cellwarden_core::{
    observation::{Ecgi, Plmn, Position, position::EARTH_RADIUS_M},
    registry::{
        ImportOptions, ImportReport, Lookup, RegisteredCell, Registry, RegistrySnapshot,
        lookup::{kept, kept_place},
        site_tree::square_apart,
    },
};

use super::{
    RegistryError,
    database::{cell_of, is_database, open, snapshot},
    indices::{index, is_indexed},
};

/// Strips in a degree of latitude, as in the index by place.
const STRIPS_A_DEGREE: f64 = 100.0;

/// How far a search for the nearest rows looks first, in metres. Each further step goes three times as far.
const FIRST_STEP_M: f64 = 150.0;

/// By how much the order of rows may differ from that by distance, in metres: the chords that order them are rounded.
const ROUNDING_M: f64 = 2.0;

/// What is looked at beyond a distance, in degrees: places are rounded to 11 mm before they are compared.
const SLACK_DEG: f64 = 1e-6;

/// The column of a row's number, after those of the table.
const NUMBER: usize = 14;

/// How long to wait for another program's import.
const PATIENCE: Duration = Duration::from_secs(10);

/// A registered cell list to be looked up.
pub enum RegisteredCells {
    /// A list that was read into memory.
    Memory(Registry),
    /// A list in its database.
    Database(RegistryDatabase),
}

/// The list in a database, as it was when this was opened: imports that come later change nothing here.
pub struct RegistryDatabase {
    database: Connection,
    snapshot: RegistrySnapshot,
    earfcns: BTreeMap<Plmn, Vec<u32>>,
}

impl RegisteredCells {
    /// Gives the list another date than it was kept with.
    pub fn set_date(&mut self, date: Timestamp) {
        match self {
            Self::Memory(registry) => registry.set_date(date),
            Self::Database(database) => database.snapshot.imported = date,
        }
    }

    /// Opens a list for look-ups: a database in place, a CSV by reading it into memory.
    ///
    /// A database of a program that made no indices gets them, which takes seconds once; where it cannot be written it is
    /// read into memory.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn open(path: &Path, options: &ImportOptions) -> Result<(Self, Option<ImportReport>), RegistryError> {
        if is_database(path).unwrap_or(false)
            && let Some(database) = RegistryDatabase::open(path)?
        {
            return Ok((Self::Database(database), None));
        }
        let (registry, report) = open(path, options)?;
        Ok((Self::Memory(registry), report))
    }
}

impl RegistryDatabase {
    /// Opens the list of a database; `None` where it has no indices and cannot be given any.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn open(path: &Path) -> Result<Option<Self>, RegistryError> {
        let mut database = open_to_read(path)?;
        if !is_indexed(&database)? {
            snapshot(&database)?;
            drop(database);
            if let Err(error) = index(path) {
                tracing::warn!(%error, path = %path.display(), "the registry cannot be indexed: import it again");
                return Ok(None);
            }
            database = open_to_read(path)?;
        }
        // Held until this is dropped: one state of the list, whatever is imported meanwhile.
        database.execute_batch("BEGIN")?;
        let snapshot = snapshot(&database)?;
        let earfcns = earfcns_of(&database)?;
        Ok(Some(Self { database, snapshot, earfcns }))
    }

    /// The rows of a query, which gives the columns of the table and the row's number.
    fn rows(
        &self,
        condition: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<(i64, RegisteredCell)>, RegistryError> {
        let query = format!("SELECT *, rowid FROM registered_cell WHERE {condition}");
        let mut select = self.database.prepare_cached(&query)?;
        let mut rows = select.query(parameters)?;
        let mut cells = Vec::new();
        while let Some(row) = rows.next()? {
            cells.push((row.get(NUMBER)?, kept(cell_of(row)?)));
        }
        Ok(cells)
    }

    /// The places within `reach_m` of `here`, and some beyond, with the numbers of their rows.
    fn places_about(&self, here: Position, reach_m: f64) -> Result<Vec<(i64, Position)>, RegistryError> {
        let mut select = self.database.prepare_cached(
            "SELECT rowid, lat, lon FROM registered_cell \
             WHERE CAST(lat * 100 AS INTEGER) = ?1 AND lat IS NOT NULL AND lon BETWEEN ?2 AND ?3",
        )?;
        let mut places = Vec::new();
        let (south, north) = latitudes(here, reach_m);
        let strip = |lat: f64| (lat * STRIPS_A_DEGREE) as i64;
        for strip in strip(south)..=strip(north) {
            for (west, east) in longitudes(here, reach_m) {
                let mut rows = select.query(params![strip, west, east])?;
                while let Some(row) = rows.next()? {
                    let place = Position { lat: row.get(1)?, lon: row.get(2)?, error_m: 0.0 };
                    places.push((row.get(0)?, kept_place(place)));
                }
            }
        }
        Ok(places)
    }
}

impl Lookup for RegistryDatabase {
    type Error = RegistryError;

    fn snapshot(&self) -> &RegistrySnapshot {
        &self.snapshot
    }

    fn plmns(&self) -> Vec<Plmn> {
        self.earfcns.keys().copied().collect()
    }

    fn earfcns(&self, plmn: Plmn) -> Option<&[u32]> {
        self.earfcns.get(&plmn).map(Vec::as_slice)
    }

    fn by_ecgi(&self, ecgi: Ecgi) -> Result<Vec<RegisteredCell>, RegistryError> {
        let rows =
            self.rows("plmn = ?1 AND eci = ?2 ORDER BY rowid", params![ecgi.plmn.to_string(), ecgi.eci.get()])?;
        Ok(rows.into_iter().map(|(_, cell)| cell).collect())
    }

    fn by_pair(&self, earfcn: u32, pci: Pci, count: usize) -> Result<Vec<RegisteredCell>, RegistryError> {
        let pair = params![earfcn, pci.get()];
        let mut unplaced = self.rows("earfcn = ?1 AND pci = ?2 AND lat IS NULL", pair)?;
        unplaced.sort_by_key(|(row, cell)| (cell.ecgi, *row));
        let mut rows: Vec<RegisteredCell> = unplaced.into_iter().map(|(_, cell)| cell).take(count).collect();
        if rows.len() < count {
            // Of rows at one latitude the list's first come first, so all of the last latitude are looked at.
            let last = params![earfcn, pci.get(), (count - rows.len()) as i64];
            let mut placed = self.rows(
                "earfcn = ?1 AND pci = ?2 AND lat <= (SELECT max(lat) FROM (SELECT lat FROM registered_cell \
                 WHERE earfcn = ?1 AND pci = ?2 AND lat IS NOT NULL ORDER BY lat LIMIT ?3))",
                last,
            )?;
            placed.sort_by(|(a, one), (b, other)| {
                let lat = |cell: &RegisteredCell| cell.place.map_or(0.0, |place| place.lat);
                lat(one).total_cmp(&lat(other)).then((one.ecgi, a).cmp(&(other.ecgi, b)))
            });
            rows.extend(placed.into_iter().map(|(_, cell)| cell).take(count - rows.len()));
        }
        Ok(rows)
    }

    fn nearest_of_pair(
        &self,
        earfcn: u32,
        pci: Pci,
        here: Position,
        count: usize,
    ) -> Result<Vec<(RegisteredCell, f64)>, RegistryError> {
        let mut reach_m = FIRST_STEP_M;
        loop {
            let (south, north) = latitudes(here, reach_m);
            let rows = self
                .rows("earfcn = ?1 AND pci = ?2 AND lat BETWEEN ?3 AND ?4", params![earfcn, pci.get(), south, north])?;
            let distance = |(row, cell): (i64, RegisteredCell)| {
                let distance_m = cell.place?.distance_m(&here);
                Some((distance_m, row, cell))
            };
            let mut found: Vec<(f64, i64, RegisteredCell)> = rows.into_iter().filter_map(distance).collect();
            let is_whole = !(south > -90.0 || north < 90.0);
            if is_whole || found.iter().filter(|(distance_m, ..)| *distance_m <= reach_m).count() >= count {
                found.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.2.ecgi, a.1).cmp(&(b.2.ecgi, b.1))));
                return Ok(found.into_iter().take(count).map(|(distance_m, _, cell)| (cell, distance_m)).collect());
            }
            reach_m *= 3.0;
        }
    }

    fn near(&self, here: Position, radius_m: f64, count: usize) -> Result<Vec<(RegisteredCell, f64)>, RegistryError> {
        // Nothing is farther than the other side of the Earth.
        let radius_m = radius_m.min(std::f64::consts::PI * EARTH_RADIUS_M);
        let mut reach_m = FIRST_STEP_M.min(radius_m);
        let mut found: Vec<(f32, i64)> = loop {
            let places = self.places_about(here, reach_m)?;
            let within = |reach_m: f64| places.iter().filter(move |(_, place)| place.distance_m(&here) <= reach_m);
            if reach_m >= radius_m || within(reach_m - ROUNDING_M).count() >= count {
                break within(reach_m).map(|(row, place)| (square_apart(*place, here), *row)).collect();
            }
            reach_m = (3.0 * reach_m).min(radius_m);
        };
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Of rows at one distance the list's first come first, so all of the last distance are read.
        let last = count.checked_sub(1).and_then(|last| found.get(last)).copied();
        if let Some((square, _)) = last {
            let end = found.partition_point(|(other, _)| *other <= square);
            found.truncate(end);
        }
        let mut cells = Vec::with_capacity(found.len());
        for (square, row) in found {
            for (row, cell) in self.rows("rowid = ?1", [row])? {
                cells.push((square, row, cell));
            }
        }
        cells.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.2.ecgi, a.1).cmp(&(b.2.ecgi, b.1))));
        let near = cells.into_iter().take(count);
        Ok(near
            .filter_map(|(.., cell)| Some((cell.place?.distance_m(&here), cell)))
            .map(|(d, cell)| (cell, d))
            .collect())
    }
}

impl Lookup for RegisteredCells {
    type Error = RegistryError;

    fn snapshot(&self) -> &RegistrySnapshot {
        match self {
            Self::Memory(registry) => registry.snapshot(),
            Self::Database(database) => database.snapshot(),
        }
    }

    fn plmns(&self) -> Vec<Plmn> {
        match self {
            Self::Memory(registry) => Lookup::plmns(registry),
            Self::Database(database) => database.plmns(),
        }
    }

    fn earfcns(&self, plmn: Plmn) -> Option<&[u32]> {
        match self {
            Self::Memory(registry) => registry.earfcns(plmn),
            Self::Database(database) => database.earfcns(plmn),
        }
    }

    fn by_ecgi(&self, ecgi: Ecgi) -> Result<Vec<RegisteredCell>, RegistryError> {
        match self {
            Self::Memory(registry) => Ok(registry.by_ecgi(ecgi).collect()),
            Self::Database(database) => database.by_ecgi(ecgi),
        }
    }

    fn by_pair(&self, earfcn: u32, pci: Pci, count: usize) -> Result<Vec<RegisteredCell>, RegistryError> {
        match self {
            Self::Memory(registry) => Ok(registry.by_pair(earfcn, pci).take(count).collect()),
            Self::Database(database) => database.by_pair(earfcn, pci, count),
        }
    }

    fn nearest_of_pair(
        &self,
        earfcn: u32,
        pci: Pci,
        here: Position,
        count: usize,
    ) -> Result<Vec<(RegisteredCell, f64)>, RegistryError> {
        match self {
            Self::Memory(registry) => Ok(registry.nearest_of_pair(earfcn, pci, here, count)),
            Self::Database(database) => database.nearest_of_pair(earfcn, pci, here, count),
        }
    }

    fn near(&self, here: Position, radius_m: f64, count: usize) -> Result<Vec<(RegisteredCell, f64)>, RegistryError> {
        match self {
            Self::Memory(registry) => Ok(registry.near(here, radius_m).take(count).collect()),
            Self::Database(database) => database.near(here, radius_m, count),
        }
    }
}

fn open_to_read(path: &Path) -> Result<Connection, RegistryError> {
    let open = |path: &Path, flags: OpenFlags| -> Result<Connection, rusqlite::Error> {
        let database = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        database.busy_timeout(PATIENCE)?;
        database.pragma_update(None, "query_only", true)?;
        // What cannot be read is found at the first look.
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(database)
    };
    // Who may write takes the logs away that reading needs beside the file.
    match open(path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        // In a folder that nobody may write to, where nobody imports either.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && path.exists() => {
            let unchanging = format!("file:{}?immutable=1", escaped(path));
            Ok(open(Path::new(&unchanging), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?)
        }
        opened => Ok(opened?),
    }
}

/// A path as SQLite's addresses have it.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn earfcns_of(database: &Connection) -> Result<BTreeMap<Plmn, Vec<u32>>, RegistryError> {
    let mut select = database.prepare("SELECT plmn, earfcn FROM registered_earfcn ORDER BY plmn, earfcn")?;
    let mut rows = select.query([])?;
    let mut earfcns: BTreeMap<Plmn, Vec<u32>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (plmn, earfcn): (String, Option<u32>) = (row.get(0)?, row.get(1)?);
        let broken = |_| RegistryError::Stored { row: 0, column: "plmn", value: plmn.clone() };
        earfcns.entry(plmn.parse().map_err(broken)?).or_default().extend(earfcn);
    }
    Ok(earfcns)
}

/// The latitudes within a distance, and a little more.
fn latitudes(here: Position, reach_m: f64) -> (f64, f64) {
    let reach = (reach_m / EARTH_RADIUS_M).to_degrees() + SLACK_DEG;
    ((here.lat - reach).max(-90.0), (here.lat + reach).min(90.0))
}

/// The longitudes within a distance, and a little more: two ranges across the date line.
fn longitudes(here: Position, reach_m: f64) -> Vec<(f64, f64)> {
    let angle = reach_m / EARTH_RADIUS_M;
    let reach = (angle.sin() / here.lat.to_radians().cos()).asin().to_degrees() + SLACK_DEG;
    let all = vec![(-180.0, 180.0)];
    // No number where a pole is within reach.
    if !(angle < std::f64::consts::FRAC_PI_2 && reach < 180.0) {
        return all;
    }
    let (west, east) = (here.lon - reach, here.lon + reach);
    match (west < -180.0, east > 180.0) {
        (true, true) => all,
        (true, false) => vec![(-180.0, east), (west + 360.0, 180.0)],
        (false, true) => vec![(west, 180.0), (-180.0, east - 360.0)],
        (false, false) => vec![(west, east)],
    }
}
