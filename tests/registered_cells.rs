//! Innocent recordings: nothing is raised where the cells on air are the registered ones.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// The events of a replay, and its exit code.
fn replay(arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    let output = command.arg("replay").args(arguments).arg("--json").stdin(Stdio::null()).output().expect("started");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(), output.status.code())
}

fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

/// The registered cell list that a truth makes: each cell whose identity it gives, on the carrier where it is.
fn registry_of(cells: &[(Value, Option<u64>)]) -> String {
    let mut rows = BTreeSet::new();
    for (cell, earfcn) in cells {
        let (Some(eci), Some(plmns)) = (cell["eci"].as_u64(), cell["plmns"].as_array()) else { continue };
        let number = |field: &str| cell[field].as_u64().map(|n| n.to_string()).unwrap_or_default();
        let earfcn = earfcn.map(|n| n.to_string()).unwrap_or_default();
        for plmn in plmns.iter().filter_map(Value::as_str) {
            let mut row = format!("{plmn},{eci:07x},macro,active,{},{earfcn}", number("pci"));
            write!(row, ",{},{},{}", number("tac"), number("bandwidth_rb"), number("antenna_ports")).expect("a text");
            rows.insert(row);
        }
    }
    let rows: Vec<String> = rows.into_iter().collect();
    format!("plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports\n{}\n", rows.join("\n"))
}

#[test]
fn the_repositorys_own_recordings_raise_what_is_expected_and_nothing_else() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["one-cell", "two-operators", "macro-and-femtocell", "tdd-cell", "illegal-femtocell"] {
        let text = fs::read_to_string(captures.join(format!("expected/{name}.json"))).expect("in the repository");
        let truth: Value = serde_json::from_str(&text).expect("JSON");
        let cells = truth[name]["cells"].as_array().expect("a list").iter();
        let own = folder.path().join(format!("{name}.csv"));
        fs::write(&own, registry_of(&cells.map(|cell| (cell.clone(), None)).collect::<Vec<_>>())).expect("written");
        let meta = captures.join(format!("{name}.sigmf-meta"));
        let (events, code) = replay(&[meta.to_str().expect("UTF-8"), "--registry", own.to_str().expect("UTF-8")]);
        assert_eq!((of_kind(&events, "alert"), code), (vec![], Some(0)), "{name}");
        for cell in of_kind(&events, "cell").into_iter().filter(|cell| cell["ecgis"].is_array()) {
            assert_eq!(cell["verdict"], "registered", "{name}: PCI {}", cell["pci"]);
        }
    }
}

#[test]
fn the_demonstration_finds_nothing_in_an_honest_cell() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let captures = captures.to_str().expect("UTF-8");
    let list = format!("{captures}/registry.csv");
    for arguments in [vec![captures], vec![captures, "--registry", &list]] {
        let (events, _) = replay(&arguments);
        let cells = of_kind(&events, "cell");
        assert_eq!(cells.len(), 10, "{arguments:?}");
        for cell in cells {
            // The illegal femtocell.
            let is_honest = cell["ecgis"][0] != "450-08-5afff31";
            let findings = cell["findings"].as_array().expect("a list");
            assert!(!is_honest || findings.is_empty(), "{arguments:?}: {}: {findings:?}", cell["ecgis"]);
        }
    }
}

/// The number that another band has for the carrier of a cell, and neither name of it is a mismatch.
#[test]
fn a_carrier_under_the_number_of_another_band_is_the_registered_one() {
    let given = std::env::var_os("CELLWARDEN_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let Some(carrier) = Some(shared.join("cases/carrier")).filter(|folder| folder.is_dir()) else { return };
    let name = |file: &str| carrier.join(file).to_str().expect("UTF-8").to_owned();
    for list in ["reg26.csv", "reg5.csv"] {
        let (events, code) = replay(&[&name("b5mfbi26.sigmf-meta"), "--registry", &name(list)]);
        let verdicts: Vec<_> = of_kind(&events, "cell").iter().map(|cell| cell["verdict"].clone()).collect();
        assert_eq!((verdicts, code), (vec!["registered".into()], Some(0)), "{list}");
    }
}

/// Cells of the truth whose SIB1 it does not give, as the receivers that made it stopped at their MIBs: PCI 272 of
/// f1852.5, the sector beside PCI 271 of base station 0x4878, and PCI 196 of f1815.3, of the network and carrier of PCI
/// 301. Their SIB1 has a good CRC, and a second SIB1 or an SI message that it schedules.
const BEYOND_THE_TRUTH: &str = "460-01,0487883,macro,active,272,,,,\n206-01,2c54102,macro,active,196,,,,\n";

/// The recordings off the air lie beside the repository, where they are at all: they are not ours to copy.
fn ota() -> Option<PathBuf> {
    let given = std::env::var_os("CELLWARDEN_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    Some(shared.join("captures/ota")).filter(|folder| folder.is_dir())
}

#[test]
fn recordings_off_the_air_raise_nothing_when_their_cells_are_registered() {
    let Some(ota) = ota() else { return };
    let truth = fs::read_to_string(ota.join("truth.json")).expect("beside the recordings");
    let truth: serde_json::Map<String, Value> = serde_json::from_str(&truth).expect("JSON");
    let cells = truth.values().flat_map(|recording| recording["cells"].as_array().cloned().unwrap_or_default());
    let list = registry_of(&cells.map(|cell| (cell, None)).collect::<Vec<_>>());
    assert!(list.lines().count() > 3, "{list}");
    let list = list + BEYOND_THE_TRUTH;
    let folder = tempfile::tempdir().expect("a folder");
    let registry = folder.path().join("ota.csv");
    fs::write(&registry, list).expect("written");
    let mut identified = 0;
    for (name, recording) in &truth {
        let number = |field: &str| recording[field].as_f64().expect("a number").to_string();
        let input = ota.join(name);
        let (events, code) = replay(&[
            input.to_str().expect("UTF-8"),
            "--format",
            recording["format"].as_str().expect("a format"),
            "--rate",
            &number("sample_rate"),
            "--freq",
            &number("center_hz"),
            "--registry",
            registry.to_str().expect("UTF-8"),
        ]);
        assert_eq!((of_kind(&events, "alert"), code), (vec![], Some(0)), "{name}");
        identified += of_kind(&events, "cell").iter().filter(|cell| cell["verdict"] == "registered").count();
    }
    assert!(identified > 0, "a check that sees no registered cell proves nothing");
}
