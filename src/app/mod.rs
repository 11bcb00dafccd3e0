//! Wires the stages: threads, queues and the clock live here and nowhere else. One file a command.

mod alerts;
mod annotations;
mod capture;
mod crystals;
mod devices;
mod disk;
mod doctor;
mod drive;
mod drives;
mod dwell_recorder;
mod inspect;
mod judge;
mod keeper;
mod known_carriers;
mod locator;
mod memory;
mod output;
mod pace;
mod plan;
mod playback;
mod positions;
mod proof;
mod prover;
mod prune;
mod radio;
mod record;
mod registry;
mod replay;
mod report;
mod reserve;
mod rules;
mod scan;
mod screen;
mod sender;
#[cfg(feature = "serve")]
mod serve;
mod setup;
mod spectrum;
mod store_lock;
mod stored;
mod sweep;
mod sync;
mod track;
mod van;
mod visits;

use std::{
    fs::{self, OpenOptions},
    io::{self, IsTerminal},
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use screen::LogLines;

use crate::{
    config::{CommandSettings, GlobalSettings, Output, Settings},
    tui::terminal,
};

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
    /// Interrupted, with everything found until then published.
    Interrupted = 130,
}

/// Log target of what the outputs publish too.
const PUBLISHED: &str = "published";

/// Runs the command.
///
/// # Errors
/// What keeps the whole command from its work.
pub fn run(settings: &Settings) -> Result<Outcome> {
    let lines = LogLines::default();
    let on_screen = match &settings.command {
        CommandSettings::Replay(replay) => replay.output == Output::Screen,
        CommandSettings::Scan(scan) => scan.output == Output::Screen,
        _ => false,
    };
    let is_service = matches!(settings.command, CommandSettings::Serve(_));
    start_log(&settings.global, on_screen.then(|| lines.clone()), is_service)?;
    let outcome = match &settings.command {
        CommandSettings::Replay(replay) => replay::replay(&settings.global, replay, lines),
        CommandSettings::Scan(scan) => scan::scan(&settings.global, scan, lines),
        CommandSettings::Record(record) => record::record(&settings.global, record),
        CommandSettings::Devices(devices) => devices::devices(devices),
        CommandSettings::Doctor(settings) => doctor::doctor(settings),
        CommandSettings::Registry(registry) => registry::registry(registry),
        CommandSettings::Inspect(inspect) => inspect::inspect(inspect),
        CommandSettings::Plan(settings) => plan::plan(settings),
        CommandSettings::Visits(settings) => visits::visits(settings),
        CommandSettings::Alerts(alerts) => alerts::alerts(alerts),
        CommandSettings::Report(settings) => report::report(settings),
        CommandSettings::Drives(settings) => drives::drives(settings),
        CommandSettings::Store(settings) => prune::store(settings),
        CommandSettings::Rules(rules) => rules::rules(rules),
        #[cfg(feature = "serve")]
        CommandSettings::Serve(settings) => serve::serve(settings),
        #[cfg(feature = "serve")]
        CommandSettings::Audit(action) => serve::audit(action),
        #[cfg(not(feature = "serve"))]
        CommandSettings::Serve(_) | CommandSettings::Audit(_) => {
            Err(anyhow::anyhow!("built without the service: build with --features serve"))
        }
        CommandSettings::ConfigInit(settings) => setup::config_init(settings),
        CommandSettings::Completions(shell) => setup::completions(*shell),
        CommandSettings::Man(folder) => setup::man(folder.as_deref()),
    };
    match outcome {
        // Whoever read the output has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(Outcome::Done),
        outcome => outcome,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The log goes to a file, or to the screen, or with `--verbose` to standard error; else nowhere, but for a service's
/// warnings, which nobody else reports. The screen shows dwells and alerts itself.
fn start_log(settings: &GlobalSettings, screen: Option<LogLines>, is_service: bool) -> Result<()> {
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
    } else if let Some(lines) = screen {
        let shown = Targets::new().with_default(level).with_target(PUBLISHED, LevelFilter::OFF);
        log.with_ansi(false).without_time().with_writer(Mutex::new(lines)).finish().with(shown).init();
    } else if settings.verbose > 0 {
        log.with_ansi(settings.color && io::stderr().is_terminal()).with_writer(io::stderr).init();
    } else if is_service {
        let log = log.with_max_level(tracing::Level::WARN).with_ansi(settings.color && io::stderr().is_terminal());
        log.with_writer(io::stderr).init();
    }
    Ok(())
}

/// Ctrl-C, SIGTERM and SIGHUP ask for an end; a second one does not ask. SIGHUP stays ignored where it was: `nohup` asks
/// for that.
fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let mut heeded = vec![SIGINT, SIGTERM];
    heeded.extend((!is_ignored(SIGHUP)).then_some(SIGHUP));
    let mut signals = Signals::new(heeded).context("cannot listen for Ctrl-C")?;
    let listen = move || {
        for _ in signals.forever() {
            if flag.swap(true, Ordering::Relaxed) {
                terminal::restore();
                process::exit(i32::from(Outcome::Interrupted as u8));
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen).context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// Whether whoever started this program had a signal ignored. proc(5), `SigIgn`.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
