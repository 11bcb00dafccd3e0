//! `visits`: the doors to visit, and what crews found there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use jiff::Zoned;

use super::{Outcome, inspect::inspected_dwells, judge::open_registry, stored::open_to_read};
use crate::{
    cli::{DoorFormat, VisitsAction},
    config::VisitsSettings,
};
use cellwarden_core::registry::{
    inspect::{doors, inspect, read_addresses, read_visits},
    path_loss::PathLossModel,
};
use cellwarden_report::doors::{write_csv, write_html};
use cellwarden_store::Store;
use cellwarden_text::counted;

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn visits(settings: &VisitsSettings) -> Result<Outcome> {
    match &settings.action {
        VisitsAction::List => list(settings),
        VisitsAction::Import { file } => import(settings, file),
    }
}

fn list(settings: &VisitsSettings) -> Result<Outcome> {
    let registry = open_registry(&settings.registry)?;
    let store = open_to_read(&settings.store)?;
    let name = || settings.store.display().to_string();
    let dwells = inspected_dwells(&store).with_context(name)?;
    let visits = store.visits().with_context(name)?;
    let inspection = inspect(&registry, &settings.area, &dwells, &visits, PathLossModel::default());
    let doors = doors(&inspection, Zoned::now().date());
    let addresses = match &settings.addresses {
        None => BTreeMap::new(),
        Some(path) => {
            let name = || path.display().to_string();
            let wanted: BTreeSet<_> = doors.iter().map(|door| door.account.cell.ecgi).collect();
            let file = File::open(path).with_context(name)?;
            read_addresses(BufReader::new(file), |ecgi| wanted.contains(&ecgi)).with_context(name)?
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match settings.format {
        DoorFormat::Csv => write_csv(&mut out, &doors, &addresses, settings.language)?,
        DoorFormat::Html => write_html(&mut out, &doors, &addresses, settings.language)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn import(settings: &VisitsSettings, path: &Path) -> Result<Outcome> {
    let name = || path.display().to_string();
    let file = File::open(path).with_context(name)?;
    let visits = read_visits(BufReader::new(file)).with_context(name)?;
    let mut store = Store::create(&settings.store)
        .with_context(|| format!("{}: cannot use the store", settings.store.display()))?;
    let added = store.add_visits(&visits).with_context(|| settings.store.display().to_string())?;
    let known = (visits.len() - added) as u64;
    let mut out = io::stdout().lock();
    writeln!(out, "{} stored, {known} known before", counted(added as u64, "visit"))?;
    Ok(Outcome::Done)
}
