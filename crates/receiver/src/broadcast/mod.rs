//! What a cell's broadcast messages say, as the flat facts of the observation, and when its SI messages come.

use lte_dsp::cell::{AntennaPorts, Duplex, mbsfn::MbsfnSubframes};
use serde_json::{Map, Value};

use cellwarden_core::observation::{
    Access, BroadcastFacts, CellIdentity, Eci, InterFrequency, MibFacts, OtherTechnology, Plmn, Rat, Warning,
};
use lte_rrc::{
    BcchDlSch, CellAccessRelatedInfo, CellAccessRelatedInfoR14, CellBarred, Mib, PagingSummary, PhysCellIdRange,
    PlmnIdentityInfo, Range, Sib, Sib1, Sib4, Sib5, WarningAssembler, WarningId,
};

use super::{mbsfn_allocation::mbsfn_subframes, paging_occasions::PagingOccasions, si_schedule::SiSchedule};

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
    /// When terminals may be paged, by the last SIB2.
    pub paging: Option<PagingOccasions>,
    /// MBSFN subframes, counted from frame 0 on the air, by the last SIB2.
    pub mbsfn: Option<MbsfnSubframes>,
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
    pub fn take(&mut self, message: &BcchDlSch, duplex: Duplex) {
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
                information.sibs.iter().for_each(|sib| self.take_sib(sib, duplex));
            }
        }
    }

    fn take_sib1(&mut self, sib1: &Sib1) {
        self.take_identity(&sib1.cell_access_related_info, sib1.band(), sib1.tdd());
        self.take_accesses_r14(sib1.accesses_r14());
        let schedule = SiSchedule::of(sib1);
        self.facts.value_tag = Some(sib1.system_info_value_tag);
        self.facts.q_rx_lev_min_dbm = Some(dbm(sib1.cell_selection_info.q_rx_lev_min));
        self.facts.scheduled_sibs = schedule.messages.iter().flat_map(|message| message.sibs.clone()).collect();
        self.schedule = Some(schedule);
        self.add_decoded(1);
    }

    fn take_identity(&mut self, access: &CellAccessRelatedInfo, band: u16, tdd_config: Option<(u8, u8)>) {
        let plmns = plmns(&access.plmn_identity_list);
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
            cell_barred: access.cell_barred == CellBarred::Barred,
            accesses_r14: Vec::new(),
            tdd_config,
            band,
        });
    }

    fn take_accesses_r14(&mut self, entries: &[CellAccessRelatedInfoR14]) {
        let mut accesses = Vec::new();
        for entry in entries {
            let plmns = plmns(&entry.plmn_identity_list_r14);
            if plmns.len() < entry.plmn_identity_list_r14.len() {
                self.add_fault("plmn-IdentityList-r14 starts without a mobile country code".to_owned());
            }
            let Some(eci) = Eci::new(entry.cell_identity_r14) else { continue };
            accesses.extend(plmns.into_iter().map(|plmn| Access { plmn, tac: entry.tracking_area_code_r14, eci }));
        }
        if let Some(identity) = &mut self.identity {
            identity.accesses_r14 = accesses;
        }
    }

    fn take_sib(&mut self, sib: &Sib, duplex: Duplex) {
        if let Some(number) = sib.number() {
            self.add_decoded(number);
        }
        let facts = &mut self.facts;
        match sib {
            Sib::Sib2(sib2) => {
                self.paging = Some(PagingOccasions::of(&sib2.radio_resource_config_common.pcch_config, duplex));
                self.mbsfn = Some(mbsfn_subframes(sib2, duplex));
            }
            Sib::Sib3(sib3) => {
                facts.serving_priority = Some(sib3.cell_reselection_serving_freq_info.cell_reselection_priority);
                facts.q_hyst_db = Some(sib3.cell_reselection_info_common.q_hyst.db());
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
            Sib::Sib8(_) | Sib::Sib13(_) | Sib::Sib14(_) | Sib::Sib15(_) | Sib::Sib16(_) | Sib::Other { .. } => {}
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

    /// Counts a paging occasion and the messages that it had.
    pub fn count_paging(&mut self, messages: impl Iterator<Item = PagingSummary>) {
        let counts = self.facts.paging.get_or_insert_default();
        counts.occasions += 1;
        for message in messages {
            counts.messages += 1;
            counts.s_tmsi += message.s_tmsi;
            counts.imsi += message.imsi;
            counts.five_g += message.five_g;
            counts.cs_domain += message.cs_domain;
            counts.warnings += u32::from(message.etws_indication || message.cmas_indication);
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
fn plmns(list: &[PlmnIdentityInfo]) -> Vec<Plmn> {
    let mut mcc = Vec::new();
    let entries = list.iter().map_while(|info| {
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
    (range.start, range.range.and_then(Range::count).unwrap_or(1))
}

/// Q-RxLevMin in dBm. TS 36.331 §6.3.4.
fn dbm(q_rx_lev_min: i8) -> i16 {
    2 * i16::from(q_rx_lev_min)
}

#[cfg(test)]
mod tests;
