//! From the bytes of a recording to complex samples.
//!
//! In: bytes in one of the sample formats. Out: samples whose full scale is 1.0. Refuses to know files and rates.

use std::fmt;

use multiversion::multiversion;
use num_complex::Complex32;

/// How a complex sample is stored: I then Q, interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleFormat {
    /// Two signed bytes, as HackRF writes them.
    Ci8,
    /// Two unsigned bytes around 127.5, as RTL-SDR writes them.
    Cu8,
    /// Two signed 16-bit integers, little-endian.
    Ci16Le,
    /// Two IEEE 754 32-bit floats, little-endian, full scale 1.0.
    Cf32Le,
}

impl SampleFormat {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Ci8, Self::Cu8, Self::Ci16Le, Self::Cf32Le];

    /// Bytes of one complex sample.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Ci8 | Self::Cu8 => 2,
            Self::Ci16Le => 4,
            Self::Cf32Le => 8,
        }
    }

    /// The name, the same as SigMF's `core:datatype`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ci8 => "ci8",
            Self::Cu8 => "cu8",
            Self::Ci16Le => "ci16_le",
            Self::Cf32Le => "cf32_le",
        }
    }

    /// The format of this name, or `None` where it is no name of ours.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl fmt::Display for SampleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Largest magnitude taken for a sample: far above any scaling in use, and its square summed over any dwell is no infinity
/// downstream.
const MAX_MAGNITUDE: f32 = (1u32 << 30) as f32;

/// Converts `bytes` to samples scaled so that full scale is 1.0, and returns how many of them were no samples: floats
/// that are not finite or beyond 2³⁰. Those become zero, as lost samples do.
///
/// # Panics
/// Unless `bytes.len() == out.len() * format.bytes()`.
pub fn convert(format: SampleFormat, bytes: &[u8], out: &mut [Complex32]) -> u64 {
    assert_eq!(bytes.len(), out.len() * format.bytes(), "bytes of {} samples of {format}", out.len());
    match format {
        SampleFormat::Ci8 => convert_ci8(bytes, bytemuck::cast_slice_mut(out)),
        SampleFormat::Cu8 => convert_cu8(bytes, bytemuck::cast_slice_mut(out)),
        SampleFormat::Ci16Le => convert_ci16_le(bytes, bytemuck::cast_slice_mut(out)),
        SampleFormat::Cf32Le => return convert_cf32_le(bytes, out),
    }
    0
}

#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn convert_ci8(bytes: &[u8], out: &mut [f32]) {
    for (y, &x) in out.iter_mut().zip(bytes) {
        *y = f32::from(x as i8) * (1.0 / 128.0);
    }
}

#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn convert_cu8(bytes: &[u8], out: &mut [f32]) {
    for (y, &x) in out.iter_mut().zip(bytes) {
        *y = (f32::from(x) - 127.5) * (1.0 / 128.0);
    }
}

#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn convert_ci16_le(bytes: &[u8], out: &mut [f32]) {
    for (y, x) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
        *y = f32::from(i16::from_le_bytes(*x)) * (1.0 / 32_768.0);
    }
}

#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn convert_cf32_le(bytes: &[u8], out: &mut [Complex32]) -> u64 {
    let mut refused = 0;
    for (y, x) in out.iter_mut().zip(bytes.as_chunks::<8>().0) {
        let [a, b, c, d, e, f, g, h] = *x;
        let (re, im) = (f32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]));
        // A comparison with NaN is false.
        let good = re.abs() <= MAX_MAGNITUDE && im.abs() <= MAX_MAGNITUDE;
        *y = if good { Complex32::new(re, im) } else { Complex32::ZERO };
        refused += u64::from(!good);
    }
    refused
}

/// The inverse of [`convert`]: samples of full scale 1.0 as the nearest stored numbers, clipped where they are beyond.
/// What `convert` made comes out as the bytes it was made of.
///
/// # Panics
/// Unless `bytes.len() == samples.len() * format.bytes()`.
pub fn quantise(format: SampleFormat, samples: &[Complex32], bytes: &mut [u8]) {
    assert_eq!(bytes.len(), samples.len() * format.bytes(), "bytes of {} samples of {format}", samples.len());
    let numbers: &[f32] = bytemuck::cast_slice(samples);
    // Casts from floats to integers clip, and take NaN for 0.
    match format {
        SampleFormat::Ci8 => {
            for (x, y) in numbers.iter().zip(bytes) {
                *y = (x * 128.0).round() as i8 as u8;
            }
        }
        SampleFormat::Cu8 => {
            for (x, y) in numbers.iter().zip(bytes) {
                *y = (x * 128.0 + 127.5).round() as u8;
            }
        }
        SampleFormat::Ci16Le => {
            for (x, y) in numbers.iter().zip(bytes.as_chunks_mut::<2>().0) {
                *y = ((x * 32_768.0).round() as i16).to_le_bytes();
            }
        }
        SampleFormat::Cf32Le => {
            for (x, y) in numbers.iter().zip(bytes.as_chunks_mut::<4>().0) {
                *y = x.to_le_bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, one number at a time.
    fn naive(format: SampleFormat, number: &[u8]) -> f32 {
        match (format, number) {
            (SampleFormat::Ci8, &[x]) => f32::from(i8::from_ne_bytes([x])) / 128.0,
            (SampleFormat::Cu8, &[x]) => (f32::from(x) - 127.5) / 128.0,
            (SampleFormat::Ci16Le, &[low, high]) => f32::from(i16::from(high as i8) * 256 + i16::from(low)) / 32_768.0,
            (SampleFormat::Cf32Le, &[a, b, c, d]) => f32::from_bits(u32::from_le_bytes([a, b, c, d])),
            _ => panic!("{format}: {} bytes", number.len()),
        }
    }

    proptest! {
        #[test]
        fn every_format_is_its_definition(bytes in prop::collection::vec(any::<u8>(), 0..600), which in 0..4usize) {
            let format = SampleFormat::ALL[which];
            let bytes = &bytes[..bytes.len() / format.bytes() * format.bytes()];
            // Dirty output: nothing of it may stay.
            let mut out = vec![Complex32::new(f32::NAN, 7.0); bytes.len() / format.bytes()];
            let refused = convert(format, bytes, &mut out);
            let mut want_refused = 0;
            for (sample, stored) in out.iter().zip(bytes.chunks(format.bytes())) {
                let (re, im) = stored.split_at(format.bytes() / 2);
                let (re, im) = (naive(format, re), naive(format, im));
                let good = re.abs() <= MAX_MAGNITUDE && im.abs() <= MAX_MAGNITUDE;
                let want = if good { Complex32::new(re, im) } else { Complex32::ZERO };
                want_refused += u64::from(!good);
                prop_assert_eq!(*sample, want);
            }
            prop_assert_eq!(refused, want_refused);
        }
    }

    #[test]
    fn quantising_gives_the_bytes_back() {
        let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        for format in [SampleFormat::Ci8, SampleFormat::Cu8, SampleFormat::Ci16Le] {
            let mut samples = vec![Complex32::ZERO; bytes.len() / format.bytes()];
            convert(format, &bytes, &mut samples);
            let mut again = vec![0xAA; bytes.len()];
            quantise(format, &samples, &mut again);
            assert!(again == bytes, "{format}");
        }
    }

    #[test]
    fn quantising_clips() {
        let mut bytes = [0; 2];
        quantise(SampleFormat::Ci8, &[Complex32::new(2.0, f32::NEG_INFINITY)], &mut bytes);
        assert_eq!(bytes, [0x7F, 0x80]);
        quantise(SampleFormat::Cu8, &[Complex32::new(2.0, -2.0)], &mut bytes);
        assert_eq!(bytes, [255, 0]);
    }

    #[test]
    fn full_scale_is_one() {
        let mut out = [Complex32::ZERO];
        convert(SampleFormat::Ci8, &[0x80, 0x7F], &mut out);
        assert_eq!(out[0], Complex32::new(-1.0, 127.0 / 128.0));
        convert(SampleFormat::Cu8, &[0, 255], &mut out);
        assert_eq!(out[0], Complex32::new(-127.5 / 128.0, 127.5 / 128.0));
        convert(SampleFormat::Ci16Le, &[0x00, 0x80, 0xFF, 0x7F], &mut out);
        assert_eq!(out[0], Complex32::new(-1.0, 32_767.0 / 32_768.0));
    }

    #[test]
    fn floats_that_are_no_samples_become_zeros_and_are_counted() {
        let samples = [(f32::NAN, 0.0), (0.5, f32::INFINITY), (f32::MAX, 0.0), (0.5, -0.25), (f32::NEG_INFINITY, 1.0)];
        let bytes: Vec<u8> =
            samples.iter().flat_map(|(re, im)| [re.to_le_bytes(), im.to_le_bytes()].concat()).collect();
        let mut out = [Complex32::new(9.0, 9.0); 5];
        assert_eq!(convert(SampleFormat::Cf32Le, &bytes, &mut out), 4);
        assert_eq!(out[3], Complex32::new(0.5, -0.25));
        assert!(out.iter().enumerate().all(|(i, y)| i == 3 || *y == Complex32::ZERO));
    }

    #[test]
    fn no_samples_are_no_samples() {
        for format in SampleFormat::ALL {
            assert_eq!(convert(format, &[], &mut []), 0);
            assert_eq!(SampleFormat::from_name(format.name()), Some(format));
        }
        assert_eq!(SampleFormat::from_name("ci32_le"), None);
    }

    #[test]
    #[should_panic(expected = "bytes of 2 samples")]
    fn a_length_that_does_not_match_is_our_bug() {
        convert(SampleFormat::Ci8, &[0; 5], &mut [Complex32::ZERO; 2]);
    }
}
