//! Cases of the registry service: one for each transmitter, however many scanners hear it; and the list it hands out.

use std::{collections::BTreeSet, fs, io::Read};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    SIGHTING,
    folder::Folder,
    servers::{postgres::PostgresServer, run, service::Service, stderr, wait_for},
    service::{BATCH, agent, alert, get, post},
    snapshots::{new_key, sign},
};

/// An alert of a scanner at a place so many metres north of the rogue.
pub fn alert_at(scanner: &str, id: &str, ecgi: &str, north_m: f64) -> Value {
    let mut event = alert(scanner, id);
    event["subject"] = ecgi.into();
    event["data"]["ecgi"] = ecgi.into();
    event["data"]["position"]["lat"] = (37.5 + north_m / 111_195.0).into();
    event
}

/// What a scanner with this constant hears of the rogue at 37.5, 127.0, driving past it on a way of this bearing.
pub fn sightings(scanner: &str, bearing_deg: f64, constant_db: f64) -> Vec<Value> {
    const METRES_PER_DEGREE: f64 = 111_195.0;
    let (sin, cos) = bearing_deg.to_radians().sin_cos();
    (-10..=10)
        .map(|n| {
            let (along_m, aside_m) = (f64::from(n) * 40.0, 60.0);
            let (east_m, north_m) = (along_m * sin + aside_m * cos, along_m * cos - aside_m * sin);
            let level = constant_db - 35.0 * east_m.hypot(north_m).log10() + 2.0 * f64::from(n).sin();
            let mut event = alert(scanner, &format!("{:016x}", 0x1000 + n));
            event["type"] = SIGHTING.into();
            event["time"] = format!("2026-11-20T01:{:02}:00Z", n + 10).into();
            event["data"] = json!({
                "recording": "r", "seconds": 0.1, "gain_db": 20.0, "carrier_hz": 1840e6, "earfcn": 1550, "pci": 452,
                "rsrp_dbfs": level + 20.0, "state": "sib1", "ecgi": "450-08-5a00101", "verdict": "unregistered",
                "rules": ["unregistered"],
                "position": {
                    "lat": 37.5 + north_m / METRES_PER_DEGREE,
                    "lon": 127.0 + east_m / METRES_PER_DEGREE / 37.5_f64.to_radians().cos(),
                    "error_m": 5.0,
                },
            });
            event
        })
        .collect()
}

pub fn send(service: &Service, token: &str, events: &[Value]) {
    let (status, answer) = post(service, Some(token), BATCH, &json!(events).to_string());
    assert_eq!(status, 200, "{answer}");
}

pub fn read(service: &Service, token: &str, path: &str) -> Value {
    let (status, text) = get(service, Some(token), path);
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

fn change(service: &Service, token: &str, case: &Value, body: &Value) -> (u16, Value) {
    let mut response = agent()
        .patch(format!("{}/v1/cases/{case}", service.url))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(body.to_string())
        .expect("an answer");
    let text = response.body_mut().read_to_string().expect("a body");
    (response.status().as_u16(), serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn a_rogue_that_three_scanners_hear_is_one_case_which_people_work_on() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    one_case(&folder, &service);
}

#[test]
fn it_is_one_case_in_postgresql_too() {
    let folder = Folder::new();
    let Some(server) = PostgresServer::start(&folder) else { return };
    let service = Service::over(&folder, &server.url(), &[]);
    one_case(&folder, &service);
}

fn one_case(folder: &Folder, service: &Service) {
    let (reader, writer) = (service.token("office", "read"), service.token("kim", "read,write"));
    let vans = ["van-1", "van-2", "van-3"].map(|name| (name, service.token(name, "events")));
    for ((name, token), (bearing_deg, constant_db)) in vans.iter().zip([(0.0, 0.0), (60.0, 17.0), (120.0, -9.0)]) {
        send(service, token, &[alert_at(name, "00000000000000aa", "450-08-5a00101", 300.0)]);
        send(service, token, &sightings(name, bearing_deg, constant_db));
    }
    send(service, &vans[0].1, &[alert_at("van-1", "00000000000000bb", "450-08-5a00102", 300.0)]);
    // One who comes again changes nothing.
    send(service, &vans[1].1, &[alert_at("van-2", "00000000000000aa", "450-08-5a00101", 300.0)]);

    let page = read(service, &reader, "/v1/cases");
    let cases = page["cases"].as_array().expect("a list");
    assert_eq!(cases.iter().map(|case| &case["ecgi"]).collect::<Vec<_>>(), ["450-08-5a00102", "450-08-5a00101"]);
    let rogue = &cases[1];
    assert_eq!((&rogue["alerts"], &rogue["sightings"], &rogue["state"]), (&3.into(), &63.into(), &"new".into()));
    assert_eq!(rogue["scanners"], json!(["van-1", "van-2", "van-3"]));
    let path = format!("/v1/cases/{}", rogue["id"]);
    let estimate = || read(service, &reader, &path)["estimate"].clone();
    wait_for("an estimate by all three", || estimate()["estimates"] == 3);
    let place = &estimate()["position"];
    let off = |field: &str, degrees: f64| (place[field].as_f64().expect("a number") - degrees) * 111_195.0;
    let off_m = off("lat", 37.5).hypot(off("lon", 127.0) * 37.5_f64.to_radians().cos());
    assert!(off_m < estimate()["semi_major_m"].as_f64().expect("a number"), "{off_m} m: {}", estimate());

    let filtered =
        |query: &str| read(service, &reader, &format!("/v1/cases?{query}"))["cases"].as_array().expect("a list").len();
    assert_eq!((filtered("scanner=van-1"), filtered("scanner=van-2"), filtered("ecgi=450-08-5a00102")), (2, 1, 1));
    assert_eq!((filtered("severity=critical"), filtered("state=confirmed"), filtered("state=all")), (2, 0, 2));

    let confirmed = json!({"state": "confirmed", "note": "<b>seen</b> on the roof"});
    assert_eq!(change(service, &reader, &rogue["id"], &confirmed).0, 403);
    let (status, case) = change(service, &writer, &rogue["id"], &confirmed);
    assert_eq!((status, &case["state"], &case["notes"][0]["name"]), (200, &"confirmed".into(), &"kim".into()));
    assert_eq!(case["last_alerts"].as_array().expect("a list").len(), 3);
    assert_eq!(filtered("state=confirmed"), 1);
    for (body, status) in [
        (json!({}), 422),
        (json!({"state": "shut"}), 422),
        (json!({"note": ""}), 422),
        (json!({"note": "a\u{0}"}), 422),
        (json!({"note": "a", "more": 1}), 422),
        (json!([]), 422),
    ] {
        assert_eq!(change(service, &writer, &rogue["id"], &body).0, status, "{body}");
    }
    assert_eq!(change(service, &writer, &999.into(), &confirmed).0, 404);
    assert_eq!(change(service, &writer, &rogue["id"], &json!({"state": "closed"})).0, 200);
    assert_eq!((filtered(""), filtered("state=closed")), (1, 1));
    // What is heard after the end is another case.
    send(service, &vans[2].1, &[alert_at("van-3", "00000000000000cc", "450-08-5a00101", 300.0)]);
    assert_eq!((filtered(""), filtered("state=all")), (2, 3));

    let scanners = read(service, &reader, "/v1/scanners");
    assert_eq!(scanners["scanners"][2]["name"], "van-3");
    assert_eq!((&scanners["scanners"][2]["alerts"], &scanners["scanners"][2]["sightings"]), (&2.into(), &21.into()));
    let log = fs::read_to_string(folder.path("audit.jsonl")).expect("a log");
    let done: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["type"] == "done")
        .collect();
    assert_eq!(done.len(), 2, "{log}");
    assert_eq!((&done[0]["name"], &done[0]["details"]["state"]), (&"kim".into(), &"confirmed".into()));
}

#[test]
fn changes_are_published_as_they_happen() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let (van, reader) = (service.token("van-1", "events"), service.token("office", "read"));
    let request = agent().get(format!("{}/v1/live", service.url)).header("authorization", format!("Bearer {reader}"));
    let response = request.call().expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    send(&service, &van, &[alert("van-1", "00000000000000aa")]);
    let mut stream = response.into_body().into_reader();
    let (mut received, mut buffer) = (String::new(), [0; 256]);
    while !received.contains("\n\n") {
        let length = stream.read(&mut buffer).expect("more");
        assert!(length > 0, "the stream ended: {received}");
        received += std::str::from_utf8(&buffer[..length]).expect("UTF-8");
    }
    assert_eq!(received, "event: case\ndata: 1\n\n");
}

/// Cases of a fleet, written as the service writes them.
fn many_cases(database: &Connection, count: u32) {
    let insert = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) \
         INSERT INTO cases (pci, earfcn, ecgi, severity, summary, first_heard, last_heard, alerts, sightings, levels, \
         stale) SELECT n % 504, 1550, printf('450-08-%07x', n), n % 4, 'a cell', n, n, 1, 0, 0, 0 FROM n"
    );
    database.execute(&insert, []).expect("inserted");
}

#[test]
fn pages_show_each_case_once_while_others_come() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let (van, reader) = (service.token("van-1", "events"), service.token("office", "read"));
    many_cases(&service.open(), 2500);
    let mut seen = BTreeSet::new();
    let mut path = "/v1/cases?limit=400".to_owned();
    for page in 0.. {
        let answer = read(&service, &reader, &path);
        let cases = answer["cases"].as_array().expect("a list");
        assert!(cases.iter().all(|case| seen.insert(case["id"].as_i64().expect("a number"))), "a case came twice");
        send(&service, &van, &[alert_at("van-1", &format!("{page:016x}"), &format!("450-08-6a{page:05x}"), 0.0)]);
        let Some(next) = answer["next"].as_i64() else { break };
        path = format!("/v1/cases?limit=400&before={next}");
    }
    assert_eq!((seen.len(), seen.first(), seen.last()), (2500, Some(&1), Some(&2500)));
}

#[test]
fn a_scanner_takes_over_the_list_that_the_service_hands_out() {
    let folder = Folder::new();
    if !new_key(&folder, "own") {
        return;
    }
    sign(&folder, "cells.csv", 3000, 1_700_000_000, "own");
    let service = Service::start(&folder, &["--registry-list", &folder.name("cells.csv")]);
    let url = format!("{}/v1/registry/cells.csv", service.url);
    let (registry, key) = (folder.name("r.sqlite"), folder.name("own.pub"));
    let access = |token: &str| {
        let token = folder.write("token", token);
        folder.write("access.toml", format!("[{:?}]\ntoken-file = {token:?}\n", service.url))
    };
    let sync = |token: &str| {
        let access = access(token);
        let output = run(&[
            "registry",
            "sync",
            &url,
            "--registry",
            &registry,
            "--key",
            &key,
            "--feed-access",
            &access,
            "--json",
        ]);
        (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output)))
    };
    let refused = sync(&service.token("van-1", "events"));
    assert!(refused.0 == Some(2) && refused.1.contains("403"), "{refused:?}");
    let token = service.token("van-1", "registry");
    let taken = sync(&token);
    assert!(taken.0 == Some(0) && taken.1.contains("3000"), "{taken:?}");
    let again = sync(&token);
    assert!(again.0 == Some(0) && again.1.contains("\"current\":true"), "{again:?}");

    // What changed is enough for whoever has the list of before.
    fs::copy(folder.path("cells.csv"), folder.path("before.csv")).expect("copied");
    sign(&folder, "cells.csv", 3500, 1_700_000_050, "own");
    let delta = run(&["registry", "delta", &folder.name("before.csv"), &folder.name("cells.csv")]);
    assert_eq!(delta.status.code(), Some(0), "{}", stderr(&delta));
    let by_delta = sync(&token);
    assert!(
        by_delta.0 == Some(0) && by_delta.1.contains("3500") && by_delta.1.contains("\"delta_bytes\":"),
        "{by_delta:?}"
    );
    assert!(!by_delta.1.contains("\"delta_bytes\":null"), "{by_delta:?}");
    let path = |base: &str| get(&service, Some(&token), &format!("/v1/registry/cells.csv.from-{base}")).0;
    assert_eq!((path(&"0".repeat(64)), path("..%2F..%2Fetc%2Fpasswd"), path("x")), (404, 400, 400));

    // A broken download goes on where it ended.
    sign(&folder, "cells.csv", 4000, 1_700_000_100, "own");
    let whole = fs::read(folder.path("cells.csv")).expect("made");
    fs::write(folder.path("r.sqlite.part"), &whole[..70_000]).expect("written");
    fs::copy(folder.path("cells.csv.minisig"), folder.path("r.sqlite.part.minisig")).expect("copied");
    let more = sync(&token);
    assert!(more.0 == Some(0) && more.1.contains("4000"), "{more:?}");
    let metrics = get(&service, Some(&service.token("office", "read")), "/metrics").1;
    let parts = "cellwarden_request_seconds_count{path=\"/v1/registry/cells.csv\",status=\"206\"} 1";
    assert!(metrics.lines().any(|line| line == parts), "{metrics}");
}
