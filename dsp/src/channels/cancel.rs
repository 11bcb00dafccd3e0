//! Takes what is known of a cell off a stream, so that weaker cells under it can be heard: reference signals,
//! synchronisation signals and, once the MIB is known, the PBCH. TS 36.211 §6.6, §6.10.1, §6.11.

use std::{
    collections::VecDeque,
    ops::{Range, RangeInclusive},
};

use num_complex::Complex32;

use super::pbch::{self, Mib};
use crate::{
    cell::{AntennaPorts, Bandwidth, Duplex},
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::{CellSync, OfdmDemodulator, SUBFRAME},
    },
    grid::{
        ChannelEstimate, ResourceGrid,
        channel_estimate::{ChannelEstimator, Subframe, reach, reach_of_part},
    },
    search::{confirm::always_downlink, sss::sync_symbols, statistics::ChannelStatistics},
    sequences::{
        crs::{crs_offset, has_crs},
        secondary::{HalfFrame, sss},
        zadoff_chu::pss,
    },
};

/// A cell as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownCell {
    /// The cell and its frames.
    pub sync: CellSync,
    /// Its radio channel.
    pub statistics: ChannelStatistics,
    /// Antenna ports and the MIB sent in the 40 ms around a frame, by that frame's number from the frame's start, which is the
    /// first of its 40 ms; `None` before the MIB.
    pub mib: Option<(AntennaPorts, Mib, i64)>,
}

/// A stretch of a stream in samples at 1.92 MS/s from its first, as frames start.
pub type Stretch = Range<f64>;

/// Subframes before and after a stretch of which cancelling `cells` in it reads a part.
#[must_use]
pub fn margin<'a>(cells: impl Iterator<Item = &'a KnownCell>) -> i64 {
    // One that reaches into the stretch, the special one behind it, and the neighbours that estimates read.
    2 + cells.map(reach_of).max().unwrap_or(0)
}

/// Subframes before and after one that its estimate may read.
fn reach_of(cell: &KnownCell) -> i64 {
    let least = if cell.sync.mbsfn.is_empty() { 0 } else { reach_of_part(&cell.sync) };
    reach(&cell.statistics).max(least)
}

/// All of a stream.
pub const WHOLE: Stretch = f64::NEG_INFINITY..f64::INFINITY;

/// Whether what lasts from `span.start` to `span.end`, in samples at 1.92 MS/s after a frame's start, reaches into one of
/// the `wanted` stretches.
pub(super) fn reaches_into(sync: &CellSync, span: Range<f64>, wanted: &[Stretch]) -> bool {
    wanted.iter().any(|stretch| sync.at(span.start) < stretch.end && stretch.start < sync.at(span.end))
}

/// Takes the known signals of `cell` off the middle `bandwidth` of `stream`, in all of its subframes that reach into one of
/// the `wanted` stretches. The rest is left as it is.
pub fn cancel(stream: &mut CarrierStream, cell: &KnownCell, bandwidth: Bandwidth, wanted: &[Stretch]) {
    let mut canceller = Canceller {
        estimator: ChannelEstimator::new(cell.sync, bandwidth, cell.statistics),
        demodulator: OfdmDemodulator::new(),
        cell,
        bandwidth,
        subframe: Subframe::new(cell.sync.cp, bandwidth),
        channel: ChannelEstimate::default(),
        ports: cell.mib.map_or(AntennaPorts::Two, |(ports, ..)| ports),
        sync_gains: [None; 2],
    };
    let subframes = cell.sync.numbers_in(stream.view(), SUBFRAME);
    canceller.measure_sync_gains(stream.view(), subframes.clone(), wanted);
    // What is known of a subframe is taken off once no estimate to come reads it as a neighbour.
    let reach = reach_of(cell);
    let mut waiting: VecDeque<KnownSubframe> = VecDeque::new();
    for number in subframes {
        if canceller.is_wanted(number, wanted) {
            waiting.extend(canceller.known(stream.view(), number));
        }
        while waiting.front().is_some_and(|known| known.number + reach <= number) {
            let Some(known) = waiting.pop_front() else { break };
            canceller.subtract(stream, &known);
        }
    }
    waiting.iter().for_each(|known| canceller.subtract(stream, known));
}

struct Canceller<'a> {
    estimator: ChannelEstimator,
    demodulator: OfdmDemodulator,
    cell: &'a KnownCell,
    bandwidth: Bandwidth,
    /// The subframe read last, and its channel.
    subframe: Subframe,
    channel: ChannelEstimate,
    ports: AntennaPorts,
    /// How PSS and SSS are sent from the first two ports, where that is the same all the time.
    sync_gains: [Option<Gains>; 2],
}

/// Factors of a signal on the first two antenna ports.
type Gains = [Complex32; 2];

/// What is known of one subframe.
struct KnownSubframe {
    number: i64,
    /// Symbols of which anything is known, with their elements.
    symbols: Vec<(usize, Vec<Complex32>)>,
    /// The PSS's symbol of the special subframe behind it.
    special_pss: Option<Vec<Complex32>>,
}

impl KnownSubframe {
    /// The elements of symbol `l`, `subcarriers` of them.
    fn symbol(&mut self, l: usize, subcarriers: usize) -> &mut [Complex32] {
        let at = self.symbols.iter().position(|symbol| symbol.0 == l).unwrap_or_else(|| {
            self.symbols.push((l, vec![Complex32::ZERO; subcarriers]));
            self.symbols.len() - 1
        });
        &mut self.symbols[at].1
    }
}

/// Symbol of a special subframe with the PSS. TS 36.211 §6.11.1.2.
const SPECIAL_PSS_SYMBOL: usize = 2;

impl Canceller<'_> {
    /// A fit to a single symbol would take a weaker cell's signal along where it stands at the same place. Over all that is
    /// wanted the other's carrier turns against this one's and averages out.
    fn measure_sync_gains(&mut self, stream: StreamView<'_>, subframes: RangeInclusive<i64>, wanted: &[Stretch]) {
        let sync = self.cell.sync;
        if sync.duplex == Duplex::Tdd {
            return;
        }
        // These signals stand in the middle six resource blocks.
        let mut estimator = ChannelEstimator::new(sync, Bandwidth::Rb6, self.cell.statistics);
        let (mut subframe, mut channel) = (Subframe::new(sync.cp, Bandwidth::Rb6), ChannelEstimate::default());
        let (mut sums, mut powers, mut count) = ([[Complex32::ZERO; 2]; 2], [0.0; 2], 0.0);
        for number in subframes.filter(|n| n.rem_euclid(5) == 0 && self.is_wanted(*n, wanted)) {
            if !estimator.read(stream, number, sync.cp.symbols_per_slot(), &mut subframe) {
                continue;
            }
            estimator.estimate(stream, &subframe, self.ports, &mut channel);
            count += 1.0;
            for (i, (l, d)) in sync_sequences(&sync, number).into_iter().enumerate() {
                let gains = fit_sequence(subframe.grid.symbol(l), &channel, l, &d);
                for (sum, gain) in sums[i].iter_mut().zip(gains) {
                    *sum += gain;
                }
                powers[i] += gains.iter().map(Complex32::norm_sqr).sum::<f32>();
            }
        }
        for i in 0..2 {
            let mean = sums[i].map(|sum| sum / f32::max(count, 1.0));
            let steady = mean.iter().map(Complex32::norm_sqr).sum::<f32>() > 0.8 * powers[i] / f32::max(count, 1.0);
            self.sync_gains[i] = (steady && count > 0.0).then_some(mean);
        }
    }

    /// Whether a subframe, or the special one behind it, reaches into a stretch.
    fn is_wanted(&self, number: i64, wanted: &[Stretch]) -> bool {
        let sync = &self.cell.sync;
        let subframes = if sync.duplex == Duplex::Tdd { 2 } else { 1 };
        let [from, to] = [number, number + subframes].map(|n| n as f64 * SUBFRAME as f64);
        reaches_into(sync, from..to, wanted)
    }

    /// What is known of a subframe; `None` where the stream does not hold it, and of a TDD cell's subframes that need not be
    /// downlink ones.
    fn known(&mut self, stream: StreamView<'_>, number: i64) -> Option<KnownSubframe> {
        let sync = self.cell.sync;
        if !always_downlink(sync.duplex, number) {
            return None;
        }
        let Self { estimator, subframe, channel, ports, .. } = self;
        if !estimator.read(stream, number, 0, subframe) {
            return None;
        }
        // Beside reference signals nothing is known in the others.
        let holds_more = number.rem_euclid(5) == 0;
        if holds_more && !estimator.complete(stream, subframe, 0..sync.cp.symbols_per_subframe()) {
            return None;
        }
        estimator.estimate(stream, subframe, *ports, channel);
        let mut known = KnownSubframe { number, symbols: Vec::new(), special_pss: None };
        self.add_pbch(&mut known);
        self.add_crs(&mut known);
        self.add_sync(&mut known);
        if sync.duplex == Duplex::Tdd {
            known.special_pss = self.special_pss(stream, number + 1);
        }
        Some(known)
    }

    fn subtract(&mut self, stream: &mut CarrierStream, known: &KnownSubframe) {
        let sync = &self.cell.sync;
        let per_slot = sync.cp.symbols_per_slot();
        for (l, elements) in &known.symbols {
            let slot = 2 * known.number + (l / per_slot) as i64;
            self.demodulator.subtract(stream, sync, slot, l % per_slot, elements);
        }
        if let Some(elements) = &known.special_pss {
            self.demodulator.subtract(stream, sync, 2 * (known.number + 1), SPECIAL_PSS_SYMBOL, elements);
        }
    }

    fn add_crs(&mut self, known: &mut KnownSubframe) {
        let (sync, per_slot) = (&self.cell.sync, self.cell.sync.cp.symbols_per_slot());
        for port in 0..self.ports.count() {
            let sent = sync.symbols_with_crs(known.number);
            for l in (0..sent).filter(|l| has_crs(sync.cp, port, l % per_slot)) {
                let n_s = (2 * known.number).rem_euclid(20) as usize + l / per_slot;
                let offset = crs_offset(sync.pci, port, n_s, l % per_slot);
                let known = known.symbol(l, self.bandwidth.subcarriers());
                for (m, r) in self.estimator.sequence(n_s, l % per_slot).iter().enumerate() {
                    let k = 6 * m + offset;
                    known[k] = self.channel.gain(port, (l, k)) * r;
                }
            }
        }
    }

    /// The PBCH of a frame, with its own power: it need not be that of the reference signals.
    fn add_pbch(&self, known: &mut KnownSubframe) {
        let Some((ports, mib, period_start)) = self.cell.mib else { return };
        let (subframe, channel) = (&self.subframe, &self.channel);
        if subframe.number.rem_euclid(10) != 0 {
            return;
        }
        let sync = &self.cell.sync;
        let since = subframe.number.div_euclid(10) - period_start;
        // 256 periods are a round of the frame number.
        let mib = mib.later(since.div_euclid(4).rem_euclid(256) as usize);
        let mut sent = vec![ResourceGrid::new(sync.cp, self.bandwidth); ports.count()];
        pbch::encode_burst(mib, sync.pci, sync.cp, ports, since.rem_euclid(4) as usize, &mut sent);
        let elements = pbch::elements(sync.pci, sync.cp, self.bandwidth.subcarriers());
        let through = |e| sent.iter().enumerate().map(|(port, x)| x[e] * channel.gain(port, e)).sum();
        let expected: Vec<Complex32> = elements.iter().copied().map(through).collect();
        let seen: Vec<Complex32> = elements.iter().map(|&e| subframe.grid[e]).collect();
        let [gain] = fit(&seen, [&expected]);
        for (&(l, k), x) in elements.iter().zip(&expected) {
            known.symbol(l, subframe.grid.subcarriers())[k] = x * gain;
        }
    }

    /// PSS and SSS of a subframe 0 or 5: sent from some mixture of the antenna ports, which the fit finds.
    fn add_sync(&self, known: &mut KnownSubframe) {
        let (subframe, channel) = (&self.subframe, &self.channel);
        if subframe.number.rem_euclid(5) != 0 {
            return;
        }
        for (i, (l, d)) in sync_sequences(&self.cell.sync, subframe.number).into_iter().enumerate() {
            let gains = self.sync_gains[i].unwrap_or_else(|| fit_sequence(subframe.grid.symbol(l), channel, l, &d));
            add_sequence(gains, channel, l, &d, known.symbol(l, subframe.grid.subcarriers()));
        }
    }

    /// The PSS of a TDD cell stands in a special subframe, whose other symbols are left alone; its channel is that of the
    /// subframe before.
    fn special_pss(&mut self, stream: StreamView<'_>, number: i64) -> Option<Vec<Complex32>> {
        let (sync, channel) = (self.cell.sync, &self.channel);
        let last = sync.cp.symbols_per_subframe() - 1;
        let mut seen = vec![Complex32::ZERO; self.bandwidth.subcarriers()];
        self.demodulator.symbol(stream, &sync, 2 * number, SPECIAL_PSS_SYMBOL, &mut seen).then(|| {
            let mut known = vec![Complex32::ZERO; seen.len()];
            let d = pss(sync.pci.n_id_2());
            add_sequence(fit_sequence(&seen, channel, last, &d), channel, last, &d, &mut known);
            known
        })
    }
}

/// Symbols of a subframe 0 or 5 that hold synchronisation signals, with their sequences: the SSS, and in FDD the PSS.
fn sync_sequences(sync: &CellSync, subframe: i64) -> Vec<(usize, [Complex32; 62])> {
    let ((pss_slot, pss_l), (sss_slot, sss_l)) = sync_symbols(sync.duplex, sync.cp);
    let per_slot = sync.cp.symbols_per_slot();
    let half = if subframe.rem_euclid(10) == 0 { HalfFrame::First } else { HalfFrame::Second };
    let d = sss(sync.pci.n_id_1(), sync.pci.n_id_2(), half).map(|d| Complex32::new(d, 0.0));
    let mut sequences = vec![(sss_slot as usize * per_slot + sss_l, d)];
    if sync.duplex == Duplex::Fdd {
        sequences.push((pss_slot as usize * per_slot + pss_l, pss(sync.pci.n_id_2())));
    }
    sequences
}

/// A sequence through the channels of the first two ports at symbol `l`; of one port alone the second is nothing.
fn through_ports(channel: &ChannelEstimate, l: usize, d: &[Complex32; 62]) -> [Vec<Complex32>; 2] {
    [0, 1].map(|port| match channel.ports.get(port) {
        Some([gains, _]) => {
            let first = gains.len() / 2 - 31;
            d.iter().zip(first..).map(|(d, k)| channel.gain(port, (l, k)) * d).collect()
        }
        None => vec![Complex32::ZERO; 62],
    })
}

/// The mixture of ports with which a sequence comes closest to what was received.
fn fit_sequence(seen: &[Complex32], channel: &ChannelEstimate, l: usize, d: &[Complex32; 62]) -> Gains {
    let first = seen.len() / 2 - 31;
    let [a, b] = through_ports(channel, l, d);
    fit(&seen[first..first + 62], [&a, &b])
}

/// Adds a synchronisation sequence as sent with `gains`.
fn add_sequence(gains: Gains, channel: &ChannelEstimate, l: usize, d: &[Complex32; 62], known: &mut [Complex32]) {
    let first = known.len() / 2 - 31;
    let [a, b] = through_ports(channel, l, d);
    for (k, (a, b)) in known[first..first + 62].iter_mut().zip(a.iter().zip(&b)) {
        *k = a * gains[0] + b * gains[1];
    }
}

/// The factors with which the sum of `parts` comes closest to `seen` (least squares), 0 for parts of no power.
fn fit<const N: usize>(seen: &[Complex32], parts: [&Vec<Complex32>; N]) -> [Complex32; N] {
    let product = |a: &[Complex32], b: &[Complex32]| -> Complex32 { a.iter().zip(b).map(|(a, b)| a.conj() * b).sum() };
    let products = parts.map(|a| parts.map(|b| product(a, b)));
    let seen = parts.map(|part| product(part, seen));
    let mut factors = [Complex32::ZERO; N];
    // One part after the other, again and again: for one or two parts this converges at once or nearly so.
    for _ in 0..12 {
        for i in 0..N {
            let energy = products[i][i].re;
            if energy > 0.0 {
                let others: Complex32 = (0..N).filter(|&j| j != i).map(|j| products[i][j] * factors[j]).sum();
                factors[i] = (seen[i] - others) / energy;
            }
        }
    }
    factors
}
