//! Bands of known contents.

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;

const RATE_HZ: f64 = 5.76e6;
const SAMPLES: usize = 460_800;

fn rate(hz: f64) -> SampleRate {
    SampleRate::new(hz).expect("positive")
}

/// Complex noise of power 1, another for each seed.
fn noise(seed: u64, samples: usize) -> Vec<Complex32> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut number = || {
        let sum: f32 = (0..12).map(|_| random.random::<f32>()).sum();
        (sum - 6.0) * std::f32::consts::FRAC_1_SQRT_2
    };
    (0..samples).map(|_| Complex32::new(number(), number())).collect()
}

/// Noise of power 1 and a signal this much stronger.
fn with_noise(signal: &[Complex32], snr_db: f32) -> Vec<Complex32> {
    let power = signal.iter().map(|x| x.norm_sqr()).sum::<f32>() / signal.len() as f32;
    let gain = (10f32.powf(snr_db / 10.0) / power).sqrt();
    noise(7, signal.len()).iter().zip(signal).map(|(n, x)| n + x * gain).collect()
}

fn moved(signal: &[Complex32], hz: f64) -> Vec<Complex32> {
    let turn = |n: usize| Complex32::cis((std::f64::consts::TAU * (hz / RATE_HZ * n as f64).fract()) as f32);
    signal.iter().enumerate().map(|(n, x)| x * turn(n)).collect()
}

/// A carrier that a random walk of its phase modulates: `symbols` a second, each turning it by a quarter, as GSM does.
fn phase_modulated(symbols: f64) -> Vec<Complex32> {
    let mut random = StdRng::seed_from_u64(3);
    let (mut phase, mut step, mut left) = (0.0, 0.0, 0.0);
    let length = RATE_HZ / symbols;
    let mut next = || {
        if left <= 0.0 {
            left += length;
            step = if random.random::<bool>() { 1.0 } else { -1.0 } * std::f64::consts::FRAC_PI_2 / length;
        }
        left -= 1.0;
        phase = (phase + step) % std::f64::consts::TAU;
        Complex32::cis(phase as f32)
    };
    (0..SAMPLES).map(|_| next()).collect()
}

/// Frequency modulated by a tone, as broadcast FM is.
fn frequency_modulated(deviation_hz: f64, tone_hz: f64) -> Vec<Complex32> {
    let phase = |n: usize| deviation_hz / tone_hz * (std::f64::consts::TAU * tone_hz * n as f64 / RATE_HZ).sin();
    (0..SAMPLES).map(|n| Complex32::cis(phase(n) as f32)).collect()
}

/// Noise in a band this wide, as a wide-band code multiplex is.
fn band_noise(width_hz: f64) -> Vec<Complex32> {
    let taps: Vec<f32> = (-64..=64)
        .map(|k| {
            let x = std::f64::consts::PI * width_hz / RATE_HZ * f64::from(k);
            let hann = 0.5 + 0.5 * (std::f64::consts::PI * f64::from(k) / 65.0).cos();
            (hann * if k == 0 { 1.0 } else { x.sin() / x }) as f32
        })
        .collect();
    let white = noise(11, SAMPLES + taps.len());
    (0..SAMPLES).map(|n| taps.iter().zip(&white[n..]).map(|(tap, x)| x * tap).sum()).collect()
}

fn code(samples: &[Complex32]) -> NoteCode {
    BandPicture::measure(samples, rate(RATE_HZ), rate(RATE_HZ)).expect("samples").code()
}

#[test]
fn noise_is_noise_at_every_length_and_level() {
    for seed in 0..40 {
        let samples = noise(seed, SAMPLES);
        for length in [40_320, 100_000, SAMPLES] {
            let picture = BandPicture::measure(&samples[..length], rate(RATE_HZ), rate(RATE_HZ)).expect("samples");
            assert_eq!(picture.code(), NoteCode::Noise, "{seed}, {length}: {picture:?}");
        }
        let low = BandPicture::measure(&samples[..38_400], rate(1.92e6), rate(1.92e6)).expect("samples");
        assert_eq!(low.code(), NoteCode::Noise, "{seed} at 1.92 MS/s: {low:?}");
    }
    let faint: Vec<Complex32> = noise(1, SAMPLES).iter().map(|x| x * 1e-4).collect();
    assert_eq!(code(&faint), NoteCode::Noise);
    // Even noise of a poor generator.
    let mut random = StdRng::seed_from_u64(1);
    let mut number = || random.random::<f32>() - 0.5;
    let uniform: Vec<Complex32> = (0..SAMPLES).map(|_| Complex32::new(number(), number())).collect();
    assert_eq!(code(&uniform), NoteCode::Noise);
}

#[test]
fn noise_behind_a_receivers_filter_with_its_offset_and_spurs_is_noise() {
    for part in [0.75, 0.8, 0.9] {
        let mut samples = band_noise(part * RATE_HZ);
        let power = samples.iter().map(|x| x.norm_sqr()).sum::<f32>() / samples.len() as f32;
        let offset = Complex32::new(3.0, 1.0) * power.sqrt();
        let spur = moved(&vec![Complex32::new(0.2 * power.sqrt(), 0.0); SAMPLES], 0.7e6);
        samples.iter_mut().zip(&spur).for_each(|(x, spur)| *x += spur + offset);
        // The receiver takes the offset off before; half a percent of it may be left.
        samples.iter_mut().for_each(|x| *x -= 0.995 * offset);
        let picture = BandPicture::measure(&samples, rate(RATE_HZ), rate(RATE_HZ)).expect("samples");
        assert_eq!(picture.code(), NoteCode::Noise, "{part}: {picture:?}");
    }
}

#[test]
fn signals_that_are_no_lte_are_named_with_their_place() {
    let tone = vec![Complex32::new(1.0, 0.0); SAMPLES];
    let signals = [
        ("tone", tone, 0.02e6),
        ("GSM", phase_modulated(270.833e3), 0.27e6),
        ("FM", frequency_modulated(75e3, 1e3), 0.2e6),
        ("QPSK of 1 Mbd", phase_modulated(1e6), 1e6),
        ("WCDMA", band_noise(3.84e6), 3.84e6),
        ("2 MHz of noise", band_noise(2e6), 2e6),
    ];
    for (name, signal, width_hz) in signals {
        for snr_db in [0.0, 10.0, 30.0] {
            let at_hz = if width_hz > 3e6 { 0.0 } else { 1.1e6 };
            let samples = with_noise(&moved(&signal, at_hz), snr_db);
            let picture = BandPicture::measure(&samples, rate(RATE_HZ), rate(RATE_HZ)).expect("samples");
            // A wide one of the noise's power is a noise of 3 dB more.
            let is_faint = width_hz > 1.5e6 && snr_db < 5.0;
            if is_faint {
                assert_ne!(picture.code(), NoteCode::NoCell, "{name} at {snr_db} dB: {picture:?}");
                continue;
            }
            assert_eq!(picture.code(), NoteCode::NotLte, "{name} at {snr_db} dB: {picture:?}");
            let plateau = picture.plateau.expect("a stretch");
            let middle = f64::midpoint(plateau.from_hz, plateau.to_hz);
            assert!((middle - at_hz).abs() < 0.2e6, "{name} at {snr_db} dB: {picture:?}");
        }
    }
}

#[test]
fn a_constant_amplitude_over_the_whole_band_is_no_noise() {
    // A chirp over the whole band every millisecond.
    let period = (RATE_HZ * 1e-3) as usize;
    let phase = |n: usize| {
        let t = (n % period) as f64 / period as f64 - 0.5;
        std::f64::consts::PI * period as f64 * t * t
    };
    let chirp: Vec<Complex32> =
        (0..SAMPLES).map(|n| Complex32::cis((phase(n) % std::f64::consts::TAU) as f32)).collect();
    let picture = BandPicture::measure(&chirp, rate(RATE_HZ), rate(RATE_HZ)).expect("samples");
    assert_eq!(picture.code(), NoteCode::NotLte, "{picture:?}");
}

#[test]
fn ofdm_of_the_symbol_length_may_be_lte_wherever_its_middle_is() {
    // Symbols of random elements with their prefixes, over the whole band: 384 points at 5.76 MS/s.
    let (points, prefixes) = (384, [30, 27, 27, 27, 27, 27, 27]);
    let mut transforms = Transforms::new();
    let mut samples = Vec::new();
    let elements = noise(5, SAMPLES);
    for (symbol, prefix) in elements.chunks_exact(points).zip(prefixes.iter().cycle()) {
        let mut symbol = symbol.to_vec();
        transforms.forward(&mut symbol);
        samples.extend_from_slice(&symbol[points - prefix..]);
        samples.extend_from_slice(&symbol);
    }
    for snr_db in [0.0, 10.0, 30.0] {
        let turned_over: Vec<Complex32> = samples.iter().map(|x| x.conj()).collect();
        for samples in [&samples, &turned_over] {
            let received = with_noise(&moved(samples, 3.3e3), snr_db);
            let picture = BandPicture::measure(&received, rate(RATE_HZ), rate(RATE_HZ)).expect("samples");
            assert_eq!(picture.code(), NoteCode::NoCell, "{snr_db} dB: {picture:?}");
        }
    }
}

#[test]
fn too_few_samples_and_silence_say_nothing() {
    assert_eq!(BandPicture::measure(&[], rate(RATE_HZ), rate(RATE_HZ)), None);
    assert_eq!(BandPicture::measure(&noise(1, 100), rate(RATE_HZ), rate(RATE_HZ)), None);
    assert_eq!(BandPicture::measure(&[Complex32::ZERO; 10_000], rate(RATE_HZ), rate(RATE_HZ)), None);
}
