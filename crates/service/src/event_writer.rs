//! The one thread that writes events. It stores the events of all waiting requests in one transaction, so that they share
//! one wait for the disk.
//!
//! A request is answered when its events are on the disk. When the database fails, all requests of that transaction get
//! the error, and their senders retry.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time,
};

use super::{
    background::EndingThread,
    database::{Database, DatabaseError, StoredEvents},
    events::Event,
    health::{Health, Part},
    metrics::Metrics,
};

/// How long a sender waits for its events to be stored, until it is told to come again.
const PATIENCE: Duration = Duration::from_secs(8);

/// Requests that wait; more wait at the door.
const QUEUE: usize = 256;

/// Events of one transaction, from when no further request is added.
const TRANSACTION_EVENTS: usize = 2000;

/// Sends events to the writer thread.
#[derive(Clone)]
pub struct EventWriter {
    queue: mpsc::Sender<Job>,
}

struct Job {
    events: Vec<Event>,
    answer: oneshot::Sender<Result<Vec<bool>, String>>,
}

/// The writer thread. It ends when every [`EventWriter`] is gone and the queue is empty.
pub struct EventWriterThread(EndingThread);

impl EventWriter {
    /// Starts the thread; `live` receives the numbers of the cases that events change.
    #[must_use]
    pub fn start(
        database: Box<dyn Database>,
        metrics: Metrics,
        health: Health,
        live: broadcast::Sender<i64>,
    ) -> (Self, EventWriterThread) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = EndingThread::start("events", move || work(database, jobs, &metrics, &health, &live));
        (Self { queue }, EventWriterThread(thread))
    }

    /// Stores events. Returns, for each, whether it was new.
    ///
    /// # Errors
    /// The database's error; none of the events is stored then.
    pub async fn store_events(&self, events: Vec<Event>) -> Result<Vec<bool>, DatabaseError> {
        let gone = || DatabaseError::Failed("the service is ending".to_owned());
        let late = || DatabaseError::Failed(format!("events are not stored within {} s", PATIENCE.as_secs()));
        let (answer, answered) = oneshot::channel();
        let stored = async {
            self.queue.send(Job { events, answer }).await.map_err(|_| gone())?;
            answered.await.map_err(|_| gone())?.map_err(DatabaseError::Failed)
        };
        // What is stored all the same is known when its sender comes again.
        time::timeout(PATIENCE, stored).await.map_err(|_| late())?
    }
}

impl EventWriterThread {
    /// Waits for its end, as long as a database that hangs is waited for.
    pub fn join(self) {
        self.0.join();
    }
}

fn work(
    mut database: Box<dyn Database>,
    mut jobs: mpsc::Receiver<Job>,
    metrics: &Metrics,
    health: &Health,
    live: &broadcast::Sender<i64>,
) {
    while let Some(first) = jobs.blocking_recv() {
        let mut events = first.events;
        let mut answers = vec![(first.answer, events.len())];
        while events.len() < TRANSACTION_EVENTS {
            let Ok(next) = jobs.try_recv() else { break };
            answers.push((next.answer, next.events.len()));
            events.extend(next.events);
        }
        let begun = Instant::now();
        let stored = database.store_events(&events, Timestamp::now());
        metrics.transaction(begun.elapsed());
        health.note(Part::Database, stored.as_ref().map(drop));
        match stored {
            Ok(StoredEvents { new, cases }) => {
                events.iter().zip(&new).for_each(|(event, new)| metrics.event(event.data.kind(), *new));
                // Where nobody listens, nobody needs to know.
                cases.into_iter().for_each(|case| drop(live.send(case)));
                let mut rest = new.as_slice();
                for (answer, length) in answers {
                    let (own, others) = rest.split_at(length);
                    rest = others;
                    // A sender that disconnected retries, and learns that its events are known.
                    let _ = answer.send(Ok(own.to_vec()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, events = events.len(), "events are not kept");
                metrics.database_failed();
                for (answer, _) in answers {
                    let _ = answer.send(Err(error.to_string()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{database::DatabaseAddress, events::read_one};

    fn event(n: u32) -> Event {
        let body = format!(
            r#"{{"specversion":"1.0","id":"{n:016x}","source":"urn:cellwarden:scanner:van-3","subject":"c",
            "type":"io.cellwarden.sighting.v1","datacontenttype":"application/json","data":{{"recording":"r",
            "seconds":1,"carrier_hz":1e9,"pci":1,"rsrp_dbfs":null,"state":"mib","ecgi":null,"verdict":"unidentified",
            "rules":[],"position":null}}}}"#
        );
        read_one(body.as_bytes()).expect("good")
    }

    #[tokio::test]
    async fn each_request_learns_what_of_its_own_events_was_new() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = DatabaseAddress::new(folder.path().join("s.sqlite").to_str().expect("UTF-8"), None)
            .expect("a file")
            .open()
            .expect("opened");
        let (event_writer, thread) =
            EventWriter::start(database, Metrics::new(), Health::default(), broadcast::channel(1).0);
        let requests = [vec![1, 2], vec![2, 3, 3], vec![], vec![4, 1]];
        let asked = requests.map(|numbers| {
            let event_writer = event_writer.clone();
            tokio::spawn(async move {
                event_writer.store_events(numbers.into_iter().map(event).collect()).await.expect("kept")
            })
        });
        let mut new = 0;
        for (asked, length) in asked.into_iter().zip([2, 3, 0, 2]) {
            let answer = asked.await.expect("ended");
            assert_eq!(answer.len(), length);
            new += answer.into_iter().filter(|new| *new).count();
        }
        assert_eq!(new, 4, "each of four events is new once");
        drop(event_writer);
        thread.join();
    }
}
