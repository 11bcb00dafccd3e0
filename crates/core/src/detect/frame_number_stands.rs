//! `frame-number-stands`: frames that come again instead of counting on.

use super::{
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "frame-number-stands",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::FrameTiming],
    severity: Severity::Critical,
    seen: "a system frame number that does not count on over 80 ms or more without loss, in several dwells: a recording \
           played in a loop",
    reference: "TS 36.331 §6.2.2 (systemFrameNumber); TS 36.211 §4.1 (a frame takes 10 ms)",
    false_positives: "test generators",
    settings: FrameNumberStands::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct FrameNumberStands {
        /// Dwells in which it must stand: a period of the MIB may be mistaken once.
        min_dwells: usize = 2,
    }
}

impl Rule for FrameNumberStands {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let sightings = &case.cell.track.sightings;
        let stands: Vec<_> = sightings.iter().filter(|s| s.stands).collect();
        if !case.observation().frame_number_stands || stands.len() < self.min_dwells {
            return None;
        }
        let seconds = stands.first().and_then(|s| s.time_s).zip(stands.last().and_then(|s| s.time_s));
        Some(
            case.finding(&ABOUT)
                .with("ecgi", case.observation().ecgi().map(|ecgi| ecgi.to_string()))
                .with("dwells", stands.len())
                .with("dwells_heard", sightings.len())
                .with("seconds", seconds.map(|(first, last)| last - first)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Build, Scene, macro_cell};

    fn looped() -> Build {
        macro_cell(0x5a_fff31, 304).change(|o| (o.frame_number_stands, o.timing.sfn) = (true, None))
    }

    #[test]
    fn fires_on_a_loop_with_or_without_a_name() {
        for cell in [looped(), looped().no_sib1(), looped().plmns(&["440-10"])] {
            let mut scene = Scene::without_registry();
            scene.dwell(std::slice::from_ref(&cell));
            let finding = scene.judge(ABOUT.id, cell).expect("fires");
            assert_eq!((&finding.evidence["dwells"], &finding.evidence["seconds"]), (&2.into(), &5.0.into()));
        }
    }

    #[test]
    fn stays_silent_on_frames_that_count_and_after_the_loop() {
        let mut scene = Scene::new();
        for _ in 0..5 {
            assert_eq!(scene.judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
        }
        scene.dwell(&[looped()]);
        scene.dwell(&[looped()]);
        assert_eq!(scene.judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
    }

    #[test]
    fn one_dwell_is_just_below_the_limit() {
        let mut scene = Scene::new();
        assert_eq!(scene.judge(ABOUT.id, looped()), None);
        assert_eq!(scene.judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
        assert!(scene.judge(ABOUT.id, looped()).is_some());
    }
}
