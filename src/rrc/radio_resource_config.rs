//! Radio resource control information elements of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::{
    coverage_enhancement::{
        BcchConfigV1310, FreqHoppingParametersR13, HighSpeedConfigR14, PcchConfigV1310, PdschConfigCommonV1310,
        PrachConfigSibV1310, PrachConfigV1430, PucchConfigCommonV1310, PucchConfigCommonV1430, PuschConfigCommonV1310,
        RachCeLevelInfoR13,
    },
    enumerated::{Enumerated, Identifiers, True},
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

/// RACH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct RachConfigCommon {
    #[rasn(identifier = "preambleInfo")]
    pub preamble_info: PreambleInfo,
    #[rasn(identifier = "powerRampingParameters")]
    pub power_ramping_parameters: PowerRampingParameters,
    #[rasn(identifier = "ra-SupervisionInfo")]
    pub ra_supervision_info: RaSupervisionInfo,
    #[rasn(identifier = "maxHARQ-Msg3Tx", value("1..=8"))]
    pub max_harq_msg3_tx: u8,
    #[rasn(extension_addition_group, identifier = "[[v1310]]")]
    pub v1310: Option<RachConfigCommonV1310>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<RachConfigCommonV1530>,
}

/// Additions of v1310 to RACH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RachConfigCommonV1310 {
    #[rasn(identifier = "preambleTransMax-CE-r13")]
    pub preamble_trans_max_ce_r13: Option<Enumerated<PreambleTransMax>>,
    #[rasn(identifier = "rach-CE-LevelInfoList-r13", size("1..=4"))]
    pub rach_ce_level_info_list_r13: Option<Vec<RachCeLevelInfoR13>>,
}

/// Additions of v1530 to RACH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RachConfigCommonV1530 {
    #[rasn(identifier = "edt-SmallTBS-Subset-r15")]
    pub edt_small_tbs_subset_r15: Option<Enumerated<True>>,
}

/// PreambleInfo. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PreambleInfo {
    #[rasn(identifier = "numberOfRA-Preambles")]
    pub number_of_ra_preambles: Enumerated<NumberOfRaPreambles>,
    #[rasn(identifier = "preamblesGroupAConfig")]
    pub preambles_group_a_config: Option<PreamblesGroupAConfig>,
}

/// numberOfRA-Preambles. TS 36.331 §6.3.2.
pub enum NumberOfRaPreambles {}

impl Identifiers for NumberOfRaPreambles {
    const ROOT: &[&str] =
        &["n4", "n8", "n12", "n16", "n20", "n24", "n28", "n32", "n36", "n40", "n44", "n48", "n52", "n56", "n60", "n64"];
}

/// PreamblesGroupAConfig. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct PreamblesGroupAConfig {
    #[rasn(identifier = "sizeOfRA-PreamblesGroupA")]
    pub size_of_ra_preambles_group_a: Enumerated<SizeOfRaPreamblesGroupA>,
    #[rasn(identifier = "messageSizeGroupA")]
    pub message_size_group_a: Enumerated<MessageSizeGroupA>,
    #[rasn(identifier = "messagePowerOffsetGroupB")]
    pub message_power_offset_group_b: Enumerated<MessagePowerOffsetGroupB>,
}

/// sizeOfRA-PreamblesGroupA. TS 36.331 §6.3.2.
pub enum SizeOfRaPreamblesGroupA {}

impl Identifiers for SizeOfRaPreamblesGroupA {
    const ROOT: &[&str] =
        &["n4", "n8", "n12", "n16", "n20", "n24", "n28", "n32", "n36", "n40", "n44", "n48", "n52", "n56", "n60"];
}

/// messageSizeGroupA. TS 36.331 §6.3.2.
pub enum MessageSizeGroupA {}

impl Identifiers for MessageSizeGroupA {
    const ROOT: &[&str] = &["b56", "b144", "b208", "b256"];
}

/// messagePowerOffsetGroupB. TS 36.331 §6.3.2.
pub enum MessagePowerOffsetGroupB {}

impl Identifiers for MessagePowerOffsetGroupB {
    const ROOT: &[&str] = &["minusinfinity", "dB0", "dB5", "dB8", "dB10", "dB12", "dB15", "dB18"];
}

/// PowerRampingParameters. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PowerRampingParameters {
    #[rasn(identifier = "powerRampingStep")]
    pub power_ramping_step: Enumerated<PowerRampingStep>,
    #[rasn(identifier = "preambleInitialReceivedTargetPower")]
    pub preamble_initial_received_target_power: Enumerated<PreambleInitialReceivedTargetPower>,
}

/// powerRampingStep. TS 36.331 §6.3.2.
pub enum PowerRampingStep {}

impl Identifiers for PowerRampingStep {
    const ROOT: &[&str] = &["dB0", "dB2", "dB4", "dB6"];
}

/// preambleInitialReceivedTargetPower. TS 36.331 §6.3.2.
pub enum PreambleInitialReceivedTargetPower {}

impl Identifiers for PreambleInitialReceivedTargetPower {
    const ROOT: &[&str] = &[
        "dBm-120", "dBm-118", "dBm-116", "dBm-114", "dBm-112", "dBm-110", "dBm-108", "dBm-106", "dBm-104", "dBm-102",
        "dBm-100", "dBm-98", "dBm-96", "dBm-94", "dBm-92", "dBm-90",
    ];
}

/// PreambleTransMax. TS 36.331 §6.3.2.
pub enum PreambleTransMax {}

impl Identifiers for PreambleTransMax {
    const ROOT: &[&str] = &["n3", "n4", "n5", "n6", "n7", "n8", "n10", "n20", "n50", "n100", "n200"];
}

/// RA-SupervisionInfo. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RaSupervisionInfo {
    #[rasn(identifier = "preambleTransMax")]
    pub preamble_trans_max: Enumerated<PreambleTransMax>,
    #[rasn(identifier = "ra-ResponseWindowSize")]
    pub ra_response_window_size: Enumerated<RaResponseWindowSize>,
    #[rasn(identifier = "mac-ContentionResolutionTimer")]
    pub mac_contention_resolution_timer: Enumerated<MacContentionResolutionTimer>,
}

/// ra-ResponseWindowSize. TS 36.331 §6.3.2.
pub enum RaResponseWindowSize {}

impl Identifiers for RaResponseWindowSize {
    const ROOT: &[&str] = &["sf2", "sf3", "sf4", "sf5", "sf6", "sf7", "sf8", "sf10"];
}

/// mac-ContentionResolutionTimer. TS 36.331 §6.3.2.
pub enum MacContentionResolutionTimer {}

impl Identifiers for MacContentionResolutionTimer {
    const ROOT: &[&str] = &["sf8", "sf16", "sf24", "sf32", "sf40", "sf48", "sf56", "sf64"];
}

/// RACH-ConfigCommon-v1250. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RachConfigCommonV1250 {
    #[rasn(identifier = "txFailParams-r12")]
    pub tx_fail_params_r12: TxFailParamsR12,
}

/// TxFailParams-r12. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TxFailParamsR12 {
    #[rasn(identifier = "connEstFailCount-r12")]
    pub conn_est_fail_count_r12: Enumerated<ConnEstFailCountR12>,
    #[rasn(identifier = "connEstFailOffsetValidity-r12")]
    pub conn_est_fail_offset_validity_r12: Enumerated<ConnEstFailOffsetValidityR12>,
    #[rasn(identifier = "connEstFailOffset-r12", value("0..=15"))]
    pub conn_est_fail_offset_r12: Option<u8>,
}

/// connEstFailCount-r12. TS 36.331 §6.3.2.
pub enum ConnEstFailCountR12 {}

impl Identifiers for ConnEstFailCountR12 {
    const ROOT: &[&str] = &["n1", "n2", "n3", "n4"];
}

/// connEstFailOffsetValidity-r12. TS 36.331 §6.3.2.
pub enum ConnEstFailOffsetValidityR12 {}

impl Identifiers for ConnEstFailOffsetValidityR12 {
    const ROOT: &[&str] = &["s30", "s60", "s120", "s240", "s300", "s420", "s600", "s900"];
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

/// PRACH-ConfigSIB. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PrachConfigSib {
    #[rasn(identifier = "rootSequenceIndex", value("0..=837"))]
    pub root_sequence_index: u16,
    #[rasn(identifier = "prach-ConfigInfo")]
    pub prach_config_info: PrachConfigInfo,
}

/// PRACH-ConfigInfo. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PrachConfigInfo {
    #[rasn(identifier = "prach-ConfigIndex", value("0..=63"))]
    pub prach_config_index: u8,
    #[rasn(identifier = "highSpeedFlag")]
    pub high_speed_flag: bool,
    #[rasn(identifier = "zeroCorrelationZoneConfig", value("0..=15"))]
    pub zero_correlation_zone_config: u8,
    #[rasn(identifier = "prach-FreqOffset", value("0..=94"))]
    pub prach_freq_offset: u8,
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
    pub delta_f_pucch_format1: Enumerated<DeltaFPucchFormat1>,
    #[rasn(identifier = "deltaF-PUCCH-Format1b")]
    pub delta_f_pucch_format1b: Enumerated<DeltaFPucchFormat1b>,
    #[rasn(identifier = "deltaF-PUCCH-Format2")]
    pub delta_f_pucch_format2: Enumerated<DeltaFPucchFormat2>,
    #[rasn(identifier = "deltaF-PUCCH-Format2a")]
    pub delta_f_pucch_format2a: Enumerated<DeltaFPucchFormat2a>,
    #[rasn(identifier = "deltaF-PUCCH-Format2b")]
    pub delta_f_pucch_format2b: Enumerated<DeltaFPucchFormat2b>,
}

/// deltaF-PUCCH-Format1. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat1 {}

impl Identifiers for DeltaFPucchFormat1 {
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

/// deltaF-PUCCH-Format2a. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat2a {}

impl Identifiers for DeltaFPucchFormat2a {
    const ROOT: &[&str] = &["deltaF-2", "deltaF0", "deltaF2"];
}

/// deltaF-PUCCH-Format2b. TS 36.331 §6.3.2.
pub enum DeltaFPucchFormat2b {}

impl Identifiers for DeltaFPucchFormat2b {
    const ROOT: &[&str] = &["deltaF-2", "deltaF0", "deltaF2"];
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
