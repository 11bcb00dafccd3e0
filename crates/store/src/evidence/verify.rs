//! Verifies the evidence of an alert: by its hashes, and by decoding the samples once more.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{
    Decode, Document, ecgis_of,
    folder::{read_document, sha512_of},
    same_block, same_cell,
};
use crate::{channel_name, error::EvidenceError};
use cellwarden_core::observation::{BlockChannel, Observation};

/// One thing that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// What was found, or in what the evidence is wrong.
    pub outcome: Result<String, String>,
}

/// All that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The alert's id, as the document says it.
    pub alert: String,
    /// Each check, in order.
    pub checks: Vec<Check>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.outcome.is_ok())
    }
}

/// Verifies the evidence whose document lies at `path`; `stored_sha256` is the hash that a store has of it.
///
/// # Errors
/// Where the document cannot be read at all. Everything else is said in the checks.
pub fn verify(path: &Path, stored_sha256: Option<&str>, decode: Decode<'_>) -> Result<Verification, EvidenceError> {
    let (document, text) = read_document(path)?;
    let mut checks =
        vec![check("document", document_hash(&document, &text, stored_sha256)), check("alert", agrees(&document))];
    match &document.recording {
        None => {
            let why = document.note.clone().unwrap_or_default();
            checks.push(check("recording", Err(format!("the alert has no recording: {why}"))));
        }
        Some(recording) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            // The name is one of ours, never a path that leads elsewhere.
            let meta = path.with_extension("sigmf-meta");
            let expected = meta.file_name().and_then(|name| name.to_str()) == Some(recording.file.as_str());
            if !expected || !folder.join(&recording.file).exists() {
                let gone = "the recording is not beside its document: removed, or by the folder's size limit";
                checks.push(check("recording", Err(gone.to_owned())));
            } else {
                let data = meta.with_extension("sigmf-data");
                checks.push(check("samples", same_hash(&data, &recording.data_sha512)));
                checks.push(check("metadata", same_hash(&meta, &recording.meta_sha512)));
                decoded(&document, &meta, decode, &mut checks);
            }
        }
    }
    let alert = document.alert.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
    Ok(Verification { alert, checks })
}

fn check(what: &'static str, outcome: Result<String, String>) -> Check {
    Check { what, outcome }
}

fn document_hash(document: &Document, text: &str, stored_sha256: Option<&str>) -> Result<String, String> {
    if !document.is_intact(text) {
        return Err("the document was changed after it was written: its text has another hash".to_owned());
    }
    let found = hex::encode(Sha256::digest(text.as_bytes()));
    match stored_sha256 {
        Some(stored) if stored != found => Err(format!("the store knows another document: {} there", begin(stored))),
        Some(_) => Ok(format!("as written, and as the store knows it ({})", begin(&found))),
        None => Ok(format!("as written ({}); no store to compare with", begin(&found))),
    }
}

/// Whether the alert speaks of the proven cell.
fn agrees(document: &Document) -> Result<String, String> {
    let cell = &document.cell;
    let alert = |field: &str| document.alert.get(field).cloned().unwrap_or_default();
    if alert("pci") != cell.pci {
        return Err(format!("the alert says PCI {}, the evidence is of PCI {}", alert("pci"), cell.pci));
    }
    // A cell that gave its identity in another dwell is proven by its PCI and carrier.
    if let Some(ecgi) = alert("ecgi").as_str().filter(|_| !cell.ecgis.is_empty())
        && !cell.ecgis.iter().any(|own| own == ecgi)
    {
        return Err(format!("the alert says {ecgi}, the evidence is of {}", cell.ecgis.join(", ")));
    }
    Ok(format!("of the cell that the evidence is of, PCI {}", cell.pci))
}

fn same_hash(path: &Path, expected: &str) -> Result<String, String> {
    let found = sha512_of(path).map_err(|error| error.to_string())?;
    if found == expected {
        Ok(format!("SHA-512 {} as written", begin(&found)))
    } else {
        Err(format!("SHA-512 {}, when written it was {}", begin(&found), begin(expected)))
    }
}

fn begin(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// Decodes the recording and compares identity and blocks.
fn decoded(document: &Document, meta: &Path, decode: Decode<'_>, checks: &mut Vec<Check>) {
    let cell = &document.cell;
    let cells = match decode(meta, cell.carrier_hz) {
        Ok(cells) => cells,
        Err(error) => {
            checks.push(check("identity", Err(format!("the recording cannot be decoded: {error}"))));
            return;
        }
    };
    let found = document.pci().and_then(|pci| same_cell(&cells, pci, &cell.ecgis));
    let Some(found) = found else {
        checks.push(check("identity", Err(format!("PCI {} is not in the recording", cell.pci))));
        return;
    };
    checks.push(check("identity", same_identity(document, found)));
    checks.push(check("blocks", same_blocks(document, found)));
}

fn same_identity(document: &Document, found: &Observation) -> Result<String, String> {
    let cell = &document.cell;
    let tac = found.identity.as_ref().map(|identity| identity.tac);
    let ecgis = ecgis_of(found);
    if ecgis != cell.ecgis || tac != cell.tac {
        let say = |ecgis: &[String], tac: Option<u16>| match tac {
            Some(tac) => format!("{}, TAC {tac}", ecgis.join(", ")),
            None => "no SIB1".to_owned(),
        };
        return Err(format!("the samples give {}, the document says {}", say(&ecgis, tac), say(&cell.ecgis, cell.tac)));
    }
    Ok(format!("PCI {} is {}", cell.pci, if ecgis.is_empty() { "without SIB1".to_owned() } else { ecgis.join(", ") }))
}

fn same_blocks(document: &Document, found: &Observation) -> Result<String, String> {
    const CHANNELS: [BlockChannel; 3] = [BlockChannel::BcchBch, BlockChannel::BcchDlSch, BlockChannel::Pcch];
    let promised = document.blocks.iter().filter(|block| block.decoded_again);
    let mut count = 0usize;
    for block in promised {
        let bytes =
            hex::decode(&block.hex).map_err(|_| format!("a block is no hexadecimal text: {:.40}", block.hex))?;
        let channel = CHANNELS.into_iter().find(|channel| channel_name(*channel) == block.channel);
        let given =
            |channel| found.blocks.iter().any(|b| b.channel == channel && same_block(channel, &b.bytes, &bytes));
        if !channel.is_some_and(given) {
            return Err(format!("the samples do not give the block of {} in SFN {}", block.channel, block.sfn));
        }
        count += 1;
    }
    if count == 0 && !document.blocks.is_empty() {
        return Err("the document names no block that its recording gives".to_owned());
    }
    let rest = match document.blocks.len() - count {
        0 => String::new(),
        rest => format!("; {rest} not decoded again when the recording was cut, and so not proven by it"),
    };
    Ok(format!("{count} of {} transport blocks decoded again, bit for bit{rest}", document.blocks.len()))
}
