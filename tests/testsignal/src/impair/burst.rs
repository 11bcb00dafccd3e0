//! A phone beside the receiver: bursts of SC-FDMA. TS 36.211 §5.6.

use num_complex::Complex32;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use rustfft::FftPlanner;

use crate::{ofdm::DELTA_F_HZ, receive::rotate};

/// How early an uplink subframe starts against the downlink's: N_TA offset of TDD, 624 T_s. TS 36.211 §8.1.
pub const ADVANCE_S: f64 = 624.0 / 30.72e6;
/// Length of a burst.
const SUBFRAME_S: f64 = 1e-3;
/// Symbols of a subframe with the normal prefix, and the prefix they have.
const SYMBOLS: usize = 14;
const PREFIX_S: f64 = 144.0 / 30.72e6;

/// What a phone sends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UplinkBurst {
    /// Power while it sends, 1 a sample of amplitude 1.
    pub power: f32,
    /// Its first subcarrier's frequency from the recording's centre.
    pub lowest_hz: f64,
    /// Resource blocks.
    pub blocks: usize,
}

/// Adds a burst of one subframe wherever one of `starts` is, in seconds; where it reaches beyond an end, a part of one.
///
/// # Panics
/// If the rate does not hold the burst.
pub fn add_bursts(samples: &mut [Complex32], rate_hz: f64, burst: UplinkBurst, starts: &[f64], seed: u64) {
    let points = (rate_hz / DELTA_F_HZ).round() as usize;
    let subcarriers = 12 * burst.blocks;
    assert!(subcarriers < points, "{rate_hz} samples per second do not hold {subcarriers} subcarriers");
    let mut planner = FftPlanner::new();
    let (spread, modulate) = (planner.plan_fft_forward(subcarriers), planner.plan_fft_inverse(points));
    let prefix = (PREFIX_S * rate_hz).round() as usize;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let amplitude = (burst.power / (subcarriers * subcarriers) as f32).sqrt();
    for &start_s in starts {
        let mut sent = Vec::new();
        for _ in 0..SYMBOLS {
            let part = |rng: &mut Xoshiro256PlusPlus| if rng.random_bool(0.5) { amplitude } else { -amplitude };
            let mut symbol: Vec<_> =
                (0..subcarriers).map(|_| Complex32::new(part(&mut rng), part(&mut rng)) * 0.5f32.sqrt()).collect();
            spread.process(&mut symbol);
            symbol.resize(points, Complex32::ZERO);
            modulate.process(&mut symbol);
            sent.extend_from_slice(&symbol[points - prefix..]);
            sent.extend_from_slice(&symbol);
        }
        sent.truncate((SUBFRAME_S * rate_hz) as usize);
        rotate(&mut sent, burst.lowest_hz / rate_hz);
        let first = (start_s * rate_hz).round() as i64;
        for (n, x) in sent.into_iter().enumerate() {
            if let Some(sum) = usize::try_from(first + n as i64).ok().and_then(|at| samples.get_mut(at)) {
                *sum += x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_has_its_power_its_place_and_its_band() {
        let (rate_hz, burst) = (3.84e6, UplinkBurst { power: 4.0, lowest_hz: -900e3, blocks: 6 });
        let mut samples = vec![Complex32::ZERO; 38_400];
        add_bursts(&mut samples, rate_hz, burst, &[2e-3, -0.5e-3], 1);
        let power = |samples: &[Complex32]| samples.iter().map(Complex32::norm_sqr).sum::<f32>() / samples.len() as f32;
        assert!((power(&samples[7_680..11_500]) - 4.0).abs() < 0.5, "{}", power(&samples[7_680..11_500]));
        assert!((power(&samples[..1_900]) - 4.0).abs() < 0.7, "{}", power(&samples[..1_900]));
        assert_eq!((power(&samples[1_930..7_680]), power(&samples[11_530..])), (0.0, 0.0));
        // Centred, its middle is at -360 kHz; a wide mean over 0 to 1.9 MHz holds little of it.
        let mut burst_alone = samples[7_680..11_520].to_vec();
        rotate(&mut burst_alone, 360e3 / rate_hz);
        let smooth: Vec<_> = burst_alone.chunks(3).map(|c| c.iter().sum::<Complex32>() / 3.0).collect();
        assert!(power(&smooth) > 2.5, "{}", power(&smooth));
    }
}
