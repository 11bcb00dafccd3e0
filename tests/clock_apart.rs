//! A sample clock that is not the carrier's, as behind a frequency converter: what a receiver of one crystal finds is found
//! at any clock, in stretches of every length, and named the same or said to be uncertain.

mod memory;

use cellwarden_core::observation::{CellState, Observation};
use cellwarden_receiver::{Oscillators, ReceiverSettings, receive};
use lte_dsp::{
    cell::Bandwidth,
    units::{Hertz, Ppm},
};
use memory::Memory;
use testsignal::{CellConfig, Scenario, TddConfig};

const CARRIER_HZ: f64 = 1.84e9;
const LENGTHS: [f64; 3] = [0.08, 0.16, 1.0];
const CLOCKS: [f64; 7] = [-150.0, -112.0, -54.0, -30.0, 30.0, 75.0, 150.0];

fn cell(pci: u16, es_n0_db: f32) -> CellConfig {
    let mut cell = CellConfig::broadcasting(pci, Bandwidth::Rb6, CARRIER_HZ);
    (cell.time_offset_s, cell.first_sfn, cell.crs_es_n0_db) = (0.0043, 1018, es_n0_db);
    cell
}

fn heard(scenario: &Scenario, samples: &[num_complex::Complex32], seconds: f64, named: bool) -> Vec<Observation> {
    heard_by(None, scenario, samples, seconds, named)
}

fn heard_by(
    crystal: Option<Oscillators>,
    scenario: &Scenario,
    samples: &[num_complex::Complex32],
    seconds: f64,
    named: bool,
) -> Vec<Observation> {
    let settings = ReceiverSettings {
        carriers: named.then(|| vec![Hertz(CARRIER_HZ)]),
        crystal,
        stop: std::sync::Arc::default(),
        backlog: Default::default(),
        level_of: None,
    };
    let length = (seconds * scenario.sample_rate_hz) as usize;
    let mut source = Memory::new(scenario, samples[..length].to_vec());
    receive(&mut source, &settings, &|_| {}).expect("samples").observations
}

/// Lengths of the scenario at clocks so far apart in which not all of its cells are found, or others.
fn misses(mut scenario: Scenario, state: CellState, clocks: &[f64]) -> Vec<String> {
    let waveforms = scenario.transmit().expect("valid");
    let mut missed = Vec::new();
    for (seed, &clock_ppm) in clocks.iter().enumerate() {
        scenario.clock_ppm = clock_ppm;
        scenario.seed = seed as u64 + 1;
        let samples = scenario.receive(&waveforms);
        for seconds in LENGTHS.into_iter().filter(|&seconds| seconds <= scenario.seconds) {
            for named in [false, true] {
                let heard = heard(&scenario, &samples, seconds, named);
                let sent = |o: &Observation| scenario.cells.iter().any(|cell| cell.pci == o.pci);
                let is_heard = |cell: &CellConfig| heard.iter().any(|o| o.pci == cell.pci && o.state >= state);
                if !scenario.cells.iter().all(is_heard) || !heard.iter().all(sent) || heard.len() > scenario.cells.len()
                {
                    let got: Vec<_> = heard.iter().map(|o| (o.pci.get(), o.state, o.carrier.hz / 1e6)).collect();
                    missed.push(format!("{clock_ppm} ppm, {seconds} s, named {named}: {got:?}"));
                }
            }
        }
    }
    missed
}

#[test]
fn a_cell_is_found_at_any_clock_in_every_length() {
    for es_n0_db in [3.0, -6.0] {
        for crystal_ppm in [-17.0, 14.0] {
            let mut scenario = Scenario::new(1.92e6, CARRIER_HZ, 1.0, vec![cell(301, es_n0_db)]);
            scenario.crystal_ppm = crystal_ppm;
            let missed = misses(scenario, CellState::Mib, &CLOCKS);
            assert_eq!(missed, Vec::<String>::new(), "{es_n0_db} dB, crystal {crystal_ppm} ppm");
        }
    }
}

#[test]
fn a_tdd_cell_is_found_at_any_clock_in_every_length() {
    let mut tdd = CellConfig { bandwidth: Bandwidth::Rb15, ..cell(210, 3.0) };
    tdd.tdd = Some(TddConfig { assignment: 2, special_subframe: 7 });
    let missed = misses(Scenario::new(1.92e6, CARRIER_HZ, 1.0, vec![tdd]), CellState::Mib, &CLOCKS);
    assert_eq!(missed, Vec::<String>::new());
}

/// The weak cell is what is looked for: another PSS, the same PSS, and one under the first cell.
#[test]
fn a_weak_second_cell_is_found_at_any_clock_in_every_length() {
    for (pci, es_n0_db) in [(124, -5.0), (304, -5.0)] {
        let mut second = cell(pci, es_n0_db);
        second.time_offset_s = 0.0021;
        let scenario = Scenario::new(1.92e6, CARRIER_HZ, 1.0, vec![cell(301, 8.0), second]);
        let missed = misses(scenario, CellState::Detected, &CLOCKS);
        assert_eq!(missed, Vec::<String>::new(), "PCI {pci}");
    }
}

/// Two carriers of a wide recording, neither in its middle.
#[test]
fn carriers_of_a_wide_recording_are_found_at_any_clock() {
    let mut cells = vec![cell(301, 3.0), cell(124, 3.0)];
    (cells[0].carrier_hz, cells[1].carrier_hz) = (CARRIER_HZ - 2.4e6, CARRIER_HZ + 1.7e6);
    let mut scenario = Scenario::new(7.68e6, CARRIER_HZ, 0.16, cells);
    let waveforms = scenario.transmit().expect("valid");
    for clock_ppm in CLOCKS {
        scenario.clock_ppm = clock_ppm;
        let samples = scenario.receive(&waveforms);
        for seconds in [0.08, 0.16] {
            let heard = heard(&scenario, &samples, seconds, false);
            assert_eq!(heard.len(), 2, "{clock_ppm} ppm, {seconds} s: {heard:?}");
        }
    }
}

/// One crystal leaves nothing open; a clock of its own at most says that it does, and never what is wrong.
#[test]
fn the_channel_is_certain_with_one_crystal_and_never_wrong_with_two() {
    for (crystal_ppm, clock_ppm) in [(-40.0, 0.0), (0.0, 0.0), (53.0, 0.0), (3.0, 54.3), (-14.0, -112.0), (0.0, 30.0)] {
        let mut scenario = Scenario::new(1.92e6, CARRIER_HZ, 0.48, vec![cell(301, 3.0)]);
        (scenario.crystal_ppm, scenario.clock_ppm) = (crystal_ppm, clock_ppm);
        let samples = scenario.generate().expect("valid");
        for seconds in [0.08, 0.16, 0.48] {
            for named in [false, true] {
                let heard = heard(&scenario, &samples, seconds, named);
                let what = format!("{crystal_ppm} and {clock_ppm} ppm, {seconds} s, named {named}");
                assert_eq!(heard.len(), 1, "{what}");
                assert_eq!(heard[0].carrier.hz, CARRIER_HZ, "{what}: what was tuned to");
                assert_eq!(heard[0].is_carrier_certain(), clock_ppm == 0.0, "{what}: {:?}", heard[0].earfcn_candidates);
            }
        }
    }
}

/// What is known of the receiver makes it certain, also where another frequency was tuned to.
#[test]
fn a_known_clock_makes_the_channel_certain() {
    let mut scenario = Scenario::new(1.92e6, CARRIER_HZ + 100e3, 0.16, vec![cell(301, 3.0)]);
    (scenario.crystal_ppm, scenario.clock_ppm) = (-20.0, -112.0);
    let samples = scenario.generate().expect("valid");
    let known = Oscillators { carrier: Some(Ppm(20.0)), clock: Some(Ppm(132.0)) };
    for (crystal, is_certain) in [(None, false), (Some(known), true)] {
        let settings = ReceiverSettings {
            carriers: None,
            crystal,
            stop: std::sync::Arc::default(),
            backlog: Default::default(),
            level_of: None,
        };
        let mut source = Memory::new(&scenario, samples.clone());
        let heard = receive(&mut source, &settings, &|_| {}).expect("samples").observations;
        assert_eq!((heard.len(), heard[0].is_carrier_certain()), (1, is_certain), "{heard:?}");
        assert!(!is_certain || heard[0].carrier.hz == CARRIER_HZ);
    }
}

/// An offset that one cell alone has is its own: it stays on its channel, and is seen there.
#[test]
fn a_transmitter_that_is_off_beside_an_honest_one_stays_on_its_channel() {
    stays_on_its_channel(1.92e6, CARRIER_HZ);
}

#[test]
fn a_transmitter_that_is_off_is_found_away_from_the_middle_too() {
    stays_on_its_channel(7.68e6, CARRIER_HZ + 1.9e6);
}

fn stays_on_its_channel(rate_hz: f64, center_hz: f64) {
    let known = Oscillators { carrier: Some(Ppm(0.0)), clock: Some(Ppm(0.0)) };
    for (honest_db, rogue_db) in [(10.0, 3.0), (3.0, 10.0)] {
        let mut rogue = cell(124, rogue_db);
        (rogue.cfo_hz, rogue.time_offset_s) = (53e-6 * CARRIER_HZ, 0.0017);
        let scenario = Scenario::new(rate_hz, center_hz, 0.16, vec![cell(301, honest_db), rogue]);
        let samples = scenario.generate().expect("valid");
        for (named, crystal) in [(false, None), (true, None), (false, Some(known)), (true, Some(known))] {
            let heard = heard_by(crystal, &scenario, &samples, 0.16, named);
            let what = format!("{honest_db} and {rogue_db} dB, named {named}, {crystal:?}: {heard:?}");
            let ppm = |pci: u16| heard.iter().find(|o| o.pci.get() == pci).map(|o| (o.offset.ppm, o.carrier.hz));
            let is_near = |seen: Option<(f64, f64)>, ppm: f64| {
                seen.is_some_and(|(seen, hz)| (seen - ppm).abs() < 0.1 && hz == CARRIER_HZ)
            };
            assert!(is_near(ppm(301), 0.0) && is_near(ppm(124), 53.0) && heard.len() == 2, "{what}");
            assert!(heard.iter().all(Observation::is_carrier_certain), "{what}");
        }
    }
}

/// One transmitter's error is not the receiver's: the carriers of the others keep their names, whichever is found first.
#[test]
fn a_transmitter_that_is_off_names_no_other_carrier() {
    for (rogue_mhz, honest_mhz) in [(0.0, [2.4, -2.3]), (2.4, [0.0, -2.3]), (-2.3, [2.4, 0.0])] {
        for rogue_db in [3.0, 16.0] {
            let mut rogue = cell(124, rogue_db);
            (rogue.carrier_hz, rogue.cfo_hz) = (CARRIER_HZ + rogue_mhz * 1e6, 53e-6 * CARRIER_HZ);
            let honest = [301, 210].into_iter().zip(honest_mhz).map(|(pci, mhz)| {
                let mut honest = cell(pci, 10.0);
                (honest.carrier_hz, honest.time_offset_s) = (CARRIER_HZ + mhz * 1e6, 0.0021);
                honest
            });
            let cells: Vec<CellConfig> = honest.chain([rogue]).collect();
            let scenario = Scenario::new(7.68e6, CARRIER_HZ, 0.16, cells.clone());
            let heard = heard(&scenario, &scenario.generate().expect("valid"), 0.16, false);
            let mut named: Vec<(u16, f64)> = heard.iter().map(|o| (o.pci.get(), o.carrier.hz)).collect();
            let mut sent: Vec<(u16, f64)> = cells.iter().map(|cell| (cell.pci.get(), cell.carrier_hz)).collect();
            named.sort_by_key(|cell| cell.0);
            sent.sort_by_key(|cell| cell.0);
            assert_eq!(named, sent, "the rogue at {rogue_mhz} MHz, {rogue_db} dB");
        }
    }
}
