//! Which symbols of which subframe a cell sends. TS 36.211 §4.

use lte_dsp::cell::CyclicPrefix;

use crate::scenario::{CellConfig, TddConfig};

/// What a subframe is to the downlink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subframe {
    /// Sent whole.
    Downlink,
    /// Its first symbols, the DwPTS, are sent.
    Special {
        /// Length of the DwPTS in OFDM symbols.
        dwpts_symbols: usize,
    },
    /// Not sent.
    Uplink,
}

/// Uplink-downlink configurations, one string of ten subframes each. TS 36.211 Table 4.2-2.
static ASSIGNMENTS: [&[u8; 10]; 7] =
    [b"DSUUUDSUUU", b"DSUUDDSUUD", b"DSUDDDSUDD", b"DSUUUDDDDD", b"DSUUDDDDDD", b"DSUDDDDDDD", b"DSUUUDSUUD"];

/// DwPTS lengths in OFDM symbols by special subframe configuration. TS 36.211 Table 4.2-1.
static DWPTS_NORMAL: [usize; 10] = [3, 9, 10, 11, 12, 3, 9, 10, 11, 6];
static DWPTS_EXTENDED: [usize; 8] = [3, 8, 9, 10, 3, 8, 9, 5];

/// The kind of subframe `n` (0–9) of a cell. TS 36.211 §4.1, §4.2.
#[must_use]
pub fn subframe(cell: &CellConfig, n: usize) -> Subframe {
    let Some(TddConfig { assignment, special_subframe }) = cell.tdd else {
        return Subframe::Downlink;
    };
    match ASSIGNMENTS[usize::from(assignment)][n] {
        b'D' => Subframe::Downlink,
        b'S' => {
            let lengths: &[usize] = match cell.cp {
                CyclicPrefix::Normal => &DWPTS_NORMAL,
                CyclicPrefix::Extended => &DWPTS_EXTENDED,
            };
            Subframe::Special { dwpts_symbols: lengths[usize::from(special_subframe)] }
        }
        _ => Subframe::Uplink,
    }
}

impl Subframe {
    /// OFDM symbols sent in it.
    #[must_use]
    pub fn symbols(self, cp: CyclicPrefix) -> usize {
        match self {
            Self::Downlink => cp.symbols_per_subframe(),
            Self::Special { dwpts_symbols } => dwpts_symbols,
            Self::Uplink => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DwPTS lengths in T_s as printed in Table 4.2-1.
    #[test]
    fn dwpts_symbols_have_the_printed_length() {
        let printed = [6592, 19760, 21952, 24144, 26336, 6592, 19760, 21952, 24144, 13168];
        for (symbols, t_s) in DWPTS_NORMAL.into_iter().zip(printed) {
            let long_prefixes = symbols.div_ceil(7);
            assert_eq!(symbols * (2048 + 144) + long_prefixes * 16, t_s);
        }
        let printed = [7680, 20480, 23040, 25600, 7680, 20480, 23040, 12800];
        for (symbols, t_s) in DWPTS_EXTENDED.into_iter().zip(printed) {
            assert_eq!(symbols * 2560, t_s);
        }
    }

    /// Subframes 0 and 5 are always downlink, 2 always uplink, and 1 always special. TS 36.211 §4.2.
    #[test]
    fn every_configuration_keeps_the_fixed_subframes() {
        for row in ASSIGNMENTS {
            assert_eq!((row[0], row[1], row[2], row[5]), (b'D', b'S', b'U', b'D'));
            assert!(matches!(row[6], b'S' | b'D'));
        }
    }
}
