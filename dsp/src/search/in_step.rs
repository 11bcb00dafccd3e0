//! Cells in step with known ones, of the same PSS: cancelling those takes the others' PSS along, but their SSS and reference
//! signals stay. Such cells are the sectors of synchronous networks, and who copies one.

use super::{FoundCell, MOST_MATCHES, Nominal, SSS_THRESHOLD, Searcher, leads_to};
use crate::frontend::{channelise::StreamView, ofdm::CellSync};

/// How much later than a known cell's frames theirs are tried to begin, in samples at 1.92 MS/s. Farther away a PSS differs
/// enough to be left, and nearer than half a sample an SSS loses little.
const LATER: [f64; 3] = [0.0, -1.0, 1.0];

impl Searcher {
    /// The cells in step with one of `known` in a stream at 1.92 MS/s.
    pub(super) fn find_in_step(
        &mut self,
        stream: StreamView<'_>,
        known: &[CellSync],
        nominal: &Nominal,
    ) -> Vec<FoundCell> {
        let mut found: Vec<FoundCell> = Vec::new();
        for cell in known {
            for later in LATER {
                let sync = CellSync { frame_start: cell.frame_start + later, ..*cell };
                let mut matches = self.detector.detect_at(stream, &sync, SSS_THRESHOLD);
                matches.retain(|sync| !known.iter().any(|known| leads_to(sync, known)));
                for sync in matches.into_iter().take(MOST_MATCHES) {
                    if !found.iter().any(|found| leads_to(&sync, &found.sync)) {
                        found.extend(self.confirm(stream, sync, nominal));
                    }
                }
            }
        }
        found
    }
}
