//! The paths of the service and what each does.

mod cases;
mod coding;
mod conditions;
mod lists;
mod openapi;
mod page;

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, FromRequest, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{sync::broadcast, time};

pub use cases::{LISTENERS, LISTENERS_OF_TOKEN};

use super::{
    audit::{Audit, AuditedRequest},
    event_writer::EventWriter,
    events::{Event, IntakeError, read_batch, read_binary, read_one},
    gate::{Caller, Gate, Refusal},
    health::{FRESH, Health, Part},
    metrics::Metrics,
    problem::{Problem, Why},
    proxies::TrustedProxies,
    readers::Readers,
    slots::Slots,
    tokens::Scope,
};
use cellwarden_event::{cloud::is_json, outbox::EVENT_REFUSED};

/// Bytes of a request's body.
pub const MAX_BODY: usize = 1 << 20;

/// How long a request may take to come in and be answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests with events that are worked on: their bodies are what takes memory.
const INTAKE: usize = 256;

/// The same of one token.
const INTAKE_OF_TOKEN: usize = 16;

/// Bytes of their bodies together: a place alone could take [`MAX_BODY`].
const INTAKE_BYTES: usize = 64 << 20;

/// The same of one token.
const INTAKE_BYTES_OF_TOKEN: usize = 4 << 20;

/// The places of requests with events, and the bytes of their bodies.
struct EventIntake {
    places: Slots<String>,
    bytes: Slots<String>,
}

/// What the paths share.
#[derive(Clone)]
pub struct ApiState {
    /// Who may come in.
    pub gate: Arc<Gate>,
    /// Keeps events.
    pub event_writer: EventWriter,
    /// Everything else of the database.
    pub readers: Readers,
    /// Counts.
    pub metrics: Metrics,
    /// What is ill.
    pub health: Health,
    /// Who did what.
    pub audit: Arc<Audit>,
    /// The numbers of cases as they change.
    pub live: broadcast::Sender<i64>,
    /// Who listens to them.
    pub listeners: Arc<Slots<String>>,
    /// Whether only this host asks, without a token: then a page of elsewhere must not reach it under another name.
    pub only_this_host: bool,
    /// Proxies whose word about who asks is taken.
    pub trusted_proxies: TrustedProxies,
    /// The registered cell list that is handed out.
    pub list: Option<Arc<Path>>,
}

/// All paths.
pub fn paths(shared: ApiState) -> Router {
    let guarded = |scope: Scope| {
        let shared = shared.clone();
        middleware::from_fn(move |request: Request, next: Next| guard(shared.clone(), scope, request, next))
    };
    let intake = Arc::new(EventIntake {
        places: Slots::new(INTAKE, INTAKE_OF_TOKEN),
        bytes: Slots::new(INTAKE_BYTES, INTAKE_BYTES_OF_TOKEN),
    });
    let show = get(cases::show).route_layer(guarded(Scope::Read));
    let change = patch(cases::change).route_layer(guarded(Scope::Write));
    Router::new()
        .route("/v1/events", post(take_events).layer(Extension(intake)).route_layer(guarded(Scope::Events)))
        .route("/v1/cases", get(cases::list).route_layer(guarded(Scope::Read)))
        .route("/v1/cases/{id}", show.merge(change))
        .route("/v1/scanners", get(cases::scanners).route_layer(guarded(Scope::Read)))
        .route("/v1/live", get(cases::live).route_layer(guarded(Scope::Read)))
        .route("/v1/registry/cells.csv", get(lists::list).route_layer(guarded(Scope::Registry)))
        .route("/v1/registry/cells.csv.from-{base}", get(lists::delta).route_layer(guarded(Scope::Registry)))
        .route("/v1/registry/cells.csv.minisig", get(lists::signature).route_layer(guarded(Scope::Registry)))
        .route("/v1/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], &**openapi::TEXT)))
        .route("/metrics", get(metrics).route_layer(guarded(Scope::Read)))
        .route("/health", get(health))
        .merge(page::paths())
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "there is no such path"))
        .method_not_allowed_fallback(async || Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method"))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(coding::compression())
        .layer(middleware::from_fn(coding::weaken_tag))
        .layer(middleware::from_fn_with_state(shared.clone(), observe))
        .with_state(shared)
}

/// Bounds the time of each request, and counts it.
async fn observe(State(shared): State<ApiState>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let path = request.extensions().get::<MatchedPath>().cloned();
    if let Err(problem) = check_host(request.headers(), shared.only_this_host) {
        return problem.into_response();
    }
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "the request took too long").into_response();
    let mut response = time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| late());
    let path = path.as_ref().map_or("other", MatchedPath::as_str);
    shared.metrics.request(path, response.status().as_u16(), begun.elapsed());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a request is meant for this service. RFC 9112 §3.2: one Host at most. Where nobody shows a token it is an
/// address or `localhost`: a name that an attacker has pointed here would let his page in.
fn check_host(headers: &HeaderMap, only_this_host: bool) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "one Host is expected"));
    }
    let Some(host) = host.filter(|_| only_this_host) else { return Ok(()) };
    let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let is_own = authority.is_some_and(|authority| {
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    });
    let why = "without authentication this service answers to its address and to localhost only";
    if is_own { Ok(()) } else { Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, why)) }
}

/// Lets in who shows a token of this scope; writes down who was refused, here or later.
async fn guard(shared: ApiState, scope: Scope, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let Some(peer) = peer else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "a connection without an address").into_response();
    };
    let peer = shared.trusted_proxies.client(peer, request.headers());
    let asked = AuditedRequest { peer: Some(peer), what: format!("{} {}", request.method(), request.uri().path()) };
    let caller = shared.gate.let_in(peer, bearer(request.headers()), scope).await;
    let (name, response) = match caller {
        Err(refusal) => (None, Problem::from(refusal).into_response()),
        Ok(caller) => {
            let name = caller.word().to_owned();
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(asked.clone());
            (Some(name), next.run(request).await)
        }
    };
    if response.status().is_client_error() {
        let why = response.extensions().get::<Why>().map_or("", |why| why.0.as_str());
        shared.audit.refused(&asked, name.as_deref(), response.status().as_u16(), why);
    }
    response
}

/// The token of `Authorization: Bearer`. RFC 6750 §2.1; the scheme's letters may be of either case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn take_events(
    State(shared): State<ApiState>,
    Extension(intake): Extension<Arc<EventIntake>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let busy = |why: &str| Problem {
        wait: Some(Duration::from_secs(1)),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, why)
    };
    // Before the body: bodies are what takes memory, and one that never ends holds its place like any other.
    let token = caller.token.clone().unwrap_or_default();
    let _place = intake.places.enter(&token).ok_or_else(|| busy("too many requests at once"))?;
    let length = body_bytes(request.headers());
    let _bytes = intake.bytes.enter_with(&token, length).ok_or_else(|| busy("too many bytes at once"))?;
    let headers = request.headers().clone();
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body without content coding is expected"));
    }
    let body = Bytes::from_request(request, &()).await;
    let body = body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let Sent { events, is_batch } = read_events(&headers, &body)?;
    shared.gate.count(&caller, events.len(), body.len())?;
    let sent = events.len();
    let (mut taken, mut refused) = (Vec::with_capacity(sent), Vec::new());
    for (number, event) in events.into_iter().enumerate() {
        match event.map_err(Problem::from).and_then(|event| own_event(&caller, event)) {
            Ok(event) => taken.push(event),
            Err(problem) if is_batch => refused.push((number, problem)),
            Err(problem) => return Err(problem),
        }
    }
    let stored = shared.event_writer.store_events(taken).await?;
    let new = stored.iter().filter(|new| **new).count();
    let counts = json!({"new": new, "known": stored.len() - new});
    let Some((number, first)) = refused.first() else { return Ok(Json(counts)) };
    // Not a success: whoever sent them would take the refused ones for kept.
    let why =
        format!("{} of {sent} events are refused, the others are stored; event {number}: {}", refused.len(), first.why);
    let list = refused
        .iter()
        .map(|(number, problem)| json!({"number": number, "status": problem.status.as_u16(), "detail": problem.why}));
    let more = [("new", counts["new"].clone()), ("known", counts["known"].clone()), ("refused", list.collect())];
    Err(Problem {
        kind: Some(EVENT_REFUSED),
        more: more.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
        ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why)
    })
}

/// Bytes that a request's body may take: as many as it says, or all that it may where it does not say.
fn body_bytes(headers: &HeaderMap) -> usize {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    said.unwrap_or(MAX_BODY).min(MAX_BODY)
}

/// An event that its sender may send.
fn own_event(caller: &Caller, event: Event) -> Result<Event, Problem> {
    match &caller.name {
        Some(name) if event.scanner != *name => {
            let why = format!(
                "the token of {name} does not allow to send events of {other}: make one with `cellwarden serve token \
                 add {other} --scope events`",
                other = event.scanner
            );
            Err(Problem { kind: Some(EVENT_REFUSED), ..Refusal::Forbidden(why).into() })
        }
        _ => Ok(event),
    }
}

/// What a request brought.
struct Sent {
    events: Vec<Result<Event, IntakeError>>,
    is_batch: bool,
}

/// CloudEvents HTTP protocol binding 1.0.2 §3.2 and §3.3.
fn read_events(headers: &HeaderMap, body: &[u8]) -> Result<Sent, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/cloudevents+json" => Ok(Sent { events: vec![read_one(body)], is_batch: false }),
        "application/cloudevents-batch+json" => Ok(Sent { events: read_batch(body)?, is_batch: true }),
        // Binary mode: the attributes are header fields, the body is the data. §3.1.
        _ if headers.contains_key("ce-specversion") && is_json(content_type) => {
            let attributes = headers.iter().filter_map(|(name, value)| {
                Some((name.as_str().strip_prefix("ce-")?, percent_decoded(value.to_str().ok()?)))
            });
            Ok(Sent { events: vec![read_binary(attributes, content_type, body)], is_batch: false })
        }
        _ => {
            let why = "application/cloudevents+json, application/cloudevents-batch+json, or application/json with \
                       ce-specversion and the other attributes as header fields is expected";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why))
        }
    }
}

/// A header field's value with its percent-encoded parts. CloudEvents HTTP protocol binding 1.0.2 §3.1.3.2.
fn percent_decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn metrics(State(shared): State<ApiState>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], shared.metrics.text())
}

async fn health(State(shared): State<ApiState>) -> Result<Json<Value>, Problem> {
    {
        // One check at a time, whoever asks how often.
        let mut checked = shared.health.checked.lock().await;
        if checked.is_none_or(|at| at.elapsed() >= FRESH) {
            let written = shared.readers.ask(|database| database.check(Timestamp::now())).await;
            shared.health.note(Part::Database, written);
            *checked = Some(Instant::now());
        }
    }
    let ill: Vec<String> = shared.health.ill().iter().map(ToString::to_string).collect();
    if ill.is_empty() {
        return Ok(Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})));
    }
    let more = [("ill".to_owned(), json!(ill))].into_iter().collect();
    Err(Problem { wait: Some(FRESH), more, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, ill.join("; ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_is_no_way_in() {
        let status = |hosts: &[&str], only_this_host| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().expect("a value"));
            }
            check_host(&headers, only_this_host).err().map(|problem| problem.status.as_u16())
        };
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]:8080", "192.0.2.7"] {
            assert_eq!(status(&[host], true), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "", "a b"] {
            assert_eq!((status(&[host], true), status(&[host], false)), (Some(421), None), "{host}");
        }
        assert_eq!((status(&["a", "b"], false), status(&[], true)), (Some(400), None));
    }

    #[test]
    fn attributes_in_header_fields_are_decoded() {
        for (value, decoded) in
            [("van%2D3", "van-3"), ("%EC%8B%9C", "시"), ("100%", "100%"), ("%zz%2", "%zz%2"), ("", "")]
        {
            assert_eq!(percent_decoded(value), decoded);
        }
    }
}
