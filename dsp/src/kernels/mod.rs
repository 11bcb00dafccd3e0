//! The inner loops that decide the receiver's speed, one set for each kind of processor.
//!
//! The only place with `unsafe`. The scalar functions define the answer; every other set gives the same bits.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
pub(crate) mod complex;
pub(crate) mod equalise;
pub(crate) mod sss;
pub(crate) mod turbo;
pub(crate) mod turned_sums;
// One set for all: the compiler's vectors are as fast here as intrinsics were.
pub(crate) mod viterbi;

/// A set of kernels that this processor can run. All give the same results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Backend(Set);

/// Private, so that only [`Backend::detect`], which asks the processor, makes a set that needs more than plain Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Set {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Backend {
    /// Plain Rust, for any processor: the definition.
    pub const SCALAR: Self = Self(Set::Scalar);

    /// The fastest set this processor can run.
    #[must_use]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            return Self(Set::Avx2);
        }
        Self::SCALAR
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
        match self.0 {
            Set::Scalar => turbo::constituent_scalar(ls, lp, windows, edges, alpha, extrinsic),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this set exists only where the processor has AVX2.
            Set::Avx2 => unsafe { avx2::turbo_constituent(ls, lp, windows, edges, alpha, extrinsic) },
        }
    }

    /// See [`turbo::exchange_scalar`].
    pub(crate) fn turbo_exchange(
        self,
        base: &[turbo::Row],
        extrinsic: &[turbo::Row],
        map: &turbo::RowMap,
        out: &mut [turbo::Row],
    ) {
        match self.0 {
            Set::Scalar => turbo::exchange_scalar(base, extrinsic, map, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this set exists only where the processor has AVX2.
            Set::Avx2 => unsafe { avx2::turbo_exchange(base, extrinsic, map, out) },
        }
    }
}
