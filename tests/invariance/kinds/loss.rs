use super::{Case, Impairment};
use crate::subject::{SHOWN_S, Subject};

/// Samples lost without a word.
pub struct Loss;

impl Impairment for Loss {
    fn name(&self) -> &'static str {
        "lost samples"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let signal = &subject.signal;
        let (all, shown) = (signal.samples.len(), signal.index(SHOWN_S));
        let mut cases = Vec::new();
        for lost in [1, 2, 5, 13, 137, 500, 1_000, 5_000, 10_000, 16_384, 38_400, 100_000] {
            for place in [0.04, 0.13, 0.25, 0.31, 0.5, 0.55, 0.77, 0.9] {
                let from = (place * all as f64) as usize;
                let behind = all.saturating_sub(from + lost);
                if from < shown && behind < shown {
                    continue;
                }
                let ms = 1e3 * from as f64 / signal.rate_hz;
                cases.push(Case::new(format!("{lost} samples at {ms:.1} ms"), move |signal| {
                    let mut signal = signal.clone();
                    signal.samples.drain(from..(from + lost).min(all));
                    signal
                }));
            }
        }
        cases
    }
}
