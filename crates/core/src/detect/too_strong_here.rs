//! `too-strong-here`: a registered cell is stronger than its registered site could make it.

use serde::Deserialize;

use super::{
    calibration::PowerCalibration,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "too-strong-here",
    version: 1,
    class: Class::Place,
    facts: &[Fact::Level, Fact::Place],
    severity: Severity::Critical,
    seen: "a level above free space from the registered site by more than the margin, in several dwells",
    reference: "ITU-R P.525-4 §2.3 (free space); levels calibrated by the registered macro cells of the drive",
    false_positives: "wrong coordinates in the list, distributed antennas; high, not critical, but for femtocells",
    settings: "min_macros = 2\n\
        margin_db = 10.0\n\
        min_dwells = 3\n",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooStrongHere {
    /// Macro cells that must calibrate the levels.
    min_macros: usize,
    /// How far above free space a level may be.
    margin_db: f64,
    /// In how many dwells it must be above that.
    min_dwells: usize,
}

impl Rule for TooStrongHere {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let row = &case.row()?.cell;
        let site = row.place?;
        let here = observation.position?;
        observation.dwell.gain_db?;
        let carrier_hz = observation.carrier.hz;
        let calibration = PowerCalibration::of(case.history, carrier_hz, case.cell.track, self.min_macros)?;
        let excess_db = |position: crate::observation::Position, level_db: f64| {
            // Whatever the errors of both places allow is in favour of the cell.
            level_db - calibration.ceiling_db(position.certain_distance_m(&site), carrier_hz)
        };
        let now_db = excess_db(here, observation.rsrp_db());
        let above = case.cell.track.sightings.iter().filter(|s| {
            s.position
                .zip(s.level_db)
                .is_some_and(|(position, level_db)| excess_db(position, level_db) > self.margin_db)
        });
        let dwells = above.count();
        if now_db <= self.margin_db || dwells < self.min_dwells {
            return None;
        }
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", row.ecgi.to_string())
            .with("level_db", rounded(observation.rsrp_db(), 1))
            .with("above_free_space_db", rounded(now_db, 1))
            .with("margin_db", self.margin_db)
            .with("dwells_above", dwells)
            .with("site_distance_m", rounded(here.distance_m(&site), 0))
            .with("calibrated_by_macros", calibration.macros)
            .with("calibrated_by_sightings", calibration.sightings)
            .with("reference_db", rounded(calibration.reference_db, 1));
        Some(if row.kind == Some(CellKind::Femto) { finding } else { finding.weighing(Severity::High) })
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
    fn the_margin_and_the_second_dwell_are_just_below_the_limit() {
        let cell = macro_cell(0x3f_0d103, 303).site(Some(north_m(1_000.0)));
        assert_eq!(drive(Scene::new(), &cell, -20.2, 5), None);
        assert!(drive(Scene::new(), &cell, -19.0, 5).is_some());
        assert_eq!(drive(Scene::new(), &cell, -15.0, 2), None);
    }
}
