//! A recorded cell as a base waveform: what a strong cell sent, to be put into noise and fading.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use cellwarden_core::observation::Observation;
use cellwarden_receiver::{ReceiverSettings, receive};
use cellwarden_source::{Hints, Input, SampleSource, find};
use lte_dsp::cell::Bandwidth;
use num_complex::Complex32;
use testsignal::{CellConfig, Scenario, Waveform};

use crate::{air::CARRIER_HZ, memory::Memory, trial::Target};

/// Samples taken of a file at most.
const MAX_SAMPLES: usize = 20_000_000;
/// CRS Es/N0 from which a recording's own noise is none to speak of.
const LEAST_SINR_DB: f32 = 15.0;

/// End of the name of what a cell's first antenna port sends.
const FIRST_PORT: &str = ".p0.cs8";

/// A recorded cell.
pub struct BaseWaveform {
    /// File stem of the recording.
    pub name: String,
    /// The cell, at its carrier.
    pub cell: CellConfig,
    /// What is to be received of it.
    pub target: Target,
    /// Its samples per second.
    pub rate_hz: f64,
    /// Its length.
    pub seconds: f64,
    /// Its samples.
    pub waveform: Waveform,
}

impl BaseWaveform {
    /// Reads the first dwell of a recording whose centre is the carrier of one strong cell; or, where the name ends in
    /// `.p0.cs8`, what each antenna port of a cell sends alone, with the rate in the `cells.json` beside it.
    ///
    /// # Errors
    /// Where it cannot be read, or holds no cell or more than one, or a noisy one.
    pub fn read(path: &Path) -> Result<Self> {
        match path.to_str().and_then(|path| path.strip_suffix(FIRST_PORT)) {
            Some(stem) => Self::read_ports(path, stem),
            None => Self::read_recording(path),
        }
    }

    fn read_recording(path: &Path) -> Result<Self> {
        let found =
            find(&Input::Path(path.to_owned()), &Hints::default())?.into_iter().next().context("no recording")?;
        let mut dwell = found.open()?.next().context("no dwell")??;
        let info = dwell.info().clone();
        let rate_hz = info.sample_rate.hz();
        let mut samples = vec![Complex32::ZERO; MAX_SAMPLES.min(rate_hz as usize)];
        let len = dwell.read(&mut samples)?.len;
        samples.truncate(len);
        let scenario = Scenario::new(rate_hz, info.center.0, len as f64 / rate_hz, Vec::new());
        let heard = heard_clearly(&scenario, &samples)?;
        Ok(Self::new(info.name, &scenario, vec![samples], &heard))
    }

    fn read_ports(path: &Path, stem: &str) -> Result<Self> {
        let list: serde_json::Value = serde_json::from_slice(&fs::read(path.with_file_name("cells.json"))?)?;
        let name = Path::new(stem).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entry = list.as_array().into_iter().flatten().find(|entry| entry["name"] == *name);
        let rate_hz = entry.and_then(|entry| entry["rate"].as_f64()).context("no rate in cells.json")?;
        let of_port = |port: usize| -> Option<Vec<Complex32>> {
            let bytes = fs::read(format!("{stem}.p{port}.cs8")).ok()?;
            let part = |byte: u8| f32::from(byte as i8) / 128.0;
            Some(bytes.as_chunks::<2>().0.iter().map(|[i, q]| Complex32::new(part(*i), part(*q))).collect())
        };
        let ports: Vec<Vec<Complex32>> = (0..4).map_while(of_port).collect();
        let len = ports.iter().map(Vec::len).min().context("no antenna port")?;
        let sum: Vec<Complex32> = (0..len).map(|n| ports.iter().map(|port| port[n]).sum()).collect();
        let scenario = Scenario::new(rate_hz, CARRIER_HZ, len as f64 / rate_hz, Vec::new());
        let heard = heard_clearly(&scenario, &sum)?;
        Ok(Self::new(name, &scenario, ports, &heard))
    }

    fn new(name: String, scenario: &Scenario, ports: Vec<Vec<Complex32>>, heard: &Observation) -> Self {
        let bandwidth = heard.mib.map_or(Bandwidth::Rb6, |mib| mib.bandwidth);
        let power = 10f32.powf(heard.level.rsrp_dbfs / 10.0);
        Self {
            name,
            cell: CellConfig::new(heard.pci, bandwidth, scenario.center_hz),
            target: Target {
                identity: heard.identity.as_ref().map(|id| (id.tac, id.eci.get())),
                frame_start_s: heard.timing.at_seconds,
            },
            rate_hz: scenario.sample_rate_hz,
            // Places in the frame are drawn from the recording's first 10 ms.
            seconds: scenario.seconds - 0.011,
            waveform: Waveform::recorded_ports(ports, scenario.sample_rate_hz, bandwidth, power),
        }
    }
}

/// The one cell of a recording.
fn heard_clearly(scenario: &Scenario, samples: &[Complex32]) -> Result<Observation> {
    let carriers = Some(vec![lte_dsp::units::Hertz(scenario.center_hz)]);
    let settings =
        ReceiverSettings { carriers, crystal: None, stop: Arc::default(), backlog: Default::default(), level_of: None };
    let mut heard = receive(&mut Memory::new(scenario, samples.to_vec()), &settings, &|_| {})?.observations;
    ensure!(heard.len() == 1, "holds {} cells at its centre, allowed: 1", heard.len());
    let cell = heard.remove(0);
    let sinr_db = cell.level.sinr_db;
    ensure!(sinr_db >= LEAST_SINR_DB, "its cell's Es/N0 is {sinr_db:.1} dB, allowed: from {LEAST_SINR_DB} dB");
    Ok(cell)
}
