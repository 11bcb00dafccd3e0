//! The page's requests.

use std::{
    convert::Infallible,
    net::TcpListener,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use crossbeam_channel::Sender;
use futures_util::{Stream, stream};
use serde::Deserialize;
use tokio::sync::{oneshot, watch};

use super::{
    Documents, Place, Wish,
    gate::{Gate, Pairing, is_for_us},
    words,
};
use cellwarden_text::Language;

/// Clients that listen at one time.
const MAX_CLIENTS: usize = 8;
/// Bytes of a wish: a note of 500 characters fits.
const MAX_WISH_BYTES: usize = 8 * 1024;
/// Characters of a note.
const MAX_NOTE: usize = 500;
/// Shortest time between two changes that a client is told.
const BETWEEN: Duration = Duration::from_millis(100);
/// Longest time without an event: where nothing changes, a `beat` is sent, which the page misses on a link that stands
/// still. It takes the link for lost after 5 s.
const BEAT: Duration = Duration::from_secs(2);
/// How long the first request and the head of any may take.
const HEAD: Duration = Duration::from_secs(15);

/// Its own script and styles only, nobody's frame; a script that came in with a text would not run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What requests share.
pub struct Shared {
    pub documents: Mutex<Documents>,
    pub changes: watch::Receiver<u64>,
    pub gate: Gate,
    pub wish: Sender<Wish>,
    pub clients: Arc<AtomicUsize>,
}

/// Serves until `ended` is.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    shared: Arc<Shared>,
    ended: oneshot::Receiver<()>,
) {
    let paths = paths(shared).into_make_service();
    let handle = Handle::new();
    let server = match axum_server::from_tcp(listener) {
        Ok(server) => server,
        Err(error) => {
            tracing::error!(%error, "the van's page cannot be served");
            return;
        }
    };
    let mut server = server.handle(handle).http1_only().first_request_timeout(HEAD);
    server.http_builder().http1().header_read_timeout(HEAD);
    let serving = async {
        match tls {
            Some(config) => {
                let acceptor = axum_server::tls_rustls::RustlsAcceptor::new(config);
                server.acceptor(acceptor).serve(paths).await
            }
            None => server.serve(paths).await,
        }
    };
    tokio::select! {
        served = serving => {
            if let Err(error) = served {
                tracing::error!(%error, "the van's page cannot be served");
            }
        }
        _ = ended => {}
    }
}

fn paths(shared: Arc<Shared>) -> Router {
    let guarded = Router::new()
        .route("/events", get(events))
        .route("/wish", post(wish))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), paired));
    Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", include_str!("../page/index.html"))))
        .route("/page.css", get(async || file("text/css; charset=utf-8", include_str!("../page/page.css"))))
        .route("/page.js", get(async || file("text/javascript; charset=utf-8", include_str!("../page/page.js"))))
        .route("/map.js", get(async || file("text/javascript; charset=utf-8", include_str!("../page/map.js"))))
        .route("/icon.svg", get(async || file("image/svg+xml", include_str!("../page/icon.svg"))))
        .route("/words/{language}", get(words_of))
        .route("/pair", post(pair))
        .route("/paired", get(is_paired))
        .merge(guarded)
        .layer(middleware::from_fn(asked_by_address))
        .layer(DefaultBodyLimit::max(MAX_WISH_BYTES))
        .with_state(shared)
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

async fn asked_by_address(request: Request, next: Next) -> Response {
    if is_for_us(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "open the page by the address that the program shows").into_response()
    }
}

async fn paired(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if shared.gate.lets_in(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "the pairing code is asked for").into_response()
    }
}

async fn words_of(Path(language): Path<String>) -> Response {
    match Language::ALL.into_iter().find(|known| known.tag() == language) {
        Some(language) => Json(words::of(language)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A code that is tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    code: String,
}

/// Whether this browser may listen; an error where it may, but too many do.
async fn is_paired(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Result<Json<bool>, StatusCode> {
    let lets_in = shared.gate.lets_in(&headers);
    if lets_in && shared.clients.load(Ordering::Relaxed) >= MAX_CLIENTS {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(lets_in))
}

async fn pair(State(shared): State<Arc<Shared>>, Json(tried): Json<Try>) -> Response {
    match shared.gate.pair(&tried.code) {
        Pairing::Paired(cookie) => ([(header::SET_COOKIE, cookie)], StatusCode::NO_CONTENT).into_response(),
        Pairing::Wrong => StatusCode::FORBIDDEN.into_response(),
        Pairing::Closed => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}

async fn wish(State(shared): State<Arc<Shared>>, Json(wish): Json<Wish>) -> StatusCode {
    if matches!(&wish, Wish::Note { text, .. } if text.chars().count() > MAX_NOTE) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    match shared.wish.try_send(wish) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A client's place among those that listen.
struct Client(Arc<AtomicUsize>);

impl Client {
    fn enter(clients: &Arc<AtomicUsize>) -> Option<Self> {
        let enter = |count: usize| (count < MAX_CLIENTS).then_some(count + 1);
        clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).ok()?;
        Some(Self(Arc::clone(clients)))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where a client is.
struct Listening {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    place: Option<Place>,
    _client: Client,
}

/// All documents, or what changed since `Last-Event-ID`, and then the changes: server-sent events.
async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, StatusCode> {
    let client = Client::enter(&shared.clients).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let place = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(Place::parse);
    let changes = shared.changes.clone();
    let listening = Listening { shared, changes, place, _client: client };
    // A comment would be invisible to the page.
    let beat = KeepAlive::new().interval(BEAT).event(Event::default().event("beat").data("1"));
    Ok(Sse::new(stream::unfold(listening, next)).keep_alive(beat))
}

/// The next change. What comes while the client reads is brought together.
async fn next(mut listening: Listening) -> Option<(Result<Event, Infallible>, Listening)> {
    loop {
        let change = {
            let documents = listening.shared.documents.lock().unwrap_or_else(PoisonError::into_inner);
            documents.since(listening.place)
        };
        if let Some((place, text)) = change {
            listening.place = Some(place);
            return Some((Ok(Event::default().id(place.to_string()).data(text)), listening));
        }
        // Without the program there are no more.
        listening.changes.changed().await.ok()?;
        tokio::time::sleep(BETWEEN).await;
    }
}

#[cfg(test)]
mod tests {
    /// Relative luminance. WCAG 2.2, §Definitions.
    fn luminance(hex: &str) -> f64 {
        let digits: String = match hex.len() {
            3 => hex.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => hex.to_owned(),
        };
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits")) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }

    #[test]
    fn every_text_can_be_read_by_night_and_by_day() {
        let style = include_str!("../page/page.css");
        let mut themes = 0;
        for theme in style.split('}').filter(|block| block.contains("--ground:")) {
            let color = |name: &str| {
                let value = theme.split(&format!("--{name}: #")).nth(1).and_then(|rest| rest.split(';').next());
                luminance(value.expect("a colour of the theme"))
            };
            let contrast = |text: &str, ground: &str| {
                let (text, ground) = (color(text), color(ground));
                (text.max(ground) + 0.05) / (text.min(ground) + 0.05)
            };
            for text in ["text", "soft", "accent", "critical", "high", "medium", "low", "good"] {
                for ground in ["ground", "card"] {
                    assert!(contrast(text, ground) >= 4.5, "{text} on {ground}: {}", contrast(text, ground));
                }
            }
            assert!(contrast("on-accent", "accent") >= 4.5);
            themes += 1;
        }
        assert_eq!(themes, 2);
    }
}
