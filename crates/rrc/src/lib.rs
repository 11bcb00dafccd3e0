//! Radio resource control: the broadcast and paging messages of TS 36.331, release 15.
//!
//! In: the bytes of a block whose CRC passed. Out: typed messages, and their JSON with the standard's names.
//! Refuses to know samples, time and how blocks are received.
//!
//! The types are those of the standard's ASN.1, a file a block; `rasn` reads them by the unaligned packed encoding
//! rules (ITU-T X.691). Blocks are padded with zeros, so what follows a message is not looked at. What a release added
//! after an extension marker is read where it is declared here and passed over where it is not.

#![allow(missing_docs, reason = "fields bear the ASN.1 names of TS 36.331; each type gives its clause")]

mod access_barring;
mod cell_access;
mod containing;
mod coverage_enhancement;
mod cursor;
mod enumerated;
mod error;
mod json;
mod mib;
mod mobility;
mod paging;
mod radio_resource_config;
mod random_access;
mod scheduling;
mod sib1;
mod sib10;
mod sib11;
mod sib12;
mod sib13;
mod sib14;
mod sib15;
mod sib16;
mod sib1_extensions;
mod sib1_v1530;
mod sib2;
mod sib3;
mod sib4;
mod sib5;
mod sib5_extensions;
mod sib6;
mod sib7;
mod sib8;
mod sib9;
mod system_information;
mod warning;
mod warning_text;

use serde_json::{Map, Value};

use cursor::Cursor;

pub use cell_access::{CellBarred, PlmnIdentityInfo};
pub use error::RrcError;
pub use mib::Mib;
pub use mobility::{PhysCellIdRange, Range};
pub use paging::PagingSummary;
pub use radio_resource_config::{NB, PcchConfig};
pub use sib1::{CellAccessRelatedInfo, Sib1, Sib1Prefix};
pub use sib1_extensions::CellAccessRelatedInfoR14;
pub use sib2::{MbsfnSubframeConfig, Sib2, SubframeAllocation, SubframeAllocationV1430};
pub use sib4::Sib4;
pub use sib5::Sib5;
pub use system_information::{Sib, SystemInformation};
pub use warning::{WarningAssembler, WarningId};

/// The longest block that carries system information or paging: 2,216 bits by DCI format 1A. TS 36.213 §7.1.7.2.1.
pub const MAX_BLOCK_BYTES: usize = 277;

/// A message of the BCCH on the DL-SCH. TS 36.331 §6.2.1 (BCCH-DL-SCH-Message).
#[derive(Debug, Clone, PartialEq)]
pub enum BcchDlSch {
    /// SystemInformationBlockType1.
    Sib1(Box<Sib1>),
    /// A SystemInformationBlockType1 of which only the identity could be read.
    Sib1Prefix(Box<Sib1Prefix>),
    /// SystemInformation.
    SystemInformation(SystemInformation),
}

/// Reads a message of the BCCH on the BCH. TS 36.331 §6.2.1 (BCCH-BCH-Message).
///
/// # Errors
/// [`RrcError::Malformed`] where the bandwidth is none of the standard's.
pub fn decode_bcch_bch(octets: [u8; 3]) -> Result<Mib, RrcError> {
    Mib::from_bits(octets)
}

/// Reads a message of the BCCH on the DL-SCH. TS 36.331 §6.2.1 (BCCH-DL-SCH-Message).
///
/// # Errors
/// Where not even a cell's identity or one system information block can be read.
pub fn decode_bcch_dl_sch(block: &[u8]) -> Result<BcchDlSch, RrcError> {
    let mut cursor = start(block)?;
    if cursor.flag("BCCH-DL-SCH-MessageType")? {
        return Err(RrcError::Unsupported { what: "messageClassExtension of BCCH-DL-SCH-MessageType" });
    }
    if !cursor.flag("BCCH-DL-SCH-MessageType")? {
        return system_information::read(&mut cursor).map(BcchDlSch::SystemInformation);
    }
    match cursor.read("systemInformationBlockType1") {
        Ok(sib1) => Ok(BcchDlSch::Sib1(Box::new(sib1))),
        Err(fault) => {
            Sib1Prefix::read(&mut sib1_start(block)?, fault).map(|prefix| BcchDlSch::Sib1Prefix(Box::new(prefix)))
        }
    }
}

/// Reads a message of the PCCH and counts what it holds. TS 36.331 §6.2.1 (PCCH-Message).
///
/// # Errors
/// Where the message is malformed or of a class that release 15 does not define.
pub fn decode_pcch(block: &[u8]) -> Result<PagingSummary, RrcError> {
    let mut cursor = start(block)?;
    if cursor.flag("PCCH-MessageType")? {
        return Err(RrcError::Unsupported { what: "messageClassExtension of PCCH-MessageType" });
    }
    cursor.read("paging").map(|paging| PagingSummary::of(&paging))
}

fn start(block: &[u8]) -> Result<Cursor<'_>, RrcError> {
    if block.len() > MAX_BLOCK_BYTES {
        return Err(RrcError::Limit { bytes: block.len(), limit: MAX_BLOCK_BYTES });
    }
    Ok(Cursor::new(block))
}

/// At the first bit of the SystemInformationBlockType1 in `block`.
fn sib1_start(block: &[u8]) -> Result<Cursor<'_>, RrcError> {
    let mut cursor = start(block)?;
    cursor.number("BCCH-DL-SCH-MessageType", 2)?;
    Ok(cursor)
}

impl BcchDlSch {
    /// The message's blocks by name (`sib1`, `sib2`, …), with fields and values named as in TS 36.331.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        match self {
            Self::Sib1(sib1) => Map::from_iter([("sib1".to_owned(), json::to_json(&**sib1))]),
            Self::Sib1Prefix(prefix) => Map::from_iter([("sib1".to_owned(), prefix.to_json())]),
            Self::SystemInformation(information) => information.sibs.iter().map(sib_to_json).collect(),
        }
    }
}

fn sib_to_json(sib: &Sib) -> (String, Value) {
    let name = sib.number().map_or_else(|| "unknown".to_owned(), |number| format!("sib{number}"));
    let value = match sib {
        Sib::Sib2(block) => json::to_json(&**block),
        Sib::Sib3(block) => json::to_json(&**block),
        Sib::Sib4(block) => json::to_json(&**block),
        Sib::Sib5(block) => json::to_json(&**block),
        Sib::Sib6(block) => json::to_json(&**block),
        Sib::Sib7(block) => json::to_json(&**block),
        Sib::Sib8(block) => json::to_json(&**block),
        Sib::Sib9(block) => json::to_json(&**block),
        Sib::Sib10(block) => json::to_json(&**block),
        Sib::Sib11(block) => json::to_json(&**block),
        Sib::Sib12(block) => json::to_json(&**block),
        Sib::Sib13(block) => json::to_json(&**block),
        Sib::Sib14(block) => json::to_json(&**block),
        Sib::Sib15(block) => json::to_json(&**block),
        Sib::Sib16(block) => json::to_json(&**block),
        Sib::Other { octets, .. } => json::to_json(octets),
    };
    (name, value)
}
