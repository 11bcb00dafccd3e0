//! Processor time of work against that of the Fourier transforms which it cannot do without, both taken in turn in one
//! run: the ratio hardly depends on the machine or its load.
//!
//! With `--check` fewer rounds are run, and a ratio beyond its limit fails.

use std::process::ExitCode;

use cpu_time::ProcessTime;
use lte_dsp::fft::Transforms;
use num_complex::Complex32;

/// Measures one piece of work after the other.
pub struct Meter {
    is_check: bool,
    failed: bool,
}

/// How much a piece of work does.
#[derive(Clone, Copy)]
pub enum Amount {
    /// Samples, and the seconds that they last.
    Samples(usize, f64),
    /// Bits, which last no time of their own.
    #[allow(dead_code, reason = "each bench is a program of its own with this module in it")]
    Bits(usize),
}

/// What a piece of work is measured against.
pub struct Floor {
    /// Number of transforms.
    pub count: usize,
    /// Their length.
    pub len: usize,
    /// Ratio beyond which `--check` fails: twice what was measured, so that no load of the machine reaches it.
    pub most: f64,
}

impl Meter {
    /// A meter as the command line wants it.
    pub fn new() -> Self {
        Self { is_check: std::env::args().any(|argument| argument == "--check"), failed: false }
    }

    /// Prints the time of `work`, how fast that is, and its ratio to the transforms of `floor`.
    pub fn measure(&mut self, name: &str, amount: Amount, floor: &Floor, work: impl FnMut()) {
        let (time, ratio) = self.against_transforms(floor, work);
        let speed = match amount {
            Amount::Samples(count, seconds) => {
                format!("{:>8.1} MS/s   {:>7.1} x real time", 1e-6 * count as f64 / time, seconds / time)
            }
            Amount::Bits(count) => format!("{:>8.1} Mbit/s                   ", 1e-6 * count as f64 / time),
        };
        let (time, Floor { count, len, .. }) = (1e3 * time, floor);
        println!("{name:<20} {time:>10.4} ms {speed} {ratio:>7.2} x its {count} transforms of {len}");
        if self.is_check && ratio > floor.most {
            println!("{name}: {ratio:.2} is beyond {}", floor.most);
            self.failed = true;
        }
    }

    /// What the program ends with.
    pub fn finish(self) -> ExitCode {
        if self.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Medians over the rounds: seconds of processor time of `work`, and their ratio to those of the transforms.
    fn against_transforms(&self, floor: &Floor, mut work: impl FnMut()) -> (f64, f64) {
        let rounds = if self.is_check { 3 } else { 7 };
        let mut fft = Transforms::new();
        let mut block = vec![Complex32::ZERO; floor.len];
        let mut transforms = || {
            // Zeros stay what they are and take no less time; other numbers would grow beyond all bounds.
            (0..floor.count).for_each(|_| fft.forward(&mut block));
        };
        transforms();
        work();
        let (mut times, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let floor = seconds(&mut transforms);
            let time = seconds(&mut work);
            times.push(time);
            ratios.push(time / floor);
        }
        [&mut times, &mut ratios].into_iter().for_each(|values| values.sort_by(f64::total_cmp));
        (times[rounds / 2], ratios[rounds / 2])
    }
}

/// Processor time of one call, over at least 20 ms of them: short work is repeated, so that the clock's grain is small
/// against it. The clock is a call into the system, so it is read ever more seldom.
fn seconds(work: &mut impl FnMut()) -> f64 {
    let mut calls = 1;
    loop {
        let start = ProcessTime::now();
        (0..calls).for_each(|_| work());
        let passed = start.elapsed().as_secs_f64();
        if passed > 0.02 {
            return passed / f64::from(calls);
        }
        calls *= 2;
    }
}
