//! Which subframes of a cell may bring a block. TS 36.211 §4.

use crate::{
    cell::{CyclicPrefix, Duplex, TddAssignment},
    channels::pdsch::{dwpts_symbols, dwpts_symbols_with_pdsch},
};

/// Which subframes a cell sends.
#[derive(Debug, Clone, Copy)]
pub struct Downlink {
    /// Frame structure.
    pub duplex: Duplex,
    /// Cyclic prefix.
    pub cp: CyclicPrefix,
    /// Uplink-downlink assignment and special subframe configuration, once SIB1 has told them.
    pub tdd: Option<(u8, u8)>,
}

impl Downlink {
    /// The uplink-downlink assignment.
    pub fn tdd_assignment(self) -> Option<TddAssignment> {
        TddAssignment::new(self.tdd?.0)
    }

    /// Symbols that a TDD cell sends of each subframe of a frame, once SIB1 has told it. TS 36.211 §4.2.
    pub fn symbols_sent(self) -> Option<[usize; 10]> {
        let (assignment, (_, special)) = self.tdd_assignment().zip(self.tdd)?;
        let dwpts = dwpts_symbols(special.into(), self.cp)?;
        Some(std::array::from_fn(|in_frame| match in_frame {
            _ if assignment.is_downlink(in_frame as u8) => self.cp.symbols_per_subframe(),
            1 | 6 => dwpts,
            _ => 0,
        }))
    }

    /// Symbols of a subframe that may hold a PDSCH: of a TDD cell's special ones those of the DwPTS, before SIB1 those of
    /// subframes 0 and 5 alone. `None` where there is none. TS 36.211 §4.2.
    pub fn symbols_for_pdsch(self, in_frame: u8) -> Option<usize> {
        let is_whole = match (self.duplex, self.tdd_assignment()) {
            (Duplex::Fdd, _) => true,
            (Duplex::Tdd, Some(assignment)) => assignment.is_downlink(in_frame),
            (Duplex::Tdd, None) => in_frame.is_multiple_of(5),
        };
        if is_whole {
            return Some(self.cp.symbols_per_subframe());
        }
        let (_, special) = self.tdd.filter(|_| matches!(in_frame, 1 | 6))?;
        dwpts_symbols_with_pdsch(special.into(), self.cp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Subframe 6 is a special one only where the pattern comes twice a frame.
    #[test]
    fn tdd_cells_send_what_sib1_tells() {
        let cp = CyclicPrefix::Normal;
        let sent = |tdd| Downlink { duplex: Duplex::Tdd, cp, tdd }.symbols_sent();
        assert_eq!(sent(Some((1, 7))), Some([14, 10, 0, 0, 14, 14, 10, 0, 0, 14]));
        assert_eq!(sent(Some((3, 0))), Some([14, 3, 0, 0, 0, 14, 14, 14, 14, 14]));
        assert_eq!(sent(Some((7, 0))), None);
        assert_eq!(sent(Some((1, 11))), None);
        assert_eq!(sent(None), None);
    }
}
