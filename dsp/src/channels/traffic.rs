//! Attenuates the resource blocks in which a strong cell sends traffic, so that a weak cell is heard through the others.
//!
//! Traffic cannot be rebuilt, but it fills whole resource blocks for a subframe, and control channels whole groups of four
//! elements for a symbol. Between them hardly any of a cell is left once its known signals are cancelled. A signal summed
//! over elements of unequal interference is best weighted by that interference: what detects and decodes afterwards sums
//! everything alike, so the weights are put on the samples.

use num_complex::Complex32;

use super::{
    cancel::{KnownCell, Stretch, reaches_into},
    crs_comb, in_comb,
};
use crate::{
    cell::{Bandwidth, CyclicPrefix},
    frontend::{
        channelise::CarrierStream,
        ofdm::{CellSync, OfdmDemodulator, SLOT},
    },
    sequences::crs::has_crs,
};

/// Power a resource element may keep, in parts of the cell's reference elements: 15 dB less. Cells above that level are
/// heard without.
const KEPT: f32 = 0.03;
/// The same in parts of the noise, which no attenuating makes less harmful.
const LEAST_KEPT: f32 = 2.0;
/// Subcarriers that carry one user's traffic: half a resource block, as the blocks around the middle of an odd number of
/// them begin half a block beside those around the middle of an even one.
const HALF_BLOCK: usize = 6;
/// Symbols of a subframe that may be in its control region.
const CONTROL_SYMBOLS: usize = 4;

/// Weights the elements of each symbol in the middle `bandwidth` of `stream`, those together that carry one channel's
/// signal, by the power that `cell` sends in them, where that is far above noise, in all slots that reach into one of the
/// `wanted` stretches. The cell's known signals are to be cancelled first. Returns whether anything was attenuated.
pub fn attenuate_traffic(
    stream: &mut CarrierStream,
    cell: &KnownCell,
    bandwidth: Bandwidth,
    wanted: &[Stretch],
) -> bool {
    let (sync, statistics) = (&cell.sync, &cell.statistics);
    let kept = (KEPT * statistics.power).max(LEAST_KEPT * statistics.noise);
    if statistics.power < 2.0 * kept {
        return false;
    }
    let bandwidth = cell.within(bandwidth);
    let mut is_any_changed = false;
    let mut demodulator = OfdmDemodulator::new();
    let mut y = vec![Complex32::ZERO; bandwidth.subcarriers()];
    for slot in sync.numbers_in(stream.view(), SLOT) {
        if !reaches_into(&sync.span(slot, SLOT), wanted) {
            continue;
        }
        let sync = in_force(sync, slot);
        for l in 0..sync.cp.symbols_per_slot() {
            if !demodulator.symbol(stream.view(), &sync, slot, l, &mut y) {
                continue;
            }
            let in_subframe = slot.rem_euclid(2) as usize * sync.cp.symbols_per_slot() + l;
            let is_changed = keep_loud(&mut y, &Groups::of(cell, &sync, slot, in_subframe, bandwidth), kept);
            if is_changed {
                demodulator.subtract(stream, &sync, slot, l, &y);
                is_any_changed = true;
            }
        }
    }
    is_any_changed
}

/// Which elements of a symbol are together.
struct Groups {
    /// Subcarriers of a group.
    size: usize,
    /// How many of the first group's lie below the band.
    cut: usize,
    /// Those of reference signals, which what is left of them after cancelling has to itself.
    comb: u8,
}

impl Groups {
    /// Those of a symbol, counted from its subframe's start.
    fn of(cell: &KnownCell, sync: &CellSync, slot: i64, l: usize, bandwidth: Bandwidth) -> Self {
        let ports = cell.ports().count();
        let is_mbsfn = sync.mbsfn.contains(slot.div_euclid(2));
        let comb = if is_mbsfn { 0 } else { crs_comb(sync.pci, sync.cp, ports, l) };
        // TS 36.211 §6.2.4: two ports at least are left out of the groups.
        let is_in_fours = l < CONTROL_SYMBOLS && !(0..ports.max(2)).any(|port| has_crs(sync.cp, port, l));
        let size = if is_in_fours { 4 } else { HALF_BLOCK };
        let below = cell.mib.map_or(0, |mib| (mib.bandwidth.subcarriers() - bandwidth.subcarriers()) / 2);
        Self { size, cut: below % size, comb }
    }
}

/// Leaves of each group in a symbol what makes it louder than `kept`; returns whether there was any.
fn keep_loud(y: &mut [Complex32], groups: &Groups, kept: f32) -> bool {
    let mut is_any = false;
    let mut from = 0;
    // Elements of reference signals apart from the others.
    let part: [usize; 6] = std::array::from_fn(|k| in_comb(groups.comb, k).into());
    while from < y.len() {
        let to = (from + groups.size - if from == 0 { groups.cut } else { 0 }).min(y.len());
        let (mut power, mut count) = ([0.0; 2], [0.0; 2]);
        for k in from..to {
            power[part[k % 6]] += y[k].norm_sqr();
            count[part[k % 6]] += 1.0;
        }
        let removed: [f32; 2] = std::array::from_fn(|part| {
            let kept = kept * count[part];
            if power[part] > kept { 1.0 - kept / power[part] } else { 0.0 }
        });
        for k in from..to {
            y[k] *= removed[part[k % 6]];
        }
        is_any |= removed != [0.0; 2];
        from = to;
    }
    is_any
}

/// The cell with the prefix that a slot's traffic has: MBSFN subframes' is extended. TS 36.211 §6.10.2.
fn in_force(sync: &CellSync, slot: i64) -> CellSync {
    let cp = if sync.mbsfn.contains(slot.div_euclid(2)) { CyclicPrefix::Extended } else { sync.cp };
    CellSync { cp, ..*sync }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::{Duplex, Pci, mbsfn::MbsfnSubframes},
        channels::cancel::WHOLE,
        frontend::sample_buffer::SampleBuffer,
        search::statistics::ChannelStatistics,
        units::{Hertz, SampleRate},
    };

    /// A block as strong as the reference signals loses what a sum weighted by interference takes from it; one 26 dB
    /// below them stays.
    #[test]
    fn strong_blocks_are_attenuated_and_weak_ones_are_not() {
        let sync = CellSync {
            pci: Pci::new(7).expect("in range"),
            duplex: Duplex::Fdd,
            cp: CyclicPrefix::Normal,
            frame_start: 11.63,
            clock_excess: 0.0,
            offset: Hertz(-4321.0),
            mbsfn: MbsfnSubframes::default(),
        };
        let statistics = ChannelStatistics { power: 1.0, noise: 1e-4, delay_spread: 5e-8, doppler: 2.0, quality: 0.5 };
        let mut demodulator = OfdmDemodulator::new();
        let samples = vec![Complex32::ZERO; 2 * SLOT];
        let mut stream = CarrierStream {
            samples: SampleBuffer::from(&samples[..]),
            first: 0,
            rate: SampleRate::LTE_1_4_MHZ,
            centre: Hertz(0.0),
        };
        let amplitude = |k: usize| if (24..36).contains(&k) { 1.0 } else { 0.05 };
        let before: Vec<Complex32> = (0..72).map(|k| Complex32::cis(-((k * k) as f32)) * -amplitude(k)).collect();
        demodulator.subtract(&mut stream, &sync, 0, 3, &before);
        assert!(attenuate_traffic(
            &mut stream,
            &KnownCell { sync, statistics, sent: None, mib: None },
            Bandwidth::Rb6,
            &[WHOLE]
        ));
        let mut after = [Complex32::ZERO; 72];
        assert!(demodulator.symbol(stream.view(), &sync, 0, 3, &mut after));
        for (k, x) in after.iter().enumerate() {
            let expected = if amplitude(k) == 1.0 { KEPT } else { 0.05 };
            assert!((x.norm() - expected).abs() < 0.01, "element {k}: {x}");
        }
    }
}
