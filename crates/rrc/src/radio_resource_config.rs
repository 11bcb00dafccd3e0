//! Radio resource control information elements of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::{
    coverage_enhancement::{
        BcchConfigV1310, FreqHoppingParametersR13, HighSpeedConfigR14, PcchConfigV1310, PdschConfigCommonV1310,
        PrachConfigSibV1310, PrachConfigV1430, PucchConfigCommonV1310, PucchConfigCommonV1430, PuschConfigCommonV1310,
    },
    enumerated::{Enumerated, Identifiers, True},
    random_access::{PrachConfigSib, RachConfigCommon, RachConfigCommonV1250},
};

/// RadioResourceConfigCommonSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct RadioResourceConfigCommonSib {
    #[rasn(identifier = "rach-ConfigCommon")]
    pub rach_config_common: RachConfigCommon,
    #[rasn(identifier = "bcch-Config")]
    pub bcch_config: BcchConfig,
    #[rasn(identifier = "pcch-Config")]
    pub pcch_config: PcchConfig,
    #[rasn(identifier = "prach-Config")]
    pub prach_config: PrachConfigSib,
    #[rasn(identifier = "pdsch-ConfigCommon")]
    pub pdsch_config_common: PdschConfigCommon,
    #[rasn(identifier = "pusch-ConfigCommon")]
    pub pusch_config_common: PuschConfigCommon,
    #[rasn(identifier = "pucch-ConfigCommon")]
    pub pucch_config_common: PucchConfigCommon,
    #[rasn(identifier = "soundingRS-UL-ConfigCommon")]
    pub sounding_rs_ul_config_common: SoundingRsUlConfigCommon,
    #[rasn(identifier = "uplinkPowerControlCommon")]
    pub uplink_power_control_common: UplinkPowerControlCommon,
    #[rasn(identifier = "ul-CyclicPrefixLength")]
    pub ul_cyclic_prefix_length: Enumerated<UlCyclicPrefixLength>,
    #[rasn(extension_addition_group, identifier = "[[v1020]]")]
    pub v1020: Option<RadioResourceConfigCommonSibV1020>,
    #[rasn(extension_addition_group, identifier = "[[v1250]]")]
    pub v1250: Option<RadioResourceConfigCommonSibV1250>,
    #[rasn(extension_addition_group, identifier = "[[v1270]]")]
    pub v1270: Option<RadioResourceConfigCommonSibV1270>,
    #[rasn(extension_addition_group, identifier = "[[v1310]]")]
    pub v1310: Option<RadioResourceConfigCommonSibV1310>,
    #[rasn(extension_addition_group, identifier = "[[v1430]]")]
    pub v1430: Option<RadioResourceConfigCommonSibV1430>,
}

/// Additions of v1020 to RadioResourceConfigCommonSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RadioResourceConfigCommonSibV1020 {
    #[rasn(identifier = "uplinkPowerControlCommon-v1020")]
    pub uplink_power_control_common_v1020: Option<UplinkPowerControlCommonV1020>,
}

/// Additions of v1250 to RadioResourceConfigCommonSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RadioResourceConfigCommonSibV1250 {
    #[rasn(identifier = "rach-ConfigCommon-v1250")]
    pub rach_config_common_v1250: Option<RachConfigCommonV1250>,
}

/// Additions of v1270 to RadioResourceConfigCommonSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RadioResourceConfigCommonSibV1270 {
    #[rasn(identifier = "pusch-ConfigCommon-v1270")]
    pub pusch_config_common_v1270: Option<PuschConfigCommonV1270>,
}

/// Additions of v1310 to RadioResourceConfigCommonSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RadioResourceConfigCommonSibV1310 {
    #[rasn(identifier = "bcch-Config-v1310")]
    pub bcch_config_v1310: Option<BcchConfigV1310>,
    #[rasn(identifier = "pcch-Config-v1310")]
    pub pcch_config_v1310: Option<PcchConfigV1310>,
    #[rasn(identifier = "freqHoppingParameters-r13")]
    pub freq_hopping_parameters_r13: Option<FreqHoppingParametersR13>,
    #[rasn(identifier = "pdsch-ConfigCommon-v1310")]
    pub pdsch_config_common_v1310: Option<PdschConfigCommonV1310>,
    #[rasn(identifier = "pusch-ConfigCommon-v1310")]
    pub pusch_config_common_v1310: Option<PuschConfigCommonV1310>,
    #[rasn(identifier = "prach-ConfigCommon-v1310")]
    pub prach_config_common_v1310: Option<PrachConfigSibV1310>,
    #[rasn(identifier = "pucch-ConfigCommon-v1310")]
    pub pucch_config_common_v1310: Option<PucchConfigCommonV1310>,
}

/// Additions of v1430 to RadioResourceConfigCommonSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RadioResourceConfigCommonSibV1430 {
    #[rasn(identifier = "highSpeedConfig-r14")]
    pub high_speed_config_r14: Option<HighSpeedConfigR14>,
    #[rasn(identifier = "prach-Config-v1430")]
    pub prach_config_v1430: Option<PrachConfigV1430>,
    #[rasn(identifier = "pucch-ConfigCommon-v1430")]
    pub pucch_config_common_v1430: Option<PucchConfigCommonV1430>,
}

/// soundingRS-UL-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum SoundingRsUlConfigCommon {
    #[rasn(identifier = "release")]
    Release(()),
    #[rasn(identifier = "setup")]
    Setup(SoundingRsUlConfigCommonSetup),
}

/// ul-CyclicPrefixLength. TS 36.331 §6.3.2.
pub enum UlCyclicPrefixLength {}

impl Identifiers for UlCyclicPrefixLength {
    const ROOT: &[&str] = &["len1", "len2"];
}

/// BCCH-Config. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct BcchConfig {
    #[rasn(identifier = "modificationPeriodCoeff")]
    pub modification_period_coeff: Enumerated<ModificationPeriodCoeff>,
}

/// modificationPeriodCoeff. TS 36.331 §6.3.2.
pub enum ModificationPeriodCoeff {}

impl Identifiers for ModificationPeriodCoeff {
    const ROOT: &[&str] = &["n2", "n4", "n8", "n16"];
}

/// PCCH-Config. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PcchConfig {
    #[rasn(identifier = "defaultPagingCycle")]
    pub default_paging_cycle: Enumerated<DefaultPagingCycle>,
    #[rasn(identifier = "nB")]
    pub n_b: Enumerated<NB>,
}

/// defaultPagingCycle. TS 36.331 §6.3.2.
pub enum DefaultPagingCycle {}

impl Identifiers for DefaultPagingCycle {
    const ROOT: &[&str] = &["rf32", "rf64", "rf128", "rf256"];
}

/// nB. TS 36.331 §6.3.2.
pub enum NB {}

impl Identifiers for NB {
    const ROOT: &[&str] =
        &["fourT", "twoT", "oneT", "halfT", "quarterT", "oneEighthT", "oneSixteenthT", "oneThirtySecondT"];
}

/// PDSCH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PdschConfigCommon {
    /// Energy per resource element of the CRS in dBm.
    #[rasn(identifier = "referenceSignalPower", value("-60..=50"))]
    pub reference_signal_power: i8,
    #[rasn(identifier = "p-b", value("0..=3"))]
    pub p_b: u8,
}

/// PUSCH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PuschConfigCommon {
    #[rasn(identifier = "pusch-ConfigBasic")]
    pub pusch_config_basic: PuschConfigBasic,
    #[rasn(identifier = "ul-ReferenceSignalsPUSCH")]
    pub ul_reference_signals_pusch: UlReferenceSignalsPusch,
}

/// PUSCH-ConfigBasic. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PuschConfigBasic {
    #[rasn(identifier = "n-SB", value("1..=4"))]
    pub n_sb: u8,
    #[rasn(identifier = "hoppingMode")]
    pub hopping_mode: Enumerated<HoppingMode>,
    #[rasn(identifier = "pusch-HoppingOffset", value("0..=98"))]
    pub pusch_hopping_offset: u8,
    #[rasn(identifier = "enable64QAM")]
    pub enable_64qam: bool,
}

/// hoppingMode. TS 36.331 §6.3.2.
pub enum HoppingMode {}

impl Identifiers for HoppingMode {
    const ROOT: &[&str] = &["interSubFrame", "intraAndInterSubFrame"];
}

/// UL-ReferenceSignalsPUSCH. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UlReferenceSignalsPusch {
    #[rasn(identifier = "groupHoppingEnabled")]
    pub group_hopping_enabled: bool,
    #[rasn(identifier = "groupAssignmentPUSCH", value("0..=29"))]
    pub group_assignment_pusch: u8,
    #[rasn(identifier = "sequenceHoppingEnabled")]
    pub sequence_hopping_enabled: bool,
    #[rasn(identifier = "cyclicShift", value("0..=7"))]
    pub cyclic_shift: u8,
}

/// PUSCH-ConfigCommon-v1270. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PuschConfigCommonV1270 {
    #[rasn(identifier = "enable64QAM-v1270")]
    pub enable_64qam_v1270: Enumerated<True>,
}

/// PUCCH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PucchConfigCommon {
    #[rasn(identifier = "deltaPUCCH-Shift")]
    pub delta_pucch_shift: Enumerated<DeltaPucchShift>,
    #[rasn(identifier = "nRB-CQI", value("0..=98"))]
    pub n_rb_cqi: u8,
    #[rasn(identifier = "nCS-AN", value("0..=7"))]
    pub n_cs_an: u8,
    #[rasn(identifier = "n1PUCCH-AN", value("0..=2047"))]
    pub n1_pucch_an: u16,
}

/// deltaPUCCH-Shift. TS 36.331 §6.3.2.
pub enum DeltaPucchShift {}

impl Identifiers for DeltaPucchShift {
    const ROOT: &[&str] = &["ds1", "ds2", "ds3"];
}

/// SoundingRS-UL-ConfigCommonSetup. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SoundingRsUlConfigCommonSetup {
    #[rasn(identifier = "srs-BandwidthConfig")]
    pub srs_bandwidth_config: Enumerated<SrsBandwidthConfig>,
    #[rasn(identifier = "srs-SubframeConfig")]
    pub srs_subframe_config: Enumerated<SrsSubframeConfig>,
    #[rasn(identifier = "ackNackSRS-SimultaneousTransmission")]
    pub ack_nack_srs_simultaneous_transmission: bool,
    #[rasn(identifier = "srs-MaxUpPts")]
    pub srs_max_up_pts: Option<Enumerated<True>>,
}

/// srs-BandwidthConfig. TS 36.331 §6.3.2.
pub enum SrsBandwidthConfig {}

impl Identifiers for SrsBandwidthConfig {
    const ROOT: &[&str] = &["bw0", "bw1", "bw2", "bw3", "bw4", "bw5", "bw6", "bw7"];
}

/// srs-SubframeConfig. TS 36.331 §6.3.2.
pub enum SrsSubframeConfig {}

impl Identifiers for SrsSubframeConfig {
    const ROOT: &[&str] = &[
        "sc0", "sc1", "sc2", "sc3", "sc4", "sc5", "sc6", "sc7", "sc8", "sc9", "sc10", "sc11", "sc12", "sc13", "sc14",
        "sc15",
    ];
}

/// UplinkPowerControlCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UplinkPowerControlCommon {
    #[rasn(identifier = "p0-NominalPUSCH", value("-126..=24"))]
    pub p0_nominal_pusch: i8,
    pub alpha: Enumerated<Alpha>,
    #[rasn(identifier = "p0-NominalPUCCH", value("-127..=-96"))]
    pub p0_nominal_pucch: i8,
    #[rasn(identifier = "deltaFList-PUCCH")]
    pub delta_f_list_pucch: DeltaFListPucch,
    #[rasn(identifier = "deltaPreambleMsg3", value("-1..=6"))]
    pub delta_preamble_msg3: i8,
}

/// alpha. TS 36.331 §6.3.2.
pub enum Alpha {}

impl Identifiers for Alpha {
    const ROOT: &[&str] = &["al0", "al04", "al05", "al06", "al07", "al08", "al09", "al1"];
}

/// DeltaFList-PUCCH. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct DeltaFListPucch {
    #[rasn(identifier = "deltaF-PUCCH-Format1")]
    pub delta_f_pucch_format1: Enumerated<DeltaFPucchFormat>,
    #[rasn(identifier = "deltaF-PUCCH-Format1b")]
    pub delta_f_pucch_format1b: Enumerated<DeltaFPucchFormat1b>,
    #[rasn(identifier = "deltaF-PUCCH-Format2")]
    pub delta_f_pucch_format2: Enumerated<DeltaFPucchFormat2>,
    #[rasn(identifier = "deltaF-PUCCH-Format2a")]
    pub delta_f_pucch_format2a: Enumerated<DeltaFPucchFormat>,
    #[rasn(identifier = "deltaF-PUCCH-Format2b")]
    pub delta_f_pucch_format2b: Enumerated<DeltaFPucchFormat>,
}

/// deltaF-PUCCH-Format1, -Format2a and -Format2b. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat {}

impl Identifiers for DeltaFPucchFormat {
    const ROOT: &[&str] = &["deltaF-2", "deltaF0", "deltaF2"];
}

/// deltaF-PUCCH-Format1b. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat1b {}

impl Identifiers for DeltaFPucchFormat1b {
    const ROOT: &[&str] = &["deltaF1", "deltaF3", "deltaF5"];
}

/// deltaF-PUCCH-Format2. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat2 {}

impl Identifiers for DeltaFPucchFormat2 {
    const ROOT: &[&str] = &["deltaF-2", "deltaF0", "deltaF1", "deltaF2"];
}

/// UplinkPowerControlCommon-v1020. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UplinkPowerControlCommonV1020 {
    #[rasn(identifier = "deltaF-PUCCH-Format3-r10")]
    pub delta_f_pucch_format3_r10: Enumerated<DeltaFPucchFormat3R10>,
    #[rasn(identifier = "deltaF-PUCCH-Format1bCS-r10")]
    pub delta_f_pucch_format_1bcs_r10: Enumerated<DeltaFPucchFormat1bcsR10>,
}

/// deltaF-PUCCH-Format3-r10. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat3R10 {}

impl Identifiers for DeltaFPucchFormat3R10 {
    const ROOT: &[&str] = &["deltaF-1", "deltaF0", "deltaF1", "deltaF2", "deltaF3", "deltaF4", "deltaF5", "deltaF6"];
}

/// deltaF-PUCCH-Format1bCS-r10. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat1bcsR10 {}

impl Identifiers for DeltaFPucchFormat1bcsR10 {
    const ROOT: &[&str] = &["deltaF1", "deltaF2", "spare2", "spare1"];
}
