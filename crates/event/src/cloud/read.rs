//! An event as it comes from the network, checked against what the schema says.

use garde::Validate;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use thiserror::Error;

use super::{CloudEvent, Payload};
use crate::EventKind;

/// Why an event is not taken.
#[derive(Debug, Error)]
pub enum EventError {
    /// It is no JSON, or not of this form.
    #[error("{}", in_words(.0))]
    Form(#[from] serde_json::Error),
    /// A field is not as expected.
    #[error("{field}: {what}")]
    Field {
        /// Where it stands: `data.pci`.
        field: String,
        /// What is expected, or what is wrong.
        what: String,
    },
}

/// The attributes, and the data as it came.
#[derive(Deserialize)]
struct Envelope<'a> {
    specversion: String,
    id: String,
    source: String,
    r#type: String,
    subject: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    datacontenttype: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl EventError {
    /// A field that is not as expected.
    #[must_use]
    pub fn field(field: &str, what: &str) -> Self {
        Self::Field { field: field.to_owned(), what: what.to_owned() }
    }
}

impl CloudEvent {
    /// Reads an event: CloudEvents structured mode.
    ///
    /// # Errors
    /// Where it is no JSON, lacks a field, or a field is outside of what the schema says.
    pub fn read(json: &str) -> Result<Self, EventError> {
        // Derived readers would take a list of the fields' values too.
        is_object(json, "event")?;
        let Envelope { specversion, id, source, r#type, subject, time, datacontenttype, data } =
            serde_json::from_str(json)?;
        let time = time.map(|text| text.parse::<Timestamp>()).transpose();
        let time = time.map_err(|_| EventError::field("time", "an RFC 3339 time is expected"))?;
        let payload = match r#type.as_str() {
            kind if kind == EventKind::Alert.cloud_type() => Payload::Alert(Box::new(read_data(data)?)),
            kind if kind == EventKind::Sighting.cloud_type() => Payload::Sighting(Box::new(read_data(data)?)),
            _ => {
                return Err(EventError::field(
                    "type",
                    "io.cellwarden.alert.v1 or io.cellwarden.sighting.v1 is expected",
                ));
            }
        };
        let event = Self { specversion, id, source, subject, time, datacontenttype, payload };
        check(&event, "")?;
        Ok(event)
    }
}

fn read_data<T: DeserializeOwned + Validate<Context = ()>>(data: &RawValue) -> Result<T, EventError> {
    is_object(data.get(), "data")?;
    let data = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(data.get()));
    let data = data.map_err(|error| {
        let within = error.path().iter().next().map(|_| format!("data.{}", error.path()));
        EventError::field(within.as_deref().unwrap_or("data"), &in_words(error.inner()))
    })?;
    check(&data, "data.")?;
    Ok(data)
}

/// The first field that is outside of its range.
fn check(checked: &impl Validate<Context = ()>, within: &str) -> Result<(), EventError> {
    match checked.validate() {
        Ok(()) => Ok(()),
        Err(report) => {
            let (path, error) = report
                .iter()
                .next()
                .map_or_else(Default::default, |(path, error)| (path.to_string(), error.to_string()));
            Err(EventError::field(&format!("{within}{path}"), &error))
        }
    }
}

fn is_object(json: &str, name: &str) -> Result<(), EventError> {
    if json.starts_with('{') { Ok(()) } else { Err(EventError::field(name, "an object is expected")) }
}

/// Whether a media type is JSON in UTF-8. RFC 6839 §3.1.
#[must_use]
pub fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    (essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")))
        && charset.is_none_or(|charset| charset == "utf-8" || charset == "us-ascii")
}

/// What is wrong with JSON, without the names of this program's types.
fn in_words(error: &serde_json::Error) -> String {
    const WORDS: [(&str, &str); 9] = [
        (", expected u8", ", expected a whole number from 0 to 255"),
        (", expected u16", ", expected a whole number from 0 to 65535"),
        (", expected u32", ", expected a whole number from 0 to 4294967295"),
        (", expected f64", ", expected a number"),
        (", expected option", ", expected a value or null"),
        (", expected a sequence", ", expected a list"),
        (", expected a map", ", expected an object"),
        (", expected struct ", ", expected an object: "),
        ("unknown variant", "unknown word"),
    ];
    WORDS.iter().fold(error.to_string(), |text, (name, words)| text.replace(name, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CellState, ReceiverPosition, RuleId, SightingData, Technology, Verdict,
        outbox::{OutboxEvent, ScannerName},
    };

    #[test]
    fn a_written_event_is_read_back_as_it_was() {
        let scanner = ScannerName::new("van-3").expect("a name");
        let data = SightingData {
            recording: "지하철 1".to_owned(),
            seconds: 0.16,
            gain_db: None,
            clipped: 0.0,
            technology: Technology::Lte,
            carrier_hz: 1840e6,
            earfcn: Some(1550),
            band: Some(3),
            pci: 503,
            antenna_ports: Some(2),
            bandwidth_rb: Some(100),
            cfo_hz: Some(-12.5),
            rsrp_dbfs: Some(-61.25),
            rsrp_dbm: None,
            rsrq_db: None,
            sinr_db: Some(7.0),
            state: CellState::Sib1,
            ecgi: Some("450-08-5a00101".to_owned()),
            plmns: Some(vec!["450-08".to_owned()]),
            tac: Some(65535),
            eci: Some(0x5a0_0101),
            csg_identity: None,
            hnb_name: None,
            verdict: Verdict::Unregistered,
            rules: vec![RuleId::of("unregistered")],
            rules_suppressed: Vec::new(),
            position: Some(ReceiverPosition { lat: 37.5, lon: 127.0, error_m: 4.0 }),
        };
        let payload = Payload::Sighting(Box::new(data));
        let time = "2026-11-20T01:00:00Z".parse().ok();
        let written =
            OutboxEvent::new(&scanner, "0123456789abcdef".to_owned(), "cell".to_owned(), time, payload.clone());
        let read = CloudEvent::read(&written.json).expect("an event");
        assert_eq!((read.id.as_str(), read.time, read.payload), ("0123456789abcdef", time, payload));
    }
}
