//! One cell through its dwell: MIB, then SIB1, then the SI messages it schedules.

mod contents;
pub mod information;
mod known_blocks;
mod subframes;

use std::collections::{BTreeMap, BTreeSet};

use lte_dsp::{
    cell::{AntennaPorts, Sfn},
    channels::{
        CellConfig,
        cancel::{Canceller, KnownCell, KnownMib},
        dci::DlAssignment,
        mib::FoundMib,
    },
    frontend::{
        channelise::StreamView,
        ofdm::{FRAME, SUBFRAME},
    },
    receive::{BlockReceiver, SoftBuffers, mib_bursts, mib_of},
    search::{FoundCell, Nominal, Tracker},
};

use super::{
    broadcast::{Broadcast, mib_facts},
    picture::{Picture, channel_response_db, constellation},
};
use cellwarden_core::observation::{Alternation, BlockChannel, ReceivedBlock};
use contents::Contents;
use lte_rrc::{Mib, decode_bcch_bch};

/// Power over noise and interference above which other cells need not be cancelled for SIB1: 6 dB.
const CLEAR_SINR: f32 = 4.0;
/// Different blocks kept of one cell at most: a cell that changes its SI at every turn must not fill the memory.
const MAX_BLOCKS: usize = 64;

/// The MIB with what follows from it.
#[derive(Debug, Clone, Copy)]
pub struct SessionMib {
    /// Its fields.
    pub fields: Mib,
    /// Antenna ports.
    pub ports: AntennaPorts,
    /// The block itself.
    pub received: FoundMib,
}

impl SessionMib {
    /// System frame number of frame `frame`, counted from the one that `frame_start` begins; in a loop, the one that comes
    /// again.
    pub fn sfn(&self, frame: i64) -> Sfn {
        self.received.sfn(frame)
    }

    /// Whether frame numbers stand: frames are sent over and over.
    pub fn stands(&self) -> bool {
        self.received.turn.is_some()
    }
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
    /// What each place of the schedule held.
    contents: Contents,
    /// Why decoding went no further.
    pub note: Option<String>,
    /// Whether SI was received whose contents SIB1 announced.
    pub si_agrees: bool,
    /// First samples of the chunks in which it was heard first and last.
    pub heard: [f64; 2],
    /// Chunks in which it was not heard since it was.
    pub unheard: u32,
    /// Chunks since it was followed, for which no work was left.
    pub waited: u32,
    /// Chunks in which its SIB1 and SI were looked for.
    pub turns: u32,
    /// Times that its MIB was looked for with the others taken off.
    pub retries: u32,
    /// Times that others were looked for in step with it.
    pub in_step_searches: u32,
    /// Whether no work was left to see that it stands out of what the others leave.
    pub is_unproven: bool,
    /// Whether its frames are numbered otherwise since its MIB was received, as an unknown number of them is missing.
    pub counts_anew: bool,
    /// The chunk that `found` counts from.
    pub place: ChunkPlace,
    /// How it was received.
    pub picture: Picture,
    /// Whether it has told other MBSFN subframes than it was measured with.
    pub tells_other_mbsfn: bool,
    /// End of the last paging occasion listened to, in samples at 1.92 MS/s from the recording's first.
    listened_until: f64,
    tracker: Tracker,
    /// Assignments of SIB1 and SI by subframe, as far as they were looked for in this chunk.
    assignments: BTreeMap<i64, Vec<(DlAssignment, usize)>>,
    /// Takes it off streams in which others are looked for.
    canceller: Option<Box<Canceller>>,
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
            heard: [place.first_sample; 2],
            unheard: 0,
            waited: 0,
            turns: 0,
            retries: 0,
            in_step_searches: 0,
            is_unproven: false,
            counts_anew: false,
            place,
            mib: None,
            broadcast: Broadcast::default(),
            sib1_periods: BTreeSet::new(),
            blocks: Vec::new(),
            contents: Contents::default(),
            note: None,
            si_agrees: false,
            picture: Picture::default(),
            tells_other_mbsfn: false,
            listened_until: f64::NEG_INFINITY,
            tracker: Tracker::new(),
            assignments: BTreeMap::new(),
            canceller: None,
            receiver: None,
            paging: SoftBuffers::default(),
        }
    }

    /// Goes on to another chunk: frames count from the first that begins in it.
    pub fn advance(&mut self, place: ChunkPlace) {
        (self.found, self.mib) = self.at_chunk(place);
        self.place = place;
        self.assignments.clear();
    }

    /// The cell and its MIB as they will be in another chunk.
    pub fn at_chunk(&self, place: ChunkPlace) -> (FoundCell, Option<SessionMib>) {
        let mut found = self.found.clone();
        let frame = FRAME as f64 * (1.0 + found.sync.clock_excess);
        let passed = (place.first_sample - self.place.first_sample) / place.ratio;
        let start = found.sync.frame_start - passed;
        let frames = (-start / frame).ceil();
        found.sync.frame_start = start + frames * frame;
        found.sync.mbsfn = found.sync.mbsfn.counted_from(frames as i64);
        let mib = self.mib.map(|mut mib| {
            mib.received = mib.received.counted_from(frames as i64);
            mib
        });
        (found, mib)
    }

    /// Makes timing and measurements those of a stream of the carrier's middle. A cell that fades keeps its last ones until
    /// it comes back.
    pub fn track(&mut self, stream: StreamView<'_>, nominal: &Nominal) {
        match self.tracker.follow(stream, self.found.sync, nominal) {
            Some(found) => (self.found, self.unheard, self.heard[1]) = (found, 0, self.place.first_sample),
            None => self.unheard += 1,
        }
    }

    /// Whether it need not be freed of other cells for SIB1 and SI.
    pub fn is_clear(&self) -> bool {
        self.sinr() >= CLEAR_SINR
    }

    /// Power over noise and interference.
    pub fn sinr(&self) -> f32 {
        self.found.sinr()
    }

    /// Whether nothing is left to learn: SIB1 twice, every block it announces, and no place of them with different content.
    pub fn is_complete(&self) -> bool {
        let facts = &self.broadcast.facts;
        !self.contents.are_unclear()
            && self.sib1_periods.len() >= 2
            && facts.scheduled_sibs.iter().all(|sib| facts.decoded_sibs.contains(sib))
    }

    /// Frames, counted from `frame_start`, of which the stream may hold a part.
    fn frames(&self, stream: StreamView<'_>) -> std::ops::RangeInclusive<i64> {
        self.found.sync.numbers_in(stream, FRAME)
    }

    /// Looks for the MIB in a stream at 1.92 MS/s.
    pub fn receive_mib(&mut self, stream: StreamView<'_>) {
        let sync = self.found.sync;
        let mut first = None;
        let bursts = mib_bursts(stream, &self.found, |channel| {
            first.get_or_insert_with(|| channel_response_db(channel, sync.cp.symbols_per_slot()));
        });
        if let Some(response) = first {
            self.picture.channel_response_db = response;
        }
        let Some(found) = mib_of(&bursts, &self.found) else { return };
        let Ok(fields) = decode_bcch_bch(found.decoded.mib.bytes()) else { return };
        let ports = AntennaPorts::ALL.iter().position(|ports| *ports == found.decoded.ports);
        if let Some((burst, ports)) = bursts.first().zip(ports) {
            self.picture.constellation = constellation(&burst.soft_bits[ports]);
        }
        self.counts_anew = false;
        self.mib = Some(SessionMib { fields, ports: found.decoded.ports, received: found });
        let bytes = found.decoded.mib.bytes().to_vec();
        self.keep_block(BlockChannel::BcchBch, 10 * found.frame.max(*self.frames(stream).start()), bytes);
    }

    /// Whether its MIB cannot be the other's: another frame number at the same time, or other fields. False without both,
    /// or where a single period speaks for it, which chance may do.
    pub fn contradicts(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.mib, other.mib) else { return false };
        let frame = FRAME as f64 * (1.0 + other.found.sync.clock_excess);
        let frames = ((self.found.sync.frame_start - other.found.sync.frame_start) / frame).round() as i64;
        let is_same = own.sfn(0) == others.sfn(frames)
            && mib_facts(&own.fields, own.ports) == mib_facts(&others.fields, others.ports);
        own.received.periods > 1 && !is_same
    }

    /// Whether it may be `earlier` once more, which was not heard any more when it was found: of one identity, as far as both
    /// have given any, or both where they must be `named`. A loss of samples that no other cell shows, or a restart, moves a
    /// cell so.
    pub fn may_be_again(&self, earlier: &Self, named: bool) -> bool {
        let (own, others) = (&self.found.sync, &earlier.found.sync);
        let ecgi = |session: &Self| session.broadcast.identity.as_ref().map(|id| (id.plmns.clone(), id.eci));
        let facts = |session: &Self| session.mib.map(|mib| mib_facts(&mib.fields, mib.ports));
        let agree = facts(self).zip(facts(earlier)).is_none_or(|(own, others)| own == others)
            && ecgi(self).zip(ecgi(earlier)).map_or(!named, |(own, others)| own == others);
        (own.pci, own.duplex, own.cp) == (others.pci, others.duplex, others.cp)
            && earlier.heard[1] < self.heard[0]
            && agree
    }

    /// Takes over what `earlier`, which it is once more, has given.
    pub fn take_over(&mut self, earlier: Self) {
        self.heard[0] = earlier.heard[0];
        if self.mib.is_none() {
            (self.mib, self.counts_anew) = (earlier.mib, true);
        }
        if earlier.broadcast.facts.decoded_sibs.len() >= self.broadcast.facts.decoded_sibs.len()
            && earlier.broadcast.identity.is_some()
        {
            self.broadcast = earlier.broadcast;
        }
        self.sib1_periods.extend(earlier.sib1_periods);
        self.contents.join(earlier.contents);
        self.si_agrees |= earlier.si_agrees;
        self.note = self.note.take().or(earlier.note);
        let own = std::mem::replace(&mut self.blocks, earlier.blocks);
        for block in own {
            let is_new = self.blocks.iter().all(|b| (b.channel, &b.bytes) != (block.channel, &block.bytes));
            if is_new && self.blocks.len() < MAX_BLOCKS {
                self.blocks.push(block);
            }
        }
    }

    /// Gives back the memory that receiving takes: it is not heard any more.
    pub fn rest(&mut self) {
        (self.canceller, self.receiver) = (None, None);
        self.paging = SoftBuffers::default();
    }

    /// The places of the schedule that held different content and then the former again.
    pub fn alternations(&self) -> Vec<Alternation> {
        self.contents.alternations()
    }

    /// What cancelling needs of the cell.
    pub fn known(&self) -> KnownCell {
        KnownCell {
            sync: self.found.sync,
            statistics: self.found.statistics,
            sent: self.downlink().symbols_sent(),
            mib: self.mib.map(|mib| KnownMib {
                ports: mib.ports,
                bandwidth: mib.fields.bandwidth,
                mib: mib.received.decoded.mib,
                frame: mib.received.frame,
                turn: mib.received.turn,
            }),
        }
    }

    /// The cell's configuration once the MIB is known.
    pub fn config(&self) -> Option<CellConfig> {
        CellConfig::new(&self.found.sync, &self.mib?.received.decoded)
    }

    fn keep_block(&mut self, channel: BlockChannel, subframe: i64, bytes: Vec<u8>) {
        if self.blocks.len() >= MAX_BLOCKS || self.blocks.iter().any(|b| b.channel == channel && b.bytes == bytes) {
            return;
        }
        let sfn = self.mib.map_or(Sfn::wrapping(0), |mib| mib.sfn(subframe.div_euclid(10)));
        let at = self.found.sync.at(subframe as f64 * SUBFRAME as f64) * self.place.ratio;
        self.blocks.push(ReceivedBlock {
            channel,
            sfn,
            subframe: subframe.rem_euclid(10) as u8,
            at_sample: (self.place.first_sample + at).max(0.0) as u64,
            bytes,
        });
    }
}
