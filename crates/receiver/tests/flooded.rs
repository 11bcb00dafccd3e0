//! A carrier that somebody fills with cells costs no more than a few dwells, says what was left undone, and hides no other
//! cell for long.

#[path = "../../../tests/memory/mod.rs"]
mod memory;

use cellwarden_core::observation::CellState;
use cellwarden_receiver::{Backlog, ReceiverSettings, Reception, notes::NoteCode, receive};
use lte_dsp::{cell::Bandwidth, units::Hertz};
use memory::Memory;
use rayon::ThreadPoolBuilder;
use testsignal::{CellConfig, Scenario, random::Draw};

const CARRIER_HZ: f64 = 1.84e9;

/// So many cells that send a MIB and nothing more, each a little stronger or weaker than the others.
fn fakes(count: usize) -> Vec<CellConfig> {
    let mut draw = Draw::new(1);
    let fake = |n: usize| {
        let mut cell = CellConfig::broadcasting((n * 5 % 504) as u16, Bandwidth::Rb6, CARRIER_HZ);
        cell.system_information = None;
        (cell.time_offset_s, cell.first_sfn) = (draw.between(0.0, 0.00999), draw.up_to(1024) as u16);
        cell.crs_es_n0_db = draw.between(10.0, 24.0) as f32;
        cell
    };
    (0..count).map(fake).collect()
}

fn hear(cells: &[CellConfig], seed: u64, seconds: f64, threads: usize, backlog: Backlog) -> Reception {
    let scenario = Scenario { seed, ..Scenario::new(1.92e6, CARRIER_HZ, seconds, cells.to_vec()) };
    let samples = scenario.generate().expect("valid");
    let settings = ReceiverSettings {
        carriers: Some(vec![Hertz(CARRIER_HZ)]),
        crystal: None,
        stop: Default::default(),
        backlog,
        level_of: None,
    };
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| receive(&mut Memory::new(&scenario, samples), &settings, &|_| {})).expect("samples")
}

fn is_in_part(reception: &Reception) -> bool {
    reception.notes.iter().any(|note| note.code == NoteCode::SearchedInPart && note.message.contains("1840.000 MHz"))
}

/// The work ends at the same place whatever the number of threads, and what was left undone is said.
#[test]
fn what_is_left_undone_is_said() {
    let [one, two] = [1, 2].map(|threads| hear(&fakes(96), 1, 0.16, threads, Backlog::default()));
    assert_eq!(one.observations, two.observations);
    assert_eq!((&one.notes, &one.backlog), (&two.notes, &two.backlog));
    assert!(is_in_part(&one) && !one.backlog.is_empty(), "{:?}", one.notes);
    assert!(one.observations.len() > 20, "{}", one.observations.len());
}

/// Of as many cells as are heard at one place of a network, all is done in one dwell.
#[test]
fn a_network_is_no_flood() {
    let cell = |n: u16| {
        let mut cell = CellConfig::broadcasting(7 * n, Bandwidth::Rb6, CARRIER_HZ);
        (cell.time_offset_s, cell.crs_es_n0_db) = (0.0008 * f64::from(n), 24.0 - 3.0 * f32::from(n));
        cell
    };
    let heard = hear(&(0..8).map(cell).collect::<Vec<_>>(), 2, 0.16, 1, Backlog::default());
    assert!(!is_in_part(&heard) && heard.backlog.is_empty(), "{:?}", heard.notes);
    assert!(heard.observations.len() >= 7, "{}", heard.observations.len());
}

/// A cell among so many others gives its name in one of the next dwells, each of which begins with what was left undone.
#[test]
fn fakes_do_not_hide_a_cell() {
    let mut rogue = CellConfig::broadcasting(503, Bandwidth::Rb6, CARRIER_HZ);
    (rogue.time_offset_s, rogue.first_sfn, rogue.crs_es_n0_db) = (0.0033, 77, 16.0);
    let cells: Vec<CellConfig> = fakes(32).into_iter().chain([rogue]).collect();
    let mut backlog = Backlog::default();
    let mut best = None;
    let mut dwells = 0;
    while best < Some(CellState::Sib1) && dwells < 6 {
        let heard = hear(&cells, 3 + dwells, 0.64, 1, backlog);
        best = best.max(heard.observations.iter().find(|o| o.pci.get() == 503).map(|o| o.state));
        println!("dwell {dwells}: {} cells, {best:?}, {:?}", heard.observations.len(), heard.notes);
        backlog = heard.backlog;
        dwells += 1;
    }
    assert!(best >= Some(CellState::Sib1), "{best:?}");
}
