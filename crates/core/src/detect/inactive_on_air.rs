//! `inactive-on-air`: a cell that the registry says is off is transmitting.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use super::verdict::Verdict;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "inactive-on-air",
    version: 1,
    class: Class::Registry,
    facts: &[Fact::Status],
    severity: Severity::Critical,
    seen: "a confirmed ECGI registered as dormant, lost, recalled or retired",
    reference: "TS 36.300 §8.2 (ECGI); 43,000 femtocells without contact for three months, Korea 2025",
    false_positives: "the owner plugged it in again, registry lag",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InactiveOnAir {}

impl Rule for InactiveOnAir {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        if case.verdict != Verdict::Inactive {
            return None;
        }
        let near = case.row()?;
        Some(
            case.finding(&ABOUT)
                .with("ecgi", near.cell.ecgi.to_string())
                .with("registered_status", near.cell.status.word())
                .with("last_contact", near.cell.last_contact.map(|t| t.to_string()))
                .with("registered_distance_m", near.distance_m.map(f64::round)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Scene, femto_cell};
    use crate::registry::CellStatus;

    #[test]
    fn fires_on_each_status_that_keeps_off_air() {
        for status in [CellStatus::Dormant, CellStatus::Lost, CellStatus::Recalled, CellStatus::Retired] {
            let cell = femto_cell(0x5a_00102, 455);
            let finding = Scene::new().registered_as(&cell, |row| row.status = status).judge(ABOUT.id, cell);
            assert_eq!(finding.expect("fires").evidence["registered_status"], status.word());
        }
    }

    #[test]
    fn stays_silent_on_active_and_planned_cells() {
        for status in [CellStatus::Active, CellStatus::Planned] {
            let cell = femto_cell(0x5a_00101, 452);
            assert_eq!(Scene::new().registered_as(&cell, |row| row.status = status).judge(ABOUT.id, cell), None);
        }
    }

    #[test]
    fn one_active_row_of_two_is_just_below_the_limit() {
        let cell = femto_cell(0x5a_00102, 455);
        let scene = Scene::new().registered_as(&cell, |row| row.status = CellStatus::Lost).registered(&cell);
        assert_eq!({ scene }.judge(ABOUT.id, cell), None);
    }
}
