//! Checked settings of `report` and `drives`.

use std::path::PathBuf;

use super::{ConfigError, records::in_data_folder};
use crate::cli::{DrivesAction, DrivesOptions, LanguageChoice, ReportFormat, ReportOptions};
use cellwarden_report::{
    format::{Format, Writer},
    html::Language,
};

/// Settings of `report`.
#[derive(Debug)]
pub struct ReportSettings {
    /// The store.
    pub store: PathBuf,
    /// The drive; all of them where `None`.
    pub drive: Option<i64>,
    /// The registered cell list.
    pub registry: Option<PathBuf>,
    /// The form.
    pub format: &'static Format,
    /// The language.
    pub language: Language,
    /// The file; standard output where `None`.
    pub out: Option<PathBuf>,
}

/// Settings of `drives`.
#[derive(Debug)]
pub struct DrivesSettings {
    /// What to do.
    pub action: DrivesAction,
    /// The store.
    pub store: PathBuf,
    /// The folder of evidence.
    pub evidence: Option<PathBuf>,
    /// JSON instead of text.
    pub json: bool,
}

pub(super) fn check_report(options: ReportOptions) -> Result<ReportSettings, ConfigError> {
    let ReportFormat(format) = options.format.unwrap_or_default();
    if matches!(format.writer, Writer::File(_)) && options.out.is_none() {
        let expected = "a file: this format is a database and cannot go to standard output";
        return Err(ConfigError::Value { option: "out", value: String::new(), expected });
    }
    Ok(ReportSettings {
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        drive: options.drive,
        registry: options.registry,
        format,
        language: options.lang.unwrap_or_default().into(),
        out: options.out,
    })
}

pub(super) fn check_drives(action: DrivesAction, options: DrivesOptions) -> Result<DrivesSettings, ConfigError> {
    Ok(DrivesSettings {
        action,
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        evidence: options.evidence,
        json: options.json.unwrap_or_default(),
    })
}
impl From<LanguageChoice> for Language {
    fn from(choice: LanguageChoice) -> Self {
        match choice {
            LanguageChoice::En => Self::English,
            LanguageChoice::Ko => Self::Korean,
        }
    }
}
