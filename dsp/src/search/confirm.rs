//! Reference signals decide whether a candidate is a cell, and make its carrier and clock exact. TS 36.211 §6.10.1.

use num_complex::Complex32;

use super::{
    Nominal,
    run_sums::{RunSums, Scratch},
    tracker::CRS_HINT,
};
use crate::{
    cell::{Bandwidth, CyclicPrefix, Duplex, Pci, mbsfn::MbsfnSubframes},
    frontend::{
        channelise::StreamView,
        mixer::cis,
        ofdm::{CellSync, FRAME, OfdmDemodulator, SLOT, prefix, symbol_start},
    },
    kernels::turned_sums::SymbolSums,
    sequences::crs::{crs_offset, crs_sequence},
};

/// Antenna ports listened to. Both send in the same symbols; where the channel of one fades the other's may be strong, and
/// a cell may reach a receiver that stands still by its second port alone.
pub(super) const PORTS: [usize; 2] = [0, 1];
/// Slots are told apart modulo this, so that some can be listened to before the others.
pub(super) const PARTS: i64 = 4;
/// All of them.
pub(super) const ALL_PARTS: [i64; PARTS as usize] = [0, 1, 2, 3];
/// Elements of one of them a symbol in the middle six resource blocks, 90 kHz apart.
pub(super) const ELEMENTS: usize = 12;
pub(super) const ELEMENT_SPACING_HZ: f64 = 90e3;
/// Longest runs of symbols added up in phase, in seconds: a symbol alone, and as far as slow and still channels allow.
const STRETCHES: [f64; 3] = [0.0, 5.6e-3, 20.6e-3];
/// Agreement of neighbouring elements, 1 without noise, from which subframes are compared with each other: -2 dB.
const LEAST_AGREEMENT: f32 = 0.4;
/// Share of it that a subframe number without reference signals lacks at least: one that lacks them in every fourth frame.
const LEAST_MISSING: f32 = 0.2;
/// What noise takes from one symbol's agreement as rarely as four and more standard deviations: of eleven pairs.
const MISSING_DEVIATION: f32 = 0.9;
/// Farthest that symbols are turned to where they might have been demodulated: noise and prefixes hardly differ so near.
const MAX_TURNED_SAMPLES: f64 = 1.5;
const MAX_TURNED_HZ: f64 = 300.0;
/// Delays that are tried for the strongest path, from one to the next: a quarter of what 12 elements resolve.
const DELAY_STEP: f64 = 0.25 / (ELEMENTS as f64 * ELEMENT_SPACING_HZ);
/// Share of the strength that a move keeps at least: a lesser one has left a path behind.
const LEAST_KEPT: f32 = 0.9;
/// Samples at 1.92 MS/s a second.
pub(super) const BASE_RATE: f64 = FRAME as f64 * 100.0;

/// One reference symbol of a port.
#[derive(Debug, Clone, Copy)]
pub(super) struct CrsSymbol {
    /// Slot, counted from the frame's start.
    pub(super) slot: i64,
    /// Whether it is the slot's first symbol.
    pub(super) is_first: bool,
    /// Whether it is that of a DwPTS.
    pub(super) is_dwpts: bool,
    /// Time from the frame's start in seconds.
    pub(super) time: f64,
    /// y·r* by element: the channel and its noise.
    pub(super) gains: [Complex32; ELEMENTS],
    /// What makes their mean power 1.
    pub(super) weight: f32,
    /// Power of all 72 elements of the symbol.
    pub(super) total: f32,
}

impl CrsSymbol {
    /// Whether it is the subframe's first, which MBSFN subframes have as well.
    fn is_control(&self) -> bool {
        self.is_first && self.slot.rem_euclid(2) == 0
    }

    /// Its elements summed in `N` groups of neighbours. Every symbol has equal weight, so that no burst of traffic decides.
    fn sums<const N: usize>(&self) -> SymbolSums<N> {
        let mut groups = [Complex32::ZERO; N];
        for (sum, group) in groups.iter_mut().zip(self.gains.chunks_exact(ELEMENTS / N)) {
            *sum = group.iter().sum::<Complex32>() * self.weight;
        }
        SymbolSums { slot: self.slot, is_first: self.is_first, time: self.time, groups }
    }
}

/// What a cell sends in the middle six resource blocks of a frame: for both reference symbols of each slot, each port's
/// first element and the values.
#[derive(Default)]
pub struct References {
    /// Whose they are.
    cell: Option<(Pci, CyclicPrefix)>,
    symbols: Vec<([usize; PORTS.len()], [Complex32; ELEMENTS])>,
}

impl References {
    /// Makes them those of a cell.
    pub fn renew(&mut self, sync: &CellSync) {
        if self.cell.replace((sync.pci, sync.cp)) == Some((sync.pci, sync.cp)) {
            return;
        }
        let of = |n_s: usize, l: usize| {
            let mut r = crs_sequence(sync.pci, sync.cp, Bandwidth::Rb6, n_s, l);
            (
                PORTS.map(|port| crs_offset(sync.pci, port, n_s, l)),
                std::array::from_fn(|_| r.next().unwrap_or_default()),
            )
        };
        self.symbols.clear();
        self.symbols.extend((0..20).flat_map(|n_s| [of(n_s, 0), of(n_s, second_symbol(sync))]));
    }
}

/// The second symbol of a slot that holds reference signals of these ports.
fn second_symbol(sync: &CellSync) -> usize {
    sync.cp.symbols_per_slot() - 3
}

/// One port's reference symbols in the middle six resource blocks over a dwell, in time order.
#[derive(Debug, Default)]
pub struct CrsDwell {
    /// Which of [`PORTS`].
    pub(super) port: usize,
    pub(super) symbols: Vec<CrsSymbol>,
    /// Seconds from a slot's first reference symbol to its second.
    second: f64,
}

/// Symbols of a subframe that may carry reference signals, whatever the TDD assignment. Behind each subframe that is always a
/// downlink one stands one whose first symbols are: in a special subframe the DwPTS, of three symbols at least. Its
/// reference symbol is far enough from the others to tell carriers 200 Hz apart, by which the phase turns once between two
/// downlink subframes. TS 36.211 Table 4.2-1.
fn symbols_sent(sync: &CellSync, subframe: i64) -> usize {
    match (sync.duplex, subframe.rem_euclid(5)) {
        (Duplex::Tdd, 1) => 1,
        (Duplex::Tdd, 2..) => 0,
        _ => sync.symbols_with_crs(subframe),
    }
}

/// How far from a cell's timing, in seconds, its strongest path may be: the timing is the delays' centre of gravity, and all
/// lie within a prefix.
#[must_use]
pub fn path_reach(cp: CyclicPrefix) -> f64 {
    0.5 * prefix(cp) as f64 / BASE_RATE
}

/// Whether every subframe of this number is a downlink one, whatever the TDD assignment. TS 36.211 Table 4.2-2.
#[must_use]
pub fn always_downlink(duplex: Duplex, subframe: i64) -> bool {
    duplex == Duplex::Fdd || subframe.rem_euclid(5) == 0
}

impl CrsDwell {
    /// Nothing yet of one of [`PORTS`].
    pub(super) fn of(port: usize) -> Self {
        Self { port, ..Self::default() }
    }

    /// Sets each of `dwells`, of ports of its own, to the reference symbols that a stream at 1.92 MS/s or more holds.
    pub fn collect(
        dwells: &mut [Self],
        demodulator: &mut OfdmDemodulator,
        stream: StreamView<'_>,
        sync: &CellSync,
        references: &References,
    ) {
        Self::clear(dwells);
        Self::add(dwells, demodulator, stream, sync, references, &ALL_PARTS);
    }

    /// Forgets all symbols.
    pub(super) fn clear(dwells: &mut [Self]) {
        dwells.iter_mut().for_each(|dwell| dwell.symbols.clear());
    }

    /// Adds the reference symbols of slots whose number modulo `PARTS` is one of `parts`, of which there are none yet.
    pub(super) fn add(
        dwells: &mut [Self],
        demodulator: &mut OfdmDemodulator,
        stream: StreamView<'_>,
        sync: &CellSync,
        references: &References,
        parts: &[i64],
    ) {
        let second = second_symbol(sync);
        let between = (symbol_start(sync.cp, second) - symbol_start(sync.cp, 0)) as f64 / BASE_RATE;
        let slots = sync.numbers_in(stream, SLOT);
        let most = 2 * (slots.end() - slots.start() + 1) as usize;
        for dwell in &mut *dwells {
            dwell.second = between;
            dwell.symbols.reserve(most.saturating_sub(dwell.symbols.len()));
        }
        for slot in slots {
            if !parts.contains(&slot.rem_euclid(PARTS)) {
                continue;
            }
            let subframe = slot.div_euclid(2);
            let sent = symbols_sent(sync, subframe);
            for l in [0, second] {
                if slot.rem_euclid(2) as usize * sync.cp.symbols_per_slot() + l >= sent {
                    continue;
                }
                let Some(symbol) = demodulator.transform(stream, sync, slot, l) else { continue };
                let total = symbol.power(6 * ELEMENTS);
                let (offsets, r) = &references.symbols[2 * slot.rem_euclid(20) as usize + usize::from(l != 0)];
                // The ports' elements are three apart, each port's six from one to the next.
                let y: [Complex32; 2 * ELEMENTS] = symbol.every_third(offsets[0] % 3);
                for dwell in &mut *dwells {
                    let offset = offsets[dwell.port] / 3;
                    let gains: [Complex32; ELEMENTS] = std::array::from_fn(|m| y[2 * m + offset] * r[m].conj());
                    let power = gains.iter().map(Complex32::norm_sqr).sum::<f32>() / ELEMENTS as f32;
                    if power > 0.0 {
                        dwell.symbols.push(CrsSymbol {
                            slot,
                            is_first: l == 0,
                            is_dwpts: !always_downlink(sync.duplex, subframe),
                            time: (slot as f64 * SLOT as f64 + symbol_start(sync.cp, l) as f64) / BASE_RATE,
                            gains,
                            weight: power.sqrt().recip(),
                            total,
                        });
                    }
                }
            }
        }
        // A part stands between the others.
        dwells.iter_mut().for_each(|dwell| dwell.symbols.sort_unstable_by_key(|s| (s.slot, !s.is_first)));
    }

    /// Of two ports the one whose reference signals stand out more by the strongest path within `reach` seconds of the
    /// assumed timing: at the timing itself two paths may cancel, and so may what comes before and after a loss of samples.
    #[must_use]
    pub fn stronger([first, second]: &[Self; 2], reach: f64) -> &Self {
        if second.strength_within(reach) > first.strength_within(reach) { second } else { first }
    }

    /// Makes this dwell the same as another one.
    pub(super) fn copy(&mut self, other: &Self) {
        (self.port, self.second) = (other.port, other.second);
        self.symbols.clone_from(&other.symbols);
    }

    /// Leaves out the reference symbols that MBSFN subframes lack, which are added to `mbsfn` where the cell has not told
    /// them: those of numbers where the signal hardly agrees from element to element, as it does in subframes that are
    /// never for MBSFN. TS 36.211 §6.10.1.2.
    pub(super) fn leave_out_mbsfn(&mut self, mbsfn: &mut MbsfnSubframes) {
        if mbsfn.is_told() {
            return;
        }
        let mut agreement = [(Complex32::ZERO, 0f32); 10];
        for s in self.symbols.iter().filter(|s| !s.is_control()) {
            let (sum, count) = &mut agreement[s.slot.div_euclid(2).rem_euclid(10) as usize];
            let neighbours: Complex32 = s.gains.windows(2).map(|g| g[1] * g[0].conj()).sum();
            *sum += neighbours * (s.weight * s.weight / (ELEMENTS - 1) as f32);
            *count += 1.0;
        }
        let never = MbsfnSubframes::NEVER.map(|number| agreement[number as usize]);
        let (sum, count) = never.into_iter().fold((Complex32::ZERO, 0.0), |(s, c), (sum, count)| (s + sum, c + count));
        let reference = sum / f32::max(count, 1.0);
        // Ghosts of other cells do not come near this, nor does noise: of them nothing may be left out.
        if reference.norm() < LEAST_AGREEMENT {
            return;
        }
        for (number, (sum, count)) in agreement.into_iter().enumerate() {
            let missing = 1.0 - (sum * reference.conj()).re / (f32::max(count, 1.0) * reference.norm_sqr());
            let least = LEAST_MISSING.max(MISSING_DEVIATION / (reference.norm() * count.sqrt()));
            if count > 0.0 && missing > least && !MbsfnSubframes::NEVER.contains(&(number as i64)) {
                mbsfn.add_in_every_frame(number as u8);
            }
        }
        self.symbols.retain(|s| s.is_control() || !mbsfn.contains(s.slot.div_euclid(2)));
    }

    /// Makes what was collected at `from` nearly what it would have been at `to`; false where that is too far.
    pub(super) fn turn(&mut self, from: &CellSync, to: &CellSync) -> bool {
        let offset = to.offset.0 - from.offset.0;
        let delay = |s: &CrsSymbol| to.at(s.time * BASE_RATE) - from.at(s.time * BASE_RATE);
        let is_near = |s: &CrsSymbol| delay(s).abs() < MAX_TURNED_SAMPLES;
        let [Some(first), Some(last)] = [self.symbols.first(), self.symbols.last()] else { return false };
        // The delay grows evenly: what is near at both ends is near between them.
        if offset.abs() > MAX_TURNED_HZ || !is_near(first) || !is_near(last) {
            return false;
        }
        for s in &mut self.symbols {
            let step = cis(ELEMENT_SPACING_HZ * delay(s) / BASE_RATE);
            let middle = 0.5 * (ELEMENTS - 1) as f64 * ELEMENT_SPACING_HZ * delay(s) / BASE_RATE;
            let mut turn = cis(-offset * from.at(s.time * BASE_RATE) / BASE_RATE - middle);
            for gain in &mut s.gains {
                *gain *= turn;
                turn *= step;
            }
        }
        true
    }

    /// Height of the correlation above the mean of noise, in standard deviations of noise: in phase over a symbol, in
    /// power over the dwell. It compares cells of one dwell, whatever their motion. What arrives by several paths, the assumed
    /// timing between them, may cancel here.
    #[must_use]
    pub fn strength(&self) -> f32 {
        let power = |s: &CrsSymbol| s.sums::<1>().groups[0].norm_sqr() / ELEMENTS as f32;
        self.deviations(self.symbols.iter().map(power).sum())
    }

    /// The same by the strongest path within `reach` seconds of the assumed timing. No paths of one prefix cancel at every
    /// delay: their power is there as a whole.
    #[must_use]
    pub fn strength_within(&self, reach: f64) -> f32 {
        // Of the elements' products by their distance follows the power at any delay.
        let mut products = [Complex32::ZERO; ELEMENTS];
        for s in &self.symbols {
            let weight = s.weight * s.weight / ELEMENTS as f32;
            for (distance, product) in products.iter_mut().enumerate() {
                let sum: Complex32 =
                    s.gains[distance..].iter().zip(&s.gains).map(|(far, near)| far * near.conj()).sum();
                *product += sum * weight;
            }
        }
        let power = |step: i64| {
            let turn = cis(ELEMENT_SPACING_HZ * DELAY_STEP * step as f64);
            let beside = products[1..].iter().rev().fold(Complex32::ZERO, |sum, product| (sum + product) * turn);
            products[0].re + 2.0 * beside.re
        };
        let steps = (reach / DELAY_STEP) as i64;
        self.deviations((-steps..=steps).map(power).fold(0.0, f32::max))
    }

    /// A power summed over all symbols, of which noise gives each 1, above that in standard deviations of it.
    fn deviations(&self, power: f32) -> f32 {
        let count = self.symbols.len() as f32;
        if count > 0.0 { (power - count) / count.sqrt() } else { 0.0 }
    }

    /// The carrier's offset in hertz that is left over: where the reference signals, taken together over ever longer
    /// stretches, add up best.
    #[must_use]
    pub fn residual_offset(&self, scratch: &mut Scratch) -> f64 {
        let grouped = RunSums::new(&mut scratch.groups, self.symbols.iter().map(CrsSymbol::sums), self.second);
        // Reach, step and stretch: the reach covers what the stage before leaves open, each stretch resolves its steps.
        let stages = [(700.0, 50.0, STRETCHES[1]), (75.0, 10.0, STRETCHES[2])];
        stages.into_iter().fold(0.0, |centre, (reach, step, stretch)| grouped.best_offset(centre, reach, step, stretch))
    }

    /// Delay in seconds of the channel's centre of gravity after the assumed timing, for a carrier `offset` hertz beside
    /// the one assumed: at the dwell's middle, and its growth a second (the clock error left over), 0 where the dwell is too
    /// short to show any. `None` where it is empty.
    #[must_use]
    pub fn delay(&self, offset: f64, scratch: &mut Scratch) -> Option<(f64, f64)> {
        let middle = self.middle()?;
        let grouped = RunSums::new(&mut scratch.groups, self.symbols.iter().map(CrsSymbol::sums), self.second);
        let stretch = STRETCHES
            .into_iter()
            .map(|stretch| (grouped.deviate(offset, stretch), stretch))
            .max_by(|a, b| a.0.total_cmp(&b.0))?
            .1;
        let mut halves = [(Complex32::ZERO, 0.0, 0.0); 2];
        let single = RunSums::new(&mut scratch.elements, self.symbols.iter().map(CrsSymbol::sums), self.second);
        single.sums(offset, stretch, |sum_time, sums| {
            let (turn, time, count) = &mut halves[usize::from(sum_time > middle)];
            *turn += sums.windows(2).map(|g| g[1] * g[0].conj()).sum::<Complex32>();
            *time += sum_time;
            *count += 1.0;
        });
        let [early, late] = halves.map(|(turn, time, count)| {
            (count > 0.0).then(|| (-f64::from(turn.arg()) / (std::f64::consts::TAU * ELEMENT_SPACING_HZ), time / count))
        });
        match (early, late) {
            (Some((early, t_0)), Some((late, t_1))) if t_1 > t_0 => {
                Some((0.5 * (early + late), (late - early) / (t_1 - t_0)))
            }
            // A dwell so short that all of it adds up in phase shows no growth.
            (early, late) => early.or(late).map(|(delay, _)| (delay, 0.0)),
        }
    }

    /// Middle of the dwell in seconds from the frame's start; `None` where it is empty.
    #[must_use]
    pub fn middle(&self) -> Option<f64> {
        Some(0.5 * (self.symbols.first()?.time + self.symbols.last()?.time))
    }
}

/// What tracking needs.
#[derive(Default)]
pub struct Tracking {
    /// Demodulates reference symbols.
    pub demodulator: OfdmDemodulator,
    /// The cell's.
    pub references: References,
    /// Memory.
    pub scratch: Scratch,
}

impl Tracking {
    /// Makes carrier offset and frame timing of `sync` exact by the reference signals of `stream`, `dwell` as collected
    /// there, which becomes nearly what would be collected at the new place. The clock's excess follows the carrier where
    /// `tied` is given, else the drift of the timing. `None` where the
    /// stream holds no reference symbol.
    #[must_use]
    pub fn track(
        &mut self,
        stream: StreamView<'_>,
        sync: &mut CellSync,
        dwell: &mut CrsDwell,
        tied: Option<&Nominal>,
    ) -> Option<()> {
        let Self { demodulator, references, scratch } = self;
        for _ in 0..2 {
            dwell.leave_out_mbsfn(&mut sync.mbsfn);
            let middle = dwell.middle()?;
            let offset = dwell.residual_offset(scratch);
            let (delay, drift) = dwell.delay(offset, scratch)?;
            let before = *sync;
            sync.offset.0 += offset;
            let centre = sync.at(middle * BASE_RATE) + delay * BASE_RATE;
            sync.clock_excess = match tied {
                Some(nominal) => nominal.clock_excess(sync.offset),
                None => sync.clock_excess + drift,
            };
            sync.frame_start = centre - middle * BASE_RATE * (1.0 + sync.clock_excess);
            let reach = path_reach(sync.cp);
            let heard = dwell.strength_within(reach);
            if !dwell.turn(&before, sync) {
                CrsDwell::collect(std::slice::from_mut(dwell), demodulator, stream, sync, references);
            }
            // What chance gave is gone once its place has moved.
            let left = dwell.strength_within(reach);
            if left < CRS_HINT {
                return None;
            }
            // Between paths that lie far apart nothing may arrive.
            if left < LEAST_KEPT * heard {
                *sync = before;
                CrsDwell::collect(std::slice::from_mut(dwell), demodulator, stream, sync, references);
                break;
            }
        }
        dwell.leave_out_mbsfn(&mut sync.mbsfn);
        Some(())
    }
}
