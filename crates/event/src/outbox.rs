//! What is sent to the registry service, and what becomes of it after each attempt.
//!
//! CloudEvents 1.0 in JSON. An event is made once, when its dwell is stored, and sent as it was made at every retry: a
//! receiver drops repeats by `source` and `id`. The clock and chance are the caller's.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{CloudEvent, Payload};

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// An alert was raised.
    Alert,
    /// A cell was heard in a dwell.
    Sighting,
}

/// Who sends, as the receivers know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerName(String);

/// An event in its final form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// The same at every retry and replay.
    pub id: String,
    /// What it tells.
    pub kind: EventKind,
    /// Events of one cell keep their order.
    pub cell: String,
    /// The CloudEvent.
    pub json: String,
}

impl OutboxEvent {
    /// The event of a payload.
    #[must_use]
    pub fn new(scanner: &ScannerName, id: String, cell: String, time: Option<Timestamp>, payload: Payload) -> Self {
        let kind = payload.kind();
        let event = CloudEvent {
            specversion: "1.0".to_owned(),
            id,
            source: scanner.source(),
            subject: cell,
            time,
            datacontenttype: Some("application/json".to_owned()),
            payload,
        };
        let json = json!(event).to_string();
        Self { id: event.id, kind, cell: event.subject, json }
    }

    /// The scanner that made it, by its source: not always the one that sends it, as scanners are renamed.
    #[must_use]
    pub fn scanner(&self) -> Option<ScannerName> {
        let event: Value = serde_json::from_str(&self.json).ok()?;
        ScannerName::of_source(event.get("source")?.as_str()?)
    }
}

/// How long to wait after failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: SignedDuration,
    /// At most.
    pub longest: SignedDuration,
}

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLimits {
    /// Bytes of all events: sightings go first, the oldest before the others, then alerts.
    pub bytes: u64,
    /// Age of sightings. Alerts do not grow old.
    pub age: SignedDuration,
}

/// What a receiver made of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has it.
    Accepted,
    /// It could not take it now.
    Failed(String),
    /// It will never take it.
    Refused(String),
}

/// The type of problem details that speak of the event and not of the receiver, whatever the status: it is set aside, and
/// others go on. RFC 9457 §3.1.1.
pub const EVENT_REFUSED: &str = "urn:cellwarden:problem:event-refused";

/// What becomes of an event after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing is left to do.
    Delivered,
    /// Another attempt, not before this time.
    Again {
        /// When.
        not_before: Timestamp,
        /// Why it failed.
        why: String,
    },
    /// No further attempt unless somebody asks for it.
    Dead {
        /// Why.
        why: String,
    },
}

/// Attempts until an event that fails alone is set aside: eight hours of failures under [`Backoff::USUAL`].
pub const MAX_ATTEMPTS: u32 = 40;

impl EventKind {
    /// The CloudEvents type.
    #[must_use]
    pub fn cloud_type(self) -> &'static str {
        match self {
            Self::Alert => "io.cellwarden.alert.v1",
            Self::Sighting => "io.cellwarden.sighting.v1",
        }
    }

    /// Short name, as in topics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Sighting => "sighting",
        }
    }
}

impl ScannerName {
    /// Longest name.
    pub const MAX: usize = 64;

    /// A name of letters, digits, `-` and `_`: it stands in URNs and in the topics of MQTT and NATS.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&name.len());
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        (fits && plain).then(|| Self(name.to_owned()))
    }

    /// The scanner of an event's source; `None` of a source that is no scanner.
    #[must_use]
    pub fn of_source(source: &str) -> Option<Self> {
        Self::new(source.strip_prefix("urn:cellwarden:scanner:")?)
    }

    /// The name of a host, with what cannot stand in a name replaced.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        Self::new(&host.trim().chars().take(Self::MAX).map(plain).collect::<String>())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The CloudEvents source.
    #[must_use]
    pub fn source(&self) -> String {
        format!("urn:cellwarden:scanner:{}", self.0)
    }
}

impl fmt::Display for ScannerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Backoff {
    /// From two seconds to a quarter of an hour.
    pub const USUAL: Self = Self { first: SignedDuration::from_secs(2), longest: SignedDuration::from_secs(900) };

    /// The wait after so many failures in a row: doubled with each, and with `chance` (0 to 1) between its half and
    /// the whole, so that a fleet that lost one receiver does not come back at one moment.
    #[must_use]
    pub fn delay(&self, failures: u32, chance: f64) -> SignedDuration {
        let (first, longest) = (self.first.as_secs_f64(), self.longest.as_secs_f64());
        let whole = (first * 2f64.powi(failures.saturating_sub(1).min(60) as i32)).min(longest);
        SignedDuration::from_secs_f64(whole * (0.5 + chance.clamp(0.0, 1.0) / 2.0))
    }

    /// What becomes of an event that was tried `attempts` times before this answer.
    #[must_use]
    pub fn fate(&self, answer: Answer, attempts: u32, now: Timestamp, chance: f64) -> Fate {
        match answer {
            Answer::Accepted => Fate::Delivered,
            Answer::Refused(why) => Fate::Dead { why },
            Answer::Failed(why) if attempts + 1 >= MAX_ATTEMPTS => {
                Fate::Dead { why: format!("{why}, after {MAX_ATTEMPTS} attempts") }
            }
            Answer::Failed(why) => {
                let not_before = now.saturating_add(self.delay(attempts + 1, chance)).unwrap_or(Timestamp::MAX);
                Fate::Again { not_before, why }
            }
        }
    }
}

/// What keeps its order: a cell by its identity, without one by what else is known of it.
#[must_use]
pub fn cell_key(ecgi: Option<String>, pci: u16, earfcn: Option<u32>) -> String {
    let channel = earfcn.map_or_else(|| "-".to_owned(), |earfcn| earfcn.to_string());
    ecgi.unwrap_or_else(|| format!("earfcn-{channel}-pci-{pci}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner() -> ScannerName {
        ScannerName::new("van-3").expect("a name")
    }

    fn now() -> Timestamp {
        "2026-11-20T01:00:00Z".parse().expect("a time")
    }

    #[test]
    fn waits_double_up_to_the_longest_and_spread_over_their_upper_half() {
        let seconds = |failures, chance| Backoff::USUAL.delay(failures, chance).as_secs_f64();
        assert_eq!([1, 2, 3].map(|failures| seconds(failures, 1.0)), [2.0, 4.0, 8.0]);
        assert_eq!((seconds(1, 0.0), seconds(9, 0.0), seconds(9, 1.0)), (1.0, 256.0, 512.0));
        for failures in [10, 60, 4000, u32::MAX] {
            assert_eq!(seconds(failures, 1.0), 900.0, "{failures}");
        }
    }

    #[test]
    fn an_event_that_fails_alone_is_tried_for_hours_and_then_set_aside() {
        let failed = |attempts| Backoff::USUAL.fate(Answer::Failed("HTTP 500".into()), attempts, now(), 0.0);
        let Fate::Again { not_before, .. } = failed(0) else { panic!("again") };
        assert_eq!(not_before.duration_since(now()), SignedDuration::from_secs(1));
        let hours: f64 = (1..MAX_ATTEMPTS).map(|n| Backoff::USUAL.delay(n, 1.0).as_secs_f64()).sum::<f64>() / 3600.0;
        assert!((7.0..9.0).contains(&hours), "{hours}");
        assert!(matches!(failed(MAX_ATTEMPTS - 2), Fate::Again { .. }));
        assert!(matches!(failed(MAX_ATTEMPTS - 1), Fate::Dead { why } if why.contains("HTTP 500, after 40")));
        let refused = Backoff::USUAL.fate(Answer::Refused("HTTP 422".into()), 0, now(), 0.0);
        assert_eq!(refused, Fate::Dead { why: "HTTP 422".into() });
        assert_eq!(Backoff::USUAL.fate(Answer::Accepted, 7, now(), 0.0), Fate::Delivered);
    }

    #[test]
    fn names_stand_in_urns_and_topics() {
        for bad in ["", "a b", "a/b", "a.b", "a+", "#", "홈", &"x".repeat(65)] {
            assert_eq!(ScannerName::new(bad), None, "{bad:?}");
        }
        assert_eq!(scanner().source(), "urn:cellwarden:scanner:van-3");
        let host = |name| ScannerName::of_host(name).map(|name| name.to_string());
        assert_eq!(host("van-3.example.org\n").as_deref(), Some("van-3-example-org"));
        assert_eq!(host(" \n"), None);
    }

    #[test]
    fn cells_without_sib1_are_told_apart_by_carrier_and_pci() {
        assert_eq!(cell_key(None, 301, Some(1550)), "earfcn-1550-pci-301");
        assert_eq!(cell_key(None, 301, None), "earfcn---pci-301");
    }
}
