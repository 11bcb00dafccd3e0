//! A second path: a repeater, a distributed antenna, a hill.

use num_complex::Complex32;

use super::clock::resampled;

/// A path behind the first one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// How much later it arrives, in seconds.
    pub delay_s: f64,
    /// Its amplitude against the first one's.
    pub amplitude: f32,
    /// Its phase against the first one's in radians, at the recording's centre.
    pub phase: f32,
}

impl Path {
    /// Mean power gain of both paths over a band of `width_hz` around `centre_hz` from the recording's centre.
    #[must_use]
    pub fn power_gain(&self, centre_hz: f64, width_hz: f64) -> f32 {
        const POINTS: i32 = 64;
        let gain = |i: i32| {
            let hz = centre_hz + (f64::from(i) / f64::from(POINTS) - 0.5) * width_hz;
            let turn = (std::f64::consts::TAU * (hz * self.delay_s).fract()) as f32;
            (Complex32::ONE + Complex32::from_polar(self.amplitude, self.phase - turn)).norm_sqr()
        };
        (0..=POINTS).map(gain).sum::<f32>() / (POINTS + 1) as f32
    }
}

/// Adds the samples once more as `path` brings them.
pub fn add_path(samples: &mut [Complex32], rate_hz: f64, path: Path) {
    let delay = path.delay_s * rate_hz;
    let (whole, part) = (delay.floor() as usize, delay.fract());
    // One sample of `late` is the signal that part of a sample before it.
    let late = resampled(samples, 1.0 - part, 1.0);
    let gain = Complex32::from_polar(path.amplitude, path.phase);
    for (x, late) in samples.iter_mut().skip(whole + 1).zip(late) {
        *x += gain * late;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_gains_what_the_path_says() {
        let rate_hz = 1.92e6;
        for (delay_s, phase, hz) in [(0.5e-6, 0.0, 300e3), (3e-6, 2.0, -450e3), (4.7e-6, -1.0, 10e3)] {
            let path = Path { delay_s, amplitude: 0.8, phase };
            let turn = std::f64::consts::TAU * hz / rate_hz;
            let mut samples: Vec<_> = (0..2000).map(|n| Complex32::cis((turn * f64::from(n)) as f32)).collect();
            add_path(&mut samples, rate_hz, path);
            let power = samples[500..1500].iter().map(Complex32::norm_sqr).sum::<f32>() / 1000.0;
            let expected = path.power_gain(hz, 0.0);
            assert!((power - expected).abs() < 0.02, "{path:?}: {power} for {expected}");
        }
    }
}
