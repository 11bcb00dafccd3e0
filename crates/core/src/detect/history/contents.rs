//! What the system information of each cell was, so that a change is seen.

use std::collections::BTreeMap;

use lte_dsp::cell::Pci;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{CarrierKey, kept, time_s};
use crate::observation::{Ecgi, Observation};

/// Cells whose contents are remembered; no more are learnt past it.
const MAX_CELLS: usize = 4096;

/// Blocks that change by themselves: SIB8 carries a clock, SIB10 to SIB12 warnings, SIB14 and SIB16 barring and time.
/// TS 36.331 §5.2.1.3.
const VOLATILE_SIBS: [&str; 6] = ["sib8", "sib10", "sib11", "sib12", "sib14", "sib16"];

/// Fields that change without the content changing, in the names of TS 36.331 §6.3.1 and §6.2.2.
const VOLATILE_FIELDS: [&str; 4] = ["systemInfoValueTag", "ac-BarringInfo", "cellBarred", "systemFrameNumber"];

/// A cell as contents are kept: two transmitters with one global identifier keep theirs apart.
pub type CellKey = (Ecgi, Pci, CarrierKey);

/// Seconds for which a value tag answers for the content: terminals take what they stored for valid that long, so that
/// the tag's 32 values may come round. TS 36.331 §5.2.1.3.
const VALID_S: f64 = 3.0 * 3600.0;

/// One block of system information as first heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// First eight bytes of the SHA-256 of its masked content, in hexadecimal.
    pub hash: String,
    /// systemInfoValueTag at that time.
    pub value_tag: u8,
    /// When it was heard last with this content, Unix seconds.
    pub last_s: f64,
}

/// The baselines of all cells, one a block of system information.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    #[serde(with = "kept::contents")]
    cells: BTreeMap<CellKey, BTreeMap<String, Baseline>>,
}

impl Contents {
    /// Remembers the blocks of an observation: those not known yet, and those whose baseline no longer answers for them.
    /// Without a time nobody knows how long a tag answers, and nothing is learnt.
    pub(super) fn learn(&mut self, o: &Observation, time_s: Option<f64>) {
        let (Some(key), Some(value_tag), Some(last_s)) = (key(o), o.broadcast.value_tag, time_s) else { return };
        if self.cells.len() >= MAX_CELLS && !self.cells.contains_key(&key) {
            return;
        }
        let cell = self.cells.entry(key).or_default();
        for (name, hash) in hashes(o) {
            match cell.get_mut(&name).filter(|b| b.answers(value_tag, last_s)) {
                Some(baseline) if baseline.hash == hash => baseline.last_s = baseline.last_s.max(last_s),
                Some(_) => {}
                None => drop(cell.insert(name, Baseline { hash, value_tag, last_s })),
            }
        }
    }

    /// The blocks of an observation that differ from the baseline that answers for them: name, baseline, hash now.
    #[must_use]
    pub fn changes(&self, o: &Observation) -> Vec<(String, Baseline, String)> {
        let (Some(key), Some(value_tag)) = (key(o), o.broadcast.value_tag) else { return Vec::new() };
        let (Some(cell), Some(now_s)) = (self.cells.get(&key), time_s(o)) else { return Vec::new() };
        let changed = |(name, hash): (String, String)| {
            let baseline = cell.get(&name).filter(|b| b.answers(value_tag, now_s) && b.hash != hash)?;
            Some((name, baseline.clone(), hash))
        };
        hashes(o).into_iter().filter_map(changed).collect()
    }
}

impl Baseline {
    /// Whether it says what the block must be under a value tag at a time.
    fn answers(&self, value_tag: u8, now_s: f64) -> bool {
        self.value_tag == value_tag && (now_s - self.last_s).abs() <= VALID_S
    }
}

fn key(o: &Observation) -> Option<CellKey> {
    Some((o.ecgi()?, o.pci, CarrierKey::of(&o.carrier)))
}

/// Name and hash of each block that the value tag answers for.
fn hashes(o: &Observation) -> Vec<(String, String)> {
    let stable = o.sibs.iter().filter(|(name, _)| name.starts_with("sib") && !VOLATILE_SIBS.contains(&name.as_str()));
    stable.map(|(name, value)| (name.clone(), hash(value))).collect()
}

fn hash(value: &Value) -> String {
    // `serde_json` keeps keys in order, so that equal content has equal text.
    let text = masked(value).to_string();
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let stable = fields.iter().filter(|(name, _)| !VOLATILE_FIELDS.contains(&name.as_str()));
            Value::Object(stable.map(|(name, value)| (name.clone(), masked(value))).collect())
        }
        Value::Array(items) => items.iter().map(masked).collect(),
        other => other.clone(),
    }
}
