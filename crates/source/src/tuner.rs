//! A radio as the program sees it: what it can do, how it is tuned, what it gives.
//!
//! In: tunings. Out: samples as the radio stores them, and what went wrong, as values. Refuses to know which radio it is.

use std::fmt;

use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};
use serde::Serialize;
use thiserror::Error;

/// Numbers that a radio can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Span {
    /// The least.
    pub from: f64,
    /// The greatest.
    pub to: f64,
}

/// What a radio is, and what it can be set to. Frequencies, rates and bandwidths in hertz, gains in dB.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceFacts {
    /// The driver's name.
    pub driver: String,
    /// What the driver calls the device.
    pub label: String,
    /// What tells it from others of its kind.
    pub serial: Option<String>,
    /// Antennas to choose from.
    pub antennas: Vec<String>,
    /// Tuning range.
    pub frequencies: Vec<Span>,
    /// Sample rates.
    pub rates: Vec<Span>,
    /// Widths of its filter; empty where it has none to set.
    pub bandwidths: Vec<Span>,
    /// Overall gain.
    pub gain: Span,
    /// Its stages' gains.
    pub gain_stages: Vec<(String, Span)>,
    /// Overall gain in dB where its stages were set one by one: then it stays.
    pub staged_gain_db: Option<f64>,
    /// Where its clock can come from.
    pub clock_sources: Vec<String>,
    /// Where its time can come from.
    pub time_sources: Vec<String>,
    /// Format of the samples it is read in.
    pub format: SampleFormat,
    /// Full scale over the format's own: what its samples are multiplied with.
    pub scale: f32,
    /// Whether samples carry the time of the radio's clock.
    pub has_time: bool,
}

/// How a radio is set up before it is tuned; what is unset is its driver's choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RadioSetup {
    /// Which radio, as SoapySDR names it; the first found where it is empty.
    pub device: String,
    /// Its antenna.
    pub antenna: Option<String>,
    /// Where its clock comes from.
    pub clock_source: Option<String>,
    /// Where its time comes from.
    pub time_source: Option<String>,
    /// Gains of stages in dB, in place of an overall gain.
    pub gain_stages: Vec<(String, f64)>,
    /// Width of its filter in hertz; the widest within the sample rate unless given.
    pub bandwidth_hz: Option<f64>,
    /// Settings that its driver has beside these, by their names.
    pub settings: Vec<(String, String)>,
}

/// A radio that is plugged in.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRadio {
    /// The arguments that its driver lists it with.
    pub args: String,
    /// What it can do, or why it does not say.
    pub facts: Result<DeviceFacts, TunerError>,
}

/// How a radio is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Centre of the received band.
    pub center: Hertz,
    /// Samples per second.
    pub rate: SampleRate,
    /// Overall gain in dB.
    pub gain_db: f64,
}

/// What one read gave. Loss is data, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Samples, at most as many as were asked for.
    Samples {
        /// How many.
        len: usize,
        /// The radio's time of the first, in nanoseconds, where it has a clock.
        time_ns: Option<i64>,
        /// Whether it was less than the radio gives at once and than was asked for.
        short: bool,
    },
    /// The radio had samples that nobody took in time; those are lost.
    Overflow,
    /// No sample came.
    Timeout,
}

/// A radio.
///
/// Its samples come as bytes of [`DeviceFacts::format`].
pub trait Tuner: Send {
    /// What it is and can do.
    fn facts(&self) -> &DeviceFacts;

    /// Sets rate, centre and gain. What is read from then on was received under them.
    ///
    /// # Errors
    /// [`TunerError::Unsupported`] for what it cannot be set to, [`TunerError::Gone`] where it does not answer.
    fn tune(&mut self, tuning: &Tuning) -> Result<(), TunerError>;

    /// Waits for samples, for half a second at most, and writes them to the beginning of `out`.
    ///
    /// # Errors
    /// [`TunerError::Gone`] where it gives no more.
    fn read(&mut self, out: &mut SampleBuffer) -> Result<Reading, TunerError>;
}

/// Why a radio cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TunerError {
    /// Nothing is plugged in.
    #[error("no radio found{}", of_args(.args))]
    Absent {
        /// What was asked for.
        args: String,
    },
    /// It is there, and cannot be opened.
    #[error("{device}: cannot be opened, perhaps another program uses it: {reason}")]
    Busy {
        /// The radio.
        device: String,
        /// What its driver says.
        reason: String,
    },
    /// A setting it does not have.
    #[error("{device}: {what} {value} cannot be set; it has {supported}")]
    Unsupported {
        /// The radio.
        device: String,
        /// The setting.
        what: &'static str,
        /// Its value.
        value: String,
        /// What it can be.
        supported: String,
    },
    /// A setting that its driver refused.
    #[error(
        "{device}: setting {setting} cannot be set: {reason}; `SoapySDRUtil --probe={args:?}` lists the settings that it has"
    )]
    Refused {
        /// The radio.
        device: String,
        /// Its arguments.
        args: String,
        /// The setting with its value.
        setting: String,
        /// What its driver says.
        reason: String,
    },
    /// It was pulled out, or its driver failed.
    #[error("{device}: gone: {reason}")]
    Gone {
        /// The radio.
        device: String,
        /// What its driver says.
        reason: String,
    },
    /// The program was built without radios.
    #[error(
        "this cellwarden was built without radios: build it with `cargo build --release --features soapy`, which needs \
         libsoapysdr-dev and pkg-config"
    )]
    NotBuilt,
}

fn of_args(args: &str) -> String {
    if args.is_empty() {
        return ": plug one in, and install SoapySDR's module for it (Debian: soapysdr-module-all)".to_owned();
    }
    format!(" for {args:?}; `cellwarden devices` lists those that there are")
}

/// Room for a block of samples, aligned for every format.
#[derive(Debug, Clone)]
pub struct SampleBuffer {
    words: Vec<u64>,
    /// Bytes of samples that it begins with.
    filled: usize,
}

impl SampleBuffer {
    /// Room for so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { words: vec![0; bytes / 8], filled: 0 }
    }

    /// The samples in it.
    #[must_use]
    pub fn filled(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.filled]
    }

    /// The room behind them.
    pub fn room(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[self.filled..]
    }

    /// Counts `bytes` of the room as filled.
    ///
    /// # Panics
    /// Where there is less room.
    pub fn fill(&mut self, bytes: usize) {
        assert!(bytes <= self.words.len() * 8 - self.filled, "{bytes} bytes in {} + {}", self.filled, self.words.len());
        self.filled += bytes;
    }

    /// Forgets the samples.
    pub fn clear(&mut self) {
        self.filled = 0;
    }
}

impl Span {
    /// Whether a number lies in it, to within rounding.
    #[must_use]
    pub fn contains(&self, number: f64) -> bool {
        let tolerance = 1e-9 * number.abs();
        self.from - tolerance <= number && number <= self.to + tolerance
    }

    /// The spans in millions, as a list.
    #[must_use]
    pub fn list_mega(spans: &[Self]) -> String {
        let spans = spans.iter().map(|span| Self { from: span.from / 1e6, to: span.to / 1e6 }.to_string());
        spans.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { write!(f, "{}", self.from) } else { write!(f, "{} to {}", self.from, self.to) }
    }
}

impl DeviceFacts {
    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.serial {
            Some(serial) if !self.label.contains(serial.as_str()) => format!("{} {serial}", self.label),
            _ => self.label.clone(),
        }
    }

    /// Checks a tuning against what the radio says of itself.
    ///
    /// # Errors
    /// [`TunerError::Unsupported`].
    pub fn check(&self, tuning: &Tuning) -> Result<(), TunerError> {
        let mega = |value: f64, unit| format!("{} {unit}", value / 1e6);
        let (rate, center) = (tuning.rate.hz(), tuning.center.0);
        let rates = format!("{} MS/s", Span::list_mega(&self.rates));
        let frequencies = format!("{} MHz", Span::list_mega(&self.frequencies));
        self.has("sample rate", rate, &self.rates, mega(rate, "MS/s"), rates)?;
        self.has("frequency", center, &self.frequencies, mega(center, "MHz"), frequencies)?;
        self.check_gain(tuning.gain_db)
    }

    /// Checks a gain in dB against what the radio says of itself.
    ///
    /// # Errors
    /// [`TunerError::Unsupported`].
    pub fn check_gain(&self, gain_db: f64) -> Result<(), TunerError> {
        self.has("gain", gain_db, &[self.gain], format!("{gain_db} dB"), format!("{} dB", self.gain))
    }

    /// Checks what the radio lists of a setup; its driver's own settings are not listed.
    ///
    /// # Errors
    /// [`TunerError::Unsupported`].
    pub fn check_setup(&self, setup: &RadioSetup) -> Result<(), TunerError> {
        self.has_name("antenna", setup.antenna.as_deref(), &self.antennas)?;
        self.has_name("clock source", setup.clock_source.as_deref(), &self.clock_sources)?;
        self.has_name("time source", setup.time_source.as_deref(), &self.time_sources)?;
        let stages = || {
            let stages = self.gain_stages.iter().map(|(name, span)| format!("{name} {span} dB"));
            or_none(&stages.collect::<Vec<_>>())
        };
        for (name, gain_db) in &setup.gain_stages {
            let spans: Vec<Span> =
                self.gain_stages.iter().filter(|(known, _)| known == name).map(|(_, span)| *span).collect();
            self.has("gain stage", *gain_db, &spans, format!("{name}={gain_db}"), stages())?;
        }
        let Some(hz) = setup.bandwidth_hz else { return Ok(()) };
        let widths = Span::list_mega(&self.bandwidths);
        let widths = if widths.is_empty() { "no filter to set".to_owned() } else { format!("{widths} MHz") };
        self.has("bandwidth", hz, &self.bandwidths, format!("{} MHz", hz / 1e6), widths)
    }

    fn has_name(&self, what: &'static str, name: Option<&str>, known: &[String]) -> Result<(), TunerError> {
        let Some(name) = name.filter(|name| !known.iter().any(|known| known == name)) else { return Ok(()) };
        let (device, value) = (self.name(), name.to_owned());
        Err(TunerError::Unsupported { device, what, value, supported: or_none(known) })
    }

    fn has(
        &self,
        what: &'static str,
        value: f64,
        spans: &[Span],
        said: String,
        supported: String,
    ) -> Result<(), TunerError> {
        let is_there = spans.iter().any(|span| span.contains(value));
        let no = || TunerError::Unsupported { device: self.name(), what, value: said, supported };
        if is_there { Ok(()) } else { Err(no()) }
    }
}

/// The names as a list.
fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none to choose from".to_owned() } else { names.join(", ") }
}

/// What of a radio's first samples was still received under the tuning before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Samples from before this time of the radio's clock, in nanoseconds.
    Before(i64),
    /// So many samples.
    Count(u64),
}

impl Stale {
    /// How many of the next `len` samples are stale, the first of which was taken at `time_ns`; counts them off.
    pub fn of_next(&mut self, len: usize, time_ns: Option<i64>, rate: SampleRate) -> usize {
        match self {
            Self::Before(since) => {
                let Some(time) = time_ns else { return 0 };
                let early = (i128::from(*since) - i128::from(time)).max(0) as f64 * 1e-9 * rate.hz();
                (early.ceil() as usize).min(len)
            }
            Self::Count(count) => {
                let stale = usize::try_from(*count).unwrap_or(len).min(len);
                *count -= stale as u64;
                stale
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> DeviceFacts {
        DeviceFacts {
            driver: "test".to_owned(),
            label: "Test radio".to_owned(),
            serial: Some("7".to_owned()),
            antennas: Vec::new(),
            frequencies: vec![Span { from: 1e8, to: 2e9 }],
            rates: vec![Span { from: 1.92e6, to: 1.92e6 }, Span { from: 2e6, to: 20e6 }],
            bandwidths: Vec::new(),
            gain: Span { from: 0.0, to: 60.0 },
            gain_stages: vec![("LNA".to_owned(), Span { from: 0.0, to: 20.0 })],
            staged_gain_db: None,
            clock_sources: vec!["internal".to_owned(), "external".to_owned()],
            time_sources: Vec::new(),
            format: SampleFormat::Ci8,
            scale: 1.0,
            has_time: true,
        }
    }

    #[test]
    fn what_a_radio_cannot_do_is_said_with_what_it_can() {
        let tuning = |rate, center| Tuning {
            center: Hertz(center),
            rate: SampleRate::new(rate).expect("positive"),
            gain_db: 20.0,
        };
        assert_eq!(facts().check(&tuning(1.92e6, 1.84e9)), Ok(()));
        assert_eq!(facts().check(&tuning(19.2e6, 2e9)), Ok(()));
        let error = facts().check(&tuning(30.72e6, 1.84e9)).expect_err("too fast");
        let expected = "Test radio 7: sample rate 30.72 MS/s cannot be set; it has 1.92, 2 to 20 MS/s";
        assert_eq!(error.to_string(), expected);
        assert!(facts().check(&tuning(1.92e6, 2.6e9)).is_err());
        let loud = Tuning { gain_db: 60.5, ..tuning(1.92e6, 1.84e9) };
        assert!(facts().check(&loud).is_err());
    }

    #[test]
    fn what_a_radio_cannot_be_set_up_with_is_reported_with_what_it_has() {
        let clock_source = |name: &str| RadioSetup { clock_source: Some(name.to_owned()), ..RadioSetup::default() };
        let stage =
            |name: &str, gain_db| RadioSetup { gain_stages: vec![(name.to_owned(), gain_db)], ..RadioSetup::default() };
        for setup in [RadioSetup::default(), clock_source("external"), stage("LNA", 12.0)] {
            assert_eq!(facts().check_setup(&setup), Ok(()));
        }
        let gpsdo = RadioSetup { time_source: Some("gpsdo".to_owned()), ..RadioSetup::default() };
        let narrow = RadioSetup { bandwidth_hz: Some(5e6), ..RadioSetup::default() };
        let cases = [
            (clock_source("gpsdo"), "clock source gpsdo cannot be set; it has internal, external"),
            (gpsdo, "time source gpsdo cannot be set; it has none to choose from"),
            (stage("LNA", 21.0), "gain stage LNA=21 cannot be set; it has LNA 0 to 20 dB"),
            (stage("VGA", 1.0), "gain stage VGA=1 cannot be set; it has LNA 0 to 20 dB"),
            (narrow, "bandwidth 5 MHz cannot be set; it has no filter to set"),
        ];
        for (setup, expected) in cases {
            let error = facts().check_setup(&setup).expect_err(expected);
            assert_eq!(error.to_string(), format!("Test radio 7: {expected}"));
        }
    }

    #[test]
    fn samples_from_before_a_retune_are_recognised_by_their_time() {
        let rate = SampleRate::new(1e6).expect("positive");
        let mut stale = Stale::Before(10_000);
        assert_eq!(stale.of_next(4, Some(2_000), rate), 4, "8 samples before");
        assert_eq!(stale.of_next(10, Some(6_500), rate), 4, "the sample at 10.5 us is the first");
        assert_eq!(stale.of_next(10, Some(10_000), rate), 0);
        assert_eq!(stale.of_next(10, Some(i64::MIN), rate), 10);
        assert_eq!(stale.of_next(10, None, rate), 0);
    }

    #[test]
    fn samples_from_before_a_retune_are_counted_without_a_clock() {
        let rate = SampleRate::new(1e6).expect("positive");
        let mut stale = Stale::Count(7);
        assert_eq!([4, 4, 4].map(|len| stale.of_next(len, None, rate)), [4, 3, 0]);
    }

    #[test]
    fn a_buffer_takes_samples_until_it_is_full() {
        let mut buffer = SampleBuffer::new(64);
        buffer.room()[..3].copy_from_slice(&[1, 2, 3]);
        buffer.fill(3);
        assert_eq!(buffer.filled(), [1, 2, 3]);
        assert_eq!(buffer.room().len(), 61);
        buffer.clear();
        assert_eq!(buffer.room().len(), 64);
    }
}
