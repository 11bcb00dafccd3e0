//! The registry's rows beside an observation: which row speaks for it, and in what the two differ.

use crate::{
    observation::{Access, CellIdentity, Ecgi, Observation, earfcn::is_same_carrier},
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

/// Whether a cell is a RAN host's that the operator allows: SIB1's first PLMN is its own. TS 36.331 §6.2.2.
#[must_use]
pub fn is_hosted(identity: &CellIdentity, answer: &RegistryAnswer) -> bool {
    identity.plmns.first().is_some_and(|first| answer.ran_hosts.contains(first))
}

/// What the list must know of a cell: all that terminals of its PLMNs take for their cell. Nothing of it where the cell is a
/// RAN host's that the operator allows.
#[must_use]
pub fn own_accesses(observation: &Observation, answer: &RegistryAnswer) -> Vec<Access> {
    let accesses =
        observation.identity.as_ref().filter(|identity| !is_hosted(identity, answer)).map(CellIdentity::accesses);
    accesses.into_iter().flatten().filter(|access| answer.covered.contains(&access.plmn)).collect()
}

/// The first of those that the list lacks. A cell identity that it has under another of the cell's PLMNs is no stranger.
#[must_use]
pub fn stranger(observation: &Observation, answer: &RegistryAnswer) -> Option<Access> {
    let is_listed = |access: &Access| answer.registered.iter().any(|near| near.cell.ecgi.eci == access.eci);
    own_accesses(observation, answer).into_iter().find(|access| !is_listed(access))
}

/// The row that speaks for an observation: of several rows of one cell identity, an active one and the most alike; of
/// several cell identities, the one with the worst such row.
#[must_use]
pub fn best_row<'a>(observation: &Observation, answer: &'a RegistryAnswer) -> Option<&'a NearCell> {
    let rank = |near: &&NearCell| (near.cell.status.is_inactive(), row_differences(observation, &near.cell).len());
    let eci = |near: &NearCell| near.cell.ecgi.eci;
    let is_best = |near: &&'a NearCell| {
        let of_cell = answer.registered.iter().filter(|other| eci(other) == eci(near));
        of_cell.min_by_key(rank).is_some_and(|best| std::ptr::eq(best, *near))
    };
    answer.registered.iter().filter(is_best).rev().max_by_key(rank)
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

/// The tracking area codes that come with an identifier: two where a terminal of release 14 is given another.
#[must_use]
pub fn tacs_of(observation: &Observation, ecgi: Ecgi) -> Vec<u16> {
    let accesses = observation.identity.as_ref().map(CellIdentity::accesses).unwrap_or_default();
    accesses.into_iter().filter(|access| access.ecgi() == ecgi).map(|access| access.tac).collect()
}

/// Whether a registered carrier is known and another than the observed one, whatever band's numbers name them.
#[must_use]
pub fn is_other_carrier(registered: Option<u32>, observed: Option<u32>) -> bool {
    matches!((registered, observed), (Some(r), Some(o)) if !is_same_carrier(r, o))
}

/// Whether an observation is on another carrier than its row's: no alias of it either.
fn is_elsewhere(observation: &Observation, row: &RegisteredCell) -> bool {
    is_other_carrier(row.earfcn, observation.certain_earfcn())
        && row.earfcn.is_none_or(|earfcn| observation.alias_of_hz(earfcn).is_none())
}

fn row_differences(observation: &Observation, row: &RegisteredCell) -> Vec<RegistryMismatch> {
    let mib = observation.mib.as_ref();
    let mut found = Vec::new();
    if differs(row.pci, Some(observation.pci)) {
        found.push(RegistryMismatch::Pci);
    }
    if is_elsewhere(observation, row)
        || differs(row.bandwidth, mib.map(|m| m.bandwidth))
        || differs(row.antenna_ports, mib.map(|m| m.antenna_ports))
    {
        found.push(RegistryMismatch::Carrier);
    }
    if tacs_of(observation, row.ecgi).into_iter().any(|tac| differs(row.tac, Some(tac))) {
        found.push(RegistryMismatch::Tac);
    }
    found
}
