//! One carrier of a recording: the search for its cells and their sessions.

mod blocks;
mod disturbers;
mod search;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use lte_dsp::{
    channels::cancel,
    fft::Transforms,
    frontend::{
        channelise::{CarrierStream, Channeliser, StreamView},
        sample_buffer::SampleBuffer,
        spectra::BlockSpectra,
    },
    search::{Nominal, Tracker, may_be_same},
    units::{Hertz, Ppm, SampleRate},
};
use num_complex::Complex32;
use rayon::prelude::*;

use self::{blocks::is_held, search::milliseconds};
use super::{
    budget::{Backlog, Budget, FOLLOW_UNITS, MIB_UNITS, Purpose, Waiting},
    carrier_candidates::Stretch,
    cell_session::{CellSession, ChunkPlace},
    mending::Gap,
    raster::{Oscillators, SeenCarrier, TIED, choose},
};

/// Half of what six resource blocks occupy.
const NARROWEST_HALF_HZ: f64 = 0.54e6;
/// Cells that are followed in the whole band at most.
const MAX_IN_WHOLE_BAND: usize = 2;
/// Cells of a carrier at most, those that were heard before included: more than can be told apart at once.
const MAX_CELLS: usize = 128;
/// Distance within which two PSS overlap, and one may show as a ghost of the other.
const PSS_REACH_HZ: f64 = 0.93e6;

/// Samples of a stretch of the recording and what was computed of them once.
pub struct Chunk {
    /// The samples.
    pub samples: SampleBuffer,
    /// Their rate.
    pub rate: SampleRate,
    /// The recording's rate, which is as wide as its band; resampled samples are faster.
    pub recorded: SampleRate,
    /// Their spectra, or those of a chunk before where nobody reads them.
    pub spectra: BlockSpectra,
    /// Whether the spectra are those of the samples.
    pub has_spectra: bool,
    transforms: Transforms,
    /// Their place in the recording.
    pub place: ChunkPlace,
    /// What the dwell before left undone.
    pub backlog: Backlog,
    stop: Arc<AtomicBool>,
}

impl Chunk {
    /// Nothing yet, of a recording at one rate that is made one at another; once `stop` is set, its search ends early.
    pub fn new(recorded: SampleRate, rate: SampleRate, stop: &Arc<AtomicBool>) -> Self {
        let place = ChunkPlace { first_sample: 0.0, ratio: 1.0 };
        Self {
            samples: SampleBuffer::new(),
            rate,
            recorded,
            spectra: BlockSpectra::empty(rate),
            has_spectra: false,
            transforms: Transforms::new(),
            place,
            backlog: Backlog::default(),
            stop: Arc::clone(stop),
        }
    }

    /// Makes the spectra those of the samples.
    pub fn make_spectra(&mut self) {
        if !std::mem::replace(&mut self.has_spectra, true) {
            self.spectra.renew(&mut self.transforms, &self.samples);
        }
    }

    /// Makes them those of the samples again with bursts that were limited as they were received; false where none was.
    pub fn make_spectra_with_bursts(&mut self) -> bool {
        let is_limited = self.spectra.limits_bursts();
        if is_limited {
            self.spectra.renew_with_bursts(&mut self.transforms, &self.samples);
        }
        is_limited
    }

    /// Puts zeros where samples are missing. The spectra are those of what was there before.
    pub fn put(&mut self, gaps: &[Gap]) {
        let mut end = self.samples.len();
        let mut moved: usize = gaps.iter().map(|gap| gap.samples).sum();
        self.samples.resize(end + moved);
        self.has_spectra = false;
        for gap in gaps.iter().rev() {
            let at = gap.at.min(end);
            self.samples.copy_within(at..end, at + moved);
            moved -= gap.samples;
            self.samples[at + moved..][..gap.samples].fill(Complex32::ZERO);
            end = at;
        }
    }

    /// Whether nobody wants to know any more. Every loop of a search over carriers, frequencies or layers asks.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The recording itself as a stream, where its rate is right.
    pub fn whole(&self) -> Option<StreamView<'_>> {
        let base = SampleRate::LTE_1_4_MHZ.hz();
        let multiple = (self.rate.hz() / base).round();
        let is_multiple = (self.rate.hz() - multiple * base).abs() < 1e-3;
        is_multiple.then_some(StreamView { samples: &self.samples, first: 0, rate: self.rate, centre: Hertz(0.0) })
    }

    /// The same, where it is as wide as `multiple` of 1.92 MS/s and not so wide that its transforms cost more than taking
    /// a carrier out.
    fn whole_for(&self, multiple: usize) -> Option<StreamView<'_>> {
        self.whole().filter(|whole| (multiple..2 * multiple).contains(&whole.multiple()))
    }
}

/// A carrier and its cells.
pub struct CarrierSession {
    /// Where it is.
    pub nominal: Nominal,
    /// Other raster frequencies that it may be on.
    pub others: Vec<Hertz>,
    /// The cells found so far.
    pub cells: Vec<CellSession>,
    /// Where it is seen, and at what clock.
    seen: Option<SeenCarrier>,
    channeliser: Channeliser,
    /// The carrier's middle, from chunk to chunk in the same memory.
    middle: CarrierStream,
    /// Stretches with paging, and what is received of them.
    stretches: Vec<cancel::Stretch>,
    paged: CarrierStream,
    /// The work that may be done.
    budget: Budget,
    /// What the dwell before left undone.
    waiting: Waiting,
    /// Identities heard in the dwell before that have not been found in this one yet.
    heard_before: BTreeSet<u16>,
    /// Whether no work was left to search under all cells found.
    is_search_undone: bool,
    /// Whether cells with a poor oscillator were looked for.
    is_searched_beside: bool,
    /// The order in which the cells have their turns.
    order: Vec<usize>,
}

impl CarrierSession {
    /// A carrier not yet searched.
    pub fn new(nominal: Nominal) -> Self {
        let empty = || CarrierStream::empty(SampleRate::LTE_1_4_MHZ, nominal.relative);
        Self {
            nominal,
            others: Vec::new(),
            cells: Vec::new(),
            seen: None,
            channeliser: Channeliser::new(),
            middle: empty(),
            stretches: Vec::new(),
            paged: empty(),
            budget: Budget::default(),
            waiting: Waiting::default(),
            heard_before: BTreeSet::new(),
            is_search_undone: false,
            is_searched_beside: false,
            order: Vec::new(),
        }
    }

    /// One that begins with what the dwell before left undone.
    pub fn with_backlog(nominal: Nominal, backlog: &Backlog) -> Self {
        let waiting = backlog.of(nominal.absolute);
        let budget = if waiting.is_search_first { Budget::for_search() } else { Budget::default() };
        Self { budget, heard_before: waiting.heard.clone(), waiting, ..Self::new(nominal) }
    }

    /// Cells whose MIB, or what they send beyond it, no work was left for.
    fn unserved(&self) -> usize {
        let is_unserved = |cell: &&CellSession| cell.turns == 0 && (cell.is_unproven || cell.mib.is_some());
        self.cells.iter().filter(is_unserved).filter(|cell| !cell.is_complete() && cell.unheard == 0).count()
    }

    /// Whether work is left to go on with a search that found none left.
    pub fn goes_on_searching(&self) -> bool {
        (self.is_search_undone || self.cells.iter().any(|cell| cell.is_unproven))
            && self.budget.has_half(Purpose::Search)
    }

    /// What is left undone, in words and for the next dwell; `None` where nothing is.
    pub fn undone(&self) -> Option<(String, Waiting)> {
        let (unserved, is_search_undone) = (self.unserved(), self.is_search_undone);
        if unserved == 0 && !is_search_undone {
            return None;
        }
        let weaker = if is_search_undone { ", and weaker ones were not searched" } else { "" };
        let text = format!(
            "the carrier at {:.3} MHz holds more cells than a dwell's work reaches: of {} found {unserved} were not \
             decoded{weaker}; the next dwell begins with these",
            self.nominal.absolute.0 / 1e6,
            self.cells.len()
        );
        let served = self.cells.iter().filter(|cell| cell.turns > 0).map(|cell| cell.found.sync.pci.get());
        let served = if unserved > 0 { self.waiting.served.iter().copied().chain(served).collect() } else { [].into() };
        let heard = self.cells.iter().filter(|cell| cell.mib.is_some()).map(|cell| cell.found.sync.pci.get());
        // In turns with dwells in which all of them are heard.
        let is_search_first = is_search_undone && !self.waiting.is_search_first;
        let heard = if is_search_first { heard.collect() } else { [].into() };
        Some((text, Waiting { served, heard, is_search_first }))
    }

    /// The stretch of the band in which no other carrier's centre can be, as far as is known.
    pub fn occupied(&self) -> Stretch {
        let widest = self.cells.iter().filter_map(|cell| cell.mib).map(|mib| mib.fields.bandwidth.subcarriers()).max();
        // Not even the narrowest carrier overlaps it, and within its middle another PSS would overlap this one's.
        let half = (widest.unwrap_or(0) as f64 * 7.5e3 + NARROWEST_HALF_HZ).max(PSS_REACH_HZ);
        Stretch { from: self.nominal.relative.0 - half, to: self.nominal.relative.0 + half }
    }

    /// Whether a MIB was received on it: no ghost of another carrier has one.
    pub fn is_certain(&self) -> bool {
        self.cells.iter().any(|cell| cell.mib.is_some())
    }

    /// Measures the sample clock by the strongest cell and ties it to the carrier at that distance; whether it is another
    /// distance than before.
    fn learn_clock(&mut self) -> bool {
        let Some(strongest) = self.strongest() else { return false };
        let Some(clock) = Tracker::new().measure_clock(self.middle.view(), &strongest.found) else { return false };
        let sync = strongest.found.sync;
        self.seen = Some(SeenCarrier { offset: sync.offset, clock });
        // Paths that come and go move the timing too: the clock is another one where tracking had to leave the tied one.
        let is_left = (sync.clock_excess - self.nominal.clock_excess(sync.offset)).abs() > TIED;
        if is_left {
            self.nominal.clock_bias = self.nominal.bias_of(clock.excess, sync.offset);
        }
        is_left
    }

    /// Puts the carrier on the raster frequency that its place and clock speak for, what the radio was `tuned` to where they
    /// leave it open, as far as the `receiver` is known; see [`choose`].
    pub fn settle(&mut self, tuned: &[Hertz], receiver: Oscillators) {
        let Some(seen) = self.seen else { return };
        let center = Hertz(self.nominal.absolute.0 - self.nominal.relative.0);
        if let Some(choice) = choose(&seen, center, tuned, receiver) {
            // The clock stays the one that is followed, unless it is the one tied to the carrier now.
            let bias = choice.nominal.bias_of(self.nominal.clock_excess(seen.offset), seen.offset);
            let is_tied = bias.abs() <= TIED.max(seen.tolerance());
            self.nominal = Nominal { clock_bias: if is_tied { 0.0 } else { bias }, ..choice.nominal };
            self.others = choice.others;
        }
    }

    /// The receiver's oscillators as this carrier shows them, where its frequency is certain.
    pub fn oscillators(&self) -> Option<Oscillators> {
        let carrier = self.crystal().filter(|_| self.is_certain() && self.others.is_empty())?;
        Some(Oscillators { carrier: Some(carrier), clock: Some(Ppm(carrier.0 - self.nominal.clock_bias * 1e6)) })
    }

    /// The cell whose reference signals stand out most.
    pub fn strongest(&self) -> Option<&CellSession> {
        self.cells.iter().max_by(|a, b| a.found.strength.total_cmp(&b.found.strength))
    }

    /// The crystal's error by the strongest cell.
    pub fn crystal(&self) -> Option<Ppm> {
        let strongest = self.strongest()?;
        let offset = strongest.found.sync.offset.0 - self.nominal.relative.0;
        Some(Ppm(offset / self.nominal.absolute.0 * 1e6))
    }

    /// The error of the crystal by which this carrier is seen at `place`, and a distance from there in the same unit.
    pub fn nominal_error(&self, place: Hertz, distance: Hertz) -> (Ppm, Ppm) {
        let ppm = |hz: f64| Ppm(hz / self.nominal.absolute.0 * 1e6);
        (ppm(place.0 - self.nominal.relative.0), ppm(distance.0))
    }

    /// Goes on with the known cells in another chunk, those first that waited longest.
    pub fn go_on(&mut self, chunk: &Chunk) {
        let Self { nominal, cells, channeliser, middle, budget, order, .. } = self;
        let stream = match chunk.whole().filter(|_| !chunk.has_spectra) {
            Some(whole) => whole,
            None => {
                channeliser.renew(middle, &chunk.spectra, nominal.relative);
                middle.view()
            }
        };
        let ms = milliseconds(stream);
        budget.refill(ms);
        order.clear();
        order.extend(0..cells.len());
        order.sort_unstable_by(|&a, &b| {
            let (first, second) = (&cells[a], &cells[b]);
            let by_strength = second.found.strength.total_cmp(&first.found.strength);
            second.waited.cmp(&first.waited).then(by_strength).then(a.cmp(&b))
        });
        let needs_mib = |cell: &CellSession| cell.mib.is_none() || cell.counts_anew;
        for &i in &*order {
            let units = FOLLOW_UNITS + if needs_mib(&cells[i]) { MIB_UNITS } else { 0.0 };
            let is_followed = budget.take(Purpose::Following, units * ms);
            cells[i].waited = if is_followed { 0 } else { cells[i].waited + 1 };
        }
        cells.par_iter_mut().for_each(|cell| {
            cell.advance(chunk.place);
            if cell.waited > 0 {
                return;
            }
            cell.track(stream, nominal);
            if needs_mib(cell) {
                cell.receive_mib(stream);
            }
        });
    }

    /// Frames passed that the cells' numbers do not count: their MIBs are to be received again.
    pub fn count_anew(&mut self) {
        self.cells.iter_mut().for_each(|cell| cell.counts_anew = true);
    }

    /// Whether the carrier, alone in its recording, is taken out of spectra: where a cell's MIB is still to be found, its
    /// blocks are not received from the recording itself, or there are so many cells that one narrow stream for all costs
    /// less than transforms of the whole band for each.
    pub fn needs_spectra(&self, chunk: &Chunk) -> bool {
        let needs = |cell: &CellSession| {
            cell.mib.is_none_or(|mib| {
                let bandwidth = mib.fields.bandwidth;
                is_held(cell, bandwidth, chunk) && chunk.whole_for(bandwidth.rate_multiple()).is_none()
            })
        };
        chunk.whole().is_none() || self.cells.len() > MAX_IN_WHOLE_BAND || self.cells.iter().any(needs)
    }

    /// Takes over the cells of another search of the same carrier that are not known yet. Both are of one chunk.
    pub fn take_new(&mut self, searched: Self) {
        for cell in searched.cells {
            if !self.cells.iter().any(|known| tells_again(known, &cell)) {
                self.cells.push(cell);
            }
        }
        self.join(true);
    }

    /// Takes cells that were found again elsewhere for what they are, those that have given no identity too unless they must
    /// be `named`, and forgets those least heard of beyond what a carrier can hold.
    pub fn join(&mut self, named: bool) {
        let mut later = 1;
        while later < self.cells.len() {
            let is_again = |&earlier: &usize| self.cells[later].may_be_again(&self.cells[earlier], named);
            match (0..later).find(is_again) {
                Some(earlier) => {
                    let cell = self.cells.remove(earlier);
                    self.cells[later - 1].take_over(cell);
                }
                None => later += 1,
            }
        }
        self.cells.iter_mut().filter(|cell| cell.unheard > 0).for_each(CellSession::rest);
        if self.cells.len() > MAX_CELLS {
            // What was heard comes before what was not, what has a MIB before what has none.
            self.cells.sort_by(|a, b| {
                let rank = |cell: &CellSession| (cell.unheard > 0, cell.mib.is_none());
                rank(a).cmp(&rank(b)).then(b.found.strength.total_cmp(&a.found.strength))
            });
            self.cells.truncate(MAX_CELLS);
        }
    }
}

/// Whether `cell` is `known` once more. Another transmitter of that identity nearby is believed only by a MIB of its own:
/// whatever is left or seen again of a cell has that cell's MIB and frame number.
fn tells_again(known: &CellSession, cell: &CellSession) -> bool {
    may_be_same(&known.found, &cell.found) && !cell.contradicts(known)
}
