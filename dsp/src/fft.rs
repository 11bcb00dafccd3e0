//! Fourier transforms, planned once a length. Unnormalised both ways, as rustfft has them.

use std::{collections::HashMap, sync::Arc};

use num_complex::Complex32;
use rustfft::{Fft, FftDirection, FftPlanner};

/// Plans and the scratch they need, kept for reuse. One of these belongs to one thread.
pub struct Transforms {
    planner: FftPlanner<f32>,
    plans: HashMap<(usize, bool), Arc<dyn Fft<f32>>>,
    scratch: Vec<Complex32>,
}

impl Transforms {
    /// No plans yet.
    #[must_use]
    pub fn new() -> Self {
        Self { planner: FftPlanner::new(), plans: HashMap::new(), scratch: Vec::new() }
    }

    /// `X[k] = Σ x[n]·e^{-j2πkn/N}`, in place, N the length of `data`.
    pub fn forward(&mut self, data: &mut [Complex32]) {
        self.run(data, FftDirection::Forward);
    }

    /// `x[n] = Σ X[k]·e^{j2πkn/N}`, in place and without the 1/N, N the length of `data`.
    pub fn inverse(&mut self, data: &mut [Complex32]) {
        self.run(data, FftDirection::Inverse);
    }

    fn run(&mut self, data: &mut [Complex32], direction: FftDirection) {
        if data.is_empty() {
            return;
        }
        let key = (data.len(), direction == FftDirection::Forward);
        let planner = &mut self.planner;
        let plan = self.plans.entry(key).or_insert_with(|| planner.plan_fft(data.len(), direction));
        let needed = plan.get_inplace_scratch_len();
        if self.scratch.len() < needed {
            self.scratch.resize(needed, Complex32::ZERO);
        }
        plan.process_with_scratch(data, &mut self.scratch[..needed]);
    }
}

impl Default for Transforms {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_and_inverse_scale_by_the_length() {
        let mut fft = Transforms::new();
        for len in [1, 2, 12, 128, 1200] {
            let x: Vec<Complex32> = (0..len).map(|n| Complex32::new(n as f32, -1.0)).collect();
            let mut y = x.clone();
            fft.forward(&mut y);
            fft.inverse(&mut y);
            for (x, y) in x.iter().zip(&y) {
                assert!((x - y / len as f32).norm() < 1e-3 * len as f32, "length {len}");
            }
        }
        fft.forward(&mut []);
    }
}
