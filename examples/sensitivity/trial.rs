//! One reception, and what came of it.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use cellwarden_core::observation::{CellState, Observation};
use cellwarden_receiver::{ReceiverSettings, receive};
use indicatif::ProgressBar;
use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci},
    units::Hertz,
};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use rayon::prelude::*;
use testsignal::{CellConfig, ChannelConfig, Scenario, SyncPorts, TddConfig, Waveform, fading::Profile};

use crate::{
    air::{CARRIER_HZ, Study},
    memory::Memory,
};

/// Error of the receivers' crystals at most.
const CRYSTAL_PPM: f64 = 20.0;
/// Difference between transmitters' carriers at most; each within ±0.05 ppm. TS 36.104 §6.5.1.
const TRANSMITTER_HZ: f64 = 90.0;

/// Farthest that a cell's frames may be heard from where they are: delay spread, and a tracking error of weak cells.
const TIMING_S: f64 = 5e-6;

/// The cell that is to be received.
#[derive(Clone)]
pub struct Target {
    /// Tracking area and cell identity of its SIB1; `None` where it has none.
    pub identity: Option<(u16, u32)>,
    /// Where a frame starts in its waveform.
    pub frame_start_s: f64,
}

impl Target {
    /// A cell of the generator.
    pub fn of(cell: &CellConfig) -> Self {
        let identity = cell.system_information.as_ref().map(|si| (si.tac, si.cell_identity));
        Self { identity, frame_start_s: 0.0 }
    }

    fn is_received(&self, heard: &Observation, cell: &CellConfig, state: CellState) -> bool {
        let identity = heard.identity.as_ref().map(|id| (id.tac, id.eci.get()));
        is_heard(heard, cell, self.frame_start_s)
            && heard.state >= state
            && (state < CellState::Sib1 || identity == self.identity)
    }
}

/// Whether an observation is of a cell: its identity at its place in time. Twins of one identity differ in that alone.
fn is_heard(heard: &Observation, cell: &CellConfig, frame_start_s: f64) -> bool {
    let late_s = (heard.timing.at_seconds - frame_start_s + cell.time_offset_s).rem_euclid(10e-3);
    heard.pci == cell.pci && late_s.min(10e-3 - late_s) < TIMING_S
}

/// What one reception gave.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    /// Whether PCI, MIB and SIB1 were received.
    pub received: [bool; 3],
    /// Cells that nobody sent, or that were told once more.
    pub false_cells: usize,
}

impl Study {
    /// Receives once; `None` where it was stopped.
    pub fn trial(&self, seed: u64, waveforms: &[Waveform], stop: &Arc<AtomicBool>) -> Option<Outcome> {
        let mut scenario = self.scenario.clone();
        draw(&mut scenario, seed);
        let heard = receive_once(&scenario, waveforms, stop)?;
        let cell = scenario.cells.last()?;
        let is_received = |state| heard.iter().any(|o| self.target.is_received(o, cell, state));
        let states = [CellState::Detected, CellState::Mib, CellState::Sib1];
        let received = states.map(|state| state <= self.best_state() && is_received(state));
        Some(Outcome { received, false_cells: false_cells(&scenario, &heard, self.target.frame_start_s) })
    }
}

/// The seed's noise, crystal, and place and carrier of each cell.
fn draw(scenario: &mut Scenario, seed: u64) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    scenario.seed = seed;
    scenario.crystal_ppm = rng.random_range(-CRYSTAL_PPM..CRYSTAL_PPM);
    for cell in &mut scenario.cells {
        cell.time_offset_s = rng.random_range(0.0..0.00999);
        cell.cfo_hz = rng.random_range(-TRANSMITTER_HZ..TRANSMITTER_HZ);
    }
}

fn receive_once(scenario: &Scenario, waveforms: &[Waveform], stop: &Arc<AtomicBool>) -> Option<Vec<Observation>> {
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let carriers = Some(vec![Hertz(scenario.center_hz)]);
    let settings = ReceiverSettings {
        carriers,
        crystal: None,
        stop: Arc::clone(stop),
        backlog: Default::default(),
        level_of: None,
    };
    let mut source = Memory::new(scenario, scenario.receive(waveforms));
    let reception = receive(&mut source, &settings, &|_| {}).expect("samples in memory, at a rate that was checked");
    // Stopped, it may have ended before the dwell did.
    (!stop.load(Ordering::Relaxed)).then_some(reception.observations)
}

/// Cells that nobody sent, and cells told more than once.
fn false_cells(scenario: &Scenario, heard: &[Observation], frame_start_s: f64) -> usize {
    let is_found = |cell: &&CellConfig| heard.iter().any(|o| is_heard(o, cell, frame_start_s));
    heard.len() - scenario.cells.iter().filter(is_found).count()
}

/// How often a recording without other cells showed some.
#[derive(Default)]
pub struct FalseAlarms {
    noise: u64,
    noise_false: Vec<u64>,
    single: u64,
    single_false: Vec<u64>,
}

/// Searches short recordings at 1.92 MS/s: of even seeds noise, of odd ones a single cell of any identity, level, number
/// of ports and channel.
pub fn false_alarms(seeds: Range<u64>, stop: &Arc<AtomicBool>, bar: &ProgressBar) -> FalseAlarms {
    let trial = |seed: u64| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0xFA15E);
        let mut cells = Vec::new();
        if seed % 2 == 1 {
            let pci = Pci::new(rng.random_range(0..504)).expect("below 504");
            let mut cell = CellConfig::new(pci, Bandwidth::Rb6, CARRIER_HZ);
            cell.antenna_ports = AntennaPorts::ALL[rng.random_range(0..3)];
            cell.crs_es_n0_db = rng.random_range(-10.0..35.0);
            cell.scheduling.load = rng.random_range(0.0..1.0);
            let profile = [Profile::Flat, Profile::Epa, Profile::Eva, Profile::Etu][rng.random_range(0..4)];
            cell.channel = ChannelConfig { profile, doppler_hz: rng.random_range(1.0..70.0) };
            cell.sync_ports = [SyncPorts::First, SyncPorts::All, SyncPorts::Turning][rng.random_range(0..3)];
            cell.cp = [CyclicPrefix::Normal, CyclicPrefix::Extended][rng.random_range(0..2)];
            let tdd = TddConfig { assignment: rng.random_range(0..7), special_subframe: rng.random_range(0..8) };
            cell.tdd = rng.random_bool(0.5).then_some(tdd);
            cells.push(cell);
        }
        let mut scenario = Scenario::new(1.92e6, CARRIER_HZ, rng.random_range(0.04..0.08), cells);
        draw(&mut scenario, seed);
        let waveforms = scenario.transmit().expect("drawn within the ranges");
        let heard = receive_once(&scenario, &waveforms, stop)?;
        bar.inc(1);
        Some((seed, false_cells(&scenario, &heard, 0.0)))
    };
    let counted: Vec<(u64, usize)> = seeds.into_par_iter().filter_map(trial).collect();
    let mut alarms = FalseAlarms::default();
    for (seed, false_cells) in counted {
        let (count, list) = match seed % 2 {
            0 => (&mut alarms.noise, &mut alarms.noise_false),
            _ => (&mut alarms.single, &mut alarms.single_false),
        };
        *count += 1;
        list.extend(std::iter::repeat_n(seed, false_cells));
    }
    alarms
}

impl fmt::Display for FalseAlarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { noise, noise_false, single, single_false } = self;
        writeln!(f, "false cells in {noise} recordings of noise: {}, seeds {noise_false:?}", noise_false.len())?;
        write!(f, "false cells in {single} recordings of one cell: {}, seeds {single_false:?}", single_false.len())
    }
}
