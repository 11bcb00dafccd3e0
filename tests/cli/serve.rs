//! The registry service as CONTRACT says: it takes alerts from scanners, hands out the registered cell list, and shows the
//! fleet.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{folder::Folder, program::cellwarden};

/// A running service, ended with its test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_service_takes_alerts_once_hands_out_the_list_and_shows_the_fleet() {
    let folder = Folder::new();
    let list = folder.write("cells.csv", "plmn,eci\n450-08,3f0d101\n");
    folder.write("cells.csv.minisig", "signed");
    let (database, audit) = (folder.name("service.sqlite"), folder.name("audit.jsonl"));
    let mut child = cellwarden()
        .args(["serve", "--listen", "127.0.0.1:0", "--without-authentication", "--registry-list", &list])
        .args(["--database", &database, "--audit-log", &audit])
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let stdout = child.stdout.take().expect("piped");
    let _service = Service(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let url = line.trim().strip_prefix("serving ").expect("the address that it serves").to_owned();
    let event = json!({
        "specversion": "1.0", "id": "00112233445566aa", "source": "urn:cellwarden:scanner:van-3",
        "type": "io.cellwarden.alert.v1", "subject": "450-08-5afff31", "time": "2026-11-20T01:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "id": "00112233445566aa", "rule": "unregistered", "rule_version": 1, "severity": "critical",
            "ecgi": "450-08-5afff31", "pci": 304, "earfcn": 1550, "summary": "not registered", "evidence": {},
            "recording": "drive-001", "position": {"lat": 37.478, "lon": 126.88, "error_m": 5.0},
        },
    });
    // A repeat has the same id.
    for new in [1, 0] {
        let request = ureq::post(&format!("{url}/v1/events")).header("content-type", "application/cloudevents+json");
        let taken = request.send(event.to_string()).expect("taken").body_mut().read_to_string().expect("text");
        assert_eq!(serde_json::from_str::<Value>(&taken).expect("JSON"), json!({"new": new, "known": 1 - new}));
    }
    let get = |path: &str| {
        let mut response = ureq::get(&format!("{url}{path}")).call().unwrap_or_else(|error| panic!("{path}: {error}"));
        response.body_mut().read_to_string().expect("text")
    };
    let of = |path: &str| serde_json::from_str::<Value>(&get(path)).expect("JSON");
    let cases = of("/v1/cases").to_string();
    assert!(cases.matches("450-08-5afff31").count() >= 1 && cases.contains("unregistered"), "{cases}");
    assert!(of("/v1/scanners").to_string().contains("van-3"));
    assert_eq!(get("/v1/registry/cells.csv"), "plmn,eci\n450-08,3f0d101\n");
    assert_eq!(get("/v1/registry/cells.csv.minisig"), "signed");
    assert!(get("/").contains("<html"), "the page that shows the fleet");
    assert!(get("/metrics").contains("cellwarden_"), "how it is");
}
