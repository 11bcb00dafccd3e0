//! The account of a drive: what every form of report is made of.

use cellwarden_core::{
    drive::Drive,
    registry::{RegisteredCell, RegistrySnapshot, inspect::Inspection},
};
use cellwarden_store::{StoredAlert, StoredDrive};

/// All that is reported of one or more drives.
#[derive(Debug, Default)]
pub struct Account {
    /// The drives, as the store lists them.
    pub drives: Vec<StoredDrive>,
    /// Their dwells and transmitters.
    pub drive: Drive,
    /// The alerts, oldest first.
    pub alerts: Vec<StoredAlert>,
    /// The registered cells near the track; empty without a registry.
    pub sites: Vec<RegisteredCell>,
    /// The registry's snapshot that sites and inspection are of.
    pub snapshot: Option<RegistrySnapshot>,
    /// What became of every registered cell about the track.
    pub inspection: Option<Inspection>,
}
