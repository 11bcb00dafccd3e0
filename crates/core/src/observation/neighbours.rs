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
    /// Faults of the encoding that were passed over: evidence in themselves.
    pub faults: Vec<String>,
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
