//! A connection to a broker over either version of MQTT.

use std::borrow::Cow;

use rumqttc::{
    AsyncClient, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeReasonCode, TlsConfiguration, Transport, v5,
    v5::mqttbytes::v5::{
        ConnectProperties, Packet as PacketV5, Publish as PublishV5, SubscribeReasonCode as SubscribeReasonCodeV5,
    },
};

use super::{CLIENT, KEEP_ALIVE, MAX_EVENT_BYTES, MAX_HEAD, UNDER_WAY};
use cellwarden_feed::{FeedError, FeedUrl, Protocol, access::Access, mqtt_tls};

/// Acknowledgements of whole batches must find room while the connection waits to hand on the next message.
const QUEUE: usize = 4 * UNDER_WAY;

/// Media type of an event with its attributes in the body.
const STRUCTURED: &str = "application/cloudevents";

/// Where a broker is, and how it is spoken to.
pub enum Broker {
    V3(Box<MqttOptions>),
    V5(Box<v5::MqttOptions>),
}

/// What acknowledges and subscribes.
pub enum Sender {
    V3(AsyncClient),
    V5(v5::AsyncClient),
}

/// What comes from the broker.
pub enum Events {
    V3(Box<EventLoop>),
    V5(Box<v5::EventLoop>),
}

/// A message.
pub enum Message {
    V3(Publish),
    V5(PublishV5),
}

/// What came.
pub enum Incoming {
    /// We are let in.
    Connected,
    /// The subscriptions stand, or do not.
    Subscribed {
        /// Whether one was refused.
        refused: bool,
    },
    /// A message.
    Message(Box<Message>),
    /// Nothing to do for us.
    Nothing,
}

impl Broker {
    /// The broker of an address. It keeps what comes while we are away.
    pub fn new(url: &FeedUrl, access: &Access) -> Result<Self, FeedError> {
        let Protocol::Mqtt { tls, v5 } = url.protocol() else { unreachable!("an MQTT address") };
        let transport = tls.then(|| mqtt_tls(access)).transpose()?;
        let transport = transport
            .map_or_else(Transport::tcp, |config| Transport::tls_with_config(TlsConfiguration::Rustls(config)));
        let most = MAX_EVENT_BYTES + MAX_HEAD;
        if v5 {
            let mut options = v5::MqttOptions::new(CLIENT, url.host(), url.port());
            options.set_keep_alive(KEEP_ALIVE).set_clean_start(false).set_manual_acks(true).set_transport(transport);
            let mut properties = ConnectProperties::new();
            // MQTT 5 §3.1.2.11.2: the session does not expire, as one of 3.1.1 does not.
            properties.session_expiry_interval = Some(u32::MAX);
            properties.max_packet_size = u32::try_from(most).ok();
            options.set_connect_properties(properties);
            if let Some((user, password)) = &access.login {
                options.set_credentials(user, password.reveal());
            }
            return Ok(Self::V5(Box::new(options)));
        }
        let mut options = MqttOptions::new(CLIENT, url.host(), url.port());
        options.set_keep_alive(KEEP_ALIVE).set_clean_session(false).set_manual_acks(true).set_transport(transport);
        options.set_max_packet_size(most, most);
        if let Some((user, password)) = &access.login {
            options.set_credentials(user, password.reveal());
        }
        Ok(Self::V3(Box::new(options)))
    }

    /// What speaks with it; it connects once events are asked for.
    pub fn connect(self) -> (Sender, Events) {
        match self {
            Self::V3(options) => {
                let (client, events) = AsyncClient::new(*options, QUEUE);
                (Sender::V3(client), Events::V3(Box::new(events)))
            }
            Self::V5(options) => {
                let (client, events) = v5::AsyncClient::new(*options, QUEUE);
                (Sender::V5(client), Events::V5(Box::new(events)))
            }
        }
    }
}

impl Sender {
    /// Asks for the messages of a topic.
    pub fn subscribe(&self, topic: String) -> Result<(), String> {
        match self {
            Self::V3(client) => client.try_subscribe(topic, QoS::AtLeastOnce).map_err(|error| error.to_string()),
            Self::V5(client) => {
                let at_least_once = v5::mqttbytes::QoS::AtLeastOnce;
                client.try_subscribe(topic, at_least_once).map_err(|error| error.to_string())
            }
        }
    }

    /// Acknowledges a message.
    pub async fn ack(&self, message: &Message) -> Result<(), String> {
        match (self, message) {
            (Self::V3(client), Message::V3(message)) => client.ack(message).await.map_err(|error| error.to_string()),
            (Self::V5(client), Message::V5(message)) => client.ack(message).await.map_err(|error| error.to_string()),
            _ => unreachable!("a broker speaks one version"),
        }
    }
}

impl Events {
    /// The next of them; an error where the connection broke, which the next call makes again.
    pub async fn next(&mut self) -> Result<Incoming, String> {
        match self {
            Self::V3(events) => Ok(match events.poll().await.map_err(|error| error.to_string())? {
                rumqttc::Event::Incoming(Packet::ConnAck(_)) => Incoming::Connected,
                // MQTT 3.1.1 §3.9.3: 0x80 is a refusal.
                rumqttc::Event::Incoming(Packet::SubAck(answer)) => {
                    Incoming::Subscribed { refused: answer.return_codes.contains(&SubscribeReasonCode::Failure) }
                }
                rumqttc::Event::Incoming(Packet::Publish(message)) => Incoming::Message(Box::new(Message::V3(message))),
                _ => Incoming::Nothing,
            }),
            Self::V5(events) => Ok(match events.poll().await.map_err(|error| error.to_string())? {
                v5::Event::Incoming(PacketV5::ConnAck(_)) => Incoming::Connected,
                v5::Event::Incoming(PacketV5::SubAck(answer)) => {
                    let is_refused = |code: &SubscribeReasonCodeV5| !matches!(code, SubscribeReasonCodeV5::Success(_));
                    Incoming::Subscribed { refused: answer.return_codes.iter().any(is_refused) }
                }
                v5::Event::Incoming(PacketV5::Publish(message)) => Incoming::Message(Box::new(Message::V5(message))),
                _ => Incoming::Nothing,
            }),
        }
    }
}

impl Message {
    /// Where it was published.
    pub fn topic(&self) -> Cow<'_, str> {
        match self {
            Self::V3(message) => message.topic.as_str().into(),
            Self::V5(message) => String::from_utf8_lossy(&message.topic),
        }
    }

    /// Its body.
    pub fn payload(&self) -> &[u8] {
        match self {
            Self::V3(message) => &message.payload,
            Self::V5(message) => &message.payload,
        }
    }

    /// The attributes and the media type of an event whose body is its data alone. CloudEvents MQTT binding 1.0.2 §3.1: the
    /// content type tells the modes apart, and MQTT 3.1.1 has none, so that only structured mode comes over it.
    pub fn binary(&self) -> Option<(impl Iterator<Item = (&str, String)>, &str)> {
        let Self::V5(message) = self else { return None };
        let properties = message.properties.as_ref()?;
        let content_type = properties.content_type.as_deref().unwrap_or("application/json");
        let attributes = &properties.user_properties;
        let is_binary = !content_type.to_ascii_lowercase().starts_with(STRUCTURED)
            && attributes.iter().any(|(name, _)| name == "specversion");
        is_binary.then(|| (attributes.iter().map(|(name, value)| (name.as_str(), value.clone())), content_type))
    }
}
