//! What cellwarden knows and judges.
//!
//! In: observations of a dwell, and the operator's registered cell list. Out: verdicts, findings, alerts and places. Knows
//! no files, clocks, threads, SQL or screens: time comes from the observations, bytes and answers from the caller.
//!
//! ```text
//! observation → registry (is it listed?) → detect (which rules fire?) → alert (what is published?)
//!                                        → locate (where does it stand?)
//!                                        → drive (all of it along the way)
//! ```

pub mod alert;
pub mod detect;
pub mod drive;
pub mod locate;
pub mod observation;
pub mod registry;

#[cfg(any(test, feature = "scenes"))]
pub mod observed;
