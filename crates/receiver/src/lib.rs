//! From samples to observations: drives the stages of the signal chain.
//!
//! In: a source. Out: one observation a cell. [`receive`] is the recipe: chunks of samples, their spectra, carriers, the
//! cells of each carrier, and what those broadcast. Refuses to judge.

mod assemble;
mod band_picture;
mod band_search;
pub mod broadcast;
mod budget;
mod carrier;
mod carrier_candidates;
mod carrier_shape;
mod cell_session;
mod intake;
mod mbsfn_allocation;
mod mending;
pub mod notes;
mod paging_occasions;
mod picture;
pub mod plausible;
mod raster;
pub mod scan_plan;
mod si_schedule;
mod timeline;
mod unfound;
mod witness;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lte_dsp::{
    cell::Pci,
    units::{Hertz, SampleRate},
};
use rayon::prelude::*;
use thiserror::Error;

use band_search::BandSearch;
pub use budget::Backlog;
use carrier::{CarrierSession, Chunk};
use cell_session::CellSession;
use cellwarden_core::observation::{Level, Observation};
use cellwarden_source::{SampleSource, SourceError};
use intake::Intake;
use mending::{Guide, Mender};
use notes::{Note, Unsearchable};
pub use picture::Picture;
use plausible::{NoLteFrequency, check_frequency, meant_rate};
pub use raster::Oscillators;
use unfound::{Unfound, outside_text, split_by_band};
use witness::Witness;

/// Highest sample rate in megasamples per second: it bounds the memory that a chunk takes.
pub const MAX_RATE_MSPS: f64 = 61.44;
/// Times that a chunk is mended: what was put right shows what else is wrong.
const MAX_MENDINGS: usize = 3;
/// Time between searches for new cells; the known ones are followed all the time.
const SEARCH_EVERY_SECONDS: f64 = 1.0;
/// What a dwell learns of all cells before it follows one cell's level alone.
const LEARNING_SECONDS: f64 = 1.0;
/// Searches of which one knows nothing of the crystal, as the first does; the others look near the cells known by then.
/// The rare one finds a transmitter that comes up with a crystal worse than a network's.
const FULL_SEARCH_EVERY: u32 = 10;

/// What the receiver is told.
#[derive(Debug, Clone)]
pub struct ReceiverSettings {
    /// Carriers to search; `None` searches the whole recorded band.
    pub carriers: Option<Vec<Hertz>>,
    /// Errors of the receiver's oscillators, where they are known: only frequencies near the tuning's error are searched,
    /// first at the clock's.
    pub crystal: Option<Oscillators>,
    /// Set from outside to end early with what was found until then.
    pub stop: Arc<AtomicBool>,
    /// What the dwell before left undone on the same carriers, which goes first.
    pub backlog: Backlog,
    /// The cell whose level is of interest: once nothing is left to learn, or after a second, only the beginning of each
    /// stretch is looked at and no other cell is looked for, as long as this one is heard.
    pub level_of: Option<Pci>,
}

/// How far the receiver is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// Samples taken from the source so far.
    pub samples: u64,
    /// Whether there are cells, and nothing is left to learn of any of them.
    pub complete: bool,
    /// The level of each cell over the stretch that was just searched; none of a cell that was not heard in it.
    pub levels: &'a [CellLevel],
}

/// How strong a cell was over one stretch of a dwell, 160 ms or less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellLevel {
    /// The nominal frequency of its carrier.
    pub carrier: Hertz,
    /// Its physical identity.
    pub pci: Pci,
    /// Its level.
    pub level: Level,
}

/// What one dwell gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reception {
    /// One a cell.
    pub observations: Vec<Observation>,
    /// How each of them was received, in the same order.
    pub pictures: Vec<Picture>,
    /// The receiver's oscillators, where a carrier of certain frequency shows them.
    pub oscillators: Option<Oscillators>,
    /// Samples searched.
    pub samples: u64,
    /// Samples lost, those included that the signal alone shows to be missing.
    pub lost: u64,
    /// Share of the samples, 0 to 1, whose I or Q is at the end of the converter's range.
    pub clipped: f64,
    /// Why nothing was found, what was not searched, or that the levels are clipped; empty where all was searched and cells were found.
    pub notes: Vec<Note>,
    /// Why the dwell says nothing of cells, whatever was tried.
    pub unsearchable: Option<Unsearchable>,
    /// What was left undone, for the next dwell on these carriers.
    pub backlog: Backlog,
}

/// Why a dwell could not be searched.
#[derive(Debug, Error)]
pub enum ReceiverError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The sample rate is too low for the narrowest carrier.
    #[error(
        "{rate} is too slow: LTE needs 1.92 MS/s at least{meant}",
        rate = .0,
        meant = meant_rate(.0, 1.92e6..=MAX_RATE_MSPS * 1e6)
    )]
    TooSlow(SampleRate),
    /// The sample rate is above what is searched at once.
    #[error("{0} is too fast: up to {MAX_RATE_MSPS} MS/s are searched")]
    TooFast(SampleRate),
    /// No LTE carrier can be in the recorded band.
    #[error("the centre frequency: {0}")]
    BadFrequency(NoLteFrequency),
    /// None of the named carriers is in the recorded band.
    #[error("{0}")]
    OutsideBand(String),
}

impl ReceiverError {
    /// The word that programs rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::TooSlow(_) | Self::TooFast(_) => "bad-rate",
            Self::BadFrequency(_) | Self::OutsideBand(_) => "bad-frequency",
        }
    }
}

/// Searches one dwell to its end.
///
/// # Errors
/// Where the source fails or its rate cannot be used.
pub fn receive(
    source: &mut dyn SampleSource,
    settings: &ReceiverSettings,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Reception, ReceiverError> {
    let info = source.info().clone();
    let rate = info.sample_rate;
    if rate.hz() < SampleRate::LTE_1_4_MHZ.hz() * 0.999 {
        return Err(ReceiverError::TooSlow(rate));
    }
    if rate.hz() > 1.001e6 * MAX_RATE_MSPS {
        return Err(ReceiverError::TooFast(rate));
    }
    check_frequency(info.center, rate.hz()).map_err(ReceiverError::BadFrequency)?;
    let (named, outside) = split_by_band(settings.carriers.as_deref(), info.center, rate);
    if named.as_ref().is_some_and(Vec::is_empty) {
        return Err(ReceiverError::OutsideBand(outside_text(&outside, info.center, rate)));
    }
    let mut reception = Reception::default();
    let mut unfound = Unfound::default();
    let mut carriers: Vec<CarrierSession> = Vec::new();
    let (mut next_search, mut searches) = (0.0, 0);
    let mut witness = Witness::new(source);
    let mut intake = Intake::new(&mut witness);
    let mut chunk = Chunk::new(rate, intake.rate(), &settings.stop);
    chunk.backlog = settings.backlog.clone();
    let mut mender = Mender::new();
    let mut heard_levels = Vec::new();
    while !settings.stop.load(Ordering::Relaxed) {
        let elapsed = intake.taken as f64 / rate.hz();
        let Some(place) = intake.next(&mut chunk.samples)? else { break };
        (chunk.place, chunk.has_spectra) = (place, false);
        let is_due = elapsed >= next_search && !intake.is_for_levels;
        let needs_spectra = |carriers: &[CarrierSession], chunk: &Chunk| {
            is_due || carriers.len() != 1 || carriers[0].needs_spectra(chunk)
        };
        if needs_spectra(&carriers, &chunk) {
            chunk.make_spectra();
        }
        let mut is_counted = true;
        for _ in 0..MAX_MENDINGS {
            let Some(guide) = Guide::followed(&carriers, &chunk) else { break };
            if mender.is_steady(&chunk, &guide) {
                break;
            }
            chunk.make_spectra();
            let missing = mender.missing(&chunk, &guide);
            if let Some(missing) = &missing {
                intake.put(&mut chunk, missing);
                is_counted &= missing.is_counted;
            }
            chunk.has_spectra &= needs_spectra(&carriers, &chunk);
            if needs_spectra(&carriers, &chunk) {
                chunk.make_spectra();
            }
            if missing.is_none() {
                break;
            }
        }
        carriers.iter_mut().for_each(|carrier| carrier.go_on(&chunk));
        if !is_due {
            carriers.par_iter_mut().filter(|carrier| carrier.goes_on_searching()).for_each(|carrier| {
                carrier.search_again(&chunk);
                carrier.join(true);
            });
        } else {
            next_search = elapsed + SEARCH_EVERY_SECONDS;
            let is_full = searches % FULL_SEARCH_EVERY == 0;
            searches += 1;
            if !is_full {
                carriers.par_iter_mut().filter(|carrier| carrier.is_certain()).for_each(|known| {
                    known.search_again(&chunk);
                    known.join(true);
                });
            }
            let followed = if is_full { &[][..] } else { &carriers };
            let told = settings.crystal.unwrap_or_default();
            let heard_bias = carriers.iter().find(|c| c.is_certain()).map(|c| c.nominal.clock_bias);
            let search = |chunk: &Chunk| {
                let search = BandSearch::new(chunk, info.center, told, heard_bias, followed);
                match &named {
                    Some(named) => search.named(named),
                    None => search.whole(),
                }
            };
            let mut new = search(&chunk);
            if !new.iter().chain(&carriers).any(CarrierSession::is_certain) && chunk.make_spectra_with_bursts() {
                let with_bursts = search(&chunk);
                if band_search::are_better(&with_bursts, &new) {
                    new = with_bursts;
                } else {
                    chunk.has_spectra = false;
                    chunk.make_spectra();
                }
            }
            for _ in 0..MAX_MENDINGS {
                let Some(guide) = Guide::found(&new).filter(|_| carriers.is_empty()) else { break };
                if mender.is_steady(&chunk, &guide) {
                    break;
                }
                let Some(missing) = mender.missing(&chunk, &guide) else { break };
                intake.put(&mut chunk, &missing);
                is_counted &= missing.is_counted;
                chunk.make_spectra();
                new = search(&chunk);
            }
            merge(&mut carriers, new);
            if carriers.iter().all(|carrier| carrier.cells.is_empty()) && !info.is_live() {
                unfound.look(&mut chunk, info.center, named.as_deref());
            }
        }
        if chunk.is_stopped() {
            break;
        }
        let alone = carriers.len() == 1;
        carriers.par_iter_mut().for_each(|carrier| carrier.receive_information(&chunk, alone));
        if !is_counted {
            carriers.iter_mut().for_each(CarrierSession::count_anew);
        }
        let mut cells = carriers.iter().flat_map(|carrier| &carrier.cells).peekable();
        let complete = cells.peek().is_some() && cells.all(CellSession::is_complete);
        unfound.searched = intake.taken;
        heard_levels.clear();
        heard_levels.extend(levels(&carriers));
        progress(Progress { samples: intake.taken, complete, levels: &heard_levels });
        let is_learnt = complete || intake.taken as f64 / rate.hz() >= LEARNING_SECONDS;
        let is_followed = |pci: Pci| heard_levels.iter().any(|level| level.pci == pci);
        intake.is_for_levels = is_learnt && settings.level_of.is_some_and(is_followed);
    }
    (reception.samples, reception.lost) = (intake.taken, intake.lost);
    let timeline = intake.timeline;
    reception.clipped = witness.clipped();
    // What a carrier of certain frequency shows of the receiver makes the others certain.
    let shown = carriers.iter().find_map(CarrierSession::oscillators);
    if let Some(shown) = shown {
        let tuned = settings.carriers.as_deref().unwrap_or(std::slice::from_ref(&info.center));
        let uncertain = carriers.iter_mut().filter(|carrier| !carrier.others.is_empty());
        uncertain.for_each(|carrier| carrier.settle(tuned, shown));
    }
    reception.oscillators = shown;
    let seconds = reception.samples as f64 / rate.hz();
    for mut carrier in carriers {
        carrier.join(false);
        if let Some((text, waiting)) = carrier.undone() {
            reception.notes.push(Note::in_part(None, &text));
            reception.backlog.keep(carrier.nominal.absolute, waiting);
        }
        for mut cell in carrier.cells.into_iter().filter(|cell| !cell.is_unproven) {
            reception.pictures.push(std::mem::take(&mut cell.picture));
            let (nominal, others) = (&carrier.nominal, &carrier.others);
            reception.observations.push(assemble::observe(cell, nominal, others, &info, seconds, &timeline));
        }
    }
    unfound.explain(&mut reception, &info, &witness, &outside, settings.stop.load(Ordering::Relaxed));
    Ok(reception)
}

/// The levels of the cells that were heard in the chunk just searched.
fn levels(carriers: &[CarrierSession]) -> impl Iterator<Item = CellLevel> + '_ {
    let is_heard = |cell: &&CellSession| cell.unheard == 0 && cell.waited == 0 && !cell.is_unproven;
    carriers.iter().flat_map(move |carrier| {
        carrier.cells.iter().filter(is_heard).map(|cell| CellLevel {
            carrier: carrier.nominal.absolute,
            pci: cell.found.sync.pci,
            level: assemble::level(&cell.found),
        })
    })
}

/// Adds carriers and cells that a further search found.
fn merge(carriers: &mut Vec<CarrierSession>, searched: Vec<CarrierSession>) {
    for new in searched {
        match carriers.iter_mut().find(|known| known.nominal.absolute == new.nominal.absolute) {
            Some(known) => known.take_new(new),
            None => carriers.push(new),
        }
    }
}
