//! One cell through its dwell: MIB, then SIB1, then the SI messages it schedules.

mod known_blocks;

use std::collections::{BTreeMap, BTreeSet};

use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, Duplex, Rnti, Sfn},
    channels::{
        CellConfig,
        cancel::{KnownCell, KnownMib, Stretch},
        dci::{si_rv, sib1_rv},
        mib::{Burst, FoundMib, find_mib},
        pbch,
        pdsch::TransportBlock,
    },
    coding::{convolutional::ConvolutionalDecoder, rate_match::RedundancyVersion},
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, FRAME, SUBFRAME},
    },
    grid::{
        ChannelEstimate,
        channel_estimate::{self, ChannelEstimator, Subframe},
    },
    search::{FoundCell, Nominal, Tracker},
};

use super::{
    block_reception::{BlockReceiver, DciSums, SoftBuffers},
    broadcast::{Broadcast, mib_facts},
    downlink::Downlink,
    picture::{Picture, channel_response_db, constellation},
};
use crate::{
    observation::{BlockChannel, ReceivedBlock},
    rrc::{BcchDlSch, Mib, decode_bcch_bch, decode_bcch_dl_sch, decode_pcch},
};

/// Different blocks kept of one cell at most: a cell that changes its SI at every turn must not fill the memory.
const MOST_BLOCKS: usize = 64;

/// The MIB with what follows from it.
#[derive(Debug, Clone, Copy)]
pub struct SessionMib {
    /// Its fields.
    pub fields: Mib,
    /// Antenna ports.
    pub ports: AntennaPorts,
    /// System frame number of the frame that `frame_start` begins.
    pub sfn: Sfn,
    /// The block itself.
    pub received: FoundMib,
}

/// What is known of one cell so far.
pub struct CellSession {
    /// The cell as last tracked; its frame start counts from the current chunk's first sample.
    pub found: FoundCell,
    /// The MIB.
    pub mib: Option<SessionMib>,
    /// What SIB1 and the SI messages said.
    pub broadcast: Broadcast,
    /// Different 80 ms periods in which a SIB1 was received whole, counted from the first sample of the dwell.
    pub sib1_periods: BTreeSet<i64>,
    /// Blocks received, in order, without repeats.
    pub blocks: Vec<ReceivedBlock>,
    /// Why decoding went no further.
    pub note: Option<String>,
    /// Whether SI was received whose contents SIB1 announced.
    pub si_agrees: bool,
    /// The chunk that `found` counts from.
    pub place: ChunkPlace,
    /// How it was received.
    pub picture: Picture,
    /// Whether it has told other MBSFN subframes than it was measured with.
    pub tells_other_mbsfn: bool,
    /// End of the last paging occasion listened to, in samples at 1.92 MS/s from the recording's first.
    listened_until: f64,
    tracker: Tracker,
    /// Receives its blocks.
    receiver: Option<Box<BlockReceiver>>,
    /// Soft bits of a block of paging.
    paging: SoftBuffers,
}

/// Where a chunk stands in its dwell: places in it become places in the recording.
#[derive(Debug, Clone, Copy)]
pub struct ChunkPlace {
    /// Samples of the recording before the chunk; no whole number where they were resampled.
    pub first_sample: f64,
    /// Samples of the recording for one at 1.92 MS/s.
    pub ratio: f64,
}

impl CellSession {
    /// A session for a cell just found.
    pub fn new(found: FoundCell, place: ChunkPlace) -> Self {
        Self {
            found,
            place,
            mib: None,
            broadcast: Broadcast::default(),
            sib1_periods: BTreeSet::new(),
            blocks: Vec::new(),
            note: None,
            si_agrees: false,
            picture: Picture::default(),
            tells_other_mbsfn: false,
            listened_until: f64::NEG_INFINITY,
            tracker: Tracker::new(),
            receiver: None,
            paging: SoftBuffers::default(),
        }
    }

    /// Goes on to another chunk: frames count from the first that begins in it.
    pub fn advance(&mut self, place: ChunkPlace) {
        let frame = FRAME as f64 * (1.0 + self.found.sync.clock_excess);
        let passed = (place.first_sample - self.place.first_sample) / place.ratio;
        let start = self.found.sync.frame_start - passed;
        let frames = (-start / frame).ceil();
        self.found.sync.frame_start = start + frames * frame;
        self.found.sync.mbsfn = self.found.sync.mbsfn.counted_from(frames as i64);
        if let Some(mib) = &mut self.mib {
            mib.sfn = Sfn::wrapping(i64::from(mib.sfn.get()) + frames as i64);
            mib.received.frame -= frames as i64;
        }
        self.place = place;
    }

    /// Makes timing and measurements those of a stream of the carrier's middle. A cell that fades keeps its last ones until
    /// it comes back.
    pub fn track(&mut self, stream: StreamView<'_>, nominal: &Nominal) {
        if let Some(found) = self.tracker.follow(stream, self.found.sync, nominal) {
            self.found = found;
        }
    }

    /// Whether nothing is left to learn: SIB1 twice, and every block it announces.
    pub fn is_complete(&self) -> bool {
        let facts = &self.broadcast.facts;
        self.sib1_periods.len() >= 2 && facts.scheduled_sibs.iter().all(|sib| facts.decoded_sibs.contains(sib))
    }

    /// Frames, counted from `frame_start`, of which the stream may hold a part.
    fn frames(&self, stream: StreamView<'_>) -> std::ops::RangeInclusive<i64> {
        self.found.sync.numbers_in(stream, FRAME)
    }

    /// What is read of a stream to receive these subframes: their neighbours' reference signals as well.
    fn stretches(&self, subframes: impl Iterator<Item = i64>) -> impl Iterator<Item = Stretch> {
        // A DwPTS is read with the subframe before it.
        let least = i64::from(self.found.sync.duplex == Duplex::Tdd);
        let reach = channel_estimate::reach(&self.found.statistics).max(least);
        let start = move |number: i64| self.found.sync.at(number as f64 * SUBFRAME as f64);
        subframes.map(move |number| start(number - reach)..start(number + reach + 1))
    }

    /// What is read of a stream to receive SIB1.
    pub fn sib1_stretches(&self, stream: StreamView<'_>) -> Vec<Stretch> {
        let Some(mib) = self.mib else { return Vec::new() };
        self.stretches(self.sib1_frames(stream, mib).map(|(frame, _)| 10 * frame + 5)).collect()
    }

    /// What is read of a stream to receive what SIB1 has announced.
    pub fn announced_stretches(&self, stream: StreamView<'_>) -> Vec<Stretch> {
        let Some(mib) = self.mib else { return Vec::new() };
        let si = self.si_subframes(stream, mib).map(|(number, ..)| number);
        self.stretches(si.chain(self.paging_subframes(stream, mib).map(|(number, _)| number))).collect()
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

    /// Frames that hold a SIB1, with their numbers on the air: the even ones. TS 36.331 §5.2.1.2.
    fn sib1_frames(&self, stream: StreamView<'_>, mib: SessionMib) -> impl Iterator<Item = (i64, Sfn)> + use<> {
        let frames = self.frames(stream).map(move |frame| (frame, Sfn::wrapping(i64::from(mib.sfn.get()) + frame)));
        frames.filter(|(_, sfn)| sfn.get().is_multiple_of(2))
    }

    /// Subframes in SI windows, each with the symbols that may hold a PDSCH and with its window: the message, and the first
    /// subframe. TS 36.331 §5.2.3.
    fn si_subframes(
        &self,
        stream: StreamView<'_>,
        mib: SessionMib,
    ) -> impl Iterator<Item = (i64, usize, (usize, i64))> {
        let schedule = self.broadcast.schedule.as_ref();
        let (first, last) = self.frames(stream).into_inner();
        (10 * first..10 * last + 10).filter_map(move |number| {
            let schedule = schedule?;
            let sfn = Sfn::wrapping(i64::from(mib.sfn.get()) + number.div_euclid(10));
            let in_frame = number.rem_euclid(10) as u8;
            let message = schedule.message_at(sfn, in_frame)?;
            let sent = self.downlink().symbols_for_pdsch(in_frame).filter(|_| !self.is_known_mbsfn(number))?;
            Some((number, sent, (message, window_start(schedule, sfn, in_frame, message, number))))
        })
    }

    /// Paging occasions, each with the symbols that may hold a PDSCH. TS 36.304 §7.
    fn paging_subframes(&self, stream: StreamView<'_>, mib: SessionMib) -> impl Iterator<Item = (i64, usize)> + use<> {
        let (occasions, downlink) = (self.broadcast.paging, self.downlink());
        self.frames(stream).flat_map(move |frame| {
            let sfn = Sfn::wrapping(i64::from(mib.sfn.get()) + frame);
            let subframes = occasions.map_or(&[][..], |occasions| occasions.in_frame(sfn)).iter();
            subframes.filter_map(move |&in_frame| {
                Some((10 * frame + i64::from(in_frame), downlink.symbols_for_pdsch(in_frame)?))
            })
        })
    }

    /// Looks for the MIB in a stream at 1.92 MS/s.
    pub fn receive_mib(&mut self, stream: StreamView<'_>, place: ChunkPlace) {
        let sync = self.found.sync;
        let mut estimator = ChannelEstimator::new(sync, Bandwidth::Rb6, self.found.statistics);
        let symbols = sync.cp.symbols_per_slot() + 4;
        let mut bursts = Vec::new();
        let (mut subframe, mut channel) = (Subframe::new(sync.cp, Bandwidth::Rb6), ChannelEstimate::default());
        for frame in self.frames(stream) {
            if estimator.read(stream, 10 * frame, symbols, &mut subframe) {
                estimator.estimate(stream, &subframe, AntennaPorts::Four, &mut channel);
                if bursts.is_empty() {
                    self.picture.channel_response_db = channel_response_db(&channel, sync.cp.symbols_per_slot());
                }
                let soft_bits =
                    AntennaPorts::ALL.map(|p| pbch::burst_soft_bits(&subframe.grid, &channel, sync.pci, sync.cp, p));
                bursts.push(Burst { frame, soft_bits });
            }
        }
        let is_legal = |mib: pbch::Mib| decode_bcch_bch(mib.bytes()).is_ok();
        let mut decoder = ConvolutionalDecoder::default();
        let Some(found) = find_mib(&bursts, sync.pci, sync.cp, &mut decoder, is_legal) else { return };
        let Ok(fields) = decode_bcch_bch(found.decoded.mib.bytes()) else { return };
        let ports = AntennaPorts::ALL.iter().position(|ports| *ports == found.decoded.ports);
        if let Some((burst, ports)) = bursts.first().zip(ports) {
            self.picture.constellation = constellation(&burst.soft_bits[ports]);
        }
        self.mib = Some(SessionMib { fields, ports: found.decoded.ports, sfn: found.sfn(0), received: found });
        let bytes = found.decoded.mib.bytes().to_vec();
        self.keep_block(BlockChannel::BcchBch, 10 * found.frame.max(*self.frames(stream).start()), place, bytes);
    }

    /// Whether its MIB cannot be the other's: another frame number at the same time, or other fields. False without both,
    /// or where a single period speaks for it, which chance may do.
    pub fn contradicts(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.mib, other.mib) else { return false };
        let frame = FRAME as f64 * (1.0 + other.found.sync.clock_excess);
        let frames = ((self.found.sync.frame_start - other.found.sync.frame_start) / frame).round() as i64;
        let is_same = own.sfn == Sfn::wrapping(i64::from(others.sfn.get()) + frames)
            && mib_facts(&own.fields, own.ports) == mib_facts(&others.fields, others.ports);
        own.received.periods > 1 && !is_same
    }

    /// What cancelling needs of the cell.
    pub fn known(&self) -> KnownCell {
        KnownCell {
            sync: self.found.sync,
            statistics: self.found.statistics,
            mib: self.mib.map(|mib| KnownMib {
                ports: mib.ports,
                bandwidth: mib.fields.bandwidth,
                mib: mib.received.decoded.mib,
                frame: mib.received.frame,
            }),
        }
    }

    /// The cell's configuration once the MIB is known.
    pub fn config(&self) -> Option<CellConfig> {
        let mib = self.mib?;
        let sync = &self.found.sync;
        Some(CellConfig {
            pci: sync.pci,
            duplex: sync.duplex,
            cp: sync.cp,
            bandwidth: mib.fields.bandwidth,
            ports: mib.ports,
            phich_duration: mib.fields.phich_duration,
            phich_resource: mib.fields.phich_resource,
        })
    }

    /// Receives SIB1 and SI messages from a stream that holds the whole carrier.
    pub fn receive_information(&mut self, stream: StreamView<'_>, place: ChunkPlace) {
        self.receive_sib1(stream, place);
        self.receive_announced(stream, place);
    }

    /// Receives what SIB1 has announced: SI messages and paging.
    pub fn receive_announced(&mut self, stream: StreamView<'_>, place: ChunkPlace) {
        let Some((mut receiver, mib)) = self.take_receiver().zip(self.mib) else { return };
        self.receive_si(stream, &mut receiver, mib, place);
        self.count_paging(stream, &mut receiver, mib);
        self.receiver = Some(receiver);
    }

    /// Listens to paging alone, in a stream that begins so many samples at 1.92 MS/s after the chunk.
    pub fn receive_paging(&mut self, stream: StreamView<'_>, before: f64) {
        let chunk = (self.found.sync.frame_start, self.place);
        self.found.sync.frame_start -= before;
        self.place.first_sample += before * self.place.ratio;
        if let Some((mut receiver, mib)) = self.take_receiver().zip(self.mib) {
            self.count_paging(stream, &mut receiver, mib);
            self.receiver = Some(receiver);
        }
        (self.found.sync.frame_start, self.place) = chunk;
    }

    /// The receiver of the cell's blocks, to be put back after use.
    fn take_receiver(&mut self) -> Option<Box<BlockReceiver>> {
        let config = self.config()?;
        let known = self.receiver.take().filter(|receiver| *receiver.cell() == config);
        let mut receiver = known.unwrap_or_else(|| Box::new(self.new_receiver(config)));
        receiver.renew(&self.found);
        receiver.tdd = self.downlink().tdd_assignment();
        Some(receiver)
    }

    fn new_receiver(&self, config: CellConfig) -> BlockReceiver {
        let estimator = ChannelEstimator::new(self.found.sync, config.bandwidth, self.found.statistics);
        BlockReceiver::new(estimator, config)
    }

    /// SIB1: subframe 5 of even frames, new every 80 ms, repeated with other redundancy versions. TS 36.331 §5.2.1.2.
    pub fn receive_sib1(&mut self, stream: StreamView<'_>, place: ChunkPlace) {
        let Some((mut receiver, mib)) = self.take_receiver().zip(self.mib) else { return };
        let mut sums = DciSums::default();
        // One buffer a period, and one for all: mostly SIB1 stays the same for hours.
        let mut periods: BTreeMap<i64, SoftBuffers> = BTreeMap::new();
        let mut all = SoftBuffers::default();
        let symbols = self.found.sync.cp.symbols_per_subframe();
        for (frame, sfn) in self.sib1_frames(stream, mib) {
            if !receiver.read(stream, 10 * frame + 5, symbols) {
                continue;
            }
            self.picture.channel_response_db = channel_response_db(receiver.channel(), 0);
            let rv = sib1_rv(sfn);
            for assignment in receiver.assignments(Rnti::SI, Some((&mut sums, rv))) {
                let period = self.period(mib, frame);
                let own = periods.entry(period).or_default();
                let block = receiver
                    .block(stream, assignment, Rnti::SI, rv, own)
                    .or_else(|| receiver.block(stream, assignment, Rnti::SI, rv, &mut all));
                if let Some(block) = block {
                    self.take_sib1(&block, 10 * frame + 5, period, place);
                }
            }
        }
        self.receiver = Some(receiver);
    }

    /// The 80 ms period of a frame, counted through the recording: frame numbers alone come round after 10 s.
    fn period(&self, mib: SessionMib, frame: i64) -> i64 {
        let begin = self.place.first_sample / self.place.ratio + self.found.sync.frame_start;
        let since_sfn_0 = begin / FRAME as f64 - f64::from(mib.sfn.get());
        let in_round = i64::from(mib.sfn.get()) + frame;
        (since_sfn_0 / 1024.0).round() as i64 * 128 + in_round.div_euclid(8)
    }

    fn take_sib1(&mut self, block: &TransportBlock, subframe: i64, period: i64, place: ChunkPlace) {
        let Ok(message) = decode_bcch_dl_sch(block.bytes()) else { return };
        if matches!(message, BcchDlSch::SystemInformation(_)) {
            return;
        }
        self.broadcast.take(&message, self.found.sync.duplex);
        self.sib1_periods.insert(period);
        self.keep_block(BlockChannel::BcchDlSch, subframe, place, block.bytes().to_vec());
    }

    /// SI messages, each in its window. TS 36.331 §5.2.3.
    fn receive_si(&mut self, stream: StreamView<'_>, receiver: &mut BlockReceiver, mib: SessionMib, place: ChunkPlace) {
        let subframes: Vec<_> = self.si_subframes(stream, mib).collect();
        let mut window: Option<(usize, i64)> = None;
        let mut buffers = SoftBuffers::default();
        let mut done = false;
        for (number, sent, in_window) in subframes {
            if window != Some(in_window) {
                window = Some(in_window);
                buffers.start_over();
                done = false;
            }
            if done {
                continue;
            }
            if !receiver.read(stream, number, sent) {
                continue;
            }
            let rv = si_rv((number - in_window.1) as usize);
            for assignment in receiver.assignments(Rnti::SI, None) {
                let block = receiver.block(stream, assignment, Rnti::SI, rv, &mut buffers);
                if let Some(block) = block {
                    done |= self.take_si(&block, number, place);
                }
            }
        }
    }

    /// Adds an SI message; false where the block is none.
    fn take_si(&mut self, block: &TransportBlock, subframe: i64, place: ChunkPlace) -> bool {
        let Ok(message @ BcchDlSch::SystemInformation(_)) = decode_bcch_dl_sch(block.bytes()) else { return false };
        self.broadcast.take(&message, self.found.sync.duplex);
        self.si_agrees = true;
        if let Some((told, mib)) = self.broadcast.mbsfn.zip(self.mib) {
            let told = told.counted_from(mib.sfn.get().into());
            self.tells_other_mbsfn |= !told.names_those_of(&self.found.sync.mbsfn);
            self.found.sync.mbsfn = told;
        }
        self.keep_block(BlockChannel::BcchDlSch, subframe, place, block.bytes().to_vec());
        true
    }

    /// Paging: counted by kind, never kept. TS 36.304 §7.
    fn count_paging(&mut self, stream: StreamView<'_>, receiver: &mut BlockReceiver, mib: SessionMib) {
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
    }

    /// Whether the cell has told that a subframe is for MBSFN: it sends no SI there. TS 36.331 §5.2.3.
    fn is_known_mbsfn(&self, number: i64) -> bool {
        let mbsfn = &self.found.sync.mbsfn;
        mbsfn.is_told() && mbsfn.contains(number)
    }

    fn downlink(&self) -> Downlink {
        let CellSync { duplex, cp, .. } = self.found.sync;
        Downlink { duplex, cp, tdd: self.broadcast.identity.as_ref().and_then(|identity| identity.tdd_config) }
    }

    fn keep_block(&mut self, channel: BlockChannel, subframe: i64, place: ChunkPlace, bytes: Vec<u8>) {
        if self.blocks.len() >= MOST_BLOCKS || self.blocks.iter().any(|b| b.channel == channel && b.bytes == bytes) {
            return;
        }
        let sfn = self.mib.map_or(0, |mib| i64::from(mib.sfn.get()));
        let at = self.found.sync.at(subframe as f64 * SUBFRAME as f64) * place.ratio;
        self.blocks.push(ReceivedBlock {
            channel,
            sfn: Sfn::wrapping(sfn + subframe.div_euclid(10)),
            subframe: subframe.rem_euclid(10) as u8,
            at_sample: (place.first_sample + at).max(0.0) as u64,
            bytes,
        });
    }
}

/// Number, as `number` counts, of the subframe where the window of `message` around it starts.
fn window_start(schedule: &super::si_schedule::SiSchedule, sfn: Sfn, in_frame: u8, message: usize, number: i64) -> i64 {
    let period = i64::from(10 * schedule.messages[message].period_frames);
    let (frame, subframe) = schedule.window_start(message);
    let begin = i64::from(10 * frame + subframe);
    let now = 10 * i64::from(sfn.get()) + i64::from(in_frame);
    number - (now - begin).rem_euclid(period)
}
