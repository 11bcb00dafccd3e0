//! The thread that works out where cases' transmitters are, one case at a time, beside everything else.

use std::{thread, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::{
    database::{Database, DatabaseError},
    estimate::estimate,
};

/// How long it rests between looks: sightings come every few seconds, people look more rarely.
const REST: Duration = Duration::from_secs(2);

/// The thread; it ends when this is dropped and the estimate at hand is done.
pub struct Estimator {
    end: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Estimator {
    /// Starts the thread; `located` is told of each case with a new estimate.
    #[must_use]
    pub fn start(database: Box<dyn Database>, located: impl Fn(i64) + Send + 'static) -> Self {
        let (end, ended) = bounded(0);
        let thread = thread::spawn(move || work(database, &ended, &located));
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Estimator {
    fn drop(&mut self) {
        self.end.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that estimates places ended by a fault of this program");
        }
    }
}

fn work(mut database: Box<dyn Database>, ended: &Receiver<()>, located: &impl Fn(i64)) {
    let mut rest = REST;
    while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
        rest = match one(&mut *database) {
            Ok(Some(case)) => {
                located(case);
                Duration::ZERO
            }
            Ok(None) => REST,
            Err(error) => {
                tracing::warn!(%error, "no estimate can be worked out now");
                REST
            }
        };
    }
}

/// Works out one estimate, where one is due; its case.
fn one(database: &mut dyn Database) -> Result<Option<i64>, DatabaseError> {
    let Some(case) = database.case_to_locate()? else { return Ok(None) };
    let levels = database.levels(case)?;
    let text = serde_json::to_string(&estimate(&levels)).map_err(|error| DatabaseError::Failed(error.to_string()))?;
    database.set_estimate(case, &text, levels.len() as u64)?;
    Ok(Some(case))
}
