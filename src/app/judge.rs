//! Judges dwells: positions joined, the registry asked, the rules run, findings made alerts.

use std::{fs, path::Path, time::SystemTime};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{
    memory::{Recalled, Remembered},
    positions::open_positions,
};
use crate::{config::CheckSettings, console};
use cellwarden_core::{
    alert::{Alert, AlertBook, allowed::AllowList},
    detect::{Engine, Judged, Rules, rule::STALE_DAYS},
    observation::{Observation, Plmn, Position},
    registry::{ImportOptions, Lookup, Registry, RegistryAnswer, check},
};
use cellwarden_position::{LiveStatus, PositionSource};
use cellwarden_store::registry::RegisteredCells;

/// What observations are checked against, and what was heard before.
pub struct Judge {
    registry: Option<RegisteredCells>,
    ran_hosts: Vec<Plmn>,
    allowed: AllowList,
    positions: Option<Box<dyn PositionSource>>,
    engine: Engine,
    book: AlertBook,
}

/// A track that has nothing to do with the recordings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "--gps: the track is from {first} to {last}, and none of {count} recordings, from {from} to {to}, is in it: give the \
     track of this drive, or correct the times (times without a zone are UTC)"
)]
pub struct ForeignTrack {
    first: Timestamp,
    last: Timestamp,
    count: usize,
    from: Timestamp,
    to: Timestamp,
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
        let registry = settings.registry.as_deref().map(|path| look_up_dated(path, settings.list_date)).transpose()?;
        let allowed = settings.allow.as_deref().map(open_allow_list).transpose()?.unwrap_or_default();
        let rules = open_rules(settings.rules.as_deref())?;
        let positions = settings.gps.as_ref().map(open_positions).transpose()?;
        let book = AlertBook::new(&rules);
        let ran_hosts = settings.ran_hosts.clone();
        Ok(Self { registry, ran_hosts, allowed, positions, engine: Engine::new(rules), book })
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

    /// Refuses a track that covers none of the recordings, which begin at these times and are so many seconds long: it is
    /// another drive's, or one of the clocks is wrong.
    ///
    /// # Errors
    /// See [`ForeignTrack`].
    pub fn check_track(&self, recordings: impl Iterator<Item = (Timestamp, f64)>) -> Result<(), ForeignTrack> {
        let Some((positions, (first, last))) = self.positions.as_ref().and_then(|p| Some((p, p.span()?))) else {
            return Ok(());
        };
        let (mut count, mut from, mut to) = (0, Timestamp::MAX, Timestamp::MIN);
        for (start, seconds) in recordings {
            let half = SignedDuration::try_from_secs_f64(seconds / 2.0).unwrap_or_default();
            let middle = start.checked_add(half).unwrap_or(start);
            if positions.at(middle).is_some() {
                return Ok(());
            }
            (count, from, to) = (count + 1, from.min(start), to.max(start));
        }
        if count == 0 { Ok(()) } else { Err(ForeignTrack { first, last, count, from, to }) }
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

/// Opens a list with the date that its user gives, and says where its date cannot be right or is long ago.
fn look_up_dated(path: &Path, list_date: Option<Timestamp>) -> Result<RegisteredCells> {
    let opened = RegisteredCells::open(path, &ImportOptions { list_date, ..options_of(path) });
    let mut list = opened.context("cannot use the registry")?.0;
    if let Some(list_date) = list_date {
        list.set_date(list_date);
    }
    let date = list.snapshot().imported;
    let days = Timestamp::now().duration_since(date).as_secs_f64() / 86_400.0;
    let remark = if days < 0.0 {
        format!(
            "the registered cell list is of the future ({date}): its age counts as 0; see --list-date and the clock"
        )
    } else if days > STALE_DAYS {
        format!("the registered cell list of {date} is {days:.0} days old: cells may be new or changed since")
    } else {
        return Ok(list);
    };
    tracing::warn!("{remark}");
    console::write_error_line(remark);
    Ok(list)
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
