//! Connections for everything but keeping events, lent one at a time to threads that may wait.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Semaphore, task, time};

use super::{
    background::EndingThread,
    database::{Database, DatabaseAddress, DatabaseError},
};

/// How long the database may take to answer, with the wait for a connection: one that hangs is no reason that those who
/// ask hang too.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections.
const CONNECTIONS: usize = 4;

/// The connections.
#[derive(Clone)]
pub struct Readers {
    idle: Arc<Mutex<Vec<Box<dyn Database>>>>,
    places: Arc<Semaphore>,
}

impl Readers {
    /// Opens them.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub fn open(address: &DatabaseAddress) -> Result<Self, DatabaseError> {
        let idle = (0..CONNECTIONS).map(|_| address.open()).collect::<Result<_, _>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(idle)), places: Arc::new(Semaphore::new(CONNECTIONS)) })
    }

    /// Ends the connections that are idle: each says goodbye to its database, which may hang too.
    pub fn close(self) {
        let close = move || self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        EndingThread::start("connections", close).join();
    }

    /// Asks the database.
    ///
    /// # Errors
    /// What the question says.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Database) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let late = || DatabaseError::Failed(format!("no answer within {} s", PATIENCE.as_secs()));
        time::timeout(PATIENCE, self.ask_patiently(question)).await.map_err(|_| late())?
    }

    async fn ask_patiently<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Database) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let failed = |why: &str| DatabaseError::Failed(why.to_owned());
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| failed("the service is ending"))?;
        let idle = Arc::clone(&self.idle);
        let asked = task::spawn_blocking(move || {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut database = taken.ok_or_else(|| failed("a connection was lost by a fault of this program"))?;
            let answer = question(&mut *database);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(database);
            drop(place);
            answer
        });
        asked.await.map_err(|_| failed("a question ended by a fault of this program"))?
    }
}
