//! Multipath propagation with Rayleigh fading taps of classical Doppler spectrum. TS 36.101 Annex B.2.

use num_complex::{Complex32, Complex64};
use rand::{RngExt, rngs::Xoshiro256PlusPlus};
use serde::Deserialize;

use crate::resample::windowed_sinc;

/// A tapped delay line: excess delay in nanoseconds and relative power in decibels.
pub type Taps = &'static [(f64, f64)];

/// Delay profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// One path of gain 1; ports above 0 at a phase of their own. Doppler has no effect.
    #[default]
    Flat,
    /// One Rayleigh fading path.
    Rayleigh,
    /// Extended pedestrian A.
    Epa,
    /// Extended vehicular A.
    Eva,
    /// Extended typical urban.
    Etu,
}

static RAYLEIGH: [(f64, f64); 1] = [(0.0, 0.0)];

/// TS 36.101 Table B.2.1-2.
static EPA: [(f64, f64); 7] =
    [(0.0, 0.0), (30.0, -1.0), (70.0, -2.0), (90.0, -3.0), (110.0, -8.0), (190.0, -17.2), (410.0, -20.8)];

/// TS 36.101 Table B.2.1-3.
static EVA: [(f64, f64); 9] = [
    (0.0, 0.0),
    (30.0, -1.5),
    (150.0, -1.4),
    (310.0, -3.6),
    (370.0, -0.6),
    (710.0, -9.1),
    (1090.0, -7.0),
    (1730.0, -12.0),
    (2510.0, -16.9),
];

/// TS 36.101 Table B.2.1-4.
static ETU: [(f64, f64); 9] = [
    (0.0, -1.0),
    (50.0, -1.0),
    (120.0, -1.0),
    (200.0, 0.0),
    (230.0, 0.0),
    (500.0, 0.0),
    (1600.0, -3.0),
    (2300.0, -5.0),
    (5000.0, -7.0),
];

impl Profile {
    /// The fading taps, or `None` of a path that does not fade.
    #[must_use]
    pub fn taps(self) -> Option<Taps> {
        match self {
            Self::Flat => None,
            Self::Rayleigh => Some(&RAYLEIGH),
            Self::Epa => Some(&EPA),
            Self::Eva => Some(&EVA),
            Self::Etu => Some(&ETU),
        }
    }
}

/// Sinusoids a tap: enough that its envelope is Rayleigh and its correlation J_0.
const SINUSOIDS: usize = 16;
/// Taps of a fractional delay on each side of its centre.
const DELAY_HALF_WIDTH: usize = 4;
/// Attenuation for which the delay's window is made.
const DELAY_ATTENUATION_DB: f64 = 50.0;
/// Blocks, with constant gains, in one period of the largest Doppler shift: a step of 2π/2000 is 50 dB down.
const BLOCKS_A_PERIOD: f64 = 2000.0;

/// One tap: a sum of sinusoids that arrive from all around. Its power is 1 before `amplitude`.
struct Tap {
    amplitude: f64,
    sinusoids: [Complex64; SINUSOIDS],
    steps: [Complex64; SINUSOIDS],
    /// Where its delay's kernel starts, and the kernel.
    first: usize,
    delay: [f64; 2 * DELAY_HALF_WIDTH],
}

impl Tap {
    fn gain(&self) -> Complex64 {
        self.amplitude * self.sinusoids.iter().sum::<Complex64>()
    }

    fn step(&mut self) {
        for (z, step) in self.sinusoids.iter_mut().zip(&self.steps) {
            *z *= step;
        }
    }
}

/// The channel of one antenna port at one sample rate.
pub struct Fader {
    taps: Vec<Tap>,
    block: usize,
    /// Coefficients of the whole channel.
    length: usize,
}

impl Fader {
    /// Draws a channel for samples at `rate_hz`; its mean power gain is 1.
    #[must_use]
    pub fn new(taps: Taps, doppler_hz: f64, rate_hz: f64, rng: &mut Xoshiro256PlusPlus) -> Self {
        let block = (rate_hz / (BLOCKS_A_PERIOD * doppler_hz.max(1e-3))).clamp(1.0, 2048.0) as usize;
        let block = block.next_multiple_of(LANES);
        let power: f64 = taps.iter().map(|(_, db)| 10f64.powf(db / 10.0)).sum();
        let longest = taps.iter().map(|(ns, _)| ns * 1e-9 * rate_hz).fold(0.0, f64::max);
        let length = longest.ceil() as usize + 2 * DELAY_HALF_WIDTH;
        let taps = taps.iter().map(|&(ns, db)| {
            let first = (ns * 1e-9 * rate_hz).floor();
            let centre = ns * 1e-9 * rate_hz - first + DELAY_HALF_WIDTH as f64 - 1.0;
            let turn = rng.random::<f64>();
            Tap {
                amplitude: (10f64.powf(db / 10.0) / power / SINUSOIDS as f64).sqrt(),
                sinusoids: std::array::from_fn(|_| Complex64::cis(std::f64::consts::TAU * rng.random::<f64>())),
                steps: std::array::from_fn(|n| {
                    let arrival = std::f64::consts::TAU * (n as f64 + turn) / SINUSOIDS as f64;
                    let shift_hz = doppler_hz * arrival.cos();
                    Complex64::cis(std::f64::consts::TAU * shift_hz * block as f64 / rate_hz)
                }),
                first: first as usize,
                delay: std::array::from_fn(|n| {
                    windowed_sinc(n as f64 - centre, DELAY_HALF_WIDTH as f64, 0.5, DELAY_ATTENUATION_DB)
                }),
            }
        });
        Self { taps: taps.collect(), block, length }
    }

    /// Adds the faded `input` to `output`, sample for sample; a tap of delay 0 delays by nothing.
    ///
    /// # Panics
    /// If the two differ in length.
    pub fn add(&mut self, input: &[Complex32], output: &mut [Complex32]) {
        assert_eq!(input.len(), output.len());
        let length = self.length;
        let lead = DELAY_HALF_WIDTH - 1;
        let (mut sums, mut h) = (vec![Complex64::ZERO; length], vec![Complex32::ZERO; length]);
        let (mut x_re, mut x_im) = (vec![0.0; self.block + length], vec![0.0; self.block + length]);
        let (mut y_re, mut y_im) = (vec![0.0; self.block], vec![0.0; self.block]);
        for (index, block) in output.chunks_mut(self.block).enumerate() {
            let first = index * self.block;
            sums.fill(Complex64::ZERO);
            for tap in &self.taps {
                let gain = tap.gain();
                sums[tap.first..].iter_mut().zip(tap.delay).for_each(|(sum, delay)| *sum += gain * delay);
            }
            h.iter_mut().zip(&sums).for_each(|(h, sum)| *h = Complex32::new(sum.re as f32, sum.im as f32));
            self.taps.iter_mut().for_each(Tap::step);
            // x_[i] is the input at first + lead - (length - 1) + i.
            for (i, (re, im)) in x_re.iter_mut().zip(&mut x_im).enumerate() {
                let at = (first + lead + i).checked_sub(length - 1);
                let x = at.and_then(|at| input.get(at)).copied().unwrap_or_default();
                (*re, *im) = (x.re, x.im);
            }
            convolve(&h, (&x_re, &x_im), (&mut y_re, &mut y_im));
            for (y, (re, im)) in block.iter_mut().zip(y_re.iter().zip(&y_im)) {
                *y += Complex32::new(*re, *im);
            }
        }
    }
}

/// Outputs computed together, in registers.
const LANES: usize = 16;

/// y[n] = Σ_j h[j] · x[n + len(h) - 1 - j], real and imaginary parts apart so that they fill whole registers.
///
/// The output's length is a multiple of `LANES`, the input's that and all taps together.
#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn convolve(h: &[Complex32], (x_re, x_im): (&[f32], &[f32]), (y_re, y_im): (&mut [f32], &mut [f32])) {
    let outputs = y_re.chunks_exact_mut(LANES).zip(y_im.chunks_exact_mut(LANES));
    for (block, (y_re, y_im)) in outputs.enumerate() {
        let (mut re, mut im) = ([0f32; LANES], [0f32; LANES]);
        for (j, tap) in h.iter().enumerate() {
            // Between paths far apart there is nothing.
            if *tap == Complex32::ZERO {
                continue;
            }
            let from = block * LANES + h.len() - 1 - j;
            let (x_re, x_im) = (&x_re[from..][..LANES], &x_im[from..][..LANES]);
            for i in 0..LANES {
                re[i] += tap.re * x_re[i] - tap.im * x_im[i];
                im[i] += tap.re * x_im[i] + tap.im * x_re[i];
            }
        }
        y_re.copy_from_slice(&re);
        y_im.copy_from_slice(&im);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};

    /// r.m.s. delay spreads and largest delays as printed in TS 36.101 Table B.2.1-1.
    #[test]
    fn profiles_have_the_printed_delay_spread() {
        for (profile, spread_ns, longest_ns) in
            [(Profile::Epa, 45.0, 410.0), (Profile::Eva, 357.0, 2510.0), (Profile::Etu, 991.0, 5000.0)]
        {
            let taps = profile.taps().expect("fading");
            let power: f64 = taps.iter().map(|(_, db)| 10f64.powf(db / 10.0)).sum();
            let moment = |n: i32| taps.iter().map(|(t, db)| t.powi(n) * 10f64.powf(db / 10.0)).sum::<f64>() / power;
            let spread = (moment(2) - moment(1).powi(2)).sqrt();
            assert!((spread - spread_ns).abs() < 3.0, "{profile:?} {spread}");
            assert_eq!(taps.last().expect("taps").0, longest_ns);
        }
    }

    fn impulse_response(profile: Profile, seed: u64) -> Vec<Complex32> {
        let mut input = vec![Complex32::ZERO; 400];
        input[100] = Complex32::ONE;
        let mut output = vec![Complex32::ZERO; 400];
        let mut rng = generator(seed, Purpose::Fading { cell: 0, port: 0 });
        Fader::new(profile.taps().expect("fading"), 0.0, 30.72e6, &mut rng).add(&input, &mut output);
        output
    }

    #[test]
    fn mean_power_gain_is_one_and_the_delay_is_as_printed() {
        let (mut power, mut delay) = (0.0, 0.0);
        for seed in 0..2000 {
            for (n, y) in impulse_response(Profile::Eva, seed).iter().enumerate() {
                power += f64::from(y.norm_sqr());
                delay += (n as f64 - 100.0) / 30.72e6 * f64::from(y.norm_sqr());
            }
        }
        // The taps' own kernels keep only most of an impulse's power, whose spectrum reaches the band edge.
        assert!((power / 2000.0 - 1.0).abs() < 0.12, "{}", power / 2000.0);
        let taps = Profile::Eva.taps().expect("fading");
        let total: f64 = taps.iter().map(|(_, db)| 10f64.powf(db / 10.0)).sum();
        let mean: f64 = taps.iter().map(|(t, db)| t * 1e-9 * 10f64.powf(db / 10.0)).sum::<f64>() / total;
        assert!((delay / power - mean).abs() < 20e-9, "{} {mean}", delay / power);
    }

    /// The correlation of a classical Doppler spectrum is J_0(2π f_D τ): 0.642 at f_D τ = 0.2, 0 at 0.383, -0.403 at 0.61.
    #[test]
    fn gains_decorrelate_like_j0() {
        let (rate, doppler, n) = (1.92e6, 300.0, 5_000);
        for (turns, expected) in [(0.2, 0.642), (0.383, 0.0), (0.61, -0.403)] {
            let lag = (turns / doppler * rate) as usize;
            let mut sum = Complex32::ZERO;
            let mut power = 0.0;
            for seed in 0..800 {
                let input = vec![Complex32::ONE; n];
                let mut output = vec![Complex32::ZERO; n];
                let mut rng = generator(seed, Purpose::Fading { cell: 0, port: 0 });
                Fader::new(&RAYLEIGH, doppler, rate, &mut rng).add(&input, &mut output);
                sum += output[50 + lag] * output[50].conj();
                power += output[50].norm_sqr();
            }
            let r = sum / power;
            assert!((r.re - expected).abs() < 0.1 && r.im.abs() < 0.1, "{turns}: {r}");
        }
    }
}
