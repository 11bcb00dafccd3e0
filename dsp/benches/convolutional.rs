//! Tail-biting Viterbi decoding of the MIB and of DCIs: microseconds a block for each set of kernels.

use std::{hint::black_box, time::Instant};

use lte_dsp::{
    coding::convolutional::{ConvolutionalDecoder, encode},
    kernels::Backend,
};

fn main() {
    println!("tail-biting convolutional decoding, exact maximum likelihood, µs a block");
    println!("{:>5} {:>6} {:>9} {:>9} {:>7} {:>8}", "bits", "noise", "scalar", "fastest", "ratio", "Mbit/s");
    for len in [29, 40, 43, 60] {
        for (name, noise) in [("none", 0.0), ("some", 2.0), ("only", 1e3)] {
            let bits: Vec<u8> = (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 31) as u8).collect();
            let mut d = vec![0; 3 * len];
            encode(&bits, &mut d);
            let llrs: Vec<f32> =
                d.iter().zip(0u32..).map(|(bit, i)| 1.0 - 2.0 * f32::from(*bit) + noise * spread(i)).collect();
            let [scalar, fastest] = [Backend::SCALAR, Backend::detect()].map(|backend| {
                let mut decoder = ConvolutionalDecoder::new(backend);
                let mut out = vec![0; len];
                1e6 * seconds(|| {
                    black_box(decoder.decode(black_box(&llrs), &mut out));
                })
            });
            println!(
                "{len:>5} {name:>6} {scalar:>9.2} {fastest:>9.2} {:>7.1} {:>8.2}",
                scalar / fastest,
                len as f64 / fastest
            );
        }
    }
}

/// A number of zero mean and about unit variance, different for each `i`.
fn spread(i: u32) -> f32 {
    let hash = i.wrapping_add(1).wrapping_mul(0x9E37_79B9).rotate_left(13).wrapping_mul(0x85EB_CA6B);
    (hash as f32 / u32::MAX as f32 - 0.5) * 12f32.sqrt()
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
