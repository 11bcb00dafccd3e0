//! How far a drive's own measurements lie from the predictions.
//!
//! Levels are dBFS less gain, so the receiver's place on the dBm scale is unknown; what is known is a cell's level over
//! the noise. The residual of a cell is the median over its dwells of measured less predicted level over noise, that of
//! a kind the median over its cells: a cell passed often weighs no more than one passed once. Only cells heard as
//! registered, active and with a place count. They are heard because they are strong, so residuals err upwards; the
//! margins of the inspection stand against that.

use std::collections::BTreeMap;

use super::{InspectedDwell, expected_rsrp_dbm, nominal_noise_dbm};
use crate::{
    observation::{Earfcn, Ecgi},
    registry::{CellKind, Registry, path_loss::PathLossModel},
};

/// The corrections of a drive.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration {
    /// By kind: macro, small, femto, in the order of [`CellKind::ALL`].
    of_kind: [Option<Correction>; 3],
    /// For kinds of which no cell was heard.
    of_others: Correction,
}

/// A correction of predicted levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction {
    /// To be added to a prediction, in dB.
    pub offset_db: f64,
    /// Its standard error in dB.
    pub error_db: f64,
    /// How many cells it rests on; 0 for an assumption.
    pub cells: usize,
}

/// Spread of the medians of single cells around the model, in dB. TS 36.942 §4.5.2 (log-normal shadowing).
const OF_ONE_CELL_DB: f64 = 10.0;

/// Most that cells of other kinds may lower a prediction, in dB. What all kinds share is the receiver's noise figure and
/// antenna; a larger residual is the other kind's own, such as its power and height.
const BORROWED_MAX_DB: f64 = 10.0;

impl Default for Correction {
    fn default() -> Self {
        Self { offset_db: 0.0, error_db: OF_ONE_CELL_DB, cells: 0 }
    }
}

impl Calibration {
    /// The corrections that the cells heard as registered give.
    pub(super) fn from_drive(registry: &Registry, dwells: &[&InspectedDwell], model: PathLossModel) -> Self {
        let mut of_cell: BTreeMap<Ecgi, (CellKind, Vec<f64>)> = BTreeMap::new();
        for dwell in dwells {
            let (Some(here), Some(noise_db)) = (dwell.position, dwell.noise_db()) else { continue };
            for heard in &dwell.heard {
                let Some(channel) = heard.earfcn.and_then(Earfcn::new) else { continue };
                for row in heard.ecgis.iter().filter_map(|&ecgi| registry.by_ecgi(ecgi).next()) {
                    let (Some(kind), Some(place)) = (row.kind, row.place) else { continue };
                    if !row.status.is_active() || !heard.differences(&row).is_empty() {
                        continue;
                    }
                    let (hz, distance_m) = (channel.frequency().0, place.distance_m(&here));
                    let predicted_dbm = expected_rsrp_dbm(row.kind, row.bandwidth, model, hz, distance_m);
                    let measured_dbm = heard.rsrp_db - noise_db + nominal_noise_dbm();
                    of_cell.entry(row.ecgi).or_insert((kind, Vec::new())).1.push(measured_dbm - predicted_dbm);
                }
            }
        }
        Self::from_residuals(of_cell.into_values().filter_map(|(kind, all)| Some((kind, median(all)?))).collect())
    }

    fn from_residuals(of_cell: Vec<(CellKind, f64)>) -> Self {
        let of_kind = CellKind::ALL.map(|kind| {
            let residuals: Vec<f64> = of_cell.iter().filter(|(k, _)| *k == kind).map(|&(_, r)| r).collect();
            let cells = residuals.len();
            let offset_db = median(residuals)?;
            Some(Correction { offset_db, error_db: OF_ONE_CELL_DB / (cells as f64).sqrt(), cells })
        });
        let all = median(of_cell.into_iter().map(|(_, residual)| residual).collect());
        let borrowed_db = all.map_or(0.0, |offset_db| offset_db.clamp(-BORROWED_MAX_DB, 0.0));
        Self { of_kind, of_others: Correction { offset_db: borrowed_db, ..Correction::default() } }
    }

    /// The correction for a kind.
    #[must_use]
    pub fn of(&self, kind: Option<CellKind>) -> Correction {
        let own = kind.and_then(|kind| CellKind::ALL.iter().position(|k| *k == kind)).and_then(|i| self.of_kind[i]);
        own.unwrap_or(self.of_others)
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_corrected_by_their_own_cells_and_lowered_by_others_at_most_10_db() {
        let calibration = Calibration::from_residuals(vec![
            (CellKind::Macro, -30.0),
            (CellKind::Macro, -34.0),
            (CellKind::Macro, -33.0),
            (CellKind::Macro, 100.0),
        ]);
        let own = calibration.of(Some(CellKind::Macro));
        assert_eq!((own.offset_db, own.error_db, own.cells), (-31.5, 5.0, 4));
        let borrowed = calibration.of(Some(CellKind::Femto));
        assert_eq!((borrowed.offset_db, borrowed.cells), (-10.0, 0));
        assert_eq!(calibration.of(None), borrowed);
    }

    #[test]
    fn strong_cells_of_another_kind_raise_nothing() {
        let calibration = Calibration::from_residuals(vec![(CellKind::Macro, 20.0)]);
        assert_eq!(calibration.of(Some(CellKind::Femto)).offset_db, 0.0);
        assert_eq!(Calibration::from_residuals(Vec::new()), Calibration::default());
    }
}
