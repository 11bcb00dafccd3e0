//! One timebase for the frames of all dwells.
//!
//! A recording's start time may be milliseconds off, while the frame timings of two cells in one dwell compare to a
//! microsecond. So the shift of a dwell against the earlier ones is the one that most of its known cells agree on.

use crate::observation::Observation;

/// Length of a radio frame in seconds. TS 36.211 §4.
pub const FRAME_S: f64 = 0.01;

/// How well two cells must agree on a shift.
const AGREE_S: f64 = 5e-6;

/// Whether two shifts are one, as far as cells agree on it.
#[must_use]
pub fn is_same(a: f64, b: f64) -> bool {
    wrap_s(a - b).abs() <= AGREE_S
}

/// Brings a time difference into half a frame either side of zero.
#[must_use]
pub fn wrap_s(seconds: f64) -> f64 {
    let wrapped = seconds.rem_euclid(FRAME_S);
    if wrapped > FRAME_S / 2.0 { wrapped - FRAME_S } else { wrapped }
}

/// Where in a frame's length the cell's frames start, by the recording's own clock.
#[must_use]
pub fn phase_s(o: &Observation) -> f64 {
    // The start is taken modulo the frame in integers: a Unix time in f64 keeps only 0.2 µs.
    let frame_ns = 10_000_000;
    let start_s = o.dwell.start.map_or(0.0, |t| t.as_nanosecond().rem_euclid(frame_ns) as f64 * 1e-9);
    // The carrier offset is that of the receiver's crystal, nearly, and the same crystal counts the samples.
    wrap_s(start_s + o.timing.at_seconds * (1.0 + o.offset.ppm * 1e-6))
}

/// The shift of a dwell against the common timebase, given each cell's phase and the phases its live tracks had.
///
/// Two cells must agree; one alone is believed only where it needs the shift that the dwell before had, that is where the
/// recordings' own times are good. `None` where nothing can be said.
#[must_use]
pub fn align(phases: &[f64], candidates: &[Vec<f64>], before_s: f64) -> Option<f64> {
    let shifts: Vec<Vec<f64>> =
        phases.iter().zip(candidates).map(|(p, known)| known.iter().map(|k| wrap_s(p - k)).collect()).collect();
    let agreeing = |shift: f64| {
        let near = |s: &&f64| is_same(**s, shift);
        shifts.iter().filter_map(|own| own.iter().find(near)).copied().collect::<Vec<f64>>()
    };
    let best = shifts.iter().flatten().copied().map(|s| (agreeing(s), s)).max_by(|a, b| {
        let moved = |shift: f64| wrap_s(shift - before_s).abs();
        a.0.len().cmp(&b.0.len()).then(moved(b.1).total_cmp(&moved(a.1)))
    })?;
    let (votes, shift) = best;
    let mean = shift + votes.iter().map(|v| wrap_s(v - shift)).sum::<f64>() / votes.len() as f64;
    (votes.len() >= 2 || is_same(shift, before_s)).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_most_cells_agree_on_wins() {
        let known = vec![vec![1e-3], vec![-2e-3], vec![4e-3]];
        let phases = [1.5e-3, -1.5e-3, 3.0e-3];
        let shift = align(&phases, &known, 0.0).expect("two cells agree");
        assert!((shift - 0.5e-3).abs() < 1e-9, "{shift}");
    }

    #[test]
    fn one_cell_is_believed_only_at_the_shift_before() {
        assert_eq!(align(&[1e-3], &[vec![2e-3]], 0.0), None);
        assert!(align(&[1.002e-3], &[vec![1e-3]], 0.0).is_some_and(|s| (s - 2e-6).abs() < 1e-9));
        assert!(align(&[1.008e-3], &[vec![1e-3]], 6e-6).is_some_and(|s| (s - 8e-6).abs() < 1e-9));
        assert_eq!(align(&[1.008e-3], &[vec![1e-3]], 0.0), None);
        assert_eq!(align(&[1e-3], &[vec![]], 0.0), None);
        assert_eq!(align(&[], &[], 0.0), None);
    }

    #[test]
    fn shifts_wrap_at_the_frame() {
        let shift = align(&[-4.9e-3, 0.2e-3], &[vec![4.9e-3], vec![0.0]], 0.0).expect("both moved by 0.2 ms");
        assert!((shift - 0.2e-3).abs() < 1e-9, "{shift}");
    }
}
