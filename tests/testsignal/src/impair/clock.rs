//! The same signal sampled by another clock.

use num_complex::Complex32;

use crate::resample::Interpolator;

/// Share of a rate that is kept up to its half, on each side.
const PASS: f64 = 0.46;

/// What a sample clock that is fast by `ppm` gives. Baseband frequencies shrink by as much; a carrier at 0 Hz stays.
#[must_use]
pub fn with_clock_error(samples: &[Complex32], ppm: f64) -> Vec<Complex32> {
    resampled(samples, 0.0, 1.0 + ppm * 1e-6)
}

/// What another nominal rate gives: of a lower one, what it can hold.
#[must_use]
pub fn at_rate(samples: &[Complex32], from_hz: f64, to_hz: f64) -> Vec<Complex32> {
    resampled(samples, 0.0, to_hz / from_hz)
}

/// The samples taken `part` of a sample later, which loses the last one.
#[must_use]
pub fn delayed_by_part(samples: &[Complex32], part: f64) -> Vec<Complex32> {
    resampled(samples, part, 1.0)
}

/// `ratio` samples for each one, from the one at `first` on.
pub(super) fn resampled(samples: &[Complex32], first: f64, ratio: f64) -> Vec<Complex32> {
    let narrower = ratio.min(1.0);
    let interpolator = Interpolator::new(PASS * narrower, (1.0 - PASS) * narrower);
    let count = ((samples.len() as f64 - 1.0 - first) * ratio).floor().max(-1.0) + 1.0;
    let mut output = vec![Complex32::ZERO; count as usize];
    interpolator.run(samples, first, ratio.recip(), &mut output);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(turns: f64, count: usize) -> Vec<Complex32> {
        (0..count).map(|n| Complex32::cis((std::f64::consts::TAU * (turns * n as f64).fract()) as f32)).collect()
    }

    #[test]
    fn a_tone_keeps_its_frequency_at_another_rate() {
        for (to_hz, count) in [(1.0e6, 999), (1.5e6, 1499), (2.5e6, 2498)] {
            let output = at_rate(&tone(0.1, 1000), 1e6, to_hz);
            assert!(output.len().abs_diff(count) <= 1, "{to_hz}: {}", output.len());
            let expected = tone(0.1 * 1e6 / to_hz, output.len());
            let middle = 200..output.len() - 200;
            let error = middle.clone().map(|n| (output[n] - expected[n]).norm_sqr()).sum::<f32>();
            assert!(error < 1e-4 * middle.len() as f32, "{to_hz}: {error}");
        }
    }

    #[test]
    fn a_fast_clock_takes_more_samples() {
        assert_eq!(with_clock_error(&vec![Complex32::ONE; 100_001], 150.0).len(), 100_016);
        assert_eq!(delayed_by_part(&tone(0.1, 10), 0.5).len(), 9);
        assert!(with_clock_error(&[], 150.0).is_empty());
    }
}
