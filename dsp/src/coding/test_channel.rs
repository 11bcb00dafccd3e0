//! Random bits and a noisy channel with fixed seeds, for the tests of this folder.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::coding::llr::Llr;

/// Random bits, the same for the same seed.
pub fn random_bits(len: usize, seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| u8::from(rng.random::<bool>())).collect()
}

/// Additive white Gaussian noise on QPSK symbols of unit power.
pub struct TestChannel(ChaCha8Rng);

impl TestChannel {
    /// A channel whose noise starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The soft bits of coded bits received at the given Es/N0.
    pub fn transmit(&mut self, bits: &[u8], esn0_db: f32) -> Vec<Llr> {
        let esn0 = 10f32.powf(esn0_db / 10.0);
        // An axis holds half of the symbol's power and half of its noise: y = ±1 + n, n of variance 1/(Es/N0).
        bits.iter().map(|bit| 2.0 * esn0 * (1.0 - 2.0 * f32::from(*bit) + self.gaussian() / esn0.sqrt())).collect()
    }

    /// A normally distributed number, by Box and Muller.
    fn gaussian(&mut self) -> f32 {
        let (u, v): (f64, f64) = (self.0.random(), self.0.random());
        ((-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
    }
}
