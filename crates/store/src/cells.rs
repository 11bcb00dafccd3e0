//! The cells of stored dwells, read whole or as far as an account of a drive needs them.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use super::{
    StoreError,
    dwells::findings_of,
    records::{blocks_of, facts_of, sibs_of},
};
use cellwarden_core::{
    drive::{JudgedCell, SearchedDwell},
    observation::{CellState, Ecgi, Observation},
};

/// How much of cells is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All of it.
    Whole,
    /// The facts without the findings; and the transport blocks and messages, which are most of a store, only of an
    /// observation that was decoded further than, or to more blocks than, those of its cell before it.
    Facts,
}

/// A cell as [`Detail::Facts`] tells cells apart: carrier in millihertz, physical-layer identity, global identifier.
type CellKey = (u64, u16, Option<Ecgi>);

/// Reads the cells of one dwell after the other.
pub(super) struct CellReader<'a> {
    database: &'a Connection,
    detail: Detail,
    /// How far each cell was decoded at most, and to how many blocks.
    decoded: HashMap<CellKey, (CellState, usize)>,
}

impl<'a> CellReader<'a> {
    pub fn new(database: &'a Connection, detail: Detail) -> Self {
        Self { database, detail, decoded: HashMap::new() }
    }

    /// The cells of a dwell, in the order in which they were stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn cells(&mut self, id: i64, dwell: &SearchedDwell) -> Result<Vec<JudgedCell>, StoreError> {
        let mut select = self.database.prepare_cached("SELECT * FROM observation WHERE dwell = ?1 ORDER BY id")?;
        let mut rows = select.query([id])?;
        let mut cells = Vec::new();
        while let Some(row) = rows.next()? {
            cells.push(self.cell(row, dwell)?);
        }
        Ok(cells)
    }

    fn cell(&mut self, row: &Row<'_>, dwell: &SearchedDwell) -> Result<JudgedCell, StoreError> {
        let (id, mut observation, verdict) = facts_of(row, dwell)?;
        let findings = match self.detail {
            Detail::Whole => findings_of(self.database, id)?,
            Detail::Facts => Vec::new(),
        };
        if self.detail == Detail::Whole || self.is_decoded_further(id, &observation)? {
            observation.blocks = blocks_of(self.database, id)?;
            observation.sibs = sibs_of(row)?;
        }
        Ok(JudgedCell { observation, verdict, findings })
    }

    /// Whether more was decoded of a cell than before.
    fn is_decoded_further(&mut self, id: i64, observation: &Observation) -> Result<bool, StoreError> {
        let mut select = self.database.prepare_cached("SELECT count(*) FROM block WHERE observation = ?1")?;
        let blocks: i64 = select.query_row([id], |row| row.get(0))?;
        let decoded = (observation.state, usize::try_from(blocks).unwrap_or(0));
        let key = ((observation.carrier.hz * 1e3) as u64, observation.pci.get(), observation.ecgi());
        let before = self.decoded.get(&key);
        let further = before.is_none_or(|before| decoded > *before);
        if further {
            self.decoded.insert(key, decoded);
        }
        Ok(further)
    }
}
