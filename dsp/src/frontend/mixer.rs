//! Frequency shift by a recurrence.

use num_complex::{Complex32, Complex64};

/// Samples between exact phases: rounding of the recurrence stays below 1e-5 over as many steps.
const RESYNC: usize = 64;

/// Multiplies `samples` by e^{j2π·`cycles_per_sample`·(n + `first`)}.
pub fn shift(samples: &mut [Complex32], cycles_per_sample: f64, first: f64) {
    let step: [Complex32; 8] = std::array::from_fn(|i| cis(cycles_per_sample * i as f64));
    let stride = cis(cycles_per_sample * 8.0);
    for (c, chunk) in samples.chunks_mut(RESYNC).enumerate() {
        let mut phase = cis(cycles_per_sample * (first + (c * RESYNC) as f64));
        for eight in chunk.chunks_mut(8) {
            for (x, s) in eight.iter_mut().zip(&step) {
                *x *= phase * s;
            }
            phase *= stride;
        }
    }
}

/// e^{j2π·`cycles`}, computed in double precision so that long recordings keep their phase.
#[must_use]
pub fn cis(cycles: f64) -> Complex32 {
    let z = Complex64::cis(std::f64::consts::TAU * cycles.fract());
    Complex32::new(z.re as f32, z.im as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_definition_for_any_length_and_start() {
        for len in [0, 1, 7, 8, 63, 64, 65, 1000] {
            let mut x = vec![Complex32::ONE; len];
            shift(&mut x, -0.123_456_789, 1e7);
            for (n, x) in x.iter().enumerate() {
                let exact = cis(-0.123_456_789 * (n as f64 + 1e7));
                assert!((x - exact).norm() < 2e-5, "length {len}, sample {n}");
            }
        }
    }
}
