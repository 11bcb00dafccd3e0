//! Looks at the samples on their way to the receiver and keeps their mean spectrum for the screen.

use lte_dsp::fft::Transforms;
use num_complex::Complex32;

use cellwarden_source::{Block, SampleSource, SourceError, SourceInfo};

/// Bins of a spectrum: finer than a resource block in the widest recordings.
const BINS: usize = 1024;
/// Transforms a read: enough to calm the noise, too few to cost time.
const TRANSFORMS_A_READ: usize = 16;

/// A source whose samples are looked at as they pass.
pub struct SpectrumTap<S> {
    source: S,
    transforms: Transforms,
    window: Vec<f32>,
    sums: Vec<f64>,
    count: u32,
}

impl<S: SampleSource> SpectrumTap<S> {
    /// A tap behind `source`.
    pub fn new(source: S) -> Self {
        // Hann: a strong carrier must not fill the gaps beside it.
        let window = (0..BINS).map(|i| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / BINS as f32).cos()).collect();
        Self { source, transforms: Transforms::new(), window, sums: vec![0.0; BINS], count: 0 }
    }

    /// The source, and the row of [`SpectrumTap::row`].
    pub fn into_parts(self) -> (S, Vec<f32>) {
        let row = self.row();
        (self.source, row)
    }

    /// Mean power a bin in dBFS, lowest frequency first: a full-scale tone on a bin gives 0. Empty where there were too
    /// few samples.
    pub fn row(&self) -> Vec<f32> {
        if self.count == 0 {
            return Vec::new();
        }
        let gain: f64 = self.window.iter().map(|&w| f64::from(w)).sum();
        let scale = 1.0 / (gain * gain * f64::from(self.count));
        let (positive, negative) = self.sums.split_at(BINS / 2);
        negative.iter().chain(positive).map(|power| (10.0 * (power * scale + 1e-16).log10()) as f32).collect()
    }

    fn look(&mut self, samples: &[Complex32]) {
        let Some(last) = samples.len().checked_sub(BINS) else { return };
        let mut block = vec![Complex32::ZERO; BINS];
        for i in 0..TRANSFORMS_A_READ {
            let start = last * i / (TRANSFORMS_A_READ - 1);
            for ((out, sample), weight) in block.iter_mut().zip(&samples[start..]).zip(&self.window) {
                *out = sample * weight;
            }
            self.transforms.forward(&mut block);
            self.sums.iter_mut().zip(&block).for_each(|(sum, bin)| *sum += f64::from(bin.norm_sqr()));
            self.count += 1;
        }
    }
}

impl<S: SampleSource> SampleSource for SpectrumTap<S> {
    fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let block = self.source.read(out)?;
        self.look(&out[..block.len]);
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::{
        frontend::SampleFormat,
        units::{Hertz, SampleIndex, SampleRate},
    };

    use super::*;

    /// A tone of amplitude 0.5 at a quarter of the rate below the centre.
    struct Tone(SourceInfo, usize);

    impl SampleSource for Tone {
        fn info(&self) -> &SourceInfo {
            &self.0
        }

        fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
            let len = out.len().min(self.1);
            let turn = [(0.5, 0.0), (0.0, -0.5), (-0.5, 0.0), (0.0, 0.5)];
            out[..len].iter_mut().zip(turn.iter().cycle()).for_each(|(out, &(re, im))| *out = Complex32::new(re, im));
            Ok(Block { len, start: SampleIndex(0), lost: 0 })
        }
    }

    fn tone(samples: usize) -> Vec<f32> {
        let info = SourceInfo {
            name: String::new(),
            format: SampleFormat::Cf32Le,
            sample_rate: SampleRate::LTE_1_4_MHZ,
            center: Hertz(1e9),
            start: None,
            gain_db: None,
            position: None,
            length: None,
            first_sample: SampleIndex(0),
        };
        let mut tap = SpectrumTap::new(Tone(info, samples));
        let mut buffer = vec![Complex32::ZERO; 100_000];
        tap.read(&mut buffer).expect("a tone does not fail");
        tap.row()
    }

    #[test]
    fn a_tone_stands_where_it_is_at_its_level() {
        let row = tone(50_000);
        let peak = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(bin, level)| (bin, *level));
        let (bin, level) = peak.expect("bins");
        assert_eq!(bin, BINS / 4);
        assert!((level - 20.0 * 0.5f32.log10()).abs() < 0.01, "{level}");
        assert!(row[3 * BINS / 4] < -100.0);
    }

    #[test]
    fn too_few_samples_give_nothing() {
        assert!(tone(BINS - 1).is_empty());
        assert_eq!(tone(BINS).len(), BINS);
    }
}
