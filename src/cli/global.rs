//! Options of every command.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::layers::layers;

/// Options of every command; in the file under `[global]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GlobalOptions {
    /// Log more; twice: everything.
    #[arg(short, long, global = true, action = ArgAction::Count, overrides_with = "no_verbose")]
    pub verbose: u8,
    /// Write only failures to standard error: no progress bar.
    #[arg(short, long, global = true)]
    pub quiet: Option<bool>,
    /// Write the log to this file.
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Colour the text output; `auto`: where it goes to a terminal and NO_COLOR is not set.
    #[arg(long, global = true, value_enum)]
    pub color: Option<ColorChoice>,
    /// Background that the terminal interface's colours are chosen for; `auto`: dark where COLORFGBG names a dark one, else colours
    /// that can be read on both.
    #[arg(long, global = true, value_enum)]
    pub theme: Option<ThemeChoice>,
    /// Use the options under `[profile.NAME]` before the others of the file, one for each operator, say.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Undo --verbose.
    #[arg(long, global = true, hide = true, action = ArgAction::SetTrue, overrides_with = "verbose")]
    #[serde(skip)]
    pub no_verbose: Option<bool>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorChoice {
    /// Where it goes to a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the terminal's background is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// What the terminal reports about itself.
    #[default]
    Auto,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

layers!(GlobalOptions { verbose, quiet, log, color, theme, profile, no_verbose }, |line, below| {
    if line.no_verbose == Some(true) {
        below.verbose = 0;
    }
});

impl GlobalOptions {
    pub(crate) fn standard() -> Self {
        Self { color: Some(ColorChoice::default()), theme: Some(ThemeChoice::default()), ..Self::default() }
    }
}
