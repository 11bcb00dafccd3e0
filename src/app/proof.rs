//! The best dwell of each cell, from which evidence is cut, and the receiver for evidence.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context, Result, anyhow};
use lte_dsp::units::Hertz;
use serde_json::{Map, Value};

use super::judge::Judge;
use cellwarden_core::{
    alert::{Alert, CellId},
    observation::{Ecgi, Observation},
    registry::Lookup,
};
use cellwarden_receiver::{ReceiverSettings, receive};
use cellwarden_source::{Found, Hints, Input, SampleSource, SourceError, SourceInfo, find};
use cellwarden_store::{
    EvidenceError, EvidenceFolder,
    evidence::{Document, Written},
};

/// Cells whose best dwell is remembered; evidence of others is cut from the dwell that raised the alert.
const MAX_CELLS: usize = 1024;

/// The best dwell of each cell so far.
#[derive(Default)]
pub struct Proofs {
    cells: BTreeMap<CellId, Proof>,
}

/// A dwell in which a cell was heard.
struct Proof {
    observation: Observation,
    dwell: String,
    /// The recording; `None` where its samples passed only once.
    recording: Option<Found>,
}

impl Proofs {
    /// Remembers a dwell of a cell where it was decoded at least as far as in those before.
    pub fn add(&mut self, observation: &Observation, ecgi: Option<Ecgi>, info: &SourceInfo, again: Option<&Found>) {
        let cell = CellId::new(observation, ecgi);
        let better = self.cells.get(&cell).is_none_or(|proof| proof.observation.state <= observation.state);
        if !better {
            return;
        }
        if self.cells.len() >= MAX_CELLS && !self.cells.contains_key(&cell) {
            self.cells.pop_first();
        }
        let recording = again.and_then(Found::again);
        self.cells.insert(cell, Proof { observation: observation.clone(), dwell: info.name.clone(), recording });
    }

    /// Writes the evidence of an alert.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, folder: &EvidenceFolder, alert: &Alert, judge: &Judge) -> Result<Written> {
        let of_alert = |(cell, _): &(&CellId, &Proof)| {
            cell.ecgi == alert.ecgi && cell.pci == alert.pci && cell.earfcn == alert.earfcn
        };
        let (_, proof) = self.cells.iter().find(of_alert).context("the cell of the alert is not remembered")?;
        let mut document = Document::new(event(alert), &proof.observation, &judge.rules_version());
        if let Some(registry) = judge.registry() {
            let rows = alert.ecgi.map_or_else(|| Ok(Vec::new()), |ecgi| registry.by_ecgi(ecgi))?;
            document = document.with_registry(registry.snapshot(), &rows);
        }
        let Some(recording) = &proof.recording else {
            let why = "the samples came as a stream, which passes only once: record it to a file to have evidence";
            return Ok(folder.write_without_recording(&alert.revision_id(), document, why)?);
        };
        let reopen = || reopen(recording, &proof.dwell);
        Ok(folder.write(&alert.revision_id(), document, &proof.observation, reopen, &decode)?)
    }
}

/// Whether evidence could not be written as there is no room.
pub fn is_full(error: &anyhow::Error) -> bool {
    error.downcast_ref::<EvidenceError>().is_some_and(EvidenceError::is_full)
}

fn event(alert: &Alert) -> Map<String, Value> {
    match serde_json::json!(alert) {
        Value::Object(fields) => fields,
        other => unreachable!("an alert is an object: {other}"),
    }
}

/// The dwell of a recording, from its beginning.
fn reopen(recording: &Found, dwell: &str) -> Result<Box<dyn SampleSource>, SourceError> {
    let gone = || SourceError::NoRecording { path: dwell.into() };
    for source in recording.again().ok_or_else(gone)?.open()? {
        let source = source?;
        if source.info().name == dwell {
            return Ok(Box::new(source));
        }
    }
    Err(gone())
}

/// The cells on one carrier of a recording.
///
/// # Errors
/// Why they cannot be had.
pub fn decode(meta: &Path, carrier_hz: f64) -> Result<Vec<Observation>, String> {
    decode_carrier(meta, carrier_hz).map_err(|error| format!("{error:#}"))
}

fn decode_carrier(meta: &Path, carrier_hz: f64) -> Result<Vec<Observation>> {
    let hints = Hints { verify_hash: true, ..Hints::default() };
    let found = find(&Input::Path(meta.to_owned()), &hints)?.into_iter().next();
    let mut source = found.ok_or_else(|| anyhow!("no recording"))?.open()?.next().context("no dwell")??;
    let settings = ReceiverSettings {
        carriers: Some(vec![Hertz(carrier_hz)]),
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    Ok(receive(&mut source, &settings, &|_| ())?.observations)
}
