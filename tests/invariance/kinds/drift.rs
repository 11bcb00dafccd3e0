use testsignal::impair::drift;

use super::{Case, Impairment};
use crate::subject::Subject;

/// A crystal that warms up.
pub struct Drift;

/// How long it does.
const SECONDS: f64 = 0.16;

impl Impairment for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let drifting = |hz_per_ms: f64| {
            Case::new(format!("{hz_per_ms:+} Hz/ms"), move |signal| {
                let mut signal = signal.cut(0.0..SECONDS);
                drift(&mut signal.samples, signal.rate_hz, hz_per_ms, SECONDS);
                signal
            })
        };
        [-20.0, -12.0, -5.0, -1.0, 0.5, 2.0, 8.0, 20.0].map(drifting).into()
    }
}
