//! Signals that carry no data: synchronisation, cell-specific and MBSFN reference signals. TS 36.211 §6.10, §6.11.

use std::{f32::consts::TAU, ops::Range};

use lte_dsp::{
    cell::{CyclicPrefix, Duplex, Sfn},
    grid::ResourceGrid,
    sequences::{
        crs::{crs_offset, crs_sequence, has_crs},
        gold::GoldSequence,
        secondary::{HalfFrame, sss},
        zadoff_chu::pss,
    },
};
use num_complex::Complex32;

use crate::scenario::{CellConfig, SyncPorts};

/// Where a synchronisation signal lies in its frame: `(subframe, symbol of the subframe)`, and its half frame.
fn pss_symbol(cell: &CellConfig, subframe: usize) -> Option<usize> {
    let last_of_slot = cell.cp.symbols_per_slot() - 1;
    match (cell.duplex(), subframe) {
        (Duplex::Fdd, 0 | 5) => Some(last_of_slot),
        (Duplex::Tdd, 1 | 6) => Some(2),
        _ => None,
    }
}

/// Parts of a turn in which [`SyncPorts::Turning`] turns; prime, so that it takes as many half frames to come round.
const TURN: usize = 17;

fn sss_symbol(cell: &CellConfig, subframe: usize) -> Option<usize> {
    let slot = cell.cp.symbols_per_slot();
    match (cell.duplex(), subframe) {
        (Duplex::Fdd, 0 | 5) => Some(slot - 2),
        (Duplex::Tdd, 0 | 5) => Some(2 * slot - 1),
        _ => None,
    }
}

/// Puts PSS and SSS of subframe 0–9 of frame `sfn` into the grid of antenna port `port`. TS 36.211 §6.11.1.2, §6.11.2.2.
pub fn put_synchronisation(cell: &CellConfig, sfn: Sfn, subframe: usize, port: usize, grid: &mut ResourceGrid) {
    if port > 0 && cell.sync_ports == SyncPorts::First {
        return;
    }
    // Of PSS and SSS of a half frame the same.
    let half_frame = 2 * usize::from(sfn.get()) + subframe / 5;
    let factor = match cell.sync_ports {
        SyncPorts::Turning => Complex32::cis((port * half_frame * half_frame % TURN) as f32 / TURN as f32 * TAU),
        SyncPorts::First | SyncPorts::All => Complex32::ONE,
    };
    let first = grid.subcarriers() / 2 - 31;
    if let Some(l) = pss_symbol(cell, subframe) {
        for (element, d) in grid.symbol_mut(l)[first..first + 62].iter_mut().zip(pss(cell.pci.n_id_2())) {
            *element = d * factor;
        }
    }
    if let Some(l) = sss_symbol(cell, subframe) {
        let half = if subframe < 5 { HalfFrame::First } else { HalfFrame::Second };
        let d = sss(cell.pci.n_id_1(), cell.pci.n_id_2(), half);
        for (element, d) in grid.symbol_mut(l)[first..first + 62].iter_mut().zip(d) {
            *element = factor * d;
        }
    }
}

/// Puts the cell-specific reference signals of the first `symbols` symbols of subframe 0–9 into the grid of antenna port
/// `port`. TS 36.211 §6.10.1.2.
pub fn put_crs(cell: &CellConfig, subframe: usize, symbols: usize, port: usize, grid: &mut ResourceGrid) {
    let slot_symbols = cell.cp.symbols_per_slot();
    for l in 0..symbols {
        let (n_s, l_slot) = (2 * subframe + l / slot_symbols, l % slot_symbols);
        if !has_crs(cell.cp, port, l_slot) {
            continue;
        }
        let first = crs_offset(cell.pci, port, n_s, l_slot);
        let sequence = crs_sequence(cell.pci, cell.cp, cell.bandwidth, n_s, l_slot);
        let elements = grid.symbol_mut(l);
        for (m, r) in sequence.enumerate() {
            elements[6 * m + first] = r;
        }
    }
}

/// N_RB^max,DL, for which the sequence is made whatever the cell's bandwidth.
const N_RB_MAX_DL: usize = 110;

/// Puts MBSFN reference signals into `symbols` of subframe 0–9 in a grid with the extended prefix. The area has the cell's
/// identity, modulo 256. TS 36.211 §6.10.2.
pub fn put_mbsfn_reference(cell: &CellConfig, subframe: usize, symbols: Range<usize>, grid: &mut ResourceGrid) {
    let slot_symbols = CyclicPrefix::Extended.symbols_per_slot();
    let area = u32::from(cell.pci.get()) % 256;
    for l in symbols {
        let (n_s, l_slot) = (2 * subframe + l / slot_symbols, l % slot_symbols);
        if !matches!((n_s % 2, l_slot), (0, 2) | (1, 0 | 4)) {
            continue;
        }
        let mut c = GoldSequence::new((1 << 9) * (7 * (n_s as u32 + 1) + l_slot as u32 + 1) * (2 * area + 1) + area);
        // Six elements a block, two bits each.
        c.advance(6 * (N_RB_MAX_DL - cell.bandwidth.n_rb_dl()));
        let first = usize::from(l_slot == 0);
        for element in grid.symbol_mut(l)[first..].iter_mut().step_by(2) {
            let mut level = || {
                if c.next() == Some(true) { -std::f32::consts::FRAC_1_SQRT_2 } else { std::f32::consts::FRAC_1_SQRT_2 }
            };
            *element = Complex32::new(level(), level());
        }
    }
}
