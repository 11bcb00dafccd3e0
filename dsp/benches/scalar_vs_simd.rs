//! What the processor's vectors bring: each kernel against a plain loop of the same definition.

mod coded;

use std::hint::black_box;

use coded::{seconds, turbo_llrs};
use lte_dsp::{
    coding::turbo::TurboDecoder,
    frontend::{SampleFormat, convert, mixer::Mixer},
    kernels::Backend,
};
use num_complex::{Complex32, Complex64};

const SAMPLES: usize = 1024;

fn main() {
    println!("{:<16} {:>12} {:>12} {:>7}", "kernel", "scalar", "vectors", "ratio");
    let bytes: Vec<u8> = (0..2 * SAMPLES).map(|i| (i * 37 % 251) as u8).collect();
    let mut samples = vec![Complex32::ZERO; SAMPLES];
    let plain = seconds(|| {
        for (x, z) in black_box(&mut samples).iter_mut().zip(black_box(&bytes).chunks_exact(2)) {
            *x = black_box(Complex32::new(f32::from(z[0] as i8) / 128.0, f32::from(z[1] as i8) / 128.0));
        }
    });
    let vectors = seconds(|| {
        convert(SampleFormat::Ci8, black_box(&bytes), black_box(&mut samples));
    });
    print("convert ci8", "MS/s", SAMPLES, plain, vectors);

    let plain = seconds(|| {
        let (step, mut phase) = (Complex64::cis(0.1), Complex64::ONE);
        for x in black_box(&mut samples).iter_mut() {
            *x *= Complex32::new(phase.re as f32, phase.im as f32);
            phase *= step;
        }
    });
    let mut shifted = samples.clone();
    let vectors = seconds(|| Mixer::new(0.1).shift(black_box(&samples), 0.0, black_box(&mut shifted)));
    print("mixer", "MS/s", SAMPLES, plain, vectors);

    let (size, llrs) = turbo_llrs(1024);
    let [plain, vectors] = [Backend::SCALAR, Backend::detect()].map(|backend| {
        let mut decoder = TurboDecoder::new(backend);
        seconds(|| {
            black_box(decoder.decode(size, 0, black_box(&llrs), 8, |_| false));
        })
    });
    print("turbo, K = 1024", "Mbit/s", 1024, plain, vectors);
}

fn print(name: &str, unit: &str, count: usize, plain: f64, vectors: f64) {
    let [a, b] = [plain, vectors].map(|seconds| format!("{:.1} {unit}", 1e-6 * count as f64 / seconds));
    println!("{name:<16} {a:>12} {b:>12} {:>7.1}", plain / vectors);
}
