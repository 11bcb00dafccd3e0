use super::{Case, Impairment};
use crate::subject::{SHOWN_S, Subject};

/// A later start.
pub struct Start;

impl Impairment for Start {
    fn name(&self) -> &'static str {
        "later start"
    }

    fn cases(&self, subject: &Subject) -> Vec<Case> {
        let last_s = subject.signal.seconds() - SHOWN_S;
        let starts_s = [0.1, 0.7, 3.33, 5.0, 9.9, 21.7, 40.0, 79.0, 111.1, 160.0, 225.5].map(|ms| 1e-3 * ms);
        let cases = starts_s.into_iter().filter(|s| *s <= last_s).flat_map(|s| {
            [s + SHOWN_S, f64::INFINITY].map(|end_s| {
                let what = format!("{:.1} ms of it from {:.1} ms", 1e3 * (end_s.min(last_s + SHOWN_S) - s), 1e3 * s);
                Case::new(what, move |signal| signal.cut(s..end_s))
            })
        });
        cases.collect()
    }
}
