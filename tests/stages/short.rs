//! Recordings of a few milliseconds, which hold two synchronisation signals at most and hardly any reference symbols.

use super::*;

/// Phases between so few symbols repeat within some kilohertz.
#[test]
fn a_carrier_is_found_in_seven_milliseconds() {
    let mut lost = Vec::new();
    for trial in 0..24 {
        let mut cell = cell(463, Bandwidth::Rb15);
        (cell.tdd, cell.crs_es_n0_db) = (Some(TddConfig { assignment: 2, special_subframe: 7 }), 15.0);
        cell.time_offset_s = 0.0098;
        let mut scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.007, vec![cell.clone()]);
        scenario.crystal_ppm = -6.0 + 0.5 * f64::from(trial);
        scenario.seed = u64::try_from(trial).expect("no less than 0");
        let heard = receive_once(&scenario, &scenario.transmit().expect("valid"));
        let offset_hz = scenario.true_cfo_hz(&cell);
        let is_exact =
            |o: &Observation| (o.offset.hz - offset_hz).abs() < 300.0 && is_received(o, &cell, CellState::Mib);
        if heard.len() != 1 || !is_exact(&heard[0]) {
            let told: Vec<_> = heard.iter().map(|o| (o.pci, o.state, o.offset.hz)).collect();
            lost.push(format!("{offset_hz} Hz: {told:?}"));
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}
