//! Recordings of a 20 MHz cell at 19.2 MS/s from bytes to observations, nothing known before: a dwell through SIB1 and
//! SI, ten seconds of search and tracking, and a band that holds nothing.

mod meter;
mod signal;

use std::process::ExitCode;

use lte_dsp::cell::Bandwidth;
use meter::{Amount, Floor, Meter};
use signal::{CRYSTAL_PPM, Recording, cell};

const RATE_HZ: f64 = 19.2e6;
/// Points of the transform of the whole band that is made each millisecond.
const BAND: usize = 20_480;
/// 128 frames by a crystal that is off: of all that counts frames, only the MIB sees that they repeat, and a cell is
/// asked for that once.
const ROUND_SECONDS: f64 = 1.28 * (1.0 + CRYSTAL_PPM * 1e-6);

fn main() -> ExitCode {
    let mut meter = Meter::new();
    for (name, seconds, times, cells, most) in [
        ("dwell_20_mhz", 0.08, 1, vec![cell(301, Bandwidth::Rb100)], 50.0),
        ("ten_seconds_20_mhz", ROUND_SECONDS, 8, vec![cell(301, Bandwidth::Rb100)], 24.0),
        ("empty_band", 0.08, 1, Vec::new(), 190.0),
    ] {
        let expected = cells.len();
        let mut recording = Recording::new(RATE_HZ, seconds, times, cells);
        let seconds = seconds * times as f64;
        let floor = Floor { count: (seconds * 1e3) as usize, len: BAND, most };
        meter.measure(name, Amount::Samples(recording.len(), seconds), &floor, || {
            assert_eq!(recording.receive(None, None), expected, "cells");
        });
    }
    meter.finish()
}
