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
    kernels::complex::{self, TURNS, Turns},
    sequences::zadoff_chu::pss,
    units::Hertz,
};

use super::{PSS_THRESHOLD, pss::PssPeak};

/// Samples at 1.92 MS/s a half frame.
pub const HALF_FRAME: f64 = 9600.0;
/// Samples tried on either side of the peak.
const REACH: i64 = 3;
/// Parts of the symbol summed apart; their phases show the frequency.
const PARTS: usize = SYMBOL / 16;
/// Frequencies tried on either side, in steps of `STEP_HZ`: a little beyond half the search's spacing.
const STEPS: i64 = 7;
const STEP_HZ: f64 = 600.0;

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
    /// Height of the PSS above what its symbols' power would give by chance, in standard deviations of that.
    pub excess: f32,
}

impl Candidate {
    /// Whether its PSS stands out of its symbols' own power as well: where a symbol is stronger than the millisecond around
    /// it, as another cell's reference symbols are, the search sees a peak that is none. The search looks at pairs of samples,
    /// off in time and frequency: what is a PSS stands out by 1.4 to 1.75 times as much once it is refined.
    pub(super) fn stands_out(&self) -> bool {
        self.excess > PSS_THRESHOLD
    }
}

/// Makes peaks precise; owns what that takes.
pub struct Refiner {
    fft: Transforms,
    /// The PSS as 128 samples at 1.92 MS/s, conjugated, by N_ID^(2).
    replicas: [Vec<Complex32>; 3],
}

impl Default for Refiner {
    fn default() -> Self {
        Self::new()
    }
}

impl Refiner {
    /// A refiner.
    #[must_use]
    pub fn new() -> Self {
        let mut fft = Transforms::new();
        let replicas = NId2::ALL.map(|n_id_2| {
            let mut x = vec![Complex32::ZERO; SYMBOL];
            for (n, d) in pss(n_id_2).into_iter().enumerate() {
                x[if n < 31 { SYMBOL - 31 + n } else { n - 30 }] = d;
            }
            fft.inverse(&mut x);
            x.iter_mut().for_each(|x| *x = x.conj());
            x
        });
        Self { fft, replicas }
    }

    /// Refines `peak`, found at `bin_hz` a bin, in a stream at 1.92 MS/s, of which `left` is what the PSS already known leave.
    /// `None` where the stream holds no whole PSS.
    #[must_use]
    pub fn refine(
        &mut self,
        stream: StreamView<'_>,
        left: &[Complex32],
        peak: &PssPeak,
        bin_hz: f64,
    ) -> Option<Candidate> {
        const TIMES: usize = 2 * REACH as usize + 1;
        const FREQUENCIES: usize = 2 * STEPS as usize + 1;
        let hypothesis = &peak.hypothesis;
        let replica = &self.replicas[usize::from(hypothesis.n_id_2.get())];
        let offset = hypothesis.bin as f64 * bin_hz;
        let coarse = 2.0 * f64::from(peak.at);
        let period = HALF_FRAME * (1.0 + hypothesis.clock_excess);
        // Phase a part gains at each frequency step.
        let turn = |step: i64| cis(-(step as f64) * STEP_HZ * (SYMBOL / PARTS) as f64 / stream.rate.hz());
        let turns = Turns::new((-STEPS..=STEPS).map(turn));
        let mixer = Mixer::new(-(offset - stream.centre.0) / stream.rate.hz());
        let mut metric = [[0f32; TURNS]; TIMES];
        let (mut fractions, mut total, mut bursts) = (0.0, 0.0, 0u32);
        let mut symbol = [Complex32::ZERO; SYMBOL];
        let mut buffer = [Complex32::ZERO; SYMBOL + 2 * REACH as usize];
        for h in 0.. {
            let exact = coarse + f64::from(h) * period;
            let window = exact.round() - REACH as f64;
            if window < 0.0 {
                continue;
            }
            let first = window as usize;
            let span = first..first + buffer.len();
            let Some((samples, left)) = stream.samples.get(span.clone()).zip(left.get(span)) else { break };
            mixer.shift(&samples[REACH as usize..], window, &mut symbol);
            self.fft.forward(&mut symbol);
            let power: f32 = symbol[1..=31].iter().chain(&symbol[SYMBOL - 31..]).map(Complex32::norm_sqr).sum();
            if power <= 0.0 {
                continue;
            }
            bursts += 1;
            fractions += exact.round() - exact;
            total += 1.0;
            mixer.shift(left, window, &mut buffer);
            for (t, row) in metric.iter_mut().enumerate() {
                let mut parts = [Complex32::ZERO; PARTS];
                complex::sums_of_16(&buffer[t..t + SYMBOL], replica, &mut parts);
                complex::accumulate_turned(&parts, &turns, power.recip(), row);
            }
        }
        if bursts == 0 {
            return None;
        }
        let (t, f) = argmax(&metric, FREQUENCIES);
        let best = metric[t][f];
        let dt = if (1..TIMES - 1).contains(&t) { vertex(metric[t - 1][f], best, metric[t + 1][f]) } else { 0.0 };
        let df = if (1..FREQUENCIES - 1).contains(&f) { vertex(metric[t][f - 1], best, metric[t][f + 1]) } else { 0.0 };
        Some(Candidate {
            n_id_2: hypothesis.n_id_2,
            at: coarse + fractions / total + t as f64 - REACH as f64 + f64::from(dt),
            offset: Hertz(offset + (f as f64 - STEPS as f64 + f64::from(df)) * STEP_HZ),
            clock_excess: hypothesis.clock_excess,
            strength: peak.strength,
            // What has nothing to do with the replica correlates with it as its elements' power has it, with a mean of 1.
            excess: (best - bursts as f32) / (bursts as f32).sqrt(),
        })
    }
}

/// Row and column of the greatest of the first `columns` of all rows.
fn argmax<const N: usize, const M: usize>(metric: &[[f32; M]; N], columns: usize) -> (usize, usize) {
    let mut best = (0, 0);
    for (t, row) in metric.iter().enumerate() {
        for (f, &value) in row[..columns].iter().enumerate() {
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
