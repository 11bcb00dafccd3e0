//! Interpolation from a transmitter's sample clock to the receiver's, at any ratio.

use num_complex::Complex32;

/// Positions between two samples that the table holds; the nearest is taken, which errs 70 dB down over a carrier's band.
const PHASES: usize = 2048;

/// Modified Bessel function I_0 by its power series, to the precision of a window.
fn bessel_i0(x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-9 * sum {
        term *= (x / 2.0 / k).powi(2);
        sum += term;
        k += 1.0;
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
    /// `PHASES + 1` rows of `taps` coefficients, each twice, once for each part of a complex sample.
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
        let row = ((position - whole) * PHASES as f64 + 0.5) as usize;
        let row = &table[row * 2 * taps..][..2 * taps];
        let start = whole as i64 - (taps as i64 / 2 - 1);
        *y = match usize::try_from(start) {
            Ok(start) if start + taps <= input.len() => dot(&input[start..start + taps], row),
            _ => {
                for (i, x) in padded.iter_mut().enumerate() {
                    let at = usize::try_from(start + i as i64).ok();
                    *x = at.and_then(|at| input.get(at)).copied().unwrap_or_default();
                }
                dot(&padded, row)
            }
        };
    }
}

/// The product of the samples with a row of coefficients.
#[inline(always)]
fn dot(x: &[Complex32], row: &[f32]) -> Complex32 {
    let mut sums = [0f32; 8];
    let x: &[f32] = bytemuck::cast_slice(x);
    for (x, row) in x.chunks_exact(8).zip(row.chunks_exact(8)) {
        for i in 0..8 {
            sums[i] += x[i] * row[i];
        }
    }
    Complex32::new(sums[0] + sums[2] + sums[4] + sums[6], sums[1] + sums[3] + sums[5] + sums[7])
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

    /// Every tone of the passband comes out as the same tone at the new rate, all images and errors together 62 dB down.
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
                assert!(error < 10f32.powf(-6.2), "{frequency} {step}: {} dB", 10.0 * error.log10());
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
