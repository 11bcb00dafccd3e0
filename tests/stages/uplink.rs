//! A telephone beside the receiver sends in the uplink subframes of a TDD cell.

use num_complex::Complex32;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::*;

/// Adds bursts of so much power over that of the samples, in the given subframe of every frame: each a millisecond, as much
/// earlier as its timing advance has it.
fn add_bursts(samples: &mut [Complex32], cell: &CellConfig, rate_hz: f64, subframe: usize, over_db: f32) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let power = samples.iter().map(Complex32::norm_sqr).sum::<f32>() / samples.len() as f32;
    let amplitude = (power * 10f32.powf(over_db / 10.0)).sqrt();
    let ms = rate_hz / 1e3;
    for frame in 0..=(samples.len() as f64 / (10.0 * ms)) as usize {
        let start = (10 * frame + subframe) as f64 * ms - cell.time_offset_s * rate_hz - 0.02 * ms;
        for x in samples.iter_mut().take((start + ms).max(0.0) as usize).skip(start.max(0.0) as usize) {
            *x += Complex32::cis(rng.random_range(0.0..std::f32::consts::TAU)) * amplitude;
        }
    }
}

#[test]
fn a_burst_beside_the_receiver_hides_no_cell() {
    for (es_n0_db, over_db, subframes) in [(14.0, 30.0, &[2, 7][..]), (6.0, 40.0, &[2, 7]), (28.0, 30.0, &[2, 3, 7, 8])]
    {
        let mut cell = cell(301, Bandwidth::Rb15);
        (cell.tdd, cell.crs_es_n0_db) = (Some(TddConfig { assignment: 1, special_subframe: 7 }), es_n0_db);
        for tenth_ms in 0..10 {
            cell.time_offset_s = 0.0043 + f64::from(tenth_ms) * 1e-4;
            let scenario = Scenario::new(3.84e6, CARRIER_HZ, 0.06, vec![cell.clone()]);
            let mut samples = scenario.generate().expect("valid");
            for &subframe in subframes {
                add_bursts(&mut samples, &cell, 3.84e6, subframe, over_db);
            }
            let settings = ReceiverSettings {
                carriers: None,
                crystal: None,
                stop: Arc::default(),
                backlog: Default::default(),
                level_of: None,
            };
            let heard =
                receive(&mut Memory::new(&scenario, samples), &settings, &|_| {}).expect("samples").observations;
            let states: Vec<_> = heard.iter().map(|o| (o.pci, o.state)).collect();
            let is_alone = heard.len() == 1 && is_received(&heard[0], &cell, CellState::Mib);
            assert!(is_alone, "{es_n0_db} dB, bursts {over_db} dB, {tenth_ms} tenths of a millisecond: {states:?}");
        }
    }
}
