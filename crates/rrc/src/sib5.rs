//! SystemInformationBlockType5: other LTE carriers. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    containing::Containing,
    mobility::{AllowedMeasBandwidth, InterFreqNeighCellInfo, PhysCellIdRange, QOffsetRange, SpeedStateScaleFactors},
    sib5_extensions::{
        InterFreqCarrierFreqInfoR12, InterFreqCarrierFreqInfoV10j0, InterFreqCarrierFreqInfoV1250,
        InterFreqCarrierFreqInfoV1310, InterFreqCarrierFreqInfoV1350, InterFreqCarrierFreqInfoV1360, Sib5V8h0,
    },
};

/// SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib5 {
    #[rasn(identifier = "interFreqCarrierFreqList", size("1..=8"))]
    pub inter_freq_carrier_freq_list: Vec<InterFreqCarrierFreqInfo>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<Containing<Sib5V8h0>>,
    #[rasn(extension_addition_group, identifier = "[[v1250]]")]
    pub v1250: Option<Sib5V1250>,
    #[rasn(extension_addition_group, identifier = "[[v1280]]")]
    pub v1280: Option<Sib5V1280>,
    #[rasn(extension_addition_group, identifier = "[[v1310]]")]
    pub v1310: Option<Sib5V1310>,
    #[rasn(extension_addition_group, identifier = "[[v1350]]")]
    pub v1350: Option<Sib5V1350>,
    #[rasn(extension_addition_group, identifier = "[[v1360]]")]
    pub v1360: Option<Sib5V1360>,
    #[rasn(extension_addition_group, identifier = "[[v1430]]")]
    pub v1430: Option<Sib5V1430>,
}

/// Additions of v1250 to SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V1250 {
    #[rasn(identifier = "interFreqCarrierFreqList-v1250", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v1250: Option<Vec<InterFreqCarrierFreqInfoV1250>>,
    #[rasn(identifier = "interFreqCarrierFreqListExt-r12", size("1..=8"))]
    pub inter_freq_carrier_freq_list_ext_r12: Option<Vec<InterFreqCarrierFreqInfoR12>>,
}

/// Additions of v1280 to SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V1280 {
    #[rasn(identifier = "interFreqCarrierFreqListExt-v1280", size("1..=8"))]
    pub inter_freq_carrier_freq_list_ext_v1280: Option<Vec<InterFreqCarrierFreqInfoV10j0>>,
}

/// Additions of v1310 to SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V1310 {
    #[rasn(identifier = "interFreqCarrierFreqList-v1310", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v1310: Option<Vec<InterFreqCarrierFreqInfoV1310>>,
    #[rasn(identifier = "interFreqCarrierFreqListExt-v1310", size("1..=8"))]
    pub inter_freq_carrier_freq_list_ext_v1310: Option<Vec<InterFreqCarrierFreqInfoV1310>>,
}

/// Additions of v1350 to SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V1350 {
    #[rasn(identifier = "interFreqCarrierFreqList-v1350", size("1..=8"))]
    pub inter_freq_carrier_freq_list_v1350: Option<Vec<InterFreqCarrierFreqInfoV1350>>,
    #[rasn(identifier = "interFreqCarrierFreqListExt-v1350", size("1..=8"))]
    pub inter_freq_carrier_freq_list_ext_v1350: Option<Vec<InterFreqCarrierFreqInfoV1350>>,
}

/// Additions of v1360 to SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V1360 {
    #[rasn(identifier = "interFreqCarrierFreqListExt-v1360", size("1..=8"))]
    pub inter_freq_carrier_freq_list_ext_v1360: Option<Vec<InterFreqCarrierFreqInfoV1360>>,
}

/// Additions of v1430 to SystemInformationBlockType5. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib5V1430 {
    #[rasn(identifier = "scptm-FreqOffset-r14", value("1..=8"))]
    pub scptm_freq_offset_r14: Option<u8>,
}

/// InterFreqCarrierFreqInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct InterFreqCarrierFreqInfo {
    /// 65535: the channel number is in `dl-CarrierFreq-v9e0`.
    #[rasn(identifier = "dl-CarrierFreq", value("0..=65535"))]
    pub dl_carrier_freq: u16,
    /// Half of the level in dBm.
    #[rasn(identifier = "q-RxLevMin", value("-70..=-22"))]
    pub q_rx_lev_min: i8,
    #[rasn(identifier = "p-Max", value("-30..=33"))]
    pub p_max: Option<i8>,
    #[rasn(identifier = "t-ReselectionEUTRA", value("0..=7"))]
    pub t_reselection_eutra: u8,
    #[rasn(identifier = "t-ReselectionEUTRA-SF")]
    pub t_reselection_eutra_sf: Option<SpeedStateScaleFactors>,
    #[rasn(identifier = "threshX-High", value("0..=31"))]
    pub thresh_x_high: u8,
    #[rasn(identifier = "threshX-Low", value("0..=31"))]
    pub thresh_x_low: u8,
    #[rasn(identifier = "allowedMeasBandwidth")]
    pub allowed_meas_bandwidth: AllowedMeasBandwidth,
    #[rasn(identifier = "presenceAntennaPort1")]
    pub presence_antenna_port1: bool,
    #[rasn(identifier = "cellReselectionPriority", value("0..=7"))]
    pub cell_reselection_priority: Option<u8>,
    #[rasn(identifier = "neighCellConfig", value("0..=3"))]
    pub neigh_cell_config: u8,
    /// Absent: dB0.
    #[rasn(identifier = "q-OffsetFreq")]
    pub q_offset_freq: Option<QOffsetRange>,
    #[rasn(identifier = "interFreqNeighCellList", size("1..=16"))]
    pub inter_freq_neigh_cell_list: Option<Vec<InterFreqNeighCellInfo>>,
    /// Named interFreqBlackCellList before release 16.
    #[rasn(identifier = "interFreqExcludedCellList", size("1..=16"))]
    pub inter_freq_excluded_cell_list: Option<Vec<PhysCellIdRange>>,
    #[rasn(extension_addition_group, identifier = "[[v920]]")]
    pub v920: Option<InterFreqCarrierFreqInfoV920>,
    #[rasn(extension_addition_group, identifier = "[[v1130]]")]
    pub v1130: Option<InterFreqCarrierFreqInfoV1130>,
}

/// Additions of v920 to InterFreqCarrierFreqInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV920 {
    #[rasn(identifier = "q-QualMin-r9", value("-34..=-3"))]
    pub q_qual_min_r9: Option<i8>,
    #[rasn(identifier = "threshX-Q-r9")]
    pub thresh_x_q_r9: Option<ThreshXQR9>,
}

/// Additions of v1130 to InterFreqCarrierFreqInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqCarrierFreqInfoV1130 {
    #[rasn(identifier = "q-QualMinWB-r11", value("-34..=-3"))]
    pub q_qual_min_wb_r11: Option<i8>,
}

/// ThreshX-Q-r9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct ThreshXQR9 {
    #[rasn(identifier = "threshX-HighQ-r9", value("0..=31"))]
    pub thresh_x_high_q_r9: u8,
    #[rasn(identifier = "threshX-LowQ-r9", value("0..=31"))]
    pub thresh_x_low_q_r9: u8,
}

impl Sib5 {
    /// dl-CarrierFreq-v9e0 of the entries of interFreqCarrierFreqList, in its order.
    pub fn extended_earfcns(&self) -> Vec<Option<u32>> {
        let list = || {
            let v8h0 = self.late_non_critical_extension.as_ref()?.value()?;
            v8h0.non_critical_extension.as_ref()?.inter_freq_carrier_freq_list_v9e0.as_ref()
        };
        list().into_iter().flatten().map(|carrier| carrier.dl_carrier_freq_v9e0).collect()
    }
}
