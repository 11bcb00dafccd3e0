//! Stage 2. In: block spectra, PSS peaks and a carrier's samples. Out: cells whose PSS, SSS and CRS agree.
//!
//! [`Searcher::find_cells`] is the recipe: peaks are made precise, each one's SSS names cells, and reference signals over the
//! whole dwell decide. Refuses to know what a cell broadcasts.

mod clock;
pub mod confirm;
mod continuity;
mod free_clock;
mod in_step;
pub mod jumps;
mod prefix_offset;
pub mod pss;
mod pss_path;
mod pss_removal;
mod readings;
mod run_sums;
pub mod sss;
pub mod statistics;
pub mod timing;
mod tracker;

use crate::{
    cell::CyclicPrefix,
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::{CellSync, FRAME, OfdmDemodulator},
        sample_buffer::SampleBuffer,
    },
    units::{Hertz, Ppm},
};
pub use clock::MeasuredClock;
use confirm::{BASE_RATE, path_reach};
pub use free_clock::{FREE_CLOCK_SAMPLES, FreeClockSearch};
use pss::PssPeak;
use pss_removal::{first_pss, take_pss_off};
use sss::SssDetector;
use statistics::ChannelStatistics;
use timing::{Candidate, HALF_FRAME, Refiner};
pub use tracker::Tracker;

/// Standard deviations above noise for a PSS peak to be looked at: half a million places are searched.
pub const PSS_THRESHOLD: f32 = 5.5;
/// Error of a crystal that nothing is known of: a receiver's, or a transmitter's beside others.
pub const ANY_CRYSTAL: Ppm = Ppm(60.0);
/// Cells differ from each other by less than this, once one of them has shown the receiver's crystal.
pub const KNOWN_CRYSTAL: Ppm = Ppm(3.0);
/// Standard deviations above noise for an SSS: some ten thousand hypotheses a dwell.
const SSS_THRESHOLD: f32 = 6.0;
/// SSS that one PSS peak may stand for: cells in step with each other. More of them are found once these are cancelled.
const MAX_MATCHES: usize = 2;
/// Peaks that are followed up in one search.
const MAX_PEAKS: usize = 48;
/// Farthest that tracking may move a carrier: beyond it, what was tracked is not what was found.
const MAX_OFFSET_MOVE_HZ: f64 = 700.0;
/// Farthest that the phases between a cell's PSS and SSS may be off: half a turn in the shorter of their distances is 7 kHz.
const MAX_OFFSET_ERROR_HZ: f64 = 7000.0;
/// How far the strongest of a channel's paths may seem from where it is, in samples at 1.92 MS/s.
const MAX_TIME_ERROR: f64 = 1.5;
/// Within so many samples at 1.92 MS/s, 150 µs, one transmitter shows more than once: its echoes, its far antennas behind
/// 30 km of fibre, and its aliases. A symbol's length apart a window holds the prefix of its reference symbols, a fifth of
/// an extended symbol; so much of PSS, SSS and PBCH stands there too.
const REPEAT_SAMPLES: f64 = 288.0;
/// The same in frequency: reference symbols come at 4 or 14 kHz, and a PSS shifted in time is one shifted in frequency.
const REPEAT_HZ: f64 = 100e3;
/// Within so many samples at 1.92 MS/s, 20 µs or 6 km, cells in step with each other are heard: the PSS of one may be taken
/// off with the other's.
const IN_STEP_SAMPLES: f64 = 40.0;
/// Within so much the search sees a cell on another one's carrier: by the nearest hypothesis and by two on either side of it.
const IN_STEP_HZ: f64 = 12e3;
/// How much more a candidate stands out where cancelling a cell has uncovered anything of it.
const UNCOVERED: f32 = 1.1;
/// Ghosts of a cell under another identity correlate with up to this share of its own reference signals' strength.
const GHOST_SHARE: f32 = 0.15;

/// Work to look for the SSS of a PSS in every variant, to see that there is no such cell, and more to confirm one; see
/// [`Searcher::take_work`].
const DETECT_WORK: f64 = 0.25;
const REFUSE_WORK: f64 = 0.1;
const CONFIRM_WORK: f64 = 0.4;

/// A cell on the air: PSS, SSS and reference signals agree.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundCell {
    /// The cell and its frames.
    pub sync: CellSync,
    /// Its radio channel.
    pub statistics: ChannelStatistics,
    /// Strength of the reference signals in standard deviations of noise.
    pub strength: f32,
}

impl FoundCell {
    /// Power over noise and interference, as a ratio.
    #[must_use]
    pub fn sinr(&self) -> f32 {
        self.statistics.power / self.statistics.noise
    }
}

/// Where a carrier should be, so that the sample clock can be tied to it: both come from one crystal in most radios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nominal {
    /// Frequency relative to the recording's centre.
    pub relative: Hertz,
    /// Frequency on the air.
    pub absolute: Hertz,
    /// Excess of the sample clock beyond the one tied to the carrier: 0 where both come from one crystal, another number
    /// behind a frequency converter. It is the receiver's own: a transmitter's error moves carrier and clock together.
    pub clock_bias: f64,
}

impl Nominal {
    /// A carrier whose clock is tied to it.
    #[must_use]
    pub fn tied(relative: Hertz, absolute: Hertz) -> Self {
        Self { relative, absolute, clock_bias: 0.0 }
    }

    /// The clock excess that belongs to a carrier seen at `offset` from the recording's centre.
    #[must_use]
    pub fn clock_excess(&self, offset: Hertz) -> f64 {
        self.clock_bias - (offset.0 - self.relative.0) / self.absolute.0
    }

    /// The bias of a clock of this `excess` by a carrier seen at `offset`.
    #[must_use]
    pub fn bias_of(&self, excess: f64, offset: Hertz) -> f64 {
        excess + (offset.0 - self.relative.0) / self.absolute.0
    }
}

/// Follows peaks up; owns what that takes.
pub struct Searcher {
    refiner: Refiner,
    detector: SssDetector,
    demodulator: OfdmDemodulator,
    /// The stream without the PSS of the cells found.
    left: SampleBuffer,
    /// What was followed up in vain in searches before this one, of what is left of the same stream.
    failed: Vec<Candidate>,
    tracker: Tracker,
    /// Units of work done, see [`Self::take_work`].
    work: f64,
}

impl Searcher {
    /// A searcher.
    #[must_use]
    pub fn new() -> Self {
        Self {
            refiner: Refiner::new(),
            detector: SssDetector::new(),
            demodulator: OfdmDemodulator::new(),
            left: SampleBuffer::new(),
            failed: Vec::new(),
            tracker: Tracker::new(),
            work: 0.0,
        }
    }

    /// The work done since it was asked for last, a millisecond of stream: 1 is about what taking a cell off it costs.
    pub fn take_work(&mut self) -> f64 {
        std::mem::take(&mut self.work)
    }

    /// The cells behind `peaks` (strongest first, found at `bin_hz` a bin) in a stream at 1.92 MS/s, strongest first, beside
    /// those that are `known` (strongest first) and were cancelled there. The clock is apart from the carrier by as much as
    /// that of a peak's hypothesis.
    /// A weak one may be on the carrier of the strongest, though its PSS seems some kilohertz beside.
    /// Of cells that [`may_be_same`] as a stronger one nothing is reported.
    pub fn find_cells(
        &mut self,
        stream: StreamView<'_>,
        known: &[CellSync],
        peaks: &[PssPeak],
        bin_hz: f64,
        nominal: &Nominal,
    ) -> Vec<FoundCell> {
        let mut found: Vec<FoundCell> = Vec::new();
        let mut seen: Vec<Candidate> = Vec::new();
        let mut passed_over = 0;
        let mut left = CarrierStream {
            samples: std::mem::take(&mut self.left),
            ..CarrierStream::empty(stream.rate, stream.centre)
        };
        for peak in peaks {
            if seen.len() + passed_over == MAX_PEAKS {
                break;
            }
            let is_in_step = found.iter().any(|cell| may_be_in_step(cell, peak, bin_hz));
            if !found.is_empty() && !is_in_step {
                let Some(rest) = self.refiner.refine(stream, &left.samples, peak, bin_hz) else { continue };
                if !rest.stands_out() {
                    passed_over += 1;
                    continue;
                }
            }
            let Some(candidate) = self.refiner.refine(stream, stream.samples, peak, bin_hz) else { continue };
            if seen.iter().any(|s| same_place(s, &candidate)) {
                continue;
            }
            // What is passed over counts: what would be followed in its stead, further down, is rather chance.
            seen.push(candidate);
            if !candidate.stands_out() || self.failed.iter().any(|failed| is_no_more(failed, &candidate)) {
                continue;
            }
            let before = found.len();
            let seen_at = Hertz(peak.hypothesis.bin as f64 * bin_hz);
            let clock_bias = nominal.bias_of(peak.hypothesis.clock_excess, seen_at);
            let nominal = &Nominal { clock_bias, ..*nominal };
            self.work += DETECT_WORK;
            for m in self.detector.detect(stream, &candidate, SSS_THRESHOLD, MAX_MATCHES) {
                let mut others = known.iter().chain(found.iter().map(|cell| &cell.sync));
                let carrier = others.clone().next().map(|strongest| strongest.offset);
                if others.any(|other| leads_to(&m.sync, other)) {
                    continue;
                }
                let Some(cell) = self.confirm_near(stream, m.sync, carrier, nominal) else { continue };
                if found.is_empty() {
                    left.samples.resize(0);
                    left.samples.extend_from_slice(stream.samples);
                }
                take_pss_off(&mut self.demodulator, &mut left, &cell.sync);
                found.push(cell);
            }
            if found.len() == before {
                self.failed.push(candidate);
            }
        }
        self.left = left.samples;
        found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        // The strongest first: what it explains goes.
        let mut kept: Vec<FoundCell> = Vec::new();
        for cell in found {
            if !kept.iter().any(|k| may_be_same(k, &cell) || is_ghost(k, &cell)) {
                kept.push(cell);
            }
        }
        kept
    }

    /// The cell where it seems to be or on a known `carrier`, whichever is stronger: what the phases between a weak cell's
    /// synchronisation signals say is off by kilohertz at times, and some of its reference signals are heard there too.
    fn confirm_near(
        &mut self,
        stream: StreamView<'_>,
        found: CellSync,
        carrier: Option<Hertz>,
        nominal: &Nominal,
    ) -> Option<FoundCell> {
        let there = match carrier {
            Some(_) => self.confirm(stream, found, nominal),
            None => {
                let cell = self.tracker.confirm_nearby(stream, found, nominal);
                self.count_confirmation(cell)
            }
        };
        let offset = carrier
            .filter(|carrier| (MAX_OFFSET_MOVE_HZ..MAX_OFFSET_ERROR_HZ).contains(&(carrier.0 - found.offset.0).abs()));
        let nearby = offset.and_then(|offset| self.confirm(stream, CellSync { offset, ..found }, nominal));
        [there, nearby].into_iter().flatten().max_by(|a, b| a.strength.total_cmp(&b.strength))
    }

    /// The cell, if its reference signals are there: see [`Tracker::confirm`].
    pub fn confirm(&mut self, stream: StreamView<'_>, found: CellSync, nominal: &Nominal) -> Option<FoundCell> {
        let cell = self.tracker.confirm(stream, found, nominal);
        self.count_confirmation(cell)
    }

    /// Counts the work of a confirmation, and passes on what it gave.
    fn count_confirmation(&mut self, cell: Option<FoundCell>) -> Option<FoundCell> {
        self.work += REFUSE_WORK + if cell.is_some() { CONFIRM_WORK } else { 0.0 };
        cell
    }
}

impl Default for Searcher {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether two candidates are one PSS, seen from two hypotheses.
fn same_place(a: &Candidate, b: &Candidate) -> bool {
    let apart = (a.at - b.at).rem_euclid(HALF_FRAME);
    a.n_id_2 == b.n_id_2 && apart.min(HALF_FRAME - apart) < 1.5 && (a.offset.0 - b.offset.0).abs() < 1000.0
}

/// Whether `peak` may be a cell in step with `cell`: with the same PSS, on the same carrier and at the same time.
fn may_be_in_step(cell: &FoundCell, peak: &PssPeak, bin_hz: f64) -> bool {
    let CellSync { pci, clock_excess, offset, .. } = cell.sync;
    let half_frame = HALF_FRAME * (1.0 + clock_excess);
    let apart = (2.0 * f64::from(peak.at) - first_pss(&cell.sync)).rem_euclid(half_frame);
    pci.n_id_2() == peak.hypothesis.n_id_2
        && (offset.0 - peak.hypothesis.bin as f64 * bin_hz).abs() < IN_STEP_HZ
        && apart.min(half_frame - apart) < IN_STEP_SAMPLES
}

/// Whether `candidate` is one that was followed up in vain before, of which cancelling a cell has uncovered no more.
fn is_no_more(failed: &Candidate, candidate: &Candidate) -> bool {
    same_place(failed, candidate) && candidate.excess < UNCOVERED * failed.excess
}

/// Whether tracking `sync` would only arrive at `cell` once more.
fn leads_to(sync: &CellSync, cell: &CellSync) -> bool {
    let frame = FRAME as f64 * (1.0 + cell.clock_excess);
    let apart = (sync.frame_start - cell.frame_start).rem_euclid(frame);
    (sync.pci, sync.duplex, sync.cp) == (cell.pci, cell.duplex, cell.cp)
        && apart.min(frame - apart) < max_time_move(cell.cp)
        && (sync.offset.0 - cell.offset.0).abs() < MAX_OFFSET_MOVE_HZ
}

/// Farthest that tracking may move the timing, in samples at 1.92 MS/s: from the strongest path to the centre of gravity.
fn max_time_move(cp: CyclicPrefix) -> f64 {
    path_reach(cp) * BASE_RATE + MAX_TIME_ERROR
}

/// Whether the PSS of two cells stand within each other's ambiguity in time and frequency.
fn share_pss(a: &FoundCell, b: &FoundCell) -> bool {
    let half_frame = HALF_FRAME * (1.0 + a.sync.clock_excess);
    let apart = (a.sync.frame_start - b.sync.frame_start).rem_euclid(half_frame);
    let off = (a.sync.offset.0 - b.sync.offset.0).abs();
    a.sync.pci.n_id_2() == b.sync.pci.n_id_2() && apart.min(half_frame - apart) < 80.0 && off < REPEAT_HZ
}

/// Whether `other` may be `cell` once more: an echo or an alias, or what cancelling `cell` left. PSS, SSS and reference
/// signals of another transmitter of that identity would look the same there; only its MIB tells.
#[must_use]
pub fn may_be_same(cell: &FoundCell, other: &FoundCell) -> bool {
    let off = (cell.sync.offset.0 - other.sync.offset.0).abs();
    let frame = FRAME as f64 * (1.0 + cell.sync.clock_excess);
    let apart = (cell.sync.frame_start - other.sync.frame_start).rem_euclid(frame);
    let is_near = off < REPEAT_HZ && apart.min(frame - apart) < REPEAT_SAMPLES;
    cell.sync.pci == other.sync.pci && (is_near || share_pss(cell, other))
}

/// Whether `other` may be a ghost of `cell` under another identity: its PSS is that of `cell`, and its reference signals
/// are no stronger than chance correlation makes them. A true cell of this kind is found once `cell` is cancelled.
fn is_ghost(cell: &FoundCell, other: &FoundCell) -> bool {
    share_pss(cell, other) && other.strength < GHOST_SHARE * cell.strength
}
