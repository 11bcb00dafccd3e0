//! Channel coding, both directions. TS 36.212 §5.1.
//!
//! ```text
//! bits → crc → segmentation → turbo | convolutional → rate_match → scrambling → demap → symbols
//! ```
//!
//! The receiver walks the same chain from right to left with soft bits. Two shapes go through it:
//!
//! - **Bits** are a `&[u8]` with one bit a byte, 0 or 1, the first transmitted bit first.
//! - **Streams** d^(0), d^(1), d^(2) of a rate-1/3 code stand one after another in one slice of 3·D values, as bits or
//!   as soft bits ([`llr::Llr`], positive = 0), so that d^(i)_k is `[i * D + k]`.
//!
//! Nothing here knows of channels, cells or symbols' places; decoders own their scratch and allocate only when a
//! longer block comes than all before it.

pub mod bits;
pub mod convolutional;
pub mod crc;
pub mod demap;
pub mod llr;
pub mod rate_match;
pub mod scrambling;
pub mod segmentation;
pub mod turbo;

#[cfg(test)]
pub(crate) mod test_channel;
