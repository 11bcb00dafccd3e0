//! Which symbols of which subframe a cell sends. TS 36.211 §4.

use lte_dsp::{
    cell::{AntennaPorts, CyclicPrefix, Duplex, PhichDuration, Sfn, TddAssignment},
    channels::pdsch::dwpts_symbols,
};

use crate::scenario::CellConfig;

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

/// The kind of subframe `n` (0–9) of a cell. TS 36.211 §4.1, §4.2.
#[must_use]
pub fn subframe(cell: &CellConfig, n: usize) -> Subframe {
    let Some(tdd) = cell.tdd else { return Subframe::Downlink };
    let is_downlink = TddAssignment::new(tdd.assignment).is_some_and(|assignment| assignment.is_downlink(n as u8));
    match (is_downlink, n) {
        (true, _) => Subframe::Downlink,
        // Where subframes 1 and 6 are not downlink, they are special.
        (false, 1 | 6) => {
            let symbols = dwpts_symbols(usize::from(tdd.special_subframe), cell.cp);
            symbols.map_or(Subframe::Uplink, |dwpts_symbols| Subframe::Special { dwpts_symbols })
        }
        _ => Subframe::Uplink,
    }
}

/// Whether subframe `n` of frame `sfn` is an MBSFN subframe. TS 36.331 §6.3.7 (MBSFN-SubframeConfig).
#[must_use]
pub fn is_mbsfn(cell: &CellConfig, sfn: Sfn, n: usize) -> bool {
    let named = match cell.duplex() {
        Duplex::Fdd => [1, 2, 3, 6, 7, 8],
        // The last bit names none.
        Duplex::Tdd => [3, 4, 7, 8, 9, usize::MAX],
    };
    let Some(place) = named.iter().position(|named| *named == n) else { return false };
    let allocations = cell.system_information.iter().flat_map(|si| &si.mbsfn);
    subframe(cell, n) == Subframe::Downlink
        && allocations
            .filter(|a| sfn.get() % a.period_rf == u16::from(a.offset_rf))
            .any(|a| a.one_frame >> (5 - place) & 1 == 1)
}

/// Symbols of an MBSFN subframe that are sent as in others: its control region. TS 36.211 §6.7.
#[must_use]
pub fn control_symbols_of_mbsfn(cell: &CellConfig) -> usize {
    let is_long = cell.antenna_ports == AntennaPorts::Four
        || cell.bandwidth.n_rb_dl() <= 10
        || cell.phich_duration == PhichDuration::Extended;
    1 + usize::from(is_long)
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
    use lte_dsp::cell::{Bandwidth, Pci};

    use super::*;
    use crate::TddConfig;

    /// Downlink and special subframes a frame, counted in Table 4.2-2; DwPTS of special subframe configuration 7.
    #[test]
    fn frames_have_the_printed_subframes() {
        let mut cell = CellConfig::new(Pci::new(0).expect("in range"), Bandwidth::Rb6, 2.35e9);
        for (assignment, downlink, special) in
            [(0, 2, 2), (1, 4, 2), (2, 6, 2), (3, 6, 1), (4, 7, 1), (5, 8, 1), (6, 3, 2)]
        {
            cell.tdd = Some(TddConfig { assignment, special_subframe: 7 });
            let count = |kind| (0..10).filter(|&n| subframe(&cell, n) == kind).count();
            assert_eq!(count(Subframe::Downlink), downlink, "configuration {assignment}");
            assert_eq!(count(Subframe::Special { dwpts_symbols: 10 }), special, "configuration {assignment}");
        }
    }
}
