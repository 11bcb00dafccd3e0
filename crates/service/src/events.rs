//! CloudEvents as scanners send them, checked against what `crates/event/src/events.schema.json` says.
//!
//! In: a body from the network. Out: events whose every field that is used has its type and range; all else is kept as it
//! came. Refuses to know who sent it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use thiserror::Error;

use cellwarden_core::observation::{Ecgi, MAX_CLIPPED, Position};
use cellwarden_event::{
    AlertState, Severity, Technology,
    outbox::{EventKind, ScannerName},
};

/// Events of one request.
pub const MAX_EVENTS: usize = 1000;

/// Bytes of one event.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Characters of a cell's key, and of the names of rules and recordings.
const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 4096;

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
pub enum EventError {
    /// It is no JSON, or not of this form.
    #[error("{}", in_words(.0))]
    Form(#[from] serde_json::Error),
    /// A field.
    #[error("{field}: {what}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is expected.
        what: &'static str,
    },
    /// Too many.
    #[error("{0} events; up to {MAX_EVENTS} go into one request")]
    TooMany(usize),
    /// Too large.
    #[error("{0} bytes; an event has up to {MAX_EVENT_BYTES}")]
    TooLarge(usize),
}

/// The envelope. CloudEvents 1.0.2 §3. Other attributes are extensions, which go along with the event.
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

#[derive(Deserialize)]
struct AlertData {
    #[serde(default)]
    technology: Technology,
    id: String,
    #[serde(default)]
    alert_id: Option<String>,
    #[serde(default)]
    revision: Option<u32>,
    #[serde(default)]
    state: Option<AlertState>,
    #[serde(default)]
    transmitter: Option<String>,
    rule: String,
    rule_version: u32,
    severity: Severity,
    #[serde(deserialize_with = "given")]
    ecgi: Option<String>,
    pci: u16,
    #[serde(deserialize_with = "given")]
    earfcn: Option<u32>,
    summary: String,
    #[serde(rename = "evidence")]
    _evidence: Map<String, Value>,
    recording: String,
    #[serde(deserialize_with = "given")]
    position: Option<Position>,
}

#[derive(Deserialize)]
struct SightingData {
    #[serde(default)]
    technology: Technology,
    recording: String,
    seconds: f64,
    #[serde(default)]
    gain_db: Option<f64>,
    #[serde(default)]
    clipped: f64,
    carrier_hz: f64,
    #[serde(default)]
    earfcn: Option<u32>,
    pci: u16,
    #[serde(deserialize_with = "given")]
    rsrp_dbfs: Option<f64>,
    #[serde(default)]
    rsrp_dbm: Option<f64>,
    state: String,
    #[serde(deserialize_with = "given")]
    ecgi: Option<String>,
    verdict: String,
    #[serde(rename = "rules")]
    _rules: Vec<String>,
    #[serde(deserialize_with = "given")]
    position: Option<Position>,
}

/// A field that may be null but must be there.
fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// What is wrong with JSON, without the names of this program's types.
fn in_words(error: &serde_json::Error) -> String {
    const WORDS: [(&str, &str); 8] = [
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

/// Reads one event: CloudEvents structured mode.
///
/// # Errors
/// See [`EventError`].
pub fn read_one(body: &[u8]) -> Result<Event, EventError> {
    let raw: &RawValue = serde_json::from_slice(body)?;
    read(raw)
}

/// Reads several: the CloudEvents JSON batch format.
///
/// # Errors
/// Where it is no list, or too long a one; what is wrong with one event is said in its place.
pub fn read_batch(body: &[u8]) -> Result<Vec<Result<Event, EventError>>, EventError> {
    let list: Vec<&RawValue> = serde_json::from_slice(body)?;
    if list.len() > MAX_EVENTS {
        return Err(EventError::TooMany(list.len()));
    }
    Ok(list.into_iter().map(read).collect())
}

/// Reads one event whose attributes came as pairs and whose data is the body: CloudEvents binary mode.
///
/// # Errors
/// See [`EventError`].
pub fn read_binary<'a>(
    attributes: impl Iterator<Item = (&'a str, String)>,
    content_type: &str,
    body: &[u8],
) -> Result<Event, EventError> {
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

/// Whether a media type is JSON in UTF-8. RFC 6839 §3.1.
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

fn read(raw: &RawValue) -> Result<Event, EventError> {
    let json = raw.get();
    if json.len() > MAX_EVENT_BYTES {
        return Err(EventError::TooLarge(json.len()));
    }
    // Derived readers would take a list of the fields' values too.
    check(json.starts_with('{'), "event", "an object is expected")?;
    let envelope: Envelope<'_> = serde_json::from_str(json)?;
    check(envelope.data.get().starts_with('{'), "data", "an object is expected")?;
    check(envelope.specversion == "1.0", "specversion", "1.0 is expected")?;
    let is_json = envelope.datacontenttype.as_deref().is_none_or(is_json);
    check(is_json, "datacontenttype", "application/json, in UTF-8, is expected")?;
    let is_id = (16..=64).contains(&envelope.id.len())
        && envelope.id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    check(is_id, "id", "16 to 64 hexadecimal digits are expected")?;
    check(is_name(&envelope.subject), "subject", "1 to 64 printable characters are expected")?;
    let scanner = envelope.source.strip_prefix("urn:cellwarden:scanner:").and_then(ScannerName::new);
    let scanner = scanner.ok_or(field("source", "urn:cellwarden:scanner:NAME is expected"))?;
    let time = envelope.time.map(|text| text.parse::<Timestamp>()).transpose();
    let time = time.map_err(|_| field("time", "an RFC 3339 time is expected"))?;
    let data = match envelope.r#type.as_str() {
        kind if kind == EventKind::Alert.cloud_type() => alert(envelope.data)?,
        kind if kind == EventKind::Sighting.cloud_type() => sighting(envelope.data)?,
        _ => return Err(field("type", "io.cellwarden.alert.v1 or io.cellwarden.sighting.v1 is expected")),
    };
    Ok(Event { scanner, id: envelope.id, time, cell: envelope.subject, data, json: json.to_owned() })
}

fn alert(data: &RawValue) -> Result<EventData, EventError> {
    let data: AlertData = serde_json::from_str(data.get())?;
    check(is_word(&data.rule), "data.rule", "lower-case letters, digits and - are expected")?;
    check(data.rule_version >= 1, "data.rule_version", "1 or more is expected")?;
    check(is_text(&data.summary), "data.summary", "a text of up to 4096 characters without NUL is expected")?;
    check(is_text(&data.recording), "data.recording", "a text of up to 4096 characters without NUL is expected")?;
    let transmitter = transmitter(data.technology, data.ecgi, data.pci, data.earfcn, data.position)?;
    // Scanners of before there were revisions send the first one only.
    let alert = data.alert_id.unwrap_or(data.id);
    check(is_name(&alert), "data.alert_id", "1 to 64 printable characters are expected")?;
    let number = data.revision.unwrap_or(1);
    check(number >= 1, "data.revision", "1 or more is expected")?;
    let group = data.transmitter.filter(|group| !group.is_empty()).unwrap_or_else(|| alert.clone());
    check(is_name(&group), "data.transmitter", "up to 64 printable characters are expected")?;
    let state = data.state.unwrap_or_default();
    let revision = AlertRevision { alert, number, state, transmitter: group };
    Ok(EventData::Alert { transmitter, revision, rule: data.rule, severity: data.severity, summary: data.summary })
}

fn sighting(data: &RawValue) -> Result<EventData, EventError> {
    let data: SightingData = serde_json::from_str(data.get())?;
    check(data.seconds >= 0.0, "data.seconds", "0 or more is expected")?;
    check(data.carrier_hz > 0.0, "data.carrier_hz", "above 0 is expected")?;
    check(matches!(&*data.state, "detected" | "mib" | "sib1" | "si"), "data.state", "no such state")?;
    let verdicts = ["registered", "unregistered", "inactive", "mismatch", "unidentified", "unchecked"];
    check(verdicts.contains(&&*data.verdict), "data.verdict", "no such verdict")?;
    check(is_text(&data.recording), "data.recording", "a text of up to 4096 characters without NUL is expected")?;
    let relative = data.rsrp_dbfs.map(|dbfs| Level::Relative(dbfs - data.gain_db.unwrap_or(0.0)));
    check((0.0..=1.0).contains(&data.clipped), "data.clipped", "0 to 1 is expected")?;
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
    position: Option<Position>,
) -> Result<HeardTransmitter, EventError> {
    let ecgi = ecgi.map(|text| text.parse::<Ecgi>()).transpose();
    let ecgi = ecgi.map_err(|_| field("data.ecgi", "a PLMN and seven hexadecimal digits are expected"))?;
    check(pci <= 503, "data.pci", "0 to 503 is expected")?;
    if let Some(Position { lat, lon, error_m }) = position {
        let fits = lat.abs() <= 90.0 && lon.abs() <= 180.0 && error_m >= 0.0;
        check(fits, "data.position", "degrees of latitude and longitude, and an error of 0 or more, are expected")?;
    }
    Ok(HeardTransmitter { technology, ecgi, pci, earfcn, position })
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

fn check(fits: bool, name: &'static str, what: &'static str) -> Result<(), EventError> {
    if fits { Ok(()) } else { Err(field(name, what)) }
}

fn field(field: &'static str, what: &'static str) -> EventError {
    EventError::Field { field, what }
}

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    (1..=MAX_NAME).contains(&length) && !text.contains(char::is_control)
}

fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// PostgreSQL holds no NUL in a text.
fn is_text(text: &str) -> bool {
    text.chars().count() <= MAX_TEXT && !text.contains('\0')
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
            ("/data/severity", json!("dire"), "dire"),
            ("/data/ecgi", json!("450-08"), "data.ecgi"),
            ("/data/pci", json!(504), "data.pci"),
            ("/data/pci", json!(-1), "-1"),
            ("/data/earfcn", json!("x"), "invalid type"),
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
        assert_eq!(read[1].as_ref().expect_err("bad").to_string(), "data.verdict: no such verdict");
        assert!(matches!(batch(&vec![alert(); MAX_EVENTS + 1]), Err(EventError::TooMany(1001))));
        let mut large = alert();
        large["data"]["evidence"]["x"] = "x".repeat(MAX_EVENT_BYTES).into();
        assert!(matches!(read_one(large.to_string().as_bytes()), Err(EventError::TooLarge(_))));
    }

    #[test]
    fn no_body_panics() {
        for body in [&b""[..], b"[", b"null", b"[null]", b"{}", b"\xff", "[".repeat(100_000).as_bytes()] {
            assert!(read_one(body).is_err());
            assert!(read_batch(body).map_or(true, |list| list.iter().all(Result::is_err)));
        }
    }
}
