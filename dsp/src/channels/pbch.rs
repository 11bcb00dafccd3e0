//! Physical broadcast channel. TS 36.211 §6.6, TS 36.212 §5.3.1.
//!
//! Four bursts, one in subframe 0 of each of four frames, carry one MIB: 40 bits with the CRC, 120 coded. The caller
//! chooses the hypotheses (antenna ports, place of a burst in its 40 ms, step of the SFN) and adds up soft bits.

use super::is_crs;
use crate::{
    cell::{AntennaPorts, CyclicPrefix, Pci},
    grid::{
        ChannelEstimate, ResourceGrid,
        equalise::{self, Element},
    },
};

/// The resource elements of one burst, in mapping order: the 72 central subcarriers of symbols 0–3 of slot 1, less the
/// reference signals of four antenna ports whatever the cell has. TS 36.211 §6.6.4.
///
/// `subcarriers` is the width of the grid they are for; any even number of at least 72.
#[must_use]
pub fn elements(pci: Pci, cp: CyclicPrefix, subcarriers: usize) -> Vec<Element> {
    let first_k = subcarriers / 2 - 36;
    let first_l = cp.symbols_per_slot();
    (first_l..first_l + 4)
        .flat_map(|l| (first_k..first_k + 72).map(move |k| (l, k)))
        .filter(|&element| !is_crs(pci, cp, 4, element))
        .collect()
}

/// Soft bits of one burst, still scrambled: 480, or 432 with the extended cyclic prefix. TS 36.211 §6.6.
///
/// `received` and `channel` are subframe 0; `ports` is a hypothesis.
#[must_use]
pub fn burst_soft_bits(
    received: &ResourceGrid,
    channel: &ChannelEstimate,
    pci: Pci,
    cp: CyclicPrefix,
    ports: AntennaPorts,
) -> Vec<f32> {
    equalise::soft_bits(received, channel, ports, &elements(pci, cp, received.subcarriers()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_has_240_elements_or_216() {
        for value in 0..Pci::COUNT {
            let pci = Pci::new(value).expect("in range");
            for (cp, count) in [(CyclicPrefix::Normal, 240), (CyclicPrefix::Extended, 216)] {
                let elements = elements(pci, cp, 180);
                assert_eq!(elements.len(), count);
                assert!(elements.iter().all(|&(_, k)| (54..126).contains(&k)));
                assert!(elements.is_sorted());
            }
        }
    }
}
