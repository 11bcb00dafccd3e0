//! Text made safe for HTML and XML.

use super::escape::escape;

/// The text with what would be markup as entities, and with every character written out that XML 1.0 §2.2 does not allow
/// or that hides, reorders or imitates text.
#[must_use]
pub fn escape_markup(text: &str) -> String {
    let visible = escape(text);
    let mut safe = String::with_capacity(visible.len());
    for c in visible.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup() {
        assert_eq!(
            escape_markup("<script>alert('\"&')</script>"),
            "&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;"
        );
        assert_eq!(escape_markup("a\u{0}\u{1b}[2J\u{ffff}\u{202e}"), "a\\u{0}\\u{1b}[2J\\u{ffff}\\u{202e}");
        assert_eq!(escape_markup("홈펨토 & Büro"), "홈펨토 &amp; Büro");
    }
}
