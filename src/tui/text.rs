//! Text of a known width. Everything that is shown passes through here, so that nothing from the air commands the
//! terminal.

use std::borrow::Cow;

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use cellwarden_report::escape::escape;

/// The text escaped and cut to `width` columns, the last of them `…` where something is missing.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    // Nobody reads more, and a megabyte of text would cost the drawing its time.
    let safe = bounded(text);
    if safe.width() <= width {
        return safe.into_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in safe.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns + 1 > width {
            break;
        }
        kept.push(c);
        used += columns;
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// The text cut and filled with spaces on the right.
#[must_use]
pub fn left(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
    text
}

/// The text cut and filled with spaces on the left.
#[must_use]
pub fn right(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let fill = width.saturating_sub(text.width());
    " ".repeat(fill) + &text
}

/// The text escaped, without towers of accents, and cut where it is beyond all reason.
#[must_use]
pub fn bounded(text: &str) -> Cow<'_, str> {
    const MOST: usize = 2_000;
    match text.char_indices().nth(MOST) {
        None => without_towers(escape(text)),
        Some((at, _)) => Cow::Owned(without_towers(escape(&text[..at])).into_owned() + "…"),
    }
}

/// Accents beyond two on one letter are written out: they would run over the lines above and below.
fn without_towers(text: Cow<'_, str>) -> Cow<'_, str> {
    const MOST: usize = 2;
    let has_no_width = |c: char| c.width() == Some(0);
    if !text.chars().any(has_no_width) {
        return text;
    }
    let mut safe = String::new();
    let mut height = 0;
    for c in text.chars() {
        height = if has_no_width(c) { height + 1 } else { 0 };
        if height > MOST {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A frequency in MHz.
#[must_use]
pub fn megahertz(hz: f64) -> String {
    format!("{:.3}", hz * 1e-6)
}

/// A span of time in one short word.
#[must_use]
pub fn age(now: Option<Timestamp>, then: Option<Timestamp>) -> String {
    let Some(seconds) = now.zip(then).map(|(now, then)| now.duration_since(then).as_secs().max(0)) else {
        return "-".to_owned();
    };
    match seconds {
        0..=99 => format!("{seconds}s"),
        100..=5_999 => format!("{}m", seconds / 60),
        6_000..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The time of day, UTC.
#[must_use]
pub fn clock(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "--:--:--".to_owned(), |time| time.strftime("%H:%M:%S").to_string())
}

/// A value, or a dash.
#[must_use]
pub fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_cut_by_columns() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("abcd", 0), "");
        // Each of these is two columns wide.
        assert_eq!(cut("우리집", 6), "우리집");
        assert_eq!(cut("우리집", 5), "우리…");
        assert_eq!(left("우리집", 4), "우… ");
        assert_eq!(right("7", 3), "  7");
    }

    #[test]
    fn accents_do_not_pile_up() {
        assert_eq!(bounded("e\u{301}\u{323}x"), "e\u{301}\u{323}x");
        assert_eq!(bounded("e\u{301}\u{301}\u{301}"), "e\u{301}\u{301}\\u{301}");
    }

    #[test]
    fn ages_are_short() {
        let at = |second| Timestamp::from_second(second).ok();
        for (seconds, word) in [(0, "0s"), (99, "99s"), (100, "1m"), (7_200, "2h"), (200_000, "2d")] {
            assert_eq!(age(at(seconds), at(0)), word);
        }
        assert_eq!(age(None, at(0)), "-");
        // A cell cannot be newer than now.
        assert_eq!(age(at(0), at(5)), "0s");
    }

    proptest! {
        #[test]
        fn whatever_comes_fits(text: String, width in 0usize..40) {
            prop_assert!(cut(&text, width).width() <= width);
            prop_assert_eq!(left(&text, width).width(), width);
            prop_assert!(!cut(&text, width).chars().any(char::is_control));
        }
    }
}
