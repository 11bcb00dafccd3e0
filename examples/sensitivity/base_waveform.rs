//! A recorded cell as a base waveform: what a strong cell sent, to be put into noise and fading.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use cellwarden_core::observation::Observation;
use cellwarden_receiver::{ReceiverSettings, receive};
use cellwarden_source::{Hints, Input, SampleSource, find};
use lte_dsp::cell::Bandwidth;
use num_complex::Complex32;
use testsignal::{CellConfig, Scenario, Waveform};

use crate::{memory::Memory, trial::Target};

/// Samples taken of a file at most.
const MAX_SAMPLES: usize = 20_000_000;
/// CRS Es/N0 from which a recording's own noise is none to speak of.
const LEAST_SINR_DB: f32 = 15.0;

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
    /// Reads the first dwell of a recording whose centre is the carrier of one strong cell.
    ///
    /// # Errors
    /// Where it cannot be read, or holds no cell or more than one, or a noisy one.
    pub fn read(path: &Path) -> Result<Self> {
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
        let bandwidth = heard.mib.map_or(Bandwidth::Rb6, |mib| mib.bandwidth);
        let waveform = Waveform::recorded(samples, rate_hz, bandwidth, 10f32.powf(heard.level.rsrp_dbfs / 10.0));
        let identity = heard.identity.as_ref().map(|id| (id.tac, id.eci.get()));
        Ok(Self {
            name: info.name,
            cell: CellConfig::new(heard.pci, bandwidth, info.center.0),
            target: Target { identity, frame_start_s: heard.timing.at_seconds },
            rate_hz,
            // Places in the frame are drawn from the recording's first 10 ms.
            seconds: scenario.seconds - 0.011,
            waveform,
        })
    }
}

/// The one cell of a recording.
fn heard_clearly(scenario: &Scenario, samples: &[Complex32]) -> Result<Observation> {
    let carriers = Some(vec![lte_dsp::units::Hertz(scenario.center_hz)]);
    let settings = ReceiverSettings { carriers, crystal: None, stop: Arc::default() };
    let mut heard = receive(&mut Memory::new(scenario, samples.to_vec()), &settings, &|_| {})?.observations;
    ensure!(heard.len() == 1, "holds {} cells at its centre, allowed: 1", heard.len());
    let cell = heard.remove(0);
    let sinr_db = cell.level.sinr_db;
    ensure!(sinr_db >= LEAST_SINR_DB, "its cell's Es/N0 is {sinr_db:.1} dB, allowed: from {LEAST_SINR_DB} dB");
    Ok(cell)
}
