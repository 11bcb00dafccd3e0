//! Events between scanner and service: CloudEvents 1.0 in JSON, structured mode, and their schema.

mod read;

use garde::Validate;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

use crate::{
    AlertData, EventKind, SightingData,
    patterns::{KEY, MAX_KEY},
};

pub use read::{EventError, is_json};

/// JSON schema of the events, as [`schema`] makes it.
pub const SCHEMA: &str = include_str!("../events.schema.json");

/// An event. CloudEvents 1.0.2 §3; other attributes are extensions, which go along with it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Validate)]
#[schemars(title = "Events of a cellwarden scanner (CloudEvents 1.0)")]
#[garde(allow_unvalidated)]
pub struct CloudEvent {
    /// Always 1.0.
    #[garde(pattern(r"^1\.0$"))]
    pub specversion: String,
    /// The same at every retry and replay.
    #[garde(pattern(r"^[0-9a-f]{16,64}$"))]
    pub id: String,
    /// The scanner that made it.
    #[garde(pattern(r"^urn:cellwarden:scanner:[A-Za-z0-9_-]{1,64}$"))]
    pub source: String,
    /// The cell: events of one keep their order.
    #[garde(length(chars, min = 1, max = MAX_KEY), pattern(KEY))]
    pub subject: String,
    /// When it happened. Absent where the recording does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// JSON in UTF-8, where it is given.
    #[garde(custom(json))]
    pub datacontenttype: Option<String>,
    /// Its type and data.
    #[serde(flatten)]
    pub payload: Payload,
}

/// What an event reports, by its type.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum Payload {
    /// An alert was raised or changed.
    #[serde(rename = "io.cellwarden.alert.v1")]
    Alert(Box<AlertData>),
    /// A cell was heard in a dwell.
    #[serde(rename = "io.cellwarden.sighting.v1")]
    Sighting(Box<SightingData>),
}

fn json(media_type: &Option<String>, (): &()) -> garde::Result {
    match media_type {
        Some(given) if !is_json(given) => Err(garde::Error::new("application/json, in UTF-8, is expected")),
        _ => Ok(()),
    }
}

impl Payload {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Alert(_) => EventKind::Alert,
            Self::Sighting(_) => EventKind::Sighting,
        }
    }
}

/// The JSON schema of what readers take, from the types. JSON Schema 2020-12.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<CloudEvent>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_what_the_types_say() {
        let file: serde_json::Value = serde_json::from_str(SCHEMA).expect("JSON");
        let example = "cargo run -p cellwarden-event --example schema > crates/event/src/events.schema.json";
        assert_eq!(file, schema().to_value(), "after a change of the types: {example}");
    }
}
