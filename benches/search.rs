//! The search for cells in 80 ms at 1.92 MS/s: every identity, both duplexes and prefixes, all confirmed cells with
//! their MIB; and the PSS correlation of one hypothesis, which it is built of.

mod meter;
mod signal;

use std::{hint::black_box, process::ExitCode};

use lte_dsp::{
    cell::{Bandwidth, NId2},
    fft::Transforms,
    frontend::spectra::BlockSpectra,
    search::pss::{PssCorrelator, PssHypothesis},
    units::{Hertz, Ppm, SampleRate},
};
use meter::{Amount, Floor, Meter};
use num_complex::Complex32;
use signal::{CARRIER_HZ, CRYSTAL_PPM, Recording, cell};

const SECONDS: f64 = 0.08;
/// Transforms of one hypothesis: one each millisecond.
const BLOCKS: usize = 80;
const BLOCK_LEN: usize = 1024;

fn main() -> ExitCode {
    let mut meter = Meter::new();
    let rate = SampleRate::LTE_1_4_MHZ;
    let mut recording = Recording::new(rate.hz(), SECONDS, vec![cell(301, Bandwidth::Rb25)]);
    let signal = Amount::Samples(recording.len(), SECONDS);
    let carrier = || Some(vec![Hertz(CARRIER_HZ)]);
    // Three sequences at 49 frequencies within ±60 ppm, at 5 within ±3 ppm.
    let floor = Floor { count: 3 * 49 * BLOCKS, len: BLOCK_LEN, most: 5.0 };
    meter.measure("search_60_ppm", signal, &floor, || {
        assert_eq!(recording.receive(carrier(), None), 1, "cells");
    });
    let floor = Floor { count: 3 * 5 * BLOCKS, len: BLOCK_LEN, most: 22.0 };
    meter.measure("search_known_crystal", signal, &floor, || {
        assert_eq!(recording.receive(carrier(), Some(Ppm(-CRYSTAL_PPM))), 1, "cells");
    });
    // Of a hundred cells on one carrier as much is done as five dwells of one cell cost, and the rest is left.
    let fake = |n: u16| {
        let mut fake = cell(5 * n, Bandwidth::Rb6);
        (fake.system_information, fake.scheduling.load) = (None, 0.0);
        (fake.time_offset_s, fake.crs_es_n0_db) = (1e-4 * f64::from(n), 10.0 + f32::from(n % 12));
        fake
    };
    let mut flooded = Recording::new(rate.hz(), SECONDS, (0..96).map(fake).collect());
    let floor = Floor { count: 3 * 49 * BLOCKS, len: BLOCK_LEN, most: 38.0 };
    meter.measure("search_flooded", signal, &floor, || {
        assert!(flooded.receive(carrier(), None) > 8, "cells");
    });
    let samples: Vec<Complex32> = (0..recording.len()).map(|n| Complex32::cis((n * n % 1009) as f32)).collect();
    let spectra = BlockSpectra::new(&mut Transforms::new(), &samples, rate);
    let mut correlator = PssCorrelator::new(spectra.block_len());
    let hypothesis = PssHypothesis { n_id_2: NId2::ALL[0], bin: 3, clock_excess: 1e-6 };
    let searched = Amount::Samples(spectra.blocks() * BLOCK_LEN * 960 / 1024, SECONDS);
    let floor = Floor { count: BLOCKS, len: BLOCK_LEN, most: 3.0 };
    meter.measure("pss_hypothesis", searched, &floor, || {
        black_box(correlator.correlate(&spectra, &hypothesis, usize::MAX));
    });
    meter.finish()
}
