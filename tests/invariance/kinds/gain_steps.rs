use testsignal::front_end::{Format, FrontEnd, GainStep};

use super::{Case, Impairment};
use crate::subject::{SHOWN_S, Subject};

/// An automatic gain control at work.
pub struct GainSteps;

impl Impairment for GainSteps {
    fn name(&self) -> &'static str {
        "gain steps"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let whole_s = subject.signal.seconds();
        let patterns: [&[(f64, f32)]; 6] = [
            &[(0.3, 6.0)],
            &[(0.5, -12.0)],
            &[(0.1, 20.0)],
            &[(0.8, -20.0)],
            &[(0.33, -9.0), (0.66, 6.0)],
            &[(0.05, 10.0), (0.1, -6.0), (0.15, -6.0), (0.2, 3.0), (0.25, -3.0)],
        ];
        let stepped = |(pattern, format): (&[(f64, f32)], Format)| {
            let gain_steps: Vec<GainStep> =
                pattern.iter().map(|&(at, db)| GainStep { at_s: at * whole_s, db }).collect();
            let what = pattern.iter().map(|(at, db)| format!("{db:+} dB at {:.0} ms, ", 1e3 * at * whole_s));
            let what = what.collect::<String>() + format.datatype();
            Case::new(what, move |signal| {
                let mut signal = signal.clone();
                // Room for the loudest part.
                let front_end = FrontEnd { format, rms: 0.03, gain_steps: gain_steps.clone(), ..FrontEnd::default() };
                signal.through(front_end);
                signal
            })
        };
        if whole_s < SHOWN_S {
            return Vec::new();
        }
        patterns.into_iter().flat_map(|pattern| [Format::Cf32, Format::Ci16].map(|f| stepped((pattern, f)))).collect()
    }
}
