//! A drive with a disk that is full, fails or cannot be written: everything is still reported, and nothing is lost that can
//! be kept. The recordings are those of `captures/`.

mod folder;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use folder::Folder;
use serde_json::Value;

/// A list of the network of the recordings, without the macro cell 450-08-3f0d101 in them.
const REGISTRY: &str = "plmn,eci,kind,status,pci,earfcn\n450-08,5a00101,femto,active,452,1550\n";

const STOPS: usize = 6;

fn events(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

fn alert_ids(events: &[Value]) -> BTreeSet<String> {
    let alerts = events.iter().filter(|event| event["type"] == "alert");
    alerts.map(|alert| alert["id"].as_str().expect("a text").to_owned()).collect()
}

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

fn cellwarden(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program where no file may be longer than so many KiB. The signal of a longer one is ignored, as services do.
fn limited(kib: u32, arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_cellwarden")).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A drive of `one-cell`, heard again every 30 s.
struct HeardDrive {
    folder: Folder,
    drive: String,
    registry: String,
}

impl HeardDrive {
    fn new() -> Self {
        let folder = Folder::new();
        let registry = folder.write("registry.csv", REGISTRY);
        let drive = folder.name("drive");
        fs::create_dir_all(&drive).expect("made");
        let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
        let text = fs::read_to_string(captures.join("one-cell.sigmf-meta")).expect("in the repository");
        for stop in 0..STOPS {
            let mut meta: Value = serde_json::from_str(&text).expect("JSON");
            meta["captures"][0]["core:datetime"] =
                format!("2026-11-20T01:{:02}:{:02}Z", stop / 2, stop % 2 * 30).into();
            let stem = Path::new(&drive).join(format!("stop-{stop:03}"));
            fs::write(stem.with_extension("sigmf-meta"), meta.to_string()).expect("written");
            fs::copy(captures.join("one-cell.sigmf-data"), stem.with_extension("sigmf-data")).expect("copied");
        }
        Self { folder, drive, registry }
    }

    fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let own = ["replay", &self.drive, "--json", "--threads", "1", "--registry", &self.registry];
        [&own[..], more].concat()
    }

    fn replay(&self, more: &[&str]) -> Output {
        cellwarden(&self.words(more)).output().expect("started")
    }

    /// The alerts that it raises.
    fn alerts(&self) -> BTreeSet<String> {
        let raised = alert_ids(&events(&self.replay(&[]).stdout));
        assert!(!raised.is_empty());
        raised
    }
}

fn stored_alerts(store: &str) -> BTreeSet<String> {
    let exported = cellwarden(&["alerts", "export", "--store", store]).output().expect("started");
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    alert_ids(&events(&exported.stdout))
}

/// How often each recording is stored.
fn stored_dwells(store: &str) -> Vec<(String, i64)> {
    let database = rusqlite::Connection::open(store).expect("a database");
    let mut select =
        database.prepare("SELECT recording, count(*) FROM dwell GROUP BY recording ORDER BY recording").expect("valid");
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("a query");
    rows.collect::<Result<_, _>>().expect("rows")
}

fn each_once() -> Vec<(String, i64)> {
    (0..STOPS).map(|stop| (format!("stop-{stop:03}"), 1)).collect()
}

#[test]
fn a_store_that_cannot_grow_hides_nothing_and_ends_nothing() {
    let heard = HeardDrive::new();
    let raised = heard.alerts();
    let [store, evidence] = ["s.sqlite", "evidence"].map(|name| heard.folder.name(name));
    let words = heard.words(&["--store", &store, "--evidence", &evidence]);
    let output = limited(320, &words).output().expect("started");
    let printed = events(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(of_type(&printed, "cell").len(), STOPS, "every recording is searched: {stderr}");
    assert_eq!(alert_ids(&printed), raised, "{stderr}");
    let storage = of_type(&printed, "storage");
    assert!(storage.first().is_some_and(|event| event["ok"] == false), "{storage:?}");
    assert!(stderr.contains("s.sqlite: cannot be written") && stderr.contains("s.sqlite: not stored: "), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
    // Half a recording proves nothing.
    let names = fs::read_dir(&evidence).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().contains("sigmf")));
    let id = stored_alerts(&store).into_iter().next();

    // The same command makes up for all of it.
    if let Some(id) = &id {
        let refused = cellwarden(&["alerts", "verify", id, "--store", &store]).output().expect("started");
        let why = String::from_utf8_lossy(&refused.stderr);
        assert!(why.contains("could not be written"), "{why}");
    }
    let again = cellwarden(&words).output().expect("started");
    assert!(again.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!((stored_alerts(&store), stored_dwells(&store)), (raised.clone(), each_once()));
    for id in raised {
        let verified = cellwarden(&["alerts", "verify", &id, "--store", &store]).output().expect("started");
        assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
    }
}

/// A small file system in memory; `None` where this user may not mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).expect("made");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&at).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(at));
        }
        println!("left out: no file system can be mounted here");
        None
    }

    fn name(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    /// Takes all room.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).expect("made");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_caught_up_when_there_is_room() {
    let heard = HeardDrive::new();
    let Some(disk) = SmallDisk::mount(heard.folder.path("disk"), "12m") else { return };
    let (raised, store) = (heard.alerts(), disk.name("s.sqlite"));
    disk.fill();
    let mut child = cellwarden(&heard.words(&["--store", &store])).spawn().expect("started");
    let mut printed = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let event: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        if event["type"] == "storage" && event["ok"] == false {
            disk.empty();
        }
        printed.push(event);
    }
    let output = child.wait_with_output().expect("ended");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(of_type(&printed, "cell").len(), STOPS, "{stderr}");
    assert_eq!(alert_ids(&printed), raised, "{stderr}");
    let states: Vec<&Value> = of_type(&printed, "storage").iter().map(|event| &event["ok"]).collect();
    assert_eq!(states, [false, true], "{stderr}");
    assert_eq!(output.status.code(), Some(1), "nothing is missing in the end: {stderr}");
    assert_eq!((stored_alerts(&store), stored_dwells(&store)), (raised, each_once()));
}

#[test]
fn the_reserve_holds_the_alerts_of_a_disk_that_fills() {
    let heard = HeardDrive::new();
    let Some(disk) = SmallDisk::mount(heard.folder.path("disk"), "40m") else { return };
    let (raised, store, evidence) = (heard.alerts(), disk.name("s.sqlite"), disk.name("evidence"));
    let mut child = cellwarden(&heard.words(&["--store", &store, "--evidence", &evidence])).spawn().expect("started");
    let mut printed = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let event: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        if event["type"] == "header" {
            disk.fill();
        }
        printed.push(event);
    }
    let output = child.wait_with_output().expect("ended");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(alert_ids(&printed), raised, "{stderr}");
    disk.empty();
    assert_eq!(stored_alerts(&store), raised, "{stderr}");
    for alert in of_type(&printed, "alert") {
        assert!(alert["evidence_file"].is_string(), "{alert}\n{stderr}");
    }
}

#[test]
fn a_full_or_read_only_store_still_lists_and_reports() {
    let heard = HeardDrive::new();
    let Some(disk) = SmallDisk::mount(heard.folder.path("disk"), "12m") else { return };
    let (raised, store) = (heard.alerts(), disk.name("s.sqlite"));
    assert_eq!(heard.replay(&["--store", &store]).status.code(), Some(1));
    let reads = |what: &str| {
        assert_eq!(stored_alerts(&store), raised, "{what}");
        for words in [&["alerts", "list"][..], &["drives", "list"], &["report", "--format", "csv"]] {
            let output = cellwarden(&[words, &["--store", &store]].concat()).output().expect("started");
            assert_eq!(output.status.code(), Some(0), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        }
    };
    disk.fill();
    reads("full");
    let remount = |how| Command::new("mount").args(["-o", how]).arg(&disk.0).status().expect("mount");
    assert!(remount("remount,ro").success());
    reads("read-only");
    assert!(remount("remount,rw").success());
}

#[test]
fn the_same_command_again_keeps_the_capture_file() {
    let heard = HeardDrive::new();
    let [store, pcap] = ["s.sqlite", "a.pcapng"].map(|name| heard.folder.name(name));
    let more = ["--store", &store, "--pcap", &pcap];
    heard.replay(&more);
    let first = fs::read(&pcap).expect("a capture");
    heard.replay(&more);
    assert!(first.len() > 1_000 && fs::read(&pcap).expect("a capture") == first, "{} bytes", first.len());
}

#[test]
fn a_second_program_on_one_store_is_refused_and_a_killed_one_holds_nothing() {
    let heard = HeardDrive::new();
    let store = heard.folder.name("s.sqlite");
    let mut first = cellwarden(&heard.words(&["--store", &store])).spawn().expect("started");
    let mut header = String::new();
    BufReader::new(first.stdout.as_mut().expect("piped")).read_line(&mut header).expect("a line");
    let second = heard.replay(&["--store", &store]);
    let why = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{why}");
    assert!(why.contains(&format!("process {}", first.id())) && why.contains("--store FILE"), "{why}");
    // Whoever only reads is let in.
    assert!(stored_alerts(&store).len() < 100);
    first.kill().expect("killed");
    first.wait().expect("ended");
    let third = heard.replay(&["--store", &store]);
    assert_eq!(third.status.code(), Some(1), "{}", String::from_utf8_lossy(&third.stderr));
    assert_eq!((stored_alerts(&store), stored_dwells(&store)), (heard.alerts(), each_once()));
}

#[test]
fn a_hangup_that_nohup_ignores_ends_nothing() {
    let heard = HeardDrive::new();
    let words = heard.words(&[]);
    let mut command = Command::new("bash");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cellwarden")]).args(words);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    lines.next().expect("a header").expect("UTF-8");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), nix::sys::signal::Signal::SIGHUP)
        .expect("told");
    let rest: Vec<String> = lines.map(|line| line.expect("UTF-8")).collect();
    assert_eq!(rest.iter().filter(|line| line.contains("\"type\":\"cell\"")).count(), STOPS);
    assert_eq!(child.wait().expect("ended").code(), Some(1));
}

/// Kills a replay at a random moment; what it had printed, and whether it was still at work.
fn killed_replay(heard: &HeardDrive, more: &[&str], after: Duration) -> (Vec<Value>, bool) {
    let mut child = cellwarden(&heard.words(more)).spawn().expect("started");
    let mut out = child.stdout.take().expect("piped");
    let reading = std::thread::spawn(move || {
        let mut printed = Vec::new();
        out.read_to_end(&mut printed).expect("read");
        printed
    });
    std::thread::sleep(after);
    let was_at_work = child.try_wait().expect("a look").is_none();
    // SIGKILL: nothing is asked.
    child.kill().expect("killed");
    child.wait().expect("ended");
    let mut printed = reading.join().expect("read");
    // A line that was being written ends where it was.
    let whole = printed.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    printed.truncate(whole);
    (events(&printed), was_at_work)
}

#[test]
#[ignore = "minutes long: 200 kills"]
fn two_hundred_kills_lose_and_double_nothing() {
    const KILLS: u32 = 200;
    const BETWEEN_WHOLE_RUNS: u32 = 10;
    let heard = HeardDrive::new();
    let raised = heard.alerts();
    let begun = Instant::now();
    heard.replay(&["--store", &heard.folder.name("first.sqlite")]);
    let whole = begun.elapsed();
    let mut random = fastrand::Rng::with_seed(19);
    let (mut kills, mut stores, mut reported_again) = (0, 0, 0);
    while kills < KILLS {
        stores += 1;
        let [store, evidence] = ["sqlite", "evidence"].map(|end| heard.folder.name(&format!("{stores}.{end}")));
        let more = ["--store", &store, "--evidence", &evidence];
        let mut printed = BTreeSet::new();
        for _ in 0..BETWEEN_WHOLE_RUNS {
            let (events, was_at_work) = killed_replay(&heard, &more, whole.mul_f64(random.f64()));
            kills += u32::from(was_at_work);
            printed.extend(alert_ids(&events));
            // What is there can be read at any time.
            if Path::new(&store).exists() && stored_dwells_of(&store).is_some() {
                let stored = stored_alerts(&store);
                assert!(stored.is_subset(&raised), "{stored:?}");
                reported_again += printed.difference(&stored).count();
            }
        }
        let last = heard.replay(&more);
        assert!(last.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&last.stderr));
        printed.extend(alert_ids(&events(&last.stdout)));
        assert_eq!((stored_alerts(&store), stored_dwells(&store)), (raised.clone(), each_once()), "store {stores}");
        assert_eq!(printed, raised, "each alert was reported, under one id");
        for id in &raised {
            let verified = cellwarden(&["alerts", "verify", id, "--store", &store]).output().expect("started");
            assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
        }
    }
    println!(
        "counts: {kills} kills of a replay at work over {stores} stores; nothing lost, nothing doubled, all evidence verified; \
         {reported_again} times an alert was reported before it was stored"
    );
}

/// How often each recording is stored; `None` of a file in which no table is yet.
fn stored_dwells_of(store: &str) -> Option<i64> {
    let database = rusqlite::Connection::open(store).expect("a database");
    database.query_row("SELECT count(*) FROM dwell", [], |row| row.get(0)).ok()
}

#[test]
#[ignore = "minutes long: 20 full disks"]
fn twenty_full_disks_lose_and_double_nothing() {
    const DISKS: u32 = 20;
    let heard = HeardDrive::new();
    let raised = heard.alerts();
    let mut random = fastrand::Rng::with_seed(19);
    let mut filled = 0;
    for disk in 0..DISKS {
        let Some(disk) = SmallDisk::mount(heard.folder.path(&format!("disk-{disk}")), "12m") else { return };
        let store = disk.name("s.sqlite");
        // Full from one event on, and again with room some later.
        let (from, until) = (random.usize(0..4), random.usize(5..STOPS));
        let mut child = cellwarden(&heard.words(&["--store", &store])).spawn().expect("started");
        let (mut printed, mut cells, mut is_full) = (Vec::new(), 0, false);
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            let event: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
            cells += usize::from(event["type"] == "cell");
            if !is_full && cells >= from && cells < until {
                disk.fill();
                is_full = true;
            } else if is_full && cells >= until {
                disk.empty();
                is_full = false;
            }
            filled += u32::from(event["type"] == "storage" && event["ok"] == false);
            printed.push(event);
        }
        let output = child.wait_with_output().expect("ended");
        if is_full {
            disk.empty();
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(of_type(&printed, "cell").len(), STOPS, "{stderr}");
        assert_eq!(alert_ids(&printed), raised, "{stderr}");
        // What did not find room before the end is made up for by the same command.
        heard.replay(&["--store", &store]);
        assert_eq!((stored_alerts(&store), stored_dwells(&store)), (raised.clone(), each_once()), "{stderr}");
    }
    println!(
        "counts: {DISKS} disks filled under a replay, {filled} of them met a write; all reported, nothing lost or doubled"
    );
}

#[test]
#[ignore = "minutes long: 20 pairs"]
fn twenty_pairs_on_one_store_double_nothing() {
    const PAIRS: u32 = 20;
    let heard = HeardDrive::new();
    let raised = heard.alerts();
    let mut refused = 0;
    for pair in 0..PAIRS {
        let store = heard.folder.name(&format!("pair-{pair}.sqlite"));
        let words = heard.words(&["--store", &store]);
        let both: Vec<Child> = (0..2).map(|_| cellwarden(&words).spawn().expect("started")).collect();
        let ended: Vec<Output> = both.into_iter().map(|child| child.wait_with_output().expect("ended")).collect();
        let codes: BTreeSet<Option<i32>> = ended.iter().map(|output| output.status.code()).collect();
        let said: String = ended.iter().map(|output| String::from_utf8_lossy(&output.stderr)).collect();
        // Where the first has ended before the second looks, both have done it.
        assert!(
            codes == BTreeSet::from([Some(1), Some(2)]) || codes == BTreeSet::from([Some(0), Some(1)]),
            "{codes:?} {said}"
        );
        refused += u32::from(codes.contains(&Some(2)));
        assert_eq!((stored_alerts(&store), stored_dwells(&store)), (raised.clone(), each_once()), "{said}");
    }
    println!("counts: {PAIRS} pairs on one store, {refused} times the second was refused; nothing lost or doubled");
}
