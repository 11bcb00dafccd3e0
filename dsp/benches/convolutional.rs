//! Tail-biting Viterbi decoding of the MIB and of DCIs: microseconds a block.

use std::{hint::black_box, time::Instant};

use lte_dsp::coding::convolutional::{ConvolutionalDecoder, encode};

fn main() {
    println!("tail-biting convolutional decoding, exact maximum likelihood");
    println!("{:>5} {:>5} {:>6} {:>9} {:>8}", "bits", "list", "noise", "µs/block", "Mbit/s");
    for (len, list) in [(29, 1), (40, 1), (40, 8), (43, 1), (60, 1)] {
        for (name, noise) in [("none", 0.0), ("some", 2.0), ("only", 1e3)] {
            let bits: Vec<u8> = (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 31) as u8).collect();
            let mut d = vec![0; 3 * len];
            encode(&bits, &mut d);
            let llrs: Vec<f32> =
                d.iter().zip(0u32..).map(|(bit, i)| 1.0 - 2.0 * f32::from(*bit) + noise * spread(i)).collect();
            let mut decoder = ConvolutionalDecoder::default();
            let per_block_us = 1e6
                * seconds(|| {
                    black_box(decoder.decode_list(black_box(&llrs), len, list, |_, _| false));
                });
            println!("{len:>5} {list:>5} {name:>6} {per_block_us:>9.2} {:>8.2}", len as f64 / per_block_us);
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
