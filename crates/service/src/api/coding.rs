//! Content codings of answers: RFC 9110 §8.4, and what they mean for entity tags and ranges.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
};

/// Compresses whole answers of more than some bytes for clients that take it: no parts, no streams of events, and nothing that
/// is compressed already.
pub fn compression() -> CompressionLayer<impl Predicate> {
    let predicate = DefaultPredicate::new().and(NotForContentType::const_new("application/zstd"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(predicate)
}

/// Gives what was compressed a weak tag: its bytes may differ from one time to the next, so that no range of it and no
/// precondition rests on them. §8.8.1. A client that asks with that tag whether it has changed gets the same one back.
pub async fn weaken_tag(mut request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        // A change is done before its answer is coded: none that is done is answered with "not acceptable".
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let known: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let mut response = next.run(request).await;
    let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return response };
    let weak = format!("W/{tag}");
    let is_known = || known.iter().filter_map(|list| list.to_str().ok()).any(|list| list.contains(&weak));
    let is_coded = response.headers().contains_key(header::CONTENT_ENCODING);
    if (is_coded || (response.status() == StatusCode::NOT_MODIFIED && is_known()))
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&weak)
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}
