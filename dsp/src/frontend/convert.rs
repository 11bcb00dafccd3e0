//! From the bytes of a recording to complex samples.
//!
//! In: bytes in one of the sample formats. Out: samples whose full scale is 1.0. Refuses to know files and rates.

use std::fmt;

use multiversion::multiversion;
use num_complex::Complex32;

/// How a complex sample is stored: I then Q, interleaved.
///
/// Integers fill their range at full scale, floats reach 1.0. Unsigned 8-bit numbers stand around 127.5, as RTL-SDR
/// writes them, wider unsigned ones around the middle of their range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleFormat {
    /// Two signed bytes, as HackRF writes them.
    Ci8,
    /// Two unsigned bytes around 127.5, as RTL-SDR writes them.
    Cu8,
    /// Two signed 16-bit integers, little-endian.
    Ci16Le,
    /// Two signed 16-bit integers, big-endian.
    Ci16Be,
    /// Two unsigned 16-bit integers, little-endian.
    Cu16Le,
    /// Two unsigned 16-bit integers, big-endian.
    Cu16Be,
    /// Two signed 24-bit integers, little-endian, as in WAV files.
    Ci24Le,
    /// Two signed 32-bit integers, little-endian.
    Ci32Le,
    /// Two signed 32-bit integers, big-endian.
    Ci32Be,
    /// Two unsigned 32-bit integers, little-endian.
    Cu32Le,
    /// Two unsigned 32-bit integers, big-endian.
    Cu32Be,
    /// Two IEEE 754 32-bit floats, little-endian, full scale 1.0.
    Cf32Le,
    /// Two IEEE 754 32-bit floats, big-endian, full scale 1.0.
    Cf32Be,
    /// Two IEEE 754 64-bit floats, little-endian, full scale 1.0.
    Cf64Le,
    /// Two IEEE 754 64-bit floats, big-endian, full scale 1.0.
    Cf64Be,
}

/// Other names of formats: those of GNU Radio, SoapySDR, UHD, NumPy and receivers.
const ALIASES: [(&str, SampleFormat); 34] = [
    ("ci8", SampleFormat::Ci8),
    ("cs8", SampleFormat::Ci8),
    ("sc8", SampleFormat::Ci8),
    ("s8", SampleFormat::Ci8),
    ("int8", SampleFormat::Ci8),
    ("hackrf", SampleFormat::Ci8),
    ("cu8", SampleFormat::Cu8),
    ("uc8", SampleFormat::Cu8),
    ("u8", SampleFormat::Cu8),
    ("uint8", SampleFormat::Cu8),
    ("rtlsdr", SampleFormat::Cu8),
    ("ci16", SampleFormat::Ci16Le),
    ("cs16", SampleFormat::Ci16Le),
    ("sc16", SampleFormat::Ci16Le),
    ("s16", SampleFormat::Ci16Le),
    ("int16", SampleFormat::Ci16Le),
    ("short", SampleFormat::Ci16Le),
    ("cu16", SampleFormat::Cu16Le),
    ("ci24", SampleFormat::Ci24Le),
    ("ci32", SampleFormat::Ci32Le),
    ("cs32", SampleFormat::Ci32Le),
    ("sc32", SampleFormat::Ci32Le),
    ("s32", SampleFormat::Ci32Le),
    ("int32", SampleFormat::Ci32Le),
    ("cu32", SampleFormat::Cu32Le),
    ("cf32", SampleFormat::Cf32Le),
    ("fc32", SampleFormat::Cf32Le),
    ("f32", SampleFormat::Cf32Le),
    ("float", SampleFormat::Cf32Le),
    ("complex64", SampleFormat::Cf32Le),
    ("cf64", SampleFormat::Cf64Le),
    ("fc64", SampleFormat::Cf64Le),
    ("f64", SampleFormat::Cf64Le),
    ("complex128", SampleFormat::Cf64Le),
];

impl SampleFormat {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Ci8,
        Self::Cu8,
        Self::Ci16Le,
        Self::Ci16Be,
        Self::Cu16Le,
        Self::Cu16Be,
        Self::Ci24Le,
        Self::Ci32Le,
        Self::Ci32Be,
        Self::Cu32Le,
        Self::Cu32Be,
        Self::Cf32Le,
        Self::Cf32Be,
        Self::Cf64Le,
        Self::Cf64Be,
    ];

    /// Bytes of one complex sample.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Ci8 | Self::Cu8 => 2,
            Self::Ci16Le | Self::Ci16Be | Self::Cu16Le | Self::Cu16Be => 4,
            Self::Ci24Le => 6,
            Self::Ci32Le | Self::Ci32Be | Self::Cu32Le | Self::Cu32Be | Self::Cf32Le | Self::Cf32Be => 8,
            Self::Cf64Le | Self::Cf64Be => 16,
        }
    }

    /// Whether its numbers are floats, which may be no numbers, and whose full scale is a convention.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Cf32Le | Self::Cf32Be | Self::Cf64Le | Self::Cf64Be)
    }

    /// The name, the same as SigMF's `core:datatype`, which has none for [`SampleFormat::Ci24Le`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ci8 => "ci8",
            Self::Cu8 => "cu8",
            Self::Ci16Le => "ci16_le",
            Self::Ci16Be => "ci16_be",
            Self::Cu16Le => "cu16_le",
            Self::Cu16Be => "cu16_be",
            Self::Ci24Le => "ci24_le",
            Self::Ci32Le => "ci32_le",
            Self::Ci32Be => "ci32_be",
            Self::Cu32Le => "cu32_le",
            Self::Cu32Be => "cu32_be",
            Self::Cf32Le => "cf32_le",
            Self::Cf32Be => "cf32_be",
            Self::Cf64Le => "cf64_le",
            Self::Cf64Be => "cf64_be",
        }
    }

    /// The format in which SigMF can store the same samples without loss.
    #[must_use]
    pub const fn in_sigmf(self) -> Self {
        match self {
            Self::Ci24Le => Self::Ci32Le,
            other => other,
        }
    }

    /// The format of this name, in either case, or of one of its other names (`cs16`, `fc32`, `complex64`, …); `None`
    /// where it is no name of ours. A name without byte order is little-endian.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let alias = |name: &str| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, format)| *format);
        let of_order = |order: &str| {
            let plain = alias(name.strip_suffix(order)?)?;
            // Bytes have no order: their names with one are in use too.
            let ordered = |format: &Self| format.name().strip_suffix(order) == plain.name().strip_suffix("_le");
            if plain.bytes() == 2 { Some(plain) } else { Self::ALL.into_iter().find(ordered) }
        };
        alias(&name).or_else(|| of_order("_le")).or_else(|| of_order("_be"))
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
    let numbers = bytemuck::cast_slice_mut(out);
    match format {
        SampleFormat::Ci8 => convert_ci8(bytes, numbers),
        SampleFormat::Cu8 => convert_cu8(bytes, numbers),
        SampleFormat::Ci16Le => convert_ci16_le(bytes, numbers),
        SampleFormat::Ci16Be => convert_each(bytes, numbers, |x| f32::from(i16::from_be_bytes(x)) / 32_768.0),
        SampleFormat::Cu16Le => convert_each(bytes, numbers, |x| unsigned(u32::from(u16::from_le_bytes(x)) << 16)),
        SampleFormat::Cu16Be => convert_each(bytes, numbers, |x| unsigned(u32::from(u16::from_be_bytes(x)) << 16)),
        SampleFormat::Ci24Le => convert_each(bytes, numbers, |[a, b, c]| signed(i32::from_le_bytes([0, a, b, c]))),
        SampleFormat::Ci32Le => convert_each(bytes, numbers, |x| signed(i32::from_le_bytes(x))),
        SampleFormat::Ci32Be => convert_each(bytes, numbers, |x| signed(i32::from_be_bytes(x))),
        SampleFormat::Cu32Le => convert_each(bytes, numbers, |x| unsigned(u32::from_le_bytes(x))),
        SampleFormat::Cu32Be => convert_each(bytes, numbers, |x| unsigned(u32::from_be_bytes(x))),
        SampleFormat::Cf32Le => return convert_cf32_le(bytes, out),
        SampleFormat::Cf32Be => {
            convert_each(bytes, numbers, f32::from_be_bytes);
            return refuse_no_samples(out);
        }
        // A double beyond the range of a float becomes infinite, and is refused.
        SampleFormat::Cf64Le => {
            convert_each(bytes, numbers, |x| f64::from_le_bytes(x) as f32);
            return refuse_no_samples(out);
        }
        SampleFormat::Cf64Be => {
            convert_each(bytes, numbers, |x| f64::from_be_bytes(x) as f32);
            return refuse_no_samples(out);
        }
    }
    0
}

/// A number of 32 bits, or of fewer in the upper ones.
fn signed(x: i32) -> f32 {
    x as f32 * (1.0 / 2_147_483_648.0)
}

/// The same around the middle of the range.
fn unsigned(x: u32) -> f32 {
    signed((x ^ 0x8000_0000) as i32)
}

fn convert_each<const BYTES: usize>(bytes: &[u8], out: &mut [f32], number: impl Fn([u8; BYTES]) -> f32) {
    for (y, x) in out.iter_mut().zip(bytes.as_chunks::<BYTES>().0) {
        *y = number(*x);
    }
}

/// Makes zeros of what are no samples and counts them.
fn refuse_no_samples(out: &mut [Complex32]) -> u64 {
    let mut refused = 0;
    for y in out {
        // A comparison with NaN is false.
        if !(y.re.abs() <= MAX_MAGNITUDE && y.im.abs() <= MAX_MAGNITUDE) {
            *y = Complex32::ZERO;
            refused += 1;
        }
    }
    refused
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
        SampleFormat::Ci16Le => quantise_each(numbers, bytes, |x| to_i16(x).to_le_bytes()),
        SampleFormat::Ci16Be => quantise_each(numbers, bytes, |x| to_i16(x).to_be_bytes()),
        SampleFormat::Cu16Le => quantise_each(numbers, bytes, |x| ((to_i16(x) as u16) ^ 0x8000).to_le_bytes()),
        SampleFormat::Cu16Be => quantise_each(numbers, bytes, |x| ((to_i16(x) as u16) ^ 0x8000).to_be_bytes()),
        SampleFormat::Ci24Le => quantise_each(numbers, bytes, |x| {
            let [a, b, c, _] = ((x * 8_388_608.0).round().clamp(-8_388_608.0, 8_388_607.0) as i32).to_le_bytes();
            [a, b, c]
        }),
        SampleFormat::Ci32Le => quantise_each(numbers, bytes, |x| to_i32(x).to_le_bytes()),
        SampleFormat::Ci32Be => quantise_each(numbers, bytes, |x| to_i32(x).to_be_bytes()),
        SampleFormat::Cu32Le => quantise_each(numbers, bytes, |x| ((to_i32(x) as u32) ^ 0x8000_0000).to_le_bytes()),
        SampleFormat::Cu32Be => quantise_each(numbers, bytes, |x| ((to_i32(x) as u32) ^ 0x8000_0000).to_be_bytes()),
        SampleFormat::Cf32Le => quantise_each(numbers, bytes, f32::to_le_bytes),
        SampleFormat::Cf32Be => quantise_each(numbers, bytes, f32::to_be_bytes),
        SampleFormat::Cf64Le => quantise_each(numbers, bytes, |x| f64::from(x).to_le_bytes()),
        SampleFormat::Cf64Be => quantise_each(numbers, bytes, |x| f64::from(x).to_be_bytes()),
    }
}

fn quantise_each<const BYTES: usize>(numbers: &[f32], bytes: &mut [u8], stored: impl Fn(f32) -> [u8; BYTES]) {
    for (x, y) in numbers.iter().zip(bytes.as_chunks_mut().0) {
        *y = stored(*x);
    }
}

fn to_i16(x: f32) -> i16 {
    (x * 32_768.0).round() as i16
}

fn to_i32(x: f32) -> i32 {
    (f64::from(x) * 2_147_483_648.0).round() as i32
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
            (SampleFormat::Cu16Le, &[low, high]) => (f32::from(high) * 256.0 + f32::from(low) - 32_768.0) / 32_768.0,
            (SampleFormat::Ci24Le, &[a, b, c]) => {
                (i32::from(c as i8) * 65_536 + i32::from(b) * 256 + i32::from(a)) as f32 / 8_388_608.0
            }
            (SampleFormat::Ci32Le, &[a, b, c, d]) => {
                let low = f64::from(a) + 256.0 * f64::from(b) + 65_536.0 * f64::from(c);
                ((low + f64::from(d as i8) * 16_777_216.0) / 2f64.powi(31)) as f32
            }
            (SampleFormat::Cu32Le, &[a, b, c, d]) => {
                let low = f64::from(a) + 256.0 * f64::from(b) + 65_536.0 * f64::from(c);
                ((low + f64::from(d) * 16_777_216.0 - 2f64.powi(31)) / 2f64.powi(31)) as f32
            }
            (SampleFormat::Cf32Le, &[a, b, c, d]) => f32::from_bits(u32::from_le_bytes([a, b, c, d])),
            (SampleFormat::Cf64Le, number) => f64::from_le_bytes(number.try_into().expect("8 bytes")) as f32,
            (big, number) if big.name().ends_with("_be") => {
                let little = SampleFormat::from_name(&big.name().replace("_be", "_le")).expect("its twin");
                naive(little, &number.iter().rev().copied().collect::<Vec<u8>>())
            }
            _ => panic!("{format}: {} bytes", number.len()),
        }
    }

    proptest! {
        #[test]
        fn every_format_is_its_definition(bytes in prop::collection::vec(any::<u8>(), 0..600), which in 0..SampleFormat::ALL.len()) {
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
        for format in [
            SampleFormat::Ci8,
            SampleFormat::Cu8,
            SampleFormat::Ci16Le,
            SampleFormat::Ci16Be,
            SampleFormat::Cu16Le,
            SampleFormat::Cu16Be,
        ] {
            let mut samples = vec![Complex32::ZERO; bytes.len() / format.bytes()];
            convert(format, &bytes, &mut samples);
            let mut again = vec![0xAA; bytes.len()];
            quantise(format, &samples, &mut again);
            assert!(again == bytes, "{format}");
        }
    }

    #[test]
    fn quantising_gives_the_samples_back() {
        let numbers: Vec<f32> = (-512..512).map(|x| x as f32 / 512.0).collect();
        let samples: &[Complex32] = bytemuck::cast_slice(&numbers);
        for format in SampleFormat::ALL.into_iter().filter(|format| format.bytes() > 2) {
            let mut bytes = vec![0xAA; samples.len() * format.bytes()];
            quantise(format, samples, &mut bytes);
            let mut again = vec![Complex32::ZERO; samples.len()];
            convert(format, &bytes, &mut again);
            assert!(again == samples, "{format}");
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
        assert_eq!(SampleFormat::from_name("rf32_le"), None);
    }

    #[test]
    fn formats_have_other_names() {
        let names = [
            ("cs16", SampleFormat::Ci16Le),
            ("SC16", SampleFormat::Ci16Le),
            ("fc32", SampleFormat::Cf32Le),
            ("complex64", SampleFormat::Cf32Le),
            ("ci8_le", SampleFormat::Ci8),
            ("cu8_be", SampleFormat::Cu8),
            ("cs16_be", SampleFormat::Ci16Be),
            ("cf64", SampleFormat::Cf64Le),
            ("cu32_be", SampleFormat::Cu32Be),
        ];
        for (name, format) in names {
            assert_eq!(SampleFormat::from_name(name), Some(format), "{name}");
        }
        for name in ["", "_le", "ci8_", "c", "ci16_me", "rf32", "cf32_le_le"] {
            assert_eq!(SampleFormat::from_name(name), None, "{name}");
        }
    }

    #[test]
    #[should_panic(expected = "bytes of 2 samples")]
    fn a_length_that_does_not_match_is_our_bug() {
        convert(SampleFormat::Ci8, &[0; 5], &mut [Complex32::ZERO; 2]);
    }
}
