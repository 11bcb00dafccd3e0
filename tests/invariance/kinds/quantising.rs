use testsignal::front_end::{Format, FrontEnd};

use super::{Case, Impairment};
use crate::subject::Subject;

/// A gain too low: a few steps of the converter are left.
pub struct Quantising;

impl Impairment for Quantising {
    fn name(&self) -> &'static str {
        "few steps"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let coarse = |(format, lsb): (Format, f32)| {
            Case::new(format!("rms {lsb} LSB, {}", format.datatype()), move |signal| {
                let mut signal = signal.clone();
                signal.through(FrontEnd { format, rms_lsb: Some(lsb), ..FrontEnd::default() });
                signal
            })
        };
        let formats = [Format::Ci8, Format::Cu8, Format::Ci16];
        formats.into_iter().flat_map(|f| [1.5, 2.0, 3.0, 6.0].map(|lsb| coarse((f, lsb)))).collect()
    }
}
