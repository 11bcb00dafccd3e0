//! `two-places`: one cell so strong in two places that no single station can be near enough to both.

use super::{
    calibration::PowerCalibration,
    history::{LIVE_S, Sighting},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "two-places",
    version: 1,
    class: Class::Place,
    facts: &[Fact::Place],
    severity: Severity::Critical,
    seen: "one ECGI strong in two clusters more than 1 km apart within a window, farther apart than its levels reach",
    reference: "ITU-R P.525-4 §2.3 (free space); levels calibrated by the registered macro cells of the drive",
    false_positives: "duplicate identities in the network, distributed antennas",
    settings: TwoPlaces::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct TwoPlaces {
        /// Macro cells that must calibrate the levels.
        min_macros: usize = 2,
        /// How far apart the clusters must be.
        min_apart_m: f64 = 1000.0,
        /// How far above the strongest macro cell's free-space level a level may be.
        margin_db: f64 = 10.0,
        /// Dwells that each cluster needs.
        min_dwells: usize = 2,
        /// Seconds within which both are heard.
        window_s: f64 = 1800.0,
        /// Size of a cluster.
        cluster_m: f64 = 500.0,
    }
}

impl Rule for TwoPlaces {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let ecgi = observation.ecgi().filter(|_| case.confirmed)?;
        let here = observation.position?;
        let level_db = observation.comparable_db()?;
        let now_s = super::history::time_s(observation)?;
        let carrier_hz = observation.carrier.hz;
        let calibration = PowerCalibration::of(case.history, carrier_hz, case.cell.track, self.min_macros)?;
        let reach_m = |level_db: f64| calibration.reach_m(level_db - self.margin_db, carrier_hz);
        let here_m = reach_m(level_db);

        let mut at_home = 0;
        let mut farthest: Option<(f64, &Sighting)> = None;
        let mut away = 0;
        for sighting in case.history.tracks().iter().flat_map(|t| &t.sightings).filter(|s| s.ecgi == Some(ecgi)) {
            let (Some(there), Some(level_db), Some(time_s)) = (sighting.position, sighting.level_db, sighting.time_s)
            else {
                continue;
            };
            if (now_s - time_s).abs() > self.window_s.min(LIVE_S) {
                continue;
            }
            let apart_m = here.distance_m(&there);
            let sure_m = here.certain_distance_m(&there);
            if apart_m <= self.cluster_m && reach_m(level_db) <= self.min_apart_m / 2.0 {
                at_home += 1;
            } else if sure_m > self.min_apart_m && sure_m > here_m + reach_m(level_db) {
                away += 1;
                if farthest.is_none_or(|(m, _)| apart_m > m) {
                    farthest = Some((apart_m, sighting));
                }
            }
        }
        if at_home < self.min_dwells || away < self.min_dwells {
            return None;
        }
        let (apart_m, there) = farthest?;
        let other = there.position?;
        Some(
            case.finding(&ABOUT)
                .with("ecgi", ecgi.to_string())
                .with("apart_m", rounded(apart_m, 0))
                .with("level_db", rounded(level_db, 1))
                .with("reach_m", rounded(here_m, 0))
                .with("other_level_db", there.level_db.map(|l| rounded(l, 1)))
                .with("other_reach_m", there.level_db.map(|l| rounded(reach_m(l), 0)))
                .with("other_lat", other.lat)
                .with("other_lon", other.lon)
                .with("seconds_between", there.time_s.map(|t| rounded((now_s - t).abs(), 0)))
                .with("calibrated_by_macros", calibration.macros)
                .with("reference_db", rounded(calibration.reference_db, 1)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Scene, femto_cell, macro_cell, north_m},
    };

    /// Three dwells at each end of a way, with two macro cells 1 km off at -30 dB and a cell at a level.
    fn drive(way_m: f64, level_db: f64, wait_s: i64) -> Option<Finding> {
        let (a, b) = (macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d102, 302));
        let cell = femto_cell(0x5a_fff31, 304).level_db(level_db);
        let far = |m: f64| {
            let site = Some(north_m(m + 1_000.0));
            [a.clone().site(site).level_db(-30.0), b.clone().site(site).level_db(-30.0), cell.clone()]
        };
        let [x, y, _] = far(0.0);
        let mut scene = Scene::new().registered(&x).registered(&y);
        let mut last = None;
        for place in [0.0, way_m] {
            scene.at(north_m(place));
            for _ in 0..3 {
                last = scene.dwell(&far(0.0)).pop();
            }
            scene.wait_s(wait_s);
        }
        last?.of(ABOUT.id)
    }

    #[test]
    fn fires_where_no_station_can_be_near_both() {
        let finding = drive(1_500.0, -8.0, 60).expect("fires");
        assert_eq!(finding.evidence["apart_m"], 1_500.0);
    }

    #[test]
    fn stays_silent_on_a_strong_cell_that_reaches_both() {
        assert_eq!(drive(1_500.0, -20.0, 60), None);
        assert_eq!(drive(0.0, -8.0, 60), None);
    }

    #[test]
    fn a_kilometre_and_the_window_are_just_below_the_limit() {
        assert_eq!(drive(1_029.0, -8.0, 60), None);
        assert!(drive(1_031.0, -8.0, 60).is_some());
        assert_eq!(drive(1_500.0, -8.0, 1_801), None);
    }
}
