//! MQTT 3.1.1 and 5: one message an event, QoS 1, to `TOPIC/SCANNER/alert` and `TOPIC/SCANNER/sighting`.
//!
//! `TOPIC/SCANNER/status` is retained: `online` while the connection stands, `offline` after a goodbye or, as the last
//! will, after a break. A thread of the connection's own answers the broker between the rounds.

use std::{collections::BTreeSet, ops::Range, sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rumqttc::{
    ConnectReturnCode, LastWill, MqttOptions, Outgoing, Packet, QoS, TlsConfiguration, Transport,
    v5::{
        self,
        mqttbytes::v5::{
            ConnectProperties, LastWill as LastWillV5, Packet as PacketV5, PubAckReason, PublishProperties,
        },
    },
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::{
    Broken, Feed, FeedError, FeedUrl, Protocol, Sent,
    access::{Access, Identity, Secret},
    in_plain_words,
};
use cellwarden_event::outbox::{Answer, OutboxEvent, ScannerName};

/// Largest event, in bytes.
const MAX_EVENT: usize = 256 * 1024;

/// Bytes of a packet's head: topic, properties, lengths.
const MAX_HEAD: usize = 1024;

/// How long the broker may take to let us in, and to acknowledge a message.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Messages that the connection takes before it is waited for.
const QUEUE: usize = 128;

/// A broker.
pub struct MqttFeed {
    host: String,
    port: u16,
    v5: bool,
    topic: String,
    scanner: ScannerName,
    login: Option<(String, Secret)>,
    tls: Option<Arc<ClientConfig>>,
    session: Option<Session>,
}

/// A connection that stands.
struct Session {
    client: Client,
    signals: Receiver<Signal>,
    packet_max: usize,
}

enum Client {
    V3(rumqttc::Client),
    V5(v5::Client),
}

/// What the connection's thread tells.
enum Signal {
    /// We are let in; the largest packet that the broker takes.
    Connected(Option<u32>),
    /// A message went out under this packet identifier.
    Published(u16),
    /// The broker has it, or says why it has not.
    Acknowledged(u16, Result<(), PubAckReason>),
    Broken(String),
}

impl MqttFeed {
    /// A way to the broker of `url`.
    ///
    /// # Errors
    /// Where TLS cannot be had with the certificates of `access`.
    pub fn new(url: &FeedUrl, access: &Access, scanner: &ScannerName) -> Result<Self, FeedError> {
        let Protocol::Mqtt { tls, v5 } = url.protocol() else { unreachable!("an MQTT address") };
        Ok(Self {
            host: url.host().to_owned(),
            port: url.port(),
            v5,
            topic: url.path().to_owned(),
            scanner: scanner.clone(),
            login: access.login.clone(),
            tls: tls.then(|| tls_config(access)).transpose()?,
            session: None,
        })
    }

    fn status(&self, state: &str) -> (String, String) {
        let version = env!("CARGO_PKG_VERSION");
        let payload = serde_json::json!({"scanner": self.scanner.as_str(), "state": state, "version": version});
        (format!("{}/{}/status", self.topic, self.scanner), payload.to_string())
    }

    /// Connects and says that we are there.
    fn connect(&self) -> Result<Session, String> {
        // Two programs of one scanner are two clients: a broker throws out the older of one name.
        let id = format!("cellwarden-{}-{}", self.scanner, std::process::id());
        let transport = self
            .tls
            .clone()
            .map_or_else(Transport::tcp, |config| Transport::tls_with_config(TlsConfiguration::Rustls(config)));
        let (will_topic, will) = self.status("offline");
        let (signal_sender, signals) = unbounded();
        let client = if self.v5 {
            let mut options = v5::MqttOptions::new(id, &self.host, self.port);
            options.set_transport(transport).set_keep_alive(KEEP_ALIVE);
            options.set_last_will(LastWillV5::new(will_topic, will, v5::mqttbytes::QoS::AtLeastOnce, true, None));
            options.set_connect_properties(ConnectProperties::new());
            if let Some((user, password)) = &self.login {
                options.set_credentials(user, password.reveal());
            }
            let (client, connection) = v5::Client::new(options, QUEUE);
            thread::spawn(move || listen_v5(connection, &signal_sender));
            Client::V5(client)
        } else {
            let mut options = MqttOptions::new(id, &self.host, self.port);
            options.set_transport(transport).set_keep_alive(KEEP_ALIVE);
            options.set_last_will(LastWill::new(will_topic, will, QoS::AtLeastOnce, true));
            options.set_max_packet_size(MAX_HEAD * 16, MAX_EVENT + MAX_HEAD);
            if let Some((user, password)) = &self.login {
                options.set_credentials(user, password.reveal());
            }
            let (client, connection) = rumqttc::Client::new(options, QUEUE);
            thread::spawn(move || listen_v3(connection, &signal_sender));
            Client::V3(client)
        };
        let mut session = Session { client, signals, packet_max: MAX_EVENT + MAX_HEAD };
        session.packet_max = match session.next(PATIENCE)? {
            Signal::Connected(packet_max) => packet_max
                .map_or(session.packet_max, |max| session.packet_max.min(usize::try_from(max).unwrap_or(usize::MAX))),
            _ => return Err("the broker does not speak MQTT as we do".to_owned()),
        };
        let (topic, status) = self.status("online");
        session.publish(&topic, true, &status)?;
        session.acknowledged(1, PATIENCE, |_, answer| answer.map_err(|reason| format!("status: {reason:?}")))?;
        Ok(session)
    }
}

impl Feed for MqttFeed {
    fn send(&mut self, events: &[OutboxEvent]) -> Sent {
        let mut sent = Sent { answers: vec![None; events.len()], broken: None };
        let session = match self.session.take().map_or_else(|| self.connect(), Ok) {
            Ok(session) => session,
            Err(why) => {
                sent.broken = Some(Broken { why, wait: None });
                return sent;
            }
        };
        for wave in waves(events) {
            let topic = |event: &OutboxEvent| {
                // Below the name under which it was made: a receiver refuses one of another scanner.
                let scanner = event.scanner().unwrap_or_else(|| self.scanner.clone());
                format!("{}/{scanner}/{}", self.topic, event.kind.word())
            };
            if let Err(why) = session.send(&topic, &self.scanner, events, wave, &mut sent.answers) {
                sent.broken = Some(Broken { why, wait: None });
                return sent;
            }
        }
        self.session = Some(session);
        sent
    }

    fn close(&mut self) {
        let Some(session) = self.session.take() else { return };
        let (topic, status) = self.status("offline");
        let published =
            session.publish(&topic, true, &status).and_then(|()| session.acknowledged(1, GOODBYE, |_, _| Ok(())));
        if let Err(why) = published {
            tracing::debug!(why, "no goodbye to the broker");
        }
        session.disconnect();
    }
}

impl Session {
    /// Sends the events of a range, no two of one cell, and takes their answers.
    fn send(
        &self,
        topic: &dyn Fn(&OutboxEvent) -> String,
        own: &ScannerName,
        events: &[OutboxEvent],
        range: Range<usize>,
        answers: &mut [Option<Answer>],
    ) -> Result<(), String> {
        let mut published = Vec::new();
        for n in range {
            let event = &events[n];
            if event.json.len() + MAX_HEAD > self.packet_max {
                answers[n] =
                    Some(Answer::Refused(format!("{} bytes are more than a message may have", event.json.len())));
                continue;
            }
            self.publish(&topic(event), false, &event.json)?;
            published.push(n);
        }
        self.acknowledged(published.len(), PATIENCE, |nth, answer| {
            let event = &events[published[nth]];
            answers[published[nth]] = Some(match answer {
                Ok(()) => Answer::Accepted,
                // A scanner that was renamed has events of its old name: they are refused for themselves.
                Err(reason @ (PubAckReason::NotAuthorized | PubAckReason::TopicNameInvalid))
                    if event.scanner().is_some_and(|scanner| scanner != *own) =>
                {
                    Answer::Refused(format!("the broker takes no event of another name from {own}: {reason:?}"))
                }
                Err(PubAckReason::PayloadFormatInvalid) => Answer::Refused("payload refused by the broker".to_owned()),
                // All others speak of the broker's state or of our access to it.
                Err(reason) => return Err(format!("the broker says {reason:?}")),
            });
            Ok(())
        })
    }

    fn publish(&self, topic: &str, retain: bool, payload: &str) -> Result<(), String> {
        let published = match &self.client {
            Client::V3(client) => {
                client.publish(topic, QoS::AtLeastOnce, retain, payload).map_err(|error| error.to_string())
            }
            Client::V5(client) => {
                // CloudEvents MQTT binding 1.0.2 §3.2.1: the content type alone tells structured from binary mode.
                let content_type =
                    if retain { "application/json" } else { "application/cloudevents+json; charset=utf-8" };
                let properties =
                    PublishProperties { content_type: Some(content_type.to_owned()), ..PublishProperties::default() };
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                client
                    .publish_with_properties(topic, qos, retain, payload.to_owned(), properties)
                    .map_err(|error| error.to_string())
            }
        };
        // The queue is gone with the connection: its own reason says more.
        published.map_err(|error| self.last_words().unwrap_or(error))
    }

    /// Waits until so many messages are acknowledged, and hands on each answer with the place of its message.
    fn acknowledged(
        &self,
        count: usize,
        patience: Duration,
        mut take: impl FnMut(usize, Result<(), PubAckReason>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut identifiers: Vec<u16> = Vec::new();
        let mut open = count;
        while open > 0 {
            match self.next(patience)? {
                Signal::Published(identifier) => identifiers.push(identifier),
                Signal::Acknowledged(identifier, answer) => {
                    // An identifier is used again once it is free; the last use is the one that is answered.
                    let nth = identifiers.iter().rposition(|known| *known == identifier);
                    take(nth.ok_or("the broker acknowledges what was not sent")?, answer)?;
                    open -= 1;
                }
                Signal::Connected(_) | Signal::Broken(_) => {}
            }
        }
        Ok(())
    }

    fn next(&self, patience: Duration) -> Result<Signal, String> {
        match self.signals.recv_timeout(patience) {
            Ok(Signal::Broken(why)) => Err(why),
            Ok(signal) => Ok(signal),
            Err(RecvTimeoutError::Timeout) => Err(format!("no answer from the broker in {} s", patience.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err("the connection is closed".to_owned()),
        }
    }

    fn last_words(&self) -> Option<String> {
        self.signals.try_iter().find_map(|signal| if let Signal::Broken(why) = signal { Some(why) } else { None })
    }

    fn disconnect(&self) {
        // Where it fails, the connection is gone already.
        let _ = match &self.client {
            Client::V3(client) => client.disconnect().is_ok(),
            Client::V5(client) => client.disconnect().is_ok(),
        };
        while self.next(GOODBYE).is_ok() {}
    }
}

/// Ranges of events in which no cell comes twice, none longer than the queue: what is sent in one range may be
/// acknowledged in any order.
fn waves(events: &[OutboxEvent]) -> Vec<Range<usize>> {
    let mut waves = Vec::new();
    let mut cells: BTreeSet<&str> = BTreeSet::new();
    let mut start = 0;
    for (n, event) in events.iter().enumerate() {
        if !cells.insert(&event.cell) || n - start == QUEUE / 2 {
            waves.push(start..n);
            cells = BTreeSet::from([event.cell.as_str()]);
            start = n;
        }
    }
    waves.push(start..events.len());
    waves
}

fn listen_v3(mut connection: rumqttc::Connection, signal_sender: &Sender<Signal>) {
    for event in connection.iter() {
        let signal = match event {
            Ok(rumqttc::Event::Incoming(Packet::ConnAck(ack))) if ack.code == ConnectReturnCode::Success => {
                Signal::Connected(None)
            }
            Ok(rumqttc::Event::Incoming(Packet::PubAck(ack))) => Signal::Acknowledged(ack.pkid, Ok(())),
            Ok(rumqttc::Event::Outgoing(Outgoing::Publish(identifier))) => Signal::Published(identifier),
            Ok(rumqttc::Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => continue,
            Err(error) => Signal::Broken(in_plain_words(error.to_string())),
        };
        let ends = matches!(signal, Signal::Broken(_));
        if signal_sender.send(signal).is_err() || ends {
            return;
        }
    }
}

fn listen_v5(mut connection: v5::Connection, signal_sender: &Sender<Signal>) {
    for event in connection.iter() {
        let signal = match event {
            Ok(v5::Event::Incoming(PacketV5::ConnAck(ack))) => {
                Signal::Connected(ack.properties.and_then(|properties| properties.max_packet_size))
            }
            Ok(v5::Event::Incoming(PacketV5::PubAck(ack))) => Signal::Acknowledged(
                ack.pkid,
                match ack.reason {
                    // Nobody listens yet: the message is the broker's all the same.
                    PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(()),
                    reason => Err(reason),
                },
            ),
            Ok(v5::Event::Outgoing(Outgoing::Publish(identifier))) => Signal::Published(identifier),
            Ok(v5::Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => continue,
            Err(error) => Signal::Broken(in_plain_words(error.to_string())),
        };
        let ends = matches!(signal, Signal::Broken(_));
        if signal_sender.send(signal).is_err() || ends {
            return;
        }
    }
}

/// TLS with the authorities and the certificate of an access.
///
/// # Errors
/// Where they are of no use.
pub fn tls_config(access: &Access) -> Result<Arc<ClientConfig>, FeedError> {
    let wrong = |error: rustls::Error| FeedError::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    if access.ca.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificate in &access.ca {
        roots.add(certificate.clone()).map_err(wrong)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_root_certificates(roots);
    let config = match &access.identity {
        None => config.with_no_client_auth(),
        Some(Identity { chain, key, .. }) => {
            config.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(wrong)?
        }
    };
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_event::outbox::EventKind;

    fn events(cells: &[&str]) -> Vec<OutboxEvent> {
        let event = |cell: &&str| OutboxEvent {
            id: String::new(),
            kind: EventKind::Alert,
            cell: (*cell).to_owned(),
            json: String::new(),
        };
        cells.iter().map(event).collect()
    }

    #[test]
    fn no_cell_has_two_messages_under_way() {
        assert_eq!(waves(&events(&["a", "b", "a", "a", "c", "b"])), [0..2, 2..3, 3..6]);
        assert_eq!(waves(&events(&["a", "b"])).first(), Some(&(0..2)));
        let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let cells: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(waves(&events(&cells)), [0..64, 64..100]);
    }
}
