//! OFDM baseband signal generation. TS 36.211 §6.12.

use std::sync::Arc;

use lte_dsp::{cell::CyclicPrefix, grid::ResourceGrid};
use num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

/// Subcarrier spacing Δf in hertz.
pub const DELTA_F_HZ: f64 = 15_000.0;

/// Turns grids into samples at one rate, `points` · 15 kHz.
pub struct OfdmModulator {
    cp: CyclicPrefix,
    points: usize,
    fft: Arc<dyn Fft<f32>>,
    symbol: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl OfdmModulator {
    /// A modulator with `points` samples a useful symbol.
    ///
    /// # Panics
    /// Unless `points` is a multiple of 128, where all prefixes are whole samples.
    #[must_use]
    pub fn new(cp: CyclicPrefix, points: usize) -> Self {
        assert!(points > 0 && points.is_multiple_of(128), "{points} points are not a multiple of 128");
        let fft = FftPlanner::new().plan_fft_inverse(points);
        let scratch = vec![Complex32::ZERO; fft.get_inplace_scratch_len()];
        Self { cp, points, fft, symbol: vec![Complex32::ZERO; points], scratch }
    }

    /// Samples of one subframe.
    #[must_use]
    pub fn samples_per_subframe(&self) -> usize {
        15 * self.points
    }

    /// Appends one subframe's samples to `out`. An element of energy 1 becomes a tone of power 1 (s_l(t) has no factor).
    ///
    /// # Panics
    /// If the grid is wider than the rate can hold.
    pub fn modulate(&mut self, grid: &ResourceGrid, out: &mut Vec<Complex32>) {
        let half = grid.subcarriers() / 2;
        assert!(half < self.points / 2, "{half} subcarriers a side do not fit {} points", self.points);
        for l in 0..grid.symbols() {
            let elements = grid.symbol(l);
            let prefix = prefix_samples(self.cp, self.points, l % self.cp.symbols_per_slot());
            if elements.iter().all(|a| *a == Complex32::ZERO) {
                out.resize(out.len() + prefix + self.points, Complex32::ZERO);
                continue;
            }
            self.symbol.fill(Complex32::ZERO);
            self.symbol[self.points - half..].copy_from_slice(&elements[..half]);
            self.symbol[1..=half].copy_from_slice(&elements[half..]);
            self.fft.process_with_scratch(&mut self.symbol, &mut self.scratch);
            out.extend_from_slice(&self.symbol[self.points - prefix..]);
            out.extend_from_slice(&self.symbol);
        }
    }
}

/// N_CP,l in samples at `points` · 15 kHz, for symbol `l` of a slot. TS 36.211 Table 6.12-1.
#[must_use]
pub fn prefix_samples(cp: CyclicPrefix, points: usize, l: usize) -> usize {
    let t_s = match (cp, l) {
        (CyclicPrefix::Normal, 0) => 160,
        (CyclicPrefix::Normal, _) => 144,
        (CyclicPrefix::Extended, _) => 512,
    };
    t_s * points / 2048
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Bandwidth;

    use super::*;

    /// Demodulates by the definition: the sum over one useful symbol, divided by its length.
    fn element(samples: &[Complex32], points: usize, start: usize, offset: i64) -> Complex32 {
        let sum: Complex32 = (0..points)
            .map(|n| {
                let turns = (offset * n as i64).rem_euclid(points as i64) as f64 / points as f64;
                let angle = -std::f64::consts::TAU * turns;
                samples[start + n] * Complex32::new(angle.cos() as f32, angle.sin() as f32)
            })
            .sum();
        sum / points as f32
    }

    #[test]
    fn elements_come_back_with_both_prefixes() {
        for (cp, points) in [(CyclicPrefix::Normal, 128), (CyclicPrefix::Extended, 384)] {
            let mut grid = ResourceGrid::new(cp, Bandwidth::Rb6);
            for (i, a) in grid.elements_mut().iter_mut().enumerate() {
                *a = Complex32::from_polar(1.0, i as f32);
            }
            let mut out = Vec::new();
            let mut modulator = OfdmModulator::new(cp, points);
            modulator.modulate(&grid, &mut out);
            assert_eq!(out.len(), modulator.samples_per_subframe());
            let mut start = 0;
            for l in 0..grid.symbols() {
                let prefix = prefix_samples(cp, points, l % cp.symbols_per_slot());
                start += prefix;
                assert!((0..prefix).all(|n| out[start - 1 - n] == out[start + points - 1 - n]), "prefix of {l}");
                for (k, offset) in [(0, -36), (35, -1), (36, 1), (71, 36)] {
                    let got = element(&out, points, start, offset);
                    assert!((got - grid[(l, k)]).norm() < 1e-4, "l {l} k {k}");
                }
                start += points;
            }
        }
    }
}
