//! Mobility control information elements shared by several blocks. TS 36.331 §6.3.4.

use rasn::prelude::*;

use super::enumerated::{Enumerated, Identifiers};

/// MobilityStateParameters. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MobilityStateParameters {
    #[rasn(identifier = "t-Evaluation")]
    pub t_evaluation: Enumerated<MobilityStateTime>,
    #[rasn(identifier = "t-HystNormal")]
    pub t_hyst_normal: Enumerated<MobilityStateTime>,
    #[rasn(identifier = "n-CellChangeMedium", value("1..=16"))]
    pub n_cell_change_medium: u8,
    #[rasn(identifier = "n-CellChangeHigh", value("1..=16"))]
    pub n_cell_change_high: u8,
}

/// t-Evaluation and t-HystNormal. TS 36.331 §6.3.4.
pub enum MobilityStateTime {}

impl Identifiers for MobilityStateTime {
    const ROOT: &[&str] = &["s30", "s60", "s120", "s180", "s240", "spare3", "spare2", "spare1"];
}

/// SpeedStateScaleFactors. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SpeedStateScaleFactors {
    #[rasn(identifier = "sf-Medium")]
    pub sf_medium: Enumerated<SpeedStateScale>,
    #[rasn(identifier = "sf-High")]
    pub sf_high: Enumerated<SpeedStateScale>,
}

/// sf-Medium and sf-High of SpeedStateScaleFactors. TS 36.331 §6.3.4.
pub enum SpeedStateScale {}

impl Identifiers for SpeedStateScale {
    const ROOT: &[&str] = &["oDot25", "oDot5", "oDot75", "lDot0"];
}

/// Q-OffsetRange. TS 36.331 §6.3.4.
pub enum QOffsetRange {}

impl Identifiers for QOffsetRange {
    const ROOT: &[&str] = &[
        "dB-24", "dB-22", "dB-20", "dB-18", "dB-16", "dB-14", "dB-12", "dB-10", "dB-8", "dB-6", "dB-5", "dB-4", "dB-3",
        "dB-2", "dB-1", "dB0", "dB1", "dB2", "dB3", "dB4", "dB5", "dB6", "dB8", "dB10", "dB12", "dB14", "dB16", "dB18",
        "dB20", "dB22", "dB24",
    ];
}

/// AllowedMeasBandwidth. TS 36.331 §6.3.4.
pub enum AllowedMeasBandwidth {}

impl Identifiers for AllowedMeasBandwidth {
    const ROOT: &[&str] = &["mbw6", "mbw15", "mbw25", "mbw50", "mbw75", "mbw100"];
}

/// CellReselectionSubPriority-r13. TS 36.331 §6.3.4.
pub enum CellReselectionSubPriorityR13 {}

impl Identifiers for CellReselectionSubPriorityR13 {
    const ROOT: &[&str] = &["oDot2", "oDot4", "oDot6", "oDot8"];
}

/// PhysCellIdRange. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PhysCellIdRange {
    #[rasn(value("0..=503"))]
    pub start: u16,
    /// Number of identities from `start`; absent: only `start`.
    pub range: Option<Enumerated<Range>>,
}

/// range. TS 36.331 §6.3.4.
pub enum Range {}

impl Identifiers for Range {
    const ROOT: &[&str] = &[
        "n4", "n8", "n12", "n16", "n24", "n32", "n48", "n64", "n84", "n96", "n128", "n168", "n252", "n504", "spare2",
        "spare1",
    ];
}

/// FreqBandIndicator. TS 36.331 §6.3.4.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=64"))]
pub struct FreqBandIndicator(pub u8);

/// FreqBandIndicator-r11. TS 36.331 §6.3.4.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=256"))]
pub struct FreqBandIndicatorR11(pub u16);

/// MultiBandInfo-v9e0. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MultiBandInfoV9e0 {
    #[rasn(identifier = "freqBandIndicator-v9e0", value("65..=256"))]
    pub freq_band_indicator_v9e0: Option<u16>,
}

/// NS-PmaxList-r10. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, size("1..=8"))]
pub struct NsPmaxListR10(pub Vec<NsPmaxValueR10>);

/// NS-PmaxValue-r10. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NsPmaxValueR10 {
    #[rasn(identifier = "additionalPmax-r10", value("-30..=33"))]
    pub additional_pmax_r10: Option<i8>,
    #[rasn(identifier = "additionalSpectrumEmission", value("1..=32"))]
    pub additional_spectrum_emission: u8,
}

/// NS-PmaxList-v10l0. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, size("1..=8"))]
pub struct NsPmaxListV10l0(pub Vec<NsPmaxValueV10l0>);

/// NS-PmaxValue-v10l0. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NsPmaxValueV10l0 {
    #[rasn(identifier = "additionalSpectrumEmission-v10l0", value("33..=288"))]
    pub additional_spectrum_emission_v10l0: Option<u16>,
}

/// CellSelectionInfoCE-r13. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCeR13 {
    #[rasn(identifier = "q-RxLevMinCE-r13", value("-70..=-22"))]
    pub q_rx_lev_min_ce_r13: i8,
    #[rasn(identifier = "q-QualMinRSRQ-CE-r13", value("-34..=-3"))]
    pub q_qual_min_rsrq_ce_r13: Option<i8>,
}

/// CellSelectionInfoCE-v1530. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCeV1530 {
    #[rasn(identifier = "powerClass14dBm-Offset-r15")]
    pub power_class14_dbm_offset_r15: Enumerated<PowerClass14DbmOffsetR15>,
}

/// powerClass14dBm-Offset-r15. TS 36.331 §6.3.4.
pub enum PowerClass14DbmOffsetR15 {}

impl Identifiers for PowerClass14DbmOffsetR15 {
    const ROOT: &[&str] = &["dB-6", "dB-3", "dB3", "dB6", "dB9", "dB12"];
}

/// CellSelectionInfoCE1-r13. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCe1R13 {
    #[rasn(identifier = "q-RxLevMinCE1-r13", value("-70..=-22"))]
    pub q_rx_lev_min_ce1_r13: i8,
    #[rasn(identifier = "q-QualMinRSRQ-CE1-r13", value("-34..=-3"))]
    pub q_qual_min_rsrq_ce1_r13: Option<i8>,
}

/// CellSelectionInfoCE1-v1360. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCe1V1360 {
    #[rasn(identifier = "delta-RxLevMinCE1-v1360", value("-8..=-1"))]
    pub delta_rx_lev_min_ce1_v1360: i8,
}
