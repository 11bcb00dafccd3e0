//! `carrier-flooded`: more cells that never give their name on a carrier than a network can plan.

use super::{
    history::{CarrierKey, Track, time_s},
    rule::{About, Case, Class, Fact, Finding, Heard, Rule, Severity},
    settings::settings,
};
use crate::observation::CellState;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "carrier-flooded",
    version: 1,
    class: Class::Identity,
    facts: &[Fact::Pci],
    severity: Severity::High,
    seen: "more cells with a MIB and without SIB1 on one carrier, at one place, than a network can plan; reported \
           with the strongest of them",
    reference: "TS 36.211 §6.11 (504 physical-layer identities); co-channel cells above -6 dB Es/N0, as SIB1 needs, are four at \
                most by their powers",
    false_positives: "a narrow recording of a place with many weak cells, which stay below the Es/N0 asked for",
    settings: CarrierFlooded::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct CarrierFlooded {
        /// Different physical-layer identities: twice what can be above the Es/N0 at one time.
        min_cells: usize = 8,
        /// Es/N0 from which a cell counts.
        min_sinr_db: f64 = -6.0,
        /// Seconds looked back: a box may send its cells in turn.
        window_s: f64 = 60.0,
    }
}

impl Rule for CarrierFlooded {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let now_s = time_s(case.observation());
        let carrier = CarrierKey::of(&case.observation().carrier);
        let counts = |track: &Track| {
            let is_recent =
                |then_s: Option<f64>| now_s.zip(then_s).is_none_or(|(now, then)| now - then <= self.window_s);
            let is_clear = track
                .sightings
                .iter()
                .any(|s| is_recent(s.time_s) && s.state == CellState::Mib && s.sinr_db >= self.min_sinr_db);
            track.carrier == carrier && track.identities.is_empty() && is_clear
        };
        if !counts(case.cell.track) || !is_strongest(case, counts) {
            return None;
        }
        let mut pcis: Vec<u16> = case.history.tracks().iter().filter(|t| counts(t)).map(|t| t.pci.get()).collect();
        pcis.sort_unstable();
        pcis.dedup();
        (pcis.len() >= self.min_cells).then(|| {
            case.finding(&ABOUT)
                .with("earfcn", case.observation().carrier.earfcn)
                .with("carrier_hz", case.observation().carrier.hz)
                .with("cells", pcis.len())
                .with("limit_cells", self.min_cells)
                .with("pcis", pcis.into_iter().take(MAX_SHOWN).collect::<Vec<_>>())
                .with("window_s", self.window_s)
        })
    }
}

/// Identities shown.
const MAX_SHOWN: usize = 64;

/// Whether no other such cell of the dwell is stronger: one finding a dwell says it.
fn is_strongest(case: &Case<'_>, counts: impl Fn(&Track) -> bool) -> bool {
    let level = |heard: &Heard<'_>| (heard.observation.level.rsrp_dbfs, std::cmp::Reverse(heard.observation.pci.get()));
    let carrier = CarrierKey::of(&case.observation().carrier);
    let others = case.others().filter(|o| o.track.carrier == carrier && counts(o.track));
    let own = level(&case.cell);
    others.map(level).all(|other| other < own)
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Build, Scene, macro_cell};

    fn flood(cells: u16, sinr_db: f32) -> Vec<Build> {
        (0..cells).map(|n| macro_cell(1, 40 + n).no_sib1().sinr_db(sinr_db)).collect()
    }

    fn findings(scene: &mut Scene, cells: &[Build]) -> usize {
        scene.dwell(cells).iter().filter(|cell| cell.of(ABOUT.id).is_some()).count()
    }

    #[test]
    fn fires_once_a_dwell_with_the_strongest() {
        let mut cells = flood(8, 0.0);
        cells[5] = cells[5].clone().change(|o| o.level.rsrp_dbfs += 3.0);
        let heard = Scene::new().dwell(&cells);
        let fired: Vec<bool> = heard.iter().map(|cell| cell.of(ABOUT.id).is_some()).collect();
        assert_eq!(fired.iter().filter(|fired| **fired).count(), 1);
        assert!(fired[5]);
        assert_eq!(heard[5].of(ABOUT.id).expect("fires").evidence["cells"], 8);
        assert_eq!(findings(&mut Scene::new(), &flood(300, 0.0)), 1);
        // In turn, within a minute.
        let mut scene = Scene::new();
        let cells = flood(8, 0.0);
        assert_eq!(findings(&mut scene, &cells[..4]), 0);
        assert_eq!(findings(&mut scene, &cells[4..]), 1);
    }

    #[test]
    fn stays_silent_on_named_cells_and_over_a_long_way() {
        let named: Vec<Build> = (0..9).map(|n| macro_cell(0x3f_0d000 + u32::from(n), 40 + n)).collect();
        assert_eq!(findings(&mut Scene::new(), &named), 0);
        let mut scene = Scene::new();
        for cell in flood(30, 0.0) {
            assert_eq!(findings(&mut scene, &[cell]), 0);
            scene.wait_s(5);
        }
        let half = |cells: &mut [Build]| {
            cells.iter_mut().skip(4).for_each(|cell| *cell = cell.clone().change(|o| o.carrier.hz += 5e6));
        };
        let mut two_carriers = flood(8, 0.0);
        half(&mut two_carriers);
        assert_eq!(findings(&mut Scene::new(), &two_carriers), 0);
    }

    #[test]
    fn seven_cells_and_weak_ones_are_just_below_the_limit() {
        assert_eq!(findings(&mut Scene::new(), &flood(7, 0.0)), 0);
        assert_eq!(findings(&mut Scene::new(), &flood(9, -6.1)), 0);
        assert_eq!(findings(&mut Scene::new(), &flood(9, -6.0)), 1);
    }
}
