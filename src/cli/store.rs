//! The command `store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// What to do with a store.
#[derive(Debug, Subcommand)]
pub enum StoreAction {
    /// Remove old dwells, and report what went. Alerts stay, each with the dwell that raised it, and so does every dwell in
    /// which a cell with an open alert was heard.
    #[command(after_help = "Example:\n  cellwarden store prune --older-than 365 --max-size 20G --dry-run")]
    Prune {
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Options of `store`; in the file under `[store]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreOptions {
    /// The store; the one in the data folder unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Remove dwells that began more days ago than these.
    #[arg(long, global = true, value_name = "DAYS")]
    pub older_than: Option<Text>,
    /// Where the store holds more bytes than these, remove the dwells stored first until it does not.
    #[arg(long, global = true, value_name = "BYTES")]
    pub max_size: Option<Text>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: Option<bool>,
}

layers!(StoreOptions { store, older_than, max_size, json });
