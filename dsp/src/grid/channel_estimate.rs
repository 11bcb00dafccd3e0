//! The channel of a subframe from its cell-specific reference signals: a Wiener filter in time, then in frequency.
//! TS 36.211 §6.10.1.
//!
//! Reference symbols of the neighbouring subframes help where noise, not movement, is what limits the estimate.

use std::collections::HashMap;

use num_complex::Complex32;

use super::{ChannelEstimate, ResourceGrid, wiener};
use crate::{
    cell::{AntennaPorts, Bandwidth, Duplex, Pci},
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, OfdmDemodulator, SLOT, symbol_start},
    },
    kernels::complex,
    search::{confirm::always_downlink, statistics::ChannelStatistics},
    sequences::crs::{crs_offset, crs_sequence, has_crs},
};

/// Reference elements of one port that a frequency filter reads: 3 subcarriers apart, half a megahertz.
const POINTS: usize = 12;
/// Distance of the filter's points in subcarriers: the two combs of a port, one between the other.
const SPACING: usize = 3;

/// One subframe: its symbols as far as they were needed.
#[derive(Debug, Clone)]
pub struct Subframe {
    /// Number, counted from the frame's start; it may be negative or beyond one frame.
    pub number: i64,
    /// The demodulated symbols; the others are zero.
    pub grid: ResourceGrid,
    /// Symbols that the cell sends in it.
    sent: usize,
    demodulated: u16,
}

/// Reference symbols of one subframe.
struct References {
    number: i64,
    ports: usize,
    symbols: Vec<Reference>,
}

/// One port's reference elements in one symbol.
struct Reference {
    port: usize,
    l: usize,
    /// Subcarrier of the first; the others follow six apart.
    offset: usize,
    /// What was received times the conjugate of what was sent.
    gains: Vec<Complex32>,
}

/// Estimates channels of one cell in one stream; keeps its reference sequences and filters.
pub struct ChannelEstimator {
    sync: CellSync,
    bandwidth: Bandwidth,
    statistics: ChannelStatistics,
    demodulator: OfdmDemodulator,
    /// Subframes read last, neighbours of the next one, in ascending order.
    read: Vec<References>,
    /// Reference sequences by slot and symbol.
    sequences: HashMap<(usize, usize), Vec<Complex32>>,
    /// Time filters by the symbols they read.
    in_time: HashMap<TimeKey, Vec<Vec<f32>>>,
    /// Frequency filters by the subcarrier they are for, counted from their first point; each weight twice.
    in_frequency: Vec<[f32; 2 * POINTS]>,
    /// First point and filter of every subcarrier.
    windows: Vec<(u16, u16)>,
}

/// What a time filter depends on: symbol places (in eighths of a symbol) that it reads, and the two it is for.
type TimeKey = (Vec<i32>, [i32; 2]);

/// One port's gains over frequency at two instants of a subframe.
struct Nodes {
    gains: [Vec<Complex32>; 2],
    /// Places of the two, in samples at 1.92 MS/s from the subframe's start.
    at: [f32; 2],
}

impl ChannelEstimator {
    /// An estimator for a cell whose channel has these statistics.
    #[must_use]
    pub fn new(sync: CellSync, bandwidth: Bandwidth, statistics: ChannelStatistics) -> Self {
        let mut estimator = Self {
            sync,
            bandwidth,
            statistics,
            demodulator: OfdmDemodulator::new(),
            read: Vec::new(),
            sequences: HashMap::new(),
            in_time: HashMap::new(),
            in_frequency: Vec::new(),
            windows: windows(sync.pci, bandwidth),
        };
        estimator.in_frequency = estimator.frequency_filters();
        estimator
    }

    /// The cell.
    #[must_use]
    pub fn sync(&self) -> &CellSync {
        &self.sync
    }

    /// A downlink subframe with its reference symbols and its first `symbols` symbols demodulated, as far as the cell's
    /// signals reach in it. `None` where the stream does not hold all of those.
    pub fn subframe(&mut self, stream: StreamView<'_>, number: i64, symbols: usize) -> Option<Subframe> {
        self.begun_subframe(stream, number, symbols, self.sync.symbols_with_crs(number))
    }

    /// The same of a subframe of which the cell sends only the first `sent` symbols, as of the DwPTS. TS 36.211 §4.2.
    pub fn begun_subframe(
        &mut self,
        stream: StreamView<'_>,
        number: i64,
        symbols: usize,
        sent: usize,
    ) -> Option<Subframe> {
        let grid = ResourceGrid::new(self.sync.cp, self.bandwidth);
        let mut subframe = Subframe { number, grid, sent, demodulated: 0 };
        let per_slot = self.sync.cp.symbols_per_slot();
        for l in 0..sent {
            if (l < symbols || (0..4).any(|port| has_crs(self.sync.cp, port, l % per_slot)))
                && !self.demodulate(stream, &mut subframe, l)
            {
                return None;
            }
        }
        Some(subframe)
    }

    /// Demodulates what is missing of the symbols `range`. False where the stream does not hold them.
    pub fn complete(&mut self, stream: StreamView<'_>, subframe: &mut Subframe, range: std::ops::Range<usize>) -> bool {
        range.into_iter().all(|l| self.demodulate(stream, subframe, l))
    }

    fn demodulate(&mut self, stream: StreamView<'_>, subframe: &mut Subframe, l: usize) -> bool {
        if subframe.demodulated & 1 << l != 0 {
            return true;
        }
        let per_slot = self.sync.cp.symbols_per_slot();
        let slot = 2 * subframe.number + (l / per_slot) as i64;
        let held = self.demodulator.symbol(stream, &self.sync, slot, l % per_slot, subframe.grid.symbol_mut(l));
        subframe.demodulated |= u16::from(held) << l;
        held
    }

    /// The channel of `ports` over the whole of `subframe`.
    pub fn estimate(&mut self, stream: StreamView<'_>, subframe: &Subframe, ports: AntennaPorts) -> ChannelEstimate {
        self.estimate_at(stream, subframe, ports, |_| true)
    }

    /// The channel of `ports` at those symbols of `subframe` that `is_wanted` takes; the others are zero.
    pub fn estimate_at(
        &mut self,
        stream: StreamView<'_>,
        subframe: &Subframe,
        ports: AntennaPorts,
        is_wanted: impl Fn(usize) -> bool,
    ) -> ChannelEstimate {
        self.read_neighbours(stream, subframe, ports.count());
        let own = self.references(subframe, ports.count());
        let read = std::mem::take(&mut self.read);
        let mut noise = NoiseMeter::new(self.bandwidth);
        let grids = (0..ports.count())
            .map(|port| {
                let nodes = self.nodes(&read, &own, port);
                self.measure_noise(&own, port, &nodes, &mut noise);
                self.spread(&nodes, &is_wanted)
            })
            .collect();
        self.read = read;
        // As a neighbour it would be read like this.
        let is_read_so = subframe.sent == self.sync.symbols_with_crs(subframe.number);
        if is_read_so && always_downlink(self.sync.duplex, subframe.number) {
            self.keep(own);
        }
        ChannelEstimate { ports: grids, noise: noise.finish(self.statistics.noise) }
    }

    /// Reads those subframes before and after whose reference symbols are worth it and that were not read before; drops
    /// what is farther away. A subframe that is not sent whole may have only one of the two combs, and needs whole ones.
    fn read_neighbours(&mut self, stream: StreamView<'_>, subframe: &Subframe, ports: usize) {
        let is_whole = subframe.sent == self.sync.cp.symbols_per_subframe();
        let reach = reach(&self.statistics).max(if is_whole { 0 } else { reach_of_part(&self.sync) });
        let near = subframe.number - reach..=subframe.number + reach;
        self.read.retain(|references| references.ports == ports && near.contains(&references.number));
        for number in near {
            let is_read = self.read.iter().any(|references| references.number == number);
            if number == subframe.number || is_read || !always_downlink(self.sync.duplex, number) {
                continue;
            }
            if let Some(neighbour) = self.subframe(stream, number, 0) {
                let references = self.references(&neighbour, ports);
                self.keep(references);
            }
        }
    }

    /// Keeps what was read of a subframe, in ascending order.
    fn keep(&mut self, references: References) {
        self.read.retain(|known| known.number != references.number);
        let place = self.read.partition_point(|known| known.number < references.number);
        self.read.insert(place, references);
    }

    /// The reference symbols of the first `ports` ports, freed of their sequences.
    fn references(&mut self, subframe: &Subframe, ports: usize) -> References {
        let CellSync { pci, cp, .. } = self.sync;
        let per_slot = cp.symbols_per_slot();
        let mut symbols = Vec::new();
        for port in 0..ports {
            for l in (0..subframe.sent).filter(|l| has_crs(cp, port, l % per_slot)) {
                let n_s = (2 * subframe.number).rem_euclid(20) as usize + l / per_slot;
                let offset = crs_offset(pci, port, n_s, l % per_slot);
                let y = subframe.grid.symbol(l);
                let seen = y[offset..].iter().step_by(6);
                let gains = seen.zip(self.sequence(n_s, l % per_slot)).map(|(y, r)| y * r.conj()).collect();
                symbols.push(Reference { port, l, offset, gains });
            }
        }
        References { number: subframe.number, ports, symbols }
    }

    /// The Wiener filter over time, then over frequency.
    fn nodes(&mut self, read: &[References], own: &References, port: usize) -> Nodes {
        let quarter = (SLOT / 2) as f32;
        let at = [quarter, SLOT as f32 + quarter];
        let n_points = 4 * self.bandwidth.n_rb_dl();
        let mut points = [vec![Complex32::ZERO; n_points], vec![Complex32::ZERO; n_points]];
        for comb in 0..2 {
            // Symbols whose reference elements stand on this comb, with their times from the subframe's start.
            let mut symbols = Vec::new();
            for references in read.iter().filter(|read| read.number != own.number).chain([own]) {
                let start = (references.number - own.number) as f32 * 2.0 * SLOT as f32;
                let is_wanted = |symbol: &&Reference| symbol.port == port && symbol.offset / SPACING == comb;
                let wanted = references.symbols.iter().filter(is_wanted);
                symbols.extend(wanted.map(|symbol| (&symbol.gains, start + self.place(symbol.l))));
            }
            let times: Vec<f32> = symbols.iter().map(|(_, time)| *time).collect();
            let filter = self.time_filter(&times, at);
            for (points, weights) in points.iter_mut().zip(filter) {
                let mut sums = vec![Complex32::ZERO; n_points / 2];
                for ((gains, _), weight) in symbols.iter().zip(weights) {
                    complex::accumulate(&mut sums, gains, *weight);
                }
                points[comb..].iter_mut().step_by(2).zip(sums).for_each(|(point, sum)| *point = sum);
            }
        }
        let gains = points.map(|points| self.over_frequency(&points));
        Nodes { gains, at }
    }

    /// The reference sequence of symbol `l` of slot `n_s`.
    pub fn sequence(&mut self, n_s: usize, l: usize) -> &[Complex32] {
        let sync = &self.sync;
        let bandwidth = self.bandwidth;
        self.sequences.entry((n_s, l)).or_insert_with(|| crs_sequence(sync.pci, sync.cp, bandwidth, n_s, l).collect())
    }

    /// Weights of symbols at `times` for the channel at the two instants `at`; they sum up to about 1.
    fn time_filter(&mut self, times: &[f32], at: [f32; 2]) -> &Vec<Vec<f32>> {
        let eighths = |t: &f32| (t / 16.0).round() as i32;
        let key = (times.iter().map(eighths).collect(), at.map(|t| eighths(&t)));
        // What the frequency filter will average over counts here: about the points within the coherence bandwidth.
        let together = (1.0 / (self.statistics.delay_spread * 90e3 * 4.0)).clamp(1.0, POINTS as f32 / 2.0);
        let noise = 1.0 / (snr(&self.statistics) * together);
        let doppler = self.statistics.doppler;
        self.in_time.entry(key).or_insert_with(|| {
            // Jakes' J0(2πf_D·t) by its Gaussian of the same curvature.
            wiener::weights(times, &at, noise, |d| (-(std::f32::consts::PI * doppler * d / 1.92e6).powi(2)).exp())
        })
    }

    /// Filters of `POINTS` points for every place among them: 3·`POINTS` subcarriers.
    fn frequency_filters(&self) -> Vec<[f32; 2 * POINTS]> {
        let points: Vec<f32> = (0..POINTS).map(|i| (i * SPACING) as f32).collect();
        let targets: Vec<f32> = (0..POINTS * SPACING).map(|k| k as f32).collect();
        let spread = self.statistics.delay_spread;
        // The time filter has taken its part of the noise off already: two to four symbols at least.
        let noise = 1.0 / (snr(&self.statistics) * 2.0);
        let filters = wiener::weights(&points, &targets, noise, |d| {
            (-2.0 * (std::f32::consts::PI * spread * d * 15e3).powi(2)).exp()
        });
        let unbiased = filters.iter().map(|filter| {
            // Noise is weighed where soft bits are made, a shrunken channel would be counted twice.
            let sum: f32 = filter.iter().sum();
            std::array::from_fn(|i| filter[i / 2] / sum.max(0.1))
        });
        unbiased.collect()
    }

    /// Gains of all subcarriers from those of the points.
    fn over_frequency(&self, points: &[Complex32]) -> Vec<Complex32> {
        let mut gains = vec![Complex32::ZERO; self.windows.len()];
        complex::interpolate(points, &self.in_frequency, &self.windows, &mut gains);
        gains
    }

    /// The gains at the symbols that `is_wanted` takes, on the line through the two instants.
    fn spread(&self, nodes: &Nodes, is_wanted: impl Fn(usize) -> bool) -> ResourceGrid {
        let mut grid = ResourceGrid::new(self.sync.cp, self.bandwidth);
        for l in (0..grid.symbols()).filter(|&l| is_wanted(l)) {
            complex::along(&nodes.gains[0], &nodes.gains[1], self.part(nodes, l), grid.symbol_mut(l));
        }
        grid
    }

    /// How far from the first of two instants to the second symbol `l` is.
    fn part(&self, nodes: &Nodes, l: usize) -> f32 {
        ((self.place(l) - nodes.at[0]) / (nodes.at[1] - nodes.at[0])).clamp(-0.5, 1.5)
    }

    /// Samples at 1.92 MS/s from the subframe's start to symbol `l`.
    fn place(&self, l: usize) -> f32 {
        let per_slot = self.sync.cp.symbols_per_slot();
        ((l / per_slot) * SLOT + symbol_start(self.sync.cp, l % per_slot)) as f32
    }

    /// Adds what the reference elements of `port` differ from the estimate by.
    fn measure_noise(&self, own: &References, port: usize, nodes: &Nodes, noise: &mut NoiseMeter) {
        for symbol in own.symbols.iter().filter(|symbol| symbol.port == port) {
            let part = self.part(nodes, symbol.l);
            for (m, gain) in symbol.gains.iter().enumerate() {
                let k = 6 * m + symbol.offset;
                let h = nodes.gains[0][k] * (1.0 - part) + nodes.gains[1][k] * part;
                noise.add(k, (gain - h).norm_sqr());
            }
        }
    }
}

/// First point and filter of every subcarrier: the points around it, moved inwards at the band's edges.
fn windows(pci: Pci, bandwidth: Bandwidth) -> Vec<(u16, u16)> {
    // The first point's subcarrier.
    let v_shift = usize::from(pci.get()) % SPACING;
    let of = |k: usize| {
        let nearest = (k + SPACING / 2).saturating_sub(v_shift) / SPACING;
        let start = nearest.saturating_sub(POINTS / 2).min(4 * bandwidth.n_rb_dl() - POINTS);
        let filter = k.saturating_sub(v_shift + start * SPACING).min(POINTS * SPACING - 1);
        (start as u16, filter as u16)
    };
    (0..bandwidth.subcarriers()).map(of).collect()
}

/// Power of a reference element relative to noise.
fn snr(statistics: &ChannelStatistics) -> f32 {
    (statistics.power / statistics.noise.max(f32::MIN_POSITIVE)).clamp(0.003, 3000.0)
}

/// Subframes before and after one whose reference symbols its estimate reads: none where the noise is small or the channel
/// moves, up to three on either side where it is large.
#[must_use]
pub fn reach(statistics: &ChannelStatistics) -> i64 {
    if snr(statistics) > 10.0 || statistics.doppler > 120.0 {
        0
    } else if snr(statistics) > 1.0 {
        1
    } else {
        3
    }
}

/// The same of a subframe that is not sent whole: as far as there is a whole one on each side. A DwPTS follows one, of FDD
/// three subframes in a row may be MBSFN subframes.
#[must_use]
pub fn reach_of_part(sync: &CellSync) -> i64 {
    if sync.duplex == Duplex::Tdd { 1 } else { 2 }
}

/// Residuals by resource block.
struct NoiseMeter {
    sums: Vec<f32>,
    counts: Vec<f32>,
}

impl NoiseMeter {
    fn new(bandwidth: Bandwidth) -> Self {
        Self { sums: vec![0.0; bandwidth.n_rb_dl()], counts: vec![0.0; bandwidth.n_rb_dl()] }
    }

    fn add(&mut self, k: usize, power: f32) {
        self.sums[k / 12] += power;
        self.counts[k / 12] += 1.0;
    }

    /// Noise a resource block: its own residuals and, with the weight of as many, the mean of all. Never zero.
    fn finish(self, floor: f32) -> Vec<f32> {
        let all = self.sums.iter().sum::<f32>() / self.counts.iter().sum::<f32>().max(1.0);
        let least = (0.01 * floor).max(1e-20);
        self.sums.iter().zip(&self.counts).map(|(sum, n)| ((sum + n * all) / (2.0 * n).max(1.0)).max(least)).collect()
    }
}
