//! Random numbers, the same on every machine for the same seed.

use num_complex::Complex32;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus, seq::SliceRandom};
use rand_distr::{Distribution, StandardNormal};

/// What a stream of random numbers is for; each purpose, cell and port has its own, so that one can change alone.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Receiver noise.
    Noise,
    /// Other users' data of one cell.
    Traffic {
        /// The cell's place in its scenario.
        cell: usize,
    },
    /// Fading of one cell and antenna port.
    Fading {
        /// The cell's place in its scenario.
        cell: usize,
        /// Its antenna port.
        port: usize,
    },
}

/// The generator of one purpose under one seed.
#[must_use]
pub fn generator(seed: u64, purpose: Purpose) -> Xoshiro256PlusPlus {
    let stream = match purpose {
        Purpose::Noise => 0,
        Purpose::Traffic { cell } => 1 + 8 * cell as u64,
        Purpose::Fading { cell, port } => 2 + 8 * cell as u64 + port as u64,
    };
    // Odd multipliers keep neighbouring seeds and streams apart; the seeding hashes the rest.
    Xoshiro256PlusPlus::seed_from_u64(
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03),
    )
}

/// A circular Gaussian value of power 1.
pub fn complex_normal(rng: &mut Xoshiro256PlusPlus) -> Complex32 {
    let re: f32 = StandardNormal.sample(rng);
    let im: f32 = StandardNormal.sample(rng);
    Complex32::new(re, im) * std::f32::consts::FRAC_1_SQRT_2
}

/// A stream of drawn settings.
pub struct Draw(Xoshiro256PlusPlus);

impl Draw {
    /// The stream of one seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number below `count`.
    pub fn up_to(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    /// One of some values.
    pub fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.up_to(values.len())]
    }

    /// True once in so many times.
    pub fn once_in(&mut self, count: usize) -> bool {
        self.up_to(count) == 0
    }

    /// A number from `least` to below `most`.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        self.0.random_range(least..most)
    }

    /// A normal value of mean 0.
    pub fn normal(&mut self, deviation: f64) -> f64 {
        let value: f64 = StandardNormal.sample(&mut self.0);
        deviation * value
    }

    /// Brings values into a random order.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        values.shuffle(&mut self.0);
    }
}
