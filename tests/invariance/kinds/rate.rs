use testsignal::impair::at_rate;

use super::{Case, Impairment};
use crate::{signal::Signal, subject::Subject};

/// Another sample rate that holds all of the signal.
pub struct Rate;

/// Rates of radios in use.
const RATES_MSPS: [f64; 13] = [2.0, 2.048, 2.4, 2.56, 3.2, 3.84, 5.0, 5.76, 7.68, 10.0, 12.5, 20.0, 30.72];
/// Of more than so many times the rate there is nothing but room.
const MAX_TIMES: f64 = 7.0;

impl Impairment for Rate {
    fn name(&self) -> &'static str {
        "sample rate"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let from_hz = subject.signal.rate_hz;
        let rates_hz =
            RATES_MSPS.map(|msps| 1e6 * msps).into_iter().filter(|hz| *hz > from_hz && *hz < MAX_TIMES * from_hz);
        let resampled = |rate_hz: f64| {
            Case::new(format!("{} MS/s", rate_hz * 1e-6), move |signal| {
                let signal = signal.cut(0.0..0.16);
                Signal { samples: at_rate(&signal.samples, signal.rate_hz, rate_hz), rate_hz, ..signal }
            })
        };
        rates_hz.map(resampled).collect()
    }
}
