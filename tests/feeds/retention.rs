//! Sightings grow old in the registry service. Alerts and cases stay, and what was found out of a place.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    cases::{alert_at, read, send, sightings},
    folder::Folder,
    servers::{postgres::PostgresServer, service::Service, wait_for},
};

const DAY_MS: i64 = 86_400_000;

/// Makes all that came older by two days.
fn age() -> [String; 2] {
    ["event", "case_level"].map(|table| format!("UPDATE {table} SET received = received - {}", 2 * DAY_MS))
}

#[test]
fn old_sightings_go_and_their_alerts_cases_and_places_stay() {
    let folder = Folder::new();
    let service = Service::start(&folder, &["--keep-sightings", "1"]);
    let database = service.open();
    let make_older = || age().iter().for_each(|update| assert!(database.execute(update, []).expect("set") > 0));
    let count = |select: &str| database.query_row(select, [], |row| row.get(0)).expect("a count");
    forgets(service, &make_older, &count);
}

#[test]
fn they_go_from_postgresql_too() {
    let folder = Folder::new();
    let Some(server) = PostgresServer::start(&folder) else { return };
    let service = Service::over(&folder, &server.url(), &["--keep-sightings", "1"]);
    let make_older = || age().iter().for_each(|update| assert!(server.client().execute(update, &[]).expect("set") > 0));
    let count = |select: &str| server.client().query_one(select, &[]).expect("a count").get(0);
    forgets(service, &make_older, &count);
}

fn forgets(mut service: Service, make_older: &dyn Fn(), count: &dyn Fn(&str) -> i64) {
    let (van, reader) = (service.token("van-1", "events"), service.token("office", "read"));
    send(&service, &van, &[alert_at("van-1", "00000000000000aa", "450-08-5a00101", 300.0)]);
    // More than are forgotten at once.
    let many = |first: usize, count: usize| -> Vec<Value> {
        let mut events: Vec<Value> = sightings("van-1", 0.0, 0.0).into_iter().cycle().take(count).collect();
        for (n, event) in events.iter_mut().enumerate() {
            event["id"] = format!("{:016x}", first + n).into();
        }
        events
    };
    send(&service, &van, &many(0x1000, 840));
    let case = |service: &Service| -> Value { read(service, &reader, "/v1/cases/1") };
    let levels = "SELECT estimated FROM cases";
    wait_for("an estimate by all levels", || count(levels) == 840);
    let place = case(&service)["estimate"].clone();
    assert_eq!(place["kind"], "fixed", "{place}");
    let of = |kind: &str| format!("SELECT count(*) FROM event WHERE kind = '{kind}'");

    // What is young stays over a start.
    service.kill();
    service.again();
    send(&service, &van, &[alert_at("van-1", "00000000000000bb", "450-08-5a00101", 300.0)]);
    assert_eq!((count(&of("alert")), count(&of("sighting"))), (2, 840));
    make_older();
    service.kill();
    service.again();
    wait_for("the old ones to go", || count(&of("sighting")) == 0 && count("SELECT count(*) FROM case_level") == 0);
    assert_eq!(count(&of("alert")), 2);
    let kept = case(&service);
    assert_eq!((&kept["alerts"], &kept["sightings"], &kept["estimate"]), (&2.into(), &840.into(), &place));
    assert_eq!(kept["last_alerts"].as_array().map(Vec::len), Some(2));

    // Too few new ones tell less than what is known.
    let mut events = many(0x9000, 100);
    events.iter_mut().for_each(|event| event["data"]["position"] = json!({"lat": 37.5, "lon": 127.0, "error_m": 5.0}));
    send(&service, &van, &events);
    wait_for("a look at them", || count(levels) > 840);
    assert_eq!(case(&service)["estimate"], place);
}

#[test]
fn closed_cases_are_pruned_and_open_ones_stay() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let address = folder.name("service.sqlite");
    let database = service.open();
    let run = |statement: &str| assert!(database.execute(statement, []).expect(statement) > 0);
    let count = |select: &str| database.query_row(select, [], |row| row.get(0)).expect("a count");
    prunes(&service, &address, &run, &count);
}

#[test]
fn they_are_pruned_from_postgresql_too() {
    let folder = Folder::new();
    let Some(server) = PostgresServer::start(&folder) else { return };
    let service = Service::over(&folder, &server.url(), &[]);
    let run = |statement: &str| assert!(server.client().execute(statement, &[]).expect(statement) > 0);
    let count = |select: &str| server.client().query_one(select, &[]).expect("a count").get(0);
    prunes(&service, &server.url(), &run, &count);
}

fn prunes(service: &Service, address: &str, run: &dyn Fn(&str), count: &dyn Fn(&str) -> i64) {
    let van = service.token("van-1", "events");
    for (n, cell) in ["450-08-5a00101", "450-08-5a00102", "450-08-5a00103"].into_iter().enumerate() {
        send(service, &van, &[alert_at("van-1", &format!("{n:016x}"), cell, 300.0 * n as f64)]);
    }
    assert_eq!(count("SELECT count(*) FROM cases"), 3);
    // The first and the second are closed, long ago; of the second somebody wrote yesterday.
    run("UPDATE cases SET state = 3 WHERE id < 3");
    run("UPDATE cases SET last_heard = 1000");
    let yesterday = jiff::Timestamp::now().as_millisecond() - DAY_MS;
    run(&format!("INSERT INTO case_note (case_id, time, name, note) VALUES (2, {yesterday}, 'office', 'asked again')"));
    let prune = |more: &[&str]| {
        let line = [&["serve", "prune", "--older-than", "30", "--database", address], more].concat();
        let output = Command::new(env!("CARGO_BIN_EXE_cellwarden")).args(line).output().expect("started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let planned = prune(&["--dry-run"]);
    assert!(planned.starts_with("1 closed cases would go, with 1 alerts, 1 events"), "{planned}");
    assert_eq!(count("SELECT count(*) FROM cases"), 3, "nothing went");
    let gone = prune(&[]);
    assert!(gone.starts_with("1 closed cases gone, with 1 alerts, 1 events"), "{gone}");
    for table in ["cases", "alert", "case_alert", "event"] {
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), 2, "{table}");
    }
    assert!(prune(&[]).starts_with("0 closed cases"), "once");
}
