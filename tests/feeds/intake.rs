//! Events that reach the registry service through a broker.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use rumqttc::{Client, Connection, Event, MqttOptions, Packet, QoS};

use crate::{
    ALERT, SIGHTING, mosquitto,
    receivers::{Folder, filled_store, run, wait_for},
    service::{Service, alert},
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
}
