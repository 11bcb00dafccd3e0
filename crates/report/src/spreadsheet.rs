//! Text from a list or from the air, made safe for a spreadsheet.

use std::borrow::Cow;

/// The text with an apostrophe before it where a spreadsheet would take it for a formula.
///
/// Only for texts that others chose, such as names: of numbers it would make texts.
#[must_use]
pub fn escape_formula(text: &str) -> Cow<'_, str> {
    if text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_names_stay() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"] {
            assert_eq!(escape_formula(formula), format!("'{formula}"));
        }
        for name in ["", "KT-HOME-1", "Büro = 2", "'quoted", "#N/A"] {
            assert!(matches!(escape_formula(name), Cow::Borrowed(text) if text == name));
        }
    }
}
