//! From raw options to checked settings: one file for each group of options.

mod check;
mod drives;
mod error;
mod feed;
mod global;
mod plan;
mod radio;
mod records;
mod replay;
mod serve;
mod store;
mod values;
mod visits;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use check::{CheckSettings, Gps};
pub use drives::{DrivesSettings, ReportSettings};
pub use error::ConfigError;
pub use feed::FeedSettings;
pub use global::GlobalSettings;
pub use plan::PlanSettings;
pub use radio::{DevicesSettings, DoctorSettings, RadioSettings, RecordSettings, ScanSettings};
pub use records::{AlertsSettings, Form, InspectSettings, RegistrySettings, RulesSettings};
pub use replay::{Output, ReplaySettings, ViewSettings};
pub use serve::ServeSettings;
pub use store::StoreSettings;
pub use visits::VisitsSettings;

use crate::cli::{AuditAction, CheckOptions, Cli, Command, ConfigAction, FeedOptions, FileOptions, Layer, Shell};
use check::check_checks;

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
    /// Check what a drive needs.
    Doctor(DoctorSettings),
    /// Work on the registered cell list.
    Registry(RegistrySettings),
    /// Account for registered cells.
    Inspect(InspectSettings),
    /// Plan where vans drive.
    Plan(PlanSettings),
    /// List and import visits.
    Visits(VisitsSettings),
    /// Work on stored alerts.
    Alerts(AlertsSettings),
    /// Write what drives found.
    Report(ReportSettings),
    /// Work on stored drives.
    Drives(DrivesSettings),
    /// Keep a store small.
    Store(StoreSettings),
    /// Verify an audit log.
    Audit(AuditAction),
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
    let global = global::check_global(cli.global.or(file.global));
    let command = match cli.command {
        Command::Replay { inputs, options, check, feed } => {
            let check = check_checks(check.or(file.check), feed.or(file.feed))?;
            CommandSettings::Replay(replay::check_replay(inputs, options.or(file.replay), check)?)
        }
        Command::Scan { options, radio, check, feed } => {
            let check = check_live(check.or(file.check), feed.or(file.feed))?;
            CommandSettings::Scan(radio::check_scan(options.or(file.scan), radio.or(file.radio), check)?)
        }
        Command::Record { folder, options, radio } => {
            CommandSettings::Record(radio::check_record(folder, options.or(file.record), radio.or(file.radio))?)
        }
        Command::Devices { options, radio } => {
            CommandSettings::Devices(radio::check_devices(&options.or(file.devices), radio.or(file.radio)))
        }
        Command::Doctor { options, radio, check, feed } => {
            let check = check_live(check.or(file.check), feed.or(file.feed))?;
            let (options, radio) = (options.or(file.doctor), radio.or(file.radio));
            CommandSettings::Doctor(radio::check_doctor(options, radio, check)?)
        }
        Command::Registry { action, options } => {
            CommandSettings::Registry(records::check_registry(action, options.or(file.registry))?)
        }
        Command::Inspect { options } => CommandSettings::Inspect(records::check_inspect(options.or(file.inspect))?),
        Command::Visits { action, options } => {
            CommandSettings::Visits(visits::check_visits(action, options.or(file.visits))?)
        }
        Command::Plan { options } => CommandSettings::Plan(plan::check_plan(options.or(file.plan))?),
        Command::Alerts { action, options } => {
            CommandSettings::Alerts(records::check_alerts(action, options.or(file.alerts), file.feed)?)
        }
        Command::Report { options } => CommandSettings::Report(drives::check_report(options.or(file.report))?),
        Command::Drives { action, options } => {
            CommandSettings::Drives(drives::check_drives(action, options.or(file.drives))?)
        }
        Command::Store { action, options } => {
            CommandSettings::Store(store::check_store(action, options.or(file.store))?)
        }
        Command::Serve { action, options } => {
            CommandSettings::Serve(serve::check_serve(action, options.or(file.serve))?)
        }
        Command::Audit { action } => CommandSettings::Audit(action),
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

/// Checks what a live drive is checked against, and where it is kept.
fn check_live(mut check: CheckOptions, feed: FeedOptions) -> Result<CheckSettings, ConfigError> {
    // What a scan hears is kept, also where nobody said so.
    check.store = Some(check.store.map_or_else(|| records::in_data_folder("store.sqlite", "store"), Ok)?);
    // Nor is an alert without its proof; a limit of 0 is how to do without.
    let beside = check.store.as_ref().map(|store| store.with_file_name("evidence"));
    check.evidence = check.evidence.or(beside);
    let mut check = check_checks(check, feed)?;
    check.evidence = check.evidence.filter(|_| check.evidence_limit_bytes > 0);
    Ok(check)
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

#[cfg(test)]
mod tests {
    use clap::Parser;
    use lte_dsp::{frontend::SampleFormat, units::SampleRate};

    use super::*;

    /// The settings of a replay with more arguments, or what is wrong with them.
    pub(super) fn settings(arguments: &[&str]) -> Result<ReplaySettings, String> {
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
