//! Cases and scanners: listed, shown, changed, and told of as they change.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
    response::sse::{Event as SseEvent, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time,
};

use super::ApiState;
use crate::{
    audit::AuditedRequest,
    cases::CaseState,
    database::{CaseChange, CaseDetails, CaseFilter, StateFilter},
    gate::Caller,
    problem::Problem,
    slots::Slot,
};
use cellwarden_core::observation::Ecgi;
use cellwarden_event::outbox::ScannerName;

/// Cases of a page, unless asked for and at most.
const PAGE: u32 = 100;
const MAX_PAGE: u32 = 1000;

/// Characters of a note.
const MAX_NOTE: usize = 4000;

/// Those who listen to changes at one time, in all and with one token.
pub const LISTENERS: usize = 200;
pub const LISTENERS_OF_TOKEN: usize = 20;

/// How long one may listen before the token is looked at again: a page comes back at once.
const LISTENING: Duration = Duration::from_secs(3600);

/// When whoever finds no place may try again.
const LISTENERS_WAIT: Duration = Duration::from_secs(10);

/// Changes to come, the listener's place, and until when.
type Listening = (Receiver<i64>, Slot<String>, time::Instant);

/// What a list may be asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    state: Option<String>,
    severity: Option<cellwarden_event::Severity>,
    ecgi: Option<String>,
    scanner: Option<String>,
    before: Option<i64>,
    limit: Option<u32>,
}

/// What a case may be changed to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[serde(default)]
    state: Option<CaseState>,
    #[serde(default)]
    note: Option<String>,
}

/// A page of cases, the newest first.
pub async fn list(
    State(shared): State<ApiState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    // What the rejection says is of this program's types.
    let wrong =
        "the parameters are state, severity, ecgi, scanner, before and limit, each once; before and limit are numbers";
    let Query(query) = query.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, wrong))?;
    let filter = filter_of(query).map_err(|what| Problem::new(StatusCode::BAD_REQUEST, what))?;
    let limit = filter.limit as usize;
    let cases = shared.readers.ask(move |database| database.cases(&filter)).await?;
    let next = if cases.len() == limit { cases.last().map(|case| case.id) } else { None };
    Ok(Json(json!({"cases": cases, "next": next})))
}

fn filter_of(query: ListQuery) -> Result<CaseFilter, &'static str> {
    let state = match query.state.as_deref() {
        None | Some("open") => StateFilter::Open,
        Some("all") => StateFilter::All,
        Some(word) => StateFilter::One(
            CaseState::of_word(word).ok_or("state: open, all, new, confirmed, located or closed is expected")?,
        ),
    };
    let ecgi = query.ecgi.map(|text| text.parse::<Ecgi>().map(|ecgi| ecgi.to_string()));
    let ecgi = ecgi.transpose().map_err(|_| "ecgi: a PLMN and seven hexadecimal digits are expected")?;
    let scanner = query.scanner.map(|name| ScannerName::new(&name).ok_or("scanner: a name is expected"));
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err("limit: 1 to 1000 is expected");
    }
    if query.before.is_some_and(|before| before < 1) {
        return Err("before: a case's number is expected");
    }
    let scanner = scanner.transpose()?.map(|name| name.to_string());
    Ok(CaseFilter { state, severity: query.severity, ecgi, scanner, before: query.before, limit })
}

/// All of a case.
pub async fn show(
    State(shared): State<ApiState>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<CaseDetails>, Problem> {
    let id = number_of(id)?;
    let case = shared.readers.ask(move |database| database.case(id)).await?;
    case.map(Json).ok_or_else(no_case)
}

/// Puts a case into a state, and adds a note.
pub async fn change(
    State(shared): State<ApiState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<AuditedRequest>,
    id: Result<Path<i64>, PathRejection>,
    body: Result<Json<ChangeBody>, JsonRejection>,
) -> Result<Json<CaseDetails>, Problem> {
    let id = number_of(id)?;
    let Json(ChangeBody { state, note }) = body
        .map_err(|rejection| Problem::new(rejection.status(), "a JSON object with state, note or both is expected"))?;
    let wrong = |what: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, what);
    if state.is_none() && note.is_none() {
        return Err(wrong("state or note is expected"));
    }
    let is_good = |note: &String| {
        (1..=MAX_NOTE).contains(&note.chars().count()) && !note.contains(|c: char| c.is_control() && c != '\n')
    };
    if note.as_ref().is_some_and(|note| !is_good(note)) {
        return Err(wrong("note: 1 to 4000 characters without control characters are expected"));
    }
    let details = json!({"case": id, "state": state, "note": note});
    let name = caller.word().to_owned();
    let change = CaseChange { state, note, name, time: Timestamp::now() };
    shared.readers.ask(move |database| database.case(id)).await?.ok_or_else(no_case)?;
    let unaudited =
        |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be written: nothing is changed");
    shared.audit.done(&asked, caller.word(), &details).map_err(unaudited)?;
    let changed = shared.readers.ask(
        move |database| {
            if database.change_case(id, &change)? { database.case(id) } else { Ok(None) }
        },
    );
    let case = changed.await?.ok_or_else(no_case)?;
    // Where nobody listens, nobody needs to know.
    let _ = shared.live.send(id);
    Ok(Json(case))
}

/// All scanners.
pub async fn scanners(State(shared): State<ApiState>) -> Result<Json<Value>, Problem> {
    let scanners = shared.readers.ask(|database| database.scanners()).await?;
    Ok(Json(json!({"scanners": scanners})))
}

/// The numbers of cases as they change: server-sent events.
pub async fn live(
    State(shared): State<ApiState>,
    Extension(caller): Extension<Caller>,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, Problem> {
    let full = || Problem {
        wait: Some(LISTENERS_WAIT),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many listen already")
    };
    let place = shared.listeners.enter(&caller.token.unwrap_or_default()).ok_or_else(full)?;
    let listening = (shared.live.subscribe(), place, time::Instant::now() + LISTENING);
    Ok(Sse::new(stream::unfold(listening, next_change)).keep_alive(KeepAlive::default()))
}

/// The next change; who could not follow is told to look at everything again.
async fn next_change((mut changes, place, end): Listening) -> Option<(Result<SseEvent, Infallible>, Listening)> {
    let event = match time::timeout_at(end, changes.recv()).await.ok()? {
        Ok(case) => SseEvent::default().event("case").data(case.to_string()),
        Err(RecvError::Lagged(_)) => SseEvent::default().event("all").data("0"),
        Err(RecvError::Closed) => return None,
    };
    Some((Ok(event), (changes, place, end)))
}

fn number_of(id: Result<Path<i64>, PathRejection>) -> Result<i64, Problem> {
    id.map(|Path(id)| id).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "a case's number is expected"))
}

fn no_case() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such case")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<CaseFilter, String> {
        let uri = format!("http://x/v1/cases?{query}").parse().expect("an address");
        let Query(query) = Query::<ListQuery>::try_from_uri(&uri).map_err(|error| error.body_text())?;
        filter_of(query).map_err(str::to_owned)
    }

    #[test]
    fn a_list_is_filtered_by_known_words_only() {
        assert_eq!(read(""), Ok(CaseFilter { limit: 100, ..CaseFilter::default() }));
        let all = "state=closed&severity=high&ecgi=450-08-5a00101&scanner=van-3&before=7&limit=1000";
        let filter = read(all).expect("good");
        assert_eq!((filter.state, filter.before, filter.limit), (StateFilter::One(CaseState::Closed), Some(7), 1000));
        for bad in [
            "state=shut",
            "severity=5",
            "ecgi=x",
            "scanner=a%00",
            "before=0",
            "before=x",
            "limit=0",
            "limit=1001",
            "x=1",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
