//! Spectra of overlapping blocks of the whole recorded band: computed once, read by every frequency hypothesis.

use num_complex::Complex32;

use super::{bursts::BurstLimiter, sample_buffer::SampleBuffer};
use crate::{fft::Transforms, kernels::complex, units::SampleRate};

/// The rate at which the PSS is correlated: its 62 subcarriers need no more. 64 samples an OFDM symbol.
pub const SEARCH_RATE_HZ: f64 = 0.96e6;
/// Search-rate samples from one block's start to the next: 1 ms.
pub const HOP: usize = 960;
/// Block lengths in search-rate samples, the faster first; each leaves a PSS symbol's 64 samples of overlap. The
/// first makes bins of 937.5 Hz, the second of 800 Hz: between them whole blocks exist at every usual sample rate.
const BLOCK_LENGTHS: [usize; 2] = [1024, 1200];
/// Bins whose power is summed once for all: a fiftieth of the PSS's band and less.
const GROUP: usize = 16;
/// Share of a block that the samples must hold at least; the rest of it is zeros. Less of it holds no synchronisation signal
/// for certain, and its few elements in frequency say little of the band.
const LEAST_SHARE: f64 = 0.25;
/// Share of the blocks that are kept once more without their bursts at most, for the memory that it takes.
const MAX_LIMITED_SHARE: f64 = 0.5;

/// Spectra of successive 1 ms blocks.
pub struct BlockSpectra {
    /// Samples from one block's start to the next.
    hop_in: usize,
    block_len: usize,
    bins: usize,
    /// Samples that the blocks are of.
    samples: usize,
    data: SampleBuffer,
    limiter: BurstLimiter,
    /// Spectra of those blocks whose bursts hide the rest, without them.
    limited: SampleBuffer,
    /// The number among `limited` of each block that is there.
    limited_places: Vec<Option<usize>>,
    /// As the search reads the blocks: a block's running sum of powers before each group of bins and at its end, to give any band's by two look-ups.
    cumulative: Vec<f64>,
    /// Powers of one block's groups.
    powers: Vec<f32>,
}

impl BlockSpectra {
    /// Whether 1 ms and a block are whole numbers of samples at this rate. Others are resampled first.
    #[must_use]
    pub fn suits(rate: SampleRate) -> bool {
        lengths(rate).is_some()
    }

    /// The spectra of `samples` at `rate`. A part block at the end is made whole with zeros, or left out where it is less than
    /// a quarter.
    ///
    /// # Panics
    /// Where the rate does not suit.
    #[must_use]
    pub fn new(fft: &mut Transforms, samples: &[Complex32], rate: SampleRate) -> Self {
        let mut spectra = Self::empty(rate);
        spectra.renew(fft, samples);
        spectra
    }

    /// No blocks yet, of a signal at `rate`.
    ///
    /// # Panics
    /// Where the rate does not suit.
    #[must_use]
    pub fn empty(rate: SampleRate) -> Self {
        let (hop_in, block_len, bins) = lengths(rate).unwrap_or_else(|| panic!("{rate} is to be resampled first"));
        let powers = vec![0.0; bins.div_ceil(GROUP)];
        Self {
            hop_in,
            block_len,
            bins,
            samples: 0,
            data: SampleBuffer::new(),
            limiter: BurstLimiter::new(hop_in),
            limited: SampleBuffer::new(),
            limited_places: Vec::new(),
            cumulative: Vec::new(),
            powers,
        }
    }

    /// Becomes the spectra of other `samples`, in the same memory as far as that is enough.
    pub fn renew(&mut self, fft: &mut Transforms, samples: &[Complex32]) {
        self.renew_as(fft, samples, true);
    }

    /// The same with all bursts as they were received: what is quiet most of the time may be a cell without traffic, whose
    /// symbols are no bursts of somebody else.
    pub fn renew_with_bursts(&mut self, fft: &mut Transforms, samples: &[Complex32]) {
        self.renew_as(fft, samples, false);
    }

    /// Whether bursts of any block are limited for the search.
    #[must_use]
    pub fn limits_bursts(&self) -> bool {
        !self.limited.is_empty()
    }

    fn renew_as(&mut self, fft: &mut Transforms, samples: &[Complex32], limits_bursts: bool) {
        let least = (LEAST_SHARE * self.bins as f64).ceil() as usize;
        let blocks = (samples.len() + self.hop_in).saturating_sub(least) / self.hop_in;
        self.samples = samples.len();
        // Where there is not enough room, what was there is not kept until there is.
        self.data.resize(0);
        self.data.resize(blocks * self.bins);
        self.cumulative.clear();
        self.cumulative.reserve_exact(blocks * (self.powers.len() + 1));
        self.limited_places.clear();
        self.limited_places.resize(blocks, None);
        self.limited.resize(0);
        if limits_bursts {
            self.find_bursts(samples, blocks);
        }
        let (mut data, mut limited) = (self.data.chunks_exact_mut(self.bins), self.limited.chunks_exact_mut(self.bins));
        for (b, place) in self.limited_places.iter().enumerate() {
            let start = b * self.hop_in;
            let Some(mut block) = data.next() else { break };
            let held = &samples[start..samples.len().min(start + self.bins)];
            copy_and_fill(block, held);
            fft.forward(block);
            if let Some(without_bursts) = place.and_then(|_| limited.next()) {
                block = without_bursts;
                copy_and_fill(block, held);
                self.limiter.limit(start, block);
                fft.forward(block);
            }
            complex::powers_of_16(block, &mut self.powers);
            // As much power as a whole block of what is there would have.
            let scale = self.bins as f64 / held.len() as f64;
            let mut sum = 0.0;
            self.cumulative.push(sum);
            for power in &self.powers {
                sum += f64::from(*power) * scale;
                self.cumulative.push(sum);
            }
        }
    }

    /// Makes room for the blocks that bursts hide; where there are too many, for those of which they hide most.
    fn find_bursts(&mut self, samples: &[Complex32], blocks: usize) {
        self.limiter.measure(samples);
        let hidden_share = |b: usize| self.limiter.hidden_share(b * self.hop_in, self.bins).map(|share| (share, b));
        let mut hidden: Vec<(f32, usize)> = (0..blocks).filter_map(hidden_share).collect();
        hidden.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        hidden.truncate((MAX_LIMITED_SHARE * blocks as f64).ceil() as usize);
        hidden.iter().for_each(|&(_, b)| self.limited_places[b] = Some(0));
        for (place, at) in self.limited_places.iter_mut().flatten().enumerate() {
            *at = place;
        }
        self.limited.resize(hidden.len() * self.bins);
    }

    /// A block as it was received.
    fn received(&self, b: usize) -> &[Complex32] {
        &self.data[b * self.bins..][..self.bins]
    }

    /// A block without the bursts that would hide the rest of it.
    fn without_bursts(&self, b: usize) -> &[Complex32] {
        match self.limited_places[b] {
            Some(place) => &self.limited[place * self.bins..][..self.bins],
            None => self.received(b),
        }
    }

    /// Number of blocks, 1 ms apart.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.data.len() / self.bins
    }

    /// Search-rate samples from the first one to the end of what the blocks are of, of which they hold all but less than a
    /// quarter block.
    #[must_use]
    pub fn held(&self) -> f64 {
        self.samples as f64 * HOP as f64 / self.hop_in as f64
    }

    /// Search-rate samples a block.
    #[must_use]
    pub fn block_len(&self) -> usize {
        self.block_len
    }

    /// Width of a bin in hertz.
    #[must_use]
    pub fn bin_hz(&self) -> f64 {
        SEARCH_RATE_HZ / self.block_len as f64
    }

    /// Bins a block: the whole recorded band.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// Copies as many bins as `out` holds around bin `centre` (signed, from the recording's centre) of block `b`, in
    /// transform order. Bins beyond the recorded band are zero.
    ///
    /// # Panics
    /// If `b` is not below `blocks()`.
    pub fn band_of(&self, b: usize, centre: i64, out: &mut [Complex32]) {
        let block = self.received(b);
        let (recorded, half) = (self.bins as i64 / 2, out.len() as i64 / 2);
        let first = (centre - half).max(-recorded);
        let last = (centre - half + out.len() as i64).min(self.bins as i64 - recorded);
        out.fill(Complex32::ZERO);
        let len = out.len() as i64;
        if first >= last {
            return;
        }
        // Both orders are broken once: the block's at bin 0, that of `out` at `centre`.
        let mut cuts = [first, 0.clamp(first, last), centre.clamp(first, last), last];
        cuts.sort_unstable();
        for stretch in cuts.windows(2) {
            let from = stretch[0].rem_euclid(self.bins as i64) as usize;
            let to = (stretch[0] - centre).rem_euclid(len) as usize;
            let count = (stretch[1] - stretch[0]) as usize;
            if count > 0 {
                out[to..to + count].copy_from_slice(&block[from..from + count]);
            }
        }
    }

    /// Sets `out` to the `block_len` bins around bin `centre` (signed, from the recording's centre) of block `b`, in
    /// transform order and each times its one of `factors`; the recorded band is taken as a ring. Bursts that would hide the
    /// rest of the block are limited.
    ///
    /// # Panics
    /// If `b` is not below `blocks()`, or `factors` or `out` are not `block_len` long.
    pub fn band_times(&self, b: usize, centre: i64, factors: &[Complex32], out: &mut [Complex32]) {
        let block = self.without_bursts(b);
        let half = self.block_len / 2;
        let (positive, negative) = out.split_at_mut(half);
        multiply_wrapped(block, centre, &factors[..half], positive);
        multiply_wrapped(block, centre - half as i64, &factors[half..], negative);
    }

    /// Power of about `width` bins, more than a group of them, around about bin `centre` of block `b`: the groups that
    /// begin there, scaled to the width; bursts limited as in [`Self::band_times`]. That of a part block is what a whole one
    /// would have.
    ///
    /// # Panics
    /// If `b` is not below `blocks()`.
    #[must_use]
    pub fn band_power(&self, b: usize, centre: i64, width: usize) -> f32 {
        let groups = self.bins.div_ceil(GROUP);
        let sums = &self.cumulative[b * (groups + 1)..][..=groups];
        let taken = (width / GROUP).clamp(1, groups);
        let first = centre - width as i64 / 2 + GROUP as i64 / 2;
        let start = first.rem_euclid(self.bins as i64) as usize / GROUP;
        let end = start + taken;
        let sum = if end <= groups { sums[end] - sums[start] } else { sums[groups] - sums[start] + sums[end - groups] };
        (sum * width as f64 / (taken * GROUP) as f64) as f32
    }

    /// Power a bin averaged over the whole blocks, in ascending frequency from -rate/2. A part block's bins reach into each
    /// other more; it counts where there is no other.
    #[must_use]
    pub fn mean_power(&self) -> Vec<f32> {
        let mut mean = vec![0.0; self.bins];
        let is_whole = |b: &usize| b * self.hop_in + self.bins <= self.samples;
        let blocks = (0..self.blocks()).filter(is_whole).count().max(1).min(self.blocks());
        let held = self.bins.min(self.samples);
        let scale = self.bins as f32 / (held * blocks).max(1) as f32;
        for block in self.data.chunks_exact(self.bins).take(blocks) {
            complex::accumulate_power(&mut mean, block, scale);
        }
        mean.rotate_left(self.bins.div_ceil(2));
        mean
    }
}

/// Makes `block` the samples `held` and zeros after them.
fn copy_and_fill(block: &mut [Complex32], held: &[Complex32]) {
    let (start, rest) = block.split_at_mut(held.len());
    start.copy_from_slice(held);
    rest.fill(Complex32::ZERO);
}

/// Samples from block to block, search-rate samples a block, and samples a block at `rate`.
fn lengths(rate: SampleRate) -> Option<(usize, usize, usize)> {
    let samples = |len: usize| whole(rate.hz() * len as f64 / SEARCH_RATE_HZ);
    let hop = samples(HOP)?;
    BLOCK_LENGTHS.into_iter().find_map(|len| Some((hop, len, samples(len)?)))
}

/// The number, where it is whole to within rounding.
fn whole(x: f64) -> Option<usize> {
    ((x - x.round()).abs() < 1e-6 && x >= 1.0).then_some(x.round() as usize)
}

/// Sets `out` to `block[start..]`, taken as a ring, times `factors`.
fn multiply_wrapped(block: &[Complex32], start: i64, factors: &[Complex32], out: &mut [Complex32]) {
    let start = start.rem_euclid(block.len() as i64) as usize;
    let first = out.len().min(block.len() - start);
    complex::multiply(&block[start..], &factors[..first], &mut out[..first]);
    complex::multiply(block, &factors[first..], &mut out[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: f64, hz: f64, len: usize) -> Vec<Complex32> {
        (0..len).map(|n| Complex32::cis((std::f64::consts::TAU * hz * n as f64 / rate) as f32)).collect()
    }

    #[test]
    fn a_tone_falls_into_its_bin_at_every_rate() {
        let mut fft = Transforms::new();
        for rate in [1.92e6, 2.048e6, 12.5e6, 19.2e6, 20e6] {
            let sample_rate = SampleRate::new(rate).expect("positive");
            let spectra =
                |hz| BlockSpectra::new(&mut Transforms::new(), &tone(rate, hz, (rate * 3.2e-3) as usize), sample_rate);
            let bin_hz = spectra(0.0).bin_hz();
            let centre = -300;
            let s = spectra((centre + 7) as f64 * bin_hz);
            assert_eq!(s.blocks(), 3, "{rate}");
            let mut band = vec![Complex32::ZERO; s.block_len()];
            s.band_times(1, centre, &vec![Complex32::ONE; s.block_len()], &mut band);
            let total: f32 = band.iter().map(Complex32::norm_sqr).sum();
            assert!(band[7].norm_sqr() > 0.99 * total, "{rate}");
            assert!((s.band_power(1, centre, 320) / total - 1.0).abs() < 0.01, "{rate}");
            assert!(s.band_power(1, centre + 400, 320) < 0.01 * total, "{rate}");
            fft.forward(&mut band);
        }
    }

    /// Each bin of a band comes from its place, bins beyond the recorded band are zero.
    #[test]
    fn a_band_is_taken_in_transform_order() {
        let rate = SampleRate::new(1.92e6).expect("positive");
        let samples: Vec<Complex32> = (0..4000).map(|n| Complex32::cis((n * n % 997) as f32)).collect();
        let s = BlockSpectra::new(&mut Transforms::new(), &samples, rate);
        let bins = s.bins() as i64;
        for (centre, len) in [(0, 64), (10, 64), (-10, 64), (1000, 128), (-1000, 128), (900, 4096), (5000, 64)] {
            let mut out = vec![Complex32::ONE; len];
            s.band_of(1, centre, &mut out);
            for k in -(len as i64) / 2..len as i64 / 2 {
                let bin = centre + k;
                let inside = (-bins / 2..bins / 2).contains(&bin);
                let expected = if inside { s.data[(bins + bin.rem_euclid(bins)) as usize] } else { Complex32::ZERO };
                assert_eq!(out[k.rem_euclid(len as i64) as usize], expected, "centre {centre}, length {len}, {k}");
            }
        }
    }

    /// A burst is in what is demodulated, and hides nothing of what is searched.
    #[test]
    fn a_burst_is_limited_for_the_search_alone() {
        let rate = SampleRate::new(3.84e6).expect("positive");
        let mut samples = tone(3.84e6, 100.0 * 937.5, 38_400);
        samples[10_000..12_000].iter_mut().for_each(|x| *x *= 30.0);
        let mut s = BlockSpectra::new(&mut Transforms::new(), &samples, rate);
        assert!(s.limits_bursts());
        s.renew_with_bursts(&mut Transforms::new(), &samples);
        assert!(!s.limits_bursts() && s.band_power(2, 100, 320) > 100.0 * s.band_power(0, 100, 320));
        s.renew(&mut Transforms::new(), &samples);
        let power = |b: usize| s.band_power(b, 100, 320);
        assert!((power(2) / power(0)) < 8.0 && (power(3) / power(0)) < 8.0);
        let received = |b: usize| {
            let mut band = vec![Complex32::ZERO; 320];
            s.band_of(b, 100, &mut band);
            band.iter().map(Complex32::norm_sqr).sum::<f32>()
        };
        assert!(received(2) > 100.0 * power(0));
        assert_eq!(s.limited_places.iter().flatten().count(), 2);
    }

    /// A recording of whole half frames has a block of each of their milliseconds, though blocks overlap.
    #[test]
    fn a_part_block_at_the_end_counts() {
        for (rate, ms, blocks) in [(1.92e6, 80.0, 80), (1.92e6, 5.001, 5), (30.72e6, 9.9, 10), (12.5e6, 7.2, 7)] {
            let sample_rate = SampleRate::new(rate).expect("positive");
            let samples = tone(rate, 46_875.0, (rate * ms * 1e-3) as usize);
            let s = BlockSpectra::new(&mut Transforms::new(), &samples, sample_rate);
            assert_eq!(s.blocks(), blocks, "{rate}: {ms} ms");
            let centre = (46_875.0 / s.bin_hz()) as i64;
            let power = |b: usize| s.band_power(b, centre, 320);
            assert!(
                (power(blocks - 1) / power(0) - 1.0).abs() < 0.05,
                "{rate}: {} for {}",
                power(blocks - 1),
                power(0)
            );
            assert!((s.held() - ms * HOP as f64).abs() < 1.0);
            let mean: f32 = s.mean_power().iter().sum();
            assert!((mean / (s.bins() * s.bins()) as f32 - 1.0).abs() < 1e-3, "{rate}: {mean}");
        }
    }

    #[test]
    fn too_short_and_odd_rates_give_nothing() {
        let mut fft = Transforms::new();
        let rate = SampleRate::new(1.92e6).expect("positive");
        assert_eq!(BlockSpectra::new(&mut fft, &[Complex32::ZERO; 511], rate).blocks(), 0);
        let odd = SampleRate::new(1_920_001.0).expect("positive");
        assert!(!BlockSpectra::suits(odd));
    }
}
