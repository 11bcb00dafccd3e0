//! Receive-only scanner that finds rogue LTE base stations.
//!
//! Modules stand in signal order: a source gives samples, the receiver turns them into observations, the registry and
//! the rules judge those, and stores, reports, feeds and the terminal show them.

pub mod alert;
pub mod app;
pub mod cli;
pub mod config;
pub mod detect;
pub mod feed;
pub mod locate;
pub mod observation;
pub mod position;
pub mod receiver;
pub mod registry;
pub mod report;
pub mod rrc;
#[cfg(feature = "serve")]
pub mod service;
pub mod source;
pub mod store;
pub mod tui;

// Tests within and without begin with the same cells.
#[cfg(test)]
extern crate self as cellwarden;
#[cfg(test)]
#[path = "../tests/observed/mod.rs"]
mod observed;
