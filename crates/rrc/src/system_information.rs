//! SystemInformation: the message that carries SIB2 and later. TS 36.331 §6.2.2.
//!
//! Its list is read one block at a time, so that a malformed block costs neither those before it nor, where it came as
//! an extension, those after it, and so that blocks of later releases are passed over.

use rasn::prelude::{Decode, OctetString};

use super::{
    cursor::Cursor, error::RrcError, sib2::Sib2, sib3::Sib3, sib4::Sib4, sib5::Sib5, sib6::Sib6, sib7::Sib7,
    sib8::Sib8, sib9::Sib9, sib10::Sib10, sib11::Sib11, sib12::Sib12, sib13::Sib13, sib14::Sib14, sib15::Sib15,
    sib16::Sib16,
};

/// The blocks of one SI message. TS 36.331 §6.2.2 (SystemInformation-r8-IEs).
#[derive(Debug, Clone, PartialEq)]
pub struct SystemInformation {
    /// sib-TypeAndInfo, in order, as far as it could be read.
    pub sibs: Vec<Sib>,
    /// The blocks that could not be read.
    pub faults: Vec<RrcError>,
}

/// One entry of sib-TypeAndInfo. TS 36.331 §6.2.2 (SystemInformation-r8-IEs).
#[derive(Debug, Clone, PartialEq)]
pub enum Sib {
    /// SystemInformationBlockType2.
    Sib2(Box<Sib2>),
    /// SystemInformationBlockType3.
    Sib3(Box<Sib3>),
    /// SystemInformationBlockType4.
    Sib4(Box<Sib4>),
    /// SystemInformationBlockType5.
    Sib5(Box<Sib5>),
    /// SystemInformationBlockType6.
    Sib6(Box<Sib6>),
    /// SystemInformationBlockType7.
    Sib7(Box<Sib7>),
    /// SystemInformationBlockType8.
    Sib8(Box<Sib8>),
    /// SystemInformationBlockType9.
    Sib9(Box<Sib9>),
    /// SystemInformationBlockType10.
    Sib10(Box<Sib10>),
    /// SystemInformationBlockType11.
    Sib11(Box<Sib11>),
    /// SystemInformationBlockType12-r9.
    Sib12(Box<Sib12>),
    /// SystemInformationBlockType13-r9.
    Sib13(Box<Sib13>),
    /// SystemInformationBlockType14-r11.
    Sib14(Box<Sib14>),
    /// SystemInformationBlockType15-r11.
    Sib15(Box<Sib15>),
    /// SystemInformationBlockType16-r11.
    Sib16(Box<Sib16>),
    /// A block that is recognised and not read further.
    Other {
        /// Its number, `None` for one that came after release 15.
        number: Option<u8>,
        /// Its encoding.
        octets: OctetString,
    },
}

/// Numbers of the blocks after the extension marker of sib-TypeAndInfo, in order. TS 36.331 §6.2.2.
static ADDED_SIBS: [u8; 13] = [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 24, 25, 26];

impl Sib {
    /// The number in its name, 2 to 26; `None` for a block that came after release 15.
    #[must_use]
    pub fn number(&self) -> Option<u8> {
        Some(match self {
            Self::Sib2(_) => 2,
            Self::Sib3(_) => 3,
            Self::Sib4(_) => 4,
            Self::Sib5(_) => 5,
            Self::Sib6(_) => 6,
            Self::Sib7(_) => 7,
            Self::Sib8(_) => 8,
            Self::Sib9(_) => 9,
            Self::Sib10(_) => 10,
            Self::Sib11(_) => 11,
            Self::Sib12(_) => 12,
            Self::Sib13(_) => 13,
            Self::Sib14(_) => 14,
            Self::Sib15(_) => 15,
            Self::Sib16(_) => 16,
            Self::Other { number, .. } => return *number,
        })
    }
}

/// Reads a SystemInformation of which `cursor` stands at criticalExtensions.
///
/// # Errors
/// The fault where not one block could be read.
pub(super) fn read(cursor: &mut Cursor) -> Result<SystemInformation, RrcError> {
    if cursor.flag("criticalExtensions")? {
        return Err(RrcError::Unsupported { what: "criticalExtensionsFuture of SystemInformation" });
    }
    // nonCriticalExtension comes after the list and holds nothing yet, so that its presence is all there is to it.
    cursor.flag("SystemInformation-r8-IEs")?;
    let count = usize::from(cursor.number("sib-TypeAndInfo", 5)?) + 1;

    let mut information = SystemInformation { sibs: Vec::new(), faults: Vec::new() };
    for _ in 0..count {
        match read_entry(cursor) {
            Ok(sib) => information.sibs.push(sib),
            Err(Fault { error, list_goes_on }) => {
                information.faults.push(error);
                if !list_goes_on {
                    break;
                }
            }
        }
    }
    match information.faults.first() {
        Some(fault) if information.sibs.is_empty() => Err(fault.clone()),
        _ => Ok(information),
    }
}

/// A block that could not be read.
struct Fault {
    error: RrcError,
    /// Whether the place where the next block starts is known.
    list_goes_on: bool,
}

impl From<RrcError> for Fault {
    fn from(error: RrcError) -> Self {
        Self { error, list_goes_on: false }
    }
}

fn read_entry(cursor: &mut Cursor) -> Result<Sib, Fault> {
    if cursor.flag("sib-TypeAndInfo")? {
        return read_added_entry(cursor);
    }
    Ok(match cursor.number("sib-TypeAndInfo", 4)? {
        0 => Sib::Sib2(boxed(cursor, "sib2")?),
        1 => Sib::Sib3(boxed(cursor, "sib3")?),
        2 => Sib::Sib4(boxed(cursor, "sib4")?),
        3 => Sib::Sib5(boxed(cursor, "sib5")?),
        4 => Sib::Sib6(boxed(cursor, "sib6")?),
        5 => Sib::Sib7(boxed(cursor, "sib7")?),
        6 => Sib::Sib8(boxed(cursor, "sib8")?),
        7 => Sib::Sib9(boxed(cursor, "sib9")?),
        8 => Sib::Sib10(boxed(cursor, "sib10")?),
        9 => Sib::Sib11(boxed(cursor, "sib11")?),
        index => {
            let at_bit = cursor.at_bit() - 4;
            let value = format!("alternative {index}, where 0 to 9 are blocks");
            return Err(RrcError::Malformed { what: "sib-TypeAndInfo", at_bit, value }.into());
        }
    })
}

fn boxed<T: Decode>(cursor: &mut Cursor, what: &'static str) -> Result<Box<T>, RrcError> {
    cursor.read(what).map(Box::new)
}

/// Reads a block that stands after the extension marker: a normally small number and an open type. ITU-T X.691 §23.8.
fn read_added_entry(cursor: &mut Cursor) -> Result<Sib, Fault> {
    if cursor.flag("sib-TypeAndInfo")? {
        return Err(RrcError::Unsupported { what: "an alternative of sib-TypeAndInfo beyond 63 additions" }.into());
    }
    let index = cursor.number("sib-TypeAndInfo", 6)?;
    let at_bit = cursor.at_bit();
    let octets = cursor.open_type("sib-TypeAndInfo")?;
    let inside = |error| Fault { error: shifted(error, at_bit), list_goes_on: true };
    let block = &mut Cursor::new(&octets);
    let number = ADDED_SIBS.get(usize::from(index)).copied();
    Ok(match number {
        Some(12) => Sib::Sib12(boxed(block, "sib12-v920").map_err(inside)?),
        Some(13) => Sib::Sib13(boxed(block, "sib13-v920").map_err(inside)?),
        Some(14) => Sib::Sib14(boxed(block, "sib14-v1130").map_err(inside)?),
        Some(15) => Sib::Sib15(boxed(block, "sib15-v1130").map_err(inside)?),
        Some(16) => Sib::Sib16(boxed(block, "sib16-v1130").map_err(inside)?),
        _ => Sib::Other { number, octets },
    })
}

/// The fault, with its bit counted from the start of the message instead of an open type's.
fn shifted(error: RrcError, by: usize) -> RrcError {
    match error {
        RrcError::Malformed { what, at_bit, value } => RrcError::Malformed { what, at_bit: at_bit + by, value },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SystemInformation, from its critical extensions on, of which the text gives the bits behind the list's length.
    fn read_list(count: usize, entries: &str) -> Result<SystemInformation, RrcError> {
        let bits = format!("0 0 {:05b} {entries}", count - 1).replace(char::is_whitespace, "");
        let octets: Vec<u8> = bits
            .as_bytes()
            .chunks(8)
            .map(|octet| octet.iter().enumerate().fold(0, |value, (i, bit)| value | (bit - b'0') << (7 - i)))
            .collect();
        read(&mut Cursor::new(&octets))
    }

    /// SIB9 with the name "ab": no extension, a name of two octets.
    const SIB9: &str = "0 0111 0 1 000001 01100001 01100010";

    fn assert_name_follows(information: &SystemInformation) {
        match information.sibs.last() {
            Some(Sib::Sib9(sib9)) => assert_eq!(sib9.hnb_name.as_deref(), Some(&b"ab"[..])),
            other => panic!("{other:?} is not the SIB9"),
        }
    }

    #[test]
    fn additions_of_later_releases_are_passed_over() {
        // A SIB4 with no root field and four additions, of which the last, unknown one is there: an open type of two
        // octets.
        let sib4 = "0 0010 1 000 0000011 0001 00000010 10101010 11110000";
        let information = read_list(2, &format!("{sib4} {SIB9}")).expect("two blocks");
        assert_eq!(information.sibs.len(), 2);
        assert_name_follows(&information);
    }

    #[test]
    fn blocks_of_later_releases_are_passed_over() {
        // Alternative 20 behind the extension marker, an open type of one octet.
        let information = read_list(2, &format!("1 0 010100 00000001 11111111 {SIB9}")).expect("two blocks");
        assert_eq!(information.sibs[0], Sib::Other { number: None, octets: OctetString::from_slice(&[0xFF]) });
        assert_name_follows(&information);
    }

    #[test]
    fn a_malformed_addition_does_not_cost_the_blocks_after_it() {
        // A SIB16 that says it has a time, in an open type of one octet.
        let information = read_list(2, &format!("1 0 000100 00000001 01000000 {SIB9}")).expect("one block");
        assert_name_follows(&information);
        assert!(
            matches!(&information.faults[..], [RrcError::Malformed { what: "sib16-v1130", at_bit: 15, .. }]),
            "{:?}",
            information.faults
        );
    }

    #[test]
    fn a_malformed_block_does_not_cost_those_before_it() {
        let information = read_list(2, &format!("{SIB9} 0 1111")).expect("one block");
        assert_name_follows(&information);
        assert_eq!(information.faults.len(), 1);
        assert!(read_list(1, "0 1111").is_err());
        assert!(read_list(1, "").is_err());
    }
}
