//! Fixes that no car can have driven to.

use super::Fix;

/// Speed that no car exceeds on a drive test, in m/s: 250 km/h.
pub const MAX_SPEED_M_S: f64 = 70.0;

/// Runs of fixes that are looked back over for one that leads on.
const MAX_RUNS_BACK: usize = 64;

/// Whether one fix can have been driven to from another, their errors taken threefold.
#[must_use]
pub fn is_reachable(from: &Fix, to: &Fix) -> bool {
    let seconds = to.time.duration_since(from.time).as_secs_f64().abs();
    let errors_m = 3.0 * (from.place.error_m + to.place.error_m);
    from.place.distance_m(&to.place) <= MAX_SPEED_M_S * seconds + errors_m
}

/// The fixes without jumps, of fixes in order of time: the longest sequence of runs each of which can be driven to from the
/// one before.
#[must_use]
pub fn without_jumps(fixes: Vec<Fix>) -> Vec<Fix> {
    let mut runs: Vec<&[Fix]> = fixes.chunk_by(is_reachable).collect();
    if runs.len() <= 1 {
        return fixes;
    }
    // How many fixes the best sequence up to each run has, and the run before in it.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(runs.len());
    for (i, run) in runs.iter().enumerate() {
        let leads_here = |&j: &usize| runs[j].last().zip(run.first()).is_some_and(|(from, to)| is_reachable(from, to));
        let before = (i.saturating_sub(MAX_RUNS_BACK)..i).filter(leads_here).max_by_key(|&j| best[j].0);
        best.push((run.len() + before.map_or(0, |j| best[j].0), before));
    }
    let mut at = (0..runs.len()).max_by_key(|&i| best[i].0);
    let mut is_kept = vec![false; runs.len()];
    while let Some(i) = at {
        is_kept[i] = true;
        at = best[i].1;
    }
    let mut kept = is_kept.iter();
    runs.retain(|_| kept.next() == Some(&true));
    runs.concat()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::Position;

    /// A fix a second, so many metres north of the start.
    fn drive(north_m: &[f64]) -> Vec<Fix> {
        let fix = |(second, metres): (usize, &f64)| Fix {
            time: Timestamp::from_second(1_800_000_000 + second as i64).expect("a time"),
            place: Position { lat: 37.0 + metres / 111_195.0, lon: 127.0, error_m: 5.0 },
        };
        north_m.iter().enumerate().map(fix).collect()
    }

    fn kept(north_m: &[f64]) -> Vec<i64> {
        let kept = without_jumps(drive(north_m));
        kept.iter().map(|fix| ((fix.place.lat - 37.0) * 111_195.0).round() as i64).collect()
    }

    #[test]
    fn single_jumps_and_runs_of_them_are_left_out() {
        assert_eq!(kept(&[0.0, 15.0, 5_000.0, 45.0]), [0, 15, 45]);
        assert_eq!(kept(&[0.0, 15.0, 5_000.0, 5_010.0, 60.0, 75.0, 90.0]), [0, 15, 60, 75, 90]);
        // At either end too.
        assert_eq!(kept(&[9_000.0, 15.0, 30.0]), [15, 30]);
        assert_eq!(kept(&[0.0, 15.0, -9_000.0]), [0, 15]);
        assert_eq!(kept(&[0.0, 800.0, 1_600.0, 45.0, 60.0]), [0, 45, 60]);
    }

    #[test]
    fn a_fast_drive_and_a_gap_are_none() {
        let fast: Vec<f64> = (0..5).map(|second| 69.0 * f64::from(second)).collect();
        assert_eq!(kept(&fast).len(), 5);
        // The errors of both, threefold, are 30 m.
        assert_eq!(kept(&[0.0, 99.0]).len(), 2);
        assert_eq!(kept(&[0.0, 101.0]).len(), 1);
        let mut gap = drive(&[0.0, 15.0]);
        gap.extend(
            drive(&[30_000.0, 30_015.0])
                .into_iter()
                .map(|fix| Fix { time: fix.time + jiff::SignedDuration::from_mins(10), ..fix }),
        );
        assert_eq!(without_jumps(gap).len(), 4);
        assert_eq!(without_jumps(Vec::new()), Vec::new());
    }

    #[test]
    fn nothing_but_jumps_ends_soon() {
        let wild: Vec<f64> = (0..20_000).map(|n| 1e5 * f64::from(n % 7)).collect();
        assert!(!without_jumps(drive(&wild)).is_empty());
    }
}
