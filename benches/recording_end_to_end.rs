//! Recordings of a 20 MHz cell at 19.2 MS/s from bytes to observations, nothing known before: a dwell through SIB1 and
//! SI, seconds of tracking with a search each second, and a band that holds nothing.

mod meter;
mod signal;

use std::process::ExitCode;

use lte_dsp::cell::Bandwidth;
use meter::{Amount, Floor, Meter};
use signal::{Recording, cell};

const RATE_HZ: f64 = 19.2e6;
/// Points of the transform of the whole band that is made each millisecond.
const BAND: usize = 20_480;

fn main() -> ExitCode {
    let mut meter = Meter::new();
    for (name, seconds, cells, most) in [
        ("dwell_20_mhz", 0.08, vec![cell(301, Bandwidth::Rb100)], 25.0),
        ("tracking_20_mhz", 2.0, vec![cell(301, Bandwidth::Rb100)], 4.5),
        ("empty_band", 0.08, Vec::new(), 160.0),
    ] {
        let expected = cells.len();
        let mut recording = Recording::new(RATE_HZ, seconds, cells);
        let floor = Floor { count: (seconds * 1e3) as usize, len: BAND, most };
        meter.measure(name, Amount::Samples(recording.len(), seconds), &floor, || {
            assert_eq!(recording.receive(None, None), expected, "cells");
        });
    }
    meter.finish()
}
