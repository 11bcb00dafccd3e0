//! SystemInformationBlockType3: cell reselection. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    containing::{Containing, Unread},
    enumerated::{True, enumeration},
    mobility::{
        AllowedMeasBandwidth, CellReselectionSubPriorityR13, CellSelectionInfoCe1R13, CellSelectionInfoCe1V1360,
        CellSelectionInfoCeR13, CellSelectionInfoCeV1530, MobilityStateParameters, NsPmaxListR10, NsPmaxListV10l0,
        NsPmaxValueR10, NsPmaxValueV10l0, SpeedStateScaleFactors,
    },
};

/// SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib3 {
    #[rasn(identifier = "cellReselectionInfoCommon")]
    pub cell_reselection_info_common: CellReselectionInfoCommon,
    #[rasn(identifier = "cellReselectionServingFreqInfo")]
    pub cell_reselection_serving_freq_info: CellReselectionServingFreqInfo,
    #[rasn(identifier = "intraFreqCellReselectionInfo")]
    pub intra_freq_cell_reselection_info: IntraFreqCellReselectionInfo,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<Containing<Sib3V10j0>>,
    #[rasn(extension_addition_group, identifier = "[[v920]]")]
    pub v920: Option<Sib3V920>,
    #[rasn(extension_addition_group, identifier = "[[v1130]]")]
    pub v1130: Option<Sib3V1130>,
    #[rasn(extension_addition_group, identifier = "[[v1250]]")]
    pub v1250: Option<Sib3V1250>,
    #[rasn(extension_addition_group, identifier = "[[v1310]]")]
    pub v1310: Option<Sib3V1310>,
    #[rasn(extension_addition_group, identifier = "[[v1350]]")]
    pub v1350: Option<Sib3V1350>,
    #[rasn(extension_addition_group, identifier = "[[v1360]]")]
    pub v1360: Option<Sib3V1360>,
    #[rasn(extension_addition_group, identifier = "[[v1460]]")]
    pub v1460: Option<Sib3V1460>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<Sib3V1530>,
}

/// Additions of v920 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V920 {
    #[rasn(identifier = "s-IntraSearch-v920")]
    pub s_intra_search_v920: Option<SIntraSearchV920>,
    #[rasn(identifier = "s-NonIntraSearch-v920")]
    pub s_non_intra_search_v920: Option<SNonIntraSearchV920>,
    #[rasn(identifier = "q-QualMin-r9", value("-34..=-3"))]
    pub q_qual_min_r9: Option<i8>,
    #[rasn(identifier = "threshServingLowQ-r9", value("0..=31"))]
    pub thresh_serving_low_q_r9: Option<u8>,
}

/// Additions of v1130 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1130 {
    #[rasn(identifier = "q-QualMinWB-r11", value("-34..=-3"))]
    pub q_qual_min_wb_r11: Option<i8>,
}

/// Additions of v1250 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1250 {
    #[rasn(identifier = "q-QualMinRSRQ-OnAllSymbols-r12", value("-34..=-3"))]
    pub q_qual_min_rsrq_on_all_symbols_r12: Option<i8>,
}

/// Additions of v1310 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1310 {
    #[rasn(identifier = "cellReselectionServingFreqInfo-v1310")]
    pub cell_reselection_serving_freq_info_v1310: Option<CellReselectionServingFreqInfoV1310>,
    #[rasn(identifier = "redistributionServingInfo-r13")]
    pub redistribution_serving_info_r13: Option<RedistributionServingInfoR13>,
    #[rasn(identifier = "cellSelectionInfoCE-r13")]
    pub cell_selection_info_ce_r13: Option<CellSelectionInfoCeR13>,
    #[rasn(identifier = "t-ReselectionEUTRA-CE-r13", value("0..=15"))]
    pub t_reselection_eutra_ce_r13: Option<u8>,
}

/// Additions of v1350 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1350 {
    #[rasn(identifier = "cellSelectionInfoCE1-r13")]
    pub cell_selection_info_ce1_r13: Option<CellSelectionInfoCe1R13>,
}

/// Additions of v1360 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1360 {
    #[rasn(identifier = "cellSelectionInfoCE1-v1360")]
    pub cell_selection_info_ce1_v1360: Option<CellSelectionInfoCe1V1360>,
}

/// Additions of v1460 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1460 {
    #[rasn(identifier = "cellReselectionInfoCommon-v1460")]
    pub cell_reselection_info_common_v1460: Option<CellReselectionInfoCommonV1460>,
}

/// Additions of v1530 to SystemInformationBlockType3. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V1530 {
    #[rasn(identifier = "cellReselectionInfoHSDN-r15")]
    pub cell_reselection_info_hsdn_r15: Option<CellReselectionInfoHsdnR15>,
    #[rasn(identifier = "cellSelectionInfoCE-v1530")]
    pub cell_selection_info_ce_v1530: Option<CellSelectionInfoCeV1530>,
    #[rasn(identifier = "crs-IntfMitigNeighCellsCE-r15")]
    pub crs_intf_mitig_neigh_cells_ce_r15: Option<CrsIntfMitigNeighCellsCeR15>,
}

enumeration! {
    /// crs-IntfMitigNeighCellsCE-r15. TS 36.331 §6.3.1.
    pub enum CrsIntfMitigNeighCellsCeR15 {
        Enabled = "enabled"
    }
}

/// CellReselectionInfoCommon. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionInfoCommon {
    #[rasn(identifier = "q-Hyst")]
    pub q_hyst: QHyst,
    #[rasn(identifier = "speedStateReselectionPars")]
    pub speed_state_reselection_pars: Option<SpeedStateReselectionPars>,
}

enumeration! {
    /// q-Hyst. TS 36.331 §6.3.1.
    pub enum QHyst {
        Db0 = "dB0", Db1 = "dB1", Db2 = "dB2", Db3 = "dB3", Db4 = "dB4", Db5 = "dB5", Db6 = "dB6", Db8 = "dB8",
        Db10 = "dB10", Db12 = "dB12", Db14 = "dB14", Db16 = "dB16", Db18 = "dB18", Db20 = "dB20", Db22 = "dB22",
        Db24 = "dB24"
    }
}

impl QHyst {
    /// In decibels.
    #[must_use]
    pub fn db(self) -> u8 {
        match self {
            Self::Db0 => 0,
            Self::Db1 => 1,
            Self::Db2 => 2,
            Self::Db3 => 3,
            Self::Db4 => 4,
            Self::Db5 => 5,
            Self::Db6 => 6,
            Self::Db8 => 8,
            Self::Db10 => 10,
            Self::Db12 => 12,
            Self::Db14 => 14,
            Self::Db16 => 16,
            Self::Db18 => 18,
            Self::Db20 => 20,
            Self::Db22 => 22,
            Self::Db24 => 24,
        }
    }
}

/// SpeedStateReselectionPars. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SpeedStateReselectionPars {
    #[rasn(identifier = "mobilityStateParameters")]
    pub mobility_state_parameters: MobilityStateParameters,
    #[rasn(identifier = "q-HystSF")]
    pub q_hyst_sf: QHystSf,
}

/// Q-HystSF. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct QHystSf {
    #[rasn(identifier = "sf-Medium")]
    pub sf_medium: QHystScale,
    #[rasn(identifier = "sf-High")]
    pub sf_high: QHystScale,
}

enumeration! {
    /// sf-Medium and sf-High of q-HystSF. TS 36.331 §6.3.1.
    pub enum QHystScale {
        DbMinus6 = "dB-6", DbMinus4 = "dB-4", DbMinus2 = "dB-2", Db0 = "dB0"
    }
}

/// CellReselectionServingFreqInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionServingFreqInfo {
    #[rasn(identifier = "s-NonIntraSearch", value("0..=31"))]
    pub s_non_intra_search: Option<u8>,
    #[rasn(identifier = "threshServingLow", value("0..=31"))]
    pub thresh_serving_low: u8,
    #[rasn(identifier = "cellReselectionPriority", value("0..=7"))]
    pub cell_reselection_priority: u8,
}

/// IntraFreqCellReselectionInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct IntraFreqCellReselectionInfo {
    /// Half of the level in dBm.
    #[rasn(identifier = "q-RxLevMin", value("-70..=-22"))]
    pub q_rx_lev_min: i8,
    #[rasn(identifier = "p-Max", value("-30..=33"))]
    pub p_max: Option<i8>,
    #[rasn(identifier = "s-IntraSearch", value("0..=31"))]
    pub s_intra_search: Option<u8>,
    #[rasn(identifier = "allowedMeasBandwidth")]
    pub allowed_meas_bandwidth: Option<AllowedMeasBandwidth>,
    #[rasn(identifier = "presenceAntennaPort1")]
    pub presence_antenna_port1: bool,
    #[rasn(identifier = "neighCellConfig", value("0..=3"))]
    pub neigh_cell_config: u8,
    #[rasn(identifier = "t-ReselectionEUTRA", value("0..=7"))]
    pub t_reselection_eutra: u8,
    #[rasn(identifier = "t-ReselectionEUTRA-SF")]
    pub t_reselection_eutra_sf: Option<SpeedStateScaleFactors>,
}

/// SystemInformationBlockType3-v10j0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V10j0 {
    #[rasn(identifier = "freqBandInfo-r10", size("1..=8"))]
    pub freq_band_info_r10: Option<Vec<NsPmaxValueR10>>,
    #[rasn(identifier = "multiBandInfoList-v10j0", size("1..=8"))]
    pub multi_band_info_list_v10j0: Option<Vec<NsPmaxListR10>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib3V10l0>,
}

/// SystemInformationBlockType3-v10l0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib3V10l0 {
    #[rasn(identifier = "freqBandInfo-v10l0", size("1..=8"))]
    pub freq_band_info_v10l0: Option<Vec<NsPmaxValueV10l0>>,
    #[rasn(identifier = "multiBandInfoList-v10l0", size("1..=8"))]
    pub multi_band_info_list_v10l0: Option<Vec<NsPmaxListV10l0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// S-IntraSearch-v920. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SIntraSearchV920 {
    #[rasn(identifier = "s-IntraSearchP-r9", value("0..=31"))]
    pub s_intra_search_p_r9: u8,
    #[rasn(identifier = "s-IntraSearchQ-r9", value("0..=31"))]
    pub s_intra_search_q_r9: u8,
}

/// S-NonIntraSearch-v920. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SNonIntraSearchV920 {
    #[rasn(identifier = "s-NonIntraSearchP-r9", value("0..=31"))]
    pub s_non_intra_search_p_r9: u8,
    #[rasn(identifier = "s-NonIntraSearchQ-r9", value("0..=31"))]
    pub s_non_intra_search_q_r9: u8,
}

/// CellReselectionServingFreqInfo-v1310. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionServingFreqInfoV1310 {
    #[rasn(identifier = "cellReselectionSubPriority-r13")]
    pub cell_reselection_sub_priority_r13: CellReselectionSubPriorityR13,
}

/// RedistributionServingInfo-r13. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RedistributionServingInfoR13 {
    #[rasn(identifier = "redistributionFactorServing-r13", value("0..=10"))]
    pub redistribution_factor_serving_r13: u8,
    #[rasn(identifier = "redistributionFactorCell-r13")]
    pub redistribution_factor_cell_r13: Option<True>,
    #[rasn(identifier = "t360-r13")]
    pub t360_r13: T360R13,
    #[rasn(identifier = "redistrOnPagingOnly-r13")]
    pub redistr_on_paging_only_r13: Option<True>,
}

enumeration! {
    /// t360-r13. TS 36.331 §6.3.1.
    pub enum T360R13 {
        Min4 = "min4", Min8 = "min8", Min16 = "min16", Min32 = "min32", Infinity = "infinity", Spare3 = "spare3",
        Spare2 = "spare2", Spare1 = "spare1"
    }
}

/// CellReselectionInfoCommon-v1460. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionInfoCommonV1460 {
    #[rasn(identifier = "s-SearchDeltaP-r14")]
    pub s_search_delta_p_r14: SSearchDeltaPR14,
}

enumeration! {
    /// s-SearchDeltaP-r14. TS 36.331 §6.3.1.
    pub enum SSearchDeltaPR14 {
        Db6 = "dB6", Db9 = "dB9", Db12 = "dB12", Db15 = "dB15"
    }
}

/// CellReselectionInfoHSDN-r15. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionInfoHsdnR15 {
    #[rasn(identifier = "cellEquivalentSize-r15", value("2..=16"))]
    pub cell_equivalent_size_r15: u8,
}
