//! Checked settings of `visits`.

use std::path::PathBuf;

use super::{
    ConfigError,
    records::{AREA_EXPECTED, in_data_folder, parse_area},
};
use crate::cli::{DoorFormat, VisitsAction, VisitsOptions};
use cellwarden_core::registry::inspect::Area;
use cellwarden_text::Language;

/// Settings of `visits`.
#[derive(Debug)]
pub struct VisitsSettings {
    /// What to do.
    pub action: VisitsAction,
    /// The registered cell list.
    pub registry: PathBuf,
    /// The store of drives and visits.
    pub store: PathBuf,
    /// The cells to list.
    pub area: Area,
    /// The addresses of the cells.
    pub addresses: Option<PathBuf>,
    /// Form of the list.
    pub format: DoorFormat,
    /// Its language.
    pub language: Language,
}

pub(super) fn check_visits(action: VisitsAction, options: VisitsOptions) -> Result<VisitsSettings, ConfigError> {
    let area = options.area.unwrap_or_else(|| "all".to_owned());
    let Some(parsed) = parse_area(&area) else {
        return Err(ConfigError::Value { option: "area", value: area, expected: AREA_EXPECTED });
    };
    Ok(VisitsSettings {
        action,
        registry: options.registry.map_or_else(|| in_data_folder("registry.sqlite", "registry"), Ok)?,
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        area: parsed,
        addresses: options.addresses,
        format: options.format.unwrap_or_default(),
        language: options.lang.unwrap_or_default().into(),
    })
}
