//! SystemInformationBlockType7: GERAN carriers. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{enumerated::enumeration, mobility::SpeedStateScaleFactors};

/// SystemInformationBlockType7. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib7 {
    #[rasn(identifier = "t-ReselectionGERAN", value("0..=7"))]
    pub t_reselection_geran: u8,
    #[rasn(identifier = "t-ReselectionGERAN-SF")]
    pub t_reselection_geran_sf: Option<SpeedStateScaleFactors>,
    #[rasn(identifier = "carrierFreqsInfoList", size("1..=16"))]
    pub carrier_freqs_info_list: Option<Vec<CarrierFreqsInfoGeran>>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
}

/// CarrierFreqsInfoGERAN. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct CarrierFreqsInfoGeran {
    #[rasn(identifier = "carrierFreqs")]
    pub carrier_freqs: CarrierFreqsGeran,
    #[rasn(identifier = "commonInfo")]
    pub common_info: CommonInfoGeran,
}

/// CarrierFreqsGERAN. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CarrierFreqsGeran {
    #[rasn(identifier = "startingARFCN", value("0..=1023"))]
    pub starting_arfcn: u16,
    #[rasn(identifier = "bandIndicator")]
    pub band_indicator: BandIndicator,
    #[rasn(identifier = "followingARFCNs")]
    pub following_arfcns: FollowingArfcns,
}

enumeration! {
    /// bandIndicator. TS 36.331 §6.3.1.
    pub enum BandIndicator {
        Dcs1800 = "dcs1800", Pcs1900 = "pcs1900"
    }
}

/// followingARFCNs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum FollowingArfcns {
    #[rasn(identifier = "explicitListOfARFCNs", size("0..=31"))]
    ExplicitList(Vec<ArfcnValueGeran>),
    #[rasn(identifier = "equallySpacedARFCNs")]
    EquallySpaced(EquallySpacedArfcns),
    #[rasn(identifier = "variableBitMapOfARFCNs", size("1..=16"))]
    VariableBitMap(OctetString),
}

/// ARFCN-ValueGERAN. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=1023"))]
pub struct ArfcnValueGeran(pub u16);

/// EquallySpacedARFCNs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct EquallySpacedArfcns {
    #[rasn(identifier = "arfcn-Spacing", value("1..=8"))]
    pub arfcn_spacing: u8,
    #[rasn(identifier = "numberOfFollowingARFCNs", value("0..=31"))]
    pub number_of_following_arfcns: u8,
}

/// CommonInfoGERAN. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CommonInfoGeran {
    #[rasn(identifier = "cellReselectionPriority", value("0..=7"))]
    pub cell_reselection_priority: Option<u8>,
    #[rasn(identifier = "ncc-Permitted", value("0..=255"))]
    pub ncc_permitted: u8,
    #[rasn(identifier = "q-RxLevMin", value("0..=45"))]
    pub q_rx_lev_min: u8,
    #[rasn(identifier = "p-MaxGERAN", value("0..=39"))]
    pub p_max_geran: Option<u8>,
    #[rasn(identifier = "threshX-High", value("0..=31"))]
    pub thresh_x_high: u8,
    #[rasn(identifier = "threshX-Low", value("0..=31"))]
    pub thresh_x_low: u8,
}
