//! A carrier that moves, as of a crystal that warms up.

use num_complex::{Complex32, Complex64};

/// Raises all frequencies by `hz_per_ms` over the first `seconds`, from nothing; then they stay.
pub fn drift(samples: &mut [Complex32], rate_hz: f64, hz_per_ms: f64, seconds: f64) {
    let hz_per_s = 1e3 * hz_per_ms;
    for (n, x) in samples.iter_mut().enumerate() {
        let t = n as f64 / rate_hz;
        let moving = t.min(seconds);
        let turns = hz_per_s * (moving * moving / 2.0 + seconds * (t - moving));
        let z = Complex64::cis(std::f64::consts::TAU * turns.fract());
        *x *= Complex32::new(z.re as f32, z.im as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 Hz/ms over 10 ms: half-way at 100 Hz, then 200 Hz. The phase between two samples is the frequency.
    #[test]
    fn the_frequency_rises_and_stays() {
        let rate_hz = 100e3;
        let mut samples = vec![Complex32::ONE; 3000];
        drift(&mut samples, rate_hz, 20.0, 0.01);
        let hz = |n: usize| f64::from((samples[n + 1] * samples[n].conj()).arg()) / std::f64::consts::TAU * rate_hz;
        for (n, expected) in [(0, 0.0), (500, 100.0), (1500, 200.0), (2500, 200.0)] {
            assert!((hz(n) - expected).abs() < 2.0, "{n}: {}", hz(n));
        }
    }
}
