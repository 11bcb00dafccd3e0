//! Stage 0: from files and radios to samples.
//!
//! In: the names of recordings. Out: [`SampleSource`]s, one a dwell: a stretch of samples at one rate, frequency and
//! gain. Refuses to know what the samples carry.
//!
//! [`find()`] lists the recordings of an input without opening their data, so that a folder of thousands costs no file
//! handles; [`Found::open`] gives the dwells of one recording.

mod archive;
mod error;
mod find;
mod format_guess;
mod gain_control;
mod hash;
mod names;
mod open;
mod raw;
mod recording;
mod sigmf;
#[cfg(feature = "soapy")]
mod soapy;
mod tuner;
mod wav;
mod writer;

use jiff::Timestamp;
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleIndex, SampleRate},
};
use num_complex::Complex32;

pub use error::SourceError;
pub use find::{Dwells, Found, Input, find};
pub use gain_control::Loudness;
pub use recording::Recording;
pub use tuner::{DeviceFacts, ListedRadio, RadioSetup, Reading, SampleBuffer, Span, Stale, Tuner, TunerError, Tuning};
pub use writer::{Annotation, Capture, SigmfWriter};

/// Something that gives samples in order: a recording, or a radio.
pub trait SampleSource: Send {
    /// What is known before the first sample.
    fn info(&self) -> &SourceInfo;

    /// Fills `out` from its beginning and says how far and with what loss.
    ///
    /// # Errors
    /// [`SourceError::Io`] where the device fails for good. The end is no error but a block of no samples.
    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError>;
}

impl<S: SampleSource + ?Sized> SampleSource for &mut S {
    fn info(&self) -> &SourceInfo {
        (**self).info()
    }

    fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
        (**self).read(out)
    }
}

/// The radios that are plugged in and fit `args`.
///
/// # Errors
/// [`TunerError::Absent`] where there is none, [`TunerError::NotBuilt`] in a program without radios.
pub fn list_radios(args: &str) -> Result<Vec<ListedRadio>, TunerError> {
    #[cfg(feature = "soapy")]
    return soapy::list(args);
    #[cfg(not(feature = "soapy"))]
    {
        let _ = args;
        Err(TunerError::NotBuilt)
    }
}

/// Opens the radio that `setup` names, the first where several fit, and sets it up.
///
/// # Errors
/// [`TunerError`].
pub fn open_radio(setup: &RadioSetup) -> Result<Box<dyn Tuner>, TunerError> {
    #[cfg(feature = "soapy")]
    return Ok(Box::new(soapy::open(setup)?));
    #[cfg(not(feature = "soapy"))]
    {
        let _ = setup;
        Err(TunerError::NotBuilt)
    }
}

/// What one [`SampleSource::read`] gave. Loss is data, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Samples written to the buffer; 0 at the end of the source, less than the buffer's length only then.
    pub len: usize,
    /// Place of the first of them in the dwell, counted from 0.
    pub start: SampleIndex,
    /// Samples lost since the block before: missing between the two, or zeros within this one.
    pub lost: u64,
}

/// What is known of a dwell before its first sample.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceInfo {
    /// File stem of the recording; with a suffix `#1`, `#2`, … where one recording holds several dwells.
    pub name: String,
    /// How the samples are stored.
    pub format: SampleFormat,
    /// Samples per second.
    pub sample_rate: SampleRate,
    /// Frequency of the recording's centre.
    pub center: Hertz,
    /// Time of the first sample.
    pub start: Option<Timestamp>,
    /// Receiver gain in dB.
    pub gain_db: Option<f64>,
    /// Where the receiver was.
    pub position: Option<Coordinates>,
    /// Number of samples, where it is known beforehand.
    pub length: Option<u64>,
    /// Place of the dwell's first sample in its recording: 0 unless other dwells come before.
    pub first_sample: SampleIndex,
}

impl SourceInfo {
    /// Whether a radio gives it: its time is known, its length is not.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.length.is_none() && self.start.is_some()
    }
}

/// A place on the WGS 84 ellipsoid, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coordinates {
    /// Latitude, north positive.
    pub lat: f64,
    /// Longitude, east positive.
    pub lon: f64,
}

/// What the user says of recordings, where they do not say it themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Hints {
    /// Sample format of a raw file; goes before what its name says.
    pub format: Option<SampleFormat>,
    /// Sample rate of a raw file, going before what its name says, or of a SigMF recording without `core:sample_rate`.
    pub rate: Option<SampleRate>,
    /// Centre of a raw file, going before what its name says, or of a SigMF or WAV recording that does not say it.
    pub center: Option<Hertz>,
    /// Turn the spectrum over: I and Q were swapped, or a converter mixed with its oscillator above the signal.
    pub invert_spectrum: bool,
    /// Check `core:sha512` of recordings beyond 1 GiB too.
    pub verify_hash: bool,
}
