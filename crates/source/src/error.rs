//! Why an input gives no samples.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Bad input: what, where, and what was expected instead. Loss of samples is no error, it is counted in
/// [`Block`](super::Block).
#[derive(Debug, Error)]
pub enum SourceError {
    /// The operating system refused.
    #[error("{}: cannot {action}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// A folder, pipe or device where only a file can be read.
    #[error("{}: is no file; only raw samples can come from a pipe", path.display())]
    NoFile {
        /// What is none.
        path: PathBuf,
    },
    /// A file that another one needs is not there.
    #[error("{}: not found, but {needed_by} needs it", path.display())]
    Missing {
        /// The absent file.
        path: PathBuf,
        /// The file that names it.
        needed_by: String,
    },
    /// The metadata is no JSON, or no SigMF.
    #[error("{}: {what} is {value}; expected {expected}", path.display())]
    Malformed {
        /// The metadata's file.
        path: PathBuf,
        /// The key.
        what: String,
        /// What stands there, shortened.
        value: String,
        /// The allowed range.
        expected: &'static str,
    },
    /// Legal, but not read by this program.
    #[error("{}: {what} {value} is not supported; supported: {supported}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The feature.
        what: &'static str,
        /// Its value.
        value: String,
        /// What can be read.
        supported: &'static str,
    },
    /// The bytes are not those that the metadata was written for.
    #[error("{}: hash mismatch: the data's SHA-512 begins with {found}, {what} says {expected}", path.display())]
    HashMismatch {
        /// The file that was hashed.
        path: PathBuf,
        /// Where the expected hash stands.
        what: &'static str,
        /// First digits of the stated hash.
        expected: String,
        /// First digits of the computed hash.
        found: String,
    },
    /// More than this program is willing to take.
    #[error("{}: {what} is {value}, the limit is {limit}", path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        value: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// Not one sample.
    #[error("{}: holds no sample", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The metadata speaks of more data than there is, or the data ends within a sample.
    #[error("{}: {bytes} bytes of data do not fit its metadata: {reason}", path.display())]
    WrongLength {
        /// The data's file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Why that is wrong.
        reason: String,
    },
    /// A raw file says nothing about itself, and nobody else does.
    #[error("{}: {what} is unknown; give {option}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
        /// The option that tells it.
        option: &'static str,
    },
    /// A folder, archive or collection without recordings.
    #[error("{}: holds no recording", path.display())]
    NoRecording {
        /// The folder, archive or collection.
        path: PathBuf,
    },
}

impl SourceError {
    /// The word that programs rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty",
            Self::HashMismatch { .. } => "hash-mismatch",
            Self::Unsupported { .. } => "bad-format",
            Self::Unknown { what, .. } if what.contains("format") => "bad-format",
            Self::Unknown { what, .. } if what.contains("rate") => "bad-rate",
            Self::Unknown { .. } => "bad-frequency",
            Self::Io { .. }
            | Self::NoFile { .. }
            | Self::Missing { .. }
            | Self::Malformed { .. }
            | Self::Limit { .. }
            | Self::WrongLength { .. }
            | Self::NoRecording { .. } => "unreadable",
        }
    }

    /// Turns the system's error into ours.
    pub(super) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, action, error }
    }
}

/// The beginning of a foreign text, without its control characters, for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(60) {
        if c.is_control() { short.extend(c.escape_unicode()) } else { short.push(c) }
    }
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_where_and_what_to_do() {
        let error = SourceError::Unknown { path: "a.bin".into(), what: "the sample rate", option: "--rate" };
        assert_eq!(error.to_string(), "a.bin: the sample rate is unknown; give --rate");
    }
}
