//! `unregistered`: the registry covers the cell's network and has no such cell.

use super::{
    claimed_site::ClaimedSite,
    registry_view::stranger,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
    verdict::Verdict,
};
use crate::observation::{CellIdentity, Ecgi};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "unregistered",
    version: 3,
    class: Class::Registry,
    facts: &[Fact::CellIdentity],
    severity: Severity::Critical,
    seen: "a confirmed ECGI that the registered cell list does not have",
    reference: "TS 36.300 §8.2 (ECGI); illegal femtocells in Korea, 2025",
    false_positives: "stale snapshot, other operators' PLMNs, shared RAN; a sector of a registered site that the list \
                      forgot, with that site's frame timing, carrier offset, levels and neighbours; a cell from beyond the list's area, heard once and faintly. Each of these makes it high",
    settings: Unregistered::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct Unregistered {
        /// A snapshot older than this makes the finding high: the cell may be new.
        stale_after_days: f64 = 365.0,
        /// Es/N0 below which a cell is faint: heard in one dwell only, it makes the finding high.
        faint_sinr_db: f64 = -3.0,
        /// How far the frames of a site's sectors may be apart: one clock makes them, and one way brings them; the rest is the
        /// measurement's.
        max_timing_us: f64 = 5.0,
        /// How far their carriers may be apart beyond the errors of the measurement: one crystal makes them.
        max_offset_ppm: f64 = 0.01,
        /// How far a sector may be above another of its site: the 25 dB of an antenna's front over its back (TR 36.814 Table
        /// A.2.1.1-2), and fading.
        max_above_sibling_db: f64 = 30.0,
        /// How far above free space from the site its level may be.
        margin_db: f64 = 10.0,
    }
}

impl Rule for Unregistered {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        if case.verdict != Verdict::Unregistered {
            return None;
        }
        let observation = case.observation();
        let answer = case.cell.answer?;
        let covered: Vec<_> = answer.covered.iter().map(ToString::to_string).collect();
        let stranger = stranger(observation, answer)?;
        let plmns: Vec<_> =
            observation.identity.iter().flat_map(CellIdentity::all_plmns).map(|p| p.to_string()).collect();
        let ecgi = observation.ecgi()?;
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", stranger.ecgi().to_string())
            .with("also_offers", (stranger.ecgi() != ecgi).then(|| stranger.ecgi().to_string()))
            .with("plmns", plmns)
            .with("plmns_covered", covered)
            .with("registry_rows", answer.snapshot.rows)
            .with("registry_imported", answer.snapshot.imported.to_string())
            .with("sib1_periods", observation.sib1_periods)
            .with("si_agrees", observation.si_agrees);
        let stale = answer.age.is_some_and(|age| age.as_secs_f64() > self.stale_after_days * 86_400.0);
        let site = ClaimedSite::of(case, stranger);
        let unlike = site.as_ref().map(|site| self.unlike(site)).unwrap_or_default();
        let finding = match &site {
            Some(site) => finding.with_all(site.values()).with("unlike_site_in", unlike.clone()),
            None => finding,
        };
        Some(match site {
            Some(_) if unlike.is_empty() => finding.weighing(Severity::High),
            Some(_) => finding,
            None if stale => finding.weighing(Severity::High).with("registry_stale", true),
            None if self.is_faint_once(case, ecgi) => finding.weighing(Severity::High).with("heard_once", true),
            None => finding,
        })
    }
}

impl Unregistered {
    /// In what the cell is not as a sector of the site would be; empty where all that is known fits.
    fn unlike(&self, site: &ClaimedSite) -> Vec<&'static str> {
        let far = |value: Option<f64>, limit: f64| value.is_none_or(|value| value > limit);
        let timing = far(site.timing_apart_us, self.max_timing_us);
        let offset =
            far(site.offset_apart_hz.map(|hz| hz - site.offset_error_hz), self.max_offset_ppm * site.carrier_mhz);
        let level = site.above_sibling_db.is_some_and(|above| above > self.max_above_sibling_db)
            || site.above_free_space_db.is_some_and(|above| above > self.margin_db);
        let told =
            [(timing, "frame timing"), (offset, "carrier offset"), (level, "level"), (site.is_alone, "neighbours")];
        told.into_iter().filter(|(unlike, _)| *unlike).map(|(_, what)| what).collect()
    }

    /// Whether this is the only dwell in which the cell gave its name, and a faint one.
    fn is_faint_once(&self, case: &Case<'_>, ecgi: Ecgi) -> bool {
        let named = case.cell.track.sightings.iter().filter(|s| s.ecgi == Some(ecgi)).count();
        named <= 1 && f64::from(case.observation().level.sinr_db) < self.faint_sinr_db
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, femto_cell, macro_cell, north_m},
    };

    #[test]
    fn fires_on_a_cell_the_registry_lacks() {
        let finding = Scene::new().judge(ABOUT.id, macro_cell(0x5a_fff31, 304)).expect("fires");
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.evidence["ecgi"], "450-08-5afff31");
        assert!(finding.evidence.contains_key("registry_age_days"));
    }

    #[test]
    fn stays_silent_on_registered_cells_and_other_networks() {
        let cell = macro_cell(0x3f_0d101, 301);
        assert_eq!(Scene::new().registered(&cell).judge(ABOUT.id, cell), None);
        let other = macro_cell(0x12_34567, 12).plmns(&["450-05"]);
        assert_eq!(Scene::new().judge(ABOUT.id, other), None);
        // Shared RAN: the host is another operator, ours is its guest.
        let guest = macro_cell(0x12_34567, 12).plmns(&["450-05", "450-08"]);
        assert_eq!(Scene::new().ran_host("450-05").judge(ABOUT.id, guest), None);
        assert_eq!(Scene::without_registry().judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
    }

    #[test]
    fn fires_wherever_the_operators_plmn_is_listed() {
        let second = macro_cell(0x5a_fff31, 304).plmns(&["450-05", "450-08"]);
        let finding = Scene::new().judge(ABOUT.id, second).expect("fires");
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.evidence["ecgi"], "450-08-5afff31");
        assert_eq!(finding.evidence["plmns"], serde_json::json!(["450-05", "450-08"]));
        let registered = macro_cell(0x3f_0d101, 301);
        let release_14 = registered.clone().access_r14("450-08", 11793, 0x5a_fff31);
        let finding = Scene::new().registered(&registered).judge(ABOUT.id, release_14).expect("fires");
        assert_eq!(finding.evidence["ecgi"], "450-08-5afff31");
    }

    #[test]
    fn one_reception_is_below_the_limit_and_a_second_dwell_passes_it() {
        let once = macro_cell(0x5a_fff31, 304).sib1_periods(1);
        let mut scene = Scene::new();
        assert_eq!(scene.judge(ABOUT.id, once.clone()), None);
        assert!(scene.judge(ABOUT.id, once).is_some());
    }

    fn beside(resident: Build, stranger: Build) -> Finding {
        let mut scene = Scene::new().registered(&resident);
        scene.dwell(&[resident, stranger]).pop().expect("two cells").of(ABOUT.id).expect("fires")
    }

    fn resident() -> Build {
        macro_cell(0x3f_0d101, 301).site(Some(north_m(300.0))).broadcast(|b| b.intra_neighbours = vec![302, 303])
    }

    /// Another sector of the resident's site, in all that it sends.
    fn sector() -> Build {
        let at = resident().observation.timing.at_seconds;
        macro_cell(0x3f_0d103, 303).frames_at_s(at).broadcast(|b| b.intra_neighbours = vec![301, 302])
    }

    #[test]
    fn a_forgotten_sector_beside_its_site_weighs_less() {
        let finding = beside(resident(), sector());
        assert_eq!(finding.severity, Severity::High);
        assert_eq!(finding.evidence["sector_of_site_of"], "450-08-3f0d101");
        assert_eq!(finding.evidence["unlike_site_in"], serde_json::json!([]));
        for (resident, stranger) in [
            (resident(), sector().eci(0x3f_0d203)),
            (resident(), sector().tac(7)),
            (femto_cell(0x5a_00101, 452), femto_cell(0x5a_00103, 455)),
        ] {
            let finding = beside(resident, stranger);
            assert_eq!(finding.severity, Severity::Critical);
            assert!(!finding.evidence.contains_key("sector_of_site_of"));
        }
    }

    #[test]
    fn a_forgotten_sector_stays_one_in_a_dwell_without_its_site() {
        let mut scene = Scene::new().registered(&resident());
        scene.dwell(&[resident(), sector()]);
        assert_eq!(scene.judge(ABOUT.id, sector()).expect("fires").severity, Severity::High);
        let mut scene = Scene::new().registered(&resident());
        scene.dwell(&[resident()]);
        assert_eq!(scene.judge(ABOUT.id, sector()).expect("fires").severity, Severity::Critical);
    }

    #[test]
    fn a_borrowed_site_is_told_by_what_does_not_fit() {
        let late = |us: f64| sector().frames_at_s(resident().observation.timing.at_seconds + us * 1e-6);
        // 0.01 ppm are 18.4 Hz, and three errors of two offsets of 5 Hz 21.2 Hz.
        let off = |hz: f64| sector().offset_hz(-2200.0 + hz);
        let strong = |db: f64| sector().level_db(-20.0 + db);
        let lists = |cells: Vec<u16>| sector().broadcast(|b| b.intra_neighbours = cells);
        let cases = [
            (late(4.9), ""),
            (late(5.1), "frame timing"),
            (late(10_000.0 + 4.9), ""),
            (off(39.0), ""),
            (off(-40.0), "carrier offset"),
            (strong(29.9), ""),
            (strong(30.1), "level"),
            (lists(vec![77, 78]), "neighbours"),
            (lists(vec![77, 302]), ""),
            (lists(Vec::new()), ""),
        ];
        for (stranger, unlike) in cases {
            let finding = beside(resident().level_db(-20.0), stranger);
            let expected: Vec<&str> = [unlike].into_iter().filter(|word| !word.is_empty()).collect();
            assert_eq!(finding.evidence["unlike_site_in"], serde_json::json!(expected));
            let severity = if unlike.is_empty() { Severity::High } else { Severity::Critical };
            assert_eq!(finding.severity, severity, "{unlike}");
        }
    }

    #[test]
    fn a_borrowed_site_is_too_far_for_the_level() {
        // The site is 3 km away, and its own cells say what a station can be heard with from there.
        let severity = |level_db: f64| {
            let resident = resident().site(Some(north_m(3_000.0))).level_db(-40.0);
            let mut scene = Scene::new().registered(&resident);
            let heard = [resident, sector().level_db(level_db)];
            (0..9).filter_map(|_| scene.dwell(&heard).pop()?.of(ABOUT.id)).last().expect("fires").severity
        };
        assert_eq!([severity(-30.2), severity(-29.8)], [Severity::High, Severity::Critical]);
    }

    #[test]
    fn a_faint_stranger_heard_once_weighs_less() {
        let mut scene = Scene::new();
        let mut heard_at = |sinr_db, eci| {
            let stranger = macro_cell(eci, 304).sinr_db(sinr_db);
            scene.judge(ABOUT.id, stranger).expect("fires").severity
        };
        assert_eq!(heard_at(-3.1, 0x5a_fff31), Severity::High);
        assert_eq!(heard_at(-3.1, 0x5a_fff31), Severity::Critical);
        assert_eq!(heard_at(-2.9, 0x5a_fff32), Severity::Critical);
    }

    #[test]
    fn a_stale_snapshot_weighs_less() {
        let fired = |days| Scene::new().age_days(days).judge(ABOUT.id, macro_cell(0x5a_fff31, 304)).expect("fires");
        assert_eq!(fired(365.0).severity, Severity::Critical);
        assert_eq!(fired(365.1).severity, Severity::High);
    }
}
