//! A dwell as it is received: a source of samples.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use lte_dsp::{frontend::convert, units::SampleIndex};
use num_complex::Complex32;

use super::{Asked, LiveBlock, Order, Radio};
use cellwarden_source::{Block, Loudness, SampleSource, SourceError, SourceInfo};

/// Longest gap that is filled with zeros; a longer one ends the dwell.
const MAX_FILLED_S: f64 = 1.0;
/// Longest wait for samples within a dwell: then the radio has told that it is gone, or it has hung.
const GONE_AFTER: Duration = Duration::from_secs(10);
/// Gaps remembered at most; their samples are counted all the same.
const MAX_GAPS: usize = 4096;

/// Samples missing within a dwell: zeros stand there instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Place in the dwell.
    pub start: u64,
    /// How many.
    pub samples: u64,
}

/// A dwell that is being received. It ends with its last sample, by [`LiveDwell::end`], or where the radio is gone.
pub struct LiveDwell<'a> {
    pub(super) radio: &'a Radio,
    info: SourceInfo,
    order: Order,
    number: u64,
    /// The block that is being read, how many of its samples and how many of its gaps are.
    block: Option<(LiveBlock, usize, usize)>,
    /// Zeros to come before its next sample.
    zeros: u64,
    position: u64,
    gaps: Vec<Gap>,
    loudness: Loudness,
    clipped: Clipped,
    ended: Arc<AtomicBool>,
}

/// Share of the samples of a dwell's last read that the converter clipped, for others to look at.
#[derive(Debug, Clone, Default)]
pub struct Clipped(Arc<AtomicU64>);

impl Clipped {
    /// The share, 0 to 1.
    pub fn share(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    fn set(&self, share: f64) {
        self.0.store(share.to_bits(), Ordering::Relaxed);
    }
}

/// Ends a dwell early.
#[derive(Clone)]
pub struct Ender(Arc<AtomicBool>);

impl Ender {
    /// No more samples are wanted.
    pub fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<'a> LiveDwell<'a> {
    pub(super) fn new(
        radio: &'a Radio,
        asked: Asked,
        first: LiveBlock,
        name: impl FnOnce(Timestamp) -> String,
    ) -> Self {
        let Asked { number, order } = asked;
        let length = first.bytes.filled().len() / radio.facts.format.bytes();
        let length = SignedDuration::try_from_secs_f64(length as f64 / order.tuning.rate.hz()).unwrap_or_default();
        let start = first.arrived.checked_sub(length).unwrap_or(first.arrived);
        let info = SourceInfo {
            name: name(start),
            format: radio.facts.format,
            sample_rate: order.tuning.rate,
            center: order.tuning.center,
            start: Some(start),
            gain_db: Some(order.tuning.gain_db),
            position: None,
            length: None,
            first_sample: SampleIndex(0),
        };
        Self {
            radio,
            info,
            order,
            number,
            block: Some((first, 0, 0)),
            zeros: 0,
            position: 0,
            gaps: Vec::new(),
            loudness: Loudness::default(),
            clipped: Clipped::default(),
            ended: Arc::default(),
        }
    }

    /// Ends it early, from another place: nothing is left to learn from it.
    pub fn ender(&self) -> Ender {
        Ender(Arc::clone(&self.ended))
    }

    /// What the converter clipped of the last read, from another place.
    pub fn clipped(&self) -> Clipped {
        self.clipped.clone()
    }

    /// How loud it was so far.
    pub fn loudness(&self) -> Loudness {
        self.loudness
    }

    /// Where samples are missing, since this was last asked.
    pub fn take_gaps(&mut self) -> Vec<Gap> {
        mem::take(&mut self.gaps)
    }

    /// Samples that may be read now, at most `room`, and what they are; `None` at the end.
    fn next(&mut self, room: usize) -> Option<NextSamples> {
        let left = self.order.samples.saturating_sub(self.position);
        let room = room.min(usize::try_from(left).unwrap_or(usize::MAX));
        loop {
            if room == 0 || self.ended.load(Ordering::Relaxed) {
                return None;
            }
            if self.zeros > 0 {
                return Some(NextSamples::Zeros(room.min(usize::try_from(self.zeros).unwrap_or(usize::MAX))));
            }
            if let Some((block, read, gaps)) = &mut self.block {
                let end = match block.gaps.get(*gaps) {
                    Some(&(place, samples)) if place == *read => {
                        *gaps += 1;
                        self.zeros = samples;
                        if samples as f64 > MAX_FILLED_S * self.order.tuning.rate.hz() {
                            self.ended.store(true, Ordering::Relaxed);
                        }
                        continue;
                    }
                    Some(&(place, _)) => place,
                    None => block.bytes.filled().len() / self.info.format.bytes(),
                };
                if *read < end {
                    return Some(NextSamples::Samples { first: *read, len: room.min(end - *read) });
                }
            }
            if let Some((block, ..)) = self.block.take() {
                self.radio.give_back(block);
            }
            // A tuning that was taken once is not refused within the dwell.
            self.block = self.radio.next_block(self.number, GONE_AFTER).ok().flatten().map(|block| (block, 0, 0));
            if self.block.is_none() {
                self.ended.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// What comes next in a dwell.
enum NextSamples {
    /// So many zeros, where samples are missing.
    Zeros(usize),
    /// Samples of the block.
    Samples { first: usize, len: usize },
}

impl SampleSource for LiveDwell<'_> {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let start = SampleIndex(self.position);
        let (format, size) = (self.info.format, self.info.format.bytes());
        let scale = self.radio.facts.scale;
        let (mut len, mut lost) = (0, 0);
        let mut loudness = Loudness::default();
        while let Some(stretch) = self.next(out.len() - len) {
            let now = match stretch {
                NextSamples::Zeros(now) => {
                    out[len..len + now].fill(Complex32::ZERO);
                    if self.gaps.len() < MAX_GAPS {
                        self.gaps.push(Gap { start: self.position, samples: now as u64 });
                    }
                    self.zeros -= now as u64;
                    lost += now as u64;
                    now
                }
                NextSamples::Samples { first, len: now } => {
                    let Some((block, read, _)) = &mut self.block else { break };
                    let samples = &mut out[len..len + now];
                    lost += convert(format, &block.bytes.filled()[first * size..(first + now) * size], samples);
                    if scale != 1.0 {
                        samples.iter_mut().for_each(|sample| *sample *= scale);
                    }
                    loudness.add(samples);
                    *read += now;
                    now
                }
            };
            len += now;
            self.position += now as u64;
        }
        self.clipped.set(loudness.clipped_share());
        self.loudness.join(loudness);
        Ok(Block { len, start, lost })
    }
}

impl Drop for LiveDwell<'_> {
    fn drop(&mut self) {
        if let Some((block, ..)) = self.block.take() {
            self.radio.give_back(block);
        }
    }
}
