use testsignal::impair::delayed_by_part;

use super::{Case, Impairment};
use crate::{signal::Signal, subject::Subject};

/// A later arrival: by parts of a sample, and behind nothing at all.
pub struct Delay;

impl Impairment for Delay {
    fn name(&self) -> &'static str {
        "delay"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let by_part = |part: f64| {
            Case::new(format!("{part} samples"), move |signal| Signal {
                samples: delayed_by_part(&signal.samples, part),
                ..*signal
            })
        };
        let behind_nothing = |samples: usize| {
            Case::new(format!("{samples} samples of silence before"), move |signal| {
                let silence = vec![Default::default(); samples];
                Signal { samples: silence.into_iter().chain(signal.samples.iter().copied()).collect(), ..*signal }
            })
        };
        let parts = [0.125, 0.25, 0.375, 0.5, 0.75].map(by_part);
        parts.into_iter().chain([1, 777, 5_000, 19_200, 100_000].map(behind_nothing)).collect()
    }
}
