//! The PSS at a sample clock that nothing is known of: a stretch's half frames, correlated once, are added up at every
//! clock.
//!
//! In: the block spectra of a dwell. Out: PSS peaks, each with the clock at which it stands out most. Behind a frequency
//! converter the clock is off by other parts per million than the carrier, and over a dwell the PSS moves by many times its
//! width.

use super::pss::{PERIOD, PssCorrelator, PssHypothesis, PssPeak, add_peaks, keep_strongest, whole_periods};
use crate::{frontend::spectra::BlockSpectra, kernels::complex};

/// Half frames correlated together: over two, 150 ppm move the PSS by 0.7 samples.
const TOGETHER: usize = 2;
/// Half frames added up at most. A longer stretch asks for as many more clocks.
const MAX_PERIODS: usize = 16;
/// The stretch searched, in samples at 1.92 MS/s: 80 ms.
pub const FREE_CLOCK_SAMPLES: usize = 2 * MAX_PERIODS * PERIOD;
/// Samples that a stretch's end moves against its start from one clock to the next.
const STEP_SAMPLES: f64 = 1.0;
/// Standard deviations above noise: twenty times as many places are searched as with a tied clock.
const THRESHOLD: f32 = 6.5;

/// Peaks so near each other at the stretch's middle are one PSS at two clocks.
const SAME_SAMPLES: f64 = 2.0;
/// Peaks of one hypothesis that are compared with each other at most.
const MAX_KEPT: usize = 32;

/// Looks for PSS at any clock; owns what a thread needs to do so.
pub struct FreeClockSearch {
    correlator: PssCorrelator,
    /// Sums of [`TOGETHER`] half frames each.
    parts: Vec<Vec<f32>>,
    sums: Vec<f32>,
}

impl FreeClockSearch {
    /// A search in spectra of `block_len` search-rate samples a block.
    #[must_use]
    pub fn new(block_len: usize) -> Self {
        Self { correlator: PssCorrelator::new(block_len), parts: Vec::new(), sums: vec![0.0; PERIOD] }
    }

    /// The strongest `most` peaks of a hypothesis whose clock is up to `range` apart from the one it has, strongest first, by
    /// the dwell's first [`FREE_CLOCK_SAMPLES`]. A peak's clock is right to 20 ppm: over the same stretch that holds the cell.
    /// Less than two half frames give none.
    ///
    /// # Panics
    /// If `spectra` has another block length.
    pub fn peaks(
        &mut self,
        spectra: &BlockSpectra,
        hypothesis: PssHypothesis,
        range: f64,
        most: usize,
    ) -> Vec<PssPeak> {
        let parts = whole_periods(spectra).min(MAX_PERIODS) / TOGETHER;
        if parts == 0 {
            return Vec::new();
        }
        self.parts.resize_with(parts, || vec![0.0; PERIOD]);
        for (p, part) in self.parts.iter_mut().enumerate() {
            part.copy_from_slice(self.correlator.correlate_in(spectra, &hypothesis, p * TOGETHER..(p + 1) * TOGETHER));
        }
        let length = (parts * TOGETHER * PERIOD) as f64;
        let step = STEP_SAMPLES / length;
        let steps = (range / step).ceil() as i64;
        let mut found = Vec::new();
        for i in -steps..=steps {
            let apart = i as f64 * step;
            self.add_up(apart);
            let hypothesis = PssHypothesis { clock_excess: hypothesis.clock_excess + apart, ..hypothesis };
            add_peaks(&self.sums, hypothesis, parts * TOGETHER, THRESHOLD, &mut found);
        }
        keep_one_clock(&mut found, 0.5 * length);
        keep_strongest(&mut found, most);
        found
    }

    /// Sets the sums to those of all parts at a clock `apart` from theirs.
    fn add_up(&mut self, apart: f64) {
        let weight = 1.0 / self.parts.len() as f32;
        self.sums.fill(0.0);
        for (p, part) in self.parts.iter().enumerate() {
            let middle = (p * TOGETHER) as f64 + 0.5 * (TOGETHER - 1) as f64;
            let drift = (middle * PERIOD as f64 * apart).round() as i64;
            let (before, after) = part.split_at(drift.rem_euclid(PERIOD as i64) as usize);
            let (first, last) = self.sums.split_at_mut(after.len());
            complex::accumulate_real(first, after, weight);
            complex::accumulate_real(last, before, weight);
        }
    }
}

/// Of the peaks that are one PSS at several clocks leaves the strongest. `middle` is the stretch's, in samples, where all
/// clocks have the PSS at one place.
fn keep_one_clock(peaks: &mut Vec<PssPeak>, middle: f64) {
    peaks.sort_unstable_by(|a, b| b.strength.total_cmp(&a.strength));
    let place = |peak: &PssPeak| f64::from(peak.at) + middle * peak.hypothesis.clock_excess;
    let mut kept: Vec<PssPeak> = Vec::new();
    for peak in peaks.drain(..) {
        let is_new = kept.iter().all(|other| {
            let apart = (place(&peak) - place(other)).rem_euclid(PERIOD as f64);
            apart.min(PERIOD as f64 - apart) > SAME_SAMPLES
        });
        if is_new && kept.len() < MAX_KEPT {
            kept.push(peak);
        }
    }
    *peaks = kept;
}

#[cfg(test)]
mod tests {
    use num_complex::Complex32;
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::{cell::NId2, fft::Transforms, frontend::mixer::cis, sequences::zadoff_chu::pss, units::SampleRate};

    /// 160 ms of noise with a PSS of so much power a sample against 0.67 on a clock with an excess.
    fn spectra(power: f32, excess: f64, seed: u64) -> BlockSpectra {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut uniform = || (0..4).map(|_| rng.random::<f32>() - 0.5).sum::<f32>();
        let mut x: Vec<Complex32> = (0..307_200).map(|_| Complex32::new(uniform(), uniform())).collect();
        let d = pss(NId2::ALL[1]);
        for half_frame in 0..31 {
            let start = (3000.0 + f64::from(half_frame) * 9600.0) * (1.0 + excess);
            for n in 0..128 {
                let index = start.round() as usize + n;
                let v: Complex32 = d
                    .iter()
                    .enumerate()
                    .map(|(i, d)| {
                        let k = if i < 31 { i as f64 - 31.0 } else { i as f64 - 30.0 };
                        d * cis(k * (index as f64 - start) / 128.0)
                    })
                    .sum();
                x[index] += v * (power / 62.0).sqrt();
            }
        }
        BlockSpectra::new(&mut Transforms::new(), &x, SampleRate::LTE_1_4_MHZ)
    }

    fn peaks(spectra: &BlockSpectra) -> Vec<PssPeak> {
        let hypothesis = PssHypothesis { n_id_2: NId2::ALL[1], bin: 0, clock_excess: 10e-6 };
        FreeClockSearch::new(spectra.block_len()).peaks(spectra, hypothesis, 150e-6, 8)
    }

    #[test]
    fn a_weak_pss_is_found_at_any_clock() {
        for excess in [-140e-6, -75e-6, -30e-6, 0.0, 10e-6, 42e-6, 112e-6, 160e-6] {
            let found = peaks(&spectra(0.26, excess, 3));
            let Some(first) = found.first() else { panic!("{excess}: nothing") };
            assert!((first.at - 1500.0).abs() < 1.0, "{excess}: {found:?}");
            assert!((first.hypothesis.clock_excess - excess).abs() < 20e-6, "{excess}: {found:?}");
        }
    }

    #[test]
    fn noise_gives_hardly_a_peak() {
        let found: usize = (0..8).map(|seed| peaks(&spectra(0.0, 0.0, seed)).len()).sum();
        assert!(found <= 1, "{found}");
    }

    #[test]
    fn too_short_a_dwell_gives_nothing() {
        let short = BlockSpectra::new(&mut Transforms::new(), &[Complex32::ONE; 12_000], SampleRate::LTE_1_4_MHZ);
        assert_eq!(peaks(&short), []);
    }
}
