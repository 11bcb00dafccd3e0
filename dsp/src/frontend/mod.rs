//! Stage 1. In: the bytes or samples of a recording. Out: samples, the spectra of their blocks, and one stream a carrier.
//!
//! Refuses to know what a cell is.

pub mod channelise;
pub mod convert;
pub mod mixer;
pub mod spectra;

pub use convert::{SampleFormat, convert, quantise};
