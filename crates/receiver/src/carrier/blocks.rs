//! SIB1, SI messages and paging of a carrier's cells: of a strong one from the carrier as it is, of a weak one from what is
//! left of that once the others are taken off.

use lte_dsp::{
    cell::Bandwidth,
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::SUBFRAME,
    },
    receive::Sib1Sums,
    units::SampleRate,
};

use super::{CarrierSession, Chunk};
use crate::{
    budget::Purpose,
    cell_session::{CellSession, information::SiSums},
};

/// Power over noise and interference, -10 dB, below which no SIB1 is heard beside other cells: codes stand no more.
const LEAST_SINR: f32 = 0.1;

/// Subframes of SI windows freed of other cells at once: often the first ones of a window bring its message.
const AT_ONCE: i64 = 4;
/// Units of work to read a subframe, and milliseconds that taking a cell off for it reads: its neighbours' too.
const SUBFRAME_UNITS: f64 = 2.0;
const READ_MS: f64 = 3.0;

impl CarrierSession {
    /// Receives SIB1 and SI of the cells whose MIB is known. `alone` tells that the recording holds no other carrier.
    pub fn receive_information(&mut self, chunk: &Chunk, alone: bool) {
        self.receive_blocks(chunk, alone);
        // A cell that has told other MBSFN subframes than were seen is measured again without those.
        if !self.cells.iter().any(|cell| cell.tells_other_mbsfn) {
            return;
        }
        let narrow = chunk.has_spectra.then(|| self.channeliser.stream(&chunk.spectra, self.nominal.relative, 1));
        let Some(stream) = narrow.as_ref().map(CarrierStream::view).or(chunk.whole()) else { return };
        for cell in self.cells.iter_mut().filter(|cell| cell.tells_other_mbsfn) {
            cell.tells_other_mbsfn = false;
            cell.track(stream, &self.nominal);
        }
    }

    /// Listens to the paging of the `i`-th cell, of which nothing else is left to learn: of its carrier no more is made
    /// than that.
    fn listen(&mut self, i: usize, chunk: &Chunk, multiple: usize, alone: bool) {
        let Self { nominal, cells, channeliser, middle, paged, stretches, .. } = self;
        let cell = &mut cells[i];
        if let Some(whole) = chunk.whole_for(multiple).filter(|_| alone) {
            cell.receive_paging(whole);
            return;
        }
        cell.paging_stretches(middle.view(), stretches);
        for stretch in stretches {
            // A block more on either side: at the outer ends filters have not settled.
            let block = |at: f64| (at / SUBFRAME as f64).floor().max(0.0) as usize;
            let blocks = block(stretch.start).saturating_sub(1)..(block(stretch.end) + 2).min(chunk.spectra.blocks());
            paged.rate = SampleRate::LTE_1_4_MHZ.times(multiple);
            channeliser.renew_blocks(paged, &chunk.spectra, nominal.relative, blocks);
            cell.receive_paging(paged.view());
        }
    }

    fn receive_blocks(&mut self, chunk: &Chunk, alone: bool) {
        let mut streams: Vec<CarrierStream> = Vec::new();
        let mut rest = CarrierStream::empty(self.middle.rate, self.middle.centre);
        // Those first that had the fewest turns.
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(0..self.cells.len());
        order.sort_unstable_by_key(|&i| (self.cells[i].turns, i));
        for &i in &order {
            let cell = &mut self.cells[i];
            let Some(mib) = cell.mib else { continue };
            let bandwidth = mib.fields.bandwidth;
            if !is_held(cell, bandwidth, chunk) {
                cell.turns += 1;
                cell.note.get_or_insert_with(|| {
                    format!(
                    "SIB1 needs the whole carrier, {:.2} MHz around {:+.2} MHz of the recording's centre, which holds {:.2} MHz",
                    bandwidth.subcarriers() as f64 * 15e-3,
                    cell.found.sync.offset.0 * 1e-6,
                    chunk.recorded.hz() * 1e-6
                )
                });
                continue;
            }
            let multiple = bandwidth.rate_multiple();
            if cell.is_complete() {
                self.listen(i, chunk, multiple, alone);
                continue;
            }
            let others = self.worth_cancelling(i);
            let stream = self.stream_of(&mut streams, chunk, multiple, alone);
            let subframes = self.cells[i].information_subframes(stream);
            if !self.budget.take(Purpose::Decoding, SUBFRAME_UNITS * subframes as f64) {
                continue;
            }
            self.cells[i].turns += 1;
            // Much is heard beside the others; what is not, without them.
            if others.is_empty() || self.cells[i].sinr() >= LEAST_SINR {
                self.cells[i].receive_information(stream);
            }
            if !others.is_empty() && !self.cells[i].is_clear() {
                self.receive_missing(i, &others, stream, bandwidth, &mut rest);
            }
            self.cells[i].receive_paging(stream);
        }
        self.order = order;
    }

    /// Whether work is left to take so many cells off so many subframes.
    fn take_cancelling(&mut self, cells: usize, subframes: usize) -> bool {
        self.budget.take(Purpose::Decoding, cells as f64 * (READ_MS - 1.0 + subframes as f64) + SUBFRAME_UNITS)
    }

    /// Receives what could not be received of the `i`-th cell beside these other ones, which are taken off.
    fn receive_missing(
        &mut self,
        i: usize,
        others: &[usize],
        stream: StreamView<'_>,
        bandwidth: Bandwidth,
        rest: &mut CarrierStream,
    ) {
        let is_heard = !self.cells[i].sib1_periods.is_empty();
        let mut stretches = Vec::new();
        let mut sums = Sib1Sums::default();
        for subframe in self.cells[i].missing_sib1(stream) {
            if !self.cells[i].sib1_periods.contains(&subframe.period) && self.take_cancelling(others.len(), 1) {
                stretches.clear();
                stretches.extend(self.cells[i].stretches(std::iter::once(subframe.number)));
                self.without(others, stream, bandwidth, &stretches, rest);
                self.cells[i].receive_sib1(rest.view(), &[subframe], &mut sums);
            }
        }
        let mut sums = SiSums::default();
        for part in self.cells[i]
            .missing_si(stream)
            .chunk_by(|a, b| a.number.div_euclid(AT_ONCE) == b.number.div_euclid(AT_ONCE))
        {
            if !part.iter().all(|subframe| sums.has_received(subframe.window))
                && self.take_cancelling(others.len(), part.len())
            {
                stretches.clear();
                stretches.extend(self.cells[i].stretches(part.iter().map(|subframe| subframe.number)));
                self.without(others, stream, bandwidth, &stretches, rest);
                self.cells[i].receive_si(rest.view(), part, &mut sums);
            }
        }
        if !is_heard && self.budget.has(Purpose::Decoding) {
            self.cells[i].paging_stretches(stream, &mut stretches);
            self.without(others, stream, bandwidth, &stretches, rest);
            self.cells[i].receive_paging(rest.view());
        }
    }

    /// A stream that holds the carrier: the recording itself, or one of `streams`, to which it is added if need be.
    fn stream_of<'a>(
        &mut self,
        streams: &'a mut Vec<CarrierStream>,
        chunk: &'a Chunk,
        multiple: usize,
        alone: bool,
    ) -> StreamView<'a> {
        if let Some(whole) = chunk.whole_for(multiple).filter(|_| alone) {
            return whole;
        }
        let known = streams.iter().position(|stream| stream.view().multiple() == multiple);
        let at = known.unwrap_or_else(|| {
            streams.push(self.channeliser.stream(&chunk.spectra, self.nominal.relative, multiple));
            streams.len() - 1
        });
        streams[at].view()
    }
}

/// Whether the recording holds all of a cell's carrier.
pub(super) fn is_held(cell: &CellSession, bandwidth: Bandwidth, chunk: &Chunk) -> bool {
    cell.found.sync.offset.0.abs() + bandwidth.subcarriers() as f64 * 7.5e3 <= chunk.recorded.hz() / 2.0
}
