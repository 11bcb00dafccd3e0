//! Sums of reference symbols over ever longer runs: at the carrier's true offset they add up in phase.

use num_complex::Complex32;

use super::confirm::{BASE_RATE, ELEMENTS};
use crate::{
    frontend::{mixer::cis, ofdm::SLOT},
    kernels::turned_sums::{AT_ONCE, GROUPS, SymbolSums, Turns, add_run_power},
};

/// Offsets that are tried at most.
const MAX_OFFSETS: usize = 32;

/// Memory for the sums of a dwell's symbols.
#[derive(Default)]
pub struct Scratch {
    /// In groups.
    pub(super) groups: Vec<SymbolSums<GROUPS>>,
    /// Each element alone.
    pub(super) elements: Vec<SymbolSums<ELEMENTS>>,
}

/// Reference symbols whose elements are summed in groups.
pub(super) struct RunSums<'a, const N: usize> {
    symbols: &'a [SymbolSums<N>],
    /// Seconds from a slot's first reference symbol to its second.
    second: f64,
}

impl<'a, const N: usize> RunSums<'a, N> {
    /// Those of `symbols`, kept in `memory`.
    pub(super) fn new(
        memory: &'a mut Vec<SymbolSums<N>>,
        symbols: impl Iterator<Item = SymbolSums<N>>,
        second: f64,
    ) -> Self {
        memory.clear();
        memory.extend(symbols);
        Self { symbols: memory, second }
    }

    /// Gives the symbols of each run of up to `stretch` seconds summed in phase, turned back by `offset`, with the run's
    /// middle in seconds from the frame's start. Noise gives each sum a power of 1.
    pub(super) fn sums(&self, offset: f64, stretch: f64, mut take: impl FnMut(f64, &[Complex32; N])) {
        let slot_turn = cis(-offset * SLOT as f64 / BASE_RATE);
        let second_turn = cis(-offset * self.second);
        let mut rest = self.symbols;
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

    /// The standard normal deviate that noise exceeds as rarely as the power of the sums: that is a sum of exponential
    /// variables of mean 1, and its cube root nearly normal (Wilson and Hilferty).
    pub(super) fn deviate(&self, offset: f64, stretch: f64) -> f32 {
        let (mut count, mut total) = (0.0, 0.0);
        self.sums(offset, stretch, |_, sums| {
            count += N as f32;
            total += sums.iter().map(Complex32::norm_sqr).sum::<f32>();
        });
        let spread = 1.0 / (9.0 * f32::max(count, 1.0));
        ((total / f32::max(count, 1.0)).cbrt() - (1.0 - spread)) / spread.sqrt()
    }
}

impl RunSums<'_, GROUPS> {
    /// The offset within `reach` of `centre`, to a fraction of a `step`, at which runs of up to `stretch` seconds have most power.
    pub(super) fn best_offset(&self, centre: f64, reach: f64, step: f64, stretch: f64) -> f64 {
        let steps = (reach / step) as i64;
        let offset = |i: usize| centre + (i as i64 - steps) as f64 * step;
        let mut metric = [0.0; MAX_OFFSETS];
        let metric = &mut metric[..(2 * steps as usize + 1).min(MAX_OFFSETS)];
        for (i, powers) in metric.chunks_mut(AT_ONCE).enumerate() {
            let all = self.powers(&std::array::from_fn(|n| offset(AT_ONCE * i + n)), stretch);
            powers.copy_from_slice(&all[..powers.len()]);
        }
        let best = (0..metric.len()).max_by(|&a, &b| metric[a].total_cmp(&metric[b])).unwrap_or(0);
        let fraction = match metric.get(best.wrapping_sub(1)..best + 2) {
            Some(&[before, at, after]) if before - 2.0 * at + after < 0.0 => {
                0.5 * (before - after) / (before - 2.0 * at + after)
            }
            _ => 0.0,
        };
        centre + (best as f64 - steps as f64 + f64::from(fraction)) * step
    }

    /// Power of the sums at each of these offsets, of which noise gives each 1.
    fn powers(&self, offsets: &[f64; AT_ONCE], stretch: f64) -> [f32; AT_ONCE] {
        let slot = Turns::new(offsets.map(|offset| cis(-offset * SLOT as f64 / BASE_RATE)));
        let second = Turns::new(offsets.map(|offset| cis(-offset * self.second)));
        let mut powers = [0.0; AT_ONCE];
        let mut rest = self.symbols;
        while let Some(first) = rest.first() {
            let count = rest.iter().take_while(|s| s.time - first.time <= stretch).count();
            let (run, after) = rest.split_at(count);
            let weight = GROUPS as f32 / (count * ELEMENTS) as f32;
            add_run_power(run, &slot, &second, weight, &mut powers);
            rest = after;
        }
        powers
    }
}
