//! `tac-flap`: the tracking area changes all the time, so that every terminal in reach has to update.

use serde::Deserialize;

use super::{
    history::FlapLimits,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "tac-flap",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Tac],
    severity: Severity::Critical,
    seen: "a cell's TAC changing more often than once a minute, of whatever network",
    reference: "TS 23.401 §5.3.3.1 (a terminal updates in each tracking area that it is not registered in)",
    false_positives: "two cells of one PCI taken for one: a TAC that comes back with another identity is no change",
    settings: &FlapLimits::settings("2"),
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct TacFlap(FlapLimits);

impl Rule for TacFlap {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let seen = case.cell.track.series(self.0.window_s, |s| Some((s.tac?, s.ecgi?)));
        // What a cell of the same PCI says in between is known from before with its own identity.
        let mut changes = 0_usize;
        let counted: Vec<(f64, usize)> = seen
            .iter()
            .enumerate()
            .map(|(i, &(at_s, (tac, ecgi)))| {
                let before = &seen[..i];
                let same_cell = before.iter().rev().find(|(_, (_, other))| *other == ecgi);
                let is_new = before.iter().all(|(_, (other, _))| *other != tac) && i > 0;
                changes += usize::from(same_cell.map_or(is_new, |(_, (other, _))| *other != tac));
                (at_s, changes)
            })
            .collect();
        let flaps = self.0.exceeded(&counted, |a, b| a != b)?;
        let mut tacs: Vec<u16> = seen.iter().map(|(_, (tac, _))| *tac).collect();
        tacs.dedup();
        let newest = tacs.split_off(tacs.len().saturating_sub(MAX_SHOWN));
        Some(
            case.finding(&ABOUT)
                .with_all(flaps.values())
                .with("ecgi", case.observation().ecgi().map(|ecgi| ecgi.to_string()))
                .with("tacs", newest),
        )
    }
}

/// Tracking area codes shown.
const MAX_SHOWN: usize = 32;

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, macro_cell},
    };

    /// A dwell every so many seconds with each cell in turn; the last dwell's finding.
    fn in_turn(mut scene: Scene, cells: &[Build], every_s: i64) -> Option<Finding> {
        let mut last = None;
        for cell in cells {
            scene.wait_s(every_s - 5);
            last = scene.judge(ABOUT.id, cell.clone());
        }
        last
    }

    fn cell(tac: u16) -> Build {
        macro_cell(0x5a_fff31, 304).tac(tac)
    }

    #[test]
    fn fires_on_a_blaster_of_any_network() {
        let blaster: Vec<Build> = (0..9).map(|i| cell(100 + i / 4)).collect();
        for scene in [Scene::new(), Scene::without_registry()] {
            let finding = in_turn(scene, &blaster, 5).expect("fires");
            assert_eq!(finding.severity, Severity::Critical);
            assert_eq!(finding.evidence["tacs"], serde_json::json!([100, 101, 102]));
            assert_eq!(finding.evidence["changes"], 2);
        }
        let foreign: Vec<Build> = blaster.iter().map(|b| b.clone().plmns(&["440-10"])).collect();
        assert!(in_turn(Scene::new(), &foreign, 5).is_some());
        // Two codes to and fro, and a new identity with each.
        let to_and_fro = [7, 8, 7].map(cell);
        assert!(in_turn(Scene::new(), &to_and_fro, 20).is_some());
        let renamed: Vec<Build> = (0..3).map(|i| cell(7 + i).eci(0x5a_fff31 + u32::from(i))).collect();
        assert!(in_turn(Scene::new(), &renamed, 20).is_some());
    }

    #[test]
    fn stays_silent_on_a_new_plan_and_on_two_cells_of_one_pci() {
        let planned: Vec<Build> = (0..20).map(|i| cell(if i < 10 { 7 } else { 8 })).collect();
        assert_eq!(in_turn(Scene::new(), &planned, 5), None);
        let other = || cell(8).eci(0x3f_0d101);
        let by_turns: Vec<Build> = (0..20).map(|i| if i % 2 == 0 { cell(7) } else { other() }).collect();
        assert_eq!(in_turn(Scene::new(), &by_turns, 5), None);
        assert_eq!(in_turn(Scene::new(), &vec![cell(7); 20], 5), None);
    }

    #[test]
    fn once_a_minute_is_just_below_the_limit() {
        let changing = [7, 8, 9, 10].map(cell);
        assert_eq!(in_turn(Scene::new(), &changing, 60), None);
        assert!(in_turn(Scene::new(), &changing, 59).is_some());
        assert_eq!(in_turn(Scene::new(), &changing[..2], 20), None);
    }
}
