//! Physical control format indicator channel: how many symbols the PDCCH has. TS 36.211 §6.7, TS 36.212 §5.3.4.

use super::{CellConfig, may_be_special, reg::Reg};
use crate::{
    cell::Bandwidth,
    coding::{
        demap::Modulation,
        llr::{Llr, agreement},
        scrambling,
    },
    grid::{
        ChannelEstimate, ResourceGrid,
        equalise::{self, Element},
    },
    sequences::gold::GoldSequence,
};

/// Bits of a CFI codeword.
pub const CODEWORD_BITS: usize = 32;

/// Control format indicator, 1–3; the fourth codeword is reserved. TS 36.212 §5.3.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cfi(u8);

impl Cfi {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self(1), Self(2), Self(3)];

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// OFDM symbols of the PDCCH: the CFI, or one more up to 10 resource blocks. TS 36.212 §5.3.4.
    #[must_use]
    pub const fn control_symbols(self, bandwidth: Bandwidth) -> usize {
        self.0 as usize + (bandwidth.n_rb_dl() <= 10) as usize
    }

    /// The CFI whose PDCCH has this many symbols, or `None`.
    #[must_use]
    pub fn from_control_symbols(symbols: usize, bandwidth: Bandwidth) -> Option<Self> {
        Self::ALL.into_iter().find(|cfi| cfi.control_symbols(bandwidth) == symbols)
    }

    /// The CFIs that `subframe` (0–9) may have: with frame structure type 2, subframes 1 and 6 have at most two control
    /// symbols. TS 36.211 Table 6.7-1.
    pub fn possible(cell: &CellConfig, subframe: usize) -> impl Iterator<Item = Self> {
        let most = if may_be_special(cell.duplex, subframe) { 2 } else { 4 };
        let bandwidth = cell.bandwidth;
        Self::ALL.into_iter().filter(move |cfi| cfi.control_symbols(bandwidth) <= most)
    }

    /// The codeword: ones but for every third bit, the first zero at bit CFI - 1. TS 36.212 Table 5.3.4-1.
    #[must_use]
    pub fn codeword(self) -> [u8; CODEWORD_BITS] {
        std::array::from_fn(|i| u8::from(i % 3 != usize::from(self.0) - 1))
    }
}

/// The four resource-element groups of the PCFICH, in mapping order. TS 36.211 §6.7.4.
#[must_use]
pub fn regs(cell: &CellConfig) -> [Reg; 4] {
    let n_rb_dl = cell.bandwidth.n_rb_dl();
    let first = 6 * (usize::from(cell.pci.get()) % (2 * n_rb_dl));
    [0, 1, 2, 3].map(|i| Reg { k: (first + i * n_rb_dl / 2 * 6) % (12 * n_rb_dl), l: 0 })
}

/// The sixteen resource elements, in mapping order. TS 36.211 §6.7.4.
#[must_use]
pub fn elements(cell: &CellConfig) -> [Element; CODEWORD_BITS / 2] {
    let mut elements = regs(cell).into_iter().flat_map(|reg| reg.elements(cell));
    std::array::from_fn(|_| elements.next().expect("four a group"))
}

/// The scrambling sequence of `subframe` (0–9). TS 36.211 §6.7.1.
fn scrambling_sequence(cell: &CellConfig, subframe: usize) -> GoldSequence {
    let n_id = u32::from(cell.pci.get());
    GoldSequence::new((subframe as u32 + 1) * (2 * n_id + 1) * (1 << 9) + n_id)
}

/// Descrambled soft bits of the codeword sent in `subframe` (0–9). TS 36.211 §6.7.
#[must_use]
pub fn soft_bits(
    received: &ResourceGrid,
    channel: &ChannelEstimate,
    cell: &CellConfig,
    subframe: usize,
) -> [Llr; CODEWORD_BITS] {
    let mut soft = [0.0; CODEWORD_BITS];
    equalise::soft_bits(received, channel, cell.ports, &elements(cell), &mut soft);
    scrambling::descramble(&mut soft, &mut scrambling_sequence(cell, subframe));
    soft
}

/// How well each CFI's codeword agrees with the soft bits, -1 to 1, in the order of [`Cfi::ALL`]. Without noise the
/// right one has 1, the others near -1/3; soft bits of subframes with one CFI may be added before.
#[must_use]
pub fn agreements(soft: &[Llr]) -> [f32; 3] {
    Cfi::ALL.map(|cfi| agreement(soft, &cfi.codeword()))
}

/// Adds the PCFICH of `subframe` (0–9) to the grids of the antenna ports. TS 36.211 §6.7.
pub fn encode(cfi: Cfi, cell: &CellConfig, subframe: usize, ports: &mut [ResourceGrid]) {
    let mut bits = cfi.codeword();
    scrambling::scramble(&mut bits, &mut scrambling_sequence(cell, subframe));
    equalise::map_symbols(Modulation::Qpsk.modulate(&bits), &elements(cell), ports);
}

#[cfg(test)]
mod tests {
    use super::{super::reg::tests::cell, *};
    use crate::cell::{Duplex, Pci};

    /// The first and last bits of Table 5.3.4-1.
    #[test]
    fn codewords_match_the_table() {
        for (cfi, start, end) in
            [(1, [0, 1, 1, 0, 1, 1], [0, 1]), (2, [1, 0, 1, 1, 0, 1], [1, 0]), (3, [1, 1, 0, 1, 1, 0], [1, 1])]
        {
            let codeword = Cfi::ALL[cfi - 1].codeword();
            assert_eq!((&codeword[..6], &codeword[30..]), (&start[..], &end[..]), "CFI {cfi}");
        }
    }

    #[test]
    fn narrow_carriers_have_one_symbol_more() {
        assert_eq!(Cfi::ALL.map(|cfi| cfi.control_symbols(Bandwidth::Rb6)), [2, 3, 4]);
        assert_eq!(Cfi::ALL.map(|cfi| cfi.control_symbols(Bandwidth::Rb15)), [1, 2, 3]);
        assert_eq!(Cfi::from_control_symbols(1, Bandwidth::Rb6), None);
        let possible = |bandwidth, subframe| {
            let cell = CellConfig { bandwidth, duplex: Duplex::Tdd, ..cell() };
            Cfi::possible(&cell, subframe).map(Cfi::get).collect::<Vec<_>>()
        };
        assert_eq!(possible(Bandwidth::Rb50, 6), [1, 2]);
        assert_eq!(possible(Bandwidth::Rb6, 1), [1]);
        assert_eq!(possible(Bandwidth::Rb6, 5), [1, 2, 3]);
    }

    #[test]
    fn groups_are_a_quarter_of_the_band_apart() {
        let cell = CellConfig { pci: Pci::new(0).expect("in range"), bandwidth: Bandwidth::Rb50, ..cell() };
        assert_eq!(regs(&cell).map(|reg| reg.k), [0, 150, 300, 450]);
        let odd = CellConfig { pci: Pci::new(49).expect("in range"), bandwidth: Bandwidth::Rb25, ..cell };
        assert_eq!(regs(&odd).map(|reg| reg.k), [294, 66, 144, 216]);
    }

    #[test]
    fn agreements_name_the_cfi_and_nothing_known_gives_none() {
        for (i, cfi) in Cfi::ALL.into_iter().enumerate() {
            let soft = cfi.codeword().map(|bit| 3.0 - 6.0 * f32::from(bit));
            let got = agreements(&soft);
            assert_eq!(got[i], 1.0);
            assert!(got.iter().enumerate().all(|(j, value)| j == i || *value < -0.2), "{got:?}");
        }
        assert_eq!(agreements(&[0.0; 32]), [0.0; 3]);
    }
}
