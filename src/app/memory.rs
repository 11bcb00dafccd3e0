//! What the rules remember, kept in the store: the next program goes on from there instead of judging every stored dwell
//! again.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::judge::Judge;
use cellwarden_core::{alert::KeptBook, detect::history::History};
use cellwarden_store::{DriveRecord, Store, StoreError};

/// Dwells after which the memory is kept again: as many are judged again after a crash.
const KEEP_EVERY: u64 = 512;

/// What the rules remember, as it is read.
#[derive(Deserialize)]
pub struct Recalled {
    pub history: History,
    pub book: KeptBook,
}

/// The same as it is written.
#[derive(Serialize)]
pub struct Remembered<'a> {
    pub history: &'a History,
    pub book: KeptBook,
}

/// Which stored dwells the rules remember.
#[derive(Debug)]
pub struct Memory {
    /// Under what they are judged.
    of: DriveRecord,
    /// The last dwell that was stored when the drive began.
    base: i64,
    /// The last dwell that the rules remember.
    last: i64,
    /// Dwells recorded since the drive began.
    recorded: u64,
    /// Dwells that the rules remember and the kept memory does not.
    unkept: u64,
    /// Whether every dwell that was judged is stored.
    is_stored: bool,
}

impl Memory {
    /// The memory of a drive under a record's rules and registry, before it is recalled.
    pub fn new(of: DriveRecord) -> Self {
        Self { of, base: 0, last: 0, recorded: 0, unkept: 0, is_stored: true }
    }

    /// Makes a judge remember what is kept. Gives the dwell after which the stored ones are still to be judged.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn recall(&mut self, store: &Store, judge: &mut Judge) -> Result<i64, StoreError> {
        if let Some((dwell, kept)) = store.memory::<Recalled>(&self.of)? {
            judge.remember(kept);
            self.last = dwell;
        }
        Ok(self.last)
    }

    /// A stored dwell was judged again.
    pub fn recalled(&mut self, dwell: i64) {
        self.last = dwell;
        self.unkept += 1;
    }

    /// All stored dwells are remembered.
    pub fn begin(&mut self, store: &mut Store, judge: &Judge) {
        self.base = self.last;
        self.keep_often(store, judge);
    }

    /// A dwell is judged, and not stored yet.
    pub fn judging(&mut self) {
        self.is_stored = false;
    }

    /// A judged dwell was recorded; `is_stored` says whether all that were judged are.
    pub fn recorded(&mut self, dwell: i64, is_stored: bool, store: &mut Store, judge: &Judge) {
        self.last = dwell;
        self.recorded += 1;
        self.unkept += 1;
        self.is_stored = is_stored;
        self.keep_often(store, judge);
    }

    fn keep_often(&mut self, store: &mut Store, judge: &Judge) {
        if self.unkept >= KEEP_EVERY {
            self.keep(store, judge);
        }
    }

    /// Keeps what a judge remembers, where that is exactly the dwells that are stored. Where it cannot be kept, the dwells
    /// are judged again next time.
    pub fn keep(&mut self, store: &mut Store, judge: &Judge) {
        if self.unkept == 0 || !self.is_stored {
            return;
        }
        self.unkept = 0;
        // Another program may record its dwells between these.
        let kept = store.dwells_after(self.base).and_then(|stored| {
            if stored == self.recorded { store.keep_memory(&self.of, self.last, &judge.remembered()) } else { Ok(()) }
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the rules' memory is not kept");
        }
    }
}
