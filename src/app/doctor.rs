//! `doctor`: checks what a drive needs before it begins. Each check gives what was seen, and what to do where that will not
//! do.

use std::{
    fs::{self, File},
    io::{self, Write},
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    process,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use num_complex::Complex32;
use serde::Serialize;

use super::{
    Outcome, crystals,
    disk::bytes_left,
    judge::{file_time, look_up_registry},
    positions::open_positions,
    radio::{Order, Radio, WhenFull},
    record::find_gain,
    scan::{Gains, dwell_name, open},
    sender::open_access,
    stop_on_interrupt,
};
use crate::config::{CheckSettings, DoctorSettings, FeedSettings};
use cellwarden_core::{
    detect::rule::STALE_DAYS,
    observation::MAX_CLIPPED,
    registry::{ImportOptions, Lookup},
};
use cellwarden_feed::{FeedUrl, Protocol, download::Download};
use cellwarden_receiver::scan_plan::ScanPlan;
use cellwarden_report::escape::escape;
use cellwarden_source::{SampleSource, Tuning};
use cellwarden_text::counted;

/// How long the radio's rate is held.
const HOLD_S: f64 = 10.0;
/// Share of the samples that may be missing against the computer's clock: a start takes some time.
const MAX_MISSING: f64 = 0.01;
/// Samples read at once.
const CHUNK: usize = 1 << 17;
/// What is written to measure a disk.
const DISK_BYTES: usize = 64 << 20;
/// Room for evidence and store below which a drive should not begin.
const MIN_ROOM_BYTES: u64 = 1 << 30;
/// Samples of a second without a radio to ask: 20 MS/s of 8 bits.
const USUAL_BYTES_PER_S: f64 = 40e6;
/// How long a service may take to answer, and a receiver to have a fix.
const PATIENCE: Duration = Duration::from_secs(5);
const FIX_PATIENCE: Duration = Duration::from_secs(15);

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ok,
    /// Something is to be done.
    Fault,
    /// There was nothing to check, or no way to.
    NotChecked,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Check {
    #[serde(rename = "type")]
    kind: &'static str,
    check: &'static str,
    state: State,
    seen: String,
    next: Option<String>,
}

/// Writes checks as they are done.
struct Checks {
    json: bool,
    faults: u64,
}

impl Checks {
    fn add(&mut self, check: &'static str, state: State, seen: impl Into<String>, next: Option<&str>) -> Result<()> {
        self.faults += u64::from(state == State::Fault);
        let check = Check { kind: "check", check, state, seen: seen.into(), next: next.map(str::to_owned) };
        let line = if self.json { serde_json::to_string(&check)? } else { line(&check) };
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        Ok(out.flush()?)
    }

    fn ok(&mut self, check: &'static str, seen: impl Into<String>) -> Result<()> {
        self.add(check, State::Ok, seen, None)
    }

    fn fault(&mut self, check: &'static str, seen: impl Into<String>, next: &str) -> Result<()> {
        self.add(check, State::Fault, seen, Some(next))
    }

    fn not_checked(&mut self, check: &'static str, why: impl Into<String>, next: Option<&str>) -> Result<()> {
        self.add(check, State::NotChecked, why, next)
    }
}

fn line(check: &Check) -> String {
    let state = match check.state {
        State::Ok => "ok",
        State::Fault => "FAULT",
        State::NotChecked => "-",
    };
    let next = check.next.as_ref().map(|next| format!("; {}", escape(next))).unwrap_or_default();
    format!("{state:<5}  {:<13} {}{next}", check.check, escape(&check.seen))
}

/// Runs the command: exit code 0 where every check that could be made is ok, 1 where something is to be done.
///
/// # Errors
/// Where the results cannot be written.
pub fn doctor(settings: &DoctorSettings) -> Result<Outcome> {
    let mut checks = Checks { json: settings.json, faults: 0 };
    let bytes_per_s = check_radio(settings, &mut checks)?;
    check_positions(&settings.check, &mut checks)?;
    check_disk(&settings.check, bytes_per_s.unwrap_or(USUAL_BYTES_PER_S), &mut checks)?;
    check_registry(&settings.check, &mut checks)?;
    check_feeds(&settings.check.feed, &mut checks)?;
    Ok(if checks.faults > 0 { Outcome::Alerts } else { Outcome::Done })
}

/// Opens the radio, holds its rate, and looks at its clock, crystal and level; gives the bytes that it sends in a second.
fn check_radio(settings: &DoctorSettings, checks: &mut Checks) -> Result<Option<f64>> {
    let stop = stop_on_interrupt()?;
    let without = |checks: &mut Checks| {
        let names = ["samples", "radio-clock", "crystal", "overload"];
        names.into_iter().try_for_each(|name| checks.not_checked(name, "no radio to check", None))
    };
    let mut radio = match open(&settings.radio, &stop, None) {
        Ok(radio) => radio,
        Err(error) => {
            checks.fault("radio", error.to_string(), "check its cable, its driver, and who else uses it")?;
            without(checks)?;
            return Ok(None);
        }
    };
    let facts = radio.facts().clone();
    let Some(rate) = settings.radio.rate.or_else(|| ScanPlan::highest_rate(&facts.rates)) else {
        checks.fault("radio", format!("{}: no rate of 1.92 MS/s or more", facts.name()), "use another radio")?;
        without(checks)?;
        return Ok(None);
    };
    let mut gains = Gains::new(&settings.radio, &facts);
    let tuning = Tuning { center: settings.center, rate, gain_db: gains.at(settings.center) };
    if let Err(error) = facts.check(&tuning) {
        checks.fault("radio", error.to_string(), "name a rate and a frequency that it has: --rate, --freq")?;
        without(checks)?;
        return Ok(None);
    }
    checks.ok("radio", format!("{} at {:.3} MHz and {rate}", facts.name(), settings.center.0 * 1e-6))?;
    if gains.is_automatic() {
        find_gain(&mut radio, settings.center, rate, &mut gains)?;
    }
    let tuning = Tuning { gain_db: gains.at(settings.center), ..tuning };
    let clipped = hold(&mut radio, tuning, checks)?;
    match radio.take_clock_fault() {
        Some(fault) => checks.fault("radio-clock", fault, "check the reference of the radio (--clock-source)")?,
        None if facts.has_time => checks.ok("radio-clock", "keeps pace with the computer's clock")?,
        None => checks.not_checked("radio-clock", "samples of this radio carry no time", None)?,
    }
    let serial = facts.serial.as_ref().unwrap_or(&facts.label);
    match (settings.radio.ppm, crystals::remembered(&settings.crystals, serial)) {
        (Some(ppm), _) => checks.ok("crystal", format!("{ppm} ppm, as given"))?,
        (None, Some((ppm, time))) => {
            checks.ok("crystal", format!("{ppm:.2} ppm, learnt on {}", time.strftime("%Y-%m-%d")))?;
        }
        (None, None) => {
            let next = "scan near a registered macro cell, or give it with --ppm";
            checks.not_checked("crystal", "not learnt yet: the first sweep takes longer", Some(next))?;
        }
    }
    match clipped {
        None => checks.not_checked("overload", "no sample came", None)?,
        Some(share) => {
            let seen = format!("{:.2} % of the samples clipped at {} dB", share * 100.0, tuning.gain_db);
            if share >= MAX_CLIPPED {
                checks.fault("overload", seen, "lower the gain (--gain), or put a filter before the radio")?;
            } else {
                checks.ok("overload", seen)?;
            }
        }
    }
    Ok(Some(rate.hz() * facts.format.bytes() as f64))
}

/// Holds the radio's rate and counts what is lost; gives the share of samples that clipped.
fn hold(radio: &mut Radio, tuning: Tuning, checks: &mut Checks) -> Result<Option<f64>> {
    let wanted = (HOLD_S * tuning.rate.hz()) as u64;
    let before = radio.counts();
    let asked = radio.ask(Order { tuning, samples: wanted, when_full: WhenFull::Lose });
    let mut first = None;
    let until = Instant::now() + PATIENCE;
    while first.is_none() && Instant::now() < until && !radio.is_over() {
        match radio.receive(asked, |start| dwell_name(start, tuning.center)) {
            Ok(live) => first = live,
            Err(error) => {
                checks.fault("samples", error.to_string(), "name what it has: --rate, --freq, --gain")?;
                return Ok(None);
            }
        }
    }
    let Some(mut live) = first else {
        checks.fault("samples", "no sample came", "check its cable and who else uses it")?;
        return Ok(None);
    };
    let begun = Instant::now();
    let mut chunk = vec![Complex32::ZERO; CHUNK];
    let (mut came, mut lost) = (0u64, 0u64);
    loop {
        let block = live.read(&mut chunk)?;
        if block.len == 0 {
            break;
        }
        (came, lost) = (came + block.len as u64, lost + block.lost);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let clipped = live.loudness().clipped_share();
    drop(live);
    let counts = radio.counts().since(&before);
    let missing = 1.0 - came as f64 / (tuning.rate.hz() * seconds.max(1e-3));
    let seen = format!(
        "{came} samples in {seconds:.1} s at {}, {lost} lost, {} overflows, {} timeouts, {} disconnects",
        tuning.rate, counts.overflows, counts.timeouts, counts.disconnects
    );
    let next = "use another USB port or cable, close other programs, or take a lower --rate";
    if lost > 0 || counts.faults() > 0 || came < wanted || missing > MAX_MISSING {
        checks.fault("samples", seen, next)?;
    } else {
        checks.ok("samples", seen)?;
    }
    Ok(Some(clipped))
}

/// Waits for a fix, and compares the clocks.
fn check_positions(settings: &CheckSettings, checks: &mut Checks) -> Result<()> {
    let Some(gps) = &settings.gps else {
        let next = "name a source with --gps: without positions nothing is located";
        checks.not_checked("fix", "no position source", Some(next))?;
        return checks.not_checked("clock", "nothing to compare the computer's clock with", None);
    };
    let positions = match open_positions(gps) {
        Ok(positions) => positions,
        Err(error) => {
            checks.fault("fix", format!("{error:#}"), "check --gps, and the receiver's cable")?;
            return checks.not_checked("clock", "no GNSS receiver", None);
        }
    };
    if positions.receiver().is_none() {
        checks.ok("fix", "a fixed place or a track")?;
        return checks.not_checked("clock", "no GNSS receiver to compare the computer's clock with", None);
    }
    let until = Instant::now() + FIX_PATIENCE;
    let mut status = positions.receiver().unwrap_or_default();
    while status.fixes == 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
        status = positions.receiver().unwrap_or_default();
    }
    if status.fixes == 0 {
        let fault = status.fault().map(|fault| fault.to_string()).unwrap_or_default();
        checks.fault("fix", fault, "check its antenna, and wait under the open sky")?;
        return checks.not_checked("clock", "no fix to compare the computer's clock with", None);
    }
    checks.ok("fix", format!("mode {}, {}", status.mode, counted(status.fixes, "fix")))?;
    match (status.clock_error_s(), status.clock_ahead_s) {
        (Some(error_s), _) => {
            let seen = format!("{error_s:+.1} s against GNSS time");
            checks.fault("clock", seen, "set it (chrony, timedatectl); positions are corrected until then")
        }
        (None, Some(ahead_s)) => checks.ok("clock", format!("{ahead_s:+.2} s against GNSS time")),
        (None, None) => checks.not_checked("clock", "the GNSS receiver gives no time", None),
    }
}

/// Measures the room and the speed of the disk that a drive is kept on.
fn check_disk(settings: &CheckSettings, bytes_per_s: f64, checks: &mut Checks) -> Result<()> {
    let folder = settings.store.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let written = fs::create_dir_all(folder).and_then(|()| write_speed(folder));
    let (place, next) = (folder.display(), "make room, or name another disk with --store and --evidence");
    match written {
        Err(error) => checks.fault("disk", format!("{place}: cannot write: {error}"), next),
        Ok(speed) => {
            let room = bytes_left(folder);
            let (mega, giga) = (|bytes: f64| bytes / 1e6, |bytes: u64| bytes as f64 / 1e9);
            let left = room.map_or_else(|| "room not known".to_owned(), |room| format!("{:.1} GB free", giga(room)));
            let (has, needs) = (mega(speed), mega(bytes_per_s));
            let seen = format!("{place}: {left}, writes {has:.0} MB/s, recording takes {needs:.0} MB/s");
            if room.is_some_and(|room| room < MIN_ROOM_BYTES) || speed < bytes_per_s {
                checks.fault("disk", seen, next)
            } else {
                checks.ok("disk", seen)
            }
        }
    }
}

/// Bytes per second that reach the disk.
fn write_speed(folder: &Path) -> io::Result<f64> {
    let path = folder.join(format!(".doctor-{}", process::id()));
    let chunk = vec![0x5A; 1 << 20];
    let write = || {
        let begun = Instant::now();
        let mut file = File::create(&path)?;
        for _ in 0..DISK_BYTES / chunk.len() {
            file.write_all(&chunk)?;
        }
        file.sync_all()?;
        Ok(DISK_BYTES as f64 / begun.elapsed().as_secs_f64().max(1e-6))
    };
    let speed = write();
    let removed = fs::remove_file(&path);
    speed.and_then(|speed| removed.map(|()| speed))
}

/// Looks at the registered cell list and its age.
fn check_registry(settings: &CheckSettings, checks: &mut Checks) -> Result<()> {
    let next = "import the operator's list: `cellwarden registry import FILE`, or name it with --registry";
    let Some(path) = &settings.registry else {
        return checks.fault("registry", "no registered cell list: every cell stays unchecked", next);
    };
    let options = ImportOptions { list_date: settings.list_date, ..ImportOptions::at(file_time(path)) };
    let list = match look_up_registry(path, &options) {
        Ok(list) => list,
        Err(error) => return checks.fault("registry", format!("{}: {error:#}", path.display()), next),
    };
    let snapshot = list.snapshot();
    let days = Timestamp::now().duration_since(snapshot.imported).as_secs_f64() / 86_400.0;
    let (rows, date) = (counted(snapshot.rows, "cell"), snapshot.imported.strftime("%Y-%m-%d"));
    let seen = format!("{}: {rows} of {date}, {days:.0} days old", path.display());
    if days > STALE_DAYS {
        checks.fault("registry", seen, "take over a newer list: cells may be new or changed since")
    } else if days < -1.0 {
        checks.fault("registry", seen, "check the computer's clock, and the list's date (--list-date)")
    } else if snapshot.rows == 0 {
        checks.fault("registry", seen, next)
    } else {
        checks.ok("registry", seen)
    }
}

/// Reaches the services that alerts are sent to.
fn check_feeds(settings: &FeedSettings, checks: &mut Checks) -> Result<()> {
    if settings.urls.is_empty() {
        return checks.not_checked("service", "alerts are sent to no service: no --feed", None);
    }
    for url in &settings.urls {
        match reach(url, settings) {
            Ok(seen) => checks.ok("service", seen)?,
            Err(error) => {
                let seen = format!("{}: {error:#}", url.origin());
                checks.fault(
                    "service",
                    seen,
                    "check the network, the address and --feed-access; alerts wait until then",
                )?;
            }
        }
    }
    Ok(())
}

/// Connects to a service; one that takes events over HTTP is asked how it is.
fn reach(url: &FeedUrl, settings: &FeedSettings) -> Result<String> {
    let begun = Instant::now();
    let mut failed = anyhow::anyhow!("the name has no address");
    let mut addresses = (url.host(), url.port()).to_socket_addrs().context("the name cannot be looked up")?;
    let connected = addresses.any(|address| {
        let connected = TcpStream::connect_timeout(&address, PATIENCE);
        connected.map_err(|error| failed = error.into()).is_ok()
    });
    if !connected {
        return Err(failed);
    }
    let millis = begun.elapsed().as_millis();
    if matches!(url.protocol(), Protocol::Http { .. }) {
        let access = open_access(settings.access.as_deref())?;
        Download::new(url, &access)?.text(&format!("{}/health", url.origin()), None)?;
        return Ok(format!("{}: answers, connected in {millis} ms", url.origin()));
    }
    Ok(format!("{}: connected in {millis} ms", url.origin()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_one_line_with_what_to_do() {
        let mut check = Check {
            kind: "check",
            check: "disk",
            state: State::Fault,
            seen: "/x: 0.1 GB free\u{1b}".to_owned(),
            next: Some("make room".to_owned()),
        };
        assert_eq!(line(&check), "FAULT  disk          /x: 0.1 GB free\\u{1b}; make room");
        (check.state, check.next) = (State::Ok, None);
        assert!(line(&check).starts_with("ok     disk          /x"));
        let json = serde_json::to_value(Check { state: State::NotChecked, ..check }).expect("plain values");
        assert_eq!(
            (&json["type"], &json["state"], &json["next"]),
            (&"check".into(), &"not-checked".into(), &().into())
        );
    }

    #[test]
    fn a_disk_is_measured_and_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(write_speed(folder.path()).is_ok_and(|speed| speed > 0.0));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        assert!(write_speed(&folder.path().join("absent")).is_err());
    }
}
