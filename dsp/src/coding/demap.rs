//! Modulation mapper and its soft inverse. TS 36.211 §7.1.

use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

use num_complex::Complex32;

use crate::coding::llr::Llr;

/// Modulation scheme of a physical channel. TS 36.211 §7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modulation {
    /// Two bits a symbol. TS 36.211 §7.1.2.
    Qpsk,
    /// Four bits a symbol. TS 36.211 §7.1.3.
    Qam16,
    /// Six bits a symbol. TS 36.211 §7.1.4.
    Qam64,
}

impl Modulation {
    /// Q_m, bits a symbol.
    #[must_use]
    pub const fn bits_per_symbol(self) -> usize {
        match self {
            Self::Qpsk => 2,
            Self::Qam16 => 4,
            Self::Qam64 => 6,
        }
    }

    /// Maps bits to symbols of unit mean power; bits that do not fill a symbol are left out. TS 36.211 §7.1.2–7.1.4.
    pub fn modulate(self, bits: &[u8]) -> impl Iterator<Item = Complex32> {
        bits.chunks_exact(self.bits_per_symbol()).map(move |b| {
            // Even bits make I, odd bits Q; the first gives the sign, the others the level.
            Complex32::new(self.level(b, 0), self.level(b, 1))
        })
    }

    /// The level of the axis whose bits stand at `first`, `first` + 2, ….
    fn level(self, b: &[u8], first: usize) -> f32 {
        let bit = |i: usize| 1.0 - 2.0 * f32::from(b[first + 2 * i] & 1);
        match self {
            Self::Qpsk => bit(0) * FRAC_1_SQRT_2,
            Self::Qam16 => bit(0) * (2.0 - bit(1)) / 10f32.sqrt(),
            Self::Qam64 => bit(0) * (4.0 - bit(1) * (2.0 - bit(2))) / 42f32.sqrt(),
        }
    }
}

/// Soft bits of QPSK symbols: 2√2·Re(x)/σ² and 2√2·Im(x)/σ². TS 36.211 §7.1.2.
///
/// `symbols` are equalised to unit power, `noise` is σ² of each, the complex noise power after equalising; `llrs`
/// takes two a symbol. The shortest slice ends the work. A noise power that is not positive gives 0, unknown.
pub fn demap_qpsk(symbols: &[Complex32], noise: &[f32], llrs: &mut [Llr]) {
    for ((x, noise), llr) in symbols.iter().zip(noise).zip(llrs.chunks_exact_mut(2)) {
        let gain = if *noise > 0.0 { 2.0 * SQRT_2 / noise } else { 0.0 };
        llr[0] = gain * x.re;
        llr[1] = gain * x.im;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(modulation: Modulation) -> Vec<Complex32> {
        let q_m = modulation.bits_per_symbol();
        let bits: Vec<u8> = (0..1 << q_m).flat_map(|i| (0..q_m).rev().map(move |b| (i >> b & 1) as u8)).collect();
        modulation.modulate(&bits).collect()
    }

    /// Rows of Tables 7.1.2-1, 7.1.3-1 and 7.1.4-1: first, last and some between.
    #[test]
    fn points_are_the_printed_ones() {
        let cases = [
            (Modulation::Qpsk, 2f32, vec![(0b00, 1, 1), (0b01, 1, -1), (0b10, -1, 1), (0b11, -1, -1)]),
            (Modulation::Qam16, 10.0, vec![(0b0000, 1, 1), (0b0001, 1, 3), (0b0110, 3, -1), (0b1111, -3, -3)]),
            (Modulation::Qam64, 42.0, vec![(0, 3, 3), (0b000101, 3, 7), (0b001000, 5, 3), (0b111111, -7, -7)]),
        ];
        for (modulation, power, rows) in cases {
            let symbols = symbols(modulation);
            for (bits, i, q) in rows {
                let expected = Complex32::new(i as f32, q as f32) / power.sqrt();
                assert!((symbols[bits] - expected).norm() < 1e-6, "{modulation:?} {bits:b}: {}", symbols[bits]);
            }
            let mean = symbols.iter().map(Complex32::norm_sqr).sum::<f32>() / symbols.len() as f32;
            assert!((mean - 1.0).abs() < 1e-6, "{modulation:?} {mean}");
        }
    }

    /// The definition: ln of the ratio of the two likelihoods summed over the points.
    #[test]
    fn soft_bits_are_log_likelihood_ratios() {
        let (x, noise) = (Complex32::new(0.3, -0.9), 0.7f32);
        let points = symbols(Modulation::Qpsk);
        let likelihood = |index: usize| (-(x - points[index]).norm_sqr() / noise).exp();
        let mut llrs = [0.0; 2];
        demap_qpsk(&[x], &[noise], &mut llrs);
        let first = ((likelihood(0) + likelihood(1)) / (likelihood(2) + likelihood(3))).ln();
        let second = ((likelihood(0) + likelihood(2)) / (likelihood(1) + likelihood(3))).ln();
        assert!((llrs[0] - first).abs() < 1e-4 && (llrs[1] - second).abs() < 1e-4, "{llrs:?}");
    }

    #[test]
    fn no_noise_power_means_unknown() {
        for noise in [0.0, -1.0, f32::NAN] {
            let mut llrs = [9.0; 2];
            demap_qpsk(&[Complex32::new(1.0, 1.0)], &[noise], &mut llrs);
            assert_eq!(llrs, [0.0; 2]);
        }
    }
}
