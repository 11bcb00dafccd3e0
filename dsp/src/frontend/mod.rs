//! Stage 1. In: samples as the radio gave them. Out: corrected samples, their block spectra, and one stream a carrier.
//!
//! Refuses to know what a cell is.

pub mod channelise;
pub mod mixer;
pub mod spectra;
//! From the bytes of a recording to the samples of one carrier.
pub mod convert;
pub use convert::{SampleFormat, convert, quantise};
