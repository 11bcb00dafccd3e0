//! Options of `plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{ModelChoice, layers::layers};

/// Options of `plan`; in the file under `[plan]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlanOptions {
    /// The registered cell list: a CSV file or a database; the one in the data folder unless given.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// The store of the drives so far; the one in the data folder unless given, and no drives where there is none.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// The cells to settle: those in a rectangle, or in a polygon of more corners, LAT,LON:LAT,LON; `all` is every cell.
    #[arg(long, value_name = "CORNERS", allow_hyphen_values = true)]
    pub area: Option<String>,
    /// Path loss: urban or free-space.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<ModelChoice>,
    /// How many vans drive.
    #[arg(long, value_name = "N")]
    pub vans: Option<usize>,
    /// For how many hours each drives.
    #[arg(long, value_name = "HOURS")]
    pub hours: Option<f64>,
    /// How fast a van is in these streets, stops included, in km/h.
    #[arg(long, value_name = "KMH")]
    pub speed: Option<f64>,
    /// Where the vans start, in turn: LAT,LON. Where the last drive ended unless given, and in the middle of the cells where
    /// there is no drive.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    pub start: Vec<String>,
    /// The road network: an extract of OpenStreetMap (.osm.pbf). A grid of streets 100 m apart unless given.
    #[arg(long, value_name = "FILE")]
    pub roads: Option<PathBuf>,
    /// Write the route of this van only.
    #[arg(long, value_name = "N")]
    pub van: Option<usize>,
    /// Form of the routes: table, csv, json, geojson or gpx.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<PlanFormat>,
}

/// A form of routes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanFormat {
    /// For people.
    #[default]
    Table,
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
    /// For maps.
    Geojson,
    /// For navigators.
    Gpx,
}

/// Hours of a drive, and speed in km/h, unless given: a day's shift, past the addresses.
pub const HOURS: f64 = 8.0;
/// See [`HOURS`].
pub const SPEED_KMH: f64 = 15.0;

layers!(PlanOptions { registry, store, area, model, vans, hours, speed, start, roads, van, format });

impl PlanOptions {
    pub(crate) fn standard() -> Self {
        Self {
            area: Some("all".to_owned()),
            model: Some(ModelChoice::default()),
            vans: Some(1),
            hours: Some(HOURS),
            speed: Some(SPEED_KMH),
            format: Some(PlanFormat::default()),
            ..Self::default()
        }
    }
}
