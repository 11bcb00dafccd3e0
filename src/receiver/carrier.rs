//! One carrier of a recording: the search for its cells and their sessions.

use bytemuck::allocation::zeroed_vec;
use lte_dsp::{
    cell::{Bandwidth, NId2},
    channels::{
        cancel::{self, KnownCell, cancel},
        traffic::attenuate_traffic,
    },
    fft::Transforms,
    frontend::{
        channelise::{CarrierStream, Channeliser, StreamView},
        ofdm::SUBFRAME,
        spectra::BlockSpectra,
    },
    search::{
        FoundCell, Nominal, PSS_THRESHOLD, Searcher, Tracker, may_be_same,
        pss::{PssCorrelator, PssHypothesis, PssPeak},
    },
    units::{Hertz, Ppm, SampleRate},
};
use num_complex::Complex32;
use rayon::prelude::*;

use super::{
    carrier_candidates::Stretch,
    cell_session::{CellSession, ChunkPlace},
};

/// Bins between frequency hypotheses: about 4.7 kHz, at most 0.4 dB lost half-way.
const BIN_STEP: i64 = 5;
/// Peaks kept of one hypothesis.
const PEAKS_A_HYPOTHESIS: usize = 8;

/// The channel raster. TS 36.101 §5.7.2.
pub const RASTER_HZ: f64 = 100e3;
/// Misfit of a clock to a raster frequency that measuring explains: a tenth of what neighbours differ by at 2 GHz.
const CLOCK_TOLERANCE: f64 = 6e-6;
/// Rounds of cancelling and searching at most.
const MOST_LAYERS: usize = 4;
/// Error of other cells' carriers against the strongest one's.
const HIDDEN_RANGE: Ppm = Ppm(4.0);
/// Power over noise and interference above which other cells need not be cancelled for SIB1: 6 dB.
const CLEAR_SINR: f32 = 4.0;
/// Power over noise and interference of a cell from which it is cancelled for another: 6 dB below, reference signals add
/// 1 dB to that in a sixth of the elements.
const WORTH_CANCELLING: f32 = 0.25;
/// What may be left of a cancelled cell: 25 dB less. Weaker cells than 20 dB below it are not to be found.
const REMAINDER: f32 = 0.003;
/// Half of what six resource blocks occupy.
const NARROWEST_HALF_HZ: f64 = 0.54e6;
/// Cells that are followed in the whole band at most.
const MOST_IN_WHOLE_BAND: usize = 2;
/// Distance within which two PSS overlap, and one may show as a ghost of the other.
const PSS_REACH_HZ: f64 = 0.93e6;

/// Samples of a stretch of the recording and what was computed of them once.
pub struct Chunk {
    /// The samples.
    pub samples: Vec<Complex32>,
    /// Their rate.
    pub rate: SampleRate,
    /// The recording's rate, which is as wide as its band; resampled samples are faster.
    pub recorded: SampleRate,
    /// Their spectra, or those of a chunk before where nobody reads them.
    pub spectra: BlockSpectra,
    /// Whether the spectra are those of the samples.
    pub has_spectra: bool,
    /// Their place in the recording.
    pub place: ChunkPlace,
}

impl Chunk {
    /// Nothing yet, of a recording at one rate that is made one at another.
    pub fn new(recorded: SampleRate, rate: SampleRate) -> Self {
        let place = ChunkPlace { first_sample: 0.0, ratio: 1.0 };
        Self { samples: Vec::new(), rate, recorded, spectra: BlockSpectra::empty(rate), has_spectra: false, place }
    }

    /// The recording itself as a stream, where its rate is right.
    fn whole(&self) -> Option<StreamView<'_>> {
        let base = SampleRate::LTE_1_4_MHZ.hz();
        let multiple = (self.rate.hz() / base).round();
        let is_multiple = (self.rate.hz() - multiple * base).abs() < 1e-3;
        is_multiple.then_some(StreamView { samples: &self.samples, rate: self.rate, centre: Hertz(0.0) })
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
    /// The cells found so far.
    pub cells: Vec<CellSession>,
    channeliser: Channeliser,
    /// The carrier's middle, from chunk to chunk in the same memory.
    middle: CarrierStream,
    /// Stretches with paging, and what is received of them.
    stretches: Vec<cancel::Stretch>,
    paged: CarrierStream,
}

impl CarrierSession {
    /// A carrier not yet searched.
    pub fn new(nominal: Nominal) -> Self {
        let middle = CarrierStream { samples: Vec::new(), rate: SampleRate::LTE_1_4_MHZ, centre: nominal.relative };
        let paged = CarrierStream { samples: Vec::new(), ..middle };
        Self { nominal, cells: Vec::new(), channeliser: Channeliser::new(), middle, stretches: Vec::new(), paged }
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

    /// Puts the carrier on the raster frequency that the strongest cell's clock speaks for: where carrier and clock come
    /// from one crystal, only one frequency fits. A clock that fits none leaves it where it is, or on the nearest one.
    pub fn settle(&mut self, chunk: &Chunk) {
        let stream = self.channeliser.stream(&chunk.spectra, self.nominal.relative, 1);
        let Some(strongest) = self.strongest() else { return };
        let Some(clock) = Tracker::new().measure_clock(stream.view(), &strongest.found) else { return };
        let center = self.nominal.absolute.0 - self.nominal.relative.0;
        let offset = strongest.found.sync.offset;
        let nearest = ((center + offset.0) / RASTER_HZ).round();
        let on_raster = |n: f64| Nominal { relative: Hertz(n * RASTER_HZ - center), absolute: Hertz(n * RASTER_HZ) };
        let misfit = |nominal: &Nominal| (nominal.clock_excess(offset) - clock).abs();
        let best = (-2..=2).map(|i| on_raster(nearest + f64::from(i))).min_by(|a, b| misfit(a).total_cmp(&misfit(b)));
        let is_on_raster = (self.nominal.absolute.0 / RASTER_HZ).fract() == 0.0;
        match best {
            Some(best) if misfit(&best) < CLOCK_TOLERANCE => self.nominal = best,
            _ if !is_on_raster => self.nominal = on_raster(nearest),
            _ => {}
        }
    }

    fn strongest(&self) -> Option<&CellSession> {
        self.cells.iter().max_by(|a, b| a.found.strength.total_cmp(&b.found.strength))
    }

    /// The crystal's error by the strongest cell.
    pub fn crystal(&self) -> Option<Ppm> {
        let strongest = self.strongest()?;
        let offset = strongest.found.sync.offset.0 - self.nominal.relative.0;
        Some(Ppm(offset / self.nominal.absolute.0 * 1e6))
    }

    /// Goes on with the known cells in another chunk.
    pub fn go_on(&mut self, chunk: &Chunk) {
        let Self { nominal, cells, channeliser, middle, .. } = self;
        let stream = match chunk.whole().filter(|_| !chunk.has_spectra) {
            Some(whole) => whole,
            None => {
                channeliser.renew(middle, &chunk.spectra, nominal.relative);
                middle.view()
            }
        };
        cells.par_iter_mut().for_each(|cell| {
            cell.advance(chunk.place);
            cell.track(stream, nominal);
            if cell.mib.is_none() {
                cell.receive_mib(stream, chunk.place);
            }
        });
    }

    /// Whether the carrier, alone in its recording, is taken out of spectra: where a cell's MIB is still to be found, its
    /// blocks are not received from the recording itself, or there are so many cells that one narrow stream for all costs
    /// less than transforms of the whole band for each.
    pub fn needs_spectra(&self, chunk: &Chunk) -> bool {
        let needs = |cell: &CellSession| {
            cell.mib.is_none_or(|mib| {
                let multiple = stream_multiple(mib.fields.bandwidth.n_rb_dl());
                is_held(cell, mib.fields.bandwidth, chunk) && chunk.whole_for(multiple).is_none()
            })
        };
        chunk.whole().is_none() || self.cells.len() > MOST_IN_WHOLE_BAND || self.cells.iter().any(needs)
    }

    /// Looks for more cells under those that were followed into this chunk.
    pub fn search_again(&mut self, chunk: &Chunk) {
        let empty = CarrierStream { samples: Vec::new(), ..self.middle };
        let stream = std::mem::replace(&mut self.middle, empty);
        let mut searcher = Searcher::new();
        self.find_hidden(&mut searcher, &stream, chunk.place);
        self.retry_mibs(&mut searcher, &stream, chunk.place);
        self.drop_remainders();
        self.middle = stream;
    }

    /// Takes over the cells of another search of the same carrier that are not known yet. Both are of one chunk.
    pub fn take_new(&mut self, searched: Self) {
        for cell in searched.cells {
            if !self.cells.iter().any(|known| tells_again(known, &cell)) {
                self.cells.push(cell);
            }
        }
    }

    /// Searches for cells within `range` of `expected`, the crystal's error as far as known.
    pub fn search(&mut self, chunk: &Chunk, expected: Ppm, range: Ppm) {
        let peaks = self.peaks(&chunk.spectra, Hertz(0.0), expected, range);
        self.follow(chunk, &peaks);
    }

    /// Adds the cells behind `peaks`, each with its MIB if that is received, and those hidden under them.
    pub fn follow(&mut self, chunk: &Chunk, peaks: &[PssPeak]) {
        let stream = self.channeliser.stream(&chunk.spectra, self.nominal.relative, 1);
        let mut searcher = Searcher::new();
        let found = searcher.find_cells(stream.view(), peaks, chunk.spectra.bin_hz(), &self.nominal);
        self.add(found, &stream, chunk.place);
        self.find_hidden(&mut searcher, &stream, chunk.place);
        self.retry_mibs(&mut searcher, &stream, chunk.place);
        self.drop_remainders();
    }

    /// Drops cells without a MIB that are weaker than what cancelling leaves of the strongest one.
    fn drop_remainders(&mut self) {
        let Some(top) = self.cells.iter().map(|cell| cell.found.statistics.power).reduce(f32::max) else { return };
        self.cells.retain(|cell| cell.mib.is_some() || cell.found.statistics.power > REMAINDER * top);
    }

    /// Sessions of those cells found in `stream` that have none.
    fn add(&mut self, found: Vec<FoundCell>, stream: &CarrierStream, place: ChunkPlace) {
        let mut sessions: Vec<CellSession> = found.into_iter().map(|cell| CellSession::new(cell, place)).collect();
        sessions.par_iter_mut().for_each(|session| session.receive_mib(stream.view(), place));
        sessions.retain(|session| !self.cells.iter().any(|known| tells_again(known, session)));
        self.cells.append(&mut sessions);
    }

    /// Cancels the cells found, searches what is left, and again until nothing new is confirmed.
    fn find_hidden(&mut self, searcher: &mut Searcher, stream: &CarrierStream, place: ChunkPlace) {
        let mut residual = stream.clone();
        let mut cancelled = 0;
        for _ in 0..MOST_LAYERS {
            let Some(crystal) = self.crystal().filter(|_| cancelled < self.cells.len()) else { return };
            for cell in &self.cells[cancelled..] {
                cancel(&mut residual, &cell.known(), Bandwidth::Rb6, &[cancel::WHOLE]);
            }
            cancelled = self.cells.len();
            let mut quiet = residual.clone();
            let is_attenuated = self.cells.iter().fold(false, |is_any, cell| {
                attenuate_traffic(&mut quiet, &cell.known(), Bandwidth::Rb6, &[cancel::WHOLE]) | is_any
            });
            let spectra = BlockSpectra::new(&mut Transforms::new(), &quiet.samples, quiet.rate);
            let peaks: Vec<PssPeak> = self
                .peaks(&spectra, quiet.centre, crystal, HIDDEN_RANGE)
                .into_iter()
                .map(|mut peak| {
                    // From bins of the residual's band to frequencies of the recording's.
                    peak.hypothesis.bin += (quiet.centre.0 / spectra.bin_hz()).round() as i64;
                    peak
                })
                .collect();
            let found = searcher.find_cells(quiet.view(), &peaks, spectra.bin_hz(), &self.nominal);
            self.add(found, &quiet, place);
            // What was attenuated with the traffic is not missing in the levels, where they can be measured.
            for cell in self.cells[cancelled..].iter_mut().filter(|_| is_attenuated) {
                if let Some(found) = searcher.confirm(residual.view(), cell.found.sync, &self.nominal) {
                    cell.found = found;
                }
            }
        }
    }

    /// Once more for cells without a MIB, the others taken off. One that does not stand out of what is left was made of
    /// those: their reference signals, a subcarrier or a symbol beside their place, pass for another cell's by chance.
    fn retry_mibs(&mut self, searcher: &mut Searcher, stream: &CarrierStream, place: ChunkPlace) {
        let mut rest = CarrierStream { samples: Vec::new(), ..*stream };
        let mut i = 0;
        while i < self.cells.len() {
            if self.cells[i].mib.is_none() && !self.worth_cancelling(i).is_empty() {
                self.without_others(i, stream.view(), Bandwidth::Rb6, &[cancel::WHOLE], &mut rest);
                self.cells[i].receive_mib(rest.view(), place);
                let sync = self.cells[i].found.sync;
                if self.cells[i].mib.is_none() && searcher.confirm(rest.view(), sync, &self.nominal).is_none() {
                    self.cells.remove(i);
                    continue;
                }
            }
            i += 1;
        }
    }

    /// The cells that disturb the `i`-th, the strongest first.
    fn worth_cancelling(&self, i: usize) -> Vec<&CellSession> {
        let least = WORTH_CANCELLING * self.cells[i].found.statistics.noise;
        let is_worth = |j: usize, cell: &CellSession| j != i && cell.found.statistics.power > least;
        let cells = self.cells.iter().enumerate();
        let mut others: Vec<&CellSession> =
            cells.filter(|&(j, cell)| is_worth(j, cell)).map(|(_, cell)| cell).collect();
        others.sort_by(|a, b| b.found.statistics.power.total_cmp(&a.found.statistics.power));
        others
    }

    /// Makes the `wanted` stretches of `rest` those of a stream with the cells that disturb the `i`-th taken off, the
    /// strongest first, and their traffic attenuated. What is in between means nothing.
    fn without_others(
        &self,
        i: usize,
        stream: StreamView<'_>,
        bandwidth: Bandwidth,
        wanted: &[cancel::Stretch],
        rest: &mut CarrierStream,
    ) {
        let others: Vec<KnownCell> = self.worth_cancelling(i).into_iter().map(CellSession::known).collect();
        (rest.rate, rest.centre) = (stream.rate, stream.centre);
        if rest.samples.len() != stream.samples.len() {
            // Where nothing is ever written the system gives no memory.
            rest.samples = zeroed_vec(stream.samples.len());
        }
        let margin = (cancel::margin(others.iter()) * SUBFRAME as i64) as f64;
        for stretch in wanted {
            let [from, to] = [stretch.start - margin, stretch.end + margin]
                .map(|at| ((at * stream.multiple() as f64).max(0.0) as usize).min(stream.samples.len()));
            rest.samples[from..to].copy_from_slice(&stream.samples[from..to]);
        }
        others.iter().for_each(|cell| cancel(rest, cell, bandwidth, wanted));
        for cell in &others {
            attenuate_traffic(rest, cell, bandwidth, wanted);
        }
    }

    /// PSS peaks of all hypotheses, strongest first.
    /// `spectra_centre` is where their centre is relative to the recording's.
    fn peaks(&self, spectra: &BlockSpectra, spectra_centre: Hertz, expected: Ppm, range: Ppm) -> Vec<PssPeak> {
        let bin_of = |hz: f64| hz / spectra.bin_hz();
        let expected = self.nominal.relative.0 + expected.of(self.nominal.absolute).0;
        let centre = bin_of(expected - spectra_centre.0).round() as i64;
        let steps = (bin_of(range.of(self.nominal.absolute).0) / BIN_STEP as f64).ceil() as i64;
        let hypotheses: Vec<PssHypothesis> = NId2::ALL
            .into_iter()
            .flat_map(|n_id_2| (-steps..=steps).map(move |step| (n_id_2, centre + step * BIN_STEP)))
            .map(|(n_id_2, bin)| {
                let offset = Hertz(bin as f64 * spectra.bin_hz() + spectra_centre.0);
                PssHypothesis { n_id_2, bin, clock_excess: self.nominal.clock_excess(offset) }
            })
            .collect();
        let mut peaks: Vec<PssPeak> = hypotheses
            .into_par_iter()
            .map_init(
                || PssCorrelator::new(spectra.block_len()),
                |correlator, hypothesis| {
                    correlator.peaks(spectra, hypothesis, usize::MAX, PSS_THRESHOLD, PEAKS_A_HYPOTHESIS)
                },
            )
            .flatten()
            .collect();
        peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        peaks
    }

    /// Receives SIB1 and SI of the cells whose MIB is known. `alone` tells that the recording holds no other carrier.
    pub fn receive_information(&mut self, chunk: &Chunk, alone: bool) {
        self.receive_blocks(chunk, alone);
        // A cell that has told other MBSFN subframes than were seen is measured again without those.
        if !self.cells.iter().any(|cell| cell.tells_other_mbsfn) {
            return;
        }
        let narrow = chunk.has_spectra.then(|| self.channeliser.stream(&chunk.spectra, self.nominal.relative, 1));
        let Some(stream) = narrow.as_ref().map(CarrierStream::view).or(chunk.whole()) else { return };
        for cell in self.cells.iter_mut().filter(|cell| cell.tells_other_mbsfn) {
            cell.tells_other_mbsfn = false;
            cell.track(stream, &self.nominal);
        }
    }

    /// Listens to the paging of the `i`-th cell, of which nothing else is left to learn: of its carrier no more is made
    /// than that.
    fn listen(&mut self, i: usize, chunk: &Chunk, multiple: usize, alone: bool) {
        let Self { nominal, cells, channeliser, middle, paged, stretches } = self;
        let cell = &mut cells[i];
        if let Some(whole) = chunk.whole_for(multiple).filter(|_| alone) {
            cell.receive_paging(whole, 0.0);
            return;
        }
        cell.paging_stretches(middle.view(), stretches);
        for stretch in stretches {
            // A block more on either side: at the outer ends filters have not settled.
            let block = |at: f64| (at / SUBFRAME as f64).floor().max(0.0) as usize;
            let blocks = block(stretch.start).saturating_sub(1)..(block(stretch.end) + 2).min(chunk.spectra.blocks());
            let before = (blocks.start * SUBFRAME) as f64;
            paged.rate = SampleRate::LTE_1_4_MHZ.times(multiple);
            channeliser.renew_blocks(paged, &chunk.spectra, nominal.relative, blocks);
            cell.receive_paging(paged.view(), before);
        }
    }

    fn receive_blocks(&mut self, chunk: &Chunk, alone: bool) {
        let mut streams: Vec<(usize, CarrierStream)> = Vec::new();
        let mut rest = CarrierStream { samples: Vec::new(), ..self.middle };
        for i in 0..self.cells.len() {
            let cell = &mut self.cells[i];
            let Some(mib) = cell.mib else { continue };
            let bandwidth = mib.fields.bandwidth;
            if !is_held(cell, bandwidth, chunk) {
                cell.note.get_or_insert_with(|| {
                    format!(
                    "SIB1 needs the whole carrier, {:.2} MHz around {:+.2} MHz of the recording's centre, which holds {:.2} MHz",
                    bandwidth.subcarriers() as f64 * 15e-3,
                    cell.found.sync.offset.0 * 1e-6,
                    chunk.recorded.hz() * 1e-6
                )
                });
                continue;
            }
            let multiple = stream_multiple(bandwidth.n_rb_dl());
            if cell.is_complete() {
                self.listen(i, chunk, multiple, alone);
                continue;
            }
            let statistics = cell.found.statistics;
            let is_weak = statistics.power < CLEAR_SINR * statistics.noise && !self.worth_cancelling(i).is_empty();
            let stream = match chunk.whole_for(multiple).filter(|_| alone) {
                Some(whole) => whole,
                None => {
                    let known = streams.iter().position(|(m, _)| *m == multiple);
                    let at = known.unwrap_or_else(|| {
                        let relative = self.nominal.relative;
                        streams.push((multiple, self.channeliser.stream(&chunk.spectra, relative, multiple)));
                        streams.len() - 1
                    });
                    streams[at].1.view()
                }
            };
            if is_weak {
                self.without_others(i, stream, bandwidth, &self.cells[i].sib1_stretches(stream), &mut rest);
                self.cells[i].receive_sib1(rest.view(), chunk.place);
                self.without_others(i, stream, bandwidth, &self.cells[i].announced_stretches(stream), &mut rest);
                self.cells[i].receive_announced(rest.view(), chunk.place);
            } else {
                self.cells[i].receive_information(stream, chunk.place);
            }
        }
    }
}

/// Whether `cell` is `known` once more. Another transmitter of that identity nearby is believed only by a MIB of its own:
/// whatever is left or seen again of a cell has that cell's MIB and frame number.
fn tells_again(known: &CellSession, cell: &CellSession) -> bool {
    may_be_same(&known.found, &cell.found) && !cell.contradicts(known)
}

/// Whether the recording holds all of a cell's carrier.
fn is_held(cell: &CellSession, bandwidth: Bandwidth, chunk: &Chunk) -> bool {
    cell.found.sync.offset.0.abs() + bandwidth.subcarriers() as f64 * 7.5e3 <= chunk.recorded.hz() / 2.0
}

/// The smallest multiple of 1.92 MS/s that holds a carrier, its roll-off included.
fn stream_multiple(n_rb_dl: usize) -> usize {
    match n_rb_dl {
        ..=6 => 1,
        7..=15 => 2,
        16..=25 => 3,
        26..=50 => 5,
        51..=75 => 8,
        _ => 10,
    }
}
