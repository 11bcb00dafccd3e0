//! Fourier transforms, planned once a length. Unnormalised both ways, as rustfft has them.

use std::{cell::RefCell, sync::Arc};

use num_complex::Complex32;
use rustfft::{Fft, FftDirection, FftPlanner};

thread_local! {
    /// Remembers what it planned, so that every length is planned once a thread.
    static PLANNER: RefCell<FftPlanner<f32>> = RefCell::new(FftPlanner::new());
}

/// The few plans that one user needs and their scratch. One of these belongs to one thread.
pub struct Transforms {
    plans: Vec<Arc<dyn Fft<f32>>>,
    scratch: Vec<Complex32>,
}

impl Transforms {
    /// No plans yet.
    #[must_use]
    pub fn new() -> Self {
        Self { plans: Vec::new(), scratch: Vec::new() }
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
        let known = self.plans.iter().position(|plan| plan.len() == data.len() && plan.fft_direction() == direction);
        let at = known.unwrap_or_else(|| {
            self.plans.push(PLANNER.with_borrow_mut(|planner| planner.plan_fft(data.len(), direction)));
            self.plans.len() - 1
        });
        let plan = &self.plans[at];
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
