//! `odd-on-carriers`: one odd PCI or tracking area on several of the operator's carriers: one box with several transmitters.

use serde_json::Value;

use super::{
    history::{CarrierKey, Known, Track, time_s},
    registry_view::own_accesses,
    rule::{About, Case, Class, Fact, Finding, Heard, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::CellState;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "odd-on-carriers",
    version: 1,
    class: Class::Identity,
    facts: &[Fact::Tac],
    severity: Severity::High,
    seen: "one TAC that no registered cell around has, or one unregistered PCI without a name, on two or more of the operator's \
           carriers, while its registered cells around are as listed",
    reference: "TS 36.331 §6.2.2 (trackingAreaCode); TS 36.211 §6.11 (physical-layer identity)",
    false_positives: "a site that the list lacks, whose carriers have one PCI each",
    settings: OddOnCarriers::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct OddOnCarriers {
        /// Registered cells that must be on air as listed: after a new plan none of a stale list is.
        min_as_listed: usize = 2,
        /// Es/N0 from which a cell without a name should have given it.
        min_sinr_db: f64 = 6.0,
        /// Seconds within which they must have been heard.
        window_s: f64 = 600.0,
    }
}

impl Rule for OddOnCarriers {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let answer = case.cell.answer.filter(|answer| !answer.on_carrier.is_empty())?;
        let now_s = time_s(case.observation());
        let is_recent = |track: &&Track| {
            let last_s = track.sightings.last().and_then(|s| s.time_s);
            now_s.zip(last_s).is_none_or(|(now, last)| (now - last).abs() <= self.window_s)
        };
        let recent: Vec<&Track> = case.history.tracks().iter().filter(is_recent).collect();
        if recent.iter().filter(|track| is_as_listed(track)).count() < self.min_as_listed {
            return None;
        }
        let (what, value, carriers, fact) = match case.observation().identity {
            Some(_) if case.confirmed => {
                let accesses = own_accesses(case.observation(), answer);
                let around = &answer.nearby_tacs;
                let tac = accesses.first()?.tac;
                let listed = answer.registered.iter().any(|near| near.cell.tac.is_none_or(|listed| listed == tac));
                if around.is_empty() || around.contains(&tac) || listed {
                    return None;
                }
                let has = |known: &Known| known.is_confirmed() && known.own_network && known.tac == tac;
                let odd = recent.iter().filter(|track| !is_as_listed(track) && track.identities.iter().any(has));
                ("tac", tac, carriers(odd.map(|track| track.carrier)), Fact::Tac)
            }
            Some(_) => return None,
            None => {
                let is_nameless = |heard: &Heard<'_>| {
                    let o = heard.observation;
                    let is_listed = heard.answer.is_none_or(|a| a.on_carrier.is_empty() || !a.same_pair.is_empty());
                    let is_strong = o.state == CellState::Mib && f64::from(o.level.sinr_db) >= self.min_sinr_db;
                    o.pci == case.observation().pci && is_strong && heard.track.identities.is_empty() && !is_listed
                };
                if !is_nameless(&case.cell) {
                    return None;
                }
                let odd = case.dwell.iter().filter(|heard| is_nameless(heard)).map(|heard| heard.track.carrier);
                ("pci", case.observation().pci.get(), carriers(odd), Fact::Pci)
            }
        };
        if carriers.len() < 2 {
            return None;
        }
        let hz: Vec<Value> = carriers.iter().map(|carrier| rounded(carrier.hz(), 0).into()).collect();
        let finding = case.finding(&ABOUT).resting_on([fact]).with(what, value).with("carriers_hz", hz);
        Some(finding.with("ecgi", case.observation().ecgi().map(|ecgi| ecgi.to_string())))
    }
}

/// Whether a track's cell is registered with its parameters, and active.
fn is_as_listed(track: &Track) -> bool {
    let registered = track.last_confirmed().and_then(|known| known.registered);
    registered.is_some_and(|registered| registered.alike && !registered.status.is_inactive())
}

fn carriers(of: impl Iterator<Item = CarrierKey>) -> Vec<CarrierKey> {
    let mut carriers: Vec<CarrierKey> = of.collect();
    carriers.sort_unstable();
    carriers.dedup();
    carriers
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell},
    };

    fn on(cell: Build, carrier: u32) -> Build {
        cell.change(|o| {
            (o.carrier.hz, o.carrier.earfcn) = (1805e6 + f64::from(carrier - 1200) * 1e5, Some(carrier));
        })
    }

    /// Two registered cells on two carriers, and the cells to judge; the last one's finding.
    fn beside(scene: Scene, cells: &[Build]) -> Option<Finding> {
        let known = [macro_cell(0x3f_0d101, 301), on(macro_cell(0x3f_0d102, 302), 1602)];
        let mut scene = known.iter().fold(scene, Scene::registered).tacs_around(&[11793, 11794]);
        scene.dwell(&known);
        let heard: Vec<Build> = known.into_iter().chain(cells.iter().cloned()).collect();
        scene.dwell(&heard).pop().expect("a cell").of(ABOUT.id)
    }

    fn blaster(carrier: u32) -> Build {
        on(macro_cell(0x5a_fff00 + carrier, 40).tac(7), carrier)
    }

    #[test]
    fn fires_on_one_odd_area_or_nameless_cell_on_two_carriers() {
        let finding = beside(Scene::new(), &[blaster(1550), blaster(1602)]).expect("fires");
        assert_eq!((&finding.evidence["tac"], &finding.evidence["carriers_hz"][0]), (&7.into(), &1840e6.into()));
        let silent = |carrier| blaster(carrier).no_sib1();
        let finding = beside(Scene::new(), &[silent(1550), silent(1602)]).expect("fires");
        assert_eq!(finding.evidence["pci"], 40);
    }

    #[test]
    fn stays_silent_on_other_areas_lists_and_networks() {
        let usual = |carrier| blaster(carrier).tac(11794);
        assert_eq!(beside(Scene::new(), &[usual(1550), usual(1602)]), None);
        let foreign = |carrier| blaster(carrier).plmns(&["450-05"]);
        assert_eq!(beside(Scene::new(), &[foreign(1550), foreign(1602)]), None);
        let silent = |carrier| blaster(carrier).no_sib1();
        let listed = Scene::new().same_pair(&silent(1550), None);
        assert_eq!(beside(listed, &[silent(1550), silent(1602)]), None);
        // A new plan: the listed cells have the new area too.
        let replanned = [macro_cell(0x3f_0d101, 301).tac(7), on(macro_cell(0x3f_0d102, 302).tac(7), 1602)];
        let mut scene = Scene::new().tacs_around(&[11793]);
        for cell in &replanned {
            scene = scene.registered_as(cell, |row| row.tac = Some(11793));
        }
        scene.dwell(&replanned);
        assert_eq!(scene.dwell(&replanned).pop().expect("a cell").of(ABOUT.id), None);
    }

    #[test]
    fn one_carrier_and_a_weak_cell_are_just_below_the_limit() {
        let second = blaster(1550).eci(0x5a_fff99).change(|o| o.pci = crate::detect::scene::pci(41));
        assert_eq!(beside(Scene::new(), &[second, blaster(1550)]), None);
        let silent = |carrier, sinr_db| blaster(carrier).no_sib1().sinr_db(sinr_db);
        assert_eq!(beside(Scene::new(), &[silent(1550, 5.9), silent(1602, 9.0)]), None);
        assert!(beside(Scene::new(), &[silent(1550, 6.0), silent(1602, 9.0)]).is_some());
    }
}
