//! How the book of alerts is written down, so that a drive goes on where the program ended.

use cellwarden_event::Technology;
use jiff::Timestamp;
use lte_dsp::cell::Pci;
use serde::{Deserialize, Serialize};

use super::{
    Alert, AlertBook, CellId,
    book::{CellRecord, HeardIn, Held, StandingAlert},
    mark::Mark,
};
use crate::{
    detect::{Grounds, history::kept},
    observation::Ecgi,
};

/// The findings and alerts of every cell, in the form that is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptBook {
    cells: Vec<KeptCell>,
    alerts: Vec<Alert>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KeptCell {
    technology: Technology,
    #[serde(with = "kept::optional_text")]
    ecgi: Option<Ecgi>,
    #[serde(with = "kept::pci")]
    pci: Pci,
    earfcn: Option<u32>,
    carrier_hz: u64,
    heard: Option<Timestamp>,
    heard_in: HeardIn,
    #[serde(default)]
    came: Option<Mark>,
    mark: Option<Mark>,
    findings: Vec<Held>,
    /// What each finding rests on, which is no part of it where it is told.
    grounds: Vec<Grounds>,
}

impl AlertBook {
    /// The book in the form that is written down.
    #[must_use]
    pub fn kept(&self) -> KeptBook {
        let cell = |(id, record): (&CellId, &CellRecord)| KeptCell {
            technology: id.technology,
            ecgi: id.ecgi,
            pci: id.pci,
            earfcn: id.earfcn,
            carrier_hz: id.carrier_hz,
            heard: record.heard,
            heard_in: record.heard_in.clone(),
            came: record.came.clone(),
            mark: record.mark.clone(),
            findings: record.rules.values().cloned().collect(),
            grounds: record.rules.values().map(|held| held.finding.grounds.clone()).collect(),
        };
        KeptBook {
            cells: self.cells.iter().map(cell).collect(),
            alerts: self.alerts.values().map(|standing| standing.alert.clone()).collect(),
        }
    }

    /// The same book with what was written down of another one, or of the same at another time.
    #[must_use]
    pub fn with_kept(mut self, kept: KeptBook) -> Self {
        let record =
            |KeptCell { technology, ecgi, pci, earfcn, carrier_hz, heard, heard_in, came, mark, findings, grounds }| {
                let mut grounds = grounds.into_iter();
                let held = findings.into_iter().map(|mut held: Held| {
                    held.finding.grounds = grounds.next().unwrap_or_default();
                    (held.finding.rule.clone(), held)
                });
                let rules = held.collect();
                (
                    CellId { technology, ecgi, pci, earfcn, carrier_hz },
                    CellRecord { heard, heard_in, came, mark, rules },
                )
            };
        self.cells = kept.cells.into_iter().map(record).collect();
        let standing = |alert: Alert| {
            let has = |record: &CellRecord| record.rules.values().any(|held| held.alert.as_deref() == Some(&*alert.id));
            let cells = self.cells.iter().filter(|(_, record)| has(record)).map(|(cell, _)| cell.clone()).collect();
            (alert.id.clone(), StandingAlert { alert, cells })
        };
        self.alerts = kept.alerts.into_iter().map(standing).collect();
        self
    }
}
