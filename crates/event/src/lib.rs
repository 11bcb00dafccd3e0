//! Wire types of cellwarden: what scanners send, and what becomes of it.
//!
//! Knows nothing of the other crates.

mod alert;
pub mod cloud;
mod given;
pub mod outbox;
mod patterns;
mod place;
mod sighting;
mod vocabulary;

pub use alert::AlertData;
pub use cloud::{CloudEvent, Payload};
pub use outbox::EventKind;
pub use place::ReceiverPosition;
pub use sighting::SightingData;
pub use vocabulary::{AlertState, CellState, RuleId, Severity, Technology, Verdict};
