//! The proof of an alert: the samples that it rests on, cut out of the recording, and a document that says what they
//! hold.
//!
//! An alert `ID` has `ID.sigmf-data` and `ID.sigmf-meta`, a recording that any receiver can decode, and `ID.json`, the
//! document: transport blocks, registry rows and snapshot, rule and program version, hashes. The receiver decodes the
//! cut before the document is written, so that it promises only what the cut really gives.

mod cut;
mod document;
mod folder;
mod verify;

use lte_dsp::cell::Pci;

pub use cut::{Cut, MAX_CUT_SECONDS, cut_around};
pub use document::{BlockProof, CellProof, Document, RecordingProof, RegistryProof};
pub use folder::{Evicted, EvidenceFolder, Written};
pub use verify::{Check, Verification, verify};

use cellwarden_core::observation::{BlockChannel, CellIdentity, Observation};

/// The receiver as evidence needs it: the cells on one carrier, in hertz, of a recording given by its metadata's path,
/// or why they cannot be had.
pub type Decode<'a> = &'a dyn Fn(&std::path::Path, f64) -> Result<Vec<Observation>, String>;

/// The cell of a cut that is the proven one: of those with its PCI, the one with its identity, else the strongest.
fn same_cell<'a>(cells: &'a [Observation], pci: Pci, ecgis: &[String]) -> Option<&'a Observation> {
    let alike = || cells.iter().filter(|cell| cell.pci == pci);
    let named = |cell: &&Observation| ecgis_of(cell) == ecgis;
    alike().find(named).or_else(|| alike().max_by(|a, b| a.level.rsrp_dbfs.total_cmp(&b.level.rsrp_dbfs)))
}

fn ecgis_of(observation: &Observation) -> Vec<String> {
    observation.identity.iter().flat_map(CellIdentity::ecgis).map(|ecgi| ecgi.to_string()).collect()
}

/// Whether two blocks of a channel say the same. A MIB's system frame number counts on. TS 36.331 §6.2.2.
fn same_block(channel: BlockChannel, one: &[u8], other: &[u8]) -> bool {
    let without_frame_number = |bytes: &[u8]| match (channel, bytes) {
        (BlockChannel::BcchBch, [a, b, rest @ ..]) => [&[a & 0xFC, b & 0x03], rest].concat(),
        _ => bytes.to_vec(),
    };
    without_frame_number(one) == without_frame_number(other)
}
