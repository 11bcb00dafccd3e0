//! What the names of raw recordings say: the format by the ending, and frequency, rate and time by the parts of the stem.
//!
//! Known are the names that receivers give (gqrx, SDR#, SDR++, HDSDR, SDRuno, rtl_433), those like
//! `f1815.3_s19.2_bw20_0.08s_hackrf-1.bin` in megahertz and megasamples per second, and numbers with a unit in general:
//! `1842.5MHz`, `19.2Msps`, and `739M` or `1.92M`, where only one of both meanings is possible.

use std::path::Path;

use jiff::{Timestamp, civil, tz::TimeZone};
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};

/// Numbers of megahertz without a further unit: below are sample rates, above are frequencies, and between them is
/// neither.
const RATE_BELOW_MHZ: f64 = 100.0;
const FREQUENCY_ABOVE_MHZ: f64 = 400.0;

/// What a file's name says of its samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct NameFacts {
    pub center: Option<Hertz>,
    pub rate: Option<SampleRate>,
    /// By the ending, or by the receiver that the name tells.
    pub format: Option<SampleFormat>,
    /// Time of the first sample, where the name says that it is UTC.
    pub start: Option<Timestamp>,
}

impl NameFacts {
    /// These facts, with `other`'s where nothing is said.
    pub fn or(self, other: Self) -> Self {
        Self {
            center: self.center.or(other.center),
            rate: self.rate.or(other.rate),
            format: self.format.or(other.format),
            start: self.start.or(other.start),
        }
    }
}

/// Reads a file's name.
pub(super) fn read_name(path: &Path) -> NameFacts {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let parts: Vec<&str> = stem.split(['_', ' ']).collect();
    let facts = read_megahertz(&parts).or(read_gqrx(&parts)).or(read_units(&parts));
    NameFacts { format: read_ending(path).or(facts.format).or(read_receiver(&stem)), ..facts }
}

/// The format that a file's ending tells, in either case; `None` for endings like `.bin` and `.raw`, which may be any.
pub(super) fn read_ending(path: &Path) -> Option<SampleFormat> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        // GNU Radio; Universal Radio Hacker.
        "cfile" | "complex" => Some(SampleFormat::Cf32Le),
        // PortaPack.
        "c8" | "complex16s" => Some(SampleFormat::Ci8),
        "c16" | "complex32s" => Some(SampleFormat::Ci16Le),
        "complex16u" => Some(SampleFormat::Cu8),
        // Endings that other files have too say nothing.
        "short" | "float" | "hackrf" | "rtlsdr" => None,
        name => SampleFormat::from_name(name),
    }
}

/// The frequency and rate of a text beside a PortaPack recording.
pub(super) fn read_companion(text: &str) -> NameFacts {
    let value = |key: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(key))?;
        number(value.trim())
    };
    NameFacts {
        center: value("center_frequency").map(Hertz),
        rate: value("sample_rate").and_then(SampleRate::new),
        ..NameFacts::default()
    }
}

fn number(text: &str) -> Option<f64> {
    // No sign, no exponent and no word that a float may have.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|x: &f64| is_number && (1e-3..1e13).contains(x))
}

fn mega(x: f64) -> f64 {
    // A product like 1815.3 × 1e6 is off by a rounding step: whole hertz are meant.
    (x * 1e9).round() / 1e3
}

fn read_receiver(stem: &str) -> Option<SampleFormat> {
    if stem.contains("hackrf") {
        Some(SampleFormat::Ci8)
    } else if stem.contains("rtlsdr") {
        Some(SampleFormat::Cu8)
    } else {
        None
    }
}

/// `f` and megahertz first, a part of `s` and megasamples per second among the others; nothing unless both are there.
fn read_megahertz(parts: &[&str]) -> NameFacts {
    let facts = || {
        let (first, others) = parts.split_first()?;
        let center = number(first.strip_prefix('f')?).filter(|&mhz| mhz < 1e6)?;
        let rate = others.iter().find_map(|part| number(part.strip_prefix('s')?))?;
        let rate = SampleRate::new(mega(rate))?;
        Some(NameFacts { center: Some(Hertz(mega(center))), rate: Some(rate), ..NameFacts::default() })
    };
    facts().unwrap_or_default()
}

/// `gqrx_20260904_204456_1842500000_1920000_fc`: time in UTC, hertz, samples per second, floats.
fn read_gqrx(parts: &[&str]) -> NameFacts {
    let [name, date, time, center, rate, kind] = parts else { return NameFacts::default() };
    if *name != "gqrx" || *kind != "fc" {
        return NameFacts::default();
    }
    NameFacts {
        center: number(center).map(Hertz),
        rate: number(rate).and_then(SampleRate::new),
        format: Some(SampleFormat::Cf32Le),
        start: read_time(date, time),
    }
}

/// Numbers with units, and a time that ends with `Z`: `SDRSharp_20260904_204456Z_1842500000Hz_IQ`,
/// `HDSDR_20260904_204456Z_1842500kHz_RF`, `baseband_1842500000Hz_12-34-56_01-01-2026`, `g001_1842.5M_1920k`.
fn read_units(parts: &[&str]) -> NameFacts {
    let mut facts = NameFacts::default();
    for (n, part) in parts.iter().enumerate() {
        if facts.start.is_none()
            && let Some(time) = part.strip_suffix('Z')
            && let Some(date) = n.checked_sub(1).and_then(|before| parts.get(before))
        {
            facts.start = read_time(date, time);
        }
        let digits = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let (value, unit) = part.split_at(digits);
        let Some(value) = number(value) else { continue };
        let (center, rate) = match unit.to_ascii_lowercase().as_str() {
            "hz" => (Some(value), None),
            "khz" => (Some(mega(value * 1e-3)), None),
            "mhz" => (Some(mega(value)), None),
            "ghz" => (Some(mega(value * 1e3)), None),
            "sps" => (None, Some(value)),
            "ksps" => (None, Some(mega(value * 1e-3))),
            "msps" => (None, Some(mega(value))),
            "k" if unit == "k" => (None, Some(mega(value * 1e-3))),
            "m" if unit == "M" && value < RATE_BELOW_MHZ => (None, Some(mega(value))),
            "m" if unit == "M" && value > FREQUENCY_ABOVE_MHZ => (Some(mega(value)), None),
            _ => (None, None),
        };
        facts.center = facts.center.or(center.map(Hertz));
        facts.rate = facts.rate.or(rate.and_then(SampleRate::new));
    }
    facts
}

/// `20260904` and `204456` in UTC.
fn read_time(date: &str, time: &str) -> Option<Timestamp> {
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(date, 8) || !digits(time, 6) {
        return None;
    }
    let two = |text: &str, at: usize| text[at..at + 2].parse::<i8>().ok();
    let year = date[..4].parse().ok()?;
    let time = civil::DateTime::new(year, two(date, 4)?, two(date, 6)?, two(time, 0)?, two(time, 2)?, two(time, 4)?, 0)
        .ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str) -> (Option<f64>, Option<f64>, Option<SampleFormat>) {
        let facts = read_name(Path::new(name));
        (facts.center.map(|center| center.0), facts.rate.map(SampleRate::hz), facts.format)
    }

    #[test]
    fn names_give_megahertz_and_megasamples() {
        let hackrf = "f1815.3_s19.2_bw20_0.08s_hackrf-1.bin";
        assert_eq!(facts(hackrf), (Some(1815.3e6), Some(19.2e6), Some(SampleFormat::Ci8)));
        let rtlsdr = "f816_s1.92_bw1.2_0.08s_rtlsdr.bin";
        assert_eq!(facts(rtlsdr), (Some(816e6), Some(1.92e6), Some(SampleFormat::Cu8)));
        assert_eq!(facts("f1860_s1.92_g0_1s.bin"), (Some(1860e6), Some(1.92e6), None));
    }

    #[test]
    fn receivers_names_are_known() {
        let time = |name| read_name(Path::new(name)).start.map(|time| time.to_string());
        let gqrx = "gqrx_20260904_204456_1842500000_1920000_fc.raw";
        assert_eq!(facts(gqrx), (Some(1842.5e6), Some(1.92e6), Some(SampleFormat::Cf32Le)));
        assert_eq!(time(gqrx).as_deref(), Some("2026-09-04T20:44:56Z"));
        for name in [
            "SDRSharp_20260904_204456Z_1842500000Hz_IQ.wav",
            "HDSDR_20260904_204456Z_1842500kHz_RF.wav",
            "SDRuno_20260904_204456Z_1842500kHz.wav",
        ] {
            assert_eq!(facts(name), (Some(1842.5e6), None, None), "{name}");
            assert_eq!(time(name).as_deref(), Some("2026-09-04T20:44:56Z"));
        }
        let sdrpp = "baseband_1842500000Hz_12-34-56_01-02-2026.wav";
        assert_eq!((facts(sdrpp), time(sdrpp)), ((Some(1842.5e6), None, None), None), "local time is no time");
        assert_eq!(facts("g001_1842.5M_1920k.cu8"), (Some(1842.5e6), Some(1.92e6), Some(SampleFormat::Cu8)));
        assert_eq!(facts("home_739M_1.92M.cs16"), (Some(739e6), Some(1.92e6), Some(SampleFormat::Ci16Le)));
        assert_eq!(facts("cell 1842.5MHz 19.2Msps.fc32"), (Some(1842.5e6), Some(19.2e6), Some(SampleFormat::Cf32Le)));
    }

    #[test]
    fn endings_give_formats() {
        for (name, format) in [
            ("a.cfile", SampleFormat::Cf32Le),
            ("a.cf32", SampleFormat::Cf32Le),
            ("a.CF64", SampleFormat::Cf64Le),
            ("a.cs16", SampleFormat::Ci16Le),
            ("a.ci16", SampleFormat::Ci16Le),
            ("a.cs8", SampleFormat::Ci8),
            ("a.cu8", SampleFormat::Cu8),
            ("A.C16", SampleFormat::Ci16Le),
            ("A.C8", SampleFormat::Ci8),
            // The ending is more certain than a word in the stem.
            ("f1815_s1.92_hackrf.cs16", SampleFormat::Ci16Le),
        ] {
            assert_eq!(read_name(Path::new(name)).format, Some(format), "{name}");
        }
        for name in ["a", "a.bin", "a.raw", "a.iq", "a.dat", "a.txt", "a.csv", "a.float", ".cu8"] {
            assert_eq!(read_name(Path::new(name)).format, None, "{name}");
        }
    }

    #[test]
    fn other_names_say_nothing() {
        for stem in [
            "",
            "f",
            "f_s",
            "first_second",
            "f1815.3",
            "s19.2_f1815.3",
            "f-1_s1.92",
            "fNaN_s1",
            "finf_s1",
            "f1e300_s2",
            "gqrx_1_2_3_4_5",
            "1815",
            "200M",
            "5m",
            "1.2.3MHz",
            "infMHz",
            "-5MHz",
            "1e9Hz",
            "0Hz",
            "Hz",
            "20260904_204456",
        ] {
            assert_eq!(read_name(Path::new(stem)), NameFacts::default(), "{stem}");
        }
    }

    #[test]
    fn a_text_beside_it_gives_rate_and_frequency() {
        let facts = read_companion("sample_rate=1920000\r\ncenter_frequency = 1842500000\r\nlatitude=1.0\n");
        assert_eq!((facts.center, facts.rate), (Some(Hertz(1842.5e6)), SampleRate::new(1.92e6)));
        assert_eq!(read_companion("center_frequency=none\nsample_rate=-1"), NameFacts::default());
    }
}
