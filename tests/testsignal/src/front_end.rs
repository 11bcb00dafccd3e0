//! What a receiver does to the samples: level, faults, clipping and quantisation.

use num_complex::Complex32;
use serde::Deserialize;

/// Sample format, as SigMF names them. In memory full scale is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// 8 bit signed.
    Ci8,
    /// 8 bit unsigned, zero at 127.5.
    Cu8,
    /// 16 bit signed.
    #[serde(rename = "ci16_le")]
    Ci16,
    /// 32 bit float: neither clipped nor quantised.
    #[default]
    #[serde(rename = "cf32_le")]
    Cf32,
}

impl Format {
    /// SigMF `core:datatype`.
    #[must_use]
    pub fn datatype(self) -> &'static str {
        match self {
            Self::Ci8 => "ci8",
            Self::Cu8 => "cu8",
            Self::Ci16 => "ci16_le",
            Self::Cf32 => "cf32_le",
        }
    }

    /// Steps of one LSB from zero to full scale, or `None` of floats.
    fn steps(self) -> Option<f32> {
        match self {
            Self::Ci8 | Self::Cu8 => Some(128.0),
            Self::Ci16 => Some(32768.0),
            Self::Cf32 => None,
        }
    }

    /// Rounds and clips one part of a sample to what the format can hold.
    fn quantise(self, x: f32) -> f32 {
        match (self, self.steps()) {
            (Self::Cu8, Some(steps)) => ((x * steps + 127.5).round().clamp(0.0, 255.0) - 127.5) / steps,
            (_, Some(steps)) => (x * steps).round().clamp(-steps, steps - 1.0) / steps,
            (_, None) => x,
        }
    }

    /// Appends the sample's bytes, I then Q, little-endian.
    pub fn write(self, sample: Complex32, out: &mut Vec<u8>) {
        for x in [sample.re, sample.im] {
            match self {
                Self::Ci8 => out.push(((x * 128.0).round() as i8) as u8),
                Self::Cu8 => out.push((x * 128.0 + 127.5).round() as u8),
                Self::Ci16 => out.extend(((x * 32768.0).round() as i16).to_le_bytes()),
                Self::Cf32 => out.extend(x.to_le_bytes()),
            }
        }
    }
}

/// A change of gain during the recording.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainStep {
    /// When it happens.
    pub at_s: f64,
    /// By how much, relative to what was before.
    pub db: f32,
}

/// Levels and faults of a receiver.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FrontEnd {
    /// Format of the samples.
    pub format: Format,
    /// Root mean square of I (and of Q) relative to full scale, set once for the whole recording.
    pub rms: f32,
    /// The same in LSBs of an integer format; takes precedence over `rms`.
    pub rms_lsb: Option<f32>,
    /// Gain from the generator's levels to full scale, in place of an `rms`; told in the recording's metadata.
    pub gain_db: Option<f64>,
    /// Gain steps, in order of time.
    pub gain_steps: Vec<GainStep>,
    /// How much larger Q is than I.
    pub iq_gain_db: f32,
    /// How far Q is from a right angle to I.
    pub iq_phase_deg: f32,
    /// DC offset of I and Q relative to full scale.
    pub dc: [f32; 2],
}

impl Default for FrontEnd {
    fn default() -> Self {
        Self {
            format: Format::default(),
            rms: 0.1,
            rms_lsb: None,
            gain_db: None,
            gain_steps: Vec::new(),
            iq_gain_db: 0.0,
            iq_phase_deg: 0.0,
            dc: [0.0; 2],
        }
    }
}

impl FrontEnd {
    /// Turns an ideal receiver's samples at `sample_rate_hz` into this one's.
    pub fn apply(&self, samples: &mut [Complex32], sample_rate_hz: f64) {
        let power = samples.iter().map(|x| f64::from(x.norm_sqr())).sum::<f64>() / (2 * samples.len()).max(1) as f64;
        let rms = match (self.rms_lsb, self.format.steps()) {
            (Some(lsb), Some(steps)) => lsb / steps,
            _ => self.rms,
        };
        let mut gain = match self.gain_db {
            Some(db) => 10f64.powf(db / 20.0) as f32,
            None if power > 0.0 => rms / power.sqrt() as f32,
            None => 0.0,
        };
        let q_gain = 10f32.powf(self.iq_gain_db / 20.0);
        let (sin, cos) = self.iq_phase_deg.to_radians().sin_cos();
        let mut rest = samples;
        let mut done = 0;
        for step in self.gain_steps.iter().copied().chain([GainStep { at_s: f64::INFINITY, db: 0.0 }]) {
            let until = (step.at_s * sample_rate_hz).ceil().clamp(done as f64, (done + rest.len()) as f64) as usize;
            let (block, after) = rest.split_at_mut(until - done);
            for x in block {
                let (i, q) = (gain * x.re, gain * x.im);
                let q = q_gain * (q * cos + i * sin);
                x.re = self.format.quantise(i + self.dc[0]);
                x.im = self.format.quantise(q + self.dc[1]);
            }
            (rest, done) = (after, until);
            gain *= 10f32.powf(step.db / 20.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Vec<Complex32> {
        (0..1000).map(|n| Complex32::from_polar(3.0, n as f32 * 0.1)).collect()
    }

    #[test]
    fn level_is_the_rms_asked_for() {
        let mut samples = ramp();
        FrontEnd { format: Format::Ci8, rms_lsb: Some(20.0), ..FrontEnd::default() }.apply(&mut samples, 1e6);
        let rms = (samples.iter().map(|x| x.norm_sqr()).sum::<f32>() / 2000.0).sqrt() * 128.0;
        assert!((rms - 20.0).abs() < 0.2, "{rms}");
        assert!(samples.iter().all(|x| (x.re * 128.0).fract() == 0.0));
    }

    #[test]
    fn a_given_gain_goes_before_the_level() {
        let mut samples = ramp();
        FrontEnd { gain_db: Some(-20.0), ..FrontEnd::default() }.apply(&mut samples, 1e6);
        assert!((samples[0].norm() - 0.3).abs() < 1e-6, "{}", samples[0]);
    }

    #[test]
    fn loud_samples_clip_to_the_format() {
        for (format, low, high) in [(Format::Ci8, -128.0, 127.0), (Format::Cu8, -127.5, 127.5)] {
            let mut samples = ramp();
            FrontEnd { format, rms: 10.0, ..FrontEnd::default() }.apply(&mut samples, 1e6);
            let (least, most) = samples.iter().fold((0f32, 0f32), |(a, b), x| (a.min(x.re), b.max(x.re)));
            assert_eq!((least * 128.0, most * 128.0), (low, high), "{format:?}");
        }
    }

    #[test]
    fn gain_steps_happen_when_asked() {
        let mut samples = ramp();
        let steps = vec![GainStep { at_s: 0.0005, db: -20.0 }];
        FrontEnd { gain_steps: steps, ..FrontEnd::default() }.apply(&mut samples, 1e6);
        let ratio = samples[499].norm() / samples[500].norm();
        assert!((ratio - 10.0).abs() < 1e-3, "{ratio}");
    }

    /// An image of relative power |β/α|² with β = (1 - g e^{jφ})/2, α = (1 + g e^{-jφ})/2.
    #[test]
    fn imbalance_makes_the_textbook_image() {
        let n = 1000;
        let mut samples: Vec<_> =
            (0..n).map(|i| Complex32::cis(std::f32::consts::TAU * 50.0 * i as f32 / n as f32)).collect();
        let front_end = FrontEnd { iq_gain_db: 1.0, iq_phase_deg: 5.0, ..FrontEnd::default() };
        front_end.apply(&mut samples, 1e6);
        let at = |bin: f32| -> f32 {
            let turn = -std::f32::consts::TAU * bin / n as f32;
            samples.iter().enumerate().map(|(i, x)| x * Complex32::cis(turn * i as f32)).sum::<Complex32>().norm_sqr()
        };
        let g = 10f32.powf(0.05) * Complex32::cis(5f32.to_radians());
        let expected = (Complex32::ONE - g).norm_sqr() / (Complex32::ONE + g).norm_sqr();
        let got = at(-50.0) / at(50.0);
        assert!((got / expected - 1.0).abs() < 0.02, "{got} {expected}");
    }

    #[test]
    fn bytes_are_as_the_formats_have_them() {
        let x = Complex32::new(-0.5, 0.25);
        for (format, bytes) in [
            (Format::Ci8, vec![0xC0, 0x20]),
            (Format::Ci16, vec![0, 0xC0, 0, 0x20]),
            (Format::Cf32, {
                let mut all = (-0.5f32).to_le_bytes().to_vec();
                all.extend(0.25f32.to_le_bytes());
                all
            }),
        ] {
            let mut out = Vec::new();
            format.write(x, &mut out);
            assert_eq!(out, bytes, "{format:?}");
        }
        let mut out = Vec::new();
        Format::Cu8.write(Complex32::new(Format::Cu8.quantise(-2.0), Format::Cu8.quantise(0.5 / 128.0)), &mut out);
        assert_eq!(out, [0, 128]);
    }
}
