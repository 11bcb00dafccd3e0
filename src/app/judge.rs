//! Judges dwells: positions joined, the registry asked, the rules run, findings made alerts.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::{
    memory::{Recalled, Remembered},
    positions::open_positions,
    track::{self, ForeignTrack},
};
use crate::{config::CheckSettings, console};
use cellwarden_core::{
    alert::{Alert, AlertBook, allowed::AllowList},
    detect::{Engine, Judged, Rules, rule::STALE_DAYS},
    observation::{Observation, Plmn, Position},
    registry::{ImportOptions, ImportReport, Lookup, Registry, RegistryAnswer, RegistrySnapshot, check},
};
use cellwarden_position::{LiveStatus, PositionSource};
use cellwarden_store::registry::{RegisteredCells, RegistryError};
use cellwarden_text::counted;

/// What observations are checked against, and what was heard before.
pub struct Judge {
    registry: Option<RegisteredCells>,
    ran_hosts: Vec<Plmn>,
    allowed: AllowList,
    positions: Option<Box<dyn PositionSource>>,
    rules_file: Option<PathBuf>,
    engine: Engine,
    book: AlertBook,
}

/// A dwell with what was made of it.
pub struct JudgedDwell {
    /// Its cells.
    pub cells: Vec<(Observation, Judged)>,
    /// What became of alerts.
    pub changes: Vec<Alert>,
}

impl Judge {
    /// Loads what the settings name.
    ///
    /// # Errors
    /// The first of it that cannot be used.
    pub fn open(settings: &CheckSettings) -> Result<Self> {
        let registry = settings.registry.as_deref().map(|path| look_up_dated(path, settings.list_date)).transpose();
        let registry = if settings.registry_is_default {
            // Nobody named it: what holds no list yet is none.
            let is_empty = |error: &anyhow::Error| {
                matches!(error.downcast_ref::<RegistryError>(), Some(RegistryError::NoSnapshot))
            };
            let registry = match registry {
                Err(error) if is_empty(&error) => None,
                registry => registry.context("--no-registry does without the list in the data folder")?,
            };
            if let (Some(list), Some(path)) = (&registry, &settings.registry) {
                announce(list, path);
            }
            registry
        } else {
            registry?
        };
        let allowed = settings.allow.as_deref().map(open_allow_list).transpose()?.unwrap_or_default();
        let rules = open_rules(settings.rules.as_deref())?;
        let positions = settings.gps.as_ref().map(open_positions).transpose()?;
        let book = AlertBook::new(&rules);
        let ran_hosts = settings.ran_hosts.clone();
        let rules_file = settings.rules.clone();
        Ok(Self { registry, ran_hosts, allowed, positions, rules_file, engine: Engine::new(rules), book })
    }

    /// Does something with rules that remember nothing, and gives these back what they remembered.
    ///
    /// # Errors
    /// From the work, or where the rules file is not there any more.
    pub fn anew<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let rules = open_rules(self.rules_file.as_deref())?;
        let book = std::mem::replace(&mut self.book, AlertBook::new(&rules));
        let engine = std::mem::replace(&mut self.engine, Engine::new(rules));
        let done = work(self);
        (self.book, self.engine) = (book, engine);
        done
    }

    /// Whether a rule is on.
    pub fn has_rule(&self, id: &str) -> bool {
        self.engine.rules().enabled().any(|rule| rule.about().id == id)
    }

    /// Name of the rules with their thresholds, and of the RAN hosts that they allow.
    pub fn rules_version(&self) -> String {
        let hosts = self.ran_hosts.iter().map(|host| format!("+{host}"));
        std::iter::once(self.engine.rules().version()).chain(hosts).collect()
    }

    /// The registered cell list, where one was named.
    pub fn registry(&self) -> Option<&RegisteredCells> {
        self.registry.as_ref()
    }

    /// What the rules remember.
    pub fn remembered(&self) -> Remembered<'_> {
        Remembered { history: self.engine.history(), book: self.book.kept() }
    }

    /// Takes over what the rules remembered.
    pub fn remember(&mut self, recalled: Recalled) {
        self.book = AlertBook::new(self.engine.rules()).with_kept(recalled.book);
        self.engine.set_history(recalled.history);
    }

    /// Where the receiver was, by the track or place that the user named.
    pub fn position(&self, time: Option<Timestamp>) -> Option<Position> {
        let positions = self.positions.as_ref()?;
        time.map_or_else(|| positions.always(), |time| positions.at(time))
    }

    /// Whether positions come from something that moves, so that a recording without a time has none.
    pub fn needs_time(&self) -> bool {
        self.positions.as_ref().is_some_and(|positions| positions.always().is_none())
    }

    /// Checks the track that the user named against the recordings. See [`track::check_track`].
    ///
    /// # Errors
    /// Where it covers none of them.
    pub fn check_track(
        &self,
        recordings: impl Iterator<Item = (Timestamp, f64)>,
    ) -> Result<Option<String>, ForeignTrack> {
        self.positions.as_deref().map_or(Ok(None), |positions| track::check_track(positions, recordings))
    }

    /// How the GNSS receiver stands, where positions come from one.
    pub fn receiver(&self) -> Option<LiveStatus> {
        self.positions.as_ref()?.receiver()
    }

    /// Judges the cells of one dwell.
    ///
    /// # Errors
    /// Where the registry cannot be read.
    pub fn dwell(&mut self, observations: Vec<Observation>) -> Result<JudgedDwell> {
        let hosts = &self.ran_hosts;
        let answers =
            self.registry.iter().flat_map(|registry| observations.iter().map(move |o| check(registry, hosts, o)));
        let answers: Vec<RegistryAnswer> = answers.collect::<Result<_, _>>().context("cannot use the registry")?;
        let mut judged = self.engine.dwell(&observations, &answers);
        observations.iter().zip(&mut judged).for_each(|(observation, judged)| self.allowed.mark(observation, judged));
        let changes = self.book.take(&observations, &judged);
        Ok(JudgedDwell { cells: observations.into_iter().zip(judged).collect(), changes })
    }
}

/// Reads a registered cell list into memory, from its database or from CSV.
///
/// # Errors
/// What is wrong with it.
pub fn open_registry(path: &Path) -> Result<Registry> {
    open_registry_as(path, &ImportOptions::at(file_time(path)))
}

/// The same, read as the options say; the date that they give is the list's.
///
/// # Errors
/// What is wrong with it.
pub fn open_registry_as(path: &Path, options: &ImportOptions) -> Result<Registry> {
    let opened = cellwarden_store::registry::open(path, options).context("cannot use the registry")?;
    let (mut registry, report) = opened;
    print_remarks(report.as_ref());
    if let Some(date) = options.list_date {
        registry.set_date(date);
    }
    Ok(registry)
}

/// Prints what was assumed of a list that was read.
fn print_remarks(report: Option<&ImportReport>) {
    report.iter().flat_map(|report| &report.remarks).for_each(console::write_error_line);
}

/// Reports that the list in the data folder is used, which nobody named.
fn announce(list: &RegisteredCells, path: &Path) {
    let RegistrySnapshot { rows, imported, .. } = list.snapshot();
    let cells = counted(*rows, "cell");
    console::write_error_line(format!(
        "checked against {}, {cells} of {}; --no-registry checks against none",
        path.display(),
        imported.strftime("%Y-%m-%d")
    ));
}

/// Opens a registered cell list to look up a few of its rows.
///
/// # Errors
/// What is wrong with it.
pub fn look_up_registry(path: &Path, options: &ImportOptions) -> Result<RegisteredCells> {
    let (mut list, report) = RegisteredCells::open(path, options).context("cannot use the registry")?;
    print_remarks(report.as_ref());
    if let Some(date) = options.list_date {
        list.set_date(date);
    }
    Ok(list)
}

/// Opens a list with the date that its user gives, and says where its date cannot be right or is long ago.
fn look_up_dated(path: &Path, list_date: Option<Timestamp>) -> Result<RegisteredCells> {
    let list = look_up_registry(path, &ImportOptions { list_date, ..ImportOptions::at(file_time(path)) })?;
    report_age(list.snapshot());
    Ok(list)
}

/// Reports where a list's date cannot be right or is long ago.
pub fn report_age(list: &RegistrySnapshot) {
    let date = list.imported;
    let days = Timestamp::now().duration_since(date).as_secs_f64() / 86_400.0;
    let remark = if days < 0.0 {
        format!(
            "the registered cell list is of the future ({date}): its age counts as 0; see --list-date and the clock"
        )
    } else if days > STALE_DAYS {
        format!(
            "the registered cell list of {date} is {} old: cells may be new or changed since",
            counted(days.round() as u64, "day")
        )
    } else {
        return;
    };
    tracing::warn!("{remark}");
    console::write_error_line(remark);
}

/// Reads an allow-list: TOML by its name, else CSV.
///
/// # Errors
/// Where and what is wrong in it.
fn open_allow_list(path: &Path) -> Result<AllowList> {
    let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read the allow-list", path.display()))?;
    let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let list = if is_toml { AllowList::parse_toml(&text) } else { AllowList::parse_csv(&text) };
    list.with_context(|| path.display().to_string())
}

/// When a file was changed: a list that is no database counts its age from there, not from when it is read.
pub fn file_time(path: &Path) -> Timestamp {
    let modified = fs::metadata(path).and_then(|facts| facts.modified()).unwrap_or_else(|_| SystemTime::now());
    Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The rules under an operator's file, or the defaults.
///
/// # Errors
/// Where and what is wrong in the file.
pub fn open_rules(path: Option<&Path>) -> Result<Rules> {
    let Some(path) = path else { return Ok(Rules::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read the rules", path.display()))?;
    Rules::parse(&text).with_context(|| path.display().to_string())
}
