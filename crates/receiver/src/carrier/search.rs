//! The search for a carrier's cells: those whose PSS shows, then under what is left of the carrier those that they hid.

use lte_dsp::{
    cell::Bandwidth,
    channels::{cancel, traffic::attenuate_traffic},
    fft::Transforms,
    frontend::{
        channelise::{CarrierStream, StreamView},
        ofdm::CellSync,
        spectra::BlockSpectra,
    },
    search::{
        ANY_CRYSTAL, FREE_CLOCK_SAMPLES, FoundCell, FreeClockSearch, PSS_THRESHOLD, Searcher, Tracker,
        pss::{PEAKS_A_HYPOTHESIS, PssCorrelator, PssHypothesis, PssPeak},
    },
    units::{Hertz, Ppm},
};
use rayon::prelude::*;

use super::{CarrierSession, Chunk, tells_again};
use crate::{
    budget::{MIB_UNITS, Purpose},
    cell_session::{CellSession, ChunkPlace},
    raster::MAX_CLOCK_APART,
};

/// Rounds of cancelling and searching at most.
const MAX_LAYERS: usize = 4;
/// Cells with which others are looked for in step in one round at most, those first with which that was done least.
const MAX_IN_STEP: usize = 16;
/// Cells of one round whose MIB is received in any case.
const MAX_CERTAIN: usize = 4;
/// How far from where a short stretch shows a cell the carriers are that are looked at next.
const SHOWN_TOLERANCE: Hertz = Hertz(10e3);
/// Error of other cells' carriers against the strongest one's.
const HIDDEN_RANGE: Ppm = Ppm(4.0);
/// Half frames in which a cell with a poor oscillator is looked for beside the others of its carrier: it counts only with a MIB, for which its PSS stands out in these.
const BESIDE_PERIODS: usize = 8;
/// Difference of carriers beyond which a cell is told by its MIB alone: base stations keep to 0.25 ppm (TS 36.104 §6.5.1),
/// and Doppler shifts and the error of a weak cell's measurement are less than the rest.
const FOREIGN: Ppm = Ppm(1.0);
/// What may be left of a cancelled cell: 25 dB less. Weaker cells than 20 dB below it are not to be found.
const REMAINDER: f32 = 0.003;

impl CarrierSession {
    /// Searches for cells within `range` of `expected`, the crystal's error as far as known.
    pub fn search(&mut self, chunk: &Chunk, expected: Ppm, range: Ppm) {
        if chunk.is_stopped() {
            return;
        }
        let peaks = self.peaks(&chunk.spectra, Hertz(0.0), expected, range);
        self.follow(chunk, &peaks, |carrier| carrier.peaks(&chunk.spectra, Hertz(0.0), expected, range));
    }

    /// The same at any clock.
    pub fn search_at_any_clock(&mut self, chunk: &Chunk, expected: Ppm, range: Ppm) {
        let hypotheses = self.hypotheses(&chunk.spectra, Hertz(0.0), expected, range);
        self.follow_at_any_clock(chunk, hypotheses);
    }

    /// Searches near the places of `hypotheses`, whatever their clock: the strongest cell of a short stretch shows the clock,
    /// with which all of the chunk is searched. More is computed, and where all are among the weakest cells, none is found.
    pub fn follow_at_any_clock(&mut self, chunk: &Chunk, hypotheses: Vec<PssHypothesis>) {
        let peaks = peaks_at_any_clock(&chunk.spectra, hypotheses);
        if peaks.is_empty() {
            return;
        }
        let mut middle = self.take_middle();
        self.channeliser.renew(&mut middle, &chunk.spectra, self.nominal.relative);
        let whole = middle.view();
        let stretch = StreamView { samples: &whole.samples[..whole.samples.len().min(FREE_CLOCK_SAMPLES)], ..whole };
        let found = Searcher::new().find_cells(stretch, &[], &peaks, chunk.spectra.bin_hz(), &self.nominal);
        let clock = found.first().and_then(|cell| Some((cell, Tracker::new().measure_clock(stretch, cell)?)));
        let shown = clock.map(|(cell, clock)| (self.nominal.bias_of(clock.excess, cell.sync.offset), cell.sync.offset));
        self.middle = middle;
        let Some((bias, offset)) = shown else { return };
        let before = std::mem::replace(&mut self.nominal.clock_bias, bias);
        let (expected, range) = self.nominal_error(offset, SHOWN_TOLERANCE);
        self.search(chunk, expected, range);
        if self.cells.is_empty() {
            self.nominal.clock_bias = before;
        }
    }

    /// Adds the cells behind `peaks`, each with its MIB if that is received, and those hidden under them. Where the strongest
    /// one shows that the clock is another than was assumed, which smears the peaks of weaker ones, `again` gives the peaks
    /// at that clock.
    pub fn follow(&mut self, chunk: &Chunk, peaks: &[PssPeak], again: impl Fn(&Self) -> Vec<PssPeak>) {
        let mut middle = self.take_middle();
        self.channeliser.renew(&mut middle, &chunk.spectra, self.nominal.relative);
        self.middle = middle;
        let mut searcher = Searcher::new();
        self.find_shown(&mut searcher, chunk, peaks);
        if self.learn_clock() {
            searcher = Searcher::new();
            self.find_shown(&mut searcher, chunk, &again(self));
        }
        let middle = self.take_middle();
        self.find_rest(&mut searcher, middle.view(), chunk);
        self.middle = middle;
    }

    /// Adds the cells behind `peaks` that are not known.
    fn find_shown(&mut self, searcher: &mut Searcher, chunk: &Chunk, peaks: &[PssPeak]) {
        let middle = self.take_middle();
        let known = self.known_syncs();
        let found = searcher.find_cells(middle.view(), &known, peaks, chunk.spectra.bin_hz(), &self.nominal);
        self.budget.spend(Purpose::Search, searcher.take_work() * milliseconds(middle.view()));
        self.add(found, middle.view(), chunk.place);
        self.middle = middle;
    }

    /// Looks for more cells under those that were followed into this chunk.
    pub fn search_again(&mut self, chunk: &Chunk) {
        let middle = self.take_middle();
        self.find_rest(&mut Searcher::new(), middle.view(), chunk);
        self.middle = middle;
    }

    /// The carrier's middle, to be put back.
    fn take_middle(&mut self) -> CarrierStream {
        let empty = CarrierStream::empty(self.middle.rate, self.middle.centre);
        std::mem::replace(&mut self.middle, empty)
    }

    /// The cells under those found, and the MIBs that these left unheard.
    fn find_rest(&mut self, searcher: &mut Searcher, stream: StreamView<'_>, chunk: &Chunk) {
        self.find_hidden(searcher, stream, chunk);
        if chunk.is_stopped() {
            return;
        }
        self.retry_mibs(searcher, stream);
        self.drop_remainders();
    }

    /// Drops cells without a MIB that are weaker than what cancelling leaves of the strongest one, or whose offset is none
    /// of a cell beside one that has a MIB: its reference signals, some subcarriers or symbols beside their place, pass for
    /// another's.
    fn drop_remainders(&mut self) {
        let Some(top) = self.cells.iter().map(|cell| cell.found.statistics.power).reduce(f32::max) else { return };
        let certain = self.cells.iter().filter(|cell| cell.mib.is_some());
        let known: Vec<f64> = certain.map(|cell| cell.found.sync.offset.0).collect();
        let reach_hz = FOREIGN.of(self.nominal.absolute).0;
        self.cells.retain(|cell| {
            let is_near = |hz: &f64| (hz - cell.found.sync.offset.0).abs() < reach_hz;
            let is_foreign = !known.is_empty() && !known.iter().any(is_near);
            cell.mib.is_some() || cell.found.statistics.power > REMAINDER * top && !is_foreign
        });
    }

    /// Sessions of those cells found in `stream` that have none.
    fn add(&mut self, found: Vec<FoundCell>, stream: StreamView<'_>, place: ChunkPlace) {
        let mut sessions: Vec<CellSession> = found.into_iter().map(|cell| CellSession::new(cell, place)).collect();
        let units = MIB_UNITS * milliseconds(stream);
        for (i, session) in sessions.iter_mut().enumerate() {
            // What had its turn in the dwell before waits for the others; the strongest make the carrier certain.
            let pci = session.found.sync.pci;
            session.turns = self.waiting.has_served(pci).into();
            let has_waited = i < MAX_CERTAIN || !self.heard_before.remove(&pci.get());
            session.is_unproven = !has_waited || !self.budget.take(Purpose::Search, units) && !self.cells.is_empty();
        }
        sessions.par_iter_mut().filter(|session| !session.is_unproven).for_each(|session| session.receive_mib(stream));
        sessions.retain(|session| !self.cells.iter().any(|known| tells_again(known, session)));
        self.cells.append(&mut sessions);
    }

    /// The same, where what has no MIB is no cell.
    fn add_with_mib(&mut self, found: Vec<FoundCell>, stream: StreamView<'_>, place: ChunkPlace) {
        let mut before = 0..self.cells.len();
        self.add(found, stream, place);
        self.cells.retain(|cell| before.next().is_some() || cell.mib.is_some());
    }

    /// Cancels the cells found, searches what is left, and again until nothing new is confirmed or no work is left for it.
    fn find_hidden(&mut self, searcher: &mut Searcher, stream: StreamView<'_>, chunk: &Chunk) {
        let place = chunk.place;
        let mut residual = CarrierStream::from(stream);
        let mut quiet = CarrierStream::empty(stream.rate, stream.centre);
        let mut spectra = BlockSpectra::empty(stream.rate);
        let mut transforms = Transforms::new();
        let mut cancelled = 0;
        let mut layers = 0;
        self.is_search_undone = false;
        while let Some(crystal) = self.crystal() {
            let is_last = cancelled == self.cells.len() || layers == MAX_LAYERS;
            let has_work = self.budget.has(Purpose::Search);
            if chunk.is_stopped() || is_last && !(has_work && self.begins_beside()) {
                return;
            }
            if !has_work {
                self.is_search_undone = true;
                return;
            }
            if is_last {
                let beside = self.beside(&spectra, quiet.centre, crystal);
                let peaks = in_recording(peaks(&spectra, beside, BESIDE_PERIODS), &quiet, &spectra);
                let found =
                    searcher.find_cells(quiet.view(), &self.known_syncs(), &peaks, spectra.bin_hz(), &self.nominal);
                self.budget.spend(Purpose::Search, searcher.take_work() * milliseconds(stream));
                self.add_with_mib(found, quiet.view(), place);
                continue;
            }
            layers += 1;
            let newly = self.cells.len() - cancelled;
            self.budget.spend(Purpose::Search, newly as f64 * milliseconds(stream));
            for cell in &mut self.cells[cancelled..] {
                cell.cancel(&mut residual, Bandwidth::Rb6, &[cancel::WHOLE]);
            }
            cancelled = self.cells.len();
            quiet.samples.resize(0);
            quiet.samples.extend_from_slice(&residual.samples);
            let is_attenuated = self.cells.iter().fold(false, |is_any, cell| {
                attenuate_traffic(&mut quiet, &cell.known(), Bandwidth::Rb6, &[cancel::WHOLE]) | is_any
            });
            spectra.renew(&mut transforms, &quiet.samples);
            let peaks = in_recording(self.peaks(&spectra, quiet.centre, crystal, HIDDEN_RANGE), &quiet, &spectra);
            let known = self.known_syncs();
            let in_step = searcher.find_in_step(quiet.view(), &self.next_in_step(), &known, &self.nominal);
            self.add_with_mib(in_step, quiet.view(), place);
            let found = searcher.find_cells(quiet.view(), &known, &peaks, spectra.bin_hz(), &self.nominal);
            self.budget.spend(Purpose::Search, searcher.take_work() * milliseconds(stream));
            self.add(found, quiet.view(), place);
            // What was attenuated with the traffic is not missing in the levels, where they can be measured.
            for cell in self.cells[cancelled..].iter_mut().filter(|_| is_attenuated) {
                if let Some(found) = searcher.confirm(residual.view(), cell.found.sync, &self.nominal) {
                    cell.found = found;
                }
            }
        }
    }

    /// Whether cells with a poor oscillator are to be looked for now: beside a carrier that has a MIB, and once.
    fn begins_beside(&mut self) -> bool {
        self.is_certain() && !std::mem::replace(&mut self.is_searched_beside, true)
    }

    /// Places of those cells with which others are looked for in step next, the strongest of them first.
    fn next_in_step(&mut self) -> Vec<CellSync> {
        let mut cells: Vec<&mut CellSession> = self.cells.iter_mut().filter(|cell| !cell.is_unproven).collect();
        cells.sort_by(|a, b| {
            a.in_step_searches.cmp(&b.in_step_searches).then(b.found.strength.total_cmp(&a.found.strength))
        });
        cells.truncate(MAX_IN_STEP);
        cells.iter_mut().for_each(|cell| cell.in_step_searches += 1);
        cells.sort_by(|a, b| b.found.strength.total_cmp(&a.found.strength));
        cells.into_iter().map(|cell| cell.found.sync).collect()
    }

    /// Places of the cells found, the strongest first.
    fn known_syncs(&self) -> Vec<CellSync> {
        let mut cells: Vec<&FoundCell> = self.cells.iter().map(|cell| &cell.found).collect();
        cells.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        cells.into_iter().map(|cell| cell.sync).collect()
    }

    /// Once more for cells without a MIB, the others taken off. One that does not stand out of what is left was made of
    /// those: their reference signals, a subcarrier or a symbol beside their place, pass for another cell's by chance.
    /// Those for which no work is left are unproven for now; they come first the next time.
    fn retry_mibs(&mut self, searcher: &mut Searcher, stream: StreamView<'_>) {
        let mut rest = CarrierStream::empty(stream.rate, stream.centre);
        let mut order: Vec<usize> = (0..self.cells.len()).filter(|&i| self.cells[i].mib.is_none()).collect();
        order.sort_by_key(|&i| self.cells[i].retries);
        let mut is_none = vec![false; self.cells.len()];
        for i in order {
            let mut others = self.worth_cancelling(i);
            others.retain(|&j| !is_none[j]);
            if others.is_empty() {
                continue;
            }
            let units = (others.len() as f64 + MIB_UNITS) * milliseconds(stream);
            if !self.budget.take(Purpose::Decoding, units) {
                self.cells[i].is_unproven |= self.cells[i].retries == 0;
                continue;
            }
            self.without(&others, stream, Bandwidth::Rb6, &[cancel::WHOLE], &mut rest);
            let cell = &mut self.cells[i];
            cell.receive_mib(rest.view());
            (cell.is_unproven, cell.retries) = (false, cell.retries + 1);
            is_none[i] = cell.mib.is_none() && searcher.confirm(rest.view(), cell.found.sync, &self.nominal).is_none();
        }
        let mut is_none = is_none.into_iter();
        self.cells.retain(|_| !is_none.next().unwrap_or_default());
    }

    /// PSS peaks of all hypotheses, strongest first.
    /// `spectra_centre` is where their centre is relative to the recording's.
    fn peaks(&self, spectra: &BlockSpectra, spectra_centre: Hertz, expected: Ppm, range: Ppm) -> Vec<PssPeak> {
        peaks(spectra, self.hypotheses(spectra, spectra_centre, expected, range), usize::MAX)
    }

    /// Frequencies at which a cell with a poor oscillator may be beside those of a carrier whose crystal's error is known.
    fn beside(&self, spectra: &BlockSpectra, spectra_centre: Hertz, crystal: Ppm) -> Vec<PssHypothesis> {
        let near = self.hypotheses(spectra, spectra_centre, crystal, HIDDEN_RANGE);
        let mut beside = self.hypotheses(spectra, spectra_centre, crystal, ANY_CRYSTAL);
        beside.retain(|hypothesis| !near.contains(hypothesis));
        beside
    }

    /// Frequencies to look at, each with the clock that belongs to it.
    fn hypotheses(
        &self,
        spectra: &BlockSpectra,
        spectra_centre: Hertz,
        expected: Ppm,
        range: Ppm,
    ) -> Vec<PssHypothesis> {
        PssHypothesis::around(&self.nominal, spectra.bin_hz(), spectra_centre, expected, range)
    }
}

/// Length of a stream.
pub(super) fn milliseconds(stream: StreamView<'_>) -> f64 {
    stream.samples.len() as f64 / stream.rate.hz() * 1e3
}

/// PSS peaks over at most `periods` half frames, strongest first.
fn peaks(spectra: &BlockSpectra, hypotheses: Vec<PssHypothesis>, periods: usize) -> Vec<PssPeak> {
    let mut peaks: Vec<PssPeak> = hypotheses
        .into_par_iter()
        .map_init(
            || PssCorrelator::new(spectra.block_len()),
            |correlator, hypothesis| correlator.peaks(spectra, hypothesis, periods, PSS_THRESHOLD, PEAKS_A_HYPOTHESIS),
        )
        .flatten()
        .collect();
    peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    peaks
}

/// Peaks by the bins of a stream's own band at the frequencies of the recording's.
fn in_recording(mut peaks: Vec<PssPeak>, stream: &CarrierStream, spectra: &BlockSpectra) -> Vec<PssPeak> {
    let centre = (stream.centre.0 / spectra.bin_hz()).round() as i64;
    peaks.iter_mut().for_each(|peak| peak.hypothesis.bin += centre);
    peaks
}

/// PSS peaks over a short stretch, strongest first, near the places of `hypotheses` at every clock that a receiver may have.
fn peaks_at_any_clock(spectra: &BlockSpectra, hypotheses: Vec<PssHypothesis>) -> Vec<PssPeak> {
    let reach = (MAX_CLOCK_APART.0 + ANY_CRYSTAL.0) * 1e-6;
    let mut peaks: Vec<PssPeak> = hypotheses
        .into_par_iter()
        .map_init(
            || FreeClockSearch::new(spectra.block_len()),
            |search, hypothesis| {
                let hypothesis = PssHypothesis { clock_excess: 0.0, ..hypothesis };
                search.peaks(spectra, hypothesis, reach, PEAKS_A_HYPOTHESIS)
            },
        )
        .flatten()
        .collect();
    peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    peaks
}
