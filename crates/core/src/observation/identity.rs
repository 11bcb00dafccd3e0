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

/// What a terminal of one PLMN takes for its cell. TS 36.331 §5.2.2.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The network.
    pub plmn: Plmn,
    /// Tracking area code for that network.
    pub tac: u16,
    /// Cell identity for that network.
    pub eci: Eci,
}

impl Access {
    /// Its global identifier.
    #[must_use]
    pub fn ecgi(self) -> Ecgi {
        Ecgi { plmn: self.plmn, eci: self.eci }
    }
}

/// The identity fields of a SIB1. TS 36.331 §6.2.2 (SystemInformationBlockType1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellIdentity {
    /// plmn-IdentityList as broadcast, in order; never empty.
    pub plmns: Vec<Plmn>,
    /// Tracking area code.
    pub tac: u16,
    /// Cell identity.
    pub eci: Eci,
    /// cellAccessRelatedInfoList-r14, one entry a PLMN, in order; mostly empty.
    pub accesses_r14: Vec<Access>,
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
    /// What terminals take for their cell, one entry a PLMN: the first list's, which terminals before release 14 read alone,
    /// then those of release 14, without repeats.
    #[must_use]
    pub fn accesses(&self) -> Vec<Access> {
        let (tac, eci) = (self.tac, self.eci);
        let mut accesses: Vec<Access> = self.plmns.iter().map(|&plmn| Access { plmn, tac, eci }).collect();
        for access in &self.accesses_r14 {
            if !accesses.contains(access) {
                accesses.push(*access);
            }
        }
        accesses
    }

    /// The first global identifier: the cell's name.
    ///
    /// # Panics
    /// Where there is no PLMN.
    #[must_use]
    pub fn first_ecgi(&self) -> Ecgi {
        Ecgi { plmn: self.plmns[0], eci: self.eci }
    }

    /// The PLMNs of both lists, in order and without repeats.
    #[must_use]
    pub fn all_plmns(&self) -> Vec<Plmn> {
        let mut plmns = Vec::new();
        for plmn in self.accesses().into_iter().map(|access| access.plmn) {
            if !plmns.contains(&plmn) {
                plmns.push(plmn);
            }
        }
        plmns
    }

    /// The global identifiers of both lists, in order and without repeats.
    #[must_use]
    pub fn ecgis(&self) -> Vec<Ecgi> {
        let mut ecgis = Vec::new();
        for ecgi in self.accesses().into_iter().map(Access::ecgi) {
            if !ecgis.contains(&ecgi) {
                ecgis.push(ecgi);
            }
        }
        ecgis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_of_each_list_has_its_cell() {
        let plmn = |text: &str| text.parse::<Plmn>().expect("a PLMN");
        let access = |text: &str, tac, eci| Access { plmn: plmn(text), tac, eci: Eci::new(eci).expect("28 bits") };
        let identity = CellIdentity {
            plmns: vec![plmn("450-05"), plmn("450-08")],
            // The second as before, the third under another ECI, the fourth new.
            accesses_r14: vec![access("450-08", 11793, 1), access("450-08", 7, 2), access("450-06", 8, 3)],
            ..crate::observed::identity(1)
        };
        let ecgis: Vec<String> = identity.ecgis().iter().map(ToString::to_string).collect();
        assert_eq!(ecgis, ["450-05-0000001", "450-08-0000001", "450-08-0000002", "450-06-0000003"]);
        assert_eq!(identity.accesses().iter().map(|a| a.tac).collect::<Vec<_>>(), [11793, 11793, 7, 8]);
        assert_eq!(identity.all_plmns(), [plmn("450-05"), plmn("450-08"), plmn("450-06")]);
    }

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
