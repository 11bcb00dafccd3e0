//! One carrier of a recording: the search for its cells and their sessions.

mod blocks;
mod disturbers;
mod search;

use lte_dsp::{
    channels::cancel,
    frontend::{
        channelise::{CarrierStream, Channeliser, StreamView},
        sample_buffer::SampleBuffer,
        spectra::BlockSpectra,
    },
    search::{Nominal, Tracker, may_be_same},
    units::{Hertz, Ppm, SampleRate},
};
use rayon::prelude::*;

use self::blocks::{is_held, stream_multiple};
use super::{
    carrier_candidates::Stretch,
    cell_session::{CellSession, ChunkPlace},
};

/// The channel raster. TS 36.101 §5.7.2.
pub const RASTER_HZ: f64 = 100e3;
/// Misfit of a clock to a raster frequency that measuring explains: a tenth of what neighbours differ by at 2 GHz.
const CLOCK_TOLERANCE: f64 = 6e-6;
/// Half of what six resource blocks occupy.
const NARROWEST_HALF_HZ: f64 = 0.54e6;
/// Cells that are followed in the whole band at most.
const MAX_IN_WHOLE_BAND: usize = 2;
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
        let empty = || CarrierStream::empty(SampleRate::LTE_1_4_MHZ, nominal.relative);
        Self {
            nominal,
            cells: Vec::new(),
            channeliser: Channeliser::new(),
            middle: empty(),
            stretches: Vec::new(),
            paged: empty(),
        }
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
        chunk.whole().is_none() || self.cells.len() > MAX_IN_WHOLE_BAND || self.cells.iter().any(needs)
    }

    /// Takes over the cells of another search of the same carrier that are not known yet. Both are of one chunk.
    pub fn take_new(&mut self, searched: Self) {
        for cell in searched.cells {
            if !self.cells.iter().any(|known| tells_again(known, &cell)) {
                self.cells.push(cell);
            }
        }
    }
}

/// Whether `cell` is `known` once more. Another transmitter of that identity nearby is believed only by a MIB of its own:
/// whatever is left or seen again of a cell has that cell's MIB and frame number.
fn tells_again(known: &CellSession, cell: &CellSession) -> bool {
    may_be_same(&known.found, &cell.found) && !cell.contradicts(known)
}
