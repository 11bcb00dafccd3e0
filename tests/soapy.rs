//! `scan`, `record` and `devices` through libSoapySDR, with a software radio that plays recordings: see
//! `playback_device/playback.cpp`. What is on the air comes from `captures/`, what should be found from the transmitters'
//! settings in `captures/expected/`.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod terminal;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::{
        OnceLock,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use terminal::Tmux;

/// Longest wait for what a scan should find: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(180);

/// Builds the software radio, once; gives its folder.
fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("soapy-modules");
        fs::create_dir_all(&folder).expect("a folder");
        let flags = Command::new("pkg-config").args(["--cflags", "--libs", "SoapySDR"]).output().expect("pkg-config");
        let flags = String::from_utf8(flags.stdout).expect("UTF-8");
        let built = Command::new("g++")
            .args(["-std=c++17", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"])
            .args(["tests/playback_device/playback.cpp", "-o"])
            .arg(folder.join("libplayback.so"))
            .args(flags.split_whitespace())
            .status();
        assert!(built.expect("g++").success(), "the software radio does not compile");
        folder
    })
}

/// A run of the program with a data folder of its own.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
        command.args(arguments).env("SOAPY_SDR_PLUGIN_PATH", module()).env("XDG_DATA_HOME", self.0.path());
        // Modules of radios that are installed look for their devices, some for seconds.
        command.env("SOAPY_SDR_ROOT", self.0.path()).env("SOAPY_SDR_LOG_LEVEL", "ERROR").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("started")
    }

    /// A scan whose events are read as they come.
    fn scan(&self, device: &str, arguments: &[&str]) -> Scan {
        let mut command = self.command(&["scan", "--json", "--device", device]);
        let child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("started");
        let (send, events) = channel();
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        thread::spawn(move || read(lines, &send));
        Scan { child, events, seen: Vec::new() }
    }
}

fn read(lines: BufReader<ChildStdout>, send: &std::sync::mpsc::Sender<Value>) {
    for line in lines.lines() {
        let event = serde_json::from_str(&line.expect("UTF-8")).expect("a JSON object a line");
        if send.send(event).is_err() {
            return;
        }
    }
}

struct Scan {
    child: Child,
    events: Receiver<Value>,
    seen: Vec<Value>,
}

impl Scan {
    /// Reads events until `enough` is content with all that came.
    fn until(&mut self, what: &str, enough: impl Fn(&[Value]) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !enough(&self.seen) {
            match self.events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(event) => self.seen.push(event),
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("{what} did not come: {}", self.summary());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let mut said = String::new();
                    let _ = self.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
                    panic!("ended before {what}: {said}: {}", self.summary());
                }
            }
        }
    }

    /// Ctrl-C; gives the exit code, when all events were read.
    fn interrupt(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        self.seen.extend(self.events.iter());
        self.child.wait().expect("ended").code()
    }

    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.seen.iter().filter(move |event| event["type"] == kind)
    }

    fn summary(&self) -> String {
        let line = |e: &Value| format!("{} {} {} {}", e["type"], e["earfcn"], e["pci"], e["state"]);
        self.seen.iter().map(line).collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn capture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(format!("{name}.sigmf-data"));
    path.to_str().expect("UTF-8").to_owned()
}

/// One 5 MHz cell on EARFCN 1550.
fn one_cell() -> String {
    format!("driver=playback,air=1840e6@5.76e6@{}", capture("one-cell"))
}

/// Whether a cell was decoded to its SI.
fn is_heard(events: &[Value], earfcn: u32, pci: u32, ecgi: &str) -> bool {
    events.iter().any(|e| {
        e["type"] == "cell" && e["earfcn"] == earfcn && e["pci"] == pci && e["state"] == "si" && e["ecgis"][0] == ecgi
    })
}

fn has_one_cell(events: &[Value]) -> bool {
    is_heard(events, 1550, 301, "450-08-3f0d101")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn devices_are_listed_with_what_they_can_do() {
    let bench = Bench::new();
    let text = bench.run(&["devices", "--device", "driver=playback"]);
    assert_eq!(text.status.code(), Some(0), "{}", stderr(&text));
    let text = String::from_utf8(text.stdout).expect("UTF-8");
    for part in ["Playback radio", "serial=PB1", "0.25 to 61.44", "LNA 0 to 20, VGA 0 to 40", "RX, LNAW", "ci8"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = bench.run(&["devices", "--device", "driver=playback,format=CS16,time=0", "--json"]);
    let device: Value = serde_json::from_slice(&json.stdout).expect("one JSON object");
    assert_eq!(device["type"], "device");
    assert_eq!((&device["format"], &device["hardware_time"]), (&"ci16_le".into(), &false.into()));
    assert_eq!(device["gain_db"], serde_json::json!({ "from": 0.0, "to": 60.0 }));
}

#[test]
fn what_cannot_be_used_is_said_in_one_line_and_fails() {
    let bench = Bench::new();
    let scan = |device: &str, more: &[&str]| {
        let line = ["scan", "--earfcn", "1550", "--duration", "30s", "--json", "--device", device];
        bench.run(&[&line, more].concat())
    };
    let folder = bench.path("none");
    let record = ["record", folder.to_str().expect("UTF-8"), "--freq", "1840M", "--rate", "5.76M", "--gain", "90"];
    let cases: [(Output, &str); 13] = [
        (bench.run(&["devices", "--device", "driver=playback,absent=1"]), "no radio found"),
        (scan("driver=playback,absent=1", &[]), "no radio found"),
        (scan("driver=playback,busy=1", &[]), "another program"),
        (scan("driver=playback,rates=250000:20000000", &["--rate", "30.72M"]), "sample rate 30.72 MS/s cannot be set"),
        (scan("driver=playback,rounds=1", &["--rate", "1.92M"]), "sample rate 1.92"),
        (scan("driver=playback", &["--antenna", "TX"]), "it has RX, LNAW"),
        (scan("driver=playback", &["--clock-source", "gpsdo"]), "it has internal, external"),
        (scan("driver=playback", &["--time-source", "gps"]), "it has none, pps"),
        (scan("driver=playback", &["--gain-stage", "MIX=3"]), "it has LNA 0 to 20 dB, VGA 0 to 40 dB"),
        (scan("driver=playback", &["--bandwidth", "60M"]), "it has 0.2 to 56 MHz"),
        (scan("driver=playback", &["--setting", "bias=1"]), "setting bias=1 cannot be set: no setting bias"),
        (scan("driver=playback", &["--gain", "90"]), "gain 90 dB cannot be set; it has 0 to 60 dB"),
        (bench.run(&[&record[..], &["--device", "driver=playback"]].concat()), "gain 90 dB cannot be set"),
    ];
    for (output, part) in cases {
        assert_eq!(output.status.code(), Some(2), "{part}: {}", stderr(&output));
        // Only a driver that takes another rate than it was asked for is known no sooner than it is tuned.
        assert!(output.stdout.is_empty() || part == "sample rate 1.92", "{part}: said before anything is begun");
        let said = stderr(&output);
        assert!(said.contains(part) && said.lines().count() == 1, "{part}: {said}");
    }
}

#[test]
fn a_scan_in_real_time_retunes_over_carriers_and_ends_on_ctrl_c_with_everything_reported() {
    let bench = Bench::new();
    // Three recordings in two bands; the second holds two carriers and is moved away from where it was made for.
    let air = format!(
        "driver=playback,speed=1,ppm=2.5,air=1840e6@5.76e6@{}|1862.6e6@12.5e6@{}|954.3e6@5.76e6@{}",
        capture("one-cell"),
        capture("illegal-femtocell"),
        capture("macro-and-femtocell"),
    );
    let store = bench.path("store.sqlite");
    let arguments = ["--earfcn", "1550,1750,1802,3743", "--store", store.to_str().expect("UTF-8")];
    let mut scan = bench.scan(&air, &arguments);
    // SIB1 names band 3 everywhere: the third recording's carrier is in none of its channels, and counts by its frequency.
    scan.until("the cells of all carriers", |events| {
        has_one_cell(events)
            && is_heard(events, 1750, 301, "450-08-3f0d101")
            && is_heard(events, 1750, 455, "450-08-5afff31")
            && is_heard(events, 1802, 130, "450-08-3f0d102")
            && is_heard(events, 3743, 301, "450-08-3f0d101")
    });
    assert_eq!(scan.interrupt(), Some(130));
    let last = scan.seen.last().expect("events");
    assert_eq!(last["type"], "summary");
    assert_eq!(last["cells"], scan.of_type("cell").count());
    let mut dwells: Vec<&str> = scan.of_type("cell").filter_map(|e| e["recording"].as_str()).collect();
    dwells.dedup();
    assert!(last["recordings"].as_u64().is_some_and(|n| n >= dwells.len() as u64), "each dwell counts as one: {last}");
    assert_eq!((&last["lost_samples"], &last["errors"]), (&0.into(), &0.into()));
    assert!(last["skipped_samples"].as_u64().is_some_and(|n| n > 0), "the radio went on while cells were decoded");
    let offset = scan.of_type("cell").find(|e| e["pci"] == 130).map(|e| e["cfo_ppm"].as_f64().expect("a number"));
    // The recording's own crystal is off by -2.2 ppm, the radio's by 2.5 more.
    assert!(offset.is_some_and(|ppm| (ppm.abs() - 0.3).abs() < 0.4 || (ppm.abs() - 4.7).abs() < 0.4), "{offset:?}");
    assert!(fs::metadata(&store).is_ok_and(|facts| facts.len() > 0), "what was told is stored");
    let crystals = fs::read_to_string(bench.path("cellwarden/crystals.json")).expect("the crystal is remembered");
    assert!(crystals.contains("\"PB1\""), "{crystals}");
}

#[test]
fn the_sweep_is_reported_until_it_is_complete_and_begins_again() {
    let bench = Bench::new();
    let air = format!(
        "driver=playback,speed=1,rates=250000:20000000,air=1840e6@5.76e6@{}|954.3e6@5.76e6@{}",
        capture("one-cell"),
        capture("macro-and-femtocell"),
    );
    let mut scan = bench.scan(&air, &["--band", "8", "--freq", "1835M-1850M"]);
    let is_complete = |e: &Value| e["type"] == "sweep" && e["complete"] == true;
    scan.until("a complete sweep", |events| events.iter().any(is_complete));
    let at = scan.seen.iter().position(is_complete).unwrap_or_default();
    scan.until("the next one's progress", |events| events[at + 1..].iter().any(|e| e["type"] == "sweep"));
    assert_eq!(scan.interrupt(), Some(130));
    let sweeps: Vec<&Value> = scan.of_type("sweep").collect();
    let (first, ended) = (sweeps[0], sweeps.iter().find(|e| e["complete"] == true).expect("waited for"));
    assert_eq!(
        (&first["sweep"], &first["complete"], &first["windows_searched"]),
        (&1.into(), &false.into(), &0.into())
    );
    assert_eq!((&first["band"], &first["window"], &first["windows"]), (&8.into(), &1.into(), &4.into()));
    assert!(first["seconds_left"].is_null() && first["seconds_since_complete"].is_null(), "{first}");
    let number = |e: &Value, key: &str| e[key].as_f64().unwrap_or_else(|| panic!("{key}: {e}"));
    assert!(number(ended, "windows_searched") == 4.0 && number(ended, "seconds_since_complete") == 0.0, "{ended}");
    assert!(number(ended, "carriers") >= 2.0, "{ended}");
    assert_eq!(ended["carriers"], ended["carriers_identified"]);
    let shares = |e: &Value| ["searched", "processing", "retuning", "lost"].map(|key| number(&e["air"], key));
    assert!((shares(ended).iter().sum::<f64>() - 1.0).abs() < 1e-3 && shares(ended)[0] > 0.0, "{ended}");
    let heard = scan.seen[..at].iter().filter(|e| e["type"] == "cell" && e["state"] == "si");
    let mut earfcns: Vec<u64> = heard.filter_map(|e| e["earfcn"].as_u64()).collect();
    earfcns.sort_unstable();
    earfcns.dedup();
    assert_eq!(earfcns, [1550, 3743], "both were identified before the sweep was complete");
    let next = scan.seen[at + 1..].iter().find(|e| e["type"] == "sweep").expect("waited for");
    assert!(next["sweep"] == 2 && number(next, "seconds_since_complete") >= 0.0, "{next}");
}

#[test]
fn dropped_samples_and_timeouts_are_counted_and_reported() {
    let bench = Bench::new();
    let device = format!("{},overflow_at=20;60,timeout_at=40", one_cell());
    let mut scan = bench.scan(&device, &["--earfcn", "1550", "--dwell", "0.32"]);
    scan.until("the cell", has_one_cell);
    let faults = |events: &[Value], key: &str| events.iter().filter_map(|e| e[key].as_u64()).sum::<u64>();
    scan.until("the faults", |events| faults(events, "overflows") >= 2 && faults(events, "timeouts") >= 1);
    assert_eq!(scan.interrupt(), Some(130));
    let lost: u64 = scan.of_type("lost").filter_map(|e| e["samples"].as_u64()).sum();
    assert_eq!(scan.seen.last().expect("a summary")["lost_samples"], lost);
    assert_eq!(lost % 5000, 0, "each overflow drops 5,000 samples, told by the radio's clock");
}

#[test]
fn a_pulled_plug_is_reported_and_the_scan_goes_on_when_it_is_back() {
    let bench = Bench::new();
    let device = format!("{},speed=1,gone_at=3,gone_for=3", one_cell());
    let mut scan = bench.scan(&device, &["--earfcn", "1550"]);
    let gone = |e: &Value| e["type"] == "lost" && e["disconnects"].as_u64().is_some_and(|n| n > 0);
    scan.until("the loss of the radio", |events| events.iter().any(gone));
    scan.until("a cell after it", |events| {
        let at = events.iter().position(gone).unwrap_or(events.len());
        has_one_cell(&events[at..])
    });
    assert_eq!(scan.interrupt(), Some(130));
}

#[test]
fn short_reads_and_a_radio_without_a_clock_are_no_obstacle() {
    let bench = Bench::new();
    for device in ["short_reads=1", "time=0", "format=CS16", "format=CF32"] {
        let mut scan = bench.scan(&format!("{},{device}", one_cell()), &["--freq", "1840M"]);
        scan.until(device, has_one_cell);
        assert_eq!(scan.interrupt(), Some(130), "{device}");
        assert_eq!(scan.seen.last().expect("a summary")["lost_samples"], 0, "{device}");
    }
}

#[test]
fn the_gain_is_what_was_asked_for_or_what_the_signal_needs() {
    let bench = Bench::new();
    let level = |gain: &str| {
        let mut scan = bench.scan(&one_cell(), &["--earfcn", "1550", "--gain", gain]);
        scan.until(gain, has_one_cell);
        let cell = scan.of_type("cell").find(|cell| cell["state"] == "si").expect("waited for");
        cell["rsrp_dbfs"].as_f64().expect("a number")
    };
    // The recording fades by some dB, and the two scans hear other parts of it.
    let (low, high) = (level("18"), level("30"));
    assert!((high - low - 12.0).abs() < 3.0, "{low} {high}");
    // What is clipped is said, and in each cell by how much.
    let mut loud = bench.scan(&one_cell(), &["--earfcn", "1550", "--gain", "60"]);
    loud.until("a clipped note", |events| events.iter().any(|e| e["type"] == "note" && e["code"] == "clipped"));
    loud.interrupt();
    let clipped = |cell: &Value| cell["clipped"].as_f64().is_some_and(|share| share >= 0.01);
    assert!(loud.of_type("cell").all(clipped), "{:?}", loud.seen);
    // Far too loud at first: the control takes the gain down until nothing clips.
    let folder = bench.path("kept");
    let folder = folder.to_str().expect("UTF-8");
    let loud = format!("driver=playback,air=1840e6@5.76e6@{}", capture("one-cell"));
    let mut scan = bench.scan(&loud, &["--earfcn", "1550", "--record", folder]);
    let metas = || {
        let mut metas: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        metas.retain(|path| path.extension().is_some_and(|e| e == "sigmf-meta"));
        metas.sort();
        metas
    };
    scan.until("three dwells", |_| metas().len() >= 3);
    assert_eq!(scan.interrupt(), Some(130));
    for meta in metas() {
        let meta: Value = serde_json::from_slice(&fs::read(meta).expect("readable")).expect("JSON");
        assert_eq!(meta["global"]["core:hw"], "Playback radio PB1");
        let gain = meta["captures"][0]["capture_details:gain"].as_f64().expect("a gain");
        assert!((20.0..=36.0).contains(&gain), "{gain}");
    }
    let replayed = bench.run(&["replay", folder, "--json"]);
    let cells = String::from_utf8(replayed.stdout).expect("UTF-8");
    assert!(cells.contains("450-08-3f0d101"), "what was kept can be decoded again");
}

#[test]
fn the_radio_is_set_up_as_asked_for() {
    let bench = Bench::new();
    // An amplifier at the antenna without power: nothing is received.
    let device = format!("{},needs_bias=1,ppm=8", one_cell());
    let sinr_and_ppm = |settings: &[&str]| {
        let mut scan = bench.scan(&device, &[&["--earfcn", "1550", "--setting", "biastee=true"], settings].concat());
        scan.until("the cell", has_one_cell);
        assert_eq!(scan.interrupt(), Some(130));
        let cell = scan.of_type("cell").find(|cell| cell["state"] == "si").expect("waited for");
        let number = |key: &str| cell[key].as_f64().expect("a number");
        (number("rsrp_dbfs"), number("cfo_ppm"))
    };
    let (low, own_ppm) = sinr_and_ppm(&["--gain-stage", "LNA=10", "--gain-stage", "VGA=8"]);
    let (high, external_ppm) =
        sinr_and_ppm(&["--gain-stage", "LNA=20", "--gain-stage", "VGA=10", "--clock-source", "external"]);
    assert!((high - low - 12.0).abs() < 3.0, "{low} {high}");
    assert!((own_ppm - external_ppm).abs() > 7.0, "{own_ppm} {external_ppm}");
    let deaf = bench.run(&["scan", "--json", "--device", &device, "--earfcn", "1550", "--duration", "2s"]);
    assert!(!String::from_utf8_lossy(&deaf.stdout).contains("\"type\":\"cell\""), "{}", stderr(&deaf));
}

#[test]
fn doctor_reports_what_will_do_and_what_is_to_be_done() {
    let bench = Bench::new();
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/registry.csv");
    let checks = |device: &str, more: &[&str]| {
        let line = ["doctor", "--json", "--rate", "5.76M", "--gps", "37.5,126.9", "--device", device];
        let output = bench.run(&[&line, more].concat());
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let checks: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (output.status.code(), checks)
    };
    let state = |checks: &[Value], name: &str| {
        let found = checks.iter().find(|check| check["check"] == name);
        found.unwrap_or_else(|| panic!("{name}: {checks:?}"))["state"].as_str().expect("a word").to_owned()
    };
    let registry = ["--registry", registry.to_str().expect("UTF-8")];
    let air = format!("driver=playback,speed=1,air=1842.5e6@5.76e6@{}", capture("one-cell"));
    let (code, found) = checks(&air, &registry);
    for name in ["radio", "samples", "overload", "fix", "disk", "registry"] {
        assert_eq!(state(&found, name), "ok", "{name}: {found:?}");
    }
    assert_eq!((state(&found, "crystal"), state(&found, "service")), ("not-checked".into(), "not-checked".into()));
    assert_eq!(code, Some(0), "{found:?}");
    // Samples are lost, the gain is too high, no list, and a service that does not answer.
    let lossy = format!("{air},overflow_at=20;60");
    let more = ["--gain", "60", "--no-registry", "--feed", "http://127.0.0.1:9/v1/events"];
    let (code, found) = checks(&lossy, &more);
    for name in ["samples", "overload", "registry", "service"] {
        assert_eq!(state(&found, name), "fault", "{name}: {found:?}");
    }
    assert!(
        found
            .iter()
            .all(|check| (check["state"] == "fault") == check["next"].is_string() || check["state"] == "not-checked")
    );
    assert_eq!(code, Some(1));
    let (code, found) = checks("driver=playback,absent=1", &registry);
    assert_eq!((state(&found, "radio"), state(&found, "samples")), ("fault".into(), "not-checked".into()));
    assert_eq!(code, Some(1));
}

#[test]
fn an_alert_s_evidence_is_cut_from_what_was_received() {
    let bench = Bench::new();
    let air = format!("driver=playback,air=1842.6e6@12.5e6@{}", capture("illegal-femtocell"));
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/registry.csv");
    let evidence = bench.path("evidence");
    let arguments = ["--earfcn", "1550", "--registry", registry.to_str().expect("UTF-8"), "--evidence"];
    let mut scan = bench.scan(&air, &[&arguments[..], &[evidence.to_str().expect("UTF-8")]].concat());
    let is_alert = |e: &Value| e["type"] == "alert" && e["rule"] == "unregistered" && e["pci"] == 455;
    scan.until("the alert", |events| events.iter().any(is_alert));
    assert_eq!(scan.interrupt(), Some(130));
    let alert = scan.seen.iter().find(|e| is_alert(e)).expect("seen");
    let file = alert["evidence_file"].as_str().expect("there is evidence");
    let replayed = bench.run(&["replay", file, "--json"]);
    assert!(String::from_utf8_lossy(&replayed.stdout).contains("450-08-5afff31"), "{}", stderr(&replayed));
    let id = alert["id"].as_str().expect("an id");
    let verified = bench.run(&["alerts", "verify", id, "--evidence", evidence.to_str().expect("UTF-8")]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    let left = fs::read_dir(&evidence).expect("a folder").filter_map(Result::ok);
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|n| n.to_string_lossy().starts_with("last-dwells-")).collect();
    assert!(left.is_empty(), "the last dwells went with the scan: {left:?}");
    let before = evidence.join(format!("{id}.before-1.sigmf-meta"));
    let replayed = bench.run(&["replay", before.to_str().expect("UTF-8"), "--json"]);
    assert!(String::from_utf8_lossy(&replayed.stdout).contains("\"pci\":455"), "what led to it: {}", stderr(&replayed));
}

#[test]
fn record_writes_a_recording_that_says_what_is_missing() {
    let bench = Bench::new();
    let folder = bench.path("recorded");
    let folder_name = folder.to_str().expect("UTF-8");
    let device = format!("{},overflow_at=30", one_cell());
    let line = ["record", folder_name, "--device", &device, "--freq", "1840M", "--rate", "5.76M", "--gain", "30"];
    let output = bench.run(&[&line[..], &["--duration", "0.4s", "--gps", "37.5,126.9"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains("2304000 samples, 5000 lost") && said.contains("1 overflows"), "{said}");
    let mut meta = fs::read_dir(&folder).expect("made").flatten().map(|e| e.path());
    let meta = meta.find(|path| path.extension().is_some_and(|e| e == "sigmf-meta")).expect("metadata");
    let meta: Value = serde_json::from_slice(&fs::read(meta).expect("readable")).expect("JSON");
    let capture = &meta["captures"][0];
    assert_eq!(capture["core:geolocation"]["coordinates"], serde_json::json!([126.9, 37.5]));
    assert_eq!(capture["capture_details:gain"], 30.0);
    let lost: u64 =
        meta["annotations"].as_array().expect("a list").iter().filter_map(|a| a["core:sample_count"].as_u64()).sum();
    assert_eq!(lost, 5000);
    let replayed = bench.run(&["replay", folder_name, "--json"]);
    assert!(String::from_utf8_lossy(&replayed.stdout).contains("450-08-3f0d101"), "{}", stderr(&replayed));
}

#[test]
fn a_recording_goes_on_when_the_radio_is_back() {
    let bench = Bench::new();
    let folder = bench.path("recorded");
    let folder_name = folder.to_str().expect("UTF-8");
    let device = format!("{},speed=1,gone_at=1,gone_for=1", one_cell());
    let line = ["record", folder_name, "--device", &device, "--freq", "1840M", "--rate", "5.76M", "--gain", "30"];
    let output = bench.run(&[&line[..], &["--duration", "5s"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains("1 disconnects"), "{said}");
    let mut meta = fs::read_dir(&folder).expect("made").flatten().map(|e| e.path());
    let meta = meta.find(|path| path.extension().is_some_and(|e| e == "sigmf-meta")).expect("metadata");
    let meta: Value = serde_json::from_slice(&fs::read(meta).expect("readable")).expect("JSON");
    let captures = meta["captures"].as_array().expect("a list");
    assert_eq!(captures.len(), 2, "one before the plug was pulled, one after: {captures:?}");
    assert!(captures[1]["core:datetime"].as_str() > captures[0]["core:datetime"].as_str(), "{captures:?}");
    let replayed = bench.run(&["replay", folder_name, "--json"]);
    let cells = String::from_utf8_lossy(&replayed.stdout).matches("450-08-3f0d101").count();
    assert!(cells >= 2, "heard in both: {}", stderr(&replayed));
}

#[test]
fn a_scan_is_shown_in_a_terminal_by_key_and_mouse() {
    let Some(tmux) = Tmux::open("scan") else { return };
    let bench = Bench::new();
    let (program, modules, data) = (env!("CARGO_BIN_EXE_cellwarden"), module().display(), bench.0.path().display());
    let environment = format!("SOAPY_SDR_PLUGIN_PATH={modules} SOAPY_SDR_ROOT={data} XDG_DATA_HOME={data}");
    let device = format!("{},speed=1", one_cell());
    let line = format!("clear; {environment} {program} scan --earfcn 1550 --device '{device}'; echo EXIT=$?");
    tmux.keys(&[&line, "Enter"]);
    tmux.wait_for("3f0d101");
    tmux.click("Device");
    let health = tmux.wait_for("crystal error");
    assert!(health.contains("scan Playback radio PB1") && health.contains("1840.000 MHz"), "{health}");
    let swept = tmux.wait_for("of the air searched");
    assert!(swept.contains("1 carrier found, 1 identified") && swept.contains(" s ago"), "{swept}");
    tmux.run(&["resize-window", "-x", "80", "-y", "24"]);
    tmux.keys(&["1"]);
    let cells = tmux.wait_for("3f0d101");
    assert!(cells.lines().next().is_some_and(|line| line.chars().count() <= 80), "{cells}");
    tmux.keys(&["q"]);
    tmux.wait_for("q again ends the drive");
    tmux.keys(&["q"]);
    let after = tmux.wait_for("EXIT=0");
    assert!(after.contains(" recordings; "), "what it all came to stays: {after}");
    tmux.is_given_back();
}

#[test]
fn homing_gives_five_levels_a_second_and_loses_nothing() {
    let Some(tmux) = Tmux::open("homing") else { return };
    let bench = Bench::new();
    let (program, modules, data) = (env!("CARGO_BIN_EXE_cellwarden"), module().display(), bench.0.path().display());
    let environment = format!("SOAPY_SDR_PLUGIN_PATH={modules} SOAPY_SDR_ROOT={data} XDG_DATA_HOME={data}");
    let device = format!("{},speed=1", one_cell());
    let line = format!("clear; {environment} {program} scan --band 3 --device '{device}'; echo EXIT=$?");
    tmux.keys(&[&line, "Enter"]);
    tmux.wait_for("3f0d101");
    tmux.keys(&["t"]);
    let begun = Instant::now();
    let levels_a_second = loop {
        let screen = tmux.wait_for("levels a second");
        let number = screen.split(" levels a second").next().and_then(|text| text.split_whitespace().last());
        let number: f64 = number.and_then(|number| number.parse().ok()).expect("a number");
        if number >= 5.0 && screen.contains("s ago") || begun.elapsed() > PATIENCE {
            assert!(screen.contains("no overload") && !screen.contains("lost"), "{screen}");
            break number;
        }
        thread::sleep(Duration::from_millis(200));
    };
    assert!(levels_a_second >= 5.0, "{levels_a_second}");
    tmux.keys(&["t"]);
    tmux.wait_for("press t");
    tmux.keys(&["q"]);
    tmux.keys(&["q"]);
    tmux.wait_for("EXIT=0");
}
