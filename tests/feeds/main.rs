//! Events against receivers: HTTP, and brokers of other projects. Nothing may be lost, and nothing sent under a new id.

#[cfg(feature = "serve")]
mod cases;
mod cluster;
#[cfg(feature = "serve")]
mod ends;
#[path = "../folder/mod.rs"]
mod folder;
#[cfg(feature = "serve")]
mod hostile;
#[cfg(feature = "serve")]
mod intake;
#[cfg(feature = "serve")]
mod page;
#[cfg(feature = "serve")]
mod postgres;
#[cfg(feature = "serve")]
mod properties;
mod receivers;
#[cfg(feature = "serve")]
mod retention;
#[path = "../servers/mod.rs"]
mod servers;
#[cfg(feature = "serve")]
mod service;
mod snapshots;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use folder::Folder;
use receivers::{HttpReceiver, filled_store};
use rumqttc::{Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use servers::{Server, cellwarden, certificates, free_port, run, stderr, wait_for};

fn ids(events: &[Value], kind: &str) -> BTreeSet<String> {
    let of_kind = events.iter().filter(|event| event["type"] == kind);
    of_kind.map(|event| event["id"].as_str().expect("a text").to_owned()).collect()
}

const ALERT: &str = "io.cellwarden.alert.v1";
const SIGHTING: &str = "io.cellwarden.sighting.v1";

/// Each id has one event, and the first copies of each cell's events came in the order in which they were stored.
fn assert_same_and_in_order(events: &[Value]) {
    let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut last_of_cell: BTreeMap<&str, &str> = BTreeMap::new();
    for event in events {
        let id = event["id"].as_str().expect("a text");
        if let Some(before) = first.insert(id, event) {
            assert_eq!(before, event, "one id, one event");
            continue;
        }
        let cell = event["subject"].as_str().expect("a text");
        let recording = event["data"]["recording"].as_str().expect("a text");
        let before = last_of_cell.insert(cell, recording);
        assert!(before.is_none_or(|before| before <= recording), "{cell}: {recording} after {before:?}");
    }
}

#[test]
fn http_gets_alerts_alone_and_sightings_in_batches_with_its_own_token() {
    let folder = Folder::new();
    let receiver = HttpReceiver::new(|_| (202, String::new()));
    let url = receiver.url();
    let store = folder.name("s.sqlite");
    let alerts = filled_store(&folder.path("s.sqlite"), &url, 30);
    let token = folder.write("token", "s3cret\n");
    let access =
        folder.write("access.toml", format!("[\"http://127.0.0.1:{}\"]\ntoken-file = {token:?}\n", receiver.port));
    let output = run(&["alerts", "send", "--store", &store, "--feed-access", &access, "--scanner", "van-3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("120 delivered, 0 alerts and 0 sightings waiting, 0 set aside"), "{text}");

    let requests = receiver.requests.lock().expect("not poisoned").clone();
    for (request, _) in &requests {
        assert_eq!((request.path.as_str(), request.headers["authorization"].as_str()), ("/events", "Bearer s3cret"));
        let batch = request.body.is_array();
        let kind = if batch { "application/cloudevents-batch+json" } else { "application/cloudevents+json" };
        assert_eq!(request.headers["content-type"], format!("{kind}; charset=utf-8"));
        assert!(batch || request.body["type"] == ALERT || request.body["type"] == SIGHTING);
        assert!(!batch || request.events().iter().all(|event| event["type"] == SIGHTING));
    }
    let events = receiver.accepted();
    assert_eq!(ids(&events, ALERT), alerts.into_iter().collect());
    assert_eq!((ids(&events, SIGHTING).len(), events.len()), (90, 120), "each once");
    assert_same_and_in_order(&events);
    assert_valid(&folder, &events);
}

/// Has the schema checked by a validator of another project.
fn assert_valid(folder: &Folder, events: &[Value]) {
    const CHECK: &str = "import json,sys,jsonschema\nschema=json.load(open(sys.argv[1]))\n\
        jsonschema.Draft202012Validator.check_schema(schema)\nv=jsonschema.Draft202012Validator(schema)\n\
        events=json.load(open(sys.argv[2]))\n[v.validate(e) for e in events]\n\
        bad=dict(events[0]); bad['data']={k:x for k,x in bad['data'].items() if k!='pci'}\n\
        assert not v.is_valid(bad)\nprint(len(events))";
    let file = folder.write("events.json", serde_json::to_string(events).expect("JSON"));
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/event/src/events.schema.json");
    let output = Command::new("python3").args(["-c", CHECK, schema, &file]).output();
    let wanted = std::env::var("CELLWARDEN_TEST_SERVERS").is_ok_and(|value| value == "1");
    match output {
        Ok(output) if output.status.success() => {
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), events.len().to_string());
        }
        Ok(output) if wanted || !stderr(&output).contains("ModuleNotFoundError") => panic!("{}", stderr(&output)),
        Err(error) if wanted => panic!("python3 is wanted and cannot be run: {error}"),
        Ok(_) | Err(_) => println!("left out: python3-jsonschema cannot be run"),
    }
}

#[test]
fn a_sender_killed_again_and_again_loses_nothing_and_gives_no_new_ids() {
    let folder = Folder::new();
    let receiver = HttpReceiver::new(|_| {
        thread::sleep(Duration::from_millis(3));
        (202, String::new())
    });
    let store = folder.name("s.sqlite");
    let alerts: BTreeSet<String> = filled_store(&folder.path("s.sqlite"), &receiver.url(), 300).into_iter().collect();
    let send = ["alerts", "send", "--store", &store, "--scanner", "van-3"];
    let mut kills = 0;
    for pause_ms in [20, 45, 80, 120, 170, 60, 200, 35, 150, 90] {
        let before = receiver.requests.lock().expect("not poisoned").len();
        let mut child = cellwarden(&send).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
        let ended = || receiver.requests.lock().expect("not poisoned").len() > before;
        wait_for("the first request", || ended() || child.try_wait().expect("a look").is_some());
        thread::sleep(Duration::from_millis(pause_ms));
        // SIGKILL: nothing is asked.
        kills += u32::from(child.try_wait().expect("a look").is_none());
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    assert!(kills >= 5, "only {kills} of the kills met a sender at work");
    let output = run(&send);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let events = receiver.accepted();
    assert_eq!(ids(&events, ALERT), alerts);
    assert_eq!(ids(&events, SIGHTING).len(), 900);
    assert_same_and_in_order(&events);
}

#[test]
fn a_replay_killed_while_it_sends_has_sent_what_it_stored_and_the_next_one_sends_the_rest() {
    let folder = Folder::new();
    let captures = concat!(env!("CARGO_MANIFEST_DIR"), "/captures");
    let registry =
        folder.write("registry.csv", "plmn,eci,kind,status,pci,earfcn\n450-08,5a00101,femto,active,452,1550\n");
    let receiver = HttpReceiver::new(|_| (200, String::new()));
    let (store, url) = (folder.name("s.sqlite"), receiver.url());
    let replay = [
        "replay",
        captures,
        "--json",
        "--registry",
        &registry,
        "--store",
        &store,
        "--feed",
        &url,
        "--scanner",
        "van-3",
    ];
    let mut child = cellwarden(&replay).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
    wait_for("an event", || !receiver.accepted().is_empty());
    child.kill().expect("killed");
    child.wait().expect("ended");
    let output = run(&replay);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "nothing is left to tell");
    let listed = run(&["alerts", "export", "--store", &store]);
    let stored: BTreeSet<String> = String::from_utf8(listed.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].as_str().expect("a text").to_owned())
        .collect();
    assert!(!stored.is_empty());
    // Each alert has come in some revision, under its own id.
    let alerts = receiver.accepted().into_iter().filter(|event| event["type"] == ALERT);
    let sent: BTreeSet<String> =
        alerts.map(|event| event["data"]["alert_id"].as_str().expect("a text").into()).collect();
    assert_eq!(sent, stored);
}

#[test]
fn what_is_refused_is_set_aside_and_sent_again_under_its_id() {
    let folder = Folder::new();
    let refusing = Arc::new(Mutex::new(true));
    let switch = Arc::clone(&refusing);
    let receiver = HttpReceiver::new(move |request| {
        let bad = request.events().iter().any(|event| event["data"]["recording"] == "dwell-00001");
        (if bad && *switch.lock().expect("not poisoned") { 422 } else { 200 }, String::new())
    });
    let store = folder.name("s.sqlite");
    filled_store(&folder.path("s.sqlite"), &receiver.url(), 4);
    let output = run(&["alerts", "send", "--store", &store, "--scanner", "van-3"]);
    assert_eq!(output.status.code(), Some(2), "not all is told");
    let dead: Vec<Value> = String::from_utf8(run(&["alerts", "outbox", "--store", &store, "--json"]).stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["type"] == "dead")
        .collect();
    assert_eq!(dead.len(), 4, "an alert and three sightings of that dwell, none of the others: {dead:?}");
    assert!(dead.iter().all(|letter| letter["why"].as_str().is_some_and(|why| why.starts_with("HTTP 422"))));
    assert_eq!(receiver.accepted().len(), 12);

    *refusing.lock().expect("not poisoned") = false;
    let output = run(&["alerts", "send", "--retry", "--store", &store, "--scanner", "van-3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let events = receiver.accepted();
    assert_eq!(events.len(), 16);
    let printed: BTreeSet<Option<&str>> = events[12..].iter().map(|event| event["id"].as_str()).collect();
    assert_eq!(printed, dead.iter().map(|letter| letter["id"].as_str()).collect());
}

#[test]
fn an_unreachable_or_unwilling_receiver_is_named_and_nothing_dies() {
    let folder = Folder::new();
    let answers = Arc::new(AtomicU32::new(401));
    let next = Arc::clone(&answers);
    let receiver = HttpReceiver::new(move |_| {
        let status = next.load(Ordering::Relaxed) as u16;
        (status, "location: https://elsewhere.example/\r\n".to_owned())
    });
    let store = folder.name("s.sqlite");
    filled_store(&folder.path("s.sqlite"), &receiver.url(), 3);
    for (status, word) in [(401, "HTTP 401"), (302, "HTTP 302"), (503, "HTTP 503"), (500, "HTTP 500")] {
        answers.store(status, Ordering::Relaxed);
        let output = run(&["alerts", "send", "--store", &store, "--scanner", "van-3"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("0 delivered, 3 alerts and 9 sightings waiting") && text.contains(word), "{text}");
        assert!(text.contains("0 set aside"), "{text}");
    }
    // Nobody there at all: the line names who and why, and a drive is no failure for it.
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/one-cell.sigmf-meta");
    let url = format!("http://127.0.0.1:{}/events", free_port());
    let fresh = folder.name("fresh.sqlite");
    let output = run(&["replay", recording, "--headless", "--store", &fresh, "--feed", &url, "--scanner", "van-3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line = stderr(&output);
    assert!(line.contains(&url) && line.contains("1 sighting waiting") && line.contains("refused"), "{line}");
    assert!(line.contains(&format!("`cellwarden report --store {fresh} --drive 1 ")), "{line}");
    assert_eq!(line.lines().count(), 2, "{line}");
}

#[test]
fn a_receiver_that_holds_scanners_to_a_rate_gets_everything_at_one_call() {
    let folder = Folder::new();
    let (left, refused) = (Arc::new(AtomicU32::new(20)), Arc::new(AtomicU32::new(0)));
    let (takes, refuses) = (Arc::clone(&left), Arc::clone(&refused));
    let receiver = HttpReceiver::new(move |_| {
        if takes.load(Ordering::Relaxed) == 0 {
            // As much again from the next request on.
            takes.store(20, Ordering::Relaxed);
            refuses.fetch_add(1, Ordering::Relaxed);
            return (429, "retry-after: 1\r\n".to_owned());
        }
        takes.fetch_sub(1, Ordering::Relaxed);
        (200, String::new())
    });
    let store = folder.name("s.sqlite");
    filled_store(&folder.path("s.sqlite"), &receiver.url(), 15);
    let send = ["alerts", "send", "--store", &store, "--scanner", "van-3"];
    let output = run(&send);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(refused.load(Ordering::Relaxed) >= 1, "nothing was refused");
    assert_eq!(receiver.accepted().len(), 60);
    assert_same_and_in_order(&receiver.accepted());

    // One that takes nothing at all is not waited for.
    let full = HttpReceiver::new(|_| (429, "retry-after: 1\r\n".to_owned()));
    let store = folder.name("full.sqlite");
    filled_store(&folder.path("full.sqlite"), &full.url(), 2);
    assert_eq!(run(&["alerts", "send", "--store", &store, "--scanner", "van-3"]).status.code(), Some(2));
    assert_eq!(full.requests.lock().expect("not poisoned").len(), 1);
}

#[test]
fn bad_feeds_are_refused_in_one_line() {
    let folder = Folder::new();
    let (store, access) = (folder.name("s.sqlite"), folder.write("access.toml", "[\"https://a\"]\nuser = \"u\"\n"));
    let long = ["--store", &store, "--feed-access", &access, "--feed", "https://a/"];
    for (more, word) in [
        (&["--feed", "https://a/"][..], "--store"),
        (&["--store", &store, "--feed", "http://registry.example/"], "https"),
        (&["--store", &store, "--feed", "https://van:secret@a/"], "--feed-access"),
        (&["--store", &store, "--feed", "https://a/", "--scanner", "a b"], "--scanner"),
        (&["--store", &store, "--feed", "https://a/", "--outbox-age", "0"], "--outbox-age"),
        (&long, "go together"),
    ] {
        let output = run(&[&["replay", "/nonexistent"], more].concat());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let line = stderr(&output);
        assert!(line.contains(word) && !line.contains("van:secret@a/\" needs"), "{more:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

/// Takes all messages of a broker below `cellwarden/`, over breaks: topic, retained, payload.
struct Subscriber {
    messages: Arc<Mutex<Vec<(String, bool, Value)>>>,
}

impl Subscriber {
    fn new(port: u16) -> Self {
        Self::named("registry-service", port)
    }

    fn named(client: &str, port: u16) -> Self {
        let messages: Arc<Mutex<Vec<(String, bool, Value)>>> = Arc::default();
        let (kept, ready) = (Arc::clone(&messages), Arc::new(AtomicU32::new(0)));
        let subscribed = Arc::clone(&ready);
        let mut options = MqttOptions::new(client, "127.0.0.1", port);
        // The broker keeps for us what comes while we are away.
        options.set_clean_session(false).set_max_packet_size(1 << 20, 1 << 20);
        thread::spawn(move || {
            let (client, mut connection) = rumqttc::Client::new(options, 16);
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        client.subscribe("cellwarden/#", QoS::AtLeastOnce).expect("asked for");
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => subscribed.store(1, Ordering::Release),
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        let payload = serde_json::from_slice(&message.payload).expect("JSON");
                        kept.lock().expect("not poisoned").push((message.topic, message.retain, payload));
                    }
                    Ok(_) => {}
                    Err(_) => thread::sleep(Duration::from_millis(50)),
                }
            }
        });
        wait_for("the subscription", || ready.load(Ordering::Acquire) == 1);
        Self { messages }
    }

    fn events(&self) -> Vec<Value> {
        let messages = self.messages.lock().expect("not poisoned");
        let events = messages.iter().filter(|(topic, ..)| !topic.ends_with("/status"));
        events.map(|(.., payload)| payload.clone()).collect()
    }

    fn states(&self) -> Vec<String> {
        let messages = self.messages.lock().expect("not poisoned");
        let status = messages.iter().filter(|(topic, ..)| topic == "cellwarden/van-3/status");
        status.map(|(.., payload)| payload["state"].as_str().expect("a text").to_owned()).collect()
    }
}

/// Sends a store's events through a broker that is killed on the way, and started again.
fn through_a_killed_broker(folder: &Folder, mut broker: Server, url: &str, more: &[&str], subscriber: &Subscriber) {
    let store = folder.name("s.sqlite");
    let alerts: BTreeSet<String> = filled_store(&folder.path("s.sqlite"), url, 200).into_iter().collect();
    let send = [&["alerts", "send", "--store", &store, "--scanner", "van-3"], more].concat();
    let mut child = cellwarden(&send).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
    wait_for("some events", || subscriber.events().len() > 20);
    broker.kill();
    let code = child.wait().expect("ended").code();
    let before = subscriber.events().len();
    broker.again().expect("started again");
    let output = run(&send);
    assert_eq!(output.status.code(), Some(0), "{}{}", stderr(&output), String::from_utf8_lossy(&output.stdout));
    let complete = || {
        let events = subscriber.events();
        ids(&events, ALERT) == alerts && ids(&events, SIGHTING).len() == 600
    };
    wait_for("all events", complete);
    println!("broker killed after {before} of 800 events; that sender ended with {code:?}");
    assert_same_and_in_order(&subscriber.events());
    wait_for("the goodbye", || subscriber.states().last().is_some_and(|state| state == "offline"));
    assert!(subscriber.states().contains(&"online".to_owned()));
}

/// A broker that has on disk what it acknowledged, and its port.
fn mosquitto(folder: &Folder) -> Option<(Server, u16)> {
    let port = free_port();
    let data = folder.path("data");
    fs::create_dir(&data).expect("made");
    // Saved at each change.
    let config = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {}/\n\
         autosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\nuser root\n",
        data.display(),
    );
    let config = folder.write("mosquitto.conf", &config);
    Some((Server::start("mosquitto", &["-c", &config], port)?, port))
}

#[test]
#[ignore = "minutes long: 20 killed brokers"]
fn twenty_kills_of_a_broker() {
    const RUNS: u32 = 10;
    (0..RUNS).for_each(|_| mosquitto_takes_everything_over_mqtt_3_1_1_and_5());
    println!(
        "counts: {} kills of mosquitto under a sender, over MQTT 3.1.1 and 5; each event once, in order",
        RUNS * 2
    );
}

#[test]
fn mosquitto_takes_everything_over_mqtt_3_1_1_and_5() {
    for query in ["", "?version=5"] {
        let folder = Folder::new();
        let Some((broker, port)) = mosquitto(&folder) else { return };
        let subscriber = Subscriber::new(port);
        let url = format!("mqtt://127.0.0.1:{port}/cellwarden{query}");
        through_a_killed_broker(&folder, broker, &url, &[], &subscriber);
    }
}

#[test]
fn nats_with_jetstream_takes_everything() {
    let folder = Folder::new();
    let (port, mqtt) = (free_port(), free_port());
    let config = format!(
        "server_name: test\nlisten: 127.0.0.1:{port}\njetstream {{ store_dir: {:?} }}\n\
         mqtt {{ listen: \"127.0.0.1:{mqtt}\" }}\n",
        folder.path("jetstream"),
    );
    let config = folder.write("nats.conf", &config);
    let Some(broker) = Server::start("nats-server", &["-c", &config], mqtt) else { return };
    let subscriber = Subscriber::new(mqtt);
    let url = format!("mqtt://127.0.0.1:{mqtt}/cellwarden");
    through_a_killed_broker(&folder, broker, &url, &[], &subscriber);
}

#[test]
fn tls_passwords_and_client_certificates_are_asked_for_and_given() {
    let folder = Folder::new();
    let (plain, by_password, by_certificate) = (free_port(), free_port(), free_port());
    certificates(&folder);
    let path = |name: &str| folder.name(name);
    let made = Command::new("mosquitto_passwd").args(["-b", "-c", &path("passwords"), "van-3", "s3cret"]).output();
    if made.is_err() && std::env::var("CELLWARDEN_TEST_SERVERS").is_err() {
        println!("left out: mosquitto_passwd cannot be run");
        return;
    }
    let tls = format!("cafile {}\ncertfile {}\nkeyfile {}\n", path("ca.pem"), path("server.pem"), path("server.key"));
    let config = format!(
        "per_listener_settings true\nuser root\nlistener {plain} 127.0.0.1\nallow_anonymous true\n\
         listener {by_password} 127.0.0.1\n{tls}password_file {}\n\
         listener {by_certificate} 127.0.0.1\n{tls}require_certificate true\nuse_identity_as_username true\n",
        path("passwords"),
    );
    let config = folder.write("mosquitto.conf", &config);
    let Some(_broker) = Server::start("mosquitto", &["-c", &config], plain) else { return };
    folder.write("password", "s3cret");
    folder.write("wrong", "secret");

    let attempt = |name: &str, port: u16, query: &str, lines: &str| {
        let store = path(&format!("{name}.sqlite"));
        let url = format!("mqtts://127.0.0.1:{port}/cellwarden{query}");
        filled_store(&folder.path(&format!("{name}.sqlite")), &url, 2);
        let access = folder.write(&format!("{name}.toml"), format!("[\"mqtts://127.0.0.1:{port}\"]\n{lines}"));
        let output = run(&["alerts", "send", "--store", &store, "--feed-access", &access, "--scanner", "van-3"]);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        (output.status.code() == Some(0), text)
    };
    let ca = format!("ca = {:?}\n", path("ca.pem"));
    let login = format!("{ca}user = \"van-3\"\npassword-file = {:?}\n", path("password"));
    let wrong = format!("{ca}user = \"van-3\"\npassword-file = {:?}\n", path("wrong"));
    let client = format!("{ca}certificate = {:?}\nkey = {:?}\n", path("client.pem"), path("client.key"));
    let other = format!("ca = {:?}\nuser = \"van-3\"\npassword-file = {:?}\n", path("other.pem"), path("password"));
    for (name, port, query, lines, taken) in [
        ("password-3", by_password, "", &login, true),
        ("password-5", by_password, "?version=5", &login, true),
        ("wrong-password", by_password, "", &wrong, false),
        ("no-password", by_password, "?version=5", &ca, false),
        ("other-ca", by_password, "", &other, false),
        ("certificate", by_certificate, "", &client, true),
        ("no-certificate", by_certificate, "", &ca, false),
    ] {
        let (all, text) = attempt(name, port, query, lines);
        assert_eq!(all, taken, "{name}: {text}");
        assert!(taken || text.contains("0 delivered, 2 alerts and 6 sightings waiting ("), "{name}: {text}");
    }
}
