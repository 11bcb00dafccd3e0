//! SystemInformationBlockType10: ETWS primary notification. TS 36.331 §6.3.1.

use rasn::prelude::*;

/// SystemInformationBlockType10. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib10 {
    #[rasn(identifier = "messageIdentifier", value("0..=65535"))]
    pub message_identifier: u16,
    #[rasn(identifier = "serialNumber", value("0..=65535"))]
    pub serial_number: u16,
    #[rasn(identifier = "warningType", size("2"))]
    pub warning_type: OctetString,
    #[rasn(size("50"))]
    pub dummy: Option<OctetString>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
}
