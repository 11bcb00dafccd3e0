//! Radio resource control information elements of SIB2. TS 36.331 §6.3.2.

use rasn::prelude::*;

use super::{
    coverage_enhancement::{
        BcchConfigV1310, FreqHoppingParametersR13, HighSpeedConfigR14, PcchConfigV1310, PdschConfigCommonV1310,
        PrachConfigSibV1310, PrachConfigV1430, PucchConfigCommonV1310, PucchConfigCommonV1430, PuschConfigCommonV1310,
    },
    enumerated::{True, enumeration},
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
    pub ul_cyclic_prefix_length: UlCyclicPrefixLength,
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

enumeration! {
    /// ul-CyclicPrefixLength. TS 36.331 §6.3.2.
    pub enum UlCyclicPrefixLength {
        Len1 = "len1", Len2 = "len2"
    }
}

/// BCCH-Config. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct BcchConfig {
    #[rasn(identifier = "modificationPeriodCoeff")]
    pub modification_period_coeff: ModificationPeriodCoeff,
}

enumeration! {
    /// modificationPeriodCoeff. TS 36.331 §6.3.2.
    pub enum ModificationPeriodCoeff {
        N2 = "n2", N4 = "n4", N8 = "n8", N16 = "n16"
    }
}

/// PCCH-Config. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PcchConfig {
    #[rasn(identifier = "defaultPagingCycle")]
    pub default_paging_cycle: DefaultPagingCycle,
    #[rasn(identifier = "nB")]
    pub n_b: NB,
}

enumeration! {
    /// defaultPagingCycle. TS 36.331 §6.3.2.
    pub enum DefaultPagingCycle {
        Rf32 = "rf32", Rf64 = "rf64", Rf128 = "rf128", Rf256 = "rf256"
    }
}

enumeration! {
    /// nB. TS 36.331 §6.3.2.
    pub enum NB {
        FourT = "fourT", TwoT = "twoT", OneT = "oneT", HalfT = "halfT", QuarterT = "quarterT", OneEighthT = "oneEighthT",
        OneSixteenthT = "oneSixteenthT", OneThirtySecondT = "oneThirtySecondT"
    }
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
    pub hopping_mode: HoppingMode,
    #[rasn(identifier = "pusch-HoppingOffset", value("0..=98"))]
    pub pusch_hopping_offset: u8,
    #[rasn(identifier = "enable64QAM")]
    pub enable_64qam: bool,
}

enumeration! {
    /// hoppingMode. TS 36.331 §6.3.2.
    pub enum HoppingMode {
        InterSubFrame = "interSubFrame", IntraAndInterSubFrame = "intraAndInterSubFrame"
    }
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
    pub enable_64qam_v1270: True,
}

/// PUCCH-ConfigCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PucchConfigCommon {
    #[rasn(identifier = "deltaPUCCH-Shift")]
    pub delta_pucch_shift: DeltaPucchShift,
    #[rasn(identifier = "nRB-CQI", value("0..=98"))]
    pub n_rb_cqi: u8,
    #[rasn(identifier = "nCS-AN", value("0..=7"))]
    pub n_cs_an: u8,
    #[rasn(identifier = "n1PUCCH-AN", value("0..=2047"))]
    pub n1_pucch_an: u16,
}

enumeration! {
    /// deltaPUCCH-Shift. TS 36.331 §6.3.2.
    pub enum DeltaPucchShift {
        Ds1 = "ds1", Ds2 = "ds2", Ds3 = "ds3"
    }
}

/// SoundingRS-UL-ConfigCommonSetup. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SoundingRsUlConfigCommonSetup {
    #[rasn(identifier = "srs-BandwidthConfig")]
    pub srs_bandwidth_config: SrsBandwidthConfig,
    #[rasn(identifier = "srs-SubframeConfig")]
    pub srs_subframe_config: SrsSubframeConfig,
    #[rasn(identifier = "ackNackSRS-SimultaneousTransmission")]
    pub ack_nack_srs_simultaneous_transmission: bool,
    #[rasn(identifier = "srs-MaxUpPts")]
    pub srs_max_up_pts: Option<True>,
}

enumeration! {
    /// srs-BandwidthConfig. TS 36.331 §6.3.2.
    pub enum SrsBandwidthConfig {
        Bw0 = "bw0", Bw1 = "bw1", Bw2 = "bw2", Bw3 = "bw3", Bw4 = "bw4", Bw5 = "bw5", Bw6 = "bw6", Bw7 = "bw7"
    }
}

enumeration! {
    /// srs-SubframeConfig. TS 36.331 §6.3.2.
    pub enum SrsSubframeConfig {
        Sc0 = "sc0", Sc1 = "sc1", Sc2 = "sc2", Sc3 = "sc3", Sc4 = "sc4", Sc5 = "sc5", Sc6 = "sc6", Sc7 = "sc7",
        Sc8 = "sc8", Sc9 = "sc9", Sc10 = "sc10", Sc11 = "sc11", Sc12 = "sc12", Sc13 = "sc13", Sc14 = "sc14",
        Sc15 = "sc15"
    }
}

/// UplinkPowerControlCommon. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UplinkPowerControlCommon {
    #[rasn(identifier = "p0-NominalPUSCH", value("-126..=24"))]
    pub p0_nominal_pusch: i8,
    pub alpha: Alpha,
    #[rasn(identifier = "p0-NominalPUCCH", value("-127..=-96"))]
    pub p0_nominal_pucch: i8,
    #[rasn(identifier = "deltaFList-PUCCH")]
    pub delta_f_list_pucch: DeltaFListPucch,
    #[rasn(identifier = "deltaPreambleMsg3", value("-1..=6"))]
    pub delta_preamble_msg3: i8,
}

enumeration! {
    /// alpha. TS 36.331 §6.3.2.
    pub enum Alpha {
        Al0 = "al0", Al04 = "al04", Al05 = "al05", Al06 = "al06", Al07 = "al07", Al08 = "al08", Al09 = "al09", Al1 = "al1"
    }
}

/// DeltaFList-PUCCH. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct DeltaFListPucch {
    #[rasn(identifier = "deltaF-PUCCH-Format1")]
    pub delta_f_pucch_format1: DeltaFPucchFormat,
    #[rasn(identifier = "deltaF-PUCCH-Format1b")]
    pub delta_f_pucch_format1b: DeltaFPucchFormat1b,
    #[rasn(identifier = "deltaF-PUCCH-Format2")]
    pub delta_f_pucch_format2: DeltaFPucchFormat2,
    #[rasn(identifier = "deltaF-PUCCH-Format2a")]
    pub delta_f_pucch_format2a: DeltaFPucchFormat,
    #[rasn(identifier = "deltaF-PUCCH-Format2b")]
    pub delta_f_pucch_format2b: DeltaFPucchFormat,
}

enumeration! {
    /// deltaF-PUCCH-Format1, -Format2a and -Format2b. TS 36.331 §6.3.2.
    pub enum DeltaFPucchFormat {
        DeltaFMinus2 = "deltaF-2", DeltaF0 = "deltaF0", DeltaF2 = "deltaF2"
    }
}

enumeration! {
    /// deltaF-PUCCH-Format1b. TS 36.331 §6.3.2.
    pub enum DeltaFPucchFormat1b {
        DeltaF1 = "deltaF1", DeltaF3 = "deltaF3", DeltaF5 = "deltaF5"
    }
}

enumeration! {
    /// deltaF-PUCCH-Format2. TS 36.331 §6.3.2.
    pub enum DeltaFPucchFormat2 {
        DeltaFMinus2 = "deltaF-2", DeltaF0 = "deltaF0", DeltaF1 = "deltaF1", DeltaF2 = "deltaF2"
    }
}

/// UplinkPowerControlCommon-v1020. TS 36.331 §6.3.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct UplinkPowerControlCommonV1020 {
    #[rasn(identifier = "deltaF-PUCCH-Format3-r10")]
    pub delta_f_pucch_format3_r10: DeltaFPucchFormat3R10,
    #[rasn(identifier = "deltaF-PUCCH-Format1bCS-r10")]
    pub delta_f_pucch_format_1bcs_r10: DeltaFPucchFormat1bcsR10,
}

enumeration! {
    /// deltaF-PUCCH-Format3-r10. TS 36.331 §6.3.2.
    pub enum DeltaFPucchFormat3R10 {
        DeltaFMinus1 = "deltaF-1", DeltaF0 = "deltaF0", DeltaF1 = "deltaF1", DeltaF2 = "deltaF2", DeltaF3 = "deltaF3",
        DeltaF4 = "deltaF4", DeltaF5 = "deltaF5", DeltaF6 = "deltaF6"
    }
}

enumeration! {
    /// deltaF-PUCCH-Format1bCS-r10. TS 36.331 §6.3.2.
    pub enum DeltaFPucchFormat1bcsR10 {
        DeltaF1 = "deltaF1", DeltaF2 = "deltaF2", Spare2 = "spare2", Spare1 = "spare1"
    }
}
