//! Add-compare-select over the 64 states of the convolutional code. TS 36.212 §5.1.3.1.
//!
//! State bits: the latest input bit is bit 0, the oldest of six bit 5. Butterfly i goes from the states i and i + 32 to
//! the states 2i and 2i + 1.

/// States of the trellis.
pub const STATES: usize = 64;
/// Butterflies a step.
pub const BUTTERFLIES: usize = STATES / 2;
/// Steps between two normalisations. In eight steps a metric grows by at most 8·3·255 and all lie within 6·2·3·255 of
/// each other (or 20000 at the start, where states are ruled out), so 16 bits hold them.
pub(super) const NORMALISE_EVERY: usize = 8;

/// Runs all steps: `branches[k][i]` is the branch metric of step k from state i with a 0, `metrics` the state metrics
/// before and after, and bit n of `decisions[k]` tells whether state n was reached from the upper of its two
/// predecessors. Where both are equal the lower one wins. Returns the sum of all that normalising took off.
pub(super) fn scalar(branches: &[[i16; BUTTERFLIES]], metrics: &mut [i16; STATES], decisions: &mut [u64]) -> i32 {
    let mut offset = 0;
    for (k, (branch, decision)) in branches.iter().zip(decisions).enumerate() {
        let mut next = [0; STATES];
        *decision = 0;
        for i in 0..BUTTERFLIES {
            let (low, high, m) = (metrics[i], metrics[i + BUTTERFLIES], branch[i]);
            for (n, a, b) in [(2 * i, low + m, high - m), (2 * i + 1, low - m, high + m)] {
                next[n] = a.max(b);
                *decision |= u64::from(b > a) << n;
            }
        }
        *metrics = next;
        if k % NORMALISE_EVERY == NORMALISE_EVERY - 1 {
            let zero = metrics[0];
            offset += i32::from(zero);
            for metric in metrics.iter_mut() {
                *metric -= zero;
            }
        }
    }
    offset
}
