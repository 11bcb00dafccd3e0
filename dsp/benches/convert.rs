//! Bytes to samples, in the first-level cache. Target: ci8 at 5 GS/s on one core.

use divan::{Bencher, black_box, counter::ItemsCount};
use lte_dsp::frontend::{SampleFormat, convert};
use num_complex::Complex32;

/// 2 or more KiB of bytes and 8 KiB of samples.
const SAMPLES: usize = 1024;

fn main() {
    divan::main();
}

#[divan::bench(args = ["ci8", "cu8", "ci16_le", "cf32_le"])]
fn to_samples(bencher: Bencher<'_, '_>, name: &str) {
    let format = SampleFormat::from_name(name).expect("a format");
    let bytes: Vec<u8> = (0..SAMPLES * format.bytes()).map(|i| (i * 37 % 64) as u8).collect();
    let mut samples = vec![Complex32::ZERO; SAMPLES];
    bencher
        .counter(ItemsCount::new(SAMPLES))
        .bench_local(|| convert(format, black_box(&bytes), black_box(&mut samples)));
}
