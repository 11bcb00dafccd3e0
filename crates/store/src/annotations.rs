//! Annotations of alerts by people: acknowledgements and notes. None is ever deleted; the latest is in force.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::{Store, StoreError, StoredAlert, records::stored};

/// An annotation of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertAnnotation {
    /// Acknowledged, or the acknowledgement withdrawn.
    Acknowledged(bool),
    /// Replaces the note; an empty text removes it.
    Note(String),
}

/// A stored annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnnotation {
    /// When it was made.
    pub time: String,
    /// The annotation.
    pub annotation: AlertAnnotation,
}

impl StoredAnnotation {
    /// The annotation as JSON: `time`, and `acknowledged` or `note`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.annotation {
            AlertAnnotation::Acknowledged(seen) => json!({"time": self.time, "acknowledged": seen}),
            AlertAnnotation::Note(text) => json!({"time": self.time, "note": text}),
        }
    }
}

impl StoredAlert {
    /// When the alert was acknowledged; `None` where nobody has, or where that was taken back.
    #[must_use]
    pub fn acknowledged(&self) -> Option<&str> {
        let mut latest = self.annotations.iter().rev().filter_map(|stored| match stored.annotation {
            AlertAnnotation::Acknowledged(seen) => Some((seen, stored.time.as_str())),
            AlertAnnotation::Note(_) => None,
        });
        latest.next().filter(|(seen, _)| *seen).map(|(_, time)| time)
    }

    /// The note that holds.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        let mut notes = self.annotations.iter().rev().filter_map(|stored| match &stored.annotation {
            AlertAnnotation::Note(text) => Some(text.as_str()),
            AlertAnnotation::Acknowledged(_) => None,
        });
        notes.next().filter(|text| !text.is_empty())
    }
}

impl Store {
    /// Stores an annotation of the alert with this id.
    ///
    /// # Errors
    /// See [`StoreError`]; the database's error where there is no such alert.
    pub fn annotate_alert(
        &mut self,
        alert: &str,
        time: Timestamp,
        annotation: &AlertAnnotation,
    ) -> Result<(), StoreError> {
        let (acknowledged, note) = match annotation {
            AlertAnnotation::Acknowledged(seen) => (Some(seen), None),
            AlertAnnotation::Note(text) => (None, Some(text)),
        };
        self.database.prepare_cached("INSERT INTO remark VALUES (NULL, ?1, ?2, ?3, ?4)")?.execute(params![
            alert,
            time.to_string(),
            acknowledged,
            note
        ])?;
        Ok(())
    }
}

/// The annotations of an alert, oldest first.
pub(super) fn annotations_of(database: &Connection, alert: &str) -> Result<Vec<StoredAnnotation>, StoreError> {
    let mut select = database.prepare_cached("SELECT * FROM remark WHERE alert = ?1 ORDER BY id")?;
    let mut rows = select.query([alert])?;
    let mut annotations = Vec::new();
    while let Some(row) = rows.next()? {
        let annotation = match (row.get("acknowledged")?, row.get("note")?) {
            (Some(seen), None) => AlertAnnotation::Acknowledged(seen),
            (None, Some(text)) => AlertAnnotation::Note(text),
            _ => return Err(stored("remark", alert)),
        };
        annotations.push(StoredAnnotation { time: row.get("time")?, annotation });
    }
    Ok(annotations)
}
