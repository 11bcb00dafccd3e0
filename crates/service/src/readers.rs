//! Connections for everything but keeping events, lent one at a time to threads that may wait.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{sync::Semaphore, task};

use super::database::{Database, DatabaseAddress, DatabaseError};

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

    /// Asks the database.
    ///
    /// # Errors
    /// What the question says.
    pub async fn ask<T: Send + 'static>(
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
