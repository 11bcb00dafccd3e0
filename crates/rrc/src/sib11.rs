//! SystemInformationBlockType11: ETWS secondary notification, one segment. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::enumerated::enumeration;

/// SystemInformationBlockType11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib11 {
    #[rasn(identifier = "messageIdentifier", value("0..=65535"))]
    pub message_identifier: u16,
    #[rasn(identifier = "serialNumber", value("0..=65535"))]
    pub serial_number: u16,
    #[rasn(identifier = "warningMessageSegmentType")]
    pub warning_message_segment_type: WarningMessageSegmentType,
    #[rasn(identifier = "warningMessageSegmentNumber", value("0..=63"))]
    pub warning_message_segment_number: u8,
    #[rasn(identifier = "warningMessageSegment")]
    pub warning_message_segment: OctetString,
    /// In the first segment only.
    #[rasn(identifier = "dataCodingScheme", size("1"))]
    pub data_coding_scheme: Option<OctetString>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
}

enumeration! {
    /// warningMessageSegmentType. TS 36.331 §6.3.1.
    pub enum WarningMessageSegmentType {
        NotLastSegment = "notLastSegment", LastSegment = "lastSegment"
    }
}
