//! Wires the stages: threads, queues and the clock live here and nowhere else.

use std::{
    any::Any,
    collections::VecDeque,
    fs::OpenOptions,
    io::{self, BufWriter, StdoutLock, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result};
use cpu_time::ProcessTime;
use crossbeam_channel::{Receiver, bounded};

use crate::{
    config::{CommandSettings, GlobalSettings, Output, ReplaySettings, Settings},
    observation::Observation,
    receiver::{Progress, ReceiverSettings, Reception, receive},
    report::{JsonReport, Judgement, ProgressDisplay, Report, SearchedDwell, Summary, TextReport, escape::escape},
    source::{Found, Hints, Input, SampleSource, SourceError, SourceInfo, find},
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
        CommandSettings::Replay(replay_settings) => replay(&settings.global, replay_settings),
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

/// What one recording gave.
struct Played {
    name: String,
    dwells: Vec<(SourceInfo, Reception)>,
    /// Why there is not more of it.
    failure: Option<String>,
}

/// `replay`: decodes recordings and tells their cells, in the order of the inputs.
fn replay(global: &GlobalSettings, settings: &ReplaySettings) -> Result<Outcome> {
    let clock = (Instant::now(), ProcessTime::now());
    let stop = stop_on_interrupt()?;
    let recordings = list(settings);
    let progress = ProgressDisplay::new(total_samples(&recordings), global.quiet);
    let out = BufWriter::new(io::stdout().lock());
    let mut told = Told {
        report: match settings.output {
            Output::Text => Report::Text(TextReport::new(out, global.color)),
            Output::Json => Report::Json(JsonReport::new(out)),
        },
        progress: &progress,
        summary: Summary::default(),
    };
    let written = told.report.begin("replay", None).and_then(|()| play_all(recordings, settings, &stop, &mut told));
    progress.end();
    told.summary.wall_seconds = clock.0.elapsed().as_secs_f64();
    told.summary.cpu_seconds = clock.1.elapsed().as_secs_f64();
    match written.and_then(|()| told.report.end(&told.summary)) {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Outcome::Done),
        written => written.context("cannot write to standard output")?,
    }
    Ok(if stop.load(Ordering::Relaxed) {
        Outcome::Interrupted
    } else if told.summary.errors > 0 {
        Outcome::Failed
    } else if told.summary.alerts > 0 {
        Outcome::Alerts
    } else {
        Outcome::Done
    })
}

/// Ctrl-C asks for an end; a second one does not ask.
fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(Outcome::Interrupted as u8));
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// The recordings of all inputs in order, and the inputs that cannot be read in their places.
fn list(settings: &ReplaySettings) -> Vec<Result<Found, (String, SourceError)>> {
    let ReplaySettings { format, rate, center, verify_hash, .. } = *settings;
    let hints = Hints { format, rate, center, verify_hash };
    let mut recordings = Vec::new();
    for path in &settings.inputs {
        let input = if path.as_os_str() == "-" { Input::Stdin } else { Input::Path(path.clone()) };
        match find(&input, &hints) {
            Ok(found) => recordings.extend(found.into_iter().map(Ok)),
            Err(error) => {
                let stem = path.file_stem().unwrap_or(path.as_os_str());
                recordings.push(Err((stem.to_string_lossy().into_owned(), error)));
            }
        }
    }
    recordings
}

/// The length of the work, where all of it is known.
fn total_samples(recordings: &[Result<Found, (String, SourceError)>]) -> Option<u64> {
    // A recording that cannot be read is no work.
    recordings.iter().flatten().filter(|found| !found.is_unreadable()).map(Found::samples).sum()
}

/// Plays recordings side by side, as many at once as there are threads, and tells them in order.
fn play_all(
    recordings: Vec<Result<Found, (String, SourceError)>>,
    settings: &ReplaySettings,
    stop: &Arc<AtomicBool>,
    told: &mut Told<'_>,
) -> io::Result<()> {
    let threads = settings.threads.get();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(io::Error::other)?;
    let receiver_settings = ReceiverSettings { carriers: settings.carriers.clone(), threads, stop: Arc::clone(stop) };
    let progress = told.progress;
    pool.in_place_scope(|scope| {
        let mut running: VecDeque<Receiver<Played>> = VecDeque::new();
        let mut written = Ok(());
        for recording in recordings {
            // Bounded: neither samples nor results pile up.
            if running.len() >= threads {
                written = told.next(&mut running);
            }
            if written.is_err() || stop.load(Ordering::Relaxed) {
                break;
            }
            let (send, played) = bounded(1);
            running.push_back(played);
            match recording {
                Ok(found) => {
                    let receiver_settings = &receiver_settings;
                    scope.spawn(move |_| {
                        // Nobody takes it after a broken pipe.
                        let _ = send.send(play(found, receiver_settings, progress));
                    });
                }
                Err((name, error)) => {
                    let _ = send.send(Played { name, dwells: Vec::new(), failure: Some(error.to_string()) });
                }
            }
        }
        while written.is_ok() && !running.is_empty() {
            written = told.next(&mut running);
        }
        if written.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        written
    })
}

/// Plays a recording, come what may.
fn play(found: Found, settings: &ReceiverSettings, progress: &ProgressDisplay) -> Played {
    let name = found.name().to_owned();
    progress.say(name.clone());
    let mut dwells = Vec::new();
    // A fault of ours in one recording must not lose what the others hold.
    let failure = match catch_unwind(AssertUnwindSafe(|| play_dwells(found, settings, progress, &mut dwells))) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(panic) => Some(format!("{name}: a fault of this program, please report it: {}", panic_text(&*panic))),
    };
    Played { name, dwells, failure }
}

/// Plays all dwells of a recording and adds what each gave to `dwells`.
fn play_dwells(
    found: Found,
    settings: &ReceiverSettings,
    progress: &ProgressDisplay,
    dwells: &mut Vec<(SourceInfo, Reception)>,
) -> Result<()> {
    for dwell in found.open()? {
        if settings.stop.load(Ordering::Relaxed) {
            break;
        }
        let mut source = dwell?;
        let done = AtomicU64::new(0);
        let advance = |now: Progress| {
            progress.advance(now.samples.saturating_sub(done.fetch_max(now.samples, Ordering::Relaxed)));
        };
        let info = source.info().clone();
        let reception = receive(&mut source, settings, &advance).with_context(|| info.name.clone())?;
        dwells.push((info, reception));
    }
    Ok(())
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic without a message")
}

/// What is told to the user, and the sums of it.
struct Told<'a> {
    report: Report<BufWriter<StdoutLock<'static>>>,
    progress: &'a ProgressDisplay,
    summary: Summary,
}

impl Told<'_> {
    /// Waits for the recording whose turn it is and tells it.
    fn next(&mut self, running: &mut VecDeque<Receiver<Played>>) -> io::Result<()> {
        let Some(played) = running.pop_front().and_then(|played| played.recv().ok()) else { return Ok(()) };
        let progress = self.progress;
        progress.aside(|| self.recording(played))
    }

    fn recording(&mut self, played: Played) -> io::Result<()> {
        let Played { name, dwells, failure } = played;
        self.summary.recordings += u64::from(failure.is_none() || !dwells.is_empty());
        for (info, reception) in dwells {
            let searched = SearchedDwell {
                recording: info.name,
                center: info.center,
                sample_rate: info.sample_rate,
                start: info.start,
                samples: reception.samples,
                lost: reception.lost,
            };
            self.summary.iq_seconds += searched.seconds();
            self.summary.lost_samples += searched.lost;
            self.summary.cells += reception.observations.len() as u64;
            let judged: Vec<(Observation, Judgement)> =
                reception.observations.into_iter().map(|o| (o, Judgement::unchecked())).collect();
            self.report.dwell(&searched, &judged)?;
        }
        if let Some(message) = failure {
            self.summary.errors += 1;
            // Standard error may be closed; the event and the exit code say it too.
            let _ = writeln!(io::stderr(), "cellwarden: {}", escape(&message));
            self.report.error(&name, &message)?;
        }
        Ok(())
    }
}
