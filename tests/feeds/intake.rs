//! Events that reach the registry service through a broker.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use rumqttc::{Client, Connection, Event, MqttOptions, Packet, QoS};

use crate::{
    ALERT, SIGHTING,
    folder::Folder,
    mosquitto,
    receivers::filled_store,
    servers::{Server, free_port, postgres::PostgresServer, run, service::Service, wait_for},
    service::alert,
};

/// Messages of a scanner that wait for the broker's word.
const WAVE: u32 = 20;

/// A scanner that publishes alerts until the broker has acknowledged each: a wave that a lost connection interrupted is
/// published again, under the same ids.
fn publish(scanner: &str, port: u16, count: u32) {
    let end = Instant::now() + Duration::from_secs(300);
    let mut connection: Option<(Client, Connection)> = None;
    let mut wave = 0;
    for life in 0.. {
        assert!(Instant::now() < end, "{scanner}: the broker does not come back");
        let (client, mut broker) = connection.take().unwrap_or_else(|| {
            let mut options = MqttOptions::new(format!("{scanner}-{life}"), "127.0.0.1", port);
            options.set_keep_alive(Duration::from_secs(5));
            Client::new(options, 2 * WAVE as usize)
        });
        for n in wave * WAVE..(wave + 1) * WAVE {
            let event = alert(scanner, &format!("{n:016x}")).to_string();
            client.publish(format!("cellwarden/{scanner}/alert"), QoS::AtLeastOnce, false, event).expect("queued");
        }
        if acknowledged(&mut broker) {
            wave += 1;
            connection = Some((client, broker));
        } else {
            thread::sleep(Duration::from_millis(100));
        }
        if wave * WAVE >= count {
            return;
        }
    }
}

/// Whether the broker acknowledges a wave before the connection breaks.
fn acknowledged(broker: &mut Connection) -> bool {
    let mut left = WAVE;
    for event in broker.iter() {
        match event {
            Ok(Event::Incoming(Packet::PubAck(_))) => left -= 1,
            Ok(_) => {}
            Err(_) => return false,
        }
        if left == 0 {
            return true;
        }
    }
    false
}

#[test]
fn ten_thousand_alerts_of_fifty_scanners_outlive_broker_service_and_database() {
    const SCANNERS: u32 = 50;
    const ALERTS: u32 = 200;
    let folder = Folder::new();
    let Some(mut database) = PostgresServer::start(&folder) else { return };
    let (port, mqtt) = (free_port(), free_port());
    let config = format!(
        "server_name: test\nlisten: 127.0.0.1:{port}\njetstream {{ store_dir: {:?} }}\n\
         mqtt {{ listen: \"127.0.0.1:{mqtt}\", ack_wait: \"5s\" }}\n",
        folder.path("jetstream"),
    );
    let config = folder.write("nats.conf", &config);
    let Some(mut broker) = Server::start("nats-server", &["-c", &config], mqtt) else { return };
    let url = format!("mqtt://127.0.0.1:{mqtt}/cellwarden");
    let mut service = Service::over(&folder, &database.url(), &["--intake", &url]);

    let names: Vec<String> = (0..SCANNERS).map(|n| format!("van-{n}")).collect();
    let wanted: BTreeSet<(String, String)> =
        names.iter().flat_map(|name| (0..ALERTS).map(move |n| (name.clone(), format!("{n:016x}")))).collect();
    // The broker keeps what comes for the service once it has subscribed.
    let kept = |database: &PostgresServer| -> i64 {
        database.client().query_one("SELECT count(*) FROM event WHERE scanner <> 'first'", &[]).expect("a count").get(0)
    };
    wait_for("the subscription", || {
        publish("first", mqtt, WAVE);
        !database.kept(ALERT).is_empty()
    });
    let senders: Vec<_> = names.into_iter().map(|name| thread::spawn(move || publish(&name, mqtt, ALERTS))).collect();
    let mut at_work = 0;
    for (part, mark) in [(0, 1_500), (1, 3_500), (2, 5_500)] {
        wait_for("alerts", || kept(&database) >= mark);
        at_work += u32::from(kept(&database) < i64::from(SCANNERS * ALERTS));
        match part {
            0 => {
                broker.kill();
                broker.again().expect("started again");
            }
            1 => {
                service.kill();
                service.again();
            }
            _ => {
                database.kill();
                database.again();
            }
        }
    }
    assert_eq!(at_work, 3, "each was killed while alerts were on their way");
    senders.into_iter().for_each(|sender| sender.join().expect("published"));
    for mark in [7_000, 9_000, i64::from(SCANNERS * ALERTS)] {
        wait_for("all alerts", || kept(&database) >= mark);
    }
    let mut kept = database.kept(ALERT);
    kept.retain(|(scanner, _)| scanner != "first");
    assert_eq!(kept.len(), wanted.len());
    assert_eq!(kept.into_iter().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn a_scanners_own_feed_reaches_the_service_through_mosquitto_and_nothing_forged_does() {
    let folder = Folder::new();
    let Some((_broker, port)) = mosquitto(&folder) else { return };
    let url = format!("mqtt://127.0.0.1:{port}/cellwarden");
    let service = Service::start(&folder, &["--intake", &url]);
    wait_for("the subscription", || {
        publish("first", port, WAVE);
        !service.kept(ALERT).is_empty()
    });
    let store = folder.name("s.sqlite");
    let alerts = filled_store(&folder.path("s.sqlite"), &url, 40);
    let output = run(&["alerts", "send", "--store", &store, "--scanner", "van-3"]);
    assert_eq!(output.status.code(), Some(0));
    let of_van = |kind| service.kept(kind).into_iter().filter(|(scanner, _)| scanner == "van-3").map(|(_, id)| id);
    wait_for("all events", || of_van(ALERT).count() == 40 && of_van(SIGHTING).count() == 120);
    assert_eq!(of_van(ALERT).collect::<BTreeSet<_>>(), alerts.into_iter().collect());

    // Another scanner's event, and what is none, are passed over and written down.
    let (client, mut broker) = Client::new(MqttOptions::new("forger", "127.0.0.1", port), 10);
    let forged = alert("van-4", "00000000000000aa").to_string();
    for payload in [forged.as_str(), "{", ""] {
        client.publish("cellwarden/van-3/alert", QoS::AtLeastOnce, false, payload).expect("queued");
    }
    let mut left = 3;
    while left > 0 {
        let event = broker.recv().expect("connected").expect("connected");
        left -= u32::from(matches!(event, Event::Incoming(Packet::PubAck(_))));
    }
    let refused = || std::fs::read_to_string(folder.path("audit.jsonl")).expect("a log").lines().count();
    wait_for("the refusals", || refused() >= 3);
    assert_eq!(refused(), 3);
    assert!(service.kept(ALERT).iter().all(|(scanner, _)| scanner != "van-4"));
    // Nobody else has them any more: they are kept, with the reason.
    let kept = || {
        let output = run(&["serve", "refused", "--database", &service.database]);
        String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect::<Vec<_>>()
    };
    wait_for("the refused messages", || kept().len() == 3);
    let first: serde_json::Value = serde_json::from_str(&kept()[0]).expect("JSON");
    assert_eq!((&first["topic"], first["body"].as_str()), (&"cellwarden/van-3/alert".into(), Some(forged.as_str())));
    assert!(first["why"].as_str().is_some_and(|why| why.contains("van-4")), "{first}");
}

#[test]
fn binary_events_come_over_mqtt_5() {
    use rumqttc::v5::mqttbytes::v5::PublishProperties;
    let folder = Folder::new();
    let Some((_broker, port)) = mosquitto(&folder) else { return };
    let url = format!("mqtt://127.0.0.1:{port}/cellwarden?version=5");
    let service = Service::start(&folder, &["--intake", &url]);
    wait_for("the subscription", || {
        publish("first", port, WAVE);
        !service.kept(ALERT).is_empty()
    });
    let (client, mut broker) = rumqttc::v5::Client::new(rumqttc::v5::MqttOptions::new("van", "127.0.0.1", port), 10);
    let listening = thread::spawn(move || {
        for event in broker.iter() {
            if event.is_err() {
                return;
            }
        }
    });
    let send = |content_type: Option<&str>, attributes: &[(String, String)], body: &str| {
        let properties = PublishProperties {
            content_type: content_type.map(str::to_owned),
            user_properties: attributes.to_vec(),
            ..PublishProperties::default()
        };
        let qos = rumqttc::v5::mqttbytes::QoS::AtLeastOnce;
        let topic = "cellwarden/van-3/alert";
        client.publish_with_properties(topic, qos, false, body.to_owned(), properties).expect("queued");
    };
    let event = |id: &str| {
        let event = alert("van-3", id);
        let attributes: Vec<(String, String)> = event
            .as_object()
            .expect("an object")
            .iter()
            .filter(|(name, _)| !["data", "datacontenttype"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
            .chain([("traceparent".to_owned(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned())])
            .collect();
        (attributes, event["data"].to_string())
    };
    let (attributes, data) = event("00000000000000b1");
    send(Some("application/json; charset=utf-8"), &attributes, &data);
    let (attributes, data) = event("00000000000000b2");
    send(None, &attributes, &data);
    // The same in one piece, with its content type and without, as a scanner of before sends it.
    send(Some("application/cloudevents+json; charset=utf-8"), &[], &alert("van-3", "00000000000000b3").to_string());
    send(None, &[], &alert("van-3", "00000000000000b4").to_string());
    // What is no JSON, and what lacks an attribute, is refused and kept.
    let (attributes, data) = event("00000000000000b5");
    send(Some("text/plain"), &attributes, &data);
    let lacking: Vec<_> = attributes.into_iter().filter(|(name, _)| name != "source").collect();
    send(Some("application/json"), &lacking, &data);
    let of_van = || -> BTreeSet<String> {
        service.kept(ALERT).into_iter().filter(|(scanner, _)| scanner == "van-3").map(|(_, id)| id).collect()
    };
    wait_for("all events", || of_van().len() == 4);
    assert_eq!(of_van(), (1..=4).map(|n| format!("00000000000000b{n}")).collect());
    let refused = || {
        let output = run(&["serve", "refused", "--database", &service.database]);
        String::from_utf8(output.stdout).expect("UTF-8").lines().count()
    };
    wait_for("the refusals", || refused() == 2);
    client.disconnect().expect("said goodbye");
    listening.join().expect("ended");
}

#[test]
fn a_renamed_scanners_events_reach_the_service_through_mosquitto() {
    let folder = Folder::new();
    let Some((_broker, port)) = mosquitto(&folder) else { return };
    let url = format!("mqtt://127.0.0.1:{port}/cellwarden");
    let service = Service::start(&folder, &["--intake", &url]);
    wait_for("the subscription", || {
        publish("first", port, WAVE);
        !service.kept(ALERT).is_empty()
    });
    // Made under one name, sent without it: the store knows it.
    let store = folder.name("s.sqlite");
    filled_store(&folder.path("s.sqlite"), &url, 10);
    for more in [&[][..], &["--scanner", "van-9"]] {
        let output = run(&[&["alerts", "send", "--store", &store], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let of_van = |kind| service.kept(kind).into_iter().filter(|(scanner, _)| scanner == "van-3").count();
    wait_for("all events", || of_van(ALERT) == 10 && of_van(SIGHTING) == 30);
}
