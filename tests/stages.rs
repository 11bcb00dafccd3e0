//! Generator against receiver: what is sent at known levels, offsets and channels is received, as rates over fixed seeds.
//!
//! The floors below are regression guards, not targets; they only ever rise. The sweep over levels is for reading:
//! `cargo test --release --test stages -- --ignored --nocapture`.

#[path = "stages/hidden.rs"]
mod hidden;
#[path = "stages/looped.rs"]
mod looped;
mod memory;
#[path = "stages/short.rs"]
mod short;
#[path = "stages/two_paths.rs"]
mod two_paths;
#[path = "stages/uplink.rs"]
mod uplink;

use std::sync::{Arc, atomic::AtomicBool};

use cellwarden_core::observation::{BlockChannel, CellState, Observation};
use cellwarden_receiver::{ReceiverSettings, receive};
use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, CyclicPrefix, Sfn},
    units::Hertz,
};
use memory::Memory;
use testsignal::{
    CellConfig, ChannelConfig, Scenario, SyncPorts, TddConfig, Waveform, fading::Profile, schedule::SiFormat,
};

const CARRIER_HZ: f64 = 1.84e9;

fn cell(pci: u16, bandwidth: Bandwidth) -> CellConfig {
    let mut cell = CellConfig::broadcasting(pci, bandwidth, CARRIER_HZ);
    cell.time_offset_s = 0.0043;
    cell.first_sfn = 1018;
    cell
}

fn receive_once(scenario: &Scenario, waveforms: &[Waveform]) -> Vec<Observation> {
    let settings = ReceiverSettings {
        carriers: Some(vec![Hertz(CARRIER_HZ)]),
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    let mut source = Memory::new(scenario, scenario.receive(waveforms));
    receive(&mut source, &settings, &|_| {}).expect("samples").observations
}

/// Of `trials` seeds, how many received each cell of the scenario at least to `state`, under its right identity.
fn rate(scenario: &mut Scenario, state: CellState, trials: u64) -> Vec<usize> {
    let waveforms = scenario.transmit().expect("valid");
    rate_of(&waveforms, scenario, state, trials)
}

/// The same of `waveforms` in place of those that the cells send.
fn rate_of(waveforms: &[Waveform], scenario: &mut Scenario, state: CellState, trials: u64) -> Vec<usize> {
    let mut counts = vec![0; scenario.cells.len()];
    for seed in 1..=trials {
        scenario.seed = seed;
        let heard = receive_once(scenario, waveforms);
        for (count, cell) in counts.iter_mut().zip(&scenario.cells) {
            *count += usize::from(heard.iter().any(|o| is_received(o, cell, state)));
        }
        let unknown = heard.iter().filter(|o| scenario.cells.iter().all(|cell| cell.pci != o.pci)).count();
        assert_eq!(unknown, 0, "seed {seed}: a cell that nobody sent");
    }
    counts
}

fn is_received(heard: &Observation, cell: &CellConfig, state: CellState) -> bool {
    let sent = cell.system_information.as_ref().map(|si| (si.tac, si.cell_identity));
    let identity = heard.identity.as_ref().map(|id| (id.tac, id.eci.get()));
    heard.pci == cell.pci && heard.state >= state && (state < CellState::Sib1 || identity == sent)
}

#[test]
fn strong_cells_of_every_kind_are_read_whole() {
    let plain = cell(7, Bandwidth::Rb6);
    let mut narrow = plain.clone();
    narrow.scheduling.cfi = 3;
    let mut extended = cell(56, Bandwidth::Rb15);
    (extended.cp, extended.antenna_ports) = (CyclicPrefix::Extended, AntennaPorts::Two);
    let mut tdd = cell(210, Bandwidth::Rb15);
    tdd.tdd = Some(TddConfig { assignment: 1, special_subframe: 9 });
    tdd.antenna_ports = AntennaPorts::Four;
    let mut compact = cell(500, Bandwidth::Rb25);
    compact.scheduling.si_format = SiFormat::Format1C;
    compact.scheduling.load = 0.8;
    for (cell, rate_hz) in [(narrow, 2_000_003.0), (extended, 3.84e6), (tdd, 4e6), (compact, 7e6)] {
        let what = format!("{cell:?}");
        let mut scenario = Scenario::new(rate_hz, CARRIER_HZ, 0.16, vec![cell]);
        scenario.crystal_ppm = 7.0;
        assert_eq!(rate(&mut scenario, CellState::Si, 1), [1], "{what}");
    }
}

/// SI may come in special subframes too, wherever the DwPTS is long enough for a PDSCH. TS 36.331 §5.2.3, TS 36.213 §7.1.7.
#[test]
fn si_in_the_dwpts_of_every_configuration_is_read() {
    use CyclicPrefix::{Extended, Normal};
    let normal = [1, 2, 3, 4, 6, 7, 8, 9].map(|special| (Normal, special));
    let extended = [1, 2, 3, 5, 6, 7].map(|special| (Extended, special));
    for (i, (cp, special_subframe)) in normal.into_iter().chain(extended).enumerate() {
        let mut cell = cell(210, Bandwidth::Rb15);
        cell.tdd = Some(TddConfig { assignment: [0, 1, 2, 3, 6][i % 5], special_subframe });
        (cell.cp, cell.antenna_ports) = (cp, AntennaPorts::ALL[i % 3]);
        (cell.scheduling.si_in_dwpts, cell.scheduling.si_blocks, cell.scheduling.load) = (true, 10, 0.5);
        let what = format!("{cp:?} {special_subframe}");
        let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.16, vec![cell]);
        assert_eq!(rate(&mut scenario, CellState::Si, 1), [1], "{what}");
    }
}

/// What comes up beside a cell that is followed is found by the next search.
#[test]
fn a_cell_that_comes_up_later_is_found() {
    let (first, mut second) = (cell(301, Bandwidth::Rb6), cell(124, Bandwidth::Rb6));
    (second.time_offset_s, second.crs_es_n0_db) = (0.0021, first.crs_es_n0_db - 6.0);
    let mut both = Scenario::new(1.92e6, CARRIER_HZ, 1.2, vec![first.clone(), second]);
    both.crystal_ppm = 7.0;
    let alone = Scenario { cells: vec![first], ..both.clone() };
    let mut samples = alone.generate().expect("valid");
    let comes_up = samples.len() * 4 / 5;
    samples[comes_up..].copy_from_slice(&both.generate().expect("valid")[comes_up..]);
    let settings = ReceiverSettings {
        carriers: None,
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    let heard = receive(&mut Memory::new(&both, samples), &settings, &|_| {}).expect("samples").observations;
    assert_eq!(heard.len(), 2);
    assert!(both.cells.iter().all(|cell| heard.iter().any(|o| is_received(o, cell, CellState::Mib))));
}

/// Terminals are paged in the subframes that SIB2's nB gives, where SI leaves them, and counted after all SI is received
/// too: at a rate that suits the carrier, and at one that does not. TS 36.304 §7.2.
#[test]
fn paging_is_counted_by_kind() {
    for (tdd, rate_hz) in [(None, 7.68e6), (Some(TddConfig { assignment: 1, special_subframe: 7 }), 10e6)] {
        let mut cell = cell(301, Bandwidth::Rb25);
        (cell.tdd, cell.scheduling.paging) = (tdd, true);
        let mut scenario = Scenario::new(rate_hz, CARRIER_HZ, 0.4, vec![cell]);
        let waveforms = scenario.transmit().expect("valid");
        for (paging, seed) in [(true, 1), (false, 2)] {
            scenario.seed = seed;
            let waveforms = if paging { &waveforms } else { &silent(&scenario) };
            let heard = receive_once(&scenario, waveforms);
            let counts = heard[0].broadcast.paging.expect("SIB2 was received");
            assert!(counts.occasions >= 9, "{tdd:?}: {counts:?}");
            let expected = if paging { counts.messages.max(5) } else { 0 };
            assert_eq!((counts.messages, counts.s_tmsi, counts.imsi), (expected, expected, 0), "{tdd:?}: {counts:?}");
            assert!(heard[0].blocks.iter().all(|block| block.channel != BlockChannel::Pcch), "whom is not kept");
        }
    }
}

/// The same cells without paging.
fn silent(scenario: &Scenario) -> Vec<Waveform> {
    let mut silent = scenario.clone();
    silent.cells.iter_mut().for_each(|cell| cell.scheduling.paging = false);
    silent.transmit().expect("valid")
}

#[test]
fn noise_holds_no_cell() {
    let mut scenario = Scenario::new(1.92e6, CARRIER_HZ, 0.16, Vec::new());
    for seed in 0..10 {
        scenario.seed = seed;
        assert_eq!(receive_once(&scenario, &[]).len(), 0, "seed {seed}");
    }
}

#[test]
fn weak_cells_are_found_in_noise_and_fading() {
    for (profile, es_n0_db, state, floor) in [
        (Profile::Flat, -14.0, CellState::Mib, 7),
        (Profile::Flat, -11.0, CellState::Sib1, 7),
        (Profile::Epa, -8.0, CellState::Sib1, 7),
    ] {
        let mut cell = cell(301, Bandwidth::Rb15);
        cell.antenna_ports = AntennaPorts::Two;
        (cell.crs_es_n0_db, cell.channel) = (es_n0_db, ChannelConfig { profile, doppler_hz: 5.0 });
        cell.scheduling.load = 0.5;
        let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.16, vec![cell]);
        scenario.crystal_ppm = -3.0;
        let received = rate(&mut scenario, state, 8)[0];
        assert!(received >= floor, "{profile:?} {es_n0_db} dB {state:?}: {received} of 8");
    }
}

/// A receiver that stands still may stand where the first port's paths cancel; the second one's reach it.
#[test]
fn a_cell_is_heard_by_its_second_port_alone() {
    let mut cell = cell(301, Bandwidth::Rb15);
    (cell.antenna_ports, cell.sync_ports) = (AntennaPorts::Two, SyncPorts::All);
    (cell.crs_es_n0_db, cell.scheduling.load) = (-4.0, 0.5);
    let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.08, vec![cell]);
    let sent = scenario.transmit().expect("valid").remove(0);
    let faded = sent.port(0).iter().zip(sent.port(1)).map(|(first, second)| first * 0.1 + second).collect();
    let received = Waveform::recorded(faded, sent.rate_hz(), Bandwidth::Rb15, 1.0);
    assert_eq!(rate_of(&[received], &mut scenario, CellState::Sib1, 4), [4]);
}

/// Between two subframes that are always downlink ones the phase turns once at 200 Hz.
#[test]
fn a_weak_tdd_cell_is_not_reported_200_hz_beside_its_carrier() {
    let mut cell = cell(301, Bandwidth::Rb15);
    (cell.tdd, cell.crs_es_n0_db) = (Some(TddConfig { assignment: 2, special_subframe: 7 }), -9.0);
    let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.08, vec![cell]);
    scenario.crystal_ppm = -3.0;
    let offset_hz = scenario.true_cfo_hz(&scenario.cells[0]);
    let waveforms = scenario.transmit().expect("valid");
    let (mut detected, mut wrong) = (0, 0);
    for seed in 1..=24 {
        scenario.seed = seed;
        for cell in receive_once(&scenario, &waveforms) {
            detected += 1;
            wrong += usize::from((cell.offset.hz - offset_hz).abs() > 20.0);
        }
    }
    assert!(detected >= 10 && wrong == 0, "{wrong} of {detected}");
}

#[test]
fn two_cells_of_one_carrier_are_distinguished() {
    let (mut strong, mut weak) = (cell(301, Bandwidth::Rb15), cell(452, Bandwidth::Rb15));
    (strong.crs_es_n0_db, weak.crs_es_n0_db) = (20.0, 14.0);
    (weak.time_offset_s, weak.first_sfn, weak.cfo_hz) = (0.0081, 40, 150.0);
    let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.16, vec![strong, weak]);
    assert_eq!(rate(&mut scenario, CellState::Sib1, 3), [3, 3]);
}

/// 20 dB under a cell that fills 60 % of its resource blocks: heard through the others.
#[test]
fn a_cell_is_heard_under_another_ones_traffic() {
    let (mut strong, mut weak) = (cell(301, Bandwidth::Rb15), cell(451, Bandwidth::Rb15));
    (strong.crs_es_n0_db, weak.crs_es_n0_db) = (30.0, 10.0);
    (strong.scheduling.load, weak.scheduling.load) = (0.6, 0.5);
    (weak.time_offset_s, weak.first_sfn, weak.cfo_hz) = (0.0081, 40, 60.0);
    let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.16, vec![strong, weak]);
    let received = rate(&mut scenario, CellState::Sib1, 4);
    assert!(received[0] == 4 && received[1] >= 3, "{received:?} of 4");
}

/// Which of two transmitters of one identity are told, each by its frames' place and number.
fn twins_heard(apart_s: f64, second_sfn: u16, seed: u64) -> [bool; 2] {
    let (mut first, mut second) = (cell(301, Bandwidth::Rb15), cell(301, Bandwidth::Rb15));
    (first.scheduling.load, second.scheduling.load) = (0.5, 0.5);
    (second.crs_es_n0_db, second.cfo_hz) = (first.crs_es_n0_db - 6.0, 90.0);
    (second.time_offset_s, second.first_sfn) = (first.time_offset_s - apart_s, second_sfn);
    let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.16, vec![first, second]);
    scenario.seed = seed;
    let heard = receive_once(&scenario, &scenario.transmit().expect("valid"));
    assert!(heard.len() <= 2, "{} cells", heard.len());
    let is_heard = |cell: &CellConfig| {
        let (sfn, at_sample) = scenario.first_frame(cell);
        heard.iter().any(|o| {
            let frames = ((o.timing.at_sample - at_sample) / 38_400.0).round();
            (o.timing.at_sample - at_sample - frames * 38_400.0).abs() < 8.0
                && o.timing.sfn == Some(Sfn::wrapping(i64::from(sfn.get()) + frames as i64))
        })
    };
    [is_heard(&scenario.cells[0]), is_heard(&scenario.cells[1])]
}

#[test]
fn a_twin_with_frames_of_its_own_is_detected_however_near() {
    for (apart_s, seed) in [(3.1e-3, 1), (120e-6, 2), (60e-6, 3), (20e-6, 4)] {
        assert_eq!(twins_heard(apart_s, 333, seed), [true, true], "{apart_s} s apart");
    }
}

#[test]
fn an_antenna_behind_fibre_is_no_twin() {
    for (apart_s, seed) in [(120e-6, 1), (60e-6, 2), (20e-6, 3)] {
        let [first, second] = twins_heard(apart_s, 1018, seed);
        assert!(first && !second, "{apart_s} s apart");
    }
}

/// Prints how often 25 resource blocks on two ports are received in 160 ms, by level.
#[test]
#[ignore = "minutes of work; prints a table"]
fn sensitivity() {
    const TRIALS: u64 = 20;
    for (profile, levels) in [(Profile::Flat, -16..=0), (Profile::Epa, -14..=4)] {
        let mut cell = cell(301, Bandwidth::Rb25);
        cell.antenna_ports = AntennaPorts::Two;
        cell.channel = ChannelConfig { profile, doppler_hz: 5.0 };
        cell.scheduling.load = 0.5;
        let mut scenario = Scenario::new(7.68e6, CARRIER_HZ, 0.16, vec![cell]);
        scenario.crystal_ppm = 2.0;
        let waveforms = scenario.transmit().expect("valid");
        for level in levels.step_by(2) {
            scenario.cells[0].crs_es_n0_db = level as f32;
            let mut counts = [0; 4];
            for seed in 0..TRIALS {
                scenario.seed = seed;
                let heard = receive_once(&scenario, &waveforms);
                let states = [CellState::Detected, CellState::Mib, CellState::Sib1, CellState::Si];
                for (count, state) in counts.iter_mut().zip(states) {
                    *count += u64::from(heard.iter().any(|o| is_received(o, &scenario.cells[0], state)));
                }
            }
            let [pci, mib, sib1, si] = counts.map(|n| 100 * n / TRIALS);
            println!("{profile:?} {level:4} dB: PCI {pci:3} %, MIB {mib:3} %, SIB1 {sib1:3} %, SI {si:3} %");
        }
    }
}
