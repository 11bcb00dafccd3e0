use testsignal::impair::shift;

use super::{Case, Impairment};
use crate::subject::Subject;

/// A carrier off its place.
pub struct Carrier;

impl Impairment for Carrier {
    fn name(&self) -> &'static str {
        "carrier offset"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let shifted = |hz: f64| {
            Case::new(format!("{hz:+} Hz"), move |signal| {
                let mut signal = signal.clone();
                shift(&mut signal.samples, signal.rate_hz, hz);
                signal
            })
        };
        [-30e3, -22_500.0, -14e3, -7_500.0, -1_111.0, -200.0, 50.0, 500.0, 2_345.0, 7_400.0, 11e3, 18e3, 26e3, 30e3]
            .map(shifted)
            .into()
    }
}
