//! Takes what is known of a cell off a stream, so that weaker cells under it can be heard: reference signals,
//! synchronisation signals and, once the MIB is known, the PBCH. TS 36.211 §6.6, §6.10.1, §6.11.

use std::{collections::VecDeque, ops::Range};

use num_complex::Complex32;

pub use super::known_cell::{KnownCell, KnownMib};
use super::{fit::fit, pbch, sent_symbols::SentSymbols};
use crate::{
    cell::{Bandwidth, Duplex},
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::{CellSync, OfdmDemodulator, SUBFRAME},
    },
    grid::{
        ChannelEstimate, ResourceGrid,
        channel_estimate::{ChannelEstimator, Subframe, reach, reach_of_part, read_with},
    },
    search::sss::sync_symbols,
    sequences::{
        crs::{crs_offset, has_crs},
        secondary::{HalfFrame, sss},
        zadoff_chu::pss,
    },
};

/// A stretch of a stream in samples at 1.92 MS/s from its first, as frames start.
pub type Stretch = Range<f64>;

/// What cancelling `cells` in the `wanted` stretches of a stream reads of it, those stretches included, in order and each
/// sample once.
#[must_use]
pub fn read_for(cells: &[KnownCell], stream: StreamView<'_>, wanted: &[Stretch]) -> Vec<Stretch> {
    let mut read = wanted.to_vec();
    for KnownCell { sync, statistics, .. } in cells {
        let numbers = sync.numbers_in(stream, SUBFRAME).filter(|number| is_wanted(sync, *number, wanted));
        read.extend(
            numbers.flat_map(|number| read_with(sync, statistics, number)).map(|number| sync.span(number, SUBFRAME)),
        );
    }
    read.sort_unstable_by(|a, b| a.start.total_cmp(&b.start));
    read.dedup_by(|next, last| {
        let is_joined = next.start <= last.end;
        last.end = if is_joined { last.end.max(next.end) } else { last.end };
        is_joined
    });
    read
}

/// Subframes before and after one that its estimate may read.
fn reach_of(cell: &KnownCell) -> i64 {
    let is_ever_part = cell.sync.duplex == Duplex::Tdd || !cell.sync.mbsfn.is_empty();
    let least = if is_ever_part { reach_of_part(&cell.sync) } else { 0 };
    reach(&cell.statistics).max(least)
}

/// All of a stream.
pub const WHOLE: Stretch = f64::NEG_INFINITY..f64::INFINITY;

/// Whether `span` reaches into one of the `wanted` stretches.
pub(super) fn reaches_into(span: &Stretch, wanted: &[Stretch]) -> bool {
    wanted.iter().any(|stretch| span.start < stretch.end && stretch.start < span.end)
}

/// Whether subframe `number`, counted from a frame's start, reaches into one of the `wanted` stretches.
#[must_use]
pub fn is_wanted(sync: &CellSync, number: i64, wanted: &[Stretch]) -> bool {
    reaches_into(&sync.span(number, SUBFRAME), wanted)
}

/// Takes a cell's known signals off streams; keeps its tables and the memory that this takes.
pub struct Canceller {
    estimator: ChannelEstimator,
    demodulator: OfdmDemodulator,
    cell: KnownCell,
    bandwidth: Bandwidth,
    /// The subframe read last, and its channel.
    subframe: Subframe,
    channel: ChannelEstimate,
    sent: SentSymbols,
}

impl Canceller {
    /// One for as much of the middle `bandwidth` as the cell sends.
    #[must_use]
    pub fn new(cell: &KnownCell, bandwidth: Bandwidth) -> Self {
        let bandwidth = cell.within(bandwidth);
        Self {
            estimator: ChannelEstimator::new(cell.sync, bandwidth, cell.statistics),
            demodulator: OfdmDemodulator::new(),
            cell: *cell,
            bandwidth,
            subframe: Subframe::new(cell.sync.cp, bandwidth),
            channel: ChannelEstimate::default(),
            sent: SentSymbols::told(&cell.sync, cell.sent),
        }
    }

    /// Becomes one for another stream or bandwidth, with what is known of the same cell now.
    ///
    /// # Panics
    /// If it is another cell.
    pub fn renew(&mut self, cell: &KnownCell, bandwidth: Bandwidth) {
        if cell.within(bandwidth) != self.bandwidth {
            *self = Self::new(cell, bandwidth);
        }
        self.estimator.renew(cell.sync, cell.statistics);
        self.cell = *cell;
        self.sent = SentSymbols::told(&cell.sync, cell.sent);
    }

    /// Takes what is known off a stream, in all of its subframes that reach into one of the `wanted` stretches. The rest is
    /// left as it is.
    pub fn cancel(&mut self, stream: &mut CarrierStream, wanted: &[Stretch]) {
        let cell = self.cell;
        let subframes = cell.sync.numbers_in(stream.view(), SUBFRAME);
        if cell.sync.duplex == Duplex::Tdd && cell.sent.is_none() {
            let wanted = subframes.clone().filter(|number| is_wanted(&cell.sync, *number, wanted)).collect::<Vec<_>>();
            self.sent = SentSymbols::measure(&mut self.estimator, stream.view(), &cell, self.bandwidth, wanted);
        }
        // What is known of a subframe is taken off once no estimate to come reads it as a neighbour.
        let reach = reach_of(&cell);
        let mut waiting: VecDeque<KnownSubframe> = VecDeque::new();
        for number in subframes {
            if is_wanted(&cell.sync, number, wanted) {
                waiting.extend(self.known(stream.view(), number));
            }
            while waiting.front().is_some_and(|known| known.number + reach <= number) {
                let Some(known) = waiting.pop_front() else { break };
                self.subtract(stream, &known);
            }
        }
        waiting.iter().for_each(|known| self.subtract(stream, known));
    }

    /// What is known of a subframe; `None` where the stream does not hold it, and of those that are not sent.
    fn known(&mut self, stream: StreamView<'_>, number: i64) -> Option<KnownSubframe> {
        let sync = self.cell.sync;
        let sent = self.sent.of(number);
        if sent == 0 {
            return None;
        }
        let Self { estimator, subframe, channel, cell, .. } = self;
        if !estimator.read_begun(stream, number, sent, cell.ports(), subframe) {
            return None;
        }
        let holds_pbch = cell.mib.is_some() && number.rem_euclid(10) == 0;
        let pbch = if holds_pbch { pbch::symbols(sync.cp) } else { 0..0 };
        let more = sync_sequences(&sync, number).map(|(l, _)| l).chain(pbch);
        if !estimator.complete(stream, subframe, more.filter(|&l| l < sent)) {
            return None;
        }
        estimator.estimate(stream, subframe, cell.ports(), channel);
        let mut known = KnownSubframe { number, symbols: Vec::new() };
        if holds_pbch {
            self.add_pbch(&mut known);
        }
        self.add_crs(&mut known);
        self.add_sync(&mut known);
        Some(known)
    }

    fn subtract(&mut self, stream: &mut CarrierStream, known: &KnownSubframe) {
        let sync = &self.cell.sync;
        let per_slot = sync.cp.symbols_per_slot();
        for (l, elements) in &known.symbols {
            let slot = 2 * known.number + (l / per_slot) as i64;
            self.demodulator.subtract(stream, sync, slot, l % per_slot, elements);
        }
    }

    fn add_crs(&mut self, known: &mut KnownSubframe) {
        let (sync, per_slot) = (&self.cell.sync, self.cell.sync.cp.symbols_per_slot());
        let sent = self.sent.of(known.number);
        for port in 0..self.cell.ports().count() {
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

    /// The PBCH of subframe 0, with its own power: it need not be that of the reference signals.
    fn add_pbch(&self, known: &mut KnownSubframe) {
        let Some(KnownMib { ports, mib, frame, turn, .. }) = self.cell.mib else { return };
        let (subframe, channel, sync) = (&self.subframe, &self.channel, &self.cell.sync);
        let sent_as = subframe.number.div_euclid(10);
        let since = turn.map_or(sent_as, |turn| turn.original(sent_as)) - frame;
        // 256 periods are a round of the frame number.
        let mib = mib.later(since.div_euclid(4).rem_euclid(256) as usize);
        let mut sent = vec![ResourceGrid::new(sync.cp, Bandwidth::Rb6); ports.count()];
        pbch::encode_burst(mib, sync.pci, sync.cp, ports, since.rem_euclid(4) as usize, &mut sent);
        let in_middle = pbch::elements(sync.pci, sync.cp, Bandwidth::Rb6.subcarriers());
        let elements = pbch::elements(sync.pci, sync.cp, self.bandwidth.subcarriers());
        let through = |(middle, &e)| sent.iter().enumerate().map(|(port, x)| x[middle] * channel.gain(port, e)).sum();
        let expected: Vec<Complex32> = in_middle.into_iter().zip(&elements).map(through).collect();
        let seen: Vec<Complex32> = elements.iter().map(|&e| subframe.grid[e]).collect();
        let [gain, ..] = fit(&seen, std::slice::from_ref(&expected));
        for (&(l, k), x) in elements.iter().zip(&expected) {
            known.symbol(l, subframe.grid.subcarriers())[k] = x * gain;
        }
    }

    /// PSS and SSS of a subframe: sent from some mixture of the antenna ports, which the fit finds. It may be another one each
    /// time, and on the air it is. A weaker cell's PSS is taken along where it stands at the same place.
    fn add_sync(&self, known: &mut KnownSubframe) {
        let (subframe, channel) = (&self.subframe, &self.channel);
        for (l, d) in sync_sequences(&self.cell.sync, subframe.number) {
            let parts = through_ports(channel, l, &d);
            let first = subframe.grid.subcarriers() / 2 - 31;
            let gains = fit(&subframe.grid.symbol(l)[first..first + d.len()], &parts);
            let known = &mut known.symbol(l, subframe.grid.subcarriers())[first..];
            for (part, gain) in parts.iter().zip(gains) {
                known.iter_mut().zip(part).for_each(|(k, x)| *k += x * gain);
            }
        }
    }
}

/// What is known of one subframe.
struct KnownSubframe {
    number: i64,
    /// Symbols of which anything is known, with their elements.
    symbols: Vec<(usize, Vec<Complex32>)>,
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

/// Synchronisation signals of a subframe, each with its symbol and its sequence.
fn sync_sequences(sync: &CellSync, subframe: i64) -> impl Iterator<Item = (usize, [Complex32; 62])> + use<> {
    let (pss_place, sss_place) = sync_symbols(sync.duplex, sync.cp);
    let (pci, per_slot) = (sync.pci, sync.cp.symbols_per_slot());
    let half = if subframe.rem_euclid(10) < 5 { HalfFrame::First } else { HalfFrame::Second };
    let stands_at = move |(slot, l): (i64, usize)| {
        (slot / 2 == subframe.rem_euclid(5)).then_some((slot % 2) as usize * per_slot + l)
    };
    let secondary = stands_at(sss_place).map(|l| {
        let d = sss(pci.n_id_1(), pci.n_id_2(), half).map(|d| Complex32::new(d, 0.0));
        (l, d)
    });
    secondary.into_iter().chain(stands_at(pss_place).map(|l| (l, pss(pci.n_id_2()))))
}

/// A sequence through the channel of each port at symbol `l`.
fn through_ports(channel: &ChannelEstimate, l: usize, d: &[Complex32; 62]) -> Vec<Vec<Complex32>> {
    let through = |(port, [gains, _]): (usize, &[Vec<Complex32>; 2])| {
        let first = gains.len() / 2 - 31;
        d.iter().zip(first..).map(|(d, k)| channel.gain(port, (l, k)) * d).collect()
    };
    channel.ports.iter().enumerate().map(through).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::{CyclicPrefix, Pci, mbsfn::MbsfnSubframes},
        search::statistics::ChannelStatistics,
        units::{Hertz, SampleRate},
    };

    fn weak(frame_start: f64) -> KnownCell {
        let sync = CellSync {
            pci: Pci::new(7).expect("in range"),
            duplex: Duplex::Fdd,
            cp: CyclicPrefix::Normal,
            frame_start,
            clock_excess: 0.0,
            offset: Hertz(0.0),
            mbsfn: MbsfnSubframes::default(),
        };
        let statistics = ChannelStatistics { power: 5.0, noise: 1.0, delay_spread: 5e-8, doppler: 2.0, quality: 0.5 };
        KnownCell { sync, statistics, sent: None, mib: None }
    }

    /// Of a cell in step with the wanted one its neighbours are read, of one half a subframe late two subframes and theirs.
    #[test]
    fn no_more_is_read_than_estimates_need() {
        let samples = vec![Complex32::ZERO; 20 * SUBFRAME];
        let stream = StreamView { samples: &samples, first: 0, rate: SampleRate::LTE_1_4_MHZ, centre: Hertz(0.0) };
        let subframes = |from: f64, to: f64| from * SUBFRAME as f64..to * SUBFRAME as f64;
        let [wanted, far] = [5, 15].map(|number| weak(0.0).sync.windows(number));
        assert!(wanted.start > 5.0 * SUBFRAME as f64 && wanted.end < 6.0 * SUBFRAME as f64);
        let both = [far.clone(), wanted.clone()];
        assert_eq!(read_for(&[weak(0.0)], stream, &both), [subframes(4.0, 7.0), subframes(14.0, 17.0)]);
        assert_eq!(read_for(&[weak(960.0)], stream, std::slice::from_ref(&wanted)), [subframes(3.5, 7.5)]);
        assert_eq!(read_for(&[], stream, &both), [wanted, far]);
    }
}
