//! SystemInformationBlockType12: CMAS notification, one segment. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::sib11::WarningMessageSegmentType;

/// SystemInformationBlockType12-r9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib12 {
    #[rasn(identifier = "messageIdentifier-r9", value("0..=65535"))]
    pub message_identifier_r9: u16,
    #[rasn(identifier = "serialNumber-r9", value("0..=65535"))]
    pub serial_number_r9: u16,
    #[rasn(identifier = "warningMessageSegmentType-r9")]
    pub warning_message_segment_type_r9: WarningMessageSegmentType,
    #[rasn(identifier = "warningMessageSegmentNumber-r9", value("0..=63"))]
    pub warning_message_segment_number_r9: u8,
    #[rasn(identifier = "warningMessageSegment-r9")]
    pub warning_message_segment_r9: OctetString,
    /// In the first segment only.
    #[rasn(identifier = "dataCodingScheme-r9", size("1"))]
    pub data_coding_scheme_r9: Option<OctetString>,
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<Sib12V1530>,
}

/// Additions of v1530 to SystemInformationBlockType12-r9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib12V1530 {
    #[rasn(identifier = "warningAreaCoordinatesSegment-r15")]
    pub warning_area_coordinates_segment_r15: Option<OctetString>,
}
