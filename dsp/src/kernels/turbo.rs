//! One constituent decoder of the turbo code, max-log-MAP over 8 states, and the exchange between two of them.
//! TS 36.212 §5.1.3.2.
//!
//! A block of K steps is cut into as many windows of W steps as a [`Row`] has lanes in use: lane t of row j is step
//! j + t·W. All windows run at once; what a window ends with is where its neighbour starts in the next iteration.

/// Values of the same step of all windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C, align(32))]
pub struct Row(pub [i16; LANES]);

/// Windows at most.
pub const LANES: usize = 16;
/// States of a constituent encoder.
pub const STATES: usize = 8;
/// State metrics of all windows, `[state]`.
pub type Metrics = [Row; STATES];

/// Largest magnitude of the extrinsic values passed on.
pub const MAX_EXTRINSIC: i16 = 1023;
/// Steps between two normalisations. A branch metric spans at most 1023 + 2·255, three steps join any two states, so
/// the metrics lie within 4600 of each other, and in four steps grow by 6200: the sum of a forward and a backward
/// metric stays within 16 bits.
pub(super) const NORMALISE_EVERY: usize = 4;

/// State after `state` (latest register bit lowest) with input `u`: the feedback of g_0 = 1 + D² + D³ comes in.
#[must_use]
pub const fn next_state(state: usize, u: usize) -> usize {
    (state << 1 & 7) | (u ^ (state >> 1 & 1) ^ (state >> 2 & 1))
}

/// Parity bit z of `state` with input `u`: g_1 = 1 + D + D³ over the feedback.
#[must_use]
pub const fn parity(state: usize, u: usize) -> usize {
    (next_state(state, u) & 1) ^ (state & 1) ^ (state >> 2 & 1)
}

/// The interleaver, or its inverse, on rows: element (j, t) of the result comes from row `rows[j]`, lane `lanes[j][t]`.
/// A quadratic permutation polynomial takes the elements of a row from one row, so this is all it needs.
#[derive(Debug, Clone, Default)]
pub struct RowMap {
    /// Source row of each row.
    pub rows: Vec<u16>,
    /// Source lane of each lane of each row.
    pub lanes: Vec<[u8; LANES]>,
}

/// The state metrics with which each window starts forward and backward; updated by each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edges {
    /// Forward metrics before the first step of each window.
    pub alpha: Metrics,
    /// Backward metrics after the last step of each window.
    pub beta: Metrics,
}

/// Runs one constituent decoder. `ls` is the systematic plus a-priori value of each step, `lp` the parity value, both
/// positive for 0; `extrinsic` gets what the code adds. `alpha` is scratch, as long as `ls`; `windows` the lanes in use.
pub(super) fn constituent_scalar(
    ls: &[Row],
    lp: &[Row],
    windows: usize,
    edges: &mut Edges,
    alpha: &mut [Metrics],
    extrinsic: &mut [Row],
) {
    let mut ends = Edges::default();
    let mut metrics = edges.alpha;
    for j in 0..ls.len() {
        if j % NORMALISE_EVERY == 0 {
            normalise(&mut metrics);
        }
        alpha[j] = metrics;
        let mut next = [Row([i16::MIN; LANES]); STATES];
        for (s, u) in transitions() {
            let n = next_state(s, u);
            next[n] = max(next[n], add(metrics[s], branch(ls[j], lp[j], u, parity(s, u))));
        }
        metrics = next;
    }
    normalise(&mut metrics);
    ends.alpha = metrics;

    let mut metrics = edges.beta;
    for j in (0..ls.len()).rev() {
        if j % NORMALISE_EVERY == 0 {
            normalise(&mut metrics);
        }
        let mut best = [Row([i16::MIN; LANES]); 2];
        let mut before = [Row([i16::MIN; LANES]); STATES];
        for (s, u) in transitions() {
            let (after, z) = (metrics[next_state(s, u)], parity(s, u));
            // What the code adds to the input's own value leaves that out of the branch.
            let path = add(add(alpha[j][s], after), branch(Row::default(), lp[j], u, z));
            best[u] = max(best[u], path);
            before[s] = max(before[s], add(after, branch(ls[j], lp[j], u, z)));
        }
        extrinsic[j] = subtract(best[0], best[1]);
        metrics = before;
    }
    normalise(&mut metrics);
    ends.beta = metrics;
    edges.take_over(&ends, windows);
}

/// Sixteen transitions: each state with each input bit.
fn transitions() -> impl Iterator<Item = (usize, usize)> {
    (0..STATES).flat_map(|s| [(s, 0), (s, 1)])
}

/// Branch metric of input `u` and parity `z`, up to a constant: the values of the bits that are 0.
fn branch(ls: Row, lp: Row, u: usize, z: usize) -> Row {
    match (u, z) {
        (0, 0) => add(ls, lp),
        (0, _) => ls,
        (_, 0) => lp,
        _ => Row::default(),
    }
}

/// Takes the metric of state 0 off all of them.
fn normalise(metrics: &mut Metrics) {
    let zero = metrics[0];
    for metric in metrics {
        *metric = subtract(*metric, zero);
    }
}

/// Lane by lane, saturating.
fn add(a: Row, b: Row) -> Row {
    Row(std::array::from_fn(|t| a.0[t].saturating_add(b.0[t])))
}

/// Lane by lane, saturating.
fn subtract(a: Row, b: Row) -> Row {
    Row(std::array::from_fn(|t| a.0[t].saturating_sub(b.0[t])))
}

/// Lane by lane.
fn max(a: Row, b: Row) -> Row {
    Row(std::array::from_fn(|t| a.0[t].max(b.0[t])))
}

impl Edges {
    /// Each window starts where its neighbour ended; the block's own two ends stay as they are.
    pub(super) fn take_over(&mut self, ends: &Self, windows: usize) {
        for (row, ends) in self.alpha.iter_mut().zip(&ends.alpha) {
            row.0[1..].copy_from_slice(&ends.0[..LANES - 1]);
        }
        for (row, ends) in self.beta.iter_mut().zip(&ends.beta) {
            let last = row.0[windows - 1];
            row.0[..LANES - 1].copy_from_slice(&ends.0[1..]);
            row.0[windows - 1] = last;
        }
    }
}

/// The systematic plus a-priori values for the other decoder: `base` plus the extrinsic values where `map` takes them
/// from, weighted by 3/4 against the optimism of max-log, and limited to [`MAX_EXTRINSIC`].
pub(super) fn exchange_scalar(base: &[Row], extrinsic: &[Row], map: &RowMap, out: &mut [Row]) {
    for (j, (base, out)) in base.iter().zip(out).enumerate() {
        let source = &extrinsic[usize::from(map.rows[j])];
        for t in 0..LANES {
            out.0[t] = base.0[t].saturating_add(weighted(source.0[usize::from(map.lanes[j][t])]));
        }
    }
}

/// An extrinsic value as it is passed on: see [`exchange_scalar`].
#[must_use]
pub const fn weighted(extrinsic: i16) -> i16 {
    let weighted = extrinsic - (extrinsic >> 2);
    if weighted > MAX_EXTRINSIC {
        MAX_EXTRINSIC
    } else if weighted < -MAX_EXTRINSIC {
        -MAX_EXTRINSIC
    } else {
        weighted
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::kernels::Backend;

    const STEPS: usize = 8;

    fn random_rows(rng: &mut ChaCha8Rng, len: usize, max: i16) -> Vec<Row> {
        (0..len).map(|_| Row(std::array::from_fn(|_| rng.random_range(-max..=max)))).collect()
    }

    /// All 8·2⁸ paths of one window, one by one: what the code adds to each input, and the best metric at each end.
    fn every_path(ls: &[Row], lp: &[Row], edges: &Edges, t: usize) -> ([i32; STEPS], [i32; STATES]) {
        let (mut best, mut ends) = ([[i32::MIN; 2]; STEPS], [i32::MIN; STATES]);
        for (start, word) in (0..STATES).flat_map(|start| (0..1usize << STEPS).map(move |word| (start, word))) {
            let (mut metric, mut state) = (i32::from(edges.alpha[start].0[t]), start);
            for j in 0..STEPS {
                let u = word >> j & 1;
                metric += i32::from(ls[j].0[t]) * (1 - u as i32);
                metric += i32::from(lp[j].0[t]) * (1 - parity(state, u) as i32);
                state = next_state(state, u);
            }
            ends[state] = ends[state].max(metric);
            metric += i32::from(edges.beta[state].0[t]);
            for (j, best) in best.iter_mut().enumerate() {
                best[word >> j & 1] = best[word >> j & 1].max(metric);
            }
        }
        (std::array::from_fn(|j| best[j][0] - best[j][1] - i32::from(ls[j].0[t])), ends)
    }

    #[test]
    fn constituent_decoder_finds_the_best_of_all_paths() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for (backend, windows) in [(Backend::SCALAR, 16), (Backend::detect(), 16), (Backend::detect(), 4)] {
            let (ls, lp) = (random_rows(&mut rng, STEPS, 1278), random_rows(&mut rng, STEPS, 255));
            let mut edges = Edges::default();
            for (alpha, beta) in edges.alpha.iter_mut().zip(&mut edges.beta).skip(1) {
                *alpha = Row(std::array::from_fn(|_| rng.random_range(-2000..=2000)));
                *beta = Row(std::array::from_fn(|_| rng.random_range(-2000..=2000)));
            }
            let before = edges;
            // Dirty scratch.
            let (mut alpha, mut extrinsic) = ([[Row([77; LANES]); STATES]; STEPS], [Row([-99; LANES]); STEPS]);
            backend.turbo_constituent(&ls, &lp, windows, &mut edges, &mut alpha, &mut extrinsic);
            for t in 0..LANES {
                let (expected, ends) = every_path(&ls, &lp, &before, t);
                assert_eq!(extrinsic.map(|row| i32::from(row.0[t])), expected, "{backend:?} lane {t}");
                if t + 1 < windows {
                    let passed_on = edges.alpha.map(|row| i32::from(row.0[t + 1]));
                    assert_eq!(passed_on, ends.map(|metric| metric - ends[0]), "{backend:?} lane {t}");
                }
            }
            let own_ends = |edges: &Edges| (edges.alpha.map(|row| row.0[0]), edges.beta.map(|row| row.0[windows - 1]));
            assert_eq!(own_ends(&edges), own_ends(&before));
        }
    }

    #[test]
    fn exchange_takes_each_value_from_its_place() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (base, extrinsic) = (random_rows(&mut rng, 3, 255), random_rows(&mut rng, 3, i16::MAX));
        let map = RowMap {
            rows: vec![2, 0, 1],
            lanes: (0..3).map(|j| std::array::from_fn(|t| ((7 * t + 5 * j + 3) % LANES) as u8)).collect(),
        };
        for backend in [Backend::SCALAR, Backend::detect()] {
            let mut out = vec![Row::default(); 3];
            backend.turbo_exchange(&base, &extrinsic, &map, &mut out);
            for (j, t) in (0..3).flat_map(|j| (0..LANES).map(move |t| (j, t))) {
                let source = f64::from(extrinsic[[2, 0, 1][j]].0[(7 * t + 5 * j + 3) % LANES]);
                let added = f64::from(out[j].0[t] - base[j].0[t]);
                assert!((added - (0.75 * source).clamp(-1023.0, 1023.0)).abs() <= 1.0, "{backend:?} ({j}, {t})");
            }
        }
    }
}
