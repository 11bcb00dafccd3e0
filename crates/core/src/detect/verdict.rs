//! What the registry makes of a cell, in one word.

pub use cellwarden_event::Verdict;

use super::registry_view::{RegistryMismatch, best_row, differences, stranger};
use crate::{observation::Observation, registry::RegistryAnswer};

/// The verdict on an observation, given the registry's answer to it.
///
/// `confirmed` says whether its identity stands on more than one reception. Every PLMN that terminals may choose counts, in
/// whatever place of the lists (TS 36.304 §5.2.3.1): the cell is unregistered where the list lacks what one of them takes
/// for its cell. A cell without a PLMN that the registry covers belongs to another operator and is not checked, nor is that
/// of a RAN host which the operator allows.
#[must_use]
pub fn verdict(observation: &Observation, answer: Option<&RegistryAnswer>, confirmed: bool) -> Verdict {
    let Some(answer) = answer else { return Verdict::Unchecked };
    if observation.identity.is_none() || !confirmed {
        return Verdict::Unidentified;
    }
    if stranger(observation, answer).is_some() {
        return Verdict::Unregistered;
    }
    let Some(row) = best_row(observation, answer) else { return Verdict::Unchecked };
    if row.cell.status.is_inactive() {
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
    fn a_guest_counts_wherever_it_is_listed_but_at_an_allowed_host() {
        let shared = || macro_cell(0x12_3456, 12).plmns(&["450-05", "450-08"]);
        assert_eq!(of(&mut Scene::new(), shared()), Verdict::Unregistered);
        assert_eq!(of(&mut Scene::new().ran_host("450-05"), shared()), Verdict::Unchecked);
        assert_eq!(of(&mut Scene::new().ran_host("450-06"), shared()), Verdict::Unregistered);
        assert_eq!(of(&mut Scene::new().registered(&shared()), shared()), Verdict::Registered);
        // A host that the list covers is judged by its rows.
        assert_eq!(of(&mut Scene::new().covers("450-05").ran_host("450-05"), shared()), Verdict::Unregistered);
        assert_eq!(of(&mut Scene::new(), macro_cell(0x12_3456, 12).plmns(&["450-05"])), Verdict::Unchecked);
    }

    #[test]
    fn what_release_14_is_told_is_judged_too() {
        let cell = || macro_cell(0x3f_0d101, 301);
        let scene = || Scene::new().registered(&cell());
        assert_eq!(of(&mut scene(), cell().access_r14("450-08", 11793, 0x3f_0d101)), Verdict::Registered);
        assert_eq!(of(&mut scene(), cell().access_r14("450-08", 11793, 0x5a_fff31)), Verdict::Unregistered);
        assert_eq!(of(&mut scene(), cell().access_r14("450-08", 7, 0x3f_0d101)), Verdict::Mismatch);
        assert_eq!(of(&mut scene(), cell().access_r14("450-06", 7, 0x5a_fff31)), Verdict::Registered);
        let foreign = cell().plmns(&["450-05"]).access_r14("450-08", 7, 0x5a_fff31);
        assert_eq!(of(&mut scene(), foreign), Verdict::Unregistered);
        // Two registered cells, of which one is lost.
        let lost = femto_cell(0x5a_00102, 301);
        let mut both = scene().registered_as(&lost, |row| row.status = CellStatus::Lost);
        assert_eq!(of(&mut both, cell().access_r14("450-08", 11793, 0x5a_00102)), Verdict::Inactive);
    }

    #[test]
    fn an_active_row_goes_before_a_retired_duplicate() {
        let cell = macro_cell(0x3f_0d101, 301);
        let mut scene = Scene::new().registered_as(&cell, |row| row.status = CellStatus::Retired).registered(&cell);
        assert_eq!(of(&mut scene, cell), Verdict::Registered);
    }
}
