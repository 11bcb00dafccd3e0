//! The command `visits` and its options.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{LanguageChoice, layers::layers};

/// What to do about visits.
#[derive(Debug, Subcommand)]
pub enum VisitsAction {
    /// List the registered cells to visit: silent ones, and those that no street can settle.
    #[command(after_help = "Example:
  cellwarden visits list --registry cells.csv --store drive.sqlite > doors.csv
  cellwarden visits list --store drive.sqlite --addresses addresses.csv --format html --lang ko > doors.html")]
    List,
    /// Import what crews found at the addresses: a CSV with the columns ecgi, date, outcome, again_on and note.
    #[command(after_help = "Example:\n  cellwarden visits import outcomes.csv --store drive.sqlite")]
    Import {
        /// The CSV; the list that `visits list` writes, filled in, is one.
        file: PathBuf,
    },
}

/// Options of `visits`; in the file under `[visits]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct VisitsOptions {
    /// The registered cell list: a CSV file or a database; the one in the data folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// The store of drives and visits; the one in the data folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// The cells to list: those in a rectangle, or in a polygon of more corners, LAT,LON:LAT,LON; `all` is every cell.
    #[arg(long, global = true, value_name = "CORNERS", allow_hyphen_values = true)]
    pub area: Option<String>,
    /// CSV with the addresses of the cells: columns ecgi, address and perhaps floor.
    #[arg(long, global = true, value_name = "FILE")]
    pub addresses: Option<PathBuf>,
    /// Form of the list: csv, or html to print.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub format: Option<DoorFormat>,
    /// Language of the list.
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<LanguageChoice>,
}

/// A form of the door list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoorFormat {
    /// For spreadsheets.
    #[default]
    Csv,
    /// To print.
    Html,
}

layers!(VisitsOptions { registry, store, area, addresses, format, lang });

impl VisitsOptions {
    pub(crate) fn standard() -> Self {
        Self {
            area: Some("all".to_owned()),
            format: Some(DoorFormat::default()),
            lang: Some(LanguageChoice::default()),
            ..Self::default()
        }
    }
}
