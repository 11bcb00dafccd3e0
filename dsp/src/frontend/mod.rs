//! From the bytes of a recording to the samples of one carrier.

pub mod convert;

pub use convert::{SampleFormat, convert, quantise};
