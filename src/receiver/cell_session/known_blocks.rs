//! Takes the broadcast that a cell was heard to send off a stream: synchronous cells send theirs in the same subframes, and
//! often in the same resource blocks.

use lte_dsp::{
    cell::Rnti,
    channels::{
        cancel::{Stretch, is_wanted},
        dci::{si_rv, sib1_rv},
    },
    coding::rate_match::RedundancyVersion,
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::OfdmDemodulator,
    },
};

use super::{CellSession, SessionMib};
use crate::observation::BlockChannel;

impl CellSession {
    /// Takes the blocks received so far, wherever they are repeated, off the `wanted` stretches of a stream that holds the
    /// whole carrier, the cell's reference signals included.
    pub fn cancel_blocks(&self, stream: &mut CarrierStream, wanted: &[Stretch]) {
        let known = self.blocks.iter().filter(|block| block.channel == BlockChannel::BcchDlSch);
        let known: Vec<&[u8]> = known.map(|block| block.bytes.as_slice()).collect();
        let Some((config, mib)) = self.config().zip(self.mib).filter(|_| !known.is_empty()) else { return };
        let mut receiver = self.new_receiver(config);
        receiver.tdd = self.downlink().tdd_assignment();
        let sync = &self.found.sync;
        let mut demodulator = OfdmDemodulator::new();
        for (number, sent, rv) in self.broadcast_subframes(stream.view(), mib) {
            if !is_wanted(sync, number, wanted) || !receiver.read(stream.view(), number, sent) {
                continue;
            }
            for assignment in receiver.assignments(Rnti::SI, None) {
                let blocks = known.iter().copied().filter(|block| 8 * block.len() == assignment.0.tbs);
                let Some(symbols) = receiver.rebuilt(stream.view(), assignment, rv, blocks) else { continue };
                for (l, elements) in symbols {
                    let (slots, l) = (l / sync.cp.symbols_per_slot(), l % sync.cp.symbols_per_slot());
                    demodulator.subtract(stream, sync, 2 * number + slots as i64, l, &elements);
                }
            }
        }
    }

    /// Subframes that may hold SIB1 or SI, each with the symbols that may hold a PDSCH and the redundancy version.
    fn broadcast_subframes(&self, stream: StreamView<'_>, mib: SessionMib) -> Vec<(i64, usize, RedundancyVersion)> {
        let symbols = self.found.sync.cp.symbols_per_subframe();
        let sib1 = self.sib1_frames(stream, mib).map(move |(frame, sfn)| (10 * frame + 5, symbols, sib1_rv(sfn)));
        let si = self.si_subframes(stream, mib);
        sib1.chain(si.map(|(number, sent, window)| (number, sent, si_rv((number - window.1) as usize)))).collect()
    }
}
