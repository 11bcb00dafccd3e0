//! What the registry says of one observation: the flat answer that the detection rules read.

use jiff::SignedDuration;

use super::{RegisteredCell, Snapshot};
use crate::observation::Plmn;

/// The registry's answer to one observation. It states facts and judges nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryAnswer {
    /// The state of the list it rests on.
    pub snapshot: Snapshot,
    /// Time of the observation less that of the import: negative where the recording is older than the snapshot, `None`
    /// where the recording has no time.
    pub age: Option<SignedDuration>,
    /// Broadcast PLMNs that the registry has cells of, in broadcast order; empty before SIB1.
    pub covered: Vec<Plmn>,
    /// Rows registered under the cell's global identifiers, in broadcast order; several rows of one identifier are
    /// duplicates in the list. Empty before SIB1 and for an unregistered cell.
    pub registered: Vec<NearCell>,
    /// Registered cells with the observed EARFCN and PCI, nearest first, those without a known distance last; at most
    /// [`SAME_PAIR_MAX`].
    pub same_pair: Vec<NearCell>,
    /// EARFCNs on which the covered PLMNs have registered cells, ascending.
    pub earfcns: Vec<u32>,
    /// Distinct tracking area codes of the registered cells of the covered PLMNs within [`NEARBY_M`] of the receiver,
    /// ascending, from at most [`NEARBY_MAX`] of them; the cell's own rows are not counted. Empty without a position.
    pub nearby_tacs: Vec<u16>,
    /// The active registered cell next to the receiver, on any carrier; `None` without a position or within
    /// [`NEARBY_M`].
    pub nearest: Option<NearCell>,
}

/// A registered cell and how far from the receiver it is registered.
#[derive(Debug, Clone, PartialEq)]
pub struct NearCell {
    /// The row.
    pub cell: RegisteredCell,
    /// Distance in metres; `None` where the receiver's or the cell's place is unknown.
    pub distance_m: Option<f64>,
}

/// How many cells of the same EARFCN and PCI an answer lists.
pub const SAME_PAIR_MAX: usize = 8;

/// How far an answer looks around the receiver, in metres.
pub const NEARBY_M: f64 = 5_000.0;

/// How many cells around the receiver an answer looks at, nearest first.
pub const NEARBY_MAX: usize = 64;
