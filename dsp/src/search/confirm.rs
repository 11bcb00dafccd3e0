//! Reference signals decide whether a candidate is a cell, and make its carrier and clock exact. TS 36.211 §6.10.1.

use num_complex::Complex32;

use crate::{
    cell::{Bandwidth, Duplex},
    frontend::{
        channelise::StreamView,
        mixer::cis,
        ofdm::{CellSync, FRAME, OfdmDemodulator, SLOT, symbol_start},
    },
    sequences::crs::{crs_offset, crs_sequence},
};

/// Elements of port 0 a symbol in the middle six resource blocks, 90 kHz apart.
pub const ELEMENTS: usize = 12;
const ELEMENT_SPACING_HZ: f64 = 90e3;
/// Elements summed before a product with another symbol's: flat for any delay spread the prefix allows.
const GROUP: usize = 3;
const GROUPS: usize = ELEMENTS / GROUP;

/// One reference symbol of port 0.
#[derive(Debug, Clone, Copy)]
struct CrsSymbol {
    /// Slot, counted from the frame's start.
    slot: i64,
    /// Whether it is the slot's first symbol.
    is_first: bool,
    /// Time from the frame's start in seconds.
    time: f64,
    /// y·r* by element: the channel and its noise.
    gains: [Complex32; ELEMENTS],
    /// Power of all 72 elements of the symbol.
    total: f32,
}

/// Port 0's reference symbols in the middle six resource blocks over a dwell, in time order.
#[derive(Debug, Clone, Default)]
pub struct CrsDwell {
    symbols: Vec<CrsSymbol>,
}

/// What a dwell's reference signals say about the radio channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelStatistics {
    /// Power of a reference element of port 0; 1 is a full-scale tone.
    pub power: f32,
    /// Noise and interference power of a resource element.
    pub noise: f32,
    /// Root mean square delay spread in seconds.
    pub delay_spread: f32,
    /// Largest Doppler shift in hertz, as Jakes' spectrum would have it.
    pub doppler: f32,
    /// Reference signal received quality, N·RSRP/RSSI over N = 6 resource blocks. TS 36.214 §5.1.3.
    pub quality: f32,
}

/// Whether every subframe of this number is a downlink one, whatever the TDD assignment. TS 36.211 Table 4.2-2.
#[must_use]
pub fn always_downlink(duplex: Duplex, subframe: i64) -> bool {
    duplex == Duplex::Fdd || subframe.rem_euclid(5) == 0
}

impl CrsDwell {
    /// Collects the reference symbols that a stream at 1.92 MS/s or more holds.
    #[must_use]
    pub fn collect(demodulator: &mut OfdmDemodulator, stream: StreamView<'_>, sync: &CellSync) -> Self {
        let second = sync.cp.symbols_per_slot() - 3;
        let table: Vec<_> = (0..20)
            .flat_map(|n_s| [(n_s, 0), (n_s, second)])
            .map(|(n_s, l)| {
                let r: Vec<Complex32> = crs_sequence(sync.pci, sync.cp, Bandwidth::Rb6, n_s, l).collect();
                (crs_offset(sync.pci, 0, n_s, l), r)
            })
            .collect();
        let slot_len = SLOT as f64 * (1.0 + sync.clock_excess);
        let first_slot = (-sync.frame_start / slot_len).floor() as i64;
        let slots = (stream.samples.len() as f64 / stream.multiple() as f64 / slot_len) as i64 + 1;
        let mut y = [Complex32::ZERO; 72];
        let mut symbols = Vec::new();
        for slot in first_slot..=first_slot + slots {
            if !always_downlink(sync.duplex, slot.div_euclid(2)) {
                continue;
            }
            for l in [0, second] {
                if !demodulator.symbol(stream, sync, slot, l, &mut y) {
                    continue;
                }
                let (offset, r) = &table[2 * slot.rem_euclid(20) as usize + usize::from(l != 0)];
                let gains = std::array::from_fn(|m| y[6 * m + offset] * r[m].conj());
                let time = (slot as f64 * SLOT as f64 + symbol_start(sync.cp, l) as f64) / 1.92e6;
                let total = y.iter().map(Complex32::norm_sqr).sum();
                symbols.push(CrsSymbol { slot, is_first: l == 0, time, gains, total });
            }
        }
        Self { symbols }
    }

    /// Whether nothing was held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Height of the summed correlation above the mean of noise, in standard deviations of noise.
    #[must_use]
    pub fn strength(&self) -> f32 {
        let (mut sum, mut count) = (0.0, 0.0);
        for s in &self.symbols {
            let power: f32 = s.gains.iter().map(Complex32::norm_sqr).sum();
            if power > 0.0 {
                sum += s.gains.iter().sum::<Complex32>().norm_sqr() / power;
                count += 1.0;
            }
        }
        if count > 0.0 { (sum - count) / f32::sqrt(count) } else { 0.0 }
    }

    /// The carrier's offset in hertz that is left over: where the reference signals, taken together over ever longer
    /// stretches, add up best.
    #[must_use]
    pub fn residual_offset(&self) -> f64 {
        // Reach, step and stretch: each stage's reach is some steps of the one before, each stretch resolves its steps.
        let stages = [(700.0, 100.0, 1.1e-3), (200.0, 25.0, 5.6e-3), (50.0, 5.0, 20.6e-3)];
        stages.into_iter().fold(0.0, |centre, (reach, step, stretch)| self.best_offset(centre, reach, step, stretch))
    }

    fn best_offset(&self, centre: f64, reach: f64, step: f64, stretch: f64) -> f64 {
        let steps = (reach / step) as i64;
        let metric: Vec<f32> =
            (-steps..=steps).map(|i| self.coherent_power(centre + i as f64 * step, stretch)).collect();
        let best = (0..metric.len()).max_by(|&a, &b| metric[a].total_cmp(&metric[b])).unwrap_or(0);
        let fraction = match metric.get(best.wrapping_sub(1)..best + 2) {
            Some(&[before, at, after]) if before - 2.0 * at + after < 0.0 => {
                0.5 * (before - after) / (before - 2.0 * at + after)
            }
            _ => 0.0,
        };
        centre + (best as f64 - steps as f64 + f64::from(fraction)) * step
    }

    /// Σ over stretches and groups of elements of |Σ gains turned back by `offset`|².
    fn coherent_power(&self, offset: f64, stretch: f64) -> f32 {
        let mut total = 0.0;
        let mut sums = [Complex32::ZERO; GROUPS];
        let mut begin = f64::NEG_INFINITY;
        for s in &self.symbols {
            if s.time - begin > stretch {
                total += sums.iter().map(Complex32::norm_sqr).sum::<f32>();
                sums = [Complex32::ZERO; GROUPS];
                begin = s.time;
            }
            let turn = cis(-offset * s.time);
            for (sum, group) in sums.iter_mut().zip(s.gains.chunks_exact(GROUP)) {
                *sum += group.iter().sum::<Complex32>() * turn;
            }
        }
        total + sums.iter().map(Complex32::norm_sqr).sum::<f32>()
    }

    /// Delay in seconds of the channel's centre of gravity after the assumed timing: at time 0 of the dwell's middle,
    /// and its growth a second (the clock error left over). `None` without two symbols apart.
    #[must_use]
    pub fn delay(&self) -> Option<(f64, f64)> {
        let middle = self.middle()?;
        let half = |late: bool| {
            let mut turn = Complex32::ZERO;
            let (mut time, mut count) = (0.0, 0.0);
            for s in self.symbols.iter().filter(|s| (s.time > middle) == late) {
                turn += s.gains.windows(2).map(|g| g[1] * g[0].conj()).sum::<Complex32>();
                time += s.time;
                count += 1.0;
            }
            (count > 0.0).then(|| (-f64::from(turn.arg()) / (std::f64::consts::TAU * ELEMENT_SPACING_HZ), time / count))
        };
        let ((early, t_0), (late, t_1)) = (half(false)?, half(true)?);
        Some((0.5 * (early + late), if t_1 > t_0 { (late - early) / (t_1 - t_0) } else { 0.0 }))
    }

    /// Middle of the dwell in seconds from the frame's start; `None` where it is empty.
    #[must_use]
    pub fn middle(&self) -> Option<f64> {
        Some(0.5 * (self.symbols.first()?.time + self.symbols.last()?.time))
    }

    /// Power, noise, delay spread and Doppler. `None` with fewer than three slots in a row.
    #[must_use]
    pub fn statistics(&self) -> Option<ChannelStatistics> {
        let firsts: Vec<&CrsSymbol> = self.symbols.iter().filter(|s| s.is_first).collect();
        let seconds: Vec<&CrsSymbol> = self.symbols.iter().filter(|s| !s.is_first).collect();
        // Noise: each symbol against the next of its kind. Two slots apart the channel has hardly moved.
        let (mut noise, mut pairs) = (0f64, 0f64);
        let mut correlation = [Correlation::default(); 3];
        for kind in [&firsts, &seconds] {
            for pair in kind.windows(2).filter(|p| p[1].slot - p[0].slot == 1) {
                for (a, b) in pair[0].gains.iter().zip(&pair[1].gains) {
                    noise += f64::from((a - b).norm_sqr()) / 2.0;
                    pairs += 1.0;
                }
                correlation[0].add(pair[0], pair[1]);
            }
            for (i, a) in kind.iter().enumerate() {
                for b in kind[i + 1..].iter().take_while(|b| b.slot - a.slot <= 10) {
                    if b.slot - a.slot == 10 {
                        correlation[1].add(a, b);
                    }
                }
            }
        }
        if pairs == 0.0 {
            return None;
        }
        let mut frequency = [Complex32::ZERO; 2];
        let mut total = 0f64;
        for s in &self.symbols {
            total += s.gains.iter().map(|g| f64::from(g.norm_sqr())).sum::<f64>();
            for (lag, sum) in frequency.iter_mut().enumerate() {
                *sum += s.gains.windows(lag + 2).map(|g| g[lag + 1] * g[0].conj()).sum::<Complex32>()
                    / (ELEMENTS - lag - 1) as f32;
            }
        }
        let noise = noise / pairs;
        let power = (total / (self.symbols.len() * ELEMENTS) as f64 - noise).max(noise * 1e-3);
        // A Gaussian profile of spread τ correlates over Δf as exp(-2(πτΔf)²); lags of one and two elements.
        let fall = fall(frequency[0].norm(), frequency[1].norm());
        let delay_spread = (fall / (6.0 * std::f32::consts::PI.powi(2))).sqrt() / ELEMENT_SPACING_HZ as f32;
        // Jakes: J0(2πf_D·t) ≈ exp(-(πf_D·t)²) for its first fall; 0.5 ms and 5 ms.
        let decay = self::fall(correlation[0].mean(), correlation[1].mean());
        let doppler = (decay / (5e-3f32.powi(2) - 0.5e-3f32.powi(2))).sqrt() / std::f32::consts::PI;
        let rssi = self.symbols.iter().map(|s| f64::from(s.total)).sum::<f64>() / self.symbols.len() as f64;
        Some(ChannelStatistics {
            quality: (6.0 * power / rssi.max(f64::MIN_POSITIVE)) as f32,
            power: power as f32,
            noise: noise as f32,
            delay_spread: delay_spread.clamp(5e-8, 3e-6),
            doppler: doppler.clamp(2.0, 400.0),
        })
    }
}

/// -ln(later/earlier), at least 0.
fn fall(earlier: f32, later: f32) -> f32 {
    if earlier > 0.0 && later > 0.0 {
        (earlier / later).ln().max(0.0)
    } else if earlier > 0.0 {
        9.0
    } else {
        0.0
    }
}

/// A running mean of the correlation of symbol pairs.
#[derive(Clone, Copy, Default)]
struct Correlation {
    sum: Complex32,
    count: f32,
}

impl Correlation {
    fn add(&mut self, a: &CrsSymbol, b: &CrsSymbol) {
        self.sum += a.gains.iter().zip(&b.gains).map(|(a, b)| b * a.conj()).sum::<Complex32>();
        self.count += 1.0;
    }

    fn mean(&self) -> f32 {
        if self.count > 0.0 { self.sum.norm() / self.count } else { 0.0 }
    }
}

/// Samples at 1.92 MS/s a second.
const BASE_RATE: f64 = FRAME as f64 * 100.0;

/// Makes carrier offset and frame timing of `sync` exact by the reference signals of `stream`, and gives the dwell's
/// symbols with them. The clock's excess follows the carrier where `carrier` (its nominal frequency in hertz, relative
/// and absolute) is given, else the drift of the timing. `None` where the stream holds no reference symbol.
#[must_use]
pub fn track(
    demodulator: &mut OfdmDemodulator,
    stream: StreamView<'_>,
    sync: &mut CellSync,
    tied: Option<(f64, f64)>,
) -> Option<CrsDwell> {
    for _ in 0..2 {
        let dwell = CrsDwell::collect(demodulator, stream, sync);
        let middle = dwell.middle()?;
        sync.offset.0 += dwell.residual_offset();
        let (delay, drift) = dwell.delay()?;
        let centre = sync.at(middle * BASE_RATE) + delay * BASE_RATE;
        sync.clock_excess = match tied {
            Some((relative, absolute)) => -(sync.offset.0 - relative) / absolute,
            None => sync.clock_excess + drift,
        };
        sync.frame_start = centre - middle * BASE_RATE * (1.0 + sync.clock_excess);
    }
    let dwell = CrsDwell::collect(demodulator, stream, sync);
    (!dwell.is_empty()).then_some(dwell)
}
