//! SystemInformationBlockType2: radio resource configuration common to all devices. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    access_barring::{
        AcBarringConfig, AcBarringPerPlmnR12, AcdcBarringForCommonR13, AcdcBarringPerPlmnR13, CiotOptimisationPlmnR13,
        PlmnInfoR15, UdtRestrictingPerPlmnR13, UdtRestrictingR13,
    },
    containing::{Containing, Unread},
    enumerated::{Enumerated, Identifiers, True},
    radio_resource_config::RadioResourceConfigCommonSib,
};

/// SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib2 {
    #[rasn(identifier = "ac-BarringInfo")]
    pub ac_barring_info: Option<AcBarringInfo>,
    #[rasn(identifier = "radioResourceConfigCommon")]
    pub radio_resource_config_common: RadioResourceConfigCommonSib,
    #[rasn(identifier = "ue-TimersAndConstants")]
    pub ue_timers_and_constants: UeTimersAndConstants,
    #[rasn(identifier = "freqInfo")]
    pub freq_info: FreqInfo,
    #[rasn(identifier = "mbsfn-SubframeConfigList", size("1..=8"))]
    pub mbsfn_subframe_config_list: Option<Vec<MbsfnSubframeConfig>>,
    #[rasn(identifier = "timeAlignmentTimerCommon")]
    pub time_alignment_timer_common: Enumerated<TimeAlignmentTimerCommon>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<Containing<Sib2V8h0>>,
    #[rasn(extension_addition_group, identifier = "[[v920]]")]
    pub v920: Option<Sib2V920>,
    #[rasn(extension_addition_group, identifier = "[[v1020]]")]
    pub v1020: Option<Sib2V1020>,
    #[rasn(extension_addition_group, identifier = "[[v1250]]")]
    pub v1250: Option<Sib2V1250>,
    #[rasn(extension_addition_group, identifier = "[[v1260]]")]
    pub v1260: Option<Sib2V1260>,
    #[rasn(extension_addition_group, identifier = "[[v1310]]")]
    pub v1310: Option<Sib2V1310>,
    #[rasn(extension_addition_group, identifier = "[[v1320]]")]
    pub v1320: Option<Sib2V1320>,
    #[rasn(extension_addition_group, identifier = "[[v1370]]")]
    pub v1370: Option<Sib2V1370>,
    #[rasn(extension_addition_group, identifier = "[[v1430]]")]
    pub v1430: Option<Sib2V1430>,
    #[rasn(extension_addition_group, identifier = "[[v1510]]")]
    pub v1510: Option<Sib2V1510>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<Sib2V1530>,
}

/// Additions of v920 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V920 {
    #[rasn(identifier = "ssac-BarringForMMTEL-Voice-r9")]
    pub ssac_barring_for_mmtel_voice_r9: Option<AcBarringConfig>,
    #[rasn(identifier = "ssac-BarringForMMTEL-Video-r9")]
    pub ssac_barring_for_mmtel_video_r9: Option<AcBarringConfig>,
}

/// Additions of v1020 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1020 {
    #[rasn(identifier = "ac-BarringForCSFB-r10")]
    pub ac_barring_for_csfb_r10: Option<AcBarringConfig>,
}

/// Additions of v1250 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1250 {
    #[rasn(identifier = "ac-BarringSkipForMMTELVoice-r12")]
    pub ac_barring_skip_for_mmtel_voice_r12: Option<Enumerated<True>>,
    #[rasn(identifier = "ac-BarringSkipForMMTELVideo-r12")]
    pub ac_barring_skip_for_mmtel_video_r12: Option<Enumerated<True>>,
    #[rasn(identifier = "ac-BarringSkipForSMS-r12")]
    pub ac_barring_skip_for_sms_r12: Option<Enumerated<True>>,
    #[rasn(identifier = "ac-BarringPerPLMN-List-r12", size("1..=6"))]
    pub ac_barring_per_plmn_list_r12: Option<Vec<AcBarringPerPlmnR12>>,
}

/// Additions of v1260 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1260 {
    #[rasn(identifier = "voiceServiceCauseIndication-r12")]
    pub voice_service_cause_indication_r12: Option<Enumerated<True>>,
}

/// Additions of v1310 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1310 {
    #[rasn(identifier = "acdc-BarringForCommon-r13")]
    pub acdc_barring_for_common_r13: Option<AcdcBarringForCommonR13>,
    #[rasn(identifier = "acdc-BarringPerPLMN-List-r13", size("1..=6"))]
    pub acdc_barring_per_plmn_list_r13: Option<Vec<AcdcBarringPerPlmnR13>>,
}

/// Additions of v1320 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1320 {
    #[rasn(identifier = "udt-RestrictingForCommon-r13")]
    pub udt_restricting_for_common_r13: Option<UdtRestrictingR13>,
    #[rasn(identifier = "udt-RestrictingPerPLMN-List-r13", size("1..=6"))]
    pub udt_restricting_per_plmn_list_r13: Option<Vec<UdtRestrictingPerPlmnR13>>,
    #[rasn(identifier = "cIoT-EPS-OptimisationInfo-r13", size("1..=6"))]
    pub ciot_eps_optimisation_info_r13: Option<Vec<CiotOptimisationPlmnR13>>,
    #[rasn(identifier = "useFullResumeID-r13")]
    pub use_full_resume_id_r13: Option<Enumerated<True>>,
}

/// Additions of v1370 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1370 {
    #[rasn(identifier = "unicastFreqHoppingInd-r13")]
    pub unicast_freq_hopping_ind_r13: Option<Enumerated<True>>,
}

/// Additions of v1430 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1430 {
    #[rasn(identifier = "mbsfn-SubframeConfigList-v1430", size("1..=8"))]
    pub mbsfn_subframe_config_list_v1430: Option<Vec<MbsfnSubframeConfigV1430>>,
    #[rasn(identifier = "videoServiceCauseIndication-r14")]
    pub video_service_cause_indication_r14: Option<Enumerated<True>>,
}

/// Additions of v1510 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1510 {
    #[rasn(identifier = "plmn-InfoList-r15", size("1..=6"))]
    pub plmn_info_list_r15: Option<Vec<PlmnInfoR15>>,
}

/// Additions of v1530 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1530 {
    #[rasn(identifier = "cp-EDT-r15")]
    pub cp_edt_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "up-EDT-r15")]
    pub up_edt_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "idleModeMeasurements-r15")]
    pub idle_mode_measurements_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "reducedCP-LatencyEnabled-r15")]
    pub reduced_cp_latency_enabled_r15: Option<Enumerated<True>>,
}

/// timeAlignmentTimerCommon. TS 36.331 §6.3.1.
pub enum TimeAlignmentTimerCommon {}

impl Identifiers for TimeAlignmentTimerCommon {
    const ROOT: &[&str] = &["sf500", "sf750", "sf1280", "sf1920", "sf2560", "sf5120", "sf10240", "infinity"];
}

/// AC-BarringInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcBarringInfo {
    #[rasn(identifier = "ac-BarringForEmergency")]
    pub ac_barring_for_emergency: bool,
    #[rasn(identifier = "ac-BarringForMO-Signalling")]
    pub ac_barring_for_mo_signalling: Option<AcBarringConfig>,
    #[rasn(identifier = "ac-BarringForMO-Data")]
    pub ac_barring_for_mo_data: Option<AcBarringConfig>,
}

/// FreqInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct FreqInfo {
    #[rasn(identifier = "ul-CarrierFreq", value("0..=65535"))]
    pub ul_carrier_freq: Option<u16>,
    #[rasn(identifier = "ul-Bandwidth")]
    pub ul_bandwidth: Option<Enumerated<UlBandwidth>>,
    #[rasn(identifier = "additionalSpectrumEmission", value("1..=32"))]
    pub additional_spectrum_emission: u8,
}

/// ul-Bandwidth. TS 36.331 §6.3.1.
pub enum UlBandwidth {}

impl Identifiers for UlBandwidth {
    const ROOT: &[&str] = &["n6", "n15", "n25", "n50", "n75", "n100"];
}

/// SystemInformationBlockType2-v8h0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V8h0 {
    #[rasn(identifier = "multiBandInfoList", size("1..=8"))]
    pub multi_band_info_list: Option<Vec<AdditionalSpectrumEmission>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib2V9e0>,
}

/// AdditionalSpectrumEmission. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=32"))]
pub struct AdditionalSpectrumEmission(pub u8);

/// SystemInformationBlockType2-v9e0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V9e0 {
    #[rasn(identifier = "ul-CarrierFreq-v9e0", value("65536..=262143"))]
    pub ul_carrier_freq_v9e0: Option<u32>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib2V9i0>,
}

/// SystemInformationBlockType2-v9i0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V9i0 {
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Containing<Sib2V10m0>>,
    pub dummy: Option<Unread>,
}

/// SystemInformationBlockType2-v10m0-IEs. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V10m0 {
    #[rasn(identifier = "freqInfo-v10l0")]
    pub freq_info_v10l0: Option<FreqInfoV10l0>,
    #[rasn(identifier = "multiBandInfoList-v10l0", size("1..=8"))]
    pub multi_band_info_list_v10l0: Option<Vec<AdditionalSpectrumEmissionV10l0>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// FreqInfo-v10l0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct FreqInfoV10l0 {
    #[rasn(identifier = "additionalSpectrumEmission-v10l0", value("33..=288"))]
    pub additional_spectrum_emission_v10l0: u16,
}

/// AdditionalSpectrumEmission-v10l0. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("33..=288"))]
pub struct AdditionalSpectrumEmissionV10l0(pub u16);

/// MBSFN-SubframeConfig. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbsfnSubframeConfig {
    #[rasn(identifier = "radioframeAllocationPeriod")]
    pub radioframe_allocation_period: Enumerated<RadioframeAllocationPeriod>,
    #[rasn(identifier = "radioframeAllocationOffset", value("0..=7"))]
    pub radioframe_allocation_offset: u8,
    #[rasn(identifier = "subframeAllocation")]
    pub subframe_allocation: SubframeAllocation,
}

/// radioframeAllocationPeriod. TS 36.331 §6.3.1.
pub enum RadioframeAllocationPeriod {}

impl Identifiers for RadioframeAllocationPeriod {
    const ROOT: &[&str] = &["n1", "n2", "n4", "n8", "n16", "n32"];
}

/// subframeAllocation. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum SubframeAllocation {
    #[rasn(identifier = "oneFrame", value("0..=63"))]
    OneFrame(u8),
    #[rasn(identifier = "fourFrames", value("0..=16777215"))]
    FourFrames(u32),
}

/// MBSFN-SubframeConfig-v1430. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbsfnSubframeConfigV1430 {
    #[rasn(identifier = "subframeAllocation-v1430")]
    pub subframe_allocation_v1430: SubframeAllocationV1430,
}

/// subframeAllocation-v1430. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum SubframeAllocationV1430 {
    #[rasn(identifier = "oneFrame-v1430", value("0..=3"))]
    OneFrameV1430(u8),
    #[rasn(identifier = "fourFrames-v1430", value("0..=255"))]
    FourFramesV1430(u8),
}

/// UE-TimersAndConstants. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct UeTimersAndConstants {
    pub t300: Enumerated<ConnectionTimer>,
    pub t301: Enumerated<ConnectionTimer>,
    pub t310: Enumerated<T310>,
    pub n310: Enumerated<N310>,
    pub t311: Enumerated<T311>,
    pub n311: Enumerated<N311>,
    #[rasn(extension_addition_group, identifier = "[[v1310]]")]
    pub v1310: Option<UeTimersAndConstantsV1310>,
    #[rasn(extension_addition_group, identifier = "[[v1330]]")]
    pub v1330: Option<UeTimersAndConstantsV1330>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<UeTimersAndConstantsV1530>,
}

/// Additions of v1310 to UE-TimersAndConstants. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UeTimersAndConstantsV1310 {
    #[rasn(identifier = "t300-v1310")]
    pub t300_v1310: Option<Enumerated<ConnectionTimerV1310>>,
    #[rasn(identifier = "t301-v1310")]
    pub t301_v1310: Option<Enumerated<ConnectionTimerV1310>>,
}

/// Additions of v1330 to UE-TimersAndConstants. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UeTimersAndConstantsV1330 {
    #[rasn(identifier = "t310-v1330")]
    pub t310_v1330: Option<Enumerated<T310V1330>>,
}

/// Additions of v1530 to UE-TimersAndConstants. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UeTimersAndConstantsV1530 {
    #[rasn(identifier = "t300-r15")]
    pub t300_r15: Option<Enumerated<T300R15>>,
}

/// t300 and t301. TS 36.331 §6.3.1.
pub enum ConnectionTimer {}

impl Identifiers for ConnectionTimer {
    const ROOT: &[&str] = &["ms100", "ms200", "ms300", "ms400", "ms600", "ms1000", "ms1500", "ms2000"];
}

/// t310. TS 36.331 §6.3.1.
pub enum T310 {}

impl Identifiers for T310 {
    const ROOT: &[&str] = &["ms0", "ms50", "ms100", "ms200", "ms500", "ms1000", "ms2000"];
}

/// n310. TS 36.331 §6.3.1.
pub enum N310 {}

impl Identifiers for N310 {
    const ROOT: &[&str] = &["n1", "n2", "n3", "n4", "n6", "n8", "n10", "n20"];
}

/// t311. TS 36.331 §6.3.1.
pub enum T311 {}

impl Identifiers for T311 {
    const ROOT: &[&str] = &["ms1000", "ms3000", "ms5000", "ms10000", "ms15000", "ms20000", "ms30000"];
}

/// n311. TS 36.331 §6.3.1.
pub enum N311 {}

impl Identifiers for N311 {
    const ROOT: &[&str] = &["n1", "n2", "n3", "n4", "n5", "n6", "n8", "n10"];
}

/// t300-v1310 and t301-v1310. TS 36.331 §6.3.1.
pub enum ConnectionTimerV1310 {}

impl Identifiers for ConnectionTimerV1310 {
    const ROOT: &[&str] = &["ms2500", "ms3000", "ms3500", "ms4000", "ms5000", "ms6000", "ms8000", "ms10000"];
}

/// t310-v1330. TS 36.331 §6.3.1.
pub enum T310V1330 {}

impl Identifiers for T310V1330 {
    const ROOT: &[&str] = &["ms4000", "ms6000"];
}

/// t300-r15. TS 36.331 §6.3.1.
pub enum T300R15 {}

impl Identifiers for T300R15 {
    const ROOT: &[&str] = &["ms4000", "ms6000", "ms8000", "ms10000", "ms15000", "ms25000", "ms40000", "ms60000"];
}
