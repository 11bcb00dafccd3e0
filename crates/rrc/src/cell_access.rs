//! Who may use a cell: what SIB1 and its extensions have in common. TS 36.331 §6.2.2.

use rasn::prelude::*;

use super::enumerated::enumeration;

enumeration! {
    /// cellBarred. TS 36.331 §6.2.2.
    pub enum CellBarred {
        Barred = "barred", NotBarred = "notBarred"
    }
}

/// PLMN-IdentityInfo. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PlmnIdentityInfo {
    #[rasn(identifier = "plmn-Identity")]
    pub plmn_identity: PlmnIdentity,
    #[rasn(identifier = "cellReservedForOperatorUse")]
    pub cell_reserved_for_operator_use: CellReservedForOperatorUse,
}

enumeration! {
    /// cellReservedForOperatorUse. TS 36.331 §6.2.2.
    pub enum CellReservedForOperatorUse {
        Reserved = "reserved", NotReserved = "notReserved"
    }
}

/// PLMN-Identity. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PlmnIdentity {
    /// Absent: that of the entry before.
    #[rasn(size("3"))]
    pub mcc: Option<Vec<MccMncDigit>>,
    #[rasn(size("2..=3"))]
    pub mnc: Vec<MccMncDigit>,
}

/// MCC-MNC-Digit. TS 36.331 §6.2.2.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=9"))]
pub struct MccMncDigit(pub u8);
