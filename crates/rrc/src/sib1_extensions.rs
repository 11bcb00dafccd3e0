//! Non-critical extensions of SIB1, releases 8 to 15. TS 36.331 §6.2.2.

use rasn::prelude::*;

use super::{
    cell_access::PlmnIdentityInfo,
    containing::{Containing, Unread},
    coverage_enhancement::{HoppingConfig, HoppingIntervalModeA, HoppingIntervalModeB, HoppingNb},
    enumerated::{True, enumeration},
    mobility::{
        CellSelectionInfoCe1R13, CellSelectionInfoCe1V1360, CellSelectionInfoCeR13, FreqBandIndicator,
        MultiBandInfoV9e0, NsPmaxListR10, NsPmaxListV10l0, NsPmaxValueR10, NsPmaxValueV10l0,
    },
    sib1_v1530::Sib1V1530,
};

/// SystemInformationBlockType1-v890-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V890 {
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<Containing<Sib1V8h0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V920>,
}

/// SystemInformationBlockType1-v8h0-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V8h0 {
    #[rasn(identifier = "multiBandInfoList", size("1..=8"))]
    pub multi_band_info_list: Option<Vec<FreqBandIndicator>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V9e0>,
}

/// SystemInformationBlockType1-v9e0-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V9e0 {
    /// The band where `freqBandIndicator` is 64.
    #[rasn(identifier = "freqBandIndicator-v9e0", value("65..=256"))]
    pub freq_band_indicator_v9e0: Option<u16>,
    #[rasn(identifier = "multiBandInfoList-v9e0", size("1..=8"))]
    pub multi_band_info_list_v9e0: Option<Vec<MultiBandInfoV9e0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V10j0>,
}

/// SystemInformationBlockType1-v10j0-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V10j0 {
    #[rasn(identifier = "freqBandInfo-r10", size("1..=8"))]
    pub freq_band_info_r10: Option<Vec<NsPmaxValueR10>>,
    #[rasn(identifier = "multiBandInfoList-v10j0", size("1..=8"))]
    pub multi_band_info_list_v10j0: Option<Vec<NsPmaxListR10>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V10l0>,
}

/// SystemInformationBlockType1-v10l0-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V10l0 {
    #[rasn(identifier = "freqBandInfo-v10l0", size("1..=8"))]
    pub freq_band_info_v10l0: Option<Vec<NsPmaxValueV10l0>>,
    #[rasn(identifier = "multiBandInfoList-v10l0", size("1..=8"))]
    pub multi_band_info_list_v10l0: Option<Vec<NsPmaxListV10l0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// SystemInformationBlockType1-v920-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V920 {
    #[rasn(identifier = "ims-EmergencySupport-r9")]
    pub ims_emergency_support_r9: Option<True>,
    #[rasn(identifier = "cellSelectionInfo-v920")]
    pub cell_selection_info_v920: Option<CellSelectionInfoV920>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1130>,
}

/// CellSelectionInfo-v920. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoV920 {
    #[rasn(identifier = "q-QualMin-r9", value("-34..=-3"))]
    pub q_qual_min_r9: i8,
    #[rasn(identifier = "q-QualMinOffset-r9", value("1..=8"))]
    pub q_qual_min_offset_r9: Option<u8>,
}

/// SystemInformationBlockType1-v1130-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1130 {
    #[rasn(identifier = "tdd-Config-v1130")]
    pub tdd_config_v1130: Option<TddConfigV1130>,
    #[rasn(identifier = "cellSelectionInfo-v1130")]
    pub cell_selection_info_v1130: Option<CellSelectionInfoV1130>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1250>,
}

/// TDD-Config-v1130. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TddConfigV1130 {
    #[rasn(identifier = "specialSubframePatterns-v1130")]
    pub special_subframe_patterns_v1130: SpecialSubframePatternsV1130,
}

enumeration! {
    /// specialSubframePatterns-v1130. TS 36.331 §6.2.2.
    pub enum SpecialSubframePatternsV1130 {
        Ssp7 = "ssp7", Ssp9 = "ssp9"
    }
}

/// CellSelectionInfo-v1130. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoV1130 {
    #[rasn(identifier = "q-QualMinWB-r11", value("-34..=-3"))]
    pub q_qual_min_wb_r11: i8,
}

/// SystemInformationBlockType1-v1250-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1250 {
    #[rasn(identifier = "cellAccessRelatedInfo-v1250")]
    pub cell_access_related_info_v1250: CellAccessRelatedInfoV1250,
    #[rasn(identifier = "cellSelectionInfo-v1250")]
    pub cell_selection_info_v1250: Option<CellSelectionInfoV1250>,
    #[rasn(identifier = "freqBandIndicatorPriority-r12")]
    pub freq_band_indicator_priority_r12: Option<True>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1310>,
}

/// CellAccessRelatedInfo-v1250. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellAccessRelatedInfoV1250 {
    #[rasn(identifier = "category0Allowed-r12")]
    pub category0_allowed_r12: Option<True>,
}

/// CellSelectionInfo-v1250. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoV1250 {
    #[rasn(identifier = "q-QualMinRSRQ-OnAllSymbols-r12", value("-34..=-3"))]
    pub q_qual_min_rsrq_on_all_symbols_r12: i8,
}

/// SystemInformationBlockType1-v1310-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1310 {
    #[rasn(identifier = "hyperSFN-r13", value("0..=1023"))]
    pub hyper_sfn_r13: Option<u16>,
    #[rasn(identifier = "eDRX-Allowed-r13")]
    pub edrx_allowed_r13: Option<True>,
    #[rasn(identifier = "cellSelectionInfoCE-r13")]
    pub cell_selection_info_ce_r13: Option<CellSelectionInfoCeR13>,
    #[rasn(identifier = "bandwidthReducedAccessRelatedInfo-r13")]
    pub bandwidth_reduced_access_related_info_r13: Option<BandwidthReducedAccessRelatedInfoR13>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1320>,
}

/// BandwidthReducedAccessRelatedInfo-r13. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct BandwidthReducedAccessRelatedInfoR13 {
    #[rasn(identifier = "si-WindowLength-BR-r13")]
    pub si_window_length_br_r13: SiWindowLengthBrR13,
    #[rasn(identifier = "si-RepetitionPattern-r13")]
    pub si_repetition_pattern_r13: SiRepetitionPatternR13,
    #[rasn(identifier = "schedulingInfoList-BR-r13", size("1..=32"))]
    pub scheduling_info_list_br_r13: Option<Vec<SchedulingInfoBrR13>>,
    #[rasn(identifier = "fdd-DownlinkOrTddSubframeBitmapBR-r13")]
    pub fdd_downlink_or_tdd_subframe_bitmap_br_r13: Option<FddDownlinkOrTddSubframeBitmapBrR13>,
    #[rasn(identifier = "fdd-UplinkSubframeBitmapBR-r13", value("0..=1023"))]
    pub fdd_uplink_subframe_bitmap_br_r13: Option<u16>,
    #[rasn(identifier = "startSymbolBR-r13", value("1..=4"))]
    pub start_symbol_br_r13: u8,
    #[rasn(identifier = "si-HoppingConfigCommon-r13")]
    pub si_hopping_config_common_r13: HoppingConfig,
    #[rasn(identifier = "si-ValidityTime-r13")]
    pub si_validity_time_r13: Option<True>,
    #[rasn(identifier = "systemInfoValueTagList-r13", size("1..=32"))]
    pub system_info_value_tag_list_r13: Option<Vec<SystemInfoValueTagSiR13>>,
}

enumeration! {
    /// si-WindowLength-BR-r13. TS 36.331 §6.2.2.
    pub enum SiWindowLengthBrR13 {
        Ms20 = "ms20", Ms40 = "ms40", Ms60 = "ms60", Ms80 = "ms80", Ms120 = "ms120", Ms160 = "ms160", Ms200 = "ms200",
        Spare = "spare"
    }
}

enumeration! {
    /// si-RepetitionPattern-r13. TS 36.331 §6.2.2.
    pub enum SiRepetitionPatternR13 {
        EveryRf = "everyRF", Every2ndRf = "every2ndRF", Every4thRf = "every4thRF", Every8thRf = "every8thRF"
    }
}

/// fdd-DownlinkOrTddSubframeBitmapBR-r13. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum FddDownlinkOrTddSubframeBitmapBrR13 {
    #[rasn(identifier = "subframePattern10-r13", value("0..=1023"))]
    SubframePattern10R13(u16),
    #[rasn(identifier = "subframePattern40-r13", value("0..=1099511627775"))]
    SubframePattern40R13(u64),
}

/// SchedulingInfo-BR-r13. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SchedulingInfoBrR13 {
    #[rasn(identifier = "si-Narrowband-r13", value("1..=16"))]
    pub si_narrowband_r13: u8,
    #[rasn(identifier = "si-TBS-r13")]
    pub si_tbs_r13: SiTbsR13,
}

enumeration! {
    /// si-TBS-r13. TS 36.331 §6.2.2.
    pub enum SiTbsR13 {
        B152 = "b152", B208 = "b208", B256 = "b256", B328 = "b328", B408 = "b408", B504 = "b504", B600 = "b600",
        B712 = "b712", B808 = "b808", B936 = "b936"
    }
}

/// SystemInfoValueTagSI-r13. TS 36.331 §6.2.2.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=3"))]
pub struct SystemInfoValueTagSiR13(pub u8);

/// SystemInformationBlockType1-v1320-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1320 {
    #[rasn(identifier = "freqHoppingParametersDL-r13")]
    pub freq_hopping_parameters_dl_r13: Option<FreqHoppingParametersDlR13>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1350>,
}

/// FreqHoppingParametersDL-r13. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct FreqHoppingParametersDlR13 {
    #[rasn(identifier = "mpdcch-pdsch-HoppingNB-r13")]
    pub mpdcch_pdsch_hopping_nb_r13: Option<HoppingNb>,
    #[rasn(identifier = "interval-DLHoppingConfigCommonModeA-r13")]
    pub interval_dl_hopping_config_common_mode_a_r13: Option<HoppingIntervalModeA>,
    #[rasn(identifier = "interval-DLHoppingConfigCommonModeB-r13")]
    pub interval_dl_hopping_config_common_mode_b_r13: Option<HoppingIntervalModeB>,
    #[rasn(identifier = "mpdcch-pdsch-HoppingOffset-r13", value("1..=16"))]
    pub mpdcch_pdsch_hopping_offset_r13: Option<u8>,
}

/// SystemInformationBlockType1-v1350-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1350 {
    #[rasn(identifier = "cellSelectionInfoCE1-r13")]
    pub cell_selection_info_ce1_r13: Option<CellSelectionInfoCe1R13>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1360>,
}

/// SystemInformationBlockType1-v1360-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1360 {
    #[rasn(identifier = "cellSelectionInfoCE1-v1360")]
    pub cell_selection_info_ce1_v1360: Option<CellSelectionInfoCe1V1360>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1430>,
}

/// SystemInformationBlockType1-v1430-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1430 {
    #[rasn(identifier = "eCallOverIMS-Support-r14")]
    pub ecall_over_ims_support_r14: Option<True>,
    #[rasn(identifier = "tdd-Config-v1430")]
    pub tdd_config_v1430: Option<TddConfigV1430>,
    #[rasn(identifier = "cellAccessRelatedInfoList-r14", size("1..=5"))]
    pub cell_access_related_info_list_r14: Option<Vec<CellAccessRelatedInfoR14>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1450>,
}

/// TDD-Config-v1430. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TddConfigV1430 {
    #[rasn(identifier = "specialSubframePatterns-v1430")]
    pub special_subframe_patterns_v1430: SpecialSubframePatternsV1430,
}

enumeration! {
    /// specialSubframePatterns-v1430. TS 36.331 §6.2.2.
    pub enum SpecialSubframePatternsV1430 {
        Ssp10 = "ssp10"
    }
}

/// CellAccessRelatedInfo-r14. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellAccessRelatedInfoR14 {
    #[rasn(identifier = "plmn-IdentityList-r14", size("1..=6"))]
    pub plmn_identity_list_r14: Vec<PlmnIdentityInfo>,
    #[rasn(identifier = "trackingAreaCode-r14", value("0..=65535"))]
    pub tracking_area_code_r14: u16,
    #[rasn(identifier = "cellIdentity-r14", value("0..=268435455"))]
    pub cell_identity_r14: u32,
}

/// SystemInformationBlockType1-v1450-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1450 {
    #[rasn(identifier = "tdd-Config-v1450")]
    pub tdd_config_v1450: Option<TddConfigV1450>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V1530>,
}

/// TDD-Config-v1450. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TddConfigV1450 {
    #[rasn(identifier = "specialSubframePatterns-v1450")]
    pub special_subframe_patterns_v1450: SpecialSubframePatternsV1450,
}

enumeration! {
    /// specialSubframePatterns-v1450. TS 36.331 §6.2.2.
    pub enum SpecialSubframePatternsV1450 {
        Ssp10CrsLessDwPts = "ssp10-CRS-LessDwPTS"
    }
}

impl Sib1V1130 {
    /// The extension of release 14 at the end of the chain that starts here.
    pub fn v1430(&self) -> Option<&Sib1V1430> {
        let v1310 = self.non_critical_extension.as_ref()?.non_critical_extension.as_ref()?;
        let v1350 = v1310.non_critical_extension.as_ref()?.non_critical_extension.as_ref()?;
        v1350.non_critical_extension.as_ref()?.non_critical_extension.as_ref()
    }
}
