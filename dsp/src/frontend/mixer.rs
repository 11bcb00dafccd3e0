//! Frequency shift by a recurrence.

use num_complex::{Complex32, Complex64};

use crate::kernels::complex::{self, Rotation};

/// A shift by one frequency, worked out for many stretches of samples.
pub struct Mixer {
    cycles_per_sample: f64,
    rotation: Rotation,
}

impl Mixer {
    /// A shift up by `cycles_per_sample`.
    #[must_use]
    pub fn new(cycles_per_sample: f64) -> Self {
        Self { cycles_per_sample, rotation: Rotation::new(exact_cis(cycles_per_sample)) }
    }

    /// Sets `out[n]` to `x[n]`·e^{j2π·cycles_per_sample·(n + `first`)}, as far as both go.
    pub fn shift(&self, x: &[Complex32], first: f64, out: &mut [Complex32]) {
        self.shift_scaled(x, first, Complex64::ONE, out);
    }

    /// The same times `factor`.
    pub fn shift_scaled(&self, x: &[Complex32], first: f64, factor: Complex64, out: &mut [Complex32]) {
        complex::rotate_into(x, exact_cis(self.cycles_per_sample * first) * factor, &self.rotation, out);
    }
}

/// Elements on either side of n = 0: the first stretch ends before it, the second begins after it.
pub type AroundZero<T> = (T, T);

/// Sets `out` to `x`, each element times e^{j2π·`cycles_per_sample`·n} and `factor`.
pub fn shift_around_zero(
    (below, above): AroundZero<&[Complex32]>,
    cycles_per_sample: f64,
    factor: Complex64,
    (out_below, out_above): AroundZero<&mut [Complex32]>,
) {
    let step = exact_cis(cycles_per_sample);
    let rotation = Rotation::new(step);
    complex::rotate_into(below, step.conj().powu(below.len() as u32) * factor, &rotation, out_below);
    complex::rotate_into(above, step * factor, &rotation, out_above);
}

/// e^{j2π·`cycles`}, computed in double precision so that long recordings keep their phase.
#[must_use]
pub fn cis(cycles: f64) -> Complex32 {
    let z = exact_cis(cycles);
    Complex32::new(z.re as f32, z.im as f32)
}

/// The same in double precision.
pub(super) fn exact_cis(cycles: f64) -> Complex64 {
    Complex64::cis(std::f64::consts::TAU * cycles.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_definition_for_any_length_and_start() {
        for len in [0, 1, 7, 8, 63, 64, 65, 1000] {
            let mut x = vec![Complex32::ZERO; len];
            Mixer::new(-0.123_456_789).shift(&vec![Complex32::ONE; len], 1e7, &mut x);
            for (n, x) in x.iter().enumerate() {
                let exact = cis(-0.123_456_789 * (n as f64 + 1e7));
                assert!((x - exact).norm() < 2e-5, "length {len}, sample {n}");
            }
        }
    }

    #[test]
    fn both_sides_of_zero_are_the_definition() {
        let ones = [Complex32::ONE; 600];
        let (mut below, mut above) = ([Complex32::ZERO; 600], [Complex32::ZERO; 599]);
        shift_around_zero((&ones, &ones), 0.000_123, Complex64::new(0.5, 0.0), (&mut below, &mut above));
        let places = (-600..0).chain(1..600).map(f64::from);
        for (x, n) in below.iter().chain(&above).zip(places) {
            assert!((x - cis(0.000_123 * n) * 0.5).norm() < 1e-5, "{n}");
        }
    }
}
