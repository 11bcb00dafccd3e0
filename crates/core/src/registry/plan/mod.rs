//! The plan of an inspection: where each van drives next, so that most registered cells are settled in the hours given.
//!
//! In: an account with what further looks may settle, streets, and the vans. Out: one [`Route`] per van, and the [`Outlook`].
//!
//! - Streets are cut into route cells of 50 m. What a visit to one is worth follows from the posterior of the rows near it:
//!   see `rows`.
//! - Drives are searched for a kilometre ahead, over all vans in turn: see `route`.
//! - A plan is made of what is known before it. As drives come in, it is made again.

mod cells;
mod outlook;
mod plane;
mod priority;
mod route;
mod rows;
mod streets;

use thiserror::Error;

pub use outlook::{DONE_SHARE, Outlook};
pub use priority::{Concerns, priorities};
pub use streets::{Directions, MAX_NODES, Node, Streets};

use super::{inspect::Ahead, path_loss::PathLossModel};
use crate::locate::plane::Plane;
use crate::observation::Position;
use route::{Drive, Planner};
use rows::Rows;

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    /// The rows are too far apart for a grid.
    #[error(
        "the cells extend over {blocks} blocks of 100 m and at most {limit} can be planned: give a smaller --area, or a road \
         network with --roads"
    )]
    Extent {
        /// Blocks of the area.
        blocks: i64,
        /// The most.
        limit: i64,
    },
    /// There is no street.
    #[error("there is no street to plan on: give an --area with registered cells, or a road network with --roads")]
    NoStreets,
}

/// What is to be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Where each van starts.
    pub starts: Vec<Position>,
    /// For how long each drives, in hours.
    pub hours: f64,
    /// How fast it is, stops included, in km/h.
    pub speed_kmh: f64,
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// One per van, in the order of their starts.
    pub routes: Vec<Route>,
    /// What may be expected of it, and of the days after it.
    pub outlook: Outlook,
}

/// Where one van drives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Route {
    /// The van's number in the order of the starts, from 0.
    pub van: usize,
    /// The streets that it drives along, in order. Each begins where the one before ends.
    pub legs: Vec<Leg>,
}

/// One street of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// The places along it, both ends included.
    pub places: Vec<Position>,
    /// Its length in metres.
    pub metres: f64,
    /// How many more rows are expected to be settled by it.
    pub settled: f64,
}

impl Request {
    fn metres(&self) -> f64 {
        self.hours * self.speed_kmh * 1e3
    }
}

impl Route {
    /// Its length in metres.
    #[must_use]
    pub fn metres(&self) -> f64 {
        self.legs.iter().fold(0.0, |sum, leg| sum + leg.metres)
    }

    /// How many rows it is expected to settle.
    #[must_use]
    pub fn settled(&self) -> f64 {
        self.legs.iter().fold(0.0, |sum, leg| sum + leg.settled)
    }
}

/// Routes for the vans of a request, and the outlook. `priorities` are the accounts', as [`priorities`] gives them.
///
/// # Errors
/// [`PlanError::NoStreets`].
pub fn plan(
    ahead: &Ahead,
    priorities: &[f32],
    streets: &Streets,
    request: &Request,
    model: PathLossModel,
) -> Result<Plan, PlanError> {
    let plane = Plane::around(streets.places());
    let rows = Rows::new(ahead, priorities, &plane, model);
    let starts: Option<Vec<Node>> = request.starts.iter().map(|&start| streets.nearest(start)).collect();
    let starts = starts.ok_or(PlanError::NoStreets)?;
    let mut planner = Planner::new(streets, plane, rows);
    let can_settle = planner.can_settle();
    let drives = planner.drives(&starts, request.metres());
    let routes: Vec<Route> = drives.iter().enumerate().map(|(van, drive)| route(streets, van, drive)).collect();
    let first_day = routes.iter().map(Route::settled).sum();
    let outlook = outlook::look_out(ahead, planner, &starts, request.metres(), can_settle, first_day);
    Ok(Plan { routes, outlook })
}

fn route(streets: &Streets, van: usize, drive: &Drive) -> Route {
    let leg = |(&way, &settled): (&streets::Way, &f32)| Leg {
        places: streets.along(way),
        metres: streets.way_metres(way),
        settled: f64::from(settled),
    };
    Route { van, legs: drive.ways.iter().zip(&drive.settled).map(leg).collect() }
}
