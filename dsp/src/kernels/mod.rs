//! The inner loops that decide the receiver's speed, one set for each kind of processor.
//!
//! The only place with `unsafe`. The scalar functions define the answer; every other set gives the same bits.

pub(crate) mod turbo;
pub(crate) mod viterbi;

/// A set of kernels. All give the same results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Plain Rust, for any processor.
    Scalar,
}

impl Backend {
    /// The fastest set for the processor this runs on.
    #[must_use]
    pub fn detect() -> Self {
        Self::Scalar
    }

    /// All sets this processor can run.
    #[must_use]
    pub fn available() -> Vec<Self> {
        vec![Self::Scalar]
    }

    /// See [`viterbi::scalar`].
    pub(crate) fn viterbi(
        self,
        branches: &[[i16; viterbi::BUTTERFLIES]],
        metrics: &mut [i16; viterbi::STATES],
        decisions: &mut [u64],
    ) -> i32 {
        viterbi::scalar(branches, metrics, decisions)
    }

    /// See [`turbo::constituent_scalar`].
    pub(crate) fn turbo_constituent(
        self,
        ls: &[turbo::Row],
        lp: &[turbo::Row],
        windows: usize,
        edges: &mut turbo::Edges,
        alpha: &mut [turbo::Metrics],
        extrinsic: &mut [turbo::Row],
    ) {
        turbo::constituent_scalar(ls, lp, windows, edges, alpha, extrinsic);
    }

    /// See [`turbo::exchange_scalar`].
    pub(crate) fn turbo_exchange(
        self,
        base: &[turbo::Row],
        extrinsic: &[turbo::Row],
        map: &turbo::RowMap,
        out: &mut [turbo::Row],
    ) {
        turbo::exchange_scalar(base, extrinsic, map, out);
    }
}
