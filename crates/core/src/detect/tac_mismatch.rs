//! `tac-mismatch`: a tracking area that is not the registered one, or unlike that of every cell around.

use super::{
    history::Track,
    registry_view::own_accesses,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::{observation::Access, registry::CellKind};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "tac-mismatch",
    version: 3,
    class: Class::Registry,
    facts: &[Fact::Tac],
    severity: Severity::High,
    seen: "a TAC that is not the registered one or, of an unregistered cell, unlike that of all cells of its network around",
    reference: "TS 36.331 §6.2.2 (trackingAreaCode); TS 23.003 §19.4.2.3",
    false_positives: "tracking-area borders; tracking areas planned anew, which several registered cells show alike; a \
                      femtocell's row in an old list or with the area of the cells around: these make it medium",
    settings: TacMismatch::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct TacMismatch {
        /// More tracking areas around than this are a border, where no unregistered cell is judged.
        max_tacs_around: usize = 3,
        /// A list older than this is not firm about a femtocell's tracking area.
        femto_stale_after_days: f64 = 30.0,
        /// So many other registered cells that left the same tracking area for the same other one show a plan, not a rogue.
        min_replanned: usize = 2,
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
        let replanned = registered(&access).map(|registered| replanned(case, &access, registered));
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", access.ecgi().to_string())
            .with("plmn", access.plmn.to_string())
            .with("tac", access.tac)
            .with("registered_tac", registered(&access))
            .with("tacs_around", around.clone())
            .with("replanned_alike", replanned.filter(|cells| *cells > 0));
        let is_planned = replanned.is_some_and(|cells| cells >= self.min_replanned);
        // Femtocells take the tracking area of where they are put.
        let is_home_of_area =
            case.row().is_some_and(|near| near.cell.kind == Some(CellKind::Femto)) && around.contains(&access.tac);
        let is_by_design = is_planned || is_home_of_area || case.is_stale_femtocell_row(self.femto_stale_after_days);
        Some(if is_by_design { finding.by_design() } else { finding })
    }
}

/// How many other registered cells of the network were heard with the same change: this tracking area instead of that.
fn replanned(case: &Case<'_>, access: &Access, registered: u16) -> usize {
    let is_alike = |track: &&Track| {
        let known = track.last_confirmed().filter(|known| known.ecgi.plmn == access.plmn);
        known.is_some_and(|known| {
            known.tac == access.tac
                && known.ecgi != access.ecgi()
                && known.registered.and_then(|r| r.tac) == Some(registered)
        })
    };
    case.history.tracks().iter().filter(is_alike).count()
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
    fn tracking_areas_planned_anew_weigh_less_and_one_cell_alone_does_not() {
        let cells = [macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d201, 302), macro_cell(0x3f_0d301, 303)];
        // The list has 11793 for all; so many of the others are on air with 11800 too.
        let severity = |others: usize| {
            let listed = |scene: Scene, cell: &Build| scene.registered_as(cell, |row| row.tac = Some(11793));
            let mut scene = cells.iter().fold(Scene::new(), listed);
            let heard: Vec<Build> =
                (0..3).map(|i| cells[i].clone().tac(if i == 2 || i < others { 11800 } else { 11793 })).collect();
            (0..3).filter_map(|_| scene.dwell(&heard).pop()?.of(ABOUT.id)).last().map(|finding| finding.severity)
        };
        assert_eq!([0, 1, 2].map(severity), [Some(Severity::High), Some(Severity::High), Some(Severity::Medium)]);
    }

    #[test]
    fn a_femtocell_with_the_area_of_the_cells_around_weighs_less() {
        let home = femto_cell(0x5a_00101, 452).tac(11793);
        let severity = |around: u16| {
            let mut scene = Scene::new().registered_as(&home, |row| row.tac = Some(1)).tacs_around(&[around]);
            scene.judge(ABOUT.id, home.clone()).map(|finding| finding.severity)
        };
        assert_eq!((severity(11793), severity(11800)), (Some(Severity::Medium), Some(Severity::High)));
    }

    #[test]
    fn at_a_border_the_tac_of_either_side_is_just_below_the_limit() {
        let stranger = macro_cell(0x5a_fff31, 304).tac(11794);
        assert_eq!(Scene::new().tacs_around(&[11793, 11794]).judge(ABOUT.id, stranger.clone()), None);
        assert_eq!(Scene::new().tacs_around(&[1, 2, 3, 4]).judge(ABOUT.id, stranger), None);
    }
}
