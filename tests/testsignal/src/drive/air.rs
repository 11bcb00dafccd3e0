//! The drive as it is received: one scenario a stop.

use super::plan::{CARRIER_HZ, Plan, Transmitter};
use crate::{
    front_end::{Format, FrontEnd},
    ofdm::DELTA_F_HZ,
    random::Draw,
    scenario::{CellConfig, Scenario},
};

/// Seconds from one stop to the next, all within one hour.
const STEP_S: usize = 5;
/// Length of a recording and its sample rate.
const SECONDS: f64 = 0.06;
const RATE_HZ: f64 = 5.76e6;

/// Cells below this, or so far below the strongest, are left out: they are nothing but work.
const LEAST_DB: f64 = -14.0;
const BELOW_STRONGEST_DB: f64 = 40.0;

/// Small-scale fading that the channel's profile does not make, for cells that stay and for one in a car ahead.
const FADING_DB: f64 = 1.5;

/// Root mean square that the gain aims at, relative to full scale.
const AIM: f64 = 0.17;

/// A stop: what is received there.
pub(super) struct Stop {
    pub scenario: Scenario,
    /// The distance of each of its cells in metres.
    pub distances_m: Vec<f64>,
}

/// The stops of a drive.
pub(super) fn stops(plan: &Plan) -> Vec<Stop> {
    let mut draw = Draw::new(plan.seed ^ 0xA1);
    (0..plan.road.len()).map(|stop| receive(plan, stop, &mut draw)).collect()
}

fn receive(plan: &Plan, stop: usize, draw: &mut Draw) -> Stop {
    let here = plan.road.stop(stop);
    let on_air = plan.transmitters.iter().filter(|t| t.on_air.contains(&stop));
    let mut heard: Vec<(CellConfig, f64)> = on_air
        .map(|t| {
            let mut cell = as_received(plan, t, stop);
            cell.crs_es_n0_db = (t.level_db(here) + draw.normal(FADING_DB)) as f32;
            cell.channel = plan.channel.clone();
            (cell, t.distance_m(here))
        })
        .collect();
    let strongest_db = heard.iter().map(|(cell, _)| cell.crs_es_n0_db).fold(f32::MIN, f32::max);
    let least_db = LEAST_DB.max(f64::from(strongest_db) - BELOW_STRONGEST_DB);
    heard.retain(|(cell, _)| f64::from(cell.crs_es_n0_db) >= least_db);
    let (cells, distances_m): (Vec<_>, Vec<_>) = heard.into_iter().unzip();
    let front_end = FrontEnd { format: Format::Ci8, gain_db: Some(gain_db(&cells)), ..FrontEnd::default() };
    let mut scenario = Scenario::new(RATE_HZ, CARRIER_HZ, SECONDS, cells);
    scenario.name = format!("{}-{stop:03}", plan.name);
    scenario.description = format!("SYNTHETIC, never on the air: stop {stop} of a drive");
    let seconds = STEP_S * stop;
    scenario.datetime = format!("2026-11-20T01:{:02}:{:02}Z", seconds / 60, seconds % 60);
    scenario.position = Some(here.degrees());
    scenario.seed = plan.seed << 16 | stop as u64;
    scenario.crystal_ppm = plan.crystal_ppm;
    scenario.front_end = front_end;
    Stop { scenario, distances_m }
}

/// What a transmitter sends at a stop, with the times of its frames there.
fn as_received(plan: &Plan, t: &Transmitter, stop: usize) -> CellConfig {
    let named = t.as_cell.iter().rev().find(|(from, _)| *from <= stop);
    let mut cell = named.expect("the first name is from the first stop on").1.clone();
    let clock = if plan.clocks_run { 1.0 + cell.cfo_hz / cell.carrier_hz } else { 1.0 };
    let delay_s = t.distance_m(plan.road.stop(stop)) / 299_792_458.0;
    let since_s = t.sfn_0_s + (STEP_S * stop) as f64 * clock - delay_s;
    let frames = (since_s / 0.01).floor();
    cell.first_sfn = frames.rem_euclid(1024.0) as u16;
    cell.time_offset_s = (since_s - 0.01 * frames).clamp(0.0, 0.009_999_999);
    cell
}

/// The gain to hundredths of a decibel that brings these cells near the aim.
fn gain_db(cells: &[CellConfig]) -> f64 {
    let bandwidth = |cell: &CellConfig| cell.bandwidth.subcarriers() as f64;
    // Reference and control signals fill about a third of an idle carrier.
    let share = |cell: &CellConfig| 0.3 + 0.7 * f64::from(cell.scheduling.load);
    let of_cell = |cell: &CellConfig| 10f64.powf(f64::from(cell.crs_es_n0_db) / 10.0) * bandwidth(cell) * share(cell);
    let power = RATE_HZ / DELTA_F_HZ + cells.iter().map(of_cell).sum::<f64>();
    let gain_db = 20.0 * (AIM / (power / 2.0).sqrt()).log10();
    (gain_db * 100.0).round() / 100.0
}
