//! Puts gaps where samples are missing from a chunk, so that the frames of its cells go on in step.
//!
//! Drivers drop samples without a word. A carrier's strongest cell shows where: its frames go on at another time. As many
//! samples as bring them into step are put there, as zeros, and by the cell's MIB before and after it whole frames as well.

use lte_dsp::{
    cell::Sfn,
    frontend::{
        channelise::{CarrierStream, Channeliser, StreamView},
        ofdm::FRAME,
    },
    search::{
        FoundCell, Nominal,
        jumps::{JumpFinder, Stretch},
    },
    units::{Hertz, SampleRate},
};

use super::{
    broadcast::mib_facts,
    carrier::{CarrierSession, Chunk},
    cell_session::{CellSession, SessionMib},
};

/// Frames that are put into a chunk at one place at most; more pass between chunks. Nor does a chunk become twice as long.
const MAX_FRAMES: i64 = 10;
/// Delay of an echo at most, in samples at 1.92 MS/s: the prefix.
const MAX_ECHO: f64 = 10.0;

/// A gap to be put into a chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Before which of its samples.
    pub at: usize,
    /// How many.
    pub samples: usize,
}

/// What is missing from a chunk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Missing {
    /// In order.
    pub gaps: Vec<Gap>,
    /// Frames that passed besides, by the frame numbers.
    pub frames: i64,
    /// Whether the frame numbers told how many frames are missing.
    pub is_counted: bool,
}

/// Finds what is missing; keeps the memory that this takes.
pub struct Mender {
    finder: JumpFinder,
    channeliser: Channeliser,
    stream: CarrierStream,
}

/// A cell by which chunks are mended.
pub struct Guide {
    nominal: Nominal,
    cell: FoundCell,
    mib: Option<SessionMib>,
    /// Whether it is where it was before the chunk, and not found in this.
    is_followed: bool,
}

impl Guide {
    /// The strongest cell with a MIB, where it was before `chunk`; `None` where there is none.
    pub fn followed(carriers: &[CarrierSession], chunk: &Chunk) -> Option<Self> {
        let (nominal, cell) = strongest(carriers)?;
        let (found, mib) = cell.at_chunk(chunk.place);
        Some(Self { nominal, cell: found, mib, is_followed: true })
    }

    /// The strongest of the cells with a MIB that were found in a chunk.
    pub fn found(carriers: &[CarrierSession]) -> Option<Self> {
        let (nominal, cell) = strongest(carriers)?;
        Some(Self { nominal, cell: cell.found.clone(), mib: None, is_followed: false })
    }
}

/// The strongest cell that was heard of late, and is certain: what has no MIB may be a ghost, whose timing jumps by itself.
fn strongest(carriers: &[CarrierSession]) -> Option<(Nominal, &CellSession)> {
    let cells = carriers.iter().flat_map(|carrier| carrier.cells.iter().map(|cell| (carrier.nominal, cell)));
    let cells = cells.filter(|(_, cell)| cell.mib.is_some());
    cells.max_by(|(_, a), (_, b)| (b.unheard.cmp(&a.unheard)).then(a.found.strength.total_cmp(&b.found.strength)))
}

impl Mender {
    /// A mender for any chunks.
    pub fn new() -> Self {
        let stream = CarrierStream::empty(SampleRate::LTE_1_4_MHZ, Hertz(0.0));
        Self { finder: JumpFinder::default(), channeliser: Channeliser::new(), stream }
    }

    /// Whether a cell goes on through a chunk in step. Where the spectra are not those of the chunk, its samples must be at a
    /// multiple of 1.92 MS/s.
    pub fn is_steady(&mut self, chunk: &Chunk, guide: &Guide) -> bool {
        let Self { finder, channeliser, stream } = self;
        let view = match chunk.whole().filter(|_| !chunk.has_spectra) {
            Some(whole) => whole,
            None => {
                channeliser.renew(stream, &chunk.spectra, guide.nominal.relative);
                stream.view()
            }
        };
        finder.is_steady(view, &guide.cell.sync)
    }

    /// What is missing from a chunk, whose spectra are known; `None` where nothing is.
    pub fn missing(&mut self, chunk: &Chunk, guide: &Guide) -> Option<Missing> {
        let Self { finder, channeliser, stream } = self;
        channeliser.renew(stream, &chunk.spectra, guide.nominal.relative);
        let before = guide.is_followed.then_some(&guide.cell);
        let mut stretches = finder.stretches(stream.view(), &chunk.spectra, &guide.cell.sync, &guide.nominal, before);
        if stretches.len() < 2 {
            return None;
        }
        let ratio = chunk.rate.hz() / SampleRate::LTE_1_4_MHZ.hz();
        // Frames that begin too late have lost the rest of a frame; a little too late, an echo has come up.
        for stretch in &mut stretches[1..] {
            let frame = FRAME as f64 * (1.0 + stretch.cell.sync.clock_excess);
            let missing = (stretch.missing * ratio).round() / ratio;
            stretch.missing = if missing < -MAX_ECHO { missing + frame } else { missing.max(0.0) };
        }
        let mut missing = Missing { is_counted: true, ..Missing::default() };
        let counted = self.frames_passed(chunk, guide, &stretches);
        let mut put = 0;
        for (stretch, frames) in stretches.iter().zip(&counted).skip(1) {
            missing.is_counted &= frames.is_some();
            let frames = frames.unwrap_or(0);
            let frame = FRAME as f64 * (1.0 + stretch.cell.sync.clock_excess);
            let inside = if (0..=MAX_FRAMES).contains(&frames) { frames } else { 0 };
            missing.frames += frames - inside;
            let samples = ((stretch.missing + inside as f64 * frame) * ratio).round() as usize;
            put += samples;
            if put > chunk.samples.len() {
                break;
            }
            if samples > 0 {
                missing.gaps.push(Gap { at: (stretch.from.max(0.0) * ratio).round() as usize, samples });
            }
        }
        (!missing.gaps.is_empty() || missing.frames != 0).then_some(missing)
    }

    /// Whole frames missing before each stretch, by the frame numbers of its MIB; `None` where those are not received.
    fn frames_passed(&self, chunk: &Chunk, guide: &Guide, stretches: &[Stretch]) -> Vec<Option<i64>> {
        let stream = self.stream.view();
        let mut reference: Option<(SessionMib, f64)> = guide.mib.map(|mib| (mib, guide.cell.sync.frame_start));
        let (mut filled, mut passed) = (0.0, 0);
        let numbered = stretches.iter().map(|stretch| {
            filled += stretch.missing;
            let mut session = CellSession::new(stretch.cell.clone(), chunk.place);
            session.receive_mib(part_of(stream, stretch));
            let mib = session.mib?;
            let start = stretch.cell.sync.frame_start + filled;
            let Some((known, known_start)) = reference else {
                reference = Some((mib, start));
                return None;
            };
            let frame = FRAME as f64 * (1.0 + stretch.cell.sync.clock_excess);
            let counted = i64::from(known.sfn(0).get()) + ((start - known_start) / frame).round() as i64;
            // Numbers that stand count nothing, nor do those of another cell. A MIB's own number goes on with the frames.
            let facts = |mib: &SessionMib| mib_facts(&mib.fields, mib.ports);
            if facts(&known) != facts(&mib) || known.stands() || mib.stands() {
                return None;
            }
            let late = i64::from(Sfn::wrapping(i64::from(mib.sfn(0).get()) - counted - passed).get());
            let late = if late > 512 { late - 1024 } else { late };
            passed += late;
            Some(late)
        });
        numbered.collect()
    }
}

/// The part of a stream at 1.92 MS/s that is a stretch.
fn part_of<'a>(stream: StreamView<'a>, stretch: &Stretch) -> StreamView<'a> {
    let place = |at: f64| (at.max(0.0) as usize).min(stream.samples.len());
    let (from, to) = (place(stretch.from), place(stretch.to));
    StreamView { samples: &stream.samples[from..to.max(from)], first: from, ..stream }
}
