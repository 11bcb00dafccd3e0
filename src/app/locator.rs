//! Where suspicious cells are, while the drive goes on: located one after the other, so that no dwell waits for all.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    alert::CellId,
    detect::Verdict,
    locate::{Levels, Whereabouts, locate},
    tui::{Snapshot, state::CellEntry},
};

/// The cells whose levels have changed since they were located, in the order in which they are due.
#[derive(Debug, Default)]
pub struct Locator(VecDeque<CellId>);

impl Locator {
    /// These were heard again.
    pub fn heard(&mut self, cells: &[CellId]) {
        for id in cells {
            if !self.0.contains(id) {
                self.0.push_back(id.clone());
            }
        }
    }

    /// Locates at most so many of those that are due, and passes over what is not suspicious.
    pub fn locate(&mut self, snapshot: &mut Snapshot, most: usize) {
        let mut located = 0;
        while located < most {
            let Some(id) = self.0.pop_front() else { return };
            let Some(cell) = snapshot.cells.iter().position(|cell| cell.id == id) else { continue };
            if is_suspicious(&snapshot.cells[cell], snapshot) {
                let whereabouts = whereabouts(&snapshot.cells[cell]);
                Arc::make_mut(&mut snapshot.cells[cell]).whereabouts = Some(whereabouts);
                located += 1;
            }
        }
    }
}

/// Whether its verdict or an alert says that it should not be as it is.
fn is_suspicious(cell: &CellEntry, snapshot: &Snapshot) -> bool {
    let CellId { ecgi, pci, earfcn, .. } = cell.id;
    matches!(cell.verdict, Verdict::Unregistered | Verdict::Inactive | Verdict::Mismatch)
        || snapshot.alerts.iter().any(|a| (a.alert.ecgi, a.alert.pci, a.alert.earfcn) == (ecgi, pci, earfcn))
}

fn whereabouts(cell: &CellEntry) -> Whereabouts {
    let mut levels = Levels::default();
    for point in &cell.history {
        if let Some(place) = &point.position {
            levels.add(place, point.rsrp_db);
        }
    }
    locate(&levels, cell.findings.iter().any(|finding| finding.rule == "co-moving"))
}
