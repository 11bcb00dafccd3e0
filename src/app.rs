//! Wires the stages: threads, queues and the clock live here and nowhere else.

mod judge;
mod registry;
mod replay;
mod rules;

use std::{fs::OpenOptions, io, sync::Mutex};

use anyhow::{Context, Result};

use crate::config::{CommandSettings, GlobalSettings, Settings};

/// How a command ended; its number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Done, and nothing raised.
    Done = 0,
    /// Done, and at least one alert raised.
    Alerts = 1,
    /// Bad usage, or a failure.
    Failed = 2,
    /// Interrupted, with all that was found until then told.
    Interrupted = 130,
}

/// Runs the command.
///
/// # Errors
/// What keeps the whole command from its work.
pub fn run(settings: &Settings) -> Result<Outcome> {
    start_log(&settings.global)?;
    match &settings.command {
        CommandSettings::Replay(command) => replay::run(&settings.global, command),
        CommandSettings::Registry(command) => registry::run(command),
        CommandSettings::Rules(command) => rules::run(command),
    }
}

/// The log goes to a file, or with `--verbose` to standard error; else nowhere.
fn start_log(settings: &GlobalSettings) -> Result<()> {
    let level = match settings.verbose {
        0 => tracing::Level::INFO,
        1 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_target(false);
    if let Some(path) = &settings.log {
        let open = || OpenOptions::new().create(true).append(true).open(path);
        let file = open().with_context(|| format!("{}: cannot write the log", path.display()))?;
        log.with_ansi(false).with_writer(Mutex::new(file)).init();
    } else if settings.verbose > 0 {
        log.with_writer(io::stderr).init();
    }
    Ok(())
}
