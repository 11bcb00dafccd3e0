//! CloudEvents as scanners send them.
//!
//! In: a body from the network. Out: what cases need of each event, and the event as it came. Refuses to know who sent it.

use jiff::Timestamp;
use serde_json::{Map, Value, value::RawValue};
use thiserror::Error;

use cellwarden_core::observation::{Ecgi, MAX_CLIPPED, Position};
use cellwarden_event::{
    AlertData, AlertState, CloudEvent, EventKind, Payload, ReceiverPosition, Severity, SightingData, Technology,
    cloud::EventError, outbox::ScannerName,
};

/// Events of one request.
pub const MAX_EVENTS: usize = 1000;

/// Bytes of one event.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// An event that fits the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The scanner that made it, by its source.
    pub scanner: ScannerName,
    /// Its id: the same at every retry.
    pub id: String,
    /// When it happened, where the recording tells.
    pub time: Option<Timestamp>,
    /// The cell's key.
    pub cell: String,
    /// The payload, by type.
    pub data: EventData,
    /// The event as it came.
    pub json: String,
}

/// The payload of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventData {
    /// An alert was raised.
    Alert {
        /// The transmitter that the alert is about.
        transmitter: HeardTransmitter,
        /// Which alert, and what became of it.
        revision: AlertRevision,
        /// The rule's id.
        rule: String,
        /// How much it weighs.
        severity: Severity,
        /// One sentence for people.
        summary: String,
    },
    /// A cell was heard.
    Sighting {
        /// What was heard.
        transmitter: HeardTransmitter,
        /// Its level, where one was measured.
        level: Option<Level>,
    },
}

/// A revision of an alert: of two, the higher one holds, in whatever order they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRevision {
    /// The alert's id, the same of every revision.
    pub alert: String,
    /// Its number, from 1.
    pub number: u32,
    /// What happened to the alert.
    pub state: AlertState,
    /// The first alert of the same transmitter: whatever has it in common belongs to one case.
    pub transmitter: String,
}

/// A transmitter as scanners tell them apart.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardTransmitter {
    /// Radio access technology.
    pub technology: Technology,
    /// Global identifier, where SIB1 was read.
    pub ecgi: Option<Ecgi>,
    /// Physical-layer identity.
    pub pci: u16,
    /// Channel number; `None` off every raster.
    pub earfcn: Option<u32>,
    /// Where the receiver was.
    pub position: Option<Position>,
}

/// A level that a receiver measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// In dBm, by a calibrated receiver.
    Dbm(f64),
    /// In dBFS with the gain removed: comes with an unknown constant of its receiver.
    Relative(f64),
}

/// Why a body is not taken.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// An event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Too many.
    #[error("{0} events; up to {MAX_EVENTS} go into one request")]
    TooMany(usize),
    /// Too large.
    #[error("{0} bytes; an event has up to {MAX_EVENT_BYTES}")]
    TooLarge(usize),
}

impl From<serde_json::Error> for IntakeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Event(error.into())
    }
}

/// Reads one event: CloudEvents structured mode.
///
/// # Errors
/// See [`IntakeError`].
pub fn read_one(body: &[u8]) -> Result<Event, IntakeError> {
    let raw: &RawValue = serde_json::from_slice(body)?;
    read(raw)
}

/// Reads several: the CloudEvents JSON batch format.
///
/// # Errors
/// Where it is no list, or too long a one; what is wrong with one event is said in its place.
pub fn read_batch(body: &[u8]) -> Result<Vec<Result<Event, IntakeError>>, IntakeError> {
    let list: Vec<&RawValue> = serde_json::from_slice(body)?;
    if list.len() > MAX_EVENTS {
        return Err(IntakeError::TooMany(list.len()));
    }
    Ok(list.into_iter().map(read).collect())
}

/// Reads one event whose attributes came as pairs and whose data is the body: CloudEvents binary mode.
///
/// # Errors
/// See [`IntakeError`].
pub fn read_binary<'a>(
    attributes: impl Iterator<Item = (&'a str, String)>,
    content_type: &str,
    body: &[u8],
) -> Result<Event, IntakeError> {
    let data: &RawValue = serde_json::from_slice(body)?;
    let mut event: Map<String, Value> =
        attributes.map(|(name, value)| (name.to_ascii_lowercase(), Value::from(value))).collect();
    event.remove("data");
    event.insert("datacontenttype".to_owned(), content_type.into());
    // The data stays as it came, number for number.
    let mut json = Value::Object(event).to_string();
    json.pop();
    json.push_str(",\"data\":");
    json.push_str(data.get());
    json.push('}');
    read_one(json.as_bytes())
}

fn read(raw: &RawValue) -> Result<Event, IntakeError> {
    let json = raw.get();
    if json.len() > MAX_EVENT_BYTES {
        return Err(IntakeError::TooLarge(json.len()));
    }
    let CloudEvent { id, source, subject, time, payload, .. } = CloudEvent::read(json)?;
    let scanner = ScannerName::of_source(&source)
        .ok_or_else(|| EventError::field("source", "urn:cellwarden:scanner:NAME is expected"))?;
    let data = match payload {
        Payload::Alert(data) => alert(*data)?,
        Payload::Sighting(data) => sighting(*data)?,
    };
    Ok(Event { scanner, id, time, cell: subject, data, json: json.to_owned() })
}

fn alert(data: AlertData) -> Result<EventData, EventError> {
    let transmitter = transmitter(data.technology, data.ecgi, data.pci, data.earfcn, data.position)?;
    // Scanners of before there were revisions send the first one only.
    let alert = data.alert_id.unwrap_or(data.id);
    let group = data.transmitter.filter(|group| !group.is_empty()).unwrap_or_else(|| alert.clone());
    let revision = AlertRevision { alert, number: data.revision, state: data.state, transmitter: group };
    let rule = data.rule.to_string();
    Ok(EventData::Alert { transmitter, revision, rule, severity: data.severity, summary: data.summary })
}

fn sighting(data: SightingData) -> Result<EventData, EventError> {
    let relative = data.rsrp_dbfs.map(|dbfs| Level::Relative(dbfs - data.gain_db.unwrap_or(0.0)));
    // A clipped level says nothing of a place.
    let level = data.rsrp_dbm.map(Level::Dbm).or(relative).filter(|_| data.clipped < MAX_CLIPPED);
    Ok(EventData::Sighting {
        transmitter: transmitter(data.technology, data.ecgi, data.pci, data.earfcn, data.position)?,
        level,
    })
}

fn transmitter(
    technology: Technology,
    ecgi: Option<String>,
    pci: u16,
    earfcn: Option<u32>,
    position: Option<ReceiverPosition>,
) -> Result<HeardTransmitter, EventError> {
    let ecgi = ecgi.map(|text| text.parse::<Ecgi>()).transpose();
    let ecgi = ecgi.map_err(|_| EventError::field("data.ecgi", "a PLMN and seven hexadecimal digits are expected"))?;
    Ok(HeardTransmitter { technology, ecgi, pci, earfcn, position: position.map(Position::from) })
}

impl EventData {
    /// Of which kind the event is.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Alert { .. } => EventKind::Alert,
            Self::Sighting { .. } => EventKind::Sighting,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert() -> Value {
        json!({
            "specversion": "1.0", "id": "0123456789abcdef", "source": "urn:cellwarden:scanner:van-3",
            "type": "io.cellwarden.alert.v1", "subject": "450-08-5a00101", "time": "2026-11-20T01:00:00Z",
            "datacontenttype": "application/json",
            "data": {
                "id": "0123456789abcdef", "rule": "unregistered", "rule_version": 1, "severity": "critical",
                "ecgi": "450-08-5a00101", "pci": 452, "earfcn": 1550, "summary": "s", "evidence": {},
                "recording": "r", "position": {"lat": 37.5, "lon": 127.0, "error_m": 5.0},
            },
        })
    }

    fn sighting() -> Value {
        let mut event = alert();
        event["type"] = "io.cellwarden.sighting.v1".into();
        event["data"] = json!({
            "recording": "r", "seconds": 0.1, "gain_db": 20.0, "carrier_hz": 1840e6, "earfcn": 1550, "pci": 452,
            "rsrp_dbfs": -40.0, "state": "sib1", "ecgi": null, "verdict": "unidentified", "rules": [], "position": null,
        });
        event
    }

    fn read(event: &Value) -> Result<Event, String> {
        read_one(event.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_fits_the_schema_is_read() {
        let event = read(&alert()).expect("good");
        assert_eq!((event.scanner.as_str(), event.id.as_str()), ("van-3", "0123456789abcdef"));
        let EventData::Alert { transmitter, severity, .. } = &event.data else { panic!("an alert") };
        assert_eq!((transmitter.pci, transmitter.earfcn, *severity), (452, Some(1550), Severity::Critical));
        let EventData::Sighting { transmitter, level } = read(&sighting()).expect("good").data else {
            panic!("a sighting")
        };
        assert_eq!((transmitter.ecgi, level), (None, Some(Level::Relative(-60.0))), "the gain is taken out");
        let mut calibrated = sighting();
        calibrated["data"]["rsrp_dbm"] = (-95.0).into();
        assert!(matches!(
            read(&calibrated).expect("good").data,
            EventData::Sighting { level: Some(Level::Dbm(-95.0)), .. }
        ));
    }

    #[test]
    fn what_does_not_is_refused_by_name() {
        for (pointer, value, word) in [
            ("/specversion", json!("0.3"), "specversion"),
            ("/id", json!("0123456789ABCDEF"), "id"),
            ("/id", json!("0123"), "id"),
            ("/source", json!("urn:cellwarden:scanner:van 3"), "source"),
            ("/type", json!("io.cellwarden.alarm.v1"), "type"),
            ("/subject", json!("a\u{0}"), "subject"),
            ("/time", json!("yesterday"), "time"),
            ("/datacontenttype", json!("text/xml"), "datacontenttype"),
            ("/data", json!(7), "data: an object"),
            ("/data/rule", json!("Unregistered!"), "data.rule"),
            ("/data/severity", json!("dire"), "data.severity: unknown word `dire`"),
            ("/data/ecgi", json!("450-08"), "data.ecgi"),
            ("/data/pci", json!(504), "data.pci"),
            ("/data/pci", json!(-1), "data.pci"),
            ("/data/earfcn", json!("x"), "data.earfcn: invalid type"),
            ("/data/summary", json!("a\u{0}"), "data.summary"),
            ("/data/position/lat", json!(91), "data.position"),
            ("/data/position/error_m", json!(-1), "data.position"),
        ] {
            let mut event = alert();
            *event.pointer_mut(pointer).expect("a field") = value;
            let error = read(&event).expect_err(pointer);
            assert!(error.contains(word), "{pointer}: {error}");
        }
        let fields: Vec<Value> = alert().as_object().expect("an object").values().cloned().collect();
        assert_eq!(read(&fields.into()).expect_err("a list"), "event: an object is expected");
        for field in ["id", "source", "subject", "data"] {
            let mut event = alert();
            event.as_object_mut().expect("an object").remove(field);
            assert!(read(&event).expect_err(field).contains(field));
        }
        let mut extended = alert();
        extended["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into();
        extended["dataschema"] = "urn:example:schema".into();
        assert!(read(&extended).is_ok_and(|event| event.json.contains("traceparent")), "extensions go along");
        let typed = |content_type: Option<&str>| {
            let mut event = alert();
            match content_type {
                Some(content_type) => event["datacontenttype"] = content_type.into(),
                None => drop(event.as_object_mut().expect("an object").remove("datacontenttype")),
            }
            read(&event).is_ok()
        };
        for good in [
            None,
            Some("application/json; charset=utf-8"),
            Some("Application/JSON;charset=\"UTF-8\""),
            Some("application/x+json"),
        ] {
            assert!(typed(good), "{good:?}");
        }
        for bad in ["", "text/json", "application/jsonx", "application/json; charset=utf-16", "application/xml"] {
            assert!(!typed(Some(bad)), "{bad}");
        }
    }

    #[test]
    fn one_bad_event_of_a_batch_is_said_in_its_place() {
        let batch = |events: &[Value]| read_batch(json!(events).to_string().as_bytes());
        assert_eq!(batch(&[alert(), sighting()]).expect("a list").iter().filter(|event| event.is_ok()).count(), 2);
        assert!(batch(&[]).expect("nothing is no error").is_empty());
        let mut bad = sighting();
        bad["data"]["verdict"] = "guilty".into();
        let read = batch(&[alert(), bad, json!(null), sighting()]).expect("a list");
        let taken: Vec<bool> = read.iter().map(Result::is_ok).collect();
        assert_eq!(taken, [true, false, false, true]);
        let why = read[1].as_ref().expect_err("bad").to_string();
        assert!(why.starts_with("data.verdict: unknown word `guilty`, expected one of `registered`"), "{why}");
        assert!(matches!(batch(&vec![alert(); MAX_EVENTS + 1]), Err(IntakeError::TooMany(1001))));
        let mut large = alert();
        large["data"]["evidence"]["x"] = "x".repeat(MAX_EVENT_BYTES).into();
        assert!(matches!(read_one(large.to_string().as_bytes()), Err(IntakeError::TooLarge(_))));
    }

    #[test]
    fn no_body_panics() {
        for body in [&b""[..], b"[", b"null", b"[null]", b"{}", b"\xff", "[".repeat(100_000).as_bytes()] {
            assert!(read_one(body).is_err());
            assert!(read_batch(body).map_or(true, |list| list.iter().all(Result::is_err)));
        }
    }
}
