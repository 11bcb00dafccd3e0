//! What texts of events look like, for their check and their schema.

use std::sync::LazyLock;

use garde::rules::pattern::regex::Regex;

/// A global cell identifier: PLMN and E-UTRAN cell identity. TS 36.413 §9.2.1.38.
pub static ECGI: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[0-9]{3}-[0-9]{2,3}-[0-9a-f]{7}$"));

/// A text that a database keeps.
pub static TEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\x00]*$"));

/// A key: no control character.
pub static KEY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\x00-\x1f\x7f-\x9f]*$"));

/// Characters of a text at most.
pub const MAX_TEXT: usize = 4096;

/// Characters of a key at most.
pub const MAX_KEY: usize = 64;

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}
