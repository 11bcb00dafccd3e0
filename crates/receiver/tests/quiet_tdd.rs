//! A TDD cell without traffic is silent most of the time: its own symbols are no bursts of somebody else.

#[path = "../../../tests/memory/mod.rs"]
mod memory;

use cellwarden_receiver::{ReceiverSettings, receive};
use lte_dsp::cell::Bandwidth;
use memory::Memory;
use testsignal::{CellConfig, Scenario, TddConfig};

const CARRIER_HZ: f64 = 2.35e9;

/// Wherever in a frame the recording begins, the cell is found with its MIB.
#[test]
fn a_cell_without_traffic_is_found() {
    for start in 0..10 {
        let mut cell = CellConfig::broadcasting(361, Bandwidth::Rb100, CARRIER_HZ);
        cell.tdd = Some(TddConfig { assignment: 2, special_subframe: 7 });
        (cell.crs_es_n0_db, cell.time_offset_s) = (22.0, f64::from(start) * 1e-3);
        cell.system_information = None;
        cell.scheduling.load = 0.0;
        let scenario = Scenario { seed: start as u64, ..Scenario::new(1.92e6, CARRIER_HZ, 0.08, vec![cell]) };
        let samples = scenario.generate().expect("valid");
        let settings =
            ReceiverSettings { carriers: None, crystal: None, stop: Default::default(), backlog: Default::default() };
        let heard = receive(&mut Memory::new(&scenario, samples), &settings, &|_| {}).expect("samples").observations;
        let found: Vec<_> = heard.iter().map(|o| (o.pci.get(), o.mib.is_some())).collect();
        assert_eq!(found, [(361, true)], "{start} ms");
    }
}
