//! `csg-range`: a physical-layer identity that says closed cell where SIB1 says open, or the other way round.

use serde::Deserialize;

use super::{
    history::Track,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "csg-range",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Pci, Fact::Csg],
    severity: Severity::Medium,
    seen: "a PCI that contradicts csg-Indication, by the range for closed cells that SIB4 reserves",
    reference: "TS 36.331 §6.3.1 (csg-PhysCellIdRange), §6.2.2 (csg-Indication); TS 36.304 §5.2.4.8",
    false_positives: "a network without a PCI split",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsgRange {}

impl Rule for CsgRange {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let identity = case.observation().identity.as_ref().filter(|_| case.confirmed)?;
        // A hybrid cell names a group and lets everybody in; where its PCI lies is the operator's choice.
        if !identity.csg_indication && identity.csg_identity.is_some() {
            return None;
        }
        let track = case.cell.track;
        let same = |t: &&Track| t.carrier == track.carrier && t.is_of_any(&identity.all_plmns());
        let (start, count) = track
            .broadcast
            .csg_pci_range
            .or_else(|| case.history.tracks().iter().filter(same).find_map(|t| t.broadcast.csg_pci_range))?;
        let pci = track.pci.get();
        let reserved = (start..start.saturating_add(count)).contains(&pci);
        (reserved != identity.csg_indication).then(|| {
            case.finding(&ABOUT)
                .with("pci", pci)
                .with("csg_indication", identity.csg_indication)
                .with("range_start", start)
                .with("range_count", count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Build, Scene, femto_cell, macro_cell};

    fn closed(cell: Build, csg_indication: bool, csg_identity: Option<u32>) -> Build {
        cell.change(|o| {
            let identity = o.identity.as_mut().expect("SIB1 is there");
            (identity.csg_indication, identity.csg_identity) = (csg_indication, csg_identity);
        })
    }

    /// What is said of a cell beside a macro that reserves 450 to 497 for closed cells.
    fn fires(cell: Build) -> bool {
        let reserving = macro_cell(0x3f_0d101, 301).broadcast(|b| b.csg_pci_range = Some((450, 48)));
        let mut outcome = Scene::new().dwell(&[reserving, cell]);
        outcome.pop().expect("two cells").of(ABOUT.id).is_some()
    }

    #[test]
    fn fires_on_both_contradictions() {
        assert!(fires(macro_cell(0x5a_fff31, 455)));
        assert!(fires(closed(femto_cell(0x5a_00101, 120), true, Some(4097))));
    }

    #[test]
    fn stays_silent_without_a_range_and_on_hybrid_cells() {
        let mut alone = Scene::new();
        assert_eq!(alone.judge(ABOUT.id, macro_cell(0x5a_fff31, 455)), None);
        assert!(!fires(closed(femto_cell(0x5a_00101, 455), false, Some(4097))));
        assert!(!fires(closed(femto_cell(0x5a_00101, 455), true, Some(4097))));
    }

    #[test]
    fn the_identities_beside_the_range_are_just_below_the_limit() {
        assert!(!fires(macro_cell(0x5a_fff31, 449)));
        assert!(!fires(macro_cell(0x5a_fff31, 498)));
    }
}
