//! One carrier of a recording: the search for its cells and their sessions.

use lte_dsp::{
    cell::NId2,
    fft::Transforms,
    frontend::{
        channelise::{CarrierStream, StreamView, channelise},
        spectra::BlockSpectra,
    },
    search::{
        Nominal, PSS_THRESHOLD, Searcher,
        pss::{PssCorrelator, PssHypothesis, PssPeak},
    },
    units::{Hertz, Ppm, SampleRate},
};
use num_complex::Complex32;
use rayon::prelude::*;

use super::{
    band_search::Stretch,
    cell_session::{CellSession, ChunkPlace},
};

/// Bins between frequency hypotheses: about 4.7 kHz, at most 0.4 dB lost half-way.
const BIN_STEP: i64 = 5;
/// Peaks kept of one hypothesis.
const PEAKS_A_HYPOTHESIS: usize = 8;

/// Distance within which two PSS overlap, and one may show as a ghost of the other.
const PSS_REACH_HZ: f64 = 0.93e6;

/// Samples of a stretch of the recording and what was computed of them once.
pub struct Chunk {
    /// The samples.
    pub samples: Vec<Complex32>,
    /// Their rate.
    pub rate: SampleRate,
    /// Their spectra.
    pub spectra: BlockSpectra,
    /// Their place in the recording.
    pub place: ChunkPlace,
}

/// A carrier and its cells.
pub struct CarrierSession {
    /// Where it is.
    pub nominal: Nominal,
    /// The cells found so far.
    pub cells: Vec<CellSession>,
}

impl CarrierSession {
    /// A carrier not yet searched.
    pub fn new(nominal: Nominal) -> Self {
        Self { nominal, cells: Vec::new() }
    }

    /// The stretch of the band that the carrier takes, as far as is known.
    pub fn occupied(&self) -> Stretch {
        let widest = self.cells.iter().filter_map(|cell| cell.mib).map(|mib| mib.fields.bandwidth.subcarriers()).max();
        // Within its middle another PSS would overlap this one's.
        let half = (widest.unwrap_or(0) as f64 * 7.5e3).max(PSS_REACH_HZ);
        Stretch { from: self.nominal.relative.0 - half, to: self.nominal.relative.0 + half }
    }

    /// The crystal's error by the strongest cell.
    pub fn crystal(&self) -> Option<Ppm> {
        let strongest = self.cells.iter().max_by(|a, b| a.found.strength.total_cmp(&b.found.strength))?;
        let offset = strongest.found.sync.offset.0 - self.nominal.relative.0;
        Some(Ppm(offset / self.nominal.absolute.0 * 1e6))
    }

    /// Searches for cells within `range` of `expected`, the crystal's error as far as known.
    pub fn search(&mut self, chunk: &Chunk, expected: Ppm, range: Ppm) {
        let peaks = self.peaks(&chunk.spectra, expected, range);
        self.follow(chunk, &peaks);
    }

    /// Adds the cells behind `peaks` that are not known yet, each with its MIB if that is received.
    pub fn follow(&mut self, chunk: &Chunk, peaks: &[PssPeak]) {
        let spectra = &chunk.spectra;
        let stream = channelise(&mut Transforms::new(), spectra, self.nominal.relative, 1);
        let known: Vec<_> = self.cells.iter().map(|cell| cell.found.clone()).collect();
        let found = Searcher::new().find_cells(stream.view(), peaks, spectra.bin_hz(), &self.nominal, &known);
        let mut sessions: Vec<CellSession> = found.into_iter().map(CellSession::new).collect();
        sessions.par_iter_mut().for_each(|session| session.receive_mib(stream.view(), chunk.place));
        self.cells.append(&mut sessions);
    }

    /// PSS peaks of all hypotheses, strongest first.
    fn peaks(&self, spectra: &BlockSpectra, expected: Ppm, range: Ppm) -> Vec<PssPeak> {
        let bin_of = |hz: f64| hz / spectra.bin_hz();
        let centre = bin_of(self.nominal.relative.0 + expected.of(self.nominal.absolute).0).round() as i64;
        let steps = (bin_of(range.of(self.nominal.absolute).0) / BIN_STEP as f64).ceil() as i64;
        let hypotheses: Vec<PssHypothesis> = NId2::ALL
            .into_iter()
            .flat_map(|n_id_2| (-steps..=steps).map(move |step| (n_id_2, centre + step * BIN_STEP)))
            .map(|(n_id_2, bin)| {
                let offset = Hertz(bin as f64 * spectra.bin_hz());
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
        let mut streams: Vec<(usize, CarrierStream)> = Vec::new();
        for cell in &mut self.cells {
            let Some(mib) = cell.mib else { continue };
            let bandwidth = mib.fields.bandwidth;
            let half = bandwidth.subcarriers() as f64 * 7.5e3;
            let offset = cell.found.sync.offset.0;
            if offset.abs() + half > chunk.rate.hz() / 2.0 {
                cell.note = Some(format!(
                    "SIB1 needs the whole carrier of {} resource blocks: {:.2} MHz around {:+.2} MHz, of which {:.2} MHz were recorded",
                    bandwidth.n_rb_dl(),
                    half * 2e-6,
                    offset * 1e-6,
                    chunk.rate.hz() * 1e-6
                ));
                continue;
            }
            let multiple = stream_multiple(bandwidth.n_rb_dl());
            if alone && let Some(whole) = whole_band(chunk, multiple) {
                cell.receive_information(whole, chunk.place);
                continue;
            }
            let at = match streams.iter().position(|(m, _)| *m == multiple) {
                Some(at) => at,
                None => {
                    let relative = self.nominal.relative;
                    streams.push((multiple, channelise(&mut Transforms::new(), &chunk.spectra, relative, multiple)));
                    streams.len() - 1
                }
            };
            cell.receive_information(streams[at].1.view(), chunk.place);
        }
    }
}

/// The recording itself as a stream, where its rate is right and wide enough.
fn whole_band(chunk: &Chunk, multiple: usize) -> Option<StreamView<'_>> {
    let base = SampleRate::LTE_1_4_MHZ.hz();
    let own = (chunk.rate.hz() / base).round();
    let is_multiple = (chunk.rate.hz() - own * base).abs() < 1e-3;
    (is_multiple && own >= multiple as f64).then_some(StreamView {
        samples: &chunk.samples,
        rate: chunk.rate,
        centre: Hertz(0.0),
    })
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
