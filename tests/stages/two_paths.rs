//! A cell that arrives by two equally strong paths: repeaters, distributed antennas, hills.

use lte_dsp::fft::Transforms;
use num_complex::Complex32;

use super::*;

/// Delays of the second path in microseconds, up to the prefix of 4.7.
const DELAYS_US: [f64; 8] = [0.5, 1.1, 1.7, 2.3, 2.9, 3.5, 4.1, 4.7];

/// The first antenna port of `sent`, and the same once more, later and turned.
fn with_second_path(sent: &Waveform, bandwidth: Bandwidth, delay_us: f64, turns: f64) -> Waveform {
    let direct = sent.port(0);
    let (mut fft, mut echo) = (Transforms::new(), direct.to_vec());
    fft.forward(&mut echo);
    let len = echo.len();
    for (k, x) in echo.iter_mut().enumerate() {
        let bin = if k < len / 2 { k as f64 } else { k as f64 - len as f64 };
        let late = bin * sent.rate_hz() / len as f64 * delay_us * 1e-6;
        *x *= Complex32::cis((std::f64::consts::TAU * (turns - late).rem_euclid(1.0)) as f32) / len as f32;
    }
    fft.inverse(&mut echo);
    let both = direct.iter().zip(echo).map(|(direct, echo)| direct + echo).collect();
    Waveform::recorded(both, sent.rate_hz(), bandwidth, 1.0)
}

/// Receives a cell by a second path of every delay and of so many phases: it is found once, at least to `state`.
fn assert_received(cell: &CellConfig, state: CellState, phases: usize) {
    let mut scenario = Scenario::new(1.92e6, CARRIER_HZ, 0.08, vec![cell.clone()]);
    scenario.crystal_ppm = -3.0;
    let sent = scenario.transmit().expect("valid").remove(0);
    let mut lost = Vec::new();
    for (d, delay_us) in DELAYS_US.into_iter().enumerate() {
        for phase in 0..phases {
            scenario.seed = (d * phases + phase) as u64;
            let waveform = with_second_path(&sent, cell.bandwidth, delay_us, phase as f64 / phases as f64);
            let heard = receive_once(&scenario, &[waveform]);
            if heard.len() != 1 || !is_received(&heard[0], cell, state) {
                let states: Vec<_> = heard.iter().map(|o| (o.pci, o.state)).collect();
                lost.push(format!("{delay_us} µs, {phase}/{phases} turns: {states:?}"));
            }
        }
    }
    assert!(lost.is_empty(), "{} dB, of {}: {lost:#?}", cell.crs_es_n0_db, phases * DELAYS_US.len());
}

fn cells() -> [CellConfig; 2] {
    let mut fdd = cell(301, Bandwidth::Rb6);
    // Control channel elements are few where not all of the subframe is a downlink's.
    fdd.system_information = None;
    let mut tdd = fdd.clone();
    (tdd.tdd, tdd.crs_es_n0_db) = (Some(TddConfig { assignment: 2, special_subframe: 7 }), 3.0);
    [fdd, tdd]
}

#[test]
fn a_cell_is_received_by_two_paths() {
    let [fdd, tdd] = cells();
    assert_received(&fdd, CellState::Mib, 6);
    assert_received(&tdd, CellState::Detected, 2);
}

#[test]
#[ignore = "minutes of work"]
fn a_cell_is_received_by_two_paths_of_any_phase() {
    for cell in cells() {
        assert_received(&cell, CellState::Mib, 24);
    }
}
