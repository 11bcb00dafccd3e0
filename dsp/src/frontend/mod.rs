//! Stage 1. In: the bytes or samples of a recording. Out: samples, the spectra of their blocks, one stream a
//! carrier, and its OFDM symbols.
//!
//! Refuses to know what a symbol carries.

mod bursts;
pub mod channelise;
pub mod convert;
pub mod correction;
pub mod mixer;
pub mod ofdm;
pub mod resample;
pub mod sample_buffer;
pub mod spectra;

pub use convert::{SampleFormat, convert, quantise};
