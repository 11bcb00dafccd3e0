//! A whole drive through the program: what it must raise, what it must not, and the account of its area.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The drive lies beside the repository, where it is at all.
fn drive() -> Option<PathBuf> {
    let given = std::env::var_os("CELLWARDEN_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    Some(shared.join("captures/drive-a")).filter(|folder| folder.is_dir())
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.args(arguments).stdin(Stdio::null()).output().expect("started")
}

fn events(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_drive_raises_what_it_must_and_its_area_is_accounted_for() {
    let Some(drive) = drive() else { return };
    let truth = fs::read_to_string(drive.join("truth.json")).expect("beside the recordings");
    let truth: Value = serde_json::from_str(&truth).expect("JSON");
    let expected = &truth["expect"];
    let name = |file: &str| drive.join(file).to_str().expect("UTF-8").to_owned();
    let (registry, track) = (name("registry-a.csv"), format!("gpx:{}", name("drive-a.gpx")));
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("d.sqlite").to_str().expect("UTF-8").to_owned();
    let drive = drive.to_str().expect("UTF-8");
    let output = run(&["replay", drive, "--json", "--registry", &registry, "--gps", &track, "--store", &store]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let events = events(&output);
    let alerts: Vec<&Value> = events.iter().filter(|event| event["type"] == "alert").collect();
    for wanted in expected["alerts"].as_array().expect("a list") {
        let same = |alert: &&&Value| ["rule", "ecgi", "pci"].iter().all(|field| alert[*field] == wanted[*field]);
        assert!(alerts.iter().any(|alert| same(&alert)), "{wanted}");
    }
    for innocent in expected["never_alert"].as_array().expect("a list") {
        assert!(!alerts.iter().any(|alert| alert["ecgi"] == *innocent), "{innocent}");
    }
    for registered in expected["registered"].as_array().expect("a list") {
        let heard = |cell: &Value| cell["ecgis"].as_array().is_some_and(|ecgis| ecgis.contains(registered));
        assert!(events.iter().any(|cell| cell["verdict"] == "registered" && heard(cell)), "{registered}");
    }

    let output = run(&["inspect", "--registry", &registry, "--store", &store, "--format", "json", "--along", "300"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let accounts = self::events(&output);
    let silent: BTreeSet<&str> = accounts
        .iter()
        .filter(|account| account["outcome"] == "not-heard")
        .filter_map(|account| account["ecgi"].as_str())
        .collect();
    let truly: BTreeSet<&str> =
        expected["not_heard"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(silent, truly);
    for account in accounts.iter().filter(|account| account["outcome"] == "not-heard") {
        assert!(account["passes"].as_u64() >= Some(1) && account["nearest_m"].is_number(), "{account}");
    }
}
