//! Coverage enhancement additions to the radio resource configuration of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::enumerated::{True, enumeration};

/// RACH-CE-LevelInfo-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct RachCeLevelInfoR13 {
    #[rasn(identifier = "preambleMappingInfo-r13")]
    pub preamble_mapping_info_r13: PreambleMappingInfoR13,
    #[rasn(identifier = "ra-ResponseWindowSize-r13")]
    pub ra_response_window_size_r13: RaResponseWindowSizeR13,
    #[rasn(identifier = "mac-ContentionResolutionTimer-r13")]
    pub mac_contention_resolution_timer_r13: MacContentionResolutionTimerR13,
    #[rasn(identifier = "rar-HoppingConfig-r13")]
    pub rar_hopping_config_r13: HoppingConfig,
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

enumeration! {
    /// ra-ResponseWindowSize-r13. TS 36.331 §6.3.2.
    pub enum RaResponseWindowSizeR13 {
        Sf20 = "sf20", Sf50 = "sf50", Sf80 = "sf80", Sf120 = "sf120", Sf180 = "sf180", Sf240 = "sf240", Sf320 = "sf320",
        Sf400 = "sf400"
    }
}

enumeration! {
    /// mac-ContentionResolutionTimer-r13. TS 36.331 §6.3.2.
    pub enum MacContentionResolutionTimerR13 {
        Sf80 = "sf80", Sf100 = "sf100", Sf120 = "sf120", Sf160 = "sf160", Sf200 = "sf200", Sf240 = "sf240",
        Sf480 = "sf480", Sf960 = "sf960"
    }
}

enumeration! {
    /// rar-, prach- and si-HoppingConfig-r13. TS 36.331 §6.3.2.
    pub enum HoppingConfig {
        On = "on", Off = "off"
    }
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
    pub edt_tbs_r15: EdtTbsR15,
    #[rasn(identifier = "mac-ContentionResolutionTimer-r15")]
    pub mac_contention_resolution_timer_r15: Option<MacContentionResolutionTimerR15>,
}

enumeration! {
    /// edt-TBS-r15. TS 36.331 §6.3.2.
    pub enum EdtTbsR15 {
        B328 = "b328", B408 = "b408", B504 = "b504", B600 = "b600", B712 = "b712", B808 = "b808", B936 = "b936",
        B1000or456 = "b1000or456"
    }
}

enumeration! {
    /// mac-ContentionResolutionTimer-r15. TS 36.331 §6.3.2.
    pub enum MacContentionResolutionTimerR15 {
        Sf240 = "sf240", Sf480 = "sf480", Sf960 = "sf960", Sf1920 = "sf1920", Sf3840 = "sf3840", Sf5760 = "sf5760",
        Sf7680 = "sf7680", Sf10240 = "sf10240"
    }
}

/// BCCH-Config-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct BcchConfigV1310 {
    #[rasn(identifier = "modificationPeriodCoeff-v1310")]
    pub modification_period_coeff_v1310: ModificationPeriodCoeffV1310,
}

enumeration! {
    /// modificationPeriodCoeff-v1310. TS 36.331 §6.3.2.
    pub enum ModificationPeriodCoeffV1310 {
        N64 = "n64"
    }
}

/// PCCH-Config-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PcchConfigV1310 {
    #[rasn(identifier = "paging-narrowBands-r13", value("1..=16"))]
    pub paging_narrow_bands_r13: u8,
    #[rasn(identifier = "mpdcch-NumRepetition-Paging-r13")]
    pub mpdcch_num_repetition_paging_r13: MpdcchNumRepetition,
    #[rasn(identifier = "nB-v1310")]
    pub n_b_v1310: Option<NBV1310>,
}

enumeration! {
    /// mpdcch-NumRepetition-Paging-r13 and -RA-r13. TS 36.331 §6.3.2.
    pub enum MpdcchNumRepetition {
        R1 = "r1", R2 = "r2", R4 = "r4", R8 = "r8", R16 = "r16", R32 = "r32", R64 = "r64", R128 = "r128", R256 = "r256"
    }
}

enumeration! {
    /// nB-v1310. TS 36.331 §6.3.2.
    pub enum NBV1310 {
        One64thT = "one64thT", One128thT = "one128thT", One256thT = "one256thT"
    }
}

/// FreqHoppingParameters-r13. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct FreqHoppingParametersR13 {
    pub dummy: Option<HoppingNb>,
    pub dummy2: Option<HoppingIntervalModeA>,
    pub dummy3: Option<HoppingIntervalModeB>,
    #[rasn(identifier = "interval-ULHoppingConfigCommonModeA-r13")]
    pub interval_ul_hopping_config_common_mode_a_r13: Option<HoppingIntervalModeA>,
    #[rasn(identifier = "interval-ULHoppingConfigCommonModeB-r13")]
    pub interval_ul_hopping_config_common_mode_b_r13: Option<HoppingIntervalModeB>,
    #[rasn(value("1..=16"))]
    pub dummy4: Option<u8>,
}

enumeration! {
    /// Bands that are hopped over: mpdcch-pdsch-HoppingNB-r13. TS 36.331 §6.3.2.
    pub enum HoppingNb {
        Nb2 = "nb2", Nb4 = "nb4"
    }
}

/// Interval between hops in coverage enhancement mode A, down- and uplink. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum HoppingIntervalModeA {
    #[rasn(identifier = "interval-FDD-r13")]
    IntervalFddR13(IntervalFddModeA),
    #[rasn(identifier = "interval-TDD-r13")]
    IntervalTddR13(IntervalTddModeA),
}

enumeration! {
    /// interval-FDD-r13 of mode A. TS 36.331 §6.3.2.
    pub enum IntervalFddModeA {
        Int1 = "int1", Int2 = "int2", Int4 = "int4", Int8 = "int8"
    }
}

enumeration! {
    /// interval-TDD-r13 of mode A. TS 36.331 §6.3.2.
    pub enum IntervalTddModeA {
        Int1 = "int1", Int5 = "int5", Int10 = "int10", Int20 = "int20"
    }
}

/// Interval between hops in coverage enhancement mode B, down- and uplink. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum HoppingIntervalModeB {
    #[rasn(identifier = "interval-FDD-r13")]
    IntervalFddR13(IntervalFddModeB),
    #[rasn(identifier = "interval-TDD-r13")]
    IntervalTddR13(IntervalTddModeB),
}

enumeration! {
    /// interval-FDD-r13 of mode B. TS 36.331 §6.3.2.
    pub enum IntervalFddModeB {
        Int2 = "int2", Int4 = "int4", Int8 = "int8", Int16 = "int16"
    }
}

enumeration! {
    /// interval-TDD-r13 of mode B. TS 36.331 §6.3.2.
    pub enum IntervalTddModeB {
        Int5 = "int5", Int10 = "int10", Int20 = "int20", Int40 = "int40"
    }
}

/// PDSCH-ConfigCommon-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PdschConfigCommonV1310 {
    #[rasn(identifier = "pdsch-maxNumRepetitionCEmodeA-r13")]
    pub pdsch_max_num_repetition_ce_mode_a_r13: Option<PdschMaxNumRepetitionCeModeAR13>,
    #[rasn(identifier = "pdsch-maxNumRepetitionCEmodeB-r13")]
    pub pdsch_max_num_repetition_ce_mode_b_r13: Option<MaxNumRepetitionCeModeB>,
}

enumeration! {
    /// pdsch-maxNumRepetitionCEmodeA-r13. TS 36.331 §6.3.2.
    pub enum PdschMaxNumRepetitionCeModeAR13 {
        R16 = "r16", R32 = "r32"
    }
}

enumeration! {
    /// pdsch- and pusch-maxNumRepetitionCEmodeB-r13. TS 36.331 §6.3.2.
    pub enum MaxNumRepetitionCeModeB {
        R192 = "r192", R256 = "r256", R384 = "r384", R512 = "r512", R768 = "r768", R1024 = "r1024", R1536 = "r1536",
        R2048 = "r2048"
    }
}

/// PUSCH-ConfigCommon-v1310. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PuschConfigCommonV1310 {
    #[rasn(identifier = "pusch-maxNumRepetitionCEmodeA-r13")]
    pub pusch_max_num_repetition_ce_mode_a_r13: Option<PuschMaxNumRepetitionCeModeAR13>,
    #[rasn(identifier = "pusch-maxNumRepetitionCEmodeB-r13")]
    pub pusch_max_num_repetition_ce_mode_b_r13: Option<MaxNumRepetitionCeModeB>,
    #[rasn(identifier = "pusch-HoppingOffset-v1310", value("1..=16"))]
    pub pusch_hopping_offset_v1310: Option<u8>,
}

enumeration! {
    /// pusch-maxNumRepetitionCEmodeA-r13. TS 36.331 §6.3.2.
    pub enum PuschMaxNumRepetitionCeModeAR13 {
        R8 = "r8", R16 = "r16", R32 = "r32"
    }
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
    FddR13(FddR13),
    #[rasn(identifier = "tdd-r13")]
    TddR13(TddR13),
}

enumeration! {
    /// fdd-r13. TS 36.331 §6.3.2.
    pub enum FddR13 {
        V1 = "v1", V1dot5 = "v1dot5", V2 = "v2", V2dot5 = "v2dot5", V4 = "v4", V5 = "v5", V8 = "v8", V10 = "v10"
    }
}

enumeration! {
    /// tdd-r13. TS 36.331 §6.3.2.
    pub enum TddR13 {
        V1 = "v1", V2 = "v2", V4 = "v4", V5 = "v5", V8 = "v8", V10 = "v10", V20 = "v20", Spare = "spare"
    }
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
    pub prach_starting_subframe_r13: Option<PrachStartingSubframeR13>,
    #[rasn(identifier = "maxNumPreambleAttemptCE-r13")]
    pub max_num_preamble_attempt_ce_r13: Option<MaxNumPreambleAttemptCeR13>,
    #[rasn(identifier = "numRepetitionPerPreambleAttempt-r13")]
    pub num_repetition_per_preamble_attempt_r13: NumRepetitionPerPreambleAttemptR13,
    #[rasn(identifier = "mpdcch-NarrowbandsToMonitor-r13", size("1..=2"))]
    pub mpdcch_narrowbands_to_monitor_r13: Vec<Narrowband>,
    #[rasn(identifier = "mpdcch-NumRepetition-RA-r13")]
    pub mpdcch_num_repetition_ra_r13: MpdcchNumRepetition,
    #[rasn(identifier = "prach-HoppingConfig-r13")]
    pub prach_hopping_config_r13: HoppingConfig,
}

enumeration! {
    /// prach-StartingSubframe-r13. TS 36.331 §6.3.2.
    pub enum PrachStartingSubframeR13 {
        Sf2 = "sf2", Sf4 = "sf4", Sf8 = "sf8", Sf16 = "sf16", Sf32 = "sf32", Sf64 = "sf64", Sf128 = "sf128", Sf256 = "sf256"
    }
}

enumeration! {
    /// maxNumPreambleAttemptCE-r13. TS 36.331 §6.3.2.
    pub enum MaxNumPreambleAttemptCeR13 {
        N3 = "n3", N4 = "n4", N5 = "n5", N6 = "n6", N7 = "n7", N8 = "n8", N10 = "n10"
    }
}

enumeration! {
    /// numRepetitionPerPreambleAttempt-r13. TS 36.331 §6.3.2.
    pub enum NumRepetitionPerPreambleAttemptR13 {
        N1 = "n1", N2 = "n2", N4 = "n4", N8 = "n8", N16 = "n16", N32 = "n32", N64 = "n64", N128 = "n128"
    }
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
    pub pucch_num_repetition_ce_msg4_level0_r13: Option<PucchNumRepetitionLevel0And1>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level1-r13")]
    pub pucch_num_repetition_ce_msg4_level1_r13: Option<PucchNumRepetitionLevel0And1>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level2-r13")]
    pub pucch_num_repetition_ce_msg4_level2_r13: Option<PucchNumRepetitionLevel2And3>,
    #[rasn(identifier = "pucch-NumRepetitionCE-Msg4-Level3-r13")]
    pub pucch_num_repetition_ce_msg4_level3_r13: Option<PucchNumRepetitionLevel2And3>,
}

enumeration! {
    /// pucch-NumRepetitionCE-Msg4-Level0-r13 and -Level1-r13. TS 36.331 §6.3.2.
    pub enum PucchNumRepetitionLevel0And1 {
        N1 = "n1", N2 = "n2", N4 = "n4", N8 = "n8"
    }
}

enumeration! {
    /// pucch-NumRepetitionCE-Msg4-Level2-r13 and -Level3-r13. TS 36.331 §6.3.2.
    pub enum PucchNumRepetitionLevel2And3 {
        N4 = "n4", N8 = "n8", N16 = "n16", N32 = "n32"
    }
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
    pub high_speed_enhanced_meas_flag_r14: Option<True>,
    #[rasn(identifier = "highSpeedEnhancedDemodulationFlag-r14")]
    pub high_speed_enhanced_demodulation_flag_r14: Option<True>,
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
    pub pucch_num_repetition_ce_msg4_level3_r14: Option<PucchNumRepetitionCeMsg4Level3R14>,
}

enumeration! {
    /// pucch-NumRepetitionCE-Msg4-Level3-r14. TS 36.331 §6.3.2.
    pub enum PucchNumRepetitionCeMsg4Level3R14 {
        N64 = "n64", N128 = "n128"
    }
}
