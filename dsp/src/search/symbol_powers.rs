//! Power of each symbol's length of a band: what a PSS that starts there is measured against.
//!
//! In: the block spectra. Out: by place, what makes the correlation of a PSS with noise of that power 1. Neither a gain step,
//! nor a burst of traffic or of somebody else, nor symbols beside it that are much stronger decide over a PSS: it counts by
//! its share of its own symbol.

use num_complex::Complex32;

use super::pss::{ELEMENTS, SYMBOL};
use crate::{
    fft::Transforms,
    frontend::spectra::{BlockSpectra, HOP},
    kernels::complex,
};

/// Power of a symbol's length against its block's below which there is nothing: 50 dB less, where filters ring.
const LEAST_SHARE: f32 = 1e-5;

/// Of some blocks around one bin; keeps the memory that this takes.
pub struct SymbolPowers {
    fft: Transforms,
    /// 1 in the band of the PSS, 0 beside it.
    band: Vec<Complex32>,
    block: Vec<Complex32>,
    powers: Vec<f32>,
    /// First block measured.
    first: usize,
    /// `HOP` weights a block, all 0 in a block without power.
    weights: Vec<f32>,
}

impl SymbolPowers {
    /// Nothing yet, of spectra of `block_len` search-rate samples a block.
    #[must_use]
    pub fn new(block_len: usize) -> Self {
        let reach = block_len * (ELEMENTS / 2) / SYMBOL;
        let is_inside = |k: usize| k <= reach || k >= block_len - reach;
        let band = (0..block_len).map(|k| Complex32::new(f32::from(u8::from(is_inside(k))), 0.0)).collect();
        Self {
            fft: Transforms::new(),
            band,
            block: vec![Complex32::ZERO; block_len],
            powers: vec![0.0; HOP + SYMBOL - 1],
            first: 0,
            weights: Vec::new(),
        }
    }

    /// Becomes those of `blocks` around `bin`, in the same memory.
    ///
    /// # Panics
    /// If `spectra` has another block length or not all of the blocks.
    pub fn renew(&mut self, spectra: &BlockSpectra, bin: i64, blocks: std::ops::Range<usize>) {
        assert_eq!(spectra.block_len(), self.band.len(), "made for another block length");
        let Self { fft, band, block, powers, .. } = self;
        self.first = blocks.start;
        self.weights.clear();
        self.weights.reserve(blocks.len() * HOP);
        for b in blocks {
            spectra.band_times(b, bin, band, block);
            fft.inverse(block);
            complex::powers(block, powers);
            let mean = powers.iter().sum::<f32>() * (SYMBOL as f32 / powers.len() as f32);
            // Each step doubles the length of the sums.
            for reach in (0..SYMBOL.ilog2()).map(|step| 1 << step) {
                complex::add_later(powers, reach);
            }
            let least = LEAST_SHARE * mean;
            // Of noise the replica's correlation has the power of all the band's elements, as the sums have.
            let weight = |power: &f32| if least > 0.0 { power.max(least).recip() } else { 0.0 };
            self.weights.extend(powers[..HOP].iter().map(weight));
        }
    }

    /// The weights of block `b`; `None` of a block without power.
    ///
    /// # Panics
    /// If `b` was not measured.
    pub(super) fn weights(&self, b: usize) -> Option<&[f32]> {
        let weights = &self.weights[(b - self.first) * HOP..][..HOP];
        (weights[0] > 0.0).then_some(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SampleRate;

    /// A tone in the band weighs by its power wherever that changes; one beside the band does not count, and silence weighs
    /// nothing.
    #[test]
    fn a_symbol_weighs_by_its_own_power() {
        let rate = SampleRate::LTE_1_4_MHZ;
        let spectra = |bin: f32, gain: &dyn Fn(usize) -> f32| {
            let turn = |n: usize| Complex32::cis(std::f32::consts::TAU * bin * 937.5 / 1.92e6 * n as f32);
            let samples: Vec<Complex32> = (0..9600).map(|n| turn(n) * gain(n)).collect();
            BlockSpectra::new(&mut Transforms::new(), &samples, rate)
        };
        let measured = |spectra: &BlockSpectra| {
            let mut powers = SymbolPowers::new(spectra.block_len());
            powers.renew(spectra, 40, 1..4);
            powers
        };
        let steady = measured(&spectra(50.0, &|_| 1.0));
        let level = steady.weights(1).expect("power")[0];
        // From 1.5 ms on 30 dB stronger.
        let stepped = measured(&spectra(50.0, &|n| if n < 2880 { 1.0 } else { 31.6 }));
        let [before, after] = [100, 700].map(|n| stepped.weights(1).expect("power")[n] / level);
        assert!((before - 1.0).abs() < 0.1 && (after * 1000.0 - 1.0).abs() < 0.1, "{before} {after}");
        let beside = measured(&spectra(40.0 + 530.0, &|_| 1.0));
        assert!(beside.weights(2).is_none_or(|weights| weights[480] > 1e3 * level));
        assert_eq!(measured(&spectra(50.0, &|_| 0.0)).weights(1), None);
    }
}
