//! Turbo decoding, eight full iterations: information bits per second for each set of kernels.

use std::{hint::black_box, time::Instant};

use lte_dsp::{
    coding::turbo::{BlockSize, TurboDecoder, encode},
    kernels::Backend,
};

const ITERATIONS: usize = 8;

fn main() {
    println!("turbo decoding, {ITERATIONS} iterations, information Mbit/s");
    println!("{:>6} {:>9} {:>9} {:>7}", "K", "scalar", "fastest", "ratio");
    for k in [40, 208, 328, 512, 1024, 2240, 6144] {
        let size = BlockSize::new(k).expect("in the table");
        let bits: Vec<u8> = (0..k as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 31) as u8).collect();
        let mut d = vec![0; 3 * size.d()];
        encode(size, &bits, &mut d);
        // Weak, unequal soft bits; their values do not change the work.
        let llrs: Vec<f32> =
            d.iter().zip(0u32..).map(|(bit, i)| (1.0 + (i % 7) as f32) * (0.5 - f32::from(*bit))).collect();
        let [scalar, fastest] = [Backend::SCALAR, Backend::detect()].map(|backend| {
            let mut decoder = TurboDecoder::new(backend);
            let per_block = seconds(|| {
                black_box(decoder.decode(size, 0, black_box(&llrs), ITERATIONS, |_| false));
            });
            k as f64 / per_block / 1e6
        });
        println!("{k:>6} {scalar:>9.2} {fastest:>9.2} {:>7.1}", fastest / scalar);
    }
}

/// The median time of one call, over runs of at least a millisecond.
fn seconds(mut work: impl FnMut()) -> f64 {
    let mut time = |calls: usize| {
        let start = Instant::now();
        (0..calls).for_each(|_| work());
        start.elapsed().as_secs_f64() / calls as f64
    };
    let calls = (1e-3 / time(1)).ceil().max(1.0) as usize;
    let mut runs: Vec<f64> = (0..51).map(|_| time(calls)).collect();
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}
