//! What a cell's broadcast messages say, as the flat facts of the observation, and when its SI messages come.

use lte_dsp::cell::AntennaPorts;
use serde_json::{Map, Value};

use crate::{
    observation::{BroadcastFacts, CellIdentity, Eci, InterFrequency, MibFacts, OtherTechnology, Plmn, Rat, Warning},
    rrc::{BcchDlSch, CellAccessRelatedInfo, Mib, PhysCellIdRange, Sib, Sib1, Sib4, Sib5, WarningAssembler, WarningId},
};

use super::si_schedule::SiSchedule;

/// Warnings kept of a cell.
const MAX_WARNINGS: usize = 16;
/// Different faults kept of a cell.
const MAX_FAULTS: usize = 32;

/// All that a cell's BCCH on the DL-SCH said so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Broadcast {
    /// Identity fields of the last SIB1.
    pub identity: Option<CellIdentity>,
    /// When SI messages come, by the last SIB1 that was read whole.
    pub schedule: Option<SiSchedule>,
    /// Facts of all blocks.
    pub facts: BroadcastFacts,
    /// The decoded blocks, keys as in TS 36.331 (`sib1`, `sib2`, …).
    pub sibs: Map<String, Value>,
    /// Segments of warnings that are not complete yet.
    warnings: WarningAssembler,
}

/// Facts of the MIB. TS 36.331 §6.2.2 (MasterInformationBlock).
#[must_use]
pub fn mib_facts(mib: &Mib, antenna_ports: AntennaPorts) -> MibFacts {
    MibFacts {
        antenna_ports,
        bandwidth: mib.bandwidth,
        phich_duration: mib.phich_duration,
        phich_resource: mib.phich_resource,
    }
}

impl Broadcast {
    /// Adds what `message` says; a block heard again replaces what it said before.
    pub fn take(&mut self, message: &BcchDlSch) {
        self.sibs.extend(message.to_json());
        match message {
            BcchDlSch::Sib1(sib1) => self.take_sib1(sib1),
            BcchDlSch::Sib1Prefix(prefix) => {
                self.add_fault(prefix.fault.to_string());
                let band = prefix.freq_band_indicator.into();
                self.take_identity(&prefix.cell_access_related_info, band, None);
                self.add_decoded(1);
            }
            BcchDlSch::SystemInformation(information) => {
                information.faults.iter().for_each(|fault| self.add_fault(fault.to_string()));
                information.sibs.iter().for_each(|sib| self.take_sib(sib));
            }
        }
    }

    /// Whether a block of every SI message that SIB1 announces was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let is_decoded = |sib: &u8| self.facts.decoded_sibs.contains(sib);
        self.schedule.is_some() && self.facts.scheduled_sibs.iter().all(is_decoded)
    }

    fn take_sib1(&mut self, sib1: &Sib1) {
        self.take_identity(&sib1.cell_access_related_info, sib1.band(), sib1.tdd());
        let schedule = SiSchedule::of(sib1);
        self.facts.value_tag = Some(sib1.system_info_value_tag);
        self.facts.q_rx_lev_min_dbm = Some(dbm(sib1.cell_selection_info.q_rx_lev_min));
        self.facts.scheduled_sibs = schedule.messages.iter().flat_map(|message| message.sibs.clone()).collect();
        self.schedule = Some(schedule);
        self.add_decoded(1);
    }

    fn take_identity(&mut self, access: &CellAccessRelatedInfo, band: u16, tdd_config: Option<(u8, u8)>) {
        let plmns = plmns(access);
        if plmns.len() < access.plmn_identity_list.len() {
            self.add_fault("plmn-IdentityList starts without a mobile country code".to_owned());
        }
        let Some(eci) = Eci::new(access.cell_identity).filter(|_| !plmns.is_empty()) else { return };
        self.identity = Some(CellIdentity {
            plmns,
            tac: access.tracking_area_code,
            eci,
            csg_indication: access.csg_indication,
            csg_identity: access.csg_identity,
            cell_barred: access.cell_barred.identifier() == Some("barred"),
            tdd_config,
            band,
        });
    }

    fn take_sib(&mut self, sib: &Sib) {
        if let Some(number) = sib.number() {
            self.add_decoded(number);
        }
        let facts = &mut self.facts;
        match sib {
            Sib::Sib3(sib3) => {
                facts.serving_priority = Some(sib3.cell_reselection_serving_freq_info.cell_reselection_priority);
                facts.q_hyst_db = number_in(sib3.cell_reselection_info_common.q_hyst.identifier());
            }
            Sib::Sib4(sib4) => add_intra_frequency(facts, sib4),
            Sib::Sib5(sib5) => facts.inter_frequencies = inter_frequencies(sib5),
            Sib::Sib6(sib6) => {
                let fdd = sib6.carrier_freq_list_utra_fdd.iter().flatten();
                let tdd = sib6.carrier_freq_list_utra_tdd.iter().flatten();
                let carriers = fdd
                    .map(|carrier| (carrier.carrier_freq, carrier.cell_reselection_priority))
                    .chain(tdd.map(|carrier| (carrier.carrier_freq, carrier.cell_reselection_priority)));
                replace_technology(facts, Rat::Utra, carriers);
            }
            Sib::Sib7(sib7) => {
                let carriers = sib7.carrier_freqs_info_list.iter().flatten();
                let carriers = carriers
                    .map(|info| (info.carrier_freqs.starting_arfcn, info.common_info.cell_reselection_priority));
                replace_technology(facts, Rat::Geran, carriers);
            }
            Sib::Sib9(sib9) => {
                facts.hnb_name = sib9.hnb_name.as_ref().map(|name| String::from_utf8_lossy(name).into_owned());
            }
            Sib::Sib10(sib10) => {
                let id = WarningId { message_identifier: sib10.message_identifier, serial_number: sib10.serial_number };
                self.add_warning(id, None);
            }
            Sib::Sib11(sib11) => {
                let (id, text) = self.warnings.take(&**sib11);
                self.add_warning(id, text);
            }
            Sib::Sib12(sib12) => {
                let (id, text) = self.warnings.take(&**sib12);
                self.add_warning(id, text);
            }
            Sib::Sib2(_) | Sib::Sib8(_) | Sib::Sib14(_) | Sib::Sib15(_) | Sib::Sib16(_) | Sib::Other { .. } => {}
        }
    }

    fn add_warning(&mut self, WarningId { message_identifier, serial_number }: WarningId, text: Option<String>) {
        let warnings = &mut self.facts.warnings;
        let is_same = |warning: &Warning| {
            (warning.message_identifier, warning.serial_number) == (message_identifier, serial_number)
        };
        match warnings.iter_mut().find(|warning| is_same(warning)) {
            Some(known) => known.text = text.or(known.text.take()),
            None => {
                if warnings.len() == MAX_WARNINGS {
                    warnings.remove(0);
                }
                warnings.push(Warning { message_identifier, serial_number, text });
            }
        }
    }

    fn add_decoded(&mut self, number: u8) {
        if let Err(place) = self.facts.decoded_sibs.binary_search(&number) {
            self.facts.decoded_sibs.insert(place, number);
        }
    }

    fn add_fault(&mut self, fault: String) {
        let faults = &mut self.facts.faults;
        if faults.len() < MAX_FAULTS && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
}

/// The broadcast PLMNs; one without a country code has that of the one before it. TS 36.331 §6.3.4 (PLMN-Identity).
///
/// Ends before the first where there is none before it.
fn plmns(access: &CellAccessRelatedInfo) -> Vec<Plmn> {
    let mut mcc = Vec::new();
    let entries = access.plmn_identity_list.iter().map_while(|info| {
        if let Some(digits) = &info.plmn_identity.mcc {
            mcc = digits.iter().map(|digit| digit.0).collect();
        }
        let mnc: Vec<u8> = info.plmn_identity.mnc.iter().map(|digit| digit.0).collect();
        Plmn::from_digits(&mcc, &mnc)
    });
    entries.collect()
}

fn add_intra_frequency(facts: &mut BroadcastFacts, sib4: &Sib4) {
    facts.intra_neighbours = sib4.intra_freq_neigh_cell_list.iter().flatten().map(|cell| cell.phys_cell_id).collect();
    facts.intra_excluded = sib4.intra_freq_excluded_cell_list.iter().flatten().map(range).collect();
    facts.csg_pci_range = sib4.csg_phys_cell_id_range.as_ref().map(range);
}

fn inter_frequencies(sib5: &Sib5) -> Vec<InterFrequency> {
    let extended = sib5.extended_earfcns();
    let release_8 = sib5.inter_freq_carrier_freq_list.iter().enumerate().map(|(i, carrier)| InterFrequency {
        earfcn: extended.get(i).copied().flatten().unwrap_or(carrier.dl_carrier_freq.into()),
        priority: carrier.cell_reselection_priority,
        q_rx_lev_min_dbm: dbm(carrier.q_rx_lev_min),
        neighbours: carrier.inter_freq_neigh_cell_list.iter().flatten().map(|cell| cell.phys_cell_id).collect(),
    });
    let added = sib5.v1250.iter().flat_map(|group| &group.inter_freq_carrier_freq_list_ext_r12).flatten();
    let release_12 = added.map(|carrier| InterFrequency {
        earfcn: carrier.dl_carrier_freq_r12,
        priority: carrier.cell_reselection_priority_r12,
        q_rx_lev_min_dbm: dbm(carrier.q_rx_lev_min_r12),
        neighbours: carrier.inter_freq_neigh_cell_list_r12.iter().flatten().map(|cell| cell.phys_cell_id).collect(),
    });
    release_8.chain(release_12).collect()
}

fn replace_technology(facts: &mut BroadcastFacts, rat: Rat, carriers: impl Iterator<Item = (u16, Option<u8>)>) {
    facts.other_technologies.retain(|other| other.rat != rat);
    let carriers = carriers.map(|(carrier, priority)| OtherTechnology { rat, carrier: carrier.into(), priority });
    facts.other_technologies.extend(carriers);
}

/// First identity and how many there are. TS 36.331 §6.3.4 (PhysCellIdRange).
fn range(range: &PhysCellIdRange) -> (u16, u16) {
    (range.start, range.range.and_then(|count| number_in(count.identifier())).unwrap_or(1))
}

/// Q-RxLevMin in dBm. TS 36.331 §6.3.4.
fn dbm(q_rx_lev_min: i8) -> i16 {
    2 * i16::from(q_rx_lev_min)
}

/// The number in an identifier of the standard: 12 of `dB12`, 504 of `n504`.
fn number_in<N: std::str::FromStr>(identifier: Option<&'static str>) -> Option<N> {
    identifier?.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rrc::decode_bcch_dl_sch;

    fn broadcast(blocks: &[&str]) -> Broadcast {
        let mut broadcast = Broadcast::default();
        for block in blocks {
            let block = hex::decode(block).expect("hexadecimal");
            broadcast.take(&decode_bcch_dl_sch(&block).expect("a message"));
        }
        broadcast
    }

    fn texts(plmns: &[Plmn]) -> Vec<String> {
        plmns.iter().map(ToString::to_string).collect()
    }

    /// Off the air.
    #[test]
    fn a_macro_cell_is_flattened() {
        let sib1 = "4051800310240487879814211081044c23d4";
        let heard = broadcast(&[sib1, "001105a76618c14a134e0031829422", "000c0403390a529aa8"]);
        let identity = heard.identity.as_ref().expect("an identity");
        assert_eq!(texts(&identity.plmns), ["460-01"]);
        assert_eq!((identity.tac, identity.eci.get(), identity.tdd_config), (4132, 4_749_433, None));
        assert!(!identity.csg_indication && !identity.cell_barred);
        let utra = |carrier, priority| OtherTechnology { rat: Rat::Utra, carrier, priority: Some(priority) };
        assert_eq!(heard.facts.other_technologies, [utra(10713, 4), utra(10688, 0)]);
        assert_eq!(heard.facts.decoded_sibs, [1, 5, 6]);
        assert!(heard.facts.scheduled_sibs.starts_with(&[2]));
        assert!(!heard.is_complete(), "SIB2 is missing");
        assert_eq!(heard.sibs.keys().collect::<Vec<_>>(), ["sib1", "sib5", "sib6"]);
    }

    /// By an independent encoder.
    #[test]
    fn a_country_code_is_inherited_and_a_csg_kept() {
        let heard = broadcast(&["754c42821498126200c48d06af37bed55555594b5fc4004400b388643a55029ec4"]);
        let identity = heard.identity.expect("an identity");
        assert_eq!(texts(&identity.plmns), ["310-410", "310-260", "262-01"]);
        assert_eq!((identity.tac, identity.eci.get(), identity.band), (0x1234, 0x1AB_CDEF, 64));
        assert_eq!((identity.csg_indication, identity.csg_identity), (true, Some(0x555_5555)));
        assert_eq!(identity.tdd_config, Some((2, 7)));
        assert_eq!(heard.facts.scheduled_sibs, [2, 3, 4, 5, 6, 7, 10, 12, 13, 20]);
        assert_eq!((heard.facts.q_rx_lev_min_dbm, heard.facts.value_tag), (Some(-120), Some(17)));
    }

    /// By an independent encoder.
    #[test]
    fn reselection_neighbours_and_names_are_flattened() {
        let heard = broadcast(&[
            "0087420dda516e232a3a85b0002fd0aa2386000ec09cc0a6016c031806b02641cb10",
            "000c47039d148a34f44c14c05b018c06b20060e148a3480c07cc8200",
            "0014904b0052e4c37ff14420",
            "001d3549bd9dd594819995b5d1bc830e90",
        ]);
        let facts = &heard.facts;
        assert_eq!((facts.serving_priority, facts.q_hyst_db), (Some(6), Some(4)));
        assert_eq!(facts.intra_neighbours, [10, 11, 12, 13]);
        assert_eq!((&facts.intra_excluded[..], facts.csg_pci_range), (&[(100, 8)][..], Some((300, 24))));
        let [first, second] = &facts.inter_frequencies[..] else { panic!("two carriers") };
        assert_eq!((first.earfcn, first.priority, first.q_rx_lev_min_dbm), (1850, Some(7), -120));
        assert_eq!((first.neighbours.len(), second.earfcn, second.priority), (4, 3100, None));
        assert_eq!(facts.other_technologies, [OtherTechnology { rat: Rat::Geran, carrier: 600, priority: Some(7) }]);
        assert_eq!(facts.hnb_name.as_deref(), Some("Rogue femto ä"));
        assert_eq!(heard.identity, None);
    }

    /// By an independent encoder: ETWS, and the first segment of a CMAS message.
    #[test]
    fn warnings_are_kept_once() {
        let sib10 = concat!(
            "0021110030100580000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
            "1c1d1e1f202122232425262728292a2b2c2d2e2f3031",
        );
        let heard = broadcast(&[sib10, sib10]);
        let warning = Warning { message_identifier: 0x1100, serial_number: 0x3010, text: None };
        assert_eq!(heard.facts.warnings, [warning]);
    }

    #[test]
    fn a_list_without_a_country_code_is_a_fault_and_no_identity() {
        let block = hex::decode("405140112e113f0d1018202091002822a1").expect("hexadecimal");
        let mut bits: Vec<u8> = (0..8 * block.len()).map(|i| block[i / 8] >> (7 - i % 8) & 1).collect();
        // Behind two bits of choices, three of presence, one of csg-Identity's presence and three of the list's length
        // the first mcc's presence and its three digits.
        bits.splice(9..22, [0]);
        bits.resize(8 * block.len(), 0);
        let block: Vec<u8> = bits.chunks_exact(8).map(|octet| octet.iter().fold(0, |n, bit| n << 1 | bit)).collect();
        let mut heard = Broadcast::default();
        heard.take(&decode_bcch_dl_sch(&block).expect("still a message"));
        assert_eq!(heard.identity, None);
        assert_eq!(heard.facts.faults, ["plmn-IdentityList starts without a mobile country code"]);
    }
}
