//! Where suspicious cells are, while the drive goes on: located one after the other, so that no dwell waits for all.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    alert::CellId,
    detect::Verdict,
    locate::{Levels, Whereabouts, locate},
    tui::{
        Snapshot,
        state::{CellEntry, LevelPoint},
    },
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
            let Some((at, parts)) = transmitter(&snapshot.cells, &id) else { continue };
            if is_suspicious(&snapshot.cells[at], snapshot) {
                let whereabouts = whereabouts(&snapshot.cells[at], &parts);
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

/// The transmitter that was heard as this cell: its entry's number, and all entries with levels of it. What was too weak
/// to say its name is the one cell that was named on its carrier and physical-layer identity; where there are two, nobody
/// knows whose it is.
fn transmitter<'a>(cells: &'a [Arc<CellEntry>], id: &CellId) -> Option<(usize, Vec<&'a CellEntry>)> {
    let alike = |cell: &CellEntry| (cell.id.carrier_hz, cell.id.pci) == (id.carrier_hz, id.pci);
    let named: Vec<usize> = (0..cells.len()).filter(|&at| alike(&cells[at]) && cells[at].id.ecgi.is_some()).collect();
    if let [at] = named[..] {
        return Some((at, cells.iter().map(|cell| &**cell).filter(|cell| alike(cell)).collect()));
    }
    let at = cells.iter().position(|cell| cell.id == *id)?;
    Some((at, vec![&*cells[at]]))
}

fn whereabouts(cell: &CellEntry, parts: &[&CellEntry]) -> Whereabouts {
    let mut points: Vec<&LevelPoint> = parts.iter().flat_map(|part| &part.history).collect();
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
    use crate::{detect::scene::macro_cell, observation::Position};

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
    fn what_was_too_weak_to_say_its_name_counts_with_the_one_cell_of_its_kind() {
        let (mut named, mut unnamed) = (cell(1, Verdict::Unregistered, 8), cell(1, Verdict::Unidentified, 8));
        unnamed.id.ecgi = None;
        unnamed.history.drain(..4);
        named.history.truncate(4);
        let mut other = cell(1, Verdict::Registered, 3);
        other.id.ecgi = cell(2, Verdict::Registered, 1).id.ecgi;
        let places = |cells: &[&CellEntry]| {
            let cells = cells.iter().map(|&cell| Arc::new(cell.clone())).collect();
            let mut snapshot = Snapshot { cells, ..Snapshot::default() };
            let mut locator = Locator::default();
            locator.heard(&[named.id.clone(), unnamed.id.clone()]);
            locator.locate(&mut snapshot, usize::MAX);
            match &snapshot.cells[0].whereabouts {
                Some(Whereabouts::Fixed(fix)) => fix.places,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(places(&[&named, &unnamed]), 8);
        // Of two that were named nobody knows whose it is.
        assert_eq!(places(&[&named, &unnamed, &other]), 4);
    }
}
