use testsignal::front_end::{Format, FrontEnd};

use super::{Case, Impairment};
use crate::subject::Subject;

/// A direct current up to 10 dB above the signal.
pub struct Dc;

impl Impairment for Dc {
    fn name(&self) -> &'static str {
        "direct current"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let shifted = |(dc, rms, format): ([f32; 2], f32, Format)| {
            Case::new(format!("{dc:?} at rms {rms}, {}", format.datatype()), move |signal| {
                let mut signal = signal.clone();
                signal.through(FrontEnd { format, rms, dc, ..FrontEnd::default() });
                signal
            })
        };
        [
            ([0.02, -0.01], 0.1, Format::Cu8),
            ([0.05, -0.08], 0.1, Format::Ci8),
            ([-0.1, 0.1], 0.1, Format::Ci16),
            ([0.0, 0.2], 0.1, Format::Cf32),
            ([-0.2, -0.2], 0.08, Format::Ci8),
        ]
        .map(shifted)
        .into()
    }
}
