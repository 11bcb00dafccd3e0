//! Why a block cannot be read.

use thiserror::Error;

/// Why the bytes of a CRC-checked block are no RRC message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RrcError {
    /// The encoding breaks the message's definition.
    #[error("{what} at bit {at_bit} is malformed: {value}")]
    Malformed {
        /// The element that could not be read, by its name in TS 36.331.
        what: &'static str,
        /// Bit of the block, from 0, where that element starts.
        at_bit: usize,
        /// What was found, or how the block ended.
        value: String,
    },
    /// A legal encoding of a message that is not read here.
    #[error("{what} is not supported")]
    Unsupported {
        /// The message, by its name in TS 36.331.
        what: &'static str,
    },
    /// More bytes than a transport block can have.
    #[error("a block of {bytes} bytes is longer than the {limit} bytes a transport block can have")]
    Limit {
        /// Bytes given.
        bytes: usize,
        /// The most that are read.
        limit: usize,
    },
}
