use testsignal::{
    front_end::Format,
    impair::{ADVANCE_S, UplinkBurst, add_bursts},
};

use super::{Case, Impairment};
use crate::{program::Reported, signal::rms, subject::Subject};

/// A phone beside the receiver that sends in uplink subframes of a TDD cell.
pub struct UplinkBursts;

const FRAME_S: f64 = 10e-3;
/// Where an uplink subframe starts in every assignment. TS 36.211 Table 4.2-2.
const UPLINK_S: f64 = 2e-3;
const BLOCKS: usize = 4;
/// Starts of the recording within a millisecond.
const ALIGNMENTS: u32 = 10;

impl Impairment for UplinkBursts {
    fn name(&self) -> &'static str {
        "uplink burst"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        // Only where all cells are of one frame timing is an uplink subframe none of their downlink.
        let cells = &subject.shown().cells;
        let first = cells.iter().find(|cell| cell.is_tdd && cell.frame_at_sample.is_some());
        let Some(cell) = first.filter(|_| cells.iter().all(|cell| cell.is_tdd)) else { return Vec::new() };
        let mut cases = Vec::new();
        for db in [20, 30, 40] {
            for alignment in 0..ALIGNMENTS {
                cases.push(with_bursts(cell, db, f64::from(alignment) * 1e-3 / f64::from(ALIGNMENTS)));
            }
        }
        cases
    }
}

/// Bursts `db` above the signal, of which the first `skipped_s` are not recorded.
fn with_bursts(cell: &Reported, db: i32, skipped_s: f64) -> Case {
    let frame_at = cell.frame_at_sample.unwrap_or(0.0);
    let offset_hz = cell.cfo_hz;
    let carrier_hz = cell.carrier_hz;
    Case::new(format!("{db} dB, {:.1} ms later", 1e3 * skipped_s), move |signal| {
        let mut signal = signal.clone();
        let level = rms(&signal.samples);
        let power = 2.0 * level * level * 10f32.powf(db as f32 / 10.0);
        let lowest_hz = carrier_hz - signal.center_hz + offset_hz - 180e3 * BLOCKS as f64 / 2.0;
        let first_s = (frame_at / signal.rate_hz).rem_euclid(FRAME_S) + UPLINK_S - ADVANCE_S - FRAME_S;
        let frames = (signal.seconds() / FRAME_S) as u32 + 2;
        let starts: Vec<f64> = (0..frames).map(|frame| first_s + FRAME_S * f64::from(frame)).collect();
        add_bursts(&mut signal.samples, signal.rate_hz, UplinkBurst { power, lowest_hz, blocks: BLOCKS }, &starts, 1);
        signal.cut(skipped_s..f64::INFINITY).stored_as(Format::Ci16)
    })
}
