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
    command.env("XDG_DATA_HOME", "/nonexistent");
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

/// Replays the recording with the illegal femtocell against its list; gives the femtocell, the alerts, the exit code and what
/// was said.
fn illegal(more: &[&str]) -> (Value, usize, Option<i32>, String) {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let name = |file: &str| captures.join(file).display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.args(["replay", &name("illegal-femtocell.sigmf-meta"), "--registry", &name("registry.csv"), "--json"]);
    let output = command.args(more).stdin(Stdio::null()).output().expect("started");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let cell = events.iter().find(|event| event["ecgis"][0] == "450-08-5afff31").cloned().unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (cell, of_kind(&events, "alert").len(), output.status.code(), said)
}

#[test]
fn what_the_allow_list_knows_is_marked_and_not_alerted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("allow.csv");
    let list = |row: &str| {
        fs::write(&path, format!("ecgi,lat,lon,reason,until,by\n{row}\n")).expect("written");
        illegal(&["--allow", path.to_str().expect("UTF-8")])
    };
    let (cell, alerts, code, said) = list("450-08-5afff31,37.48,126.883,field test,2026-12-31,k.lee");
    assert_eq!((alerts, code), (0, Some(0)), "{said}");
    let unregistered = cell["findings"].as_array().and_then(|list| list.iter().find(|f| f["rule"] == "unregistered"));
    let suppressed = &unregistered.expect("kept")["evidence"]["suppressed"];
    assert_eq!((&suppressed["reason"], &suppressed["by"]), (&"field test".into(), &"k.lee".into()));
    assert_eq!(cell["verdict"], "unregistered");
    // Too late, and elsewhere.
    for row in ["450-08-5afff31,,,field test,2026-11-19,k.lee", "450-08-5afff31,37.5,126.9,field test,2026-12-31,k.lee"]
    {
        let (_, alerts, code, said) = list(row);
        assert_eq!((alerts, code), (1, Some(1)), "{row}: {said}");
    }
    let (_, _, code, said) = list("450-08-5afff31,,,field test,soon,k.lee");
    assert!(code != Some(0) && code != Some(1), "{said}");
    assert!(said.contains("allow.csv") && said.contains("line 2, column 5: until: \"soon\""), "{said}");
}

#[test]
fn the_age_of_a_list_counts_from_its_own_date() {
    let age = |more: &[&str]| {
        let (cell, _, _, said) = illegal(more);
        let evidence = cell["findings"][0]["evidence"].clone();
        (evidence["registry_age_days"].as_f64(), evidence["registry_stale"] == true, said)
    };
    let (days, stale, _) = age(&["--list-date", "2026-11-10"]);
    assert_eq!((days, stale), (Some(10.0), false));
    let (days, stale, said) = age(&["--list-date", "2026-08-01T00:00:00Z"]);
    assert_eq!((days, stale), (Some(111.0), true));
    assert!(said.contains("days old"), "{said}");
    let (days, _, said) = age(&["--list-date", "2105-01-01"]);
    assert_eq!(days, Some(0.0));
    assert!(said.contains("of the future"), "{said}");
    // The file's own date is later than the recording's.
    assert!(age(&[]).0.is_some_and(|days| days >= 0.0));
    let (_, _, code, said) = illegal(&["--list-date", "yesterday"]);
    assert!(code == Some(2) && said.contains("a date like 2026-11-19"), "{said}");
}

/// Positions that came wrong: nothing is critical on a fix whose error explains it, and no fix is no place.
#[test]
fn a_poor_fix_accuses_nobody() {
    let given = std::env::var_os("CELLWARDEN_SHARED").map(PathBuf::from);
    let shared = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let Some(folder) = Some(shared.join("cases/position")).filter(|folder| folder.is_dir()) else { return };
    let name = |file: &str| folder.join(file).to_str().expect("UTF-8").to_owned();
    for log in ["h_rmcfirst.nmea", "h_ggafirst.nmea"] {
        let gps = format!("nmea:{}", name(log));
        let (events, code) = replay(&[&name("drive"), "--registry", &name("registry.csv"), "--gps", &gps]);
        assert_eq!((of_kind(&events, "alert"), code), (vec![], Some(0)), "{log}");
        let errors =
            of_kind(&events, "cell").iter().filter_map(|cell| cell["position"]["error_m"].as_f64()).collect::<Vec<_>>();
        assert!(!errors.is_empty() && errors.iter().all(|error_m| *error_m >= 124.0), "{log}: {errors:?}");
    }
    let gps = format!("nmea:{}", name("null.nmea"));
    let (events, code) = replay(&[&name("drive"), "--registry", &name("registry.csv"), "--gps", &gps]);
    assert!(of_kind(&events, "alert").is_empty() && code != Some(1), "{code:?}");
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
