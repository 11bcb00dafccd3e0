//! The program's answer to a signal.

use std::{
    fmt::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::signal::Signal;

/// A cell as it was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    pub pci: u64,
    pub carrier_hz: f64,
    pub earfcn: Option<u64>,
    /// Whether no other EARFCN is possible.
    pub earfcn_certain: bool,
    pub cfo_hz: f64,
    pub is_tdd: bool,
    pub frame_at_sample: Option<f64>,
    pub rsrp_dbfs: f32,
    pub sinr_db: f32,
    /// Antenna ports, bandwidth, PHICH.
    pub mib: Option<String>,
    pub bandwidth_rb: u64,
    pub sib1: Option<String>,
    /// Rows of a registered cell list, one a PLMN.
    registered: Vec<String>,
}

/// What was reported of a signal.
pub struct Answer {
    pub cells: Vec<Reported>,
    /// Names of the rules that raised alerts, with the cells' identities.
    pub alerts: Vec<(String, u64)>,
}

/// Replays `signal`, stored in `folder`, with the cells of `registered` as the registered cell list.
///
/// # Panics
/// If the program fails.
pub fn replay(signal: &Signal, registered: &[Reported], folder: &Path) -> Answer {
    let (data, list) = (folder.join("signal.bin"), folder.join("registry.csv"));
    signal.write(&data).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null());
    command.arg("replay").arg(&data).args(["--json", "--threads", "1"]);
    // A list without rows is refused.
    if registered.iter().any(|cell| !cell.registered.is_empty()) {
        std::fs::write(&list, registry(registered)).expect("written");
        command.arg("--registry").arg(&list);
    }
    command.args(["--format", signal.format.datatype()]);
    command.args(["--rate", &signal.rate_hz.to_string(), "--freq", &signal.center_hz.to_string()]);
    let output = command.output().expect("started");
    let told = String::from_utf8_lossy(&output.stderr);
    // What is too short to search shows nothing.
    assert!(matches!(output.status.code(), Some(0..=2)), "{}: {told}", output.status);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of_type = |name: &'static str| events.iter().filter(move |event| event["type"] == name);
    let alert = |event: &Value| (text_of(&event["rule"]), event["pci"].as_u64().unwrap_or(u64::MAX));
    Answer { cells: of_type("cell").map(reported).collect(), alerts: of_type("alert").map(alert).collect() }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn reported(event: &Value) -> Reported {
    let number = |field: &str| event[field].as_f64().unwrap_or(f64::NAN);
    let mib =
        ["antenna_ports", "bandwidth_rb", "phich_duration", "phich_resource"].map(|field| event[field].to_string());
    Reported {
        pci: event["pci"].as_u64().expect("every cell has one"),
        carrier_hz: number("carrier_hz"),
        earfcn: event["earfcn"].as_u64(),
        earfcn_certain: event["earfcn_certain"].as_bool().unwrap_or(true),
        cfo_hz: number("cfo_hz"),
        is_tdd: event["duplex"] == "tdd",
        frame_at_sample: event["sfn_at_sample"].as_f64(),
        rsrp_dbfs: number("rsrp_dbfs") as f32,
        sinr_db: number("sinr_db") as f32,
        mib: (event["state"] != "detected").then(|| mib.join(" ")),
        bandwidth_rb: event["bandwidth_rb"].as_u64().unwrap_or(6),
        sib1: event["sib1_hex"].as_str().map(str::to_owned),
        registered: rows(event),
    }
}

/// The rows that register a cell as it was reported.
fn rows(event: &Value) -> Vec<String> {
    let (Some(eci), Some(plmns)) = (event["eci"].as_u64(), event["plmns"].as_array()) else { return Vec::new() };
    let number = |field: &str| event[field].as_u64().map(|n| n.to_string()).unwrap_or_default();
    let facts = ["pci", "earfcn", "tac", "bandwidth_rb", "antenna_ports"].map(number).join(",");
    plmns.iter().map(|plmn| format!("{},{eci:07x},macro,active,{facts}", text_of(plmn))).collect()
}

fn registry(cells: &[Reported]) -> String {
    let mut list = "plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports\n".to_owned();
    let mut rows: Vec<&String> = cells.iter().flat_map(|cell| &cell.registered).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.into_iter().for_each(|row| writeln!(list, "{row}").expect("a text"));
    list
}
