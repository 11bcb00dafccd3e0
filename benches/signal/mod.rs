//! A cell of the generator, and what a receiver's source gives of it.

use std::sync::Arc;

use cellwarden_receiver::{Oscillators, ReceiverSettings, receive};
use cellwarden_source::{Block, SampleSource, SourceError, SourceInfo};
use lte_dsp::{
    cell::{AntennaPorts, Bandwidth},
    frontend::{SampleFormat, convert, quantise},
    units::{Hertz, Ppm, SampleIndex, SampleRate},
};
use num_complex::Complex32;
use rayon::{ThreadPool, ThreadPoolBuilder};
use testsignal::{CellConfig, Scenario};

/// Carrier of the cells.
pub const CARRIER_HZ: f64 = 1.84e9;
/// Error of the receiver's crystal.
pub const CRYSTAL_PPM: f64 = 11.0;

/// A cell on two antenna ports with SIB1 and an SI message every 80 ms, its other resource blocks half in use.
pub fn cell(pci: u16, bandwidth: Bandwidth) -> CellConfig {
    let mut cell = CellConfig::broadcasting(pci, bandwidth, CARRIER_HZ);
    cell.antenna_ports = AntennaPorts::Two;
    cell.scheduling.load = 0.5;
    cell
}

/// A recording in memory, as eight-bit samples.
pub struct Recording {
    info: SourceInfo,
    bytes: Vec<u8>,
    /// One thread: targets are for one core, and another one's waiting counts as processor time.
    pool: Arc<ThreadPool>,
    /// Samples given so far.
    at: usize,
}

impl Recording {
    /// `seconds` of `cells` at `rate_hz`.
    pub fn new(rate_hz: f64, seconds: f64, cells: Vec<CellConfig>) -> Self {
        let mut scenario = Scenario::new(rate_hz, CARRIER_HZ, seconds, cells);
        scenario.crystal_ppm = CRYSTAL_PPM;
        let samples = scenario.generate().expect("a valid scenario");
        let format = SampleFormat::Ci8;
        let mut bytes = vec![0; samples.len() * format.bytes()];
        quantise(format, &samples, &mut bytes);
        let info = SourceInfo {
            name: "memory".to_owned(),
            format,
            sample_rate: SampleRate::new(rate_hz).expect("a rate"),
            center: Hertz(CARRIER_HZ),
            start: None,
            gain_db: None,
            position: None,
            length: Some(samples.len() as u64),
            first_sample: SampleIndex(0),
        };
        let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        Self { info, bytes, pool: Arc::new(pool), at: 0 }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.info.length.map_or(0, |length| length as usize)
    }

    /// Receives it from its beginning and gives the number of cells with a MIB.
    pub fn receive(&mut self, carriers: Option<Vec<Hertz>>, crystal: Option<Ppm>) -> usize {
        self.at = 0;
        let settings = ReceiverSettings {
            carriers,
            crystal: crystal.map(Oscillators::from),
            stop: Default::default(),
            backlog: Default::default(),
            level_of: None,
        };
        let pool = Arc::clone(&self.pool);
        let reception = pool.install(|| receive(self, &settings, &|_| {})).expect("samples");
        reception.observations.iter().filter(|observation| observation.mib.is_some()).count()
    }
}

impl SampleSource for Recording {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        let len = out.len().min(self.len() - self.at);
        let start = SampleIndex(self.at as u64);
        let size = self.info.format.bytes();
        convert(self.info.format, &self.bytes[self.at * size..(self.at + len) * size], &mut out[..len]);
        self.at += len;
        Ok(Block { len, start, lost: 0 })
    }
}
