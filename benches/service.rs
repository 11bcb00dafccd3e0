//! The registry service on this machine: events a second, the time of an answer, and of a page of many cases.
//!
//! To hold on two cores: 3,000 events a second into PostgreSQL and 1,500 into SQLite, 99 % of answers within 100 ms at
//! 500 events a second, each page of 100,000 open cases within 200 ms. The senders run on the same cores: the processor
//! time of the service and its database, which tells what they would do alone, stands beside.

#[path = "../tests/folder/mod.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod folder;
#[path = "../tests/feeds/receivers.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod receivers;
#[path = "../tests/servers/mod.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod servers;

use std::{
    fs,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use folder::Folder;
use servers::{cellwarden, postgres::PostgresServer, service::Service};
use ureq::Agent;

/// Scanners that send as fast as they are answered, for how long, and the cells about.
const SENDERS: u32 = 8;
const LOAD: Duration = Duration::from_secs(15);
const CELLS: u32 = 600;

/// Events of a request, as a scanner's feed sends them, and one in so many is an alert.
const BATCH: u32 = 100;
const ALERT_EVERY: u32 = 50;

/// Scanners that together send 500 events a second, one a request, and for how long.
const PACED: u32 = 25;
const PACE: Duration = Duration::from_millis(50);
const PACED_EVENTS: u32 = 200;

/// What a scanner has after a week without a network: dwells with an alert each, and the cells of each.
const DWELLS: usize = 2_500;
const DWELL_CELLS: u32 = 200;

/// Open cases, and closed ones among them.
const OPEN: u32 = 100_000;
const CLOSED: u32 = 20_000;

fn main() {
    println!("SQLite");
    let folder = Folder::new();
    let service = Service::start(&folder, &["--events-per-second", "1000000"]);
    measure(&service, &[service.process()], &|| fill_sqlite(&service));
    drop(service);

    backlog();

    println!("PostgreSQL");
    let folder = Folder::new();
    let Some(server) = PostgresServer::start(&folder) else { return };
    let service = Service::over(&folder, &server.url(), &["--events-per-second", "1000000"]);
    measure(&service, &[service.process(), server.process()], &|| fill_postgres(&server));
}

fn measure(service: &Service, processes: &[u32], fill: &dyn Fn()) {
    let tokens: Vec<String> = (0..PACED).map(|n| service.token(&format!("van-{n}"), "events")).collect();
    let reader = service.token("office", "read");
    // A token's first request waits for its secret to be verified.
    tokens.iter().for_each(|token| post(&Agent::new_with_defaults(), service, token, "[]".to_owned()));
    sustained("no case yet", service, &tokens, processes, &|n| n % CELLS);
    paced(service, &tokens);
    sustained("all of one case", service, &tokens, processes, &|_| CELLS);
    fill();
    sustained("100,000 open cases", service, &tokens, processes, &|n| CELLS + n % OPEN);
    paced(service, &tokens);
    pages(service, &reader);
}

/// An event of a scanner's own number, of a cell.
fn event(scanner: u32, number: u32, cell: u32) -> String {
    let (pci, ecgi) = (cell % 504, format!("450-08-{cell:07x}"));
    let lat = 37.0 + f64::from(cell / 100) * 0.01 + f64::from(number % 97) * 1e-4;
    let lon = 127.0 + f64::from(cell % 100) * 0.01 + f64::from(number % 89) * 1e-4;
    let place = format!(r#"{{"lat":{lat:.5},"lon":{lon:.5},"error_m":5.0}}"#);
    let id = format!("{scanner:08x}{number:08x}");
    let (kind, data) = if number.is_multiple_of(ALERT_EVERY) {
        let data = format!(
            r#""id":"{id}","rule":"unregistered","rule_version":1,"severity":"critical","summary":"cell {ecgi} is not registered","evidence":{{"plmn":"450-08","eci":{cell}}},"#
        );
        ("alert", data)
    } else {
        let data = format!(
            r#""seconds":0.16,"gain_db":20.0,"carrier_hz":1840000000.0,"rsrp_dbfs":-{}.5,"state":"si","verdict":"unregistered","rules":["unregistered"],"#,
            30 + number % 40
        );
        ("sighting", data)
    };
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"urn:cellwarden:scanner:van-{scanner}","type":"io.cellwarden.{kind}.v1","subject":"{ecgi}","time":"2026-11-20T{:02}:{:02}:{:02}Z","datacontenttype":"application/json","data":{{{data}"recording":"dwell-{number}","ecgi":"{ecgi}","pci":{pci},"earfcn":1550,"position":{place}}}}}"#,
        number / 3600 % 24,
        number / 60 % 60,
        number % 60,
    )
}

fn post(agent: &Agent, service: &Service, token: &str, body: String) {
    let request = agent
        .post(format!("{}/v1/events", service.url))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/cloudevents-batch+json");
    request.send(body).expect("kept").body_mut().read_to_string().expect("an answer");
}

/// Every scanner sends the next batch when the last one is on the disk. `cell_of` tells of which cell a number speaks.
fn sustained(
    what: &str,
    service: &Service,
    tokens: &[String],
    processes: &[u32],
    cell_of: &(dyn Fn(u32) -> u32 + Sync),
) {
    // Numbers of this load alone, so that no event is known already.
    let base = fastrand::u32(1..1 << 20) << 12;
    let before = processor_seconds(processes);
    let begun = Instant::now();
    let sent: u32 = thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .zip(tokens)
            .map(|(scanner, token)| {
                scope.spawn(move || {
                    let (agent, mut sent) = (Agent::new_with_defaults(), 0);
                    while begun.elapsed() < LOAD {
                        let numbers = sent..sent + BATCH;
                        let events: Vec<String> = numbers
                            .map(|n| event(scanner, base.wrapping_add(n), cell_of(n.wrapping_mul(37) + scanner * 41)))
                            .collect();
                        post(&agent, service, token, format!("[{}]", events.join(",")));
                        sent += BATCH;
                    }
                    sent
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().expect("sent")).sum()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let own = processor_seconds(processes) - before;
    println!(
        "  {:>7.0} events/s sustained, {what}; {:.0} µs of processor time an event",
        f64::from(sent) / seconds,
        1e6 * own / f64::from(sent),
    );
}

/// 500 events a second, each a request of its own. Times count from when an event was due: a late answer delays none of
/// those behind it unseen.
fn paced(service: &Service, tokens: &[String]) {
    let base = fastrand::u32(1..1 << 20) << 12;
    let begun = Instant::now() + PACE;
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let senders: Vec<_> = (0..PACED)
            .zip(tokens)
            .map(|(scanner, token)| {
                scope.spawn(move || {
                    let agent = Agent::new_with_defaults();
                    let first = begun + PACE * scanner / PACED;
                    let answered = |n: u32| {
                        let due = first + PACE * n;
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let number = base.wrapping_add(n);
                        post(&agent, service, token, format!("[{}]", event(scanner, number, number % CELLS)));
                        due.elapsed()
                    };
                    (0..PACED_EVENTS).map(answered).collect::<Vec<_>>()
                })
            })
            .collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("sent")).collect()
    });
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("  p50 {:.1} ms, p99 {:.1} ms, all within {:.1} ms at 500 events/s", at(50), at(99), at(100));
}

/// One scanner sends what a week left in its outbox.
fn backlog() {
    let folder = Folder::new();
    let service = Service::start(&folder, &["--events-per-second", "1000000"]);
    let (store, feed) = (folder.name("s.sqlite"), format!("{}/v1/events", service.url));
    let alerts = receivers::store_of_cells("van-0", &folder.path("s.sqlite"), &feed, DWELLS, DWELL_CELLS);
    let token = folder.write("token", service.token("van-0", "events"));
    let access = folder.write("access.toml", format!("[{:?}]\ntoken-file = {token:?}\n", service.url));
    let begun = Instant::now();
    let mut sender = cellwarden(&["alerts", "send", "--store", &store, "--feed-access", &access, "--scanner", "van-0"]);
    let mut sender = sender.stdout(Stdio::null()).spawn().expect("started");
    let mut most = 0;
    while sender.try_wait().expect("a look").is_none() {
        most = most.max(peak_mib(sender.id()));
        thread::sleep(Duration::from_millis(20));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let count = |select: &str| -> usize {
        let count: i64 = service.open().query_row(select, [], |row| row.get(0)).expect("a count");
        count as usize
    };
    let kept = count("SELECT count(*) FROM event");
    assert_eq!(kept, DWELLS * (DWELL_CELLS as usize + 1), "nothing is lost");
    assert_eq!(count("SELECT count(*) FROM event WHERE kind = 'alert'"), alerts.len());
    println!(
        "  {kept} events of a week without a network, {} of them alerts, in {seconds:.0} s; sender {most} MiB, \
         service {} MiB",
        alerts.len(),
        peak_mib(service.process()),
    );
}

/// The most memory that a process had, where the system says it as Linux does.
fn peak_mib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The slowest page of each kind of list, over all filters that the API offers.
fn pages(service: &Service, reader: &str) {
    let agent = Agent::new_with_defaults();
    let ask = |path: &str| {
        let request = agent.get(format!("{}{path}", service.url)).header("authorization", format!("Bearer {reader}"));
        request.call().expect("listed").body_mut().read_to_string().expect("a page")
    };
    let filters =
        ["", "&severity=critical", "&severity=high", "&scanner=van-1", "&scanner=rare", "&ecgi=450-08-0000300"];
    let mut slowest = (Duration::ZERO, String::new());
    let mut first = Duration::MAX;
    for state in ["open", "all", "new", "confirmed", "located", "closed"] {
        for filter in filters.iter().flat_map(|filter| {
            ["", "&scanner=rare", "&severity=critical"].iter().map(move |more| format!("{filter}{more}"))
        }) {
            // A word given twice is refused.
            let words = ["severity", "scanner"].map(|word| filter.matches(word).count());
            if words.iter().any(|count| *count > 1) {
                continue;
            }
            for rest in ["&limit=100", "&limit=1000", "&limit=1000&before=60000", "&limit=1000&before=900"] {
                let path = format!("/v1/cases?state={state}{filter}{rest}");
                let best = (0..3).map(|_| {
                    let begun = Instant::now();
                    ask(&path);
                    begun.elapsed()
                });
                let best = best.min().expect("three");
                if best > slowest.0 {
                    slowest = (best, path.clone());
                }
                if path == "/v1/cases?state=open&limit=1000" {
                    first = best;
                }
            }
        }
    }
    println!(
        "  {:.1} ms for 1,000 of 100,000 open cases; the slowest page of any filter {:.1} ms: {}",
        1e3 * first.as_secs_f64(),
        1e3 * slowest.0.as_secs_f64(),
        slowest.1,
    );
    let begun = Instant::now();
    let (mut count, mut path) = (0, "/v1/cases?limit=1000".to_owned());
    loop {
        let page: serde_json::Value = serde_json::from_str(&ask(&path)).expect("JSON");
        count += page["cases"].as_array().expect("a list").len();
        let Some(next) = page["next"].as_i64() else { break };
        path = format!("/v1/cases?limit=1000&before={next}");
    }
    println!("  {:.2} s for all {count} of them, page by page", begun.elapsed().as_secs_f64());
}

/// What a case has beside its own row: two scanners, and a rule. One scanner heard few of them.
const PARTS: [&str; 4] = [
    "INSERT INTO case_scanner SELECT id, 'van-1', 1, 0, id FROM cases WHERE summary = 'filled'",
    "INSERT INTO case_scanner SELECT id, 'van-' || (2 + id % 48), 1, 0, id FROM cases WHERE summary = 'filled'",
    "INSERT INTO case_scanner SELECT id, 'rare', 1, 0, id FROM cases WHERE summary = 'filled' AND id % 40000 = 1000",
    "INSERT INTO case_rule SELECT id, 'unregistered' FROM cases WHERE summary = 'filled'",
];

/// Columns that both databases take alike, of the cells beyond the first: one case in a thousand is critical, few are
/// worked on.
const COLUMNS: &str = "CASE WHEN n > 100000 THEN 3 WHEN n % 500 = 7 THEN 1 WHEN n % 5000 = 8 THEN 2 ELSE 0 END, \
    (600 + n) % 504, 1550, CASE WHEN n % 1000 = 9 THEN 3 ELSE 1 END, 'filled', n, n, 37 + (600 + n) / 100 * 0.01, \
    127 + (600 + n) % 100 * 0.01, 5, 2, 0, 0";

const ESTIMATE: &str = r#"{"kind":"fixed","position":{"lat":37.5123456,"lon":127.0123456,"error_m":21.5},"semi_major_m":42.5,"semi_minor_m":17.25,"bearing_deg":33.3,"estimates":3}"#;

fn fill_sqlite(service: &Service) {
    let database = service.open();
    let cases = format!(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {}) INSERT INTO cases \
         (state, pci, earfcn, severity, summary, first_heard, last_heard, lat, lon, error_m, alerts, sightings, levels, \
         ecgi, stale, estimate) SELECT {COLUMNS}, printf('450-08-%07x', {CELLS} + n), 0, '{ESTIMATE}' FROM number",
        OPEN + CLOSED,
    );
    for statement in [cases.as_str()].iter().chain(&PARTS) {
        database.execute(statement, []).expect("filled");
    }
}

fn fill_postgres(server: &PostgresServer) {
    let mut client = server.client();
    let cases = format!(
        "INSERT INTO cases (id, state, pci, earfcn, severity, summary, first_heard, last_heard, lat, lon, error_m, \
         alerts, sightings, levels, ecgi, stale, estimate) SELECT nextval('case_number'), {COLUMNS}, \
         '450-08-' || lpad(to_hex({CELLS} + n), 7, '0'), false, '{ESTIMATE}' FROM generate_series(1, {}) AS n",
        OPEN + CLOSED,
    );
    for statement in [cases.as_str()].iter().chain(&PARTS) {
        client.execute(*statement, &[]).expect("filled");
    }
    client.batch_execute("ANALYZE").expect("counted");
}

/// Processor time of processes and their children, as Linux tells it in hundredths of a second.
fn processor_seconds(processes: &[u32]) -> f64 {
    let of = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let own: u32 = entry.file_name().to_str()?.parse().ok()?;
        // The name before may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let parent: u32 = fields.get(1)?.parse().ok()?;
        let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
        (processes.contains(&own) || processes.contains(&parent)).then_some((ticks(11)? + ticks(12)?) / 100.0)
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(of).sum()
}
