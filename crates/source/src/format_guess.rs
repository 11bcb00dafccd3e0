//! Which sample format bytes look like, where the bytes leave no doubt.
//!
//! Numbers of several bytes carry little in their upper bytes and much in their lower ones; in 8-bit samples all bytes are
//! alike. How much a byte carries is its entropy, taken for each place in eight bytes.

use lte_dsp::frontend::SampleFormat;

use super::raw::guess_8_bit_format;

/// Fewest bytes that are looked at: the entropy of fewer is too uncertain.
const MIN_BYTES: usize = 1 << 14;
/// Bits that a byte carries at least where nothing is known of it, and at most where it is an upper one.
const FULL_BITS: f64 = 7.8;
const UPPER_BITS: f64 = 7.5;
/// Difference in bits between bytes that are alike.
const ALIKE_BITS: f64 = 0.2;
/// Share of floats whose exponents lie within so many steps of the largest: 72 dB.
const FLOAT_SHARE: f64 = 0.98;
const FLOAT_STEPS: i32 = 12;

/// The format that these bytes must be in, beginning with a sample; `None` where more than one is possible.
pub(super) fn guess_format(bytes: &[u8]) -> Option<SampleFormat> {
    if bytes.len() < MIN_BYTES {
        return None;
    }
    float_format(bytes).or_else(|| integer_format(bytes))
}

/// Floats have exponents that lie close together.
fn float_format(bytes: &[u8]) -> Option<SampleFormat> {
    let exponents = |format: SampleFormat| -> Vec<i32> {
        let field_32 = |bits: u32| (bits >> 23 & 0xFF) as i32;
        let field_64 = |bits: u64| (bits >> 52 & 0x7FF) as i32;
        match format {
            SampleFormat::Cf32Le => bytes.as_chunks().0.iter().map(|x| field_32(u32::from_le_bytes(*x))).collect(),
            SampleFormat::Cf32Be => bytes.as_chunks().0.iter().map(|x| field_32(u32::from_be_bytes(*x))).collect(),
            SampleFormat::Cf64Le => bytes.as_chunks().0.iter().map(|x| field_64(u64::from_le_bytes(*x))).collect(),
            _ => bytes.as_chunks().0.iter().map(|x| field_64(u64::from_be_bytes(*x))).collect(),
        }
    };
    [SampleFormat::Cf32Le, SampleFormat::Cf32Be, SampleFormat::Cf64Le, SampleFormat::Cf64Be].into_iter().find(
        |format| {
            // Zero has the least exponent, and what is no number the greatest.
            let (greatest, bias) = if format.bytes() == 8 { (0xFF, 127) } else { (0x7FF, 1023) };
            let exponents: Vec<i32> = exponents(*format).into_iter().filter(|&exponent| exponent != 0).collect();
            let top = exponents.iter().copied().max().unwrap_or(0);
            let near = exponents.iter().filter(|&&exponent| exponent > top - FLOAT_STEPS).count();
            let enough = exponents.len() * format.bytes() / 2 > bytes.len() / 2;
            // From 10⁻⁶ to 2³⁰: what receivers' scales give.
            let is_usual = (bias - 20..bias + 30).contains(&top) && top < greatest;
            enough && is_usual && near as f64 >= FLOAT_SHARE * exponents.len() as f64
        },
    )
}

fn integer_format(bytes: &[u8]) -> Option<SampleFormat> {
    let bits: [f64; 8] = std::array::from_fn(|place| entropy(bytes.iter().skip(place).step_by(8)));
    let all = |places: &[usize], is: &dyn Fn(f64) -> bool| places.iter().all(|&place| is(bits[place]));
    let (full, upper) = (|x: f64| x >= FULL_BITS, |x: f64| (0.5..=UPPER_BITS).contains(&x));
    let (low, high) = bits.iter().fold((8.0f64, 0.0f64), |(low, high), &x| (low.min(x), high.max(x)));
    if all(&[0, 2, 4, 6], &full) && all(&[1, 3, 5, 7], &upper) {
        is_signed(bytes, 1, 2).map(|signed| if signed { SampleFormat::Ci16Le } else { SampleFormat::Cu16Le })
    } else if all(&[1, 3, 5, 7], &full) && all(&[0, 2, 4, 6], &upper) {
        is_signed(bytes, 0, 2).map(|signed| if signed { SampleFormat::Ci16Be } else { SampleFormat::Cu16Be })
    } else if all(&[1, 2, 5, 6], &full) && all(&[3, 7], &upper) && bits[0] > UPPER_BITS {
        is_signed(bytes, 3, 4).map(|signed| if signed { SampleFormat::Ci32Le } else { SampleFormat::Cu32Le })
    } else if all(&[1, 2, 5, 6], &full) && all(&[0, 4], &upper) && bits[3] > UPPER_BITS {
        is_signed(bytes, 0, 4).map(|signed| if signed { SampleFormat::Ci32Be } else { SampleFormat::Cu32Be })
    } else if high - low < ALIKE_BITS && (0.5..UPPER_BITS).contains(&high) && !has_groups_of_three(bytes) {
        let format = guess_8_bit_format(bytes);
        // A signal that fills its range lies as far from the one middle as from the other.
        let is_certain = is_signed(bytes, 0, 1)? == (format == SampleFormat::Ci8);
        is_certain.then_some(format)
    } else {
        None
    }
}

/// Whether every third byte carries less than others, as in numbers of 24 bits: eight places do not show that.
fn has_groups_of_three(bytes: &[u8]) -> bool {
    let bits: [f64; 3] = std::array::from_fn(|place| entropy(bytes.iter().skip(place).step_by(3)));
    let (low, high) = bits.iter().fold((8.0f64, 0.0f64), |(low, high), &x| (low.min(x), high.max(x)));
    high - low >= ALIKE_BITS
}

/// Whether the upper bytes, one each `width`, lie around 0 rather than around the middle of their range; `None` where that
/// is not clear.
fn is_signed(bytes: &[u8], first: usize, width: usize) -> Option<bool> {
    let (mut signed, mut unsigned) = (0u64, 0u64);
    for &x in bytes.iter().skip(first).step_by(width) {
        signed += u64::from((x as i8).unsigned_abs());
        unsigned += u64::from(x.abs_diff(127).min(x.abs_diff(128)));
    }
    if 2 * signed < unsigned {
        Some(true)
    } else if 2 * unsigned < signed {
        Some(false)
    } else {
        None
    }
}

/// Bits that a byte of these carries.
fn entropy<'a>(bytes: impl Iterator<Item = &'a u8>) -> f64 {
    let mut counts = [0u32; 256];
    bytes.for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = f64::from(counts.iter().sum::<u32>());
    let share = |count: &u32| f64::from(*count) / total;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use lte_dsp::frontend::quantise;
    use num_complex::Complex32;

    use super::*;

    /// Noise of this r.m.s. value in each of I and Q, by a small generator.
    fn noise(rms: f32) -> Vec<Complex32> {
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        let mut number = || ((0..12).map(|_| uniform()).sum::<f32>() - 6.0) * rms;
        (0..32_768).map(|_| Complex32::new(number(), number())).collect()
    }

    fn stored(format: SampleFormat, samples: &[Complex32]) -> Vec<u8> {
        let mut bytes = vec![0; samples.len() * format.bytes()];
        quantise(format, samples, &mut bytes);
        bytes
    }

    #[test]
    fn bytes_are_never_taken_for_another_format_than_theirs() {
        let mut known = 0;
        for rms in [0.003, 0.02, 0.05, 0.1, 0.2, 0.3, 0.7] {
            let offset = Complex32::new(0.01, -0.02);
            let shaped: Vec<Complex32> = noise(rms).windows(2).map(|x| x[0] + 0.9 * x[1] + offset).collect();
            for samples in [noise(rms), shaped] {
                for format in SampleFormat::ALL {
                    let guess = guess_format(&stored(format, &samples));
                    assert!(guess.is_none_or(|guess| guess == format), "{format} at {rms} is taken for {guess:?}");
                    known += usize::from(guess.is_some());
                }
            }
        }
        assert!(known > 100, "{known} of 210 are known");
    }

    #[test]
    fn tones_silence_and_few_bytes_are_not_taken_for_another_format() {
        let tone: Vec<Complex32> = (0..32_768).map(|n| Complex32::from_polar(0.5, 0.37 * n as f32)).collect();
        let real: Vec<Complex32> = noise(0.1).iter().map(|x| Complex32::new(x.re, 0.0)).collect();
        for (name, samples) in [("a tone", tone), ("silence", vec![Complex32::ZERO; 32_768]), ("I alone", real)] {
            for format in SampleFormat::ALL {
                let guess = guess_format(&stored(format, &samples));
                assert!(guess.is_none_or(|guess| guess == format), "{name}: {format} is taken for {guess:?}");
            }
        }
        assert_eq!(guess_format(&[]), None);
        assert_eq!(guess_format(&[1; 100]), None);
    }

    #[test]
    fn eight_bits_in_wider_numbers_are_not_taken_for_another_format() {
        let samples = noise(0.1);
        let coarse: Vec<Complex32> = samples
            .iter()
            .map(|x| Complex32::new((x.re * 128.0).round() / 128.0, (x.im * 128.0).round() / 128.0))
            .collect();
        for format in SampleFormat::ALL {
            let guess = guess_format(&stored(format, &coarse));
            assert!(guess.is_none_or(|guess| guess == format), "{format} is taken for {guess:?}");
        }
    }
}
