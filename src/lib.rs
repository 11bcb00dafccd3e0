//! The program: commands, radio, screen, and the wiring between the crates: threads, queues and the clock live here.
//!
//! Data moves down this list: `cellwarden-source` gives samples, `cellwarden-receiver` turns them into observations,
//! `cellwarden-core` judges those, `cellwarden-store` keeps them, `cellwarden-report`, `cellwarden-feed` and the terminal
//! publish them.

pub mod app;
pub mod cli;
pub mod config;
pub mod console;
pub mod tui;
