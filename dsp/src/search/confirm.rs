//! Reference signals decide whether a candidate is a cell. TS 36.211 §6.10.1.

use num_complex::Complex32;

use crate::{
    cell::{Bandwidth, CyclicPrefix, Duplex},
    grid::{
        crs::{crs_offset, crs_sequence},
        ofdm::{CellSync, FRAME, OfdmDemodulator, StreamView},
    },
};

/// Reference symbols correlated over the middle six resource blocks, slot by slot through the dwell.
#[derive(Debug, Clone, Default)]
pub struct CrsCorrelations {
    /// One entry a reference symbol that the stream holds, in time order.
    pub symbols: Vec<CrsSymbol>,
}

/// One reference symbol of port 0.
#[derive(Debug, Clone, Copy)]
pub struct CrsSymbol {
    /// Slot, counted from the frame's start.
    pub slot: i64,
    /// Symbol of the slot.
    pub l: usize,
    /// Σ y·r* over the 12 elements.
    pub value: Complex32,
    /// The same with the upper half's sign turned: shows a delay.
    pub slope: Complex32,
    /// Σ |y|² over the 12 elements.
    pub power: f32,
}

/// Elements of port 0 a symbol in six resource blocks.
pub const ELEMENTS: usize = 12;

/// Whether every subframe of this number is a downlink one, whatever the TDD assignment. TS 36.211 Table 4.2-2.
#[must_use]
pub fn always_downlink(duplex: Duplex, subframe: i64) -> bool {
    duplex == Duplex::Fdd || subframe.rem_euclid(5) == 0
}

/// Correlates port 0 of the cell over the whole stream.
#[must_use]
pub fn correlate_crs(demodulator: &mut OfdmDemodulator, stream: StreamView<'_>, sync: &CellSync) -> CrsCorrelations {
    let sequences = CrsTable::new(sync);
    let mut symbols = Vec::new();
    let frame = FRAME as f64 * (1.0 + sync.clock_excess);
    let first_slot = -20 * ((sync.frame_start / frame).max(0.0) as i64 + 1);
    let total = (stream.samples.len() as f64 / stream.multiple() as f64 / frame * 20.0) as i64 + 20;
    let mut y = [Complex32::ZERO; 72];
    for slot in first_slot..first_slot + total + 20 {
        if !always_downlink(sync.duplex, slot.div_euclid(2)) {
            continue;
        }
        for (i, l) in [0, sync.cp.symbols_per_slot() - 3].into_iter().enumerate() {
            if !demodulator.symbol(stream, sync, slot, l, &mut y) {
                continue;
            }
            let n_s = slot.rem_euclid(20) as usize;
            let (offset, r) = sequences.get(n_s, i);
            let (mut halves, mut power) = ([Complex32::ZERO; 2], 0.0);
            for (m, r) in r.iter().enumerate() {
                let v = y[6 * m + offset];
                halves[m * 2 / ELEMENTS] += v * r.conj();
                power += v.norm_sqr();
            }
            symbols.push(CrsSymbol {
                slot,
                l,
                value: halves[0] + halves[1],
                slope: halves[1] * halves[0].conj(),
                power,
            });
        }
    }
    CrsCorrelations { symbols }
}

impl CrsCorrelations {
    /// Height of the summed correlation above the mean of noise, in standard deviations of noise.
    #[must_use]
    pub fn strength(&self) -> f32 {
        let used = self.symbols.iter().filter(|s| s.power > 0.0);
        let (sum, count) = used.fold((0.0, 0.0), |(sum, n), s| (sum + s.value.norm_sqr() / s.power, n + 1.0));
        if count > 0.0 { (sum - count) / f32::sqrt(count) } else { 0.0 }
    }
}

/// The 40 reference sequences of a frame over six resource blocks.
struct CrsTable {
    entries: Vec<(usize, [Complex32; ELEMENTS])>,
}

impl CrsTable {
    fn new(sync: &CellSync) -> Self {
        let second = CyclicPrefix::symbols_per_slot(sync.cp) - 3;
        let entries = (0..20)
            .flat_map(|n_s| [(n_s, 0), (n_s, second)])
            .map(|(n_s, l)| {
                let mut r = [Complex32::ZERO; ELEMENTS];
                for (r, value) in r.iter_mut().zip(crs_sequence(sync.pci, sync.cp, Bandwidth::Rb6, n_s, l)) {
                    *r = value;
                }
                (crs_offset(sync.pci, 0, n_s, l), r)
            })
            .collect();
        Self { entries }
    }

    fn get(&self, n_s: usize, i: usize) -> (usize, &[Complex32; ELEMENTS]) {
        let (offset, r) = &self.entries[2 * n_s + i];
        (*offset, r)
    }
}
