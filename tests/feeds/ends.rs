//! How the registry service ends and what it says while something is ill, over both databases.

use std::{
    fs,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::{
    ALERT,
    folder::Folder,
    servers::{cellwarden, postgres::PostgresServer, run, service::Service, stderr},
    service::{BATCH, ONE, alert, get, post},
};

/// A SIGTERM that is obeyed within 10 s.
fn ends_in_order(service: &mut Service) {
    let begun = Instant::now();
    assert_eq!(service.end(), Some(0), "to be told to end is how a service ends");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn the_service_ends_in_order_over_both_databases() {
    let folder = Folder::new();
    let postgres = PostgresServer::start(&folder);
    let urls = postgres.iter().map(PostgresServer::url).chain([folder.name("s.sqlite")]);
    for url in urls {
        for n in 0..3 {
            let mut service = Service::over(&folder, &url, &["--without-authentication"]);
            let event = alert("van-3", &format!("{n:016x}")).to_string();
            assert_eq!(post(&service, None, ONE, &event).0, 200, "{url}");
            assert_eq!(get(&service, None, "/health").0, 200, "{url}");
            assert_eq!(get(&service, None, "/v1/cases").0, 200, "{url}");
            ends_in_order(&mut service);
        }
    }
}

#[test]
#[ignore = "minutes long: a hundred ends"]
fn a_hundred_ends_in_order() {
    const RUNS: u32 = 17;
    (0..RUNS).for_each(|_| the_service_ends_in_order_over_both_databases());
    println!("counts: {} ends on SIGTERM in order, over both databases, each within 10 s", RUNS * 6);
}

#[test]
#[ignore = "minutes long: 20 stopped databases"]
fn twenty_databases_that_hang() {
    const RUNS: u32 = 10;
    (0..RUNS).for_each(|_| a_database_that_hangs_is_named_and_holds_up_no_end());
    println!("counts: {} stops (SIGSTOP) of PostgreSQL, each named by /health; each event once", RUNS * 2);
}

#[test]
fn a_database_that_hangs_is_named_and_holds_up_no_end() {
    let folder = Folder::new();
    let Some(server) = PostgresServer::start(&folder) else { return };
    let mut service = Service::over(&folder, &server.url(), &["--without-authentication"]);
    let event = |n: u32| alert("van-3", &format!("{n:016x}")).to_string();
    assert_eq!(post(&service, None, ONE, &event(1)).0, 200);
    // Its processes, one for each connection, are stopped, as by a host that swaps.
    let backends: Vec<i32> = server
        .client()
        .query("SELECT pid FROM pg_stat_activity WHERE application_name = 'cellwarden'", &[])
        .expect("a query")
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(backends.len() > 2);
    let signal = |signal| backends.iter().for_each(|pid| kill(Pid::from_raw(*pid), signal).expect("told"));
    signal(Signal::SIGSTOP);
    let begun = Instant::now();
    let (status, answer) = get(&service, None, "/health");
    assert!(status == 503 && begun.elapsed() < Duration::from_secs(9), "{status} after {:?}", begun.elapsed());
    assert!(answer.contains("the database cannot be written"), "{answer}");
    assert_eq!(post(&service, None, ONE, &event(2)).0, 503);
    assert_eq!(get(&service, None, "/v1/cases").0, 503);
    // It comes back by itself.
    signal(Signal::SIGCONT);
    crate::servers::wait_for("a healthy service", || get(&service, None, "/health").0 == 200);
    assert_eq!(post(&service, None, ONE, &event(2)).0, 200);
    assert_eq!(server.kept(ALERT).len(), 2, "each event once");
    signal(Signal::SIGSTOP);
    assert_eq!(get(&service, None, "/v1/cases").0, 503);
    ends_in_order(&mut service);
    signal(Signal::SIGCONT);
}

#[test]
fn an_audit_log_that_cannot_be_written_accepts_no_change() {
    let folder = Folder::new();
    let database = folder.name("service.sqlite");
    let add = |log: &str| run(&["serve", "token", "add", "van-3", "--database", &database, "--audit-log", log]);
    let refused = add("/dev/full");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("audit log"), "{}", stderr(&refused));
    let log = folder.name("audit.jsonl");
    let added = add(&log);
    assert_eq!(added.status.code(), Some(0), "{}", stderr(&added));
    let token = String::from_utf8(added.stdout).expect("UTF-8");
    let listed = run(&["serve", "token", "list", "--database", &database]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 2, "the refused one is not there");
    let text = fs::read_to_string(&log).expect("a log");
    assert!(text.contains("serve token add") && !text.contains(token.trim()), "{text}");
    assert_eq!(run(&["audit", "verify", &log]).status.code(), Some(0));
    fs::write(&log, text.replace("van-3", "van-4")).expect("written");
    let verified = run(&["audit", "verify", &log]);
    assert_eq!(verified.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&verified.stdout).starts_with("line 1: "));
}

#[test]
fn a_batch_keeps_its_good_events_and_names_the_others() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let token = service.token("van-3", "events");
    let mut bad = alert("van-3", "00000000000000ac");
    bad["data"]["pci"] = 504.into();
    let batch = [alert("van-3", "00000000000000aa"), bad, alert("van-4", "00000000000000ab"), json!(7)];
    let (status, problem) = post(&service, Some(&token), BATCH, &json!(batch).to_string());
    assert_eq!(
        (status, &problem["new"], &problem["type"]),
        (422, &json!(1), &json!("urn:cellwarden:problem:event-refused"))
    );
    let refused: Vec<(i64, i64)> = problem["refused"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one: &Value| (one["number"].as_i64().expect("a number"), one["status"].as_i64().expect("a number")))
        .collect();
    assert_eq!(refused, [(1, 422), (2, 403), (3, 422)]);
    assert_eq!(service.kept(ALERT).len(), 1);
}

#[test]
fn cloudevents_in_binary_mode_and_with_extensions_are_taken() {
    let folder = Folder::new();
    let service = Service::start(&folder, &["--without-authentication"]);
    let event = alert("van-3", "00000000000000aa");
    let send = |headers: &[(&str, &str)], content_type: &str| {
        let mut request =
            crate::service::agent().post(format!("{}/v1/events", service.url)).header("content-type", content_type);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send(event["data"].to_string()).expect("an answer").status().as_u16()
    };
    let attributes = [
        ("ce-specversion", "1.0"),
        ("ce-id", "00000000000000aa"),
        ("ce-source", "urn:cellwarden:scanner:van%2D3"),
        ("ce-type", ALERT),
        ("ce-subject", "450-08-5a00101"),
        ("ce-time", "2026-11-20T01:00:00Z"),
        ("ce-traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    assert_eq!(send(&attributes, "application/json; charset=utf-8"), 200);
    assert_eq!(send(&attributes[..2], "application/json"), 422);
    assert_eq!(send(&attributes, "text/plain"), 415);
    let mut structured = alert("van-3", "00000000000000ab");
    structured["dataschema"] = "urn:example".into();
    structured.as_object_mut().expect("an object").remove("datacontenttype");
    assert_eq!(post(&service, None, ONE, &structured.to_string()).0, 200);
    assert_eq!(service.kept(ALERT).len(), 2);
}

#[test]
fn a_service_that_cannot_listen_says_so_in_one_line() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = cellwarden(&["serve", "--listen", &address, "--database", &folder.name("s.sqlite")]).output();
    let output = output.expect("started");
    assert_eq!((output.status.code(), stderr(&output).lines().count()), (Some(2), 1), "{}", stderr(&output));
    assert!(!folder.path("s.sqlite").exists(), "no database is left");
}

#[test]
fn the_lists_one_tag_saves_its_bytes_and_splices_nothing() {
    let folder = Folder::new();
    let list = folder.write("cells.csv", "plmn,eci\n450-08,3f0d101\n");
    let service = Service::start(&folder, &["--without-authentication", "--registry-list", &list]);
    let get = |fields: &[(&str, &str)]| {
        let mut request = crate::service::agent().get(format!("{}/v1/registry/cells.csv", service.url));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let mut response = request.call().expect("an answer");
        let field = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let (etag, range) = (field("etag"), field("content-range"));
        (response.status().as_u16(), etag, range, response.body_mut().read_to_string().expect("a body"))
    };
    let (status, etag, _, whole) = get(&[]);
    let etag = etag.expect("a tag");
    assert_eq!((status, whole.len()), (200, 24));
    let (status, same, _, body) = get(&[("if-none-match", &etag)]);
    assert_eq!((status, same.as_deref(), &*body), (304, Some(&*etag), ""));
    assert_eq!(get(&[("if-match", &etag)]).0, 200);
    assert_eq!(get(&[("if-match", "\"other\"")]).0, 412);
    let (status, _, range, body) = get(&[("range", "bytes=9-15"), ("if-range", &etag)]);
    assert_eq!((status, range.as_deref(), &*body), (206, Some("bytes 9-15/24"), "450-08,"));
    let (status, _, _, body) = get(&[("range", "bytes=9-15"), ("if-range", "\"other\"")]);
    assert_eq!((status, body.len()), (200, 24), "what is of another list is not spliced");
    assert_eq!(get(&[("range", "lines=1-2")]).0, 200);
    let (status, _, range, _) = get(&[("range", "bytes=24-")]);
    assert_eq!((status, range.as_deref()), (416, Some("bytes */24")));
    // A list of some size is compressed for who takes it, under a weak tag: nothing is spliced of that.
    folder.write("cells.csv", format!("plmn,eci\n{}", "450-08,3f0d101\n".repeat(5000)));
    let coded = |fields: &[(&str, &str)]| {
        let mut request = crate::service::agent().get(format!("{}/v1/registry/cells.csv", service.url));
        for (name, value) in fields.iter().chain(&[("accept-encoding", "gzip")]) {
            request = request.header(*name, *value);
        }
        let mut response = request.call().expect("an answer");
        let field = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let fields = ["etag", "content-encoding", "content-range", "vary"].map(field);
        (response.status().as_u16(), fields, response.body_mut().read_to_vec().expect("a body"))
    };
    let (_, strong, _, whole) = get(&[]);
    let strong = strong.expect("a tag");
    let (status, [tag, coding, range, vary], body) = coded(&[]);
    let tag = tag.expect("a tag");
    assert_eq!((status, coding.as_deref(), range.as_deref()), (200, Some("gzip"), None));
    assert_eq!((&*tag, vary.as_deref()), (&*format!("W/{strong}"), Some("accept-encoding")));
    assert!(body.len() < whole.len() / 20 && body.starts_with(&[0x1f, 0x8b]), "{} of {}", body.len(), whole.len());
    let (status, [same, ..], body) = coded(&[("if-none-match", &tag)]);
    assert_eq!((status, same.as_deref(), body.len()), (304, Some(&*tag), 0));
    assert_eq!(coded(&[("if-match", &tag)]).0, 412, "a weak tag proves nothing");
    let (status, [tag_of_part, coding, range, _], body) = coded(&[("range", "bytes=9-15"), ("if-range", &strong)]);
    assert_eq!((status, coding, range.as_deref()), (206, None, Some("bytes 9-15/75009")), "no coding of a part");
    assert_eq!((tag_of_part.as_deref(), &*body), (Some(&*strong), &b"450-08,"[..]));
    let (status, [_, coding, ..], _) = coded(&[("range", "bytes=9-15"), ("if-range", &tag)]);
    assert_eq!((status, coding.as_deref()), (200, Some("gzip")), "what was coded is not gone on with");
    let etag = strong;
    // Another list has another tag.
    folder.write("cells.csv", "plmn,eci\n450-08,3f0d102,x\n");
    let (status, changed, ..) = get(&[("if-none-match", &etag)]);
    assert!(status == 200 && changed.is_some_and(|changed| changed != etag));
}
