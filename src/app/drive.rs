//! A drive: each dwell is judged, its evidence written, stored, and only then published.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use lte_dsp::units::Hertz;

use super::{
    judge::{ForeignTrack, Judge, JudgedDwell},
    locator::{Located, Locator},
    memory::Memory,
    proof::Proofs,
    registry::make_folder_of,
    sender::{Sender, left_lines},
};
use crate::{config::CheckSettings, console, tui::terminal};
use cellwarden_core::{
    alert::{Alert, CellId, Change},
    drive::{JudgedCell, SearchedDwell},
    observation::{Observation, Position},
    registry::Lookup,
};
use cellwarden_event::outbox::OutboxLimits;
use cellwarden_position::LiveStatus;
use cellwarden_receiver::Reception;
use cellwarden_report::PcapngWriter;
use cellwarden_source::{Found, SourceInfo};
use cellwarden_store::{
    DriveRecord, EvidenceFolder, EvidenceRecord, Store, StoreError, StoredAlert, outbox::Dropped,
    registry::RegisteredCells,
};

/// Standard error of a recording's own position, in metres, which SigMF does not give.
const RECORDED_ERROR_M: f64 = 10.0;

/// Transmitters located after a dwell at most: each takes some milliseconds.
const ESTIMATES_A_DWELL: usize = 3;

/// What a drive is checked against, and where it is stored.
pub struct Drive {
    judge: Judge,
    memory: Memory,
    store: Option<(PathBuf, Store)>,
    sender: Option<Sender>,
    outbox_limits: OutboxLimits,
    evidence: Option<EvidenceFolder>,
    proofs: Proofs,
    locator: Locator,
    pcap: Option<(PathBuf, PcapngWriter<BufWriter<File>>)>,
}

/// A dwell that is judged and stored, and may be published.
pub struct ReportedDwell {
    /// Its cells.
    pub cells: Vec<JudgedCell>,
    /// The identity of each cell, in the same order.
    pub ids: Vec<CellId>,
    /// Changes of alerts; those raised were never published before.
    pub changes: Vec<Change>,
    /// The dwell.
    pub dwell: SearchedDwell,
    /// Suspicious cells that were located again.
    pub located: Vec<Located>,
}

impl ReportedDwell {
    /// The alerts raised.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        raised(&self.changes)
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
        let mut store = settings.store.as_deref().map(|path| open_store(path, &record)).transpose()?;
        let sender = match &mut store {
            Some((path, store)) if !settings.feed.urls.is_empty() => Some(Sender::start(path, store, &settings.feed)?),
            _ => None,
        };
        let evidence =
            settings.evidence.as_deref().map(|path| EvidenceFolder::open(path, settings.evidence_limit_bytes));
        let evidence = evidence.transpose().context("cannot use the evidence folder")?;
        let pcap = settings.pcap.as_deref().map(create_pcap).transpose()?;
        let outbox_limits = settings.feed.limits;
        Ok(Self {
            judge,
            memory: Memory::new(record),
            store,
            sender,
            outbox_limits,
            evidence,
            proofs: Proofs::default(),
            locator: Locator::default(),
            pcap,
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
    pub fn stored_alerts(&self) -> Result<Option<(PathBuf, Vec<StoredAlert>)>> {
        let Some((path, store)) = &self.store else { return Ok(None) };
        Ok(Some((path.clone(), store.alerts().with_context(|| path.display().to_string())?)))
    }

    /// The evidence folder, which takes most of the space, or else the store's file; `None` without either.
    pub fn storage_path(&self) -> Option<&Path> {
        let store = self.store.as_ref().map(|(path, _)| path.as_path());
        self.evidence.as_ref().map(EvidenceFolder::path).or(store)
    }

    /// Makes the rules remember what is stored: what they remembered under the same rules and registry is taken over, the
    /// dwells after it are judged again. Gives the alerts that stored dwells raise now and did not raise then:
    /// the registry or the rules are others.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn recall(&mut self) -> Result<Vec<Alert>> {
        let Some((path, store)) = &mut self.store else { return Ok(Vec::new()) };
        let mut late: Vec<(i64, Vec<Change>)> = Vec::new();
        let (judge, memory) = (&mut self.judge, &mut self.memory);
        let after = memory.recall(store, judge).with_context(|| path.display().to_string())?;
        let recalled = store.recall::<anyhow::Error>(after, |id, _, cells| {
            memory.recalled(id);
            let observations: Vec<Observation> = cells.into_iter().map(|cell| cell.observation).collect();
            let changes = judge.dwell(observations)?.changes;
            if changes.iter().any(|change| matches!(change, Change::Raised(_))) {
                late.push((id, changes));
            }
            Ok(())
        });
        recalled.with_context(|| path.display().to_string())?;
        let mut alerts = Vec::new();
        for (dwell, mut changes) in late {
            drop_stored_alerts(store, &mut changes).with_context(|| path.display().to_string())?;
            store.record_late(&changes, dwell).with_context(|| path.display().to_string())?;
            alerts.extend(raised(&changes).cloned());
        }
        memory.begin(store, judge);
        Ok(alerts)
    }

    /// Where the receiver was, by the track that the user named.
    pub fn position(&self, time: Option<Timestamp>) -> Option<Position> {
        self.judge.position(time)
    }

    /// Refuses a track that covers none of the recordings, which begin at these times and are so many seconds long.
    ///
    /// # Errors
    /// See [`ForeignTrack`].
    pub fn check_track(&self, recordings: impl Iterator<Item = (Timestamp, f64)>) -> Result<(), ForeignTrack> {
        self.judge.check_track(recordings)
    }

    /// Whether a dwell without a time has no position for that reason alone.
    pub fn needs_time(&self) -> bool {
        self.judge.needs_time()
    }

    /// How the GNSS receiver stands, where positions come from one.
    pub fn receiver(&self) -> Option<LiveStatus> {
        self.judge.receiver()
    }

    /// Judges a dwell, proves its alerts and stores it. `carriers` were searched, or the whole received band; `again`
    /// gives its samples once more.
    ///
    /// # Errors
    /// Where it cannot be stored. Evidence that cannot be written does not prevent an alert.
    pub fn dwell(
        &mut self,
        info: &SourceInfo,
        reception: Reception,
        carriers: Option<&[Hertz]>,
        again: Option<&Found>,
    ) -> Result<ReportedDwell> {
        let (dwell, observations) = self.place(info, reception, carriers);
        if let Some(cells) = self.known(&dwell)? {
            let ids = cells.iter().map(|cell| CellId::new(&cell.observation, cell.observation.ecgi())).collect();
            return Ok(self.locate(dwell, cells, ids, Vec::new()));
        }
        if let Some((path, pcap)) = &mut self.pcap {
            let written = observations.iter().try_for_each(|o| pcap.observation(o, info.sample_rate));
            written.and_then(|()| pcap.flush()).with_context(|| path.display().to_string())?;
        }
        self.memory.judging();
        let JudgedDwell { cells, mut changes } = self.judge.dwell(observations)?;
        if let Some((path, store)) = &self.store {
            drop_stored_alerts(store, &mut changes).with_context(|| path.display().to_string())?;
        }
        let evidence = self.prove(info, &cells, again, &mut changes);
        if let Some((path, store)) = &mut self.store {
            let recorded = store.record(&dwell, &cells, &changes, &evidence);
            let id = recorded.with_context(|| format!("{}: {} was not stored", path.display(), dwell.recording))?;
            self.memory.recorded(id, store, &self.judge);
            let dropped = store.trim_outbox(&self.outbox_limits, Timestamp::now());
            print_dropped(dropped.with_context(|| path.display().to_string())?);
            self.sender.iter().for_each(Sender::wake);
        }
        let ids = cells.iter().map(|(observation, judged)| CellId::new(observation, judged.ecgi)).collect();
        let cells = cells.into_iter().map(reported_cell).collect();
        Ok(self.locate(dwell, cells, ids, changes))
    }

    /// Locates what is suspicious, as far as there is time for after one dwell.
    fn locate(
        &mut self,
        dwell: SearchedDwell,
        cells: Vec<JudgedCell>,
        ids: Vec<CellId>,
        changes: Vec<Change>,
    ) -> ReportedDwell {
        self.locator.add(&dwell, &cells, &ids);
        raised(&changes).for_each(|alert| self.locator.add_alert(alert));
        let located = self.locator.locate(ESTIMATES_A_DWELL);
        ReportedDwell { cells, ids, changes, dwell, located }
    }

    /// Locates all that is still due, at the end.
    pub fn locate_rest(&mut self) -> Vec<Located> {
        self.locator.locate(usize::MAX)
    }

    /// Keeps what the rules remember and ends the sending. Gives a line about each feed that has not got everything.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn close(&mut self) -> Result<Vec<String>> {
        if let Some((_, store)) = &mut self.store {
            self.memory.keep(store, &self.judge);
        }
        let Some(sender) = self.sender.take() else { return Ok(Vec::new()) };
        sender.stop();
        let Some((path, store)) = &self.store else { return Ok(Vec::new()) };
        left_lines(store, path).with_context(|| path.display().to_string())
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
            observation.dwell.lost = dwell.lost;
        }
        (dwell, observations)
    }

    /// The cells of a dwell that is stored already.
    fn known(&self, dwell: &SearchedDwell) -> Result<Option<Vec<JudgedCell>>> {
        let Some((path, store)) = &self.store else { return Ok(None) };
        store.known(dwell).with_context(|| path.display().to_string())
    }

    /// Writes the evidence of the alerts raised, and says in them where it is.
    fn prove(
        &mut self,
        info: &SourceInfo,
        cells: &[(Observation, cellwarden_core::detect::Judged)],
        again: Option<&Found>,
        changes: &mut [Change],
    ) -> Vec<EvidenceRecord> {
        let Some(folder) = &self.evidence else { return Vec::new() };
        for (observation, judged) in cells {
            self.proofs.add(observation, judged.ecgi, info, again);
        }
        let mut records = Vec::new();
        for change in changes {
            let Change::Raised(alert) = change else { continue };
            match self.proofs.write(folder, alert, &self.judge) {
                Ok(written) => {
                    alert.evidence_file = Some(written.file.display().to_string());
                    records.push(EvidenceRecord { alert: alert.id.clone(), sha256: written.sha256 });
                }
                Err(error) => {
                    tracing::error!(alert = alert.id, error = %format!("{error:#}"), "no evidence");
                    let line = format!("alert {}: no evidence was written: {error:#}", alert.id);
                    // The screen shows the log. Standard error may be closed; the alert's empty evidence_file says it too.
                    if !terminal::is_taken() {
                        console::write_error_line(line);
                    }
                }
            }
        }
        records
    }
}

/// Reports events that were dropped from the outbox and will never be sent.
fn print_dropped(dropped: Dropped) {
    let Dropped { sightings, alerts } = dropped;
    if sightings + alerts == 0 {
        return;
    }
    tracing::warn!(sightings, alerts, "dropped from the outbox");
    if !terminal::is_taken() {
        let line = format!("the outbox is full or old: dropped {sightings} sightings and {alerts} alerts unsent");
        console::write_error_line(line);
    }
}

/// A judged cell as it is reported.
fn reported_cell((observation, judged): (Observation, cellwarden_core::detect::Judged)) -> JudgedCell {
    JudgedCell { observation, verdict: judged.verdict, findings: judged.findings }
}

/// Removes the alerts that are stored already.
fn drop_stored_alerts(store: &Store, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let mut known = Vec::new();
    for change in changes.iter() {
        known.push(match change {
            Change::Raised(alert) => store.has_alert(&alert.id)?,
            Change::Closed { .. } | Change::Opened { .. } => false,
        });
    }
    let mut known = known.into_iter();
    changes.retain(|_| !known.next().unwrap_or(false));
    Ok(())
}

fn raised(changes: &[Change]) -> impl Iterator<Item = &Alert> {
    changes.iter().filter_map(|change| match change {
        Change::Raised(alert) => Some(alert),
        Change::Closed { .. } | Change::Opened { .. } => None,
    })
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

fn open_store(path: &Path, record: &DriveRecord) -> Result<(PathBuf, Store)> {
    make_folder_of(path)?;
    let open = || -> Result<Store, StoreError> {
        let mut store = Store::create(path)?;
        store.begin(record)?;
        Ok(store)
    };
    Ok((path.to_owned(), open().with_context(|| format!("{}: cannot use the store", path.display()))?))
}

fn create_pcap(path: &Path) -> Result<(PathBuf, PcapngWriter<BufWriter<File>>)> {
    let writer = File::create(path).and_then(|file| PcapngWriter::new(BufWriter::new(file)));
    Ok((path.to_owned(), writer.with_context(|| format!("{}: cannot write", path.display()))?))
}
