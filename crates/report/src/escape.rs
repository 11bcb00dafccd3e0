//! Text from the air, made safe for a terminal.

use std::borrow::Cow;

/// The text with every character replaced by `\u{…}` that could move the cursor, hide, reorder or imitate other text:
/// control characters, line separators, direction marks, invisible and private-use characters.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{FFFE}'..='\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stay_as_they_are() {
        for name in ["", "Home 3", "우리집 펨토셀", "Büro/2. Stock", "\\u{1b}"] {
            assert!(matches!(escape(name), Cow::Borrowed(text) if text == name));
        }
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(escape("\u{1b}[2Jok"), "\\u{1b}[2Jok");
        assert_eq!(escape("a\u{9b}31m"), "a\\u{9b}31m");
        assert_eq!(escape("a\r\nb\u{7f}"), "a\\u{d}\\u{a}b\\u{7f}");
        assert_eq!(escape("abc\u{202e}fed"), "abc\\u{202e}fed");
        assert_eq!(escape("a\u{2028}b\u{200b}c"), "a\\u{2028}b\\u{200b}c");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text: String) {
            prop_assert!(!escape(&text).chars().any(is_unsafe));
        }
    }
}
