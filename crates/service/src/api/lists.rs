//! The registered cell list and its signature, as `registry sync` takes them.
//!
//! The files are made and signed elsewhere: the key that signs is not on this host.

use std::{
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use axum::{
    body::Body,
    extract::{Path as PathOf, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::task;
use tower_http::services::ServeFile;

use super::ApiState;
use crate::problem::Problem;
use cellwarden_core::registry::delta::is_base;

/// Largest signature.
const MAX_SIGNATURE: u64 = 16 * 1024;

/// The list, whole or from somewhere on.
pub async fn list(State(shared): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let path = path_of(&shared)?;
    let version = version_of(&path).await.map_err(|error| unreadable(&path, &error))?;
    hand_out(&path, version, "text/csv; charset=utf-8", request).await
}

/// The delta from the list of that hash, whole or from somewhere on.
pub async fn delta(
    State(shared): State<ApiState>,
    base: Result<PathOf<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let PathOf(base) = base.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    if !is_base(&base) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "64 hexadecimal digits are expected: the SHA-256 of a list"));
    }
    let mut path = path_of(&shared)?.into_os_string();
    path.push(format!(".from-{base}"));
    let path = PathBuf::from(path);
    let none = |_| Problem::new(StatusCode::NOT_FOUND, "there is no delta from that list");
    let version = version_of(&path).await.map_err(none)?;
    hand_out(&path, version, "application/zstd", request).await
}

async fn hand_out(
    path: &Path,
    version: HeaderValue,
    kind: &'static str,
    request: Request,
) -> Result<Response, Problem> {
    let served = ServeFile::new(path).try_call(request).await;
    let mut response = served.map_err(|error| unreadable(path, &error))?.map(Body::new);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::ETAG, version);
    Ok(response)
}

/// The list's minisign signature; 304 where it is the one that the client names.
pub async fn signature(State(shared): State<ApiState>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut path = path_of(&shared)?.into_os_string();
    path.push(".minisig");
    let path = PathBuf::from(path);
    let version = version_of(&path).await.map_err(|error| unreadable(&path, &error))?;
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|list| list.split(',')).any(|etag| etag.trim().trim_start_matches("W/") == version);
    let headers = [(header::ETAG, version)];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let text = read(path.clone()).await.map_err(|error| unreadable(&path, &error))?;
    Ok((headers, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

fn path_of(shared: &ApiState) -> Result<PathBuf, Problem> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "this service hands out no list");
    shared.list.as_deref().map(Path::to_owned).ok_or_else(none)
}

/// Names the version of a file by its time and length.
async fn version_of(path: &Path) -> io::Result<HeaderValue> {
    let path = path.to_owned();
    let metadata = task::spawn_blocking(move || path.metadata()).await??;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let version = format!("\"{:x}-{:x}\"", modified.as_nanos(), metadata.len());
    HeaderValue::from_str(&version).map_err(io::Error::other)
}

async fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    task::spawn_blocking(move || {
        if path.metadata()?.len() > MAX_SIGNATURE {
            return Err(io::Error::other("it is too large for a signature"));
        }
        std::fs::read(path)
    })
    .await?
}

/// A file that is being replaced is there again soon.
fn unreadable(path: &Path, error: &io::Error) -> Problem {
    tracing::warn!(path = %path.display(), %error, "the list cannot be handed out");
    Problem::new(StatusCode::NOT_FOUND, "there is no list now")
}
