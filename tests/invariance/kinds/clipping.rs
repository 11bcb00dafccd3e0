use testsignal::front_end::{Format, FrontEnd};

use super::{Case, Impairment};
use crate::subject::Subject;

/// A gain too high.
pub struct Clipping;

impl Impairment for Clipping {
    fn name(&self) -> &'static str {
        "clipping"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let clipped = |(format, rms): (Format, f32)| {
            Case::new(format!("rms {rms}, {}", format.datatype()), move |signal| {
                let mut signal = signal.clone();
                signal.through(FrontEnd { format, rms, ..FrontEnd::default() });
                signal
            })
        };
        [Format::Ci8, Format::Cu8]
            .into_iter()
            .flat_map(|f| [0.4, 0.7, 1.0, 2.0, 5.0].map(|rms| clipped((f, rms))))
            .collect()
    }
}
