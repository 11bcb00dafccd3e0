//! Radios through SoapySDR. The only place that knows `soapysdr`.

use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};
use num_complex::Complex;
use soapysdr::{Args, Device, Direction::Rx, Error, ErrorCode, Format, Range, RxStream};

use super::{
    Stale,
    tuner::{DeviceFacts, ListedRadio, RadioSetup, Reading, SampleBuffer, Span, Tuner, TunerError, Tuning},
};

/// The one channel that is received on.
const CHANNEL: usize = 0;
/// Longest wait for samples.
const PATIENCE_US: i64 = 500_000;
/// Samples thrown away after a retune: synthesisers and filters settle within 2 ms.
const SETTLE_NS: i64 = 2_000_000;
/// The same without a clock, where the driver's buffers hold older ones too.
const SETTLE_UNTIMED_S: f64 = 0.05;
/// How far a rate may be from what was asked for: beyond, the device rounded it to another.
const RATE_TOLERANCE: f64 = 1e-6;

/// A radio that SoapySDR opened.
pub struct SoapyTuner {
    facts: DeviceFacts,
    device: Device,
    stream: Stream,
    /// Width of the filter that the user wants.
    bandwidth_hz: Option<f64>,
    /// Samples that the radio gives at once.
    mtu: usize,
    tuning: Option<Tuning>,
    stale: Stale,
    /// The time that the last samples carried: drivers without it leave it as it was.
    last_time_ns: i64,
}

/// A stream in one of the formats that are read.
enum Stream {
    Ci8(RxStream<Complex<i8>>),
    Ci16(RxStream<Complex<i16>>),
    Cf32(RxStream<Complex<f32>>),
}

/// The radios that are plugged in and fit `args`.
///
/// # Errors
/// [`TunerError::Absent`] where there is none.
pub fn list(args: &str) -> Result<Vec<ListedRadio>, TunerError> {
    let found = enumerate(args)?;
    let listed =
        |found: &Args| ListedRadio { args: found.to_string(), facts: open_device(found).map(|(_, facts)| facts) };
    Ok(found.iter().map(listed).collect())
}

/// Opens the radio that `setup` names, the first where several fit, and sets it up.
///
/// # Errors
/// [`TunerError`].
pub fn open(setup: &RadioSetup) -> Result<SoapyTuner, TunerError> {
    let found = enumerate(&setup.device)?;
    let first = found.first().ok_or_else(|| TunerError::Absent { args: setup.device.clone() })?;
    let (device, mut facts) = open_device(first)?;
    facts.check_setup(setup)?;
    facts.staged_gain_db = set_up(&device, &facts, setup)?;
    let busy = |error: Error| TunerError::Busy { device: facts.name(), reason: error.message };
    let stream = match facts.format {
        SampleFormat::Ci8 => device.rx_stream(&[CHANNEL]).map(Stream::Ci8),
        SampleFormat::Ci16Le => device.rx_stream(&[CHANNEL]).map(Stream::Ci16),
        // Of the formats that recordings have, `format_of` takes these three; floats serve for any other.
        _ => device.rx_stream(&[CHANNEL]).map(Stream::Cf32),
    };
    let stream = stream.map_err(busy)?;
    let mtu = stream.mtu().map_err(gone(&facts))?.max(1);
    Ok(SoapyTuner {
        facts,
        device,
        stream,
        bandwidth_hz: setup.bandwidth_hz,
        mtu,
        tuning: None,
        stale: Stale::Count(0),
        last_time_ns: 0,
    })
}

/// Sets what `setup` has; the driver's own settings first, as they may change what the others mean. Gives the overall gain
/// in dB that gains of stages come to.
fn set_up(device: &Device, facts: &DeviceFacts, setup: &RadioSetup) -> Result<Option<f64>, TunerError> {
    for (key, value) in &setup.settings {
        device.write_setting(key.as_str(), value.as_str()).map_err(|error| TunerError::Refused {
            device: facts.name(),
            args: setup.device.clone(),
            setting: format!("{key}={value}"),
            reason: error.message,
        })?;
        // Some drivers ignore what they do not know, and give nothing back.
        if device.read_setting(key.as_str()).is_ok_and(|set| set.is_empty()) {
            tracing::warn!(device = facts.name(), key, value, "the driver does not confirm this setting");
        }
    }
    let gone = gone(facts);
    // The program's own control keeps the gain still within a dwell.
    if device.has_gain_mode(Rx, CHANNEL).unwrap_or(false) {
        device.set_gain_mode(Rx, CHANNEL, false).map_err(&gone)?;
    }
    if let Some(source) = &setup.clock_source {
        device.set_clock_source(source.as_str()).map_err(&gone)?;
    }
    if let Some(source) = &setup.time_source {
        device.set_time_source(source.as_str()).map_err(&gone)?;
    }
    if let Some(antenna) = &setup.antenna {
        device.set_antenna(Rx, CHANNEL, antenna.as_str()).map_err(&gone)?;
    }
    for (stage, gain_db) in &setup.gain_stages {
        device.set_gain_element(Rx, CHANNEL, stage.as_str(), *gain_db).map_err(&gone)?;
    }
    let is_staged = !setup.gain_stages.is_empty();
    is_staged.then(|| device.gain(Rx, CHANNEL).map_err(&gone)).transpose()
}

fn enumerate(args: &str) -> Result<Vec<Args>, TunerError> {
    let absent = || TunerError::Absent { args: args.to_owned() };
    // A driver that fails to look has no device.
    let mut found = soapysdr::enumerate(args).map_err(|_| absent())?;
    // Sound cards are listed as radios too, and are none at these frequencies.
    found.retain(|found| found.get("driver") != Some("audio"));
    if found.is_empty() { Err(absent()) } else { Ok(found) }
}

fn open_device(args: &Args) -> Result<(Device, DeviceFacts), TunerError> {
    let name = args.get("label").or(args.get("driver")).unwrap_or("radio").to_owned();
    let busy = |error: Error| TunerError::Busy { device: name.clone(), reason: error.message };
    let device = Device::new(args.iter().collect::<Args>()).map_err(busy)?;
    let facts = facts_of(&device, args).map_err(busy)?;
    Ok((device, facts))
}

fn facts_of(device: &Device, args: &Args) -> Result<DeviceFacts, Error> {
    let spans = |ranges: Vec<Range>| ranges.into_iter().map(span).collect();
    let gain_stages = device.list_gains(Rx, CHANNEL)?.into_iter().map(|name| {
        let range = device.gain_element_range(Rx, CHANNEL, name.as_str())?;
        Ok((name, span(range)))
    });
    let (format, scale) = format_of(device)?;
    Ok(DeviceFacts {
        driver: device.driver_key()?,
        label: args.get("label").unwrap_or(&device.hardware_key()?).to_owned(),
        serial: args.get("serial").filter(|serial| !serial.is_empty()).map(str::to_owned),
        antennas: device.antennas(Rx, CHANNEL)?,
        frequencies: spans(device.frequency_range(Rx, CHANNEL)?),
        rates: spans(device.get_sample_rate_range(Rx, CHANNEL)?),
        // Drivers without a filter to set say so in different ways.
        bandwidths: device.bandwidth_range(Rx, CHANNEL).map(spans).unwrap_or_default(),
        gain: span(device.gain_range(Rx, CHANNEL)?),
        gain_stages: gain_stages.collect::<Result<_, Error>>()?,
        staged_gain_db: None,
        // Drivers without a choice say so in different ways.
        clock_sources: device.list_clock_sources().unwrap_or_default(),
        time_sources: device.list_time_sources().unwrap_or_default(),
        format,
        scale,
        has_time: device.has_hardware_time(None).unwrap_or(false),
    })
}

fn span(range: Range) -> Span {
    Span { from: range.minimum, to: range.maximum }
}

/// The format nearest to what the radio sends, and its full scale over the format's own.
fn format_of(device: &Device) -> Result<(SampleFormat, f32), Error> {
    let formats = device.stream_formats(Rx, CHANNEL)?;
    let (native, full_scale) = device.native_stream_format(Rx, CHANNEL).unwrap_or((Format::CF32, 1.0));
    let has = |format| formats.contains(&format);
    let scale = |own: f64| if full_scale > 0.0 { (own / full_scale) as f32 } else { 1.0 };
    Ok(match native {
        Format::CS8 if has(Format::CS8) => (SampleFormat::Ci8, scale(128.0)),
        // Radios of 12 bits send them in 16, some with their own full scale.
        Format::CS16 if has(Format::CS16) => (SampleFormat::Ci16Le, scale(32_768.0)),
        _ if has(Format::CS16) => (SampleFormat::Ci16Le, 1.0),
        _ => (SampleFormat::Cf32Le, 1.0),
    })
}

fn gone(facts: &DeviceFacts) -> impl Fn(Error) -> TunerError {
    let device = facts.name();
    move |error| TunerError::Gone { device: device.clone(), reason: error.message }
}

impl SoapyTuner {
    /// Sets the rate and the filter; the stream must stand still.
    fn set_rate(&self, rate: SampleRate) -> Result<(), TunerError> {
        let gone = gone(&self.facts);
        self.device.set_sample_rate(Rx, CHANNEL, rate.hz()).map_err(&gone)?;
        let set = self.device.sample_rate(Rx, CHANNEL).map_err(&gone)?;
        if (set / rate.hz() - 1.0).abs() > RATE_TOLERANCE {
            return Err(TunerError::Unsupported {
                device: self.facts.name(),
                what: "sample rate",
                value: rate.to_string(),
                supported: format!("taken {} MS/s instead", set * 1e-6),
            });
        }
        // The widest filter within the rate keeps neighbours from folding in.
        let widths = self.facts.bandwidths.iter().filter(|span| span.from <= rate.hz());
        let widest = widths.map(|span| span.to.min(rate.hz())).reduce(f64::max);
        if let Some(width) = self.bandwidth_hz.or(widest) {
            self.device.set_bandwidth(Rx, CHANNEL, width).map_err(&gone)?;
        }
        Ok(())
    }

    fn set_center(&self, center: Hertz) -> Result<(), TunerError> {
        self.device.set_frequency(Rx, CHANNEL, center.0, ()).map_err(gone(&self.facts))
    }

    /// What is stale from now on.
    fn settle(&self, rate: SampleRate) -> Stale {
        let untimed = Stale::Count((SETTLE_UNTIMED_S * rate.hz()) as u64);
        if !self.facts.has_time {
            return untimed;
        }
        self.device.get_hardware_time(None).map_or(untimed, |now| Stale::Before(now + SETTLE_NS))
    }

    /// The time of the samples just read, where the driver set one.
    fn time_of_read(&mut self) -> Option<i64> {
        let time = self.stream.time_ns();
        let is_new = time != std::mem::replace(&mut self.last_time_ns, time);
        (self.facts.has_time && is_new).then_some(time)
    }
}

impl Tuner for SoapyTuner {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), TunerError> {
        self.facts.check(tuning)?;
        let before = self.tuning.take();
        let gone = gone(&self.facts);
        if before.is_none_or(|before| before.rate != tuning.rate) {
            // Most drivers take a rate only while the stream stands.
            self.stream.deactivate().map_err(&gone)?;
            self.set_rate(tuning.rate)?;
        }
        if self.facts.staged_gain_db.is_none() {
            self.device.set_gain(Rx, CHANNEL, tuning.gain_db).map_err(&gone)?;
        }
        self.set_center(tuning.center)?;
        self.stream.activate().map_err(&gone)?;
        self.stale = if before == Some(*tuning) { Stale::Count(0) } else { self.settle(tuning.rate) };
        self.tuning = Some(*tuning);
        Ok(())
    }

    fn read(&mut self, out: &mut SampleBuffer) -> Result<Reading, TunerError> {
        let size = self.facts.format.bytes();
        let rate = self.tuning.map_or(SampleRate::LTE_1_4_MHZ, |tuning| tuning.rate);
        let wanted = (out.room().len() / size).min(self.mtu);
        let len = match self.stream.read(&mut out.room()[..wanted * size]) {
            Ok(0) => return Ok(Reading::Timeout),
            Ok(len) => len.min(wanted),
            Err(error) if error.code == ErrorCode::Timeout => return Ok(Reading::Timeout),
            // What is corrupt is lost like what overflowed.
            Err(error) if matches!(error.code, ErrorCode::Overflow | ErrorCode::Corruption | ErrorCode::TimeError) => {
                return Ok(Reading::Overflow);
            }
            Err(error) => return Err(gone(&self.facts)(error)),
        };
        let time_ns = self.time_of_read();
        let stale = self.stale.of_next(len, time_ns, rate);
        if stale > 0 {
            out.room().copy_within(stale * size..len * size, 0);
        }
        let kept = len - stale;
        out.fill(kept * size);
        let later = (stale as f64 / rate.hz() * 1e9).round() as i64;
        Ok(Reading::Samples { len: kept, time_ns: time_ns.map(|time| time + later), short: len < wanted })
    }
}

impl Stream {
    fn mtu(&self) -> Result<usize, Error> {
        match self {
            Self::Ci8(stream) => stream.mtu(),
            Self::Ci16(stream) => stream.mtu(),
            Self::Cf32(stream) => stream.mtu(),
        }
    }

    fn time_ns(&self) -> i64 {
        match self {
            Self::Ci8(stream) => stream.time_ns(),
            Self::Ci16(stream) => stream.time_ns(),
            Self::Cf32(stream) => stream.time_ns(),
        }
    }

    /// Starts the stream, where it stands.
    fn activate(&mut self) -> Result<(), Error> {
        match self {
            Self::Ci8(stream) if !stream.active() => stream.activate(None),
            Self::Ci16(stream) if !stream.active() => stream.activate(None),
            Self::Cf32(stream) if !stream.active() => stream.activate(None),
            _ => Ok(()),
        }
    }

    /// Stops the stream, where it runs.
    fn deactivate(&mut self) -> Result<(), Error> {
        match self {
            Self::Ci8(stream) if stream.active() => stream.deactivate(None),
            Self::Ci16(stream) if stream.active() => stream.deactivate(None),
            Self::Cf32(stream) if stream.active() => stream.deactivate(None),
            _ => Ok(()),
        }
    }

    /// Reads samples into their bytes, which must be aligned for them.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Ci8(stream) => stream.read(&mut [bytemuck::cast_slice_mut(out)], PATIENCE_US),
            Self::Ci16(stream) => stream.read(&mut [bytemuck::cast_slice_mut(out)], PATIENCE_US),
            Self::Cf32(stream) => stream.read(&mut [bytemuck::cast_slice_mut(out)], PATIENCE_US),
        }
    }
}
