//! One carrier of a recording: the search for its cells and their sessions.

mod blocks;
mod disturbers;

use lte_dsp::{
    cell::{Bandwidth, NId2},
    channels::{
        cancel::{self, cancel},
        traffic::attenuate_traffic,
    },
    fft::Transforms,
    frontend::{
        channelise::{CarrierStream, Channeliser, StreamView},
        ofdm::CellSync,
        sample_buffer::SampleBuffer,
        spectra::BlockSpectra,
    },
    search::{
        FoundCell, Nominal, PSS_THRESHOLD, Searcher, Tracker, may_be_same,
        pss::{PssCorrelator, PssHypothesis, PssPeak},
    },
    units::{Hertz, Ppm, SampleRate},
};
use rayon::prelude::*;

use self::blocks::{is_held, stream_multiple};
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
/// Error of other cells' carriers against a strong one's up to which every hypothesis is tried; beyond, every other one,
/// which loses 1.3 dB half-way between them.
const STRANGER_RANGE: Ppm = Ppm(15.0);
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
    pub samples: SampleBuffer,
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
        Self {
            samples: SampleBuffer::new(),
            rate,
            recorded,
            spectra: BlockSpectra::empty(rate),
            has_spectra: false,
            place,
        }
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
        let middle =
            CarrierStream { samples: SampleBuffer::new(), rate: SampleRate::LTE_1_4_MHZ, centre: nominal.relative };
        let paged = CarrierStream { samples: SampleBuffer::new(), ..middle };
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
    pub fn settle(&mut self) {
        let Some(strongest) = self.strongest() else { return };
        let Some(clock) = Tracker::new().measure_clock(self.middle.view(), &strongest.found) else { return };
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
                cell.receive_mib(stream);
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
        let empty = CarrierStream { samples: SampleBuffer::new(), ..self.middle };
        let middle = std::mem::replace(&mut self.middle, empty);
        let mut searcher = Searcher::new();
        self.find_hidden(&mut searcher, middle.view(), chunk.place);
        self.retry_mibs(&mut searcher, middle.view());
        self.drop_remainders();
        self.middle = middle;
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
        let mut searcher = Searcher::new();
        let (spectra, middle) = (&chunk.spectra, self.take_middle(chunk));
        // A strong cell shows at every other hypothesis; the others are tried near its carrier, or all where there is none.
        let (mut at, mut between) = (Vec::new(), Vec::new());
        for (i, bin) in self.bins(spectra, Hertz(0.0), expected, range).into_iter().enumerate() {
            if i % 2 == 0 { at.push(bin) } else { between.push(bin) }
        }
        let mut peaks = self.peaks(spectra, Hertz(0.0), &at);
        if let Some(carrier) = searcher.strong_carrier(middle.view(), &peaks, spectra.bin_hz()) {
            let near = STRANGER_RANGE.of(self.nominal.absolute).0;
            between.retain(|bin| (*bin as f64 * spectra.bin_hz() - carrier.0).abs() < near);
        }
        peaks.extend(self.peaks(spectra, Hertz(0.0), &between));
        peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        self.find(&mut searcher, middle.view(), chunk, &peaks);
        self.middle = middle;
    }

    /// Adds the cells behind `peaks`, each with its MIB if that is received, and those hidden under them.
    pub fn follow(&mut self, chunk: &Chunk, peaks: &[PssPeak]) {
        let middle = self.take_middle(chunk);
        self.find(&mut Searcher::new(), middle.view(), chunk, peaks);
        self.middle = middle;
    }

    /// The carrier's middle in this chunk, to be put back.
    fn take_middle(&mut self, chunk: &Chunk) -> CarrierStream {
        let empty = CarrierStream { samples: SampleBuffer::new(), ..self.middle };
        let mut middle = std::mem::replace(&mut self.middle, empty);
        self.channeliser.renew(&mut middle, &chunk.spectra, self.nominal.relative);
        middle
    }

    fn find(&mut self, searcher: &mut Searcher, stream: StreamView<'_>, chunk: &Chunk, peaks: &[PssPeak]) {
        let found = searcher.find_cells(stream, None, peaks, chunk.spectra.bin_hz(), &self.nominal);
        self.add(found, stream, chunk.place);
        self.find_hidden(searcher, stream, chunk.place);
        self.retry_mibs(searcher, stream);
        self.drop_remainders();
    }

    /// Drops cells without a MIB that are weaker than what cancelling leaves of the strongest one.
    fn drop_remainders(&mut self) {
        let Some(top) = self.cells.iter().map(|cell| cell.found.statistics.power).reduce(f32::max) else { return };
        self.cells.retain(|cell| cell.mib.is_some() || cell.found.statistics.power > REMAINDER * top);
    }

    /// Sessions of those cells found in `stream` that have none.
    fn add(&mut self, found: Vec<FoundCell>, stream: StreamView<'_>, place: ChunkPlace) {
        let mut sessions: Vec<CellSession> = found.into_iter().map(|cell| CellSession::new(cell, place)).collect();
        sessions.par_iter_mut().for_each(|session| session.receive_mib(stream));
        sessions.retain(|session| !self.cells.iter().any(|known| tells_again(known, session)));
        self.cells.append(&mut sessions);
    }

    /// Cancels the cells found, searches what is left, and again until nothing new is confirmed.
    fn find_hidden(&mut self, searcher: &mut Searcher, stream: StreamView<'_>, place: ChunkPlace) {
        let StreamView { rate, centre, .. } = stream;
        let mut residual = CarrierStream { samples: SampleBuffer::from(stream.samples), rate, centre };
        let mut quiet = CarrierStream { samples: SampleBuffer::new(), rate, centre };
        let mut spectra = BlockSpectra::empty(rate);
        let mut transforms = Transforms::new();
        let mut cancelled = 0;
        for _ in 0..MOST_LAYERS {
            let Some(crystal) = self.crystal().filter(|_| cancelled < self.cells.len()) else { return };
            for cell in &self.cells[cancelled..] {
                cancel(&mut residual, &cell.known(), Bandwidth::Rb6, &[cancel::WHOLE]);
            }
            cancelled = self.cells.len();
            quiet.samples.resize(0);
            quiet.samples.extend_from_slice(&residual.samples);
            let is_attenuated = self.cells.iter().fold(false, |is_any, cell| {
                attenuate_traffic(&mut quiet, &cell.known(), Bandwidth::Rb6, &[cancel::WHOLE]) | is_any
            });
            spectra.renew(&mut transforms, &quiet.samples);
            let peaks: Vec<PssPeak> = self
                .peaks(&spectra, quiet.centre, &self.bins(&spectra, quiet.centre, crystal, HIDDEN_RANGE))
                .into_iter()
                .map(|mut peak| {
                    // From bins of the residual's band to frequencies of the recording's.
                    peak.hypothesis.bin += (quiet.centre.0 / spectra.bin_hz()).round() as i64;
                    peak
                })
                .collect();
            let in_step = searcher.find_in_step(quiet.view(), &self.known_syncs(), &self.nominal);
            self.add(in_step, quiet.view(), place);
            // Of those, what has no MIB is no cell.
            let mut found_before = 0..cancelled;
            self.cells.retain(|cell| found_before.next().is_some() || cell.mib.is_some());
            let carrier = self.strongest().map(|cell| cell.found.sync.offset);
            let found = searcher.find_cells(quiet.view(), carrier, &peaks, spectra.bin_hz(), &self.nominal);
            self.add(found, quiet.view(), place);
            // What was attenuated with the traffic is not missing in the levels, where they can be measured.
            for cell in self.cells[cancelled..].iter_mut().filter(|_| is_attenuated) {
                if let Some(found) = searcher.confirm(residual.view(), cell.found.sync, &self.nominal) {
                    cell.found = found;
                }
            }
        }
    }

    /// Places of the cells found, the strongest first.
    fn known_syncs(&self) -> Vec<CellSync> {
        let mut cells: Vec<&FoundCell> = self.cells.iter().map(|cell| &cell.found).collect();
        cells.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        cells.into_iter().map(|cell| cell.sync).collect()
    }

    /// Once more for cells without a MIB, the others taken off. One that does not stand out of what is left was made of
    /// those: their reference signals, a subcarrier or a symbol beside their place, pass for another cell's by chance.
    fn retry_mibs(&mut self, searcher: &mut Searcher, stream: StreamView<'_>) {
        let mut rest = CarrierStream { samples: SampleBuffer::new(), rate: stream.rate, centre: stream.centre };
        let mut i = 0;
        while i < self.cells.len() {
            let others = self.worth_cancelling(i);
            if self.cells[i].mib.is_none() && !others.is_empty() {
                self.without(&others, stream, Bandwidth::Rb6, &[cancel::WHOLE], &mut rest);
                self.cells[i].receive_mib(rest.view());
                let sync = self.cells[i].found.sync;
                if self.cells[i].mib.is_none() && searcher.confirm(rest.view(), sync, &self.nominal).is_none() {
                    self.cells.remove(i);
                    continue;
                }
            }
            i += 1;
        }
    }

    /// Bins where the carrier may be.
    /// `spectra_centre` is where the spectra's centre is relative to the recording's.
    fn bins(&self, spectra: &BlockSpectra, spectra_centre: Hertz, expected: Ppm, range: Ppm) -> Vec<i64> {
        let bin_of = |hz: f64| hz / spectra.bin_hz();
        let expected = self.nominal.relative.0 + expected.of(self.nominal.absolute).0;
        let centre = bin_of(expected - spectra_centre.0).round() as i64;
        // A hypothesis reaches half a step to either side.
        let steps = (bin_of(range.of(self.nominal.absolute).0) / BIN_STEP as f64 - 0.5).ceil() as i64;
        (-steps..=steps).map(|step| centre + step * BIN_STEP).collect()
    }

    /// PSS peaks of all hypotheses with the carrier at one of these bins, strongest first.
    fn peaks(&self, spectra: &BlockSpectra, spectra_centre: Hertz, bins: &[i64]) -> Vec<PssPeak> {
        let hypotheses: Vec<PssHypothesis> = NId2::ALL
            .into_iter()
            .flat_map(|n_id_2| bins.iter().map(move |bin| (n_id_2, *bin)))
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
}

/// Whether `cell` is `known` once more. Another transmitter of that identity nearby is believed only by a MIB of its own:
/// whatever is left or seen again of a cell has that cell's MIB and frame number.
fn tells_again(known: &CellSession, cell: &CellSession) -> bool {
    may_be_same(&known.found, &cell.found) && !cell.contradicts(known)
}
