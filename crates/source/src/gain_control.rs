//! Slow gain control: from how loud one dwell was to the gain of the next.
//!
//! The gain stands still within a dwell, so that levels compare and recordings have one gain.

use num_complex::Complex32;

use super::Span;

/// Mean power aimed at: LTE's peaks reach some 12 dB above it.
const TARGET_DBFS: f64 = -15.0;
/// Distance from the target that is left alone: cells come and go by as much.
const TOLERANCE_DB: f64 = 4.0;
/// Magnitude of I or Q that counts as clipped: the two last steps of 8 bits.
const CLIPPED: f32 = 126.0 / 128.0;
/// Part of the samples that may clip: with Gaussian samples at the target, fewer do.
const MAX_CLIPPED: f64 = 1e-3;
/// Step down where samples clip, as nobody knows by how much.
const CLIP_STEP_DB: f64 = 8.0;
/// Largest step up at once: what was quiet for a dwell may be loud again.
const STEP_UP_DB: f64 = 10.0;

/// How loud samples were.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Loudness {
    power: f64,
    clipped: u64,
    count: u64,
}

impl Loudness {
    /// Adds samples; one in eight tells enough.
    pub fn add(&mut self, samples: &[Complex32]) {
        for sample in samples.iter().step_by(8) {
            self.power += f64::from(sample.norm_sqr());
            self.clipped += u64::from(sample.re.abs() >= CLIPPED || sample.im.abs() >= CLIPPED);
            self.count += 1;
        }
    }

    /// The gain to take next: `gain_db`, or the one of `allowed` that brings the samples to their target.
    #[must_use]
    pub fn next_gain(&self, gain_db: f64, allowed: Span) -> f64 {
        if self.count == 0 {
            return gain_db;
        }
        let count = self.count as f64;
        let change = if self.clipped as f64 > MAX_CLIPPED * count {
            -CLIP_STEP_DB
        } else {
            let level = 10.0 * (self.power / count + 1e-12).log10();
            let excess = TARGET_DBFS - level;
            if excess.abs() <= TOLERANCE_DB { 0.0 } else { excess.min(STEP_UP_DB) }
        };
        // Whole decibels: radios have coarser steps than this computes.
        (gain_db + change).round().clamp(allowed.from, allowed.to.max(allowed.from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: Span = Span { from: 0.0, to: 50.0 };

    fn loudness(amplitude: f32) -> Loudness {
        let mut loudness = Loudness::default();
        loudness.add(&vec![Complex32::new(amplitude, 0.0); 8000]);
        loudness
    }

    #[test]
    fn the_gain_goes_to_its_target_and_stays() {
        assert_eq!(loudness(0.01).next_gain(20.0, ALLOWED), 30.0, "-40 dBFS: at most 10 dB at once");
        assert_eq!(loudness(0.1).next_gain(20.0, ALLOWED), 25.0, "-20 dBFS");
        assert_eq!(loudness(0.15).next_gain(20.0, ALLOWED), 20.0, "-16.5 dBFS is well");
        assert_eq!(loudness(0.8).next_gain(20.0, ALLOWED), 7.0, "-2 dBFS");
        assert_eq!(loudness(1.0).next_gain(20.0, ALLOWED), 12.0, "all clipped");
    }

    #[test]
    fn the_gain_is_one_that_the_radio_has() {
        assert_eq!(loudness(0.0).next_gain(45.0, ALLOWED), 50.0);
        assert_eq!(loudness(1.0).next_gain(3.0, ALLOWED), 0.0);
        assert_eq!(Loudness::default().next_gain(20.0, ALLOWED), 20.0, "nothing was heard");
        let fixed = Span { from: 12.0, to: 12.0 };
        assert_eq!(loudness(0.01).next_gain(12.0, fixed), 12.0);
    }
}
