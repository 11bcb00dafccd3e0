//! Cells and receivers drawn at random from all that the standard and RECEIVER.md allow, the same for the same seed.

use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci, PhichDuration, PhichResource};
use testsignal::{
    CellConfig, ChannelConfig, Scenario, SyncPorts, TddConfig,
    broadcast::{NeighbourCarrier, Plmn, SiMessage, SystemInformation},
    fading::Profile,
    front_end::{Format, GainStep},
    random::Draw,
    schedule::SiFormat,
};

/// Sample rates of radios in use, and some of none.
const RATES: [f64; 24] = [
    1.92e6,
    2_000_003.0,
    2.048e6,
    2.4e6,
    2.56e6,
    3.2e6,
    3.84e6,
    5.76e6,
    7.68e6,
    8.192e6,
    10e6,
    11.52e6,
    12.288e6,
    40e6 / 3.0,
    15.36e6,
    19.2e6,
    20e6,
    200e6 / 9.0,
    25e6,
    30.72e6,
    40e6,
    50e6,
    56e6,
    61.44e6,
];
/// The part of its rate that testsignal's receiver passes.
const PASSED: f64 = 0.83;

/// A recording of one carrier, now and then of two.
pub fn scenario(seed: u64) -> Scenario {
    let mut draw = Draw::new(seed);
    let center_hz = draw.of(&[7.96e8, 1.84e9, 2.14e9, 2.35e9, 2.646e9, 3.6e9]);
    let mut cells = vec![cell(&mut draw, center_hz)];
    if draw.once_in(5) {
        cells.push(cell(&mut draw, center_hz));
    }
    let widths: Vec<f64> = cells.iter().map(|cell| cell.bandwidth.subcarriers() as f64 * 15e3 + 30e3).collect();
    let gap = 0.6e6;
    let needed = (widths.iter().sum::<f64>() + gap * (widths.len() - 1) as f64) / PASSED;
    let least = RATES.iter().position(|rate| *rate >= needed).expect("two carriers of 20 MHz fit into 61.44 MS/s");
    let rate = RATES[(least + draw.up_to(4)).min(RATES.len() - 1)];
    place(&mut draw, &mut cells, center_hz, &widths, rate, gap);
    let mut scenario = Scenario::new(rate, center_hz, 0.16 + 0.01 * draw.up_to(5) as f64, cells);
    scenario.seed = seed;
    scenario.crystal_ppm = draw.between(-60.0, 60.0);
    if draw.once_in(5) {
        // Behind a converter the clock is off by something else.
        scenario.clock_ppm = draw.between(-60.0, 60.0);
    }
    front_end(&mut draw, &mut scenario);
    scenario
}

/// Puts the carriers side by side on the raster, anywhere in the band.
fn place(draw: &mut Draw, cells: &mut [CellConfig], center_hz: f64, widths: &[f64], rate: f64, gap: f64) {
    let needed = widths.iter().sum::<f64>() + gap * (widths.len() - 1) as f64;
    let slack = rate * PASSED - needed;
    // Most recordings are tuned to their carrier.
    let tuned = cells.len() == 1 && draw.once_in(2);
    let mut edge = if tuned { -needed / 2.0 } else { draw.between(0.0, slack) - rate * PASSED / 2.0 };
    for (cell, width) in cells.iter_mut().zip(widths) {
        cell.carrier_hz = center_hz + ((edge + width / 2.0) / 100e3).round() * 100e3;
        edge += width + gap;
    }
}

/// A cell that sends all it has to say in each SI window.
fn cell(draw: &mut Draw, carrier_hz: f64) -> CellConfig {
    let bandwidth = Bandwidth::ALL[draw.of(&[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5])];
    let pci = draw.up_to(504);
    let mut cell = CellConfig::new(Pci::new(pci as u16).expect("below 504"), bandwidth, carrier_hz);
    cell.antenna_ports = draw.of(&AntennaPorts::ALL);
    cell.cp = draw.of(&[CyclicPrefix::Normal, CyclicPrefix::Normal, CyclicPrefix::Extended]);
    if draw.once_in(2) {
        let patterns = if cell.cp == CyclicPrefix::Normal { 10 } else { 8 };
        cell.tdd = Some(TddConfig { assignment: draw.up_to(7) as u8, special_subframe: draw.up_to(patterns) as u8 });
    }
    cell.phich_duration = draw.of(&[PhichDuration::Normal, PhichDuration::Normal, PhichDuration::Extended]);
    cell.phich_resource =
        draw.of(&[PhichResource::OneSixth, PhichResource::Half, PhichResource::One, PhichResource::Two]);
    cell.first_sfn = draw.up_to(1024) as u16;
    cell.time_offset_s = draw.between(0.0, 0.00999);
    cell.crs_es_n0_db = draw.between(16.0, 30.0) as f32;
    cell.sync_ports = draw.of(&[SyncPorts::First, SyncPorts::All]);
    cell.channel.profile = draw.of(&[Profile::Flat, Profile::Flat, Profile::Epa]);
    if cell.channel.profile != Profile::Flat {
        cell.channel = ChannelConfig { profile: cell.channel.profile, doppler_hz: draw.between(0.0, 10.0) };
        cell.crs_es_n0_db += 6.0;
    }
    cell.system_information = Some(system_information(draw, pci as u32));
    let scheduling = &mut cell.scheduling;
    scheduling.cfi = 1 + draw.up_to(3) as u8;
    scheduling.si_format = draw.of(&[SiFormat::Localised1A, SiFormat::Distributed1A, SiFormat::Format1C]);
    scheduling.si_blocks = (4 + draw.up_to(8)).min(bandwidth.n_rb_dl());
    scheduling.si_repetitions = 1 + draw.up_to(4);
    scheduling.load = draw.of(&[0.0, 0.3, 0.9]);
    (scheduling.phich, scheduling.paging) = (draw.once_in(2), draw.once_in(2));
    cell
}

fn system_information(draw: &mut Draw, pci: u32) -> SystemInformation {
    let plmn = Plmn::try_from(draw.of(&["450-08", "450-05", "310-260"]).to_owned()).expect("a PLMN");
    let mut si = SystemInformation::new(plmn, draw.up_to(65_536) as u16, pci << 8 | draw.up_to(256) as u32);
    let blocks: [&[u8]; 4] = [&[], &[3], &[4, 5], &[9]];
    let messages = 1 + draw.up_to(4);
    // Windows follow one another and must end before the first message's come again: TS 36.331 §5.2.3.
    let windows: Vec<u8> = [1, 2, 5, 10, 15, 20, 40].into_iter().filter(|w| usize::from(*w) * messages <= 80).collect();
    si.si_window_ms = draw.of(&windows);
    si.messages = (0..messages)
        .map(|n| SiMessage {
            periodicity_rf: draw.of(&[8, 8, 8, 16, 16, 32, 64, 128, 256, 512]),
            sibs: blocks[n].to_vec(),
        })
        .collect();
    si.neighbours = (0..draw.up_to(6)).map(|_| draw.up_to(504) as u16).collect();
    si.carriers = vec![NeighbourCarrier { earfcn: draw.up_to(6000) as u16, priority: 3, cells: Vec::new() }];
    si.hnb_name = "femto at home".to_owned();
    si
}

/// What real front ends do to samples, within RECEIVER.md's limits.
fn front_end(draw: &mut Draw, scenario: &mut Scenario) {
    let front_end = &mut scenario.front_end;
    front_end.format = draw.of(&[Format::Ci8, Format::Cu8, Format::Ci16, Format::Cf32]);
    match draw.up_to(6) {
        0 => front_end.rms_lsb = (front_end.format != Format::Cf32).then_some(1.5),
        1 => front_end.rms = 0.7,
        2 => front_end.dc = [0.05, -0.08],
        3 => (front_end.iq_gain_db, front_end.iq_phase_deg) = (1.0, 4.0),
        4 => front_end.gain_steps = vec![GainStep { at_s: 0.06, db: -9.0 }, GainStep { at_s: 0.11, db: 6.0 }],
        _ => {}
    }
}
