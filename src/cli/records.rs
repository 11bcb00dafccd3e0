//! The commands about what is registered, stored and ruled: `registry`, `inspect`, `alerts`, `rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{FeedOptions, layers::layers};

/// What to do with the registered cell list.
#[derive(Debug, Subcommand)]
pub enum RegistryAction {
    /// Import lists as the new snapshot; the old one stays until all of it is read.
    #[command(after_help = "Example:\n  cellwarden registry import cells.csv --map tac=TAC_CODE")]
    Import {
        /// CSV files, OpenCelliD's among them; separated by comma, semicolon or tab, in UTF-8, UTF-16 or CP949, or packed
        /// with gzip.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Import the snapshot that a service provides at URL, signed in URL.minisig with minisign; the old one stays
    /// until the new one is whole and verified.
    #[command(
        after_help = "Example:\n  cellwarden registry sync https://registry.example/cells.csv --key minisign.pub"
    )]
    Sync {
        /// Address of the list.
        url: String,
    },
    /// Write what changed from one list to the next, as NEW.from-HASH of the old one beside the new one: `sync` downloads
    /// that instead of the list where it has the old one.
    #[command(after_help = "Example:\n  cellwarden registry delta yesterday.csv cells.csv")]
    Delta {
        /// The list as it was.
        old: PathBuf,
        /// The list as it is provided now.
        new: PathBuf,
    },
    /// Show the rows of a cell.
    #[command(after_help = "Example:\n  cellwarden registry show 450-08-3f0d101")]
    Show {
        /// Global identifier: PLMN and seven hexadecimal digits.
        ecgi: String,
    },
    /// Count rows by PLMN, kind, status and carrier.
    #[command(after_help = "Example:\n  cellwarden registry stats --registry cells.csv")]
    Stats,
    /// Find duplicates and impossible rows.
    #[command(after_help = "Example:\n  cellwarden registry verify --registry cells.csv")]
    Verify,
}

/// Options of `registry`; in the file under `[registry]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegistryOptions {
    /// The registered cell list: a database, or but for `import` a CSV file; the one in the data folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// How the files write cell identities: hex (seven digits) or dec. Unless given, hex where a letter stands in the column,
    /// dec where its numbers cannot be hex; where both are possible the import asks.
    #[arg(long, global = true, value_name = "NOTATION")]
    pub eci: Option<EciChoice>,
    /// A column under another header, like tac=TAC_CODE.
    #[arg(long, global = true, value_name = "COLUMN=HEADER")]
    pub map: Vec<String>,
    /// How many bad rows to pass over; one more, and nothing is imported.
    #[arg(long, global = true, value_name = "N")]
    pub max_bad: Option<u64>,
    /// The date of the list, from which its age counts, like 2026-11-19; else what its column list_date says, or the time of
    /// the import.
    #[arg(long, global = true, value_name = "DATE")]
    pub list_date: Option<String>,
    /// The minisign public key of the snapshots that `sync` takes.
    #[arg(long, global = true, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// TOML file with what `sync` shows to the service, as for feeds.
    #[arg(long, global = true, value_name = "FILE")]
    pub feed_access: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: Option<bool>,
}

/// Notation of cell identities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EciChoice {
    /// Seven hexadecimal digits.
    #[default]
    Hex,
    /// A decimal number.
    Dec,
}

/// Options of `inspect`; in the file under `[inspect]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct InspectOptions {
    /// The registered cell list: a CSV file or a database; the one in the data folder unless given.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// The store of the drives; the one in the data folder unless given.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Account for the cells within this many metres of the drive; 1000 unless an area is given.
    #[arg(long, value_name = "METRES", conflicts_with = "area")]
    pub along: Option<f64>,
    /// Account for the cells in a rectangle, or in a polygon of more corners: LAT,LON:LAT,LON; `all` is every cell.
    #[arg(long, value_name = "CORNERS", allow_hyphen_values = true)]
    pub area: Option<String>,
    /// Path loss: urban or free-space.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<ModelChoice>,
    /// Form of the account: table, csv or json.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatChoice>,
    /// List the cells that were never covered too; csv and json always do.
    #[arg(long)]
    pub all: Option<bool>,
}

/// A path-loss model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelChoice {
    /// TS 36.942 urban macro.
    #[default]
    Urban,
    /// ITU-R P.525.
    FreeSpace,
}

/// A form of output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormatChoice {
    /// For people.
    #[default]
    Table,
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
}

/// What to do with stored alerts.
#[derive(Debug, Subcommand)]
pub enum AlertsAction {
    /// List the alerts, oldest first.
    #[command(after_help = "Example:\n  cellwarden alerts list --store drive.sqlite")]
    List,
    /// Show all of an alert.
    #[command(after_help = "Example:\n  cellwarden alerts show 448523da --store drive.sqlite")]
    Show {
        /// The alert's id, or its beginning.
        id: String,
    },
    /// Mark an alert as seen, as the terminal interface does.
    #[command(after_help = "Example:\n  cellwarden alerts ack 448523da --store drive.sqlite")]
    Ack {
        /// The alert's id, or its beginning.
        id: String,
    },
    /// Write a note on an alert, in place of the one before.
    #[command(after_help = "Example:\n  cellwarden alerts note 448523da asked-the-owner --store drive.sqlite")]
    Note {
        /// The alert's id, or its beginning.
        id: String,
        /// The note; an empty one takes the one before away.
        text: String,
    },
    /// Decode an alert's evidence again and compare it with what was written.
    #[command(after_help = "Example:\n  cellwarden alerts verify evidence/448523da0da6f5d2.json")]
    Verify {
        /// The alert's id or its beginning, or its evidence document (.json), which needs no store.
        id: String,
    },
    /// Print all alerts as JSON, one event per line.
    #[command(after_help = "Example:\n  cellwarden alerts export --store drive.sqlite > alerts.ndjson")]
    Export,
    /// Send what waits in the store to the feeds, at once; without --feed to those that it knows.
    #[command(after_help = SEND_EXAMPLE)]
    Send {
        /// Send also what was refused or failed too often before, under the ids that it had.
        #[arg(long)]
        retry: bool,
        /// Who is told.
        #[command(flatten)]
        feed: FeedOptions,
    },
    /// Show the feeds, what waits for them, and what they refused.
    #[command(after_help = "Example:\n  cellwarden alerts outbox --store drive.sqlite")]
    Outbox,
    /// Forget a feed and what waits for it.
    #[command(after_help = "Example:\n  cellwarden alerts forget https://registry.example/events --store drive.sqlite")]
    Forget {
        /// The feed's address.
        url: String,
    },
}

const SEND_EXAMPLE: &str = "Example:
  cellwarden alerts send --store drive.sqlite --feed https://registry.example/events --feed-access access.toml";

/// Options of `alerts`; in the file under `[alerts]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AlertsOptions {
    /// The store; the one in the data folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Where the evidence lies now, if it was moved.
    #[arg(long, global = true, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: Option<bool>,
}

/// What to do with the detection rules.
#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// List the rules: version, severity, class, switch.
    #[command(after_help = "Example:\n  cellwarden rules list")]
    List,
    /// Explain a rule: what it fires on, its known false positives, its reference, and what each of its thresholds means.
    #[command(visible_alias = "explain", after_help = "Example:\n  cellwarden rules show co-moving")]
    Show {
        /// The rule's id.
        id: String,
    },
    /// Print the rules file with every rule, switch and threshold at its default.
    #[command(after_help = "Example:\n  cellwarden rules defaults > rules.toml")]
    Defaults,
    /// Check a rules file.
    #[command(after_help = "Example:\n  cellwarden rules check rules.toml")]
    Check {
        /// The file.
        file: PathBuf,
    },
}

/// Options of `rules`; in the file under `[rules]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RulesOptions {
    /// Rules file: switches and thresholds that differ from the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    pub rules: Option<PathBuf>,
}

layers!(RegistryOptions { registry, eci, map, max_bad, list_date, key, feed_access, json });

impl RegistryOptions {
    pub(crate) fn standard() -> Self {
        Self { max_bad: Some(0), ..Self::default() }
    }
}

/// Width of the strip along a drive whose cells are accounted for, unless given: within it even a femtocell indoors may
/// be heard.
pub const ALONG_M: f64 = 1_000.0;

layers!(InspectOptions { registry, store, along, area, model, format, all }, |line, below| {
    // One of the two areas replaces the other.
    if line.along.is_some() || line.area.is_some() {
        (below.along, below.area) = (None, None);
    }
});

impl InspectOptions {
    pub(crate) fn standard() -> Self {
        let (model, format) = (Some(ModelChoice::default()), Some(FormatChoice::default()));
        Self { along: Some(ALONG_M), model, format, ..Self::default() }
    }
}

layers!(AlertsOptions { store, evidence, json });

layers!(RulesOptions { rules });
