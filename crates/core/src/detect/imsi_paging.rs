//! `imsi-paging`: a cell that pages by IMSI while the network pages by S-TMSI.

use super::{
    history::Track,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::observation::PagingCounts;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "imsi-paging",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Paging],
    severity: Severity::High,
    seen: "a share of paging by IMSI far beyond that of the other cells of the network",
    reference: "TS 23.401 §5.3.4.3, TS 24.301 §5.6.2.2.2 (a network pages by IMSI only where it has lost the S-TMSI)",
    false_positives: "a core that restarts: then its other cells page so too",
    settings: ImsiPaging::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct ImsiPaging {
        /// Records by IMSI that must have been counted.
        min_imsi: u32 = 5,
        /// Share of the cell's records that they must be.
        min_share: f64 = 0.25,
        /// Records that must have been counted of the network's other cells, all together.
        min_others_records: u32 = 20,
        /// How many times the others' share it must be.
        times_others: f64 = 5.0,
    }
}

impl Rule for ImsiPaging {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let own = case.cell.track;
        let plmns = case.observation().identity.as_ref().filter(|_| case.confirmed)?.all_plmns();
        let is_other = |track: &&Track| !std::ptr::eq(*track, own) && track.is_of_any(&plmns);
        let mut others = PagingCounts::default();
        for track in case.history.tracks().iter().filter(is_other) {
            others.add(track.paging);
        }
        let own = own.paging;
        let (own_share, others_share) = (share(own), share(others));
        let is_beyond = own_share >= self.min_share && own_share >= self.times_others * others_share;
        if own.imsi < self.min_imsi || others.records() < self.min_others_records || !is_beyond {
            return None;
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", case.observation().ecgi().map(|ecgi| ecgi.to_string()))
                .with("imsi_records", own.imsi)
                .with("records", own.records())
                .with("imsi_share", rounded(own_share, 3))
                .with("others_imsi_share", rounded(others_share, 3))
                .with("others_records", others.records()),
        )
    }
}

fn share(counts: PagingCounts) -> f64 {
    f64::from(counts.imsi) / f64::from(counts.records().max(1))
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::{
        detect::{
            Finding,
            scene::{Build, Scene, macro_cell},
        },
        observation::PagingCounts,
    };

    fn paging(cell: Build, imsi: u32, s_tmsi: u32) -> Build {
        cell.broadcast(|b| b.paging = Some(PagingCounts { imsi, s_tmsi, ..PagingCounts::default() }))
    }

    fn beside(other: Build, cell: Build) -> Option<Finding> {
        Scene::new().dwell(&[other, cell]).pop().expect("a cell").of(ABOUT.id)
    }

    fn other() -> Build {
        macro_cell(0x3f_0d101, 301)
    }

    fn catcher() -> Build {
        macro_cell(0x5a_fff31, 304)
    }

    #[test]
    fn fires_beyond_what_the_neighbours_do() {
        let finding = beside(paging(other(), 0, 20), paging(catcher(), 5, 15)).expect("fires");
        assert_eq!(
            (&finding.evidence["imsi_share"], &finding.evidence["others_imsi_share"]),
            (&0.25.into(), &0.0.into())
        );
    }

    #[test]
    fn counts_add_up_over_dwells() {
        let mut scene = Scene::new();
        let heard = [paging(other(), 0, 10), paging(catcher(), 3, 1)];
        assert!(scene.dwell(&heard)[1].of(ABOUT.id).is_none());
        assert!(scene.dwell(&heard)[1].of(ABOUT.id).is_some());
    }

    #[test]
    fn stays_silent_where_the_whole_network_does_and_on_others() {
        assert_eq!(beside(paging(other(), 10, 10), paging(catcher(), 10, 0)), None);
        assert_eq!(beside(paging(other().plmns(&["450-05"]), 0, 50), paging(catcher(), 10, 0)), None);
        assert_eq!(beside(other(), catcher()), None);
    }

    #[test]
    fn each_limit_has_a_value_just_below_it() {
        assert_eq!(beside(paging(other(), 0, 20), paging(catcher(), 4, 0)), None);
        assert_eq!(beside(paging(other(), 0, 20), paging(catcher(), 5, 16)), None);
        assert_eq!(beside(paging(other(), 0, 19), paging(catcher(), 5, 15)), None);
        assert!(beside(paging(other(), 1, 19), paging(catcher(), 5, 15)).is_some());
        assert_eq!(beside(paging(other(), 1, 18), paging(catcher(), 5, 15)), None);
    }
}
