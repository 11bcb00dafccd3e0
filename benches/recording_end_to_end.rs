//! Recordings of a 20 MHz cell at 19.2 MS/s from bytes to observations, nothing known before: a dwell through SIB1 and
//! SI, a second of search and tracking, and a band that holds nothing.

mod meter;
mod signal;

use lte_dsp::cell::Bandwidth;
use meter::measure;
use signal::{Recording, cell};

const RATE_HZ: f64 = 19.2e6;
/// Points of the transform of the whole band that is made each millisecond.
const BAND: usize = 20_480;

fn main() {
    for (name, seconds, cells) in [
        ("dwell_20_mhz", 0.08, vec![cell(301, Bandwidth::Rb100)]),
        ("second_20_mhz", 1.0, vec![cell(301, Bandwidth::Rb100)]),
        ("empty_band", 0.08, Vec::new()),
    ] {
        let expected = cells.len();
        let mut recording = Recording::new(RATE_HZ, seconds, cells);
        let signal = (recording.len(), seconds);
        measure(name, signal, ((seconds * 1e3) as usize, BAND), || {
            assert_eq!(recording.receive(None, None), expected, "cells");
        });
    }
}
