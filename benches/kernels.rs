//! The inner loops alone, in the first-level cache: bytes to samples, and turbo decoding.

mod meter;

use std::{hint::black_box, process::ExitCode};

use lte_dsp::{
    coding::turbo::{BlockSize, TurboDecoder, encode},
    frontend::{SampleFormat, convert},
    kernels::Backend,
};
use meter::{Amount, Floor, Meter};
use num_complex::Complex32;

/// 2 KiB of bytes, 8 KiB of samples.
const SAMPLES: usize = 1024;
/// The longest code block. TS 36.212 Table 5.1.3-3.
const K: usize = 6144;
const ITERATIONS: usize = 8;
/// The fastest rate that is searched at once.
const RATE_HZ: f64 = 61.44e6;

fn main() -> ExitCode {
    let mut meter = Meter::new();
    let bytes: Vec<u8> = (0..2 * SAMPLES).map(|i| (i * 37 % 251) as u8).collect();
    let mut samples = vec![Complex32::ZERO; SAMPLES];
    let floor = Floor { count: 1, len: SAMPLES, most: 0.5 };
    meter.measure("convert_ci8", Amount::Samples(SAMPLES, SAMPLES as f64 / RATE_HZ), &floor, || {
        convert(SampleFormat::Ci8, black_box(&bytes), black_box(&mut samples));
    });

    let size = BlockSize::new(K).expect("in the table");
    let bits: Vec<u8> = (0..K as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 31) as u8).collect();
    let mut d = vec![0; 3 * size.d()];
    encode(size, &bits, &mut d);
    // Weak, unequal soft bits; their values do not change the work.
    let llrs: Vec<f32> =
        d.iter().zip(0u32..).map(|(bit, i)| (1.0 + (i % 7) as f32) * (0.5 - f32::from(*bit))).collect();
    let mut decoder = TurboDecoder::new(Backend::detect());
    let floor = Floor { count: 14, len: 2048, most: 8.0 };
    meter.measure("turbo_8_iterations", Amount::Bits(K), &floor, || {
        black_box(decoder.decode(size, 0, black_box(&llrs), ITERATIONS, |_| false));
    });
    meter.finish()
}
