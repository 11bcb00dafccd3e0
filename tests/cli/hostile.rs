//! Inputs that lie, are broken, never end or never begin: each is an error or "no cell found", the others of the same
//! command are done, and nothing grows with what an input says of itself.

use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::{
        signal::{Signal, kill},
        stat::Mode,
    },
    unistd::{Pid, mkfifo},
};
use serde_json::{Value, json};

use crate::{
    folder::Folder,
    program::{SAMPLES, cellwarden, events, kinds, noise_bytes, one_cell, stderr},
};

/// Memory that no input may make the program take.
const MAX_KIB: u64 = 200 * 1024;
/// Time after which a program that should have ended hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// How a raw file's samples are told where its name does not.
const RAW_OPTIONS: [&str; 6] = ["--format", "cu8", "--rate", "1.92M", "--freq", "1815.3M"];

/// Metadata of ci8 samples, changed.
fn meta(change: &dyn Fn(&mut Value)) -> String {
    let mut root = json!({
        "global": { "core:datatype": "ci8", "core:sample_rate": 1.92e6, "core:version": "1.2.0" },
        "captures": [{ "core:sample_start": 0, "core:frequency": 1.84e9 }],
        "annotations": [],
    });
    change(&mut root);
    root.to_string()
}

impl Folder {
    fn pair(&self, stem: &str, data: &[u8], change: &dyn Fn(&mut Value)) -> String {
        self.write(&format!("{stem}.sigmf-data"), data);
        self.write(&format!("{stem}.sigmf-meta"), meta(change))
    }

    fn pipe(&self, name: &str) -> String {
        mkfifo(&self.path(name), Mode::S_IRWXU).expect("a pipe");
        self.name(name)
    }

    /// A file that is long and takes no room: `beginning`, then zeros.
    fn long(&self, name: &str, beginning: &[u8], bytes: u64) -> String {
        let name = self.write(name, beginning);
        OpenOptions::new().write(true).open(&name).and_then(|file| file.set_len(bytes)).expect("a sparse file");
        name
    }
}

fn constant(x: f32) -> Vec<u8> {
    x.to_le_bytes().repeat(2 * SAMPLES)
}

/// Waits for the end; gives what was written and the most memory taken, in KiB.
fn watch(mut child: Child) -> (Output, u64) {
    let (begun, status) = (Instant::now(), format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().expect("killed");
            panic!("hangs");
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = line.and_then(|kib| kib.parse().ok()).unwrap_or(peak);
        thread::sleep(Duration::from_millis(5));
    }
    (child.wait_with_output().expect("ended"), peak)
}

/// Replays inputs that must be refused with a message, and others in which there is no cell, around a good one.
fn replay(folder: &Folder, refused: &[(String, &str)], silent: &[String]) -> Vec<Value> {
    let good = folder.noise("good", "2026-11-20T01:00:00Z");
    let mut command = cellwarden();
    command.args(["replay", "--json"]).args(refused.iter().map(|(input, _)| input)).arg(&good).args(silent);
    let (output, peak) =
        watch(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started"));
    let printed = stderr(&output);
    assert_eq!(output.status.code(), Some(if refused.is_empty() { 0 } else { 2 }), "{printed}");
    assert!(!printed.contains("panicked") && !printed.contains(|c: char| c.is_control() && c != '\n'), "{printed}");
    assert!(peak < MAX_KIB, "{peak} KiB");
    let events = events(&output);
    let messages: Vec<&str> =
        events.iter().filter(|e| e["type"] == "error").map(|e| e["message"].as_str().expect("a text")).collect();
    for (input, expected) in refused {
        let stem = Path::new(input).file_stem().and_then(|s| s.to_str()).expect("UTF-8");
        let is_printed = messages.iter().any(|m| m.contains(stem) && m.contains(expected));
        assert!(is_printed, "{input}: {expected}: {messages:#?}");
    }
    assert!(!kinds(&events).contains(&"cell"));
    let summary = events.last().expect("a summary");
    assert_eq!(summary["errors"], refused.len());
    assert_eq!(summary["recordings"], silent.len() + 1, "{messages:#?}");
    events
}

#[test]
fn bytes_that_are_no_signal_are_refused_or_hold_no_cell() {
    let folder = Folder::new();
    let wave = vec![7; 2 * SAMPLES];
    let truncated = folder.noise("truncated", "2026-11-20T01:00:00Z");
    let data = fs::read(folder.path("truncated.sigmf-data")).expect("readable");
    folder.write("truncated.sigmf-data", &data[..1001]);
    let floats = |m: &mut Value| m["global"]["core:datatype"] = json!("cf32_le");
    let at = |hz: f64| move |m: &mut Value| m["captures"][0]["core:frequency"] = json!(hz);
    let refused = [
        (folder.write("f1815_s1.92_empty.bin", []), "holds no sample"),
        (folder.pair("no-data", &[], &|_| ()), "holds no sample"),
        (truncated, "hash mismatch"),
        (folder.write("not-json.sigmf-meta", [0xFF; 100]), "no JSON"),
        (folder.write("not-tar.sigmf", &wave), "expected a tar file"),
        (folder.write("nameless.bin", &wave), "--format"),
        (folder.write("f1815_s1.92_zeros.bin", vec![0; 2 * SAMPLES]), "all 38400 samples are 0"),
        (folder.write("f1815_s1.92_short.bin", [1, 2]), "too short"),
        (folder.write("f1815_s1.92_6ms.bin", noise_bytes(2 * 11_520)), "6.000 ms are too short"),
        (folder.pair("nan", &constant(f32::NAN), &floats), "none of 38400 samples is a number"),
        (folder.pair("infinite", &constant(f32::INFINITY), &floats), "none of 38400 samples is a number"),
        (folder.pair("huge", &constant(f32::MAX), &floats), "none of 38400 samples is a number"),
        (folder.pair("loud", &constant(1e9), &floats), "samples are the same"),
        (folder.pair("no-frequency", &data, &at(0.0)), "give --freq"),
        (folder.pair("low", &data, &at(1840.0)), "did you mean 1840M?"),
    ];
    let silent = [
        folder.write("f1815_s1.92_clipped_hackrf.bin", [0x80, 0x7F, 0x7F, 0x80, 0x80, 0x80].repeat(SAMPLES / 3)),
        // Noise read as what it is not.
        folder.pair("wrong-format", &noise_bytes(32 * SAMPLES), &floats),
        folder.pair("odd", &data[..2 * SAMPLES - 1], &|_| ()),
    ];
    let events = replay(&folder, &refused, &silent);
    let note = |name: &str| events.iter().find(|e| e["type"] == "note" && e["recording"] == name).map(|e| &e["code"]);
    assert_eq!(note("f1815_s1.92_clipped_hackrf"), Some(&json!("clipped")));
    for (name, code) in [("f1815_s1.92_zeros", "all-zero"), ("f1815_s1.92_6ms", "too-short"), ("low", "bad-frequency")]
    {
        let error = events.iter().find(|e| e["type"] == "error" && e["recording"] == name);
        assert_eq!(error.map(|e| &e["code"]), Some(&json!(code)), "{name}");
    }
}

#[test]
fn metadata_that_lies_is_refused_by_the_name_of_the_lie() {
    let folder = Folder::new();
    let wave = noise_bytes(2 * SAMPLES);
    let global = |stem: &str, key: &str, value: Value| folder.pair(stem, &wave, &|m| m["global"][key] = value.clone());
    let captures = |stem: &str, value: Value| folder.pair(stem, &wave, &|m| m["captures"] = value.clone());
    let text = |stem: &str, text: String| folder.write(&format!("{stem}.sigmf-meta"), text);
    let refused = [
        (global("negative-rate", "core:sample_rate", json!(-1.92e6)), "core:sample_rate"),
        (global("slow", "core:sample_rate", json!(1e-9)), "too slow"),
        (global("fast", "core:sample_rate", json!(1e300)), "too fast"),
        (global("wrong-type", "core:datatype", json!("rf64_le")), "core:datatype"),
        (global("wrong-hash", "core:sha512", json!("0".repeat(128))), "hash mismatch"),
        (global("far-offset", "core:offset", json!(u64::MAX)), "core:offset or more"),
        (captures("far-start", json!([{ "core:sample_start": u64::MAX }])), "begins after the end"),
        (captures("float-start", json!([{ "core:sample_start": 1e300 }])), "core:sample_start"),
        (captures("all-header", json!([{ "core:sample_start": 0, "core:header_bytes": u64::MAX }])), "after the end"),
        (
            captures("overlapping", json!([{ "core:sample_start": 900 }, { "core:sample_start": 100 }])),
            "captures in rising order",
        ),
        (text("deep", "[".repeat(1 << 20)), "no JSON"),
        (text("deep-part", format!("{{\"global\":{}", "{\"a\":".repeat(1 << 20))), "no JSON"),
        (text("deep-unread", format!("{{\"annotations\":{}", "[".repeat(1 << 20))), "no JSON"),
        (text("many", format!("{{\"global\":{{}},\"captures\":[{}0]}}", "0,".repeat(15 << 20))), "length of captures"),
        (text("long", format!("{{\"global\":\"{}\"}}", "a".repeat(40 << 20))), "length of the metadata"),
        (text("no-file", meta(&|_| ())), "no-file.sigmf-data: not found"),
        (folder.write("no-meta.sigmf-data", &wave), "no-meta.sigmf-meta: not found"),
    ];
    let noted = |count: usize| folder.pair("noted", &wave, &|m| m["annotations"] = json!(vec![json!([]); count]));
    let far = json!([{ "core:sample_start": 0, "core:frequency": 1.84e9 }, { "core:sample_start": 1u64 << 60 }]);
    let silent = [
        // Annotations are not read, however many there are.
        noted(5 << 20),
        // What is wrong and optional costs only itself.
        global("elsewhere", "core:dataset", json!("../secret")),
        global("all-trailing", "core:trailing_bytes", json!(u64::MAX)),
        captures("far-second", far),
    ];
    replay(&folder, &refused, &silent);
}

#[test]
fn what_is_no_file_is_refused_and_waited_for_by_nobody() {
    let folder = Folder::new();
    let here = |name: &str| folder.path(name);
    fs::create_dir(here("folder")).expect("a folder");
    fs::create_dir(here("folder.sigmf-data")).expect("a folder");
    folder.write("folder.sigmf-meta", meta(&|_| ()));
    folder.write("piped-data.sigmf-meta", meta(&|_| ()));
    folder.pipe("piped-data.sigmf-data");
    std::os::unix::fs::symlink(here("loop.sigmf-meta"), here("loop.sigmf-meta")).expect("a link");
    let refused = [
        (folder.name("absent"), "No such file"),
        (folder.name("absent.sigmf-meta"), "No such file"),
        (folder.name("folder"), "holds no recording"),
        (folder.name("folder.sigmf-meta"), "is no file"),
        (folder.name("piped-data.sigmf-meta"), "is no file"),
        (folder.pipe("pipe.sigmf-meta"), "is no file"),
        (folder.pipe("pipe.sigmf"), "is no file"),
        (folder.pipe("pipe.sigmf-collection"), "is no file"),
        (folder.pipe("f1815_s1.92_pipe.bin"), "--format"),
        (folder.name("loop.sigmf-meta"), "Too many levels of symbolic links"),
        // Readable by nobody, not even by root: its first page is mapped nowhere.
        ("/proc/self/mem".to_owned(), "Input/output error"),
    ];
    replay(&folder, &refused, &[]);
}

/// A replay of `inputs`, given when its first event has come, from where on it listens to Ctrl-C.
fn begin(inputs: &[&str], more: &[&str]) -> (Child, BufReader<ChildStdout>, Option<ChildStdin>) {
    let mut command = cellwarden();
    command.args(["replay", "--json", "--threads", "1"]).args(inputs).args(more);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let mut events = BufReader::new(child.stdout.take().expect("piped"));
    let mut header = String::new();
    events.read_line(&mut header).expect("an event");
    assert!(header.contains("\"header\""), "{header}");
    let stdin = child.stdin.take();
    (child, events, stdin)
}

/// Waits until so many bytes were read.
fn wait_for_bytes(child: &Child, bytes: u64) {
    let (begun, io) = (Instant::now(), format!("/proc/{}/io", child.id()));
    let read = || -> Option<u64> {
        let text = fs::read_to_string(&io).ok()?;
        text.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
    };
    while read().is_some_and(|read| read < bytes) {
        assert!(begun.elapsed() < PATIENCE, "read too slowly");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Interrupts the program as Ctrl-C does; gives its further events and the most memory taken, in KiB.
fn interrupt(child: Child, mut events: impl Read) -> (Vec<Value>, u64) {
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("still running");
    let (mut output, peak) = watch(child);
    assert_eq!(output.status.code(), Some(130));
    events.read_to_end(&mut output.stdout).expect("events");
    let events = self::events(&output);
    assert_eq!(kinds(&events).last(), Some(&"summary"));
    (events, peak)
}

#[test]
fn a_long_recording_takes_little_memory_and_gives_what_was_found_until_it_is_interrupted() {
    let folder = Folder::new();
    let data = fs::read(Path::new(&one_cell()).with_extension("sigmf-data")).expect("readable");
    let input = folder.long("f1840_s5.76_long_hackrf.bin", &data, 50_000_000_000);
    let (child, printed, _) = begin(&[&input], &[]);
    wait_for_bytes(&child, 8 << 20);
    let (events, peak) = interrupt(child, printed);
    let cell = events.iter().find(|event| event["type"] == "cell").expect("the cell at the beginning");
    assert_eq!((&cell["pci"], &cell["ecgis"]), (&json!(301), &json!(["450-08-3f0d101"])));
    assert!(peak < MAX_KIB, "{peak} KiB");
}

#[test]
fn a_long_hash_is_interrupted() {
    let folder = Folder::new();
    let input = folder.pair("long", &[], &|m| m["global"]["core:sha512"] = json!("0".repeat(128)));
    folder.long("long.sigmf-data", &[], 50_000_000_000);
    let (child, printed, _) = begin(&[&input], &["--verify-hash"]);
    wait_for_bytes(&child, 8 << 20);
    assert_eq!(kinds(&interrupt(child, printed).0), ["summary"], "neither right nor wrong");
}

#[test]
fn whoever_waits_for_a_pipe_is_interrupted() {
    let folder = Folder::new();
    let (pipe, good) = (folder.pipe("pipe"), folder.noise("good", "2026-11-20T01:00:00Z"));
    for input in [&pipe, "-"] {
        let (child, printed, _stdin) = begin(&[&good, input], &RAW_OPTIONS);
        let (mut events, _) = interrupt(child, printed);
        // Of the other recording it may have been said already that it is noise.
        events.retain(|event| event["recording"] != "good" || event["type"] != "note");
        assert_eq!(kinds(&events), ["summary"], "{input}");
    }
}

#[test]
fn a_pipe_is_a_raw_recording_whose_writer_may_come_late() {
    let folder = Folder::new();
    let pipe = folder.pipe("pipe");
    let (child, mut printed, _) = begin(&[&pipe], &RAW_OPTIONS);
    OpenOptions::new().write(true).open(&pipe).and_then(|mut file| file.write_all(&noise_bytes(38_400))).expect("read");
    let (mut output, _) = watch(child);
    printed.read_to_end(&mut output.stdout).expect("events");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(events(&output).last().expect("a summary")["iq_seconds"], 0.01);
}

/// Imports so many rows that come over a pipe and are nowhere as a whole; gives the most memory taken, in KiB.
fn import_rows(folder: &Folder, rows: u32) -> u64 {
    let database = folder.name(&format!("{rows}.sqlite"));
    let mut command = cellwarden();
    command.args(["registry", "import", "/dev/stdin", "--json", "--registry", &database]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut list = BufWriter::new(child.stdin.take().expect("a pipe"));
    let writer = thread::spawn(move || {
        writeln!(list, "plmn,eci,kind,status,pci,earfcn,tac,lat,lon,name").expect("read");
        for row in 0..rows {
            let (pci, lat) = (row % 504, 33.0 + f64::from(row % 50_000) * 1e-4);
            // Names with all that a name may have; none of it may cost more than its bytes.
            writeln!(list, "450-08,{row:07x},femto,active,{pci},1550,11793,{lat:.4},127.5,\"=홈,\"\"{row}\"\"\n\"")
                .expect("read");
        }
    });
    let (output, peak) = watch(child);
    writer.join().expect("all was read");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(events(&output)[0]["rows"], rows);
    peak
}

#[test]
fn a_list_takes_no_more_memory_however_long_it_is() {
    let folder = Folder::new();
    let (short, long) = (import_rows(&folder, 10_000), import_rows(&folder, 100_000));
    // The 90,000 rows between them are 8 MB.
    assert!(long < short + 3 * 1024, "{short} KiB, then {long} KiB");
}

#[test]
#[ignore = "10 million rows; for reading: cargo test --release --test cli -- --ignored --nocapture million"]
fn ten_million_rows_take_no_more_memory_and_are_looked_up() {
    let (folder, begun) = (Folder::new(), Instant::now());
    let peak = import_rows(&folder, 10_000_000);
    println!("10,000,000 rows imported in {:.0} s with {} MiB", begun.elapsed().as_secs_f64(), peak / 1024);
    let begun = Instant::now();
    let mut command = cellwarden();
    command.args(["registry", "show", "450-08-098967f", "--registry", &folder.name("10000000.sqlite")]);
    let (output, peak) = watch(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    println!("the last of them looked up in {:.0} s with {} MiB", begun.elapsed().as_secs_f64(), peak / 1024);
}
