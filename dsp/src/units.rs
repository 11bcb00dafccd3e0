//! Physical units that could be swapped by mistake, each as a type of its own.
//!
//! Kernels work on plain `f32` and `Complex32`; these types stand at the seams between stages.

use std::fmt;

/// A frequency or a frequency difference in hertz.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Hertz(pub f64);

/// A sample rate in samples per second; always positive and finite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct SampleRate(f64);

impl SampleRate {
    /// The lowest LTE rate, 128 points an OFDM symbol: 1.92 MS/s.
    pub const LTE_1_4_MHZ: Self = Self(1.92e6);

    /// A rate in samples per second, or `None` unless it is positive and finite.
    #[must_use]
    pub fn new(samples_per_second: f64) -> Option<Self> {
        (samples_per_second.is_finite() && samples_per_second > 0.0).then_some(Self(samples_per_second))
    }

    /// This rate `multiple` times.
    ///
    /// # Panics
    /// If `multiple` is zero.
    #[must_use]
    pub fn times(self, multiple: usize) -> Self {
        assert!(multiple > 0, "a rate is positive");
        Self(self.0 * multiple as f64)
    }

    /// Samples per second.
    #[must_use]
    pub fn hz(self) -> f64 {
        self.0
    }
}

/// A sample's place in its recording, counted from 0 at the recording's own rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SampleIndex(pub u64);

/// Parts per million of a frequency or of a sample rate.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Ppm(pub f64);

impl Ppm {
    /// The offset in hertz that this error makes at `carrier`.
    #[must_use]
    pub fn of(self, carrier: Hertz) -> Hertz {
        Hertz(carrier.0 * self.0 * 1e-6)
    }
}

/// A power ratio in decibels.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Db(pub f32);

impl Db {
    /// The decibels of a linear power ratio; a ratio of zero gives -∞ dB.
    #[must_use]
    pub fn from_ratio(ratio: f32) -> Self {
        Self(10.0 * ratio.log10())
    }

    /// The linear power ratio.
    #[must_use]
    pub fn ratio(self) -> f32 {
        10f32.powf(self.0 / 10.0)
    }
}

/// A power relative to a full-scale sine of the recording's format. Uncalibrated: it is not dBm.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Dbfs(pub f32);

impl fmt::Display for Hertz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} Hz", self.0)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MS/s", self.0 / 1e6)
    }
}

impl fmt::Display for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dB", self.0)
    }
}

impl fmt::Display for Dbfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBFS", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_positive_and_finite() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(SampleRate::new(bad), None, "{bad}");
        }
        assert_eq!(SampleRate::new(1.92e6), Some(SampleRate::LTE_1_4_MHZ));
    }

    #[test]
    fn ten_ppm_at_1_8_ghz_is_18_khz() {
        assert!((Ppm(10.0).of(Hertz(1.8e9)).0 - 18_000.0).abs() < 1e-6);
    }

    #[test]
    fn decibels_round_trip() {
        assert!((Db::from_ratio(Db(-13.0).ratio()).0 + 13.0).abs() < 1e-4);
    }
}
