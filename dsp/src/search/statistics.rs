//! What the reference signals of a dwell say about the radio channel: levels, delay spread, Doppler. TS 36.214 §5.1.

use num_complex::Complex32;

use super::confirm::{CrsDwell, CrsSymbol, ELEMENT_SPACING_HZ, ELEMENTS};

/// Standard deviations of the measured noise by which power is taken to be less than measured.
const CERTAIN_DEVIATIONS: f64 = 3.0;

/// What a dwell's reference signals say about the radio channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelStatistics {
    /// Power of a reference element of port 0, or of port 1 where that one has faded; 1 is a full-scale tone.
    pub power: f32,
    /// Noise and interference power of a resource element.
    pub noise: f32,
    /// Root mean square delay spread in seconds.
    pub delay_spread: f32,
    /// Largest Doppler shift in hertz, as Jakes' spectrum would have it.
    pub doppler: f32,
    /// Reference signal received quality, N·RSRP/RSSI over N = 6 resource blocks. TS 36.214 §5.1.3.
    pub quality: f32,
}

impl CrsDwell {
    /// Power, noise, delay spread and Doppler. `None` with fewer than three slots in a row.
    #[must_use]
    pub fn statistics(&self) -> Option<ChannelStatistics> {
        // Traffic differs from symbol to symbol: what the noise is measured of and what it is taken off are the same
        // symbols, and those of a DwPTS have no counterpart in the slot behind.
        let counted = |s: &&CrsSymbol| !s.is_dwpts;
        // Noise: each symbol against the next of its kind. Two slots apart the channel has hardly moved.
        let (mut noise, mut pairs) = (0f64, 0f64);
        let mut correlation = [Correlation::default(); 2];
        for (i, a) in self.symbols.iter().enumerate().filter(|(_, s)| counted(s)) {
            let same_kind = self.symbols[i + 1..].iter().filter(|b| counted(b) && b.is_first == a.is_first);
            for b in same_kind.take_while(|b| b.slot - a.slot <= 10) {
                match b.slot - a.slot {
                    1 => {
                        for (a, b) in a.gains.iter().zip(&b.gains) {
                            noise += f64::from((a - b).norm_sqr()) / 2.0;
                            pairs += 1.0;
                        }
                        correlation[0].add(a, b);
                    }
                    10 => correlation[1].add(a, b),
                    _ => {}
                }
            }
        }
        if pairs == 0.0 {
            return None;
        }
        let mut frequency = [Complex32::ZERO; 2];
        let (mut total, mut rssi, mut count) = (0f64, 0f64, 0f64);
        for s in self.symbols.iter().filter(counted) {
            count += 1.0;
            rssi += f64::from(s.total);
            total += s.gains.iter().map(|g| f64::from(g.norm_sqr())).sum::<f64>();
            for (lag, sum) in frequency.iter_mut().enumerate() {
                *sum += s.gains.windows(lag + 2).map(|g| g[lag + 1] * g[0].conj()).sum::<Complex32>()
                    / (ELEMENTS - lag - 1) as f32;
            }
        }
        let noise = noise / pairs;
        let power = (total / (count * ELEMENTS as f64) - noise).max(noise * 1e-3);
        // A Gaussian profile of spread τ correlates over Δf as exp(-2(πτΔf)²); lags of one and two elements. Of two paths far
        // apart lags may correlate alike: then it is the fall from the power itself that shows them, where noise leaves it certain.
        let later = fall(frequency[0].norm(), frequency[1].norm()) / 3.0;
        let certain_power = power - CERTAIN_DEVIATIONS * noise * (2.0 / pairs).sqrt();
        let first = fall(certain_power as f32, frequency[0].norm() / count as f32);
        let delay_spread = (later.max(first) / 2.0).sqrt() / (std::f32::consts::PI * ELEMENT_SPACING_HZ as f32);
        // Jakes: J0(2πf_D·t) ≈ exp(-(πf_D·t)²) for its first fall; 0.5 ms and 5 ms.
        let decay = self::fall(correlation[0].mean(), correlation[1].mean());
        let doppler = (decay / (5e-3f32.powi(2) - 0.5e-3f32.powi(2))).sqrt() / std::f32::consts::PI;
        Some(ChannelStatistics {
            quality: (6.0 * power * count / rssi.max(f64::MIN_POSITIVE)) as f32,
            power: power as f32,
            noise: noise as f32,
            delay_spread: delay_spread.clamp(5e-8, 3e-6),
            doppler: doppler.clamp(2.0, 400.0),
        })
    }
}

/// -ln(later/earlier), at least 0.
fn fall(earlier: f32, later: f32) -> f32 {
    if earlier > 0.0 && later > 0.0 {
        (earlier / later).ln().max(0.0)
    } else if earlier > 0.0 {
        9.0
    } else {
        0.0
    }
}

/// A running mean of the correlation of symbol pairs.
#[derive(Clone, Copy, Default)]
struct Correlation {
    sum: Complex32,
    count: f32,
}

impl Correlation {
    fn add(&mut self, a: &CrsSymbol, b: &CrsSymbol) {
        self.sum += a.gains.iter().zip(&b.gains).map(|(a, b)| b * a.conj()).sum::<Complex32>();
        self.count += 1.0;
    }

    fn mean(&self) -> f32 {
        if self.count > 0.0 { self.sum.norm() / self.count } else { 0.0 }
    }
}
