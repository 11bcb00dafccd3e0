use num_complex::Complex32;

use super::{Case, Impairment};
use crate::subject::{SHOWN_S, Subject};

/// Five milliseconds of zeros in place of the signal.
pub struct Zeroed;

const ZEROED_S: f64 = 5e-3;

impl Impairment for Zeroed {
    fn name(&self) -> &'static str {
        "zeroed"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let whole_s = subject.signal.seconds();
        let places_s = [0.0, 0.05, 0.11, 0.2, 0.333, 0.5, 0.62, 0.8, 0.97].map(|place| place * whole_s);
        let is_enough = |from: &f64| *from >= SHOWN_S || whole_s - from - ZEROED_S >= SHOWN_S;
        let cases = places_s.into_iter().filter(is_enough).map(|from_s| {
            Case::new(format!("from {:.1} ms", 1e3 * from_s), move |signal| {
                let mut signal = signal.clone();
                let end = signal.index(from_s + ZEROED_S).min(signal.samples.len());
                let from = signal.index(from_s);
                signal.samples[from..end].fill(Complex32::ZERO);
                signal
            })
        });
        cases.collect()
    }
}
