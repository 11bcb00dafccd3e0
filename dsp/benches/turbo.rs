//! Turbo decoding, eight full iterations: information bits per second for each set of kernels.

mod coded;

use std::hint::black_box;

use coded::{seconds, turbo_llrs};
use lte_dsp::{coding::turbo::TurboDecoder, kernels::Backend};

const ITERATIONS: usize = 8;

fn main() {
    println!("turbo decoding, {ITERATIONS} iterations, information Mbit/s");
    println!("{:>6} {:>9} {:>9} {:>7}", "K", "scalar", "fastest", "ratio");
    for k in [40, 208, 328, 512, 1024, 2240, 6144] {
        let (size, llrs) = turbo_llrs(k);
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
