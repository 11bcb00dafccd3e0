//! `inspect`: the account of every registered cell of an area.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result, ensure};

use super::{Outcome, judge::open_registry, stored::open_to_read};
use crate::config::{Form, InspectSettings};
use cellwarden_core::{
    drive::{JudgedCell, SearchedDwell},
    registry::inspect::{HeardCell, InspectedDwell, inspect as account},
};
use cellwarden_report::inspection::{write_csv, write_json, write_table};
use cellwarden_store::{Detail, Store, StoreError};

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn inspect(settings: &InspectSettings) -> Result<Outcome> {
    let registry = open_registry(&settings.registry)?;
    let path = settings.store.display();
    let store = open_to_read(&settings.store)?;
    let dwells = inspected_dwells(&store).with_context(|| path.to_string())?;
    let visits = store.visits().with_context(|| path.to_string())?;
    ensure!(!dwells.is_empty(), "{path}: no drive is stored; replay one with --store first");
    let inspection = account(&registry, &settings.area, &dwells, &visits, settings.model);
    let mut out = BufWriter::new(io::stdout().lock());
    match settings.form {
        Form::Table => write_table(&mut out, &inspection, settings.all)?,
        Form::Csv => write_csv(&mut out, &inspection)?,
        Form::Json => write_json(&mut out, &inspection)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// All stored dwells as an inspection wants them.
///
/// # Errors
/// What is wrong with the store.
pub fn inspected_dwells(store: &Store) -> Result<Vec<InspectedDwell>, StoreError> {
    let mut dwells = Vec::new();
    store.all_dwells::<StoreError>(Detail::Facts, |_, dwell, cells| {
        dwells.push(inspected(dwell, &cells));
        Ok(())
    })?;
    Ok(dwells)
}

/// A stored dwell as an inspection wants it. One that was clipped counts for what it heard and not for where: neither levels
/// nor what it would have heard are known.
pub fn inspected(dwell: &SearchedDwell, cells: &[JudgedCell]) -> InspectedDwell {
    InspectedDwell {
        id: dwell.recording.clone(),
        time: dwell.start,
        position: dwell.position.filter(|_| !dwell.is_clipped()),
        searched: dwell.searched(),
        heard: cells.iter().map(|cell| HeardCell::from(&cell.observation)).collect(),
    }
}
