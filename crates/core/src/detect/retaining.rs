//! `retaining`: reselection parameters that keep a phone on the cell, unlike those of its neighbours.

use super::{
    history::Track,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::{observation::BroadcastFacts, registry::CellKind};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "retaining",
    version: 2,
    class: Class::Broadcast,
    facts: &[Fact::Reselection],
    severity: Severity::High,
    seen: "serving priority 7 or q-RxLevMin -140 dBm where no other cell of the network has it",
    reference: "TS 36.304 §5.2.3.2, §5.2.4.1; TS 36.331 §6.2.2, §6.3.1 (q-RxLevMin, cellReselectionPriority)",
    false_positives: "femtocells by design, which makes it medium",
    settings: Retaining::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct Retaining {
        /// Other cells of the network whose values must be known.
        min_neighbours: usize = 2,
    }
}

/// The highest priority, and the lowest level: the ends of both ranges.
const HIGHEST_PRIORITY: u8 = 7;
const LOWEST_LEVEL_DBM: i16 = -140;

impl Rule for Retaining {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let facts = &case.observation().broadcast;
        let plmns = case.observation().identity.as_ref()?.all_plmns();
        let mut others: Vec<&BroadcastFacts> = Vec::new();
        let mut pcis = Vec::new();
        let is_other = |t: &&Track| t.pci != case.observation().pci && t.is_of_any(&plmns);
        for other in case.history.tracks().iter().filter(is_other) {
            // Carriers have priorities of their own, so only one carrier's cells compare.
            if other.carrier == case.cell.track.carrier && !pcis.contains(&other.pci) {
                pcis.push(other.pci);
                others.push(&other.broadcast);
            }
        }
        let high = facts.serving_priority == Some(HIGHEST_PRIORITY)
            && self.is_alone(others.iter().filter_map(|b| b.serving_priority), |p| p == HIGHEST_PRIORITY);
        let low = facts.q_rx_lev_min_dbm == Some(LOWEST_LEVEL_DBM)
            && self.is_alone(others.iter().filter_map(|b| b.q_rx_lev_min_dbm), |q| q == LOWEST_LEVEL_DBM);
        if !case.confirmed || !(high || low) {
            return None;
        }
        let finding = case
            .finding(&ABOUT)
            .with("serving_priority", facts.serving_priority)
            .with("q_rx_lev_min_dbm", facts.q_rx_lev_min_dbm)
            .with("neighbours_serving_priority", others.iter().filter_map(|b| b.serving_priority).collect::<Vec<_>>())
            .with("neighbours_q_rx_lev_min_dbm", others.iter().filter_map(|b| b.q_rx_lev_min_dbm).collect::<Vec<_>>());
        let femto = case.row().is_some_and(|near| near.cell.kind == Some(CellKind::Femto));
        Some(if femto { finding.by_design() } else { finding })
    }
}

impl Retaining {
    /// Whether enough neighbours' values are known and none is the suspicious one.
    fn is_alone<T>(&self, values: impl Iterator<Item = T>, suspicious: impl Fn(T) -> bool) -> bool {
        let (mut known, mut alike) = (0, 0);
        for value in values {
            known += 1;
            alike += usize::from(suspicious(value));
        }
        known >= self.min_neighbours && alike == 0
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, femto_cell, macro_cell},
    };

    fn with(cell: Build, priority: u8, q_rx_lev_min_dbm: i16) -> Build {
        cell.broadcast(|b| {
            (b.serving_priority, b.q_rx_lev_min_dbm) = (Some(priority), Some(q_rx_lev_min_dbm));
        })
    }

    fn beside(scene: &mut Scene, neighbours: &[(u8, i16)], cell: Build) -> Option<Finding> {
        let mut heard: Vec<_> =
            (0..).zip(neighbours).map(|(i, &(p, q))| with(macro_cell(0x3f_0d100 + i, 301 + i as u16), p, q)).collect();
        heard.push(cell);
        scene.dwell(&heard).pop()?.of(ABOUT.id)
    }

    const USUAL: [(u8, i16); 2] = [(5, -124), (5, -122)];

    #[test]
    fn fires_on_either_end_of_the_range() {
        let cell = || macro_cell(0x5a_fff31, 404);
        let fired = beside(&mut Scene::new(), &USUAL, with(cell(), 7, -124)).expect("fires");
        assert_eq!(fired.severity, Severity::High);
        assert!(beside(&mut Scene::new(), &USUAL, with(cell(), 5, -140)).is_some());
        let home = with(femto_cell(0x5a_00101, 452), 7, -124);
        let fired = beside(&mut Scene::new().registered(&home), &USUAL, home).expect("fires");
        assert_eq!(fired.severity, Severity::Medium);
    }

    #[test]
    fn stays_silent_where_a_neighbour_does_the_same() {
        let cell = with(macro_cell(0x5a_fff31, 404), 7, -140);
        assert_eq!(beside(&mut Scene::new(), &[(7, -140), (5, -122), (5, -124)], cell), None);
    }

    #[test]
    fn one_neighbour_and_the_next_values_are_just_below_the_limit() {
        let cell = with(macro_cell(0x5a_fff31, 404), 7, -140);
        assert_eq!(beside(&mut Scene::new(), &USUAL[..1], cell), None);
        assert_eq!(beside(&mut Scene::new(), &USUAL, with(macro_cell(0x5a_fff31, 404), 6, -138)), None);
    }
}
