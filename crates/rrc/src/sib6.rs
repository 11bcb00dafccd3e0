//! SystemInformationBlockType6: UTRA carriers. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    containing::{Containing, Unread},
    enumerated::True,
    mobility::SpeedStateScaleFactors,
    sib5::ThreshXQR9,
    sib5_extensions::ThreshXQR12,
};

/// SystemInformationBlockType6. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib6 {
    #[rasn(identifier = "carrierFreqListUTRA-FDD", size("1..=16"))]
    pub carrier_freq_list_utra_fdd: Option<Vec<CarrierFreqUtraFdd>>,
    #[rasn(identifier = "carrierFreqListUTRA-TDD", size("1..=16"))]
    pub carrier_freq_list_utra_tdd: Option<Vec<CarrierFreqUtraTdd>>,
    #[rasn(identifier = "t-ReselectionUTRA", value("0..=7"))]
    pub t_reselection_utra: u8,
    #[rasn(identifier = "t-ReselectionUTRA-SF")]
    pub t_reselection_utra_sf: Option<SpeedStateScaleFactors>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<Containing<Sib6V8h0>>,
    #[rasn(extension_addition_group, identifier = "[[v1250]]")]
    pub v1250: Option<Sib6V1250>,
}

/// Additions of v1250 to SystemInformationBlockType6. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib6V1250 {
    #[rasn(identifier = "carrierFreqListUTRA-FDD-v1250", size("1..=16"))]
    pub carrier_freq_list_utra_fdd_v1250: Option<Vec<CarrierFreqInfoUtraV1250>>,
    #[rasn(identifier = "carrierFreqListUTRA-TDD-v1250", size("1..=16"))]
    pub carrier_freq_list_utra_tdd_v1250: Option<Vec<CarrierFreqInfoUtraV1250>>,
    #[rasn(identifier = "carrierFreqListUTRA-FDD-Ext-r12", size("1..=16"))]
    pub carrier_freq_list_utra_fdd_ext_r12: Option<Vec<CarrierFreqUtraFddExtR12>>,
    #[rasn(identifier = "carrierFreqListUTRA-TDD-Ext-r12", size("1..=16"))]
    pub carrier_freq_list_utra_tdd_ext_r12: Option<Vec<CarrierFreqUtraTddR12>>,
}

/// SystemInformationBlockType6-v8h0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib6V8h0 {
    #[rasn(identifier = "carrierFreqListUTRA-FDD-v8h0", size("1..=16"))]
    pub carrier_freq_list_utra_fdd_v8h0: Option<Vec<CarrierFreqInfoUtraFddV8h0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// CarrierFreqInfoUTRA-FDD-v8h0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CarrierFreqInfoUtraFddV8h0 {
    #[rasn(identifier = "multiBandInfoList", size("1..=8"))]
    pub multi_band_info_list: Option<Vec<FreqBandIndicatorUtraFdd>>,
}

/// FreqBandIndicator-UTRA-FDD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=86"))]
pub struct FreqBandIndicatorUtraFdd(pub u8);

/// CarrierFreqUTRA-FDD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct CarrierFreqUtraFdd {
    #[rasn(identifier = "carrierFreq", value("0..=16383"))]
    pub carrier_freq: u16,
    #[rasn(identifier = "cellReselectionPriority", value("0..=7"))]
    pub cell_reselection_priority: Option<u8>,
    #[rasn(identifier = "threshX-High", value("0..=31"))]
    pub thresh_x_high: u8,
    #[rasn(identifier = "threshX-Low", value("0..=31"))]
    pub thresh_x_low: u8,
    #[rasn(identifier = "q-RxLevMin", value("-60..=-13"))]
    pub q_rx_lev_min: i8,
    #[rasn(identifier = "p-MaxUTRA", value("-50..=33"))]
    pub p_max_utra: i8,
    #[rasn(identifier = "q-QualMin", value("-24..=0"))]
    pub q_qual_min: i8,
    #[rasn(extension_addition_group, identifier = "[[v920]]")]
    pub v920: Option<CarrierFreqUtraFddV920>,
}

/// Additions of v920 to CarrierFreqUTRA-FDD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CarrierFreqUtraFddV920 {
    #[rasn(identifier = "threshX-Q-r9")]
    pub thresh_x_q_r9: Option<ThreshXQR9>,
}

/// CarrierFreqUTRA-TDD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct CarrierFreqUtraTdd {
    #[rasn(identifier = "carrierFreq", value("0..=16383"))]
    pub carrier_freq: u16,
    #[rasn(identifier = "cellReselectionPriority", value("0..=7"))]
    pub cell_reselection_priority: Option<u8>,
    #[rasn(identifier = "threshX-High", value("0..=31"))]
    pub thresh_x_high: u8,
    #[rasn(identifier = "threshX-Low", value("0..=31"))]
    pub thresh_x_low: u8,
    #[rasn(identifier = "q-RxLevMin", value("-60..=-13"))]
    pub q_rx_lev_min: i8,
    #[rasn(identifier = "p-MaxUTRA", value("-50..=33"))]
    pub p_max_utra: i8,
}

/// CarrierFreqInfoUTRA-v1250. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CarrierFreqInfoUtraV1250 {
    #[rasn(identifier = "reducedMeasPerformance-r12")]
    pub reduced_meas_performance_r12: Option<True>,
}

/// CarrierFreqUTRA-FDD-Ext-r12. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct CarrierFreqUtraFddExtR12 {
    #[rasn(identifier = "carrierFreq-r12", value("0..=16383"))]
    pub carrier_freq_r12: u16,
    #[rasn(identifier = "cellReselectionPriority-r12", value("0..=7"))]
    pub cell_reselection_priority_r12: Option<u8>,
    #[rasn(identifier = "threshX-High-r12", value("0..=31"))]
    pub thresh_x_high_r12: u8,
    #[rasn(identifier = "threshX-Low-r12", value("0..=31"))]
    pub thresh_x_low_r12: u8,
    #[rasn(identifier = "q-RxLevMin-r12", value("-60..=-13"))]
    pub q_rx_lev_min_r12: i8,
    #[rasn(identifier = "p-MaxUTRA-r12", value("-50..=33"))]
    pub p_max_utra_r12: i8,
    #[rasn(identifier = "q-QualMin-r12", value("-24..=0"))]
    pub q_qual_min_r12: i8,
    #[rasn(identifier = "threshX-Q-r12")]
    pub thresh_x_q_r12: Option<ThreshXQR12>,
    #[rasn(identifier = "multiBandInfoList-r12", size("1..=8"))]
    pub multi_band_info_list_r12: Option<Vec<FreqBandIndicatorUtraFdd>>,
    #[rasn(identifier = "reducedMeasPerformance-r12")]
    pub reduced_meas_performance_r12: Option<True>,
}

/// CarrierFreqUTRA-TDD-r12. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct CarrierFreqUtraTddR12 {
    #[rasn(identifier = "carrierFreq-r12", value("0..=16383"))]
    pub carrier_freq_r12: u16,
    #[rasn(identifier = "cellReselectionPriority-r12", value("0..=7"))]
    pub cell_reselection_priority_r12: Option<u8>,
    #[rasn(identifier = "threshX-High-r12", value("0..=31"))]
    pub thresh_x_high_r12: u8,
    #[rasn(identifier = "threshX-Low-r12", value("0..=31"))]
    pub thresh_x_low_r12: u8,
    #[rasn(identifier = "q-RxLevMin-r12", value("-60..=-13"))]
    pub q_rx_lev_min_r12: i8,
    #[rasn(identifier = "p-MaxUTRA-r12", value("-50..=33"))]
    pub p_max_utra_r12: i8,
    #[rasn(identifier = "reducedMeasPerformance-r12")]
    pub reduced_meas_performance_r12: Option<True>,
}
