//! What testsignal's receiver recorded, as a source.

use cellwarden_source::{Block, SampleSource, SourceError, SourceInfo};
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleIndex, SampleRate},
};
use num_complex::Complex32;
use testsignal::Scenario;

/// Samples in memory as a source.
pub struct Memory {
    info: SourceInfo,
    samples: Vec<Complex32>,
    at: usize,
}

impl Memory {
    /// What the scenario's receiver recorded.
    pub fn new(scenario: &Scenario, samples: Vec<Complex32>) -> Self {
        let info = SourceInfo {
            name: "memory".to_owned(),
            format: SampleFormat::Cf32Le,
            sample_rate: SampleRate::new(scenario.sample_rate_hz).expect("a rate"),
            center: Hertz(scenario.center_hz),
            start: None,
            gain_db: None,
            position: None,
            length: Some(samples.len() as u64),
            first_sample: SampleIndex(0),
        };
        Self { info, samples, at: 0 }
    }
}

impl SampleSource for Memory {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let len = out.len().min(self.samples.len() - self.at);
        out[..len].copy_from_slice(&self.samples[self.at..self.at + len]);
        let start = SampleIndex(self.at as u64);
        self.at += len;
        Ok(Block { len, start, lost: 0 })
    }
}
