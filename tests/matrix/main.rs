//! Everything a recording can be: configurations drawn at random must be received whole, each block of each cell as sent.
//!
//! The wide run is for reading: `FROM=0 TO=300 cargo test --release --test matrix -- --ignored --nocapture`.

mod draw;
#[path = "../memory/mod.rs"]
mod memory;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
};

use cellwarden_core::observation::{Earfcn, Observation};
use cellwarden_receiver::{ReceiverSettings, receive};
use lte_dsp::cell::Sfn;
use memory::Memory;
use testsignal::{
    CellConfig, Scenario,
    schedule::{Broadcast, broadcast},
};

/// The configuration of `seed`, or `None` where its control region has no place for the broadcast's DCI.
fn receive_drawn(seed: u64) -> Option<(Scenario, Vec<Observation>)> {
    let scenario = draw::scenario(seed);
    let waveforms = scenario.transmit().ok()?;
    let settings = ReceiverSettings {
        carriers: None,
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    let mut source = Memory::new(&scenario, scenario.receive(&waveforms));
    let heard = receive(&mut source, &settings, &|_| {}).expect("samples").observations;
    Some((scenario, heard))
}

/// What is missing of a cell, `None` where all of it was received.
fn missing(scenario: &Scenario, index: usize, heard: &[Observation]) -> Option<String> {
    let cell = &scenario.cells[index];
    let Some(heard) = heard.iter().filter(|o| o.pci == cell.pci).max_by_key(|o| o.blocks.len()) else {
        return Some("not detected".to_owned());
    };
    if (heard.duplex, heard.cp) != (cell.duplex(), cell.cp) {
        return Some(format!("detected as {:?}, {:?}", heard.duplex, heard.cp));
    }
    let Some(mib) = heard.mib else { return Some("no MIB".to_owned()) };
    let sent = (cell.antenna_ports, cell.bandwidth, cell.phich_duration, cell.phich_resource);
    if (mib.antenna_ports, mib.bandwidth, mib.phich_duration, mib.phich_resource) != sent {
        return Some(format!("another MIB: {mib:?}"));
    }
    let truth = &scenario.truth()[""]["cells"][index];
    let blocks: Vec<String> = heard.blocks.iter().map(|block| hex::encode(&block.bytes)).collect();
    let is_received = |hex: &serde_json::Value| blocks.iter().any(|block| Some(block.as_str()) == hex.as_str());
    if !is_received(&truth["sib1_hex"]) {
        return Some(format!("no SIB1, note {:?}", heard.note));
    }
    let lost: Vec<String> = (0..messages(cell))
        .filter(|&n| times_sent(scenario, cell, n) > 0 && !is_received(&truth["si_hex"][n]))
        .map(|n| format!("SI {n} of {} sent {} times", messages(cell), times_sent(scenario, cell, n)))
        .collect();
    if !lost.is_empty() {
        return Some(lost.join(", "));
    }
    // What the signal cannot say is said: one of the candidates is right then.
    let is_candidate =
        |earfcn: &u32| Earfcn::new(*earfcn).is_some_and(|channel| channel.frequency().0 == cell.carrier_hz);
    let on_raster = scenario.clock_ppm != 0.0
        || heard.carrier.hz == cell.carrier_hz
        || heard.earfcn_candidates.iter().any(is_candidate);
    (!on_raster).then(|| format!("carrier {} for {}", heard.carrier.hz, cell.carrier_hz))
}

fn messages(cell: &CellConfig) -> usize {
    cell.system_information.as_ref().map_or(0, |si| si.messages.len())
}

/// How often SI message `n` is sent in subframes that are whole in the recording.
fn times_sent(scenario: &Scenario, cell: &CellConfig, n: usize) -> usize {
    let Some(si) = &cell.system_information else { return 0 };
    let first = (cell.time_offset_s / 1e-3).ceil() as i64;
    // A tenth of a millisecond for channels, filters and clocks.
    let end = ((cell.time_offset_s + scenario.seconds) / 1e-3 - 1.1).floor() as i64;
    (first..=end)
        .filter(|t| {
            let sfn = Sfn::wrapping(i64::from(cell.first_sfn) + t.div_euclid(10));
            let sent = broadcast(cell, si, sfn, t.rem_euclid(10) as usize);
            matches!(sent, Some(Broadcast::SystemInformation { message, .. }) if message == n)
        })
        .count()
}

/// Names of what a cell's configuration is along each axis.
fn labels(scenario: &Scenario, cell: &CellConfig) -> Vec<String> {
    let si = cell.system_information.as_ref().expect("drawn with SI");
    let front_end = &scenario.front_end;
    let fault = [
        (front_end.rms_lsb.is_some(), "rms 1.5 LSB"),
        (front_end.rms > 0.5, "clipped"),
        (front_end.dc != [0.0; 2], "DC"),
        (front_end.iq_gain_db != 0.0, "imbalance"),
        (!front_end.gain_steps.is_empty(), "gain steps"),
    ];
    let duplex = match cell.tdd {
        Some(tdd) => vec![format!("TDD {}", tdd.assignment), format!("special subframe {}", tdd.special_subframe)],
        None => vec!["FDD".to_owned()],
    };
    [
        format!("{:?}", cell.bandwidth),
        format!("ports {}", cell.antenna_ports.count()),
        format!("prefix {:?}", cell.cp),
        format!("PHICH {:?}", cell.phich_duration),
        format!("N_g {:?}", cell.phich_resource),
        format!("CFI {}", cell.scheduling.cfi),
        format!("DCI {:?}", cell.scheduling.si_format),
        format!("window {} ms", si.si_window_ms),
        format!("{:?}", cell.channel.profile),
        format!("{:?}", front_end.format),
        format!("rate {}", scenario.sample_rate_hz),
        format!("carriers {}", scenario.cells.len()),
        format!("clock {}", if scenario.clock_ppm == 0.0 { "tied" } else { "free" }),
        format!("crystal beyond 30 ppm: {}", scenario.crystal_ppm.abs() > 30.0),
        format!("tuned off: {}", scenario.center_hz != cell.carrier_hz),
        fault.iter().find(|(is, _)| *is).map_or("no fault", |(_, name)| *name).to_owned(),
    ]
    .into_iter()
    .chain(duplex)
    .collect()
}

/// Receives the configurations of `seeds`: by axis value, how many cells were received whole, and how many there were.
fn run(seeds: impl Iterator<Item = u64>) -> BTreeMap<String, [usize; 2]> {
    let mut table: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for seed in seeds {
        let Some((scenario, heard)) = receive_drawn(seed) else { continue };
        // A cell that is there counts once.
        let is_sent = |o: &Observation| scenario.cells.iter().any(|cell| cell.pci == o.pci);
        let is_repeated = |i: usize| heard[..i].iter().any(|o| o.pci == heard[i].pci);
        let ghosts = heard.iter().enumerate().filter(|&(i, o)| !is_sent(o) || is_repeated(i)).map(|(_, o)| o);
        for ghost in ghosts {
            let sent: Vec<u16> = scenario.cells.iter().map(|cell| cell.pci.get()).collect();
            let (hz, offset_hz, sinr_db) = (ghost.carrier.hz, ghost.offset.hz, ghost.level.sinr_db);
            println!(
                "{seed}: nobody sent PCI {} at {hz} {offset_hz:+.0} Hz ({:?}, {sinr_db:.1} dB), but {sent:?}",
                ghost.pci.get(),
                ghost.state
            );
            for o in &heard {
                let Observation { pci, offset, timing, level, state, .. } = o;
                let (at, hz, sinr_db) = (timing.at_sample, offset.hz, level.sinr_db);
                println!("    heard PCI {} {hz:+.0} Hz, frame at {at:.1}, {state:?}, {sinr_db:.1} dB", pci.get());
            }
            table.entry("ghosts".to_owned()).or_default()[1] += 1;
        }
        for (index, cell) in scenario.cells.iter().enumerate() {
            let missing = missing(&scenario, index, &heard);
            let labels = labels(&scenario, cell);
            if let Some(missing) = &missing {
                println!("{seed}: PCI {}: {missing}; {}", cell.pci.get(), labels.join(", "));
            }
            for label in labels.into_iter().chain(["all".to_owned()]) {
                let [received, sent] = table.entry(label).or_default();
                *received += usize::from(missing.is_none());
                *sent += 1;
            }
        }
    }
    table
}

#[test]
fn drawn_configurations_are_received_whole() {
    let table = run((0..21).chain([29, 44, 47, 82, 84, 114, 131, 147]));
    assert_eq!(table.get("ghosts"), None, "{table:?}");
    let [received, sent] = table["all"];
    assert!(received == sent, "{received} of {sent}");
}

/// Prints what fails, and how much of each axis value was received.
#[test]
#[ignore = "minutes of work; prints a table"]
fn wide() {
    let bound = |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"));
    for (label, [received, sent]) in run(bound("FROM", 0)..bound("TO", 300)) {
        println!("{label}: {received} of {sent}");
    }
}
