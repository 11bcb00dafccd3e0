//! Stage 5. In: a carrier's samples and a cell found there. Out: the transport blocks of its broadcast.
//!
//! [`Decoder`] goes all the way from the samples of a recording to blocks, and is where to begin. What is below it are its
//! steps, for programs that follow cells through a live stream: [`mib_bursts`], then a [`BlockReceiver`] for each cell.

mod block_receiver;
mod decoder;
mod downlink;
mod mib;
mod sib1;

pub use block_receiver::{BlockReceiver, DciSums, SoftBuffers};
pub use decoder::{Block, BlockKind, DecodeError, DecodedCell, Decoder};
pub use downlink::Downlink;
pub use mib::{mib_bursts, mib_of};
pub use sib1::{HIDING_SINR, Sib1Reception, Sib1Subframe, Sib1Sums};
