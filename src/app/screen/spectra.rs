//! The received spectra, one a tuning.

use std::sync::Arc;

use super::HeardDwell;
use crate::tui::state::Spectrum;
use cellwarden_core::drive::JudgedCell;

/// Rows kept of each; the oldest goes first.
const MAX_ROWS: usize = 200;
/// Rows kept of all, 32 MiB: each of many tunings keeps fewer.
const MAX_ROWS_TOTAL: usize = 8_192;
/// Tunings shown: more than a scan of all bands has.
const MAX_TUNINGS: usize = 1_024;

/// Adds a dwell's spectrum as the newest row of its tuning, with the carriers of its cells.
pub fn add(spectra: &mut Vec<Arc<Spectrum>>, heard: &HeardDwell<'_>, cells: &[JudgedCell]) {
    if heard.spectrum.is_empty() {
        return;
    }
    let (center_hz, span_hz) = (heard.info.center.0, heard.info.sample_rate.hz());
    let known = spectra.iter().position(|s| s.center_hz == center_hz && s.span_hz == span_hz);
    if known.is_none() && spectra.len() >= MAX_TUNINGS {
        return;
    }
    let at = known.unwrap_or_else(|| {
        let at = spectra.partition_point(|s| s.center_hz < center_hz);
        spectra.insert(at, Arc::new(Spectrum { center_hz, span_hz, rows: Vec::new(), carriers: Vec::new() }));
        at
    });
    let most = MAX_ROWS.min(MAX_ROWS_TOTAL / spectra.len());
    let spectrum = Arc::make_mut(&mut spectra[at]);
    spectrum.rows.push(Arc::from(heard.spectrum));
    let excess = spectrum.rows.len().saturating_sub(most);
    spectrum.rows.drain(..excess);
    for JudgedCell { observation, .. } in cells {
        let carrier = (observation.carrier.hz, observation.carrier.earfcn);
        if !spectrum.carriers.contains(&carrier) {
            spectrum.carriers.push(carrier);
        }
    }
}
