//! LTE downlink broadcast receiver: samples in, CRC-checked bytes out.
//!
//! ```text
//! samples → frontend → search → grid → channels → receive → transport blocks
//! ```
//!
//! Begin with [`receive::Decoder`]: samples of a recording in, its cells with the bytes of their MIB and SIB1 out. The other
//! modules are its steps.
//!
//! The standards, named once: TS 36.211 v15.14.0 (physical channels), TS 36.212 v15.14.0 (coding),
//! TS 36.213 v15.14.0 (procedures). Clauses elsewhere in this crate are of these versions.

pub mod cell;
pub mod channels;
pub mod coding;
pub mod fft;
pub mod frontend;
pub mod grid;
pub mod kernels;
pub mod receive;
pub mod search;
pub mod sequences;
pub mod tables;
pub mod units;

/// Compiles what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
