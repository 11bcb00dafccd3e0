//! What is measured of a cell against what the generator sent: levels, carrier offset, frame timing.

mod memory;

use std::sync::{Arc, atomic::AtomicBool};

use cellwarden_core::observation::{CellState, Observation};
use cellwarden_receiver::{ReceiverSettings, receive};
use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, Pci},
    units::Hertz,
};
use memory::Memory;
use num_complex::{Complex32, Complex64};
use testsignal::{
    CellConfig, Scenario, Waveform,
    broadcast::{MbsfnAllocation, Plmn, SystemInformation},
};

const CARRIER_HZ: f64 = 1.84e9;
const RATE_HZ: f64 = 1.92e6;
const SECONDS: f64 = 0.08;

/// A loaded cell on two ports whose first frame begins at a whole sample.
fn scenario(es_n0_db: f32) -> Scenario {
    let mut cell = CellConfig::new(Pci::new(301).expect("in range"), Bandwidth::Rb6, CARRIER_HZ);
    (cell.antenna_ports, cell.crs_es_n0_db, cell.time_offset_s) = (AntennaPorts::Two, es_n0_db, 0.004);
    cell.scheduling.load = 0.5;
    Scenario::new(RATE_HZ, CARRIER_HZ, SECONDS, vec![cell])
}

fn heard(scenario: &Scenario, samples: Vec<Complex32>) -> Observation {
    let settings = ReceiverSettings {
        carriers: Some(vec![Hertz(CARRIER_HZ)]),
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    let mut source = Memory::new(scenario, samples);
    let mut heard = receive(&mut source, &settings, &|_| {}).expect("samples").observations;
    assert_eq!(heard.len(), 1, "cells");
    heard.remove(0)
}

/// Power of the first port's reference elements in dBFS: the front end scales signal and noise to its r.m.s. level, one
/// resource element's noise being 1.
fn true_rsrp_dbfs(scenario: &Scenario, waveforms: &[Waveform]) -> f32 {
    let power =
        |samples: &[Complex32]| samples.iter().map(|x| f64::from(x.norm_sqr())).sum::<f64>() / samples.len() as f64;
    let es = 10f64.powf(f64::from(scenario.cells[0].crs_es_n0_db) / 10.0);
    let signal: f64 = (0..2).map(|port| power(waveforms[0].port(port))).sum::<f64>() * es;
    let total = signal + RATE_HZ / 15e3;
    let rms = f64::from(scenario.front_end.rms);
    (10.0 * (es * 2.0 * rms * rms / total).log10()) as f32
}

/// Power of the middle 72 subcarriers over the symbols that hold the first port's reference signals, by the definition of
/// the transform. TS 36.214 §5.1.3.
fn rssi(scenario: &Scenario, samples: &[Complex32]) -> f64 {
    let first = scenario.first_frame(&scenario.cells[0]).1.round() as usize;
    let places: Vec<usize> =
        (first..samples.len() - 960).step_by(960).flat_map(|slot| [slot + 10, slot + 558]).collect();
    let subcarriers = (-36i32..=36).filter(|k| *k != 0);
    let element = |start: usize, k: i32| -> f64 {
        let turn = |n: usize| Complex64::cis(-std::f64::consts::TAU * f64::from(k) * n as f64 / 128.0);
        let sum: Complex64 = samples[start..start + 128]
            .iter()
            .enumerate()
            .map(|(n, x)| Complex64::new(x.re.into(), x.im.into()) * turn(n))
            .sum();
        sum.norm_sqr() / (128.0 * 128.0)
    };
    let total: f64 = places.iter().flat_map(|&start| subcarriers.clone().map(move |k| element(start, k))).sum();
    total / places.len() as f64
}

#[test]
fn levels_are_right_within_1_db() {
    let waveforms = scenario(0.0).transmit().expect("valid");
    for es_n0_db in [-3.0, 2.0, 8.0, 14.0, 20.0, 25.0] {
        for seed in 1..=2 {
            let mut scenario = scenario(es_n0_db);
            scenario.seed = seed;
            let samples = scenario.receive(&waveforms);
            let rsrp_dbfs = true_rsrp_dbfs(&scenario, &waveforms);
            let rsrq_db = f64::from(rsrp_dbfs) + 10.0 * (6.0 / rssi(&scenario, &samples)).log10();
            let level = heard(&scenario, samples).level;
            let errors = [
                level.rsrp_dbfs - rsrp_dbfs,
                level.rsrq_db.expect("measured") - rsrq_db as f32,
                level.sinr_db - es_n0_db,
            ];
            assert!(errors.iter().all(|error| error.abs() < 1.0), "{es_n0_db} dB, seed {seed}: {errors:?} dB off");
        }
    }
}

/// Subframes without reference signals spoil neither levels nor what is decoded: seen to be so in a recording without
/// SIB2, or told by it.
#[test]
fn mbsfn_subframes_leave_levels_right_within_1_db() {
    for (first_sfn, state) in [(4, CellState::Sib1), (14, CellState::Si)] {
        let mut scenario = scenario(0.0);
        let cell = &mut scenario.cells[0];
        let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
        let mut si = SystemInformation::new(plmn, 11793, 0x3f0_d101);
        si.mbsfn = vec![MbsfnAllocation { period_rf: 1, offset_rf: 0, one_frame: 0b11_1111 }];
        (cell.system_information, cell.first_sfn, cell.scheduling.load) = (Some(si), first_sfn, 0.9);
        let waveforms = scenario.transmit().expect("valid");
        for es_n0_db in [3.0, 20.0] {
            scenario.cells[0].crs_es_n0_db = es_n0_db;
            let rsrp_dbfs = true_rsrp_dbfs(&scenario, &waveforms);
            let heard = heard(&scenario, scenario.receive(&waveforms));
            let errors = [heard.level.rsrp_dbfs - rsrp_dbfs, heard.level.sinr_db - es_n0_db];
            assert!(errors.iter().all(|error| error.abs() < 1.0), "{state:?}, {es_n0_db} dB: {errors:?} dB off");
            assert_eq!(heard.state, state, "{es_n0_db} dB");
        }
    }
}

#[test]
fn carrier_and_frame_timing_are_exact_at_0_db() {
    let waveforms = scenario(0.0).transmit().expect("valid");
    for seed in 1..=6 {
        let mut scenario = scenario(0.0);
        scenario.seed = seed;
        scenario.crystal_ppm = 3.0 * seed as f64 - 11.0;
        let cell = &mut scenario.cells[0];
        (cell.time_offset_s, cell.cfo_hz) = (0.0013 * seed as f64 + 1e-7, 20.0 * seed as f64 - 70.0);
        let observation = heard(&scenario, scenario.receive(&waveforms));
        let cell = &scenario.cells[0];
        let off_hz = observation.offset.hz - scenario.true_cfo_hz(cell);
        assert!(off_hz.abs() < 20.0, "seed {seed}: {off_hz:.1} Hz off");
        let frame = RATE_HZ * 0.01 * (1.0 + scenario.clock_error());
        let late = (observation.timing.at_sample - scenario.first_frame(cell).1 + frame / 2.0).rem_euclid(frame);
        let late_us = (late - frame / 2.0) / RATE_HZ * 1e6;
        assert!(late_us.abs() < 0.25, "seed {seed}: {late_us:.2} µs late");
    }
}
