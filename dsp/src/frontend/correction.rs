//! What a direct-conversion receiver adds to its samples, found blindly and taken off: a DC offset, and an image of the
//! spectrum about its centre where I and Q differ in gain or are not at right angles.
//!
//! In: samples. Out: the same samples, untouched where nothing stands out. The offset is followed from block to block,
//! as gain steps move it; the imbalance is one number for all of them.
//!
//! With y = α·x + β·x*, a signal x whose phase prefers no direction (E\[x²\] = 0) gives E\[y²\] / E\[|y|²\] = 2w / (1 + |w|²)
//! with w = β / α*, and y - w·y* is free of x*.

use multiversion::multiversion;
use num_complex::{Complex32, Complex64};

/// Blocks that an estimate needs: fewer tell nothing of its scatter.
const LEAST_BLOCKS: usize = 4;
/// Standard errors that an estimate must stand out by.
const SIGNIFICANT: f64 = 5.0;
/// Smallest |w| that is corrected: an image 40 dB down. Below lies what the synchronisation signals, which do prefer
/// directions, feign in an idle cell.
const LEAST_IMBALANCE: f64 = 0.01;
/// Largest |E\[y²\]| / E\[|y|²\] that is believed to be an imbalance: an image 10 dB down. Beyond, the signal is no complex
/// one at all.
const MAX_IMPROPER: f64 = 0.57;

/// What was taken off.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Correction {
    /// The mean DC offset, zero where none was found.
    pub dc: Complex64,
    /// w = β / α*, zero where no imbalance was found.
    pub image: Complex64,
}

/// Takes DC offset and image off stretches of samples.
pub struct Corrector {
    /// Samples of a block.
    block_len: usize,
    /// One a block.
    moments: Vec<Moments>,
}

impl Corrector {
    /// One that makes its estimates a block of `block_len` samples, 5 ms or so.
    ///
    /// # Panics
    /// If `block_len` is zero.
    #[must_use]
    pub fn new(block_len: usize) -> Self {
        assert!(block_len > 0, "blocks hold samples");
        Self { block_len, moments: Vec::new() }
    }

    /// Takes both off, as far as they are found in these samples.
    pub fn correct(&mut self, samples: &mut [Complex32]) -> Correction {
        let Self { block_len, moments } = self;
        moments.clear();
        moments.extend(samples.chunks_exact(*block_len).map(self::moments));
        let dc = significant_mean(moments.iter().map(|m| m.mean)).unwrap_or_default();
        if dc != Complex64::ZERO {
            // What follows the last whole block has that one's offset.
            let offsets = moments.iter().chain(std::iter::repeat(&moments[moments.len() - 1]));
            for (block, moments) in samples.chunks_mut(*block_len).zip(offsets) {
                let offset = narrow(moments.mean);
                block.iter_mut().for_each(|x| *x -= offset);
            }
        }
        let image = significant_mean(moments.iter().filter_map(|m| m.improperness(dc != Complex64::ZERO)))
            .filter(|kappa| kappa.norm() < MAX_IMPROPER)
            .map(|kappa| kappa / (1.0 + (1.0 - kappa.norm_sqr()).sqrt()))
            .filter(|w| w.norm() > LEAST_IMBALANCE)
            .unwrap_or_default();
        if image != Complex64::ZERO {
            remove_image(samples, narrow(image));
        }
        Correction { dc, image }
    }
}

/// First and second moments of a block.
struct Moments {
    /// E[y].
    mean: Complex64,
    /// E[|y|²].
    power: f64,
    /// E[y²].
    square: Complex64,
}

impl Moments {
    /// E[y²] / E[|y|²], the block's mean taken off where that was done; `None` of silence.
    fn improperness(&self, without_mean: bool) -> Option<Complex64> {
        let mean = if without_mean { self.mean } else { Complex64::ZERO };
        let power = self.power - mean.norm_sqr();
        (power > 1e-9 * self.power).then(|| (self.square - mean * mean) / power)
    }
}

/// Parts of samples summed side by side, real and imaginary ones in turn; their order is fixed, so that every machine gives
/// the same sum.
const LANES: usize = 16;

/// Moments of a block, summed in single precision over short pieces and in double over those.
fn moments(block: &[Complex32]) -> Moments {
    let mut sums = [0f64; 5];
    let mut lanes = [[0f32; LANES]; 3];
    for piece in block.chunks(32 * LANES) {
        sum_lanes(piece, &mut lanes);
        let [plain, squares, products] = &lanes;
        let sum = |lanes: &[f32; LANES], first: usize| lanes[first..].iter().step_by(2).sum::<f32>();
        let parts = [sum(plain, 0), sum(plain, 1), sum(squares, 0), sum(squares, 1), sum(products, 0)];
        for (sum, part) in sums.iter_mut().zip(parts) {
            *sum += f64::from(part);
        }
    }
    let [re, im, re_re, im_im, re_im] = sums.map(|sum| sum / block.len() as f64);
    Moments { mean: Complex64::new(re, im), power: re_re + im_im, square: Complex64::new(re_re - im_im, 2.0 * re_im) }
}

/// Sets `sums` to those of a piece's parts, of their squares, and of the products of each with the sample's other part, by
/// lane: the last are the same for both parts.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn sum_lanes(piece: &[Complex32], sums: &mut [[f32; LANES]; 3]) {
    let (whole, rest) = bytemuck::cast_slice::<Complex32, f32>(piece).as_chunks::<LANES>();
    let mut last = [0.0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let [mut plain, mut squares, mut products] = [[0f32; LANES]; 3];
    // No closure: it would stay a call without the processor's vectors.
    for x in [whole, std::slice::from_ref(&last)].into_iter().flatten() {
        let mut swapped = [0.0; LANES];
        for i in 0..LANES {
            swapped[i] = x[i ^ 1];
        }
        for i in 0..LANES {
            plain[i] += x[i];
            squares[i] += x[i] * x[i];
            products[i] += x[i] * swapped[i];
        }
    }
    *sums = [plain, squares, products];
}

/// y - w·y*.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn remove_image(samples: &mut [Complex32], w: Complex32) {
    for y in samples {
        *y = Complex32::new(y.re - (w.re * y.re + w.im * y.im), y.im - (w.im * y.re - w.re * y.im));
    }
}

/// The mean of a block each, where it stands out of their scatter.
fn significant_mean(values: impl Iterator<Item = Complex64> + Clone) -> Option<Complex64> {
    let count = values.clone().count();
    if count < LEAST_BLOCKS {
        return None;
    }
    let n = count as f64;
    let mean = values.clone().sum::<Complex64>() / n;
    let variance = values.map(|v| (v - mean).norm_sqr()).sum::<f64>() / (n - 1.0);
    (mean.norm_sqr() > SIGNIFICANT * SIGNIFICANT * variance / n).then_some(mean)
}

fn narrow(z: Complex64) -> Complex32 {
    Complex32::new(z.re as f32, z.im as f32)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const BLOCK: usize = 9_600;

    fn correct(samples: &mut [Complex32], block_len: usize) -> Correction {
        Corrector::new(block_len).correct(samples)
    }

    /// Proper noise of power 1.
    fn noise(seed: u64, len: usize) -> Vec<Complex32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = || rng.random_range(-1f32..1.0) * 1.5f32.sqrt();
        (0..len).map(|_| Complex32::new(uniform(), uniform())).collect()
    }

    /// A receiver whose Q is `gain` as large as I and off the right angle by `phase`.
    fn imbalanced(x: &[Complex32], gain: f32, phase: f32) -> Vec<Complex32> {
        let (sin, cos) = phase.sin_cos();
        x.iter().map(|x| Complex32::new(x.re, gain * (x.im * cos + x.re * sin))).collect()
    }

    /// Power of `y`'s image of `x` over that of `x` in it, in dB.
    fn image_db(x: &[Complex32], y: &[Complex32]) -> f32 {
        let wanted: Complex32 = x.iter().zip(y).map(|(x, y)| y * x.conj()).sum();
        let image: Complex32 = x.iter().zip(y).map(|(x, y)| y * x).sum();
        20.0 * (image.norm() / wanted.norm()).log10()
    }

    #[test]
    fn a_clean_signal_is_left_as_it_is() {
        for seed in 0..20 {
            let x = noise(seed, 12 * BLOCK + 77);
            let mut y = x.clone();
            let correction = correct(&mut y, BLOCK);
            // By chance an offset may stand out once in a thousand: then it is next to nothing.
            assert!(correction.dc.norm() < 0.01 && correction.image == Complex64::ZERO, "{seed}: {correction:?}");
            let changed = x.iter().zip(&y).map(|(x, y)| (x - y).norm_sqr()).sum::<f32>() / x.len() as f32;
            assert!(changed < 1e-3, "{seed}: {changed}");
        }
    }

    #[test]
    fn an_image_goes_down_to_the_limit_of_what_samples_tell() {
        for (gain_db, phase_deg) in [(1.0f32, 5.0f32), (-0.5, -2.0), (0.0, 3.0), (2.0, 0.0)] {
            let x = noise(7, 16 * BLOCK);
            let mut y = imbalanced(&x, 10f32.powf(gain_db / 20.0), phase_deg.to_radians());
            let before = image_db(&x, &y);
            let correction = correct(&mut y, BLOCK);
            let after = image_db(&x, &y);
            assert!(before > -36.0 && after < -48.0, "{before:.1} dB, {after:.1} dB, {correction:?}");
        }
    }

    #[test]
    fn an_offset_is_followed_through_gain_steps() {
        let x = noise(3, 16 * BLOCK + 5);
        let offset = Complex32::new(2.0, -1.0);
        let gain = |n: usize| if n < 8 * BLOCK { 1.0 } else { 0.5 };
        let mut y: Vec<Complex32> = x.iter().enumerate().map(|(n, x)| (x + offset) * gain(n)).collect();
        let correction = correct(&mut y, BLOCK);
        assert_eq!(correction.image, Complex64::ZERO);
        for from in [0, 3 * BLOCK, 8 * BLOCK, 15 * BLOCK] {
            let mean = y[from..from + BLOCK].iter().sum::<Complex32>() / BLOCK as f32;
            assert!(mean.norm() < 1e-3, "from {from}: {mean}");
        }
        let left = (y[16 * BLOCK + 1] / 0.5 - x[16 * BLOCK + 1]).norm();
        assert!(left < 0.1, "behind the last block: {left}");
    }

    #[test]
    fn both_at_once_come_off() {
        let x = noise(4, 16 * BLOCK);
        let mut y: Vec<Complex32> = imbalanced(&x, 1.1, 0.05).iter().map(|y| y + Complex32::new(0.5, 0.5)).collect();
        correct(&mut y, BLOCK);
        assert!(image_db(&x, &y) < -45.0);
    }

    #[test]
    fn silence_real_signals_and_few_samples_are_left() {
        for mut samples in [vec![], vec![Complex32::ZERO; 20 * BLOCK], vec![Complex32::ONE; 2 * BLOCK]] {
            let before = samples.clone();
            assert_eq!(correct(&mut samples, BLOCK), Correction::default());
            assert_eq!(samples, before);
        }
        let mut real: Vec<Complex32> = noise(5, 8 * BLOCK).iter().map(|x| Complex32::new(x.re, 0.0)).collect();
        assert_eq!(correct(&mut real, BLOCK).image, Complex64::ZERO);
    }

    #[test]
    fn the_lanes_sum_what_the_definition_sums() {
        for len in [1, 7, 8, 9, 511, 512, 513, 5000] {
            let x = noise(len as u64, len);
            let m = moments(&x);
            let mean = |f: &dyn Fn(Complex64) -> Complex64| {
                x.iter().map(|x| f(Complex64::new(x.re.into(), x.im.into()))).sum::<Complex64>() / len as f64
            };
            assert!((m.mean - mean(&|x| x)).norm() < 1e-6);
            assert!((m.square - mean(&|x| x * x)).norm() < 1e-5);
            assert!((m.power - mean(&|x| x.norm_sqr().into()).re).abs() < 1e-5);
        }
    }
}
