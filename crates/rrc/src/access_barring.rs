//! Access barring information elements of SIB2. TS 36.331 §6.3.1 (SystemInformationBlockType2).

use rasn::prelude::*;

use super::enumerated::{True, enumeration};

/// AC-BarringConfig. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcBarringConfig {
    #[rasn(identifier = "ac-BarringFactor")]
    pub ac_barring_factor: AcBarringFactor,
    #[rasn(identifier = "ac-BarringTime")]
    pub ac_barring_time: AcBarringTime,
    #[rasn(identifier = "ac-BarringForSpecialAC", value("0..=31"))]
    pub ac_barring_for_special_ac: u8,
}

enumeration! {
    /// ac-BarringFactor, of any release. TS 36.331 §6.3.1 (SystemInformationBlockType2).
    pub enum AcBarringFactor {
        P00 = "p00", P05 = "p05", P10 = "p10", P15 = "p15", P20 = "p20", P25 = "p25", P30 = "p30", P40 = "p40",
        P50 = "p50", P60 = "p60", P70 = "p70", P75 = "p75", P80 = "p80", P85 = "p85", P90 = "p90", P95 = "p95"
    }
}

enumeration! {
    /// ac-BarringTime and udt-RestrictingTime, of any release. TS 36.331 §6.3.1 (SystemInformationBlockType2).
    pub enum AcBarringTime {
        S4 = "s4", S8 = "s8", S16 = "s16", S32 = "s32", S64 = "s64", S128 = "s128", S256 = "s256", S512 = "s512"
    }
}

/// AC-BarringPerPLMN-r12. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcBarringPerPlmnR12 {
    #[rasn(identifier = "plmn-IdentityIndex-r12", value("1..=6"))]
    pub plmn_identity_index_r12: u8,
    #[rasn(identifier = "ac-BarringInfo-r12")]
    pub ac_barring_info_r12: Option<AcBarringInfoR12>,
    #[rasn(identifier = "ac-BarringSkipForMMTELVoice-r12")]
    pub ac_barring_skip_for_mmtel_voice_r12: Option<True>,
    #[rasn(identifier = "ac-BarringSkipForMMTELVideo-r12")]
    pub ac_barring_skip_for_mmtel_video_r12: Option<True>,
    #[rasn(identifier = "ac-BarringSkipForSMS-r12")]
    pub ac_barring_skip_for_sms_r12: Option<True>,
    #[rasn(identifier = "ac-BarringForCSFB-r12")]
    pub ac_barring_for_csfb_r12: Option<AcBarringConfig>,
    #[rasn(identifier = "ssac-BarringForMMTEL-Voice-r12")]
    pub ssac_barring_for_mmtel_voice_r12: Option<AcBarringConfig>,
    #[rasn(identifier = "ssac-BarringForMMTEL-Video-r12")]
    pub ssac_barring_for_mmtel_video_r12: Option<AcBarringConfig>,
}

/// AC-BarringInfo-r12. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcBarringInfoR12 {
    #[rasn(identifier = "ac-BarringForEmergency-r12")]
    pub ac_barring_for_emergency_r12: bool,
    #[rasn(identifier = "ac-BarringForMO-Signalling-r12")]
    pub ac_barring_for_mo_signalling_r12: Option<AcBarringConfig>,
    #[rasn(identifier = "ac-BarringForMO-Data-r12")]
    pub ac_barring_for_mo_data_r12: Option<AcBarringConfig>,
}

/// ACDC-BarringForCommon-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcdcBarringForCommonR13 {
    #[rasn(identifier = "acdc-HPLMNonly-r13")]
    pub acdc_hplmn_only_r13: bool,
    #[rasn(identifier = "barringPerACDC-CategoryList-r13", size("1..=16"))]
    pub barring_per_acdc_category_list_r13: Vec<BarringPerAcdcCategoryR13>,
}

/// ACDC-BarringPerPLMN-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcdcBarringPerPlmnR13 {
    #[rasn(identifier = "plmn-IdentityIndex-r13", value("1..=6"))]
    pub plmn_identity_index_r13: u8,
    #[rasn(identifier = "acdc-OnlyForHPLMN-r13")]
    pub acdc_only_for_hplmn_r13: bool,
    #[rasn(identifier = "barringPerACDC-CategoryList-r13", size("1..=16"))]
    pub barring_per_acdc_category_list_r13: Vec<BarringPerAcdcCategoryR13>,
}

/// BarringPerACDC-Category-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct BarringPerAcdcCategoryR13 {
    #[rasn(identifier = "acdc-Category-r13", value("1..=16"))]
    pub acdc_category_r13: u8,
    #[rasn(identifier = "acdc-BarringConfig-r13")]
    pub acdc_barring_config_r13: Option<AcdcBarringConfigR13>,
}

/// ACDC-BarringConfig-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcdcBarringConfigR13 {
    #[rasn(identifier = "ac-BarringFactor-r13")]
    pub ac_barring_factor_r13: AcBarringFactor,
    #[rasn(identifier = "ac-BarringTime-r13")]
    pub ac_barring_time_r13: AcBarringTime,
}

/// UDT-Restricting-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UdtRestrictingR13 {
    #[rasn(identifier = "udt-Restricting-r13")]
    pub udt_restricting_r13: Option<True>,
    #[rasn(identifier = "udt-RestrictingTime-r13")]
    pub udt_restricting_time_r13: Option<AcBarringTime>,
}

/// UDT-RestrictingPerPLMN-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UdtRestrictingPerPlmnR13 {
    #[rasn(identifier = "plmn-IdentityIndex-r13", value("1..=6"))]
    pub plmn_identity_index_r13: u8,
    #[rasn(identifier = "udt-Restricting-r13")]
    pub udt_restricting_r13: Option<UdtRestrictingR13>,
}

/// CIOT-OptimisationPLMN-r13. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CiotOptimisationPlmnR13 {
    #[rasn(identifier = "up-CIoT-EPS-Optimisation-r13")]
    pub up_ciot_eps_optimisation_r13: Option<True>,
    #[rasn(identifier = "cp-CIoT-EPS-Optimisation-r13")]
    pub cp_ciot_eps_optimisation_r13: Option<True>,
    #[rasn(identifier = "attachWithoutPDN-Connectivity-r13")]
    pub attach_without_pdn_connectivity_r13: Option<True>,
}

/// PLMN-Info-r15. TS 36.331 §6.3.1 (SystemInformationBlockType2).
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PlmnInfoR15 {
    #[rasn(identifier = "upperLayerIndication-r15")]
    pub upper_layer_indication_r15: Option<True>,
}
