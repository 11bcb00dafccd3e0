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
pub const EXTRINSIC_MAX: i16 = 1023;
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

/// What stands still between the two constituent decoders: element (j, t) of the result comes from row `rows[j]`, lane
/// `lanes[j][t]`. A quadratic permutation polynomial maps rows to rows, so this covers it.
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
/// from, weighted by 3/4 against the optimism of max-log, and limited to [`EXTRINSIC_MAX`].
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
    if weighted > EXTRINSIC_MAX {
        EXTRINSIC_MAX
    } else if weighted < -EXTRINSIC_MAX {
        -EXTRINSIC_MAX
    } else {
        weighted
    }
}
