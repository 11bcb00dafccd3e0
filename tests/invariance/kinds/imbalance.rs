use testsignal::front_end::FrontEnd;

use super::{Case, Impairment};
use crate::subject::Subject;

/// I and Q of unlike gain and not at right angles: images 21 dB down at most.
pub struct Imbalance;

impl Impairment for Imbalance {
    fn name(&self) -> &'static str {
        "IQ imbalance"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let unlike = |(iq_gain_db, iq_phase_deg): (f32, f32)| {
            Case::new(format!("{iq_gain_db:+} dB, {iq_phase_deg:+}°"), move |signal| {
                let mut signal = signal.clone();
                signal.through(FrontEnd { iq_gain_db, iq_phase_deg, ..FrontEnd::default() });
                signal
            })
        };
        [(0.5, 0.0), (-1.0, 4.0), (1.0, -4.0), (0.0, 6.0), (1.5, 2.0)].map(unlike).into()
    }
}
