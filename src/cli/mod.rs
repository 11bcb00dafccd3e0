//! The command line as it was typed, and the same options in a TOML file: here the commands, beside it a file for each
//! group of options. The only place that knows `clap`.
//!
//! Every option is a field of a struct that is both read from the command line and from the file, so that no option can
//! be without its key. Nothing is checked here but the shape: see [`config`](crate::config).

mod check;
mod doctor;
mod drives;
mod feed;
mod file;
mod generate;
mod global;
mod layers;
mod plan;
mod radio;
mod records;
mod replay;
mod serve;
mod store;
mod switches;
mod text;
mod visits;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

pub use check::{CheckOptions, EVIDENCE_LIMIT};
pub use doctor::{DOCTOR_FREQ, DoctorOptions};
pub use drives::{DrivesAction, DrivesOptions, LanguageChoice, ReportFormat, ReportOptions};
pub use feed::{FeedOptions, OUTBOX_AGE_DAYS, OUTBOX_LIMIT};
pub use file::{FileOptions, commented};
pub use generate::{Shell, completions, man_page, man_pages};
pub use global::{ColorChoice, GlobalOptions, ThemeChoice};
pub use layers::Layer;
pub use plan::{HOURS, PlanFormat, PlanOptions, SPEED_KMH};
pub use radio::{DevicesOptions, ModeOfScan, RECORD_LIMIT, RadioOptions, RecordOptions, ScanOptions};
pub use records::{
    ALONG_M, AlertsAction, AlertsOptions, EciChoice, FormatChoice, InspectOptions, ModelChoice, RegistryAction,
    RegistryOptions, RulesAction, RulesOptions,
};
pub use replay::{FULL_SPEED, ReplayOptions};
pub use serve::{AuditAction, EVENTS_PER_SECOND, KEEP_SIGHTINGS_DAYS, LISTEN, ServeAction, ServeOptions, TokenAction};
pub use store::{StoreAction, StoreOptions};
pub use text::Text;
pub use visits::{DoorFormat, VisitsAction, VisitsOptions};

/// Finds rogue LTE base stations. It only receives.
#[derive(Debug, Args)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten, next_help_heading = "Options of every command")]
    pub global: GlobalOptions,
    /// TOML file with the same options; those on the command line go first, and `--no-` before the name of a switch undoes
    /// it. The user's own, as `config init` writes it, unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl CommandFactory for Cli {
    fn command() -> clap::Command {
        let command = clap::Command::new("cellwarden")
            .version(env!("CARGO_PKG_VERSION"))
            .arg_required_else_help(true)
            .after_help("Example:\n  cellwarden replay captures/ --registry captures/registry.csv");
        switches::with_negations(Self::augment_args(command))
    }

    fn command_for_update() -> clap::Command {
        switches::with_negations(Self::augment_args_for_update(clap::Command::new("cellwarden")))
    }
}

impl Parser for Cli {}

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
        #[command(flatten, next_help_heading = "Checks and what is kept")]
        check: CheckOptions,
        /// Who is told.
        #[command(flatten, next_help_heading = "Feeds")]
        feed: FeedOptions,
    },
    /// Receive live and name every cell on the air.
    #[command(after_help = SCAN_EXAMPLE)]
    Scan {
        /// The options.
        #[command(flatten)]
        options: ScanOptions,
        /// The radio.
        #[command(flatten, next_help_heading = "Radio")]
        radio: RadioOptions,
        /// What cells are checked against.
        #[command(flatten, next_help_heading = "Checks and what is kept")]
        check: CheckOptions,
        /// Who is told.
        #[command(flatten, next_help_heading = "Feeds")]
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
        #[command(flatten, next_help_heading = "Radio")]
        radio: RadioOptions,
    },
    /// List radios with their rates, gains and antennas.
    #[command(after_help = "Example:\n  cellwarden devices\n  cellwarden devices --device driver=lime --json")]
    Devices {
        /// The options.
        #[command(flatten)]
        options: DevicesOptions,
        /// The radio.
        #[command(flatten, next_help_heading = "Radio")]
        radio: RadioOptions,
    },
    /// Check what a drive needs before it begins: radio, samples, clocks, disk, registered cell list, positions, feeds.
    #[command(after_help = "Example:\n  cellwarden doctor --device driver=hackrf --gps gpsd://localhost:2947")]
    Doctor {
        /// The options.
        #[command(flatten)]
        options: DoctorOptions,
        /// The radio.
        #[command(flatten, next_help_heading = "Radio")]
        radio: RadioOptions,
        /// What cells are checked against.
        #[command(flatten, next_help_heading = "Checks and what is kept")]
        check: CheckOptions,
        /// Who is told.
        #[command(flatten, next_help_heading = "Feeds")]
        feed: FeedOptions,
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
    /// Plan where each van drives next, so that most registered cells are settled in the hours given.
    #[command(after_help = PLAN_EXAMPLE)]
    Plan {
        /// The options.
        #[command(flatten)]
        options: PlanOptions,
    },
    /// List the registered cells to visit, and import what crews found there.
    #[command(after_help = "Example:\n  cellwarden visits list --registry cells.csv --store drive.sqlite > doors.csv")]
    Visits {
        /// What to do.
        #[command(subcommand)]
        action: VisitsAction,
        /// The options.
        #[command(flatten)]
        options: VisitsOptions,
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
    /// Keep a store small.
    #[command(after_help = "Example:\n  cellwarden store prune --older-than 365 --dry-run")]
    Store {
        /// What to do.
        #[command(subcommand)]
        action: StoreAction,
        /// The options.
        #[command(flatten)]
        options: StoreOptions,
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
    /// Verify the registry service's audit log.
    #[command(after_help = "Example:\n  cellwarden audit verify audit.jsonl")]
    Audit {
        /// What to do.
        #[command(subcommand)]
        action: AuditAction,
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

const PLAN_EXAMPLE: &str = "Example:
  cellwarden plan --registry cells.csv --store drive.sqlite --vans 3 --hours 6 --start 37.4781,126.878
  cellwarden plan --registry cells.csv --roads seoul.osm.pbf --vans 3 --van 2 --format gpx > van-2.gpx";

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

    /// Options that say where options are, or that must be said each time.
    const ONLY_ON_THE_LINE: &[&str] =
        &["help", "version", "config", "force", "retry", "scope", "days", "dry-run", "older-than"];

    #[test]
    fn every_option_has_a_key_and_every_key_an_option() {
        for (table, options) in file::tables() {
            let shown = options.get_arguments().filter(|option| !option.is_hide_set());
            let options: BTreeSet<String> = shown.filter_map(|option| option.get_long()).map(str::to_owned).collect();
            assert_eq!(options, file::keys(table).into_iter().collect(), "[{table}]");
        }
        for (words, command) in commands(&Cli::command(), "") {
            let own = words.split(' ').nth(1).filter(|own| file::tables().iter().any(|(table, _)| table == own));
            let keys: Vec<String> =
                ["global", "check", "feed", "radio"].into_iter().chain(own).flat_map(file::keys).collect();
            let shown = command.get_arguments().filter(|option| !option.is_hide_set());
            for option in shown.filter_map(|option| option.get_long()) {
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

    /// The value of a switch that is typed behind the words of a command, where the file has it as `of_file`.
    fn switch(words: &[&str], typed: &[String], name: &str, of_file: bool) -> Option<bool> {
        let line = words.iter().map(|word| (*word).to_owned()).chain(typed.iter().cloned());
        let all =
            Cli::command().try_get_matches_from(line).unwrap_or_else(|error| panic!("{words:?} {typed:?}: {error}"));
        let own = words[1..].iter().fold(&all, |above, word| above.subcommand_matches(word).expect("typed"));
        let own_table = words.get(1).copied().filter(|own| file::tables().iter().any(|(table, _)| table == own));
        let mut tables = ["global", "check", "feed", "radio"].into_iter().chain(own_table);
        let table = tables.find(|table| file::keys(table).iter().any(|key| key == name)).expect("a key");
        let options = |value: Option<bool>| -> FileOptions {
            let value = value.map(|value| format!("{name} = {value}")).unwrap_or_default();
            toml::from_str(&format!("[{table}]\n{value}")).expect("a switch")
        };
        let both = options(own.get_one::<bool>(&name.replace('-', "_")).copied()).or(options(Some(of_file)));
        toml::Table::try_from(both).expect("plain values")[table][name].as_bool()
    }

    #[test]
    fn every_switch_of_the_file_can_be_undone_on_the_command_line() {
        let mut seen = BTreeSet::new();
        for (words, command) in commands(&Cli::command(), "") {
            let help = command.get_after_help().map(ToString::to_string).expect("an example");
            let line = help.lines().map(str::trim).find(|line| line.starts_with(&words)).expect("an example");
            let rest: Vec<&str> =
                line[words.len()..].split_whitespace().take_while(|w| !matches!(*w, ">" | "|")).collect();
            let words: Vec<&str> = words.split(' ').collect();
            let shown = command.get_arguments().filter(|option| !option.is_hide_set() && !option.is_positional());
            // Options without a value: switches, and a count, which has its `--no-…` too.
            let has_no_value = |option: &&clap::Arg| !option.get_action().takes_values() || switches::is_switch(option);
            for option in shown.filter(has_no_value).filter_map(clap::Arg::get_long) {
                if ONLY_ON_THE_LINE.contains(&option) {
                    continue;
                }
                seen.insert(option.to_owned());
                let (set, unset) = (format!("--{option}"), format!("--no-{option}"));
                let typed = |first: &[&String]| -> Vec<String> {
                    let rest = rest.iter().filter(|word| **word != set).map(|word| (*word).to_owned());
                    first.iter().map(|word| (*word).clone()).chain(rest).collect()
                };
                if option == "verbose" {
                    let line = words.iter().map(|word| (*word).to_owned()).chain(typed(&[&unset]));
                    assert!(Cli::try_parse_from(line).is_ok(), "{words:?} {unset}");
                    continue;
                }
                for (first, of_file, expected) in [
                    (&[][..], true, true),
                    (&[], false, false),
                    (&[&set], false, true),
                    (&[&unset], true, false),
                    (&[&set, &unset], true, false),
                    (&[&unset, &set], false, true),
                ] {
                    let value = switch(&words, &typed(first), option, of_file);
                    assert_eq!(value, Some(expected), "{words:?} {first:?}, in the file {of_file}");
                }
            }
        }
        for known in ["json", "quiet", "verbose", "paused", "without-authentication", "insecure-beyond-this-host"] {
            assert!(seen.contains(known), "{known}: {seen:?}");
        }
    }

    #[test]
    fn the_count_of_the_command_line_replaces_that_of_the_file() {
        let file: FileOptions = toml::from_str("[global]\nverbose = 2\n").expect("valid");
        for (typed, verbose) in
            [(&[][..], 2), (&["-v"], 1), (&["-vvv"], 3), (&["--no-verbose"], 0), (&["-v", "--no-verbose"], 0)]
        {
            for line in [
                [&["cellwarden"], typed, &["rules", "list"]].concat(),
                [&["cellwarden", "rules", "list"], typed].concat(),
            ] {
                let cli = Cli::try_parse_from(&line).expect("valid");
                assert_eq!(cli.global.or(file.global.clone()).verbose, verbose, "{line:?}");
            }
        }
    }

    #[test]
    fn a_switch_before_the_command_is_undone_after_it() {
        let file: FileOptions = toml::from_str("[global]\nquiet = true\n").expect("valid");
        for line in [["cellwarden", "--no-quiet", "rules", "list"], ["cellwarden", "rules", "list", "--no-quiet"]] {
            let cli = Cli::try_parse_from(line).expect("valid");
            assert_eq!(cli.global.or(file.global.clone()).quiet, Some(false), "{line:?}");
        }
    }

    #[test]
    fn a_table_is_asked_for_instead_of_the_events_of_the_file() {
        let file: FileOptions = toml::from_str("[replay]\njson = true\n[scan]\njson = true\n").expect("valid");
        for (typed, json) in [(&[][..], Some(true)), (&["--headless"], None), (&["--headless", "--json"], Some(true))] {
            let line = [&["cellwarden", "replay", "x"], typed].concat();
            let Command::Replay { options, .. } = Cli::try_parse_from(line).expect("valid").command else {
                panic!("replay")
            };
            assert_eq!(options.or(file.replay.clone()).json, json, "{typed:?}");
            let line = [&["cellwarden", "scan"], typed].concat();
            let Command::Scan { options, .. } = Cli::try_parse_from(line).expect("valid").command else {
                panic!("scan")
            };
            assert_eq!(options.or(file.scan.clone()).json, json, "{typed:?}");
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
