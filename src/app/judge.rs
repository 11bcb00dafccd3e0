//! Judges dwells: positions joined, the registry asked, the rules run, findings made alerts.

use std::{fs, path::Path, time::SystemTime};

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::{
    memory::{Recalled, Remembered},
    positions::open_positions,
};
use crate::config::CheckSettings;
use cellwarden_core::{
    alert::{Alert, AlertBook},
    detect::{Engine, Judged, Rules},
    observation::{Observation, Plmn, Position},
    registry::{ImportOptions, Registry, RegistryAnswer, check},
};
use cellwarden_position::{LiveStatus, PositionSource};
use cellwarden_store::registry::RegisteredCells;

/// What observations are checked against, and what was heard before.
pub struct Judge {
    registry: Option<RegisteredCells>,
    ran_hosts: Vec<Plmn>,
    positions: Option<Box<dyn PositionSource>>,
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
        let registry = settings.registry.as_deref().map(look_up_registry).transpose()?;
        let rules = open_rules(settings.rules.as_deref())?;
        let positions = settings.gps.as_ref().map(open_positions).transpose()?;
        let book = AlertBook::new(&rules);
        Ok(Self { registry, ran_hosts: settings.ran_hosts.clone(), positions, engine: Engine::new(rules), book })
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
        let judged = self.engine.dwell(&observations, &answers);
        let changes = self.book.take(&observations, &judged);
        Ok(JudgedDwell { cells: observations.into_iter().zip(judged).collect(), changes })
    }
}

/// Reads a registered cell list into memory, from its database or from CSV.
///
/// # Errors
/// What is wrong with it.
pub fn open_registry(path: &Path) -> Result<Registry> {
    let opened = cellwarden_store::registry::open(path, &options_of(path));
    Ok(opened.context("cannot use the registry")?.0)
}

/// Opens a registered cell list to look up a few of its rows.
///
/// # Errors
/// What is wrong with it.
pub fn look_up_registry(path: &Path) -> Result<RegisteredCells> {
    let opened = RegisteredCells::open(path, &options_of(path));
    Ok(opened.context("cannot use the registry")?.0)
}

/// How a list that is no database is read: its own age counts, not that of reading it.
fn options_of(path: &Path) -> ImportOptions {
    let modified = fs::metadata(path).and_then(|facts| facts.modified()).unwrap_or_else(|_| SystemTime::now());
    ImportOptions::at(Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH))
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
