//! How the book of alerts is written down, so that a drive goes on where the program ended.

use jiff::Timestamp;
use lte_dsp::cell::Pci;
use serde::{Deserialize, Serialize};

use super::{
    AlertBook, CellId,
    debounce::{CellRecord, Held},
};
use crate::{
    detect::{Grounds, history::kept},
    observation::Ecgi,
};

/// The findings and alerts of every cell, in the form that is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptBook(Vec<KeptCell>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KeptCell {
    #[serde(with = "kept::optional_text")]
    ecgi: Option<Ecgi>,
    #[serde(with = "kept::pci")]
    pci: Pci,
    earfcn: Option<u32>,
    carrier_hz: u64,
    heard: Option<Timestamp>,
    findings: Vec<Held>,
    /// What each finding rests on, which is no part of it where it is told.
    grounds: Vec<Grounds>,
}

impl AlertBook {
    /// The book in the form that is written down.
    #[must_use]
    pub fn kept(&self) -> KeptBook {
        let cell = |(id, record): (&CellId, &CellRecord)| KeptCell {
            ecgi: id.ecgi,
            pci: id.pci,
            earfcn: id.earfcn,
            carrier_hz: id.carrier_hz,
            heard: record.heard,
            findings: record.rules.values().cloned().collect(),
            grounds: record.rules.values().map(|held| held.finding.grounds.clone()).collect(),
        };
        KeptBook(self.cells.iter().map(cell).collect())
    }

    /// The same book with what was written down of another one, or of the same at another time.
    #[must_use]
    pub fn with_kept(mut self, kept: KeptBook) -> Self {
        let record = |KeptCell { ecgi, pci, earfcn, carrier_hz, heard, findings, grounds }| {
            let mut grounds = grounds.into_iter();
            let held = findings.into_iter().map(|mut held: Held| {
                held.finding.grounds = grounds.next().unwrap_or_default();
                (held.finding.rule.clone(), held)
            });
            let rules = held.collect();
            (CellId { ecgi, pci, earfcn, carrier_hz }, CellRecord { heard, rules })
        };
        self.cells = kept.0.into_iter().map(record).collect();
        self
    }
}
