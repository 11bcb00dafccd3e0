//! Coverage enhancement additions to the radio resource configuration of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::enumerated::{Enumerated, Identifiers, True};

/// RACH-CE-LevelInfo-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct RachCeLevelInfoR13 {
    #[rasn(identifier = "preambleMappingInfo-r13")]
    pub preamble_mapping_info_r13: PreambleMappingInfoR13,
    #[rasn(identifier = "ra-ResponseWindowSize-r13")]
    pub ra_response_window_size_r13: Enumerated<RaResponseWindowSizeR13>,
    #[rasn(identifier = "mac-ContentionResolutionTimer-r13")]
    pub mac_contention_resolution_timer_r13: Enumerated<MacContentionResolutionTimerR13>,
    #[rasn(identifier = "rar-HoppingConfig-r13")]
    pub rar_hopping_config_r13: Enumerated<HoppingConfig>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<RachCeLevelInfoR13V1530>,
}

/// Additions of v1530 to RACH-CE-LevelInfo-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RachCeLevelInfoR13V1530 {
    #[rasn(identifier = "edt-Parameters-r15")]
    pub edt_parameters_r15: Option<EdtParametersR15>,
}

/// ra-ResponseWindowSize-r13. TS 36.331 §6.3.2.
pub enum RaResponseWindowSizeR13 {}

impl Identifiers for RaResponseWindowSizeR13 {
    const ROOT: &[&str] = &["sf20", "sf50", "sf80", "sf120", "sf180", "sf240", "sf320", "sf400"];
}

/// mac-ContentionResolutionTimer-r13. TS 36.331 §6.3.2.
pub enum MacContentionResolutionTimerR13 {}

impl Identifiers for MacContentionResolutionTimerR13 {
    const ROOT: &[&str] = &["sf80", "sf100", "sf120", "sf160", "sf200", "sf240", "sf480", "sf960"];
}

/// rar-, prach- and si-HoppingConfig-r13. TS 36.331 §6.3.2.
pub enum HoppingConfig {}

impl Identifiers for HoppingConfig {
    const ROOT: &[&str] = &["on", "off"];
}

/// PreambleMappingInfo-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PreambleMappingInfoR13 {
    #[rasn(identifier = "firstPreamble-r13", value("0..=63"))]
    pub first_preamble_r13: u8,
    #[rasn(identifier = "lastPreamble-r13", value("0..=63"))]
    pub last_preamble_r13: u8,
}

/// EDT-Parameters-r15. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct EdtParametersR15 {
    #[rasn(identifier = "edt-LastPreamble-r15", value("0..=63"))]
    pub edt_last_preamble_r15: u8,
    #[rasn(identifier = "edt-SmallTBS-Enabled-r15")]
    pub edt_small_tbs_enabled_r15: bool,
    #[rasn(identifier = "edt-TBS-r15")]
    pub edt_tbs_r15: Enumerated<EdtTbsR15>,
    #[rasn(identifier = "mac-ContentionResolutionTimer-r15")]
    pub mac_contention_resolution_timer_r15: Option<Enumerated<MacContentionResolutionTimerR15>>,
}

/// edt-TBS-r15. TS 36.331 §6.3.2.
pub enum EdtTbsR15 {}

impl Identifiers for EdtTbsR15 {
    const ROOT: &[&str] = &["b328", "b408", "b504", "b600", "b712", "b808", "b936", "b1000or456"];
}

/// mac-ContentionResolutionTimer-r15. TS 36.331 §6.3.2.
pub enum MacContentionResolutionTimerR15 {}

impl Identifiers for MacContentionResolutionTimerR15 {
    const ROOT: &[&str] = &["sf240", "sf480", "sf960", "sf1920", "sf3840", "sf5760", "sf7680", "sf10240"];
}

/// BCCH-Config-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct BcchConfigV1310 {
    #[rasn(identifier = "modificationPeriodCoeff-v1310")]
    pub modification_period_coeff_v1310: Enumerated<ModificationPeriodCoeffV1310>,
}

/// modificationPeriodCoeff-v1310. TS 36.331 §6.3.2.
pub enum ModificationPeriodCoeffV1310 {}

impl Identifiers for ModificationPeriodCoeffV1310 {
    const ROOT: &[&str] = &["n64"];
}

/// PCCH-Config-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PcchConfigV1310 {
    #[rasn(identifier = "paging-narrowBands-r13", value("1..=16"))]
    pub paging_narrow_bands_r13: u8,
    #[rasn(identifier = "mpdcch-NumRepetition-Paging-r13")]
    pub mpdcch_num_repetition_paging_r13: Enumerated<MpdcchNumRepetition>,
    #[rasn(identifier = "nB-v1310")]
    pub n_b_v1310: Option<Enumerated<NBV1310>>,
}

/// mpdcch-NumRepetition-Paging-r13 and -RA-r13. TS 36.331 §6.3.2.
pub enum MpdcchNumRepetition {}

impl Identifiers for MpdcchNumRepetition {
    const ROOT: &[&str] = &["r1", "r2", "r4", "r8", "r16", "r32", "r64", "r128", "r256"];
}

/// nB-v1310. TS 36.331 §6.3.2.
pub enum NBV1310 {}

impl Identifiers for NBV1310 {
    const ROOT: &[&str] = &["one64thT", "one128thT", "one256thT"];
}

/// FreqHoppingParameters-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct FreqHoppingParametersR13 {
    pub dummy: Option<Enumerated<HoppingNb>>,
    pub dummy2: Option<HoppingIntervalModeA>,
    pub dummy3: Option<HoppingIntervalModeB>,
    #[rasn(identifier = "interval-ULHoppingConfigCommonModeA-r13")]
    pub interval_ul_hopping_config_common_mode_a_r13: Option<HoppingIntervalModeA>,
    #[rasn(identifier = "interval-ULHoppingConfigCommonModeB-r13")]
    pub interval_ul_hopping_config_common_mode_b_r13: Option<HoppingIntervalModeB>,
    #[rasn(value("1..=16"))]
    pub dummy4: Option<u8>,
}

/// Bands that are hopped over: mpdcch-pdsch-HoppingNB-r13. TS 36.331 §6.3.2.
pub enum HoppingNb {}

impl Identifiers for HoppingNb {
    const ROOT: &[&str] = &["nb2", "nb4"];
}

/// Interval between hops in coverage enhancement mode A, down- and uplink. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum HoppingIntervalModeA {
    #[rasn(identifier = "interval-FDD-r13")]
    IntervalFddR13(Enumerated<IntervalFddModeA>),
    #[rasn(identifier = "interval-TDD-r13")]
    IntervalTddR13(Enumerated<IntervalTddModeA>),
}

/// interval-FDD-r13 of mode A. TS 36.331 §6.3.2.
pub enum IntervalFddModeA {}

impl Identifiers for IntervalFddModeA {
    const ROOT: &[&str] = &["int1", "int2", "int4", "int8"];
}

/// interval-TDD-r13 of mode A. TS 36.331 §6.3.2.
pub enum IntervalTddModeA {}

impl Identifiers for IntervalTddModeA {
    const ROOT: &[&str] = &["int1", "int5", "int10", "int20"];
}

/// Interval between hops in coverage enhancement mode B, down- and uplink. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum HoppingIntervalModeB {
    #[rasn(identifier = "interval-FDD-r13")]
    IntervalFddR13(Enumerated<IntervalFddModeB>),
    #[rasn(identifier = "interval-TDD-r13")]
    IntervalTddR13(Enumerated<IntervalTddModeB>),
}

/// interval-FDD-r13 of mode B. TS 36.331 §6.3.2.
pub enum IntervalFddModeB {}

impl Identifiers for IntervalFddModeB {
    const ROOT: &[&str] = &["int2", "int4", "int8", "int16"];
}

/// interval-TDD-r13 of mode B. TS 36.331 §6.3.2.
pub enum IntervalTddModeB {}

impl Identifiers for IntervalTddModeB {
    const ROOT: &[&str] = &["int5", "int10", "int20", "int40"];
}

/// PDSCH-ConfigCommon-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PdschConfigCommonV1310 {
    #[rasn(identifier = "pdsch-maxNumRepetitionCEmodeA-r13")]
    pub pdsch_max_num_repetition_ce_mode_a_r13: Option<Enumerated<PdschMaxNumRepetitionCeModeAR13>>,
    #[rasn(identifier = "pdsch-maxNumRepetitionCEmodeB-r13")]
    pub pdsch_max_num_repetition_ce_mode_b_r13: Option<Enumerated<MaxNumRepetitionCeModeB>>,
}

/// pdsch-maxNumRepetitionCEmodeA-r13. TS 36.331 §6.3.2.
pub enum PdschMaxNumRepetitionCeModeAR13 {}

impl Identifiers for PdschMaxNumRepetitionCeModeAR13 {
    const ROOT: &[&str] = &["r16", "r32"];
}

/// pdsch- and pusch-maxNumRepetitionCEmodeB-r13. TS 36.331 §6.3.2.
pub enum MaxNumRepetitionCeModeB {}

impl Identifiers for MaxNumRepetitionCeModeB {
    const ROOT: &[&str] = &["r192", "r256", "r384", "r512", "r768", "r1024", "r1536", "r2048"];
}

/// PUSCH-ConfigCommon-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PuschConfigCommonV1310 {
    #[rasn(identifier = "pusch-maxNumRepetitionCEmodeA-r13")]
    pub pusch_max_num_repetition_ce_mode_a_r13: Option<Enumerated<PuschMaxNumRepetitionCeModeAR13>>,
    #[rasn(identifier = "pusch-maxNumRepetitionCEmodeB-r13")]
    pub pusch_max_num_repetition_ce_mode_b_r13: Option<Enumerated<MaxNumRepetitionCeModeB>>,
    #[rasn(identifier = "pusch-HoppingOffset-v1310", value("1..=16"))]
    pub pusch_hopping_offset_v1310: Option<u8>,
}

/// pusch-maxNumRepetitionCEmodeA-r13. TS 36.331 §6.3.2.
pub enum PuschMaxNumRepetitionCeModeAR13 {}

impl Identifiers for PuschMaxNumRepetitionCeModeAR13 {
    const ROOT: &[&str] = &["r8", "r16", "r32"];
}

/// PRACH-ConfigSIB-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PrachConfigSibV1310 {
    #[rasn(identifier = "rsrp-ThresholdsPrachInfoList-r13", size("1..=3"))]
    pub rsrp_thresholds_prach_info_list_r13: Vec<RsrpRange>,
    #[rasn(identifier = "mpdcch-startSF-CSS-RA-r13")]
    pub mpdcch_start_sf_css_ra_r13: Option<MpdcchStartSfCssRaR13>,
    #[rasn(identifier = "prach-HoppingOffset-r13", value("0..=94"))]
    pub prach_hopping_offset_r13: Option<u8>,
    #[rasn(identifier = "prach-ParametersListCE-r13", size("1..=4"))]
    pub prach_parameters_list_ce_r13: Vec<PrachParametersCeR13>,
}

/// mpdcch-startSF-CSS-RA-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum MpdcchStartSfCssRaR13 {
    #[rasn(identifier = "fdd-r13")]
    FddR13(Enumerated<FddR13>),
    #[rasn(identifier = "tdd-r13")]
    TddR13(Enumerated<TddR13>),
}

/// fdd-r13. TS 36.331 §6.3.2.
pub enum FddR13 {}

impl Identifiers for FddR13 {
    const ROOT: &[&str] = &["v1", "v1dot5", "v2", "v2dot5", "v4", "v5", "v8", "v10"];
}

/// tdd-r13. TS 36.331 §6.3.2.
pub enum TddR13 {}

impl Identifiers for TddR13 {
    const ROOT: &[&str] = &["v1", "v2", "v4", "v5", "v8", "v10", "v20", "spare"];
}

/// RSRP-Range. TS 36.331 §6.3.2.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=97"))]
pub struct RsrpRange(pub u8);

/// PRACH-ParametersCE-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PrachParametersCeR13 {
    #[rasn(identifier = "prach-ConfigIndex-r13", value("0..=63"))]
    pub prach_config_index_r13: u8,
    #[rasn(identifier = "prach-FreqOffset-r13", value("0..=94"))]
    pub prach_freq_offset_r13: u8,
    #[rasn(identifier = "prach-StartingSubframe-r13")]
    pub prach_starting_subframe_r13: Option<Enumerated<PrachStartingSubframeR13>>,
    #[rasn(identifier = "maxNumPreambleAttemptCE-r13")]
    pub max_num_preamble_attempt_ce_r13: Option<Enumerated<MaxNumPreambleAttemptCeR13>>,
    #[rasn(identifier = "numRepetitionPerPreambleAttempt-r13")]
    pub num_repetition_per_preamble_attempt_r13: Enumerated<NumRepetitionPerPreambleAttemptR13>,
    #[rasn(identifier = "mpdcch-NarrowbandsToMonitor-r13", size("1..=2"))]
    pub mpdcch_narrowbands_to_monitor_r13: Vec<Narrowband>,
    #[rasn(identifier = "mpdcch-NumRepetition-RA-r13")]
    pub mpdcch_num_repetition_ra_r13: Enumerated<MpdcchNumRepetition>,
    #[rasn(identifier = "prach-HoppingConfig-r13")]
    pub prach_hopping_config_r13: Enumerated<HoppingConfig>,
}

/// prach-StartingSubframe-r13. TS 36.331 §6.3.2.
pub enum PrachStartingSubframeR13 {}

impl Identifiers for PrachStartingSubframeR13 {
    const ROOT: &[&str] = &["sf2", "sf4", "sf8", "sf16", "sf32", "sf64", "sf128", "sf256"];
}

/// maxNumPreambleAttemptCE-r13. TS 36.331 §6.3.2.
pub enum MaxNumPreambleAttemptCeR13 {}

impl Identifiers for MaxNumPreambleAttemptCeR13 {
    const ROOT: &[&str] = &["n3", "n4", "n5", "n6", "n7", "n8", "n10"];
}

/// numRepetitionPerPreambleAttempt-r13. TS 36.331 §6.3.2.
pub enum NumRepetitionPerPreambleAttemptR13 {}

impl Identifiers for NumRepetitionPerPreambleAttemptR13 {
    const ROOT: &[&str] = &["n1", "n2", "n4", "n8", "n16", "n32", "n64", "n128"];
}

/// Narrowband. TS 36.331 §6.3.2.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=16"))]
pub struct Narrowband(pub u8);

/// PUCCH-ConfigCommon-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PucchConfigCommonV1310 {
    #[rasn(identifier = "n1PUCCH-AN-InfoList-r13", size("1..=4"))]
    pub n1_pucch_an_info_list_r13: Option<Vec<N1PucchAn>>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level0-r13")]
    pub pucch_num_repetition_ce_msg4_level0_r13: Option<Enumerated<PucchNumRepetitionLevel0And1>>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level1-r13")]
    pub pucch_num_repetition_ce_msg4_level1_r13: Option<Enumerated<PucchNumRepetitionLevel0And1>>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level2-r13")]
    pub pucch_num_repetition_ce_msg4_level2_r13: Option<Enumerated<PucchNumRepetitionLevel2And3>>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level3-r13")]
    pub pucch_num_repetition_ce_msg4_level3_r13: Option<Enumerated<PucchNumRepetitionLevel2And3>>,
}

/// pucch-NumRepetitionCE-Msg4-Level0-r13 and -Level1-r13. TS 36.331 §6.3.2.
pub enum PucchNumRepetitionLevel0And1 {}

impl Identifiers for PucchNumRepetitionLevel0And1 {
    const ROOT: &[&str] = &["n1", "n2", "n4", "n8"];
}

/// pucch-NumRepetitionCE-Msg4-Level2-r13 and -Level3-r13. TS 36.331 §6.3.2.
pub enum PucchNumRepetitionLevel2And3 {}

impl Identifiers for PucchNumRepetitionLevel2And3 {
    const ROOT: &[&str] = &["n4", "n8", "n16", "n32"];
}

/// N1PUCCH-AN. TS 36.331 §6.3.2.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=2047"))]
pub struct N1PucchAn(pub u16);

/// HighSpeedConfig-r14. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct HighSpeedConfigR14 {
    #[rasn(identifier = "highSpeedEnhancedMeasFlag-r14")]
    pub high_speed_enhanced_meas_flag_r14: Option<Enumerated<True>>,
    #[rasn(identifier = "highSpeedEnhancedDemodulationFlag-r14")]
    pub high_speed_enhanced_demodulation_flag_r14: Option<Enumerated<True>>,
}

/// PRACH-Config-v1430. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PrachConfigV1430 {
    #[rasn(identifier = "rootSequenceIndexHighSpeed-r14", value("0..=837"))]
    pub root_sequence_index_high_speed_r14: u16,
    #[rasn(identifier = "zeroCorrelationZoneConfigHighSpeed-r14", value("0..=12"))]
    pub zero_correlation_zone_config_high_speed_r14: u8,
    #[rasn(identifier = "prach-ConfigIndexHighSpeed-r14", value("0..=63"))]
    pub prach_config_index_high_speed_r14: u8,
    #[rasn(identifier = "prach-FreqOffsetHighSpeed-r14", value("0..=94"))]
    pub prach_freq_offset_high_speed_r14: u8,
}

/// PUCCH-ConfigCommon-v1430. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PucchConfigCommonV1430 {
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level3-r14")]
    pub pucch_num_repetition_ce_msg4_level3_r14: Option<Enumerated<PucchNumRepetitionCeMsg4Level3R14>>,
}

/// pucch-NumRepetitionCE-Msg4-Level3-r14. TS 36.331 §6.3.2.
pub enum PucchNumRepetitionCeMsg4Level3R14 {}

impl Identifiers for PucchNumRepetitionCeMsg4Level3R14 {
    const ROOT: &[&str] = &["n64", "n128"];
}
