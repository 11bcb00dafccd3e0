//! Takes what is known of a cell off a stream, the broadcast that it was heard to send as well: synchronous cells send theirs
//! in the same subframes, and often in the same resource blocks.

use lte_dsp::{
    cell::{Bandwidth, Rnti},
    channels::cancel::{Canceller, Stretch, is_wanted},
    coding::rate_match::RedundancyVersion,
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::OfdmDemodulator,
    },
};

use super::CellSession;
use cellwarden_core::observation::BlockChannel;

impl CellSession {
    /// Takes the cell's known signals off the middle `bandwidth` of a stream, in the `wanted` stretches.
    pub fn cancel(&mut self, stream: &mut CarrierStream, bandwidth: Bandwidth, wanted: &[Stretch]) {
        let known = self.known();
        let canceller = self.canceller.get_or_insert_with(|| Box::new(Canceller::new(&known, bandwidth)));
        canceller.renew(&known, bandwidth);
        canceller.cancel(stream, wanted);
    }

    /// Takes the blocks received so far, wherever they are repeated, off the `wanted` stretches of a stream that holds the
    /// whole carrier, the cell's reference signals included.
    pub fn cancel_blocks(&mut self, stream: &mut CarrierStream, wanted: &[Stretch]) {
        if self.blocks.iter().all(|block| block.channel == BlockChannel::BcchBch) {
            return;
        }
        let Some(mut receiver) = self.take_receiver() else { return };
        let known = self.blocks.iter().filter(|block| block.channel == BlockChannel::BcchDlSch);
        let known: Vec<&[u8]> = known.map(|block| block.bytes.as_slice()).collect();
        let sync = self.found.sync;
        let mut demodulator = OfdmDemodulator::new();
        for (number, sent, rv) in self.broadcast_subframes(stream.view()) {
            let is_empty = self.assignments.get(&number).is_some_and(Vec::is_empty);
            if is_empty || !is_wanted(&sync, number, wanted) || !receiver.read(stream.view(), number, sent) {
                continue;
            }
            for &assignment in
                self.assignments.entry(number).or_insert_with(|| receiver.assignments(Rnti::SI, None)).iter()
            {
                let blocks = known.iter().copied().filter(|block| 8 * block.len() == assignment.0.tbs);
                let Some(symbols) = receiver.rebuilt(stream.view(), assignment, rv, blocks) else { continue };
                for (l, elements) in symbols {
                    let (slots, l) = (l / sync.cp.symbols_per_slot(), l % sync.cp.symbols_per_slot());
                    demodulator.subtract(stream, &sync, 2 * number + slots as i64, l, &elements);
                }
            }
        }
        self.receiver = Some(receiver);
    }

    /// Subframes that may hold SIB1 or SI, each with the symbols that may hold a PDSCH and the redundancy version.
    fn broadcast_subframes(&self, stream: StreamView<'_>) -> Vec<(i64, usize, RedundancyVersion)> {
        let symbols = self.found.sync.cp.symbols_per_subframe();
        let sib1 = self.sib1_subframes(stream).into_iter().map(|sib1| (sib1.number, symbols, sib1.rv));
        let si = self.si_subframes(stream).into_iter().map(|si| (si.number, si.sent, si.rv()));
        sib1.chain(si).collect()
    }
}
