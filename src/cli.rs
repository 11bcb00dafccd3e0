//! The command line as it was typed, and the same options in a TOML file. The only place that knows `clap`.
//!
//! Every option is a field of a struct that is both read from the command line and from the file, so that no option can
//! be without its key. Nothing is checked here but the shape: see [`config`](crate::config).

mod drives;
mod feed;
mod file;
mod generate;
mod radio;
mod records;
mod serve;

use std::{fmt, path::PathBuf, str::FromStr};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use drives::{DrivesAction, DrivesOptions, LanguageChoice, ReportFormat, ReportOptions};
pub use feed::{FeedOptions, OUTBOX_AGE_DAYS, OUTBOX_LIMIT};
pub use file::{FileOptions, commented};
pub use generate::{Shell, completions, man_page, man_pages};
pub use radio::{DevicesOptions, ModeOfScan, RadioOptions, RecordOptions, ScanOptions};
pub use records::{
    ALONG_M, AlertsAction, AlertsOptions, EciChoice, FormatChoice, InspectOptions, ModelChoice, RegistryAction,
    RegistryOptions, RulesAction, RulesOptions,
};
pub use serve::{EVENTS_PER_SECOND, LISTEN, ServeAction, ServeOptions, TokenAction};

/// Finds rogue LTE base stations. It only receives.
#[derive(Debug, Parser)]
#[command(name = "cellwarden", version, arg_required_else_help = true)]
#[command(after_help = "Example:\n  cellwarden replay captures/ --registry captures/registry.csv")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// TOML file with the same options; those on the command line go first. The user's own, as `config init` writes it,
    /// unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
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
        /// Who is told.
        #[command(flatten)]
        feed: FeedOptions,
    },
    /// Receive live and name every cell on the air.
    #[command(after_help = SCAN_EXAMPLE)]
    Scan {
        /// The options.
        #[command(flatten)]
        options: ScanOptions,
        /// The radio.
        #[command(flatten)]
        radio: RadioOptions,
        /// What cells are checked against.
        #[command(flatten)]
        check: CheckOptions,
        /// Who is told.
        #[command(flatten)]
        feed: FeedOptions,
    },
    /// Write what a radio receives as a SigMF recording, with time, gain and position.
    #[command(after_help = "Example:\n  cellwarden record drive/ --freq 1842.5M --rate 19.2M --duration 10s")]
    Record {
        /// The recording's folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The options.
        #[command(flatten)]
        options: RecordOptions,
        /// The radio.
        #[command(flatten)]
        radio: RadioOptions,
    },
    /// List radios with their rates, gains and antennas.
    #[command(after_help = "Example:\n  cellwarden devices\n  cellwarden devices --device driver=lime --json")]
    Devices {
        /// The options.
        #[command(flatten)]
        options: DevicesOptions,
        /// The radio.
        #[command(flatten)]
        radio: RadioOptions,
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
    /// List, show, verify and send stored alerts.
    #[command(after_help = "Example:\n  cellwarden alerts list --store drive.sqlite")]
    Alerts {
        /// What to do.
        #[command(subcommand)]
        action: AlertsAction,
        /// The options.
        #[command(flatten)]
        options: AlertsOptions,
    },
    /// Write what drives found as one HTML file, or for maps, spreadsheets and protocol analysers.
    #[command(after_help = REPORT_EXAMPLE)]
    Report {
        /// The options.
        #[command(flatten)]
        options: ReportOptions,
    },
    /// List, show, join, carry and compare stored drives.
    #[command(after_help = "Example:\n  cellwarden drives list --store drive.sqlite")]
    Drives {
        /// What to do.
        #[command(subcommand)]
        action: DrivesAction,
        /// The options.
        #[command(flatten)]
        options: DrivesOptions,
    },
    /// Run the registry service: it takes alerts from many scanners, and shows the fleet.
    #[command(after_help = SERVE_EXAMPLE)]
    Serve {
        /// What to do.
        #[command(subcommand)]
        action: Option<ServeAction>,
        /// The options.
        #[command(flatten)]
        options: ServeOptions,
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
    /// Write the configuration file.
    #[command(after_help = "Example:\n  cellwarden config init --config cellwarden.toml")]
    Config {
        /// What to do.
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Print what makes a shell complete commands and options.
    #[command(
        after_help = "Example:\n  cellwarden completions bash > ~/.local/share/bash-completion/completions/cellwarden"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, or write that of every command into a folder.
    #[command(after_help = "Example:\n  cellwarden man | man -l -")]
    Man {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// What to do with the configuration file.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Write a file with every option, its meaning and its default.
    #[command(after_help = "Example:\n  cellwarden config init\n  cellwarden config init - | less")]
    Init {
        /// Where to; `-` is standard output. The file of --config unless given, else the user's own.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Write over a file that is there.
        #[arg(long)]
        force: bool,
    },
}

const INSPECT_EXAMPLE: &str = "Example:
  cellwarden replay drive/ --registry cells.csv --store drive.sqlite
  cellwarden inspect --registry cells.csv --store drive.sqlite --along 500";

const SCAN_EXAMPLE: &str = "Example:
  cellwarden scan --band 3,8 --registry cells.csv
  cellwarden scan --earfcn 1550,3743 --device driver=hackrf --gain 40 --duration 10m --json";

const SERVE_EXAMPLE: &str = "Example:
  cellwarden serve token add van-3 --scope events,registry
  cellwarden serve --listen [::]:8443 --tls-certificate /etc/cellwarden/service.pem --tls-key /etc/cellwarden/service.key";

const REPORT_EXAMPLE: &str = "Example:
  cellwarden report --store drive.sqlite --registry cells.csv --out drive.html
  cellwarden report --store drive.sqlite --drive 1 --format gpkg --out drive.gpkg";

const REPLAY_EXAMPLE: &str = "Example:
  cellwarden replay drive.sigmf-meta --json
  cellwarden replay drive/ --registry cells.csv --gps gpx:drive.gpx
  cellwarden replay noise.bin --format cu8 --rate 1.92M --freq 1815.3M --carriers 1303,1815.1M";

/// Options of every command; in the file under `[global]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
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
    /// Background that the terminal interface's colours are chosen for; `auto`: dark where COLORFGBG says so, else colours
    /// that can be read on both.
    #[arg(long, global = true, value_enum)]
    pub theme: Option<ThemeChoice>,
    /// Use the options under `[profile.NAME]` before the others of the file, one for each operator, say.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorChoice {
    /// Where it goes to a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the terminal's background is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// What the terminal says of itself.
    #[default]
    Auto,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Options of `replay`; in the file under `[replay]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
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
    /// How many times faster than recorded the terminal interface shows dwells, like 1 or 0.5; `full`: as fast as they
    /// are decoded.
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<Text>,
    /// Let the terminal interface wait for a key before the first dwell.
    #[arg(long)]
    pub paused: bool,
}

/// Options of `replay` and `scan` alike; in the file under `[check]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckOptions {
    /// Registered cell list to check against: a CSV file, or a database that `registry import` made.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Rules file: switches and thresholds that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Where the receiver was: gpsd://HOST:PORT, nmea:PATH for a file or a serial port (@BAUD behind it; 9600), gpx:PATH for
    /// a track, or LAT,LON.
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

impl GlobalOptions {
    /// These options, with `other`'s where nothing is said.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            verbose: self.verbose.max(other.verbose),
            quiet: self.quiet || other.quiet,
            log: self.log.or(other.log),
            color: self.color.or(other.color),
            theme: self.theme.or(other.theme),
            profile: self.profile.or(other.profile),
        }
    }

    pub(crate) fn standard() -> Self {
        Self { color: Some(ColorChoice::default()), theme: Some(ThemeChoice::default()), ..Self::default() }
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
            speed: self.speed.or(other.speed),
            paused: self.paused || other.paused,
        }
    }

    pub(crate) fn standard() -> Self {
        Self { speed: Some(Text(FULL_SPEED.to_owned())), ..Self::default() }
    }
}

/// Word for a replay as fast as it is decoded.
pub const FULL_SPEED: &str = "full";

/// Size of the evidence folder unless given: a hundred alerts of 20 MHz cells.
pub const EVIDENCE_LIMIT: &str = "4G";

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

    pub(crate) fn standard() -> Self {
        Self { evidence_limit: Some(Text(EVIDENCE_LIMIT.to_owned())), ..Self::default() }
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

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
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
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    /// Every command, with the words that lead to it.
    fn commands(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let words = format!("{words}{}", command.get_name());
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        let below: Vec<_> = below.flat_map(|below| commands(below, &format!("{words} "))).collect();
        [vec![(words, command.clone())], below].concat()
    }

    #[test]
    fn every_option_has_a_key_and_every_key_an_option() {
        /// Options that say where options are, or that must be said each time.
        const ONLY_ON_THE_LINE: &[&str] = &["help", "version", "config", "force", "retry", "scope", "days"];
        for (table, options) in file::tables() {
            let options: BTreeSet<String> =
                options.get_arguments().filter_map(|option| option.get_long()).map(str::to_owned).collect();
            assert_eq!(options, file::keys(table).into_iter().collect(), "[{table}]");
        }
        for (words, command) in commands(&Cli::command(), "") {
            let own = words.split(' ').nth(1).filter(|own| file::tables().iter().any(|(table, _)| table == own));
            let keys: Vec<String> =
                ["global", "check", "feed", "radio"].into_iter().chain(own).flat_map(file::keys).collect();
            for option in command.get_arguments().filter_map(|option| option.get_long()) {
                assert!(
                    ONLY_ON_THE_LINE.contains(&option) || keys.iter().any(|key| key == option),
                    "{words} --{option}"
                );
            }
        }
    }

    #[test]
    fn every_command_shows_examples_that_it_understands() {
        for (words, command) in commands(&Cli::command(), "") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Example:\n") && help.contains(&format!("  {words}")), "{words}: {help}");
            for line in help.lines().filter(|line| line.trim_start().starts_with("cellwarden ")) {
                let typed = line.split_whitespace().take_while(|word| !matches!(*word, ">" | "|" | "&&"));
                assert!(Cli::try_parse_from(typed).is_ok(), "{line}");
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
