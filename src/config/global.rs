//! Settings of every command: log and colours.

use std::{
    env,
    io::{self, IsTerminal},
    path::PathBuf,
};

use crate::cli::{ColorChoice, GlobalOptions, ThemeChoice};

/// Settings of every command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalSettings {
    /// How much is logged: 0 for what matters, 1 for more, 2 for everything.
    pub verbose: u8,
    /// No progress bar.
    pub quiet: bool,
    /// The log's file.
    pub log: Option<PathBuf>,
    /// Whether text on standard output is coloured.
    pub color: bool,
    /// Whether the terminal's background is known to be dark.
    pub is_dark: bool,
}

pub fn check_global(options: GlobalOptions) -> GlobalSettings {
    let color = match options.color.unwrap_or_default() {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let is_dark = match options.theme.unwrap_or_default() {
        ThemeChoice::Dark => true,
        ThemeChoice::Light => false,
        ThemeChoice::Auto => env::var("COLORFGBG").is_ok_and(|colors| is_dark(&colors)),
    };
    GlobalSettings {
        verbose: options.verbose,
        quiet: options.quiet.unwrap_or_default(),
        log: options.log,
        color,
        is_dark,
    }
}

/// Whether a terminal's COLORFGBG names a dark background: the last number, of the sixteen colours. It may have a third
/// part in the middle.
fn is_dark(colors: &str) -> bool {
    matches!(colors.rsplit(';').next().and_then(|number| number.parse().ok()), Some(0..=6 | 8u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dark_background_is_known_by_its_number() {
        for (colors, dark) in
            [("15;0", true), ("0;15", false), ("12;default;8", true), ("0;7", false), ("0;default", false), ("", false)]
        {
            assert_eq!(is_dark(colors), dark, "{colors}");
        }
    }
}
