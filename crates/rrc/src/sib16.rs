//! SystemInformationBlockType16: GPS time and UTC. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::enumerated::enumeration;

/// SystemInformationBlockType16-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib16 {
    #[rasn(identifier = "timeInfo-r11")]
    pub time_info_r11: Option<TimeInfoR11>,
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<Sib16V1530>,
}

/// Additions of v1530 to SystemInformationBlockType16-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib16V1530 {
    #[rasn(identifier = "timeReferenceInfo-r15")]
    pub time_reference_info_r15: Option<TimeReferenceInfoR15>,
}

/// TimeInfo-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TimeInfoR11 {
    /// Units of 10 ms since 1900-01-01 00:00 UTC.
    #[rasn(identifier = "timeInfoUTC-r11", value("0..=549755813887"))]
    pub time_info_utc_r11: u64,
    #[rasn(identifier = "dayLightSavingTime-r11", value("0..=3"))]
    pub day_light_saving_time_r11: Option<u8>,
    #[rasn(identifier = "leapSeconds-r11", value("-127..=128"))]
    pub leap_seconds_r11: Option<i16>,
    /// Units of 15 minutes.
    #[rasn(identifier = "localTimeOffset-r11", value("-63..=64"))]
    pub local_time_offset_r11: Option<i8>,
}

/// TimeReferenceInfo-r15. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct TimeReferenceInfoR15 {
    #[rasn(identifier = "time-r15")]
    pub time_r15: ReferenceTimeR15,
    #[rasn(identifier = "uncertainty-r15", value("0..=12"))]
    pub uncertainty_r15: Option<u8>,
    #[rasn(identifier = "timeInfoType-r15")]
    pub time_info_type_r15: Option<TimeInfoTypeR15>,
    #[rasn(identifier = "referenceSFN-r15", value("0..=1023"))]
    pub reference_sfn_r15: Option<u16>,
}

enumeration! {
    /// timeInfoType-r15. TS 36.331 §6.3.1.
    pub enum TimeInfoTypeR15 {
        LocalClock = "localClock"
    }
}

/// ReferenceTime-r15. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct ReferenceTimeR15 {
    #[rasn(identifier = "refDays-r15", value("0..=72999"))]
    pub ref_days_r15: u32,
    #[rasn(identifier = "refSeconds-r15", value("0..=86399"))]
    pub ref_seconds_r15: u32,
    #[rasn(identifier = "refMilliSeconds-r15", value("0..=999"))]
    pub ref_milli_seconds_r15: u16,
    #[rasn(identifier = "refQuarterMicroSeconds-r15", value("0..=3999"))]
    pub ref_quarter_micro_seconds_r15: u16,
}
