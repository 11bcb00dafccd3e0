//! HTTP POST of CloudEvents: alerts one by one in structured mode, sightings in the JSON batch format.

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;
use ureq::typestate::AgentScope;
use ureq::{
    Agent, Body, Proxy,
    config::ConfigBuilder,
    http::{Response, StatusCode, header},
    tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig},
};

use super::{Broken, Feed, FeedError, FeedUrl, Sent, access::Access, in_plain_words};
use cellwarden_event::outbox::{Answer, EVENT_REFUSED, EventKind, OutboxEvent};

/// Bytes of a batch's body.
const MAX_BATCH_BYTES: usize = 256 * 1024;

/// How long a connection may take to be made, and a request to be answered.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Characters of an answer that are kept to say why.
const MAX_REASON: usize = 200;

/// A receiver behind HTTP.
pub struct HttpFeed {
    agent: Agent,
    url: String,
    authorization: Option<String>,
}

/// A client's settings.
type Settings = ConfigBuilder<AgentScope>;

/// What a response means for the events of its request.
enum Reply {
    Events(Answer),
    Broken(Broken),
}

impl HttpFeed {
    /// A way to `url`.
    ///
    /// # Errors
    /// Where the proxy's address or the private key is none.
    pub fn new(url: &FeedUrl, access: &Access) -> Result<Self, FeedError> {
        let agent = agent(access, |config| config.timeout_global(Some(ANSWER_TIMEOUT)))?;
        let authorization = access.token.as_ref().map(|token| format!("Bearer {}", token.reveal()));
        Ok(Self { agent, url: url.to_string(), authorization })
    }

    fn post(&self, content_type: &str, body: &str) -> Reply {
        let mut request = self.agent.post(&self.url).header(header::CONTENT_TYPE, content_type);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        match request.send(body) {
            Ok(response) => reply(response),
            Err(error) => Reply::Broken(Broken { why: in_plain_words(error.to_string()), wait: None }),
        }
    }

    fn post_one(&self, event: &OutboxEvent) -> Reply {
        self.post("application/cloudevents+json; charset=utf-8", &event.json)
    }

    fn post_batch(&self, events: &[&OutboxEvent]) -> Reply {
        let list: Vec<&str> = events.iter().map(|event| event.json.as_str()).collect();
        self.post("application/cloudevents-batch+json; charset=utf-8", &format!("[{}]", list.join(",")))
    }
}

impl Feed for HttpFeed {
    fn send(&mut self, events: &[OutboxEvent]) -> Sent {
        let mut sent = Sent { answers: vec![None; events.len()], broken: None };
        let mut held: BTreeSet<&str> = BTreeSet::new();
        let mut at = 0;
        while at < events.len() && sent.broken.is_none() {
            let end = at + batch_length(&events[at..]);
            // What failed holds back the rest of its cell.
            let run: Vec<usize> = (at..end).filter(|n| !held.contains(events[*n].cell.as_str())).collect();
            at = end;
            let batch: Vec<&OutboxEvent> = run.iter().map(|n| &events[*n]).collect();
            match (&batch[..], run.len()) {
                ([], _) => continue,
                (_, 2..) => match self.post_batch(&batch) {
                    Reply::Broken(broken) => sent.broken = Some(broken),
                    Reply::Events(Answer::Accepted) => {
                        run.iter().for_each(|n| sent.answers[*n] = Some(Answer::Accepted));
                    }
                    // One of them is at fault: it is found by sending each alone.
                    Reply::Events(_) => self.send_each(events, &run, &mut held, &mut sent),
                },
                _ => self.send_each(events, &run, &mut held, &mut sent),
            }
        }
        sent
    }
}

impl HttpFeed {
    fn send_each<'a>(&self, events: &'a [OutboxEvent], run: &[usize], held: &mut BTreeSet<&'a str>, sent: &mut Sent) {
        for &n in run {
            let cell = events[n].cell.as_str();
            if held.contains(cell) {
                continue;
            }
            match self.post_one(&events[n]) {
                Reply::Broken(broken) => {
                    sent.broken = Some(broken);
                    return;
                }
                Reply::Events(answer) => {
                    if matches!(answer, Answer::Failed(_)) {
                        held.insert(cell);
                    }
                    sent.answers[n] = Some(answer);
                }
            }
        }
    }
}

/// A client with this access; `timeouts` adds those of the requests.
///
/// # Errors
/// Where the proxy's address or the private key is none.
pub(super) fn agent(access: &Access, timeouts: impl FnOnce(Settings) -> Settings) -> Result<Agent, FeedError> {
    // A redirect could lead the token elsewhere.
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .user_agent(concat!("cellwarden/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls_config(access)?);
    let config = match &access.proxy {
        None => config,
        Some(proxy) => {
            let parsed = Proxy::new(proxy).map_err(|error| FeedError::Access(format!("proxy: {error}")))?;
            config.proxy(Some(parsed))
        }
    };
    Ok(timeouts(config).build().new_agent())
}

/// How many of the first events go into one request: an alert alone, sightings together.
fn batch_length(events: &[OutboxEvent]) -> usize {
    let mut bytes = 0;
    let sightings = events.iter().take_while(|event| {
        bytes += event.json.len() + 1;
        event.kind == EventKind::Sighting && bytes <= MAX_BATCH_BYTES
    });
    sightings.count().max(1)
}

fn reply(mut response: Response<Body>) -> Reply {
    let status = response.status();
    let wait = retry_after(&response);
    if status.is_success() {
        return Reply::Events(Answer::Accepted);
    }
    let body = response.body_mut().with_config().limit(64 * 1024).read_to_string().unwrap_or_default();
    let problem: Problem = serde_json::from_str(&body).unwrap_or_default();
    let said = problem.detail.as_deref().or_else(|| body.lines().next()).unwrap_or_default();
    let said: String = said.trim().chars().take(MAX_REASON).collect();
    let why = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
    if is_of_receiver(status) && problem.kind.as_deref() != Some(EVENT_REFUSED) {
        return Reply::Broken(Broken { why, wait });
    }
    Reply::Events(if status.is_server_error() { Answer::Failed(why) } else { Answer::Refused(why) })
}

/// What a receiver says of a refusal. RFC 9457 §3.1.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    kind: Option<String>,
    detail: Option<String>,
}

/// Whether a status speaks of the receiver or of our access to it, and not of the event.
fn is_of_receiver(status: StatusCode) -> bool {
    let code = status.as_u16();
    let by_access = matches!(code, 401 | 403 | 404 | 405 | 407 | 408 | 421 | 425 | 426 | 429 | 511);
    code < 400 || by_access || (status.is_server_error() && code != 500)
}

/// The wait that a receiver asks for in seconds; its dates are not read.
fn retry_after(response: &Response<Body>) -> Option<SignedDuration> {
    const LONGEST: SignedDuration = SignedDuration::from_hours(1);
    let seconds: i64 = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (seconds >= 0).then(|| SignedDuration::from_secs(seconds).min(LONGEST))
}

fn tls_config(access: &Access) -> Result<TlsConfig, FeedError> {
    let config = TlsConfig::builder();
    let config = if access.ca.is_empty() {
        config.root_certs(RootCerts::WebPki)
    } else {
        config.root_certs(access.ca.iter().map(|der| Certificate::from_der(der).to_owned()).into())
    };
    let identity = access.identity.as_ref().map(|identity| {
        let chain: Vec<_> = identity.chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let key = PrivateKey::from_pem(&identity.key_pem).map_err(|error| FeedError::Tls(error.to_string()))?;
        Ok(ClientCert::new_with_certs(&chain, key))
    });
    Ok(config.client_cert(identity.transpose()?).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, bytes: usize) -> OutboxEvent {
        OutboxEvent { id: String::new(), kind, cell: String::new(), json: "x".repeat(bytes) }
    }

    #[test]
    fn sightings_go_together_and_alerts_alone() {
        use EventKind::{Alert, Sighting};
        let length = |kinds: &[EventKind]| batch_length(&kinds.iter().map(|k| event(*k, 500)).collect::<Vec<_>>());
        assert_eq!(length(&[Alert, Alert]), 1);
        assert_eq!(length(&[Sighting, Sighting, Alert, Sighting]), 2);
        let large = vec![event(Sighting, MAX_BATCH_BYTES / 2); 3];
        assert_eq!(batch_length(&large), 1);
        assert_eq!(batch_length(&[event(Sighting, 2 * MAX_BATCH_BYTES)]), 1, "it is sent, however large");
    }

    #[test]
    fn an_event_is_not_blamed_for_the_receivers_state() {
        for code in [301, 401, 403, 404, 429, 502, 503, 504] {
            assert!(is_of_receiver(StatusCode::from_u16(code).expect("a status")), "{code}");
        }
        for code in [400, 409, 413, 415, 422, 500] {
            assert!(!is_of_receiver(StatusCode::from_u16(code).expect("a status")), "{code}");
        }
    }
}
