//! The channel of a subframe from its cell-specific reference signals: a Wiener filter in time, then in frequency.
//! TS 36.211 §6.10.1.
//!
//! Reference symbols of the neighbouring subframes help where noise, not movement, is what limits the estimate.

use std::{collections::HashMap, ops::Range};

use num_complex::Complex32;

use super::{
    ChannelEstimate, ResourceGrid,
    filters::{Filters, SPACING, snr},
};
use crate::{
    cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex},
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, OfdmDemodulator, SLOT, symbol_start},
    },
    kernels::complex,
    search::{confirm::always_downlink, statistics::ChannelStatistics},
    sequences::crs::{crs_offset, crs_sequence, has_crs},
};

/// One subframe: its symbols as far as they were needed.
#[derive(Debug, Clone)]
pub struct Subframe {
    /// Number, counted from the frame's start; it may be negative or beyond one frame.
    pub number: i64,
    /// The demodulated symbols; what the others hold means nothing.
    pub grid: ResourceGrid,
    /// Symbols that the cell sends in it.
    pub sent: usize,
    demodulated: u16,
}

impl Subframe {
    /// Nothing read yet.
    #[must_use]
    pub fn new(cp: CyclicPrefix, bandwidth: Bandwidth) -> Self {
        Self { number: 0, grid: ResourceGrid::new(cp, bandwidth), sent: 0, demodulated: 0 }
    }
}

/// Reference symbols of one subframe.
#[derive(Default)]
struct References {
    number: i64,
    ports: usize,
    symbols: Vec<Reference>,
    /// Of one symbol after the other: what was received times the conjugate of what was sent.
    gains: Vec<Complex32>,
}

/// One port's reference elements in one symbol.
struct Reference {
    port: usize,
    l: usize,
    /// Subcarrier of the first; the others follow six apart.
    offset: usize,
}

impl References {
    /// The symbols with their gains.
    fn iter(&self) -> impl Iterator<Item = (&Reference, &[Complex32])> {
        let each = self.gains.len() / self.symbols.len().max(1);
        self.symbols.iter().zip(self.gains.chunks_exact(each.max(1)))
    }
}

/// Estimates channels of one cell; keeps its reference sequences, its filters, and the memory that this takes.
pub struct ChannelEstimator {
    sync: CellSync,
    bandwidth: Bandwidth,
    statistics: ChannelStatistics,
    demodulator: OfdmDemodulator,
    filters: Filters,
    /// Reference sequences by slot and symbol.
    sequences: HashMap<(usize, usize), Vec<Complex32>>,
    /// Subframes read last, neighbours of the next one, in ascending order.
    read: Vec<References>,
    /// Memory of those that are no more.
    spare: Vec<References>,
    neighbour: Option<Subframe>,
    /// Times of the symbols that are filtered, what they give, and the points of both combs.
    times: Vec<f32>,
    sums: [Vec<Complex32>; 2],
    points: [Vec<Complex32>; 2],
}

impl ChannelEstimator {
    /// An estimator for a cell whose channel has these statistics.
    #[must_use]
    pub fn new(sync: CellSync, bandwidth: Bandwidth, statistics: ChannelStatistics) -> Self {
        let points = vec![Complex32::ZERO; 4 * bandwidth.n_rb_dl()];
        let sums = vec![Complex32::ZERO; 2 * bandwidth.n_rb_dl()];
        Self {
            sync,
            bandwidth,
            statistics,
            demodulator: OfdmDemodulator::new(),
            filters: Filters::new(sync.pci, bandwidth, statistics),
            sequences: HashMap::new(),
            read: Vec::new(),
            spare: Vec::new(),
            neighbour: None,
            times: Vec::new(),
            sums: [sums.clone(), sums],
            points: [points.clone(), points],
        }
    }

    /// Becomes one for another stream with the same cell, which is at another place in it and has other statistics.
    ///
    /// # Panics
    /// If it is another cell.
    pub fn renew(&mut self, sync: CellSync, statistics: ChannelStatistics) {
        assert_eq!((sync.pci, sync.cp), (self.sync.pci, self.sync.cp), "sequences and filters are those of a cell");
        self.sync = sync;
        if self.statistics != statistics {
            self.statistics = statistics;
            self.filters.renew(statistics);
        }
        self.spare.append(&mut self.read);
    }

    /// The cell.
    #[must_use]
    pub fn sync(&self) -> &CellSync {
        &self.sync
    }

    /// Makes `subframe` the downlink subframe `number` with the reference symbols of `ports` demodulated, as far as the cell's
    /// signals reach in it. False where the stream does not hold all of those.
    pub fn read(&mut self, stream: StreamView<'_>, number: i64, ports: AntennaPorts, subframe: &mut Subframe) -> bool {
        self.read_begun(stream, number, self.sync.symbols_with_crs(number), ports, subframe)
    }

    /// The same of a subframe of which the cell sends only the first `sent` symbols, as of the DwPTS. TS 36.211 §4.2.
    pub fn read_begun(
        &mut self,
        stream: StreamView<'_>,
        number: i64,
        sent: usize,
        ports: AntennaPorts,
        subframe: &mut Subframe,
    ) -> bool {
        (subframe.number, subframe.sent, subframe.demodulated) = (number, sent, 0);
        let (cp, per_slot) = (self.sync.cp, self.sync.cp.symbols_per_slot());
        let has_references = |l: &usize| (0..ports.count()).any(|port| has_crs(cp, port, l % per_slot));
        self.complete(stream, subframe, (0..sent).filter(has_references))
    }

    /// Demodulates what is missing of these `symbols`. False where the stream does not hold them.
    pub fn complete(
        &mut self,
        stream: StreamView<'_>,
        subframe: &mut Subframe,
        symbols: impl IntoIterator<Item = usize>,
    ) -> bool {
        symbols.into_iter().all(|l| self.demodulate(stream, subframe, l))
    }

    /// The same of some resource blocks alone, each slot's own.
    pub fn complete_blocks(
        &mut self,
        stream: StreamView<'_>,
        subframe: &mut Subframe,
        range: Range<usize>,
        blocks: [impl Iterator<Item = usize> + Clone; 2],
    ) -> bool {
        let per_slot = self.sync.cp.symbols_per_slot();
        let half = subframe.grid.subcarriers() / 2;
        range.into_iter().filter(|l| subframe.demodulated & 1 << l == 0).all(|l| {
            // Of an odd number the middle one has the centre in it.
            let halves = blocks[l / per_slot].clone().flat_map(|block| [2 * block, 2 * block + 1]);
            let mut halves = halves.map(|i| 6 * i..6 * i + 6).filter(|part| part.end <= 2 * half).peekable();
            let parts = std::iter::from_fn(|| {
                let mut part = halves.next()?;
                while let Some(next) = halves.next_if(|next| next.start == part.end && part.end != half) {
                    part.end = next.end;
                }
                Some(part)
            });
            let slot = 2 * subframe.number + (l / per_slot) as i64;
            self.demodulator.symbol_parts(stream, &self.sync, slot, l % per_slot, parts, subframe.grid.symbol_mut(l))
        })
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

    /// Makes `channel` that of `ports` over the whole of `subframe`.
    pub fn estimate(
        &mut self,
        stream: StreamView<'_>,
        subframe: &Subframe,
        ports: AntennaPorts,
        channel: &mut ChannelEstimate,
    ) {
        self.read_neighbours(stream, subframe, ports);
        let own = self.references(subframe, ports.count());
        let read = std::mem::take(&mut self.read);
        let quarter = (SLOT / 2) as f32;
        let at = [quarter, SLOT as f32 + quarter];
        for l in 0..self.sync.cp.symbols_per_subframe() {
            channel.parts[l] = ((self.place(l) - at[0]) / (at[1] - at[0])).clamp(-0.5, 1.5);
        }
        channel.ports.resize_with(ports.count(), Default::default);
        channel.noise.clear();
        channel.noise.resize(self.bandwidth.n_rb_dl(), 0.0);
        for port in 0..ports.count() {
            self.filter(&read, &own, port, at, &mut channel.ports[port]);
            add_residuals(&own, port, channel);
        }
        smooth_noise(&mut channel.noise, own.symbols.len(), self.statistics.noise);
        self.read = read;
        // As a neighbour it would be read like this.
        let is_read_so = subframe.sent == self.sync.symbols_with_crs(subframe.number);
        if is_read_so && always_downlink(self.sync.duplex, subframe.number) {
            self.keep(own);
        } else {
            self.spare.push(own);
        }
    }

    /// Reads those subframes before and after whose reference symbols are worth it and that were not read before; drops
    /// what is farther away. A subframe that is not sent whole may have only one of the two combs, and needs whole ones.
    fn read_neighbours(&mut self, stream: StreamView<'_>, subframe: &Subframe, ports: AntennaPorts) {
        let is_whole = subframe.sent == self.sync.cp.symbols_per_subframe();
        let reach = reach(&self.statistics).max(if is_whole { 0 } else { reach_of_part(&self.sync) });
        let near = subframe.number - reach..=subframe.number + reach;
        self.forget(|references| references.ports != ports.count() || !near.contains(&references.number));
        for number in near {
            let is_read = self.read.iter().any(|references| references.number == number);
            if number == subframe.number || is_read || !always_downlink(self.sync.duplex, number) {
                continue;
            }
            let known = self.neighbour.take();
            let mut neighbour = known.unwrap_or_else(|| Subframe::new(self.sync.cp, self.bandwidth));
            if self.read(stream, number, ports, &mut neighbour) {
                let references = self.references(&neighbour, ports.count());
                self.keep(references);
            }
            self.neighbour = Some(neighbour);
        }
    }

    /// Drops what was read and `is_out`, but for the memory.
    fn forget(&mut self, is_out: impl FnMut(&mut References) -> bool) {
        self.spare.extend(self.read.extract_if(.., is_out));
    }

    /// Keeps what was read of a subframe, in ascending order.
    fn keep(&mut self, references: References) {
        self.forget(|known| known.number == references.number);
        let place = self.read.partition_point(|known| known.number < references.number);
        self.read.insert(place, references);
    }

    /// The reference symbols of the first `ports` ports, freed of their sequences.
    fn references(&mut self, subframe: &Subframe, ports: usize) -> References {
        let CellSync { pci, cp, .. } = self.sync;
        let per_slot = cp.symbols_per_slot();
        let mut references = self.spare.pop().unwrap_or_default();
        (references.number, references.ports) = (subframe.number, ports);
        references.symbols.clear();
        references.gains.clear();
        for port in 0..ports {
            for l in (0..subframe.sent).filter(|l| has_crs(cp, port, l % per_slot)) {
                let n_s = (2 * subframe.number).rem_euclid(20) as usize + l / per_slot;
                let offset = crs_offset(pci, port, n_s, l % per_slot);
                let seen = subframe.grid.symbol(l)[offset..].iter().step_by(6);
                references.gains.extend(seen.zip(self.sequence(n_s, l % per_slot)).map(|(y, r)| y * r.conj()));
                references.symbols.push(Reference { port, l, offset });
            }
        }
        references
    }

    /// The Wiener filter over time, then over frequency: gains of `port` at the two instants `at`.
    fn filter(
        &mut self,
        read: &[References],
        own: &References,
        port: usize,
        at: [f32; 2],
        gains: &mut [Vec<Complex32>; 2],
    ) {
        for comb in 0..2 {
            // Symbols whose reference elements stand on this comb, with their times from the subframe's start.
            let symbols = || {
                let all = read.iter().filter(|read| read.number != own.number).chain([own]);
                all.flat_map(|references| {
                    let start = (references.number - own.number) as f32 * 2.0 * SLOT as f32;
                    references.iter().map(move |(symbol, gains)| (symbol, gains, start))
                })
                .filter(|(symbol, ..)| symbol.port == port && symbol.offset / SPACING == comb)
            };
            let mut times = std::mem::take(&mut self.times);
            times.clear();
            times.extend(symbols().map(|(symbol, _, start)| start + self.place(symbol.l)));
            let weights = self.filters.in_time(&times, at);
            for ((sums, points), weights) in self.sums.iter_mut().zip(&mut self.points).zip(weights) {
                sums.fill(Complex32::ZERO);
                for ((_, gains, _), weight) in symbols().zip(weights) {
                    complex::accumulate(sums, gains, *weight);
                }
                points[comb..].iter_mut().step_by(2).zip(sums).for_each(|(point, sum)| *point = *sum);
            }
            self.times = times;
        }
        for (gains, points) in gains.iter_mut().zip(&self.points) {
            gains.resize(self.bandwidth.subcarriers(), Complex32::ZERO);
            self.filters.over_frequency(points, gains);
        }
    }

    /// The reference sequence of symbol `l` of slot `n_s`.
    pub fn sequence(&mut self, n_s: usize, l: usize) -> &[Complex32] {
        let sync = &self.sync;
        let bandwidth = self.bandwidth;
        self.sequences.entry((n_s, l)).or_insert_with(|| crs_sequence(sync.pci, sync.cp, bandwidth, n_s, l).collect())
    }

    /// Samples at 1.92 MS/s from the subframe's start to symbol `l`.
    fn place(&self, l: usize) -> f32 {
        let per_slot = self.sync.cp.symbols_per_slot();
        ((l / per_slot) * SLOT + symbol_start(self.sync.cp, l % per_slot)) as f32
    }
}

/// Adds the power by which reference elements of `port` differ from the estimate to the noise of their resource blocks.
fn add_residuals(own: &References, port: usize, channel: &mut ChannelEstimate) {
    let ChannelEstimate { ports, parts, noise } = channel;
    let [first, second] = &ports[port];
    for (symbol, gains) in own.iter().filter(|(symbol, _)| symbol.port == port) {
        complex::add_residuals(gains, &first[symbol.offset..], &second[symbol.offset..], parts[symbol.l], noise);
    }
}

/// Makes residuals of `symbols` symbols noise a resource block: its own and, with the weight of as many, the mean of all.
/// Never zero.
fn smooth_noise(noise: &mut [f32], symbols: usize, floor: f32) {
    let count = 2.0 * symbols as f32;
    let all = noise.iter().sum::<f32>() / (count * noise.len() as f32).max(1.0);
    let least = (0.01 * floor).max(1e-20);
    noise.iter_mut().for_each(|sum| *sum = ((*sum + count * all) / (2.0 * count).max(1.0)).max(least));
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

/// Subframes of which something is read to estimate the channel of subframe `number`: itself and its neighbours.
pub fn read_with(sync: &CellSync, statistics: &ChannelStatistics, number: i64) -> impl Iterator<Item = i64> + use<> {
    let duplex = sync.duplex;
    let may_be_part = !always_downlink(duplex, number) || sync.mbsfn.contains(number);
    let reach = reach(statistics).max(if may_be_part { reach_of_part(sync) } else { 0 });
    (number - reach..=number + reach).filter(move |near| *near == number || always_downlink(duplex, *near))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::{Pci, mbsfn::MbsfnSubframes},
        units::Hertz,
    };

    #[test]
    fn a_weak_cells_neighbours_are_read_where_they_are_sent() {
        let statistics =
            |power| ChannelStatistics { power, noise: 1.0, delay_spread: 5e-8, doppler: 2.0, quality: 0.5 };
        let read = |duplex, power, number| {
            let sync = CellSync {
                pci: Pci::new(7).expect("in range"),
                duplex,
                cp: CyclicPrefix::Normal,
                frame_start: 0.0,
                clock_excess: 0.0,
                offset: Hertz(0.0),
                mbsfn: MbsfnSubframes::default(),
            };
            read_with(&sync, &statistics(power), number).collect::<Vec<_>>()
        };
        assert_eq!(read(Duplex::Fdd, 100.0, 15), [15]);
        assert_eq!(read(Duplex::Fdd, 5.0, 15), [14, 15, 16]);
        assert_eq!(read(Duplex::Fdd, 0.1, -1), [-4, -3, -2, -1, 0, 1, 2]);
        assert_eq!(read(Duplex::Tdd, 0.1, 15), [15]);
        assert_eq!(read(Duplex::Tdd, 0.1, 3), [0, 3, 5]);
        // A special subframe with the one before it.
        assert_eq!(read(Duplex::Tdd, 100.0, 6), [5, 6]);
    }
}
