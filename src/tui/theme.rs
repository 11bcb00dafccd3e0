//! Colours: the terminal's own sixteen on its own background. Where that is known to be dark, the bright ones; else those
//! that can be read on light and dark alike, which are few. Without colour everything is still told by marks, words and
//! brightness.

use ratatui::style::{Color, Modifier, Style};

use crate::tui::state::LogLevel;
use cellwarden_core::detect::{Severity, Verdict};

/// The styles of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme(Option<&'static Palette>);

#[derive(Debug, PartialEq, Eq)]
struct Palette {
    /// Names of columns and panes, lines and curves.
    heading: Color,
    /// As it should be.
    good: Color,
    /// Somebody has to go there.
    alarm: Color,
    /// Not as it should be.
    odd: Color,
    /// Not known.
    unsure: Color,
    /// Levels, weakest first.
    levels: [Color; 5],
}

static ON_DARK: Palette = Palette {
    heading: Color::Cyan,
    good: Color::Green,
    alarm: Color::LightRed,
    odd: Color::LightMagenta,
    unsure: Color::LightYellow,
    levels: [Color::LightBlue, Color::Cyan, Color::Green, Color::LightYellow, Color::LightRed],
};

/// Green, cyan and yellow cannot be read on white, dark blue not on black.
static ON_ANY: Palette = Palette {
    heading: Color::LightBlue,
    good: Color::Reset,
    alarm: Color::Red,
    odd: Color::Magenta,
    unsure: Color::LightBlue,
    levels: [Color::LightBlue, Color::LightBlue, Color::Magenta, Color::Magenta, Color::Red],
};

/// Characters of rising strength, for the waterfall.
pub const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];

impl Theme {
    /// The theme with colours or without, on a background that is known to be dark or may be any.
    #[must_use]
    pub fn new(color: bool, is_dark: bool) -> Self {
        Self(color.then_some(if is_dark { &ON_DARK } else { &ON_ANY }))
    }

    fn fg(self, color: impl Fn(&Palette) -> Color) -> Style {
        self.0.map_or_else(Style::new, |palette| Style::new().fg(color(palette)))
    }

    /// Names of columns and panes.
    #[must_use]
    pub fn heading(self) -> Style {
        self.fg(|palette| palette.heading).add_modifier(Modifier::BOLD)
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
        self.0.map_or(Color::Reset, |palette| palette.heading)
    }

    /// A verdict.
    #[must_use]
    pub fn verdict(self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Registered => self.fg(|palette| palette.good),
            Verdict::Unregistered => self.fg(|palette| palette.alarm).add_modifier(Modifier::BOLD),
            Verdict::Inactive => self.fg(|palette| palette.alarm),
            Verdict::Mismatch => self.fg(|palette| palette.odd).add_modifier(Modifier::BOLD),
            Verdict::Unidentified => self.fg(|palette| palette.unsure),
            Verdict::Unchecked => Style::new(),
        }
    }

    /// A finding's weight.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.fg(|palette| palette.alarm).add_modifier(Modifier::BOLD),
            Severity::High => self.fg(|palette| palette.odd).add_modifier(Modifier::BOLD),
            Severity::Medium => self.fg(|palette| palette.unsure),
            Severity::Info => Style::new(),
        }
    }

    /// A log line's weight.
    #[must_use]
    pub fn log(self, level: LogLevel) -> Style {
        match level {
            LogLevel::Info => Style::new(),
            LogLevel::Warning => self.fg(|palette| palette.odd),
            LogLevel::Error => self.fg(|palette| palette.alarm).add_modifier(Modifier::BOLD),
        }
    }

    /// A level between 0 (weakest) and 1: the character and its style.
    #[must_use]
    pub fn shade(self, level: f32) -> (&'static str, Style) {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        let at = |n: usize| ((level * n as f32) as usize).min(n - 1);
        (SHADES[at(SHADES.len())], self.fg(|palette| palette.levels[at(palette.levels.len())]))
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
        let marks: BTreeSet<_> = Verdict::ALL.iter().copied().map(mark).collect();
        assert_eq!(marks.len(), Verdict::ALL.len());
        assert!(marks.iter().all(|mark| mark.len() == 1));
    }

    #[test]
    fn without_colour_no_style_has_one() {
        for theme in [Theme::new(false, false), Theme::new(false, true)] {
            for &verdict in Verdict::ALL {
                assert_eq!((theme.verdict(verdict).fg, theme.verdict(verdict).bg), (None, None));
            }
            assert_eq!((theme.shade(1.0).1.fg, theme.line()), (None, Color::Reset));
        }
    }

    #[test]
    fn shades_take_any_number() {
        let theme = Theme::new(true, false);
        for level in [f32::NAN, f32::INFINITY, -1.0, 0.0, 1.0, 7.0] {
            assert!(SHADES.contains(&theme.shade(level).0));
        }
        assert_eq!(theme.shade(1.0).0, "█");
    }

    /// The sixteen colours as xterm, the Linux console and the Windows terminal show them unless told otherwise.
    const TERMINALS: [[u32; 16]; 3] = [
        [
            0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5, 0x7f_7f7f,
            0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
        ],
        [
            0x00_0000, 0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_00aa, 0xaa_00aa, 0x00_aaaa, 0xaa_aaaa, 0x55_5555,
            0xff_5555, 0x55_ff55, 0xff_ff55, 0x55_55ff, 0xff_55ff, 0x55_ffff, 0xff_ffff,
        ],
        [
            0x0c_0c0c, 0xc5_0f1f, 0x13_a10e, 0xc1_9c00, 0x00_37da, 0x88_1798, 0x3a_96dd, 0xcc_cccc, 0x76_7676,
            0xe7_4856, 0x16_c60c, 0xf9_f1a5, 0x3b_78ff, 0xb4_009e, 0x61_d6d6, 0xf2_f2f2,
        ],
    ];

    /// Number of a colour in the terminal's list; `None` for the terminal's own.
    fn number(color: Color) -> Option<usize> {
        let all = [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        (color != Color::Reset).then(|| all.iter().position(|known| *known == color).expect("one of the sixteen"))
    }

    /// Relative luminance. WCAG 2.2, §Definitions.
    fn luminance(rgb: u32) -> f64 {
        let part = |shift: u32| {
            let part = f64::from(rgb >> shift & 0xff) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    }

    /// The least contrast of a palette's colours to a background.
    fn least_contrast(palette: &Palette, background: u32) -> f64 {
        let Palette { heading, good, alarm, odd, unsure, levels } = *palette;
        let colors = [heading, good, alarm, odd, unsure].into_iter().chain(levels).filter_map(number);
        let background = luminance(background);
        let contrast = |rgb: u32| {
            let text = luminance(rgb);
            (text.max(background) + 0.05) / (text.min(background) + 0.05)
        };
        let numbers: Vec<usize> = colors.collect();
        TERMINALS.iter().flat_map(|rgb| numbers.iter().map(|&n| contrast(rgb[n]))).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn colours_can_be_read_on_the_backgrounds_that_they_are_for() {
        // WCAG 2.2 asks for 3 of large text and of graphics.
        let (dark, any) = (least_contrast(&ON_DARK, 0x00_0000), least_contrast(&ON_ANY, 0xff_ffff));
        assert!(dark >= 3.0 && any >= 3.0, "{dark} {any}");
        assert!(least_contrast(&ON_ANY, 0x00_0000) >= 2.5, "not known to be dark, but it may be");
    }
}
