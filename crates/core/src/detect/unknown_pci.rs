//! `unknown-pci`: a strong cell that does not say who it is, where no such cell is registered.

use super::{
    history::CarrierKey,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "unknown-pci",
    version: 2,
    class: Class::Registry,
    facts: &[Fact::Pci, Fact::Carrier],
    severity: Severity::Medium,
    seen: "a strong cell without SIB1 on the operator's carrier, and no registered cell with its PCI and EARFCN within 5 km",
    reference: "TS 36.211 §6.11 (PCI); TS 36.304 §5.2 (cell selection needs SIB1)",
    false_positives: "overshoot of a distant cell",
    settings: UnknownPci::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct UnknownPci {
        /// CRS Es/N0 from which a cell is strong enough that its SIB1 should have been read.
        min_sinr_db: f64 = 6.0,
        /// How far a registered cell may be.
        radius_m: f64 = 5000.0,
    }
}

/// SIB1 comes again after this time at the latest: in subframe 5 of every second frame. TS 36.331 §5.2.1.2.
const SIB1_PERIOD_S: f64 = 0.02;

impl Rule for UnknownPci {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let answer = case.cell.answer?;
        let here = observation.position?;
        let earfcn = observation.certain_earfcn()?;
        // A recording that holds less than the carrier, or was over too soon, holds no SIB1 of any cell.
        if observation.note.is_some() || observation.dwell.seconds < SIB1_PERIOD_S {
            return None;
        }
        let sinr_db = f64::from(observation.level.sinr_db);
        // One that gave its name in another dwell is judged by that name.
        let named = observation.identity.is_some() || !case.cell.track.identities.is_empty();
        if named || sinr_db < self.min_sinr_db || !self.is_own_carrier(case) {
            return None;
        }
        // A registered cell of unknown place may be anywhere, also here.
        let near = |d: Option<f64>| d.is_none_or(|d| d <= self.radius_m + here.greatest_error_m());
        if answer.same_pair.iter().any(|cell| near(cell.distance_m)) {
            return None;
        }
        let nearest_m = answer.same_pair.iter().filter_map(|cell| cell.distance_m).min_by(f64::total_cmp);
        Some(
            case.finding(&ABOUT)
                .with("pci", observation.pci.get())
                .with("earfcn", earfcn)
                .with("limit_sinr_db", self.min_sinr_db)
                .with("nearest_same_pair_m", nearest_m.map(|d| rounded(d, 0)))
                .with("radius_m", self.radius_m),
        )
    }
}

impl UnknownPci {
    /// Whether a cell of a network that the registry covers was heard on the carrier: else it is another operator's.
    fn is_own_carrier(&self, case: &Case<'_>) -> bool {
        let carrier = CarrierKey::of(&case.observation().carrier);
        let own = |k: &super::history::Known| k.own_network && k.registered.is_some();
        case.history.tracks().iter().any(|t| t.carrier == carrier && t.identities.iter().any(own))
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Build, Scene, macro_cell};

    /// A silent strong cell beside a registered one that shows whose carrier it is.
    fn beside_a_registered_cell(scene: Scene, silent: Build) -> Option<crate::detect::Finding> {
        let known = macro_cell(0x3f_0d101, 301);
        scene.registered(&known).dwell(&[known, silent]).pop().expect("two cells").of(ABOUT.id)
    }

    #[test]
    fn fires_on_a_strong_silent_cell_nobody_registered_here() {
        let silent = macro_cell(0x5a_fff31, 304).no_sib1().sinr_db(20.0);
        assert!(beside_a_registered_cell(Scene::new(), silent.clone()).is_some());
        let far = Scene::new().same_pair(&silent, Some(5_016.0));
        assert!(beside_a_registered_cell(far, silent).is_some());
    }

    #[test]
    fn stays_silent_on_another_operators_carrier_and_without_a_position() {
        let silent = macro_cell(0x5a_fff31, 304).no_sib1().sinr_db(20.0);
        assert_eq!(Scene::new().judge(ABOUT.id, silent.clone()), None);
        assert_eq!(beside_a_registered_cell(Scene::new(), silent.no_position()), None);
    }

    #[test]
    fn stays_silent_on_what_a_recording_cannot_hold() {
        let silent = || macro_cell(0x5a_fff31, 304).no_sib1().sinr_db(20.0);
        let narrow = silent().change(|o| o.note = Some("SIB1 needs the whole carrier, 18.00 MHz".to_owned()));
        assert_eq!(beside_a_registered_cell(Scene::new(), narrow), None);
        for (seconds, fires) in [(0.019, false), (0.021, true)] {
            let short = silent().change(|o| o.dwell.seconds = seconds);
            assert_eq!(beside_a_registered_cell(Scene::new(), short).is_some(), fires, "{seconds} s");
        }
    }

    #[test]
    fn a_weaker_cell_and_a_registered_one_in_reach_are_just_below_the_limit() {
        let silent = macro_cell(0x5a_fff31, 304).no_sib1();
        assert_eq!(beside_a_registered_cell(Scene::new(), silent.clone().sinr_db(5.9)), None);
        let silent = silent.sinr_db(20.0);
        for near in [Some(5_014.0), None] {
            let scene = Scene::new().same_pair(&silent, near);
            assert_eq!(beside_a_registered_cell(scene, silent.clone()), None);
        }
    }
}
