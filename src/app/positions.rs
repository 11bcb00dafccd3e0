//! Opens what `--gps` names, and keeps a live receiver read: one thread, which ends with the program.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    mem::{Discriminant, discriminant},
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::{config::Gps, console};
use cellwarden_position::{
    FixReport, GnssFault, GpxTrack, LiveFixes, LiveStatus, PositionSource,
    gpsd::{self, WATCH},
    nmea::{self, NmeaReader, NmeaTrack},
    read_line,
};

/// How long a connection may take, and how long a receiver may be silent; gpsd and receivers report every second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before a lost receiver is tried again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a start waits for the first fix.
const FIRST: Duration = Duration::from_secs(3);

/// Opens the source of positions.
///
/// # Errors
/// Where a file is no track, or there is no port. gpsd that is not up yet, and a receiver that is lost, are tried again.
pub fn open_positions(gps: &Gps) -> Result<Box<dyn PositionSource>> {
    let positions: Box<dyn PositionSource> = match gps {
        Gps::Fixed(place) => Box::new(*place),
        Gps::Gpx(path) => Box::new(GpxTrack::open(path).with_context(|| path.display().to_string())?),
        Gps::Nmea { path, .. } if fs::metadata(path).is_ok_and(|facts| facts.is_file()) => {
            Box::new(NmeaTrack::open(path).with_context(|| path.display().to_string())?)
        }
        Gps::Nmea { path, baud } => {
            let (path, baud) = (path.clone(), *baud);
            let first = open_port(&path, baud).with_context(|| format!("{}: no GNSS receiver", path.display()))?;
            Box::new(keep_reading(
                path.display().to_string(),
                Some(first),
                nmea::MAX_LINE,
                move || open_port(&path, baud),
                || {
                    let mut reader = NmeaReader::live();
                    move |line: &str| reader.line(line)
                },
            ))
        }
        Gps::Gpsd { host, port } => {
            let address = (host.clone(), *port);
            let name = format!("gpsd://{host}:{port}");
            // One that is not up yet is waited for like one that is lost.
            let first = connect(&address);
            if let Err(error) = &first {
                tracing::warn!(receiver = name, %error, "no gpsd yet");
            }
            Box::new(keep_reading(name, first.ok(), gpsd::MAX_LINE, move || connect(&address), || gpsd::report))
        }
    };
    for remark in positions.remarks() {
        tracing::warn!(%remark, "--gps");
        console::write_error_line(format!("--gps: {remark}"));
    }
    Ok(positions)
}

/// The fault of a GNSS receiver that was last announced.
#[derive(Debug, Default)]
pub struct AnnouncedFault(Option<Discriminant<GnssFault>>);

impl AnnouncedFault {
    /// The announcement for this status: a new kind of fault, or the end of one; `None` where nothing changed.
    pub fn change(&mut self, receiver: Option<LiveStatus>) -> Option<String> {
        let fault = receiver?.fault();
        let before = std::mem::replace(&mut self.0, fault.as_ref().map(discriminant));
        if before == self.0 {
            return None;
        }
        Some(fault.map_or_else(|| "the GNSS receiver has a fix again".to_owned(), |fault| fault.to_string()))
    }
}

/// A stream of lines.
type Lines = Box<dyn Read + Send>;

fn connect((host, port): &(String, u16)) -> io::Result<Lines> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (host.as_str(), *port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.write_all(WATCH.as_bytes())?;
                return Ok(Box::new(stream));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A serial port, or what else gives lines.
fn open_port(path: &Path, baud: u32) -> io::Result<Lines> {
    if is_device(path) {
        let port = serialport::new(path.to_string_lossy(), baud).timeout(PATIENCE).open()?;
        return Ok(Box::new(port));
    }
    Ok(Box::new(File::open(path)?))
}

#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|facts| facts.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_device(_: &Path) -> bool {
    true
}

/// Reads reports on a thread of its own, and opens the receiver again when it is lost.
fn keep_reading<P: FnMut(&str) -> Option<FixReport>>(
    name: String,
    first: Option<Lines>,
    line_max: usize,
    open: impl Fn() -> io::Result<Lines> + Send + 'static,
    parser: impl Fn() -> P + Send + 'static,
) -> LiveFixes {
    let live = LiveFixes::default();
    let fixes = live.clone();
    if first.is_none() {
        fixes.lose();
    }
    thread::spawn(move || {
        let mut lines = first;
        loop {
            if let Some(lines) = lines.take() {
                let error = read(BufReader::new(lines), line_max, parser(), &fixes);
                fixes.lose();
                tracing::warn!(receiver = name, %error, "GNSS receiver lost: no positions until it is back");
            }
            thread::sleep(PAUSE);
            lines = open().ok();
        }
    });
    // A replay asks at once: the first fix is waited for, but not for long.
    live.wait(FIRST);
    live
}

/// Reads until the receiver is lost; says why.
fn read(
    mut lines: impl BufRead,
    line_max: usize,
    mut parse: impl FnMut(&str) -> Option<FixReport>,
    fixes: &LiveFixes,
) -> io::Error {
    loop {
        match read_line(&mut lines, line_max) {
            Ok(Some(line)) => {
                if let Some(report) = parse(&line) {
                    fixes.take(&report, Timestamp::now());
                }
            }
            Ok(None) => return io::ErrorKind::UnexpectedEof.into(),
            Err(error) => return error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_fault_is_announced_once_and_when_it_is_over() {
        let good = LiveStatus { connected: true, mode: 3, fixes: 1, ..LiveStatus::default() };
        let ahead = |ahead_s| LiveStatus { clock_ahead_s: Some(ahead_s), ..good };
        let mut announced = AnnouncedFault::default();
        assert_eq!((announced.change(None), announced.change(Some(good))), (None, None));
        assert!(announced.change(Some(LiveStatus { mode: 1, ..good })).is_some_and(|text| text.contains("no fix")));
        assert_eq!(announced.change(Some(LiveStatus { mode: 0, ..good })), None);
        assert!(announced.change(Some(ahead(-90.0))).is_some_and(|text| text.contains("-90.0 s")));
        // The clocks drift on; that is nothing new.
        assert_eq!(announced.change(Some(ahead(-90.1))), None);
        assert!(announced.change(Some(good)).is_some_and(|text| text.contains("again")));
    }

    #[test]
    fn reports_of_gpsd_are_positions_and_a_lost_one_is_found_again() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (seen, is_seen) = std::sync::mpsc::channel();
        let server = thread::spawn(move || {
            for lon in [126.0, 126.0001] {
                let (mut stream, _) = listener.accept().expect("a client");
                let mut asked = [0; WATCH.len()];
                stream.read_exact(&mut asked).expect("a request");
                assert_eq!(&asked, WATCH.as_bytes());
                let now = Timestamp::now();
                let (no_fix, fix) = (
                    r#"{"class":"TPV","mode":1}"#,
                    format!(r#"{{"class":"TPV","mode":3,"time":"{now}","lat":37.5,"lon":{lon}}}"#),
                );
                write!(stream, "{{\"class\":\"VERSION\"}}\r\n{no_fix}\r\n{fix}\r\n").expect("a client");
                // gpsd goes only when its fix was asked for.
                is_seen.recv().expect("the test runs");
            }
        });
        let gps = Gps::Gpsd { host: "127.0.0.1".to_owned(), port };
        let positions = open_positions(&gps).expect("gpsd is there");
        let wait_for = |lon: f64| {
            let begun = std::time::Instant::now();
            while positions.at(Timestamp::now()).is_none_or(|place| place.lon != lon) {
                assert!(begun.elapsed() < Duration::from_secs(30), "no position at {lon}");
                thread::sleep(Duration::from_millis(20));
            }
            // Before the server goes, or it may be lost again by now.
            assert_eq!(positions.receiver().and_then(|receiver| receiver.fault()), None);
            seen.send(()).expect("the server runs");
        };
        wait_for(126.0);
        wait_for(126.0001);
        server.join().expect("both clients came");
    }

    #[test]
    fn gpsd_that_is_not_up_yet_is_waited_for() {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let gps = Gps::Gpsd { host: "127.0.0.1".to_owned(), port };
        let positions = open_positions(&gps).expect("it may come");
        assert_eq!(positions.receiver().and_then(|receiver| receiver.fault()), Some(GnssFault::Lost));
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port");
        let (mut stream, _) = listener.accept().expect("a client");
        let now = Timestamp::now();
        writeln!(stream, r#"{{"class":"TPV","mode":3,"time":"{now}","lat":37.5,"lon":126.0}}"#).expect("a client");
        let begun = std::time::Instant::now();
        while positions.at(Timestamp::now()).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(30), "no position");
            thread::sleep(Duration::from_millis(20));
        }
    }
}
