//! What a cell says it is.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::plmn::Plmn;

/// E-UTRAN cell identity, 28 bits. TS 36.331 §6.3.4 (CellIdentity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Eci(u32);

impl Eci {
    /// The identity, or `None` above 28 bits.
    #[must_use]
    pub fn new(value: u32) -> Option<Self> {
        (value < 1 << 28).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// E-UTRAN cell global identifier: a PLMN and a cell identity. TS 36.300 §8.2.
///
/// Written as in `450-08-3f0d101`: the PLMN and seven hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ecgi {
    /// The network.
    pub plmn: Plmn,
    /// The cell in it.
    pub eci: Eci,
}

/// Why a text is no ECGI.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no ECGI: a PLMN and seven hexadecimal digits are expected, like 450-08-3f0d101")]
pub struct EcgiError(pub String);

impl fmt::Display for Ecgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:07x}", self.plmn, self.eci.0)
    }
}

impl FromStr for Ecgi {
    type Err = EcgiError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (plmn, eci) = text.rsplit_once('-')?;
            let hex = eci.len() == 7 && eci.bytes().all(|b| b.is_ascii_hexdigit());
            let eci = hex.then(|| u32::from_str_radix(eci, 16).ok()).flatten()?;
            Some(Self { plmn: plmn.parse().ok()?, eci: Eci::new(eci)? })
        };
        parse().ok_or_else(|| EcgiError(text.to_owned()))
    }
}

/// The identity fields of a SIB1. TS 36.331 §6.2.2 (SystemInformationBlockType1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellIdentity {
    /// PLMNs as broadcast, in order; never empty.
    pub plmns: Vec<Plmn>,
    /// Tracking area code.
    pub tac: u16,
    /// Cell identity.
    pub eci: Eci,
    /// Whether only members of the closed subscriber group may camp here.
    pub csg_indication: bool,
    /// Closed subscriber group, 27 bits.
    pub csg_identity: Option<u32>,
    /// cellBarred.
    pub cell_barred: bool,
    /// TDD: subframe assignment and special subframe pattern.
    pub tdd_config: Option<(u8, u8)>,
    /// freqBandIndicator, with its extension where that is present.
    pub band: u16,
}

impl CellIdentity {
    /// One global identifier a broadcast PLMN, in order.
    pub fn ecgis(&self) -> impl Iterator<Item = Ecgi> + '_ {
        self.plmns.iter().map(|&plmn| Ecgi { plmn, eci: self.eci })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecgi_text_round_trips() {
        for text in ["450-08-3f0d101", "310-410-0000001"] {
            assert_eq!(text.parse::<Ecgi>().map(|e| e.to_string()), Ok(text.to_owned()));
        }
        for text in ["450-08", "450-08-3f0d10", "450-08-+f0d101", "450-08-ff0d1011"] {
            assert!(text.parse::<Ecgi>().is_err(), "{text}");
        }
    }
}
