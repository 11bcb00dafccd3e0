//! Looks at the samples as the source gives them: whether they are a signal at all, and whether it was clipped.

use lte_dsp::frontend::SampleFormat;
use num_complex::Complex32;

use super::notes::{Note, NoteCode};
use cellwarden_core::observation::MAX_CLIPPED;
use cellwarden_source::{Block, SampleSource, SourceError, SourceInfo};

/// Samples kept of one read, spread evenly over it.
const KEPT_A_READ: usize = 1 << 12;
/// Samples kept at most.
const MAX_KEPT: usize = 1 << 18;
/// Share of numbers at the ends of the range from which a signal is called clipped: noise that is cut at twice its r.m.s.
/// value loses 5 %, and cells are still found.
const CLIPPED: f64 = 0.05;
/// How many times as many numbers lie at a limit as just below it: noise without one has fewer the larger they are.
const PILED_UP: f64 = 2.0;
/// Share of the largest number from which on a number counts as at the end of the range.
const AT_END: f32 = 0.9999;
/// How near to the largest number one is that would be beyond it without a limit.
const BESIDE: f32 = 0.97;
/// Samples with I and Q at the end, as many as chance gives, from which on their lack shows a tone.
const MIN_CORNERS: f64 = 10.0;
/// Different numbers from which on the largest may be a limit: a faint signal has few of them, and the outermost often.
const FEW_LEVELS: usize = 16;

/// A source whose samples are looked at as they pass.
pub struct Witness<'a> {
    source: &'a mut dyn SampleSource,
    kept: Vec<Complex32>,
    first: Option<Complex32>,
    /// Whether all samples so far are the first one's like.
    all_same: bool,
    /// The largest number so far, the samples with I or Q there, and all samples.
    highest: f32,
    at_highest: u64,
    count: u64,
}

impl<'a> Witness<'a> {
    /// Nothing seen yet.
    pub fn new(source: &'a mut dyn SampleSource) -> Self {
        Self { source, kept: Vec::new(), first: None, all_same: true, highest: 0.0, at_highest: 0, count: 0 }
    }

    /// The sample that all are the same as; `None` where they differ or there is none.
    pub fn only_sample(&self) -> Option<Complex32> {
        self.first.filter(|_| self.all_same)
    }

    /// The share of the samples whose I or Q is at the end of the converter's range; 0 where nothing shows a limit.
    pub fn clipped(&self) -> f64 {
        let share = self.at_highest as f64 / self.count.max(1) as f64;
        if self.only_sample().is_none() && has_limit(&self.kept, self.highest, self.source.info().format) {
            share
        } else {
            0.0
        }
    }

    /// A note where so much was clipped that levels are wrong.
    pub fn wrong_levels(&self) -> Option<Note> {
        let share = self.clipped();
        let advice = match self.source.info() {
            info if !info.is_live() => "record with less gain",
            SourceInfo { .. } => {
                "--gain auto takes less from the next dwell on; else give less --gain, or put an \
                                  attenuator before the radio"
            }
        };
        let text = format!(
            "{:.1} % of the samples are at the end of the converter's range: the receiver was overdriven, and levels of this \
             dwell count for no place and no rule; {advice}",
            100.0 * share
        );
        (share >= MAX_CLIPPED).then(|| Note::new(NoteCode::Clipped, text))
    }

    /// A note where so much was clipped that cells are no longer found.
    pub fn clipping(&self) -> Option<Note> {
        let share = clipped_share(&self.kept, self.source.info().format)?;
        let text = format!(
            "{:.0} % of the samples' numbers are at the ends of their range: the receiver was overdriven; record with \
             less gain",
            100.0 * share
        );
        Some(Note::new(NoteCode::Clipped, text))
    }

    fn look(&mut self, samples: &[Complex32]) {
        let Some(&beginning) = samples.first() else { return };
        let first = *self.first.get_or_insert(beginning);
        self.all_same = self.all_same && samples.iter().all(|&sample| sample == first);
        self.count(samples);
        let room = (MAX_KEPT - self.kept.len()).min(KEPT_A_READ);
        if room > 0 {
            self.kept.extend(samples.iter().step_by(samples.len().div_ceil(room)));
        }
    }

    fn count(&mut self, samples: &[Complex32]) {
        let highest = highest(samples);
        if highest > self.highest * 1.0001 {
            (self.highest, self.at_highest) = (highest, 0);
        }
        let end = AT_END * self.highest;
        // No branch: a chain of them takes as long as tracking a cell.
        let at_end = samples.iter().map(|x| u32::from((x.re.abs() >= end) | (x.im.abs() >= end)));
        self.at_highest += u64::from(at_end.sum::<u32>());
        self.count += samples.len() as u64;
    }
}

/// The largest number, 0 where none is above it. Eight samples side by side, so that none waits for the one before.
fn highest(samples: &[Complex32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [Complex32::ZERO; 8];
    let (eights, rest) = samples.as_chunks::<8>();
    for eight in eights {
        for (lane, x) in lanes.iter_mut().zip(eight) {
            (lane.re, lane.im) = (greater(lane.re, x.re), greater(lane.im, x.im));
        }
    }
    lanes.iter().chain(rest).fold(0.0, |highest, x| greater(greater(highest, x.re), x.im))
}

impl SampleSource for Witness<'_> {
    fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let block = self.source.read(out)?;
        self.look(&out[..block.len]);
        Ok(block)
    }
}

/// Whether the largest number is the converter's limit: the format's own, or one at which numbers pile up that would be
/// beyond it. A tone has most of its numbers there too, but never I and Q at once.
fn has_limit(samples: &[Complex32], highest: f32, format: SampleFormat) -> bool {
    if (0.98..1.02).contains(&highest) && !format.is_float() {
        return true;
    }
    let numbers = || samples.iter().flat_map(|sample| [sample.re, sample.im]);
    if format.bytes() == 2 || has_few_levels(numbers()) {
        return false;
    }
    let is_at = |x: f32, share: f32| x.abs() >= share * highest;
    let at_end = numbers().filter(|&x| is_at(x, AT_END)).count() as f64;
    let beside = numbers().filter(|&x| is_at(x, BESIDE)).count() as f64 - at_end;
    let corners = samples.iter().filter(|x| is_at(x.re, AT_END) && is_at(x.im, AT_END)).count() as f64;
    let expected_corners = (at_end / 2.0).powi(2) / samples.len().max(1) as f64;
    at_end > PILED_UP * beside && (expected_corners < MIN_CORNERS || corners > 0.25 * expected_corners)
}

/// The share of I and Q at the ends of the range where that is a limit; `None` where the signal was not clipped.
///
/// The ends of a tone's range are often reached too, but not by I and Q at once, and what lies just below them is more
/// often. Of 8-bit formats the limits are known; other receivers' lie anywhere (12 bits in 16).
fn clipped_share(samples: &[Complex32], format: SampleFormat) -> Option<f64> {
    let numbers = || samples.iter().flat_map(|sample| [sample.re, sample.im]);
    let (low, high) = numbers().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    // A signal has no direction; two's complement reaches one step further down.
    if !(low < 0.0 && high > 0.0 && (0.97..1.03).contains(&(-low / high))) {
        return None;
    }
    let is_full_scale = (0.98..1.02).contains(&high);
    let is_8_bit = format.bytes() == 2;
    if !is_full_scale && (is_8_bit || has_few_levels(numbers())) {
        return None;
    }
    let is_at_end = |x: f32| x >= AT_END * high || x <= AT_END * low || x <= -AT_END * high;
    let is_near_end = |x: f32| !is_at_end(x) && (x >= 0.85 * high || x <= 0.85 * low);
    let share = |count: usize, of: usize| count as f64 / of as f64;
    let at_end = share(numbers().filter(|x| is_at_end(*x)).count(), 2 * samples.len());
    let near = share(numbers().filter(|x| is_near_end(*x)).count(), 2 * samples.len());
    let corners = share(samples.iter().filter(|x| is_at_end(x.re) && is_at_end(x.im)).count(), samples.len());
    (at_end >= CLIPPED && at_end > 0.7 * near && corners > 0.25 * at_end * at_end).then_some(at_end)
}

fn has_few_levels(numbers: impl Iterator<Item = f32>) -> bool {
    let mut seen: Vec<f32> = Vec::new();
    for x in numbers {
        if !seen.contains(&x) {
            seen.push(x);
            if seen.len() > FEW_LEVELS {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use lte_dsp::units::{Hertz, SampleIndex, SampleRate};
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;

    /// Noise of this r.m.s. value in each of I and Q.
    fn noise(rms: f32) -> Vec<Complex32> {
        let mut random = StdRng::seed_from_u64(1);
        let mut number = || {
            let sum: f32 = (0..12).map(|_| random.random::<f32>()).sum();
            (sum - 6.0) * rms
        };
        (0..50_000).map(|_| Complex32::new(number(), number())).collect()
    }

    fn stored(samples: Vec<Complex32>, levels: f32, limit: f32) -> Vec<Complex32> {
        let number = |x: f32| ((x * levels).round() / levels).clamp(-limit, limit - 1.0 / levels);
        samples.into_iter().map(|x| Complex32::new(number(x.re), number(x.im))).collect()
    }

    #[test]
    fn what_is_cut_at_a_limit_is_clipped() {
        for (rms, share) in [(0.7, 0.12), (2.0, 0.55), (50.0, 0.9)] {
            let samples = stored(noise(rms), 128.0, 1.0);
            let found = clipped_share(&samples, SampleFormat::Ci8).expect("clipped");
            assert!(found > share, "{rms}: {found}");
            // 12 bits in 16.
            let samples = stored(noise(rms / 16.0), 32_768.0, 1.0 / 16.0);
            assert!(clipped_share(&samples, SampleFormat::Ci16Le).expect("clipped") > share, "{rms}");
        }
    }

    /// What a witness of these samples counts, read in pieces.
    fn counted(samples: &[Complex32], format: SampleFormat) -> (f64, Option<Note>) {
        let mut source = Given {
            info: SourceInfo {
                name: "given".to_owned(),
                format,
                sample_rate: SampleRate::new(1.92e6).expect("positive"),
                center: Hertz(1.84e9),
                start: None,
                gain_db: None,
                position: None,
                length: Some(samples.len() as u64),
                first_sample: SampleIndex(0),
            },
            samples: samples.to_vec(),
        };
        let mut witness = Witness::new(&mut source);
        let mut out = vec![Complex32::ZERO; 7_919];
        while witness.read(&mut out).expect("never fails").len > 0 {}
        (witness.clipped(), witness.wrong_levels())
    }

    struct Given {
        info: SourceInfo,
        samples: Vec<Complex32>,
    }

    impl SampleSource for Given {
        fn info(&self) -> &SourceInfo {
            &self.info
        }

        fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
            let len = out.len().min(self.samples.len());
            out[..len].copy_from_slice(&self.samples[..len]);
            self.samples.drain(..len);
            Ok(Block { len, start: SampleIndex(0), lost: 0 })
        }
    }

    #[test]
    fn clipped_samples_are_counted_in_every_format() {
        for rms in [1.0 / 2.5, 0.5, 1.0, 5.0] {
            for (format, levels, limit) in [
                (SampleFormat::Ci8, 128.0, 1.0),
                (SampleFormat::Cu8, 128.0, 1.0),
                (SampleFormat::Ci16Le, 32_768.0, 1.0),
                // 12 bits in 16, and a float of any scale.
                (SampleFormat::Ci16Le, 32_768.0, 1.0 / 16.0),
                (SampleFormat::Cf32Le, 2_048.0 / 2_000.0, 2_000.0),
            ] {
                let heard = noise(rms * limit);
                let highest = limit - 1.5 / levels;
                let is_beyond = |x: &&Complex32| x.re.abs() >= highest || x.im.abs() >= highest;
                let share = heard.iter().filter(is_beyond).count() as f64 / heard.len() as f64;
                let (found, note) = counted(&stored(heard, levels, limit), format);
                assert!(
                    share > MAX_CLIPPED && (found / share - 1.0).abs() < 0.02,
                    "{rms} in {format}: {found}, not {share}"
                );
                assert_eq!(note.map(|note| note.code), Some(NoteCode::Clipped), "{rms} in {format}");
            }
        }
    }

    #[test]
    fn what_stays_below_the_limit_is_not_counted() {
        for rms in [0.002, 0.01, 0.1, 0.25] {
            for (format, levels) in
                [(SampleFormat::Ci8, 128.0), (SampleFormat::Ci16Le, 32_768.0), (SampleFormat::Cf32Le, 32_768.0)]
            {
                let (found, note) = counted(&stored(noise(rms), levels, 1.0), format);
                assert!(found < 1e-3 && note.is_none(), "{rms} in {format}: {found}");
            }
        }
        let tone: Vec<Complex32> = (0..50_000).map(|n| Complex32::from_polar(0.5, 0.37 * n as f32)).collect();
        assert_eq!(counted(&stored(tone, 32_768.0, 1.0), SampleFormat::Ci16Le).0, 0.0);
        assert_eq!(counted(&[], SampleFormat::Ci8).0, 0.0);
        assert_eq!(counted(&[Complex32::new(1.0, 1.0); 99], SampleFormat::Ci8).0, 0.0, "all the same is no signal");
    }

    #[test]
    fn what_is_faint_or_below_the_limit_is_not_clipped() {
        for rms in [0.002, 0.004, 0.01, 0.05, 0.2, 0.3] {
            for (format, levels) in
                [(SampleFormat::Ci8, 128.0), (SampleFormat::Ci16Le, 32_768.0), (SampleFormat::Cf32Le, 128.0)]
            {
                let samples = stored(noise(rms), levels, 1.0);
                assert_eq!(clipped_share(&samples, format), None, "{rms} in {format}");
            }
        }
        for amplitude in [0.1, 0.5, 0.99, 1.0] {
            let tone = (0..50_000).map(|n| Complex32::from_polar(amplitude, 0.37 * n as f32)).collect();
            assert_eq!(clipped_share(&stored(tone, 128.0, 1.0), SampleFormat::Ci8), None, "{amplitude}");
        }
        assert_eq!(clipped_share(&[], SampleFormat::Ci8), None);
        assert_eq!(clipped_share(&[Complex32::ZERO; 9], SampleFormat::Ci8), None);
    }
}
