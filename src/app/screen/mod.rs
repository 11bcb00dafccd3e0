//! Turns what the engine finds into snapshots for the terminal, and what the user asks into the replay's pace.

use std::{
    collections::{BTreeSet, VecDeque},
    io::{self, Write},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{RecvTimeoutError, never};
use jiff::Timestamp;
use lte_dsp::{cell::Pci, units::Ppm};
use serde_json::Value;

use super::{disk::bytes_left, drive::ToldDwell, locator::Locator, pace::Pace, remarks::RemarkKeeper};
use crate::{
    alert::{Alert, CellId, Change},
    detect::{Severity, Verdict},
    observation::{Observation, Position},
    position::LiveStatus,
    receiver::Picture,
    registry::{CellKind, Registry},
    report::{DeviceCounts, Judgement, SearchedDwell, Summary},
    source::SourceInfo,
    store::StoredAlert,
    tui::{
        Command, Publisher, Snapshot,
        state::{AlertEntry, CellEntry, FindingEntry, LevelPoint, LogLevel, LogLine, ReplayProgress, Site, Spectrum},
    },
};

/// Bounds of what is kept for the screen; the oldest goes first.
const MOST_CELLS: usize = 4_096;
const MOST_ALERTS: usize = 4_096;
const MOST_LEVELS: usize = 2_000;
const MOST_ROWS: usize = 200;
const MOST_TRACK: usize = 20_000;
const MOST_SITES: usize = 2_000;
const MOST_LINES: usize = 2_000;
const LONGEST_LINE: usize = 4_096;
/// Around each part of the track, registered sites are shown out to here.
const SITES_M: f64 = 3_000.0;
/// How far the receiver moves before sites are looked up again.
const SITES_AGAIN_M: f64 = 1_000.0;
/// Transmitters located after a dwell at most: each takes some milliseconds.
const ESTIMATES_A_DWELL: usize = 3;
/// How often a waiting replay looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

/// The log's lines for the screen, which no other line may tear.
#[derive(Debug, Clone, Default)]
pub struct LogLines(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    whole: VecDeque<String>,
    begun: Vec<u8>,
}

impl LogLines {
    fn take(&self) -> VecDeque<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).whole)
    }
}

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for &byte in bytes {
            if byte == b'\n' || lines.begun.len() >= LONGEST_LINE {
                let line = String::from_utf8_lossy(&lines.begun).into_owned();
                lines.whole.push_back(line);
                lines.begun.clear();
            }
            if byte != b'\n' {
                lines.begun.push(byte);
            }
        }
        let excess = lines.whole.len().saturating_sub(MOST_LINES);
        lines.whole.drain(..excess);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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
    remarks: Option<RemarkKeeper>,
    /// Where the disk may fill.
    disk: Option<PathBuf>,
    snapshot: Snapshot,
    pace: Pace,
    lines: LogLines,
    locator: Locator,
    started: Instant,
    sites_at: Vec<Position>,
    sites_known: BTreeSet<(i64, i64)>,
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
        let snapshot = Snapshot { title, replay, ..Snapshot::default() };
        let feed = Self {
            publisher,
            remarks: None,
            disk: None,
            snapshot,
            pace,
            lines,
            locator: Locator::default(),
            started: Instant::now(),
            sites_at: Vec::new(),
            sites_known: BTreeSet::new(),
            stop,
        };
        feed.publisher.publish(feed.snapshot.clone());
        feed
    }

    /// Shows the alerts of a store, and from now on keeps there what the user says of alerts.
    pub fn use_store(&mut self, path: PathBuf, alerts: &[StoredAlert]) {
        let newest = &alerts[alerts.len().saturating_sub(MOST_ALERTS)..];
        self.snapshot.alerts = newest.iter().filter_map(alert_entry).map(Arc::new).collect();
        // Not dropped: the keeper takes them all on.
        let commands = std::mem::replace(&mut self.publisher.commands, never());
        let (keeper, commands) = RemarkKeeper::start(path, commands);
        (self.remarks, self.publisher.commands) = (Some(keeper), commands);
        self.publish();
    }

    /// Watches how much room is left there.
    pub fn watch_disk(&mut self, path: PathBuf) {
        self.disk = Some(path);
    }

    /// Waits until a dwell of that time is due, or all is to end.
    pub fn wait(&mut self, time: Option<Timestamp>) {
        while !self.stop.load(Ordering::Relaxed) {
            while let Ok(command) = self.publisher.commands.try_recv() {
                self.obey(&command);
            }
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
        self.locator.locate(&mut self.snapshot, usize::MAX);
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
            Command::Pause | Command::Step | Command::Speed(_) | Command::NextAlert | Command::Quit => {}
        }
        self.publish();
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
        self.publisher.publish(self.snapshot.clone());
    }

    fn log(&mut self, time: Option<Timestamp>, level: LogLevel, text: String) {
        let log = Arc::make_mut(&mut self.snapshot.log);
        log.push(LogLine { time, level, text });
        let excess = log.len().saturating_sub(MOST_LINES);
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

    /// A recording is told to its end.
    pub fn recording(&mut self) {
        if let Some(replay) = &mut self.snapshot.replay {
            replay.shown += 1;
        }
        self.publish();
    }

    /// A dwell was judged.
    pub fn dwell(&mut self, heard: &HeardDwell<'_>, told: &ToldDwell, registry: Option<&Registry>, summary: &Summary) {
        let time = heard.info.start;
        self.snapshot.now = time.or(self.snapshot.now);
        self.health(heard, summary);
        self.log(time, LogLevel::Info, format!("{}: {}", heard.info.name, count(told.cells.len(), "cell")));
        if let Some(here) = told.cells.iter().find_map(|(observation, _)| observation.position) {
            self.drive(here, registry);
        }
        for (i, ((observation, judgement), id)) in told.cells.iter().zip(&told.ids).enumerate() {
            let mut rows = id.ecgi.zip(registry).into_iter().flat_map(|(ecgi, registry)| registry.by_ecgi(ecgi));
            let kind = rows.find_map(|row| row.kind);
            self.cell(id, observation, judgement, kind, heard.pictures.get(i));
        }
        self.spectrum(heard, &told.cells);
        for change in &told.changes {
            self.alert(change);
        }
        self.locator.heard(&told.ids);
        self.locator.locate(&mut self.snapshot, ESTIMATES_A_DWELL);
        self.pace.shown(time, told.alerts().next().is_some());
        self.publish();
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

    fn drive(&mut self, here: Position, registry: Option<&Registry>) {
        let track = Arc::make_mut(&mut self.snapshot.track);
        if track.last() != Some(&here) {
            track.push(here);
            let excess = track.len().saturating_sub(MOST_TRACK);
            track.drain(..excess);
        }
        let known = self.sites_at.iter().any(|at| at.distance_m(&here) < SITES_AGAIN_M);
        let Some(registry) = registry.filter(|_| !known && self.sites_at.len() < MOST_TRACK) else { return };
        self.sites_at.push(here);
        let sites = Arc::make_mut(&mut self.snapshot.sites);
        for (cell, _) in registry.near(here, SITES_M) {
            if sites.len() >= MOST_SITES {
                break;
            }
            let Some(place) = cell.place else { continue };
            // Sectors of one site are one place on the map.
            let spot = ((place.lat * 1e5) as i64, (place.lon * 1e5) as i64);
            if self.sites_known.insert(spot) {
                sites.push(Site { place, kind: cell.kind, status: cell.status });
            }
        }
    }

    fn cell(
        &mut self,
        id: &CellId,
        observation: &Observation,
        judgement: &Judgement,
        kind: Option<CellKind>,
        picture: Option<&Picture>,
    ) {
        let Picture { constellation, channel_response_db } = picture.cloned().unwrap_or_default();
        let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.word() == judgement.verdict);
        let verdict = verdict.unwrap_or(Verdict::Unchecked);
        let findings: Vec<FindingEntry> = judgement.findings.iter().filter_map(finding).collect();
        let point = LevelPoint {
            time: observation.time(),
            rsrp_db: observation.rsrp_db(),
            sinr_db: f64::from(observation.level.sinr_db),
            position: observation.position,
        };
        let cells = &mut self.snapshot.cells;
        let Some(at) = cells.iter().position(|cell| cell.id == *id) else {
            if cells.len() >= MOST_CELLS {
                cells.remove(0);
            }
            let mut cell = CellEntry {
                id: id.clone(),
                observation: observation.clone(),
                verdict,
                findings,
                kind,
                history: Vec::new(),
                strongest: None,
                whereabouts: None,
                constellation,
                channel_response_db,
            };
            cell.hear(point, MOST_LEVELS);
            cells.push(Arc::new(cell));
            return;
        };
        let cell = Arc::make_mut(&mut cells[at]);
        cell.hear(point, MOST_LEVELS);
        (cell.constellation, cell.channel_response_db) = (constellation, channel_response_db);
        cell.kind = kind.or(cell.kind);
        // Each rule's last word stands until it speaks again.
        for finding in findings {
            match cell.findings.iter_mut().find(|held| held.rule == finding.rule) {
                Some(held) => *held = finding,
                None => cell.findings.push(finding),
            }
        }
        let before = std::mem::replace(&mut cell.observation, observation.clone());
        let sibs = before.sibs;
        if observation.identity.is_none() && before.identity.is_some() {
            // Too weak this time to say its name again; the rules know it by its transmitter, and their word stands.
            let now = &mut cell.observation;
            (now.identity, now.broadcast, now.state) = (before.identity, before.broadcast, before.state);
            now.mib = now.mib.or(before.mib);
        } else {
            cell.verdict = verdict;
        }
        // What a short dwell did not hear again is still what the cell says.
        for (name, value) in sibs {
            cell.observation.sibs.entry(name).or_insert(value);
        }
    }

    fn spectrum<T>(&mut self, heard: &HeardDwell<'_>, cells: &[(Observation, T)]) {
        if heard.spectrum.is_empty() {
            return;
        }
        let (center_hz, span_hz) = (heard.info.center.0, heard.info.sample_rate.hz());
        let spectra = &mut self.snapshot.spectra;
        let at = spectra.iter().position(|s| s.center_hz == center_hz && s.span_hz == span_hz).unwrap_or_else(|| {
            let at = spectra.partition_point(|s| s.center_hz < center_hz);
            spectra.insert(at, Arc::new(Spectrum { center_hz, span_hz, rows: Vec::new(), carriers: Vec::new() }));
            at
        });
        let spectrum = Arc::make_mut(&mut spectra[at]);
        spectrum.rows.push(Arc::from(heard.spectrum));
        let excess = spectrum.rows.len().saturating_sub(MOST_ROWS);
        spectrum.rows.drain(..excess);
        for (observation, _) in cells {
            let carrier = (observation.carrier.hz, observation.carrier.earfcn);
            if !spectrum.carriers.contains(&carrier) {
                spectrum.carriers.push(carrier);
            }
        }
    }

    /// Something became of an alert.
    pub fn alert(&mut self, change: &Change) {
        let (id, open) = match change {
            Change::Raised(alert) => {
                self.log(alert.time, LogLevel::Warning, format!("{}: {}", alert.rule, alert.summary));
                let alerts = &mut self.snapshot.alerts;
                if alerts.len() >= MOST_ALERTS {
                    alerts.remove(0);
                }
                let entry = AlertEntry { alert: alert.clone(), open: true, acknowledged: false, note: String::new() };
                alerts.push(Arc::new(entry));
                return;
            }
            Change::Closed { id, .. } => (id, false),
            Change::Opened { id, .. } => (id, true),
        };
        if let Some(entry) = self.snapshot.alerts.iter_mut().find(|entry| entry.alert.id == *id) {
            Arc::make_mut(entry).open = open;
        }
    }
}

/// A finding's event as the screen shows it.
fn finding(event: &Value) -> Option<FindingEntry> {
    Some(FindingEntry {
        rule: event.get("rule")?.as_str()?.to_owned(),
        severity: severity(event.get("severity")?.as_str()?)?,
        evidence: event.get("evidence")?.as_object()?.clone(),
    })
}

/// A stored alert as the screen shows it.
fn alert_entry(stored: &StoredAlert) -> Option<AlertEntry> {
    let text = |field: &str| stored.event.get(field).and_then(Value::as_str);
    let number = |field: &str| stored.event.get(field).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let alert = Alert {
        id: text("id")?.to_owned(),
        time: text("time").and_then(|time| time.parse().ok()),
        rule: text("rule")?.to_owned(),
        rule_version: number("rule_version")?,
        severity: severity(text("severity")?)?,
        ecgi: text("ecgi").and_then(|ecgi| ecgi.parse().ok()),
        pci: Pci::new(number("pci")?.try_into().ok()?)?,
        earfcn: number("earfcn"),
        summary: text("summary")?.to_owned(),
        evidence: stored.event.get("evidence")?.as_object()?.clone(),
        evidence_file: text("evidence_file").map(str::to_owned),
    };
    let (acknowledged, note) = (stored.acknowledged().is_some(), stored.note().unwrap_or_default().to_owned());
    Some(AlertEntry { alert, open: stored.open, acknowledged, note })
}

fn severity(word: &str) -> Option<Severity> {
    let severities = [Severity::Info, Severity::Medium, Severity::High, Severity::Critical];
    severities.into_iter().find(|known| known.word() == word)
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{detect::scene::macro_cell, tui};

    #[test]
    fn a_rogue_too_weak_to_say_its_name_again_stays_a_rogue() {
        let (publisher, _subscriber) = tui::channel();
        let mut feed = Feed::new(publisher, String::new(), None, LogLines::default(), Arc::default());
        let mut observation = macro_cell(0x5a_fff31, 304).observation;
        let id = CellId::new(&observation, observation.ecgi());
        let finding = serde_json::json!({"rule": "unregistered", "severity": "critical", "evidence": {}});
        let judgement = Judgement { verdict: "unregistered", findings: vec![finding] };
        feed.cell(&id, &observation, &judgement, None, None);
        observation.identity = None;
        let judgement = Judgement { verdict: "unidentified", findings: Vec::new() };
        feed.cell(&id, &observation, &judgement, None, None);
        let [cell] = &feed.snapshot.cells[..] else { panic!("one cell: {:?}", feed.snapshot.cells) };
        assert_eq!((cell.verdict, cell.history.len(), cell.findings.len()), (Verdict::Unregistered, 2, 1));
        assert!(cell.observation.identity.is_some());
    }

    #[test]
    fn log_lines_are_bounded() {
        let mut lines = LogLines::default();
        for i in 0..MOST_LINES + 10 {
            writeln!(lines, "line {i}").expect("memory");
        }
        let kept = lines.take();
        assert_eq!((kept.len(), kept[0].as_str()), (MOST_LINES, "line 10"));
        assert!(lines.take().is_empty());
        lines.write_all(&[b'x'; 3 * LONGEST_LINE]).expect("memory");
        assert!(lines.take().iter().all(|line| line.len() == LONGEST_LINE));
    }
}
