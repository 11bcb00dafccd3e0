//! Forgets sightings that are old, so that the database does not grow for ever. Alerts and cases stay, and what was
//! estimated of them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{background::Background, database::Database};

/// Sightings forgotten at once: those who send wait so long at most.
const AT_ONCE: u32 = 500;

/// How long it rests where nothing is old, or the database fails.
const REST: Duration = Duration::from_secs(60);

/// Starts the thread.
#[must_use]
pub fn start(mut database: Box<dyn Database>, age: SignedDuration) -> Background {
    Background::start("retention", move || {
        let before = Timestamp::now().saturating_sub(age).unwrap_or(Timestamp::MIN);
        match database.forget_sightings(before, AT_ONCE) {
            Ok(0) => REST,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "old sightings are not forgotten now");
                REST
            }
        }
    })
}
