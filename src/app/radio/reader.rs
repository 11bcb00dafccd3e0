//! The thread that reads a radio.

use std::{
    mem,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use jiff::Timestamp;
use lte_dsp::units::SampleRate;

use super::{BLOCK_BYTES, BLOCKS, Counters, Delivery, LiveBlock, Opener, Order, Request, WhenFull, clock::ClockCheck};
use cellwarden_source::{Reading, SampleBuffer, Tuner, TunerError};

/// First and longest wait before a radio that is gone is looked for again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// Timeouts in a row after which a radio counts as gone: 5 s.
const MAX_TIMEOUTS: u32 = 10;
/// Timeouts with which a radio may begin after it was tuned, half a second each: no fault.
const TIMEOUTS_AT_START: u32 = 1;
/// Reads within which a radio's clock has to explain an overflow.
const MAX_DOUBTFUL_READS: u32 = 4;
/// Room in a block below which it is handed over: smaller reads cost more than they bring.
const LEAST_ROOM: usize = BLOCK_BYTES / 8;

/// The reader's side of a radio.
pub struct Reader {
    opener: Opener,
    tuner: Option<Box<dyn Tuner>>,
    asked: Receiver<Request>,
    hand_over: Sender<Delivery>,
    free: Receiver<SampleBuffer>,
    counters: Arc<Counters>,
    /// Blocks made so far: each is made when it is first needed.
    made: usize,
    /// Takes samples that nobody asked for.
    spare: SampleBuffer,
    /// The dwell that is being received.
    current: Option<Current>,
    /// The one to go on with once that is whole.
    queued: Option<(u64, Order)>,
    /// Number of the last dwell that was begun.
    begun: u64,
    /// Whether the radio runs at the tuning asked for last.
    tuned: bool,
    timeline: Timeline,
    clock: ClockCheck,
}

struct Current {
    number: u64,
    order: Order,
    /// Samples since its first, missing ones included.
    done: u64,
    /// A block that is full, while a later read may tell of samples missing in it.
    held: Option<LiveBlock>,
    /// The block that is being filled.
    block: Option<LiveBlock>,
    /// Missing since the last sample in a block.
    lost: u64,
}

impl Reader {
    pub fn new(
        opener: Opener,
        tuner: Box<dyn Tuner>,
        asked: Receiver<Request>,
        hand_over: Sender<Delivery>,
        free: Receiver<SampleBuffer>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            opener,
            tuner: Some(tuner),
            asked,
            hand_over,
            free,
            counters,
            made: 0,
            spare: SampleBuffer::new(BLOCK_BYTES),
            current: None,
            queued: None,
            begun: 0,
            tuned: false,
            timeline: Timeline::new(SampleRate::LTE_1_4_MHZ),
            clock: ClockCheck::default(),
        }
    }

    /// Reads until nobody can ask for anything any more.
    pub fn run(mut self) {
        while self.listen() {
            match self.work() {
                Ok(()) => {}
                Err(TunerError::Gone { reason, .. }) => {
                    tracing::warn!(reason, "the radio is gone");
                    self.counters.disconnects.fetch_add(1, Ordering::Relaxed);
                    self.tuned = false;
                    if self.current.as_ref().is_some_and(|current| current.done > 0) {
                        self.finish();
                    }
                    if !self.reopen() {
                        return;
                    }
                }
                Err(error) => {
                    self.tuned = false;
                    if let Some(current) = self.current.take() {
                        self.say(Delivery::Failed(current.number, error));
                    }
                }
            }
        }
    }

    /// Takes the newest order, and waits for one where there is nothing to do; false where none can come.
    fn listen(&mut self) -> bool {
        loop {
            let idle = self.current.is_none() && !self.tuned;
            let order =
                if idle { self.asked.recv().map_err(|_| TryRecvError::Disconnected) } else { self.asked.try_recv() };
            match order {
                Ok(request) => self.take_request(request),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Begins with what is asked for, or queues it.
    fn take_request(&mut self, request: Request) {
        match request {
            Request::Now(number, _) if number <= self.begun => {}
            Request::Now(number, order) => {
                self.queued = None;
                self.finish();
                self.begin(number, order);
            }
            Request::Then(number, order) if self.current.is_some() => self.queued = Some((number, order)),
            Request::Then(number, order) => self.begin(number, order),
        }
    }

    /// Begins a dwell: the next thing is to tune.
    fn begin(&mut self, number: u64, order: Order) {
        (self.tuned, self.begun) = (false, number);
        self.current = Some(Current { number, order, done: 0, held: None, block: None, lost: 0 });
    }

    /// Tunes where that is to be done, and reads once.
    fn work(&mut self) -> Result<(), TunerError> {
        let Some(tuner) = &mut self.tuner else { return Ok(()) };
        if let Some(current) = self.current.as_ref().filter(|_| !self.tuned) {
            tuner.tune(&current.order.tuning)?;
            self.timeline = Timeline::new(current.order.tuning.rate);
            self.clock.tuned();
            self.tuned = true;
        }
        self.take_block();
        let Some(tuner) = &mut self.tuner else { return Ok(()) };
        let block = self.current.as_mut().and_then(|current| current.block.as_mut());
        self.spare.clear();
        let reading = tuner.read(block.map_or(&mut self.spare, |block| &mut block.bytes))?;
        match reading {
            Reading::Samples { len, time_ns, short } => {
                self.counters.short_reads.fetch_add(u64::from(short), Ordering::Relaxed);
                self.timeline.timeouts = 0;
                if let Some(time_ns) = time_ns.filter(|_| len > 0) {
                    let said = self.clock.stamp(time_ns, Instant::now(), Timestamp::now());
                    if said.is_some() {
                        *self.counters.clock.lock().unwrap_or_else(PoisonError::into_inner) = said;
                    }
                }
                if len > 0 {
                    let missing = self.timeline.take(len as u64, time_ns, Instant::now());
                    self.samples(len as u64, missing);
                }
            }
            // What a radio drops before its first sample nobody asked for.
            Reading::Overflow => {
                self.counters.overflows.fetch_add(u64::from(self.timeline.begun.is_some()), Ordering::Relaxed);
                self.timeline.doubtful = true;
            }
            Reading::Timeout => {
                self.timeline.doubtful = true;
                self.timeline.timeouts += 1;
                let is_fault = self.timeline.begun.is_some() || self.timeline.timeouts > TIMEOUTS_AT_START;
                self.counters.timeouts.fetch_add(u64::from(is_fault), Ordering::Relaxed);
                if self.timeline.timeouts >= MAX_TIMEOUTS {
                    let device = tuner.facts().name();
                    return Err(TunerError::Gone { device, reason: "no sample comes any more".to_owned() });
                }
            }
        }
        Ok(())
    }

    /// Gives the current dwell a block to fill; where there is none, the dwell ends or loses samples.
    fn take_block(&mut self) {
        let Some(current) = self.current.as_mut().filter(|current| current.block.is_none()) else { return };
        let free = self.free.try_recv().ok().or_else(|| {
            (self.made < BLOCKS).then(|| {
                self.made += 1;
                SampleBuffer::new(BLOCK_BYTES)
            })
        });
        match free {
            Some(bytes) => {
                let lost = mem::take(&mut current.lost);
                let gaps = if lost > 0 { vec![(0, lost)] } else { Vec::new() };
                current.block = Some(LiveBlock { bytes, gaps, arrived: Timestamp::UNIX_EPOCH });
            }
            // A dwell that has not begun waits for one.
            None if current.order.when_full == WhenFull::End && current.done > 0 => self.finish(),
            None => {}
        }
    }

    /// `len` samples came, and before them or earlier ones some are missing.
    fn samples(&mut self, len: u64, missing: Missing) {
        let waits = |current: &&mut Current| {
            current.block.is_none() && current.done == 0 && current.order.when_full == WhenFull::End
        };
        let Some(current) = self.current.as_mut().filter(|current| !waits(current)) else {
            self.counters.skipped.fetch_add(len, Ordering::Relaxed);
            return;
        };
        // What is missing before the first sample is not of this dwell.
        let gap = if current.done <= missing.ago { 0 } else { missing.samples };
        current.done += gap + len;
        let is_done = current.done >= current.order.samples;
        let Some(block) = &mut current.block else {
            current.lost += gap + len;
            return;
        };
        if gap > 0 {
            let size = self.tuner.as_ref().map_or(1, |tuner| tuner.facts().format.bytes());
            let samples_in = |block: &LiveBlock| block.bytes.filled().len() / size;
            let (before, ago) = (samples_in(block) - len as usize, missing.ago as usize);
            match &mut current.held {
                Some(held) if ago > before => {
                    let place = samples_in(held).saturating_sub(ago - before);
                    held.gaps.push((place, gap));
                }
                _ => block.gaps.push((before.saturating_sub(ago), gap)),
            }
        }
        let is_full = block.bytes.room().len() < LEAST_ROOM;
        if is_done {
            self.finish();
        } else if is_full && self.timeline.is_open() && current.held.is_none() {
            current.held = current.block.take();
        } else if is_full {
            self.hand_over();
        } else if !self.timeline.is_open() {
            self.hand_over_held();
        }
    }

    /// Hands over the block that is being filled.
    fn hand_over(&mut self) {
        self.hand_over_held();
        let block = self.current.as_mut().and_then(|current| current.block.take());
        self.give(block);
    }

    /// Hands over the block that was held back.
    fn hand_over_held(&mut self) {
        let held = self.current.as_mut().and_then(|current| current.held.take());
        self.give(held);
    }

    /// Hands over a block of the current dwell.
    fn give(&mut self, block: Option<LiveBlock>) {
        let Some((current, mut block)) = self.current.as_ref().zip(block) else { return };
        block.arrived = Timestamp::now();
        self.say(Delivery::Block(current.number, block));
    }

    /// Ends the current dwell.
    fn finish(&mut self) {
        self.hand_over();
        if let Some(current) = self.current.take() {
            self.say(Delivery::End(current.number));
        }
        if let Some((number, order)) = self.queued.take() {
            self.begin(number, order);
        }
    }

    fn say(&self, delivery: Delivery) {
        // There is room for every block; whoever listened may be gone.
        let _ = self.hand_over.try_send(delivery);
    }

    /// Looks for the radio until it is back; false where nobody wants it any more.
    fn reopen(&mut self) -> bool {
        self.tuner = None;
        let mut wait = BACK_OFF.0;
        loop {
            match self.asked.recv_timeout(wait) {
                Ok(request) => self.take_request(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
            match (self.opener)() {
                Ok(tuner) => {
                    tracing::warn!("the radio is back");
                    self.tuner = Some(tuner);
                    return true;
                }
                Err(error) => tracing::debug!(%error, "the radio is still gone"),
            }
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }
}

/// Samples that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Missing {
    /// How many.
    samples: u64,
    /// How many came after them and before the read at hand.
    ago: u64,
}

/// Counts the samples that are missing between two reads: by the radio's clock, or after an overflow or a timeout by ours.
///
/// Some drivers stamp a read now and then with a time that cannot be true. A stamp that does not follow from the one before
/// is believed once the next one agrees with it.
#[derive(Debug)]
struct Timeline {
    rate: SampleRate,
    /// The radio's clock at the first sample, by the stamps that are believed, and whether two have agreed on it.
    zero_ns: Option<(i64, bool)>,
    /// The same by the last stamp, where that is not believed yet, and how many samples had come before it.
    suspect: Option<(i64, u64)>,
    /// An overflow that no stamp has explained yet.
    doubt: Option<Doubt>,
    /// When the first read came back, and with how many samples.
    begun: Option<(Instant, u64)>,
    /// Samples that came, missing ones included.
    came: u64,
    /// Whether samples may be missing.
    doubtful: bool,
    /// Timeouts in a row.
    timeouts: u32,
}

/// What an overflow has cost if no stamp tells.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    /// By our clock.
    guess: u64,
    /// Samples that had come before it.
    came: u64,
    /// Reads since.
    reads: u32,
}

impl Timeline {
    fn new(rate: SampleRate) -> Self {
        Self { rate, zero_ns: None, suspect: None, doubt: None, begun: None, came: 0, doubtful: false, timeouts: 0 }
    }

    /// Whether a later read may tell of samples missing before an earlier one.
    fn is_open(&self) -> bool {
        self.suspect.is_some() || self.doubt.is_some()
    }

    /// `len` samples came at `now`, the first of them taken at `time_ns`: how many are missing before.
    fn take(&mut self, len: u64, time_ns: Option<i64>, now: Instant) -> Missing {
        let doubtful = mem::take(&mut self.doubtful) && self.begun.is_some();
        let guess = self.guess(len, now);
        let most = self.most_missing(len, now);
        let missing = match time_ns {
            Some(time_ns) => {
                if doubtful {
                    self.doubt = Some(Doubt { guess, came: self.came, reads: 0 });
                }
                self.take_stamp(time_ns, most).or_else(|| self.give_up()).unwrap_or_default()
            }
            None if doubtful => Missing { samples: guess, ago: 0 },
            None => self.give_up().unwrap_or_default(),
        };
        self.begun.get_or_insert((now, len));
        self.came += missing.samples + len;
        missing
    }

    /// Samples missing before `len` that came at `now` by our clock: one at least.
    fn guess(&self, len: u64, now: Instant) -> u64 {
        let Some((begun, first)) = self.begun else { return 0 };
        // The first read came back when its samples had been taken.
        let due = (now.duration_since(begun).as_secs_f64() * self.rate.hz()) as u64 + first;
        due.saturating_sub(self.came + len).max(1)
    }

    /// Most samples that can be missing before `len` that came at `now` by our clock: a radio's clock that says more has
    /// jumped.
    fn most_missing(&self, len: u64, now: Instant) -> u64 {
        const TOLERANCE_S: f64 = 1.0;
        let Some((begun, first)) = self.begun else { return 0 };
        let due = ((now.duration_since(begun).as_secs_f64() + TOLERANCE_S) * self.rate.hz()) as u64 + first;
        due.saturating_sub(self.came + len)
    }

    /// What is missing by a read's time, at most so much; `None` where that tells nothing.
    fn take_stamp(&mut self, time_ns: i64, most: u64) -> Option<Missing> {
        let samples = |ns: i64| ns as f64 * 1e-9 * self.rate.hz();
        // Below two samples it is the rounding of clocks.
        let agree = |a: i64, b: i64| samples(a.saturating_sub(b)).abs() < 2.0;
        let zero_ns = time_ns.saturating_sub((self.came as f64 / self.rate.hz() * 1e9).round() as i64);
        let Some((known_ns, is_agreed)) = self.zero_ns else {
            self.zero_ns = Some((zero_ns, false));
            return None;
        };
        if agree(zero_ns, known_ns) {
            (self.zero_ns, self.suspect, self.doubt) = (Some((zero_ns, true)), None, None);
            return None;
        }
        match self.suspect.take() {
            Some((suspect_ns, came)) if agree(zero_ns, suspect_ns) => {
                let late = samples(zero_ns.saturating_sub(known_ns));
                // A clock that was set back has lost nothing.
                let missing = if late > 0.0 { late.round() as u64 } else { 0 };
                // Nor has one that was set ahead of the host's.
                let missing = if missing > most { 0 } else { missing };
                let counted_ns = (missing as f64 / self.rate.hz() * 1e9).round() as i64;
                (self.zero_ns, self.doubt) = (Some((zero_ns.saturating_sub(counted_ns), true)), None);
                (missing > 0).then_some(Missing { samples: missing, ago: self.came - came })
            }
            // The first one may be the one that is not true.
            _ if !is_agreed => {
                self.zero_ns = Some((zero_ns, false));
                None
            }
            _ => {
                self.suspect = Some((zero_ns, self.came));
                None
            }
        }
    }

    /// What our clock says of an overflow, where reads enough have not told.
    fn give_up(&mut self) -> Option<Missing> {
        self.doubt.as_mut()?.reads += 1;
        let Doubt { guess, came, .. } = self.doubt.take_if(|doubt| doubt.reads > MAX_DOUBTFUL_READS)?;
        (self.zero_ns, self.suspect) = (None, None);
        Some(Missing { samples: guess, ago: self.came - came })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> (Timeline, Instant) {
        (Timeline::new(SampleRate::new(1e6).expect("positive")), Instant::now())
    }

    /// What each of these reads of 1,000 samples at 1 MS/s tells, by the time it is stamped with.
    fn missing(stamps: impl IntoIterator<Item = i64>) -> Vec<(u64, u64)> {
        let (mut timeline, now) = timeline();
        let told = stamps.into_iter().map(|time_ns| timeline.take(1000, Some(time_ns), now));
        told.map(|missing| (missing.samples, missing.ago)).collect()
    }

    #[test]
    fn the_radios_clock_shows_missing_samples_as_soon_as_two_reads_agree() {
        let read = |n: i64, late: i64| 5_000_000 + n * 1_000_000 + late;
        let stamps = [read(0, 0), read(1, 400), read(2, 400), read(3, 250_400), read(4, 250_400), read(5, 250_400)];
        assert_eq!(missing(stamps), [(0, 0), (0, 0), (0, 0), (0, 0), (250, 1000), (0, 0)]);
        let set_back = [read(0, 0), read(1, 0), 0, 1_000_000, 2_000_000, 3_250_000, 4_250_000];
        assert_eq!(missing(set_back), [(0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (250, 1000)]);
    }

    #[test]
    fn a_radios_clock_that_jumps_ahead_of_the_hosts_lost_nothing() {
        const TEN_YEARS_NS: i64 = 10 * 365 * 86_400 * 1_000_000_000;
        let read = |n: i64, late: i64| 5_000_000 + n * 1_000_000 + late;
        for jump in [TEN_YEARS_NS, 3_600_000_000_000, 2_000_000_000] {
            let stamps = [read(0, 0), read(1, 0), read(2, jump), read(3, jump), read(4, jump), read(5, jump + 250_000)];
            assert_eq!(
                missing(stamps.into_iter().chain([read(6, jump + 250_000)])).iter().map(|m| m.0).sum::<u64>(),
                250
            );
        }
    }

    #[test]
    fn an_overflow_that_lost_nothing_is_none() {
        let (mut timeline, now) = timeline();
        for n in 0..9 {
            timeline.doubtful = n == 4;
            assert_eq!(timeline.take(1000, Some(n * 1_000_000), now), Missing::default(), "{n}");
        }
    }

    /// One read in three with a time that cannot be true: the others tell what is missing.
    #[test]
    fn times_that_cannot_be_true_are_not_believed() {
        let wrong: [fn(i64) -> i64; 5] =
            [|_| 0, |n| n * 977_000_000_000, |_| i64::MAX, |n| -n, |n| (n - 1) * 1_000_000];
        for wrong in wrong {
            for first in 0..3 {
                let stamp = |n: i64| {
                    let late = if n >= 10 { 700_000 } else { 0 };
                    if n % 3 == first { wrong(n) } else { 77_000_000 + n * 1_000_000 + late }
                };
                let told = missing((0..30).map(stamp));
                assert_eq!(told.iter().map(|t| t.0).sum::<u64>(), 700, "{first}: {told:?}");
            }
        }
    }

    #[test]
    fn without_a_radio_clock_the_hosts_clock_shows_missing_samples_after_an_overflow() {
        let (mut timeline, now) = timeline();
        let after = |ms| now + Duration::from_millis(ms);
        let mut take = |doubtful: bool, now: Instant| {
            timeline.doubtful = doubtful;
            timeline.take(1000, None, now).samples
        };
        assert_eq!(take(false, now), 0);
        assert_eq!(take(false, after(1)), 0);
        assert_eq!(take(false, after(9)), 0, "late, but nothing says that any is missing");
        let gap = take(true, after(20));
        assert!((17_000..=18_000).contains(&gap), "{gap}");
        assert_eq!(take(true, after(20)), 1, "at least one");
    }

    /// The same where the radio's clock is no help.
    #[test]
    fn with_a_radio_clock_that_stands_the_hosts_shows_them_after_an_overflow() {
        let (mut timeline, now) = timeline();
        let mut told = Vec::new();
        for n in 0..12 {
            timeline.doubtful = n == 5;
            let late = if n >= 5 { 20 } else { 0 };
            told.push(timeline.take(1000, Some(3_000_000), now + Duration::from_millis(n + late)));
        }
        let found: Vec<Missing> = told.into_iter().filter(|missing| missing.samples > 0).collect();
        assert!(matches!(found[..], [Missing { samples: 19_000..=20_000, ago: 4000 }]), "{found:?}");
    }
}
