//! The radio configuration of a cell in the values that cells of one network have in common.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::observation::Observation;

/// Values by their names in the standard.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Configuration(BTreeMap<String, String>);

/// Values of SIB1 and SIB2 that networks plan once for all cells of a carrier, by their paths; what is planned for each
/// cell, as root sequences and groups, is left out. TS 36.331 §6.3.1, §6.3.2.
const COMMON: [&str; 12] = [
    "sib1/p-Max",
    "sib1/si-WindowLength",
    "sib2/radioResourceConfigCommon/rach-ConfigCommon/powerRampingParameters",
    "sib2/radioResourceConfigCommon/rach-ConfigCommon/ra-SupervisionInfo",
    "sib2/radioResourceConfigCommon/pcch-Config",
    "sib2/radioResourceConfigCommon/prach-Config/prach-ConfigInfo",
    "sib2/radioResourceConfigCommon/pdsch-ConfigCommon/p-b",
    "sib2/radioResourceConfigCommon/pdsch-ConfigCommon/referenceSignalPower",
    "sib2/radioResourceConfigCommon/uplinkPowerControlCommon",
    "sib2/radioResourceConfigCommon/ul-CyclicPrefixLength",
    "sib2/ue-TimersAndConstants",
    "sib2/timeAlignmentTimerCommon",
];

/// Longest text kept of a value.
const MAX_TEXT: usize = 400;

/// What a block without the value has.
const ABSENT: &str = "absent";

impl Configuration {
    /// Takes over what a dwell tells.
    pub(super) fn learn(&mut self, o: &Observation) {
        if let Some(mib) = &o.mib {
            let phich = format!("{:?}, {:?}", mib.phich_duration, mib.phich_resource).to_lowercase();
            self.0.insert("phich-Config".to_owned(), phich);
        }
        if let Some((assignment, special)) = o.identity.as_ref().and_then(|identity| identity.tdd_config) {
            self.0.insert("tdd-Config".to_owned(), format!("{assignment}, {special}"));
        }
        for path in COMMON {
            let mut names = path.split('/');
            let Some(block) = names.next().and_then(|block| o.sibs.get(block)) else { continue };
            let value = names.clone().try_fold(block, |value: &Value, name| value.get(name));
            let text = value.map_or_else(|| ABSENT.to_owned(), Value::to_string);
            let text = text.chars().take(MAX_TEXT).collect();
            self.0.insert(names.next_back().unwrap_or(path).to_owned(), text);
        }
    }

    /// The values, by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// One value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| &**value)
    }
}

/// SIB1's content as a number; what barring and the hyper frame number change is left out. TS 36.331 §6.2.2.
pub(super) fn sib1_content(o: &Observation) -> Option<u32> {
    let text = without(o.sibs.get("sib1")?, &["cellBarred", "hyperSFN-r13"]).to_string();
    let hash = Sha256::digest(text.as_bytes());
    Some(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]))
}

fn without(value: &Value, names: &[&str]) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !names.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), without(value, names))).collect())
        }
        Value::Array(items) => items.iter().map(|item| without(item, names)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::observed::identified;

    #[test]
    fn values_are_named_and_the_last_known_stays() {
        let mut o = identified(301, 1);
        o.sibs.insert("sib1".to_owned(), json!({"p-Max": 23}));
        o.sibs.insert("sib2".to_owned(), json!({"ue-TimersAndConstants": {"t300": "ms200"}}));
        let mut known = Configuration::default();
        known.learn(&o);
        known.learn(&identified(301, 1));
        assert_eq!(known.get("p-Max"), Some("23"));
        assert_eq!(known.get("ue-TimersAndConstants"), Some(r#"{"t300":"ms200"}"#));
        assert_eq!(known.get("phich-Config"), Some("normal, one"));
        assert_eq!((known.get("timeAlignmentTimerCommon"), known.get("tdd-Config")), (Some(ABSENT), None));
        o.sibs.insert("sib1".to_owned(), json!({}));
        known.learn(&o);
        assert_eq!(known.get("p-Max"), Some(ABSENT));
    }

    #[test]
    fn sib1_is_the_same_whatever_barring_and_the_hyper_frame_say() {
        let content = |sib1: Value| {
            let mut o = identified(301, 1);
            o.sibs.insert("sib1".to_owned(), sib1);
            sib1_content(&o)
        };
        let plain = content(json!({"a": {"cellBarred": "barred", "tac": 7}, "hyperSFN-r13": 3}));
        assert_eq!(plain, content(json!({"a": {"cellBarred": "notBarred", "tac": 7}, "hyperSFN-r13": 4})));
        assert_ne!(plain, content(json!({"a": {"cellBarred": "barred", "tac": 8}, "hyperSFN-r13": 3})));
        assert_eq!(sib1_content(&identified(301, 1)), None);
    }
}
