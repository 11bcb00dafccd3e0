//! The words that lists use for kinds and statuses: the list's own, and those of Korean operators that mean nothing else.

use std::{cell::RefCell, collections::BTreeMap, fmt::Display};

use super::{CellKind, CellStatus, field::shown};

const KINDS: [(CellKind, &[&str]); 3] = [
    (CellKind::Macro, &["매크로", "매크로셀"]),
    (CellKind::Small, &["소형", "소형셀", "스몰", "스몰셀"]),
    (CellKind::Femto, &["펨토", "펨토셀", "초소형", "초소형셀"]),
];

const STATUSES: [(CellStatus, &[&str]); 6] = [
    (CellStatus::Active, &["사용", "사용중", "운용", "운용중", "정상"]),
    (CellStatus::Dormant, &["휴면"]),
    (CellStatus::Lost, &["분실"]),
    (CellStatus::Recalled, &["회수"]),
    (CellStatus::Planned, &["예정", "계획"]),
    (CellStatus::Retired, &["폐지", "철거"]),
];

/// Words of a list that are not the list's own, and what each was read as, by column.
#[derive(Debug, Default)]
pub(super) struct WordsRead(RefCell<BTreeMap<(&'static str, &'static str), &'static str>>);

impl WordsRead {
    /// The kind that a word names.
    pub(super) fn kind(&self, text: &str) -> Result<CellKind, String> {
        self.read("kind", text, text.parse().ok(), &KINDS, CellKind::word)
    }

    /// The status that a word names.
    pub(super) fn status(&self, text: &str) -> Result<CellStatus, String> {
        self.read("status", text, text.parse().ok(), &STATUSES, CellStatus::word)
    }

    fn read<T: Copy + Display>(
        &self,
        column: &'static str,
        text: &str,
        own: Option<T>,
        others: &[(T, &'static [&'static str])],
        own_word: impl Fn(T) -> &'static str,
    ) -> Result<T, String> {
        if let Some(own) = own {
            return Ok(own);
        }
        if let Some((meaning, word)) = meant(text, others) {
            self.0.borrow_mut().insert((column, word), own_word(meaning));
            return Ok(meaning);
        }
        let known: Vec<String> = others.iter().map(|(own, others)| format!("{own} ({})", others.join(", "))).collect();
        Err(format!("{} is no {column}: {}", shown(text), known.join(", ")))
    }

    /// A sentence for each column with such words.
    pub(super) fn remarks(&self) -> Vec<String> {
        let read = self.0.borrow();
        let of_column = |column: &&str| {
            let words = read.iter().filter(|((of, _), _)| of == column);
            let words: Vec<String> = words.map(|((_, word), own)| format!("{word} read as {own}")).collect();
            (!words.is_empty()).then(|| format!("{column}: {}", words.join(", ")))
        };
        ["kind", "status"].iter().filter_map(of_column).collect()
    }
}

/// Whether a text is a word for a status.
pub(super) fn is_status(text: &str) -> bool {
    text.parse::<CellStatus>().is_ok() || meant(text, &STATUSES).is_some()
}

/// What a word means that is not the list's own, and the word as it is known, without spaces.
fn meant<T: Copy>(text: &str, others: &[(T, &'static [&'static str])]) -> Option<(T, &'static str)> {
    let is_word = |word: &str| word.chars().eq(text.chars().filter(|c| !c.is_whitespace()));
    others.iter().find_map(|(own, words)| Some((*own, *words.iter().find(|word| is_word(word))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_words_are_read_and_named_and_others_are_refused_with_those_known() {
        let words = WordsRead::default();
        assert_eq!((words.kind("macro"), words.status("Active")), (Ok(CellKind::Macro), Ok(CellStatus::Active)));
        assert_eq!(words.remarks(), [""; 0], "the list's own");
        for (text, kind) in [("매크로", CellKind::Macro), ("스몰 셀", CellKind::Small), ("초소형", CellKind::Femto)]
        {
            assert_eq!(words.kind(text), Ok(kind), "{text}");
        }
        for (text, status) in
            [("사용 중", CellStatus::Active), ("휴면", CellStatus::Dormant), ("분실", CellStatus::Lost)]
        {
            assert_eq!(words.status(text), Ok(status), "{text}");
        }
        for (text, status) in
            [("회수", CellStatus::Recalled), ("계획", CellStatus::Planned), ("철거", CellStatus::Retired)]
        {
            assert_eq!(words.status(text), Ok(status), "{text}");
        }
        let remarks = words.remarks();
        assert!(remarks[0].starts_with("kind: ") && remarks[0].contains("매크로 read as macro"), "{remarks:?}");
        assert!(
            remarks[1].contains("사용중 read as active") && remarks[1].contains("철거 read as retired"),
            "{remarks:?}"
        );
        // "Not in use" is none of the statuses.
        let refused = words.status("미사용").expect_err("unknown");
        assert!(refused.contains("미사용") && refused.contains("dormant (휴면)"), "{refused}");
        assert!(words.kind("피코").expect_err("unknown").contains("femto (펨토, "));
        assert!(is_status("운용") && is_status("lost") && !is_status("서울") && !is_status(""));
    }
}
