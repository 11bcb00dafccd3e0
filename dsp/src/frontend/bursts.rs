//! Limits short bursts far above the rest of a recording: a telephone nearby sends some tenths of a millisecond at a thousand
//! times a cell's power, and what is weighted by its power would not be heard beside it.

use num_complex::Complex32;

use crate::kernels::complex;

/// Pieces a millisecond, whose powers are compared: four an OFDM symbol, so that a limited one spoils little beside it.
const PIECES_PER_MS: usize = 60;
/// Samples whose power is summed at once.
const GROUP: usize = 16;
/// Power over the median piece's that a piece is limited to: 10 dB. Noise, fading and traffic stay below it; what a strong cell
/// sends between silent symbols is limited, and stays above the rest of it.
const MAX_OVER_MEDIAN: f32 = 10.0;
/// Share of a stretch's power that is left of it where its bursts hide the rest, at most.
const HIDDEN_SHARE: f32 = 0.5;

/// Finds bursts and limits them; keeps the memory that this takes.
pub(super) struct BurstLimiter {
    /// Groups a piece.
    groups: usize,
    sums: Vec<f32>,
    /// Power of each piece.
    powers: Vec<f32>,
    sorted: Vec<f32>,
    /// The median of those.
    median: f32,
}

impl BurstLimiter {
    /// A limiter for a signal of so many samples a millisecond.
    pub(super) fn new(samples_per_ms: usize) -> Self {
        let groups = (samples_per_ms / PIECES_PER_MS / GROUP).max(1);
        Self { groups, sums: Vec::new(), powers: Vec::new(), sorted: Vec::new(), median: 0.0 }
    }

    /// Measures the pieces of `samples`.
    pub(super) fn measure(&mut self, samples: &[Complex32]) {
        self.sums.clear();
        self.sums.resize(samples.len() / GROUP, 0.0);
        complex::powers_of_16(&samples[..self.sums.len() * GROUP], &mut self.sums);
        self.powers.clear();
        self.powers.extend(self.sums.chunks(self.groups).map(|piece| piece.iter().sum::<f32>()));
        self.sorted.clone_from(&self.powers);
        let middle = self.sorted.len() / 2;
        self.median = match self.sorted.len() {
            0 => 0.0,
            _ => *self.sorted.select_nth_unstable_by(middle, f32::total_cmp).1,
        };
    }

    /// Share of the power of the `len` samples from `start` on that is left once bursts are limited, where it is so little that
    /// they hide the rest; `None` elsewhere.
    pub(super) fn hidden_share(&self, start: usize, len: usize) -> Option<f32> {
        let piece = self.piece();
        let pieces = self.powers.get(start / piece..((start + len).div_ceil(piece)).min(self.powers.len()))?;
        let (whole, left) =
            pieces.iter().fold((0.0, 0.0), |(whole, left), &power| (whole + power, left + self.left_of(power)));
        (left < HIDDEN_SHARE * whole).then(|| left / whole)
    }

    /// Limits the bursts of samples that were measured from `start` on.
    pub(super) fn limit(&self, start: usize, samples: &mut [Complex32]) {
        let piece = self.piece();
        let mut at = 0;
        while at < samples.len() {
            let n = (start + at) / piece;
            let end = ((n + 1) * piece - start).min(samples.len());
            let power = self.powers.get(n).copied().unwrap_or(0.0);
            let left = self.left_of(power);
            if left < power {
                let gain = (left / power).sqrt();
                samples[at..end].iter_mut().for_each(|x| *x *= gain);
            }
            at = end;
        }
    }

    /// Samples a piece.
    fn piece(&self) -> usize {
        self.groups * GROUP
    }

    /// What is left of a piece's power.
    fn left_of(&self, power: f32) -> f32 {
        // Half a recording of zeros says nothing of the rest.
        if self.median > 0.0 { power.min(MAX_OVER_MEDIAN * self.median) } else { power }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_alone_are_limited() {
        let mut limiter = BurstLimiter::new(1920);
        let mut samples: Vec<Complex32> = (0..19_200).map(|n| Complex32::cis(n as f32)).collect();
        samples[9600..9900].iter_mut().for_each(|x| *x *= 100.0);
        samples[3000..3200].iter_mut().for_each(|x| *x *= 3.0);
        limiter.measure(&samples);
        assert_eq!(limiter.hidden_share(0, 2048), None);
        assert_eq!(limiter.hidden_share(2000, 2048), None);
        assert!(limiter.hidden_share(9000, 2048).is_some_and(|share| share < 0.02));
        let start = 9_005;
        let mut limited = samples[start..start + 2048].to_vec();
        limiter.limit(start, &mut limited);
        let strongest = limited.iter().map(|x| x.norm_sqr()).fold(0.0, f32::max);
        // The last piece of the burst holds less of it than the others.
        assert!(strongest < 27.0, "{strongest}");
        assert_eq!(limited[..590], samples[start..start + 590]);
    }

    #[test]
    fn without_a_level_nothing_is_limited() {
        let mut limiter = BurstLimiter::new(1920);
        let mut samples = vec![Complex32::ZERO; 9600];
        samples[100..200].fill(Complex32::ONE);
        for samples in [&samples[..], &samples[..20], &[]] {
            limiter.measure(samples);
            assert_eq!(limiter.hidden_share(0, samples.len()), None);
            let mut same = samples.to_vec();
            limiter.limit(0, &mut same);
            assert_eq!(same, samples);
        }
    }
}
