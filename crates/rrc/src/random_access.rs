//! Random access configuration of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::{
    coverage_enhancement::RachCeLevelInfoR13,
    enumerated::{Enumerated, Identifiers, True},
};

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
