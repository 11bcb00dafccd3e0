//! A radio at work: one thread takes samples off it whatever else happens, and hands out dwells.
//!
//! The thread never waits for anybody. It fills blocks of a pool while a dwell is asked for. Once the dwell is whole,
//! or the pool is empty because the receiver is behind, it goes on with the dwell that was queued, so that this one is
//! there when it is asked for, or lets the radio's samples go until the next dwell is asked for: those are *skipped*.
//! *Lost* are samples that the radio itself dropped within a dwell, and with [`WhenFull::Lose`] those that the pool had
//! no room for.

mod clock;
mod dwell;
mod reader;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use jiff::Timestamp;

pub use dwell::{Gap, LiveDwell};
use reader::Reader;

use cellwarden_report::DeviceCounts;
use cellwarden_source::{DeviceFacts, SampleBuffer, Tuner, TunerError, Tuning};

/// Bytes of a block: 2 ms of 8-bit samples at 30.72 MS/s.
const BLOCK_BYTES: usize = 1 << 17;
/// Blocks in all: 32 MiB, half a second of 8-bit samples at 30.72 MS/s.
const BLOCKS: usize = 256;
/// Most bytes of a dwell that is queued: the one before may still hold as many.
const MAX_QUEUED_BYTES: u64 = (BLOCKS * BLOCK_BYTES / 2) as u64;
/// How far the gain of a queued dwell may be from what it should be by then: the gain control leaves as much alone.
const SAME_GAIN_DB: f64 = 4.0;
/// How often those who wait look whether all is to end.
const LOOK: Duration = Duration::from_millis(100);

/// Longest wait for the first samples of a dwell, until the user may be told that none come.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Opens the radio, at the beginning and whenever it was gone.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Tuner>, TunerError> + Send>;

/// What a dwell does where the receiver falls so far behind that the pool is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It ends: the rest is skipped, and the next one has the newest samples.
    End,
    /// Samples are lost, and counted.
    Lose,
}

/// A stretch that the radio is to receive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    /// The tuning.
    pub tuning: Tuning,
    /// Samples at most.
    pub samples: u64,
    /// What to do where the receiver is behind.
    pub when_full: WhenFull,
}

impl Order {
    /// Whether a dwell by this order will do for `wanted`.
    fn serves(&self, wanted: &Self) -> bool {
        let gain_db = wanted.tuning.gain_db;
        let tuning = Tuning { gain_db, ..self.tuning };
        *wanted == Self { tuning, ..*self } && (self.tuning.gain_db - gain_db).abs() <= SAME_GAIN_DB
    }
}

/// A dwell that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    number: u64,
    order: Order,
}

#[derive(Default)]
struct Counters {
    overflows: AtomicU64,
    timeouts: AtomicU64,
    short_reads: AtomicU64,
    disconnects: AtomicU64,
    skipped: AtomicU64,
    /// What is to be said of the radio's clock.
    clock: Mutex<Option<String>>,
}

/// Samples as they came.
struct LiveBlock {
    bytes: SampleBuffer,
    /// Places in it, counted in samples, before which so many are missing.
    gaps: Vec<(usize, u64)>,
    /// When the last of them came.
    arrived: Timestamp,
}

/// What the reader hands over, for the dwell of that number.
enum Delivery {
    Block(u64, LiveBlock),
    End(u64),
    Failed(u64, TunerError),
}

/// What the reader is told to receive, under a number of its own.
enum Request {
    /// At once, in place of what is received and queued; a dwell of this number that has begun goes on.
    Now(u64, Order),
    /// After the dwell that is received.
    Then(u64, Order),
}

/// A radio with its reader.
pub struct Radio {
    facts: DeviceFacts,
    orders: Option<Sender<Request>>,
    deliveries: Receiver<Delivery>,
    pool: Sender<SampleBuffer>,
    counters: Arc<Counters>,
    dwells: u64,
    queued: Option<Asked>,
    stop: Arc<AtomicBool>,
    until: Option<Instant>,
    thread: Option<JoinHandle<()>>,
}

impl Radio {
    /// Opens the radio and starts its reader. Waiting for samples ends when `stop` is set, and at `until`.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(mut opener: Opener, stop: Arc<AtomicBool>, until: Option<Instant>) -> Result<Self, TunerError> {
        let tuner = opener()?;
        let facts = tuner.facts().clone();
        let (orders, asked) = unbounded();
        // Room for every block and the ends between them: the reader never waits to hand over.
        let (hand_over, deliveries) = bounded(2 * BLOCKS);
        let (pool, free) = bounded(BLOCKS);
        let counters = Arc::new(Counters::default());
        let reader = Reader::new(opener, tuner, asked, hand_over, free, Arc::clone(&counters));
        let thread = thread::Builder::new().name("radio".to_owned()).spawn(move || reader.run());
        let no_thread = |error| TunerError::Busy { device: facts.name(), reason: format!("no thread for it: {error}") };
        let thread = Some(thread.map_err(no_thread)?);
        Ok(Self {
            facts,
            orders: Some(orders),
            deliveries,
            pool,
            counters,
            dwells: 0,
            queued: None,
            stop,
            until,
            thread,
        })
    }

    /// What the radio is and can do.
    pub fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    /// What went wrong, and what was let go, since the radio was opened.
    pub fn counts(&self) -> DeviceCounts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { overflows, timeouts, short_reads, disconnects, skipped, clock: _ } = &*self.counters;
        DeviceCounts {
            overflows: of(overflows),
            timeouts: of(timeouts),
            short_reads: of(short_reads),
            disconnects: of(disconnects),
            skipped_samples: of(skipped),
        }
    }

    /// What is to be said of the radio's clock, once.
    pub fn take_clock_fault(&self) -> Option<String> {
        self.counters.clock.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether all is to end.
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Asks for a dwell, in place of the one before. Where it is the one that was queued, but for a gain within
    /// `SAME_GAIN_DB`, that one goes on at its own gain.
    pub fn ask(&mut self, order: Order) -> Asked {
        let asked =
            self.queued.take().filter(|queued| queued.order.serves(&order)).unwrap_or_else(|| self.number(order));
        self.request(Request::Now(asked.number, asked.order));
        asked
    }

    /// Has the radio go on with this dwell once the one asked for is whole, so that its samples are there when it is asked
    /// for. What the pool cannot hold beside another dwell is not queued.
    pub fn queue(&mut self, order: Order) {
        let bytes = order.samples.saturating_mul(self.facts.format.bytes() as u64);
        if bytes <= MAX_QUEUED_BYTES {
            let asked = self.number(order);
            self.request(Request::Then(asked.number, order));
            self.queued = Some(asked);
        }
    }

    fn number(&mut self, order: Order) -> Asked {
        self.dwells += 1;
        Asked { number: self.dwells, order }
    }

    fn request(&self, request: Request) {
        if let Some(orders) = &self.orders {
            // Without a reader there is no delivery either.
            let _ = orders.send(request);
        }
    }

    /// Waits for the first samples of a dwell, a second at most; `name` makes its name from the time of the first.
    /// `None` where the radio is gone or slow: ask again, or not where all is to end.
    ///
    /// # Errors
    /// [`TunerError::Unsupported`] where the radio does not take the tuning.
    pub fn receive(
        &self,
        asked: Asked,
        name: impl FnOnce(Timestamp) -> String,
    ) -> Result<Option<LiveDwell<'_>>, TunerError> {
        let first = self.next_block(asked.number, FIRST_WAIT)?;
        Ok(first.map(|first| LiveDwell::new(self, asked, first, name)))
    }

    /// The next block of a dwell; `None` at its end, and where none comes within `wait`.
    fn next_block(&self, wanted: u64, wait: Duration) -> Result<Option<LiveBlock>, TunerError> {
        let until = Instant::now() + wait;
        while !self.is_over() && Instant::now() < until {
            match self.deliveries.recv_timeout(LOOK) {
                Ok(Delivery::Block(dwell, block)) if dwell == wanted => return Ok(Some(block)),
                // Of a dwell that was left before it ended.
                Ok(Delivery::Block(_, block)) => self.give_back(block),
                Ok(Delivery::End(dwell)) if dwell == wanted => return Ok(None),
                Ok(Delivery::Failed(dwell, error)) if dwell == wanted => return Err(error),
                Ok(Delivery::End(_) | Delivery::Failed(..)) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
        Ok(None)
    }

    fn give_back(&self, block: LiveBlock) {
        let mut bytes = block.bytes;
        bytes.clear();
        // The reader may have ended.
        let _ = self.pool.try_send(bytes);
    }
}

impl Drop for Radio {
    fn drop(&mut self) {
        // Without orders to come the reader ends.
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was told when it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
