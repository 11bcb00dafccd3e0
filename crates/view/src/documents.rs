//! What the page shows, as documents under keys, each with the version at which it last changed.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json, value::RawValue};

/// Removed keys that are remembered; a client that missed more of them begins anew.
const MAX_REMOVED: usize = 4_096;

/// How far a client is: of which run of the program, and the newest version that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// A number that no other run has.
    pub run: u64,
    /// The version.
    pub version: u64,
}

impl Place {
    /// Reads the text of a place, as in `Last-Event-ID`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (run, version) = text.split_once('.')?;
        Some(Self { run: u64::from_str_radix(run, 16).ok()?, version: version.parse().ok()? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}.{}", self.run, self.version)
    }
}

/// The documents.
#[derive(Debug)]
pub struct Documents {
    run: u64,
    version: u64,
    documents: BTreeMap<String, (u64, Arc<RawValue>)>,
    /// Removed keys, by the version of their removal, oldest first.
    removed: VecDeque<(u64, String)>,
    /// The version of the newest removal that is forgotten.
    forgotten: u64,
}

impl Documents {
    /// None yet, of a run with this number.
    #[must_use]
    pub fn new(run: u64) -> Self {
        Self { run, version: 0, documents: BTreeMap::new(), removed: VecDeque::new(), forgotten: 0 }
    }

    /// The newest version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Sets a document; one that is as it was does not change.
    pub fn set(&mut self, key: &str, document: &Value) {
        let text = document.to_string();
        if self.documents.get(key).is_some_and(|(_, known)| known.get() == text) {
            return;
        }
        // What serde writes is JSON.
        let Ok(raw) = RawValue::from_string(text) else { return };
        self.version += 1;
        self.documents.insert(key.to_owned(), (self.version, Arc::from(raw)));
    }

    /// Removes a document.
    pub fn remove(&mut self, key: &str) {
        if self.documents.remove(key).is_none() {
            return;
        }
        self.version += 1;
        self.removed.push_back((self.version, key.to_owned()));
        if self.removed.len() > MAX_REMOVED
            && let Some((version, _)) = self.removed.pop_front()
        {
            self.forgotten = version;
        }
    }

    /// What changed since a client's place, and its place after that: all documents where it has none of this run, or one
    /// too old; `None` where nothing changed.
    #[must_use]
    pub fn since(&self, place: Option<Place>) -> Option<(Place, String)> {
        let is_known =
            |place: &Place| place.run == self.run && place.version <= self.version && place.version >= self.forgotten;
        let from = place.filter(is_known).map(|place| place.version);
        if from == Some(self.version) {
            return None;
        }
        let after = from.unwrap_or(0);
        let newer = self.documents.iter().filter(|(_, (version, _))| *version > after);
        let set: BTreeMap<&str, &RawValue> = newer.map(|(key, (_, text))| (key.as_str(), &**text)).collect();
        let removed: Vec<&str> = match from {
            Some(_) => {
                self.removed.iter().filter(|(version, _)| *version > after).map(|(_, key)| key.as_str()).collect()
            }
            None => Vec::new(),
        };
        let is_still_removed = |key: &&str| !self.documents.contains_key(*key);
        let removed: Vec<&str> = removed.into_iter().filter(is_still_removed).collect();
        let head = json!({ "all": from.is_none(), "removed": removed });
        let set = serde_json::to_string(&set).unwrap_or_else(|_| "{}".to_owned());
        let mut text = head.to_string();
        text.pop();
        text.push_str(",\"set\":");
        text.push_str(&set);
        text.push('}');
        Some((Place { run: self.run, version: self.version }, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(documents: &Documents, place: Option<Place>) -> Option<(Place, Value)> {
        let (place, text) = documents.since(place)?;
        Some((place, serde_json::from_str(&text).expect("JSON")))
    }

    #[test]
    fn all_comes_first_and_then_what_changed() {
        let mut documents = Documents::new(7);
        documents.set("a", &json!(1));
        documents.set("b", &json!({"x": "\u{2028}\n"}));
        let (first, all) = since(&documents, None).expect("all");
        assert_eq!(all, json!({"all": true, "removed": [], "set": {"a": 1, "b": {"x": "\u{2028}\n"}}}));
        assert_eq!(since(&documents, Some(first)), None);
        documents.set("a", &json!(1));
        assert_eq!(since(&documents, Some(first)), None, "it is as it was");
        documents.set("a", &json!(2));
        documents.remove("b");
        documents.remove("never");
        let (second, change) = since(&documents, Some(first)).expect("a change");
        assert_eq!(change, json!({"all": false, "removed": ["b"], "set": {"a": 2}}));
        documents.set("b", &json!(3));
        let (_, change) = since(&documents, Some(first)).expect("a change");
        assert_eq!(change, json!({"all": false, "removed": [], "set": {"a": 2, "b": 3}}));
        // Of another run, or of the future.
        for place in [Place { run: 8, ..second }, Place { version: 99, ..second }] {
            assert_eq!(since(&documents, Some(place)).expect("all").1["all"], true);
        }
    }

    #[test]
    fn who_missed_more_removals_than_are_remembered_begins_anew() {
        let mut documents = Documents::new(1);
        documents.set("kept", &json!(0));
        let early = since(&documents, None).expect("all").0;
        for i in 0..=MAX_REMOVED {
            documents.set(&format!("{i}"), &json!(i));
            documents.remove(&format!("{i}"));
        }
        assert_eq!(
            since(&documents, Some(early)).expect("all").1,
            json!({"all": true, "removed": [], "set": {"kept": 0}})
        );
        assert_eq!(documents.removed.len(), MAX_REMOVED);
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = Place { run: u64::MAX, version: 12 };
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        for bad in ["", "1", "x.1", "1.x", "-1.2", "1.2.3"] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }
}
