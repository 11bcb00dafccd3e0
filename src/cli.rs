//! The command line as it was typed, and the same options in a TOML file. The only place that knows `clap`.
//!
//! Every option is a field of a struct that is both read from the command line and from the file, so that no option can
//! be without its key. Nothing is checked here but the shape: see [`config`](crate::config).

mod records;

use std::{fmt, path::PathBuf, str::FromStr};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Deserializer, de};

pub use records::{
    AlertsAction, AlertsOptions, EciChoice, FormatChoice, InspectOptions, ModelChoice, RegistryAction, RegistryOptions,
    RulesAction, RulesOptions,
};

/// Finds rogue LTE base stations. It only receives.
#[derive(Debug, Parser)]
#[command(name = "cellwarden", version, arg_required_else_help = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// TOML file with the same options; those on the command line go first.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it a run")]
pub enum Command {
    /// Decode recordings and name every cell in them.
    #[command(after_help = REPLAY_EXAMPLE)]
    Replay {
        /// `.sigmf-meta` or `.sigmf-data`, `.sigmf` archive, `.sigmf-collection`, folder, raw file, or `-` for raw samples
        /// from standard input.
        #[arg(required = true, value_name = "INPUT")]
        inputs: Vec<PathBuf>,
        /// The options.
        #[command(flatten)]
        options: ReplayOptions,
        /// What cells are checked against.
        #[command(flatten)]
        check: CheckOptions,
    },
    /// Load, look up and check the registered cell list.
    #[command(after_help = "Example:\n  cellwarden registry import cells.csv")]
    Registry {
        /// What to do.
        #[command(subcommand)]
        action: RegistryAction,
        /// The options.
        #[command(flatten)]
        options: RegistryOptions,
    },
    /// Account for every registered cell of an area, by the drives in a store: heard as registered, heard with
    /// differences, expected and not heard after N passes, never covered.
    #[command(after_help = INSPECT_EXAMPLE)]
    Inspect {
        /// The options.
        #[command(flatten)]
        options: InspectOptions,
    },
    /// List, show and verify stored alerts.
    #[command(after_help = "Example:\n  cellwarden alerts list --store drive.sqlite")]
    Alerts {
        /// What to do.
        #[command(subcommand)]
        action: AlertsAction,
        /// The options.
        #[command(flatten)]
        options: AlertsOptions,
    },
    /// List, show and check the detection rules.
    #[command(after_help = "Example:\n  cellwarden rules list")]
    Rules {
        /// What to do.
        #[command(subcommand)]
        action: RulesAction,
        /// The options.
        #[command(flatten)]
        options: RulesOptions,
    },
}

const INSPECT_EXAMPLE: &str = "Example:
  cellwarden replay drive/ --registry cells.csv --store drive.sqlite
  cellwarden inspect --registry cells.csv --store drive.sqlite --along 500";

const REPLAY_EXAMPLE: &str = "Example:
  cellwarden replay drive.sigmf-meta --json
  cellwarden replay drive/ --registry cells.csv --gps gpx:drive.gpx
  cellwarden replay noise.bin --format cu8 --rate 1.92M --freq 1815.3M --carriers 1303,1815.1M";

/// Options of every command; in the file under `[global]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GlobalOptions {
    /// Log more; twice: everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on standard error but failures: no progress bar.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Write the log to this file.
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Colour the text output; `auto`: where it goes to a terminal and NO_COLOR is not set.
    #[arg(long, global = true, value_enum)]
    pub color: Option<ColorChoice>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorChoice {
    /// Where it goes to a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of `replay`; in the file under `[replay]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReplayOptions {
    /// Sample format of raw files: ci8, cu8, ci16_le or cf32_le.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Text>,
    /// Sample rate of raw files in samples per second, like 19.2M.
    #[arg(long, value_name = "HZ")]
    pub rate: Option<Text>,
    /// Centre frequency of raw files, or of SigMF recordings that do not tell it, like 1815.3M.
    #[arg(long, value_name = "HZ")]
    pub freq: Option<Text>,
    /// Search only these carriers: EARFCNs or frequencies, like 1550,1842.5M.
    #[arg(long, value_delimiter = ',', value_name = "CARRIER")]
    pub carriers: Vec<Text>,
    /// Check `core:sha512` of recordings beyond 1 GiB too.
    #[arg(long)]
    pub verify_hash: bool,
    /// Print a text table, also to a terminal.
    #[arg(long)]
    pub headless: bool,
    /// Print events, one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Threads to use; all processors unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Options of `replay` and `scan` alike; in the file under `[check]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckOptions {
    /// Registered cell list to check against: a CSV file, or a database that `registry import` made.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Rules file: switches and thresholds that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Where the receiver was: gpx:PATH for a track, or LAT,LON.
    #[arg(long, value_name = "SOURCE", allow_hyphen_values = true)]
    pub gps: Option<String>,
    /// Keep what is heard and found in this file; what it holds already is remembered and not told again.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Write the recordings that prove alerts into this folder.
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// Largest size of the evidence folder's recordings, like 500M; 4G unless given. Recordings of alerts that are not
    /// critical go first, the oldest before the others; the newest stays.
    #[arg(long, value_name = "BYTES")]
    pub evidence_limit: Option<Text>,
    /// Write the decoded messages as pcapng, for protocol analysers.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
}

/// What a TOML file may hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileOptions {
    /// Options of every command.
    pub global: GlobalOptions,
    /// Options of `replay`.
    pub replay: ReplayOptions,
    /// What `replay` and `scan` check against.
    pub check: CheckOptions,
    /// Options of `registry`.
    pub registry: RegistryOptions,
    /// Options of `inspect`.
    pub inspect: InspectOptions,
    /// Options of `alerts`.
    pub alerts: AlertsOptions,
    /// Options of `rules`.
    pub rules: RulesOptions,
}

impl GlobalOptions {
    /// These options, with `other`'s where nothing is said.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            verbose: self.verbose.max(other.verbose),
            quiet: self.quiet || other.quiet,
            log: self.log.or(other.log),
            color: self.color.or(other.color),
        }
    }
}

impl ReplayOptions {
    /// These options, with `other`'s where nothing is said.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            format: self.format.or(other.format),
            rate: self.rate.or(other.rate),
            freq: self.freq.or(other.freq),
            carriers: if self.carriers.is_empty() { other.carriers } else { self.carriers },
            verify_hash: self.verify_hash || other.verify_hash,
            headless: self.headless || other.headless,
            json: self.json || other.json,
            threads: self.threads.or(other.threads),
        }
    }
}

impl CheckOptions {
    /// These options, with `other`'s where nothing is said.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            registry: self.registry.or(other.registry),
            rules: self.rules.or(other.rules),
            gps: self.gps.or(other.gps),
            store: self.store.or(other.store),
            evidence: self.evidence.or(other.evidence),
            evidence_limit: self.evidence_limit.or(other.evidence_limit),
            pcap: self.pcap.or(other.pcap),
        }
    }
}

/// A value that is checked later: text, or a number in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl FromStr for Text {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Text, E> {
                Ok(Text(value.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_has_a_key() {
        let mut command = Cli::command();
        command.build();
        let keys = |table: &str, command: &clap::Command| {
            for option in command.get_arguments().filter_map(|a| a.get_long()) {
                if matches!(option, "help" | "version" | "config") {
                    continue;
                }
                let is_known = |table: &&str| {
                    [format!("{option} = 1"), format!("{option} = []")].iter().any(|line| {
                        let file = toml::from_str::<FileOptions>(&format!("[{table}]\n{line}"));
                        !file.is_err_and(|error| error.message().contains("unknown field"))
                    })
                };
                assert!(["global", table, "check"].iter().any(is_known), "[{table}] {option}");
            }
        };
        keys("global", &command);
        for subcommand in command.get_subcommands().filter(|c| c.get_name() != "help") {
            keys(subcommand.get_name(), subcommand);
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        for subcommand in Cli::command().get_subcommands() {
            let name = format!("cellwarden {}", subcommand.get_name());
            let help = |command: &clap::Command| command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help(subcommand).contains(&name), "{name}");
            for action in subcommand.get_subcommands() {
                let name = format!("{name} {}", action.get_name());
                assert!(help(action).contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn the_command_line_goes_before_the_file() {
        let file: FileOptions = toml::from_str(
            "[global]\ncolor = \"never\"\n[replay]\nfreq = 1815.3e6\nrate = \"19.2M\"\ncarriers = [1550, \"1842.5M\"]\n",
        )
        .expect("valid");
        let line = ["cellwarden", "replay", "x", "--rate", "1.92M", "--threads", "2"];
        let Command::Replay { options, .. } = Cli::try_parse_from(line).expect("valid").command else {
            panic!("replay")
        };
        let options = options.or(file.replay);
        assert_eq!(options.rate, Some(Text("1.92M".to_owned())));
        assert_eq!(options.freq, Some(Text("1815300000".to_owned())));
        assert_eq!(options.carriers, [Text("1550".to_owned()), Text("1842.5M".to_owned())]);
        assert_eq!(options.threads, Some(2));
    }

    #[test]
    fn a_wrong_key_is_refused() {
        assert!(toml::from_str::<FileOptions>("[replay]\nfrequency = 1").is_err());
        assert!(toml::from_str::<FileOptions>("[reply]\n").is_err());
    }
}
