//! What is wrong with an option or with the file.

use std::{io, path::PathBuf};

use thiserror::Error;

use cellwarden_feed::target::FeedUrlError;

/// A setting that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// No folder for what is kept.
    #[error("no data folder: HOME is not set; name the file with --{option}")]
    NoDataFolder {
        /// The option that names it.
        option: &'static str,
    },
    /// No folder for the configuration file.
    #[error("no configuration folder: HOME is not set; name the file with --config")]
    NoConfigFolder,
    /// The file has no such profile.
    #[error("--profile {name}: not in the configuration file; there is: {there}")]
    Profile {
        /// What was asked for.
        name: String,
        /// What there is.
        there: String,
    },
    /// A profile is not made of profiles.
    #[error("profile {name:?} names or holds a profile itself; only the file may")]
    Nested {
        /// The profile.
        name: String,
    },
    /// No band, channel or frequency.
    #[error("nothing to scan: name bands (--band 3,8), channels (--earfcn 1550) or frequencies (--freq 1842.5M)")]
    NothingToScan,
    /// An overall gain beside gains of stages.
    #[error("--gain and --gain-stage exclude each other: name the gain of the whole radio, or those of its stages")]
    OneGain,
    /// An option that the command cannot do without.
    #[error("--{option} is missing: see `--help`")]
    Missing {
        /// Long name of the option.
        option: &'static str,
    },
    /// An option's value.
    #[error("--{option} {value:?}: expected {expected}")]
    Value {
        /// Long name of the option.
        option: &'static str,
        /// What was given.
        value: String,
        /// The allowed range.
        expected: &'static str,
    },
    /// An option's value that has the right form and cannot be meant.
    #[error("--{option} {value:?}: {why}")]
    Implausible {
        /// Long name of the option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is wrong with it, and what may be meant.
        why: String,
    },
    /// A receiver's address.
    #[error("--feed {value:?}: {error}")]
    Feed {
        /// What was given.
        value: String,
        /// What is wrong with it.
        error: FeedUrlError,
    },
    /// An option that another one needs.
    #[error("--{option} needs --{needed}: {why}")]
    Needs {
        /// The option given.
        option: &'static str,
        /// The one missing.
        needed: &'static str,
        /// Why.
        why: &'static str,
    },
    /// The file cannot be read.
    #[error("{}: cannot read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file is not as it should be.
    #[error("{}: line {line}: {what}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// What.
        what: String,
    },
}
