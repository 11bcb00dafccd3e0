//! Cells in step with known ones, of the same PSS: cancelling those takes the others' PSS along, but their SSS and reference
//! signals stay. Such cells are the sectors of synchronous networks, and who copies one.

use super::{DETECT_WORK, FoundCell, MAX_MATCHES, Nominal, SSS_THRESHOLD, Searcher, leads_to, sss::SssMatch};
use crate::frontend::{channelise::StreamView, ofdm::CellSync};

/// How much later than a known cell's frames theirs are tried to begin, in samples at 1.92 MS/s. Farther away a PSS differs
/// enough to be left, and nearer than half a sample an SSS loses little.
const LATER: [f64; 3] = [0.0, -1.0, 1.0];

impl Searcher {
    /// The cells in step with one of `cells`, which are among the `known` ones and were cancelled in a stream at 1.92 MS/s. No
    /// PSS speaks for them: where a strong cell is not known, its reference signals may pass for those of such a cell, and only
    /// a MIB tells.
    pub fn find_in_step(
        &mut self,
        stream: StreamView<'_>,
        cells: &[CellSync],
        known: &[CellSync],
        nominal: &Nominal,
    ) -> Vec<FoundCell> {
        let mut found: Vec<FoundCell> = Vec::new();
        for cell in cells {
            let mut matches: Vec<SssMatch> = Vec::new();
            for later in LATER {
                // Half of the variants are of its duplex.
                self.work += 0.5 * DETECT_WORK;
                let sync = CellSync { frame_start: cell.frame_start + later, ..*cell };
                matches.extend(self.detector.detect_at(stream, &sync, SSS_THRESHOLD));
            }
            matches.sort_by(|a, b| b.strength.total_cmp(&a.strength));
            let mut tried: Vec<CellSync> = Vec::new();
            for SssMatch { sync, .. } in matches {
                let mut others = known.iter().chain(&tried).chain(found.iter().map(|found| &found.sync));
                if tried.len() < MAX_MATCHES && !others.any(|other| leads_to(&sync, other)) {
                    found.extend(self.confirm(stream, sync, nominal));
                    tried.push(sync);
                }
            }
        }
        found
    }
}
