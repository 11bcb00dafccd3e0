use std::f32::consts::TAU;

use testsignal::impair::{Path, add_path};

use super::{Case, Impairment};
use crate::subject::Subject;

/// A second path within the cyclic prefix.
pub struct SecondPath;

/// Width of the synchronisation signals and the PBCH.
const MIDDLE_HZ: f64 = 1.08e6;
const BLOCK_HZ: f64 = 180e3;

impl Impairment for SecondPath {
    fn name(&self) -> &'static str {
        "second path"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let mut cases = Vec::new();
        for delay_us in [0.5, 0.8, 1.2, 1.5, 1.9, 2.3, 2.7, 3.0, 3.5, 4.0, 4.6] {
            for step in 0..8u8 {
                let path = Path { delay_s: 1e-6 * delay_us, amplitude: 1.0, phase: TAU * f32::from(step) / 8.0 };
                let what = format!("{delay_us} µs at {}°", 45 * u16::from(step));
                let case = Case::new(what, move |signal| {
                    let mut signal = signal.clone();
                    add_path(&mut signal.samples, signal.rate_hz, path);
                    signal
                });
                cases.push(case.changing(move |cell, signal| {
                    let centre_hz = cell.carrier_hz - signal.center_hz;
                    let gain = |width_hz| path.power_gain(centre_hz, width_hz);
                    10.0 * gain(MIDDLE_HZ).min(gain(BLOCK_HZ * cell.bandwidth_rb as f64)).log10()
                }));
            }
        }
        cases
    }
}
