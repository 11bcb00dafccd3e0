//! Samples on their way from the air to a file, and what that adds to their noise.

use std::{fs, io, ops::Range, path::Path};

use num_complex::Complex32;
use testsignal::front_end::{Format, FrontEnd};

/// Subcarrier spacing: noise is counted in a resource element.
const SUBCARRIER_HZ: f64 = 15e3;
/// Root mean square of I and of Q at which a format holds a signal without harm.
const GOOD_RMS: f32 = 0.1;

/// A recording in memory.
#[derive(Clone)]
pub struct Signal {
    pub samples: Vec<Complex32>,
    pub rate_hz: f64,
    pub center_hz: f64,
    /// How it is stored.
    pub format: Format,
    /// Amplitude against the signal as it was given.
    pub scale: f32,
    /// Power of a resource element that rounding and clipping added, as a full-scale tone's is 1.
    pub added_noise: f32,
}

impl Signal {
    pub fn new(samples: Vec<Complex32>, rate_hz: f64, center_hz: f64) -> Self {
        Self { samples, rate_hz, center_hz, format: Format::Cf32, scale: 1.0, added_noise: 0.0 }
    }

    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / self.rate_hz
    }

    pub fn index(&self, seconds: f64) -> usize {
        (seconds * self.rate_hz).round() as usize
    }

    /// The part between two times, as far as there is one.
    pub fn cut(&self, seconds: Range<f64>) -> Self {
        let end = self.index(seconds.end).min(self.samples.len());
        let start = self.index(seconds.start).min(end);
        Self { samples: self.samples[start..end].to_vec(), ..*self }
    }

    /// Passes through a front end whose level is set to `rms`, or not at all.
    pub fn through(&mut self, front_end: FrontEnd) {
        let before = rms(&self.samples);
        let gain = match (front_end.gain_db, front_end.format, front_end.rms_lsb) {
            (Some(db), ..) => 10f32.powf(db as f32 / 20.0),
            (None, Format::Ci8 | Format::Cu8, Some(lsb)) => lsb / 128.0 / before,
            (None, Format::Ci16, Some(lsb)) => lsb / 32768.0 / before,
            _ => front_end.rms / before,
        };
        // The same receiver with infinitely many bits, and room for every peak.
        let mut ideal = self.samples.clone();
        let front_end = FrontEnd { gain_db: Some(20.0 * f64::from(gain).log10()), rms_lsb: None, ..front_end };
        FrontEnd { format: Format::Cf32, ..front_end.clone() }.apply(&mut ideal, self.rate_hz);
        front_end.apply(&mut self.samples, self.rate_hz);
        let error: f32 = self.samples.iter().zip(&ideal).map(|(x, y)| (x - y).norm_sqr()).sum();
        self.format = front_end.format;
        self.scale *= gain;
        self.added_noise =
            self.added_noise * gain * gain + error / ideal.len() as f32 * (SUBCARRIER_HZ / self.rate_hz) as f32;
    }

    /// In another format at a level that suits it.
    pub fn stored_as(mut self, format: Format) -> Self {
        self.through(FrontEnd { format, rms: GOOD_RMS, ..FrontEnd::default() });
        self
    }

    /// Writes the samples alone.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.samples.iter().for_each(|&x| self.format.write(x, &mut bytes));
        fs::write(path, bytes)
    }
}

/// Root mean square of I and of Q.
pub fn rms(samples: &[Complex32]) -> f32 {
    (samples.iter().map(Complex32::norm_sqr).sum::<f32>() / (2 * samples.len()).max(1) as f32).sqrt()
}
