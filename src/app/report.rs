//! `report`: what a drive found, as one file to hand over.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, ensure};

use super::{Outcome, inspect::inspected, judge::open_registry, stored::open_to_read};
use crate::{cli::ALONG_M, config::ReportSettings};
use cellwarden_core::{
    drive::DriveBuilder,
    observation::{Ecgi, Position},
    registry::{
        RegisteredCell, Registry,
        inspect::{Area, InspectedDwell, Visit, inspect},
        path_loss::PathLossModel,
    },
};
use cellwarden_report::{account::Account, format::Writer};
use cellwarden_store::{Detail, Store, StoreError, StoredDrive};

/// Most registered sites shown.
const MAX_SITES: usize = 5_000;

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn report(settings: &ReportSettings) -> Result<Outcome> {
    let path = settings.store.display();
    let store = open_to_read(&settings.store)?;
    let drives = chosen(&store, settings.drive).with_context(|| path.to_string())?;
    let account = |drives| -> Result<Account> {
        let (mut account, dwells) = account_of(&store, drives).with_context(|| path.to_string())?;
        if let Some(list) = &settings.registry {
            let visits = store.visits().with_context(|| path.to_string())?;
            add_registry(&mut account, &dwells, &visits, &open_registry(list)?);
        }
        Ok(account)
    };
    match settings.format.writer {
        Writer::Dwells(start) => write(settings.out.as_deref(), |out| {
            let mut writer = start(out)?;
            drives.iter().try_for_each(|drive| {
                store.dwells_of::<anyhow::Error>(drive.id, Detail::Whole, |dwell, cells| {
                    Ok(writer.dwell(dwell, &cells)?)
                })
            })
        }),
        Writer::Account(write_account) => {
            let account = account(drives)?;
            write(settings.out.as_deref(), |out| Ok(write_account(out, &account, settings.language)?))
        }
        Writer::File(write_file) => {
            let out = settings.out.as_deref().context("this format needs --out FILE")?;
            let account = account(drives)?;
            let cannot_write = || format!("{}: cannot write", out.display());
            // A database would be written into what is there.
            match fs::remove_file(out) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(cannot_write),
                _ => {}
            }
            write_file(out, &account).with_context(cannot_write)?;
            Ok(Outcome::Done)
        }
    }
}

/// The drives of the store, or the one.
///
/// # Errors
/// Where there is none.
pub fn chosen(store: &Store, drive: Option<i64>) -> Result<Vec<StoredDrive>> {
    let drives: Vec<StoredDrive> =
        store.drives()?.into_iter().filter(|stored| drive.is_none_or(|id| id == stored.id)).collect();
    match drive {
        Some(id) => ensure!(!drives.is_empty(), "there is no drive {id}; `cellwarden drives list` names them"),
        None => ensure!(!drives.is_empty(), "no drive is stored; replay one with --store first"),
    }
    Ok(drives)
}

/// The account of drives, and their dwells as an inspection wants them.
///
/// # Errors
/// What is wrong with the store.
pub fn account_of(store: &Store, drives: Vec<StoredDrive>) -> Result<(Account, Vec<InspectedDwell>), StoreError> {
    let (mut builder, mut dwells, mut alerts) = (DriveBuilder::default(), Vec::new(), Vec::new());
    for drive in &drives {
        store.dwells_of::<StoreError>(drive.id, Detail::Facts, |dwell, cells| {
            dwells.push(inspected(dwell, &cells));
            builder.add(dwell, &cells);
            Ok(())
        })?;
        alerts.extend(store.alerts_of(drive.id)?);
    }
    alerts.iter().for_each(|stored| builder.add_alert(&stored.alert));
    Ok((Account { drives, drive: builder.finish(), alerts, ..Account::default() }, dwells))
}

fn add_registry(account: &mut Account, dwells: &[InspectedDwell], visits: &[Visit], registry: &Registry) {
    account.sites = sites_along(account.drive.stops.iter().filter_map(|stop| stop.place), registry);
    account.snapshot = Some(registry.snapshot().clone());
    account.inspection = Some(inspect(registry, &Area::AlongDrive(ALONG_M), dwells, visits, PathLossModel::default()));
}

/// The registered cells along a track, each once, in the order in which it comes near them; at most [`MAX_SITES`].
fn sites_along(track: impl Iterator<Item = Position>, registry: &Registry) -> Vec<RegisteredCell> {
    let mut sites: Vec<RegisteredCell> = Vec::new();
    // A list may have several rows of one identifier.
    let mut of_ecgi: BTreeMap<Ecgi, Vec<usize>> = BTreeMap::new();
    for (cell, _) in track.flat_map(|stop| registry.near(stop, ALONG_M)) {
        let known = of_ecgi.entry(cell.ecgi).or_default();
        if known.iter().any(|&site| sites[site] == cell) {
            continue;
        }
        if sites.len() == MAX_SITES {
            break;
        }
        known.push(sites.len());
        sites.push(cell);
    }
    sites
}

/// Writes to the file, or to standard output.
fn write(file: Option<&Path>, report: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<Outcome> {
    let Some(path) = file else {
        let mut out = BufWriter::new(io::stdout().lock());
        report(&mut out)?;
        out.flush()?;
        return Ok(Outcome::Done);
    };
    let written = File::create(path).map_err(anyhow::Error::from).and_then(|file| {
        let mut out = BufWriter::new(file);
        report(&mut out)?;
        Ok(out.flush()?)
    });
    written.with_context(|| format!("{}: cannot write", path.display()))?;
    Ok(Outcome::Done)
}
