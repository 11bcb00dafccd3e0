//! Random access configuration of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::{
    coverage_enhancement::RachCeLevelInfoR13,
    enumerated::{True, enumeration},
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
    pub preamble_trans_max_ce_r13: Option<PreambleTransMax>,
    #[rasn(identifier = "rach-CE-LevelInfoList-r13", size("1..=4"))]
    pub rach_ce_level_info_list_r13: Option<Vec<RachCeLevelInfoR13>>,
}

/// Additions of v1530 to RACH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RachConfigCommonV1530 {
    #[rasn(identifier = "edt-SmallTBS-Subset-r15")]
    pub edt_small_tbs_subset_r15: Option<True>,
}

/// PreambleInfo. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PreambleInfo {
    #[rasn(identifier = "numberOfRA-Preambles")]
    pub number_of_ra_preambles: NumberOfRaPreambles,
    #[rasn(identifier = "preamblesGroupAConfig")]
    pub preambles_group_a_config: Option<PreamblesGroupAConfig>,
}

enumeration! {
    /// numberOfRA-Preambles. TS 36.331 §6.3.2.
    pub enum NumberOfRaPreambles {
        N4 = "n4", N8 = "n8", N12 = "n12", N16 = "n16", N20 = "n20", N24 = "n24", N28 = "n28", N32 = "n32", N36 = "n36",
        N40 = "n40", N44 = "n44", N48 = "n48", N52 = "n52", N56 = "n56", N60 = "n60", N64 = "n64"
    }
}

/// PreamblesGroupAConfig. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct PreamblesGroupAConfig {
    #[rasn(identifier = "sizeOfRA-PreamblesGroupA")]
    pub size_of_ra_preambles_group_a: SizeOfRaPreamblesGroupA,
    #[rasn(identifier = "messageSizeGroupA")]
    pub message_size_group_a: MessageSizeGroupA,
    #[rasn(identifier = "messagePowerOffsetGroupB")]
    pub message_power_offset_group_b: MessagePowerOffsetGroupB,
}

enumeration! {
    /// sizeOfRA-PreamblesGroupA. TS 36.331 §6.3.2.
    pub enum SizeOfRaPreamblesGroupA {
        N4 = "n4", N8 = "n8", N12 = "n12", N16 = "n16", N20 = "n20", N24 = "n24", N28 = "n28", N32 = "n32", N36 = "n36",
        N40 = "n40", N44 = "n44", N48 = "n48", N52 = "n52", N56 = "n56", N60 = "n60"
    }
}

enumeration! {
    /// messageSizeGroupA. TS 36.331 §6.3.2.
    pub enum MessageSizeGroupA {
        B56 = "b56", B144 = "b144", B208 = "b208", B256 = "b256"
    }
}

enumeration! {
    /// messagePowerOffsetGroupB. TS 36.331 §6.3.2.
    pub enum MessagePowerOffsetGroupB {
        Minusinfinity = "minusinfinity", Db0 = "dB0", Db5 = "dB5", Db8 = "dB8", Db10 = "dB10", Db12 = "dB12",
        Db15 = "dB15", Db18 = "dB18"
    }
}

/// PowerRampingParameters. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PowerRampingParameters {
    #[rasn(identifier = "powerRampingStep")]
    pub power_ramping_step: PowerRampingStep,
    #[rasn(identifier = "preambleInitialReceivedTargetPower")]
    pub preamble_initial_received_target_power: PreambleInitialReceivedTargetPower,
}

enumeration! {
    /// powerRampingStep. TS 36.331 §6.3.2.
    pub enum PowerRampingStep {
        Db0 = "dB0", Db2 = "dB2", Db4 = "dB4", Db6 = "dB6"
    }
}

enumeration! {
    /// preambleInitialReceivedTargetPower. TS 36.331 §6.3.2.
    pub enum PreambleInitialReceivedTargetPower {
        DbmMinus120 = "dBm-120", DbmMinus118 = "dBm-118", DbmMinus116 = "dBm-116", DbmMinus114 = "dBm-114",
        DbmMinus112 = "dBm-112", DbmMinus110 = "dBm-110", DbmMinus108 = "dBm-108", DbmMinus106 = "dBm-106",
        DbmMinus104 = "dBm-104", DbmMinus102 = "dBm-102", DbmMinus100 = "dBm-100", DbmMinus98 = "dBm-98",
        DbmMinus96 = "dBm-96", DbmMinus94 = "dBm-94", DbmMinus92 = "dBm-92", DbmMinus90 = "dBm-90"
    }
}

enumeration! {
    /// PreambleTransMax. TS 36.331 §6.3.2.
    pub enum PreambleTransMax {
        N3 = "n3", N4 = "n4", N5 = "n5", N6 = "n6", N7 = "n7", N8 = "n8", N10 = "n10", N20 = "n20", N50 = "n50",
        N100 = "n100", N200 = "n200"
    }
}

/// RA-SupervisionInfo. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct RaSupervisionInfo {
    #[rasn(identifier = "preambleTransMax")]
    pub preamble_trans_max: PreambleTransMax,
    #[rasn(identifier = "ra-ResponseWindowSize")]
    pub ra_response_window_size: RaResponseWindowSize,
    #[rasn(identifier = "mac-ContentionResolutionTimer")]
    pub mac_contention_resolution_timer: MacContentionResolutionTimer,
}

enumeration! {
    /// ra-ResponseWindowSize. TS 36.331 §6.3.2.
    pub enum RaResponseWindowSize {
        Sf2 = "sf2", Sf3 = "sf3", Sf4 = "sf4", Sf5 = "sf5", Sf6 = "sf6", Sf7 = "sf7", Sf8 = "sf8", Sf10 = "sf10"
    }
}

enumeration! {
    /// mac-ContentionResolutionTimer. TS 36.331 §6.3.2.
    pub enum MacContentionResolutionTimer {
        Sf8 = "sf8", Sf16 = "sf16", Sf24 = "sf24", Sf32 = "sf32", Sf40 = "sf40", Sf48 = "sf48", Sf56 = "sf56", Sf64 = "sf64"
    }
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
    pub conn_est_fail_count_r12: ConnEstFailCountR12,
    #[rasn(identifier = "connEstFailOffsetValidity-r12")]
    pub conn_est_fail_offset_validity_r12: ConnEstFailOffsetValidityR12,
    #[rasn(identifier = "connEstFailOffset-r12", value("0..=15"))]
    pub conn_est_fail_offset_r12: Option<u8>,
}

enumeration! {
    /// connEstFailCount-r12. TS 36.331 §6.3.2.
    pub enum ConnEstFailCountR12 {
        N1 = "n1", N2 = "n2", N3 = "n3", N4 = "n4"
    }
}

enumeration! {
    /// connEstFailOffsetValidity-r12. TS 36.331 §6.3.2.
    pub enum ConnEstFailOffsetValidityR12 {
        S30 = "s30", S60 = "s60", S120 = "s120", S240 = "s240", S300 = "s300", S420 = "s420", S600 = "s600", S900 = "s900"
    }
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
