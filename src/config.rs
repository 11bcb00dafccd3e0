//! From raw options to checked settings.

mod drives;
mod feed;
mod radio;
mod records;
mod serve;

use std::{
    fs,
    io::{self, IsTerminal},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};
use thiserror::Error;

pub use drives::{DrivesSettings, ReportSettings};
pub use feed::FeedSettings;
pub use radio::{DevicesSettings, RadioSettings, RecordSettings, ScanSettings};
pub use records::{AlertsSettings, Form, InspectSettings, RegistrySettings, RulesSettings};
pub use serve::ServeSettings;

use crate::{
    cli::{
        CheckOptions, Cli, ColorChoice, Command, ConfigAction, EVIDENCE_LIMIT, FULL_SPEED, FeedOptions, FileOptions,
        GlobalOptions, ReplayOptions, Shell, Text, ThemeChoice,
    },
    feed::target::FeedUrlError,
    observation::Earfcn,
    position::{FixedPosition, gpsd},
};

/// What the program is to do.
#[derive(Debug)]
pub struct Settings {
    /// Log and colours.
    pub global: GlobalSettings,
    /// The command.
    pub command: CommandSettings,
}

/// A command with its settings.
#[derive(Debug)]
pub enum CommandSettings {
    /// Decode recordings.
    Replay(ReplaySettings),
    /// Receive live.
    Scan(ScanSettings),
    /// Record what a radio receives.
    Record(RecordSettings),
    /// List radios.
    Devices(DevicesSettings),
    /// Work on the registered cell list.
    Registry(RegistrySettings),
    /// Account for registered cells.
    Inspect(InspectSettings),
    /// Work on stored alerts.
    Alerts(AlertsSettings),
    /// Write what drives found.
    Report(ReportSettings),
    /// Work on stored drives.
    Drives(DrivesSettings),
    /// Look at the detection rules.
    Rules(RulesSettings),
    /// Run the registry service.
    Serve(ServeSettings),
    /// Write the configuration file.
    ConfigInit(ConfigInitSettings),
    /// Print what makes a shell complete.
    Completions(Shell),
    /// Print the manual page, or write all of them into a folder.
    Man(Option<PathBuf>),
}

/// Settings of `config init`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigInitSettings {
    /// The file; `-` is standard output.
    pub file: PathBuf,
    /// Write over one that is there.
    pub force: bool,
}

/// Settings of every command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalSettings {
    /// How much is logged: 0 for what matters, 1 for more, 2 for everything.
    pub verbose: u8,
    /// No progress bar.
    pub quiet: bool,
    /// The log's file.
    pub log: Option<PathBuf>,
    /// Whether text on standard output is coloured.
    pub color: bool,
    /// Whether the terminal's background is known to be dark.
    pub is_dark: bool,
}

/// Settings of `replay`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySettings {
    /// What to decode, in order; `-` is standard input.
    pub inputs: Vec<PathBuf>,
    /// Sample format of raw files.
    pub format: Option<SampleFormat>,
    /// Sample rate of raw files.
    pub rate: Option<SampleRate>,
    /// Centre of raw files, and of SigMF recordings that do not tell it.
    pub center: Option<Hertz>,
    /// Check the hash of long recordings too.
    pub verify_hash: bool,
    /// Carriers to search; `None` searches the whole recorded band.
    pub carriers: Option<Vec<Hertz>>,
    /// Threads to use.
    pub threads: NonZeroUsize,
    /// What to print.
    pub output: Output,
    /// How many times faster than recorded dwells are shown; `None`: as fast as they are decoded.
    pub speed: Option<f64>,
    /// Whether to wait for the user before the first dwell.
    pub paused: bool,
    /// What cells are checked against.
    pub check: CheckSettings,
}

/// Settings of checking what was heard, by replay or live.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSettings {
    /// The registered cell list: CSV, or a database.
    pub registry: Option<PathBuf>,
    /// The rules file.
    pub rules: Option<PathBuf>,
    /// Where the receiver was.
    pub gps: Option<Gps>,
    /// The file that keeps what is heard and found.
    pub store: Option<PathBuf>,
    /// The folder for recordings that prove alerts.
    pub evidence: Option<PathBuf>,
    /// How much they may take.
    pub evidence_limit_bytes: u64,
    /// The capture file of decoded messages.
    pub pcap: Option<PathBuf>,
    /// Who is told.
    pub feed: FeedSettings,
}

/// Where positions come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Gps {
    /// A receiver that stays where it is.
    Fixed(FixedPosition),
    /// A GPX track, joined by time.
    Gpx(PathBuf),
    /// NMEA sentences: a file, or a receiver at a serial port.
    Nmea {
        /// The file or port.
        path: PathBuf,
        /// Bits per second of the port.
        baud: u32,
    },
    /// gpsd, over TCP.
    Gpsd {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// What is shown on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A table.
    Text,
    /// Events, one JSON object a line.
    Json,
    /// The terminal interface.
    Screen,
}

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

/// Checks the command line, completed by the file that it names.
///
/// # Errors
/// The first option that cannot be used.
pub fn check(cli: Cli) -> Result<Settings, ConfigError> {
    // Nothing of a file is needed where none is made yet.
    let wants_no_file =
        matches!(cli.command, Command::Config { .. } | Command::Completions { .. } | Command::Man { .. });
    let file = if wants_no_file { FileOptions::default() } else { read_file(cli.config.as_deref())? };
    let file = choose_profile(file, cli.global.profile.as_deref())?;
    let global = check_global(cli.global.or(file.global));
    let command = match cli.command {
        Command::Replay { inputs, options, check, feed } => {
            let check = check_checks(check.or(file.check), feed.or(file.feed))?;
            CommandSettings::Replay(check_replay(inputs, options.or(file.replay), check)?)
        }
        Command::Scan { options, radio, check, feed } => {
            let mut check = check.or(file.check);
            // What a scan hears is kept, also where nobody said so.
            check.store = Some(check.store.map_or_else(|| records::in_data_folder("store.sqlite", "store"), Ok)?);
            let check = check_checks(check, feed.or(file.feed))?;
            CommandSettings::Scan(radio::check_scan(options.or(file.scan), radio.or(file.radio), check)?)
        }
        Command::Record { folder, options, radio } => {
            CommandSettings::Record(radio::check_record(folder, options.or(file.record), radio.or(file.radio))?)
        }
        Command::Devices { options, radio } => {
            CommandSettings::Devices(radio::check_devices(&options.or(file.devices), radio.or(file.radio)))
        }
        Command::Registry { action, options } => {
            CommandSettings::Registry(records::check_registry(action, options.or(file.registry))?)
        }
        Command::Inspect { options } => CommandSettings::Inspect(records::check_inspect(options.or(file.inspect))?),
        Command::Alerts { action, options } => {
            CommandSettings::Alerts(records::check_alerts(action, options.or(file.alerts), file.feed)?)
        }
        Command::Report { options } => CommandSettings::Report(drives::check_report(options.or(file.report))?),
        Command::Drives { action, options } => {
            CommandSettings::Drives(drives::check_drives(action, options.or(file.drives))?)
        }
        Command::Serve { action, options } => {
            CommandSettings::Serve(serve::check_serve(action, options.or(file.serve))?)
        }
        Command::Rules { action, options } => {
            CommandSettings::Rules(RulesSettings { action, rules: options.or(file.rules).rules })
        }
        Command::Config { action: ConfigAction::Init { file, force } } => {
            let file = file.or(cli.config).or_else(records::own_file).ok_or(ConfigError::NoConfigFolder)?;
            CommandSettings::ConfigInit(ConfigInitSettings { file, force })
        }
        Command::Completions { shell } => CommandSettings::Completions(shell),
        Command::Man { folder } => CommandSettings::Man(folder),
    };
    Ok(Settings { global, command })
}

/// The options of a file: the one named, or the user's own where there is one.
fn read_file(named: Option<&Path>) -> Result<FileOptions, ConfigError> {
    let own = if named.is_none() { records::own_file().filter(|path| path.is_file()) } else { None };
    let Some(path) = named.or(own.as_deref()) else { return Ok(FileOptions::default()) };
    let text = fs::read_to_string(path).map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let (line, what) = (before.matches('\n').count() + 1, error.message().to_owned());
        ConfigError::Toml { path: path.to_owned(), line, what }
    })
}

/// The file's options with those of the profile before them that the command line names, or else the file.
fn choose_profile(mut file: FileOptions, named: Option<&str>) -> Result<FileOptions, ConfigError> {
    let Some(name) = named.map(str::to_owned).or_else(|| file.global.profile.clone()) else { return Ok(file) };
    let Some(profile) = file.profile.remove(&name) else {
        let there: Vec<String> = file.profile.into_keys().collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        return Err(ConfigError::Profile { name, there });
    };
    if profile.global.profile.is_some() || !profile.profile.is_empty() {
        return Err(ConfigError::Nested { name });
    }
    Ok(profile.or(file))
}

fn check_global(options: GlobalOptions) -> GlobalSettings {
    let color = match options.color.unwrap_or_default() {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    };
    let is_dark = match options.theme.unwrap_or_default() {
        ThemeChoice::Dark => true,
        ThemeChoice::Light => false,
        ThemeChoice::Auto => std::env::var("COLORFGBG").is_ok_and(|colors| is_dark(&colors)),
    };
    GlobalSettings { verbose: options.verbose, quiet: options.quiet, log: options.log, color, is_dark }
}

/// Whether a terminal's COLORFGBG names a dark background: the last number, of the sixteen colours. It may have a third
/// part in the middle.
fn is_dark(colors: &str) -> bool {
    matches!(colors.rsplit(';').next().and_then(|number| number.parse().ok()), Some(0..=6 | 8u8))
}

fn check_replay(
    inputs: Vec<PathBuf>,
    options: ReplayOptions,
    check: CheckSettings,
) -> Result<ReplaySettings, ConfigError> {
    let carriers: Vec<Hertz> = options
        .carriers
        .into_iter()
        .filter_map(|text| {
            let expected = "an EARFCN of TS 36.101 Table 5.7.3-1 or a frequency like 1842.5M";
            check_value("carriers", Some(text), expected, parse_carrier).transpose()
        })
        .collect::<Result<_, _>>()?;
    Ok(ReplaySettings {
        inputs,
        format: check_value("format", options.format, "ci8, cu8, ci16_le or cf32_le", SampleFormat::from_name)?,
        rate: check_value("rate", options.rate, "a positive number of samples per second, like 19.2M", |text| {
            SampleRate::new(parse_hertz(text)?.0)
        })?,
        center: check_value("freq", options.freq, "a frequency up to 1 THz, like 1815.3M", parse_hertz)?,
        verify_hash: options.verify_hash,
        carriers: (!carriers.is_empty()).then_some(carriers),
        threads: check_threads(options.threads)?,
        output: output(options.json, options.headless),
        speed: check_value("speed", options.speed, "full, or how many times faster, 0.01 to 1000", parse_speed)?
            .flatten(),
        paused: options.paused,
        check,
    })
}

/// How many times faster than recorded; `None` for full speed.
#[expect(clippy::option_option, reason = "the outer one says whether it can be used")]
fn parse_speed(text: &str) -> Option<Option<f64>> {
    if text == FULL_SPEED {
        return Some(None);
    }
    text.parse().ok().filter(|times| (0.01..=1000.0).contains(times)).map(Some)
}

/// The threads to use: all processors unless said.
fn check_threads(threads: Option<usize>) -> Result<NonZeroUsize, ConfigError> {
    let all = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = threads.unwrap_or(all.get());
    NonZeroUsize::new(threads).filter(|n| n.get() <= MAX_THREADS).ok_or_else(|| ConfigError::Value {
        option: "threads",
        value: threads.to_string(),
        expected: "1 to 1024",
    })
}

fn check_checks(options: CheckOptions, feed: FeedOptions) -> Result<CheckSettings, ConfigError> {
    let feed = feed::check_feeds(feed)?;
    if !feed.urls.is_empty() && options.store.is_none() {
        let why = "what is to be sent waits there until it is received";
        return Err(ConfigError::Needs { option: "feed", needed: "store", why });
    }
    Ok(CheckSettings {
        feed,
        registry: options.registry,
        rules: options.rules,
        gps: check_value("gps", options.gps.map(Text), GPS_EXPECTED, parse_gps)?,
        store: options.store,
        evidence: options.evidence,
        evidence_limit_bytes: check_given(
            "evidence-limit",
            options.evidence_limit.unwrap_or_else(|| Text(EVIDENCE_LIMIT.to_owned())),
            "a number of bytes, like 500M or 4G",
            parse_bytes,
        )?,
        pcap: options.pcap,
    })
}

/// A number of bytes, perhaps with `k`, `M`, `G` or `T`.
fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1_000),
        (at, 'M') => (&text[..at], 1_000_000),
        (at, 'G') => (&text[..at], 1_000_000_000),
        (at, 'T') => (&text[..at], 1_000_000_000_000),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn parse_gps(text: &str) -> Option<Gps> {
    if let Some(path) = text.strip_prefix("gpx:") {
        return (!path.is_empty()).then(|| Gps::Gpx(path.into()));
    }
    if let Some(path) = text.strip_prefix("nmea:") {
        let (path, baud) = match path.rsplit_once('@') {
            Some((path, baud)) => (path, baud.parse().ok()?),
            None => (path, NMEA_BAUD),
        };
        return (!path.is_empty() && baud > 0).then(|| Gps::Nmea { path: path.into(), baud });
    }
    if let Some(address) = text.strip_prefix("gpsd://") {
        // An address of IPv6 stands in brackets.
        let (host, port) = match address.rsplit_once(':').filter(|_| !address.ends_with(']')) {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (address, gpsd::PORT),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        return (!host.is_empty() && port > 0).then(|| Gps::Gpsd { host: host.to_owned(), port });
    }
    text.parse().ok().map(Gps::Fixed)
}

const GPS_EXPECTED: &str =
    "gpsd://HOST:PORT, nmea:PATH (with @BAUD behind a serial port), gpx:PATH, or LAT,LON in degrees";

/// Speed of a serial port unless given; the standard's 4800 is rare today.
const NMEA_BAUD: u32 = 9_600;

/// The terminal interface where there is a terminal, unless something else is asked for.
fn output(json: bool, headless: bool) -> Output {
    match (json, headless || !io::stdout().is_terminal()) {
        (true, _) => Output::Json,
        (false, true) => Output::Text,
        (false, false) => Output::Screen,
    }
}

const MAX_THREADS: usize = 1024;

fn check_value<T>(
    option: &'static str,
    text: Option<Text>,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    text.map(|text| check_given(option, text, expected, parse)).transpose()
}

fn check_given<T>(
    option: &'static str,
    Text(value): Text,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, ConfigError> {
    parse(&value).ok_or(ConfigError::Value { option, value, expected })
}

/// A number of hertz, perhaps with `k`, `M` or `G`, above 0 and up to 1 THz.
fn parse_hertz(text: &str) -> Option<Hertz> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1e3),
        (at, 'M') => (&text[..at], 1e6),
        (at, 'G') => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    // A product like 1815.3 × 1e6 is off by a rounding step: whole hertz are meant.
    let hz: f64 = (number.parse::<f64>().ok()? * unit * 1e3).round() / 1e3;
    (hz > 0.0 && hz <= 1e12).then_some(Hertz(hz))
}

/// A channel number, or a frequency: nobody means a carrier below 1 MHz, and no channel number is that high.
fn parse_carrier(text: &str) -> Option<Hertz> {
    match text.trim().parse::<u32>() {
        Ok(number) if number < 1_000_000 => Earfcn::new(number).map(Earfcn::frequency),
        _ => parse_hertz(text.trim()).filter(|hertz| hertz.0 >= 1e6),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn settings(arguments: &[&str]) -> Result<ReplaySettings, String> {
        let line = ["cellwarden", "replay", "x.bin"].iter().chain(arguments);
        let cli = Cli::try_parse_from(line).expect("well formed");
        check(cli)
            .map(|s| match s.command {
                CommandSettings::Replay(replay) => replay,
                other => panic!("{other:?}"),
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn frequencies_take_suffixes() {
        for (text, hz) in [("1815.3M", 1_815_300_000.0), ("1.8153G", 1_815_300_000.0), ("1815300k", 1_815_300_000.0)] {
            assert_eq!(parse_hertz(text), Some(Hertz(hz)), "{text}");
        }
        assert_eq!(parse_hertz("1.92e6"), Some(Hertz(1.92e6)));
        for bad in ["", "M", "-1M", "0", "NaN", "inf", "1e13", "1815.3 MHz", "1m", "１M", "1815,3M"] {
            assert_eq!(parse_hertz(bad), None, "{bad}");
        }
    }

    #[test]
    fn carriers_are_channels_or_frequencies() {
        let carriers = settings(&["--carriers", "1550,1842.5M", "--carriers", "954300000"]).expect("valid").carriers;
        assert_eq!(carriers, Some(vec![Hertz(1840e6), Hertz(1842.5e6), Hertz(954.3e6)]));
        assert_eq!(settings(&[]).expect("valid").carriers, None);
        for bad in ["5000", "999999", "1k", "x", ""] {
            let error = settings(&["--carriers", bad]).expect_err(bad);
            assert!(error.starts_with("--carriers"), "{error}");
        }
    }

    #[test]
    fn a_dark_background_is_known_by_its_number() {
        for (colors, dark) in
            [("15;0", true), ("0;15", false), ("12;default;8", true), ("0;7", false), ("0;default", false), ("", false)]
        {
            assert_eq!(is_dark(colors), dark, "{colors}");
        }
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_expected() {
        let error = settings(&["--format", "ci32"]).expect_err("no such format");
        assert_eq!(error, "--format \"ci32\": expected ci8, cu8, ci16_le or cf32_le");
        for bad in [
            ["--speed", "0"],
            ["--speed", "NaN"],
            ["--rate", "0"],
            ["--rate=-1.92M", "-q"],
            ["--freq", "fast"],
            ["--threads", "0"],
            ["--threads", "9999"],
        ] {
            assert!(settings(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_file_that_is_absent_or_wrong_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.toml");
        let name = path.to_str().expect("UTF-8");
        assert!(settings(&["--config", name]).expect_err("absent").contains("cannot read"));
        fs::write(&path, "[replay]\nrate = 1.92e6\nformat = \"cu8\"\n").expect("writable");
        let checked = settings(&["--config", name, "--format", "ci8"]).expect("valid");
        assert_eq!((checked.rate, checked.format), (SampleRate::new(1.92e6), Some(SampleFormat::Ci8)));
        fs::write(&path, "[replay]\nraet = 1\n").expect("writable");
        assert!(settings(&["--config", name]).expect_err("unknown key").contains("raet"));
    }
}
