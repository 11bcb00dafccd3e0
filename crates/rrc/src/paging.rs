//! Paging. TS 36.331 §6.2.2.

use rasn::prelude::*;

use super::{
    containing::Unread,
    enumerated::{True, enumeration},
};

/// Paging. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Paging {
    #[rasn(identifier = "pagingRecordList", size("1..=16"))]
    pub paging_record_list: Option<Vec<PagingRecord>>,
    #[rasn(identifier = "systemInfoModification")]
    pub system_info_modification: Option<True>,
    #[rasn(identifier = "etws-Indication")]
    pub etws_indication: Option<True>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<PagingV890>,
}

/// PagingRecord. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct PagingRecord {
    #[rasn(identifier = "ue-Identity")]
    pub ue_identity: PagingUeIdentity,
    #[rasn(identifier = "cn-Domain")]
    pub cn_domain: CnDomain,
}

enumeration! {
    /// cn-Domain. TS 36.331 §6.2.2.
    pub enum CnDomain {
        Ps = "ps", Cs = "cs"
    }
}

/// PagingUE-Identity. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum PagingUeIdentity {
    #[rasn(identifier = "s-TMSI")]
    STmsi(STmsi),
    #[rasn(identifier = "imsi", size("6..=21"))]
    Imsi(Vec<ImsiDigit>),
    #[rasn(extension_addition, identifier = "ng-5G-S-TMSI-r15", value("0..=281474976710655"))]
    Ng5gSTmsiR15(u64),
    #[rasn(extension_addition, identifier = "fullI-RNTI-r15", value("0..=1099511627775"))]
    FullIRntiR15(u64),
}

/// S-TMSI. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct STmsi {
    #[rasn(value("0..=255"))]
    pub mmec: u8,
    #[rasn(identifier = "m-TMSI", value("0..=4294967295"))]
    pub m_tmsi: u32,
}

/// IMSI-Digit. TS 36.331 §6.2.2.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=9"))]
pub struct ImsiDigit(pub u8);

/// Paging-v890-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PagingV890 {
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<PagingV920>,
}

/// Paging-v920-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PagingV920 {
    #[rasn(identifier = "cmas-Indication-r9")]
    pub cmas_indication_r9: Option<True>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<PagingV1130>,
}

/// Paging-v1130-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PagingV1130 {
    #[rasn(identifier = "eab-ParamModification-r11")]
    pub eab_param_modification_r11: Option<True>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<PagingV1310>,
}

/// Paging-v1310-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PagingV1310 {
    #[rasn(identifier = "redistributionIndication-r13")]
    pub redistribution_indication_r13: Option<True>,
    #[rasn(identifier = "systemInfoModification-eDRX-r13")]
    pub system_info_modification_edrx_r13: Option<True>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// What a paging message holds, without any identity: those name subscribers and are never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PagingSummary {
    /// Records that page by s-TMSI.
    pub s_tmsi: u32,
    /// Records that page by IMSI.
    pub imsi: u32,
    /// Records that page by an identity of the 5G core (ng-5G-S-TMSI, fullI-RNTI).
    pub five_g: u32,
    /// Records for the circuit-switched domain; the others are for the packet-switched one.
    pub cs_domain: u32,
    /// systemInfoModification.
    pub system_info_modification: bool,
    /// etws-Indication.
    pub etws_indication: bool,
    /// cmas-Indication-r9.
    pub cmas_indication: bool,
    /// eab-ParamModification-r11.
    pub eab_param_modification: bool,
}

impl PagingSummary {
    /// Counts the records of `paging` by the kind of their identity.
    pub(super) fn of(paging: &Paging) -> Self {
        let v920 = paging.non_critical_extension.as_ref().and_then(|v890| v890.non_critical_extension.as_ref());
        let v1130 = v920.and_then(|v920| v920.non_critical_extension.as_ref());
        let mut summary = Self {
            system_info_modification: paging.system_info_modification.is_some(),
            etws_indication: paging.etws_indication.is_some(),
            cmas_indication: v920.is_some_and(|v920| v920.cmas_indication_r9.is_some()),
            eab_param_modification: v1130.is_some_and(|v1130| v1130.eab_param_modification_r11.is_some()),
            ..Self::default()
        };
        for record in paging.paging_record_list.iter().flatten() {
            *match &record.ue_identity {
                PagingUeIdentity::STmsi(_) => &mut summary.s_tmsi,
                PagingUeIdentity::Imsi(_) => &mut summary.imsi,
                PagingUeIdentity::Ng5gSTmsiR15(_) | PagingUeIdentity::FullIRntiR15(_) => &mut summary.five_g,
            } += 1;
            summary.cs_domain += u32::from(record.cn_domain == CnDomain::Cs);
        }
        summary
    }
}
