//! `nameless`: a strong cell that never gives SIB1, where others give theirs.

use super::{
    history::Sighting,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::CellState;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "nameless",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Schedule],
    severity: Severity::High,
    seen: "a very strong cell with a MIB and never a SIB1, in several dwells long enough for it, while a weaker cell on the \
           carrier gave its own",
    reference: "TS 36.331 §5.2.1.2 (SIB1 comes every 20 ms); TS 36.304 §5.2.3.1 (a cell without it bars terminals for 300 s)",
    false_positives: "a carrier without SIB1, as of a secondary cell: its operator's list has its PCI, which makes it medium",
    settings: Nameless::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct Nameless {
        /// CRS Es/N0 from which SIB1, whose lowest code rate stands -6 dB, cannot be missed.
        min_sinr_db: f64 = 15.0,
        /// Dwells in which it must be so strong and nameless: half a minute beside it, which is no passing collision.
        min_dwells: usize = 6,
        /// Seconds of a dwell from which SIB1 was sent in it twice.
        min_dwell_s: f64 = 0.04,
    }
}

impl Rule for Nameless {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let track = case.cell.track;
        let is_strong = |s: &&Sighting| s.state == CellState::Mib && s.sinr_db >= self.min_sinr_db;
        let dwells = track.sightings.iter().filter(is_strong).count();
        let is_strong_now = observation.state == CellState::Mib
            && f64::from(observation.level.sinr_db) >= self.min_sinr_db
            && observation.dwell.seconds >= self.min_dwell_s;
        if !track.identities.is_empty() || !is_strong_now || dwells < self.min_dwells {
            return None;
        }
        // That the receiver can read such a carrier is shown by a cell of its bandwidth.
        let bandwidth = observation.mib?.bandwidth;
        let witness = case.others().find(|other| {
            let o = other.observation;
            other.track.carrier == track.carrier
                && o.identity.is_some()
                && o.mib.is_some_and(|mib| mib.bandwidth.n_rb_dl() >= bandwidth.n_rb_dl())
                && o.level.sinr_db < observation.level.sinr_db
        })?;
        let finding = case
            .finding(&ABOUT)
            .with("pci", observation.pci.get())
            .with("earfcn", observation.carrier.earfcn)
            .with("dwells", dwells)
            .with("limit_sinr_db", self.min_sinr_db)
            .with("witness", witness.observation.ecgi().map(|ecgi| ecgi.to_string()))
            .with("witness_sinr_db", rounded(f64::from(witness.observation.level.sinr_db), 1));
        let is_listed = case.cell.answer.is_some_and(|answer| !answer.same_pair.is_empty());
        Some(if is_listed { finding.weighing(Severity::Medium) } else { finding })
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Bandwidth;

    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, macro_cell},
    };

    fn silent() -> Build {
        macro_cell(1, 304).no_sib1().sinr_db(15.0)
    }

    fn last_of(mut scene: Scene, dwells: usize, witness: &Build, silent: &Build) -> Option<Finding> {
        let heard = [witness.clone(), silent.clone()];
        (0..dwells).map(|_| scene.dwell(&heard).pop().expect("two cells").of(ABOUT.id)).last().flatten()
    }

    fn witness() -> Build {
        macro_cell(0x3f_0d101, 301)
    }

    #[test]
    fn fires_on_a_strong_cell_that_never_gives_its_name() {
        let finding = last_of(Scene::new(), 6, &witness(), &silent()).expect("fires");
        assert_eq!(finding.severity, Severity::High);
        assert_eq!((&finding.evidence["dwells"], &finding.evidence["witness"]), (&6.into(), &"450-08-3f0d101".into()));
        let listed = last_of(Scene::new().same_pair(&silent(), Some(400.0)), 6, &witness(), &silent());
        assert_eq!(listed.expect("fires").severity, Severity::Medium);
    }

    #[test]
    fn stays_silent_without_a_witness_and_on_cells_once_named() {
        let elsewhere = witness().change(|o| o.carrier.hz += 5e6);
        assert_eq!(last_of(Scene::new(), 9, &elsewhere, &silent()), None);
        let narrow = witness().change(|o| o.mib.iter_mut().for_each(|m| m.bandwidth = Bandwidth::Rb15));
        assert_eq!(last_of(Scene::new(), 9, &narrow, &silent()), None);
        assert_eq!(last_of(Scene::new(), 9, &witness().sinr_db(15.1), &silent()), None);
        let mut scene = Scene::new();
        scene.dwell(&[witness(), macro_cell(0x3f_0d102, 304)]);
        assert_eq!(last_of(scene, 9, &witness(), &silent()), None);
    }

    #[test]
    fn each_limit_has_a_value_just_below_it() {
        assert_eq!(last_of(Scene::new(), 6, &witness(), &silent().sinr_db(14.9)), None);
        assert_eq!(last_of(Scene::new(), 5, &witness(), &silent()), None);
        assert_eq!(last_of(Scene::new(), 6, &witness(), &silent().change(|o| o.dwell.seconds = 0.039)), None);
    }
}
