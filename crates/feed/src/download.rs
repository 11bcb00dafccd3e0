//! What a service hands out, over HTTPS: small texts whole, files piece by piece, going on where the last try ended.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
    time::Duration,
};

use thiserror::Error;
use ureq::{
    Agent, Body,
    http::{Response, StatusCode, header},
};

use super::{
    FeedError, FeedUrl,
    access::{Access, AccessFile},
    http::agent,
    in_plain_words,
};

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// Largest small text.
const MAX_TEXT: u64 = 16 * 1024;

/// A way to a server.
pub struct Download {
    agent: Agent,
    access: Access,
}

/// A small text, with the server's name for this version of it.
pub struct Text {
    /// The text.
    pub text: String,
    /// Its `ETag`.
    pub etag: Option<String>,
}

/// Why something was not downloaded. What came of a file is kept for the next try.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// The server does not hand it out.
    #[error("{url}: HTTP {status}")]
    Status {
        /// The address.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// It cannot be reached, or the connection broke before anything came.
    #[error("{url}: {why}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        why: String,
    },
    /// It broke on the way.
    #[error("{url}: half downloaded, {have} bytes so far ({why}); run the same command again to go on")]
    Half {
        /// The address.
        url: String,
        /// Bytes so far.
        have: u64,
        /// Why.
        why: String,
    },
    /// It is larger than allowed.
    #[error("{url}: more than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The file cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Download {
    /// A way to the server of an address, with the access that goes with it.
    ///
    /// # Errors
    /// See [`FeedError`].
    pub fn new(url: &FeedUrl, access: &AccessFile) -> Result<Self, FeedError> {
        let access = access.of(url)?;
        Ok(Self { agent: agent(&access, |config| config.timeout_per_read(Some(SILENCE)))?, access })
    }

    /// Downloads a small text; `None` where it is still the one of `etag`.
    ///
    /// # Errors
    /// See [`DownloadError`].
    pub fn text(&self, url: &str, etag: Option<&str>) -> Result<Option<Text>, DownloadError> {
        let mut response = self.get(url, etag.map(|etag| (header::IF_NONE_MATCH, etag.to_owned())))?;
        if etag.is_some() && response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        expect(url, &response, StatusCode::OK)?;
        let etag = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = response.body_mut().with_config().limit(MAX_TEXT).read_to_string();
        let text = text.map_err(|error| DownloadError::Unreachable {
            url: url.to_owned(),
            why: in_plain_words(error.to_string()),
        })?;
        Ok(Some(Text { text, etag }))
    }

    /// Downloads a file, from where `part` ends on if the server can.
    ///
    /// # Errors
    /// See [`DownloadError`].
    pub fn file(&self, url: &str, part: &Path, limit: u64) -> Result<(), DownloadError> {
        let mut file = OpenOptions::new().create(true).append(true).open(part)?;
        let mut have = file.metadata()?.len();
        let range = |have: u64| (have > 0).then(|| (header::RANGE, format!("bytes={have}-")));
        let mut response = self.get(url, range(have))?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            if content_range(&response).is_some_and(|range| range == format!("bytes */{have}")) {
                return Ok(());
            }
            restart(&mut file, &mut have)?;
            response = self.get(url, None)?;
        }
        let goes_on = response.status() == StatusCode::PARTIAL_CONTENT
            && content_range(&response).is_some_and(|range| range.starts_with(&format!("bytes {have}-")));
        if !goes_on {
            expect(url, &response, StatusCode::OK)?;
            restart(&mut file, &mut have)?;
        }
        let whole = response.body().content_length().map(|rest| have + rest);
        copy(url, response, &mut file, have, limit)?;
        let have = file.metadata()?.len();
        if whole.is_some_and(|whole| have < whole) {
            let why = format!("{} are missing", whole.unwrap_or(0) - have);
            return Err(DownloadError::Half { url: url.to_owned(), have, why });
        }
        Ok(file.sync_all()?)
    }

    fn get(&self, url: &str, more: Option<(header::HeaderName, String)>) -> Result<Response<Body>, DownloadError> {
        let mut request = self.agent.get(url);
        if let Some(token) = &self.access.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        }
        if let Some((name, value)) = more {
            request = request.header(name, value);
        }
        request
            .call()
            .map_err(|error| DownloadError::Unreachable { url: url.to_owned(), why: in_plain_words(error.to_string()) })
    }
}

fn expect(url: &str, response: &Response<Body>, wanted: StatusCode) -> Result<(), DownloadError> {
    let status = response.status();
    if status == wanted { Ok(()) } else { Err(DownloadError::Status { url: url.to_owned(), status }) }
}

fn content_range(response: &Response<Body>) -> Option<&str> {
    response.headers().get(header::CONTENT_RANGE)?.to_str().ok()
}

fn restart(file: &mut File, have: &mut u64) -> io::Result<()> {
    *have = 0;
    file.set_len(0)
}

fn copy(
    url: &str,
    mut response: Response<Body>,
    file: &mut File,
    mut have: u64,
    limit: u64,
) -> Result<(), DownloadError> {
    let mut reader = response.body_mut().with_config().limit(limit).reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(_) if have >= limit => return Err(DownloadError::TooLarge { url: url.to_owned(), limit }),
            Err(error) => {
                return Err(DownloadError::Half { url: url.to_owned(), have, why: in_plain_words(error.to_string()) });
            }
        };
        file.write_all(&buffer[..length])?;
        have += length as u64;
        if have > limit {
            return Err(DownloadError::TooLarge { url: url.to_owned(), limit });
        }
    }
}
