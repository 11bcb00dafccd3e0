//! The registered cell list and its signature, as `registry sync` takes them.
//!
//! The files are made and signed elsewhere: the key that signs is not on this host.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use axum::{
    body::{Body, Bytes},
    extract::{Path as PathOf, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use jiff::Timestamp;
use tokio::task;

use super::{
    ApiState,
    conditions::{Selected, Version},
};
use crate::problem::Problem;
use cellwarden_core::registry::delta::is_base;

/// Bytes read at once.
const CHUNK: u64 = 64 * 1024;

/// The list, whole or from somewhere on.
pub async fn list(State(shared): State<ApiState>, headers: HeaderMap) -> Result<Response, Problem> {
    hand_out(path_of(&shared)?, "text/csv; charset=utf-8", &headers, "there is no list now").await
}

/// The delta from the list of that hash, whole or from somewhere on.
pub async fn delta(
    State(shared): State<ApiState>,
    base: Result<PathOf<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let PathOf(base) = base.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    if !is_base(&base) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "64 hexadecimal digits are expected: the SHA-256 of a list"));
    }
    let path = beside(&path_of(&shared)?, &format!(".from-{base}"));
    hand_out(path, "application/zstd", &headers, "there is no delta from that list").await
}

/// The list's minisign signature.
pub async fn signature(State(shared): State<ApiState>, headers: HeaderMap) -> Result<Response, Problem> {
    let path = beside(&path_of(&shared)?, ".minisig");
    hand_out(path, "text/plain; charset=utf-8", &headers, "the list has no signature").await
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

async fn hand_out(
    path: PathBuf,
    kind: &'static str,
    headers: &HeaderMap,
    none: &'static str,
) -> Result<Response, Problem> {
    let opened = {
        let path = path.clone();
        task::spawn_blocking(move || open(&path)).await.map_err(io::Error::other).flatten()
    };
    // A file that is being replaced is there again soon.
    let (file, version) = opened.map_err(|error| {
        tracing::info!(path = %path.display(), %error, "a file cannot be handed out");
        Problem::new(StatusCode::NOT_FOUND, none)
    })?;
    let text = |value: String| HeaderValue::from_str(&value).expect("digits and letters");
    let validators =
        [(header::ETAG, text(version.etag.clone())), (header::LAST_MODIFIED, text(version.last_modified()))];
    let whole = 0..version.length;
    let (status, part) = match version.select(headers) {
        Selected::NotModified => return Ok((StatusCode::NOT_MODIFIED, validators).into_response()),
        Selected::PreconditionFailed => {
            let why = "the list is another one by now: ask for it without If-Match";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, why));
        }
        Selected::Unsatisfiable => {
            let range = [(header::CONTENT_RANGE, text(format!("bytes */{}", version.length)))];
            let why = format!("it has {} bytes", version.length);
            return Ok((range, Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, why)).into_response());
        }
        Selected::Whole => (StatusCode::OK, whole),
        Selected::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
    };
    let fields = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_LENGTH, text((part.end - part.start).to_string())),
    ];
    let range = (status == StatusCode::PARTIAL_CONTENT)
        .then(|| [(header::CONTENT_RANGE, text(format!("bytes {}-{}/{}", part.start, part.end - 1, version.length)))]);
    let mut response = (status, validators, fields, bytes_of(file, part)).into_response();
    response.headers_mut().extend(range.into_iter().flatten().map(|(name, value)| (Some(name), value)));
    Ok(response)
}

/// Opens a file with its version: both are of the same file, however often it is replaced.
fn open(path: &Path) -> io::Result<(File, Version)> {
    let file = File::open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let modified = facts.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let etag = format!("\"{:x}-{:x}\"", modified.as_nanos(), facts.len());
    let seconds = i64::try_from(modified.as_secs()).unwrap_or(i64::MAX);
    let modified = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok((file, Version { etag, modified, length: facts.len() }))
}

/// The bytes of a range, read as they are taken.
fn bytes_of(file: File, range: Range<u64>) -> Body {
    let chunks = stream::try_unfold((file, range), |(mut file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let read = move || {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(range.start))?;
            (&mut file).take(CHUNK.min(range.end - range.start)).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            let next = range.start + bytes.len() as u64..range.end;
            Ok(Some((Bytes::from(bytes), (file, next))))
        };
        task::spawn_blocking(read).await.map_err(io::Error::other)?
    });
    Body::from_stream(chunks)
}

fn path_of(shared: &ApiState) -> Result<PathBuf, Problem> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "this service hands out no list");
    shared.list.as_deref().map(Path::to_owned).ok_or_else(none)
}
