//! The blocks of SIB1: where they stand, and what their repetitions add up to. TS 36.331 §5.2.1.2.

use std::collections::BTreeMap;

use super::{
    BlockReceiver,
    block_receiver::{DciSums, SoftBuffers},
};
use crate::{
    cell::{Rnti, Sfn},
    channels::{
        dci::{DlAssignment, sib1_rv},
        pdsch::TransportBlock,
    },
    coding::rate_match::RedundancyVersion,
    frontend::channelise::StreamView,
};

/// Power over noise and interference, 0 dB, below which noise may hide a DCI from its decoder.
pub const HIDING_SINR: f32 = 1.0;

/// A subframe that holds a SIB1.
#[derive(Debug, Clone, Copy)]
pub struct Sib1Subframe {
    /// Number, counted from the frame's start.
    pub number: i64,
    /// The 80 ms in which every SIB1 is the same.
    pub period: i64,
    /// Redundancy version.
    pub rv: RedundancyVersion,
}

impl Sib1Subframe {
    /// Subframe 5 of `frame`, which is the caller's number of the frame `sfn` in `period`; `None` of an odd frame.
    /// TS 36.331 §5.2.1.2.
    #[must_use]
    pub fn in_frame(frame: i64, sfn: Sfn, period: i64) -> Option<Self> {
        sfn.get().is_multiple_of(2).then(|| Self { number: 10 * frame + 5, period, rv: sib1_rv(sfn) })
    }
}

/// What the repetitions of SIB1 add up to.
#[derive(Default)]
pub struct Sib1Sums {
    dci: DciSums,
    /// Blocks of each period, and of all: mostly SIB1 stays the same for hours.
    periods: BTreeMap<i64, SoftBuffers>,
    all: SoftBuffers,
}

/// What one subframe gave.
pub struct Sib1Reception {
    /// Assignments whose CRC passed, each with the symbols of its control region.
    pub assignments: Vec<(DlAssignment, usize)>,
    /// Blocks whose CRC passed.
    pub blocks: Vec<TransportBlock>,
}

impl BlockReceiver {
    /// The assignments and blocks of a SIB1's subframe, or `None` where the stream does not hold it. A repetition counts with
    /// what `sums` has of its period, else with that of all.
    ///
    /// `is_hidden` tries the likeliest assignments where none has a good CRC: for a cell below [`HIDING_SINR`] of whose period
    /// no block was received.
    pub fn sib1(
        &mut self,
        stream: StreamView<'_>,
        Sib1Subframe { number, period, rv }: Sib1Subframe,
        is_hidden: bool,
        sums: &mut Sib1Sums,
    ) -> Option<Sib1Reception> {
        if !self.read(stream, number, self.cell().cp.symbols_per_subframe()) {
            return None;
        }
        let assignments = self.assignments(Rnti::SI, Some((&mut sums.dci, rv)));
        let likeliest = if assignments.is_empty() && is_hidden { self.likeliest_assignments(rv) } else { Vec::new() };
        let mut blocks = Vec::new();
        for &assignment in assignments.iter().chain(&likeliest) {
            let own = sums.periods.entry(period).or_default();
            let block = self
                .block(stream, assignment, Rnti::SI, rv, own)
                .or_else(|| self.block(stream, assignment, Rnti::SI, rv, &mut sums.all));
            blocks.extend(block);
        }
        Some(Sib1Reception { assignments, blocks })
    }
}
