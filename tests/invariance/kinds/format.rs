use testsignal::front_end::Format;

use super::{Case, Impairment};
use crate::subject::Subject;

/// Another format.
pub struct Formats;

/// All formats of samples.
pub const FORMATS: [Format; 4] = [Format::Ci8, Format::Cu8, Format::Ci16, Format::Cf32];

impl Impairment for Formats {
    fn name(&self) -> &'static str {
        "format"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        FORMATS.map(|format| Case::new(format.datatype(), move |signal| signal.clone().stored_as(format))).into()
    }
}
