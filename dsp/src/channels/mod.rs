//! Physical channels: from resource elements to CRC-checked bits, and back for the test signal and for cancelling.
//!
//! Each channel has its resource elements, `encode_*` (bits to the grids of the antenna ports) and soft bits with their
//! decoding. Nothing here searches over subframes or hypotheses; the caller drives.

pub mod pbch;

use crate::{
    cell::{CyclicPrefix, Pci},
    grid::crs::{crs_offset, has_crs},
};

/// Whether element (l, k) of a subframe whose first slot is `n_s` belongs to the reference signals of one of the first
/// `ports` antenna ports; l counts from the start of the subframe. TS 36.211 §6.10.1.2.
fn is_crs(pci: Pci, cp: CyclicPrefix, ports: usize, (l, k): (usize, usize)) -> bool {
    let (slot, l) = (l / cp.symbols_per_slot(), l % cp.symbols_per_slot());
    (0..ports).any(|port| has_crs(cp, port, l) && k % 6 == crs_offset(pci, port, slot, l))
}
