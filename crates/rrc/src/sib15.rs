//! SystemInformationBlockType15: MBMS service area identities. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{enumerated::enumeration, mobility::FreqBandIndicatorR11};

/// SystemInformationBlockType15-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib15 {
    #[rasn(identifier = "mbms-SAI-IntraFreq-r11", size("1..=64"))]
    pub mbms_sai_intra_freq_r11: Option<Vec<MbmsSaiR11>>,
    #[rasn(identifier = "mbms-SAI-InterFreqList-r11", size("1..=8"))]
    pub mbms_sai_inter_freq_list_r11: Option<Vec<MbmsSaiInterFreqR11>>,
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v1140]]")]
    pub v1140: Option<Sib15V1140>,
    #[rasn(extension_addition_group, identifier = "[[v1430]]")]
    pub v1430: Option<Sib15V1430>,
}

/// Additions of v1140 to SystemInformationBlockType15-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib15V1140 {
    #[rasn(identifier = "mbms-SAI-InterFreqList-v1140", size("1..=8"))]
    pub mbms_sai_inter_freq_list_v1140: Option<Vec<MbmsSaiInterFreqV1140>>,
}

/// Additions of v1430 to SystemInformationBlockType15-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib15V1430 {
    #[rasn(identifier = "mbms-IntraFreqCarrierType-r14")]
    pub mbms_intra_freq_carrier_type_r14: Option<MbmsCarrierTypeR14>,
    #[rasn(identifier = "mbms-InterFreqCarrierTypeList-r14", size("1..=8"))]
    pub mbms_inter_freq_carrier_type_list_r14: Option<Vec<MbmsCarrierTypeR14>>,
}

/// MBMS-SAI-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=65535"))]
pub struct MbmsSaiR11(pub u16);

/// MBMS-SAI-InterFreq-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbmsSaiInterFreqR11 {
    #[rasn(identifier = "dl-CarrierFreq-r11", value("0..=262143"))]
    pub dl_carrier_freq_r11: u32,
    #[rasn(identifier = "mbms-SAI-List-r11", size("1..=64"))]
    pub mbms_sai_list_r11: Vec<MbmsSaiR11>,
}

/// MBMS-SAI-InterFreq-v1140. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbmsSaiInterFreqV1140 {
    #[rasn(identifier = "multiBandInfoList-r11", size("1..=8"))]
    pub multi_band_info_list_r11: Option<Vec<FreqBandIndicatorR11>>,
}

/// MBMS-CarrierType-r14. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbmsCarrierTypeR14 {
    #[rasn(identifier = "carrierType-r14")]
    pub carrier_type_r14: CarrierTypeR14,
    #[rasn(identifier = "frameOffset-r14", value("0..=3"))]
    pub frame_offset_r14: Option<u8>,
}

enumeration! {
    /// carrierType-r14. TS 36.331 §6.3.1.
    pub enum CarrierTypeR14 {
        Mbms = "mbms", FembmsMixed = "fembmsMixed", FembmsDedicated = "fembmsDedicated"
    }
}
