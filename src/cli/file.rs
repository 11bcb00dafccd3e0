//! The options as a TOML file: what it may hold, and a commented one with every option and its default.

use std::collections::BTreeMap;

use clap::{Args, Command};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{
    AlertsOptions, CheckOptions, DevicesOptions, DoctorOptions, DrivesOptions, FeedOptions, GlobalOptions,
    InspectOptions, PlanOptions, RadioOptions, RecordOptions, RegistryOptions, ReplayOptions, ReportOptions,
    RulesOptions, ScanOptions, ServeOptions, StoreOptions, VisitsOptions, layers::layers, switches::is_switch,
};

/// What a TOML file may hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileOptions {
    /// Options of every command.
    pub global: GlobalOptions,
    /// Options of `replay`.
    pub replay: ReplayOptions,
    /// Options of `scan`.
    pub scan: ScanOptions,
    /// Options of `record`.
    pub record: RecordOptions,
    /// Options of `devices`.
    pub devices: DevicesOptions,
    /// Options of `doctor`.
    pub doctor: DoctorOptions,
    /// The radio of `scan`, `record`, `devices` and `doctor`.
    pub radio: RadioOptions,
    /// What `replay` and `scan` check against.
    pub check: CheckOptions,
    /// Who `replay`, `scan` and `alerts send` tell.
    pub feed: FeedOptions,
    /// Options of `registry`.
    pub registry: RegistryOptions,
    /// Options of `inspect`.
    pub inspect: InspectOptions,
    /// Options of `plan`.
    pub plan: PlanOptions,
    /// Options of `visits`.
    pub visits: VisitsOptions,
    /// Options of `alerts`.
    pub alerts: AlertsOptions,
    /// Options of `report`.
    pub report: ReportOptions,
    /// Options of `drives`.
    pub drives: DrivesOptions,
    /// Options of `store`.
    pub store: StoreOptions,
    /// Options of `rules`.
    pub rules: RulesOptions,
    /// Options of `serve`.
    pub serve: ServeOptions,
    /// The same tables under a name, to be chosen with `--profile`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profile: BTreeMap<String, FileOptions>,
}

layers!(FileOptions {
    global,
    replay,
    scan,
    record,
    devices,
    doctor,
    radio,
    check,
    feed,
    registry,
    inspect,
    plan,
    visits,
    alerts,
    report,
    drives,
    store,
    rules,
    serve,
    profile
});

impl FileOptions {
    /// What holds where nothing is said.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            global: GlobalOptions::standard(),
            replay: ReplayOptions::standard(),
            scan: ScanOptions::standard(),
            doctor: DoctorOptions::standard(),
            radio: RadioOptions::standard(),
            check: CheckOptions::standard(),
            feed: FeedOptions::standard(),
            registry: RegistryOptions::standard(),
            inspect: InspectOptions::standard(),
            plan: PlanOptions::standard(),
            visits: VisitsOptions::standard(),
            report: ReportOptions::standard(),
            serve: ServeOptions::standard(),
            ..Self::default()
        }
    }
}

/// Every table of the file with its options, in order.
pub(super) fn tables() -> Vec<(&'static str, Command)> {
    fn table<T: Args>(name: &'static str) -> (&'static str, Command) {
        (name, T::augment_args(Command::new(name)))
    }
    vec![
        table::<GlobalOptions>("global"),
        table::<ReplayOptions>("replay"),
        table::<ScanOptions>("scan"),
        table::<RecordOptions>("record"),
        table::<DevicesOptions>("devices"),
        table::<DoctorOptions>("doctor"),
        table::<RadioOptions>("radio"),
        table::<CheckOptions>("check"),
        table::<FeedOptions>("feed"),
        table::<RegistryOptions>("registry"),
        table::<InspectOptions>("inspect"),
        table::<PlanOptions>("plan"),
        table::<VisitsOptions>("visits"),
        table::<AlertsOptions>("alerts"),
        table::<ReportOptions>("report"),
        table::<DrivesOptions>("drives"),
        table::<StoreOptions>("store"),
        table::<RulesOptions>("rules"),
        table::<ServeOptions>("serve"),
    ]
}

const HEAD: &str = "\
# Options of cellwarden. What stands on the command line goes before what stands here.
# Every option is here with its default; those without one are commented out and show their form.
";

const TAIL: &str = "
# Profiles hold the same tables and go before them when named with --profile, or with `profile` in [global].
#[profile.example.check]
#registry = \"example.sqlite\"
";

/// A file with every option, what it means, and its default.
///
/// # Panics
/// Where an option cannot be written as TOML: a fault of this program that its tests would find.
#[must_use]
pub fn commented() -> String {
    let standard = Table::try_from(FileOptions::standard()).expect("options are plain values");
    let mut text = HEAD.to_owned();
    for (name, options) in tables() {
        text += &format!("\n[{name}]\n");
        let defaults = standard.get(name).and_then(Value::as_table);
        for option in options.get_arguments().filter(|option| !option.is_hide_set()) {
            let Some(key) = option.get_long() else { continue };
            for line in option.get_help().map(ToString::to_string).unwrap_or_default().lines() {
                text += &format!("# {line}\n");
            }
            text += &match defaults.and_then(|defaults| defaults.get(key)) {
                Some(value) => format!("{key} = {value}\n"),
                None if is_switch(option) => format!("{key} = false\n"),
                None => format!("#{key} = {}\n", form(name, key, option)),
            };
        }
    }
    text + TAIL
}

/// How a value of this option is written.
fn form(table: &str, key: &str, option: &clap::Arg) -> String {
    // One that has no default shows its first choice.
    if let Some(choice) = option.get_possible_values().first() {
        return format!("{:?}", choice.get_name());
    }
    let name = option.get_value_names().and_then(|names| names.first()).map_or("…", |name| name.as_str());
    let is_number = toml::from_str::<FileOptions>(&format!("[{table}]\n{key} = \"\"")).is_err();
    if is_number { "1".to_owned() } else { format!("\"{name}\"") }
}

/// The keys that a table of the file may have.
#[cfg(test)]
pub(super) fn keys(table: &str) -> Vec<String> {
    let error = toml::from_str::<FileOptions>(&format!("[{table}]\n\"no such key\" = 1")).expect_err("no such key");
    // "unknown field `no such key`, expected one of `a`, `b`"
    error.message().split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Layer;

    #[test]
    fn the_commented_file_says_what_holds_without_it() {
        let mut file: Table = toml::from_str(&commented()).expect("valid");
        for options in file.iter_mut().filter_map(|(_, options)| options.as_table_mut()) {
            options.retain(|_, value| *value != Value::Boolean(false));
        }
        assert_eq!(Ok(file), Table::try_from(FileOptions::standard()));
    }

    #[test]
    fn every_key_of_the_commented_file_is_explained_and_can_be_taken_in() {
        let text = commented();
        for (name, _) in tables() {
            let table = text.split(&format!("\n[{name}]\n")).nth(1).expect("the table");
            let table = table.split("\n[").next().expect("text").split("\n# Profiles").next().expect("text");
            for key in keys(name) {
                let lines: Vec<&str> = table.lines().collect();
                let is_key = |line: &&str| line.trim_start_matches('#').starts_with(&format!("{key} = "));
                let at = lines.iter().position(is_key).unwrap_or_else(|| panic!("[{name}] {key}"));
                assert!(at > 0 && lines[at - 1].starts_with("# "), "[{name}] {key} is not explained");
                let line = lines[at].trim_start_matches('#');
                let alone = toml::from_str::<FileOptions>(&format!("[{name}]\n{line}"));
                assert!(alone.is_ok(), "[{name}] {line}: {alone:?}");
            }
        }
        let profiles = TAIL.lines().map(|line| line.strip_prefix('#').filter(|l| !l.starts_with(' ')).unwrap_or(""));
        let file = toml::from_str::<FileOptions>(&profiles.collect::<Vec<_>>().join("\n")).expect("valid");
        assert!(file.profile.contains_key("example"));
    }

    #[test]
    fn what_is_said_first_holds() {
        let read = |text: &str| toml::from_str::<FileOptions>(text).expect("valid");
        let profile = read("[check]\nregistry = \"a\"\n");
        let file = read("[check]\nregistry = \"b\"\nstore = \"c\"\n[profile.x.check]\nregistry = \"d\"\n");
        let both = profile.or(file);
        assert_eq!(both.check.registry, Some("a".into()));
        assert_eq!(both.check.store, Some("c".into()));
        assert_eq!(both.profile.len(), 1);
    }
}
