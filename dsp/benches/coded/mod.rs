//! Coded blocks with soft bits, and the time of decoding them.

use std::time::Instant;

use lte_dsp::coding::turbo::{BlockSize, encode};

/// Bits that look like no pattern.
pub fn bits(count: usize) -> Vec<u8> {
    (0..count as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 31) as u8).collect()
}

/// A turbo code block of `k` bits as weak, unequal soft bits; their values do not change the work.
#[allow(dead_code, reason = "each bench is a program of its own with this module in it")]
pub fn turbo_llrs(k: usize) -> (BlockSize, Vec<f32>) {
    let size = BlockSize::new(k).expect("in the table");
    let mut d = vec![0; 3 * size.d()];
    encode(size, &bits(k), &mut d);
    let llrs = d.iter().zip(0u32..).map(|(bit, i)| (1.0 + (i % 7) as f32) * (0.5 - f32::from(*bit)));
    (size, llrs.collect())
}

/// The median time of one call, over runs of at least a millisecond.
pub fn seconds(mut work: impl FnMut()) -> f64 {
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
