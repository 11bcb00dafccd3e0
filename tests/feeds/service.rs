//! The registry service, through the program: scanners send to it, it is killed, and it has each event once.

use std::{collections::BTreeSet, fs, thread, time::Duration};

use serde_json::{Value, json};
use ureq::Agent;

use crate::{
    ALERT, SIGHTING,
    folder::Folder,
    receivers::store_of,
    servers::{certificates, run, service::Service, stderr, wait_for},
};

/// Each once.
pub fn set(list: &[(String, String)]) -> BTreeSet<(String, String)> {
    let set: BTreeSet<_> = list.iter().cloned().collect();
    assert_eq!(set.len(), list.len(), "no event is there twice");
    set
}

#[test]
fn a_service_killed_again_and_again_has_each_event_of_every_scanner_once() {
    let folder = Folder::new();
    certificates(&folder);
    let path = |name: &str| folder.name(name);
    let tls = ["--tls-certificate", &path("server.pem"), "--tls-key", &path("server.key")];
    let mut service = Service::start(&folder, &tls);
    let feed = format!("{}/v1/events", service.url);
    let mut wanted = BTreeSet::new();
    let mut senders = Vec::new();
    for scanner in ["van-1", "van-2", "van-3"] {
        let store = path(&format!("{scanner}.sqlite"));
        let alerts = store_of(scanner, &folder.path(&format!("{scanner}.sqlite")), &feed, 120);
        wanted.extend(alerts.into_iter().map(|id| (scanner.to_owned(), id)));
        let token = folder.write(&format!("{scanner}.token"), service.token(scanner, "events"));
        let access = format!("[{:?}]\ntoken-file = {token:?}\nca = {:?}\n", service.url, path("ca.pem"));
        let access = folder.write(&format!("{scanner}.toml"), &access);
        senders.push(
            ["alerts", "send", "--store", &store, "--feed-access", &access, "--scanner", scanner].map(str::to_owned),
        );
    }
    let sending: Vec<thread::JoinHandle<u32>> = senders
        .into_iter()
        .map(|arguments| {
            thread::spawn(move || {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let mut attempts = 1;
                while run(&arguments).status.code() != Some(0) {
                    attempts += 1;
                    assert!(attempts < 500, "the service does not come back");
                    thread::sleep(Duration::from_millis(50));
                }
                attempts
            })
        })
        .collect();
    let count = |service: &Service| -> u32 {
        service.open().query_row("SELECT count(*) FROM event", [], |row| row.get(0)).expect("a count")
    };
    let mut kills_at_work = 0;
    for kill in 1..=5 {
        // 1,440 events in all; the last kill comes before two thirds of them.
        wait_for("events", || count(&service) > kill * 180);
        kills_at_work += u32::from(sending.iter().any(|sender| !sender.is_finished()));
        service.kill();
        service.again();
    }
    let attempts: u32 = sending.into_iter().map(|sender| sender.join().expect("sent")).sum();
    assert_eq!(kills_at_work, 5);
    assert!(attempts > 3, "no sender met a killed service");
    assert_eq!(set(&service.kept(ALERT)), wanted);
    assert_eq!(set(&service.kept(SIGHTING)).len(), 3 * 360);
    assert_eq!(service.end(), Some(0), "to be told to end is how a service ends");
}

#[test]
fn a_renamed_scanner_loses_nothing_and_is_not_held_up() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let feed = format!("{}/v1/events", service.url);
    // Events under the old name wait; the token is that of the new one.
    let store = folder.name("s.sqlite");
    let old = store_of("van-1", &folder.path("s.sqlite"), &feed, 4);
    let access = |name: &str| {
        let token = folder.write(&format!("{name}.token"), service.token(name, "events"));
        folder.write(&format!("{name}.toml"), format!("[{:?}]\ntoken-file = {token:?}\n", service.url))
    };
    let send = |access: &str, more: &[&str]| {
        run(&[&["alerts", "send", "--store", &store, "--feed-access", access], more].concat())
    };
    let new = access("van-9");
    let sent = send(&new, &["--scanner", "van-9"]);
    let text = String::from_utf8_lossy(&sent.stdout).into_owned();
    assert_eq!(sent.status.code(), Some(2), "what is set aside is reported: {text}");
    assert!(text.contains("16 set aside") && text.contains("does not allow to send events of van-1"), "{text}");
    // What is made from now on has the new name, and goes.
    store_of("van-9", &folder.path("s.sqlite"), &feed, 8);
    send(&new, &[]);
    let names: BTreeSet<String> = service.kept(ALERT).into_iter().map(|(scanner, _)| scanner).collect();
    assert_eq!(names, BTreeSet::from(["van-9".to_owned()]), "the store keeps the name that it was given");
    // With a token of the old name they go too: nothing is lost.
    let sent = send(&access("van-1"), &["--scanner", "van-1", "--retry"]);
    assert_eq!(sent.status.code(), Some(0), "{}", String::from_utf8_lossy(&sent.stdout));
    let of_old: BTreeSet<String> =
        service.kept(ALERT).into_iter().filter(|(scanner, _)| scanner == "van-1").map(|(_, id)| id).collect();
    assert_eq!(of_old, old.into_iter().collect());
}

#[test]
#[ignore = "minutes long: 20 renames"]
fn twenty_renames() {
    const RUNS: u32 = 20;
    (0..RUNS).for_each(|_| a_renamed_scanner_loses_nothing_and_is_not_held_up());
    println!("counts: {RUNS} renamed scanners; every event arrived, under the name it was made with");
}

/// An alert of a scanner.
pub fn alert(scanner: &str, id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": format!("urn:cellwarden:scanner:{scanner}"),
        "type": ALERT, "subject": "450-08-5a00101", "time": "2026-11-20T01:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "id": id, "rule": "unregistered", "rule_version": 1, "severity": "critical", "ecgi": "450-08-5a00101",
            "pci": 452, "earfcn": 1550, "summary": "a cell", "evidence": {}, "recording": "r",
            "position": {"lat": 37.5, "lon": 127.0, "error_m": 5.0},
        },
    })
}

/// A client that takes every answer.
pub fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().new_agent()
}

/// Posts a body; the status and the answer.
pub fn post(service: &Service, token: Option<&str>, content_type: &str, body: &str) -> (u16, Value) {
    let mut request = agent().post(format!("{}/v1/events", service.url)).header("content-type", content_type);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request.send(body).expect("an answer");
    let text = response.body_mut().read_to_string().expect("a body");
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
}

pub fn get(service: &Service, token: Option<&str>, path: &str) -> (u16, String) {
    let mut request = agent().get(format!("{}{path}", service.url));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request.call().expect("an answer");
    (response.status().as_u16(), response.body_mut().read_to_string().expect("a body"))
}

pub const ONE: &str = "application/cloudevents+json";
pub const BATCH: &str = "application/cloudevents-batch+json; charset=utf-8";

#[test]
fn what_is_wrong_expired_or_anothers_is_refused_and_written_down() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let (own, other) = (service.token("van-3", "events"), service.token("van-4", "events"));
    let (reader, expired, revoked) =
        (service.token("office", "read"), service.token("van-3", "events"), service.token("van-3", "events"));
    let id_of = |token: &str| token.split('_').nth(1).expect("an id").to_owned();
    let past = "UPDATE token SET expires = 1 WHERE id = ?1";
    assert_eq!(service.open().execute(past, [id_of(&expired)]).expect("set"), 1);
    let output = run(&["serve", "token", "revoke", &id_of(&revoked), "--database", &service.database]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let forged = format!("cw_{}_{}", id_of(&own), "0".repeat(32));
    let good = alert("van-3", "00000000000000aa").to_string();
    let large = format!("{}{}", " ".repeat(1 << 20), good);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let half = &good[..good.len() / 2];
    let bad = good.replace("452", "504");
    let mixed = json!([alert("van-3", "00000000000000ab"), alert("van-4", "00000000000000ac")]).to_string();
    let cases: [(Option<&str>, &str, &str, u16, &str); 15] = [
        (None, ONE, &good, 401, "a bearer token is needed"),
        (Some("s3cret"), ONE, &good, 401, "not known"),
        (Some(&forged), ONE, &good, 401, "not known"),
        (Some(&expired), ONE, &good, 401, "expired"),
        (Some(&revoked), ONE, &good, 401, "revoked"),
        (Some(&other), ONE, &good, 403, "the token of van-4"),
        (Some(&reader), ONE, &good, 403, "does not allow"),
        (Some(&own), BATCH, &mixed, 422, "events of van-4"),
        (Some(&own), "application/json", &good, 415, "cloudevents"),
        (Some(&own), ONE, &large, 413, "length limit"),
        (Some(&own), ONE, half, 400, "EOF"),
        (Some(&own), BATCH, &deep, 422, "an object"),
        (Some(&own), ONE, "\u{0}", 400, "expected value"),
        (Some(&own), ONE, &bad, 422, "data.pci"),
        (Some(&own), BATCH, "[{}]", 422, "event 0"),
    ];
    for (token, content_type, body, status, word) in cases {
        let (answered, problem) = post(&service, token, content_type, body);
        assert_eq!(answered, status, "{word}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|why| why.contains(word)), "{word}: {problem}");
    }
    assert_eq!(service.kept(ALERT), [("van-3".to_owned(), "00000000000000ab".to_owned())], "the good one of a batch");

    let log = fs::read_to_string(folder.path("audit.jsonl")).expect("a log");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), cases.len());
    for (line, (_, _, _, status, word)) in lines.iter().zip(cases) {
        assert_eq!((&line["type"], &line["status"]), (&"refused".into(), &status.into()), "{line}");
        assert_eq!((&line["peer"], &line["what"]), (&"127.0.0.1".into(), &"POST /v1/events".into()));
        assert!(line["why"].as_str().is_some_and(|why| why.contains(word)), "{word}: {line}");
    }
    assert_eq!((&lines[5]["name"], &lines[7]["name"]), (&"van-4".into(), &"van-3".into()));
    assert!([&own, &other, &forged].iter().all(|token| !log.contains(token.as_str())), "no token is written down");

    // The good one is taken, and the second time known.
    assert_eq!(post(&service, Some(&own), ONE, &good), (200, json!({"new": 1, "known": 0})));
    let both = json!([alert("van-3", "00000000000000aa"), alert("van-3", "00000000000000ab")]).to_string();
    assert_eq!(post(&service, Some(&own), BATCH, &both), (200, json!({"new": 0, "known": 2})));
    let metrics = get(&service, Some(&reader), "/metrics");
    assert!(metrics.1.contains("cellwarden_events_total{kind=\"alert\",result=\"new\"} 2"), "{metrics:?}");
    assert_eq!(get(&service, None, "/metrics").0, 401);
    assert_eq!(get(&service, None, "/health").0, 200);
    assert_eq!((get(&service, None, "/nowhere").0, get(&service, None, "/v1/events").0), (404, 405));
}

#[test]
fn a_sender_over_its_rate_gets_a_time_to_retry() {
    let folder = Folder::new();
    let service = Service::start(&folder, &["--events-per-second", "1"]);
    let (own, other) = (service.token("van-3", "events"), service.token("van-4", "events"));
    let batch = |scanner: &str| {
        let events: Vec<Value> = (0..600).map(|n| alert(scanner, &format!("{n:016x}"))).collect();
        json!(events).to_string()
    };
    assert_eq!(post(&service, Some(&own), BATCH, &batch("van-3")).0, 200);
    let (status, problem) = post(&service, Some(&own), BATCH, &batch("van-3"));
    assert_eq!((status, &problem["detail"]), (429, &"too much at once".into()));
    assert_eq!(post(&service, Some(&other), BATCH, &batch("van-4")).0, 200, "one scanner does not hold up another");
    assert_eq!(service.kept(ALERT).len(), 1200);
    // A guesser is stopped, whoever has a good token is not.
    let guess = |n: u32| post(&service, Some(&format!("cw_{n:012x}_{}", "0".repeat(32))), ONE, "").0;
    let answers: Vec<u16> = (0..100).map(guess).collect();
    assert!(answers.iter().all(|status| *status == 401), "{answers:?}");
    // What is allowed grows while a slow machine guesses.
    assert!((100..2000).any(|n| guess(n) == 429), "nobody stops the guesser");
    assert_eq!(post(&service, Some(&other), ONE, "x").0, 400);
}

#[test]
fn nothing_listens_beyond_this_host_without_tls_and_tokens() {
    let folder = Folder::new();
    let database = folder.name("service.sqlite");
    let (pem, key) = (folder.write("c.pem", "no certificate"), folder.write("k.pem", "no key"));
    let tls = ["--tls-certificate", pem.as_str(), "--tls-key", key.as_str()];
    for (more, word) in [
        (&["--listen", "0.0.0.0:0"][..], "--tls-certificate"),
        (&[&tls[..], &["--listen", "[::]:0", "--without-authentication"]].concat(), "--insecure-beyond-this-host"),
        (&["--tls-key", "k.pem"], "go together"),
        (&tls, "c.pem"),
        (&["--listen", "192.0.2.1:80", "--insecure-beyond-this-host"], "192.0.2.1:80"),
        (&["--events-per-second", "0"], "--events-per-second"),
    ] {
        let output = run(&[&["serve", "--database", &database], more].concat());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let line = stderr(&output);
        assert!(line.contains(word) && line.lines().count() == 1, "{more:?}: {line}");
    }
}
