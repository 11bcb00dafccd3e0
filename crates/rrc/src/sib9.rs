//! SystemInformationBlockType9: home eNB name. TS 36.331 §6.3.1.

use rasn::prelude::*;

/// SystemInformationBlockType9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib9 {
    /// UTF-8.
    #[rasn(identifier = "hnb-Name", size("1..=48"))]
    pub hnb_name: Option<OctetString>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
}
