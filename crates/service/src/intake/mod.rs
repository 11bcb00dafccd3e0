//! Events from a broker: what scanners publish below a topic, over MQTT 3.1.1 or 5.
//!
//! A message is acknowledged when its event is on the disk: what was not kept when the service or the broker ended, the
//! broker sends again. Who may publish below a scanner's topic is the broker's to say; an event of another scanner there
//! is refused here. Over MQTT 5 events come in binary mode too: CloudEvents MQTT binding 1.0.2 §3.1.

mod broker;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::mpsc, time};

use super::{
    api::ApiState,
    audit::AuditedRequest,
    database::RefusedMessage,
    events::{Event, MAX_EVENT_BYTES, read_binary, read_one},
    health::{Health, Part},
};
use broker::{Broker, Incoming, Message, Sender};
use cellwarden_event::outbox::EventKind;
use cellwarden_feed::{FeedError, FeedUrl, access::Access};

/// Our name to the broker, under which it keeps what comes while we are away.
const CLIENT: &str = "cellwarden-service";

/// Messages that are read before the first of them is kept.
const UNDER_WAY: usize = 512;

/// Bytes that are kept of a refused message.
const MAX_KEPT: usize = 64 * 1024;

/// Bytes of a message's head.
const MAX_HEAD: usize = 4096;

/// How long to wait before a broker or a database that failed is tried again.
const REST: Duration = Duration::from_secs(2);

const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A way to a broker.
pub struct Intake {
    broker: Broker,
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
        Ok(Self { broker: Broker::new(url, access)?, topic: url.path().to_owned() })
    }

    /// Takes messages until it is dropped.
    pub async fn run(self, shared: ApiState) {
        let (client, mut events) = self.broker.connect();
        let (hand_on, messages) = mpsc::channel(UNDER_WAY);
        tokio::join!(
            listen(&client, &mut events, &self.topic, &hand_on, &shared.health),
            store_messages(&client, messages, &self.topic, &shared)
        );
    }
}

/// Speaks with the broker, and subscribes whenever it lets us in.
async fn listen(
    client: &Sender,
    events: &mut broker::Events,
    topic: &str,
    hand_on: &mpsc::Sender<Message>,
    health: &Health,
) {
    loop {
        match events.next().await {
            Ok(Incoming::Connected) => {
                for kind in [EventKind::Alert, EventKind::Sighting] {
                    if let Err(error) = client.subscribe(format!("{topic}/+/{}", kind.word())) {
                        health.note(Part::Broker, Err(error));
                    }
                }
            }
            Ok(Incoming::Subscribed { refused }) => {
                let state =
                    if refused { Err("it refuses the subscription: may this login read the topics?") } else { Ok(()) };
                health.note(Part::Broker, state);
            }
            Ok(Incoming::Message(message)) => {
                if hand_on.send(*message).await.is_err() {
                    return;
                }
            }
            Ok(Incoming::Nothing) => {}
            Err(error) => {
                health.note(Part::Broker, Err(error));
                time::sleep(REST).await;
            }
        }
    }
}

/// Keeps what came together in one go, and acknowledges it.
async fn store_messages(client: &Sender, mut messages: mpsc::Receiver<Message>, topic: &str, shared: &ApiState) {
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, UNDER_WAY).await > 0 {
        let (mut events, mut refused) = (Vec::with_capacity(batch.len()), Vec::new());
        for message in &batch {
            match read(message, topic) {
                Ok(event) => events.push(event),
                Err(why) => {
                    let asked = AuditedRequest { peer: None, what: format!("MQTT {}", message.topic()) };
                    shared.audit.refused(&asked, None, 422, &why);
                    shared.metrics.message_refused();
                    refused.push(refused_message(message, &why));
                }
            }
        }
        while let Err(error) = shared.event_writer.store_events(events.clone()).await {
            tracing::warn!(%error, "messages wait for the database");
            time::sleep(REST).await;
        }
        // What is refused is acknowledged too, as it would come again for ever, and kept: nobody else has it any more.
        if !refused.is_empty() {
            tracing::warn!(messages = refused.len(), "refused: `cellwarden serve refused` lists them");
        }
        let refused = Arc::new(refused);
        while !refused.is_empty() {
            let messages = Arc::clone(&refused);
            let Err(error) = shared.readers.ask(move |database| database.keep_refused(&messages)).await else { break };
            tracing::warn!(%error, "refused messages wait for the database");
            time::sleep(REST).await;
        }
        for message in batch.drain(..) {
            if let Err(error) = client.ack(&message).await {
                tracing::debug!(%error, "not acknowledged: it comes again");
            }
        }
    }
}

/// A refused message as it is kept. PostgreSQL's texts have no NUL.
fn refused_message(message: &Message, why: &str) -> RefusedMessage {
    RefusedMessage {
        received: Timestamp::now(),
        topic: message.topic().replace('\0', "\u{fffd}"),
        why: why.replace('\0', "\u{fffd}"),
        body: message.payload()[..message.payload().len().min(MAX_KEPT)].to_vec(),
    }
}

/// The event of a message, where it is one of the scanner whose topic this is.
fn read(message: &Message, topic: &str) -> Result<Event, String> {
    let event = match message.binary() {
        Some((attributes, content_type)) => read_binary(attributes, content_type, message.payload()),
        None => read_one(message.payload()),
    };
    let event = event.map_err(|error| error.to_string())?;
    let expected = format!("{topic}/{}/{}", event.scanner, event.data.kind().word());
    if message.topic() == expected {
        return Ok(event);
    }
    Err(format!("a {} event of {} is not expected here", event.data.kind().word(), event.scanner))
}
