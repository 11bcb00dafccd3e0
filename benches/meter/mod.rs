//! Processor time of work against that of the Fourier transforms which it cannot do without, both taken in turn in one
//! run: the ratio hardly depends on the machine or its load.

use cpu_time::ProcessTime;
use lte_dsp::fft::Transforms;
use num_complex::Complex32;

/// Rounds of floor and work.
const ROUNDS: usize = 7;

/// Prints the time of `work` on `samples` samples that last `seconds`, and its ratio to `count` transforms of `len`
/// points.
pub fn measure(name: &str, (samples, seconds): (usize, f64), (count, len): (usize, usize), work: impl FnMut()) {
    let (time, ratio) = against_transforms((count, len), work);
    println!(
        "{name:<24} {:>9.3} ms {:>8.1} MS/s {:>7.1} x real time {ratio:>6.2} x its {count} transforms of {len}",
        1e3 * time,
        1e-6 * samples as f64 / time,
        seconds / time,
    );
}

/// Medians over the rounds: seconds of processor time of `work`, and their ratio to those of the transforms.
fn against_transforms((count, len): (usize, usize), mut work: impl FnMut()) -> (f64, f64) {
    let mut fft = Transforms::new();
    let mut block = vec![Complex32::ZERO; len];
    let mut transforms = || {
        // Zeros stay what they are and take no less time; other numbers would grow beyond all bounds.
        (0..count).for_each(|_| fft.forward(&mut block));
    };
    transforms();
    work();
    let (mut times, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // Short work is repeated, so that the clock's grain is small against it.
        let floor = seconds(&mut transforms);
        let time = seconds(&mut work);
        times.push(time);
        ratios.push(time / floor);
    }
    [&mut times, &mut ratios].into_iter().for_each(|values| values.sort_by(f64::total_cmp));
    (times[ROUNDS / 2], ratios[ROUNDS / 2])
}

/// Processor time of one call, over at least 20 ms of them.
fn seconds(work: &mut impl FnMut()) -> f64 {
    let start = ProcessTime::now();
    let mut calls = 0;
    loop {
        work();
        calls += 1;
        let passed = start.elapsed().as_secs_f64();
        if passed > 0.02 {
            return passed / f64::from(calls);
        }
    }
}
