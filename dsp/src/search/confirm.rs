//! Reference signals decide whether a candidate is a cell, and make its carrier and clock exact. TS 36.211 §6.10.1.

use num_complex::Complex32;

use crate::{
    cell::{Bandwidth, Duplex, mbsfn::MbsfnSubframes},
    frontend::{
        channelise::StreamView,
        mixer::cis,
        ofdm::{CellSync, FRAME, OfdmDemodulator, SLOT, symbol_start},
    },
    sequences::crs::{crs_offset, crs_sequence},
};

/// Antenna ports listened to. Both send in the same symbols; where the channel of one fades the other's may be strong, and
/// a cell may reach a receiver that stands still by its second port alone.
pub(super) const PORTS: [usize; 2] = [0, 1];
/// Elements of one of them a symbol in the middle six resource blocks, 90 kHz apart.
pub(super) const ELEMENTS: usize = 12;
pub(super) const ELEMENT_SPACING_HZ: f64 = 90e3;
/// Groups of neighbouring elements, each a flat channel for any delay spread the prefix allows.
const GROUPS: usize = 4;
/// Longest runs of symbols added up in phase, in seconds: a symbol alone, and as far as slow and still channels allow.
const STRETCHES: [f64; 3] = [0.0, 5.6e-3, 20.6e-3];
/// Agreement of neighbouring elements, 1 without noise, from which subframes are compared with each other: -2 dB.
const LEAST_AGREEMENT: f32 = 0.4;
/// Share of it that a subframe number without reference signals lacks at least: one that lacks them in every fourth frame.
const LEAST_MISSING: f32 = 0.2;
/// What noise takes from one symbol's agreement as rarely as four and more standard deviations: of eleven pairs.
const MISSING_DEVIATION: f32 = 0.9;
/// Farthest that symbols are turned to where they might have been demodulated: noise and prefixes hardly differ so near.
const MOST_TURNED_SAMPLES: f64 = 1.5;
const MOST_TURNED_HZ: f64 = 300.0;
/// Samples at 1.92 MS/s a second.
const BASE_RATE: f64 = FRAME as f64 * 100.0;

/// One reference symbol of a port.
#[derive(Debug, Clone, Copy)]
pub(super) struct CrsSymbol {
    /// Slot, counted from the frame's start.
    pub(super) slot: i64,
    /// Whether it is the slot's first symbol.
    pub(super) is_first: bool,
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
}

/// What a cell sends in the middle six resource blocks of a frame: for both reference symbols of each slot, each port's
/// first element and the values.
pub struct References {
    symbols: Vec<([usize; PORTS.len()], [Complex32; ELEMENTS])>,
}

impl References {
    /// Those of a cell.
    #[must_use]
    pub fn new(sync: &CellSync) -> Self {
        let of = |n_s: usize, l: usize| {
            let mut r = crs_sequence(sync.pci, sync.cp, Bandwidth::Rb6, n_s, l);
            (
                PORTS.map(|port| crs_offset(sync.pci, port, n_s, l)),
                std::array::from_fn(|_| r.next().unwrap_or_default()),
            )
        };
        Self { symbols: (0..20).flat_map(|n_s| [of(n_s, 0), of(n_s, second_symbol(sync))]).collect() }
    }
}

/// The second symbol of a slot that holds reference signals of these ports.
fn second_symbol(sync: &CellSync) -> usize {
    sync.cp.symbols_per_slot() - 3
}

/// One port's reference symbols in the middle six resource blocks over a dwell, in time order.
#[derive(Debug, Clone, Default)]
pub struct CrsDwell {
    /// Which of [`PORTS`].
    port: usize,
    pub(super) symbols: Vec<CrsSymbol>,
    /// Seconds from a slot's first reference symbol to its second.
    second: f64,
}

/// Reference symbols whose elements are summed in groups.
struct Grouped<const N: usize> {
    symbols: Vec<GroupedSymbol<N>>,
    /// Seconds from a slot's first reference symbol to its second.
    second: f64,
}

/// One of them.
struct GroupedSymbol<const N: usize> {
    slot: i64,
    is_first: bool,
    time: f64,
    groups: [Complex32; N],
}

/// Whether every subframe of this number is a downlink one, whatever the TDD assignment. TS 36.211 Table 4.2-2.
#[must_use]
pub fn always_downlink(duplex: Duplex, subframe: i64) -> bool {
    duplex == Duplex::Fdd || subframe.rem_euclid(5) == 0
}

impl CrsDwell {
    /// Collects the reference symbols of `ports` that a stream at 1.92 MS/s or more holds, of every `every`-th slot.
    #[must_use]
    pub fn collect<const N: usize>(
        demodulator: &mut OfdmDemodulator,
        stream: StreamView<'_>,
        sync: &CellSync,
        references: &References,
        ports: [usize; N],
        every: i64,
    ) -> [Self; N] {
        let second = second_symbol(sync);
        let between = (symbol_start(sync.cp, second) - symbol_start(sync.cp, 0)) as f64 / BASE_RATE;
        let mut dwells = ports.map(|port| Self { port, symbols: Vec::new(), second: between });
        let mut y = [Complex32::ZERO; 72];
        for slot in sync.numbers_in(stream, SLOT) {
            let subframe = slot.div_euclid(2);
            if slot.rem_euclid(every) != 0 || !always_downlink(sync.duplex, subframe) {
                continue;
            }
            let sent = sync.symbols_with_crs(subframe);
            for l in [0, second] {
                if slot.rem_euclid(2) as usize * sync.cp.symbols_per_slot() + l >= sent {
                    continue;
                }
                if !demodulator.symbol(stream, sync, slot, l, &mut y) {
                    continue;
                }
                let total = y.iter().map(Complex32::norm_sqr).sum();
                let (offsets, r) = &references.symbols[2 * slot.rem_euclid(20) as usize + usize::from(l != 0)];
                for dwell in &mut dwells {
                    let offset = offsets[dwell.port];
                    let gains: [Complex32; ELEMENTS] = std::array::from_fn(|m| y[6 * m + offset] * r[m].conj());
                    let power = gains.iter().map(Complex32::norm_sqr).sum::<f32>() / ELEMENTS as f32;
                    if power > 0.0 {
                        dwell.symbols.push(CrsSymbol {
                            slot,
                            is_first: l == 0,
                            time: (slot as f64 * SLOT as f64 + symbol_start(sync.cp, l) as f64) / BASE_RATE,
                            gains,
                            weight: power.sqrt().recip(),
                            total,
                        });
                    }
                }
            }
        }
        dwells
    }

    /// The port whose reference signals stand out most, of all that are listened to.
    #[must_use]
    pub fn collect_strongest(
        demodulator: &mut OfdmDemodulator,
        stream: StreamView<'_>,
        sync: &CellSync,
        references: &References,
        every: i64,
    ) -> Self {
        let [first, second] = Self::collect(demodulator, stream, sync, references, PORTS, every);
        if second.strength() > first.strength() { second } else { first }
    }

    /// The dwell without the reference symbols that MBSFN subframes lack, which are added to `mbsfn` where the cell has not
    /// told them: those of numbers where the signal hardly agrees from element to element, as it does in subframes that are
    /// never for MBSFN. TS 36.211 §6.10.1.2.
    pub(super) fn without_mbsfn(mut self, mbsfn: &mut MbsfnSubframes) -> Self {
        if mbsfn.is_told() {
            return self;
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
            return self;
        }
        for (number, (sum, count)) in agreement.into_iter().enumerate() {
            let missing = 1.0 - (sum * reference.conj()).re / (f32::max(count, 1.0) * reference.norm_sqr());
            let least = LEAST_MISSING.max(MISSING_DEVIATION / (reference.norm() * count.sqrt()));
            if count > 0.0 && missing > least && !MbsfnSubframes::NEVER.contains(&(number as i64)) {
                mbsfn.add_in_every_frame(number as u8);
            }
        }
        self.symbols.retain(|s| s.is_control() || !mbsfn.contains(s.slot.div_euclid(2)));
        self
    }

    /// What was collected at `from`, nearly as it would have been at `to`; `None` where that is far.
    fn turned(&self, from: &CellSync, to: &CellSync) -> Option<Self> {
        let offset = to.offset.0 - from.offset.0;
        let delay = |s: &CrsSymbol| to.at(s.time * BASE_RATE) - from.at(s.time * BASE_RATE);
        let is_near = |s: &CrsSymbol| delay(s).abs() < MOST_TURNED_SAMPLES;
        // The delay grows evenly: what is near at both ends is near between them.
        if offset.abs() > MOST_TURNED_HZ || ![self.symbols.first()?, self.symbols.last()?].into_iter().all(is_near) {
            return None;
        }
        let mut turned = self.clone();
        for s in &mut turned.symbols {
            let step = cis(ELEMENT_SPACING_HZ * delay(s) / BASE_RATE);
            let middle = 0.5 * (ELEMENTS - 1) as f64 * ELEMENT_SPACING_HZ * delay(s) / BASE_RATE;
            let mut turn = cis(-offset * from.at(s.time * BASE_RATE) / BASE_RATE - middle);
            for gain in &mut s.gains {
                *gain *= turn;
                turn *= step;
            }
        }
        Some(turned)
    }

    /// Whether nothing was held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Height of the correlation above the mean of noise, in standard deviations of noise: in phase over a symbol, in
    /// power over the dwell. It compares cells of one dwell, whatever their motion.
    #[must_use]
    pub fn strength(&self) -> f32 {
        let count = self.symbols.len() as f32;
        if count > 0.0 { (self.grouped::<1>().power(0.0, 0.0) - count) / count.sqrt() } else { 0.0 }
    }

    /// The carrier's offset in hertz that is left over: where the reference signals, taken together over ever longer
    /// stretches, add up best.
    #[must_use]
    pub fn residual_offset(&self) -> f64 {
        let grouped = self.grouped::<GROUPS>();
        // Reach, step and stretch: the reach covers what the stage before leaves open, each stretch resolves its steps.
        let stages = [(700.0, 50.0, STRETCHES[1]), (75.0, 10.0, STRETCHES[2])];
        stages.into_iter().fold(0.0, |centre, (reach, step, stretch)| grouped.best_offset(centre, reach, step, stretch))
    }

    /// The symbols with their elements summed in `N` groups of neighbours. Every symbol has equal weight, so that no burst
    /// of traffic decides.
    fn grouped<const N: usize>(&self) -> Grouped<N> {
        let grouped = |s: &CrsSymbol| {
            let mut groups = [Complex32::ZERO; N];
            for (sum, group) in groups.iter_mut().zip(s.gains.chunks_exact(ELEMENTS / N)) {
                *sum = group.iter().sum::<Complex32>() * s.weight;
            }
            GroupedSymbol { slot: s.slot, is_first: s.is_first, time: s.time, groups }
        };
        Grouped { symbols: self.symbols.iter().map(grouped).collect(), second: self.second }
    }

    /// Delay in seconds of the channel's centre of gravity after the assumed timing, for a carrier `offset` hertz beside
    /// the one assumed: at the dwell's middle, and its growth a second (the clock error left over). `None` without two
    /// symbols apart.
    #[must_use]
    pub fn delay(&self, offset: f64) -> Option<(f64, f64)> {
        let middle = self.middle()?;
        let grouped = self.grouped::<GROUPS>();
        let stretch = STRETCHES
            .into_iter()
            .map(|stretch| (grouped.deviate(offset, stretch), stretch))
            .max_by(|a, b| a.0.total_cmp(&b.0))?
            .1;
        let mut halves = [(Complex32::ZERO, 0.0, 0.0); 2];
        self.grouped::<ELEMENTS>().sums(offset, stretch, |sum_time, sums| {
            let (turn, time, count) = &mut halves[usize::from(sum_time > middle)];
            *turn += sums.windows(2).map(|g| g[1] * g[0].conj()).sum::<Complex32>();
            *time += sum_time;
            *count += 1.0;
        });
        let [early, late] = halves.map(|(turn, time, count)| {
            (count > 0.0).then(|| (-f64::from(turn.arg()) / (std::f64::consts::TAU * ELEMENT_SPACING_HZ), time / count))
        });
        let ((early, t_0), (late, t_1)) = (early?, late?);
        Some((0.5 * (early + late), if t_1 > t_0 { (late - early) / (t_1 - t_0) } else { 0.0 }))
    }

    /// Middle of the dwell in seconds from the frame's start; `None` where it is empty.
    #[must_use]
    pub fn middle(&self) -> Option<f64> {
        Some(0.5 * (self.symbols.first()?.time + self.symbols.last()?.time))
    }
}

impl<const N: usize> Grouped<N> {
    /// Gives the symbols of each run of up to `stretch` seconds summed in phase, turned back by `offset`, with the run's
    /// middle in seconds from the frame's start. Noise gives each sum a power of 1.
    fn sums(&self, offset: f64, stretch: f64, mut take: impl FnMut(f64, &[Complex32; N])) {
        let slot_turn = cis(-offset * SLOT as f64 / BASE_RATE);
        let second_turn = cis(-offset * self.second);
        let mut rest = &self.symbols[..];
        while let Some(first) = rest.first() {
            let (mut slot, mut slot_phase) = (first.slot, Complex32::ONE);
            let mut sums = [Complex32::ZERO; N];
            let (mut count, mut last) = (0, first.time);
            for s in rest.iter().take_while(|s| s.time - first.time <= stretch) {
                while slot < s.slot {
                    slot_phase *= slot_turn;
                    slot += 1;
                }
                let turn = if s.is_first { slot_phase } else { slot_phase * second_turn };
                for (sum, group) in sums.iter_mut().zip(&s.groups) {
                    *sum += group * turn;
                }
                (count, last) = (count + 1, s.time);
            }
            let scale = ((count * ELEMENTS / N) as f32).sqrt().recip();
            take(0.5 * (first.time + last), &sums.map(|sum| sum * scale));
            rest = &rest[count..];
        }
    }

    /// Power of the sums, each of which noise gives 1.
    fn power(&self, offset: f64, stretch: f64) -> f32 {
        let mut power = 0.0;
        self.sums(offset, stretch, |_, sums| power += sums.iter().map(Complex32::norm_sqr).sum::<f32>());
        power
    }

    /// The standard normal deviate that noise exceeds as rarely as the power of the sums: that is a sum of exponential
    /// variables of mean 1, and its cube root nearly normal (Wilson and Hilferty).
    fn deviate(&self, offset: f64, stretch: f64) -> f32 {
        let (mut count, mut total) = (0.0, 0.0);
        self.sums(offset, stretch, |_, sums| {
            count += N as f32;
            total += sums.iter().map(Complex32::norm_sqr).sum::<f32>();
        });
        let spread = 1.0 / (9.0 * f32::max(count, 1.0));
        ((total / f32::max(count, 1.0)).cbrt() - (1.0 - spread)) / spread.sqrt()
    }

    fn best_offset(&self, centre: f64, reach: f64, step: f64, stretch: f64) -> f64 {
        let steps = (reach / step) as i64;
        let metric: Vec<f32> = (-steps..=steps).map(|i| self.power(centre + i as f64 * step, stretch)).collect();
        let best = (0..metric.len()).max_by(|&a, &b| metric[a].total_cmp(&metric[b])).unwrap_or(0);
        let fraction = match metric.get(best.wrapping_sub(1)..best + 2) {
            Some(&[before, at, after]) if before - 2.0 * at + after < 0.0 => {
                0.5 * (before - after) / (before - 2.0 * at + after)
            }
            _ => 0.0,
        };
        centre + (best as f64 - steps as f64 + f64::from(fraction)) * step
    }
}

/// Makes carrier offset and frame timing of `sync` exact by the reference signals of `stream`, `dwell` as collected there,
/// and gives nearly what would be collected at the new place. The clock's excess follows the carrier where `tied` (its
/// nominal frequency in hertz, relative and absolute) is given, else the drift of the timing. `None` where the stream holds
/// no reference symbol.
#[must_use]
pub fn track(
    demodulator: &mut OfdmDemodulator,
    stream: StreamView<'_>,
    sync: &mut CellSync,
    references: &References,
    dwell: &CrsDwell,
    tied: Option<(f64, f64)>,
) -> Option<CrsDwell> {
    let mut dwell = dwell.clone();
    for _ in 0..2 {
        dwell = dwell.without_mbsfn(&mut sync.mbsfn);
        let middle = dwell.middle()?;
        let offset = dwell.residual_offset();
        let (delay, drift) = dwell.delay(offset)?;
        let before = *sync;
        sync.offset.0 += offset;
        let centre = sync.at(middle * BASE_RATE) + delay * BASE_RATE;
        sync.clock_excess = match tied {
            Some((relative, absolute)) => -(sync.offset.0 - relative) / absolute,
            None => sync.clock_excess + drift,
        };
        sync.frame_start = centre - middle * BASE_RATE * (1.0 + sync.clock_excess);
        dwell = match dwell.turned(&before, sync) {
            Some(turned) => turned,
            None => {
                let [collected] = CrsDwell::collect(demodulator, stream, sync, references, [dwell.port], 1);
                collected
            }
        };
    }
    Some(dwell.without_mbsfn(&mut sync.mbsfn))
}
