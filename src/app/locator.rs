//! Where suspicious cells are, while the drive goes on: located one after the other, so that no dwell waits for all.

use std::{collections::VecDeque, sync::Arc};

use crate::tui::{
    Snapshot,
    state::{CellEntry, LevelPoint},
};
use cellwarden_core::{
    alert::CellId,
    detect::Verdict,
    locate::{Levels, Whereabouts, locate},
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
            let Some(at) = entry(&snapshot.cells, &id) else { continue };
            if is_suspicious(&snapshot.cells[at], snapshot) {
                let whereabouts = whereabouts(&snapshot.cells[at]);
                Arc::make_mut(&mut snapshot.cells[at]).whereabouts = Some(whereabouts);
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

/// The entry that a cell is listed in.
fn entry(cells: &[Arc<CellEntry>], id: &CellId) -> Option<usize> {
    let id = id.named_among(cells.iter().map(|cell| &cell.id)).unwrap_or(id);
    cells.iter().position(|cell| cell.id == *id)
}

fn whereabouts(cell: &CellEntry) -> Whereabouts {
    let mut points: Vec<&LevelPoint> = cell.history.iter().collect();
    points.sort_by_key(|point| point.time);
    let mut levels = Levels::default();
    for point in points {
        if let Some(place) = &point.position {
            levels.add(place, point.rsrp_db);
        }
    }
    locate(&levels, cell.findings.iter().any(|finding| finding.rule == "co-moving"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::{detect::scene::macro_cell, observation::Position};

    /// A cell heard every 60 m along a street, strongest at the third place.
    fn cell(pci: u16, verdict: Verdict, places: i32) -> CellEntry {
        let observation = macro_cell(0x5a_fff00 + u32::from(pci), pci).observation;
        let point = |i: i32| LevelPoint {
            time: None,
            rsrp_db: -40.0 - 6.0 * f64::from((i - 2).abs()),
            sinr_db: 10.0,
            position: Some(Position { lat: 37.478, lon: 126.878 + 6.8e-4 * f64::from(i), error_m: 5.0 }),
        };
        CellEntry {
            id: CellId::new(&observation, observation.ecgi()),
            observation,
            verdict,
            findings: Vec::new(),
            kind: None,
            history: (0..places).map(point).collect(),
            strongest: None,
            whereabouts: None,
            constellation: Vec::new(),
            channel_response_db: Vec::new(),
        }
    }

    #[test]
    fn suspicious_cells_are_located_in_turn_and_again_when_they_are_heard_again() {
        let cells = [
            cell(1, Verdict::Unregistered, 8),
            cell(2, Verdict::Registered, 8),
            cell(3, Verdict::Inactive, 2),
            cell(4, Verdict::Mismatch, 8),
        ];
        let ids: Vec<CellId> = cells.iter().map(|cell| cell.id.clone()).collect();
        let mut snapshot = Snapshot { cells: cells.into_iter().map(Arc::new).collect(), ..Snapshot::default() };
        let located = |snapshot: &Snapshot| snapshot.cells.iter().map(|c| c.whereabouts.is_some()).collect::<Vec<_>>();
        let mut locator = Locator::default();
        locator.heard(&ids);
        locator.heard(&ids);
        locator.locate(&mut snapshot, 2);
        assert_eq!(located(&snapshot), [true, false, true, false]);
        locator.locate(&mut snapshot, 2);
        assert_eq!(located(&snapshot), [true, false, true, true]);
        assert!(matches!(snapshot.cells[2].whereabouts, Some(Whereabouts::TooFew { places: 2, .. })));
        let Some(Whereabouts::Fixed(before)) = snapshot.cells[0].whereabouts.clone() else { panic!("it stands") };
        // Each was located once; one that drives on is located anew.
        locator.locate(&mut snapshot, usize::MAX);
        assert_eq!(snapshot.cells[0].whereabouts, Some(Whereabouts::Fixed(before.clone())));
        Arc::make_mut(&mut snapshot.cells[0]).history.truncate(6);
        locator.heard(&ids[..1]);
        locator.locate(&mut snapshot, 1);
        let Some(Whereabouts::Fixed(after)) = &snapshot.cells[0].whereabouts else { panic!("it stands") };
        assert_eq!((before.places, after.places), (8, 6));
    }

    #[test]
    fn what_was_too_weak_to_say_its_name_locates_the_cell_it_is_listed_as() {
        let named = cell(1, Verdict::Unregistered, 8);
        let weak = CellId { ecgi: None, ..named.id.clone() };
        let mut snapshot = Snapshot { cells: vec![Arc::new(named)], ..Snapshot::default() };
        let mut locator = Locator::default();
        locator.heard(&[weak]);
        locator.locate(&mut snapshot, 1);
        assert!(matches!(&snapshot.cells[0].whereabouts, Some(Whereabouts::Fixed(fix)) if fix.places == 8));
    }
}
