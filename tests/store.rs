//! Drives that are kept: through crashes, replays and tampering. The recordings are those of `captures/`.

mod folder;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use cellwarden_store::{Detail, Store, StoreError};
use folder::Folder;
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

/// A list of the network of the recordings, without the macro cell 450-08-3f0d101 in them.
const REGISTRY: &str = "plmn,eci,kind,status,pci,earfcn\n450-08,5a00101,femto,active,452,1550\n";

fn cellwarden(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    cellwarden(arguments).output().expect("started")
}

fn events(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

fn alert_ids(events: &[Value]) -> Vec<String> {
    let alerts = events.iter().filter(|event| event["type"] == "alert");
    alerts.map(|alert| alert["id"].as_str().expect("a text").to_owned()).collect()
}

fn with_registry() -> Folder {
    let folder = Folder::new();
    folder.write("registry.csv", REGISTRY);
    folder
}

impl Folder {
    /// A drive of `one-cell` heard `count` times, 30 s apart, from the stop `first` on.
    fn drive(&self, name: &str, first: usize, count: usize) -> String {
        fs::create_dir_all(self.path(name)).expect("made");
        let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
        let text = fs::read_to_string(captures.join("one-cell.sigmf-meta")).expect("in the repository");
        for stop in first..first + count {
            let mut meta: Value = serde_json::from_str(&text).expect("JSON");
            let time = format!("2026-11-20T01:{:02}:{:02}Z", stop / 2, stop % 2 * 30);
            meta["captures"][0]["core:datetime"] = time.into();
            let stem = self.path(name).join(format!("stop-{stop:03}"));
            fs::write(stem.with_extension("sigmf-meta"), meta.to_string()).expect("written");
            fs::copy(captures.join("one-cell.sigmf-data"), stem.with_extension("sigmf-data")).expect("copied");
        }
        self.name(name)
    }
}

fn replay(folder: &Folder, drive: &str, more: &[&str]) -> Output {
    let registry = folder.name("registry.csv");
    run(&[&["replay", drive, "--json", "--registry", &registry], more].concat())
}

#[test]
fn a_drive_twice_or_in_halves_raises_its_alerts_once() {
    let folder = with_registry();
    let drive = folder.drive("drive", 0, 4);
    let store = folder.name("once.sqlite");
    let first = replay(&folder, &drive, &["--store", &store]);
    assert_eq!(first.status.code(), Some(1), "{}", String::from_utf8_lossy(&first.stderr));
    let raised = alert_ids(&events(&first));
    assert!(!raised.is_empty());

    let again = replay(&folder, &drive, &["--store", &store]);
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(alert_ids(&events(&again)), [""; 0]);
    let cells = |output: &Output| events(output).into_iter().filter(|e| e["type"] == "cell").collect::<Vec<_>>();
    assert_eq!(cells(&first), cells(&again), "told from the store as they were heard");

    let halves = [folder.drive("half-1", 0, 2), folder.drive("half-2", 2, 2)];
    let store = folder.name("halves.sqlite");
    let in_halves: Vec<String> =
        halves.iter().flat_map(|half| alert_ids(&events(&replay(&folder, half, &["--store", &store])))).collect();
    assert_eq!(in_halves, raised);
    let listed = run(&["alerts", "export", "--store", &store]);
    assert_eq!(alert_ids(&events(&listed)).into_iter().collect::<BTreeSet<_>>(), raised.into_iter().collect());
}

#[test]
fn a_drive_that_is_stored_is_shown_by_the_rules_given_and_its_number_named() {
    let folder = with_registry();
    let drive = folder.drive("drive", 0, 4);
    let store = folder.name("store.sqlite");
    let stderr = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let headless = |more: &[&str]| {
        let registry = folder.name("registry.csv");
        run(&[&["replay", &drive, "--headless", "--store", &store, "--registry", &registry], more].concat())
    };
    let first = headless(&[]);
    assert!(stderr(&first).contains("drive 1;"), "{}", stderr(&first));
    let again = headless(&[]);
    let line = stderr(&again);
    assert!(line.contains("all 4 dwells were stored before, in drive 1;") && line.contains("--drive 1 "), "{line}");
    assert!(!line.contains("drive 2"), "{line}");

    folder.write("rules.toml", "[unregistered]\nenabled = false\n");
    let rules = folder.name("rules.toml");
    for _ in 0..2 {
        let off = headless(&["--rules", &rules]);
        let table = String::from_utf8_lossy(&off.stdout).into_owned();
        assert!(table.contains("3f0d101") && !table.contains("unregistered\n  ALERT"), "{table}");
        assert!(!table.contains(": unregistered"), "a rule that is off has no findings: {table}");
        assert!(stderr(&off).contains("judged then by rules"), "{}", stderr(&off));
    }
    // A new store has the same cells with the same findings.
    let fresh = events(&replay(&folder, &drive, &["--rules", &rules, "--store", &folder.name("fresh.sqlite")]));
    let shown = events(&replay(&folder, &drive, &["--rules", &rules, "--store", &store]));
    let cells = |events: Vec<Value>| events.into_iter().filter(|e| e["type"] == "cell").collect::<Vec<_>>();
    assert_eq!(cells(shown), cells(fresh));
    // What is new is a drive, beside the one that holds the rest.
    let longer = folder.drive("drive", 0, 5);
    let registry = folder.name("registry.csv");
    let more = run(&["replay", &longer, "--headless", "--store", &store, "--registry", &registry]);
    let lines = stderr(&more);
    assert!(lines.contains("4 dwells were stored before, in drive 1;"), "{lines}");
    assert_eq!(lines.matches("; `cellwarden report").count(), 2, "{lines}");
}

#[test]
fn a_drive_goes_on_from_the_kept_memory_as_from_its_dwells() {
    let folder = with_registry();
    let halves = [folder.drive("half-1", 0, 3), folder.drive("half-2", 3, 3)];
    let [kept, judged_again] = ["kept.sqlite", "again.sqlite"].map(|name| folder.name(name));
    replay(&folder, &halves[0], &["--store", &kept]);
    fs::copy(&kept, &judged_again).expect("copied");
    let forgetful = Connection::open(&judged_again).expect("a database");
    assert_eq!(forgetful.execute("DELETE FROM memory WHERE dwell = 3", []).expect("deleted"), 1);
    drop(forgetful);
    let told = |store: &str| {
        let told = events(&replay(&folder, &halves[1], &["--store", store]));
        told.into_iter().filter(|event| event["type"] == "cell" || event["type"] == "alert").collect::<Vec<_>>()
    };
    assert_eq!(told(&kept), told(&judged_again));
    let memory = |store: &str| -> (i64, Vec<u8>) {
        let database = Connection::open(store).expect("a database");
        database
            .query_row("SELECT dwell, bytes FROM memory", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("one memory")
    };
    let (dwell, bytes) = memory(&kept);
    assert_eq!(dwell, 6);
    assert!((dwell, bytes) == memory(&judged_again), "the rules remember the same");
}

#[test]
fn what_is_said_of_an_alert_is_listed_shown_and_exported() {
    let folder = with_registry();
    let drive = folder.drive("drive", 0, 1);
    let store = folder.name("store.sqlite");
    let id = alert_ids(&events(&replay(&folder, &drive, &["--store", &store])))[0].clone();
    let alerts = |words: &[&str]| run(&[&["alerts", "--store", &store], words].concat());
    let text = |words: &[&str]| String::from_utf8_lossy(&alerts(words).stdout).into_owned();
    let shown = || events(&alerts(&["show", &id, "--json"]))[0].clone();
    assert_eq!((&shown()["acknowledged"], &shown()["note"]), (&Value::Null, &Value::Null));
    assert!(text(&["list"]).contains(" new "), "{}", text(&["list"]));
    let done = text(&["ack", &id]);
    assert!(done.starts_with(&format!("alert {id} (")) && done.ends_with("): acknowledged\n"), "{done}");
    let recording = folder.write("evidence.sigmf-data", "x");
    let refused = alerts(&["verify", &recording]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && why.contains("ends in .json"), "{why}");
    assert_eq!(alerts(&["note", &id[..6], "at the gate \u{1b}[2J"]).status.code(), Some(0));
    assert_eq!(alerts(&["ack", "no such alert"]).status.code(), Some(2));
    let list = text(&["list"]);
    assert!(list.contains(" seen ") && list.contains("“at the gate \\u{1b}[2J”"), "{list}");
    assert!(text(&["show", &id]).contains(" note “at the gate"), "{}", text(&["show", &id]));
    assert!(shown()["acknowledged"].as_str().is_some_and(|time| time.ends_with('Z')), "{}", shown());
    assert_eq!(shown()["note"], "at the gate \u{1b}[2J");
    assert_eq!(shown()["remarks"].as_array().map(Vec::len), Some(2));
    // A replay over the same store changes nothing of it.
    replay(&folder, &drive, &["--store", &store]);
    assert_eq!(events(&alerts(&["export"]))[0], shown());
}

#[test]
fn what_a_killed_replay_printed_is_stored() {
    let folder = with_registry();
    let drive = folder.drive("drive", 0, 6);
    let store = folder.name("s.sqlite");
    let whole = alert_ids(&events(&replay(&folder, &drive, &[])));
    let registry = folder.name("registry.csv");
    let arguments = ["replay", &drive, "--json", "--registry", &registry, "--store", &store, "--threads", "1"];
    let mut child = cellwarden(&arguments).stdout(Stdio::piped()).spawn().expect("started");
    let mut printed: Vec<Value> = Vec::new();
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    for line in lines {
        printed.push(serde_json::from_str(&line.expect("UTF-8")).expect("whole lines"));
        if printed.iter().filter(|event| event["type"] == "cell").count() == 3 {
            // SIGKILL: nothing is asked.
            child.kill().expect("killed");
            break;
        }
    }
    child.wait().expect("ended");

    let kept = Store::open(Path::new(&store)).expect("a whole store");
    let mut recordings = BTreeSet::new();
    kept.all_dwells::<StoreError>(Detail::Facts, |_, dwell, _| {
        recordings.insert(dwell.recording.clone());
        Ok(())
    })
    .expect("readable");
    // A dwell is printed before it is stored: only the last one may be missing.
    let cells: Vec<&Value> = printed.iter().filter(|event| event["type"] == "cell").collect();
    for cell in &cells[..cells.len() - 1] {
        assert!(recordings.contains(cell["recording"].as_str().expect("a text")), "{recordings:?}");
    }
    let missing: Vec<String> =
        alert_ids(&printed).into_iter().filter(|id| kept.alert(id).expect("a look").is_none()).collect();
    drop(kept);

    let again = alert_ids(&events(&replay(&folder, &drive, &["--store", &store])));
    assert!(missing.iter().all(|id| again.contains(id)), "{missing:?} are raised again under their ids: {again:?}");
    let listed = alert_ids(&events(&run(&["alerts", "export", "--store", &store])));
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), whole.into_iter().collect(), "as without the kill");
}

/// An alert's evidence, and the words to verify it with.
fn proven(folder: &Folder) -> (PathBuf, Vec<String>) {
    let drive = folder.drive("drive", 0, 1);
    let (store, evidence) = (folder.name("s.sqlite"), folder.name("evidence"));
    let output = replay(folder, &drive, &["--store", &store, "--evidence", &evidence]);
    let raised = events(&output).into_iter().find(|event| event["type"] == "alert").expect("an alert");
    let file = PathBuf::from(raised["evidence_file"].as_str().expect("evidence"));
    assert!(file.exists(), "{}", file.display());
    let id = raised["id"].as_str().expect("a text").to_owned();
    (file, ["alerts", "verify", &id, "--store", &store, "--json"].map(str::to_owned).to_vec())
}

/// The names of the checks that fail, and the exit code.
fn verify(words: &[String]) -> (Vec<String>, Option<i32>) {
    let output = run(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let printed = events(&output).remove(0);
    let checks = printed["checks"].as_array().expect("a list").iter();
    let bad =
        checks.filter(|check| check["ok"] == false).map(|check| check["check"].as_str().expect("a name").to_owned());
    (bad.collect(), output.status.code())
}

fn hex_of(digest: &[u8]) -> String {
    hex::encode(digest)
}

/// Writes the document's own hash anew, as somebody would who knows how it is made.
fn reseal(document: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_str(&fs::read_to_string(document).expect("readable")).expect("JSON");
    change(&mut value);
    value["sha256"] = "0".repeat(64).into();
    let text = value.to_string();
    let own = hex_of(&Sha256::digest(text.as_bytes()));
    fs::write(document, text.replacen(&"0".repeat(64), &own, 1)).expect("written");
}

/// Puts other samples into a recording, with all hashes of it made anew.
fn replace_samples(meta: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let data = meta.with_extension("sigmf-data");
    let mut samples = fs::read(&data).expect("readable");
    change(&mut samples);
    fs::write(&data, &samples).expect("written");
    let mut metadata: Value = serde_json::from_str(&fs::read_to_string(meta).expect("readable")).expect("JSON");
    metadata["global"]["core:sha512"] = hex_of(&Sha512::digest(&samples)).into();
    fs::write(meta, metadata.to_string()).expect("written");
    let meta_sha512 = hex_of(&Sha512::digest(fs::read(meta).expect("readable")));
    reseal(&meta.with_extension("json"), |document| {
        document["recording"]["data_sha512"] = metadata["global"]["core:sha512"].clone();
        document["recording"]["meta_sha512"] = meta_sha512.into();
    });
}

#[test]
fn good_evidence_is_verified_with_and_without_its_store() {
    let folder = with_registry();
    let (file, words) = proven(&folder);
    assert_eq!(verify(&words), (vec![], Some(0)));
    let document = file.with_extension("json");
    let alone = ["alerts", "verify", document.to_str().expect("UTF-8"), "--json"].map(str::to_owned);
    assert_eq!(verify(&alone), (vec![], Some(0)));
    let meta: Value = serde_json::from_str(&fs::read_to_string(&file).expect("readable")).expect("JSON");
    let labels: Vec<&str> =
        meta["annotations"].as_array().expect("a list").iter().filter_map(|a| a["core:label"].as_str()).collect();
    assert!(
        labels.iter().any(|label| label.starts_with("PCI 301 SFN ") && label.ends_with("BCCH-DL-SCH")),
        "{labels:?}"
    );
}

#[test]
fn tampering_is_found_by_hash() {
    let folder = with_registry();
    let (file, words) = proven(&folder);
    let (data, document) = (file.with_extension("sigmf-data"), file.with_extension("json"));
    let whole = fs::read(&data).expect("readable");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&data, &flipped).expect("written");
    let (bad, code) = verify(&words);
    assert!(bad.contains(&"samples".to_owned()) && code == Some(2), "{bad:?}");
    fs::write(&data, &whole).expect("written");

    let text = fs::read_to_string(&document).expect("readable");
    fs::write(&document, text.replacen("\"pci\": 301", "\"pci\": 302", 1)).expect("written");
    assert!(verify(&words).0.contains(&"document".to_owned()));
    fs::write(&document, &text).expect("written");

    let metadata = fs::read_to_string(&file).expect("readable");
    fs::write(&file, metadata.replace("PCI 301", "PCI 302")).expect("written");
    assert_eq!(verify(&words).0, ["metadata"]);
    fs::write(&file, &metadata).expect("written");
    assert_eq!(verify(&words), (vec![], Some(0)), "as it was");

    // Resealed, the document holds in itself, but the store knows another.
    reseal(&document, |value| value["program"] = "other".into());
    assert_eq!(verify(&words).0, ["document"]);
    fs::remove_file(&data).expect("removed");
    fs::remove_file(&file).expect("removed");
    assert_eq!(verify(&words), (vec!["document".to_owned(), "recording".to_owned()], Some(2)));
}

#[test]
fn tampering_is_found_by_content_where_all_hashes_are_made_anew() {
    let folder = with_registry();
    let (file, _) = proven(&folder);
    let document = file.with_extension("json");
    let alone = ["alerts", "verify", document.to_str().expect("UTF-8"), "--json"].map(str::to_owned);
    let text = fs::read_to_string(&document).expect("readable");

    reseal(&document, |value| value["cell"]["ecgis"][0] = "450-08-3f0d102".into());
    assert_eq!(verify(&alone).0, ["alert", "identity"]);
    fs::write(&document, &text).expect("written");

    reseal(&document, |value| {
        let blocks = value["blocks"].as_array_mut().expect("a list");
        let sib1 = blocks.iter_mut().find(|block| block["channel"] == "BCCH-DL-SCH").expect("SIB1");
        let hex = sib1["hex"].as_str().expect("a text").to_owned();
        sib1["hex"] = format!("{}ff", &hex[..hex.len() - 2]).into();
    });
    assert_eq!(verify(&alone).0, ["blocks"]);
    fs::write(&document, &text).expect("written");

    replace_samples(&file, |samples| samples.fill(0));
    assert_eq!(verify(&alone), (vec!["identity".to_owned()], Some(2)));
}

#[test]
fn the_folder_keeps_its_size_and_its_newest_recording() {
    let folder = with_registry();
    let evidence = folder.name("evidence");
    let drive = folder.drive("drive", 0, 1);
    // An older recording of an alert that is not critical, made from the first one's.
    let (file, _) = proven(&folder);
    let old = folder.path("evidence").join("old");
    for extension in ["sigmf-data", "sigmf-meta", "json"] {
        fs::copy(file.with_extension(extension), old.with_extension(extension)).expect("copied");
    }
    reseal(&old.with_extension("json"), |document| document["alert"]["severity"] = "high".into());
    let more = ["--evidence", &evidence, "--evidence-limit", "1k"];
    let output = replay(&folder, &drive, &more);
    assert_eq!(output.status.code(), Some(1));
    assert!(file.exists() && file.with_extension("sigmf-data").exists(), "the newest stays, however large");
    assert!(!old.with_extension("sigmf-data").exists() && !old.with_extension("sigmf-meta").exists());
    assert!(old.with_extension("json").exists(), "the document says what was there");
}

#[test]
fn a_stream_gives_a_document_that_says_why_there_is_no_recording() {
    let folder = with_registry();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/one-cell.sigmf-data");
    let (registry, evidence) = (folder.name("registry.csv"), folder.name("evidence"));
    let arguments = [
        "replay",
        "-",
        "--json",
        "--format",
        "ci8",
        "--rate",
        "5.76M",
        "--freq",
        "1840M",
        "--registry",
        &registry,
        "--evidence",
        &evidence,
    ];
    let mut command = cellwarden(&arguments);
    let output = command.stdin(fs::File::open(data).expect("in the repository")).output().expect("started");
    let raised = events(&output).into_iter().find(|event| event["type"] == "alert").expect("an alert");
    let document = fs::read_to_string(raised["evidence_file"].as_str().expect("a document")).expect("readable");
    assert!(document.contains("passes only once"), "{document}");
}

#[test]
fn old_dwells_are_pruned_from_the_command_line() {
    let folder = Folder::new();
    let store = folder.name("s.sqlite");
    let recordings = ["one-cell", "illegal-femtocell"]
        .map(|name| format!("{}/captures/{name}.sigmf-meta", env!("CARGO_MANIFEST_DIR")));
    let registry = format!("{}/captures/registry.csv", env!("CARGO_MANIFEST_DIR"));
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_cellwarden")).args(arguments).output().expect("started");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let [one, rogue] = &recordings;
    assert_eq!(run(&["replay", one, rogue, "--registry", &registry, "--store", &store, "--json"]).0, Some(1));
    let listed = || run(&["drives", "list", "--json", "--store", &store]).1;
    let before = listed();
    let (code, refused) = run(&["store", "prune", "--store", &store]);
    assert_eq!(code, Some(2));
    assert!(refused.contains("older-than"), "{refused}");
    // All is recent, and what is there is needed.
    let (code, said) = run(&["store", "prune", "--store", &store, "--older-than", "36500"]);
    assert!(code == Some(0) && said.contains("0 dwells gone"), "{said}");
    let (code, said) = run(&["store", "prune", "--store", &store, "--max-size", "1k", "--dry-run", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let last: Value = serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["type"], &last["dry_run"], &last["kept_for_alerts"]), (&"prune".into(), &true.into(), &1.into()));
    assert_eq!(listed(), before, "nothing went");
}
