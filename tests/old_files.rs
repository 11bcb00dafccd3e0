//! Files that earlier programs wrote are read, and those of later programs are refused with what to do about it.

mod folder;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use cellwarden_store::{Detail, Store, StoreError};
use folder::Folder;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The cell that the old drive's alert is about, and that alert.
const ROGUE: &str = "450-08-5afff31";
const ALERT: &str = "12960cd2c39a4c94";
/// The alert of the archived drive.
const ARCHIVED: &str = "6d4a429ea675a3e4";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/7835115").join(name)
}

/// A copy of a fixture in a folder: opening a store brings it up to this program's version.
fn copied(folder: &Folder, name: &str) -> String {
    folder.write(name, fs::read(fixture(name)).expect("in the repository"))
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.args(arguments).stdin(Stdio::null()).env("XDG_CONFIG_HOME", "/nonexistent").output().expect("started")
}

fn text(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

/// What the program says where it refuses.
fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn an_old_store_is_listed_shown_and_reported() {
    let folder = Folder::new();
    let store = copied(&folder, "store.sqlite");
    let listed = lines(&text(&["drives", "list", "--json", "--store", &store]));
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["dwells"], &listed[0]["observations"]), (&5.into(), &10.into()));
    assert_eq!(
        (&listed[0]["from"], &listed[0]["to"]),
        (&"2026-11-20T01:00:00Z".into(), &"2026-11-20T01:04:00Z".into())
    );
    let shown = lines(&text(&["drives", "show", "1", "--json", "--store", &store]));
    let rogue = shown.iter().find(|row| row["cell"].as_str().is_some_and(|cell| cell.starts_with(ROGUE)));
    assert_eq!(rogue.expect("shown")["verdict"], "unregistered");

    let alert = &lines(&text(&["alerts", "export", "--store", &store]))[0];
    assert_eq!((&alert["id"], &alert["ecgi"], &alert["severity"]), (&ALERT.into(), &ROGUE.into(), &"critical".into()));
    assert_eq!((&alert["note"], &alert["remarks"][0]["acknowledged"]), (&"by the gate".into(), &true.into()));
    for format in ["html", "kml", "geojson", "csv", "pcapng"] {
        let out = folder.name(&format!("report.{format}"));
        text(&["report", "--store", &store, "--format", format, "--out", &out]);
        assert!(fs::metadata(&out).is_ok_and(|facts| facts.len() > 500), "{format}");
    }
    let registry = copied(&folder, "registry.sqlite");
    let account = text(&["inspect", "--store", &store, "--registry", &registry, "--format", "json", "--all"]);
    assert!(account.contains("5a00102"), "{account}");
    assert!(text(&["alerts", "outbox", "--store", &store]).contains("10 sightings"));
}

#[test]
fn every_cell_of_an_old_store_comes_back_whole() {
    let folder = Folder::new();
    let store = Store::open(Path::new(&copied(&folder, "store.sqlite"))).expect("read");
    let mut cells = Vec::new();
    let all = store.all_dwells::<StoreError>(Detail::Whole, |_, _, of_dwell| {
        cells.extend(of_dwell);
        Ok(())
    });
    all.expect("read");
    assert_eq!(cells.len(), 10);
    for cell in &cells {
        let o = &cell.observation;
        assert!(o.identity.is_some() && o.blocks.len() >= 3 && o.sibs.contains_key("sib1"), "{o:?}");
        assert!(o.dwell.start.is_some() && !o.broadcast.decoded_sibs.is_empty(), "{o:?}");
        assert_eq!(o.position.is_some(), o.dwell.recording != "tdd-cell", "that recording has no place");
    }
    let fired = |cell: &&cellwarden_core::drive::JudgedCell| cell.findings.iter().any(|f| f.rule == "unregistered");
    assert_eq!(cells.iter().filter(fired).count(), 1);
}

#[test]
fn an_old_archive_is_taken_in_and_its_evidence_verified() {
    let folder = Folder::new();
    let (archive, store) = (copied(&folder, "drive.tar.zst"), folder.name("store.sqlite"));
    text(&["drives", "import", &archive, "--store", &store]);
    let alert = &lines(&text(&["alerts", "export", "--store", &store]))[0];
    assert_eq!(alert["id"], ARCHIVED);
    let verified = lines(&text(&["alerts", "verify", ARCHIVED, "--store", &store, "--json"]));
    let checks = verified[0]["checks"].as_array().expect("a list");
    assert!(checks.len() >= 5 && checks.iter().all(|check| check["ok"] == true), "{checks:?}");
}

#[test]
fn an_old_registry_is_looked_up() {
    let folder = Folder::new();
    let registry = copied(&folder, "registry.sqlite");
    let shown = lines(&text(&["registry", "show", "450-08-3f0d101", "--registry", &registry, "--json"]));
    assert_eq!(shown[0]["cell"]["pci"], 301);
    // It was given indices; what the old program reads in it is still there.
    let stats = lines(&text(&["registry", "stats", "--registry", &registry, "--json"]));
    assert_eq!(stats[0]["plmns"]["450-08"], 5);
}

#[cfg(feature = "serve")]
#[test]
fn old_events_are_taken_in() {
    use std::io::{BufRead, BufReader};

    struct Ended(std::process::Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.kill().and_then(|()| self.0.wait()).expect("ended");
        }
    }
    let folder = Folder::new();
    let database = folder.name("service.sqlite");
    let mut service = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    service.env("XDG_DATA_HOME", "/nonexistent");
    service.args(["serve", "--listen", "127.0.0.1:0", "--database", &database, "--without-authentication"]);
    let mut service = Ended(service.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started"));
    let mut line = String::new();
    BufReader::new(service.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let url = line.trim().strip_prefix("serving ").expect("its address").to_owned();

    let events = fs::read_to_string(fixture("events.json")).expect("in the repository");
    let count = serde_json::from_str::<Vec<Value>>(&events).expect("a list").len();
    assert_eq!(count, 11);
    let answer = ureq::post(format!("{url}/v1/events"))
        .header("content-type", "application/cloudevents-batch+json")
        .send(&events)
        .expect("taken in");
    assert!(answer.status().is_success(), "{}", answer.status());
    let kept = Connection::open(&database).expect("a database");
    let kept: i64 = kept.query_row("SELECT count(*) FROM event", [], |row| row.get(0)).expect("a count");
    assert_eq!(kept, count as i64);
    let cases = ureq::get(format!("{url}/v1/cases")).call().expect("listed").into_body().read_to_string();
    assert!(cases.is_ok_and(|cases| cases.contains(ROGUE)));
}

#[test]
fn a_later_programs_store_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let store = copied(&folder, "store.sqlite");
    raise_version(&store);
    let before = fs::read(&store).expect("read");
    let archive = folder.name("out.tar.zst");
    for command in [&["drives", "list"][..], &["drives", "export", "1", &archive], &["alerts", "list"], &["report"]] {
        let told = refusal(&[command, &["--store", &store]].concat());
        assert!(told.contains("store version 99") && told.contains("use a newer cellwarden"), "{told}");
    }
    assert!(fs::read(&store).expect("read") == before && !Path::new(&archive).exists());
}

#[test]
fn a_later_programs_archive_is_refused_and_nothing_taken_in() {
    let folder = Folder::new();
    let (mut manifest, mut files) = unpacked(&fixture("drive.tar.zst"));
    let import = |manifest: &Value, files: &[(String, Vec<u8>)]| {
        let (archive, store) = (folder.name("later.tar.zst"), folder.name("store.sqlite"));
        pack(&archive, manifest, files);
        let told = refusal(&["drives", "import", &archive, "--store", &store]);
        assert!(told.contains("use a newer cellwarden"), "{told}");
        assert!(!folder.path("store.sqlite").exists(), "no store is left");
        assert!(!folder.path("evidence").exists());
    };
    let mut later = manifest.clone();
    later["schema"] = "cellwarden.drive/2".into();
    later["signed_by"] = "a field that this program does not know".into();
    import(&later, &files);

    let rows = files.iter_mut().find(|(name, _)| name == "store.sqlite").expect("rows");
    let file = folder.write("rows.sqlite", &rows.1);
    raise_version(&file);
    rows.1 = fs::read(file).expect("read");
    manifest["files"]["store.sqlite"] = json!({"bytes": rows.1.len(), "sha256": hex::encode(Sha256::digest(&rows.1))});
    import(&manifest, &files);
}

#[test]
fn a_later_programs_registry_is_refused() {
    let folder = Folder::new();
    let registry = copied(&folder, "registry.sqlite");
    let database = Connection::open(&registry).expect("a database");
    database.execute("UPDATE registry_snapshot SET schema = 99", []).expect("raised");
    drop(database);
    for command in [&["registry", "show", "450-08-3f0d101"][..], &["registry", "stats"]] {
        let told = refusal(&[command, &["--registry", &registry]].concat());
        assert!(told.contains("registry schema 99") && told.contains("use a newer cellwarden"), "{told}");
    }
}

/// Says of a store that a later program wrote it.
fn raise_version(store: &str) {
    let database = Connection::open(store).expect("a database");
    database.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;").expect("raised");
}

/// The manifest and the other files of an archive.
fn unpacked(archive: &Path) -> (Value, Vec<(String, Vec<u8>)>) {
    let packed = fs::read(archive).expect("in the repository");
    let mut tar = tar::Archive::new(zstd::Decoder::new(&packed[..]).expect("zstd"));
    let (mut manifest, mut files) = (Value::Null, Vec::new());
    for entry in tar.entries().expect("tar") {
        let mut entry = entry.expect("an entry");
        let (name, mut bytes) = (entry.path().expect("a name").display().to_string(), Vec::new());
        entry.read_to_end(&mut bytes).expect("read");
        match name.as_str() {
            "manifest.json" => manifest = serde_json::from_slice(&bytes).expect("JSON"),
            _ => files.push((name, bytes)),
        }
    }
    (manifest, files)
}

fn pack(archive: &str, manifest: &Value, files: &[(String, Vec<u8>)]) {
    let packed = zstd::Encoder::new(fs::File::create(archive).expect("a file"), 1).expect("zstd");
    let mut tar = tar::Builder::new(packed);
    let manifest = ("manifest.json".to_owned(), serde_json::to_vec(manifest).expect("JSON"));
    for (name, bytes) in std::iter::once(&manifest).chain(files) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &bytes[..]).expect("appended");
    }
    tar.into_inner().and_then(zstd::Encoder::finish).expect("packed");
}
