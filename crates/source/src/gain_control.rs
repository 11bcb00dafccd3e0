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
/// Step down where samples clip, at least and at most: where nearly all do, nobody knows by how much.
const CLIP_STEP_DB: (f64, f64) = (8.0, 30.0);
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

    /// Adds what was heard elsewhere.
    pub fn join(&mut self, other: Self) {
        self.power += other.power;
        self.clipped += other.clipped;
        self.count += other.count;
    }

    /// Share of the samples that the converter clipped; 0 without samples.
    #[must_use]
    pub fn clipped_share(&self) -> f64 {
        if self.count > 0 { self.clipped as f64 / self.count as f64 } else { 0.0 }
    }

    /// The gain to take next: `gain_db`, or the one of `allowed` that brings the samples to their target.
    #[must_use]
    pub fn next_gain(&self, gain_db: f64, allowed: Span) -> f64 {
        if self.count == 0 {
            return gain_db;
        }
        let count = self.count as f64;
        let change = if self.clipped as f64 > MAX_CLIPPED * count {
            -clip_step_db(self.clipped as f64 / count)
        } else {
            let level = 10.0 * (self.power / count + 1e-12).log10();
            let excess = TARGET_DBFS - level;
            if excess.abs() <= TOLERANCE_DB { 0.0 } else { excess.min(STEP_UP_DB) }
        };
        // Whole decibels: radios have coarser steps than this computes.
        (gain_db + change).round().clamp(allowed.from, allowed.to.max(allowed.from))
    }
}

/// How far Gaussian samples of which this share is clipped are above the target, in dB.
fn clip_step_db(share: f64) -> f64 {
    let (least, most) = CLIP_STEP_DB;
    let target = 10f64.powf(TARGET_DBFS / 20.0) * std::f64::consts::FRAC_1_SQRT_2;
    // Of samples that are `over_db` above the target, where neither I nor Q is below the limit.
    let clipped_at = |over_db: f64| {
        let inside = 1.0 - tail(f64::from(CLIPPED) / (target * 10f64.powf(over_db / 20.0)));
        1.0 - inside * inside
    };
    let (mut from, mut to) = (least, most);
    for _ in 0..20 {
        let middle = f64::midpoint(from, to);
        if clipped_at(middle) < share { from = middle } else { to = middle }
    }
    from
}

/// Share of a Gaussian variable beyond so many standard deviations on either side. Abramowitz and Stegun 7.1.25, to 3e-5.
fn tail(deviations: f64) -> f64 {
    let x = deviations * std::f64::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.470_47 * x);
    t * (0.348_024_2 + t * (-0.095_879_8 + t * 0.747_855_6)) * (-x * x).exp()
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
        assert_eq!(loudness(1.0).next_gain(45.0, ALLOWED), 15.0, "all clipped: nobody knows by how much");
    }

    #[test]
    fn the_gain_is_one_that_the_radio_has() {
        assert_eq!(loudness(0.0).next_gain(45.0, ALLOWED), 50.0);
        assert_eq!(loudness(1.0).next_gain(3.0, ALLOWED), 0.0);
        assert_eq!(Loudness::default().next_gain(20.0, ALLOWED), 20.0, "nothing was heard");
        let fixed = Span { from: 12.0, to: 12.0 };
        assert_eq!(loudness(0.01).next_gain(12.0, fixed), 12.0);
    }

    /// Gaussian samples that are so far above the target, cut at full scale as a converter does.
    fn clipped_by(over_db: f64) -> Loudness {
        let sigma = 10f64.powf((TARGET_DBFS + over_db) / 20.0) * std::f64::consts::FRAC_1_SQRT_2;
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        let mut gaussian = || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos() * sigma;
        let samples: Vec<Complex32> = (0..80_000)
            .map(|_| Complex32::new(gaussian().clamp(-1.0, 1.0) as f32, gaussian().clamp(-1.0, 1.0) as f32))
            .collect();
        let mut loudness = Loudness::default();
        loudness.add(&samples);
        loudness
    }

    #[test]
    fn a_clipped_dwell_steps_down_by_as_much_as_it_is_over() {
        for over_db in [10.0, 14.0, 18.0, 22.0, 26.0] {
            let step = 50.0 - clipped_by(over_db).next_gain(50.0, ALLOWED);
            assert!((step - over_db).abs() <= 1.5, "{over_db} dB over: {step} dB down");
        }
        assert_eq!(50.0 - clipped_by(45.0).next_gain(50.0, ALLOWED), CLIP_STEP_DB.1);
    }
}
