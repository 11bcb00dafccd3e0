//! Checked settings of `store`.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::{
    ConfigError,
    records::in_data_folder,
    values::{check_value, parse_bytes},
};
use crate::cli::{StoreAction, StoreOptions};

/// Settings of `store`.
#[derive(Debug)]
pub struct StoreSettings {
    /// What to do.
    pub action: StoreAction,
    /// The store.
    pub store: PathBuf,
    /// Age from which dwells go.
    pub older_than: Option<SignedDuration>,
    /// Bytes that the store may hold.
    pub max_bytes: Option<u64>,
    /// JSON instead of text.
    pub json: bool,
}

/// A number of days up to a hundred years.
pub(super) fn parse_days(text: &str) -> Option<SignedDuration> {
    let days = text.parse::<i64>().ok().filter(|days| (1..=36_500).contains(days))?;
    Some(SignedDuration::from_hours(24 * days))
}

pub(super) fn check_store(action: StoreAction, options: StoreOptions) -> Result<StoreSettings, ConfigError> {
    let older_than = check_value("older-than", options.older_than, "1 to 36500 days", parse_days)?;
    let max_bytes = check_value("max-size", options.max_size, "a number of bytes, like 20G", parse_bytes)?;
    if older_than.is_none() && max_bytes.is_none() {
        let why = "nothing else says what is old";
        return Err(ConfigError::Needs { option: "store prune", needed: "older-than", why });
    }
    Ok(StoreSettings {
        action,
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        older_than,
        max_bytes,
        json: options.json.unwrap_or_default(),
    })
}
