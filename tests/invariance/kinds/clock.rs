use testsignal::impair::with_clock_error;

use super::{Case, Impairment};
use crate::{signal::Signal, subject::Subject};

/// A sample clock that errs by something else than the carrier.
pub struct Clock;

impl Impairment for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let errs = |ppm: f64| {
            [0.08, 0.16, f64::INFINITY].map(|seconds| {
                Case::new(format!("{ppm:+} ppm, {:.0} ms", 1e3 * f64::min(seconds, 1.0)), move |signal| {
                    let signal = signal.cut(0.0..seconds + 1e-3);
                    Signal { samples: with_clock_error(&signal.samples, ppm), ..signal }
                })
            })
        };
        [-150.0, -112.0, -60.0, -30.0, -12.0, 5.0, 20.0, 53.0, 90.0, 150.0].into_iter().flat_map(errs).collect()
    }
}
