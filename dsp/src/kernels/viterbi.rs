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
const NORMALISE_EVERY: usize = 8;

/// Metrics of all states between two steps.
pub type Metrics = [i16; STATES];

/// Runs all steps: `branches[k][i]` is the branch metric of step k from state i with a 0; `history[0]` holds the state
/// metrics before the first step, `history[k + 1]` gets those after step k. Returns the sum of all that normalising
/// took off.
pub fn add_compare_select(branches: &[[i16; BUTTERFLIES]], history: &mut [Metrics]) -> i32 {
    let mut offset = 0;
    for (k, branch) in branches.iter().enumerate() {
        let metrics = &history[k];
        let mut next = [0; STATES];
        for i in 0..BUTTERFLIES {
            let (low, high, m) = (metrics[i], metrics[i + BUTTERFLIES], branch[i]);
            next[2 * i] = (low + m).max(high - m);
            next[2 * i + 1] = (low - m).max(high + m);
        }
        if k % NORMALISE_EVERY == NORMALISE_EVERY - 1 {
            let zero = next[0];
            offset += i32::from(zero);
            for metric in &mut next {
                *metric -= zero;
            }
        }
        history[k + 1] = next;
    }
    offset
}
