//! From any sample rate to a faster one that suits the transforms, block after block without a seam.
//!
//! In: samples at the recorded rate. Out: the same band at the working rate. A band-limited interpolation: each output
//! is a windowed-sinc sum over the inputs around its place, the sinc read from a table of phases. Only rates that do not
//! divide into whole blocks come here.

use multiversion::multiversion;
use num_complex::Complex32;

use super::sample_buffer::SampleBuffer;
use crate::units::SampleRate;

/// Inputs summed for one output. With the window below: flat to 0.002 dB up to 45 % of the input rate, and images, which
/// begin at 55 %, 70 dB down.
const TAPS: usize = 48;
/// Phases between two inputs; the filter is interpolated linearly between them, an error below -90 dB.
const PHASES: usize = 256;
/// Kaiser window's shape for 75 dB.
const BETA: f64 = 7.3;
/// Working rates are multiples of it: both block lengths of the spectra are whole there.
const GRAIN_HZ: f64 = 480e3;

/// The slowest rate at or above `recorded` whose transforms are fast: 480 kS/s times a product of 2, 3 and 5.
#[must_use]
pub fn working_rate(recorded: SampleRate) -> SampleRate {
    let is_smooth = |n: u64| {
        let rest = [2, 3, 5].into_iter().fold(n, |mut n, p| {
            while n.is_multiple_of(p) {
                n /= p;
            }
            n
        });
        rest == 1
    };
    let mut grains = (recorded.hz() / GRAIN_HZ).ceil().max(1.0) as u64;
    while !is_smooth(grains) {
        grains += 1;
    }
    SampleRate::new(grains as f64 * GRAIN_HZ).expect("at least one grain")
}

/// Interpolates a stream; its blocks may be of any lengths.
pub struct Resampler {
    /// Inputs from one output to the next, at most 1.
    step: f64,
    /// A row a phase: each tap, and what it changes by until the next phase.
    table: Vec<[(f32, f32); TAPS]>,
    /// Real parts of the inputs that outputs to come need.
    re: Vec<f32>,
    /// Their imaginary parts.
    im: Vec<f32>,
    /// Inputs before the first of those, zeros before the stream's start among them.
    passed: u64,
    /// Outputs so far.
    produced: u64,
}

impl Resampler {
    /// A resampler at the start of a stream.
    ///
    /// # Panics
    /// If `to` is slower than `from`: nothing here keeps bands from folding.
    #[must_use]
    pub fn new(from: SampleRate, to: SampleRate) -> Self {
        assert!(to.hz() >= from.hz(), "{to} is slower than {from}");
        let table = (0..PHASES).map(|phase| {
            std::array::from_fn(|tap| {
                let at = |phase: usize| kernel((TAPS / 2 - 1) as f64 + phase as f64 / PHASES as f64 - tap as f64);
                (at(phase) as f32, (at(phase + 1) - at(phase)) as f32)
            })
        });
        // Before its first sample a stream was silent.
        let silence = vec![0.0; TAPS / 2 - 1];
        Self {
            step: from.hz() / to.hz(),
            table: table.collect(),
            re: silence.clone(),
            im: silence,
            passed: 0,
            produced: 0,
        }
    }

    /// Place of the next output, in inputs from the stream's first.
    #[must_use]
    pub fn position(&self) -> f64 {
        self.produced as f64 * self.step
    }

    /// Adds the outputs that `input` completes to `output`. The last 24 inputs wait for what follows them.
    pub fn push(&mut self, input: &[Complex32], output: &mut SampleBuffer) {
        self.re.extend(input.iter().map(|x| x.re));
        self.im.extend(input.iter().map(|x| x.im));
        output.reserve(output.len() + (input.len() as f64 / self.step) as usize + TAPS);
        // The inputs around place p are, counted with the silence before the first, ⌊p⌋ … ⌊p⌋ + TAPS - 1.
        let first = |produced: u64| (produced as f64 * self.step).floor() as u64;
        while let Some(from) = Some((first(self.produced) - self.passed) as usize).filter(|f| f + TAPS <= self.re.len())
        {
            let phase = (self.produced as f64 * self.step).fract() * PHASES as f64;
            let row = &self.table[(phase as usize).min(PHASES - 1)];
            let (re, im) = (&self.re[from..from + TAPS], &self.im[from..from + TAPS]);
            output.push(weighted_sum(row, phase.fract() as f32, re, im));
            self.produced += 1;
        }
        let done = ((first(self.produced) - self.passed) as usize).min(self.re.len());
        self.re.drain(..done);
        self.im.drain(..done);
        self.passed += done as u64;
    }
}

/// The ideal interpolator sin(πt)/(πt) under a Kaiser window, t in inputs.
fn kernel(t: f64) -> f64 {
    let x = 2.0 * t / TAPS as f64;
    if x.abs() >= 1.0 {
        return 0.0;
    }
    let angle = std::f64::consts::PI * t;
    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
    sinc * bessel_i0(BETA * (1.0 - x * x).sqrt()) / bessel_i0(BETA)
}

/// The modified Bessel function of order 0 by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        term *= (x / (2.0 * k)).powi(2);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Lanes summed side by side; their order is fixed, so that every machine gives the same sum.
const LANES: usize = 8;

#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn weighted_sum(row: &[(f32, f32); TAPS], between: f32, re: &[f32], im: &[f32]) -> Complex32 {
    let (mut sum_re, mut sum_im) = ([0f32; LANES], [0f32; LANES]);
    let inputs = re.as_chunks::<LANES>().0.iter().zip(im.as_chunks::<LANES>().0);
    for (taps, (re, im)) in row.as_chunks::<LANES>().0.iter().zip(inputs) {
        for lane in 0..LANES {
            let weight = taps[lane].0 + between * taps[lane].1;
            sum_re[lane] += weight * re[lane];
            sum_im[lane] += weight * im[lane];
        }
    }
    Complex32::new(sum_re.iter().sum(), sum_im.iter().sum())
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;
    use proptest::prelude::*;

    use super::*;
    use crate::frontend::{mixer::cis, spectra::BlockSpectra};

    fn rate(hz: f64) -> SampleRate {
        SampleRate::new(hz).expect("positive")
    }

    fn resample(from: f64, x: &[Complex32]) -> (f64, Vec<Complex32>) {
        let to = working_rate(rate(from));
        let mut y = SampleBuffer::new();
        Resampler::new(rate(from), to).push(x, &mut y);
        (to.hz(), y.to_vec())
    }

    /// Rates of radios in use, and one of no radio.
    const RATES: [f64; 6] = [2_000_003.0, 2_166_667.0, 200e6 / 9.0, 40e6 / 3.0, 19_200_001.0, 61_439_999.0];

    #[test]
    fn every_rate_finds_a_working_rate_whose_blocks_are_whole() {
        for hz in (0..600).map(|i| 1.92e6 + 99_991.7 * f64::from(i)) {
            let to = working_rate(rate(hz));
            assert!((hz..1.34 * hz).contains(&to.hz()), "{hz}: {to}");
            assert!(BlockSpectra::suits(to), "{to}");
        }
        assert_eq!(working_rate(rate(1.92e6)).hz(), 1.92e6);
        assert_eq!(working_rate(rate(200e6 / 9.0)).hz(), 23.04e6);
    }

    /// Level and phase of tones over the pass band, against where each output says it lies.
    #[test]
    fn the_pass_band_is_flat_and_in_its_place() {
        for from in RATES {
            for tone in [-0.45, -0.3, 0.0, 0.1234, 0.45] {
                let x: Vec<Complex32> = (0..4000).map(|n| cis(tone * f64::from(n))).collect();
                let (to, y) = resample(from, &x);
                assert!(y.len() + TAPS > (4000.0 * to / from) as usize, "{from}: {} outputs", y.len());
                for (m, y) in y.iter().enumerate().skip(2 * TAPS) {
                    let expected = cis(tone * m as f64 * from / to);
                    assert!((y - expected).norm() < 5e-4, "{from}, {tone}, output {m}: {y} for {expected}");
                }
            }
        }
    }

    /// What an interpolator makes besides: power away from the tone, in the band that carriers may use and in images.
    #[test]
    fn images_are_70_db_down() {
        for from in RATES {
            for tone in [0.02, 0.31, 0.449] {
                let x: Vec<Complex32> = (0..20_000).map(|n| cis(tone * f64::from(n))).collect();
                let (to, y) = resample(from, &x);
                let y = &y[2 * TAPS..];
                let (mut sum, mut power) = (Complex64::ZERO, 0.0);
                for (m, y) in y.iter().enumerate() {
                    let y = Complex64::new(y.re.into(), y.im.into());
                    sum += y * Complex64::cis(-std::f64::consts::TAU * tone * m as f64 * from / to);
                    power += y.norm_sqr();
                }
                let rest = power / y.len() as f64 - (sum / y.len() as f64).norm_sqr();
                assert!(rest < 1e-7, "{from}, {tone}: {:.1} dB", 10.0 * rest.log10());
            }
        }
    }

    #[test]
    fn it_holds_its_place_after_hours() {
        let mut resampler = Resampler::new(rate(2_000_003.0), rate(2.4e6));
        // As if three hours had passed: both counts stand where outputs go on.
        resampler.produced = 3 * 3600 * 2_400_000;
        resampler.passed = resampler.position() as u64;
        let before = resampler.position();
        let x: Vec<Complex32> = (0..500).map(|n| cis(0.2 * (resampler.passed as f64 + f64::from(n)))).collect();
        let mut y = SampleBuffer::new();
        resampler.push(&x, &mut y);
        assert!(y.len() > 500);
        for (m, y) in y.iter().enumerate().skip(2 * TAPS) {
            let expected = cis(0.2 * (before + m as f64 * 2_000_003.0 / 2.4e6));
            assert!((y - expected).norm() < 1e-3, "output {m}: {y} for {expected}");
        }
    }

    proptest! {
        #[test]
        fn blocks_of_any_lengths_are_one_stream(cuts in prop::collection::vec(0..400usize, 0..12), which in 0..RATES.len()) {
            let x: Vec<Complex32> = (0..2000).map(|n| cis(0.000_1 * f64::from(n * n))).collect();
            let (to, whole) = resample(RATES[which], &x);
            let mut resampler = Resampler::new(rate(RATES[which]), rate(to));
            let (mut rest, mut joined) = (&x[..], SampleBuffer::new());
            for cut in cuts {
                let (block, after) = rest.split_at(cut.min(rest.len()));
                resampler.push(block, &mut joined);
                rest = after;
            }
            resampler.push(rest, &mut joined);
            prop_assert_eq!(joined.to_vec(), whole);
        }
    }

    #[test]
    #[should_panic(expected = "is slower than")]
    fn going_down_is_our_bug() {
        let _ = Resampler::new(rate(2e6), rate(1.92e6));
    }
}
