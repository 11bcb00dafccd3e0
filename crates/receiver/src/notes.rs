//! Why nothing was found in a dwell: what was measured instead, and what to do about it.
//!
//! "Not searched" and "nothing there" are never mixed: a [`Note`] is about a dwell that was searched, an
//! [`Unsearchable`] is one that no search can say anything about.

use std::fmt;

use num_complex::Complex32;
use thiserror::Error;

/// Shortest signal in which a cell can be confirmed whatever its timing: a synchronisation signal comes every 5 ms, and
/// the search takes whole milliseconds. TS 36.211 §6.11.
pub const MIN_SECONDS: f64 = 0.007;

/// What a note says, in a word that programs rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteCode {
    /// Nothing stands out of the receiver's noise.
    Noise,
    /// There is a signal, and it is no LTE downlink.
    NotLte,
    /// The receiver was overdriven.
    Clipped,
    /// The spectrum turned over holds a cell.
    PerhapsInverted,
    /// The bytes look like another sample format.
    PerhapsOtherFormat,
    /// A part was not searched.
    SearchedInPart,
    /// The radio's clock and the host's differ.
    ClocksDiffer,
    /// There is a signal that may be LTE, and no cell was found in it.
    NoCell,
}

impl NoteCode {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::NotLte => "not-lte",
            Self::Clipped => "clipped",
            Self::PerhapsInverted => "perhaps-inverted",
            Self::PerhapsOtherFormat => "perhaps-other-format",
            Self::SearchedInPart => "searched-in-part",
            Self::ClocksDiffer => "clocks-differ",
            Self::NoCell => "no-cell",
        }
    }
}

impl fmt::Display for NoteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why nothing was found, or not everything was searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// What kind of reason it is.
    pub code: NoteCode,
    /// What was seen, in values, and what to do.
    pub message: String,
    /// The share that was searched, 0 to 1, of a note of [`NoteCode::SearchedInPart`] where it is known.
    pub share: Option<f64>,
}

impl Note {
    /// A note of what was measured.
    #[must_use]
    pub fn new(code: NoteCode, message: String) -> Self {
        Self { code, message, share: None }
    }

    /// A part was not searched, for this reason.
    #[must_use]
    pub fn in_part(share: Option<f64>, reason: &str) -> Self {
        let part = share.map_or_else(|| "in part".to_owned(), |share| format!("{:.1} % of it", 100.0 * share));
        Self { code: NoteCode::SearchedInPart, message: format!("searched {part}: {reason}"), share }
    }
}

/// Why no search of a dwell can say whether there is a cell.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum Unsearchable {
    /// Not even one synchronisation signal is certain to be in it.
    #[error(
        "{:.3} ms are too short to search: cells send what tells them every 5 ms, and {} ms hold it for certain; record \
         80 ms or more",
        .seconds * 1e3,
        MIN_SECONDS * 1e3
    )]
    TooShort {
        /// Its length.
        seconds: f64,
    },
    /// Nothing was received.
    #[error(
        "all {samples} samples are {}: no signal was recorded; check the receiver and the sample format",
        sample_text(.value)
    )]
    AllZero {
        /// How many.
        samples: u64,
        /// What they are.
        value: Complex32,
    },
    /// Floats that are none.
    #[error("none of {samples} samples is a number below 2^30: the file holds another sample format; give --format")]
    BadFormat {
        /// How many.
        samples: u64,
    },
}

impl Unsearchable {
    /// The word that programs rely on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too-short",
            Self::AllZero { .. } => "all-zero",
            Self::BadFormat { .. } => "bad-format",
        }
    }
}

fn sample_text(value: &Complex32) -> String {
    if *value == Complex32::ZERO { "0".to_owned() } else { format!("the same ({} {:+}i)", value.re, value.im) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_was_seen_in_values() {
        let short = Unsearchable::TooShort { seconds: 0.006 }.to_string();
        assert!(short.starts_with("6.000 ms are too short") && short.contains("7 ms hold it"), "{short}");
        let zero = Unsearchable::AllZero { samples: 5, value: Complex32::ZERO }.to_string();
        assert!(zero.starts_with("all 5 samples are 0:"), "{zero}");
        let same = Unsearchable::AllZero { samples: 5, value: Complex32::new(-1.0, 0.5) }.to_string();
        assert!(same.starts_with("all 5 samples are the same (-1 +0.5i):"), "{same}");
        let part = Note::in_part(Some(0.25), "interrupted");
        assert_eq!(part.message, "searched 25.0 % of it: interrupted");
        assert_eq!(Note::in_part(None, "interrupted").message, "searched in part: interrupted");
    }
}
