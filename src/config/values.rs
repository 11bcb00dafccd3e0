//! The forms of values: frequencies, carriers, bytes.

use lte_dsp::units::{Hertz, SampleRate};

use super::ConfigError;
use crate::cli::Text;
use cellwarden_core::observation::Earfcn;
use cellwarden_receiver::{MAX_RATE_MSPS, plausible::check_frequency};

/// The value of an option, where it was given.
pub fn check_value<T>(
    option: &'static str,
    text: Option<Text>,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    text.map(|text| check_given(option, text, expected, parse)).transpose()
}

/// The value that the text of an option stands for.
pub fn check_given<T>(
    option: &'static str,
    Text(value): Text,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, ConfigError> {
    parse(&value).ok_or(ConfigError::Value { option, value, expected })
}

/// A number of hertz, perhaps with `k`, `M` or `G`, or `kHz`, `MHz` or `GHz`, above 0 and up to 1 THz.
pub fn parse_hertz(text: &str) -> Option<Hertz> {
    parse_scaled(text, &["Hz"]).map(Hertz)
}

/// The centre frequency of a recording or radio, whose band may reach half the greatest rate further.
pub fn check_center(option: &'static str, text: Option<Text>) -> Result<Option<Hertz>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    let center = check_given(option, text.clone(), "a frequency up to 1 THz, like 1815.3M", parse_hertz)?;
    check_frequency(center, MAX_RATE_MSPS * 1e6).map(|()| Some(center)).map_err(|fault| ConfigError::Implausible {
        option,
        value: text.0,
        why: fault.to_string(),
    })
}

/// A number of samples per second, perhaps with `k` or `M`, and perhaps with `Hz`, `sps` or `S/s` behind.
pub fn parse_rate(text: &str) -> Option<SampleRate> {
    SampleRate::new(parse_scaled(text, &["Hz", "sps", "S/s"])?)
}

/// A positive number up to 10¹² with an SI prefix, and one of these units or none, in either case.
fn parse_scaled(text: &str, units: &[&str]) -> Option<f64> {
    let without = |unit: &&str| {
        let (number, end) = text.split_at_checked(text.len().checked_sub(unit.len())?)?;
        end.eq_ignore_ascii_case(unit).then_some(number)
    };
    let bare = units.iter().find_map(without);
    let text = bare.unwrap_or(text);
    let (number, factor) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1e3),
        (at, 'M') => (&text[..at], 1e6),
        (at, 'G') => (&text[..at], 1e9),
        // Before a unit nobody means a thousandth.
        (at, 'm') if bare.is_some() => (&text[..at], 1e6),
        (at, 'K') if bare.is_some() => (&text[..at], 1e3),
        (at, 'g') if bare.is_some() => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    // A product like 1815.3 × 1e6 is off by a rounding step: whole hertz are meant.
    let value: f64 = (number.trim_end().parse::<f64>().ok()? * factor * 1e3).round() / 1e3;
    (value > 0.0 && value <= 1e12).then_some(value)
}

/// A channel number, or a frequency: nobody means a carrier below 1 MHz, and no channel number is that high.
pub fn parse_carrier(text: &str) -> Option<Hertz> {
    match text.trim().parse::<u32>() {
        Ok(number) if number < 1_000_000 => Earfcn::new(number).map(Earfcn::frequency),
        _ => parse_hertz(text.trim()).filter(|hertz| hertz.0 >= 1e6),
    }
}

/// Parts per million that an oscillator may be off, as `check_value` expects them.
pub const OSCILLATOR_PPM: &str = "-100 to 100";
/// The same of a sample clock.
pub const CLOCK_PPM: &str = "-250 to 250";

/// The error of an oscillator in parts per million.
pub fn parse_oscillator(text: &str) -> Option<f64> {
    parse_ppm(text, 100.0)
}

/// The error of a sample clock in parts per million.
pub fn parse_clock(text: &str) -> Option<f64> {
    parse_ppm(text, 250.0)
}

fn parse_ppm(text: &str, most: f64) -> Option<f64> {
    text.trim().parse().ok().filter(|ppm: &f64| ppm.abs() <= most)
}

/// A number of bytes, perhaps with `k`, `M`, `G` or `T`.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1_000),
        (at, 'M') => (&text[..at], 1_000_000),
        (at, 'G') => (&text[..at], 1_000_000_000),
        (at, 'T') => (&text[..at], 1_000_000_000_000),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_take_suffixes() {
        for (text, hz) in [("1815.3M", 1_815_300_000.0), ("1.8153G", 1_815_300_000.0), ("1815300k", 1_815_300_000.0)] {
            assert_eq!(parse_hertz(text), Some(Hertz(hz)), "{text}");
        }
        assert_eq!(parse_hertz("1.92e6"), Some(Hertz(1.92e6)));
        for text in ["1815.3MHz", "1815.3 MHz", "1815.3mhz", "1815300kHz", "1.8153GHz", "1815300000Hz", "1815300000hz"]
        {
            assert_eq!(parse_hertz(text), Some(Hertz(1_815_300_000.0)), "{text}");
        }
        let bad =
            ["", "M", "-1M", "0", "NaN", "inf", "1e13", "1m", "１M", "1815,3M", "Hz", "MHz", "0MHz", "1MHzHz", "1Msps"];
        for bad in bad {
            assert_eq!(parse_hertz(bad), None, "{bad}");
        }
    }

    #[test]
    fn rates_take_suffixes() {
        for text in ["19.2M", "19.2Msps", "19.2 MS/s", "19200k", "19200000", "19.2MSps", "19.2MHz"] {
            assert_eq!(parse_rate(text), SampleRate::new(19.2e6), "{text}");
        }
        for bad in ["", "0", "fast", "19.2MB", "sps"] {
            assert_eq!(parse_rate(bad), None, "{bad}");
        }
    }
}
