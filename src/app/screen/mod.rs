//! Turns what the engine finds into snapshots for the terminal, and what the user asks into the replay's pace.

mod alerts;
mod cells;
mod drive;
mod lines;
mod spectra;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{RecvTimeoutError, never};
use jiff::Timestamp;
use lte_dsp::units::Ppm;

use drive::Sites;
pub use lines::LogLines;
use lines::MAX_LINES;

use super::{annotations::AnnotationWriter, disk::bytes_left, drive::ReportedDwell, locator::Located, pace::Pace};
#[cfg(feature = "view")]
use crate::tui::state::ScreenInvitation;
use crate::tui::{
    Command, Publisher, ScreenSnapshot,
    state::{Alarms, AlertEntry, Homing, LevelPoint, LogLevel, LogLine, ReplayProgress},
};
use cellwarden_core::{
    alert::{Alert, CellId},
    drive::{JudgedCell, SearchedDwell, homing::HomingLevel},
    observation::Position,
    registry::Lookup,
};
use cellwarden_event::AlertState;
use cellwarden_position::LiveStatus;
use cellwarden_receiver::Picture;
use cellwarden_report::{DeviceCounts, StorageCounts, Summary, SweepProgress};
use cellwarden_source::SourceInfo;
use cellwarden_store::{StoredAlert, registry::RegisteredCells};
use cellwarden_text::counted;

/// How often a waiting replay looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

/// A dwell as the receiver heard it.
pub struct HeardDwell<'a> {
    /// What its recording says of it.
    pub info: &'a SourceInfo,
    /// What was searched.
    pub searched: &'a SearchedDwell,
    /// Mean power a bin in dBFS, lowest frequency first.
    pub spectrum: &'a [f32],
    /// How its cells were received.
    pub pictures: &'a [Picture],
    /// Error of the receiver's crystal, as far as it was learnt.
    pub crystal: Option<Ppm>,
}

/// The engine's view of the screen.
pub struct Feed {
    publisher: Publisher,
    annotation_writer: Option<AnnotationWriter>,
    /// Where the disk may fill.
    disk: Option<PathBuf>,
    snapshot: ScreenSnapshot,
    pace: Pace,
    lines: LogLines,
    started: Instant,
    sites: Sites,
    stop: Arc<AtomicBool>,
}

impl Feed {
    /// A feed of a replay that begins so, or of a scan.
    pub fn new(
        publisher: Publisher,
        title: String,
        replay: Option<ReplayProgress>,
        lines: LogLines,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let pace = replay.map(|replay| Pace::new(replay.paused, replay.speed)).unwrap_or_default();
        let snapshot = ScreenSnapshot { title, replay, ..ScreenSnapshot::default() };
        let feed = Self {
            publisher,
            annotation_writer: None,
            disk: None,
            snapshot,
            pace,
            lines,
            started: Instant::now(),
            sites: Sites::default(),
            stop,
        };
        feed.publisher.publish(&feed.snapshot);
        feed
    }

    /// Shows the alerts of a store, and from now on keeps there what the user says of alerts.
    pub fn use_store(&mut self, path: PathBuf, alerts: &[StoredAlert]) {
        self.snapshot.alerts = alerts::of_store(alerts);
        self.snapshot.health.keeps_notes = true;
        // Not dropped: the keeper takes them all on.
        let commands = std::mem::replace(&mut self.publisher.commands, never());
        let (writer, commands) = AnnotationWriter::start(path, commands);
        (self.annotation_writer, self.publisher.commands) = (Some(writer), commands);
        self.publish();
    }

    /// Watches how much room is left there.
    pub fn watch_disk(&mut self, path: PathBuf) {
        self.disk = Some(path);
    }

    /// Waits until a dwell of that time is due, or all is to end.
    pub fn wait(&mut self, time: Option<Timestamp>) {
        while !self.stop.load(Ordering::Relaxed) {
            self.attend();
            let wait = self.pace.wait(time, Instant::now());
            if wait == Some(Duration::ZERO) || !self.listen(wait.map_or(LOOK, |wait| wait.min(LOOK))) {
                return;
            }
        }
    }

    /// Keeps the screen served after the last dwell, until the user has seen enough.
    pub fn serve(&mut self) {
        if let Some(replay) = &mut self.snapshot.replay {
            replay.ended = true;
        }
        self.publish();
        while !self.stop.load(Ordering::Relaxed) && self.listen(LOOK) {}
    }

    /// Waits for a command; false where no more can come.
    fn listen(&mut self, wait: Duration) -> bool {
        match self.publisher.commands.recv_timeout(wait) {
            Ok(command) => {
                self.obey(&command);
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn obey(&mut self, command: &Command) {
        self.pace.obey(command);
        let mut change = |id: &str, change: &dyn Fn(&mut AlertEntry)| {
            if let Some(entry) = self.snapshot.alerts.iter_mut().find(|entry| entry.alert.id == id) {
                change(Arc::make_mut(entry));
            }
        };
        match command {
            Command::Acknowledge { id, seen } => change(id, &|entry| entry.acknowledged = *seen),
            Command::Note { id, text } => change(id, &|entry| entry.note.clone_from(text)),
            Command::Home(id) => self.home_in(id.as_ref()),
            Command::Pause | Command::Step | Command::Speed(_) | Command::NextAlert | Command::Quit => {}
        }
        let is_remark = matches!(command, Command::Acknowledge { .. } | Command::Note { .. });
        if is_remark && !self.snapshot.health.keeps_notes {
            self.log(None, LogLevel::Warning, "notes and acknowledgements are not kept: start with --store".to_owned());
        }
        self.publish();
    }

    /// Something is to be heard.
    pub fn alarm(&mut self, alarms: Alarms) {
        self.snapshot.alarms = alarms;
    }

    /// Shows how a browser comes to the van's page.
    #[cfg(feature = "view")]
    pub fn invite(&mut self, invitation: ScreenInvitation) {
        self.snapshot.invitation = Some(Arc::new(invitation));
        self.publish();
    }

    /// Takes what the user asked for until now.
    pub fn attend(&mut self) {
        while let Ok(command) = self.publisher.commands.try_recv() {
            self.obey(&command);
        }
    }

    /// The cell to home in on.
    pub fn homing(&self) -> Option<&CellId> {
        self.snapshot.homing.as_ref().map(|homing| &homing.id)
    }

    /// Homes in on a cell, or on none any more. In a replay the levels of the dwells until now are there at once.
    fn home_in(&mut self, id: Option<&CellId>) {
        let mut homing = id.cloned().map(Homing::on);
        if let Some(homing) = homing.as_mut().filter(|_| self.snapshot.replay.is_some()) {
            let entry = self.snapshot.cells.iter().find(|cell| homing.is_of(&cell.id));
            for point in entry.into_iter().flat_map(|cell| &cell.history) {
                let Some(time) = point.time else { continue };
                let seconds = time.as_duration().as_secs_f64();
                let LevelPoint { rsrp_db, sinr_db, position, .. } = *point;
                homing.measure(seconds, Some(HomingLevel { seconds, rsrp_db, sinr_db, position }), 0.0);
            }
            // The cell's last level may be older than what was heard since.
            if let Some(now) = self.snapshot.now {
                homing.now_s = homing.now_s.max(now.as_duration().as_secs_f64());
            }
        }
        self.snapshot.homing = homing;
    }

    /// A stretch of a dwell that homes in was searched: the level, where the cell was heard in it, the gain taken out, and the
    /// share of its samples that was clipped.
    pub fn home(&mut self, level: Option<(f64, f64)>, clipped: f64, position: Option<Position>) {
        let now_s = self.started.elapsed().as_secs_f64();
        let Some(homing) = &mut self.snapshot.homing else { return };
        let level = level.map(|(rsrp_db, sinr_db)| HomingLevel { seconds: now_s, rsrp_db, sinr_db, position });
        homing.measure(now_s, level, clipped);
        self.publish();
    }

    /// Other carriers were looked at while a cell is homed in on.
    pub fn beside_homing(&mut self) {
        let now_s = self.started.elapsed().as_secs_f64();
        if let Some(homing) = &mut self.snapshot.homing {
            homing.beside_s = Some(now_s);
        }
    }

    /// A replay has the levels of its dwells alone.
    fn home_by_dwell(&mut self, heard: &HeardDwell<'_>, reported: &ReportedDwell) {
        let signal_s = self.snapshot.health.iq_seconds;
        let Some(homing) = self.snapshot.homing.as_mut().filter(|_| self.snapshot.replay.is_some()) else { return };
        let now_s = heard.info.start.map_or(signal_s, |start| start.as_duration().as_secs_f64());
        let mut levels = reported.cells.iter().zip(&reported.ids).filter(|(_, id)| homing.is_of(id));
        let level = levels.next().map(|(JudgedCell { observation, .. }, _)| HomingLevel {
            seconds: now_s,
            rsrp_db: observation.rsrp_db(),
            sinr_db: f64::from(observation.level.sinr_db),
            position: observation.position,
        });
        homing.measure(now_s, level, heard.searched.clipped);
    }

    fn publish(&mut self) {
        for text in self.lines.take() {
            let level = match text.split_whitespace().next() {
                Some("ERROR") => LogLevel::Error,
                Some("WARN") => LogLevel::Warning,
                _ => LogLevel::Info,
            };
            self.log(None, level, text);
        }
        if let Some(replay) = &mut self.snapshot.replay {
            (replay.paused, replay.speed) = (self.pace.paused, self.pace.speed);
        }
        self.publisher.publish(&self.snapshot);
    }

    fn log(&mut self, time: Option<Timestamp>, level: LogLevel, text: String) {
        let log = Arc::make_mut(&mut self.snapshot.log);
        log.push(LogLine { time, level, text });
        let excess = log.len().saturating_sub(MAX_LINES);
        log.drain(..excess);
    }

    /// An input failed.
    pub fn error(&mut self, message: &str) {
        self.log(None, LogLevel::Error, message.to_owned());
        self.snapshot.health.errors += 1;
        self.publish();
    }

    /// How the GNSS receiver does, and what is to be told of it.
    pub fn gnss(&mut self, receiver: Option<LiveStatus>, change: Option<String>) {
        let health = &mut self.snapshot.health;
        health.gnss_mode = receiver.map(|receiver| receiver.mode);
        health.clock_ahead_s = receiver.and_then(|receiver| receiver.clock_error_s());
        if let Some(text) = change {
            self.log(Some(Timestamp::now()), LogLevel::Warning, text);
        }
    }

    /// How the radio does.
    pub fn device(&mut self, device: &str, counts: &DeviceCounts, total: &DeviceCounts) {
        self.snapshot.health.faults = total.faults();
        if counts.faults() > 0 {
            let DeviceCounts { overflows, timeouts, disconnects, .. } = counts;
            let text = format!("{device}: {overflows} overflows, {timeouts} timeouts, {disconnects} disconnects");
            self.log(Some(Timestamp::now()), LogLevel::Warning, text);
            self.publish();
        }
    }

    /// Where the sweep stands.
    pub fn sweep(&mut self, progress: SweepProgress) {
        if progress.is_complete {
            self.log(Some(Timestamp::now()), LogLevel::Info, progress.completed_text());
        }
        self.snapshot.sweep = Some(progress);
        self.publish();
    }

    /// How the store does, and what is new of it: whether it can be written, and a line.
    pub fn storage(&mut self, counts: StorageCounts, news: Option<(bool, &str)>) {
        let health = &mut self.snapshot.health;
        health.unstored = counts.waiting_dwells + counts.dropped_dwells;
        health.unstored_alerts = counts.waiting_alerts + counts.dropped_alerts;
        if let Some((ok, text)) = news {
            let level = if ok { LogLevel::Info } else { LogLevel::Error };
            self.log(Some(Timestamp::now()), level, text.to_owned());
            self.publish();
        }
    }

    /// A recording is told to its end.
    pub fn recording(&mut self) {
        if let Some(replay) = &mut self.snapshot.replay {
            replay.shown += 1;
        }
        self.publish();
    }

    /// A dwell was judged.
    pub fn dwell(
        &mut self,
        heard: &HeardDwell<'_>,
        reported: &ReportedDwell,
        registry: Option<&RegisteredCells>,
        summary: &Summary,
    ) {
        let time = heard.info.start;
        self.snapshot.now = time.or(self.snapshot.now);
        self.health(heard, summary);
        self.log(
            time,
            LogLevel::Info,
            format!("{}: {}", heard.info.name, counted(reported.cells.len() as u64, "cell")),
        );
        if let Some(here) = reported.cells.iter().find_map(|cell| cell.observation.position) {
            self.sites.drive(&mut self.snapshot, here, registry);
        }
        for (i, (cell, id)) in reported.cells.iter().zip(&reported.ids).enumerate() {
            let rows = id.ecgi.zip(registry).and_then(|(ecgi, registry)| registry.by_ecgi(ecgi).ok());
            let kind = rows.into_iter().flatten().find_map(|row| row.kind);
            cells::hear(&mut self.snapshot.cells, id, cell, kind, heard.pictures.get(i));
        }
        spectra::add(&mut self.snapshot.spectra, heard, &reported.cells);
        for change in &reported.changes {
            self.alert(change);
        }
        cells::place(&mut self.snapshot.cells, &reported.located);
        self.home_by_dwell(heard, reported);
        self.pace.shown(time, reported.raised().next().is_some());
        self.publish();
    }

    /// Cells were located after the last dwell.
    pub fn place(&mut self, located: &[Located]) {
        cells::place(&mut self.snapshot.cells, located);
    }

    /// An alert was raised or has changed.
    pub fn alert(&mut self, alert: &Alert) {
        let is_news = matches!((alert.revision, alert.state), (1, _) | (_, AlertState::Risen));
        if is_news || alert.is_explained() {
            self.log(alert.time, LogLevel::Warning, format!("{}: {}", alert.rule, alert.summary));
        }
        alerts::change(&mut self.snapshot.alerts, alert);
    }

    fn health(&mut self, heard: &HeardDwell<'_>, summary: &Summary) {
        let (info, health) = (heard.info, &mut self.snapshot.health);
        health.source.clone_from(&info.name);
        health.sample_rate_hz = Some(info.sample_rate.hz());
        health.center_hz = Some(info.center.0);
        health.gain_db = info.gain_db;
        health.crystal_ppm = heard.crystal.map(|crystal| crystal.0).or(health.crystal_ppm);
        health.disk_left_bytes = self.disk.as_deref().and_then(bytes_left);
        health.samples += heard.searched.samples;
        health.lost_samples = summary.lost_samples;
        health.iq_seconds = summary.iq_seconds;
        health.realtime_factor = Some(summary.iq_seconds / self.started.elapsed().as_secs_f64().max(1e-3));
    }
}
