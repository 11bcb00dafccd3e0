//! `inspect`: the account of every registered cell of an area.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result, ensure};

use super::{Outcome, judge::open_registry};
use crate::config::{Form, InspectSettings};
use cellwarden_core::registry::inspect::{HeardCell, InspectOptions, InspectedDwell, inspect as account};
use cellwarden_report::inspection::{write_csv, write_json, write_table};
use cellwarden_store::{DwellRecord, Store, StoreError, StoredCell};

/// Half the bandwidth of the narrowest carrier, 6 resource blocks: so far inside the recorded band a carrier's centre
/// must lie to be searched. TS 36.104 §5.6.
const HALF_NARROWEST_HZ: f64 = 540e3;

/// Half the raster: a named carrier is that channel alone. TS 36.101 §5.7.2.
const HALF_RASTER_HZ: f64 = 50e3;

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn inspect(settings: &InspectSettings) -> Result<Outcome> {
    let registry = open_registry(&settings.registry)?;
    let path = settings.store.display();
    let store = Store::open(&settings.store).with_context(|| format!("{path}: cannot use the store"))?;
    let mut dwells = Vec::new();
    let listed = store.all_dwells::<StoreError>(|_, dwell, cells| {
        dwells.push(inspected(dwell, &cells));
        Ok(())
    });
    listed.with_context(|| path.to_string())?;
    ensure!(!dwells.is_empty(), "{path}: no drive is stored; replay one with --store first");
    let options = InspectOptions { model: settings.model, ..InspectOptions::default() };
    let inspection = account(&registry, &settings.area, &dwells, &options);
    let mut out = BufWriter::new(io::stdout().lock());
    match settings.form {
        Form::Table => write_table(&mut out, &inspection, settings.all)?,
        Form::Csv => write_csv(&mut out, &inspection)?,
        Form::Json => write_json(&mut out, &inspection)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// A stored dwell as an inspection wants it.
pub fn inspected(dwell: &DwellRecord, cells: &[StoredCell]) -> InspectedDwell {
    let searched_hz = match &dwell.carriers_hz {
        Some(carriers) => carriers.iter().map(|hz| (hz - HALF_RASTER_HZ, hz + HALF_RASTER_HZ)).collect(),
        None => {
            let half_hz = (dwell.sample_rate_hz / 2.0 - HALF_NARROWEST_HZ).max(0.0);
            vec![(dwell.center_hz - half_hz, dwell.center_hz + half_hz)]
        }
    };
    InspectedDwell {
        id: dwell.recording.clone(),
        time: dwell.start,
        position: dwell.position,
        searched_hz,
        heard: cells.iter().map(|cell| HeardCell::from(&cell.observation)).collect(),
    }
}
