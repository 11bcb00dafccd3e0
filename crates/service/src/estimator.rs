//! Works out where cases' transmitters are, one case at a time, beside everything else.

use std::time::Duration;

use cellwarden_core::detect::co_moving;

use super::{
    background::Background,
    database::{Database, DatabaseError},
    estimate::{Estimate, estimate},
};

/// How long it rests where no case has news: sightings come every few seconds, people look more rarely.
const REST: Duration = Duration::from_secs(2);

/// Starts the thread; `located` is told of each case with a new estimate.
#[must_use]
pub fn start(mut database: Box<dyn Database>, located: impl Fn(i64) + Send + 'static) -> Background {
    Background::start("estimates", move || match estimate_one(&mut *database) {
        Ok(Some(case)) => {
            located(case);
            Duration::ZERO
        }
        Ok(None) => REST,
        Err(error) => {
            tracing::warn!(%error, "no estimate can be worked out now");
            REST
        }
    })
}

/// Works out one estimate, where one is due; its case.
fn estimate_one(database: &mut dyn Database) -> Result<Option<i64>, DatabaseError> {
    let Some((case, levels)) = database.case_to_locate()? else { return Ok(None) };
    let details = database.case(case)?;
    let rules = details.iter().flat_map(|details| &details.summary.rules);
    let found_co_moving = rules.into_iter().any(|rule| rule == co_moving::ABOUT.id);
    let found = estimate(&database.levels(case)?, found_co_moving);
    let text = serde_json::to_string(&found).map_err(|error| DatabaseError::Failed(error.to_string()))?;
    // What was known of a transmitter is not forgotten with the levels that told it.
    let replaces = !matches!(found, Estimate::Unknown { .. });
    database.set_estimate(case, &text, levels, replaces)?;
    Ok(Some(case))
}
