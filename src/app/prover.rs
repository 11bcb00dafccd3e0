//! Writes the evidence of alerts, where need be from the room that is reserved for it, or in place of older evidence.

use std::path::Path;

use anyhow::{Context, Result};

use super::{
    drive::report_fault,
    judge::Judge,
    proof::{Proofs, is_full},
    reserve::Reserve,
};
use cellwarden_core::{
    alert::Alert,
    detect::{Judged, Severity},
    drive::SearchedDwell,
    observation::Observation,
};
use cellwarden_event::AlertState;
use cellwarden_source::{Found, SourceInfo};
use cellwarden_store::{
    EvidenceFolder, EvidenceRecord, Store, StoreError,
    evidence::{Evicted, MAX_CUT_SECONDS, Written},
};

/// Room that is reserved for evidence at most: one cut at 20 MS/s and 16 bits.
const RESERVED_BYTES: u64 = 128 << 20;

/// The folder of evidence, and what evidence is cut from.
pub struct Prover {
    folder: EvidenceFolder,
    proofs: Proofs,
    reserve: Reserve,
}

impl Prover {
    /// Opens the folder and reserves room in it.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(path: &Path, limit_bytes: u64) -> Result<Self> {
        let folder = EvidenceFolder::open(path, limit_bytes).context("cannot use the evidence folder")?;
        let reserve = Reserve::take(folder.path().join("reserve"), RESERVED_BYTES.min(limit_bytes));
        tracing::info!(bytes = reserve.held_bytes(), "{}: room reserved for evidence", reserve.path().display());
        Ok(Self { folder, proofs: Proofs::default(), reserve })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the evidence of the alerts that were raised or have better evidence, and says in all where theirs is.
    pub fn prove(
        &mut self,
        info: &SourceInfo,
        cells: &[(Observation, Judged)],
        again: Option<&Found>,
        changes: &mut [Alert],
        judge: &Judge,
    ) -> Vec<EvidenceRecord> {
        for (observation, judged) in cells {
            self.proofs.add(observation, judged.ecgi, info, again);
        }
        let mut records = Vec::new();
        for alert in changes {
            // A revision without a finding of this dwell rests on what was proven before.
            let is_of_this_dwell = alert.evidence.get("recording").is_some_and(|name| *name == *info.name);
            let is_better = alert.state == AlertState::Risen && is_of_this_dwell;
            if !alert.is_first() && !is_better {
                alert.evidence_file = self.folder.evidence_of(&alert.id).map(|file| file.display().to_string());
                continue;
            }
            let (record, file) = self.write(info, alert, judge);
            alert.evidence_file = file;
            records.push(record);
        }
        records
    }

    /// Writes the evidence that alerts of a stored dwell do not have.
    ///
    /// # Errors
    /// From the store.
    pub fn make_up(
        &mut self,
        info: &SourceInfo,
        dwell: &SearchedDwell,
        observations: &[Observation],
        again: Option<&Found>,
        store: &mut Store,
        judge: &Judge,
    ) -> Result<(), StoreError> {
        let alerts = store.unproven_alerts(dwell)?;
        for observation in observations {
            let is_of = |alert: &&Alert| alert.pci == observation.pci && alert.earfcn == observation.carrier.earfcn;
            // Its identity may be known from another dwell.
            let ecgi = observation.ecgi().or_else(|| alerts.iter().find(is_of)?.ecgi);
            self.proofs.add(observation, ecgi, info, again);
        }
        for alert in alerts {
            let (record, file) = self.write(info, &alert, judge);
            store.record_evidence(&record, file.as_deref())?;
        }
        Ok(())
    }

    /// Writes the evidence of an alert: its record, and its file where there is one.
    fn write(&mut self, info: &SourceInfo, alert: &Alert, judge: &Judge) -> (EvidenceRecord, Option<String>) {
        // Where there is room again, it is for the next alert.
        let _ = self.reserve.hold();
        let (sha256, file) = match self.make_room_and_write(info, alert, judge) {
            Ok(Written { file, sha256, evicted }) => {
                report_evicted(&self.folder, &evicted);
                (Ok(sha256), Some(file.display().to_string()))
            }
            Err(error) => {
                let why = format!("{error:#}");
                report_fault(&format!(
                    "alert {}: no evidence was written: {why}; the same command again makes up for it",
                    alert.id
                ));
                (Err(why), None)
            }
        };
        (EvidenceRecord { alert: alert.id.clone(), sha256 }, file)
    }

    fn make_room_and_write(&mut self, info: &SourceInfo, alert: &Alert, judge: &Judge) -> Result<Written> {
        let written = self.proofs.write(&self.folder, alert, judge);
        if !written.as_ref().is_err_and(is_full) {
            return written;
        }
        if self.reserve.release() {
            let written = self.proofs.write(&self.folder, alert, judge);
            if !written.as_ref().is_err_and(is_full) {
                return written;
            }
        }
        let samples = info.sample_rate.hz() * MAX_CUT_SECONDS;
        let bytes = samples as u64 * info.format.bytes() as u64;
        let is_critical = alert.severity == Severity::Critical;
        let evicted = self.folder.make_room_on_disk(bytes, &alert.id, is_critical)?;
        if evicted.is_empty() {
            return written;
        }
        report_evicted(&self.folder, &evicted);
        self.proofs.write(&self.folder, alert, judge)
    }
}

/// Reports whose evidence was removed to make room.
pub fn report_evicted(folder: &EvidenceFolder, evicted: &[Evicted]) {
    for Evicted { alert, is_lead_up, bytes } in evicted {
        let what = if *is_lead_up { "what led to alert" } else { "the recording that proves alert" };
        report_fault(&format!(
            "{}: {what} {alert} was removed to make room, {:.1} MB; its document stays",
            folder.path().display(),
            *bytes as f64 * 1e-6
        ));
    }
}
