use super::{Case, Impairment};
use crate::subject::Subject;

/// Another scale of floating-point samples.
pub struct Scale;

impl Impairment for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn cases(&self, _: &Subject) -> Vec<Case> {
        let scaled = |exponent: i32| {
            Case::new(format!("times 1e{exponent}"), move |signal| {
                let mut signal = signal.clone();
                signal.scale = 10f32.powi(exponent);
                signal.samples.iter_mut().for_each(|x| *x *= signal.scale);
                signal
            })
        };
        [-6, -4, -2, 2, 4, 6].map(scaled).into()
    }
}
