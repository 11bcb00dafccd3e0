//! What of the service is ill, for `/health` and the log: a line when something falls ill and one when it is well again.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Mutex as AsyncMutex;

/// How long a check of the database holds: `/health` may be asked by anybody, and a check is a wait for the disk.
pub const FRESH: Duration = Duration::from_secs(5);

/// A part of the service that can be ill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Events cannot be stored.
    Database,
    /// The audit log cannot be written.
    Audit,
    /// The broker does not give events.
    Broker,
}

/// The state of all parts.
#[derive(Debug, Clone, Default)]
pub struct Health {
    ill: Arc<Mutex<BTreeMap<Part, String>>>,
    /// When the database was last checked.
    pub checked: Arc<AsyncMutex<Option<Instant>>>,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "the database cannot be written",
            Self::Audit => "the audit log cannot be written: changes are refused",
            Self::Broker => "the broker gives no events",
        })
    }
}

impl Health {
    /// Notes how a part is; what is new of it goes to the log, with the reason.
    pub fn note<E: fmt::Display>(&self, part: Part, state: Result<(), E>) {
        let mut ill = self.ill.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            Ok(()) if ill.remove(&part).is_some() => tracing::warn!("no longer: {part}"),
            Ok(()) => {}
            Err(error) => {
                let why = error.to_string();
                if ill.insert(part, why.clone()).is_none() {
                    tracing::error!("{part}: {why}");
                }
            }
        }
    }

    /// The parts that are ill. Why stands in the log alone: it may tell where the database is.
    #[must_use]
    pub fn ill(&self) -> Vec<Part> {
        self.ill.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ill_is_named_until_it_is_well() {
        let health = Health::default();
        assert_eq!(health.ill(), []);
        health.note(Part::Broker, Err("refused"));
        health.note(Part::Database, Err("postgres://user:secret@host"));
        health.note(Part::Audit, Ok::<(), &str>(()));
        assert_eq!(health.ill(), [Part::Database, Part::Broker]);
        assert!(health.ill().iter().all(|part| !part.to_string().contains("secret")));
        health.note(Part::Database, Ok::<(), &str>(()));
        assert_eq!(health.ill(), [Part::Broker]);
    }
}
