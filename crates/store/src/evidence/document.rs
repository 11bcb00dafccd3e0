//! The document beside a cut recording.

use lte_dsp::cell::Pci;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::ecgis_of;
use crate::channel_name;
use cellwarden_core::{
    observation::Observation,
    registry::{RegisteredCell, RegistrySnapshot},
};

/// Name and version of the document's form.
const SCHEMA: &str = "cellwarden.evidence/1";

/// What the hash of a document is taken with in its own place.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What an alert rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    schema: String,
    /// SHA-256 of the document's own text, with zeros in this place.
    sha256: String,
    /// Name and version of the program that raised the alert.
    pub program: String,
    /// Name of the rules with their thresholds.
    pub rules_version: String,
    /// The alert event: rule, version, values.
    pub alert: Map<String, Value>,
    /// What the registry said.
    pub registry: Option<RegistryProof>,
    /// The cell.
    pub cell: CellProof,
    /// Its transport blocks.
    pub blocks: Vec<BlockProof>,
    /// The cut recording; `None` where the samples passed only once.
    pub recording: Option<RecordingProof>,
    /// Why there is no recording, or not all of it.
    pub note: Option<String>,
}

/// The registered cell list's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryProof {
    /// Name of the snapshot.
    pub snapshot: String,
    /// SHA-256 of the imported files.
    pub sha256: String,
    /// When they were imported.
    pub imported: String,
    /// Rows under the cell's global identifiers; empty for an unregistered cell.
    pub rows: Vec<Value>,
}

/// The cell as it was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellProof {
    /// Physical-layer identity.
    pub pci: u16,
    /// Nominal carrier.
    pub carrier_hz: f64,
    /// Global identifiers; empty before SIB1.
    pub ecgis: Vec<String>,
    /// Tracking area code.
    pub tac: Option<u16>,
    /// System frame number of the frame that starts at `sfn_at_sample` of the source.
    pub sfn: Option<u16>,
    /// That sample.
    pub sfn_at_sample: f64,
}

/// A transport block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockProof {
    /// Name of the channel.
    pub channel: String,
    /// Frame of its first reception.
    pub sfn: u16,
    /// Subframe of its first reception.
    pub subframe: u8,
    /// Sample of the source where that subframe starts.
    pub at_sample: u64,
    /// Its bytes.
    pub hex: String,
    /// Whether the cut alone gives it again.
    pub decoded_again: bool,
}

/// The cut recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingProof {
    /// Name of the metadata file, beside the document.
    pub file: String,
    /// SHA-512 of the samples.
    pub data_sha512: String,
    /// SHA-512 of the metadata.
    pub meta_sha512: String,
    /// The recording it was cut from.
    pub source: String,
    /// Its first sample there.
    pub first_sample: u64,
    /// Its length in samples.
    pub samples: u64,
}

impl Document {
    /// The document of an observation that raised an alert, without its recording.
    #[must_use]
    pub fn new(alert: Map<String, Value>, observation: &Observation, rules_version: &str) -> Self {
        let blocks = observation.blocks.iter().map(|block| BlockProof {
            channel: channel_name(block.channel).to_owned(),
            sfn: block.sfn.get(),
            subframe: block.subframe,
            at_sample: block.at_sample,
            hex: hex::encode(&block.bytes),
            decoded_again: false,
        });
        Self {
            schema: SCHEMA.to_owned(),
            sha256: NO_HASH.to_owned(),
            program: concat!("cellwarden ", env!("CARGO_PKG_VERSION")).to_owned(),
            rules_version: rules_version.to_owned(),
            alert,
            registry: None,
            cell: CellProof {
                pci: observation.pci.get(),
                carrier_hz: observation.carrier.hz,
                ecgis: ecgis_of(observation),
                tac: observation.identity.as_ref().map(|identity| identity.tac),
                sfn: observation.timing.sfn.map(|sfn| sfn.get()),
                sfn_at_sample: observation.timing.at_sample,
            },
            blocks: blocks.collect(),
            recording: None,
            note: None,
        }
    }

    /// The document with what the registry said.
    #[must_use]
    pub fn with_registry(mut self, snapshot: &RegistrySnapshot, rows: &[RegisteredCell]) -> Self {
        self.registry = Some(RegistryProof {
            snapshot: snapshot.id(),
            sha256: snapshot.sha256.clone(),
            imported: snapshot.imported.to_string(),
            rows: rows.iter().map(|row| serde_json::json!(row)).collect(),
        });
        self
    }

    /// The text, with the hash of itself in it, and the hash of all of it.
    ///
    /// # Panics
    /// Never: its keys are text and its numbers finite or null.
    #[must_use]
    pub fn sealed(mut self) -> (String, String) {
        NO_HASH.clone_into(&mut self.sha256);
        let mut text = serde_json::to_string_pretty(&self).expect("text keys");
        text.push('\n');
        let own = hex::encode(Sha256::digest(text.as_bytes()));
        let text = text.replacen(NO_HASH, &own, 1);
        let all = hex::encode(Sha256::digest(text.as_bytes()));
        (text, all)
    }

    /// Reads a document; `Err` says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match document.schema.as_str() {
            SCHEMA => Ok(document),
            other => Err(format!("schema {other:?}, this program reads {SCHEMA:?}")),
        }
    }

    /// Whether a text has the hash that it says.
    pub(super) fn is_intact(&self, text: &str) -> bool {
        let zeroed = text.replacen(&self.sha256, NO_HASH, 1);
        self.sha256.len() == NO_HASH.len() && hex::encode(Sha256::digest(zeroed.as_bytes())) == self.sha256
    }

    /// The cell's physical-layer identity, where it is one.
    pub(super) fn pci(&self) -> Option<Pci> {
        Pci::new(self.cell.pci)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::detect::scene::macro_cell;

    fn document() -> Document {
        let alert = Map::from_iter([("id".to_owned(), Value::from("a1"))]);
        Document::new(alert, &macro_cell(0x3f_0d101, 301).observation, "r1")
    }

    #[test]
    fn a_sealed_text_is_intact_and_an_edited_one_is_not() {
        let (text, hash) = document().sealed();
        let read = Document::parse(&text).expect("a document");
        assert!(read.is_intact(&text));
        assert_eq!(hash, hex::encode(Sha256::digest(text.as_bytes())));
        assert!(!read.is_intact(&text.replace("301", "302")));
        assert!(!read.is_intact(&text.replace('\n', "\r\n")));
    }

    #[test]
    fn other_texts_are_no_document() {
        let (text, _) = document().sealed();
        for bad in ["", "{}", "[]", &text[..text.len() / 2], &text.replace(SCHEMA, "cellwarden.evidence/9")] {
            assert!(Document::parse(bad).is_err(), "{bad}");
        }
    }
}
