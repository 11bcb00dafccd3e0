//! The registry's rows beside an observation: which row speaks for it, and in what the two differ.

use crate::{
    observation::{Observation, earfcn::is_same_carrier},
    registry::{NearCell, RegisteredCell, RegistryAnswer},
};

/// A registered parameter that is not the observed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryMismatch {
    /// Physical-layer identity.
    Pci,
    /// EARFCN, bandwidth or antenna ports.
    Carrier,
    /// Tracking area code.
    Tac,
}

/// The row that speaks for an observation: of several rows under one identifier, an active one and the most alike.
#[must_use]
pub fn best_row<'a>(observation: &Observation, answer: &'a RegistryAnswer) -> Option<&'a NearCell> {
    let rank = |near: &&NearCell| (near.cell.status.is_inactive(), row_differences(observation, &near.cell).len());
    answer.registered.iter().min_by_key(rank)
}

/// In what an observation differs from the row that speaks for it; empty for an unregistered cell.
#[must_use]
pub fn differences(observation: &Observation, answer: &RegistryAnswer) -> Vec<RegistryMismatch> {
    best_row(observation, answer).map(|near| row_differences(observation, &near.cell)).unwrap_or_default()
}

/// Whether a registered value is known and another than the observed one.
fn differs<T: PartialEq>(registered: Option<T>, observed: Option<T>) -> bool {
    matches!((registered, observed), (Some(r), Some(o)) if r != o)
}

/// Whether a registered carrier is known and another than the observed one, whatever band's numbers name them.
#[must_use]
pub fn is_other_carrier(registered: Option<u32>, observed: Option<u32>) -> bool {
    matches!((registered, observed), (Some(r), Some(o)) if !is_same_carrier(r, o))
}

fn row_differences(observation: &Observation, row: &RegisteredCell) -> Vec<RegistryMismatch> {
    let mib = observation.mib.as_ref();
    let mut found = Vec::new();
    if differs(row.pci, Some(observation.pci)) {
        found.push(RegistryMismatch::Pci);
    }
    if is_other_carrier(row.earfcn, observation.certain_earfcn())
        || differs(row.bandwidth, mib.map(|m| m.bandwidth))
        || differs(row.antenna_ports, mib.map(|m| m.antenna_ports))
    {
        found.push(RegistryMismatch::Carrier);
    }
    if differs(row.tac, observation.identity.as_ref().map(|i| i.tac)) {
        found.push(RegistryMismatch::Tac);
    }
    found
}
