//! A drive: each dwell is judged, its evidence written, published, and then stored. What cannot be stored is still published.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use lte_dsp::units::Hertz;

use super::{
    capture::Capture,
    judge::{Judge, JudgedDwell},
    keeper::{Heard, Keeper, Unstored},
    locator::{Located, Locator},
    prover::Prover,
    sender::{Sender, left_lines},
    track::ForeignTrack,
};
use crate::{
    config::{CheckSettings, FeedSettings},
    console,
    tui::terminal,
};
use cellwarden_core::{
    alert::{Alert, CellId},
    drive::{JudgedCell, SearchedDwell},
    observation::{Observation, Position},
    registry::Lookup,
};
use cellwarden_position::LiveStatus;
use cellwarden_receiver::Reception;
use cellwarden_report::StorageCounts;
use cellwarden_source::{Found, SourceInfo};
use cellwarden_store::{DriveRecord, Store, StoredAlert, outbox::Dropped, registry::RegisteredCells};
use cellwarden_text::counted;

/// Standard error of a recording's own position, in metres, which SigMF does not give.
const RECORDED_ERROR_M: f64 = 10.0;

/// Transmitters located after a dwell at most: each takes some milliseconds.
const ESTIMATES_A_DWELL: usize = 3;

/// What a drive is checked against, and where it is stored.
pub struct Drive {
    judge: Judge,
    keeper: Option<Keeper>,
    sender: Option<Sender>,
    feeds: FeedSettings,
    prover: Option<Prover>,
    locator: Locator,
    capture: Option<Capture>,
    /// Under what this drive is judged.
    record: DriveRecord,
    /// Drives that hold dwells of this one already.
    holders: BTreeMap<i64, Holder>,
    /// Cells of stored dwells as this drive's rules and registry judge them; `None` until they are needed.
    judged_again: Option<BTreeMap<i64, Vec<JudgedCell>>>,
}

/// A stored drive that holds dwells of this one.
struct Holder {
    /// How many of them.
    dwells: u64,
    /// Whether it was judged by the rules and the registry of this one.
    is_alike: bool,
    /// The name of its rules.
    rules_version: String,
}

/// How a drive's store does.
pub struct Storage<'a> {
    /// Its file.
    pub path: &'a Path,
    /// What waits for it, and what was dropped.
    pub counts: StorageCounts,
    /// Why it cannot be written; `None` where it can.
    pub trouble: Option<&'a str>,
}

/// A dwell that is judged, to be published and then stored.
pub struct ReportedDwell {
    /// Its cells.
    pub cells: Vec<JudgedCell>,
    /// The identity of each cell, in the same order.
    pub ids: Vec<CellId>,
    /// New revisions of alerts, none of which was published before.
    pub changes: Vec<Alert>,
    /// The dwell.
    pub dwell: SearchedDwell,
    /// Suspicious cells that were located again.
    pub located: Vec<Located>,
    /// What is to be stored; `None` where it is stored already.
    unstored: Option<Unstored>,
}

impl ReportedDwell {
    /// The alerts raised.
    pub fn raised(&self) -> impl Iterator<Item = &Alert> {
        raised(&self.changes)
    }

    /// Takes out what is to be stored.
    pub fn take_unstored(&mut self) -> Option<Unstored> {
        self.unstored.take()
    }
}

impl Drive {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// The first of it that cannot be used.
    pub fn open(command: &str, settings: &CheckSettings) -> Result<Self> {
        let judge = Judge::open(settings)?;
        let record = DriveRecord {
            command: command.to_owned(),
            rules_version: judge.rules_version(),
            registry_snapshot: judge.registry().map(|registry| registry.snapshot().id()),
        };
        let mut keeper = settings.store.as_deref().map(|path| Keeper::open(path, record.clone())).transpose()?;
        let sender = keeper.as_mut().map(|keeper| start_sender(keeper, &settings.feed)).transpose()?.flatten();
        let prover = settings.evidence.as_deref().map(|path| Prover::open(path, settings.evidence_limit_bytes));
        let capture = settings.pcap.as_deref().map(Capture::open).transpose()?;
        Ok(Self {
            judge,
            keeper,
            sender,
            feeds: settings.feed.clone(),
            prover: prover.transpose()?,
            locator: Locator::default(),
            capture,
            record,
            holders: BTreeMap::new(),
            judged_again: None,
        })
    }

    /// The registered cell list, where one was named.
    pub fn registry(&self) -> Option<&RegisteredCells> {
        self.judge.registry()
    }

    /// Name of the rules with their thresholds.
    pub fn rules_version(&self) -> String {
        self.judge.rules_version()
    }

    /// The store's file and the alerts in it, where there is a store.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn stored_alerts(&mut self) -> Result<Option<(PathBuf, Vec<StoredAlert>)>> {
        let Some(keeper) = &mut self.keeper else { return Ok(None) };
        let path = keeper.path().to_owned();
        let alerts = keeper.store().map(|store| store.alerts()).transpose();
        let alerts = alerts.with_context(|| path.display().to_string())?.unwrap_or_default();
        Ok(Some((path, alerts)))
    }

    /// The evidence folder, which takes most of the space, or else the store's file; `None` without either.
    pub fn storage_path(&self) -> Option<&Path> {
        let store = self.keeper.as_ref().map(Keeper::path);
        self.prover.as_ref().map(Prover::path).or(store)
    }

    /// How the store does; `None` without one.
    pub fn storage(&self) -> Option<Storage<'_>> {
        let keeper = self.keeper.as_ref()?;
        Some(Storage { path: keeper.path(), counts: keeper.counts(), trouble: keeper.trouble() })
    }

    /// Which drives hold the dwells, and how to report them; empty without a store, or where it holds none of them.
    pub fn stored_lines(&mut self) -> Vec<String> {
        let Some(keeper) = &mut self.keeper else { return Vec::new() };
        let path = keeper.path().display().to_string();
        let report = |number| format!("`cellwarden report --store {path} --drive {number} --out FILE` reports it");
        // A drive is there with its first dwell.
        let has_dwells =
            |store: &Store, number| store.drives().is_ok_and(|drives| drives.iter().any(|drive| drive.id == number));
        let own = keeper.store().and_then(|store| store.drive_number().filter(|number| has_dwells(store, *number)));
        let mut lines: Vec<String> =
            own.map(|number| format!("{path}: drive {number}; {}", report(number))).into_iter().collect();
        for (number, Holder { dwells, is_alike, rules_version }) in &self.holders {
            let dwells = match (dwells, own) {
                (1, _) => "1 dwell was".to_owned(),
                (_, None) if self.holders.len() == 1 => format!("all {dwells} dwells were"),
                _ => format!("{dwells} dwells were"),
            };
            let unlike = if *is_alike {
                String::new()
            } else {
                format!(
                    ", judged then by rules {rules_version} and shown here by rules {}; a new store keeps these verdicts",
                    self.record.rules_version
                )
            };
            lines.push(format!("{path}: {dwells} stored before, in drive {number}{unlike}; {}", report(*number)));
        }
        lines
    }

    /// The cells of a dwell that is stored already, as this drive's rules and registry judge them.
    fn known(&mut self, dwell: &SearchedDwell) -> Result<Option<Vec<JudgedCell>>> {
        let Some(keeper) = &mut self.keeper else { return Ok(None) };
        let Some(cells) = keeper.known(dwell) else { return Ok(None) };
        let cannot_read = format!("{}: cannot use the store", keeper.path().display());
        let Some(store) = keeper.store() else { return Ok(Some(cells)) };
        let Some((id, drive)) = store.holder(dwell).with_context(|| cannot_read.clone())? else {
            return Ok(Some(cells));
        };
        if !self.holders.contains_key(&drive) {
            let drives = store.drives().with_context(|| cannot_read.clone())?;
            let held = drives.into_iter().find(|stored| stored.id == drive).map(|stored| stored.record);
            let is_alike = held.as_ref().is_some_and(|held| {
                held.rules_version == self.record.rules_version
                    && held.registry_snapshot == self.record.registry_snapshot
            });
            let rules_version = held.map(|held| held.rules_version).unwrap_or_default();
            self.holders.insert(drive, Holder { dwells: 0, is_alike, rules_version });
            // Where its transmitters are depends on what is suspicious.
            for stored in store.alerts_of(drive).with_context(|| cannot_read.clone())? {
                if self.judge.has_rule(&stored.alert.rule) {
                    self.locator.add_alert(&stored.alert);
                }
            }
        }
        let is_alike = self.holders.get_mut(&drive).is_none_or(|holder| {
            holder.dwells += 1;
            holder.is_alike
        });
        if is_alike {
            return Ok(Some(cells));
        }
        if self.judged_again.is_none() {
            self.judged_again = Some(judge_again(&mut self.judge, store).with_context(|| cannot_read.clone())?);
        }
        let again = self.judged_again.as_mut().and_then(|again| again.remove(&id));
        // Of what is too old to be judged again, the rules that are off have no findings.
        let kept = |mut cell: JudgedCell| {
            cell.findings.retain(|finding| self.judge.has_rule(&finding.rule));
            cell
        };
        Ok(Some(again.unwrap_or_else(|| cells.into_iter().map(kept).collect())))
    }

    /// Makes the rules remember what is stored. Gives what stored dwells raise now and did not raise then, as the registry
    /// or the rules are others: to be published and then kept.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn recall(&mut self) -> Result<Vec<Unstored>> {
        let Some(keeper) = &mut self.keeper else { return Ok(Vec::new()) };
        keeper.recall(&mut self.judge)
    }

    /// Where the receiver was, by the track that the user named.
    pub fn position(&self, time: Option<Timestamp>) -> Option<Position> {
        self.judge.position(time)
    }

    /// Checks the track that the user named against the recordings, which begin at these times and are so many seconds long;
    /// reports where it gives some no position.
    ///
    /// # Errors
    /// Where it covers none of them.
    pub fn check_track(&self, recordings: impl Iterator<Item = (Timestamp, f64)>) -> Result<(), ForeignTrack> {
        if let Some(remark) = self.judge.check_track(recordings)? {
            tracing::warn!("{remark}");
            console::write_error_line(remark);
        }
        Ok(())
    }

    /// Whether a dwell without a time has no position for that reason alone.
    pub fn needs_time(&self) -> bool {
        self.judge.needs_time()
    }

    /// How the GNSS receiver stands, where positions come from one.
    pub fn receiver(&self) -> Option<LiveStatus> {
        self.judge.receiver()
    }

    /// Judges a dwell and proves its alerts. `carriers` were searched, or the whole received band; `again` gives its
    /// samples once more. Whoever published the result has it stored by [`Drive::keep`].
    ///
    /// # Errors
    /// Where the registry cannot be read. Evidence that cannot be written does not prevent an alert.
    pub fn dwell(
        &mut self,
        info: &SourceInfo,
        reception: Reception,
        carriers: Option<&[Hertz]>,
        again: Option<&Found>,
    ) -> Result<ReportedDwell> {
        let (dwell, observations) = self.place(info, reception, carriers);
        if let Some(cells) = self.known(&dwell)? {
            self.make_up_evidence(info, &dwell, &observations, again);
            let ids = cells.iter().map(|cell| CellId::new(&cell.observation, cell.observation.ecgi())).collect();
            return Ok(self.locate(dwell, cells, ids, Vec::new()));
        }
        if let Some(capture) = &mut self.capture
            && let Err(error) = capture.dwell(&observations, info.sample_rate)
        {
            let path = capture.path().display().to_string();
            self.capture = None;
            report_fault(&format!("{path}: cannot write: {error}; nothing more is written there"));
        }
        self.keeper.iter_mut().for_each(Keeper::judging);
        let JudgedDwell { cells, mut changes } = self.judge.dwell(observations)?;
        if let Some(keeper) = &self.keeper {
            keeper.drop_stored(&mut changes);
        }
        let proven = self.prover.as_mut().map(|prover| prover.prove(info, &cells, again, &mut changes, &self.judge));
        let ids = cells.iter().map(|(observation, judged)| CellId::new(observation, judged.ecgi)).collect();
        let unstored = self.keeper.is_some().then(|| Unstored {
            heard: Heard::Now(Box::new(dwell.clone()), cells.clone()),
            changes: changes.clone(),
            evidence: proven.unwrap_or_default(),
        });
        let cells = cells.into_iter().map(reported_cell).collect();
        Ok(ReportedDwell { unstored, ..self.locate(dwell, cells, ids, changes) })
    }

    /// Stores what was published, or lets it wait where the store cannot be written.
    pub fn keep(&mut self, unstored: Unstored) {
        let Some(keeper) = &mut self.keeper else { return };
        if !keeper.keep(unstored, &self.judge) {
            return;
        }
        if self.sender.is_none() {
            self.sender = start_sender(keeper, &self.feeds).unwrap_or_else(|error| {
                tracing::warn!(error = %format!("{error:#}"), "nothing can be sent yet");
                None
            });
        }
        match keeper.store().map(|store| store.trim_outbox(&self.feeds.limits, Timestamp::now())).transpose() {
            Ok(dropped) => print_dropped(dropped.unwrap_or_default()),
            Err(error) => tracing::warn!(%error, "the outbox cannot be kept within its limits now"),
        }
        self.sender.iter().for_each(Sender::wake);
    }

    /// Writes the evidence that alerts of a stored dwell do not have: it failed, or nobody asked for it then.
    fn make_up_evidence(
        &mut self,
        info: &SourceInfo,
        dwell: &SearchedDwell,
        observations: &[Observation],
        again: Option<&Found>,
    ) {
        let (Some(prover), Some(store)) = (&mut self.prover, self.keeper.as_mut().and_then(Keeper::store)) else {
            return;
        };
        if let Err(error) = prover.make_up(info, dwell, observations, again, store, &self.judge) {
            tracing::warn!(%error, recording = ?dwell.recording, "evidence is not made up for");
        }
    }

    /// Locates what is suspicious, as far as there is time for after one dwell.
    fn locate(
        &mut self,
        dwell: SearchedDwell,
        cells: Vec<JudgedCell>,
        ids: Vec<CellId>,
        changes: Vec<Alert>,
    ) -> ReportedDwell {
        self.locator.add(&dwell, &cells, &ids);
        raised(&changes).for_each(|alert| self.locator.add_alert(alert));
        let located = self.locator.locate(ESTIMATES_A_DWELL);
        ReportedDwell { cells, ids, changes, dwell, located, unstored: None }
    }

    /// Locates all that is still due, at the end.
    pub fn locate_rest(&mut self) -> Vec<Located> {
        self.locator.locate(usize::MAX)
    }

    /// Stores what waits, keeps what the rules remember and ends the sending. Gives a line about each feed that has not got
    /// everything.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn close(&mut self) -> Result<Vec<String>> {
        if let Some(keeper) = &mut self.keeper {
            keeper.close(&self.judge);
        }
        let Some(sender) = self.sender.take() else { return Ok(Vec::new()) };
        sender.stop();
        let Some(keeper) = &mut self.keeper else { return Ok(Vec::new()) };
        let path = keeper.path().to_owned();
        let lines = keeper.store().map(|store| left_lines(store, &path)).transpose();
        Ok(lines.with_context(|| path.display().to_string())?.unwrap_or_default())
    }

    /// The dwell's record, and its observations where the receiver was.
    fn place(
        &self,
        info: &SourceInfo,
        reception: Reception,
        carriers: Option<&[Hertz]>,
    ) -> (SearchedDwell, Vec<Observation>) {
        let mut dwell = SearchedDwell {
            recording: info.name.clone(),
            start: info.start,
            center_hz: info.center.0,
            sample_rate_hz: info.sample_rate.hz(),
            samples: reception.samples,
            lost: reception.lost,
            clipped: reception.clipped,
            gain_db: info.gain_db,
            carriers_hz: carriers.map(|carriers| carriers.iter().map(|carrier| carrier.0).collect()),
            position: None,
        };
        // The track that the user names goes before the recording's own position.
        let own = info.position.map(|p| Position { lat: p.lat, lon: p.lon, error_m: RECORDED_ERROR_M });
        dwell.position = self.judge.position(dwell.middle()).or(own).map(without_noise);
        let mut observations = reception.observations;
        for observation in &mut observations {
            observation.position = dwell.position;
            (observation.dwell.lost, observation.dwell.clipped) = (dwell.lost, dwell.clipped);
        }
        (dwell, observations)
    }
}

/// Reports events that were dropped from the outbox and will never be sent.
fn print_dropped(dropped: Dropped) {
    let Dropped { sightings, alerts } = dropped;
    if sightings + alerts == 0 {
        return;
    }
    let (sightings, alerts) = (counted(sightings, "sighting"), counted(alerts, "alert"));
    report_fault(&format!("the outbox is full or old: dropped {sightings} and {alerts} unsent"));
}

/// Reports a fault that ends nothing: to the log, which the screen shows, else to standard error.
pub fn report_fault(line: &str) {
    tracing::warn!("{line}");
    if !terminal::is_taken() {
        console::write_error_line(line);
    }
}

/// Judges the stored dwells that the rules would remember, in their order, by rules that begin with them.
fn judge_again(judge: &mut Judge, store: &Store) -> Result<BTreeMap<i64, Vec<JudgedCell>>> {
    judge.anew(|judge| {
        let mut again = BTreeMap::new();
        store.recall::<anyhow::Error>(0, |id, _, cells| {
            let observations: Vec<Observation> = cells.into_iter().map(|cell| cell.observation).collect();
            again.insert(id, judge.dwell(observations)?.cells.into_iter().map(reported_cell).collect());
            Ok(())
        })?;
        Ok(again)
    })
}

/// A judged cell as it is reported.
fn reported_cell((observation, judged): (Observation, cellwarden_core::detect::Judged)) -> JudgedCell {
    JudgedCell { observation, verdict: judged.verdict, findings: judged.findings }
}

/// The alerts that changes raise.
pub fn raised(changes: &[Alert]) -> impl Iterator<Item = &Alert> {
    changes.iter().filter(|alert| alert.is_first())
}

/// A position with the digits that a fix can have, 11 mm, so that it is the same in every text that carries it.
fn without_noise(position: Position) -> Position {
    let rounded = |value: f64, scale: f64| (value * scale).round() / scale;
    Position {
        lat: rounded(position.lat, 1e7),
        lon: rounded(position.lon, 1e7),
        error_m: rounded(position.error_m, 1e2),
    }
}

/// Starts to send what waits, where feeds are named and the store is there.
fn start_sender(keeper: &mut Keeper, feeds: &FeedSettings) -> Result<Option<Sender>> {
    let path = keeper.path().to_owned();
    let Some(store) = keeper.store().filter(|_| !feeds.urls.is_empty()) else { return Ok(None) };
    Sender::start(&path, store, feeds).map(Some)
}
