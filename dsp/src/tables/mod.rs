//! Tables of the standard, in the page's order, each with a test on a property that a slip would break.
//! Tables of the standard that no formula replaces, in the page's row order, each with a test on a property that a slip
//! would break.

pub mod dci_sizes;
pub mod rb_gap;
pub mod tbs;
pub mod turbo_interleaver;
