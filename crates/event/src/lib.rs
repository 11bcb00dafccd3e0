//! Wire types of cellwarden: what scanners send, and what becomes of it.
//!
//! Knows nothing of the other crates.

pub mod outbox;
mod vocabulary;

pub use vocabulary::{AlertState, RuleId, Severity, Verdict};

/// JSON schema of the events.
pub const SCHEMA: &str = include_str!("events.schema.json");
