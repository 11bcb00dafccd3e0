use super::{Case, Impairment};
use crate::subject::{SHOWN_S, Subject};

/// The first 80 ms and more.
pub struct Cut;

impl Impairment for Cut {
    fn name(&self) -> &'static str {
        "longer cut"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let whole_s = subject.signal.seconds();
        let lengths = [81.0, 87.3, 95.0, 110.7, 140.0, 159.9, 160.0, 160.5, 163.0, 200.0, 241.0, f64::INFINITY];
        let lengths_s = lengths.map(|ms| (1e-3f64 * ms).min(whole_s)).into_iter();
        let mut longer_s: Vec<f64> = lengths_s.filter(|s| *s >= SHOWN_S).collect();
        longer_s.dedup();
        longer_s
            .into_iter()
            .map(|s| Case::new(format!("{:.1} ms", 1e3 * s), move |signal| signal.cut(0.0..s)))
            .collect()
    }
}
