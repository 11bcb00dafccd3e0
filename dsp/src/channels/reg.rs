//! Resource-element groups, the unit in which control channels are mapped. TS 36.211 §6.2.4.

use super::{CellConfig, crs_comb, in_comb};
use crate::{grid::equalise::Element, sequences::crs::has_crs};

/// A resource-element group: four elements of one symbol, named by its symbol and its lowest subcarrier.
/// TS 36.211 §6.2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reg {
    /// Lowest subcarrier k, which may itself carry a reference signal.
    pub k: usize,
    /// Symbol l, from the start of the subframe.
    pub l: usize,
}

/// The antenna ports whose reference signals are left out: a cell with one port leaves out those of two.
fn assumed_ports(cell: &CellConfig) -> usize {
    cell.ports.count().max(2)
}

/// Subcarriers that a group of symbol `l` of the first slot spans: six with reference signals among them, else four.
fn span(cell: &CellConfig, l: usize) -> usize {
    if (0..assumed_ports(cell)).any(|port| has_crs(cell.cp, port, l)) { 6 } else { 4 }
}

impl Reg {
    /// The four elements that carry a symbol quadruplet, in ascending order. TS 36.211 §6.2.4.
    pub fn elements(self, cell: &CellConfig) -> impl Iterator<Item = Element> + use<> {
        let reference = crs_comb(cell.pci, cell.cp, assumed_ports(cell), self.l);
        let subcarriers = self.k..self.k + span(cell, self.l);
        subcarriers.filter(move |&k| !in_comb(reference, k)).map(move |k| (self.l, k))
    }
}

/// The groups of the first `symbols` symbols (up to 4), by frequency, then time: the order in which the PDCCH takes
/// them. TS 36.211 §6.8.5.
pub fn regs(cell: &CellConfig, symbols: usize) -> impl Iterator<Item = Reg> + use<> {
    let spans = [0, 1, 2, 3].map(|l| span(cell, l));
    // Groups span four or six subcarriers, so each starts at an even one.
    (0..cell.bandwidth.subcarriers())
        .step_by(2)
        .flat_map(move |k| (0..symbols.min(4)).filter(move |&l| k % spans[l] == 0).map(move |l| Reg { k, l }))
}

/// The groups of symbol `l` (0–3), ascending in frequency. TS 36.211 §6.2.4.
pub fn regs_of_symbol(cell: &CellConfig, l: usize) -> impl Iterator<Item = Reg> + use<> {
    (0..cell.bandwidth.subcarriers()).step_by(span(cell, l)).map(move |k| Reg { k, l })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource};

    /// A cell to be varied.
    pub fn cell() -> CellConfig {
        CellConfig {
            pci: Pci::new(130).expect("in range"),
            duplex: Duplex::Fdd,
            cp: CyclicPrefix::Normal,
            bandwidth: Bandwidth::Rb25,
            ports: AntennaPorts::Two,
            phich_duration: PhichDuration::Normal,
            phich_resource: PhichResource::One,
        }
    }

    /// Two or three groups a block and symbol, as the clause lists them by symbol, ports and prefix.
    #[test]
    fn groups_a_block_are_those_listed() {
        use {AntennaPorts::*, CyclicPrefix::*};
        for (cp, ports, groups) in [
            (Normal, One, [2, 3, 3, 3]),
            (Normal, Two, [2, 3, 3, 3]),
            (Normal, Four, [2, 2, 3, 3]),
            (Extended, One, [2, 3, 3, 2]),
            (Extended, Four, [2, 2, 3, 2]),
        ] {
            let cell = CellConfig { cp, ports, ..cell() };
            for (l, groups) in groups.into_iter().enumerate() {
                assert_eq!(regs_of_symbol(&cell, l).count(), groups * 25, "{cp:?} {ports:?} l {l}");
            }
        }
    }

    #[test]
    fn groups_of_several_symbols_come_by_frequency_then_time() {
        for ports in AntennaPorts::ALL {
            let cell = CellConfig { ports, ..cell() };
            let mut all: Vec<Reg> = (0..4).flat_map(|l| regs_of_symbol(&cell, l)).collect();
            all.sort_unstable_by_key(|reg| (reg.k, reg.l));
            assert!(regs(&cell, 4).eq(all));
        }
    }

    #[test]
    fn every_group_has_four_elements_of_its_own() {
        for pci in (0..6).filter_map(Pci::new) {
            for ports in AntennaPorts::ALL {
                let cell = CellConfig { pci, ports, ..cell() };
                for l in 0..4 {
                    let mut all = Vec::new();
                    for reg in regs_of_symbol(&cell, l) {
                        assert_eq!(reg.elements(&cell).count(), 4);
                        all.extend(reg.elements(&cell));
                    }
                    assert!(all.is_sorted_by(|a, b| a < b));
                }
            }
        }
    }
}
