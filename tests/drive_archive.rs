//! Drives as things: carried in an archive that may be a stranger's, compared and joined.

#[expect(dead_code, reason = "the scanner is for the tests of the rules")]
mod drive;
#[expect(dead_code, reason = "reports have tests of their own")]
mod stored_drive;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::Path,
    process::Command,
};

use cellwarden_core::{observation::Observation, registry::CellKind};
use drive::{Box, Stand, place};
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stored_drive::{HOSTILE, Stored, boxes, cellwarden, is_tame, store_drive, text};
use tar::EntryType;

/// An archive taken apart, to be put together in other ways.
#[derive(Clone)]
struct Parts {
    manifest: Value,
    files: BTreeMap<String, Vec<u8>>,
}

impl Parts {
    fn of(archive: &str) -> Self {
        let packed = fs::read(archive).expect("read");
        let mut tar = tar::Archive::new(zstd::Decoder::new(&packed[..]).expect("zstd"));
        let mut files = BTreeMap::new();
        for entry in tar.entries().expect("tar") {
            let mut entry = entry.expect("an entry");
            let (name, mut bytes) = (entry.path().expect("a name").display().to_string(), Vec::new());
            entry.read_to_end(&mut bytes).expect("read");
            files.insert(name, bytes);
        }
        let manifest = serde_json::from_slice(&files.remove("manifest.json").expect("a manifest")).expect("JSON");
        Self { manifest, files }
    }

    /// Says of a file in the manifest what it is, as an honest program would.
    fn declare(&mut self, name: &str, bytes: &[u8]) {
        let sha256 = hex::encode(Sha256::digest(bytes));
        self.manifest["files"][name] = json!({"bytes": bytes.len(), "sha256": sha256});
    }

    /// Adds or replaces a file, and declares it.
    fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        self.declare(name, bytes);
        self.files.insert(name.to_owned(), bytes.to_owned());
        self
    }

    /// The rows changed by somebody with SQLite.
    fn with_rows(self, folder: &Stored, statements: &str) -> Self {
        let file = folder.file("rows.sqlite");
        fs::write(&file, &self.files["store.sqlite"]).expect("written");
        let rows = Connection::open(&file).expect("a database");
        rows.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF;").expect("set");
        rows.execute_batch(statements).expect(statements);
        drop(rows);
        let bytes = fs::read(&file).expect("read");
        self.with("store.sqlite", &bytes)
    }

    /// Packs it, with entries of any name and type after the others.
    fn pack(&self, file: &str, more: &[(&str, EntryType, &[u8])]) {
        let manifest = serde_json::to_vec(&self.manifest).expect("JSON");
        let mut tar = tar::Builder::new(Vec::new());
        let files = self.files.iter().map(|(name, bytes)| (name.as_str(), EntryType::Regular, &bytes[..]));
        let first = ("manifest.json", EntryType::Regular, &manifest[..]);
        for (name, kind, bytes) in std::iter::once(first).chain(files).chain(more.iter().copied()) {
            let mut header = tar::Header::new_gnu();
            // Names as they are: the library would not write some of them.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(kind);
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            if kind == EntryType::Symlink {
                header.set_link_name("/etc/passwd").expect("short");
            }
            header.set_cksum();
            tar.append(&header, bytes).expect("appended");
        }
        let mut packed = zstd::Encoder::new(fs::File::create(file).expect("a file"), 1).expect("zstd");
        packed.write_all(&tar.into_inner().expect("an archive")).and_then(|()| packed.finish()).expect("packed");
    }
}

#[test]
fn a_drive_travels_whole_or_not_at_all() {
    let stored = Stored::new();
    let (store, archive, other) =
        (stored.file("store.sqlite"), stored.file("drive.tar.zst"), stored.file("other/store.sqlite"));
    fs::create_dir(stored.file("other")).expect("a folder");
    let printed = text(cellwarden(&["drives", "export", "1", &archive, "--store", &store]));
    assert!(printed.contains("SHA-256"), "{printed}");
    let listed = |store: &str| text(cellwarden(&["drives", "list", "--json", "--store", store]));
    text(cellwarden(&["drives", "import", &archive, "--store", &other]));
    assert_eq!(listed(&store), listed(&other));
    let show = |store: &str| text(cellwarden(&["drives", "show", "1", "--store", store]));
    assert_eq!(show(&store), show(&other));
    // Once only.
    let again = cellwarden(&["drives", "import", &archive, "--store", &other]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"));
    // A byte of the rows altered, with the archive made anew; and the archive cut short.
    let packed = fs::read(&archive).expect("read");
    let mut bytes = zstd::decode_all(&packed[..]).expect("zstd");
    let at = bytes.windows(8).position(|w| w == b"drive-00").expect("a recording's name");
    bytes[at] ^= 1;
    let mut altered = Vec::new();
    zstd::Encoder::new(&mut altered, 1)
        .and_then(|mut z| z.write_all(&bytes).and_then(|()| z.finish()))
        .expect("packed");
    for (name, bytes, says) in [
        ("altered", &altered[..], "altered"),
        ("short", &packed[..packed.len() / 2], ""),
        ("text", &b"no archive"[..], "no archive"),
    ] {
        let file = stored.file(name);
        fs::write(&file, bytes).expect("written");
        let fresh = stored.file(&format!("other/{name}.sqlite"));
        let refused = cellwarden(&["drives", "import", &file, "--store", &fresh]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(says) && said.lines().count() == 1, "{name}: {said}");
        let left = fs::read_dir(stored.file("other")).expect("a folder").filter_map(Result::ok);
        let left: Vec<_> =
            left.map(|entry| entry.file_name()).filter(|left| left.to_string_lossy().contains(name)).collect();
        assert!(left.is_empty(), "{name}: {left:?}");
    }
    let left = fs::read_dir(stored.folder.path()).expect("a folder").filter_map(Result::ok);
    assert!(left.map(|e| e.file_name()).all(|name| !name.to_string_lossy().starts_with('.')), "nothing is left behind");
}

#[test]
fn evidence_comes_along_and_is_named_where_it_is() {
    let stored = Stored::new();
    let (store, archive) = (stored.file("store.sqlite"), stored.file("drive.tar.zst"));
    text(cellwarden(&["drives", "export", "1", &archive, "--store", &store]));
    let with_proof = Parts::of(&archive)
        .with_rows(&stored, "UPDATE alert SET evidence_file = '../elsewhere/proof.sigmf-meta'")
        .with("evidence/proof.json", b"{}")
        .with("evidence/proof.sigmf-meta", b"{}");
    with_proof.pack(&archive, &[]);
    // The store is named from where the program is started.
    let imported = Command::new(env!("CARGO_BIN_EXE_cellwarden"))
        .env("XDG_DATA_HOME", "/nonexistent")
        .args(["drives", "import", "drive.tar.zst", "--store", "taken.sqlite"])
        .current_dir(stored.folder.path())
        .output();
    text(imported.expect("it runs"));
    let alerts = text(cellwarden(&["alerts", "list", "--json", "--store", &stored.file("taken.sqlite")]));
    let first: Value = serde_json::from_str(alerts.lines().next().expect("an alert")).expect("JSON");
    let named = Path::new(first["evidence_file"].as_str().expect("a file"));
    assert!(named.is_absolute() && named.exists(), "{named:?}");
    // And it goes on from there.
    let again = stored.file("again.tar.zst");
    text(cellwarden(&["drives", "export", "1", &again, "--store", &stored.file("taken.sqlite")]));
    let names: Vec<String> = Parts::of(&again).files.into_keys().collect();
    assert_eq!(names, ["evidence/proof.json", "evidence/proof.sigmf-meta", "store.sqlite"]);
}

#[test]
fn an_archive_of_a_stranger_harms_nobody() {
    let stored = Stored::new();
    let (store, archive) = (stored.file("store.sqlite"), stored.file("drive.tar.zst"));
    text(cellwarden(&["drives", "export", "1", &archive, "--store", &store]));
    let parts = Parts::of(&archive);
    // Put together again as it was it is taken in, so that what follows fails by what is wrong with it alone.
    fs::create_dir(stored.file("to")).expect("a folder");
    let (into, file) = (stored.file("to/store.sqlite"), stored.file("strange.tar.zst"));
    let import = |file: &str, into: &str| cellwarden(&["drives", "import", file, "--store", into]);
    let proof = parts.clone().with("evidence/proof.json", b"{}");
    proof.pack(&file, &[]);
    text(import(&file, &into));
    assert_eq!(fs::read(stored.file("to/evidence/proof.json")).expect("taken in"), b"{}");

    let before = everything(stored.folder.path());
    let listed = text(cellwarden(&["drives", "list", "--json", "--store", &into]));
    let later = parts.clone().with_rows(&stored, "UPDATE dwell SET recording = 'later-' || recording");
    fs::remove_file(stored.file("rows.sqlite")).expect("removed");
    let add = |name: &str| later.clone().with(name, b"#!/bin/sh");
    let rows = |statements: &str| {
        let parts = later.clone().with_rows(&stored, statements);
        fs::remove_file(stored.file("rows.sqlite")).expect("removed");
        parts
    };
    let mut declared = later.clone();
    declared.declare("evidence/link.json", b"");
    let mut long = later.clone();
    long.manifest["files"]["evidence/bomb.sigmf-data"] = json!({"bytes": 1u64 << 50, "sha256": "00"});
    let mut twice = later.clone();
    twice.manifest["files"]["evidence/x.json"] = json!({"bytes": u64::MAX, "sha256": "00"});
    twice.manifest["files"]["evidence/y.json"] = json!({"bytes": u64::MAX, "sha256": "00"});
    let mut wrong = later.clone();
    wrong.manifest["files"]["store.sqlite"]["sha256"] = "00".repeat(32).into();
    let mut missing = later.clone();
    missing.declare("evidence/gone.json", b"{}");
    let mut schema = later.clone();
    schema.manifest["schema"] = "cellwarden.drive/2".into();
    let zeros = vec![0; 4 << 20];
    let link = [("evidence/link.json", EntryType::Symlink, &b""[..])];
    let name = [("././@LongLink", EntryType::GNULongName, &zeros[..])];
    let unasked = [("evidence/more.json", EntryType::Regular, &b"{}"[..])];
    for (what, says, parts, more) in [
        ("a way up", "no file of a drive", add("evidence/../../escaped.json"), &[][..]),
        ("a way up at once", "no file of a drive", add("../escaped.json"), &[]),
        ("from the root", "no file of a drive", add("/tmp/cellwarden-escaped.json"), &[]),
        ("hidden", "no file of a drive", add("evidence/.bashrc.json"), &[]),
        ("no evidence", "no file of a drive", add("evidence/run.desktop"), &[]),
        ("beside the rows", "no file of a drive", add("config.toml"), &[]),
        ("a link", "no file of a drive", declared, &link),
        ("a name without end", "no file of a drive", later.clone(), &name),
        ("what the manifest has not", "not in its manifest", later.clone(), &unasked),
        ("a petabyte", "are possible", long, &[]),
        ("more than can be counted", "are possible", twice, &[]),
        ("another hash", "SHA-256", wrong, &[]),
        ("a file less", "missing", missing, &[]),
        ("another schema", "schema", schema, &[]),
        ("a trigger", "other tables", rows("CREATE TRIGGER t AFTER INSERT ON drive BEGIN DELETE FROM dwell; END"), &[]),
        ("a view", "other tables", rows("ALTER TABLE block RENAME TO b; CREATE VIEW block AS SELECT * FROM b"), &[]),
        (
            "rows of other drives",
            "below 1",
            rows("UPDATE observation SET dwell = 0 WHERE dwell = 1; UPDATE dwell SET id = 0 WHERE id = 1"),
            &[],
        ),
        ("numbers without end", "datatype", rows("UPDATE dwell SET id = 9223372036854775807 WHERE id = 1"), &[]),
        ("a later version", "use a newer cellwarden", rows("PRAGMA user_version = 999"), &[]),
        ("no database", "no store", later.clone().with("store.sqlite", b"SQLite format 3"), &[]),
    ] {
        parts.pack(&file, more);
        let refused = import(&file, &into);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{what}: {said}");
        assert!(said.contains(says) && said.lines().count() == 1 && is_tame(&said), "{what}: {said}");
        assert_eq!(text(cellwarden(&["drives", "list", "--json", "--store", &into])), listed, "{what}: {said}");
        assert_eq!(everything(stored.folder.path()), before, "{what}: {said}");
    }
    assert!(!Path::new("/tmp/cellwarden-escaped.json").exists());
    // And by what was refused nothing is spoilt.
    later.pack(&file, &[]);
    text(import(&file, &into));
}

/// The names of all files under a folder, those of the databases' own logs left out.
fn everything(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            names.push(path.display().to_string());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

#[test]
fn two_drives_of_one_route_are_compared_and_joined() {
    let stored = Stored::new();
    let store = stored.file("store.sqlite");
    // The clone is gone, the car too; another femtocell has come; a macro cell has another tracking area.
    let [mut macro_a, macro_b, ..] = boxes();
    macro_a.tac = 12_000;
    macro_a.broadcast.hnb_name = Some(HOSTILE.to_owned());
    let new = Box::new(CellKind::Femto, 0x5a_00300, 470, Stand::At(place(300.0, 20.0)));
    let next_day = |_, observation: &mut Observation| {
        observation.dwell.start = observation.dwell.start.map(|start| start + SignedDuration::from_hours(24));
    };
    store_drive(Path::new(&store), &[macro_a, macro_b, new], next_day);
    let compared = text(cellwarden(&["drives", "compare", "1", "2", "--json", "--store", &store]));
    let rows: Vec<Value> = compared.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let fate = |pci: &str| {
        let row = rows.iter().find(|row| row["cell"].as_str().is_some_and(|c| c.contains(pci)));
        row.unwrap_or_else(|| panic!("{pci}: {compared}"))["fate"].clone()
    };
    assert_eq!(
        (fate("PCI 304"), fate("PCI 470"), fate("PCI 301")),
        ("gone".into(), "appeared".into(), "changed".into())
    );
    let read = text(cellwarden(&["drives", "compare", "1", "2", "--store", &store]));
    assert!(is_tame(&read) && read.contains("tac 11793 -> 12000"), "{read:?}");
    let changed = rows.iter().find(|row| row["fate"] == "changed").expect("changed");
    assert!(changed["changes"].to_string().contains("\"after\":12000"), "{changed}");
    // Of one place and judged alike, they can be one drive; what is not there cannot.
    text(cellwarden(&["drives", "merge", "1", "2", "--store", &store]));
    let list = text(cellwarden(&["drives", "list", "--json", "--store", &store]));
    let joined: Value = serde_json::from_str(list.trim()).expect("one drive");
    assert!(joined["dwells"].as_u64() > Some(40), "{joined}");
    assert_eq!(cellwarden(&["drives", "merge", "1", "9", "--store", &store]).status.code(), Some(2));
}
