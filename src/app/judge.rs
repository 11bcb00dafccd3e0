//! From observations to verdicts and alerts: registry, rules and positions joined in the order of the recordings.

use std::fs;

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::{
    alert::{Alert, AlertBook, Change},
    config::{Gps, JudgeSettings},
    detect::{Engine, Judged, Rules},
    observation::Observation,
    position::{GpxTrack, PositionSource},
    registry::{self, ImportOptions, Registry, RegistryAnswer},
};

/// All that has an opinion about a cell.
pub(super) struct Judge {
    registry: Option<Registry>,
    positions: Option<Box<dyn PositionSource>>,
    engine: Engine,
    alerts: AlertBook,
}

impl Judge {
    /// Reads the list, the rules and the track.
    pub fn open(settings: &JudgeSettings) -> Result<Self> {
        let registry = match &settings.registry {
            None => None,
            Some(path) => Some(registry::open(path, &ImportOptions::at(Timestamp::now()))?.0),
        };
        let rules = match &settings.rules {
            None => Rules::default(),
            Some(path) => {
                let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read", path.display()))?;
                Rules::parse(&text).with_context(|| path.display().to_string())?
            }
        };
        let positions: Option<Box<dyn PositionSource>> = match &settings.gps {
            None => None,
            Some(Gps::Fixed(place)) => Some(Box::new(*place)),
            Some(Gps::Gpx(path)) => Some(Box::new(GpxTrack::open(path).with_context(|| path.display().to_string())?)),
        };
        let alerts = AlertBook::new(&rules);
        Ok(Self { registry, positions, engine: Engine::new(rules), alerts })
    }

    /// The name of the rules and their thresholds.
    pub fn rules_version(&self) -> String {
        self.engine.rules().version()
    }

    /// Judges the cells of one dwell; those without a position get the track's.
    pub fn dwell(&mut self, cells: &mut [Observation]) -> (Vec<Judged>, Vec<Alert>) {
        for cell in &mut *cells {
            let on_track = || self.positions.as_ref()?.at(cell.time()?);
            cell.position = cell.position.or_else(on_track);
        }
        let answers: Vec<RegistryAnswer> = match &self.registry {
            None => Vec::new(),
            Some(registry) => cells.iter().map(|cell| registry.check(cell)).collect(),
        };
        let judged = self.engine.dwell(cells, &answers);
        let raised = self.alerts.take(cells, &judged).into_iter().filter_map(|change| match change {
            Change::Raised(alert) => Some(alert),
            Change::Closed { .. } | Change::Opened { .. } => None,
        });
        (judged, raised.collect())
    }
}
