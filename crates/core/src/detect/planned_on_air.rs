//! `planned-on-air`: a cell that the registry says is not in service yet is transmitting.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use super::verdict::Verdict;
use crate::registry::{CellStatus, NearCell};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "planned-on-air",
    version: 1,
    class: Class::Registry,
    facts: &[Fact::Status],
    severity: Severity::Info,
    seen: "a confirmed ECGI registered as planned",
    reference: "TS 36.300 §8.2 (ECGI)",
    false_positives: "a cell put in service after the list was made, tests before service",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedOnAir {}

impl Rule for PlannedOnAir {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        if !matches!(case.verdict, Verdict::Registered | Verdict::Mismatch) {
            return None;
        }
        let near = case.row().filter(|near| near.cell.status == CellStatus::Planned)?;
        let is_active = |other: &NearCell| other.cell.ecgi == near.cell.ecgi && other.cell.status.is_active();
        // Of two rows of one cell the list may keep the one from before its service.
        let is_in_service = case.cell.answer?.registered.iter().any(is_active);
        (!is_in_service).then(|| {
            case.finding(&ABOUT)
                .with("ecgi", near.cell.ecgi.to_string())
                .with("registered_status", near.cell.status.word())
                .with("registered_distance_m", near.distance_m.map(f64::round))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Scene, macro_cell, pci},
    };
    use crate::registry::CellStatus;

    fn judged(statuses: &[CellStatus]) -> Option<Finding> {
        let cell = macro_cell(0x3f_0d101, 301);
        let scene =
            statuses.iter().fold(Scene::new(), |scene, &status| scene.registered_as(&cell, |row| row.status = status));
        { scene }.judge(ABOUT.id, cell)
    }

    #[test]
    fn fires_on_a_planned_cell_also_under_another_pci() {
        assert_eq!(judged(&[CellStatus::Planned]).expect("fires").evidence["registered_status"], "planned");
        let cell = macro_cell(0x3f_0d101, 301);
        let other = |row: &mut crate::registry::RegisteredCell| {
            row.status = CellStatus::Planned;
            row.pci = Some(pci(7));
        };
        assert!(Scene::new().registered_as(&cell, other).judge(ABOUT.id, cell).is_some());
    }

    #[test]
    fn stays_silent_on_every_other_status_and_without_confirmation() {
        for status in CellStatus::ALL.into_iter().filter(|status| *status != CellStatus::Planned) {
            assert_eq!(judged(&[status]), None, "{status}");
        }
        let cell = macro_cell(0x3f_0d101, 301).sib1_periods(1);
        let mut scene = Scene::new().registered_as(&cell, |row| row.status = CellStatus::Planned);
        assert_eq!(scene.judge(ABOUT.id, cell), None);
    }

    #[test]
    fn one_active_row_of_two_is_just_below_the_limit() {
        assert_eq!(judged(&[CellStatus::Planned, CellStatus::Active]), None);
    }
}
