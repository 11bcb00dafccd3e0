//! SystemInformationBlockType13: where MBSFN areas send their MCCH. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::enumerated::enumeration;

/// SystemInformationBlockType13-r9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib13 {
    #[rasn(identifier = "mbsfn-AreaInfoList-r9", size("1..=8"))]
    pub mbsfn_area_info_list_r9: Vec<MbsfnAreaInfoR9>,
    #[rasn(identifier = "notificationConfig-r9")]
    pub notification_config_r9: MbmsNotificationConfigR9,
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v1430]]")]
    pub v1430: Option<Sib13V1430>,
}

/// Additions of v1430 to SystemInformationBlockType13-r9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib13V1430 {
    #[rasn(identifier = "notificationConfig-v1430")]
    pub notification_config_v1430: Option<MbmsNotificationConfigV1430>,
}

/// MBSFN-AreaInfo-r9. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct MbsfnAreaInfoR9 {
    #[rasn(identifier = "mbsfn-AreaId-r9", value("0..=255"))]
    pub mbsfn_area_id_r9: u8,
    #[rasn(identifier = "non-MBSFNregionLength")]
    pub non_mbsfn_region_length: NonMbsfnRegionLength,
    #[rasn(identifier = "notificationIndicator-r9", value("0..=7"))]
    pub notification_indicator_r9: u8,
    #[rasn(identifier = "mcch-Config-r9")]
    pub mcch_config_r9: McchConfigR9,
    #[rasn(extension_addition_group, identifier = "[[r14]]")]
    pub r14: Option<MbsfnAreaInfoR14>,
}

/// Additions of release 14 to MBSFN-AreaInfo-r9. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbsfnAreaInfoR14 {
    #[rasn(identifier = "mcch-Config-r14")]
    pub mcch_config_r14: Option<McchConfigR14>,
    #[rasn(identifier = "subcarrierSpacingMBMS-r14")]
    pub subcarrier_spacing_mbms_r14: Option<SubcarrierSpacingMbmsR14>,
}

enumeration! {
    /// non-MBSFNregionLength. TS 36.331 §6.3.7.
    pub enum NonMbsfnRegionLength {
        S1 = "s1", S2 = "s2"
    }
}

/// mcch-Config-r9. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct McchConfigR9 {
    #[rasn(identifier = "mcch-RepetitionPeriod-r9")]
    pub mcch_repetition_period_r9: McchRepetitionPeriodR9,
    #[rasn(identifier = "mcch-Offset-r9", value("0..=10"))]
    pub mcch_offset_r9: u8,
    #[rasn(identifier = "mcch-ModificationPeriod-r9")]
    pub mcch_modification_period_r9: McchModificationPeriodR9,
    #[rasn(identifier = "sf-AllocInfo-r9", value("0..=63"))]
    pub sf_alloc_info_r9: u8,
    #[rasn(identifier = "signallingMCS-r9")]
    pub signalling_mcs_r9: SignallingMcsR9,
}

enumeration! {
    /// mcch-RepetitionPeriod-r9. TS 36.331 §6.3.7.
    pub enum McchRepetitionPeriodR9 {
        Rf32 = "rf32", Rf64 = "rf64", Rf128 = "rf128", Rf256 = "rf256"
    }
}

enumeration! {
    /// mcch-ModificationPeriod-r9. TS 36.331 §6.3.7.
    pub enum McchModificationPeriodR9 {
        Rf512 = "rf512", Rf1024 = "rf1024"
    }
}

enumeration! {
    /// signallingMCS-r9. TS 36.331 §6.3.7.
    pub enum SignallingMcsR9 {
        N2 = "n2", N7 = "n7", N13 = "n13", N19 = "n19"
    }
}

/// mcch-Config-r14. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct McchConfigR14 {
    #[rasn(identifier = "mcch-RepetitionPeriod-v1430")]
    pub mcch_repetition_period_v1430: Option<McchRepetitionPeriodV1430>,
    #[rasn(identifier = "mcch-ModificationPeriod-v1430")]
    pub mcch_modification_period_v1430: Option<McchModificationPeriodV1430>,
}

enumeration! {
    /// mcch-RepetitionPeriod-v1430. TS 36.331 §6.3.7.
    pub enum McchRepetitionPeriodV1430 {
        Rf1 = "rf1", Rf2 = "rf2", Rf4 = "rf4", Rf8 = "rf8", Rf16 = "rf16"
    }
}

enumeration! {
    /// mcch-ModificationPeriod-v1430. TS 36.331 §6.3.7.
    pub enum McchModificationPeriodV1430 {
        Rf1 = "rf1", Rf2 = "rf2", Rf4 = "rf4", Rf8 = "rf8", Rf16 = "rf16", Rf32 = "rf32", Rf64 = "rf64", Rf128 = "rf128",
        Rf256 = "rf256"
    }
}

enumeration! {
    /// subcarrierSpacingMBMS-r14. TS 36.331 §6.3.7.
    pub enum SubcarrierSpacingMbmsR14 {
        Khz7dot5 = "khz-7dot5", Khz1dot25 = "khz-1dot25"
    }
}

/// MBMS-NotificationConfig-r9. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbmsNotificationConfigR9 {
    #[rasn(identifier = "notificationRepetitionCoeff-r9")]
    pub notification_repetition_coeff_r9: NotificationRepetitionCoeffR9,
    #[rasn(identifier = "notificationOffset-r9", value("0..=10"))]
    pub notification_offset_r9: u8,
    #[rasn(identifier = "notificationSF-Index-r9", value("1..=6"))]
    pub notification_sf_index_r9: u8,
}

enumeration! {
    /// notificationRepetitionCoeff-r9. TS 36.331 §6.3.7.
    pub enum NotificationRepetitionCoeffR9 {
        N2 = "n2", N4 = "n4"
    }
}

/// MBMS-NotificationConfig-v1430. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MbmsNotificationConfigV1430 {
    #[rasn(identifier = "notificationSF-Index-v1430", value("7..=10"))]
    pub notification_sf_index_v1430: u8,
}

#[cfg(test)]
mod tests {
    use super::super::json::to_json;
    use super::*;

    /// Bits by the rules of ITU-T X.691: two areas, the second with the additions of release 14.
    #[test]
    fn areas_are_read_field_by_field() {
        let first = "0 00000111 1 011 01 1010 0 100001 11";
        let added = "1 10011001 0 101 00 0000 1 000000 00 0000000 1 00000010 11 11 011 0111 1 0000";
        let bits = format!("0 0 001 {first} {added} 1 0101 010").replace(' ', "");
        let octets: Vec<u8> = bits
            .as_bytes()
            .chunks(8)
            .map(|octet| octet.iter().enumerate().fold(0, |value, (i, bit)| value | (bit - b'0') << (7 - i)))
            .collect();
        let (sib13, _) = rasn::uper::decode_with_remainder::<Sib13>(&octets).expect("a SIB13");
        let json = to_json(&sib13);
        let area = |i: usize| &json["mbsfn-AreaInfoList-r9"][i];
        assert_eq!((area(0)["mbsfn-AreaId-r9"].as_u64(), area(1)["mbsfn-AreaId-r9"].as_u64()), (Some(7), Some(153)));
        assert_eq!(area(0)["non-MBSFNregionLength"], "s2");
        assert_eq!(area(0)["mcch-Config-r9"]["mcch-RepetitionPeriod-r9"], "rf64");
        assert_eq!(area(0)["mcch-Config-r9"]["sf-AllocInfo-r9"], 33);
        assert_eq!(area(1)["mcch-Config-r14"]["mcch-ModificationPeriod-v1430"], "rf128");
        assert_eq!(area(1)["subcarrierSpacingMBMS-r14"], "khz-1dot25");
        assert_eq!(json["notificationConfig-r9"]["notificationRepetitionCoeff-r9"], "n4");
        assert_eq!(json["notificationConfig-r9"]["notificationSF-Index-r9"], 3);
    }
}
