//! Interpolation from a transmitter's sample clock to the receiver's, at any ratio.

use num_complex::Complex32;

/// Rows of the interpolation table; between rows the result is interpolated linearly, 100 dB down.
const PHASES: usize = 256;

/// Modified Bessel function I_0 by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

/// An ideal low pass of `cutoff` cycles a sample at time `t` samples, Kaiser-windowed to ±`half_width` samples.
///
/// `attenuation_db` (above 50) is that of the stop band; DC gain is close to 1.
#[must_use]
pub fn windowed_sinc(t: f64, half_width: f64, cutoff: f64, attenuation_db: f64) -> f64 {
    if t.abs() >= half_width {
        return 0.0;
    }
    let beta = 0.1102 * (attenuation_db - 8.7);
    let window = bessel_i0(beta * (1.0 - (t / half_width).powi(2)).sqrt()) / bessel_i0(beta);
    let x = 2.0 * cutoff * t;
    let sinc = if x.abs() < 1e-12 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    2.0 * cutoff * sinc * window
}

/// A low-pass interpolator: values between the samples of a signal.
pub struct Interpolator {
    taps: usize,
    /// `PHASES + 1` rows of `2 · taps` coefficients, each twice, once for each part of a complex sample.
    table: Vec<f32>,
}

impl Interpolator {
    /// Attenuation beyond the stop edge.
    pub const ATTENUATION_DB: f64 = 80.0;

    /// Passes up to `pass` and stops from `stop` on, both in cycles an input sample.
    ///
    /// # Panics
    /// Unless 0 < pass < stop.
    #[must_use]
    pub fn new(pass: f64, stop: f64) -> Self {
        assert!(0.0 < pass && pass < stop, "pass {pass}, stop {stop}");
        // Kaiser's estimate of the length for a transition of this width.
        let length = (Self::ATTENUATION_DB - 7.95) / (14.36 * (stop - pass));
        let taps = (length.ceil() as usize + 1).next_multiple_of(4);
        let (half, cutoff) = (taps as f64 / 2.0, (pass + stop) / 2.0);
        let mut table = Vec::with_capacity((PHASES + 1) * 2 * taps);
        for phase in 0..=PHASES {
            let fraction = phase as f64 / PHASES as f64;
            for i in 0..taps {
                let t = i as f64 - (half - 1.0) - fraction;
                let c = windowed_sinc(t, half, cutoff, Self::ATTENUATION_DB) as f32;
                table.extend([c, c]);
            }
        }
        Self { taps, table }
    }

    /// Fills `output` with the signal at `first`, `first + step`, … samples after `input[0]`. Beyond its ends the signal is
    /// zero.
    pub fn run(&self, input: &[Complex32], first: f64, step: f64, output: &mut [Complex32]) {
        interpolate(self.taps, &self.table, input, (first, step), output);
    }
}

#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn interpolate(taps: usize, table: &[f32], input: &[Complex32], (first, step): (f64, f64), output: &mut [Complex32]) {
    let mut padded = vec![Complex32::ZERO; taps];
    for (n, y) in output.iter_mut().enumerate() {
        let position = first + n as f64 * step;
        let whole = position.floor();
        let phase = (position - whole) * PHASES as f64;
        let row = phase as usize;
        let rows = &table[row * 2 * taps..][..4 * taps];
        let start = whole as i64 - (taps as i64 / 2 - 1);
        let (low, high) = match usize::try_from(start) {
            Ok(start) if start + taps <= input.len() => two_dots(&input[start..start + taps], rows),
            _ => {
                for (i, x) in padded.iter_mut().enumerate() {
                    let at = usize::try_from(start + i as i64).ok();
                    *x = at.and_then(|at| input.get(at)).copied().unwrap_or_default();
                }
                two_dots(&padded, rows)
            }
        };
        *y = low + (high - low) * (phase - row as f64) as f32;
    }
}

/// The products of the samples with two adjacent rows of coefficients.
#[inline(always)]
fn two_dots(x: &[Complex32], rows: &[f32]) -> (Complex32, Complex32) {
    let (low, high) = rows.split_at(rows.len() / 2);
    let mut sums = [[0f32; 8]; 2];
    for ((x, low), high) in x.chunks_exact(4).zip(low.chunks_exact(8)).zip(high.chunks_exact(8)) {
        let x = [x[0].re, x[0].im, x[1].re, x[1].im, x[2].re, x[2].im, x[3].re, x[3].im];
        for i in 0..8 {
            sums[0][i] += x[i] * low[i];
            sums[1][i] += x[i] * high[i];
        }
    }
    let [low, high] = sums.map(|s| Complex32::new(s[0] + s[2] + s[4] + s[6], s[1] + s[3] + s[5] + s[7]));
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frequency: f64, phase: f64, n: usize) -> Vec<Complex32> {
        (0..n)
            .map(|n| {
                let angle = std::f64::consts::TAU * (frequency * n as f64 + phase);
                Complex32::new(angle.cos() as f32, angle.sin() as f32)
            })
            .collect()
    }

    /// Every tone of the passband comes out as the same tone at the new rate, all images and errors 65 dB down.
    #[test]
    fn tones_keep_their_frequency_phase_and_level() {
        let interpolator = Interpolator::new(0.352, 0.648);
        for frequency in [-0.352, -0.2, 0.0, 0.01, 0.3, 0.352] {
            let input = tone(frequency, 0.0, 3000);
            for step in [1.0, 0.960_012_3, 0.4, 1.2] {
                let first = 20.37;
                let mut output = vec![Complex32::ZERO; 2000];
                interpolator.run(&input, first, step, &mut output);
                let expected = tone(frequency * step, frequency * first, 2000);
                let error: f32 = output.iter().zip(&expected).map(|(a, b)| (a - b).norm_sqr()).sum::<f32>() / 2000.0;
                assert!(error < 10f32.powf(-6.5), "{frequency} {step}: {} dB", 10.0 * error.log10());
            }
        }
    }

    #[test]
    fn tones_of_the_stop_band_are_gone() {
        let interpolator = Interpolator::new(0.05, 0.06);
        for frequency in [0.06, -0.06, 0.1, 0.5] {
            let mut output = vec![Complex32::ZERO; 200];
            interpolator.run(&tone(frequency, 0.0, 3000), 600.0, 8.3, &mut output);
            assert!(output.iter().all(|y| y.norm() < 1e-3), "{frequency}");
        }
    }

    #[test]
    fn beyond_the_ends_there_is_nothing() {
        let mut output = vec![Complex32::ONE; 4];
        Interpolator::new(0.3, 0.6).run(&[Complex32::ONE; 8], -1e6, 1e6, &mut output[..1]);
        assert_eq!(output[0], Complex32::ZERO);
        Interpolator::new(0.3, 0.6).run(&[], 0.0, 1.0, &mut output);
        assert!(output.iter().all(|y| *y == Complex32::ZERO));
    }
}
