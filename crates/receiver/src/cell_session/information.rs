//! Receives SIB1, SI messages and paging.

use lte_dsp::{
    cell::Rnti,
    channels::{dci::DlAssignment, pdsch::TransportBlock},
    coding::rate_match::RedundancyVersion,
    frontend::{channelise::StreamView, ofdm::SUBFRAME},
    grid::channel_estimate::ChannelEstimator,
    receive::{BlockReceiver, HIDING_SINR, Sib1Subframe, Sib1Sums, SoftBuffers},
};

use super::{CellSession, contents::Place, subframes::SiSubframe};
use crate::picture::channel_response_db;
use cellwarden_core::observation::BlockChannel;
use lte_rrc::{BcchDlSch, decode_bcch_dl_sch, decode_pcch};

/// What the repetitions of an SI message in its window add up to.
#[derive(Default)]
pub struct SiSums {
    window: Option<(usize, i64)>,
    block: SoftBuffers,
    /// Whether the message was received.
    done: bool,
}

impl SiSums {
    /// Goes on in a window, which may be another one.
    fn go_on(&mut self, window: (usize, i64)) {
        if self.window.replace(window) != Some(window) {
            self.block.start_over();
            self.done = false;
        }
    }

    /// Whether the message of this window was received.
    pub fn has_received(&self, window: (usize, i64)) -> bool {
        self.done && self.window == Some(window)
    }
}

impl CellSession {
    /// Receives SIB1 and the SI messages it announces from a stream that holds the whole carrier.
    pub fn receive_information(&mut self, stream: StreamView<'_>) {
        self.receive_sib1(stream, &self.sib1_subframes(stream), &mut Sib1Sums::default());
        self.receive_si(stream, &self.si_subframes(stream), &mut SiSums::default());
    }

    /// SIB1, new every 80 ms, repeated with other redundancy versions. TS 36.331 §5.2.1.2.
    pub fn receive_sib1(&mut self, stream: StreamView<'_>, subframes: &[Sib1Subframe], sums: &mut Sib1Sums) {
        let Some(mut receiver) = self.take_receiver() else { return };
        for &subframe in subframes {
            let is_hidden = self.sinr() < HIDING_SINR && !self.sib1_periods.contains(&subframe.period);
            let Some(received) = receiver.sib1(stream, subframe, is_hidden, sums) else { continue };
            self.picture.channel_response_db = channel_response_db(receiver.channel(), 0);
            self.keep_assignments(subframe.number, &received.assignments);
            received.blocks.iter().for_each(|block| self.take_sib1(block, subframe.number, subframe.period));
        }
        self.receiver = Some(receiver);
    }

    fn take_sib1(&mut self, block: &TransportBlock, subframe: i64, period: i64) {
        let Ok(message) = decode_bcch_dl_sch(block.bytes()) else { return };
        if matches!(message, BcchDlSch::SystemInformation(_)) {
            return;
        }
        self.broadcast.take(&message, self.found.sync.duplex);
        self.sib1_periods.insert(period);
        self.contents.add(Place::Sib1, period, &message);
        self.keep_block(BlockChannel::BcchDlSch, subframe, block.bytes().to_vec());
    }

    /// SI messages, each in its window. TS 36.331 §5.2.3.
    pub fn receive_si(&mut self, stream: StreamView<'_>, subframes: &[SiSubframe], sums: &mut SiSums) {
        let Some(mut receiver) = self.take_receiver() else { return };
        for subframe in subframes {
            sums.go_on(subframe.window);
            if sums.done || !receiver.read(stream, subframe.number, subframe.sent) {
                continue;
            }
            let assignments = receiver.assignments(Rnti::SI, None);
            self.keep_assignments(subframe.number, &assignments);
            for assignment in assignments {
                let block = receiver.block(stream, assignment, Rnti::SI, subframe.rv(), &mut sums.block);
                if let Some(block) = block {
                    sums.done |= self.take_si(&block, subframe);
                }
            }
        }
        self.receiver = Some(receiver);
    }

    /// Adds an SI message; false where the block is none.
    fn take_si(&mut self, block: &TransportBlock, &SiSubframe { number: subframe, window, .. }: &SiSubframe) -> bool {
        let Ok(message @ BcchDlSch::SystemInformation(_)) = decode_bcch_dl_sch(block.bytes()) else { return false };
        self.broadcast.take(&message, self.found.sync.duplex);
        self.si_agrees = true;
        if let Some(mib) = self.mib {
            let period = self.period(mib, window.1.div_euclid(10));
            self.contents.add(Place::Si(window.0), period, &message);
        }
        if let Some((told, mib)) = self.broadcast.mbsfn.zip(self.mib) {
            let told = told.counted_from(mib.sfn(0).get().into());
            self.tells_other_mbsfn |= !told.names_those_of(&self.found.sync.mbsfn);
            self.found.sync.mbsfn = told;
        }
        self.keep_block(BlockChannel::BcchDlSch, subframe, block.bytes().to_vec());
        true
    }

    /// Keeps the assignments of a subframe; that there are none is certain only of a cell that is heard well.
    fn keep_assignments(&mut self, subframe: i64, assignments: &[(DlAssignment, usize)]) {
        if !assignments.is_empty() || self.is_clear() {
            self.assignments.insert(subframe, assignments.to_vec());
        }
    }

    /// Paging: counted by kind, never kept. TS 36.304 §7.
    pub fn receive_paging(&mut self, stream: StreamView<'_>) {
        let Some((mut receiver, mib)) = self.take_receiver().zip(self.mib) else { return };
        for (number, sent) in self.paging_subframes(stream, mib) {
            let at = self.place.first_sample / self.place.ratio + self.found.sync.at(number as f64 * SUBFRAME as f64);
            if at <= self.listened_until {
                continue;
            }
            if !receiver.read(stream, number, sent) {
                continue;
            }
            // Chunks overlap, and a subframe that is whole in two of them counts once.
            self.listened_until = at + SUBFRAME as f64 / 2.0;
            let assignments = receiver.assignments(Rnti::P, None);
            let messages = assignments.into_iter().filter_map(|assignment| {
                self.paging.start_over();
                let block = receiver.block(stream, assignment, Rnti::P, RedundancyVersion::ALL[0], &mut self.paging)?;
                decode_pcch(block.bytes()).ok()
            });
            self.broadcast.count_paging(messages);
        }
        self.receiver = Some(receiver);
    }

    /// The receiver of the cell's blocks, to be put back after use.
    pub(super) fn take_receiver(&mut self) -> Option<Box<BlockReceiver>> {
        let config = self.config()?;
        let known = self.receiver.take().filter(|receiver| *receiver.cell() == config);
        let mut receiver = known.unwrap_or_else(|| {
            let estimator = ChannelEstimator::new(self.found.sync, config.bandwidth, self.found.statistics);
            Box::new(BlockReceiver::new(estimator, config))
        });
        receiver.renew(&self.found);
        receiver.tdd = self.downlink().tdd_assignment();
        Some(receiver)
    }
}
