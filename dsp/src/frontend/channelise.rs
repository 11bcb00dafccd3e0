//! One stream a carrier out of the block spectra: a band's bins, an inverse transform, and nothing computed twice.

use std::ops::Range;

use num_complex::Complex32;

use crate::{
    fft::Transforms,
    frontend::{
        mixer::cis,
        sample_buffer::SampleBuffer,
        spectra::{BlockSpectra, HOP},
    },
    units::{Hertz, SampleRate},
};

/// Samples around one carrier.
#[derive(Debug, Clone, PartialEq)]
pub struct CarrierStream {
    /// The samples.
    pub samples: SampleBuffer,
    /// How many samples after the recording's first theirs is.
    pub first: usize,
    /// A multiple of 1.92 MS/s.
    pub rate: SampleRate,
    /// Frequency at the stream's centre relative to the recording's.
    pub centre: Hertz,
}

/// Samples of a band in which a carrier lies.
#[derive(Debug, Clone, Copy)]
pub struct StreamView<'a> {
    /// The samples.
    pub samples: &'a [Complex32],
    /// How many samples after the recording's first theirs is.
    pub first: usize,
    /// A multiple of 1.92 MS/s.
    pub rate: SampleRate,
    /// Frequency at the stream's centre relative to the recording's.
    pub centre: Hertz,
}

impl StreamView<'_> {
    /// How many times 1.92 MS/s.
    #[must_use]
    pub fn multiple(&self) -> usize {
        (self.rate.hz() / SampleRate::LTE_1_4_MHZ.hz()).round() as usize
    }
}

impl CarrierStream {
    /// No samples yet.
    #[must_use]
    pub fn empty(rate: SampleRate, centre: Hertz) -> Self {
        Self { samples: SampleBuffer::new(), first: 0, rate, centre }
    }

    /// The stream as the stages take it.
    #[must_use]
    pub fn view(&self) -> StreamView<'_> {
        StreamView { samples: &self.samples, first: self.first, rate: self.rate, centre: self.centre }
    }
}

impl From<StreamView<'_>> for CarrierStream {
    fn from(StreamView { samples, first, rate, centre }: StreamView<'_>) -> Self {
        Self { samples: SampleBuffer::from(samples), first, rate, centre }
    }
}

/// Takes carriers out of spectra; owns what that takes.
pub struct Channeliser {
    fft: Transforms,
    /// One a rate.
    bands: Vec<Band>,
}

/// A band's window, and a block of it.
struct Band {
    multiple: usize,
    window: Vec<f32>,
    block: Vec<Complex32>,
}

impl Channeliser {
    /// A channeliser for any spectra.
    #[must_use]
    pub fn new() -> Self {
        Self { fft: Transforms::new(), bands: Vec::new() }
    }

    /// The stream at `multiple` × 1.92 MS/s around `centre`, as [`renew`](Self::renew) gives it.
    ///
    /// # Panics
    /// If `multiple` is zero.
    #[must_use]
    pub fn stream(&mut self, spectra: &BlockSpectra, centre: Hertz, multiple: usize) -> CarrierStream {
        assert!(multiple > 0, "a stream needs a rate");
        let rate = SampleRate::LTE_1_4_MHZ.times(multiple);
        let mut stream = CarrierStream::empty(rate, centre);
        self.renew(&mut stream, spectra, centre);
        stream
    }

    /// Makes `stream` the one around `centre`, in the same memory as far as that is enough. The centre is rounded to a
    /// bin; the stream says to which.
    ///
    /// The band's outer 2 × 240 kHz at 1.92 MS/s (3 % of wider ones) roll off, so that what lies beyond does not fold in.
    pub fn renew(&mut self, stream: &mut CarrierStream, spectra: &BlockSpectra, centre: Hertz) {
        self.renew_blocks(stream, spectra, centre, 0..spectra.blocks());
    }

    /// Makes `stream` as much of that one as these `blocks` of a millisecond hold.
    ///
    /// # Panics
    /// If not all of the blocks are there.
    pub fn renew_blocks(
        &mut self,
        stream: &mut CarrierStream,
        spectra: &BlockSpectra,
        centre: Hertz,
        blocks: Range<usize>,
    ) {
        let multiple = stream.view().multiple();
        let out_len = 2 * multiple * spectra.block_len();
        let hop = 2 * multiple * HOP;
        let bin = (centre.0 / spectra.bin_hz()).round() as i64;
        stream.centre = Hertz(bin as f64 * spectra.bin_hz());
        stream.samples.resize(0);
        stream.first = blocks.start * hop;
        if blocks.is_empty() {
            return;
        }
        stream.samples.reserve((blocks.len() - 1) * hop + out_len);
        let is_known = |band: &Band| band.multiple == multiple && band.block.len() == out_len;
        let at = self.bands.iter().position(is_known).unwrap_or_else(|| {
            let (window, block) = (band_window(out_len, multiple), vec![Complex32::ZERO; out_len]);
            self.bands.push(Band { multiple, window, block });
            self.bands.len() - 1
        });
        let Band { window, block, .. } = &mut self.bands[at];
        let scale = 1.0 / spectra.bins() as f32;
        let head = (out_len - hop) / 2;
        for (i, b) in blocks.enumerate() {
            spectra.band_of(b, bin, block);
            // Each block's transform starts its own phase; turn it to where the shift would be at the block's first
            // sample.
            let turn = cis(-(bin as f64) * (b * HOP) as f64 / spectra.block_len() as f64) * scale;
            for (x, w) in block.iter_mut().zip(&*window) {
                *x *= turn * w;
            }
            self.fft.inverse(block);
            let from = if i == 0 { 0 } else { head };
            stream.samples.resize(i * hop + from);
            stream.samples.extend_from_slice(&block[from..]);
        }
        // What a part block was filled up with is no signal.
        let end = (spectra.held() * (2 * multiple) as f64) as usize;
        stream.samples.resize(stream.samples.len().min(end.saturating_sub(stream.first)));
    }
}

impl Default for Channeliser {
    fn default() -> Self {
        Self::new()
    }
}

/// A flat top with raised-cosine edges, in transform order.
fn band_window(len: usize, multiple: usize) -> Vec<f32> {
    let edge = if multiple == 1 { 0.25 } else { 0.03 };
    (0..len)
        .map(|k| {
            let f = k.min(len - k) as f32 / (len as f32 / 2.0);
            if f <= 1.0 - edge { 1.0 } else { 0.5 - 0.5 * (std::f32::consts::PI * (1.0 - f) / edge).cos() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone comes out at its offset from the carrier, with its level and without a jump between blocks.
    #[test]
    fn a_tone_keeps_level_frequency_and_phase() {
        for (rate, multiple) in [(19.2e6, 1), (19.2e6, 3), (20e6, 8), (1.92e6, 1), (12.5e6, 5)] {
            let hz = 0.31e6;
            let x: Vec<Complex32> = (0..(rate * 4.5e-3) as usize).map(|n| cis(hz * n as f64 / rate)).collect();
            let spectra = BlockSpectra::new(&mut Transforms::new(), &x, SampleRate::new(rate).expect("positive"));
            let stream = Channeliser::new().stream(&spectra, Hertz(200e3), multiple);
            assert!((stream.centre.0 - 200e3).abs() <= spectra.bin_hz() / 2.0);
            let step = (hz - stream.centre.0) / stream.rate.hz();
            let margin = 64 * multiple;
            for (n, y) in stream.samples.iter().enumerate().take(stream.samples.len() - margin).skip(margin) {
                let expected = cis(step * n as f64);
                assert!(
                    (y - expected).norm() < 0.02,
                    "rate {rate}, multiple {multiple}, sample {n}: {y} for {expected}"
                );
            }
        }
    }

    /// Some blocks are a part of the whole stream but for their outer ends.
    #[test]
    fn some_blocks_are_a_part_of_the_stream() {
        let rate = 5e6;
        let x: Vec<Complex32> = (0..40_000).map(|n| cis((n * n) as f64 * 1e-7)).collect();
        let spectra = BlockSpectra::new(&mut Transforms::new(), &x, SampleRate::new(rate).expect("positive"));
        let mut channeliser = Channeliser::new();
        let whole = channeliser.stream(&spectra, Hertz(300e3), 2);
        let mut part = CarrierStream { samples: SampleBuffer::from(&[Complex32::ONE; 3][..]), ..whole };
        channeliser.renew_blocks(&mut part, &spectra, Hertz(300e3), 3..6);
        assert_eq!((part.first, part.centre), (3 * 2 * 2 * HOP, whole.centre));
        for n in 200..part.samples.len() - 400 {
            assert!((part.samples[n] - whole.samples[part.first + n]).norm() < 1e-3, "sample {n}");
        }
    }

    /// A stream is as long as the recording, its last part block included, and no longer.
    #[test]
    fn a_stream_ends_where_the_recording_does() {
        for (rate, multiple, ms) in [(1.92e6, 1, 80.0), (1.92e6, 1, 5.001), (30.72e6, 1, 9.9), (19.2e6, 10, 3.4)] {
            let x: Vec<Complex32> = (0..(rate * ms * 1e-3) as usize).map(|n| cis(0.2e6 * n as f64 / rate)).collect();
            let spectra = BlockSpectra::new(&mut Transforms::new(), &x, SampleRate::new(rate).expect("positive"));
            let stream = Channeliser::new().stream(&spectra, Hertz(0.0), multiple);
            let len = (x.len() as f64 * stream.rate.hz() / rate + 1e-6) as usize;
            assert_eq!(stream.samples.len(), len, "{rate}: {ms} ms");
            let margin = 64 * multiple;
            assert!(stream.samples[len - 8 * margin..len - margin].iter().all(|y| (y.norm() - 1.0).abs() < 0.02));
        }
    }

    #[test]
    fn what_lies_beyond_the_band_does_not_fold_in() {
        let rate = 19.2e6;
        let x: Vec<Complex32> = (0..(rate * 4e-3) as usize).map(|n| cis(1.5e6 * n as f64 / rate)).collect();
        let spectra = BlockSpectra::new(&mut Transforms::new(), &x, SampleRate::new(rate).expect("positive"));
        let stream = Channeliser::new().stream(&spectra, Hertz(0.0), 1);
        let inner = &stream.samples[64..stream.samples.len() - 64];
        let power = inner.iter().map(Complex32::norm_sqr).sum::<f32>() / inner.len() as f32;
        assert!(power < 1e-6, "{power}");
    }
}
