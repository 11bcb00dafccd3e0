//! From samples to observations: drives the stages of the signal chain. Gives no observation yet.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lte_dsp::units::Hertz;
use num_complex::Complex32;
use thiserror::Error;

use crate::{
    observation::Observation,
    source::{SampleSource, SourceError},
};

/// What the receiver is told.
#[derive(Debug, Clone)]
pub struct ReceiverSettings {
    /// Carriers to search; `None` searches the whole recorded band.
    pub carriers: Option<Vec<Hertz>>,
    /// Threads to use.
    pub threads: usize,
    /// Set from outside to end early with what was found until then.
    pub stop: Arc<AtomicBool>,
}

/// How far the receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Samples taken from the source so far.
    pub samples: u64,
}

/// What one dwell gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reception {
    /// One a cell.
    pub observations: Vec<Observation>,
    /// Samples searched.
    pub samples: u64,
    /// Samples lost.
    pub lost: u64,
}

/// Why a dwell could not be searched.
#[derive(Debug, Error)]
pub enum ReceiverError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Searches one dwell to its end.
///
/// # Errors
/// Where the source fails.
pub fn receive(
    source: &mut dyn SampleSource,
    settings: &ReceiverSettings,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Reception, ReceiverError> {
    let mut reception = Reception::default();
    let mut buffer = vec![Complex32::ZERO; 1 << 16];
    while !settings.stop.load(Ordering::Relaxed) {
        let block = source.read(&mut buffer)?;
        reception.lost += block.lost;
        if block.len == 0 {
            break;
        }
        reception.samples += block.len as u64;
        progress(Progress { samples: reception.samples });
    }
    Ok(reception)
}
