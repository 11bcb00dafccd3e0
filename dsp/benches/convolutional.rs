//! Tail-biting Viterbi decoding of the MIB and of DCIs: microseconds a block.

mod coded;

use std::hint::black_box;

use coded::{bits, seconds};
use lte_dsp::coding::convolutional::{ConvolutionalDecoder, encode};

fn main() {
    println!("tail-biting convolutional decoding, exact maximum likelihood");
    println!("{:>5} {:>5} {:>6} {:>9} {:>8}", "bits", "list", "noise", "µs/block", "Mbit/s");
    for (len, list) in [(29, 1), (40, 1), (40, 8), (43, 1), (60, 1)] {
        for (name, noise) in [("none", 0.0), ("some", 2.0), ("only", 1e3)] {
            let mut d = vec![0; 3 * len];
            encode(&bits(len), &mut d);
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
