//! `far-from-home`: a femtocell on air away from the address it is registered at.

use serde::Deserialize;

use super::{
    history::Sighting,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
};
use crate::{observation::Position, registry::CellKind};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "far-from-home",
    version: 1,
    class: Class::Place,
    facts: &[Fact::Place],
    severity: Severity::Critical,
    seen: "a femtocell's SIB1 read in several dwells farther from its registered address than a femtocell reaches",
    reference: "TS 36.104 §6.2 (home base stations transmit at most 20 dBm)",
    false_positives: "bad geocode, a high floor",
    settings: "limit_m = 300.0\n\
        min_sinr_db = 3.0\n\
        min_dwells = 3\n\
        nearer_db = 6.0\n",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FarFromHome {
    /// How far from home is far, beyond the errors of both places.
    limit_m: f64,
    /// Es/N0 below which a cell may just reach far over open ground.
    min_sinr_db: f64,
    /// Dwells in which both must hold.
    min_dwells: usize,
    /// How much stronger it is nearer to its home where it is at home.
    nearer_db: f64,
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
        let is_far = |place: Position, sinr_db: f64| {
            place.certain_distance_m(&home) > self.limit_m && sinr_db >= self.min_sinr_db
        };
        let ecgi = near.cell.ecgi;
        let named = case.cell.track.sightings.iter().filter(|s| s.ecgi == Some(ecgi));
        let dwells = named.filter(|s| s.position.is_some_and(|place| is_far(place, s.sinr_db))).count();
        if !is_far(here, f64::from(observation.level.sinr_db)) || dwells < self.min_dwells {
            return None;
        }
        // A cell that is stronger nearer to its home is at home, and reaches far.
        let level_db = observation.dwell.gain_db.map(|_| observation.rsrp_db());
        let stronger_nearer = |s: &Sighting| {
            let nearer = s.position.is_some_and(|place| place.distance_m(&home) < distance_m / 2.0);
            nearer && s.level_db.zip(level_db).is_some_and(|(there, here)| there > here + self.nearer_db)
        };
        if case.cell.track.sightings.iter().any(stronger_nearer) {
            return None;
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", near.cell.ecgi.to_string())
                .with("distance_m", rounded(distance_m, 0))
                .with("error_m", rounded(here.error_m + home.error_m, 0))
                .with("limit_m", self.limit_m)
                .with("dwells", dwells)
                .with("registered_lat", home.lat)
                .with("registered_lon", home.lon),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, femto_cell, macro_cell, north_m},
    };

    /// What the last of so many dwells with the cell says.
    fn last_of(dwells: usize, cell: &Build) -> Option<Finding> {
        let mut scene = Scene::new().registered(cell);
        (0..dwells).map(|_| scene.judge(ABOUT.id, cell.clone())).last()?
    }

    #[test]
    fn fires_on_a_femtocell_a_kilometre_from_home() {
        let cell = femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0)));
        let finding = last_of(3, &cell).expect("fires");
        assert_eq!((&finding.evidence["distance_m"], &finding.evidence["dwells"]), (&1_000.0.into(), &3.into()));
    }

    #[test]
    fn stays_silent_at_home_on_macros_and_without_a_place() {
        let far = || femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0)));
        assert_eq!(last_of(5, &far().site(Some(north_m(100.0)))), None);
        assert_eq!(last_of(5, &macro_cell(0x3f_0d101, 301).site(Some(north_m(1_000.0)))), None);
        assert_eq!(last_of(5, &far().site(None)), None);
        assert_eq!(last_of(5, &far().no_position()), None);
    }

    #[test]
    fn stays_silent_on_a_femtocell_that_reaches_far() {
        let cell = femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0)));
        for (level_db, silent) in [(-40.0, true), (-55.0, false)] {
            let mut scene = Scene::new().registered(&cell);
            scene.at(north_m(990.0)).dwell(&[cell.clone().level_db(level_db)]);
            scene.at(north_m(0.0));
            let last = (0..3).map(|_| scene.judge(ABOUT.id, cell.clone().level_db(-50.0))).last();
            assert_eq!(last.expect("three dwells").is_none(), silent, "{level_db} dB at home");
        }
    }

    #[test]
    fn the_errors_a_weak_cell_and_two_dwells_are_just_below_the_limit() {
        // 300 m by default, and 10 m of error of the two places, threefold.
        let at = |metres| femto_cell(0x5a_00101, 452).site(Some(north_m(metres)));
        assert_eq!(last_of(3, &at(329.0)), None);
        assert!(last_of(3, &at(331.0)).is_some());
        assert_eq!(last_of(3, &at(1_000.0).sinr_db(2.9)), None);
        assert_eq!(last_of(2, &at(1_000.0)), None);
    }
}
