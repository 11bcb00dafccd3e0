//! Colours: the terminal's own sixteen on its own background, so that light and dark ones both read well. Without colour
//! everything is still told by marks, words and brightness.

use ratatui::style::{Color, Modifier, Style};

use crate::{
    detect::{Severity, Verdict},
    tui::state::LogLevel,
};

/// The styles of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    color: bool,
}

/// Characters of rising strength, for the waterfall.
pub const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];

impl Theme {
    /// The theme with colours or without.
    #[must_use]
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    fn fg(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    /// Names of columns and panes.
    #[must_use]
    pub fn heading(self) -> Style {
        self.fg(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// What matters less.
    #[must_use]
    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The selected row.
    #[must_use]
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key in the keys line.
    #[must_use]
    pub fn key(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Lines and curves.
    #[must_use]
    pub fn line(self) -> Color {
        if self.color { Color::Cyan } else { Color::Reset }
    }

    /// A verdict. Yellow is not used: on a light terminal it cannot be read.
    #[must_use]
    pub fn verdict(self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Registered => self.fg(Color::Green),
            Verdict::Unregistered => self.fg(Color::Red).add_modifier(Modifier::BOLD),
            Verdict::Inactive => self.fg(Color::Red),
            Verdict::Mismatch => self.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            Verdict::Unidentified => self.fg(Color::Blue),
            Verdict::Unchecked => Style::new(),
        }
    }

    /// A finding's weight.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.fg(Color::Red).add_modifier(Modifier::BOLD),
            Severity::High => self.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            Severity::Medium => self.fg(Color::Blue),
            Severity::Info => Style::new(),
        }
    }

    /// A log line's weight.
    #[must_use]
    pub fn log(self, level: LogLevel) -> Style {
        match level {
            LogLevel::Info => Style::new(),
            LogLevel::Warning => self.fg(Color::Magenta),
            LogLevel::Error => self.fg(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// A level between 0 (weakest) and 1: the character and its style.
    #[must_use]
    pub fn shade(self, level: f32) -> (&'static str, Style) {
        let colors = [Color::Blue, Color::Cyan, Color::Green, Color::Magenta, Color::Red];
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        let at = |n: usize| ((level * n as f32) as usize).min(n - 1);
        (SHADES[at(SHADES.len())], self.fg(colors[at(colors.len())]))
    }
}

/// The mark of a verdict: one column wide in every terminal and different from all others.
#[must_use]
pub fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Registered => "+",
        Verdict::Unregistered => "X",
        Verdict::Inactive => "!",
        Verdict::Mismatch => "#",
        Verdict::Unidentified => "?",
        Verdict::Unchecked => "-",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_verdict_has_its_own_mark() {
        let marks: BTreeSet<_> = Verdict::ALL.into_iter().map(mark).collect();
        assert_eq!(marks.len(), Verdict::ALL.len());
        assert!(marks.iter().all(|mark| mark.len() == 1));
    }

    #[test]
    fn without_colour_no_style_has_one() {
        let theme = Theme::new(false);
        for verdict in Verdict::ALL {
            assert_eq!((theme.verdict(verdict).fg, theme.verdict(verdict).bg), (None, None));
        }
        assert_eq!((theme.shade(1.0).1.fg, theme.line()), (None, Color::Reset));
    }

    #[test]
    fn shades_take_any_number() {
        for level in [f32::NAN, f32::INFINITY, -1.0, 0.0, 1.0, 7.0] {
            assert!(SHADES.contains(&Theme::new(true).shade(level).0));
        }
        assert_eq!(Theme::new(true).shade(1.0).0, "█");
    }
}
