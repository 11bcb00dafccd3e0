//! Physical channels: from resource elements to CRC-checked bits, and back for the test signal and for cancelling.
//!
//! Each channel has its resource elements, a way from bits to the grids of the antenna ports, and soft bits with their
//! decoding. Nothing here searches over subframes or hypotheses; the caller drives:
//!
//! ```text
//! pbch → CellConfig → pcfich → pdcch (reg, phich_mapping) → dci → pdsch → TransportBlock
//! ```

pub mod cancel;
pub mod dci;
pub mod dci_search;
mod fit;
mod known_cell;
mod looped_mib;
pub mod mib;
mod mib_burst;
pub mod pbch;
pub mod pcfich;
pub mod pdcch;
pub mod pdsch;
pub mod phich_mapping;
pub mod reg;
mod sent_symbols;
pub mod traffic;
pub mod virtual_blocks;

use std::ops::Range;

use crate::{
    cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource},
    frontend::ofdm::CellSync,
    sequences::crs::{crs_offset, has_crs},
};
use pbch::DecodedMib;

/// What the synchronisation signals and the MIB say of a cell; the mapping of every channel follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellConfig {
    /// Physical-layer cell identity.
    pub pci: Pci,
    /// Frame structure.
    pub duplex: Duplex,
    /// Cyclic prefix of the downlink.
    pub cp: CyclicPrefix,
    /// Downlink bandwidth.
    pub bandwidth: Bandwidth,
    /// Cell-specific antenna ports.
    pub ports: AntennaPorts,
    /// PHICH duration.
    pub phich_duration: PhichDuration,
    /// PHICH resource, N_g.
    pub phich_resource: PhichResource,
}

impl CellConfig {
    /// The configuration of a cell found at `sync` that sends this MIB; `None` where the MIB has no bandwidth.
    #[must_use]
    pub fn new(sync: &CellSync, DecodedMib { mib, ports, .. }: &DecodedMib) -> Option<Self> {
        Some(Self {
            pci: sync.pci,
            duplex: sync.duplex,
            cp: sync.cp,
            bandwidth: mib.bandwidth()?,
            ports: *ports,
            phich_duration: mib.phich_duration(),
            phich_resource: mib.phich_resource(),
        })
    }
}

/// The subcarriers of symbol `l` (from the start of the subframe) that carry reference signals of one of the first
/// `ports` antenna ports: bit k mod 6 for subcarrier k, as their pattern repeats every six. TS 36.211 §6.10.1.2.
fn crs_comb(pci: Pci, cp: CyclicPrefix, ports: usize, l: usize) -> u8 {
    let (slot, l) = (l / cp.symbols_per_slot(), l % cp.symbols_per_slot());
    (0..ports).filter(|&port| has_crs(cp, port, l)).fold(0, |comb, port| comb | 1 << crs_offset(pci, port, slot, l))
}

/// Whether subcarrier `k` is one of a comb's.
const fn in_comb(comb: u8, k: usize) -> bool {
    comb >> (k % 6) & 1 == 1
}

/// Whether `subframe` (0–9) of frame structure type 2 is one in which a special subframe may stand. TS 36.211 §4.2.
fn may_be_special(duplex: Duplex, subframe: usize) -> bool {
    duplex == Duplex::Tdd && matches!(subframe, 1 | 6)
}

/// The 72 central of `subcarriers` subcarriers: those of the synchronisation signals and the PBCH. TS 36.211 §6.6.4.
fn central(subcarriers: usize) -> Range<usize> {
    subcarriers / 2 - 36..subcarriers / 2 + 36
}
