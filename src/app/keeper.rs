//! Keeps what was reported in the store. What cannot be stored now waits in memory, within bounds, and is caught up.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::{
    disk::bytes_left, judge::Judge, memory::Memory, registry::make_folder_of, reserve::Reserve, store_lock::StoreLock,
};
use cellwarden_core::{
    alert::Alert,
    detect::Judged,
    drive::{JudgedCell, SearchedDwell},
    observation::Observation,
};
use cellwarden_report::StorageCounts;
use cellwarden_store::{DriveRecord, EvidenceRecord, Store, StoreError};

/// Dwells that wait at most: those that did nothing to alerts, and those that did.
const MAX_PLAIN: usize = 256;
const MAX_WITH_ALERTS: usize = 1_024;

/// Room for alerts that is reserved beside the store.
const RESERVED_BYTES: u64 = 4 << 20;

/// Before a store that failed is tried again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is reported and not stored yet.
pub struct Unstored {
    /// Where it was heard.
    pub heard: Heard,
    /// New revisions of alerts.
    pub changes: Vec<Alert>,
    /// The evidence of those that were raised.
    pub evidence: Vec<EvidenceRecord>,
}

/// Where alerts were raised.
pub enum Heard {
    /// In a dwell that is not stored.
    Now(Box<SearchedDwell>, Vec<(Observation, Judged)>),
    /// In a stored dwell, under rules or a registry that were not there before.
    Before(i64),
}

impl Unstored {
    fn raised(&self) -> u64 {
        self.changes.iter().filter(|alert| alert.is_first()).count() as u64
    }
}

/// How long a failed store is left alone.
#[derive(Debug)]
struct Pause {
    until: Instant,
    length: Duration,
}

/// Why the store cannot be written, and when it is tried again.
#[derive(Debug)]
struct Trouble {
    why: String,
    pause: Pause,
}

/// The store of a drive, and what waits for it.
pub struct Keeper {
    path: PathBuf,
    _lock: StoreLock,
    record: DriveRecord,
    /// `None` where it cannot be opened yet.
    store: Option<Store>,
    memory: Memory,
    reserve: Reserve,
    waiting: VecDeque<Unstored>,
    dropped: StorageCounts,
    trouble: Option<Trouble>,
}

impl Keeper {
    /// Opens a store for a drive. One that cannot be written now, as on a full disk, is opened later.
    ///
    /// # Errors
    /// Where the file is no store of this program, or another program records into it.
    pub fn open(path: &Path, record: DriveRecord) -> Result<Self> {
        let made = make_folder_of(path);
        if !is_short_of_room(path) {
            made?;
        }
        let lock = StoreLock::take(path)?;
        let (store, trouble) = match open_store(path, &record) {
            Ok(store) => (Some(store), None),
            Err(error @ (StoreError::Full | StoreError::Busy)) => (None, Some(Trouble::new(&error))),
            // Without room SQLite may say no more than that it cannot open the file.
            Err(error) if error.is_passing() && is_short_of_room(path) => (None, Some(Trouble::new(&error))),
            Err(error) => return Err(error).with_context(|| format!("{}: cannot use the store", path.display())),
        };
        let mut reserve = path.as_os_str().to_owned();
        reserve.push(".reserve");
        let reserve = Reserve::take(reserve.into(), RESERVED_BYTES);
        tracing::info!(bytes = reserve.held_bytes(), "{}: room reserved for alerts", reserve.path().display());
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            memory: Memory::new(record.clone()),
            record,
            store,
            reserve,
            waiting: VecDeque::new(),
            dropped: StorageCounts::default(),
            trouble,
        })
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store, where it could be opened.
    pub fn store(&mut self) -> Option<&mut Store> {
        self.store.as_mut()
    }

    /// Why the store cannot be written; `None` where it can.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|trouble| trouble.why.as_str())
    }

    /// What waits to be stored, and what was dropped.
    pub fn counts(&self) -> StorageCounts {
        StorageCounts {
            waiting_dwells: self.waiting.len() as u64,
            waiting_alerts: self.waiting.iter().map(Unstored::raised).sum(),
            ..self.dropped
        }
    }

    /// Makes the rules remember what is stored: what they remembered under the same rules and registry is taken over, the
    /// dwells after it are judged again. Gives the changes of alerts that stored dwells raise now and did not raise then.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn recall(&mut self, judge: &mut Judge) -> Result<Vec<Unstored>> {
        let Some(store) = &mut self.store else { return Ok(Vec::new()) };
        let (memory, mut late) = (&mut self.memory, Vec::new());
        let after = memory.recall(store, judge).with_context(|| self.path.display().to_string())?;
        let recalled = store.recall::<anyhow::Error>(after, |id, _, cells| {
            memory.recalled(id);
            let observations: Vec<Observation> = cells.into_iter().map(|cell| cell.observation).collect();
            let mut changes = judge.dwell(observations)?.changes;
            drop_stored_revisions(store, &mut changes);
            if !changes.is_empty() {
                late.push(Unstored { heard: Heard::Before(id), changes, evidence: Vec::new() });
            }
            Ok(())
        });
        recalled.with_context(|| self.path.display().to_string())?;
        memory.begin(store, judge);
        Ok(late)
    }

    /// The cells of a dwell that is stored already. A store that cannot be read has none: its dwells are judged again.
    pub fn known(&self, dwell: &SearchedDwell) -> Option<Vec<JudgedCell>> {
        let known = self.store.as_ref()?.known(dwell);
        known.unwrap_or_else(|error| {
            tracing::warn!(%error, recording = ?dwell.recording, "the store cannot be read");
            None
        })
    }

    /// Removes the revisions that are stored already.
    pub fn drop_stored(&self, changes: &mut Vec<Alert>) {
        if let Some(store) = &self.store {
            drop_stored_revisions(store, changes);
        }
    }

    /// A dwell is judged, and not stored yet.
    pub fn judging(&mut self) {
        self.memory.judging();
    }

    /// Stores what was reported, or lets it wait; whether anything was stored.
    pub fn keep(&mut self, unstored: Unstored, judge: &Judge) -> bool {
        self.waiting.push_back(unstored);
        let is_due = self.trouble.as_ref().is_none_or(|trouble| trouble.pause.until <= Instant::now());
        let stored = is_due && self.catch_up(judge);
        self.drop_excess();
        stored
    }

    /// Stores all that waits, whatever failed before, and keeps what the rules remember.
    pub fn close(&mut self, judge: &Judge) {
        if !self.waiting.is_empty() {
            self.reserve.release();
            self.catch_up(judge);
        }
        if let Some(store) = &mut self.store {
            self.memory.keep(store, judge);
        }
    }

    /// Stores what waits, as far as it can be stored; whether anything was.
    fn catch_up(&mut self, judge: &Judge) -> bool {
        let before = self.waiting.len();
        match self.store_waiting(judge) {
            Ok(()) => self.trouble = None,
            Err(error) => {
                tracing::warn!(%error, waiting = self.waiting.len(), "{}: cannot be written", self.path.display());
                match &mut self.trouble {
                    Some(trouble) => trouble.again(&error),
                    None => self.trouble = Some(Trouble::new(&error)),
                }
            }
        }
        self.waiting.len() < before
    }

    fn store_waiting(&mut self, judge: &Judge) -> Result<(), StoreError> {
        if self.store.is_none() {
            self.store = Some(open_store(&self.path, &self.record)?);
        }
        // Where there is room for the reserve again, there is room for all that waits.
        let is_short = self.trouble.is_some() && self.reserve.hold().is_err();
        let mut at = 0;
        while let Some(unstored) = self.waiting.get(at) {
            if is_short && unstored.changes.is_empty() {
                at += 1;
                continue;
            }
            match self.store_one(at, judge) {
                Ok(()) => {}
                // The reserve is for what did something to alerts.
                Err(error) if error.is_passing() && self.reserve.release() => {
                    return self.store_alerts(judge).and(Err(error));
                }
                Err(error) => return Err(error),
            }
        }
        if self.waiting.is_empty() { Ok(()) } else { Err(StoreError::Full) }
    }

    /// Stores what did something to alerts.
    fn store_alerts(&mut self, judge: &Judge) -> Result<(), StoreError> {
        while let Some(at) = self.waiting.iter().position(|unstored| !unstored.changes.is_empty()) {
            self.store_one(at, judge)?;
        }
        Ok(())
    }

    fn store_one(&mut self, at: usize, judge: &Judge) -> Result<(), StoreError> {
        let (Some(store), Some(unstored)) = (&mut self.store, self.waiting.get(at)) else { return Ok(()) };
        let Unstored { heard, changes, evidence } = unstored;
        let recorded = match heard {
            Heard::Now(dwell, cells) => Some(store.record(dwell, cells, changes, evidence)?),
            Heard::Before(dwell) => {
                store.record_late(changes, *dwell)?;
                None
            }
        };
        self.waiting.remove(at);
        if let Some(id) = recorded {
            let is_stored = self.waiting.is_empty() && self.dropped == StorageCounts::default();
            self.memory.recorded(id, is_stored, store, judge);
        }
        Ok(())
    }

    /// Keeps what waits within its bounds: the oldest go first.
    fn drop_excess(&mut self) {
        let with_alerts = self.waiting.iter().filter(|unstored| !unstored.changes.is_empty()).count();
        let plain = self.waiting.len() - with_alerts;
        for (excess, is_plain) in
            [(plain.saturating_sub(MAX_PLAIN), true), (with_alerts.saturating_sub(MAX_WITH_ALERTS), false)]
        {
            for _ in 0..excess {
                let oldest = self.waiting.iter().position(|unstored| unstored.changes.is_empty() == is_plain);
                let Some(dropped) = oldest.and_then(|at| self.waiting.remove(at)) else { break };
                self.dropped.dropped_dwells += 1;
                self.dropped.dropped_alerts += dropped.raised();
            }
        }
    }
}

impl Trouble {
    fn new(error: &StoreError) -> Self {
        let pause = Pause { until: Instant::now() + FIRST_PAUSE, length: FIRST_PAUSE };
        Self { why: error.to_string(), pause }
    }

    fn again(&mut self, error: &StoreError) {
        let length = (self.pause.length * 2).min(LONGEST_PAUSE);
        *self = Self { why: error.to_string(), pause: Pause { until: Instant::now() + length, length } };
    }
}

/// What was last announced of a store.
#[derive(Debug, Default)]
pub struct AnnouncedStorage {
    in_trouble: bool,
    dropped_dwells: u64,
}

impl AnnouncedStorage {
    /// The announcement for this state: the store cannot be written, can again, or more was dropped than twice what was
    /// announced; `None` where nothing of that is so.
    pub fn news(&mut self, path: &Path, counts: &StorageCounts, trouble: Option<&str>) -> Option<String> {
        let StorageCounts { waiting_dwells, waiting_alerts, dropped_dwells, dropped_alerts } = counts;
        let path = path.display();
        let changed = std::mem::replace(&mut self.in_trouble, trouble.is_some()) != trouble.is_some();
        if *dropped_dwells > 2 * self.dropped_dwells {
            self.dropped_dwells = *dropped_dwells;
        } else if !changed {
            return None;
        }
        Some(match trouble {
            Some(why) => format!(
                "{path}: cannot be written: {why}; the work goes on: {waiting_dwells} dwells with {waiting_alerts} alerts \
                 wait in memory, {dropped_dwells} dwells with {dropped_alerts} alerts were dropped unstored"
            ),
            None => format!(
                "{path}: can be written again; {dropped_dwells} dwells with {dropped_alerts} alerts were dropped"
            ),
        })
    }
}

fn open_store(path: &Path, record: &DriveRecord) -> Result<Store, StoreError> {
    let mut store = Store::create(path)?;
    store.begin(record)?;
    Ok(store)
}

fn is_short_of_room(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    bytes_left(folder).is_some_and(|bytes| bytes < RESERVED_BYTES)
}

/// Removes the revisions that are stored already. One that cannot be looked up counts as new: the store takes each once.
fn drop_stored_revisions(store: &Store, changes: &mut Vec<Alert>) {
    changes.retain(|alert| !store.has_revision(alert).unwrap_or(false));
}
