//! What people say of alerts: that they have seen them, and notes. Nothing of it is ever taken away; the latest holds.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::{Store, StoreError, StoredAlert, records::stored};

/// Something said of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// It was seen, or that was taken back.
    Acknowledged(bool),
    /// The note in place of the one before; an empty one takes that back.
    Note(String),
}

/// A remark as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRemark {
    /// When it was made.
    pub time: String,
    /// What was said.
    pub remark: Remark,
}

impl StoredRemark {
    /// The remark as JSON: `time`, and `acknowledged` or `note`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.remark {
            Remark::Acknowledged(seen) => json!({"time": self.time, "acknowledged": seen}),
            Remark::Note(text) => json!({"time": self.time, "note": text}),
        }
    }
}

impl StoredAlert {
    /// When the alert was acknowledged; `None` where nobody has, or where that was taken back.
    #[must_use]
    pub fn acknowledged(&self) -> Option<&str> {
        let mut said = self.remarks.iter().rev().filter_map(|said| match said.remark {
            Remark::Acknowledged(seen) => Some((seen, said.time.as_str())),
            Remark::Note(_) => None,
        });
        said.next().filter(|(seen, _)| *seen).map(|(_, time)| time)
    }

    /// The note that holds.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        let mut notes = self.remarks.iter().rev().filter_map(|said| match &said.remark {
            Remark::Note(text) => Some(text.as_str()),
            Remark::Acknowledged(_) => None,
        });
        notes.next().filter(|text| !text.is_empty())
    }
}

impl Store {
    /// Keeps a remark on the alert of this id.
    ///
    /// # Errors
    /// See [`StoreError`]; where there is no such alert, what the database says.
    pub fn remark(&mut self, alert: &str, time: Timestamp, remark: &Remark) -> Result<(), StoreError> {
        let (acknowledged, note) = match remark {
            Remark::Acknowledged(seen) => (Some(seen), None),
            Remark::Note(text) => (None, Some(text)),
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

/// All that was said of an alert, oldest first.
pub(super) fn remarks_of(database: &Connection, alert: &str) -> Result<Vec<StoredRemark>, StoreError> {
    let mut select = database.prepare_cached("SELECT * FROM remark WHERE alert = ?1 ORDER BY id")?;
    let mut rows = select.query([alert])?;
    let mut remarks = Vec::new();
    while let Some(row) = rows.next()? {
        let remark = match (row.get("acknowledged")?, row.get("note")?) {
            (Some(seen), None) => Remark::Acknowledged(seen),
            (None, Some(text)) => Remark::Note(text),
            _ => return Err(stored("remark", alert)),
        };
        remarks.push(StoredRemark { time: row.get("time")?, remark });
    }
    Ok(remarks)
}
