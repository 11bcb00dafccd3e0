//! `replay`: decodes recordings and tells their cells, in the order of the inputs.

use std::{
    io::{self, BufWriter, StdoutLock, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;

use super::{
    Outcome,
    drive::Drive,
    is_broken_pipe,
    playback::{Played, PlayedDwell, list, panic_text, play_all, total_samples},
    screen::{Feed, HeardDwell, LogLines},
    stop_on_interrupt,
};
use crate::{
    alert::{Alert, Change},
    config::{GlobalSettings, Output, ReplaySettings},
    report::{JsonReport, ProgressDisplay, Report, SearchedDwell, Summary, TextReport, escape::escape},
    source::Found,
    tui::{self, End, Subscriber, Theme},
};

/// Runs the command; `lines` takes the log where the terminal is taken over.
pub fn replay(global: &GlobalSettings, settings: &ReplaySettings, lines: LogLines) -> Result<Outcome> {
    let clock = (Instant::now(), ProcessTime::now());
    let carriers_hz = settings.carriers.as_ref().map(|carriers| carriers.iter().map(|carrier| carrier.0).collect());
    let drive = Drive::open("replay", &settings.check, carriers_hz)?;
    let stop = stop_on_interrupt()?;
    let recordings = list(settings);
    let on_screen = settings.output == Output::Screen;
    let progress = ProgressDisplay::new(total_samples(&recordings), global.quiet || on_screen);
    let mut told = Told { report: None, feed: None, drive, summary: Summary::default(), clock };
    let mut interrupted = false;
    let done = if on_screen {
        let (publisher, subscriber) = tui::channel();
        let count = recordings.len() as u64;
        told.feed = Some(Feed::new(publisher, title(settings), count, lines, Arc::clone(&stop)));
        let ended = beside_screen(&mut told, &subscriber, Theme::new(global.color), &stop, |told| {
            let begun = told.begin();
            let play = || play_all(recordings, settings, &stop, &progress, &mut |played| told.recording(played));
            let played = begun.and_then(|()| play());
            told.stop_clock();
            played
        });
        interrupted = ended.as_ref().is_ok_and(|end| *end == End::Stopped);
        // The screen is gone; what it all came to stays.
        told.report = Some(Report::Text(TextReport::new(output(), global.color)));
        ended.map(drop)
    } else {
        told.report = Some(match settings.output {
            Output::Json => Report::Json(JsonReport::new(output())),
            Output::Text | Output::Screen => Report::Text(TextReport::new(output(), global.color)),
        });
        let begun = told.begin();
        let play = || play_all(recordings, settings, &stop, &progress, &mut |played| told.recording(played));
        let played = begun.and_then(|()| play());
        told.stop_clock();
        played
    };
    progress.end();
    if done.as_ref().is_err_and(|error| !is_broken_pipe(error)) {
        told.summary.errors += 1;
    }
    // What was found until a failure is told to its end.
    done.and(told.end())?;
    Ok(if interrupted || (!on_screen && stop.load(Ordering::Relaxed)) {
        Outcome::Interrupted
    } else if told.summary.errors > 0 {
        Outcome::Failed
    } else if told.summary.alerts > 0 {
        Outcome::Alerts
    } else {
        Outcome::Done
    })
}

fn output() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// What the screen calls this replay.
fn title(settings: &ReplaySettings) -> String {
    let names = settings.inputs.iter().map(|path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    format!("replay {}", names.collect::<Vec<_>>().join(" "))
}

/// Plays with the terminal interface in a thread of its own beside it, until the user has seen enough.
///
/// # Errors
/// From either side.
fn beside_screen(
    told: &mut Told,
    subscriber: &Subscriber,
    theme: Theme,
    stop: &AtomicBool,
    play: impl FnOnce(&mut Told) -> Result<()>,
) -> Result<End> {
    thread::scope(|scope| {
        let screen = scope.spawn(|| {
            let ended = tui::run(subscriber, theme, stop);
            stop.store(true, Ordering::Relaxed);
            ended
        });
        // A fault of ours must not tear the screen: its message waits until the terminal is given back.
        let played = catch_unwind(AssertUnwindSafe(|| {
            play(told)?;
            told.feed.iter_mut().for_each(Feed::serve);
            anyhow::Ok(())
        }));
        // Without the feed the screen ends, if it has not.
        told.feed = None;
        let ended = screen.join();
        match played {
            Ok(played) => played?,
            Err(panic) => bail!("a fault of this program, please report it: {}", panic_text(&*panic)),
        }
        match ended {
            Ok(ended) => Ok(ended?),
            Err(panic) => bail!("a fault of this program, please report it: {}", panic_text(&*panic)),
        }
    })
}

const CANNOT_WRITE: &str = "cannot write to standard output";

/// What is told to the user, and the sums of it.
struct Told {
    report: Option<Report<BufWriter<StdoutLock<'static>>>>,
    feed: Option<Feed>,
    drive: Drive,
    summary: Summary,
    /// When the work began, and how much processor time was gone then.
    clock: (Instant, ProcessTime),
}

impl Told {
    fn begin(&mut self) -> Result<()> {
        let rules_version = self.drive.rules_version();
        if let Some(report) = &mut self.report {
            report.begin("replay", Some(&rules_version)).context(CANNOT_WRITE)?;
        }
        if let (Some(feed), Some((path, alerts))) = (&mut self.feed, self.drive.stored_alerts()?) {
            feed.use_store(path, &alerts);
        }
        for alert in self.drive.recall()? {
            if let Some(feed) = &mut self.feed {
                feed.alert(&Change::Raised(alert.clone()));
            }
            self.alert(&alert)?;
        }
        Ok(())
    }

    /// The work is done; how long the screen is looked at after that does not count.
    fn stop_clock(&mut self) {
        self.summary.wall_seconds = self.clock.0.elapsed().as_secs_f64();
        self.summary.cpu_seconds = self.clock.1.elapsed().as_secs_f64();
    }

    fn end(&mut self) -> Result<()> {
        let Some(report) = &mut self.report else { return Ok(()) };
        report.end(&self.summary).context(CANNOT_WRITE)
    }

    fn recording(&mut self, played: Played) -> Result<()> {
        let Played { name, dwells, again, failure } = played;
        self.summary.recordings += u64::from(failure.is_none() || !dwells.is_empty());
        for dwell in dwells {
            self.dwell(dwell, again.as_ref())?;
        }
        if let Some(message) = failure {
            self.summary.errors += 1;
            if let Some(feed) = &mut self.feed {
                feed.error(&message);
            } else {
                // Standard error may be closed; the event and the exit code say it too.
                let _ = writeln!(io::stderr(), "cellwarden: {}", escape(&message));
            }
            if let Some(report) = &mut self.report {
                report.error(&name, &message).context(CANNOT_WRITE)?;
            }
        }
        self.feed.iter_mut().for_each(Feed::recording);
        Ok(())
    }

    fn dwell(&mut self, played: PlayedDwell, again: Option<&Found>) -> Result<()> {
        let PlayedDwell { info, mut reception, spectrum } = played;
        if let Some(feed) = &mut self.feed {
            feed.wait(info.start);
        }
        let (samples, lost) = (reception.samples, reception.lost);
        let pictures = std::mem::take(&mut reception.pictures);
        let told = self.drive.dwell(&info, reception, again)?;
        let searched = SearchedDwell {
            recording: info.name.clone(),
            center: info.center,
            sample_rate: info.sample_rate,
            start: info.start,
            samples,
            lost,
        };
        self.summary.iq_seconds += searched.seconds();
        self.summary.lost_samples += searched.lost;
        self.summary.cells += told.cells.len() as u64;
        if let Some(feed) = &mut self.feed {
            let heard = HeardDwell { info: &info, searched: &searched, spectrum: &spectrum, pictures: &pictures };
            feed.dwell(&heard, &told, self.drive.registry(), &self.summary);
        }
        if let Some(report) = &mut self.report {
            report.dwell(&searched, &told.cells).context(CANNOT_WRITE)?;
        }
        told.alerts().try_for_each(|alert| self.alert(alert))
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        self.summary.alerts += 1;
        let Some(report) = &mut self.report else { return Ok(()) };
        report.alert(alert).context(CANNOT_WRITE)
    }
}
