//! Positions from a receiver that reports while a recording is replayed: Debian's gpsd, which gpsfake feeds, and sentences
//! from a serial port, for which a pseudo-terminal stands.
//!
//! Where gpsfake is not installed its part is left out, unless `CELLWARDEN_TEST_REPORT` is set.

#![cfg(unix)]

use std::{
    env, fs,
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde_json::Value;
use serialport::{SerialPort, TTYPort};

/// Longest wait for gpsd to listen: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far after its making a recording says that it was made: a busy machine is then not too late for the fixes about it.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// Where the receiver drives: east at some 9 m/s.
const LAT: f64 = 37.478;
const LON: f64 = 126.878;
const LON_A_SECOND: f64 = 1e-4;

/// A recording without a position of its own, made at a time. Gives its name.
fn recording(folder: &Path, start: Timestamp) -> String {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let text = fs::read_to_string(from.join("one-cell.sigmf-meta")).expect("a recording");
    let mut meta: Value = serde_json::from_str(&text).expect("JSON");
    meta["captures"][0]["core:datetime"] = start.to_string().into();
    meta["captures"][0].as_object_mut().expect("an object").remove("core:geolocation");
    fs::write(folder.join("now.sigmf-meta"), meta.to_string()).expect("written");
    fs::copy(from.join("one-cell.sigmf-data"), folder.join("now.sigmf-data")).expect("copied");
    folder.join("now.sigmf-meta").display().to_string()
}

fn replay(recording: &str, gps: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellwarden"))
        .env("XDG_DATA_HOME", "/nonexistent")
        .args(["replay", recording, "--json", "--gps", gps])
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

/// The position of the one cell of a replay, and what was said on standard error.
fn position(output: &Output) -> (Value, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let events = String::from_utf8_lossy(&output.stdout).into_owned();
    let cells = events.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let cell = cells.into_iter().find(|event| event["type"] == "cell").unwrap_or_else(|| panic!("no cell: {events}"));
    (cell["position"].clone(), said)
}

/// GGA and RMC of a second of the drive.
fn sentences(start: Timestamp, second: i64, has_fix: bool) -> [String; 2] {
    let time = start + SignedDuration::from_secs(second);
    let (clock, date) = (time.strftime("%H%M%S.00"), time.strftime("%d%m%y"));
    let minutes = |degrees: f64| format!("{:02}{:07.4}", degrees.trunc(), degrees.fract() * 60.0);
    let (lat, lon) = (minutes(LAT), minutes(LON + LON_A_SECOND * second as f64));
    let bodies = if has_fix {
        [
            format!("GPGGA,{clock},{lat},N,{lon},E,1,08,1.0,20.0,M,18.0,M,,"),
            format!("GPRMC,{clock},A,{lat},N,{lon},E,18.0,90.0,{date},,,A"),
        ]
    } else {
        [format!("GPGGA,{clock},,,,,0,00,,,M,,M,,"), format!("GPRMC,{clock},V,,,,,,,{date},,,N")]
    };
    bodies.map(|body| {
        let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
        format!("${body}*{sum:02X}\r\n")
    })
}

/// Whether a position is on the first minute of the drive.
fn is_on_the_drive(position: &Value) -> bool {
    let number = |key: &str| position[key].as_f64().unwrap_or(f64::NAN);
    (number("lat") - LAT).abs() < 1e-6
        && (LON..=LON + 60.0 * LON_A_SECOND).contains(&number("lon"))
        && (1.0..=200.0).contains(&number("error_m"))
}

/// gpsd on a port of its own, fed a log in real time.
struct FakeGps {
    child: Child,
    port: u16,
}

impl FakeGps {
    fn start(log: &Path) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        // A group of its own, as it starts gpsd itself.
        let started = Command::new("gpsfake")
            .args(["-1", "-q", "-n", "-c", "0.5", "-P", &port.to_string()])
            .arg(log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if env::var_os("CELLWARDEN_TEST_REPORT").is_none() => {
                eprintln!("gpsfake left out: {error}");
                return None;
            }
            Err(error) => panic!("gpsfake: {error}"),
        };
        let gps = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "gpsd does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        Some(gps)
    }

    /// What a replay of a recording that is made now gives.
    fn replay(&self, folder: &Path) -> (Value, String) {
        position(&replay(&recording(folder, Timestamp::now() + AHEAD), &format!("gpsd://127.0.0.1:{}", self.port)))
    }
}

impl Drop for FakeGps {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

fn log(folder: &Path, start: Timestamp, has_fix: bool) -> std::path::PathBuf {
    let file = folder.join("drive.nmea");
    let text: String = (0..600).flat_map(|second| sentences(start, second, has_fix)).collect();
    fs::write(&file, text).expect("written");
    file
}

#[test]
fn gpsd_gives_places_by_its_own_time_and_a_wrong_clock_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    // The computer is an hour ahead of what the satellites say.
    let start = Timestamp::now() - SignedDuration::from_hours(1);
    let Some(gps) = FakeGps::start(&log(folder.path(), start, true)) else { return };
    let (position, said) = gps.replay(folder.path());
    assert!(is_on_the_drive(&position), "{position}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let ahead = said.split_once("the clock is +").and_then(|(_, rest)| rest.split_once(" s ")?.0.parse().ok());
    assert!(ahead.is_some_and(|seconds: f64| (3_590.0..3_720.0).contains(&seconds)), "{said}");
}

#[test]
fn a_receiver_without_a_fix_gives_no_places_and_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(gps) = FakeGps::start(&log(folder.path(), Timestamp::now(), false)) else { return };
    let (position, said) = gps.replay(folder.path());
    assert!(position.is_null() && said.contains("no fix"), "{position}: {said}");
}

#[test]
fn a_serial_port_gives_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut here, there) = TTYPort::pair().expect("a pseudo-terminal");
    let name = there.name().expect("its name");
    let (start, done) = (Timestamp::now(), Arc::new(AtomicBool::new(false)));
    let is_done = Arc::clone(&done);
    let receiver = thread::spawn(move || {
        while !is_done.load(Ordering::Relaxed) {
            let now = Timestamp::now().duration_since(start).as_secs();
            // Nobody may be listening yet.
            let _ = here.write_all(sentences(start, now, true).concat().as_bytes());
            thread::sleep(Duration::from_secs(1));
        }
    });
    let output = replay(&recording(folder.path(), Timestamp::now() + AHEAD), &format!("nmea:{name}"));
    done.store(true, Ordering::Relaxed);
    receiver.join().expect("no panic");
    drop(there);
    let (position, said) = position(&output);
    assert!(is_on_the_drive(&position) && said.is_empty(), "{position}: {said}");
    // A port that is not there is said at the start.
    let missing = replay(&recording(folder.path(), Timestamp::now()), "nmea:/dev/nonexistent-receiver");
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no GNSS receiver"));
}

/// A file of sentences, each given without its checksum.
fn sentence_file(folder: &Path, bodies: &[String]) -> String {
    let checked = bodies.iter().map(|body| {
        let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
        format!("${body}*{sum:02X}\r\n")
    });
    fs::write(folder.join("log.nmea"), checked.collect::<String>()).expect("written");
    format!("nmea:{}", folder.join("log.nmea").display())
}

fn start() -> Timestamp {
    "2026-11-20T01:00:00Z".parse().expect("a time")
}

#[test]
fn a_poor_fix_is_weighed_whatever_the_order_of_its_sentences() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = recording(folder.path(), start());
    let epoch = |second: u32, faa: &str, quality: u32, is_rmc_first: bool| {
        let rmc = format!("GPRMC,0100{second:02}.00,A,3728.680,N,12652.680,E,0.0,0.0,201126,,,{faa}");
        let gga = format!("GPGGA,0100{second:02}.00,3728.680,N,12652.680,E,{quality},04,25.0,50.0,M,0.0,M,,");
        if is_rmc_first { [rmc, gga] } else { [gga, rmc] }
    };
    for (faa, quality, error_m) in [("A", 1, 125.0), ("E", 6, 125.0), ("D", 2, 125.0)] {
        for is_rmc_first in [true, false] {
            let epochs: Vec<String> = (0..3).flat_map(|second| epoch(second, faa, quality, is_rmc_first)).collect();
            let (position, said) = position(&replay(&recording, &sentence_file(folder.path(), &epochs)));
            let found = position["error_m"].as_f64().unwrap_or(f64::NAN);
            assert!((found - error_m).abs() < 1.0, "{faa} {quality} {is_rmc_first}: {position} {said}");
        }
    }
    for (faa, quality) in [("S", 8), ("M", 7), ("N", 0)] {
        let epochs: Vec<String> = (0..3).flat_map(|second| epoch(second, faa, quality, true)).collect();
        let output = replay(&recording, &sentence_file(folder.path(), &epochs));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() != Some(0) && said.contains("has a fix that satellites made"), "{faa}: {said}");
    }
}

#[test]
fn a_track_of_another_drive_is_refused_and_one_without_zone_is_utc() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = recording(folder.path(), start());
    let track = |name: &str, lon: f64, times: [&str; 2]| {
        let points = times.map(|time| format!("<trkpt lat='37.5' lon='{lon}'><time>{time}</time></trkpt>")).concat();
        let path = folder.path().join(name);
        fs::write(&path, format!("<gpx>{points}</gpx>")).expect("written");
        format!("gpx:{}", path.display())
    };
    let local = track("local.gpx", 127.0, ["2026-11-20T09:59:59", "2026-11-20T10:00:01"]);
    let output = replay(&recording, &local);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() != Some(0) && output.stdout.is_empty(), "{said}");
    assert!(said.contains("--gps: the track is from 2026-11-20T09:59:59Z") && said.contains("none of 1"), "{said}");
    for times in [["2026-11-20T00:59:59", "2026-11-20T01:00:01"], ["2007-04-06T00:59:59Z", "2007-04-06T01:00:01Z"]] {
        let (position, said) = position(&replay(&recording, &track("utc.gpx", 127.0, times)));
        assert_eq!((&position["lat"], &position["lon"]), (&37.5.into(), &127.0.into()), "{said}");
        assert_eq!(said.contains("week rollover"), times[0].starts_with("2007"), "{said}");
    }
}

#[test]
fn a_fixed_place_needs_no_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = recording(folder.path(), start());
    let text = fs::read_to_string(&recording).expect("a recording");
    let mut meta: Value = serde_json::from_str(&text).expect("JSON");
    meta["captures"][0].as_object_mut().expect("an object").remove("core:datetime");
    fs::write(&recording, meta.to_string()).expect("written");
    let (position, said) = position(&replay(&recording, "37.5,127.0"));
    assert_eq!((&position["lat"], &position["lon"]), (&37.5.into(), &127.0.into()), "{said}");
    assert!(replay(&recording, "0,0").status.code() != Some(0));
}
