//! SystemInformationBlockType2: radio resource configuration common to all devices. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    access_barring::{
        AcBarringConfig, AcBarringPerPlmnR12, AcdcBarringForCommonR13, AcdcBarringPerPlmnR13, CiotOptimisationPlmnR13,
        PlmnInfoR15, UdtRestrictingPerPlmnR13, UdtRestrictingR13,
    },
    containing::{Containing, Unread},
    enumerated::{True, enumeration},
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
    pub time_alignment_timer_common: TimeAlignmentTimerCommon,
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
    pub ac_barring_skip_for_mmtel_voice_r12: Option<True>,
    #[rasn(identifier = "ac-BarringSkipForMMTELVideo-r12")]
    pub ac_barring_skip_for_mmtel_video_r12: Option<True>,
    #[rasn(identifier = "ac-BarringSkipForSMS-r12")]
    pub ac_barring_skip_for_sms_r12: Option<True>,
    #[rasn(identifier = "ac-BarringPerPLMN-List-r12", size("1..=6"))]
    pub ac_barring_per_plmn_list_r12: Option<Vec<AcBarringPerPlmnR12>>,
}

/// Additions of v1260 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1260 {
    #[rasn(identifier = "voiceServiceCauseIndication-r12")]
    pub voice_service_cause_indication_r12: Option<True>,
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
    pub use_full_resume_id_r13: Option<True>,
}

/// Additions of v1370 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1370 {
    #[rasn(identifier = "unicastFreqHoppingInd-r13")]
    pub unicast_freq_hopping_ind_r13: Option<True>,
}

/// Additions of v1430 to SystemInformationBlockType2. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib2V1430 {
    #[rasn(identifier = "mbsfn-SubframeConfigList-v1430", size("1..=8"))]
    pub mbsfn_subframe_config_list_v1430: Option<Vec<MbsfnSubframeConfigV1430>>,
    #[rasn(identifier = "videoServiceCauseIndication-r14")]
    pub video_service_cause_indication_r14: Option<True>,
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
    pub cp_edt_r15: Option<True>,
    #[rasn(identifier = "up-EDT-r15")]
    pub up_edt_r15: Option<True>,
    #[rasn(identifier = "idleModeMeasurements-r15")]
    pub idle_mode_measurements_r15: Option<True>,
    #[rasn(identifier = "reducedCP-LatencyEnabled-r15")]
    pub reduced_cp_latency_enabled_r15: Option<True>,
}

enumeration! {
    /// timeAlignmentTimerCommon. TS 36.331 §6.3.1.
    pub enum TimeAlignmentTimerCommon {
        Sf500 = "sf500", Sf750 = "sf750", Sf1280 = "sf1280", Sf1920 = "sf1920", Sf2560 = "sf2560", Sf5120 = "sf5120",
        Sf10240 = "sf10240", Infinity = "infinity"
    }
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
    pub ul_bandwidth: Option<UlBandwidth>,
    #[rasn(identifier = "additionalSpectrumEmission", value("1..=32"))]
    pub additional_spectrum_emission: u8,
}

enumeration! {
    /// ul-Bandwidth. TS 36.331 §6.3.1.
    pub enum UlBandwidth {
        N6 = "n6", N15 = "n15", N25 = "n25", N50 = "n50", N75 = "n75", N100 = "n100"
    }
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
    pub radioframe_allocation_period: RadioframeAllocationPeriod,
    #[rasn(identifier = "radioframeAllocationOffset", value("0..=7"))]
    pub radioframe_allocation_offset: u8,
    #[rasn(identifier = "subframeAllocation")]
    pub subframe_allocation: SubframeAllocation,
}

enumeration! {
    /// radioframeAllocationPeriod. TS 36.331 §6.3.1.
    pub enum RadioframeAllocationPeriod {
        N1 = "n1", N2 = "n2", N4 = "n4", N8 = "n8", N16 = "n16", N32 = "n32"
    }
}

impl RadioframeAllocationPeriod {
    /// In radio frames.
    #[must_use]
    pub fn frames(self) -> usize {
        match self {
            Self::N1 => 1,
            Self::N2 => 2,
            Self::N4 => 4,
            Self::N8 => 8,
            Self::N16 => 16,
            Self::N32 => 32,
        }
    }
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
    pub t300: ConnectionTimer,
    pub t301: ConnectionTimer,
    pub t310: T310,
    pub n310: N310,
    pub t311: T311,
    pub n311: N311,
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
    pub t300_v1310: Option<ConnectionTimerV1310>,
    #[rasn(identifier = "t301-v1310")]
    pub t301_v1310: Option<ConnectionTimerV1310>,
}

/// Additions of v1330 to UE-TimersAndConstants. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UeTimersAndConstantsV1330 {
    #[rasn(identifier = "t310-v1330")]
    pub t310_v1330: Option<T310V1330>,
}

/// Additions of v1530 to UE-TimersAndConstants. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UeTimersAndConstantsV1530 {
    #[rasn(identifier = "t300-r15")]
    pub t300_r15: Option<T300R15>,
}

enumeration! {
    /// t300 and t301. TS 36.331 §6.3.1.
    pub enum ConnectionTimer {
        Ms100 = "ms100", Ms200 = "ms200", Ms300 = "ms300", Ms400 = "ms400", Ms600 = "ms600", Ms1000 = "ms1000",
        Ms1500 = "ms1500", Ms2000 = "ms2000"
    }
}

enumeration! {
    /// t310. TS 36.331 §6.3.1.
    pub enum T310 {
        Ms0 = "ms0", Ms50 = "ms50", Ms100 = "ms100", Ms200 = "ms200", Ms500 = "ms500", Ms1000 = "ms1000", Ms2000 = "ms2000"
    }
}

enumeration! {
    /// n310. TS 36.331 §6.3.1.
    pub enum N310 {
        N1 = "n1", N2 = "n2", N3 = "n3", N4 = "n4", N6 = "n6", N8 = "n8", N10 = "n10", N20 = "n20"
    }
}

enumeration! {
    /// t311. TS 36.331 §6.3.1.
    pub enum T311 {
        Ms1000 = "ms1000", Ms3000 = "ms3000", Ms5000 = "ms5000", Ms10000 = "ms10000", Ms15000 = "ms15000",
        Ms20000 = "ms20000", Ms30000 = "ms30000"
    }
}

enumeration! {
    /// n311. TS 36.331 §6.3.1.
    pub enum N311 {
        N1 = "n1", N2 = "n2", N3 = "n3", N4 = "n4", N5 = "n5", N6 = "n6", N8 = "n8", N10 = "n10"
    }
}

enumeration! {
    /// t300-v1310 and t301-v1310. TS 36.331 §6.3.1.
    pub enum ConnectionTimerV1310 {
        Ms2500 = "ms2500", Ms3000 = "ms3000", Ms3500 = "ms3500", Ms4000 = "ms4000", Ms5000 = "ms5000", Ms6000 = "ms6000",
        Ms8000 = "ms8000", Ms10000 = "ms10000"
    }
}

enumeration! {
    /// t310-v1330. TS 36.331 §6.3.1.
    pub enum T310V1330 {
        Ms4000 = "ms4000", Ms6000 = "ms6000"
    }
}

enumeration! {
    /// t300-r15. TS 36.331 §6.3.1.
    pub enum T300R15 {
        Ms4000 = "ms4000", Ms6000 = "ms6000", Ms8000 = "ms8000", Ms10000 = "ms10000", Ms15000 = "ms15000",
        Ms25000 = "ms25000", Ms40000 = "ms40000", Ms60000 = "ms60000"
    }
}
