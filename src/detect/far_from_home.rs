//! `far-from-home`: a femtocell on air away from the address it is registered at.

use serde::Deserialize;

use super::rule::{About, Case, Class, Finding, Rule, Severity, rounded};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "far-from-home",
    version: 1,
    class: Class::Place,
    severity: Severity::Critical,
    seen: "a femtocell's SIB1 read well farther from its registered address than a femtocell reaches",
    reference: "TS 36.104 §6.2 (home base stations transmit at most 20 dBm)",
    false_positives: "bad geocode, a high floor",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FarFromHome {
    /// How far from home is far, beyond the errors of both places.
    limit_m: f64,
    /// Es/N0 below which a cell may just reach far over open ground.
    min_sinr_db: f64,
}

impl Rule for FarFromHome {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let near = case.row().filter(|near| near.cell.kind == Some(CellKind::Femto))?;
        let observation = case.observation();
        let here = observation.position?;
        let home = near.cell.place?;
        let distance_m = here.distance_m(&home);
        let sure_m = distance_m - here.error_m - home.error_m;
        if sure_m <= self.limit_m || f64::from(observation.level.sinr_db) < self.min_sinr_db {
            return None;
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", near.cell.ecgi.to_string())
                .with("distance_m", rounded(distance_m, 0))
                .with("error_m", rounded(here.error_m + home.error_m, 0))
                .with("limit_m", self.limit_m)
                .with("registered_lat", home.lat)
                .with("registered_lon", home.lon),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Scene, femto_cell, macro_cell, north_m};

    #[test]
    fn fires_on_a_femtocell_a_kilometre_from_home() {
        let cell = femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0)));
        let finding = Scene::new().registered(&cell).judge(ABOUT.id, cell).expect("fires");
        assert_eq!(finding.evidence["distance_m"], 1_000.0);
    }

    #[test]
    fn stays_silent_at_home_on_macros_and_without_a_place() {
        let home = femto_cell(0x5a_00101, 452).site(Some(north_m(100.0)));
        assert_eq!(Scene::new().registered(&home).judge(ABOUT.id, home), None);
        let macro_cell = macro_cell(0x3f_0d101, 301).site(Some(north_m(1_000.0)));
        assert_eq!(Scene::new().registered(&macro_cell).judge(ABOUT.id, macro_cell), None);
        let nowhere = femto_cell(0x5a_00101, 452).site(None);
        assert_eq!(Scene::new().registered(&nowhere).judge(ABOUT.id, nowhere), None);
        let lost = femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0))).no_position();
        assert_eq!(Scene::new().registered(&lost).judge(ABOUT.id, lost), None);
    }

    #[test]
    fn the_errors_and_a_weak_cell_are_just_below_the_limit() {
        // 300 m by default, and 10 m of error of the two places.
        let at = |metres| femto_cell(0x5a_00101, 452).site(Some(north_m(metres)));
        assert_eq!(Scene::new().registered(&at(309.0)).judge(ABOUT.id, at(309.0)), None);
        assert!(Scene::new().registered(&at(311.0)).judge(ABOUT.id, at(311.0)).is_some());
        let weak = at(1_000.0).sinr_db(-0.1);
        assert_eq!(Scene::new().registered(&weak).judge(ABOUT.id, weak), None);
    }
}
