//! `too-strong-here`: a registered cell is stronger than its registered site could make it.

use super::{
    calibration::PowerCalibration,
    network_timing::NetworkTiming,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "too-strong-here",
    version: 2,
    class: Class::Place,
    facts: &[Fact::Level, Fact::Place],
    severity: Severity::Critical,
    seen: "a level above free space from the registered site by more than the margin, in several dwells; the higher, the \
           fewer",
    reference: "ITU-R P.525-4 §2.3 (free space); levels calibrated by the registered macro cells of the drive; TS 36.133 \
                §7.4.2 (cell phase synchronisation)",
    false_positives: "wrong coordinates in the list, distributed antennas: high, not critical, but for femtocells, for sites \
                      beyond 3 km, and where frames do not come from the site in a synchronised network",
    settings: TooStrongHere::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct TooStrongHere {
        /// Macro cells that must calibrate the levels.
        min_macros: usize = 2,
        /// How far above free space a level may be.
        margin_db: f64 = 10.0,
        /// Beyond this distance of its site a macro cell cannot be taken for a near one with a wrong address.
        far_m: f64 = 3000.0,
        /// Beyond `far_m`, how far above free space a level must be that no calibration explains: macro cells that calibrate
        /// may stand behind houses.
        far_margin_db: f64 = 15.0,
        /// In how many dwells it must be above that.
        min_dwells: usize = 3,
    }
}

/// How much shadowing spreads levels. TR 36.814 Table A.2.1.1-2, §B.1.2.1.
const SPREAD_DB: f64 = 10.0;

/// How many errors of the places are in the cell's favour where the finding alerts alone.
const ERRORS: f64 = 3.0;

impl Rule for TooStrongHere {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let row = &case.row()?.cell;
        let site = row.place?;
        let here = observation.position?;
        let level_db = observation.comparable_db()?;
        let carrier_hz = observation.carrier.hz;
        let calibration = PowerCalibration::of(case.history, carrier_hz, case.cell.track, self.min_macros)?;
        let excess_db = |position: crate::observation::Position, level_db: f64| {
            // Whatever the errors of both places allow is in favour of the cell.
            level_db - calibration.ceiling_db(position.certain_distance_m(&site), carrier_hz)
        };
        let now_db = excess_db(here, level_db);
        let above = case.cell.track.sightings.iter().filter(|s| {
            s.position
                .zip(s.level_db)
                .is_some_and(|(position, level_db)| excess_db(position, level_db) > self.margin_db)
        });
        let dwells = above.count();
        // Each further 10 dB, the spread of shadowing, stand for a dwell.
        let spared = ((now_db - self.margin_db) / SPREAD_DB).max(0.0) as usize;
        if now_db <= self.margin_db || dwells < self.min_dwells.saturating_sub(spared).max(1) {
            return None;
        }
        let timing = NetworkTiming::of(case, site);
        let sure_m = here.distance_m(&site) - ERRORS * (here.error_m + site.error_m);
        let sure_db = level_db - calibration.ceiling_db(sure_m, carrier_hz);
        let is_far = sure_m >= self.far_m && sure_db > self.far_margin_db;
        let is_elsewhere = sure_db > self.margin_db && timing.is_some_and(NetworkTiming::contradicts);
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", row.ecgi.to_string())
            .with("level_db", rounded(level_db, 1))
            .with("above_free_space_db", rounded(now_db, 1))
            .with("margin_db", self.margin_db)
            .with("dwells_above", dwells)
            .with("site_distance_m", rounded(here.distance_m(&site), 0))
            .with("calibrated_by_macros", calibration.macros)
            .with("calibrated_by_sightings", calibration.sightings)
            .with("reference_db", rounded(calibration.reference_db, 1));
        let finding = match timing {
            Some(timing) => finding.with_all(timing.values()),
            None => finding.with("network_synchronised", false),
        };
        let weighs = row.kind == Some(CellKind::Femto) || is_far || is_elsewhere;
        Some(if weighs { finding } else { finding.weighing(Severity::High) })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, femto_cell, macro_cell, north_m},
    };

    /// Drives past two macro cells 1 km off at -30 dB with a third cell at a level; the last dwell's finding.
    fn drive(scene: Scene, cell: &Build, level_db: f64, dwells: u32) -> Option<Finding> {
        let far = |eci, pci| macro_cell(eci, pci).site(Some(north_m(1_000.0))).level_db(-30.0);
        let (a, b) = (far(0x3f_0d101, 301), far(0x3f_0d102, 302));
        let mut scene = scene.registered(&a).registered(&b).registered(cell);
        let heard = [a, b, cell.clone().level_db(level_db)];
        (0..dwells).map(|_| scene.dwell(&heard)).last()?.pop()?.of(ABOUT.id)
    }

    #[test]
    fn fires_on_a_cell_far_from_its_site_and_strong() {
        let cell = macro_cell(0x3f_0d103, 303).site(Some(north_m(1_000.0)));
        let finding = drive(Scene::new(), &cell, -15.0, 5).expect("fires");
        assert_eq!(finding.severity, Severity::High);
        assert_eq!(finding.evidence["calibrated_by_macros"], 2);
        let home = femto_cell(0x5a_00101, 452).site(Some(north_m(1_000.0)));
        assert_eq!(drive(Scene::new(), &home, -15.0, 5).expect("fires").severity, Severity::Critical);
    }

    #[test]
    fn a_far_site_or_another_frame_timing_makes_it_critical() {
        let severity = |site_m: f64, above_db: f64, cell: Build| {
            // The macro cells give a reference of -30 dB at 1 km, which is that distance less 10 m of errors.
            let level_db = -30.0 + above_db - 20.0 * ((site_m - 10.0) / 1_000.0).log10();
            drive(Scene::new(), &cell.site(Some(north_m(site_m))), level_db, 5).map(|finding| finding.severity)
        };
        let cell = || macro_cell(0x3f_0d103, 303);
        assert_eq!(severity(3_031.0, 16.0, cell()), Some(Severity::Critical));
        assert_eq!(severity(3_029.0, 16.0, cell()), Some(Severity::High));
        assert_eq!(severity(15_000.0, 14.9, cell()), Some(Severity::High));
        assert_eq!(severity(15_000.0, 26.0, cell()), Some(Severity::Critical));
        assert_eq!(severity(15_000.0, 9.9, cell()), None);
    }

    #[test]
    fn frames_that_do_not_come_from_the_site_make_it_critical() {
        // Two sites of one network timing, 1 km and 2 km away, and the cell's own at 1.5 km.
        let sent = |metres: f64| 4e-3 + metres / 299_792_458.0;
        let severity = |second_s: f64, own_s: f64| {
            let a = macro_cell(0x3f_0d101, 301).site(Some(north_m(1_000.0))).frames_at_s(sent(1_000.0)).level_db(-30.0);
            let b = macro_cell(0x3f_0d202, 302).site(Some(north_m(2_000.0))).frames_at_s(second_s).level_db(-36.0);
            let cell = macro_cell(0x3f_0d303, 303).site(Some(north_m(1_500.0))).frames_at_s(own_s).level_db(-20.0);
            let heard = [a, b, cell];
            let mut scene = heard.iter().fold(Scene::new(), Scene::registered);
            let finding = (0..5).filter_map(|_| scene.dwell(&heard).pop()?.of(ABOUT.id)).last().expect("fires");
            (finding.severity, finding.evidence["network_synchronised"] == true)
        };
        // Synchronised to 10 µs, and 0.1 µs of errors.
        assert_eq!(severity(sent(2_000.0), sent(1_500.0)), (Severity::High, true));
        assert_eq!(severity(sent(2_000.0), sent(1_500.0) - 10.0e-6), (Severity::High, true));
        assert_eq!(severity(sent(2_000.0), sent(1_500.0) - 10.2e-6), (Severity::Critical, true));
        assert_eq!(severity(sent(2_000.0), sent(1_500.0) + 5e-3), (Severity::Critical, true));
        assert_eq!(severity(sent(2_000.0) + 20e-6, sent(1_500.0) + 5e-3), (Severity::High, false));
    }

    #[test]
    fn the_higher_the_fewer_dwells_are_needed() {
        let cell = macro_cell(0x3f_0d103, 303).site(Some(north_m(1_000.0)));
        // The first dwells only calibrate.
        let dwells = |above_db: f64| (3..9).find(|&n| drive(Scene::new(), &cell, -30.0 + above_db, n).is_some());
        assert_eq!(dwells(31.0), Some(3));
        let late = |above_db: f64, dwells: u32| {
            let (a, b) = (macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d102, 302));
            let known = [a, b].map(|m| m.site(Some(north_m(1_000.0))).level_db(-30.0));
            let mut scene = known.iter().fold(Scene::new().registered(&cell), Scene::registered);
            (0..5).for_each(|_| drop(scene.dwell(&known)));
            let heard = cell.clone().level_db(-30.0 + above_db);
            (0..dwells).map(|_| scene.judge(ABOUT.id, heard.clone())).last().flatten()
        };
        for (above_db, needed) in [(12.0, 3), (22.0, 2), (32.0, 1), (52.0, 1)] {
            assert!(late(above_db, needed).is_some(), "{above_db} dB");
            assert_eq!(late(above_db, needed - 1), None, "{above_db} dB");
        }
    }

    #[test]
    fn stays_silent_near_the_site_and_where_nothing_calibrates() {
        let near = macro_cell(0x3f_0d103, 303).site(Some(north_m(100.0)));
        assert_eq!(drive(Scene::new(), &near, -15.0, 5), None);
        let cell = macro_cell(0x3f_0d103, 303).site(Some(north_m(1_000.0)));
        let mut alone = Scene::new().registered(&cell);
        for _ in 0..9 {
            assert_eq!(alone.judge(ABOUT.id, cell.clone().level_db(-1.0)), None);
        }
        let no_gain = cell.clone().change(|o| o.dwell.gain_db = None);
        assert_eq!(drive(Scene::new(), &no_gain, -15.0, 5), None);
    }

    #[test]
    fn stays_silent_where_levels_are_clipped() {
        let cell = macro_cell(0x3f_0d103, 303).site(Some(north_m(1_000.0)));
        assert_eq!(drive(Scene::new(), &cell.clone().clipped(0.01), -15.0, 5), None);
        assert!(drive(Scene::new(), &cell.clipped(0.009), -15.0, 5).is_some());
    }

    #[test]
    fn the_margin_and_the_second_dwell_are_just_below_the_limit() {
        let cell = macro_cell(0x3f_0d103, 303).site(Some(north_m(1_000.0)));
        assert_eq!(drive(Scene::new(), &cell, -20.2, 5), None);
        assert!(drive(Scene::new(), &cell, -19.0, 5).is_some());
        assert_eq!(drive(Scene::new(), &cell, -15.0, 2), None);
    }
}
