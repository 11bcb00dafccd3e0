//! Settings of `scan`, `record` and `devices`.

use std::{num::NonZeroUsize, ops::RangeInclusive, path::PathBuf, time::Duration};

use lte_dsp::units::{Hertz, SampleRate};

use super::{
    CheckSettings, ConfigError, Gps, Output, ViewSettings,
    check::parse_gps,
    records::in_data_folder,
    replay::{check_threads, check_view, output},
    values::{
        CLOCK_PPM, OSCILLATOR_PPM, check_center, check_given, check_value, parse_bytes, parse_clock, parse_hertz,
        parse_oscillator, parse_rate,
    },
};
use crate::cli::{
    DOCTOR_FREQ, DevicesOptions, DoctorOptions, ModeOfScan, RECORD_LIMIT, RadioOptions, RecordOptions, ScanOptions,
    Text,
};
use cellwarden_core::observation::{Earfcn, earfcn::bands};
use cellwarden_receiver::{MAX_RATE_MSPS, plausible::check_frequency};
use cellwarden_source::RadioSetup;

/// The radio to use, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct RadioSettings {
    /// Which one, and how it is set up.
    pub setup: RadioSetup,
    /// Samples per second.
    pub rate: Option<SampleRate>,
    /// Gain in dB; `None`: set by what is heard.
    pub gain_db: Option<f64>,
    /// Error of its crystal.
    pub ppm: Option<f64>,
    /// Error of its sample clock, where it is another one.
    pub clock_ppm: Option<f64>,
}

/// Settings of `scan`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanSettings {
    /// The radio.
    pub radio: RadioSettings,
    /// Carrier centres to look for, in hertz: stretches, and single ones where both ends are the same.
    pub centres: Vec<RangeInclusive<f64>>,
    /// How thorough.
    pub mode: ModeOfScan,
    /// Longest stay on a carrier.
    pub dwell: Option<Duration>,
    /// When to end.
    pub duration: Option<Duration>,
    /// Where recordings are kept.
    pub record: Option<PathBuf>,
    /// How much they may take.
    pub record_limit_bytes: u64,
    /// The file of what is known of radios' crystals.
    pub crystals: PathBuf,
    /// The file of the carriers that scans heard.
    pub carriers: PathBuf,
    /// Threads to use.
    pub threads: NonZeroUsize,
    /// What to print.
    pub output: Output,
    /// Where the van's page is served.
    pub view: Option<ViewSettings>,
    /// Whether the bell rings without the terminal interface too.
    pub sound: bool,
    /// What cells are checked against.
    pub check: CheckSettings,
}

/// Settings of `record`.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSettings {
    /// The radio.
    pub radio: RadioSettings,
    /// The recording's folder.
    pub folder: PathBuf,
    /// Centre of the band.
    pub center: Hertz,
    /// Samples per second.
    pub rate: SampleRate,
    /// When to end.
    pub duration: Option<Duration>,
    /// Where the receiver is.
    pub gps: Option<Gps>,
}

/// Settings of `devices`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicesSettings {
    /// Which ones.
    pub device: String,
    /// Events instead of text.
    pub json: bool,
}

/// Settings of `doctor`.
#[derive(Debug, Clone, PartialEq)]
pub struct DoctorSettings {
    /// The radio.
    pub radio: RadioSettings,
    /// Centre of the band that it is tried at.
    pub center: Hertz,
    /// The file of what is known of radios' crystals.
    pub crystals: PathBuf,
    /// What a drive is checked against, and where it is kept.
    pub check: CheckSettings,
    /// Events instead of text.
    pub json: bool,
}

/// Half the bandwidth of the narrowest carrier: no centre is nearer to a band's edge. TS 36.101 §5.7.1.
const NARROWEST_HALF_HZ: f64 = 0.7e6;

pub(super) fn check_scan(
    options: ScanOptions,
    radio: RadioOptions,
    check: CheckSettings,
) -> Result<ScanSettings, ConfigError> {
    let list = |option, texts: Vec<Text>, expected, parse: fn(&str) -> Option<RangeInclusive<f64>>| {
        texts.into_iter().map(move |text| check_given(option, text, expected, parse))
    };
    let expected = "frequencies and ranges of them, like 1842.5M or 1805M-1880M";
    let centres: Vec<RangeInclusive<f64>> =
        list("band", options.band, "E-UTRA bands of TS 36.101 Table 5.7.3-1, like 3", band_centres)
            .chain(list("earfcn", options.earfcn, "channels of one band and ranges of them, like 1550", earfcn_centres))
            .chain(list("freq", options.freq, expected, frequency_centres))
            .collect::<Result<_, _>>()?;
    if centres.is_empty() {
        return Err(ConfigError::NothingToScan);
    }
    Ok(ScanSettings {
        radio: check_radio(radio)?,
        centres,
        mode: options.mode.unwrap_or_default(),
        dwell: check_value("dwell", options.dwell, TIME, parse_time)?,
        duration: check_value("duration", options.duration, TIME, parse_time)?,
        record: options.record,
        record_limit_bytes: check_given(
            "record-limit",
            options.record_limit.unwrap_or_else(|| Text(RECORD_LIMIT.to_owned())),
            "a number of bytes, like 500M or 50G",
            parse_bytes,
        )?,
        crystals: in_data_folder("crystals.json", "store")?,
        carriers: in_data_folder("carriers.json", "store")?,
        threads: check_threads(options.threads)?,
        output: output(options.json, options.headless),
        view: check_view(options.view)?,
        sound: options.sound.unwrap_or_default(),
        check,
    })
}

pub(super) fn check_record(
    folder: PathBuf,
    options: RecordOptions,
    radio: RadioOptions,
) -> Result<RecordSettings, ConfigError> {
    let radio = check_radio(radio)?;
    Ok(RecordSettings {
        folder,
        center: check_center("freq", options.freq)?.ok_or(ConfigError::Missing { option: "freq" })?,
        rate: radio.rate.ok_or(ConfigError::Missing { option: "rate" })?,
        duration: check_value("duration", options.duration, TIME, parse_time)?,
        gps: check_value("gps", options.gps.map(Text), "gpx:PATH or LAT,LON in degrees", parse_gps)?,
        radio,
    })
}

pub(super) fn check_devices(options: &DevicesOptions, radio: RadioOptions) -> DevicesSettings {
    DevicesSettings { device: radio.device.unwrap_or_default(), json: options.json.unwrap_or_default() }
}

pub(super) fn check_doctor(
    options: DoctorOptions,
    radio: RadioOptions,
    check: CheckSettings,
) -> Result<DoctorSettings, ConfigError> {
    let freq = options.freq.unwrap_or_else(|| Text(DOCTOR_FREQ.to_owned()));
    Ok(DoctorSettings {
        radio: check_radio(radio)?,
        center: check_center("freq", Some(freq))?.ok_or(ConfigError::Missing { option: "freq" })?,
        crystals: in_data_folder("crystals.json", "store")?,
        check,
        json: options.json.unwrap_or_default(),
    })
}

fn check_radio(options: RadioOptions) -> Result<RadioSettings, ConfigError> {
    let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
    let gain = options.gain.filter(|text| text.0 != "auto");
    let stage = |text: &str| {
        let (name, gain_db) = parse_pair(text)?;
        Some((name, number(&gain_db)?))
    };
    let gain_stages = options.gain_stage.into_iter();
    let settings = options.setting.into_iter();
    let setup = RadioSetup {
        device: options.device.unwrap_or_default(),
        antenna: options.antenna,
        clock_source: options.clock_source,
        time_source: options.time_source,
        gain_stages: gain_stages
            .map(|text| check_given("gain-stage", Text(text), "a stage and its gain in dB, like LNA=20", stage))
            .collect::<Result<_, _>>()?,
        bandwidth_hz: check_value("bandwidth", options.bandwidth, "a width in hertz, like 15M", parse_hertz)?
            .map(|width| width.0),
        settings: settings
            .map(|text| check_given("setting", Text(text), "a name and its value, like biastee=true", parse_pair))
            .collect::<Result<_, _>>()?,
    };
    if gain.is_some() && !setup.gain_stages.is_empty() {
        return Err(ConfigError::OneGain);
    }
    Ok(RadioSettings {
        setup,
        rate: check_value("rate", options.rate, "a positive number of samples per second, like 19.2M", parse_rate)?,
        gain_db: check_value("gain", gain, "auto or a number of dB, like 40", number)?,
        ppm: check_value("ppm", options.ppm, OSCILLATOR_PPM, parse_oscillator)?,
        clock_ppm: check_value("clock-ppm", options.clock_ppm, CLOCK_PPM, parse_clock)?,
    })
}

/// A name and its value, which may hold further `=`.
fn parse_pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}

const TIME: &str = "a time above 0, like 0.5s, 90s, 10m or 2h";

/// A time in seconds, minutes or hours.
fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let seconds = number.parse::<f64>().ok()? * unit;
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).ok())?
}

/// The centres that carriers of a band may have.
fn band_centres(text: &str) -> Option<RangeInclusive<f64>> {
    let number: u16 = text.trim().parse().ok()?;
    let band = bands().find(|band| band.number == number)?;
    let (low, high) = band.downlink();
    Some(low.0 + NARROWEST_HALF_HZ..=high.0 - NARROWEST_HALF_HZ)
}

fn earfcn_centres(text: &str) -> Option<RangeInclusive<f64>> {
    let channel = |text: &str| text.trim().parse().ok().and_then(Earfcn::new);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (channel(first)?, channel(last)?),
        None => (channel(text)?, channel(text)?),
    };
    (first <= last && first.band() == last.band()).then(|| first.frequency().0..=last.frequency().0)
}

fn frequency_centres(text: &str) -> Option<RangeInclusive<f64>> {
    let is_lte = |hertz: &Hertz| check_frequency(*hertz, MAX_RATE_MSPS * 1e6).is_ok();
    let hertz = |text: &str| parse_hertz(text.trim()).filter(is_lte).map(|hertz| hertz.0);
    let (from, to) = match text.split_once('-') {
        Some((from, to)) => (hertz(from)?, hertz(to)?),
        None => (hertz(text)?, hertz(text)?),
    };
    (from <= to).then_some(from..=to)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        cli::Cli,
        config::{CommandSettings, check},
    };

    fn scan(arguments: &[&str]) -> Result<ScanSettings, String> {
        let line = ["cellwarden", "scan", "--store", "s.sqlite"].iter().chain(arguments);
        let checked = check(Cli::try_parse_from(line).expect("well formed")).map_err(|error| error.to_string())?;
        match checked.command {
            CommandSettings::Scan(scan) => Ok(scan),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bands_channels_and_frequencies_are_centres() {
        let centres = |arguments: &[&str]| scan(arguments).map(|scan| scan.centres);
        assert_eq!(centres(&["--band", "3,8"]), Ok(vec![1805.7e6..=1879.3e6, 925.7e6..=959.3e6]));
        assert_eq!(centres(&["--earfcn", "1550,3450-3799"]), Ok(vec![1840e6..=1840e6, 925e6..=959.9e6]));
        assert_eq!(centres(&["--freq", "1842.5M,1805M-1880M"]), Ok(vec![1842.5e6..=1842.5e6, 1805e6..=1880e6]));
        for bad in [["--band", "15"], ["--earfcn", "5000"], ["--earfcn", "599-1300"], ["--freq", "1880M-1805M"]] {
            assert!(centres(&bad).expect_err("not scanned").starts_with(bad[0]), "{bad:?}");
        }
        assert!(centres(&[]).expect_err("nothing named").contains("--band"));
    }

    #[test]
    fn every_band_of_the_table_can_be_scanned() {
        for band in bands() {
            let centres = band_centres(&band.number.to_string()).expect("a band");
            assert!(centres.start() < centres.end(), "band {}", band.number);
        }
    }

    #[test]
    fn a_gain_is_a_number_or_automatic() {
        let gain = |value: &str| scan(&["--band", "3", "--gain", value]).map(|scan| scan.radio.gain_db);
        assert_eq!((gain("auto"), gain("40"), gain("-3.5")), (Ok(None), Ok(Some(40.0)), Ok(Some(-3.5))));
        assert!(gain("loud").is_err() && gain("inf").is_err());
        assert!(scan(&["--band", "3", "--ppm", "101"]).is_err());
        assert_eq!(scan(&["--band", "3", "--ppm", "-1.5"]).map(|scan| scan.radio.ppm), Ok(Some(-1.5)));
        assert_eq!(scan(&["--band", "3", "--clock-ppm", "-112"]).map(|scan| scan.radio.clock_ppm), Ok(Some(-112.0)));
    }

    #[test]
    fn stages_and_settings_are_names_with_values() {
        let setup = |arguments: &[&str]| scan(&[&["--band", "3"], arguments].concat()).map(|scan| scan.radio.setup);
        let set =
            setup(&["--setting", "biastee=true", "--setting", "a=b=c", "--gain-stage", "LNA=20"]).expect("well formed");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(set.settings, [pair("biastee", "true"), pair("a", "b=c")]);
        assert_eq!(set.gain_stages, [("LNA".to_owned(), 20.0)]);
        assert_eq!(setup(&["--bandwidth", "15M"]).map(|setup| setup.bandwidth_hz), Ok(Some(15e6)));
        for bad in
            [["--setting", "biastee"], ["--setting", "=1"], ["--gain-stage", "LNA=loud"], ["--bandwidth", "wide"]]
        {
            assert!(setup(&bad).expect_err("not set").starts_with(bad[0]), "{bad:?}");
        }
        let both = setup(&["--gain-stage", "LNA=20", "--gain", "40"]).expect_err("two gains");
        assert!(both.contains("--gain-stage") && both.contains("--gain"), "{both}");
    }

    #[test]
    fn a_scan_keeps_proof_beside_its_store_unless_its_limit_is_0() {
        let evidence = |more: &[&str]| scan(&[&["--band", "3"], more].concat()).map(|scan| scan.check.evidence);
        assert_eq!(evidence(&[]), Ok(Some("evidence".into())));
        assert_eq!(evidence(&["--evidence", "proof"]), Ok(Some("proof".into())));
        assert_eq!(evidence(&["--evidence-limit", "0"]), Ok(None));
    }

    #[test]
    fn times_have_units() {
        let times = ["0.5", "90s", "10m", "2h"].map(|text| parse_time(text).map(|time| time.as_secs_f64()));
        assert_eq!(times, [Some(0.5), Some(90.0), Some(600.0), Some(7200.0)]);
        for bad in ["", "s", "0", "-1s", "NaN", "1d", "1e300h"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }
}
