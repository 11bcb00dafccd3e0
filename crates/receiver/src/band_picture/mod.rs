//! What stands in a band where no cell was found: the receiver's noise, a signal that is none of LTE, or one that may be.
//!
//! In: the samples of a chunk. Out: a [`BandPicture`] of measured values. Three things are measured: where the mean
//! spectrum stands above its floor, whether the amplitude is constant, and whether samples repeat after 1/15 kHz at the
//! times at which OFDM symbols of LTE have their cyclic prefixes (TS 36.211 §6.12), which holds for LTE in either
//! direction, turned over or cut out of a wider carrier, and for 5G with the same spacing.

use lte_dsp::{fft::Transforms, units::SampleRate};
use num_complex::{Complex32, Complex64};

use super::notes::{Note, NoteCode};

/// Width of the spectrum's bins, about.
const BIN_HZ: f64 = 15e3;
/// Transforms summed at most.
const MAX_TRANSFORMS: usize = 512;
/// Bins to either side over which the spectrum is smoothed: 100 kHz in all.
const SMOOTHING: usize = 3;
/// Bins to either side of the centre that hold the receiver's own offset.
const OFFSET_BINS: usize = 3;
/// Part of the recorded band that receivers' filters leave alone, and part in which anything can be seen.
const FLAT_PART: f64 = 0.7;
const SEEN_PART: f64 = 0.9;
/// Power above the floor that is something: 3 dB.
const STANDS_OUT: f64 = 2.0;
/// Share of the band's power that stands out from which on it is no spur of the receiver.
const LEAST_SHARE: f64 = 0.1;
/// Part of the band that a receiver's own filter leaves at least.
const PASSBAND: f64 = 0.72;
/// Kurtosis of the complex amplitude: 2 of Gaussian noise, 1 of a constant amplitude.
const CONSTANT_AMPLITUDE: f64 = 1.2;
/// Narrower signals than this are no LTE carriers: six resource blocks.
const NARROWEST_HZ: f64 = 0.9e6;
/// Length over which cyclic prefixes are summed: a clock 100 ppm off moves by less than one within it.
const PREFIX_SECONDS: f64 = 0.04;
/// Share of the power that repeats at the prefixes, and its ratio to that at other times.
const PREFIX_SHARE: f64 = 0.25;
const PREFIX_CONTRAST: f64 = 3.0;
/// Starts of the prefixes in a slot and their length, in samples at 30.72 MS/s. TS 36.211 Table 6.12-1.
const NORMAL_PREFIXES: [f64; 7] = [0.0, 2208.0, 4400.0, 6592.0, 8784.0, 10976.0, 13168.0];
const EXTENDED_PREFIXES: [f64; 6] = [0.0, 2560.0, 5120.0, 7680.0, 10240.0, 12800.0];
const PREFIX_SAMPLES: f64 = 144.0;
const SYMBOL_SAMPLES: f64 = 2048.0;
const TABLE_RATE_HZ: f64 = 30.72e6;

/// A stretch of the band that stands above the floor.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plateau {
    /// Edges relative to the recording's centre.
    from_hz: f64,
    to_hz: f64,
    /// Mean power over the floor.
    above_db: f64,
}

impl Plateau {
    fn width_hz(&self) -> f64 {
        self.to_hz - self.from_hz
    }
}

/// What was measured of a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPicture {
    recorded_hz: f64,
    /// The widest stretch that stands out.
    plateau: Option<Plateau>,
    /// Share of the power that stands out.
    share: f64,
    kurtosis: f64,
    /// Share of the power that repeats at the cyclic prefixes, where it is more than chance.
    prefixes: Option<f64>,
}

impl BandPicture {
    /// Measures samples at `rate`, whose band is as wide as `recorded`; `None` of too few.
    pub fn measure(samples: &[Complex32], rate: SampleRate, recorded: SampleRate) -> Option<Self> {
        let power = mean_power(samples, rate)?;
        let (plateau, share) = find_plateau(&power, rate.hz() / power.len() as f64, recorded.hz())?;
        let prefixes = [&NORMAL_PREFIXES[..], &EXTENDED_PREFIXES]
            .into_iter()
            .find_map(|starts| prefix_share(samples, rate.hz(), starts));
        Some(Self { recorded_hz: recorded.hz(), plateau, share, kurtosis: kurtosis(samples), prefixes })
    }

    /// What kind of band this is.
    pub fn code(&self) -> NoteCode {
        if self.prefixes.is_some() {
            return NoteCode::NoCell;
        }
        let stands_out = self.plateau.filter(|_| self.share >= LEAST_SHARE);
        match stands_out {
            // A filter's passband is as wide as most of the band, and lies in its middle.
            Some(plateau) if !self.is_passband(&plateau) => NoteCode::NotLte,
            Some(_) | None if self.kurtosis < CONSTANT_AMPLITUDE => NoteCode::NotLte,
            Some(_) | None => NoteCode::Noise,
        }
    }

    /// The reason that no cell was found, in values.
    pub fn note(&self) -> Note {
        let code = self.code();
        let message = match (code, self.plateau) {
            (NoteCode::NoCell, _) => format!(
                "{:.0} % of the power repeats as in OFDM symbols of 15 kHz spacing, but no cell was found: the carrier's \
                 middle may be outside the recorded band, or it is an uplink or 5G; record around the carrier's centre",
                100.0 * self.prefixes.unwrap_or(0.0)
            ),
            (NoteCode::NotLte, Some(plateau)) if self.share >= LEAST_SHARE => {
                let why = if plateau.width_hz() < NARROWEST_HZ {
                    "narrower than the narrowest LTE carrier of 1.08 MHz"
                } else {
                    "without LTE's synchronisation signals and cyclic prefixes"
                };
                format!(
                    "a signal stands {:.0} dB above the noise from {:+.3} to {:+.3} MHz of the centre, {why}",
                    plateau.above_db,
                    plateau.from_hz / 1e6,
                    plateau.to_hz / 1e6
                )
            }
            (NoteCode::NotLte, _) => format!(
                "the amplitude is constant (kurtosis {:.2}; noise and LTE have 2): a modulated carrier that is no LTE",
                self.kurtosis
            ),
            (_, Some(plateau)) if self.share >= LEAST_SHARE => format!(
                "noise fills {:.2} of {:.2} MHz, as a receiver's filter leaves it, and nothing of LTE's structure is in it",
                plateau.width_hz() / 1e6,
                self.recorded_hz / 1e6
            ),
            _ => format!(
                "nothing stands out of the noise: {:.1} % of the power in {:.2} MHz is above the floor",
                100.0 * self.share,
                self.recorded_hz / 1e6
            ),
        };
        Note::new(code, message)
    }

    fn is_passband(&self, plateau: &Plateau) -> bool {
        let middle = f64::midpoint(plateau.from_hz, plateau.to_hz).abs();
        plateau.width_hz() >= PASSBAND * self.recorded_hz && middle < 0.1 * self.recorded_hz
    }
}

/// Mean power a bin, lowest frequency first; `None` where there are too few samples for a few transforms.
fn mean_power(samples: &[Complex32], rate: SampleRate) -> Option<Vec<f64>> {
    let bins = ((rate.hz() / BIN_HZ) as usize).next_power_of_two();
    let last = samples.len().checked_sub(2 * bins)?;
    let window: Vec<f32> =
        (0..bins).map(|i| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / bins as f32).cos()).collect();
    let count = (2 * last / bins).clamp(1, MAX_TRANSFORMS);
    let (mut transforms, mut block, mut power) = (Transforms::new(), vec![Complex32::ZERO; bins], vec![0.0; bins]);
    for i in 0..count {
        let begin = last * i / count;
        for ((out, sample), weight) in block.iter_mut().zip(&samples[begin..]).zip(&window) {
            *out = sample * weight;
        }
        transforms.forward(&mut block);
        power.iter_mut().zip(&block).for_each(|(sum, bin)| *sum += f64::from(bin.norm_sqr()));
    }
    power.rotate_right(bins / 2);
    Some(power)
}

/// The widest stretch above the floor, and the share of the power in all of them; `None` of silence.
fn find_plateau(power: &[f64], bin_hz: f64, recorded_hz: f64) -> Option<(Option<Plateau>, f64)> {
    let middle = power.len() / 2;
    let mut power = power.to_vec();
    // A straight line instead of the receiver's own offset.
    let (left, right) = (power[middle - OFFSET_BINS - 1], power[middle + OFFSET_BINS + 1]);
    power[middle - OFFSET_BINS..=middle + OFFSET_BINS].fill(f64::midpoint(left, right));
    let smooth = |b: usize| {
        let around = &power[b.saturating_sub(SMOOTHING)..(b + SMOOTHING + 1).min(power.len())];
        around.iter().sum::<f64>() / around.len() as f64
    };
    let within = |part: f64| {
        let half = (recorded_hz * part / 2.0 / bin_hz) as usize;
        middle.saturating_sub(half)..(middle + half).min(power.len())
    };
    // The lowest tenth rather than the lowest: the mean of a few transforms varies.
    let mut floors: Vec<f64> = within(FLAT_PART).map(smooth).collect();
    floors.sort_by(f64::total_cmp);
    let inner = floors.get(floors.len() / 50).copied()?;
    let mut outer: Vec<f64> = within(0.8).map(smooth).collect();
    outer.sort_by(f64::total_cmp);
    let floor = outer.get(outer.len() / 50).copied()?.min(inner);
    if floor.is_nan() || power.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let floor = floor.max(f64::MIN_POSITIVE);
    let seen = within(SEEN_PART);
    let total: f64 = power[seen.clone()].iter().sum();
    let (mut excess, mut widest, mut run): (f64, Option<(usize, usize)>, usize) = (0.0, None, 0);
    for b in seen.clone().chain([seen.end]) {
        if b < seen.end && smooth(b) > STANDS_OUT * floor {
            excess += (power[b] - floor).max(0.0);
            run += 1;
        } else {
            if run > widest.map_or(0, |(from, to)| to - from) {
                widest = Some((b - run, b));
            }
            run = 0;
        }
    }
    let plateau = widest.map(|(from, to)| {
        let mean = power[from..to].iter().sum::<f64>() / (to - from) as f64;
        let hz = |b: usize| (b as f64 - middle as f64) * bin_hz;
        Plateau { from_hz: hz(from), to_hz: hz(to), above_db: 10.0 * (mean / floor).log10() }
    });
    Some((plateau, excess / total.max(f64::MIN_POSITIVE)))
}

/// Mean fourth power of the amplitude over the square of its mean square.
fn kurtosis(samples: &[Complex32]) -> f64 {
    let step = samples.len().div_ceil(1 << 16).max(1);
    let (mut squares, mut fourths, mut count) = (0.0, 0.0, 0.0);
    for sample in samples.iter().step_by(step) {
        let square = f64::from(sample.norm_sqr());
        (squares, fourths, count) = (squares + square, fourths + square * square, count + 1.0);
    }
    fourths * count / (squares * squares).max(f64::MIN_POSITIVE)
}

/// Share of the power that repeats one symbol later at prefixes that begin so in every slot; `None` where it is no more
/// than at other times, or by chance.
fn prefix_share(samples: &[Complex32], rate_hz: f64, starts: &[f64]) -> Option<f64> {
    let scale = rate_hz / TABLE_RATE_HZ;
    let (lag, slot) = ((SYMBOL_SAMPLES * scale).round() as usize, (rate_hz * 0.5e-3) as usize);
    // Half of a prefix is left to echoes and to the rounding of its start.
    let width = ((PREFIX_SAMPLES * scale * 0.75) as usize).max(1);
    let end = samples.len().checked_sub(lag)?.min((rate_hz * PREFIX_SECONDS) as usize);
    let slots = end / slot;
    if slots < 4 {
        return None;
    }
    let (mut products, mut energies) = (vec![Complex64::ZERO; slot], vec![0.0; slot]);
    for s in 0..slots {
        let begin = (s as f64 * rate_hz * 0.5e-3).round() as usize;
        for (n, (product, energy)) in products.iter_mut().zip(&mut energies).enumerate() {
            let (Some(a), Some(b)) = (samples.get(begin + n), samples.get(begin + n + lag)) else { break };
            let value = a * b.conj();
            *product += Complex64::new(f64::from(value.re), f64::from(value.im));
            *energy += 0.5 * f64::from(a.norm_sqr() + b.norm_sqr());
        }
    }
    // Running sums of both, around the slot's end.
    let mut sums = vec![(Complex64::ZERO, 0.0)];
    for n in 0..2 * slot {
        let (product, energy) = sums[n];
        sums.push((product + products[n % slot], energy + energies[n % slot]));
    }
    let repeats = |offset: usize| {
        let (mut product, mut energy) = (Complex64::ZERO, 0.0);
        for start in starts {
            let at = (offset + (start * scale).round() as usize) % slot;
            product += sums[at + width].0 - sums[at].0;
            energy += sums[at + width].1 - sums[at].1;
        }
        product.norm() / energy.max(f64::MIN_POSITIVE)
    };
    let mut shares: Vec<f64> = (0..slot).map(repeats).collect();
    shares.sort_by(f64::total_cmp);
    let (middle, top) = (shares[slot / 2], shares[slot - 1]);
    // By chance a mean of this many products is no larger than that: those of one prefix may all be alike.
    let chance = 5.0 / ((slots * starts.len()) as f64).sqrt();
    (top > PREFIX_SHARE.max(chance) && top > PREFIX_CONTRAST * middle).then_some(top)
}

#[cfg(test)]
mod tests;
