//! What the feeds' tests send to, and a store with something to send.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Grounds, Judged, Severity, Verdict},
    drive::SearchedDwell,
    observation::{Dwell, Observation, Position},
};
use cellwarden_event::{RuleId, outbox::ScannerName};
use cellwarden_store::{DriveRecord, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use cellwarden_core::observed::identified;

/// A store in which `dwells` dwells of three cells were recorded for a feed, one of them with an alert each.
pub fn filled_store(path: &Path, feed: &str, dwells: usize) -> Vec<String> {
    store_of("van-3", path, feed, dwells)
}

/// The same of another scanner.
pub fn store_of(scanner: &str, path: &Path, feed: &str, dwells: usize) -> Vec<String> {
    store_of_cells(scanner, path, feed, dwells, 3)
}

/// The same with so many cells in each dwell.
pub fn store_of_cells(scanner: &str, path: &Path, feed: &str, dwells: usize, count: u32) -> Vec<String> {
    let mut store = Store::create(path).expect("a store");
    store.add_feed(feed, &ScannerName::new(scanner).expect("a name")).expect("added");
    let drive = DriveRecord { command: "replay".into(), rules_version: "r".into(), registry_snapshot: None };
    store.begin(&drive).expect("begun");
    for n in 0..dwells {
        let start: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
        let start = start + SignedDuration::from_secs(n as i64);
        let dwell = SearchedDwell {
            recording: format!("dwell-{n:05}"),
            start: Some(start),
            center_hz: 1840e6,
            sample_rate_hz: 5.76e6,
            samples: 576_000,
            lost: 0,
            clipped: 0.0,
            gain_db: Some(20.0),
            carriers_hz: None,
            position: Some(Position { lat: 37.478, lon: 126.878, error_m: 5.0 }),
        };
        let alarming = n as u32 % count;
        let cells: Vec<(Observation, Judged)> = (0..count).map(|cell| judged(&dwell, cell, cell == alarming)).collect();
        let (observation, of) = &cells[alarming as usize];
        let cell = CellId::new(observation, of.ecgi);
        let raised = Alert::new(&cell, &of.findings[0], Some(start), Vec::new());
        store.record(&dwell, &cells, &[raised], &[]).expect("stored");
    }
    let alerts = store.alerts().expect("a list");
    alerts.iter().map(|alert| alert.alert.id.clone()).collect()
}

fn judged(dwell: &SearchedDwell, cell: u32, alarming: bool) -> (Observation, Judged) {
    let observation = Observation {
        dwell: Dwell {
            recording: dwell.recording.clone(),
            start: dwell.start,
            seconds: dwell.seconds(),
            gain_db: dwell.gain_db,
            lost: dwell.lost,
            clipped: dwell.clipped,
        },
        position: dwell.position,
        ..identified(300 + cell as u16, 0x5a_00100 + cell)
    };
    let evidence = Map::from_iter([("recording".to_owned(), Value::from(dwell.recording.as_str()))]);
    let finding = Finding {
        rule: RuleId::of("unregistered"),
        version: 1,
        severity: Severity::Critical,
        evidence,
        grounds: Grounds::default(),
    };
    let findings = if alarming { vec![finding] } else { Vec::new() };
    let judged = Judged { ecgi: observation.ecgi(), verdict: Verdict::Unregistered, findings, phase_s: None };
    (observation, judged)
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl Request {
    /// The CloudEvents in it.
    pub fn events(&self) -> Vec<Value> {
        self.body.as_array().cloned().unwrap_or_else(|| vec![self.body.clone()])
    }
}

/// What a receiver answers: status, more header lines, body.
type Answer = dyn Fn(&Request) -> (u16, String) + Send + Sync;

/// A receiver that keeps what it gets, in the order of its answers.
pub struct HttpReceiver {
    pub port: u16,
    pub requests: Arc<Mutex<Vec<(Request, u16)>>>,
}

impl HttpReceiver {
    pub fn new(answer: impl Fn(&Request) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let requests: Arc<Mutex<Vec<(Request, u16)>>> = Arc::default();
        let (answer, kept): (Arc<Answer>, _) = (Arc::new(answer), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(&stream, &answer, &kept));
            }
        });
        Self { port, requests }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/events", self.port)
    }

    /// The events of accepted requests, in their order.
    pub fn accepted(&self) -> Vec<Value> {
        let requests = self.requests.lock().expect("not poisoned");
        requests.iter().filter(|(_, status)| *status < 300).flat_map(|(request, _)| request.events()).collect()
    }
}

fn serve(stream: &TcpStream, answer: &Arc<Answer>, kept: &Mutex<Vec<(Request, u16)>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return Some(());
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let path = first.split(' ').nth(1)?.to_owned();
        let request = Request { path, headers, body: serde_json::from_slice(&body).unwrap_or_default() };
        let (status, more) = answer(&request);
        kept.lock().expect("not poisoned").push((request, status));
        let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\n{more}\r\nok");
        (&mut &*stream).write_all(head.as_bytes()).ok()?;
    }
}
