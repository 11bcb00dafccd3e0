use testsignal::impair::with_clock_error;

use super::{Case, Impairment};
use crate::{
    signal::Signal,
    subject::{SHOWN_S, Subject},
};

/// A longer cut, a clock apart from the carrier and a loss at once, as receivers behind a converter record.
pub struct Together;

/// Lengths of cuts in milliseconds.
const CUTS_MS: [f64; 8] = [90.0, 110.0, 160.0, 200.0, 320.0, 500.0, 750.0, 1000.0];
/// Samples lost: some, and a buffer of a USB receiver.
const LOST: [usize; 2] = [777, 32_768];

impl Impairment for Together {
    fn name(&self) -> &'static str {
        "cut, clock and loss"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let most_s = subject.signal.seconds();
        let cuts_s = CUTS_MS.map(|ms| (1e-3f64 * ms).min(most_s)).into_iter().filter(|s| *s > SHOWN_S);
        let mut cuts_s: Vec<f64> = cuts_s.collect();
        cuts_s.dedup();
        let mut cases = Vec::new();
        for cut_s in cuts_s {
            // What is left before the loss is 80 ms at least.
            let from_s = 0.5 * (SHOWN_S + cut_s);
            for ppm in [0.0, 150.0, -150.0] {
                for lost in LOST {
                    let what = format!("{:.0} ms, {ppm:+} ppm, {lost} lost at {:.1} ms", 1e3 * cut_s, 1e3 * from_s);
                    cases.push(Case::new(what, move |signal| {
                        let signal = signal.cut(0.0..cut_s);
                        let mut samples = with_clock_error(&signal.samples, ppm);
                        let from = signal.index(from_s).min(samples.len());
                        samples.drain(from..(from + lost).min(samples.len()));
                        Signal { samples, ..signal }
                    }));
                }
            }
        }
        cases
    }
}
