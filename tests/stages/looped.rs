//! A recording played in a loop: the cheapest rogue there is.

use num_complex::Complex32;
use testsignal::{impair::shift, random::Draw};

use super::*;

const RATE_HZ: f64 = 1.92e6;

/// The first `frames` frames of a cell, over and over for 160 ms, from inside a frame on and off the carrier, in noise.
fn looped(frames: usize, first_sfn: u16, seed: u64) -> (Scenario, Vec<Complex32>) {
    let mut cell = cell(124, Bandwidth::Rb6);
    (cell.time_offset_s, cell.first_sfn, cell.scheduling.load) = (0.0, first_sfn, 0.5);
    let mut scenario = Scenario::new(RATE_HZ, CARRIER_HZ, 0.01 * frames as f64, vec![cell]);
    scenario.noise = false;
    let turn = scenario.generate().expect("valid");
    let mut draw = Draw::new(seed);
    let mut noise = || draw.normal(0.02) as f32;
    let played = turn.iter().cycle().skip(7_000).take(307_200);
    let mut samples: Vec<Complex32> = played.map(|x| x + Complex32::new(noise(), noise())).collect();
    shift(&mut samples, RATE_HZ, 1_234.0);
    (scenario, samples)
}

#[test]
fn a_loop_keeps_its_mib_and_has_no_frame_number() {
    for (frames, first_sfn) in [(1, 40), (1, 43), (2, 510), (3, 1022), (4, 100), (4, 101), (8, 3), (8, 64)] {
        let (scenario, samples) = looped(frames, first_sfn, first_sfn.into());
        let settings = ReceiverSettings {
            carriers: None,
            crystal: None,
            stop: Arc::default(),
            backlog: Default::default(),
            level_of: None,
        };
        let heard = receive(&mut Memory::new(&scenario, samples), &settings, &|_| {}).expect("samples").observations;
        let what = format!("{frames} frames from {first_sfn}");
        let told: Vec<_> = heard.iter().map(|o| (o.pci.get(), o.state)).collect();
        assert_eq!(heard.len(), 1, "{what}: {told:?}");
        assert!(heard[0].pci.get() == 124 && heard[0].state >= CellState::Mib, "{what}: {told:?}");
        assert!(heard[0].frame_number_stands && heard[0].timing.sfn.is_none(), "{what}");
        // SIB1 is in every even frame.
        let has_even = frames > 1 || first_sfn % 2 == 0;
        assert_eq!(heard[0].state >= CellState::Sib1, has_even, "{what}: {told:?}");
    }
}

#[test]
fn a_frame_number_that_advances_does_not_stand() {
    for (es_n0_db, first_sfn) in [(20.0, 1018), (20.0, 7), (-4.0, 510), (-9.0, 255)] {
        let mut cell = cell(301, Bandwidth::Rb6);
        (cell.crs_es_n0_db, cell.first_sfn) = (es_n0_db, first_sfn);
        let mut scenario = Scenario::new(RATE_HZ, CARRIER_HZ, 0.16, vec![cell]);
        scenario.seed = 3;
        let heard = receive_once(&scenario, &scenario.transmit().expect("valid"));
        assert_eq!(heard.len(), 1, "{es_n0_db} dB");
        let expected = scenario.first_frame(&scenario.cells[0]).0;
        assert!(!heard[0].frame_number_stands && heard[0].timing.sfn.is_some(), "{es_n0_db} dB, first {expected:?}");
    }
}
