//! A PSS peak made precise: to a fraction of a sample and to some hundred hertz. TS 36.211 §6.11.1.

use num_complex::Complex32;

use crate::{
    cell::NId2,
    fft::Transforms,
    frontend::{
        channelise::StreamView,
        mixer::{Mixer, cis},
        ofdm::SYMBOL,
    },
    kernels::complex,
    sequences::zadoff_chu::pss,
    units::Hertz,
};

use super::pss::PssPeak;

/// Samples at 1.92 MS/s a half frame.
pub const HALF_FRAME: f64 = 9600.0;
/// Samples tried on either side of the peak.
const REACH: i64 = 3;
/// Parts of the symbol summed apart; their phases show the frequency.
const PARTS: usize = SYMBOL / 16;
/// Frequencies tried on either side, in steps of `STEP_HZ`: a little beyond half the search's spacing.
const STEPS: i64 = 8;
const STEP_HZ: f64 = 500.0;

/// A PSS with its place and frequency; not yet known to belong to a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Identity within the group.
    pub n_id_2: NId2,
    /// Start of the first PSS symbol of the dwell, prefix left out, in samples at 1.92 MS/s.
    pub at: f64,
    /// Carrier offset from the recording's centre.
    pub offset: Hertz,
    /// Relative excess of the receiver's sample clock.
    pub clock_excess: f64,
    /// The peak's strength in the search.
    pub strength: f32,
    /// Mean share of the PSS in the power of its symbol's 62 subcarriers, 0–1.
    pub share: f32,
}

/// The PSS as 128 samples at 1.92 MS/s, conjugated, by N_ID^(2).
pub struct Replicas([Vec<Complex32>; 3]);

impl Replicas {
    /// All three.
    #[must_use]
    pub fn new(fft: &mut Transforms) -> Self {
        Self(NId2::ALL.map(|n_id_2| {
            let mut x = vec![Complex32::ZERO; SYMBOL];
            for (n, d) in pss(n_id_2).into_iter().enumerate() {
                x[if n < 31 { SYMBOL - 31 + n } else { n - 30 }] = d;
            }
            fft.inverse(&mut x);
            x.iter().map(Complex32::conj).collect()
        }))
    }
}

/// Refines `peak`, found at `bin_hz` a bin, in a stream at 1.92 MS/s. `None` where the stream holds no whole PSS.
#[must_use]
pub fn refine(replicas: &Replicas, stream: StreamView<'_>, peak: &PssPeak, bin_hz: f64) -> Option<Candidate> {
    const TIMES: usize = 2 * REACH as usize + 1;
    const FREQUENCIES: usize = 2 * STEPS as usize + 1;
    let hypothesis = &peak.hypothesis;
    let replica = &replicas.0[usize::from(hypothesis.n_id_2.get())];
    let offset = hypothesis.bin as f64 * bin_hz;
    let coarse = 2.0 * f64::from(peak.at);
    let period = HALF_FRAME * (1.0 + hypothesis.clock_excess);
    // Phase a part gains at each frequency step.
    let turns: Vec<Complex32> =
        (-STEPS..=STEPS).map(|s| cis(-(s as f64) * STEP_HZ * (SYMBOL / PARTS) as f64 / stream.rate.hz())).collect();
    let mixer = Mixer::new(-(offset - stream.centre.0) / stream.rate.hz());
    let mut metric = [[0f32; FREQUENCIES]; TIMES];
    let (mut fractions, mut total, mut bursts) = (0.0, 0.0, 0u32);
    let mut buffer = [Complex32::ZERO; SYMBOL + 2 * REACH as usize];
    for h in 0.. {
        let exact = coarse + f64::from(h) * period;
        let window = exact.round() - REACH as f64;
        if window < 0.0 {
            continue;
        }
        let first = window as usize;
        let Some(samples) = stream.samples.get(first..first + buffer.len()) else { break };
        mixer.shift(samples, window, &mut buffer);
        let power: f32 = buffer[REACH as usize..][..SYMBOL].iter().map(Complex32::norm_sqr).sum();
        if power <= 0.0 {
            continue;
        }
        bursts += 1;
        fractions += exact.round() - exact;
        total += 1.0;
        for (t, row) in metric.iter_mut().enumerate() {
            let mut parts = [Complex32::ZERO; PARTS];
            complex::sums_of_16(&buffer[t..t + SYMBOL], replica, &mut parts);
            for (value, &turn) in row.iter_mut().zip(&turns) {
                let sum = parts.iter().rev().fold(Complex32::ZERO, |sum, part| sum * turn + part);
                *value += sum.norm_sqr() / power;
            }
        }
    }
    if bursts == 0 {
        return None;
    }
    let (t, f) = argmax(&metric);
    let best = metric[t][f];
    let dt = if (1..TIMES - 1).contains(&t) { vertex(metric[t - 1][f], best, metric[t + 1][f]) } else { 0.0 };
    let df = if (1..FREQUENCIES - 1).contains(&f) { vertex(metric[t][f - 1], best, metric[t][f + 1]) } else { 0.0 };
    Some(Candidate {
        n_id_2: hypothesis.n_id_2,
        at: coarse + fractions / total + t as f64 - REACH as f64 + f64::from(dt),
        offset: Hertz(offset + (f as f64 - STEPS as f64 + f64::from(df)) * STEP_HZ),
        clock_excess: hypothesis.clock_excess,
        strength: peak.strength,
        // The replica's energy is 128·62: a symbol of nothing else gives that.
        share: best / (bursts as f32 * (SYMBOL * (62)) as f32),
    })
}

fn argmax<const N: usize, const M: usize>(metric: &[[f32; M]; N]) -> (usize, usize) {
    let mut best = (0, 0);
    for (t, row) in metric.iter().enumerate() {
        for (f, &value) in row.iter().enumerate() {
            if value > metric[best.0][best.1] {
                best = (t, f);
            }
        }
    }
    best
}

/// Place of the maximum of the parabola through three values at -1, 0 and 1.
fn vertex(before: f32, at: f32, after: f32) -> f32 {
    let curvature = before - 2.0 * at + after;
    if curvature < 0.0 { (0.5 * (before - after) / curvature).clamp(-0.5, 0.5) } else { 0.0 }
}
