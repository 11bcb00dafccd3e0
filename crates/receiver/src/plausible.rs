//! Frequencies and rates that cannot be meant: a recording at 1840 Hz is one at 1840 MHz whose writer left out a factor.

use std::fmt;

use lte_dsp::units::{Hertz, SampleRate};

use cellwarden_core::observation::earfcn::bands;

/// Suffixes and their factors.
const SUFFIXES: [(char, f64); 3] = [('k', 1e3), ('M', 1e6), ('G', 1e9)];

/// Lower edge of the lowest downlink band and upper edge of the highest. TS 36.101 Table 5.5-1.
#[must_use]
pub fn downlink_range() -> (Hertz, Hertz) {
    bands().map(|band| band.downlink()).fold((Hertz(f64::INFINITY), Hertz(0.0)), |(low, high), (from, to)| {
        (Hertz(low.0.min(from.0)), Hertz(high.0.max(to.0)))
    })
}

/// A frequency around which no LTE carrier can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoLteFrequency(pub Hertz);

impl fmt::Display for NoLteFrequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Hertz(hz)) = *self;
        let (low, high) = downlink_range();
        let side = if hz < low.0 { "below" } else { "above" };
        write!(f, "{hz} Hz is {side} every LTE band: they reach from {} to {} MHz", low.0 / 1e6, high.0 / 1e6)?;
        meant(hz, low.0..=high.0).map_or(Ok(()), |meant| write!(f, "; did you mean {meant}?"))
    }
}

/// Checks that a recorded band `width` wide around `center` touches the range of the LTE bands.
///
/// # Errors
/// Where it does not.
pub fn check_frequency(center: Hertz, width: f64) -> Result<(), NoLteFrequency> {
    let (low, high) = downlink_range();
    let touches = center.0 + width / 2.0 >= low.0 && center.0 - width / 2.0 <= high.0;
    if touches { Ok(()) } else { Err(NoLteFrequency(center)) }
}

/// Rates from here on are meant as they are written: nobody writes 48000k.
const LEAST_MEANT_RATE_HZ: f64 = 1e4;

/// The rate that is meant by one that is too low, as `; did you mean 5.76M?`, or nothing.
#[must_use]
pub fn meant_rate(rate: &SampleRate, allowed: std::ops::RangeInclusive<f64>) -> String {
    let meant = Some(rate.hz()).filter(|&hz| hz < LEAST_MEANT_RATE_HZ).and_then(|hz| meant(hz, allowed));
    meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"))
}

/// The number with the suffix that makes it one of `range`.
fn meant(number: f64, range: std::ops::RangeInclusive<f64>) -> Option<String> {
    let (suffix, _) = SUFFIXES.into_iter().find(|(_, factor)| range.contains(&(number * factor)))?;
    Some(format!("{number}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_lte_frequency_is_told_with_what_may_be_meant() {
        for (hz, meant) in [(1840.0, "1840M?"), (1_842_500.0, "1842500k?"), (1.8425, "1.8425G?"), (739.0, "739M?")] {
            let error = check_frequency(Hertz(hz), 5.76e6).expect_err("no LTE frequency").to_string();
            assert!(error.contains("below every LTE band") && error.ends_with(meant), "{error}");
        }
        let error = check_frequency(Hertz(100e6), 5.76e6).expect_err("FM broadcast").to_string();
        assert!(error.starts_with("100000000 Hz is below") && !error.contains("mean"), "{error}");
        let error = check_frequency(Hertz(26e9), 61.44e6).expect_err("millimetre waves").to_string();
        assert!(error.contains("above every LTE band"), "{error}");
        for hz in [739e6, 1840e6, 2.65e9, 5.9e9] {
            assert_eq!(check_frequency(Hertz(hz), 1.92e6), Ok(()));
        }
        let (low, _) = downlink_range();
        assert_eq!(check_frequency(Hertz(low.0 - 5e6), 20e6), Ok(()), "the band reaches into one");
        assert!(check_frequency(Hertz(f64::NAN), 20e6).is_err());
    }

    #[test]
    fn a_rate_in_megasamples_is_told() {
        let rate = |hz| meant_rate(&SampleRate::new(hz).expect("positive"), 1.92e6..=61.44e6);
        assert_eq!(
            (rate(5.76), rate(1920.0), rate(48e3)),
            ("; did you mean 5.76M?".into(), "; did you mean 1920k?".into(), String::new())
        );
    }
}
