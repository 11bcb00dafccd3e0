//! `plan`: where each van drives next.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
};

use anyhow::{Context, Result, ensure};

use super::{Outcome, inspect::inspected_dwells, judge::open_registry, stored::open_to_read};
use crate::{cli::PlanFormat, config::PlanSettings};
use cellwarden_core::{
    alert::Alert,
    observation::Position,
    registry::{
        inspect::{InspectedDwell, Visit, inspect_ahead},
        plan::{Concerns, Request, Streets, plan as plan_routes, priorities},
    },
};
use cellwarden_report::routes::{write_csv, write_geojson, write_gpx, write_json, write_table};
use cellwarden_roads::read_roads;
use cellwarden_store::{Store, StoreError};

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn plan(settings: &PlanSettings) -> Result<Outcome> {
    let registry = open_registry(&settings.registry)?;
    let Stored { dwells, visits, alerts } = if settings.is_store_named || settings.store.exists() {
        let store = open_to_read(&settings.store)?;
        Stored::of(&store).with_context(|| settings.store.display().to_string())?
    } else {
        Stored::default()
    };
    let ahead = inspect_ahead(&registry, &settings.area, &dwells, &visits, settings.model);
    let places: Vec<Position> = ahead.open().filter_map(|account| account.cell.place).collect();
    ensure!(
        !places.is_empty(),
        "{} registered cells, and none that a drive may settle has a place and a channel: give another --area",
        ahead.inspection.accounts.len()
    );
    let streets = match &settings.roads {
        None => Streets::grid(&places)?,
        Some(path) => {
            let name = || path.display().to_string();
            let file = File::open(path).with_context(name)?;
            read_roads(file, &places).with_context(name)?
        }
    };
    let last = dwells.iter().filter_map(|dwell| Some((dwell.time?, dwell.position?))).max_by_key(|(time, _)| *time);
    let mut starts = settings.starts.clone();
    if starts.is_empty() {
        starts.push(last.map_or_else(|| middle(&places), |(_, place)| place));
    }
    let request = Request {
        starts: starts.into_iter().cycle().take(settings.vans).collect(),
        hours: settings.hours,
        speed_kmh: settings.speed_kmh,
    };
    let now = last.map_or(registry.snapshot().imported, |(time, _)| time);
    let weights = priorities(&ahead.inspection.accounts, &concerns(&alerts, &dwells), now);
    let mut plan = plan_routes(&ahead, &weights, &streets, &request, settings.model)?;
    plan.routes.retain(|route| settings.van.is_none_or(|van| van == route.van));
    let mut out = BufWriter::new(io::stdout().lock());
    match settings.format {
        PlanFormat::Table => write_table(&mut out, &plan, &request)?,
        PlanFormat::Csv => write_csv(&mut out, &plan, &request)?,
        PlanFormat::Json => write_json(&mut out, &plan, &request)?,
        PlanFormat::Geojson => write_geojson(&mut out, &plan, &request)?,
        PlanFormat::Gpx => write_gpx(&mut out, &plan)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// All that is stored.
#[derive(Default)]
struct Stored {
    dwells: Vec<InspectedDwell>,
    visits: Vec<Visit>,
    alerts: Vec<Alert>,
}

impl Stored {
    fn of(store: &Store) -> Result<Self, StoreError> {
        let alerts = store.alerts()?.into_iter().map(|stored| stored.alert).collect();
        Ok(Self { dwells: inspected_dwells(store)?, visits: store.visits()?, alerts })
    }
}

/// What the alerts were about, and where the dwells were that raised them.
fn concerns(alerts: &[Alert], dwells: &[InspectedDwell]) -> Concerns {
    let places: BTreeMap<_, _> = dwells.iter().filter_map(|dwell| Some((dwell.time?, dwell.position?))).collect();
    Concerns {
        identities: alerts.iter().flat_map(|alert| alert.identities.iter().copied().chain(alert.ecgi)).collect(),
        places: alerts.iter().filter_map(|alert| places.get(&alert.time?).copied()).collect(),
    }
}

/// The middle of some places.
fn middle(places: &[Position]) -> Position {
    let count = places.len() as f64;
    let lat = places.iter().map(|place| place.lat).sum::<f64>() / count;
    let lon = places.iter().map(|place| place.lon).sum::<f64>() / count;
    Position { lat, lon, error_m: 0.0 }
}
