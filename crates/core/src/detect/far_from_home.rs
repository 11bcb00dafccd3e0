//! `far-from-home`: a femtocell on air away from the address it is registered at.

use super::{
    history::Sighting,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::{
    observation::Position,
    registry::{
        CellKind,
        path_loss::{PathLossModel, expected_rsrp_dbm, nominal_noise_dbm},
    },
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "far-from-home",
    version: 2,
    class: Class::Place,
    facts: &[Fact::Place],
    severity: Severity::Critical,
    seen: "a femtocell's SIB1 read farther from its registered address than a femtocell reaches: the farther and the \
           stronger, the fewer dwells are needed",
    reference: "TS 36.104 Table 6.2-1 (home base stations transmit at most 20 dBm); TS 36.942 §4.5.2 and TR 36.814 Table \
                A.2.1.1.2-8 (urban path loss, 20 dB of outer wall, 10 dB of shadowing)",
    false_positives: "bad geocode, a high floor",
    settings: FarFromHome::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct FarFromHome {
        /// How far from home is far, beyond three times the errors of both places, where a level says little.
        limit_m: f64 = 300.0,
        /// Es/N0 below which a cell may just reach far over open ground.
        min_sinr_db: f64 = 3.0,
        /// Dwells in which both must hold.
        min_dwells: usize = 3,
        /// Nearer than this to its home no level is too high: the street in front of the house.
        near_limit_m: f64 = 200.0,
        /// So far above what a femtocell at home is expected with at that distance, two dwells are enough: twice the 10 dB that
        /// shadowing spreads (TR 36.814 Table A.2.1.1.2-8).
        clear_db: f64 = 20.0,
        /// So far above it, one confirmed dwell is: three times those 10 dB.
        certain_db: f64 = 30.0,
        /// How much stronger it is nearer to its home where it is at home.
        nearer_db: f64 = 6.0,
    }
}

/// A dwell's distance from home and what its level says.
#[derive(Clone, Copy)]
struct Reading {
    /// Distance from home that the errors of both places, threefold, leave.
    sure_m: f64,
    sinr_db: f64,
    /// Es/N0 beyond that of a femtocell at home: 20 dBm behind an outer wall, urban path loss, a receiver's own noise.
    beyond_db: f64,
}

impl Rule for FarFromHome {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let near = case.row().filter(|near| near.cell.kind == Some(CellKind::Femto))?;
        let observation = case.observation();
        let here = observation.position.filter(|_| !observation.is_clipped())?;
        let home = near.cell.place?;
        let distance_m = here.distance_m(&home);
        let bandwidth = observation.mib.map(|mib| mib.bandwidth);
        let reading = |place: Position, sinr_db: f64| {
            let sure_m = place.certain_distance_m(&home);
            let carrier_hz = observation.carrier.hz;
            let rsrp_dbm = expected_rsrp_dbm(near.cell.kind, bandwidth, PathLossModel::Urban, carrier_hz, sure_m);
            Reading { sure_m, sinr_db, beyond_db: sinr_db - (rsrp_dbm - nominal_noise_dbm()) }
        };
        let now = reading(here, f64::from(observation.level.sinr_db));
        let level_db = observation.comparable_db();
        // Where this dwell has a level, one without was clipped.
        let is_whole = |s: &&Sighting| s.level_db.is_some() || level_db.is_none();
        let named = case.cell.track.sightings.iter().filter(|s| s.ecgi == Some(near.cell.ecgi)).filter(is_whole);
        let readings: Vec<Reading> = named.filter_map(|s| Some(reading(s.position?, s.sinr_db))).collect();
        let enough = |is_far: &dyn Fn(&Reading) -> bool, dwells: usize| {
            let count = readings.iter().filter(|r| is_far(r)).count();
            (is_far(&now) && count >= dwells).then_some(count)
        };
        let beyond = |r: &Reading, db: f64| r.sure_m > self.near_limit_m && r.beyond_db >= db;
        let dwells = enough(&|r| beyond(r, self.certain_db), 1)
            .or_else(|| enough(&|r| beyond(r, self.clear_db), 2))
            .or_else(|| enough(&|r| r.sure_m > self.limit_m && r.sinr_db >= self.min_sinr_db, self.min_dwells))?;
        // A cell that is stronger nearer to its home is at home, and reaches far.
        let stronger_nearer = |s: &Sighting| {
            let nearer = s.position.is_some_and(|place| place.distance_m(&home) < distance_m / 2.0);
            // What was clipped may have been as strong as any.
            nearer && level_db.is_some_and(|here| s.level_db.is_none_or(|there| there > here + self.nearer_db))
        };
        if case.cell.track.sightings.iter().any(stronger_nearer) {
            return None;
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", near.cell.ecgi.to_string())
                .with("distance_m", rounded(distance_m, 0))
                .with("error_m", rounded(here.error_m + home.error_m, 0))
                .with("expected_sinr_db", rounded(now.sinr_db - now.beyond_db, 1))
                .with("beyond_expected_db", rounded(now.beyond_db, 1))
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
    fn clipped_dwells_count_for_nothing_but_a_strong_home() {
        let cell = femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0)));
        assert_eq!(last_of(3, &cell.clone().clipped(0.2)), None);
        // Beside its home it was so strong that the converter clipped: it is at home, and reaches far.
        let mut scene = Scene::new().registered(&cell);
        scene.at(north_m(990.0)).dwell(&[cell.clone().level_db(-55.0).clipped(0.2)]);
        scene.at(north_m(0.0));
        let last = (0..3).map(|_| scene.judge(ABOUT.id, cell.clone().level_db(-50.0))).last();
        assert_eq!(last.expect("three dwells"), None);
    }

    #[test]
    fn the_errors_a_weak_cell_and_two_dwells_are_just_below_the_limit() {
        // 300 m by default, and three times 10 m of error of the two places.
        let at = |metres| femto_cell(0x5a_00101, 452).site(Some(north_m(metres))).sinr_db(3.0);
        assert_eq!(last_of(3, &at(329.0)), None);
        assert!(last_of(3, &at(331.0)).is_some());
        assert_eq!(last_of(3, &at(331.0).sinr_db(2.9)), None);
        assert_eq!(last_of(2, &at(331.0)), None);
    }

    #[test]
    fn the_farther_and_stronger_the_fewer_dwells_are_needed() {
        // 25 resource blocks and 1840 MHz: 20 dBm behind a wall are expected at -8.5 dB at 300 m and -16.8 dB at 500 m.
        let at = |metres: f64, sinr_db| femto_cell(0x5a_00101, 452).site(Some(north_m(metres + 30.0))).sinr_db(sinr_db);
        for (metres, two, one) in [(250.0, 14.6, 24.6), (300.0, 11.6, 21.6), (500.0, 3.3, 13.3), (700.0, -2.2, 7.8)] {
            assert!(last_of(1, &at(metres, one)).is_some(), "{metres} m");
            assert_eq!(last_of(1, &at(metres, one - 1.0)), None, "{metres} m");
            assert!(last_of(2, &at(metres, two)).is_some(), "{metres} m");
            assert_eq!(last_of(2, &at(metres, two - 1.0)), None, "{metres} m");
        }
        // In the street before the house no level is too high, and one reception is no identity.
        assert_eq!(last_of(9, &at(195.0, 40.0)), None);
        assert_eq!(last_of(1, &at(500.0, 30.0).sib1_periods(1)), None);
        let finding = last_of(1, &at(500.0, 20.0)).expect("fires");
        assert_eq!(finding.evidence["dwells"], 1);
    }
}
