//! Nothing is found that nobody sends: no cell in noise, no second one beside a cell.
//!
//! A short run in every test; the long one counts, and prints each false cell:
//! `FROM=0 TO=10000 cargo test --release -p cellwarden-receiver --test false_cells -- --ignored --nocapture`

#[path = "../../../tests/memory/mod.rs"]
mod memory;

use std::sync::Arc;

use cellwarden_core::observation::Observation;
use cellwarden_receiver::{ReceiverSettings, receive};
use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci};
use memory::Memory;
use testsignal::{CellConfig, ChannelConfig, Scenario, SyncPorts, TddConfig, fading::Profile, random::Draw};

const CARRIER_HZ: f64 = 1.84e9;

/// What is received of a scenario, whatever its carrier.
fn hear(scenario: &Scenario) -> Vec<Observation> {
    let settings = ReceiverSettings {
        carriers: None,
        crystal: None,
        stop: Arc::default(),
        backlog: Default::default(),
        level_of: None,
    };
    let samples = scenario.generate().unwrap_or_else(|_| {
        // The control region of a narrow carrier has no room for the assignments of SIB1 in every configuration.
        let mut silent = scenario.clone();
        silent.cells.iter_mut().for_each(|cell| cell.system_information = None);
        silent.generate().expect("valid")
    });
    receive(&mut Memory::new(scenario, samples), &settings, &|_| {}).expect("samples").observations
}

/// Noise and nothing else.
fn noise(seed: u64) -> Scenario {
    let mut draw = Draw::new(seed);
    let rate = draw.of(&[1.92e6, 1.92e6, 1.92e6, 3.84e6, 5.76e6]);
    let seconds = draw.of(&[0.01, 0.04, 0.08, 0.16]);
    Scenario { seed, ..Scenario::new(rate, CARRIER_HZ, seconds, Vec::new()) }
}

/// One cell of any kind, at any level at which it may be found.
fn one_cell(seed: u64) -> Scenario {
    let mut draw = Draw::new(seed);
    let (bandwidth, rates) = draw.of(&[
        (Bandwidth::Rb6, &[1.92e6, 1.92e6, 3.84e6, 5e6, 12.5e6][..]),
        (Bandwidth::Rb15, &[1.92e6, 3.84e6, 5e6][..]),
        (Bandwidth::Rb25, &[1.92e6, 5.76e6, 7.68e6][..]),
    ]);
    let mut cell = CellConfig::broadcasting(draw.up_to(504) as u16, bandwidth, CARRIER_HZ);
    cell.antenna_ports = draw.of(&[AntennaPorts::One, AntennaPorts::Two, AntennaPorts::Two, AntennaPorts::Four]);
    cell.cp = draw.of(&[CyclicPrefix::Normal, CyclicPrefix::Normal, CyclicPrefix::Normal, CyclicPrefix::Extended]);
    if draw.once_in(3) {
        cell.tdd = Some(TddConfig { assignment: draw.up_to(7) as u8, special_subframe: draw.up_to(8) as u8 });
    }
    if draw.once_in(2) {
        cell.system_information = None;
    }
    // Room for the assignments of SIB1 in the narrowest carrier.
    cell.scheduling.cfi = 3;
    cell.sync_ports = draw.of(&[SyncPorts::First, SyncPorts::All, SyncPorts::Turning]);
    cell.scheduling.load = draw.between(0.0, 1.0) as f32;
    cell.crs_es_n0_db = draw.between(-14.0, 40.0) as f32;
    cell.first_sfn = draw.up_to(1024) as u16;
    cell.time_offset_s = draw.between(0.0, 0.00999);
    let profile = draw.of(&[Profile::Flat, Profile::Epa, Profile::Eva, Profile::Etu]);
    cell.channel = ChannelConfig { profile, doppler_hz: draw.of(&[0.0, 5.0, 70.0, 300.0]) };
    let mut scenario = Scenario::new(draw.of(rates), CARRIER_HZ, draw.of(&[0.02, 0.08, 0.16, 0.2]), vec![cell]);
    (scenario.seed, scenario.crystal_ppm) = (seed, draw.between(-60.0, 60.0));
    if draw.once_in(4) {
        scenario.clock_ppm = draw.between(-150.0, 150.0);
    }
    scenario
}

/// What was found that was not sent: of a cell sent, all but the strongest of its identity.
fn false_cells(heard: &[Observation], sent: Option<Pci>) -> Vec<&Observation> {
    let own = heard.iter().filter(|o| Some(o.pci) == sent).max_by(|a, b| a.state.cmp(&b.state));
    heard.iter().filter(|o| !own.is_some_and(|own| std::ptr::eq(own, *o))).collect()
}

/// Number of false cells, and of trials in which what was sent was found.
fn count(scenario: impl Fn(u64) -> Scenario, seeds: std::ops::Range<u64>) -> (usize, usize) {
    let (mut false_count, mut found) = (0, 0);
    for seed in seeds {
        let scenario = scenario(seed);
        let heard = hear(&scenario);
        let sent = scenario.cells.first();
        found += usize::from(heard.iter().any(|o| sent.is_some_and(|cell| cell.pci == o.pci)));
        for cell in false_cells(&heard, sent.map(|cell| cell.pci)) {
            false_count += 1;
            let sent = sent.map(|c| (c.pci.get(), c.crs_es_n0_db, c.duplex(), c.cp, c.channel.clone()));
            println!(
                "seed {seed}, {} MS/s, {} s, crystal {:.1} ppm, clock {:.1} ppm, sent {sent:?}: false {:?} PCI {} at {:.4} MHz, {:?}, {:?}; {} heard",
                scenario.sample_rate_hz / 1e6,
                scenario.seconds,
                scenario.crystal_ppm,
                scenario.clock_ppm,
                cell.state,
                cell.pci,
                cell.carrier.hz / 1e6,
                cell.offset,
                cell.level,
                heard.len(),
            );
        }
    }
    (false_count, found)
}

#[test]
fn noise_holds_no_cell() {
    assert_eq!(count(noise, 0..12), (0, 0));
}

#[test]
fn a_cell_is_alone() {
    let (false_count, found) = count(one_cell, 0..16);
    assert!(false_count == 0 && found >= 12, "{false_count} false, {found} of 16 found");
}

/// Seeds `FROM` to `TO`.
fn seeds() -> std::ops::Range<u64> {
    let of = |name, default| std::env::var(name).map_or(default, |value| value.parse().expect("a number"));
    of("FROM", 0)..of("TO", 2_000)
}

#[test]
#[ignore = "minutes of work; counts"]
fn many_of_noise() {
    let false_count = count(noise, seeds()).0;
    println!("{false_count} false in {:?}", seeds());
    assert_eq!(false_count, 0);
}

#[test]
#[ignore = "minutes of work; counts"]
fn many_of_one_cell() {
    let (false_count, found) = count(one_cell, seeds());
    println!("{false_count} false in {:?}, {found} found", seeds());
    assert_eq!(false_count, 0);
}
