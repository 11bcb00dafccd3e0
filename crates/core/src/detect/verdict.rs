//! What the registry makes of a cell, in one word.

pub use cellwarden_event::Verdict;

use super::registry_view::{RegistryMismatch, differences};
use crate::{observation::Observation, registry::RegistryAnswer};

/// The verdict on an observation, given the registry's answer to it.
///
/// `confirmed` says whether its identity stands on more than one reception. A cell whose first PLMN the registry does
/// not cover belongs to another operator, even where it carries a covered PLMN as a guest: it is not checked.
#[must_use]
pub fn verdict(observation: &Observation, answer: Option<&RegistryAnswer>, confirmed: bool) -> Verdict {
    let Some(answer) = answer else { return Verdict::Unchecked };
    let Some(identity) = observation.identity.as_ref().filter(|_| confirmed) else { return Verdict::Unidentified };
    if answer.registered.is_empty() {
        let own = identity.plmns.first().is_some_and(|plmn| answer.covered.contains(plmn));
        return if own { Verdict::Unregistered } else { Verdict::Unchecked };
    }
    if answer.registered.iter().all(|near| near.cell.status.is_inactive()) {
        return Verdict::Inactive;
    }
    let differs =
        |d: RegistryMismatch| matches!(d, RegistryMismatch::Pci | RegistryMismatch::Carrier | RegistryMismatch::Tac);
    if differences(observation, answer).into_iter().any(differs) { Verdict::Mismatch } else { Verdict::Registered }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detect::scene::{Build, Scene, femto_cell, macro_cell, pci},
        registry::CellStatus,
    };

    fn of(scene: &mut Scene, cell: Build) -> Verdict {
        scene.dwell(&[cell]).pop().expect("one cell").verdict()
    }

    #[test]
    fn each_verdict_has_its_case() {
        let cell = || femto_cell(0x5a_00101, 452);
        assert_eq!(of(&mut Scene::new().registered(&cell()), cell()), Verdict::Registered);
        assert_eq!(of(&mut Scene::new(), cell()), Verdict::Unregistered);
        let lost = &mut Scene::new().registered_as(&cell(), |row| row.status = CellStatus::Lost);
        assert_eq!(of(lost, cell()), Verdict::Inactive);
        let elsewhere = &mut Scene::new().registered_as(&cell(), |row| row.pci = Some(pci(7)));
        assert_eq!(of(elsewhere, cell()), Verdict::Mismatch);
        assert_eq!(of(&mut Scene::new().registered(&cell()), cell().no_sib1()), Verdict::Unidentified);
        assert_eq!(of(&mut Scene::without_registry(), cell()), Verdict::Unchecked);
    }

    #[test]
    fn one_sib1_is_no_verdict_until_an_si_message_or_another_dwell_confirms_it() {
        let once = || macro_cell(0x5a_fff31, 304).sib1_periods(1);
        assert_eq!(of(&mut Scene::new(), once()), Verdict::Unidentified);
        assert_eq!(of(&mut Scene::new(), once().change(|o| o.si_agrees = true)), Verdict::Unregistered);
        let mut scene = Scene::new();
        assert_eq!(of(&mut scene, once()), Verdict::Unidentified);
        // Another cell's SIB1 confirms nothing.
        assert_eq!(of(&mut scene, once().eci(0x5a_fff32)), Verdict::Unidentified);
        assert_eq!(of(&mut scene, once()), Verdict::Unregistered);
    }

    #[test]
    fn a_guest_does_not_make_another_operators_cell_ours() {
        let shared = macro_cell(0x12_3456, 12).plmns(&["450-05", "450-08"]);
        assert_eq!(of(&mut Scene::new(), shared.clone()), Verdict::Unchecked);
        assert_eq!(of(&mut Scene::new().registered(&shared), shared), Verdict::Registered);
    }

    #[test]
    fn an_active_row_goes_before_a_retired_duplicate() {
        let cell = macro_cell(0x3f_0d101, 301);
        let mut scene = Scene::new().registered_as(&cell, |row| row.status = CellStatus::Retired).registered(&cell);
        assert_eq!(of(&mut scene, cell), Verdict::Registered);
    }
}
