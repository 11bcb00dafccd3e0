//! `short-lived`: a strong cell that appears at a place passed often before, where it never was.

use super::{
    history::{CarrierKey, DwellMark, time_s},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::Position;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "short-lived",
    version: 1,
    class: Class::Place,
    facts: &[Fact::Presence],
    severity: Severity::High,
    seen: "a strong cell heard in one window of less than 30 min at a place passed five times or more",
    reference: "an illegal base station is where its driver is; a registered one stays",
    false_positives: "recovery from an outage, a new cell",
    settings: ShortLived::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct ShortLived {
        /// Passes of the place, the present one included.
        min_passes: usize = 5,
        /// Within how many metres a dwell is at the same place.
        radius_m: f64 = 100.0,
        /// Seconds between two passes.
        pass_gap_s: f64 = 600.0,
        /// The longest time from the cell's first to its last sighting.
        window_s: f64 = 1800.0,
        /// Es/N0 from which the cell would have been heard on the other passes too.
        min_sinr_db: f64 = 6.0,
    }
}

impl Rule for ShortLived {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let ecgi = observation.ecgi().filter(|_| case.confirmed)?;
        // A place that is not known that well is not the same as another.
        let is_known = |p: &Position| p.greatest_error_m() <= self.radius_m;
        let here = observation.position.filter(is_known)?;
        let now_s = time_s(observation)?;
        if f64::from(observation.level.sinr_db) < self.min_sinr_db {
            return None;
        }
        let known = || case.history.tracks().iter().filter_map(|t| t.known(ecgi));
        let first_s = known().filter_map(|k| k.first_s).fold(now_s, f64::min);
        let last_s = known().filter_map(|k| k.last_s).fold(now_s, f64::max);
        if last_s - first_s >= self.window_s {
            return None;
        }
        let carrier = CarrierKey::of(&observation.carrier);
        let at_place = |d: &&DwellMark| {
            // Only a dwell that heard something on the carrier could have heard this cell.
            d.carriers.contains(&carrier)
                && d.position.is_some_and(|p| is_known(&p) && p.distance_m(&here) <= self.radius_m)
        };
        let mut passes = 0;
        let mut previous_s = f64::NEG_INFINITY;
        for time_s in case.history.dwells().iter().filter(at_place).filter_map(|d| d.time_s) {
            passes += usize::from(time_s - previous_s > self.pass_gap_s);
            previous_s = time_s;
        }
        if passes < self.min_passes {
            return None;
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", ecgi.to_string())
                .with("passes", passes)
                .with("radius_m", self.radius_m)
                .with("heard_for_s", rounded(last_s - first_s, 0))
                .with("window_s", self.window_s),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{ABOUT, Position};
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell, north_m},
    };

    /// Passes a place every hour with a resident cell, then once more with the stranger too.
    fn last_pass(passes_before: u32, stranger: &Build, also_before: bool) -> Option<Finding> {
        let resident = macro_cell(0x3f_0d101, 301);
        let mut scene = Scene::new().registered(&resident);
        for pass in 0..passes_before {
            scene.at(north_m(0.0));
            let heard = if also_before && pass == 0 {
                vec![resident.clone(), stranger.clone()]
            } else {
                vec![resident.clone()]
            };
            scene.dwell(&heard);
            scene.at(north_m(2_000.0)).dwell(std::slice::from_ref(&resident));
            scene.wait_s(3_600);
        }
        scene.at(north_m(30.0)).dwell(&[resident, stranger.clone()]).pop()?.of(ABOUT.id)
    }

    #[test]
    fn fires_on_a_newcomer_at_a_place_often_passed() {
        let finding = last_pass(4, &macro_cell(0x5a_fff31, 304), false).expect("fires");
        assert_eq!(finding.evidence["passes"], 5);
    }

    #[test]
    fn stays_silent_on_a_cell_heard_before_and_without_a_position() {
        assert_eq!(last_pass(4, &macro_cell(0x5a_fff31, 304), true), None);
        assert_eq!(last_pass(4, &macro_cell(0x5a_fff31, 304).no_position(), false), None);
    }

    #[test]
    fn stays_silent_on_a_poor_fix() {
        for (error_m, fires) in [(33.0, true), (34.0, false)] {
            let resident = macro_cell(0x3f_0d101, 301);
            let mut scene = Scene::new().registered(&resident);
            for _ in 0..4 {
                scene.at(north_m(0.0)).dwell(std::slice::from_ref(&resident));
                scene.wait_s(3_600);
            }
            scene.at(Position { error_m, ..north_m(30.0) });
            let last = scene.dwell(&[resident, macro_cell(0x5a_fff31, 304)]).pop().expect("two cells");
            assert_eq!(last.of(ABOUT.id).is_some(), fires, "{error_m} m");
        }
    }

    #[test]
    fn four_passes_and_a_weak_cell_are_just_below_the_limit() {
        assert_eq!(last_pass(3, &macro_cell(0x5a_fff31, 304), false), None);
        assert_eq!(last_pass(4, &macro_cell(0x5a_fff31, 304).sinr_db(5.9), false), None);
    }
}
