//! Which subframes of a stream may hold what: SIB1 where it always stands, SI messages and paging where the cell has told.

use lte_dsp::{
    cell::Sfn,
    channels::{cancel::Stretch, dci::si_rv},
    coding::rate_match::RedundancyVersion,
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, FRAME, SUBFRAME},
    },
    grid::channel_estimate,
    receive::{Downlink, Sib1Subframe},
    search::FoundCell,
};

use super::{CellSession, SessionMib};
use crate::si_schedule::SiSchedule;

/// A subframe in the window of an SI message.
#[derive(Debug, Clone, Copy)]
pub struct SiSubframe {
    /// Number, counted from the frame's start.
    pub number: i64,
    /// Symbols that may hold a PDSCH.
    pub sent: usize,
    /// The window: its message, counted from 0 in the schedule's list, and its first subframe.
    pub window: (usize, i64),
}

impl SiSubframe {
    /// Redundancy version.
    pub fn rv(&self) -> RedundancyVersion {
        si_rv((self.number - self.window.1) as usize)
    }
}

impl CellSession {
    /// What is read of a stream to receive these subframes: their neighbours' reference signals as well.
    pub fn stretches(&self, subframes: impl Iterator<Item = i64>) -> impl Iterator<Item = Stretch> {
        let FoundCell { sync, statistics, .. } = &self.found;
        subframes
            .flat_map(|number| channel_estimate::read_with(sync, statistics, number))
            .map(|number| sync.windows(number))
    }

    /// SIB1 stands in subframe 5 of even frames. TS 36.331 §5.2.1.2.
    pub fn sib1_subframes(&self, stream: StreamView<'_>) -> Vec<Sib1Subframe> {
        let Some(mib) = self.mib else { return Vec::new() };
        let in_frame = |frame| Sib1Subframe::in_frame(frame, mib.sfn(frame), self.period(mib, frame));
        self.frames(stream).filter_map(in_frame).collect()
    }

    /// Subframes of a stream that may hold SIB1 or SI.
    pub fn information_subframes(&self, stream: StreamView<'_>) -> usize {
        self.sib1_subframes(stream).len() + self.si_subframes(stream).len()
    }

    /// Those of periods of which none was received.
    pub fn missing_sib1(&self, stream: StreamView<'_>) -> Vec<Sib1Subframe> {
        let mut subframes = self.sib1_subframes(stream);
        subframes.retain(|subframe| !self.sib1_periods.contains(&subframe.period));
        subframes
    }

    /// Subframes in SI windows, by what SIB1 has announced. TS 36.331 §5.2.3.
    pub fn si_subframes(&self, stream: StreamView<'_>) -> Vec<SiSubframe> {
        let Some((schedule, mib)) = self.broadcast.schedule.as_ref().zip(self.mib) else { return Vec::new() };
        let (first, last) = self.frames(stream).into_inner();
        let subframes = (10 * first..10 * last + 10).filter_map(|number| {
            let sfn = mib.sfn(number.div_euclid(10));
            let in_frame = number.rem_euclid(10) as u8;
            let message = schedule.message_at(sfn, in_frame)?;
            let sent = self.downlink().symbols_for_pdsch(in_frame).filter(|_| !self.is_known_mbsfn(number))?;
            Some(SiSubframe { number, sent, window: (message, window_start(schedule, sfn, in_frame, message, number)) })
        });
        subframes.collect()
    }

    /// Those of messages of which not every block was received.
    pub fn missing_si(&self, stream: StreamView<'_>) -> Vec<SiSubframe> {
        let Some(schedule) = &self.broadcast.schedule else { return Vec::new() };
        let decoded = &self.broadcast.facts.decoded_sibs;
        let is_missing = |message: usize| schedule.messages[message].sibs.iter().any(|sib| !decoded.contains(sib));
        let mut subframes = self.si_subframes(stream);
        subframes.retain(|subframe| is_missing(subframe.window.0));
        subframes
    }

    /// Paging occasions, each with the symbols that may hold a PDSCH. TS 36.304 §7.
    pub(super) fn paging_subframes(
        &self,
        stream: StreamView<'_>,
        mib: SessionMib,
    ) -> impl Iterator<Item = (i64, usize)> + use<> {
        let (occasions, downlink) = (self.broadcast.paging, self.downlink());
        self.frames(stream).flat_map(move |frame| {
            let sfn = mib.sfn(frame);
            let subframes = occasions.map_or(&[][..], |occasions| occasions.in_frame(sfn)).iter();
            subframes.filter_map(move |&in_frame| {
                Some((10 * frame + i64::from(in_frame), downlink.symbols_for_pdsch(in_frame)?))
            })
        })
    }

    /// Makes `joined` what is read of a stream to listen to paging, those that follow each other in one.
    pub fn paging_stretches(&self, stream: StreamView<'_>, joined: &mut Vec<Stretch>) {
        joined.clear();
        let Some(mib) = self.mib else { return };
        for next in self.stretches(self.paging_subframes(stream, mib).map(|(number, _)| number)) {
            match joined.last_mut() {
                Some(last) if next.start - last.end < 2.0 * SUBFRAME as f64 => last.end = next.end,
                _ => joined.push(next),
            }
        }
    }

    /// What is known of which symbols it sends.
    pub(super) fn downlink(&self) -> Downlink {
        let CellSync { duplex, cp, .. } = self.found.sync;
        Downlink { duplex, cp, tdd: self.broadcast.identity.as_ref().and_then(|identity| identity.tdd_config) }
    }

    /// The 80 ms period of a frame, counted through the recording: frame numbers alone come round after 10 s.
    pub(super) fn period(&self, mib: SessionMib, frame: i64) -> i64 {
        let begin = self.place.first_sample / self.place.ratio + self.found.sync.frame_start;
        if mib.stands() {
            // What comes again is one period.
            return i64::from(mib.sfn(frame).get()).div_euclid(8);
        }
        let sfn = i64::from(mib.sfn(0).get());
        let since_sfn_0 = begin / FRAME as f64 - sfn as f64;
        let in_round = sfn + frame;
        (since_sfn_0 / 1024.0).round() as i64 * 128 + in_round.div_euclid(8)
    }

    /// Whether the cell has told that a subframe is for MBSFN: it sends no SI there. TS 36.331 §5.2.3.
    fn is_known_mbsfn(&self, number: i64) -> bool {
        let mbsfn = &self.found.sync.mbsfn;
        mbsfn.is_told() && mbsfn.contains(number)
    }
}

/// Number, as `number` counts, of the subframe where the window of `message` around it starts.
fn window_start(schedule: &SiSchedule, sfn: Sfn, in_frame: u8, message: usize, number: i64) -> i64 {
    let period = i64::from(10 * schedule.messages[message].period_frames);
    let (frame, subframe) = schedule.window_start(message);
    let begin = i64::from(10 * frame + subframe);
    let now = 10 * i64::from(sfn.get()) + i64::from(in_frame);
    number - (now - begin).rem_euclid(period)
}
