//! Tables of the standard that no formula replaces, in the page's row order.

pub mod turbo_interleaver;
