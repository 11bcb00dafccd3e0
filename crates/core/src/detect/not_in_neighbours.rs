//! `not-in-neighbours`: a strong cell that no other cell names and that names none.

use super::{
    history::Track,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "not-in-neighbours",
    version: 1,
    class: Class::Identity,
    facts: &[Fact::Neighbours],
    severity: Severity::Info,
    seen: "a strong cell that nobody's SIB4 or SIB5 lists, and that lists nobody",
    reference: "TS 36.331 §6.3.1 (SystemInformationBlockType4, SystemInformationBlockType5)",
    false_positives: "femtocells, automatic neighbour relations",
    settings: NotInNeighbours::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct NotInNeighbours {
        /// Es/N0 from which a cell is strong.
        min_sinr_db: f64 = 6.0,
        /// Cells on the carrier with neighbour lists that must have been read.
        min_lists: usize = 2,
    }
}

impl Rule for NotInNeighbours {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let track = case.cell.track;
        let facts = &track.broadcast;
        let announces = |sib: u8| facts.scheduled_sibs.contains(&sib) && !facts.decoded_sibs.contains(&sib);
        // What is announced and was not read may list somebody.
        let lists_nobody = !facts.scheduled_sibs.is_empty()
            && !announces(4)
            && !announces(5)
            && facts.intra_neighbours.is_empty()
            && facts.inter_frequencies.iter().all(|f| f.neighbours.is_empty());
        if !case.confirmed || !lists_nobody || f64::from(observation.level.sinr_db) < self.min_sinr_db {
            return None;
        }
        let lists = |t: &&Track| {
            t.pci != track.pci
                && t.carrier == track.carrier
                && t.is_of_any(&track.plmns)
                && !t.broadcast.intra_neighbours.is_empty()
        };
        let with_lists: Vec<&Track> = case.history.tracks().iter().filter(lists).collect();
        let named = with_lists.iter().any(|t| t.broadcast.intra_neighbours.contains(&observation.pci.get()));
        (with_lists.len() >= self.min_lists && !named).then(|| {
            let readers: Vec<u16> = with_lists.iter().take(16).map(|t| t.pci.get()).collect();
            case.finding(&ABOUT).with("pci", observation.pci.get()).with("lists_of_pcis", readers)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, macro_cell},
    };

    fn lister(eci: u32, pci: u16, neighbours: &[u16]) -> Build {
        macro_cell(eci, pci).broadcast(|b| b.intra_neighbours = neighbours.to_vec())
    }

    fn quiet() -> Build {
        macro_cell(0x5a_fff31, 304).broadcast(|b| b.scheduled_sibs = vec![2, 3]).sinr_db(20.0)
    }

    fn beside(listers: &[Build], cell: Build) -> Option<Finding> {
        let mut heard = listers.to_vec();
        heard.push(cell);
        Scene::new().dwell(&heard).pop()?.of(ABOUT.id)
    }

    #[test]
    fn fires_on_a_cell_nobody_names() {
        let listers = [lister(0x3f_0d101, 301, &[302]), lister(0x3f_0d102, 302, &[301])];
        assert!(beside(&listers, quiet()).is_some());
    }

    #[test]
    fn stays_silent_on_a_neighbour_and_on_one_that_lists_others() {
        let listers = [lister(0x3f_0d101, 301, &[302, 304]), lister(0x3f_0d102, 302, &[301])];
        assert_eq!(beside(&listers, quiet()), None);
        let listers = [lister(0x3f_0d101, 301, &[302]), lister(0x3f_0d102, 302, &[301])];
        assert_eq!(beside(&listers, quiet().broadcast(|b| b.intra_neighbours = vec![301])), None);
        assert_eq!(beside(&listers, quiet().broadcast(|b| b.scheduled_sibs.push(4))), None);
    }

    #[test]
    fn one_list_and_a_weaker_cell_are_just_below_the_limit() {
        let listers = [lister(0x3f_0d101, 301, &[302]), lister(0x3f_0d102, 302, &[301])];
        assert_eq!(beside(&listers[..1], quiet()), None);
        assert_eq!(beside(&listers, quiet().sinr_db(5.9)), None);
    }
}
