//! Events to receivers: the registry service, brokers, whatever takes CloudEvents.
//!
//! In: what waits in the store's outbox. Out: the same events at a receiver, at least once, in order for each cell.
//! Refuses to make events, and to wait: the caller has the clock and the dice.

pub mod access;
pub mod download;
mod http;
mod mqtt;
pub mod target;

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

pub use access::AccessFile;
pub use mqtt::tls_config as mqtt_tls;
pub use target::{FeedUrl, Protocol};

use cellwarden_event::outbox::{Answer, Backoff, Fate, OutboxEvent, ScannerName};
use cellwarden_store::{Store, StoreError, outbox::DueEvent};

/// Events taken from the outbox at once.
const MAX_BATCH: usize = 100;

/// A way to a receiver.
pub trait Feed: Send {
    /// Sends events in order.
    fn send(&mut self, events: &[OutboxEvent]) -> Sent;

    /// Says goodbye, as far as the receiver can be reached.
    fn close(&mut self) {}
}

/// What became of events that were sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The answer to each; `None` where it was not sent, or the connection broke before its answer.
    pub answers: Vec<Option<Answer>>,
    /// Why the connection broke.
    pub broken: Option<Broken>,
}

/// A receiver that cannot be reached, or takes nothing from us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Why.
    pub why: String,
    /// How long it asks us to wait.
    pub wait: Option<SignedDuration>,
}

/// Why a feed cannot be used at all.
#[derive(Debug, Error)]
pub enum FeedError {
    /// The access file.
    #[error("access file: {0}")]
    Access(String),
    /// A file that it names.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// TLS cannot be had with what is configured.
    #[error("TLS: {0}")]
    Tls(String),
}

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Events that were tried.
    pub tried: usize,
    /// Events that the receiver has now.
    pub delivered: usize,
    /// Whether the receiver could not be reached.
    pub broken: bool,
    /// How long it asked us to wait.
    pub wait: Option<SignedDuration>,
}

/// Opens the way to a receiver; it connects when there is something to send.
///
/// # Errors
/// See [`FeedError`].
pub fn open(url: &FeedUrl, access: &AccessFile, scanner: &ScannerName) -> Result<Box<dyn Feed>, FeedError> {
    let access = access.of(url)?;
    Ok(match url.protocol() {
        Protocol::Http { .. } => Box::new(http::HttpFeed::new(url, &access)?),
        Protocol::Mqtt { .. } => Box::new(mqtt::MqttFeed::new(url, &access, scanner)?),
    })
}

/// Sends what is due to a feed, at most a batch, and records what became of it. `chance` is from 0 to 1.
///
/// # Errors
/// From the store; what was sent is sent again then.
pub fn round(
    store: &mut Store,
    url: &str,
    feed: &mut dyn Feed,
    now: Timestamp,
    mut chance: impl FnMut() -> f64,
) -> Result<Round, StoreError> {
    let due = store.due(url, now, MAX_BATCH)?;
    if due.is_empty() {
        return Ok(Round::default());
    }
    let events: Vec<OutboxEvent> = due.iter().map(|due| due.event.clone()).collect();
    let Sent { answers, broken } = blame(&due, feed.send(&events));
    let mut round = Round { broken: broken.is_some(), ..Round::default() };
    let mut fates = Vec::new();
    for (due, answer) in due.iter().zip(answers) {
        let Some(answer) = answer else { continue };
        let fate = Backoff::USUAL.fate(answer, due.attempts, now, chance());
        round.delivered += usize::from(fate == Fate::Delivered);
        fates.push((due.seq, fate));
    }
    round.tried = fates.len();
    if !fates.is_empty() {
        store.settle(url, &fates)?;
    }
    if let Some(Broken { why, wait }) = broken {
        let delay = Backoff::USUAL.delay(store.feed_failures(url)? + 1, chance());
        let delay = delay.max(wait.unwrap_or_default());
        round.wait = wait;
        store.hold_feed(url, now.saturating_add(delay).unwrap_or(Timestamp::MAX), &why)?;
    }
    Ok(round)
}

/// Where events of several cells fail and nothing is taken, the receiver is at fault and not each of them.
fn blame(due: &[DueEvent], sent: Sent) -> Sent {
    let Sent { answers, broken } = sent;
    let mut failed = answers.iter().zip(due).filter_map(|(answer, due)| match answer {
        Some(Answer::Failed(why)) => Some((why, &due.event.cell)),
        _ => None,
    });
    let first = failed.next();
    let several = first.is_some_and(|(_, cell)| failed.any(|(_, other)| other != cell));
    let taken = answers.iter().flatten().any(|answer| *answer == Answer::Accepted);
    let Some((why, _)) = first.filter(|_| several && !taken && broken.is_none()) else {
        return Sent { answers, broken };
    };
    let broken = Some(Broken { why: why.clone(), wait: None });
    let kept = |answer| if matches!(answer, Some(Answer::Failed(_))) { None } else { answer };
    Sent { answers: answers.into_iter().map(kept).collect(), broken }
}

/// What is wrong with a server's certificate, by the words of rustls, and what to do.
const CERTIFICATES: [(&str, &str); 6] = [
    (
        "CaUsedAsEndEntity",
        "the server shows the certificate of an authority as its own: give the server one that the authority signed and that \
         is none itself (basicConstraints=CA:FALSE)",
    ),
    (
        "UnknownIssuer",
        "no known authority signed the server's certificate: name its authority with ca in the access file",
    ),
    ("NotValidForName", "the server's certificate is for another name: use the name in it as the address"),
    ("Expired", "the server's certificate has expired, or this computer's clock is wrong"),
    ("NotValidYet", "the server's certificate is not valid yet, or this computer's clock is wrong"),
    (
        "CertificateRequired",
        "the server wants a certificate of the scanner's own: see certificate and key in the access file",
    ),
];

/// An error of a connection with what it means and what to do before it, where it is one of a certificate.
pub(crate) fn in_plain_words(error: String) -> String {
    match CERTIFICATES.iter().find(|(word, _)| error.contains("certificate") && error.contains(word)) {
        Some((_, plain)) => format!("{plain} [{error}]"),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_event::outbox::EventKind;

    fn due(cell: &str) -> DueEvent {
        let event =
            OutboxEvent { id: String::new(), kind: EventKind::Alert, cell: cell.to_owned(), json: String::new() };
        DueEvent { seq: 0, event, attempts: 0 }
    }

    fn failed() -> Option<Answer> {
        Some(Answer::Failed("HTTP 500".to_owned()))
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_in_plain_words() {
        let error = "io: invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))";
        let plain = in_plain_words(error.to_owned());
        assert!(
            plain.starts_with("the server shows the certificate of an authority") && plain.contains(error),
            "{plain}"
        );
        assert_eq!(in_plain_words("io: connection refused".to_owned()), "io: connection refused");
        assert_eq!(in_plain_words("HTTP 401: token Expired".to_owned()), "HTTP 401: token Expired");
    }

    #[test]
    fn a_receiver_that_fails_at_everything_is_to_blame() {
        let sent = |answers| Sent { answers, broken: None };
        let cells = [due("a"), due("b")];
        let blamed = blame(&cells, sent(vec![failed(), failed()]));
        assert_eq!(blamed.answers, [None, None]);
        assert_eq!(blamed.broken.expect("broken").why, "HTTP 500");
        for answers in [vec![failed(), Some(Answer::Accepted)], vec![failed(), None]] {
            assert_eq!(blame(&cells, sent(answers.clone())), sent(answers));
        }
        let one_cell = vec![failed(), failed()];
        assert_eq!(blame(&[due("a"), due("a")], sent(one_cell.clone())), sent(one_cell));
    }
}
