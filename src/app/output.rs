//! Publishes the results of a drive in the chosen format: a table, events, or the terminal interface.

use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock},
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
use jiff::Timestamp;
use lte_dsp::{cell::Pci, units::Hertz};

use super::{
    Outcome, PUBLISHED,
    drive::{Drive, ReportedDwell, Storage},
    is_broken_pipe,
    keeper::{AnnouncedStorage, Unstored},
    locator::Located,
    playback::{Failure, Part, PlayedDwell, Playing, panic_text},
    positions::AnnouncedFault,
    screen::{Feed, HeardDwell, LogLines},
    van,
};
use crate::{
    config::{Output, ViewSettings},
    console,
    tui::{
        self, End, Subscriber, Theme,
        state::{Alarms, ReplayProgress},
    },
};
use cellwarden_core::{
    alert::Alert,
    observation::{Level, Position},
};
use cellwarden_event::AlertState;
use cellwarden_receiver::{
    CellLevel,
    notes::{Note, NoteCode},
};
use cellwarden_report::{DeviceCounts, JsonReport, Report, SearchNote, Summary, SweepProgress, TextReport};
use cellwarden_source::Found;
use cellwarden_text::counted;

/// How a drive is published.
pub struct OutputOptions<'a> {
    /// The command's name.
    pub command: &'static str,
    /// What the screen calls it.
    pub title: String,
    /// Where a replay begins, and at which pace; `None` live.
    pub replay: Option<ReplayProgress>,
    /// The format.
    pub format: Output,
    /// Whether to colour.
    pub color: bool,
    /// The screen's styles.
    pub theme: Theme,
    /// The log's lines, where the terminal is taken over.
    pub lines: LogLines,
    /// Where the van's page is served.
    pub view: Option<ViewSettings>,
    /// Whether the bell rings without the terminal interface too.
    pub sound: bool,
    /// Set to end early, from here too.
    pub stop: &'a Arc<AtomicBool>,
    /// When the command began, and how much processor time was gone then.
    pub clock: (Instant, ProcessTime),
}

/// Runs `work`, publishes the results that it hands over, and writes the summary however the work ends.
///
/// # Errors
/// From the work, or from writing.
pub fn publish_drive(
    options: OutputOptions<'_>,
    drive: Drive,
    work: impl FnOnce(&mut DriveOutput) -> Result<()>,
) -> Result<Outcome> {
    let OutputOptions { command, title, replay, format, color, theme, lines, view, sound, stop, clock } = options;
    let mut output = DriveOutput {
        report: None,
        feed: None,
        drive,
        summary: Summary::default(),
        clock,
        fault: AnnouncedFault::default(),
        announced: AnnouncedStorage::default(),
        alarms: Alarms::default(),
        heard: Alarms::default(),
        has_fix: false,
        on_screen: format == Output::Screen,
        sound,
    };
    let on_screen = output.on_screen;
    let (publisher, [to_screen, to_page]) = tui::channels();
    // The page stays as long as anything is published.
    let page = view.map(|view| van::Page::serve(&view, to_page)).transpose()?;
    if on_screen || page.is_some() {
        let mut feed = Feed::new(publisher, title, replay, lines, Arc::clone(stop));
        if let Some(page) = &page {
            page.invite(&mut feed, on_screen);
        }
        output.feed = Some(feed);
    }
    let work = |output: &mut DriveOutput| {
        let worked = output.begin(command).and_then(|()| work(output)).and_then(|()| output.locate_rest());
        output.stop_clock();
        worked
    };
    let mut interrupted = false;
    let done = if on_screen {
        let ended = beside_screen(&mut output, &to_screen, theme, stop, work);
        interrupted = ended.as_ref().is_ok_and(|end| *end == End::Stopped);
        // The screen is gone; what it all came to stays.
        output.report = Some(Report::Text(TextReport::new(standard_output(), color)));
        ended.map(drop)
    } else {
        output.report = Some(match format {
            Output::Json => Report::Json(JsonReport::new(standard_output())),
            Output::Text | Output::Screen => Report::Text(TextReport::new(standard_output(), color)),
        });
        let done = work(&mut output);
        output.feed = None;
        done
    };
    if done.as_ref().is_err_and(|error| !is_broken_pipe(error)) {
        output.summary.errors += 1;
    }
    // What was found before a failure is still published, here and to the feeds.
    let closed = output.drive.close();
    let unstored = output.unstored();
    done.and(unstored).and(output.end())?;
    for line in closed? {
        console::write_error_line(line);
    }
    if format != Output::Json {
        output.drive.stored_lines().iter().for_each(console::write_error_line);
    }
    Ok(if interrupted || (!on_screen && stop.load(Ordering::Relaxed)) {
        Outcome::Interrupted
    } else if output.summary.errors > 0 {
        Outcome::Failed
    } else if output.summary.alerts > 0 {
        Outcome::Alerts
    } else {
        Outcome::Done
    })
}

fn standard_output() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Works with the terminal interface in a thread of its own beside it, until the user has seen enough.
///
/// # Errors
/// From either side.
fn beside_screen(
    output: &mut DriveOutput,
    subscriber: &Subscriber,
    theme: Theme,
    stop: &AtomicBool,
    work: impl FnOnce(&mut DriveOutput) -> Result<()>,
) -> Result<End> {
    thread::scope(|scope| {
        let screen = thread::Builder::new().name("screen".to_owned()).spawn_scoped(scope, || {
            let ended = tui::run(subscriber, theme, stop);
            stop.store(true, Ordering::Relaxed);
            ended
        })?;
        // A fault of ours must not tear the screen: its message waits until the terminal is given back.
        let worked = catch_unwind(AssertUnwindSafe(|| {
            work(output)?;
            output.feed.iter_mut().for_each(Feed::serve);
            anyhow::Ok(())
        }));
        // Without the feed the screen ends, if it has not.
        output.feed = None;
        let ended = screen.join();
        match worked {
            Ok(worked) => worked?,
            Err(panic) => bail!("a fault of this program, please report it: {}", panic_text(&*panic)),
        }
        match ended {
            Ok(ended) => Ok(ended?),
            Err(panic) => bail!("a fault of this program, please report it: {}", panic_text(&*panic)),
        }
    })
}

fn search_note(note: Note) -> SearchNote {
    let Note { code, message, share } = note;
    SearchNote { code: code.word(), message, share }
}

/// The cell that is homed in on. Of two on one carrier with one physical identity it is the stronger one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HomingTarget {
    /// Its carrier.
    pub carrier: Hertz,
    /// Its physical identity.
    pub pci: Pci,
}

impl HomingTarget {
    /// Its level among those of a stretch.
    pub fn level_in(&self, levels: &[CellLevel]) -> Option<Level> {
        const SAME_CARRIER_HZ: f64 = 50e3;
        let is_it = |of: &&CellLevel| of.pci == self.pci && (of.carrier.0 - self.carrier.0).abs() < SAME_CARRIER_HZ;
        let own = levels.iter().filter(is_it).map(|of| of.level);
        own.max_by(|a, b| a.rsrp_dbfs.total_cmp(&b.rsrp_dbfs))
    }
}

/// What a stretch of a dwell says of the cell that is homed in on.
pub struct HomingStretch {
    /// Its level; `None` where it was not heard.
    pub level: Option<Level>,
    /// Share of the samples that the converter clipped.
    pub clipped: f64,
}

const CANNOT_WRITE: &str = "cannot write to standard output";

/// The outputs of a drive, and the totals published at its end.
pub struct DriveOutput {
    report: Option<Report<BufWriter<StdoutLock<'static>>>>,
    feed: Option<Feed>,
    drive: Drive,
    summary: Summary,
    fault: AnnouncedFault,
    announced: AnnouncedStorage,
    /// What was to be heard so far, what of it was rung for, and whether the GNSS receiver had a fix.
    alarms: Alarms,
    heard: Alarms,
    has_fix: bool,
    /// Whether the terminal is taken over.
    on_screen: bool,
    /// Whether the bell rings without it too.
    sound: bool,
    /// When the work began, and how much processor time was gone then.
    clock: (Instant, ProcessTime),
}

impl DriveOutput {
    fn begin(&mut self, command: &str) -> Result<()> {
        let rules_version = self.drive.rules_version();
        if let Some(report) = &mut self.report {
            report.begin(command, Some(&rules_version)).context(CANNOT_WRITE)?;
        }
        if let (Some(feed), Some((path, alerts))) = (&mut self.feed, self.drive.stored_alerts()?) {
            feed.use_store(path, &alerts);
        }
        if let (Some(feed), Some(path)) = (&mut self.feed, self.drive.storage_path()) {
            feed.watch_disk(path.to_owned());
        }
        self.storage()?;
        for late in self.drive.recall()? {
            for alert in &late.changes {
                if let Some(feed) = &mut self.feed {
                    feed.alert(alert);
                }
                self.alert(alert)?;
            }
            self.keep(late)?;
        }
        Ok(())
    }

    fn locate_rest(&mut self) -> Result<()> {
        let located = self.drive.locate_rest();
        self.located(&located)
    }

    /// The work is done; how long the screen is looked at after that does not count.
    fn stop_clock(&mut self) {
        self.summary.wall_seconds = self.clock.0.elapsed().as_secs_f64();
        self.summary.cpu_seconds = self.clock.1.elapsed().as_secs_f64();
    }

    /// Stores what was published; a store that cannot be written is reported, and ends nothing.
    fn keep(&mut self, unstored: Unstored) -> Result<()> {
        self.drive.keep(unstored);
        self.storage()
    }

    /// Publishes that the store cannot be written, or can again.
    fn storage(&mut self) -> Result<()> {
        let Some(Storage { path, counts, trouble }) = self.drive.storage() else { return Ok(()) };
        let news = self.announced.news(path, &counts, trouble);
        if let Some(feed) = &mut self.feed {
            feed.storage(counts, news.as_deref().map(|message| (trouble.is_none(), message)));
        }
        let (Some(message), ok) = (news, trouble.is_none()) else { return Ok(()) };
        tracing::warn!(target: PUBLISHED, "{message}");
        if !self.on_screen {
            console::write_error_line(&message);
        }
        let Some(report) = &mut self.report else { return Ok(()) };
        report.storage(Timestamp::now(), ok, &message, &counts).context(CANNOT_WRITE)
    }

    /// Publishes what the store never got.
    fn unstored(&mut self) -> Result<()> {
        self.storage()?;
        let Some(Storage { path, counts, .. }) = self.drive.storage() else { return Ok(()) };
        if counts.is_complete() {
            return Ok(());
        }
        let dwells = counts.waiting_dwells + counts.dropped_dwells;
        let alerts = counts.waiting_alerts + counts.dropped_alerts;
        let message = format!(
            "{}: not stored: {} with {}; make room, and the same command again stores them \
             where its input is recordings",
            path.display(),
            counted(dwells, "dwell"),
            counted(alerts, "alert"),
        );
        self.coded_failure(&path.display().to_string(), Some("not-stored"), &message)
    }

    fn end(&mut self) -> Result<()> {
        let Some(report) = &mut self.report else { return Ok(()) };
        report.end(&self.summary).context(CANNOT_WRITE)
    }

    /// A dwell of a recording was played, or the recording has ended.
    ///
    /// # Errors
    /// Where it cannot be stored or written.
    pub fn part(&mut self, playing: &Playing, part: Part) -> Result<()> {
        match part {
            Part::Warning(text) => {
                self.warning(&playing.name, &text);
                Ok(())
            }
            Part::Dwell(dwell) => self.dwell(*dwell, playing.again.as_ref()).map(drop),
            Part::Note(note) => self.note(&playing.name, note),
            Part::End { dwells, failure } => {
                self.summary.recordings += u64::from(failure.is_none() || dwells > 0);
                if let Some(Failure { code, message }) = failure {
                    self.coded_failure(&playing.name, code, &message)?;
                }
                self.feed.iter_mut().for_each(Feed::recording);
                Ok(())
            }
        }
    }

    /// A recording or dwell could not be used.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn failure(&mut self, name: &str, message: &str) -> Result<()> {
        self.coded_failure(name, None, message)
    }

    /// Something of a recording is left out; what is left is used.
    fn warning(&mut self, name: &str, text: &str) {
        tracing::warn!(recording = ?name, "{text}");
        if !self.on_screen {
            console::write_error_line(format!("{name}: {text}"));
        }
    }

    fn note(&mut self, name: &str, note: Note) -> Result<()> {
        tracing::info!(recording = ?name, code = note.code.word(), "{}", note.message);
        let Some(report) = &mut self.report else { return Ok(()) };
        report.note(name, &search_note(note)).context(CANNOT_WRITE)
    }

    fn coded_failure(&mut self, name: &str, code: Option<&str>, message: &str) -> Result<()> {
        tracing::warn!(target: PUBLISHED, recording = ?name, ?message, "not read to its end");
        self.summary.errors += 1;
        if let Some(feed) = &mut self.feed {
            feed.error(message);
        }
        if !self.on_screen {
            console::write_error_line(message);
        }
        let Some(report) = &mut self.report else { return Ok(()) };
        report.error(name, code, message).context(CANNOT_WRITE)
    }

    /// Something went wrong at the radio: `counts` since the last call, `total` since it was opened.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn device(&mut self, device: &str, counts: &DeviceCounts, total: &DeviceCounts) -> Result<()> {
        self.summary.skipped_samples = Some(total.skipped_samples);
        self.alarms.radio_lost += counts.disconnects;
        self.ring();
        if let Some(feed) = &mut self.feed {
            feed.device(device, counts, total);
        }
        if counts.faults() == 0 {
            return Ok(());
        }
        let Some(report) = &mut self.report else { return Ok(()) };
        report.device(device, Timestamp::now(), counts).context(CANNOT_WRITE)
    }

    /// Shows where the sweep stands, and publishes it where `is_due` or it is complete.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn sweep(&mut self, progress: SweepProgress, is_due: bool) -> Result<()> {
        if progress.is_complete {
            tracing::info!(target: PUBLISHED, sweep = progress.sweep, seconds = progress.seconds, "sweep complete");
        }
        if let Some(feed) = &mut self.feed {
            feed.sweep(progress);
        }
        let Some(report) = self.report.as_mut().filter(|_| is_due || progress.is_complete) else { return Ok(()) };
        report.sweep(Timestamp::now(), &progress).context(CANNOT_WRITE)
    }

    /// The cell that the user homes in on, after what was asked for until now.
    pub fn homing(&mut self) -> Option<HomingTarget> {
        let feed = self.feed.as_mut()?;
        feed.attend();
        feed.homing().map(|id| HomingTarget { carrier: Hertz(id.carrier_hz as f64), pci: id.pci })
    }

    /// A stretch of a dwell that homes in was searched.
    pub fn home(&mut self, heard: &HomingStretch, gain_db: f64) {
        let position = self.drive.position(Some(Timestamp::now()));
        let level = heard.level.map(|level| (f64::from(level.rsrp_dbfs) - gain_db, f64::from(level.sinr_db)));
        if let Some(feed) = &mut self.feed {
            feed.home(level, heard.clipped, position);
        }
    }

    /// Other carriers were looked at while a cell is homed in on.
    pub fn beside_homing(&mut self) {
        self.feed.iter_mut().for_each(Feed::beside_homing);
    }

    /// Where the receiver is.
    pub fn position(&self, time: Option<Timestamp>) -> Option<Position> {
        self.drive.position(time)
    }

    /// A dwell of a radio was received, which counts as a recording. Returns its results.
    ///
    /// # Errors
    /// Where it cannot be stored or written.
    pub fn live(&mut self, received: PlayedDwell, again: Option<&Found>) -> Result<ReportedDwell> {
        self.summary.recordings += 1;
        self.dwell(received, again)
    }

    fn dwell(&mut self, played: PlayedDwell, again: Option<&Found>) -> Result<ReportedDwell> {
        let PlayedDwell { info, carriers, mut reception, spectrum, crystal } = played;
        if let Some(feed) = &mut self.feed {
            feed.wait(info.start);
        }
        let (samples, lost) = (reception.samples, reception.lost);
        let pictures = std::mem::take(&mut reception.pictures);
        let notes = std::mem::take(&mut reception.notes);
        for note in &notes {
            let code = note.code.word();
            if matches!(note.code, NoteCode::Clipped | NoteCode::ClocksDiffer) {
                tracing::warn!(recording = ?info.name, code, "{}", note.message);
            } else {
                tracing::info!(recording = ?info.name, code, "{}", note.message);
            }
        }
        let notes: Vec<SearchNote> = notes.into_iter().map(search_note).collect();
        let mut reported = self.drive.dwell(&info, reception, carriers.as_deref(), again)?;
        if info.start.is_none() && info.position.is_none() && self.drive.needs_time() {
            self.warning(
                &info.name,
                "has no time, so that --gps gives it no position: add core:datetime to its metadata",
            );
        }
        self.gnss();
        let searched = &reported.dwell;
        self.summary.iq_seconds += searched.seconds();
        self.summary.lost_samples += searched.lost;
        self.summary.cells += reported.cells.len() as u64;
        tracing::info!(target: PUBLISHED, recording = ?info.name, cells = reported.cells.len(), samples, lost, "dwell");
        if let Some(feed) = &mut self.feed {
            let (spectrum, pictures) = (&spectrum[..], &pictures[..]);
            let heard = HeardDwell { info: &info, searched, spectrum, pictures, crystal };
            feed.dwell(&heard, &reported, self.drive.registry(), &self.summary);
        }
        if let Some(report) = &mut self.report {
            report.dwell(searched, &reported.cells, &notes).context(CANNOT_WRITE)?;
        }
        reported.changes.iter().try_for_each(|alert| self.alert(alert))?;
        self.located(&reported.located)?;
        if let Some(unstored) = reported.take_unstored() {
            self.keep(unstored)?;
        }
        Ok(reported)
    }

    /// Suspicious cells were located.
    fn located(&mut self, located: &[Located]) -> Result<()> {
        if let Some(feed) = &mut self.feed {
            feed.place(located);
        }
        let Some(report) = &mut self.report else { return Ok(()) };
        located.iter().try_for_each(|cell| report.place(&cell.id, &cell.whereabouts)).context(CANNOT_WRITE)
    }

    /// How the GNSS receiver stands, and what is wrong with it.
    fn gnss(&mut self) {
        let receiver = self.drive.receiver();
        let change = self.fault.change(receiver);
        if let Some(receiver) = receiver {
            let had_fix = std::mem::replace(&mut self.has_fix, receiver.mode >= 2);
            self.alarms.fix_lost += u64::from(had_fix && !self.has_fix);
            self.ring();
        }
        if let Some(text) = change.as_ref().filter(|_| !self.on_screen) {
            console::write_error_line(text);
        }
        if let Some(feed) = &mut self.feed {
            feed.gnss(receiver, change);
        }
    }

    /// Has it heard what is new: on the screen by the bell, unless that is off, and elsewhere where it is asked for.
    fn ring(&mut self) {
        if let Some(feed) = &mut self.feed {
            feed.alarm(self.alarms);
        }
        let bells = self.alarms.bells_since(&std::mem::replace(&mut self.heard, self.alarms));
        if self.sound && !self.on_screen && io::stderr().is_terminal() {
            console::ring(bells);
        }
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        self.summary.alerts += u64::from(alert.is_first());
        if alert.is_first() || alert.state == AlertState::Risen {
            self.alarms.raise(alert.severity);
            self.ring();
        }
        tracing::info!(target: PUBLISHED, id = alert.id, rule = &*alert.rule, state = %alert.state, "alert");
        let Some(report) = &mut self.report else { return Ok(()) };
        report.alert(alert).context(CANNOT_WRITE)
    }
}
