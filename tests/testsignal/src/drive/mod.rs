//! Test drives drawn at random: what is on the air along a road, received at one stop after another.
//!
//! A drive is a folder of recordings with positions and gains, a GPX track, a registered cell list, and a truth that
//! says which alerts must be raised and which cells must raise none.
//!
//! ```text
//! road: stops, places beside them → plan: transmitters, rows, expectations → air: a scenario a stop → files: the folder
//! ```

mod air;
mod files;
mod plan;
mod road;

use std::{io, path::Path};

use crate::{scenario::ScenarioError, sigmf};

pub use plan::Plan;

/// Why a drive was not written.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// A drawn setting that the generator does not allow.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file that cannot be written.
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Writes the drive of `seed` into `folder`: `NAME-000.sigmf-meta` and so on, `NAME.gpx`, `registry-NAME.csv` and
/// `truth.json`. An `honest` drive has no rogue on the air.
///
/// # Errors
/// What was drawn that cannot be, or the file that cannot be written.
pub fn write(seed: u64, honest: bool, folder: &Path) -> Result<Plan, DriveError> {
    let plan = Plan::draw(seed, honest);
    std::fs::create_dir_all(folder)?;
    let stops = air::stops(&plan);
    for stop in &stops {
        sigmf::write(&stop.scenario, &stop.scenario.generate()?, folder)?;
    }
    std::fs::write(folder.join(format!("{}.gpx", plan.name)), files::gpx(&stops))?;
    std::fs::write(folder.join(format!("registry-{}.csv", plan.name)), files::registry(&plan))?;
    std::fs::write(folder.join("truth.json"), format!("{:#}\n", files::truth(&plan, &stops)))?;
    Ok(plan)
}
