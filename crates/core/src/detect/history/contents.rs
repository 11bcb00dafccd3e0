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

/// Changed fields named of one block; a block that is another one altogether needs no more.
const MAX_FIELDS: usize = 16;

/// System information blocks that the value tag does not answer for: SIB1, SIB10 to SIB12 (warnings) and SIB14 (extended
/// access barring), TS 36.331 §6.2.2 (systemInfoValueTag); SIB8 and SIB16, which carry the time, §5.2.1.3.
const UNTAGGED_SIBS: [u8; 7] = [1, 8, 10, 11, 12, 14, 16];

/// Fields of access barring, by the beginning of their names in SIB2: they follow the load, TS 36.331 §6.3.1.
const BARRING: [&str; 5] = ["ac-Barring", "ssac-Barring", "acdc-Barring", "barringPerACDC", "udt-Restricting"];

/// A cell as contents are kept: two transmitters with one global identifier keep theirs apart.
pub type CellKey = (Ecgi, Pci, CarrierKey);

/// Seconds for which a value tag answers for the content: terminals take what they stored for valid that long, so that
/// the tag's 32 values may come round. TS 36.331 §5.2.1.3.
const VALID_S: f64 = 3.0 * 3600.0;

/// One block of system information as first heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its content as JSON, access barring left out.
    content: String,
    /// systemInfoValueTag at that time.
    pub value_tag: u8,
    /// When it was heard last with this content, Unix seconds.
    last_s: f64,
    /// Whether the content surely belongs to the tag: the dwell in which a new tag is first heard may hold blocks from
    /// before the change.
    settled: bool,
}

/// The baselines of all cells, one a block of system information.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    #[serde(with = "kept::contents")]
    cells: BTreeMap<CellKey, BTreeMap<String, Baseline>>,
}

/// A block of system information that is not what its value tag promises.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedBlock {
    /// Its name in messages, as `sib3`.
    pub sib: String,
    /// First eight bytes of the SHA-256 of the content that the tag answers for, in hexadecimal.
    pub baseline_sha256: String,
    /// The same of the content received.
    pub sha256: String,
    /// The fields that differ, at most sixteen.
    pub fields: Vec<ChangedField>,
    /// How many more differ.
    pub more_fields: usize,
}

/// A field of system information, and its two values; null where it is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedField {
    /// Its path from the block on, in the names of TS 36.331.
    pub field: String,
    /// What the tag answers for.
    pub old: Value,
    /// What was received.
    pub new: Value,
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
        // A dwell is over before another tag can come: one under this tag alone has no block of the tag before.
        let settled = cell.is_empty() || cell.values().any(|b| b.answers(value_tag, last_s));
        for (name, content) in tagged(o) {
            let content = content.to_string();
            match cell.get_mut(&name).filter(|b| b.answers(value_tag, last_s)) {
                Some(baseline) if baseline.content == content => {
                    (baseline.last_s, baseline.settled) = (baseline.last_s.max(last_s), true);
                }
                Some(baseline) if baseline.settled => {}
                _ => drop(cell.insert(name, Baseline { content, value_tag, last_s, settled })),
            }
        }
    }

    /// The blocks of an observation that differ from the baseline that answers for them.
    #[must_use]
    pub fn changes(&self, o: &Observation) -> Vec<ChangedBlock> {
        let (Some(key), Some(value_tag)) = (key(o), o.broadcast.value_tag) else { return Vec::new() };
        let (Some(cell), Some(now_s)) = (self.cells.get(&key), time_s(o)) else { return Vec::new() };
        let changed = |(name, content): (String, Value)| {
            let baseline = cell.get(&name).filter(|b| b.answers(value_tag, now_s) && b.settled)?;
            let text = content.to_string();
            (text != baseline.content).then(|| ChangedBlock::new(name, &baseline.content, &text, &content))
        };
        tagged(o).filter_map(changed).collect()
    }
}

impl Baseline {
    /// Whether it says what the block must be under a value tag at a time.
    fn answers(&self, value_tag: u8, now_s: f64) -> bool {
        self.value_tag == value_tag && (now_s - self.last_s).abs() <= VALID_S
    }
}

impl ChangedBlock {
    fn new(sib: String, old_text: &str, new_text: &str, new: &Value) -> Self {
        let old: Value = serde_json::from_str(old_text).unwrap_or_default();
        let mut fields = Vec::new();
        compare(&sib, Some(&old), Some(new), &mut fields);
        let more_fields = fields.len().saturating_sub(MAX_FIELDS);
        fields.truncate(MAX_FIELDS);
        Self { baseline_sha256: hash(old_text), sha256: hash(new_text), fields, more_fields, sib }
    }
}

/// Adds the fields that differ between two values, down to those without parts.
fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, changed: &mut Vec<ChangedField>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let added = b.keys().filter(|name| !a.contains_key(*name));
            for name in a.keys().chain(added) {
                compare(&format!("{path}.{name}"), a.get(name), b.get(name), changed);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for i in 0..a.len().max(b.len()) {
                compare(&format!("{path}[{i}]"), a.get(i), b.get(i), changed);
            }
        }
        (old, new) => {
            let value = |v: Option<&Value>| v.cloned().unwrap_or_default();
            changed.push(ChangedField { field: path.to_owned(), old: value(old), new: value(new) });
        }
    }
}

fn key(o: &Observation) -> Option<CellKey> {
    Some((o.ecgi()?, o.pci, CarrierKey::of(&o.carrier)))
}

/// Name and content of each block that the value tag answers for.
fn tagged(o: &Observation) -> impl Iterator<Item = (String, Value)> {
    let is_tagged = |name: &str| {
        let number = name.strip_prefix("sib").and_then(|number| number.parse::<u8>().ok());
        number.is_some_and(|number| !UNTAGGED_SIBS.contains(&number))
    };
    o.sibs.iter().filter(move |(name, _)| is_tagged(name)).map(|(name, value)| (name.clone(), without_barring(value)))
}

fn hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// The value without the fields of access barring. `serde_json` keeps keys in order, so that equal content has equal text.
fn without_barring(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let stable = fields.iter().filter(|(name, _)| !BARRING.iter().any(|barring| name.starts_with(barring)));
            Value::Object(stable.map(|(name, value)| (name.clone(), without_barring(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_barring).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(old: &Value, new: &Value) -> ChangedBlock {
        ChangedBlock::new("sib5".to_owned(), &old.to_string(), &new.to_string(), new)
    }

    #[test]
    fn fields_are_named_by_their_path_with_both_values() {
        let old = json!({"list": [{"earfcn": 1602, "priority": 4}], "q": -2, "gone": {"deep": true}});
        let new = json!({"list": [{"earfcn": 3743, "priority": 4}, {"earfcn": 5}], "q": -2, "come": null});
        let fields = changed(&old, &new).fields;
        let texts: Vec<String> = fields.iter().map(|f| format!("{} {} {}", f.field, f.old, f.new)).collect();
        assert_eq!(
            texts,
            [
                r#"sib5.gone {"deep":true} null"#,
                "sib5.list[0].earfcn 1602 3743",
                r#"sib5.list[1] null {"earfcn":5}"#,
                "sib5.come null null",
            ]
        );
    }

    #[test]
    fn another_block_altogether_names_no_more_than_are_kept() {
        let list = |from: usize| (from..from + 40).collect::<Value>();
        let block = changed(&list(0), &list(1));
        assert_eq!((block.fields.len(), block.more_fields), (MAX_FIELDS, 40 - MAX_FIELDS));
        assert_ne!(block.baseline_sha256, block.sha256);
    }
}
