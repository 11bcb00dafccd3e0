//! When SI messages come and what is in them. TS 36.331 §6.2.2.

use rasn::prelude::*;

use super::enumerated::enumeration;

/// SchedulingInfo. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SchedulingInfo {
    #[rasn(identifier = "si-Periodicity")]
    pub si_periodicity: SiPeriodicity,
    /// SIB2 is in the first message without being listed.
    #[rasn(identifier = "sib-MappingInfo", size("0..=31"))]
    pub sib_mapping_info: Vec<SibType>,
}

enumeration! {
    /// si-Periodicity. TS 36.331 §6.2.2.
    pub enum SiPeriodicity {
        Rf8 = "rf8", Rf16 = "rf16", Rf32 = "rf32", Rf64 = "rf64", Rf128 = "rf128", Rf256 = "rf256", Rf512 = "rf512"
    }
}

impl SiPeriodicity {
    /// In radio frames.
    #[must_use]
    pub fn frames(self) -> u32 {
        match self {
            Self::Rf8 => 8,
            Self::Rf16 => 16,
            Self::Rf32 => 32,
            Self::Rf64 => 64,
            Self::Rf128 => 128,
            Self::Rf256 => 256,
            Self::Rf512 => 512,
        }
    }
}

enumeration! {
    /// SIB-Type. TS 36.331 §6.2.2.
    pub enum SibType {
        SibType3 = "sibType3", SibType4 = "sibType4", SibType5 = "sibType5", SibType6 = "sibType6", SibType7 = "sibType7",
        SibType8 = "sibType8", SibType9 = "sibType9", SibType10 = "sibType10", SibType11 = "sibType11",
        SibType12V920 = "sibType12-v920", SibType13V920 = "sibType13-v920", SibType14V1130 = "sibType14-v1130",
        SibType15V1130 = "sibType15-v1130", SibType16V1130 = "sibType16-v1130", SibType17V1250 = "sibType17-v1250",
        SibType18V1250 = "sibType18-v1250", ..., SibType19V1250 = "sibType19-v1250", SibType20V1310 = "sibType20-v1310",
        SibType21V1430 = "sibType21-v1430", SibType24V1530 = "sibType24-v1530", SibType25V1530 = "sibType25-v1530",
        SibType26V1530 = "sibType26-v1530"
    }
}

impl SibType {
    /// Number of the block; `None` for one that came after release 15.
    #[must_use]
    pub fn number(self) -> Option<u8> {
        Some(match self {
            Self::SibType3 => 3,
            Self::SibType4 => 4,
            Self::SibType5 => 5,
            Self::SibType6 => 6,
            Self::SibType7 => 7,
            Self::SibType8 => 8,
            Self::SibType9 => 9,
            Self::SibType10 => 10,
            Self::SibType11 => 11,
            Self::SibType12V920 => 12,
            Self::SibType13V920 => 13,
            Self::SibType14V1130 => 14,
            Self::SibType15V1130 => 15,
            Self::SibType16V1130 => 16,
            Self::SibType17V1250 => 17,
            Self::SibType18V1250 => 18,
            Self::SibType19V1250 => 19,
            Self::SibType20V1310 => 20,
            Self::SibType21V1430 => 21,
            Self::SibType24V1530 => 24,
            Self::SibType25V1530 => 25,
            Self::SibType26V1530 => 26,
            Self::Unknown(_) => return None,
        })
    }
}
