//! Stage 5. In: a carrier's samples and a cell found there. Out: the transport blocks of its broadcast.

mod block_receiver;
mod downlink;

pub use block_receiver::{BlockReceiver, DciSums, SoftBuffers};
pub use downlink::Downlink;
