//! Primary synchronisation signal: coherent within its symbol, summed in power over the half frames. TS 36.211 §6.11.1.

use std::ops::Range;

use num_complex::Complex32;

use super::Nominal;
use crate::{
    cell::NId2,
    fft::Transforms,
    frontend::spectra::{BlockSpectra, HOP},
    kernels::complex,
    sequences::zadoff_chu::pss,
    units::{Hertz, Ppm},
};

/// Search-rate samples a half frame: the PSS's period, 5 ms.
pub const PERIOD: usize = 4800;
/// Blocks a half frame.
const BLOCKS_PER_PERIOD: usize = PERIOD / HOP;
/// Search-rate samples an OFDM symbol without its prefix.
const SYMBOL: usize = 64;
/// Sums that are looked over at once for one that stands out.
const STRETCH: usize = 64;
/// Bins between frequency hypotheses: about 4.7 kHz, at most 0.4 dB lost half-way.
const BIN_STEP: i64 = 5;
/// Peaks kept of one hypothesis.
pub const PEAKS_A_HYPOTHESIS: usize = 8;

/// A frequency at which the PSS is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PssHypothesis {
    /// Identity within the group.
    pub n_id_2: NId2,
    /// Bin of the block spectra where the carrier's centre would be.
    pub bin: i64,
    /// Relative excess of the receiver's sample clock: the period seen is 5 ms times 1 + this.
    pub clock_excess: f64,
}

impl PssHypothesis {
    /// All three sequences at the frequencies of a carrier whose crystal's error is within `range` of `expected`, each with
    /// the clock that belongs to it, in spectra of `bin_hz` a bin around `centre` of the recording.
    #[must_use]
    pub fn around(nominal: &Nominal, bin_hz: f64, centre: Hertz, expected: Ppm, range: Ppm) -> Vec<Self> {
        let bin_of = |hz: f64| hz / bin_hz;
        let expected = nominal.relative.0 + expected.of(nominal.absolute).0;
        let middle = bin_of(expected - centre.0).round() as i64;
        // A hypothesis reaches half a step to either side.
        let steps = (bin_of(range.of(nominal.absolute).0) / BIN_STEP as f64 - 0.5).ceil() as i64;
        NId2::ALL
            .into_iter()
            .flat_map(|n_id_2| (-steps..=steps).map(move |step| (n_id_2, middle + step * BIN_STEP)))
            .map(|(n_id_2, bin)| {
                let offset = Hertz(bin as f64 * bin_hz + centre.0);
                Self { n_id_2, bin, clock_excess: nominal.clock_excess(offset) }
            })
            .collect()
    }
}

/// A peak of the summed correlation: a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PssPeak {
    /// Where it was looked for.
    pub hypothesis: PssHypothesis,
    /// Start of the PSS symbol, its prefix left out, in search-rate samples from the first sample, modulo `PERIOD`.
    pub at: f32,
    /// Height above the mean in standard deviations of the correlation of noise.
    pub strength: f32,
}

/// Correlates with the three sequences; owns what a thread needs to do so.
pub struct PssCorrelator {
    fft: Transforms,
    block_len: usize,
    /// Conjugate spectra by N_ID^(2).
    replicas: [Vec<Complex32>; 3],
    band: Vec<Complex32>,
    sums: Vec<f32>,
}

impl PssCorrelator {
    /// A correlator for spectra of `block_len` search-rate samples a block.
    #[must_use]
    pub fn new(block_len: usize) -> Self {
        let mut fft = Transforms::new();
        let replicas = NId2::ALL.map(|n_id_2| {
            let mut x = vec![Complex32::ZERO; block_len];
            x[..SYMBOL].copy_from_slice(&pss_symbol(&mut fft, n_id_2));
            fft.forward(&mut x);
            x.iter().map(Complex32::conj).collect()
        });
        Self { fft, block_len, replicas, band: vec![Complex32::ZERO; block_len], sums: vec![0.0; PERIOD] }
    }

    /// Search-rate samples a block of the spectra that it is for.
    #[must_use]
    pub fn block_len(&self) -> usize {
        self.block_len
    }

    /// The summed correlation of one hypothesis over one period, each value relative to the mean of noise (1).
    /// `periods` of the dwell's half frames are summed, or as many as there are.
    ///
    /// Each block is weighted by its own power in the band, so that neither a gain step nor a burst of traffic
    /// decides alone. Fewer than one whole period of blocks gives an empty slice.
    ///
    /// # Panics
    /// If `spectra` has another block length.
    pub fn correlate(&mut self, spectra: &BlockSpectra, hypothesis: &PssHypothesis, periods: usize) -> &[f32] {
        let periods = periods.min(whole_periods(spectra));
        if periods == 0 {
            return &[];
        }
        self.correlate_in(spectra, hypothesis, 0..periods)
    }

    /// The same over some of the dwell's half frames.
    ///
    /// # Panics
    /// If `spectra` has another block length or not all of the half frames.
    pub(super) fn correlate_in(
        &mut self,
        spectra: &BlockSpectra,
        hypothesis: &PssHypothesis,
        range: Range<usize>,
    ) -> &[f32] {
        let periods = range.len();
        self.sums.fill(0.0);
        for b in range.start * BLOCKS_PER_PERIOD..range.end * BLOCKS_PER_PERIOD {
            let Some(weight) = self.correlate_block(spectra, hypothesis, b) else { continue };
            let weight = weight / periods as f32;
            let drift = ((b / BLOCKS_PER_PERIOD) as f64 * PERIOD as f64 * hypothesis.clock_excess).round() as i64;
            let start = (((b % BLOCKS_PER_PERIOD) * HOP) as i64 - drift).rem_euclid(PERIOD as i64) as usize;
            let first = HOP.min(PERIOD - start);
            complex::accumulate_power(&mut self.sums[start..start + first], &self.band[..first], weight);
            complex::accumulate_power(&mut self.sums[..HOP - first], &self.band[first..HOP], weight);
        }
        &self.sums
    }

    /// The correlation of one hypothesis sample by sample, not summed, each value relative to the mean of noise (1).
    /// Blocks without power give that mean.
    ///
    /// # Panics
    /// If `spectra` has another block length.
    pub fn correlation(&mut self, spectra: &BlockSpectra, hypothesis: &PssHypothesis) -> Vec<f32> {
        let mut correlation = vec![0.0; spectra.blocks() * HOP];
        for (b, values) in correlation.chunks_exact_mut(HOP).enumerate() {
            match self.correlate_block(spectra, hypothesis, b) {
                Some(weight) => complex::accumulate_power(values, &self.band[..HOP], weight),
                None => values.fill(1.0),
            }
        }
        correlation
    }

    /// Correlates block `b`; gives the weight that makes the power of noise 1. `None` of a block without power. Where the
    /// samples end within a symbol, and beyond, its power is that mean.
    fn correlate_block(&mut self, spectra: &BlockSpectra, hypothesis: &PssHypothesis, b: usize) -> Option<f32> {
        assert_eq!(spectra.block_len(), self.block_len, "correlator made for another block length");
        let occupied = self.block_len * (SYMBOL - 2) / SYMBOL;
        let weight = block_weight(spectra, b, hypothesis.bin, occupied)?;
        let replica = &self.replicas[usize::from(hypothesis.n_id_2.get())];
        spectra.band_times(b, hypothesis.bin, replica, &mut self.band);
        self.fft.inverse(&mut self.band);
        let whole = spectra.held() as usize - b * HOP;
        let mean = Complex32::new(weight.recip().sqrt(), 0.0);
        self.band[whole.saturating_sub(SYMBOL - 1).min(HOP)..HOP].fill(mean);
        Some(weight)
    }

    /// The peaks of one hypothesis, summed over at most `periods` half frames, above `threshold` standard deviations; the
    /// strongest `most` of them.
    pub fn peaks(
        &mut self,
        spectra: &BlockSpectra,
        hypothesis: PssHypothesis,
        periods: usize,
        threshold: f32,
        most: usize,
    ) -> Vec<PssPeak> {
        let sums = self.correlate(spectra, &hypothesis, periods);
        if sums.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        add_peaks(sums, hypothesis, periods.min(whole_periods(spectra)), threshold, &mut found);
        keep_strongest(&mut found, most);
        found
    }
}

/// What makes the correlation of block `b` with noise of its power 1 on average, by the power of `width` bins around `bin`;
/// `None` of a block without power.
fn block_weight(spectra: &BlockSpectra, b: usize, bin: i64, width: usize) -> Option<f32> {
    let power = spectra.band_power(b, bin, width);
    // The replica's 62/64 occupied bins have a power of 64 each: what noise gives is 64 times its own power.
    (power > 0.0).then(|| 1.0 / (power * SYMBOL as f32))
}

/// Half frames that the spectra hold whole.
pub(super) fn whole_periods(spectra: &BlockSpectra) -> usize {
    spectra.blocks() / BLOCKS_PER_PERIOD
}

/// Adds the peaks of a period's `sums` over `periods` half frames that are above `threshold` standard deviations.
pub(super) fn add_peaks(
    sums: &[f32],
    hypothesis: PssHypothesis,
    periods: usize,
    threshold: f32,
    found: &mut Vec<PssPeak>,
) {
    // A peak between two samples shows in both: look at pairs, whose noise is independent to first order.
    let scale = (2.0 * periods as f32).sqrt();
    let pair = |i: usize| (0.5 * (sums[i] + sums[(i + 1) % PERIOD]) - 1.0) * scale;
    let mut look = |i: usize| {
        let (before, here, after) = (pair((i + PERIOD - 1) % PERIOD), pair(i), pair((i + 1) % PERIOD));
        if here > threshold && here >= before && here > after {
            let (a, b) = (sums[i].max(0.0), sums[(i + 1) % PERIOD].max(0.0));
            found.push(PssPeak { hypothesis, at: i as f32 + b / (a + b), strength: here });
        }
    };
    // One sample of a pair above the threshold is above its mean; few stretches hold one.
    let least = 1.0 + threshold / scale;
    for (s, stretch) in sums.chunks(STRETCH).enumerate() {
        if !stretch.iter().fold(false, |any, &sum| any | (sum > least)) {
            continue;
        }
        for i in s * STRETCH..s * STRETCH + stretch.len() {
            let before = (i + PERIOD - 1) % PERIOD;
            if sums[i] > least {
                if sums[before] <= least {
                    look(before);
                }
                look(i);
            }
        }
    }
}

/// Leaves the strongest `most`, strongest first.
pub(super) fn keep_strongest(peaks: &mut Vec<PssPeak>, most: usize) {
    // Of a strong cell there are hundreds.
    let by_strength = |a: &PssPeak, b: &PssPeak| b.strength.total_cmp(&a.strength);
    if peaks.len() > most {
        peaks.select_nth_unstable_by(most, by_strength);
        peaks.truncate(most);
    }
    peaks.sort_unstable_by(by_strength);
}

/// The PSS symbol at the search rate, without its prefix; energy 62.
fn pss_symbol(fft: &mut Transforms, n_id_2: NId2) -> [Complex32; SYMBOL] {
    let mut x = [Complex32::ZERO; SYMBOL];
    for (n, d) in pss(n_id_2).into_iter().enumerate() {
        x[if n < 31 { SYMBOL - 31 + n } else { n - 30 }] = d;
    }
    fft.inverse(&mut x);
    let scale = 1.0 / (SYMBOL as f32).sqrt();
    x.map(|v| v * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SampleRate;
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    fn noise(len: usize, seed: u64) -> Vec<Complex32> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut uniform = || (0..4).map(|_| rng.random::<f32>() - 0.5).sum::<f32>();
        (0..len).map(|_| Complex32::new(uniform(), uniform())).collect()
    }

    fn spectra(samples: &[Complex32]) -> BlockSpectra {
        let rate = SampleRate::new(1.92e6).expect("positive");
        BlockSpectra::new(&mut Transforms::new(), samples, rate)
    }

    #[test]
    fn noise_has_mean_one_and_no_peak() {
        let s = spectra(&noise(160_000, 1));
        let mut correlator = PssCorrelator::new(s.block_len());
        for n_id_2 in NId2::ALL {
            let hypothesis = PssHypothesis { n_id_2, bin: 0, clock_excess: 0.0 };
            let sums = correlator.correlate(&s, &hypothesis, usize::MAX);
            let mean = sums.iter().sum::<f32>() / PERIOD as f32;
            assert!((mean - 1.0).abs() < 0.03, "{mean}");
            assert_eq!(correlator.peaks(&s, hypothesis, usize::MAX, 7.0, 4), []);
        }
    }

    /// Where a recording ends within a millisecond, the mean of noise is 1 up to the end and beyond, and a PSS in that part is
    /// found.
    #[test]
    fn a_part_millisecond_at_the_end_is_searched() {
        let len = 38_404;
        let x = pss_in_noise(4.0, 9000.0, 10, 0.0);
        let hypothesis = PssHypothesis { n_id_2: NId2::ALL[1], bin: 10, clock_excess: 0.0 };
        for (from, len, periods) in [(0, 9604, 1), (0, 19_004, 2), (9600, len, 4)] {
            let s = spectra(&x[from..from + len]);
            assert_eq!(whole_periods(&s), periods);
            let mut correlator = PssCorrelator::new(s.block_len());
            let found = correlator.peaks(&s, hypothesis, usize::MAX, 7.0, 4);
            assert!(found.first().is_some_and(|peak| (peak.at - 4500.0).abs() < 0.75), "{len}: {found:?}");
            let noise = spectra(&noise(len, 4));
            let sums = correlator.correlate(&noise, &hypothesis, usize::MAX);
            let mean = sums[PERIOD - 400..].iter().sum::<f32>() / 400.0;
            assert!((mean - 1.0).abs() < 0.2, "{len}: {mean}");
            let correlation = correlator.correlation(&noise, &hypothesis);
            assert!(correlation.iter().all(|&c| c > 0.0));
        }
    }

    /// Noise of power 0.67, and 16 PSS of this mean amplitude in bin `bin`, the first at `at`.
    fn pss_in_noise(amplitude: f32, at: f64, bin: i32, excess: f64) -> Vec<Complex32> {
        let rate = 1.92e6;
        let mut x = noise(160_000, 2);
        let d = pss(NId2::ALL[1]);
        for half_frame in 0..16 {
            let start = (at + f64::from(half_frame) * 9600.0) * (1.0 + excess);
            for n in 0..128 {
                let index = start.round() as usize + n;
                let v: Complex32 = d
                    .iter()
                    .enumerate()
                    .map(|(i, d)| {
                        let k = if i < 31 { i as f64 - 31.0 } else { i as f64 - 30.0 };
                        d * crate::frontend::mixer::cis(
                            k * (index as f64 - start) / 128.0 + 937.5 * f64::from(bin) * index as f64 / rate,
                        )
                    })
                    .sum();
                x[index] += v * (amplitude / 62f32.sqrt());
            }
        }
        x
    }

    /// A PSS 4 dB under the noise a sample, on a clock 20 ppm fast, is found where it is.
    #[test]
    fn finds_a_weak_pss_at_its_place() {
        let (excess, bin) = (20e-6, 10);
        let s = spectra(&pss_in_noise(0.51, 3000.0, bin, excess));
        let mut correlator = PssCorrelator::new(s.block_len());
        let hypothesis = |n_id_2, clock_excess| PssHypothesis { n_id_2, bin: i64::from(bin), clock_excess };
        let found = correlator.peaks(&s, hypothesis(NId2::ALL[1], excess), usize::MAX, 7.0, 4);
        assert!((found[0].at - 1500.0).abs() < 0.75, "{found:?}");
        let other = correlator.peaks(&s, hypothesis(NId2::ALL[0], excess), usize::MAX, 0.0, 1);
        assert!(other[0].strength < found[0].strength / 4.0, "{other:?} against {found:?}");
        let tied_wrongly = correlator.peaks(&s, hypothesis(NId2::ALL[1], -5.0 * excess), usize::MAX, 0.0, 1);
        assert!(tied_wrongly[0].strength < found[0].strength / 2.0, "{tied_wrongly:?} against {found:?}");
    }

    /// A burst 30 dB above the noise in every half frame hides no PSS that it does not overlap, wherever it stands.
    #[test]
    fn a_burst_beside_it_hides_no_pss() {
        let quiet = pss_in_noise(1.0, 3000.0, 10, 0.0);
        let mut correlator = PssCorrelator::new(spectra(&quiet).block_len());
        let hypothesis = PssHypothesis { n_id_2: NId2::ALL[1], bin: 10, clock_excess: 0.0 };
        let mut strength = |x: &[Complex32]| {
            let found = correlator.peaks(&spectra(x), hypothesis, usize::MAX, 5.5, 1);
            found.first().filter(|peak| (peak.at - 1500.0).abs() < 0.75).map_or(0.0, |peak| peak.strength)
        };
        let alone = strength(&quiet);
        for start in (0..9600).step_by(400).filter(|start| !(1000..=3200).contains(start)) {
            let mut x = quiet.clone();
            let burst = noise(160_000, 3);
            for (n, (x, burst)) in x.iter_mut().zip(burst).enumerate() {
                if (n + 9600 - start) % 9600 < 1900 {
                    *x += burst * 31.6;
                }
            }
            assert!(strength(&x) > 0.15 * alone, "{start}: {} of {alone}", strength(&x));
        }
    }
}
