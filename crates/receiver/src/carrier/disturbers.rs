//! Takes cells that disturb another one of the same carrier off a stream.

use std::ops::Range;

use lte_dsp::{
    cell::Bandwidth,
    channels::{
        cancel::{self, KnownCell},
        traffic::attenuate_traffic,
    },
    frontend::channelise::{CarrierStream, StreamView},
};

use super::CarrierSession;

/// Power over noise and interference of a cell from which it is cancelled for another: 6 dB below, reference signals add
/// 1 dB to that in a sixth of the elements.
const WORTH_CANCELLING: f32 = 0.25;

impl CarrierSession {
    /// The cells that disturb the `i`-th, the strongest first.
    pub(super) fn worth_cancelling(&self, i: usize) -> Vec<usize> {
        let least = WORTH_CANCELLING * self.cells[i].found.statistics.noise;
        let power = |j: usize| self.cells[j].found.statistics.power;
        let mut cells: Vec<usize> = (0..self.cells.len()).filter(|&j| j != i && power(j) > least).collect();
        cells.sort_by(|&a, &b| power(b).total_cmp(&power(a)));
        cells
    }

    /// Makes the `wanted` stretches of `rest` those of a stream with all that is known of these cells taken off, the first
    /// first, and their traffic attenuated. What is in between means nothing, and beyond there is nothing.
    pub(super) fn without(
        &mut self,
        cells: &[usize],
        stream: StreamView<'_>,
        bandwidth: Bandwidth,
        wanted: &[cancel::Stretch],
        rest: &mut CarrierStream,
    ) {
        let known: Vec<KnownCell> = cells.iter().map(|&j| self.cells[j].known()).collect();
        (rest.rate, rest.centre) = (stream.rate, stream.centre);
        let held = stream.first..stream.first + stream.samples.len();
        let place = |at: f64| ((at * stream.multiple() as f64).max(0.0) as usize).clamp(held.start, held.end);
        let read = cancel::read_for(&known, stream, wanted);
        let read = read.iter().map(|stretch| place(stretch.start.floor())..place(stretch.end.ceil()));
        let [first, last] = [read.clone().next(), read.clone().next_back()].map(Option::unwrap_or_default);
        rest.first = first.start;
        rest.samples.resize(last.end - first.start);
        for Range { start, end } in read {
            let there = &stream.samples[start - held.start..end - held.start];
            rest.samples[start - rest.first..end - rest.first].copy_from_slice(there);
        }
        for (&j, cell) in cells.iter().zip(&known) {
            // Blocks first: the cell's own reference signals show how they are received.
            if cell.mib.is_some_and(|mib| mib.bandwidth.rate_multiple() <= stream.multiple()) {
                self.cells[j].cancel_blocks(rest, wanted);
            }
            self.cells[j].cancel(rest, bandwidth, wanted);
        }
        for cell in &known {
            attenuate_traffic(rest, cell, bandwidth, wanted);
        }
    }
}
