//! `tac-mismatch`: a tracking area that is not the registered one, or unlike that of every cell around.

use super::{
    registry_view::own_accesses,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::observation::Access;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "tac-mismatch",
    version: 2,
    class: Class::Registry,
    facts: &[Fact::Tac],
    severity: Severity::High,
    seen: "a TAC that is not the registered one or, of an unregistered cell, unlike that of all cells of its network around",
    reference: "TS 36.331 §6.2.2 (trackingAreaCode); TS 23.003 §19.4.2.3",
    false_positives: "tracking-area borders; a femtocell's row in an old list, which makes it medium",
    settings: TacMismatch::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct TacMismatch {
        /// More tracking areas around than this are a border, where no unregistered cell is judged.
        max_tacs_around: usize = 3,
        /// A list older than this is not firm about a femtocell's tracking area.
        femto_stale_after_days: f64 = 30.0,
    }
}

impl Rule for TacMismatch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let answer = case.cell.answer.filter(|_| case.confirmed)?;
        let around = &answer.nearby_tacs;
        let registered = |access: &Access| {
            let rows = answer.registered.iter().filter(|near| near.cell.ecgi == access.ecgi());
            let tacs: Vec<u16> = rows.filter_map(|near| near.cell.tac).collect();
            tacs.iter().copied().find(|&tac| tac == access.tac).or_else(|| tacs.first().copied())
        };
        let is_unlike = |access: &Access| match registered(access) {
            Some(registered) => registered != access.tac,
            None => (1..=self.max_tacs_around).contains(&around.len()) && !around.contains(&access.tac),
        };
        let access = own_accesses(observation, answer).into_iter().find(is_unlike)?;
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", access.ecgi().to_string())
            .with("tac", access.tac)
            .with("registered_tac", registered(&access))
            .with("tacs_around", around.clone());
        Some(if case.is_stale_femtocell_row(self.femto_stale_after_days) { finding.by_design() } else { finding })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Severity,
        scene::{Build, Scene, femto_cell, macro_cell},
    };

    #[test]
    fn fires_on_another_than_the_registered_and_unlike_all_around() {
        let cell = macro_cell(0x3f_0d101, 301);
        let registered = Scene::new().registered_as(&cell, |row| row.tac = Some(1)).judge(ABOUT.id, cell);
        assert_eq!(registered.expect("fires").evidence["registered_tac"], 1);
        let stranger = macro_cell(0x5a_fff31, 304).tac(12031);
        assert!(Scene::new().tacs_around(&[11793]).judge(ABOUT.id, stranger).is_some());
    }

    #[test]
    fn stays_silent_as_registered_and_without_neighbours() {
        let cell = macro_cell(0x3f_0d101, 301).tac(11793);
        assert_eq!(Scene::new().registered(&cell).tacs_around(&[7]).judge(ABOUT.id, cell.clone()), None);
        assert_eq!(Scene::new().tacs_around(&[]).judge(ABOUT.id, cell.clone()), None);
        let other = macro_cell(0x5a_fff31, 304).plmns(&["450-05"]);
        assert_eq!(Scene::new().tacs_around(&[7]).judge(ABOUT.id, other), None);
    }

    #[test]
    fn a_femtocell_s_row_of_an_old_list_weighs_less() {
        let fired = |cell: Build, days| {
            let mut scene = Scene::new().registered_as(&cell, |row| row.tac = Some(1)).age_days(days);
            scene.judge(ABOUT.id, cell).expect("fires")
        };
        let old = fired(femto_cell(0x5a_00101, 452), 30.1);
        assert_eq!((old.severity, old.grounds.by_design), (Severity::Medium, true));
        assert_eq!(fired(femto_cell(0x5a_00101, 452), 29.9).severity, Severity::High);
        assert_eq!(fired(macro_cell(0x3f_0d101, 301), 300.0).severity, Severity::High);
    }

    #[test]
    fn at_a_border_the_tac_of_either_side_is_just_below_the_limit() {
        let stranger = macro_cell(0x5a_fff31, 304).tac(11794);
        assert_eq!(Scene::new().tacs_around(&[11793, 11794]).judge(ABOUT.id, stranger.clone()), None);
        assert_eq!(Scene::new().tacs_around(&[1, 2, 3, 4]).judge(ABOUT.id, stranger), None);
    }
}
