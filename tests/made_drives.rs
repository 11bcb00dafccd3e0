//! Drives drawn at random and made as signal, through the whole program: rogues are found, honest drives raise nothing.
//!
//! The wide run is for reading:
//! `FROM=1 TO=21 cargo test --release --test made_drives -- --ignored --nocapture`.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use testsignal::drive;

/// What a drive should have raised and did not, and what it should not have.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    expected: usize,
    missing: Vec<String>,
    wrong: Vec<String>,
}

/// Rule or nothing, global identity and PCI of an alert.
fn key(alert: &Value) -> (String, String, u64) {
    let text = |field: &str| alert[field].as_str().unwrap_or_default().to_owned();
    (text("rule"), text("ecgi"), alert["pci"].as_u64().unwrap_or_default())
}

/// Makes the drive of a seed and replays it.
fn outcome(seed: u64, honest: bool) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = drive::write(seed, honest, folder.path()).expect("written");
    let name = |file: &str| folder.path().join(file).to_str().expect("UTF-8").to_owned();
    let (registry, track) = (name(&format!("registry-{}.csv", plan.name)), name(&format!("{}.gpx", plan.name)));
    let (events, code) = replay(folder.path(), &registry, &track);
    let truth = std::fs::read_to_string(name("truth.json")).expect("just written");
    let expect = serde_json::from_str::<Value>(&truth).expect("JSON")["expect"].take();
    let list = |field: &str| expect[field].as_array().expect("a list").clone();

    let expected: BTreeSet<_> = list("alerts").iter().map(key).collect();
    let raised: BTreeSet<_> = events.iter().filter(|event| event["type"] == "alert").map(key).collect();
    let mut missing: Vec<String> = expected.difference(&raised).map(|alert| format!("{alert:?}")).collect();
    // A rogue may raise more than it must, another transmitter nothing.
    let rogue = |ecgi: &str, pci: u64| expected.iter().any(|(_, e, p)| e == ecgi && *p == pci);
    let innocent = raised.iter().filter(|(_, ecgi, pci)| !rogue(ecgi, *pci));
    let mut wrong: Vec<String> = innocent.map(|alert| format!("{alert:?}")).collect();
    for registered in list("registered") {
        let says = |cell: &Value| cell["ecgis"].as_array().is_some_and(|ecgis| ecgis.contains(&registered));
        if !events.iter().any(|event| event["verdict"] == "registered" && says(event)) {
            missing.push(format!("{registered} as registered"));
        }
    }
    let wanted = i32::from(!expected.is_empty());
    if code != Some(wanted) {
        wrong.push(format!("exit code {code:?}, not {wanted}"));
    }
    Outcome { expected: expected.len(), missing, wrong }
}

fn replay(folder: &Path, registry: &str, track: &str) -> (Vec<Value>, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.arg("replay").arg(folder).args(["--json", "--registry", registry, "--gps", &format!("gpx:{track}")]);
    let output = command.stdin(Stdio::null()).output().expect("started");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(), output.status.code())
}

#[test]
fn every_rogue_is_found_and_nobody_else_is_accused() {
    let mut not_moving = 0;
    for seed in [1, 2, 3] {
        let mut outcome = outcome(seed, false);
        // Nothing tells a twin driving along from a station where a macro cell is as strong all the way.
        let before = outcome.missing.len();
        outcome.missing.retain(|alert| !alert.contains("co-moving"));
        not_moving += before - outcome.missing.len();
        assert!(outcome.missing.is_empty() && outcome.wrong.is_empty(), "seed {seed}: {outcome:?}");
    }
    assert!(not_moving <= 1, "{not_moving} not said to move");
}

#[test]
fn honest_drives_raise_nothing() {
    for seed in [1, 2] {
        assert_eq!(outcome(seed, true), Outcome::default(), "seed {seed}");
    }
}

#[test]
#[ignore = "minutes long; for reading"]
fn many_drives() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (mut expected, mut missing, mut wrong) = (0, 0, 0);
    for seed in number("FROM", 1)..number("TO", 21) {
        for honest in [false, true] {
            let outcome = outcome(seed, honest);
            if !outcome.missing.is_empty() || !outcome.wrong.is_empty() {
                println!("seed {seed}{}: {outcome:?}", if honest { ", honest" } else { "" });
            }
            expected += outcome.expected;
            missing += outcome.missing.len();
            wrong += outcome.wrong.len();
        }
    }
    println!("{expected} alerts expected, {missing} missing, {wrong} wrong");
}
