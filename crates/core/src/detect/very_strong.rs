//! `very-strong`: a cell so strong that it must be near, where no registered site is.

use super::{
    calibration::PowerCalibration,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "very-strong",
    version: 1,
    class: Class::Radio,
    facts: &[Fact::Level, Fact::Place],
    severity: Severity::High,
    seen: "an unregistered cell at a level that even the operator's strongest stations reach only from near, with no registered site that near",
    reference: "ITU-R P.525-4 §2.3 (free space); levels calibrated by the registered macro cells of the drive",
    false_positives: "street cells",
    settings: VeryStrong::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct VeryStrong {
        /// Macro cells that must calibrate the levels.
        min_macros: usize = 2,
        /// How near a registered site explains it.
        radius_m: f64 = 100.0,
        /// The level from which a cell is near, where the receiver is calibrated.
        min_rsrp_dbm: f64 = -45.0,
        /// Dwells of the cell that must be as strong.
        min_dwells: usize = 3,
    }
}

impl Rule for VeryStrong {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let answer = case.cell.answer.filter(|_| case.confirmed && case.own_network())?;
        let here = observation.position?;
        // A registered cell has a site of its own to be measured by: that is `too-strong-here`.
        if !answer.registered.is_empty() {
            return None;
        }
        let radius_m = self.radius_m + here.greatest_error_m();
        if answer.nearest.as_ref().is_some_and(|near| near.distance_m.is_none_or(|d| d <= radius_m)) {
            return None;
        }
        let carrier_hz = observation.carrier.hz;
        // A registered row's own place may be wrong, but a list without any place near says nothing of this one.
        let nearest_m = answer.nearest.as_ref()?.distance_m;
        if observation.is_clipped() {
            return None;
        }
        let calibrated = observation.level.rsrp_dbm.map(f64::from);
        let reach = PowerCalibration::of(case.history, carrier_hz, case.cell.track, self.min_macros);
        let near_here = match (calibrated, &reach) {
            (Some(rsrp_dbm), _) => rsrp_dbm >= self.min_rsrp_dbm,
            (None, Some(calibration)) => {
                let level_db = observation.comparable_db()?;
                let limit_db = calibration.ceiling_db(self.radius_m, carrier_hz);
                let strong = case.cell.track.sightings.iter().filter(|s| s.level_db.is_some_and(|l| l > limit_db));
                level_db > limit_db && strong.count() >= self.min_dwells
            }
            (None, None) => false,
        };
        near_here.then(|| {
            case.finding(&ABOUT)
                .with("rsrp_dbm", calibrated.map(|l| rounded(l, 1)))
                .with("level_db", rounded(observation.rsrp_db(), 1))
                .with("reach_m", reach.map(|c| rounded(c.reach_m(observation.rsrp_db(), carrier_hz), 0)))
                .with("nearest_registered_m", nearest_m.map(|d| rounded(d, 0)))
                .with("radius_m", self.radius_m)
                .with("calibrated_by_macros", reach.map(|c| c.macros))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell, north_m},
    };

    /// Four dwells beside two macro cells 1 km off at -30 dB, which are -10 dB at 100 m.
    fn beside_macros(scene: Scene, cell: &Build, dwells: u32) -> Option<Finding> {
        let far = |eci, pci| macro_cell(eci, pci).site(Some(north_m(1_000.0))).level_db(-30.0);
        let heard = [far(0x3f_0d101, 301), far(0x3f_0d102, 302), cell.clone()];
        let mut scene = scene.registered(&heard[0]).registered(&heard[1]);
        (0..dwells).map(|_| scene.dwell(&heard)).last()?.pop()?.of(ABOUT.id)
    }

    fn stranger(level_db: f64) -> Build {
        macro_cell(0x5a_fff31, 304).level_db(level_db)
    }

    #[test]
    fn fires_on_a_near_transmitter_away_from_every_site() {
        let finding = beside_macros(Scene::new(), &stranger(-5.0), 4).expect("fires");
        assert_eq!(finding.evidence["nearest_registered_m"], 1_000.0);
        let calibrated = stranger(-60.0).change(|o| o.level.rsrp_dbm = Some(-40.0));
        assert!(beside_macros(Scene::new(), &calibrated, 4).is_some());
    }

    #[test]
    fn stays_silent_near_a_site_and_on_other_networks() {
        let site = macro_cell(0x3f_0d109, 309).site(Some(north_m(90.0)));
        assert_eq!(beside_macros(Scene::new().registered(&site), &stranger(-5.0), 4), None);
        assert_eq!(beside_macros(Scene::new(), &stranger(-5.0).plmns(&["450-05"]), 4), None);
        assert_eq!(Scene::new().judge(ABOUT.id, stranger(-5.0)), None);
    }

    #[test]
    fn the_level_at_the_radius_and_two_dwells_are_just_below_the_limit() {
        assert_eq!(beside_macros(Scene::new(), &stranger(-10.1), 4), None);
        assert!(beside_macros(Scene::new(), &stranger(-9.9), 4).is_some());
        assert_eq!(beside_macros(Scene::new(), &stranger(-5.0), 2), None);
    }
}
