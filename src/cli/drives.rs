//! The commands about what was driven: `report`, `drives`.

use std::{path::PathBuf, sync::LazyLock};

use cellwarden_report::{FORMATS, format::Format};
use clap::{Args, Subcommand, ValueEnum, builder::PossibleValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::layers::layers;

/// Options of `report`; in the file under `[report]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReportOptions {
    /// The store of the drives; the one in the data folder unless given.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Number of the drive, as `drives list` says it; all drives of the store unless given.
    #[arg(long, value_name = "ID")]
    pub drive: Option<i64>,
    /// Registered cell list for the sites of the map and the inspection: a CSV file or a database.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Form of the report.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ReportFormat>,
    /// Language of the HTML report.
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<LanguageChoice>,
    /// Write to this file; standard output unless given.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A form of report, by its name.
#[derive(Debug, Clone, Copy)]
pub struct ReportFormat(pub &'static Format);

impl Default for ReportFormat {
    fn default() -> Self {
        Self(FORMATS[0])
    }
}

impl PartialEq for ReportFormat {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl ValueEnum for ReportFormat {
    fn value_variants<'a>() -> &'a [Self] {
        static VARIANTS: LazyLock<Vec<ReportFormat>> =
            LazyLock::new(|| FORMATS.iter().map(|format| ReportFormat(format)).collect());
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name).help(self.0.about))
    }
}

impl Serialize for ReportFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.name.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ReportFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let names = || FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
        let format = FORMATS.iter().find(|format| format.name == name);
        format.map(|format| Self(format)).ok_or_else(|| D::Error::custom(format!("{name:?} is none of {}", names())))
    }
}

/// A language of reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LanguageChoice {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

/// What to do with stored drives.
#[derive(Debug, Subcommand)]
pub enum DrivesAction {
    /// List the drives of the store.
    #[command(after_help = "Example:\n  cellwarden drives list --store drive.sqlite")]
    List,
    /// Show what a drive heard: its cells, and where suspicious ones are.
    #[command(after_help = "Example:\n  cellwarden drives show 1 --store drive.sqlite")]
    Show {
        /// Number of the drive.
        drive: i64,
    },
    /// Make one drive of several that were judged alike, as of the two halves of a day.
    #[command(after_help = "Example:\n  cellwarden drives merge 1 2 --store drive.sqlite")]
    Merge {
        /// The drive that the others become part of.
        drive: i64,
        /// The others.
        #[arg(required = true, value_name = "OTHER")]
        others: Vec<i64>,
    },
    /// Write a drive with its evidence into one archive file.
    #[command(after_help = "Example:\n  cellwarden drives export 1 monday.tar.zst --store drive.sqlite")]
    Export {
        /// Number of the drive.
        drive: i64,
        /// The archive.
        file: PathBuf,
    },
    /// Take the drive of an archive into the store, after checking every hash.
    #[command(
        after_help = "Example:\n  cellwarden drives import monday.tar.zst --store drive.sqlite --evidence evidence/"
    )]
    Import {
        /// The archive.
        file: PathBuf,
    },
    /// Compare two drives of one route: what appeared, is gone, or changed.
    #[command(after_help = "Example:\n  cellwarden drives compare 1 2 --store drive.sqlite")]
    Compare {
        /// The earlier drive.
        before: i64,
        /// The later drive.
        after: i64,
    },
}

/// Options of `drives`; in the file under `[drives]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DrivesOptions {
    /// The store; the one in the data folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Folder that evidence is taken from and put into; for export, where the alerts say it is unless given; for import,
    /// `evidence` beside the store.
    #[arg(long, global = true, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: Option<bool>,
}

layers!(ReportOptions { store, drive, registry, format, lang, out });

impl ReportOptions {
    pub(crate) fn standard() -> Self {
        let (format, lang) = (Some(ReportFormat::default()), Some(LanguageChoice::default()));
        Self { format, lang, ..Self::default() }
    }
}

layers!(DrivesOptions { store, evidence, json });
