//! SystemInformationBlockType1: identity, access and scheduling. TS 36.331 §6.2.2.

use rasn::prelude::*;
use serde_json::{Value, json};

use super::{
    cell_access::{CellBarred, PlmnIdentityInfo},
    cursor::Cursor,
    enumerated::enumeration,
    error::RrcError,
    json::to_json,
    scheduling::SchedulingInfo,
    sib1_extensions::{CellAccessRelatedInfoR14, Sib1V890, Sib1V1130, Sib1V1430, SpecialSubframePatternsV1130},
};

/// SystemInformationBlockType1. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1 {
    #[rasn(identifier = "cellAccessRelatedInfo")]
    pub cell_access_related_info: CellAccessRelatedInfo,
    #[rasn(identifier = "cellSelectionInfo")]
    pub cell_selection_info: CellSelectionInfo,
    #[rasn(identifier = "p-Max", value("-30..=33"))]
    pub p_max: Option<i8>,
    #[rasn(identifier = "freqBandIndicator", value("1..=64"))]
    pub freq_band_indicator: u8,
    #[rasn(identifier = "schedulingInfoList", size("1..=32"))]
    pub scheduling_info_list: Vec<SchedulingInfo>,
    #[rasn(identifier = "tdd-Config")]
    pub tdd_config: Option<TddConfig>,
    #[rasn(identifier = "si-WindowLength")]
    pub si_window_length: SiWindowLength,
    #[rasn(identifier = "systemInfoValueTag", value("0..=31"))]
    pub system_info_value_tag: u8,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Sib1V890>,
}

enumeration! {
    /// si-WindowLength. TS 36.331 §6.2.2.
    pub enum SiWindowLength {
        Ms1 = "ms1", Ms2 = "ms2", Ms5 = "ms5", Ms10 = "ms10", Ms15 = "ms15", Ms20 = "ms20", Ms40 = "ms40"
    }
}

impl SiWindowLength {
    /// In subframes, which are milliseconds.
    #[must_use]
    pub fn subframes(self) -> u32 {
        match self {
            Self::Ms1 => 1,
            Self::Ms2 => 2,
            Self::Ms5 => 5,
            Self::Ms10 => 10,
            Self::Ms15 => 15,
            Self::Ms20 => 20,
            Self::Ms40 => 40,
        }
    }
}

/// CellAccessRelatedInfo. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellAccessRelatedInfo {
    #[rasn(identifier = "plmn-IdentityList", size("1..=6"))]
    pub plmn_identity_list: Vec<PlmnIdentityInfo>,
    #[rasn(identifier = "trackingAreaCode", value("0..=65535"))]
    pub tracking_area_code: u16,
    #[rasn(identifier = "cellIdentity", value("0..=268435455"))]
    pub cell_identity: u32,
    #[rasn(identifier = "cellBarred")]
    pub cell_barred: CellBarred,
    #[rasn(identifier = "intraFreqReselection")]
    pub intra_freq_reselection: IntraFreqReselection,
    #[rasn(identifier = "csg-Indication")]
    pub csg_indication: bool,
    #[rasn(identifier = "csg-Identity", value("0..=134217727"))]
    pub csg_identity: Option<u32>,
}

enumeration! {
    /// intraFreqReselection. TS 36.331 §6.2.2.
    pub enum IntraFreqReselection {
        Allowed = "allowed", NotAllowed = "notAllowed"
    }
}

/// CellSelectionInfo. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfo {
    /// Half of the level in dBm.
    #[rasn(identifier = "q-RxLevMin", value("-70..=-22"))]
    pub q_rx_lev_min: i8,
    #[rasn(identifier = "q-RxLevMinOffset", value("1..=8"))]
    pub q_rx_lev_min_offset: Option<u8>,
}

/// TDD-Config. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TddConfig {
    #[rasn(identifier = "subframeAssignment")]
    pub subframe_assignment: SubframeAssignment,
    #[rasn(identifier = "specialSubframePatterns")]
    pub special_subframe_patterns: SpecialSubframePatterns,
}

enumeration! {
    /// subframeAssignment. TS 36.331 §6.2.2.
    pub enum SubframeAssignment {
        Sa0 = "sa0", Sa1 = "sa1", Sa2 = "sa2", Sa3 = "sa3", Sa4 = "sa4", Sa5 = "sa5", Sa6 = "sa6"
    }
}

enumeration! {
    /// specialSubframePatterns. TS 36.331 §6.2.2.
    pub enum SpecialSubframePatterns {
        Ssp0 = "ssp0", Ssp1 = "ssp1", Ssp2 = "ssp2", Ssp3 = "ssp3", Ssp4 = "ssp4", Ssp5 = "ssp5", Ssp6 = "ssp6",
        Ssp7 = "ssp7", Ssp8 = "ssp8"
    }
}

impl Sib1 {
    /// The band: freqBandIndicator, or its extension where the band's number needs that.
    pub fn band(&self) -> u16 {
        let extended = || {
            let late = self.non_critical_extension.as_ref()?.late_non_critical_extension.as_ref()?.value()?;
            late.non_critical_extension.as_ref()?.freq_band_indicator_v9e0
        };
        extended().unwrap_or(u16::from(self.freq_band_indicator))
    }

    /// TDD: subframe assignment, and special subframe pattern with the extensions that override it.
    pub fn tdd(&self) -> Option<(u8, u8)> {
        let config = self.tdd_config.as_ref()?;
        let special = self.special_subframe_extension().unwrap_or(config.special_subframe_patterns as u8);
        Some((config.subframe_assignment as u8, special))
    }

    /// cellAccessRelatedInfoList-r14; empty where it is absent.
    pub fn accesses_r14(&self) -> &[CellAccessRelatedInfoR14] {
        self.v1430().and_then(|v1430| v1430.cell_access_related_info_list_r14.as_deref()).unwrap_or_default()
    }

    fn v1130(&self) -> Option<&Sib1V1130> {
        self.non_critical_extension.as_ref()?.non_critical_extension.as_ref()?.non_critical_extension.as_ref()
    }

    fn v1430(&self) -> Option<&Sib1V1430> {
        self.v1130()?.v1430()
    }

    /// specialSubframePatterns of release 11 (7 and 9) and 14 (10). TS 36.331 §6.3.2 (TDD-Config).
    fn special_subframe_extension(&self) -> Option<u8> {
        let v1130 = self.v1130()?;
        let v1430 = self.v1430();
        let is_10 = v1430.is_some_and(|v1430| {
            let v1450 = v1430.non_critical_extension.as_ref();
            v1430.tdd_config_v1430.is_some() || v1450.is_some_and(|v1450| v1450.tdd_config_v1450.is_some())
        });
        let release_11 = v1130.tdd_config_v1130.as_ref().map(|config| match config.special_subframe_patterns_v1130 {
            SpecialSubframePatternsV1130::Ssp7 => 7,
            SpecialSubframePatternsV1130::Ssp9 => 9,
        });
        if is_10 { Some(10) } else { release_11 }
    }
}

/// What a SIB1 says of the cell's identity, where the fields behind that are malformed. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Sib1Prefix {
    /// cellAccessRelatedInfo.
    pub cell_access_related_info: CellAccessRelatedInfo,
    /// freqBandIndicator.
    pub freq_band_indicator: u8,
    /// Why the rest cannot be read.
    pub fault: RrcError,
}

impl Sib1Prefix {
    /// Reads the identity at `cursor`, the first bit of a SIB1 that failed with `fault`.
    ///
    /// # Errors
    /// `fault` again, where the identity is malformed too.
    pub(super) fn read(cursor: &mut Cursor, fault: RrcError) -> Result<Self, RrcError> {
        let mut read = || {
            let has_p_max = cursor.flag("p-Max")?;
            cursor.number("systemInformationBlockType1", 2)?;
            let cell_access_related_info = cursor.read("cellAccessRelatedInfo")?;
            // The fields up to the band have fixed lengths, so that their values need not be legal.
            let has_offset = cursor.flag("cellSelectionInfo")?;
            cursor.number("q-RxLevMin", 6)?;
            cursor.number("q-RxLevMinOffset", if has_offset { 3 } else { 0 })?;
            cursor.number("p-Max", if has_p_max { 6 } else { 0 })?;
            Ok((cell_access_related_info, cursor.number("freqBandIndicator", 6)? + 1))
        };
        match read() {
            Ok((cell_access_related_info, freq_band_indicator)) => {
                Ok(Self { cell_access_related_info, freq_band_indicator, fault })
            }
            Err(RrcError::Malformed { .. }) => Err(fault),
            Err(other) => Err(other),
        }
    }

    /// The fields that were read, by their names in the standard.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "cellAccessRelatedInfo": to_json(&self.cell_access_related_info),
            "freqBandIndicator": self.freq_band_indicator,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TDD SIB1 by an independent encoder, whose presence bit of nonCriticalExtension is set and followed by `bits`.
    fn extended(bits: &str) -> Sib1 {
        let block = hex::decode("5051800112340a0b0c08227010813d08").expect("hexadecimal");
        let text: String = block.iter().map(|octet| format!("{octet:08b}")).collect();
        // The message has 125 bits and ends with systemInfoValueTag. Presence is its fifth bit.
        let text = format!("{}1{}{bits}{:064}", &text[2..4], &text[5..125], 0);
        let octets: Vec<u8> = text
            .as_bytes()
            .chunks(8)
            .map(|octet| octet.iter().enumerate().fold(0, |value, (i, bit)| value | (bit - b'0') << (7 - i)))
            .collect();
        rasn::uper::decode_with_remainder(&octets).expect("a SIB1").0
    }

    #[test]
    fn a_later_release_overrides_the_special_subframe_pattern() {
        // v890 with v920 with v1130 (presence bits), then tdd-Config-v1130 alone: ssp7 or ssp9.
        for (bit, pattern) in [("0", 7), ("1", 9)] {
            assert_eq!(extended(&format!("01 001 100 {bit}").replace(' ', "")).tdd(), Some((2, pattern)));
        }
        // … through v1250 (an empty cellAccessRelatedInfo-v1250), v1310, v1320, v1350 and v1360 to tdd-Config-v1430.
        let v1430 = "01 001 001 001 0 00001 01 01 01 0100";
        assert_eq!(extended(&v1430.replace(' ', "")).tdd(), Some((2, 10)));
    }

    #[test]
    fn a_band_above_64_is_in_the_late_extension() {
        // v890 with an OCTET STRING of three octets: v8h0 with v9e0 with freqBandIndicator-v9e0 65 + 1.
        let v8h0 = "01 100 00000001 00000000000";
        let sib1 = extended(&format!("10 00000011 {v8h0}").replace(' ', ""));
        assert_eq!((sib1.band(), sib1.freq_band_indicator), (66, 40));
    }
}
