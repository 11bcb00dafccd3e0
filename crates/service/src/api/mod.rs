//! The paths of the service and what each does.

mod cases;
mod lists;
mod openapi;
mod page;

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, broadcast},
    time,
};

pub use cases::{LISTENERS, LISTENERS_OF_TOKEN};

use super::{
    audit::{Audit, AuditedRequest},
    event_writer::EventWriter,
    events::{Event, read_batch, read_one},
    gate::{Caller, Gate, Refusal},
    metrics::Metrics,
    problem::{Problem, Why},
    readers::Readers,
    slots::Slots,
    tokens::Scope,
};

/// Bytes of a request's body.
pub const MAX_BODY: usize = 1 << 20;

/// How long a request may take to come in and be answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests with events that are worked on: their bodies are what takes memory.
const INTAKE: usize = 256;

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
    /// Who did what.
    pub audit: Arc<Audit>,
    /// The numbers of cases as they change.
    pub live: broadcast::Sender<i64>,
    /// Who listens to them.
    pub listeners: Arc<Slots<String>>,
    /// The registered cell list that is handed out.
    pub list: Option<Arc<Path>>,
}

/// All paths.
pub fn paths(shared: ApiState) -> Router {
    let guarded = |scope: Scope| {
        let shared = shared.clone();
        middleware::from_fn(move |request: Request, next: Next| guard(shared.clone(), scope, request, next))
    };
    let intake = Arc::new(Semaphore::new(INTAKE));
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
        .layer(middleware::from_fn_with_state(shared.clone(), observe))
        .with_state(shared)
}

/// Bounds the time of each request, and counts it.
async fn observe(State(shared): State<ApiState>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "the request took too long").into_response();
    let mut response = time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| late());
    let path = path.as_ref().map_or("other", MatchedPath::as_str);
    shared.metrics.request(path, response.status().as_u16(), begun.elapsed());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Lets in who shows a token of this scope; writes down who was refused, here or later.
async fn guard(shared: ApiState, scope: Scope, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let Some(peer) = peer else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "a connection without an address").into_response();
    };
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
    Extension(intake): Extension<Arc<Semaphore>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let busy = Problem {
        wait: Some(Duration::from_secs(1)),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once")
    };
    let _place = intake.try_acquire().map_err(|_| busy)?;
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body without content coding is expected"));
    }
    let body = body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let events = read_events(&headers, &body)?;
    shared.gate.count(&caller, events.len())?;
    if let Some(name) = &caller.name
        && let Some(other) = events.iter().find(|event| event.scanner != *name)
    {
        let why = format!("the token of {name} does not allow to send events of {}", other.scanner);
        return Err(Refusal::Forbidden(why).into());
    }
    let stored = shared.event_writer.store_events(events).await?;
    let new = stored.iter().filter(|new| **new).count();
    Ok(Json(json!({"new": new, "known": stored.len() - new})))
}

/// CloudEvents HTTP protocol binding 1.0.2 §3.2 and §3.3.
fn read_events(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Event>, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/cloudevents+json" => Ok(vec![read_one(body)?]),
        "application/cloudevents-batch+json" => Ok(read_batch(body)?),
        _ => {
            let why = "application/cloudevents+json or application/cloudevents-batch+json is expected";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why))
        }
    }
}

async fn metrics(State(shared): State<ApiState>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], shared.metrics.text())
}

async fn health(State(shared): State<ApiState>) -> Result<Json<Value>, Problem> {
    shared.readers.ask(|database| database.answers()).await?;
    Ok(Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})))
}
