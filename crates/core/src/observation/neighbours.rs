//! What a cell's SIB3 to SIB9 say, flattened to the facts that rules compare.

use serde::{Deserialize, Serialize};

use super::PagingCounts;

/// Reselection, neighbours and names of a cell's system information; everything `None` or empty until decoded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BroadcastFacts {
    /// SIB1 systemInfoValueTag, 0–31.
    pub value_tag: Option<u8>,
    /// SIB1 q-RxLevMin in dBm (twice the broadcast value).
    pub q_rx_lev_min_dbm: Option<i16>,
    /// SIB numbers that SIB1's scheduling list announces, SIB2 included.
    pub scheduled_sibs: Vec<u8>,
    /// SIB numbers decoded.
    pub decoded_sibs: Vec<u8>,
    /// SIB3 cellReselectionPriority, 0–7.
    pub serving_priority: Option<u8>,
    /// SIB3 q-Hyst in dB.
    pub q_hyst_db: Option<u8>,
    /// SIB4 intra-frequency neighbours.
    pub intra_neighbours: Vec<u16>,
    /// SIB4 black-listed (excluded) ranges of physical cell identities: first and count.
    pub intra_excluded: Vec<(u16, u16)>,
    /// SIB4 csg-PhysCellIdRange: first and count.
    pub csg_pci_range: Option<(u16, u16)>,
    /// SIB5 inter-frequency carriers.
    pub inter_frequencies: Vec<InterFrequency>,
    /// SIB6 and SIB7 carriers of other technologies with their priority.
    pub other_technologies: Vec<OtherTechnology>,
    /// SIB9 hnb-Name, as UTF-8 with invalid bytes replaced; not escaped.
    pub hnb_name: Option<String>,
    /// SIB10 to SIB12: warnings, the last one heard last; at most 16.
    pub warnings: Vec<Warning>,
    /// How it pages; `None` before SIB2.
    #[serde(default)]
    pub paging: Option<PagingCounts>,
    /// Places of the schedule that held different content within the dwell.
    #[serde(default)]
    pub alternations: Vec<Alternation>,
    /// Faults of the encoding that were passed over: evidence in themselves.
    pub faults: Vec<String>,
}

/// A place of the schedule of system information that held different content within a dwell and then the former again, which
/// no change of system information does: SIB1 is one in each 80 ms, and a change comes once a modification period.
/// TS 36.331 §5.2.1.2, §5.2.1.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternation {
    /// `SIB1`, or the SI message by its place in SIB1's scheduling list: `SI-1` is the first.
    pub place: String,
    /// Different contents.
    pub contents: u32,
    /// How often the content was one from before the last.
    pub returns: u32,
    /// Receptions looked at.
    pub receptions: u32,
}

/// Warnings kept of one cell; the oldest go first.
const MAX_WARNINGS: usize = 16;

impl BroadcastFacts {
    /// Carries over what another dwell of the cell heard: each fact that it knows, while what it did not hear stays.
    /// Faults and alternations belong to their dwell.
    ///
    /// Every field stands in the pattern, so that a fact added above does not compile until it is carried over here:
    ///
    /// ```compile_fail,E0027
    /// # let heard = cellwarden_core::observation::BroadcastFacts::default();
    /// let cellwarden_core::observation::BroadcastFacts { value_tag: _ } = heard;
    /// ```
    pub fn learn(&mut self, heard: &Self) {
        fn newer<T: Clone>(known: &mut Option<T>, heard: &Option<T>) {
            if heard.is_some() {
                known.clone_from(heard);
            }
        }
        fn fuller<T: Clone>(known: &mut Vec<T>, heard: &[T]) {
            if !heard.is_empty() {
                *known = heard.to_vec();
            }
        }
        let Self {
            value_tag,
            q_rx_lev_min_dbm,
            scheduled_sibs,
            decoded_sibs,
            serving_priority,
            q_hyst_db,
            intra_neighbours,
            intra_excluded,
            csg_pci_range,
            inter_frequencies,
            other_technologies,
            hnb_name,
            warnings,
            paging,
            alternations: _,
            faults: _,
        } = heard;
        newer(&mut self.value_tag, value_tag);
        newer(&mut self.q_rx_lev_min_dbm, q_rx_lev_min_dbm);
        fuller(&mut self.scheduled_sibs, scheduled_sibs);
        self.decoded_sibs.extend(decoded_sibs);
        self.decoded_sibs.sort_unstable();
        self.decoded_sibs.dedup();
        newer(&mut self.serving_priority, serving_priority);
        newer(&mut self.q_hyst_db, q_hyst_db);
        fuller(&mut self.intra_neighbours, intra_neighbours);
        fuller(&mut self.intra_excluded, intra_excluded);
        newer(&mut self.csg_pci_range, csg_pci_range);
        fuller(&mut self.inter_frequencies, inter_frequencies);
        fuller(&mut self.other_technologies, other_technologies);
        newer(&mut self.hnb_name, hnb_name);
        self.warnings.retain(|known| !warnings.contains(known));
        self.warnings.extend_from_slice(warnings);
        self.warnings.drain(..self.warnings.len().saturating_sub(MAX_WARNINGS));
        newer(&mut self.paging, paging);
    }
}

/// A public warning of SIB10, SIB11 (ETWS) or SIB12 (CMAS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// messageIdentifier: the kind of the warning. TS 23.041 §9.4.1.2.2.
    pub message_identifier: u16,
    /// serialNumber.
    pub serial_number: u16,
    /// The text as sent, not escaped; `None` where there is none or not all of it was heard.
    pub text: Option<String>,
}

/// One carrier of SIB5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InterFrequency {
    /// dl-CarrierFreq, with its extension where that is present.
    pub earfcn: u32,
    /// cellReselectionPriority.
    pub priority: Option<u8>,
    /// q-RxLevMin in dBm.
    pub q_rx_lev_min_dbm: i16,
    /// Physical cell identities listed on it.
    pub neighbours: Vec<u16>,
}

/// One carrier of SIB6 (UTRA) or SIB7 (GERAN).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherTechnology {
    /// The technology.
    pub rat: Rat,
    /// Its UARFCN or starting ARFCN.
    pub carrier: u32,
    /// cellReselectionPriority.
    pub priority: Option<u8>,
}

/// A radio access technology other than LTE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rat {
    /// UTRA, from SIB6.
    Utra,
    /// GERAN, from SIB7.
    Geran,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every fact known, each other than its default.
    fn all() -> BroadcastFacts {
        BroadcastFacts {
            value_tag: Some(3),
            q_rx_lev_min_dbm: Some(-124),
            scheduled_sibs: vec![2, 3],
            decoded_sibs: vec![2],
            serving_priority: Some(6),
            q_hyst_db: Some(4),
            intra_neighbours: vec![301],
            intra_excluded: vec![(10, 4)],
            csg_pci_range: Some((480, 8)),
            inter_frequencies: vec![InterFrequency {
                earfcn: 3743,
                priority: Some(5),
                q_rx_lev_min_dbm: -120,
                neighbours: vec![7],
            }],
            other_technologies: vec![OtherTechnology { rat: Rat::Utra, carrier: 10_763, priority: Some(2) }],
            hnb_name: Some("home".to_owned()),
            warnings: vec![Warning { message_identifier: 4370, serial_number: 1, text: None }],
            paging: Some(PagingCounts::default()),
            alternations: vec![Alternation { place: "SIB1".to_owned(), contents: 2, returns: 1, receptions: 3 }],
            faults: vec!["SIB5: cut".to_owned()],
        }
    }

    #[test]
    fn every_fact_is_carried_over_but_the_faults_of_a_dwell() {
        let mut known = BroadcastFacts::default();
        known.learn(&all());
        assert_eq!(known, BroadcastFacts { faults: Vec::new(), alternations: Vec::new(), ..all() });
        known.learn(&BroadcastFacts::default());
        assert_eq!(
            known,
            BroadcastFacts { faults: Vec::new(), alternations: Vec::new(), ..all() },
            "what was not heard stays"
        );
    }

    #[test]
    fn warnings_gather_each_once_and_no_more_than_are_kept() {
        let mut known = BroadcastFacts::default();
        for serial_number in (0..40).chain(30..40) {
            let warning = Warning { message_identifier: 4370, serial_number, text: None };
            known.learn(&BroadcastFacts { warnings: vec![warning], ..BroadcastFacts::default() });
        }
        assert_eq!(known.warnings.len(), MAX_WARNINGS);
        assert_eq!(known.warnings[15].serial_number, 39);
    }
}
