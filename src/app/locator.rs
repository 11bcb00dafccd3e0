//! Where suspicious cells are, while the drive goes on: located one after the other, so that no dwell waits for all.

use std::collections::VecDeque;

use cellwarden_core::{
    alert::{Alert, CellId},
    drive::{DriveBuilder, JudgedCell, SearchedDwell},
    locate::Whereabouts,
};

/// Where a suspicious cell is, by what was heard of it until now.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The cell.
    pub id: CellId,
    /// Where it is.
    pub whereabouts: Whereabouts,
}

/// The drive so far, and the cells whose levels have changed since they were located, in the order in which they are due.
#[derive(Debug, Default)]
pub struct Locator {
    drive: DriveBuilder,
    due: VecDeque<CellId>,
}

impl Locator {
    /// Adds a dwell, and makes its cells due.
    pub fn add(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell], ids: &[CellId]) {
        self.drive.forget_old();
        self.drive.add(dwell, cells);
        for id in ids {
            if !self.due.contains(id) {
                self.due.push_back(id.clone());
            }
        }
    }

    /// Adds an alert: its cell is suspicious from now on.
    pub fn add_alert(&mut self, alert: &Alert) {
        self.drive.add_alert(alert);
    }

    /// Locates at most so many of those that are due, and passes over what is not suspicious.
    pub fn locate(&mut self, most: usize) -> Vec<Located> {
        let mut located: Vec<Located> = Vec::new();
        while located.len() < most {
            let Some(id) = self.due.pop_front() else { break };
            if let Some((transmitter, whereabouts)) = self.drive.locate(&id) {
                located.push(Located { id: transmitter.id.clone(), whereabouts });
            }
        }
        located
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::{
        detect::{Verdict, scene::macro_cell},
        observation::Position,
    };

    /// A cell heard at the `i`th place of a street, strongest at the third.
    fn cell(pci: u16, verdict: Verdict, i: i32) -> JudgedCell {
        let mut observation = macro_cell(0x5a_fff00 + u32::from(pci), pci).observation;
        observation.level.rsrp_dbfs = -40.0 - 6.0 * (i - 2).abs() as f32;
        JudgedCell { observation, verdict, findings: Vec::new() }
    }

    fn dwell(i: i32) -> SearchedDwell {
        SearchedDwell {
            recording: format!("d{i}"),
            start: None,
            center_hz: 1840e6,
            sample_rate_hz: 5.76e6,
            samples: 345_600,
            lost: 0,
            clipped: 0.0,
            gain_db: None,
            carriers_hz: None,
            position: Some(Position { lat: 37.478, lon: 126.878 + 6.8e-4 * f64::from(i), error_m: 5.0 }),
        }
    }

    fn hear(locator: &mut Locator, i: i32, cells: &[JudgedCell]) {
        let ids: Vec<CellId> =
            cells.iter().map(|cell| CellId::new(&cell.observation, cell.observation.ecgi())).collect();
        locator.add(&dwell(i), cells, &ids);
    }

    #[test]
    fn suspicious_cells_are_located_in_turn_and_again_when_they_are_heard_again() {
        let mut locator = Locator::default();
        for i in 0..8 {
            let verdicts = [Verdict::Unregistered, Verdict::Registered, Verdict::Inactive, Verdict::Mismatch];
            let cells: Vec<JudgedCell> = (1..).zip(verdicts).map(|(pci, verdict)| cell(pci, verdict, i)).collect();
            // The third is heard twice only.
            let heard: Vec<JudgedCell> =
                cells.into_iter().filter(|c| c.verdict != Verdict::Inactive || i < 2).collect();
            hear(&mut locator, i, &heard);
        }
        let pcis = |located: &[Located]| located.iter().map(|l| l.id.pci.get()).collect::<Vec<_>>();
        let first = locator.locate(2);
        assert_eq!(pcis(&first), [1, 3]);
        assert!(matches!(&first[0].whereabouts, Whereabouts::Fixed(fix) if fix.places == 8));
        assert!(matches!(first[1].whereabouts, Whereabouts::TooFew { places: 2, .. }));
        assert_eq!(pcis(&locator.locate(2)), [4]);
        assert_eq!(locator.locate(usize::MAX), [], "each was located once");
        hear(&mut locator, 8, &[cell(1, Verdict::Unregistered, 8)]);
        let again = locator.locate(1);
        assert!(matches!(&again[0].whereabouts, Whereabouts::Fixed(fix) if fix.places == 9));
    }

    #[test]
    fn what_was_too_weak_to_give_its_name_locates_the_cell_that_it_is() {
        let mut locator = Locator::default();
        for i in 0..8 {
            let mut weak = cell(1, Verdict::Unregistered, i);
            if i == 7 {
                (weak.observation.identity, weak.verdict) = (None, Verdict::Unidentified);
            }
            hear(&mut locator, i, &[weak]);
        }
        locator.due.retain(|id| id.ecgi.is_none());
        let located = locator.locate(1);
        assert!(located[0].id.ecgi.is_some() && matches!(located[0].whereabouts, Whereabouts::Fixed(_)));
    }
}
