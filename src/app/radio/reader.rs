//! The thread that reads a radio.

use std::{
    mem,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use jiff::Timestamp;
use lte_dsp::units::SampleRate;

use super::{BLOCK_BYTES, BLOCKS, Counters, Delivery, LiveBlock, Opener, Order, WhenFull};
use cellwarden_source::{Reading, SampleBuffer, Tuner, TunerError};

/// First and longest wait before a radio that is gone is looked for again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// Timeouts in a row after which a radio counts as gone: 5 s.
const MAX_TIMEOUTS: u32 = 10;
/// Timeouts with which a radio may begin after it was tuned, half a second each: no fault.
const TIMEOUTS_AT_START: u32 = 1;
/// Room in a block below which it is handed over: smaller reads cost more than they bring.
const LEAST_ROOM: usize = BLOCK_BYTES / 8;

/// The reader's side of a radio.
pub struct Reader {
    opener: Opener,
    tuner: Option<Box<dyn Tuner>>,
    asked: Receiver<(u64, Order)>,
    hand_over: Sender<Delivery>,
    free: Receiver<SampleBuffer>,
    counters: Arc<Counters>,
    /// Blocks made so far: each is made when it is first needed.
    made: usize,
    /// Takes samples that nobody asked for.
    spare: SampleBuffer,
    /// The dwell that is being received.
    current: Option<Current>,
    /// Whether the radio runs at the tuning asked for last.
    tuned: bool,
    timeline: Timeline,
}

struct Current {
    number: u64,
    order: Order,
    /// Samples since its first, missing ones included.
    done: u64,
    /// The block that is being filled.
    block: Option<LiveBlock>,
    /// Missing since the last sample in a block.
    lost: u64,
}

impl Reader {
    pub fn new(
        opener: Opener,
        tuner: Box<dyn Tuner>,
        asked: Receiver<(u64, Order)>,
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
            tuned: false,
            timeline: Timeline::new(SampleRate::LTE_1_4_MHZ),
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
                Ok((number, order)) => {
                    self.finish();
                    self.tuned = false;
                    self.current = Some(Current { number, order, done: 0, block: None, lost: 0 });
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Tunes where that is to be done, and reads once.
    fn work(&mut self) -> Result<(), TunerError> {
        let Some(tuner) = &mut self.tuner else { return Ok(()) };
        if let Some(current) = self.current.as_ref().filter(|_| !self.tuned) {
            tuner.tune(&current.order.tuning)?;
            self.timeline = Timeline::new(current.order.tuning.rate);
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
                if len > 0 {
                    let gap = self.timeline.take(len as u64, time_ns, Instant::now());
                    self.samples(len as u64, gap);
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
            None if current.order.when_full == WhenFull::End => self.finish(),
            None => {}
        }
    }

    /// `len` samples came, and before them `gap` are missing.
    fn samples(&mut self, len: u64, gap: u64) {
        let Some(current) = &mut self.current else {
            self.counters.skipped.fetch_add(len, Ordering::Relaxed);
            return;
        };
        // What is missing before the first sample is not of this dwell.
        let gap = if current.done == 0 { 0 } else { gap };
        current.done += gap + len;
        let is_done = current.done >= current.order.samples;
        let Some(block) = &mut current.block else {
            current.lost += gap + len;
            return;
        };
        if gap > 0 {
            let size = self.tuner.as_ref().map_or(1, |tuner| tuner.facts().format.bytes());
            block.gaps.push((block.bytes.filled().len() / size - len as usize, gap));
        }
        let is_full = block.bytes.room().len() < LEAST_ROOM;
        if is_done {
            self.finish();
        } else if is_full {
            self.hand_over();
        }
    }

    /// Hands over the block that is being filled.
    fn hand_over(&mut self) {
        let Some(current) = &mut self.current else { return };
        let number = current.number;
        if let Some(mut block) = current.block.take() {
            block.arrived = Timestamp::now();
            self.say(Delivery::Block(number, block));
        }
    }

    /// Ends the current dwell.
    fn finish(&mut self) {
        self.hand_over();
        if let Some(current) = self.current.take() {
            self.say(Delivery::End(current.number));
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
                Ok((number, order)) => {
                    self.finish();
                    self.current = Some(Current { number, order, done: 0, block: None, lost: 0 });
                }
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

/// Tells how many samples are missing between two reads: by the radio's clock, or after an overflow or a timeout by ours.
#[derive(Debug)]
struct Timeline {
    rate: SampleRate,
    /// When the next sample is due by the radio's clock, in nanoseconds.
    due_ns: Option<i64>,
    /// When the first read came back, and how many samples came after it, missing ones included.
    begun: Option<(Instant, u64)>,
    /// Whether samples may be missing.
    doubtful: bool,
    /// Timeouts in a row.
    timeouts: u32,
}

impl Timeline {
    fn new(rate: SampleRate) -> Self {
        Self { rate, due_ns: None, begun: None, doubtful: false, timeouts: 0 }
    }

    /// `len` samples came at `now`, the first of them taken at `time_ns`: how many are missing before them.
    fn take(&mut self, len: u64, time_ns: Option<i64>, now: Instant) -> u64 {
        let rate = self.rate.hz();
        let doubtful = mem::take(&mut self.doubtful);
        let gap = match (self.due_ns, time_ns) {
            (Some(due), Some(time)) => {
                let gap = time.saturating_sub(due) as f64 * 1e-9 * rate;
                // Below two samples it is the rounding of clocks.
                if gap >= 2.0 { gap.round() as u64 } else { 0 }
            }
            _ if doubtful => self.begun.map_or(0, |(begun, came)| {
                let due = (now.duration_since(begun).as_secs_f64() * rate) as u64;
                due.saturating_sub(came + len).max(1)
            }),
            _ => 0,
        };
        match &mut self.begun {
            Some((_, came)) => *came += gap + len,
            None => self.begun = Some((now, 0)),
        }
        self.due_ns = time_ns.map(|time| time.saturating_add((len as f64 / rate * 1e9).round() as i64));
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> (Timeline, Instant) {
        (Timeline::new(SampleRate::new(1e6).expect("positive")), Instant::now())
    }

    #[test]
    fn the_radios_clock_shows_missing_samples() {
        let (mut timeline, now) = timeline();
        assert_eq!(timeline.take(1000, Some(5_000_000), now), 0);
        assert_eq!(timeline.take(1000, Some(6_000_400), now), 0, "rounding");
        assert_eq!(timeline.take(1000, Some(7_250_400), now), 250);
        timeline.doubtful = true;
        assert_eq!(timeline.take(1000, Some(8_250_400), now), 0, "an overflow that lost nothing");
        assert_eq!(timeline.take(1000, Some(0), now), 0, "a clock set back");
    }

    #[test]
    fn without_a_radio_clock_the_hosts_clock_shows_missing_samples_after_an_overflow() {
        let (mut timeline, now) = timeline();
        let after = |ms| now + Duration::from_millis(ms);
        assert_eq!(timeline.take(1000, None, now), 0);
        assert_eq!(timeline.take(1000, None, after(1)), 0);
        assert_eq!(timeline.take(1000, None, after(9)), 0, "late, but nothing says that any is missing");
        timeline.doubtful = true;
        let gap = timeline.take(1000, None, after(20));
        assert!((17_000..=18_000).contains(&gap), "{gap}");
        timeline.doubtful = true;
        assert_eq!(timeline.take(1000, None, after(20)), 1, "at least one");
    }
}
