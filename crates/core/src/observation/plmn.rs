//! Public land mobile network identities.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// PLMN-Identity: a mobile country code and a network code of two or three digits. TS 23.003 §2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plmn {
    mcc: u16,
    mnc: u16,
    mnc_digits: u8,
}

/// Why a text is no PLMN.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no PLMN: three digits, a hyphen, two or three digits are expected, like 450-08")]
pub struct PlmnError(pub String);

impl Plmn {
    /// The identity made of decimal digits, or `None` where a digit is above 9 or their number is wrong.
    #[must_use]
    pub fn from_digits(mcc: &[u8], mnc: &[u8]) -> Option<Self> {
        let number = |digits: &[u8]| digits.iter().try_fold(0u16, |n, &d| (d < 10).then_some(10 * n + u16::from(d)));
        if mcc.len() != 3 || !(2..=3).contains(&mnc.len()) {
            return None;
        }
        Some(Self { mcc: number(mcc)?, mnc: number(mnc)?, mnc_digits: mnc.len() as u8 })
    }

    /// Mobile country code, 0–999.
    #[must_use]
    pub fn mcc(self) -> u16 {
        self.mcc
    }

    /// Mobile network code, 0–999.
    #[must_use]
    pub fn mnc(self) -> u16 {
        self.mnc
    }

    /// Whether the identity is one of those set aside for tests: 001-01 or 999-xx. TS 23.003 §2.2.
    #[must_use]
    pub fn is_test(self) -> bool {
        (self.mcc == 1 && self.mnc == 1) || self.mcc == 999
    }
}

impl fmt::Display for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}-{:0width$}", self.mcc, self.mnc, width = usize::from(self.mnc_digits))
    }
}

impl FromStr for Plmn {
    type Err = PlmnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |part: &str| part.bytes().map(|b| b.wrapping_sub(b'0')).collect::<Vec<u8>>();
        text.split_once('-')
            .and_then(|(mcc, mnc)| Self::from_digits(&digits(mcc), &digits(mnc)))
            .ok_or_else(|| PlmnError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_keeps_the_number_of_digits() {
        for text in ["450-08", "310-410", "001-01", "310-008"] {
            assert_eq!(text.parse::<Plmn>().map(|p| p.to_string()), Ok(text.to_owned()));
        }
        assert_ne!("310-08".parse::<Plmn>(), "310-008".parse::<Plmn>());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "450", "45-008", "450-8", "450-0808", "4a0-08", "450-08-1", "450–08"] {
            assert!(text.parse::<Plmn>().is_err(), "{text}");
        }
    }
}
