//! `unregistered`: the registry covers the cell's network and has no such cell.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use super::verdict::Verdict;
use crate::{observation::Ecgi, registry::CellKind};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "unregistered",
    version: 2,
    class: Class::Registry,
    facts: &[Fact::CellIdentity],
    severity: Severity::Critical,
    seen: "a confirmed ECGI that the registered cell list does not have",
    reference: "TS 36.300 §8.2 (ECGI); illegal femtocells in Korea, 2025",
    false_positives: "stale snapshot, other operators' PLMNs, shared RAN; a sector of a registered site that the list \
                      forgot; a cell from beyond the list's area, heard once and faintly. Each of these makes it high",
    settings: "stale_after_days = 365.0\n\
        faint_sinr_db = -3.0\n",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unregistered {
    /// A snapshot older than this makes the finding high: the cell may be new.
    stale_after_days: f64,
    /// Es/N0 below which a cell is faint: heard in one dwell only, it makes the finding high.
    faint_sinr_db: f64,
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
        let ecgi = observation.ecgi()?;
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", ecgi.to_string())
            .with("plmns_covered", covered)
            .with("registry_rows", answer.snapshot.rows)
            .with("registry_imported", answer.snapshot.imported.to_string())
            .with("sib1_periods", observation.sib1_periods)
            .with("si_agrees", observation.si_agrees);
        let stale = answer.age.is_some_and(|age| age.as_secs_f64() > self.stale_after_days * 86_400.0);
        Some(match sector_of(case) {
            Some(site) => finding.weighing(Severity::High).with("sector_of_site_of", site.to_string()),
            None if stale => finding.weighing(Severity::High).with("registry_stale", true),
            None if self.is_faint_once(case, ecgi) => finding.weighing(Severity::High).with("heard_once", true),
            None => finding,
        })
    }
}

impl Unregistered {
    /// Whether this is the only dwell in which the cell gave its name, and a faint one.
    fn is_faint_once(&self, case: &Case<'_>, ecgi: Ecgi) -> bool {
        let named = case.cell.track.sightings.iter().filter(|s| s.ecgi == Some(ecgi)).count();
        named <= 1 && f64::from(case.observation().level.sinr_db) < self.faint_sinr_db
    }
}

/// The cell of a registered site that this one is another sector of, by all it says: same network, tracking area and
/// macro eNB identity, the upper 20 bits. A Home eNB uses all 28 bits for its own, so a femtocell has no sectors.
/// TS 36.300 §8.2, TS 36.413 §9.2.1.37.
fn sector_of(case: &Case<'_>) -> Option<Ecgi> {
    let observation = case.observation();
    let (ecgi, identity) = (observation.ecgi()?, observation.identity.as_ref()?);
    case.others().find_map(|other| {
        let known = other.track.last_confirmed()?;
        let registered = known.registered.filter(|r| r.alike && !r.status.is_inactive())?;
        let same_area = other.observation.identity.as_ref()?.tac == identity.tac;
        let same_site = known.ecgi.plmn == ecgi.plmn && known.ecgi.eci.get() >> 8 == ecgi.eci.get() >> 8;
        (registered.kind != Some(CellKind::Femto) && same_area && same_site).then_some(known.ecgi)
    })
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Severity,
        scene::{Build, Scene, femto_cell, macro_cell},
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
        assert_eq!(Scene::new().judge(ABOUT.id, guest), None);
        assert_eq!(Scene::without_registry().judge(ABOUT.id, macro_cell(0x5a_fff31, 304)), None);
    }

    #[test]
    fn one_reception_is_below_the_limit_and_a_second_dwell_passes_it() {
        let once = macro_cell(0x5a_fff31, 304).sib1_periods(1);
        let mut scene = Scene::new();
        assert_eq!(scene.judge(ABOUT.id, once.clone()), None);
        assert!(scene.judge(ABOUT.id, once).is_some());
    }

    #[test]
    fn a_forgotten_sector_beside_its_site_weighs_less() {
        let beside = |resident: Build, stranger: Build| {
            let mut scene = Scene::new().registered(&resident);
            scene.dwell(&[resident, stranger]).pop().expect("two cells").of(ABOUT.id).expect("fires")
        };
        let sector = beside(macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d103, 303));
        assert_eq!(sector.severity, Severity::High);
        assert_eq!(sector.evidence["sector_of_site_of"], "450-08-3f0d101");
        for (resident, stranger) in [
            (macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d201, 303)),
            (macro_cell(0x3f_0d101, 301), macro_cell(0x3f_0d103, 303).tac(7)),
            (femto_cell(0x5a_00101, 452), femto_cell(0x5a_00103, 455)),
        ] {
            assert_eq!(beside(resident, stranger).severity, Severity::Critical);
        }
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
