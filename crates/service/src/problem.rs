//! What is said to somebody whose request was not answered as asked. RFC 9457.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{database::DatabaseError, events::IntakeError, gate::Refusal};
use cellwarden_event::{cloud::EventError, outbox::EVENT_REFUSED};

/// A status, why, and when to come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// Why.
    pub why: String,
    /// How long to wait.
    pub wait: Option<Duration>,
    /// The kind of problem, where a program is to know it by more than the status.
    pub kind: Option<&'static str>,
    /// More members, for programs.
    pub more: Map<String, Value>,
}

/// Why a request was refused, left in the response for the log.
#[derive(Debug, Clone)]
pub struct Why(pub String);

impl Problem {
    /// A problem for which waiting is no remedy.
    #[must_use]
    pub fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), wait: None, kind: None, more: Map::new() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthorized(why) => Self::new(StatusCode::UNAUTHORIZED, why),
            Refusal::Forbidden(why) => Self::new(StatusCode::FORBIDDEN, why),
            Refusal::TooMany(wait) => {
                Self { wait: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too much at once") }
            }
            Refusal::Database(error) => error.into(),
        }
    }
}

/// What the database says goes to the log: it may tell where it is.
impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        tracing::warn!(%error, "a request waits for the database");
        let why = "the database cannot be used now";
        Self { wait: Some(Duration::from_secs(2)), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, why) }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let status = match &error {
            IntakeError::Event(EventError::Form(form)) if !form.is_data() => StatusCode::BAD_REQUEST,
            IntakeError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { kind: Some(EVENT_REFUSED), ..Self::new(status, error.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("problem");
        let mut body = self.more;
        if let Some(kind) = self.kind {
            body.insert("type".to_owned(), kind.into());
        }
        body.insert("title".to_owned(), title.into());
        body.insert("status".to_owned(), self.status.as_u16().into());
        body.insert("detail".to_owned(), self.why.as_str().into());
        let body = Value::Object(body);
        let content_type = (header::CONTENT_TYPE, "application/problem+json");
        let mut response = (self.status, [content_type], body.to_string()).into_response();
        if let Some(wait) = self.wait {
            let seconds = HeaderValue::from(wait.as_secs_f64().ceil().clamp(1.0, 3600.0) as u64);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Why(self.why));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{read_batch, read_one};

    #[test]
    fn a_sender_learns_whether_to_come_again() {
        let status = |error: IntakeError| Problem::from(error).status.as_u16();
        assert_eq!(status(read_one(b"{").expect_err("half")), 400);
        assert_eq!(status(read_one(b"{}").expect_err("empty")), 422);
        let many = format!("[{}0]", "0,".repeat(1000));
        assert_eq!(status(read_batch(many.as_bytes()).expect_err("many")), 422);
        let response = Problem::from(Refusal::TooMany(Duration::from_millis(1200))).into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::RETRY_AFTER]),
            (429, &"2".parse().expect("a value"))
        );
        let secret = DatabaseError::Failed("postgres://user:secret@host".to_owned());
        let problem = Problem::from(secret);
        assert!(problem.status == 503 && problem.wait.is_some() && !problem.why.contains("secret"));
    }
}
