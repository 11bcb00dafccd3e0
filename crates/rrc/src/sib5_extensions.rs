//! Extensions of SIB5, releases 8 to 15. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    containing::Unread,
    enumerated::True,
    mobility::{
        AllowedMeasBandwidth, CellReselectionSubPriorityR13, CellSelectionInfoCe1R13, CellSelectionInfoCe1V1360,
        CellSelectionInfoCeR13, FreqBandIndicator, FreqBandIndicatorR11, InterFreqNeighCellInfo, MultiBandInfoV9e0,
        NsPmaxListR10, NsPmaxListV10l0, NsPmaxValueR10, NsPmaxValueV10l0, PhysCellIdRange, QOffsetRange,
        SpeedStateScaleFactors,
    },
};

/// SystemInformationBlockType5-v8h0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V8h0 {
    #[rasn(identifier = "interFreqCarrierFreqList-v8h0", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v8h0: Option<Vec<InterFreqCarrierFreqInfoV8h0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib5V9e0>,
}

/// InterFreqCarrierFreqInfo-v8h0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV8h0 {
    #[rasn(identifier = "multiBandInfoList", size("1..=8"))]
    pub multi_band_info_list: Option<Vec<FreqBandIndicator>>,
}

/// SystemInformationBlockType5-v9e0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V9e0 {
    #[rasn(identifier = "interFreqCarrierFreqList-v9e0", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v9e0: Option<Vec<InterFreqCarrierFreqInfoV9e0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib5V10j0>,
}

/// InterFreqCarrierFreqInfo-v9e0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV9e0 {
    #[rasn(identifier = "dl-CarrierFreq-v9e0", value("65536..=262143"))]
    pub dl_carrier_freq_v9e0: Option<u32>,
    #[rasn(identifier = "multiBandInfoList-v9e0", size("1..=8"))]
    pub multi_band_info_list_v9e0: Option<Vec<MultiBandInfoV9e0>>,
}

/// SystemInformationBlockType5-v10j0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V10j0 {
    #[rasn(identifier = "interFreqCarrierFreqList-v10j0", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v10j0: Option<Vec<InterFreqCarrierFreqInfoV10j0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib5V10l0>,
}

/// InterFreqCarrierFreqInfo-v10j0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV10j0 {
    #[rasn(identifier = "freqBandInfo-r10", size("1..=8"))]
    pub freq_band_info_r10: Option<Vec<NsPmaxValueR10>>,
    #[rasn(identifier = "multiBandInfoList-v10j0", size("1..=8"))]
    pub multi_band_info_list_v10j0: Option<Vec<NsPmaxListR10>>,
}

/// SystemInformationBlockType5-v10l0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V10l0 {
    #[rasn(identifier = "interFreqCarrierFreqList-v10l0", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v10l0: Option<Vec<InterFreqCarrierFreqInfoV10l0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib5V13a0>,
}

/// InterFreqCarrierFreqInfo-v10l0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV10l0 {
    #[rasn(identifier = "freqBandInfo-v10l0", size("1..=8"))]
    pub freq_band_info_v10l0: Option<Vec<NsPmaxValueV10l0>>,
    #[rasn(identifier = "multiBandInfoList-v10l0", size("1..=8"))]
    pub multi_band_info_list_v10l0: Option<Vec<NsPmaxListV10l0>>,
}

/// SystemInformationBlockType5-v13a0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V13a0 {
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(identifier = "interFreqCarrierFreqList-v13a0", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v13a0: Option<Vec<InterFreqCarrierFreqInfoV1360>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// InterFreqCarrierFreqInfo-v1250. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV1250 {
    #[rasn(identifier = "reducedMeasPerformance-r12")]
    pub reduced_meas_performance_r12: Option<True>,
    #[rasn(identifier = "q-QualMinRSRQ-OnAllSymbols-r12", value("-34..=-3"))]
    pub q_qual_min_rsrq_on_all_symbols_r12: Option<i8>,
}

/// InterFreqCarrierFreqInfo-r12. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct InterFreqCarrierFreqInfoR12 {
    #[rasn(identifier = "dl-CarrierFreq-r12", value("0..=262143"))]
    pub dl_carrier_freq_r12: u32,
    /// Half of the level in dBm.
    #[rasn(identifier = "q-RxLevMin-r12", value("-70..=-22"))]
    pub q_rx_lev_min_r12: i8,
    #[rasn(identifier = "p-Max-r12", value("-30..=33"))]
    pub p_max_r12: Option<i8>,
    #[rasn(identifier = "t-ReselectionEUTRA-r12", value("0..=7"))]
    pub t_reselection_eutra_r12: u8,
    #[rasn(identifier = "t-ReselectionEUTRA-SF-r12")]
    pub t_reselection_eutra_sf_r12: Option<SpeedStateScaleFactors>,
    #[rasn(identifier = "threshX-High-r12", value("0..=31"))]
    pub thresh_x_high_r12: u8,
    #[rasn(identifier = "threshX-Low-r12", value("0..=31"))]
    pub thresh_x_low_r12: u8,
    #[rasn(identifier = "allowedMeasBandwidth-r12")]
    pub allowed_meas_bandwidth_r12: AllowedMeasBandwidth,
    #[rasn(identifier = "presenceAntennaPort1-r12")]
    pub presence_antenna_port1_r12: bool,
    #[rasn(identifier = "cellReselectionPriority-r12", value("0..=7"))]
    pub cell_reselection_priority_r12: Option<u8>,
    #[rasn(identifier = "neighCellConfig-r12", value("0..=3"))]
    pub neigh_cell_config_r12: u8,
    /// Absent: dB0.
    #[rasn(identifier = "q-OffsetFreq-r12")]
    pub q_offset_freq_r12: Option<QOffsetRange>,
    #[rasn(identifier = "interFreqNeighCellList-r12", size("1..=16"))]
    pub inter_freq_neigh_cell_list_r12: Option<Vec<InterFreqNeighCellInfo>>,
    #[rasn(identifier = "interFreqExcludedCellList-r12", size("1..=16"))]
    pub inter_freq_excluded_cell_list_r12: Option<Vec<PhysCellIdRange>>,
    #[rasn(identifier = "q-QualMin-r12", value("-34..=-3"))]
    pub q_qual_min_r12: Option<i8>,
    #[rasn(identifier = "threshX-Q-r12")]
    pub thresh_x_q_r12: Option<ThreshXQR12>,
    #[rasn(identifier = "q-QualMinWB-r12", value("-34..=-3"))]
    pub q_qual_min_wb_r12: Option<i8>,
    #[rasn(identifier = "multiBandInfoList-r12", size("1..=8"))]
    pub multi_band_info_list_r12: Option<Vec<FreqBandIndicatorR11>>,
    #[rasn(identifier = "reducedMeasPerformance-r12")]
    pub reduced_meas_performance_r12: Option<True>,
    #[rasn(identifier = "q-QualMinRSRQ-OnAllSymbols-r12", value("-34..=-3"))]
    pub q_qual_min_rsrq_on_all_symbols_r12: Option<i8>,
}

/// ThreshX-Q-r12. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct ThreshXQR12 {
    #[rasn(identifier = "threshX-HighQ-r12", value("0..=31"))]
    pub thresh_x_high_q_r12: u8,
    #[rasn(identifier = "threshX-LowQ-r12", value("0..=31"))]
    pub thresh_x_low_q_r12: u8,
}

/// InterFreqCarrierFreqInfo-v1310. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV1310 {
    #[rasn(identifier = "cellReselectionSubPriority-r13")]
    pub cell_reselection_sub_priority_r13: Option<CellReselectionSubPriorityR13>,
    #[rasn(identifier = "redistributionInterFreqInfo-r13")]
    pub redistribution_inter_freq_info_r13: Option<RedistributionInterFreqInfoR13>,
    #[rasn(identifier = "cellSelectionInfoCE-r13")]
    pub cell_selection_info_ce_r13: Option<CellSelectionInfoCeR13>,
    #[rasn(identifier = "t-ReselectionEUTRA-CE-r13", value("0..=15"))]
    pub t_reselection_eutra_ce_r13: Option<u8>,
}

/// RedistributionInterFreqInfo-r13. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RedistributionInterFreqInfoR13 {
    #[rasn(identifier = "redistributionFactorFreq-r13", value("1..=10"))]
    pub redistribution_factor_freq_r13: Option<u8>,
    #[rasn(identifier = "redistributionNeighCellList-r13", size("1..=16"))]
    pub redistribution_neigh_cell_list_r13: Option<Vec<RedistributionNeighCellR13>>,
}

/// RedistributionNeighCell-r13. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RedistributionNeighCellR13 {
    #[rasn(identifier = "physCellId-r13", value("0..=503"))]
    pub phys_cell_id_r13: u16,
    #[rasn(identifier = "redistributionFactorCell-r13", value("1..=10"))]
    pub redistribution_factor_cell_r13: u8,
}

/// InterFreqCarrierFreqInfo-v1350. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV1350 {
    #[rasn(identifier = "cellSelectionInfoCE1-r13")]
    pub cell_selection_info_ce1_r13: Option<CellSelectionInfoCe1R13>,
}

/// InterFreqCarrierFreqInfo-v1360. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV1360 {
    #[rasn(identifier = "cellSelectionInfoCE1-v1360")]
    pub cell_selection_info_ce1_v1360: Option<CellSelectionInfoCe1V1360>,
}
