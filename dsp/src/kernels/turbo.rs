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
const NORMALISE_EVERY: usize = 4;

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
#[derive(Debug, Clone, Copy, Default)]
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
    for t in 0..LANES {
        let mut metrics = edges.alpha.map(|row| row.0[t]);
        for j in 0..ls.len() {
            if j % NORMALISE_EVERY == 0 {
                normalise(&mut metrics);
            }
            put(&mut alpha[j], t, metrics);
            let mut next = [i16::MIN; STATES];
            for (s, u) in transitions() {
                let n = next_state(s, u);
                next[n] = next[n].max(metrics[s].saturating_add(branch(ls[j].0[t], lp[j].0[t], u, parity(s, u))));
            }
            metrics = next;
        }
        normalise(&mut metrics);
        put(&mut ends.alpha, t, metrics);

        let mut metrics = edges.beta.map(|row| row.0[t]);
        for j in (0..ls.len()).rev() {
            if j % NORMALISE_EVERY == 0 {
                normalise(&mut metrics);
            }
            let mut best = [i16::MIN; 2];
            let mut before = [i16::MIN; STATES];
            for (s, u) in transitions() {
                let after = metrics[next_state(s, u)];
                let z = parity(s, u);
                let path = alpha[j][s].0[t].saturating_add(after).saturating_add(branch(0, lp[j].0[t], u, z));
                best[u] = best[u].max(path);
                before[s] = before[s].max(after.saturating_add(branch(ls[j].0[t], lp[j].0[t], u, z)));
            }
            extrinsic[j].0[t] = best[0].saturating_sub(best[1]);
            metrics = before;
        }
        normalise(&mut metrics);
        put(&mut ends.beta, t, metrics);
    }
    edges.take_over(&ends, windows);
}

/// Writes the metrics of window `t`.
fn put(all: &mut Metrics, t: usize, metrics: [i16; STATES]) {
    for (row, metric) in all.iter_mut().zip(metrics) {
        row.0[t] = metric;
    }
}

/// Sixteen transitions: each state with each input bit.
fn transitions() -> impl Iterator<Item = (usize, usize)> {
    (0..STATES).flat_map(|s| [(s, 0), (s, 1)])
}

/// Branch metric of input `u` and parity `z`, up to a constant: the values of the bits that are 0.
fn branch(ls: i16, lp: i16, u: usize, z: usize) -> i16 {
    match (u, z) {
        (0, 0) => ls.saturating_add(lp),
        (0, _) => ls,
        (_, 0) => lp,
        _ => 0,
    }
}

/// Takes the metric of state 0 off all of them.
fn normalise(metrics: &mut [i16; STATES]) {
    let zero = metrics[0];
    for metric in metrics {
        *metric = metric.saturating_sub(zero);
    }
}

impl Edges {
    /// Each window starts where its neighbour ended; the block's own two ends stay as they are.
    pub(super) fn take_over(&mut self, ends: &Self, windows: usize) {
        for s in 0..STATES {
            self.alpha[s].0[1..windows].copy_from_slice(&ends.alpha[s].0[..windows - 1]);
            self.beta[s].0[..windows - 1].copy_from_slice(&ends.beta[s].0[1..windows]);
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
