//! The vocabulary of a cell: identities, frame structure, numbering. Imports nothing of ours.

pub mod mbsfn;

use std::fmt;

/// Physical-layer cell identity, N_ID^cell = 3·N_ID^(1) + N_ID^(2), 0–503. TS 36.211 §6.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pci(u16);

/// Physical-layer cell-identity group, 0–167, carried by the SSS. TS 36.211 §6.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NId1(u8);

/// Identity within the group, 0–2, carried by the PSS. TS 36.211 §6.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NId2(u8);

impl Pci {
    /// How many identities there are.
    pub const COUNT: u16 = 504;

    /// The identity, or `None` above 503.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value < Self::COUNT { Some(Self(value)) } else { None }
    }

    /// The identity made of its two parts.
    #[must_use]
    pub const fn from_parts(n_id_1: NId1, n_id_2: NId2) -> Self {
        Self(3 * n_id_1.0 as u16 + n_id_2.0 as u16)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The group.
    #[must_use]
    pub const fn n_id_1(self) -> NId1 {
        NId1((self.0 / 3) as u8)
    }

    /// The identity within the group.
    #[must_use]
    pub const fn n_id_2(self) -> NId2 {
        NId2((self.0 % 3) as u8)
    }
}

impl NId1 {
    /// How many groups there are.
    pub const COUNT: u8 = 168;

    /// All groups, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// The group, or `None` above 167.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value < Self::COUNT { Some(Self(value)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl NId2 {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self(0), Self(1), Self(2)];

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Pci {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Frame structure: type 1 (FDD) or type 2 (TDD). TS 36.211 §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duplex {
    /// Frame structure type 1.
    Fdd,
    /// Frame structure type 2.
    Tdd,
}

/// Cyclic prefix of the downlink. TS 36.211 §6.12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CyclicPrefix {
    /// Seven symbols a slot.
    Normal,
    /// Six symbols a slot.
    Extended,
}

impl CyclicPrefix {
    /// N_symb^DL, OFDM symbols a slot. TS 36.211 Table 6.2.3-1.
    #[must_use]
    pub const fn symbols_per_slot(self) -> usize {
        match self {
            Self::Normal => 7,
            Self::Extended => 6,
        }
    }

    /// OFDM symbols a subframe.
    #[must_use]
    pub const fn symbols_per_subframe(self) -> usize {
        2 * self.symbols_per_slot()
    }
}

/// Downlink bandwidth N_RB^DL of a MIB. TS 36.331 §6.2.2 (dl-Bandwidth).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bandwidth {
    /// 1.4 MHz.
    Rb6,
    /// 3 MHz.
    Rb15,
    /// 5 MHz.
    Rb25,
    /// 10 MHz.
    Rb50,
    /// 15 MHz.
    Rb75,
    /// 20 MHz.
    Rb100,
}

impl Bandwidth {
    /// All six, in the order of the MIB's code points.
    pub const ALL: [Self; 6] = [Self::Rb6, Self::Rb15, Self::Rb25, Self::Rb50, Self::Rb75, Self::Rb100];

    /// N_RB^DL.
    #[must_use]
    pub const fn n_rb_dl(self) -> usize {
        match self {
            Self::Rb6 => 6,
            Self::Rb15 => 15,
            Self::Rb25 => 25,
            Self::Rb50 => 50,
            Self::Rb75 => 75,
            Self::Rb100 => 100,
        }
    }

    /// The bandwidth with this many resource blocks, or `None` where the standard has none.
    #[must_use]
    pub fn from_n_rb_dl(n_rb_dl: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.n_rb_dl() == n_rb_dl)
    }

    /// Subcarriers, 12·N_RB^DL.
    #[must_use]
    pub const fn subcarriers(self) -> usize {
        12 * self.n_rb_dl()
    }

    /// The smallest multiple of 1.92 MS/s at which a stream holds a carrier of this bandwidth, its roll-off included.
    #[must_use]
    pub const fn rate_multiple(self) -> usize {
        match self {
            Self::Rb6 => 1,
            Self::Rb15 => 2,
            Self::Rb25 => 3,
            Self::Rb50 => 5,
            Self::Rb75 => 8,
            Self::Rb100 => 10,
        }
    }
}

/// Number of cell-specific antenna ports, known from the PBCH's CRC mask. TS 36.212 §5.3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AntennaPorts {
    /// Port 0.
    One,
    /// Ports 0 and 1.
    Two,
    /// Ports 0 to 3.
    Four,
}

impl AntennaPorts {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Four];

    /// The number of ports.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

/// PHICH duration of a MIB. TS 36.211 Table 6.9.3-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhichDuration {
    /// One symbol.
    Normal,
    /// Two or three symbols.
    Extended,
}

/// PHICH resource N_g of a MIB. TS 36.211 §6.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhichResource {
    /// N_g = 1/6.
    OneSixth,
    /// N_g = 1/2.
    Half,
    /// N_g = 1.
    One,
    /// N_g = 2.
    Two,
}

/// System frame number, 0–1023, one a 10 ms radio frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sfn(u16);

impl Sfn {
    /// The number modulo 1024, as the counter wraps.
    #[must_use]
    pub const fn wrapping(value: i64) -> Self {
        Self(value.rem_euclid(1024) as u16)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Sfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Radio network temporary identifier. TS 36.321 §7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rnti(pub u16);

impl Rnti {
    /// System information: 0xFFFF.
    pub const SI: Self = Self(0xFFFF);
    /// Paging: 0xFFFE.
    pub const P: Self = Self(0xFFFE);
}

/// Uplink-downlink configuration 0–6 of a TDD cell. TS 36.211 Table 4.2-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TddAssignment(u8);

impl TddAssignment {
    /// The configuration, or `None` above 6.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value < 7 { Some(Self(value)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether `subframe` (0–9) is a downlink one; special subframes are not. TS 36.211 Table 4.2-2.
    #[must_use]
    pub fn is_downlink(self, subframe: u8) -> bool {
        static DOWNLINK: [[u8; 10]; 7] = [
            *b"DSUUUDSUUU",
            *b"DSUUDDSUUD",
            *b"DSUDDDSUDD",
            *b"DSUUUDDDDD",
            *b"DSUUDDDDDD",
            *b"DSUDDDDDDD",
            *b"DSUUUDSUUD",
        ];
        DOWNLINK[usize::from(self.0)].get(usize::from(subframe)) == Some(&b'D')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pci_is_made_of_its_parts() {
        for value in 0..Pci::COUNT {
            let pci = Pci::new(value).expect("in range");
            assert_eq!(Pci::from_parts(pci.n_id_1(), pci.n_id_2()), pci);
        }
        assert_eq!(Pci::new(504), None);
        assert_eq!(NId1::new(168), None);
    }

    /// Subframes 0 and 5 are downlink in every configuration; with a period of 5 ms the halves are alike.
    #[test]
    fn tdd_subframes() {
        for value in 0..7 {
            let assignment = TddAssignment::new(value).expect("in range");
            assert!(assignment.is_downlink(0) && assignment.is_downlink(5) && !assignment.is_downlink(2));
            if value < 3 {
                assert!((0..5).all(|n| assignment.is_downlink(n) == assignment.is_downlink(n + 5)));
            }
            assert!(!assignment.is_downlink(10));
        }
        assert_eq!(TddAssignment::new(7), None);
    }

    #[test]
    fn sfn_wraps_both_ways() {
        assert_eq!(Sfn::wrapping(-1).get(), 1023);
        assert_eq!(Sfn::wrapping(1024).get(), 0);
    }

    #[test]
    fn bandwidths_are_found_by_their_size() {
        for b in Bandwidth::ALL {
            assert_eq!(Bandwidth::from_n_rb_dl(b.n_rb_dl()), Some(b));
        }
        assert_eq!(Bandwidth::from_n_rb_dl(7), None);
    }
}
