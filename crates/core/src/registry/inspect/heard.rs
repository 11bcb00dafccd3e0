//! A cell heard in a dwell, and in what it differs from its row.

use std::fmt;

use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

use crate::{
    observation::{Access, CellIdentity, Ecgi, Observation, earfcn::is_same_carrier},
    registry::RegisteredCell,
};

/// What an inspection needs of an observation.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardCell {
    /// Global identifiers; empty before SIB1.
    pub ecgis: Vec<Ecgi>,
    /// Physical-layer identity.
    pub pci: Pci,
    /// Downlink channel number.
    pub earfcn: Option<u32>,
    /// Others that it may be; none where it is certain.
    pub earfcn_candidates: Vec<u32>,
    /// Tracking area code.
    pub tac: Option<u16>,
    /// SIB1's list of release 14, with tracking area codes of its own.
    pub accesses_r14: Vec<Access>,
    /// Downlink bandwidth.
    pub bandwidth: Option<Bandwidth>,
    /// Number of cell-specific antenna ports.
    pub antenna_ports: Option<AntennaPorts>,
    /// Reference signal received power in dBFS less gain.
    pub rsrp_db: f64,
    /// CRS Es/N0 in dB.
    pub sinr_db: f64,
}

/// A field in which a heard cell is not as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDifference {
    /// The list's column.
    pub column: &'static str,
    /// The registered value.
    pub registered: String,
    /// The value heard; for `status` the words "on air".
    pub heard: String,
}

impl From<&Observation> for HeardCell {
    fn from(observation: &Observation) -> Self {
        let identity = observation.identity.as_ref();
        Self {
            ecgis: identity.map(CellIdentity::ecgis).unwrap_or_default(),
            pci: observation.pci,
            earfcn: observation.carrier.earfcn,
            earfcn_candidates: observation.earfcn_candidates.clone(),
            tac: identity.map(|identity| identity.tac),
            accesses_r14: identity.map(|identity| identity.accesses_r14.clone()).unwrap_or_default(),
            bandwidth: observation.mib.map(|mib| mib.bandwidth),
            antenna_ports: observation.mib.map(|mib| mib.antenna_ports),
            rsrp_db: observation.rsrp_db(),
            sinr_db: f64::from(observation.level.sinr_db),
        }
    }
}

impl HeardCell {
    /// Whether it was heard on a channel, or perhaps was.
    #[must_use]
    pub fn may_be_on(&self, earfcn: u32) -> bool {
        self.earfcn.iter().chain(&self.earfcn_candidates).any(|&heard| is_same_carrier(heard, earfcn))
    }

    /// Tracking area code that it gives terminals of a row's identifier.
    fn tac_of(&self, row: &RegisteredCell) -> Option<u16> {
        let first = self.ecgis.first().map(|first| first.eci);
        let own = self.accesses_r14.iter().find(|access| access.ecgi() == row.ecgi && Some(access.eci) != first);
        own.map(|access| access.tac).or(self.tac)
    }

    /// The fields that are known on both sides and differ.
    #[must_use]
    pub fn differences(&self, row: &RegisteredCell) -> Vec<FieldDifference> {
        let mut differences = Vec::new();
        if row.status.is_inactive() {
            differences.push(FieldDifference {
                column: "status",
                registered: row.status.to_string(),
                heard: "on air".into(),
            });
        }
        let mut compare = |column, registered: Option<usize>, heard: Option<usize>| {
            if let (Some(registered), Some(heard)) = (registered, heard)
                && registered != heard
            {
                let (registered, heard) = (registered.to_string(), heard.to_string());
                differences.push(FieldDifference { column, registered, heard });
            }
        };
        compare("pci", row.pci.map(|pci| pci.get().into()), Some(self.pci.get().into()));
        let certain = self.earfcn.filter(|_| self.earfcn_candidates.is_empty());
        compare("earfcn", row.earfcn.map(|n| n as usize), certain.map(|n| n as usize));
        compare("tac", row.tac.map(usize::from), self.tac_of(row).map(usize::from));
        compare("bandwidth_rb", row.bandwidth.map(Bandwidth::n_rb_dl), self.bandwidth.map(Bandwidth::n_rb_dl));
        compare(
            "antenna_ports",
            row.antenna_ports.map(AntennaPorts::count),
            self.antenna_ports.map(AntennaPorts::count),
        );
        differences
    }
}

impl fmt::Display for FieldDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} registered, {} heard", self.column, self.registered, self.heard)
    }
}
