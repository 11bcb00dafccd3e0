//! Events from a broker: what scanners publish below a topic, over MQTT 3.1.1.
//!
//! A message is acknowledged when its event is on the disk: what was not kept when the service or the broker ended, the
//! broker sends again. Who may publish below a scanner's topic is the broker's to say; an event of another scanner there
//! is refused here.

use std::time::Duration;

use rumqttc::{
    AsyncClient, Event as MqttEvent, EventLoop, MqttOptions, Packet, Publish, QoS, TlsConfiguration, Transport,
};
use tokio::{sync::mpsc, time};

use super::{
    api::ApiState,
    audit::AuditedRequest,
    events::{Event, MAX_EVENT_BYTES, read_one},
};
use cellwarden_event::outbox::EventKind;
use cellwarden_feed::{FeedError, FeedUrl, Protocol, access::Access, mqtt_tls};

/// Our name to the broker, under which it keeps what comes while we are away.
const CLIENT: &str = "cellwarden-service";

/// Messages that are read before the first of them is kept.
const UNDER_WAY: usize = 512;

/// Bytes of a message's head.
const MAX_HEAD: usize = 1024;

/// How long to wait before a broker or a database that failed is tried again.
const REST: Duration = Duration::from_secs(2);

const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A way to a broker.
pub struct Intake {
    options: MqttOptions,
    topic: String,
}

impl Intake {
    /// A way to the broker of an address, with the access that goes with it.
    ///
    /// # Errors
    /// Where TLS cannot be had with the certificates.
    ///
    /// # Panics
    /// Where the address is none of MQTT.
    pub fn new(url: &FeedUrl, access: &Access) -> Result<Self, FeedError> {
        let Protocol::Mqtt { tls, .. } = url.protocol() else { unreachable!("an MQTT address") };
        let mut options = MqttOptions::new(CLIENT, url.host(), url.port());
        options.set_keep_alive(KEEP_ALIVE).set_clean_session(false).set_manual_acks(true);
        options.set_max_packet_size(MAX_EVENT_BYTES + MAX_HEAD, MAX_EVENT_BYTES + MAX_HEAD);
        if tls {
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(mqtt_tls(access)?)));
        }
        if let Some((user, password)) = &access.login {
            options.set_credentials(user, password.reveal());
        }
        Ok(Self { options, topic: url.path().to_owned() })
    }

    /// Takes messages until it is dropped.
    pub async fn run(self, shared: ApiState) {
        // Acknowledgements of whole batches must find room while the connection waits to hand on the next message.
        let (client, events) = AsyncClient::new(self.options, 4 * UNDER_WAY);
        let (hand_on, messages) = mpsc::channel(UNDER_WAY);
        tokio::join!(
            listen(&client, events, &self.topic, &hand_on),
            store_messages(&client, messages, &self.topic, &shared)
        );
    }
}

/// Speaks with the broker, and subscribes whenever it lets us in.
async fn listen(client: &AsyncClient, mut events: EventLoop, topic: &str, hand_on: &mpsc::Sender<Publish>) {
    loop {
        match events.poll().await {
            Ok(MqttEvent::Incoming(Packet::ConnAck(_))) => {
                for kind in [EventKind::Alert, EventKind::Sighting] {
                    let subscribed = client.try_subscribe(format!("{topic}/+/{}", kind.word()), QoS::AtLeastOnce);
                    if let Err(error) = subscribed {
                        tracing::warn!(%error, "the broker is not asked for events");
                    }
                }
            }
            Ok(MqttEvent::Incoming(Packet::Publish(message))) => {
                if hand_on.send(message).await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the broker is lost");
                time::sleep(REST).await;
            }
        }
    }
}

/// Keeps what came together in one go, and acknowledges it.
async fn store_messages(client: &AsyncClient, mut messages: mpsc::Receiver<Publish>, topic: &str, shared: &ApiState) {
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, UNDER_WAY).await > 0 {
        let mut events = Vec::with_capacity(batch.len());
        for message in &batch {
            match read(message, topic) {
                Ok(event) => events.push(event),
                Err(why) => {
                    let asked = AuditedRequest { peer: None, what: format!("MQTT {}", message.topic) };
                    shared.audit.refused(&asked, None, 422, &why);
                }
            }
        }
        while let Err(error) = shared.event_writer.store_events(events.clone()).await {
            tracing::warn!(%error, "messages wait for the database");
            time::sleep(REST).await;
        }
        // What is refused is acknowledged too: it would come again for ever.
        for message in batch.drain(..) {
            if let Err(error) = client.ack(&message).await {
                tracing::debug!(%error, "not acknowledged: it comes again");
            }
        }
    }
}

/// The event of a message, where it is one of the scanner whose topic this is.
fn read(message: &Publish, topic: &str) -> Result<Event, String> {
    let event = read_one(&message.payload).map_err(|error| error.to_string())?;
    let expected = format!("{topic}/{}/{}", event.scanner, event.data.kind().word());
    if message.topic == expected {
        return Ok(event);
    }
    Err(format!("a {} event of {} is not expected here", event.data.kind().word(), event.scanner))
}
