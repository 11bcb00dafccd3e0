//! Which raster frequency a carrier is on, by where it is seen and by the sample clock.
//!
//! In: a carrier's place and clock as measured, and what is known of the receiver. Out: the raster frequency, and the other
//! ones that it may be. Beyond ±50 kHz the place alone does not say: the clock does, where carrier and clock come from one
//! crystal, or where the distance between the two is known. A transmitter's own error moves both together and changes
//! neither.

use lte_dsp::{
    search::{ANY_CRYSTAL, MeasuredClock, Nominal},
    units::{Hertz, Ppm},
};

use super::carrier_candidates::nominals_near;

/// Distance of the sample clock from the carrier, at most, that is looked for: behind a frequency converter.
pub const MAX_CLOCK_APART: Ppm = Ppm(150.0);
/// Misfit of a clock to a raster frequency that measuring explains: a tenth of what neighbours differ by at 2 GHz.
const CLOCK_TOLERANCE: f64 = 6e-6;
/// The same as a multiple of the measurement's standard error.
const TOLERANCE_DEVIATIONS: f64 = 3.0;
/// A clock nearer than this to the one tied to the carrier is taken for that.
pub const TIED: f64 = 3e-6;
/// Distance from the receiver's known error within which a transmitter is an honest one: base stations hold 0.25 ppm at
/// worst (TS 36.104 §6.5.1), and the receiver's crystal moves with its temperature.
const HONEST: Ppm = Ppm(5.0);

/// What is known of a receiver's oscillators, as errors of the carriers that it shows: in parts per million of a carrier, too
/// high is positive.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Oscillators {
    /// Of its tuning.
    pub carrier: Option<Ppm>,
    /// Of its sample clock, on the same scale: the same number where both come from one crystal.
    pub clock: Option<Ppm>,
}

impl Oscillators {
    /// Excess of the sample clock beyond the one tied to the carrier, where both are known.
    pub fn bias(&self) -> Option<f64> {
        Some((self.carrier?.0 - self.clock?.0) * 1e-6)
    }
}

impl From<Ppm> for Oscillators {
    /// Of one crystal.
    fn from(crystal: Ppm) -> Self {
        Self { carrier: Some(crystal), clock: Some(crystal) }
    }
}

/// A carrier as its strongest cell shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenCarrier {
    /// Where it is seen, relative to the recording's centre.
    pub offset: Hertz,
    /// The sample clock at the same time.
    pub clock: MeasuredClock,
}

impl SeenCarrier {
    /// How far from its true excess measuring may have the clock.
    pub fn tolerance(&self) -> f64 {
        TOLERANCE_DEVIATIONS * self.clock.error
    }
}

/// The raster frequency that a carrier is taken to be on.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterChoice {
    /// It, with the clock tied to it.
    pub nominal: Nominal,
    /// The others that it may be; none where it is certain.
    pub others: Vec<Hertz>,
}

/// The raster frequency of a carrier `seen` in a recording of this `center`; `tuned` are those that the radio was tuned to.
/// `None` where no frequency is within the range of a crystal.
pub fn choose(seen: &SeenCarrier, center: Hertz, tuned: &[Hertz], receiver: Oscillators) -> Option<RasterChoice> {
    let error = |n: &Nominal| (seen.offset.0 - n.relative.0) / n.absolute.0 * 1e6;
    let mut candidates = nominals_near(seen.offset, center, Ppm(0.0), ANY_CRYSTAL);
    candidates.retain(|n| error(n).abs() <= ANY_CRYSTAL.0);
    let tolerance = CLOCK_TOLERANCE.max(seen.tolerance());
    let fits = |n: &Nominal, bias: f64| (n.bias_of(seen.clock.excess, seen.offset) - bias).abs() < tolerance;
    let is_tuned = |n: &Nominal| tuned.iter().any(|hz| (hz.0 - n.absolute.0).abs() < 1.0);
    let is_honest = |n: &Nominal| receiver.carrier.is_some_and(|own| (error(n) - own.0).abs() <= HONEST.0);
    // Of a receiver that is known, what its clock says goes first: a transmitter may be far off.
    let known: Vec<Nominal> = match receiver.bias() {
        Some(bias) => candidates.iter().copied().filter(|n| fits(n, bias)).collect(),
        None => Vec::new(),
    };
    let honest: Vec<Nominal> = candidates.iter().copied().filter(is_honest).collect();
    let tied: Vec<Nominal> = candidates.iter().copied().filter(|n| fits(n, 0.0)).collect();
    let possible: Vec<Nominal> = match (known.iter().find(|n| is_honest(n)), known.is_empty(), honest.is_empty()) {
        (Some(both), ..) => vec![*both],
        (None, false, _) => known,
        (None, true, false) => honest,
        (None, true, true) if tied.is_empty() => candidates,
        // Nothing speaks against what was tuned to, and a clock that is hardly known speaks for nothing else.
        (None, true, true) if is_tuned(&candidates[0]) && tied.contains(&candidates[0]) => vec![candidates[0]],
        (None, true, true) => candidates.into_iter().filter(|n| fits(n, 0.0) || is_tuned(n)).collect(),
    };
    // Else the one whose clock is nearest to the carrier's, as most are.
    let expected = receiver.bias().unwrap_or(0.0);
    let apart = |n: &Nominal| {
        if fits(n, expected) { 0.0 } else { (n.bias_of(seen.clock.excess, seen.offset) - expected).abs() }
    };
    let nearest = || possible.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
    let chosen = *possible.iter().find(|n| is_tuned(n)).or_else(nearest)?;
    let others = possible.iter().filter(|n| n.absolute != chosen.absolute).map(|n| n.absolute).collect();
    Some(RasterChoice { nominal: chosen, others })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MHZ: f64 = 1e6;

    /// A carrier at `carrier` by a transmitter off by `transmitter` ppm, on a receiver whose carriers and clock are off by
    /// these.
    fn seen(carrier: f64, center: f64, [transmitter, tuning, clock]: [f64; 3]) -> SeenCarrier {
        SeenCarrier {
            offset: Hertz(carrier * (1.0 + (transmitter + tuning) * 1e-6) - center),
            clock: MeasuredClock { excess: -(transmitter + clock) * 1e-6, error: 0.5e-6 },
        }
    }

    fn chosen(seen: SeenCarrier, center: f64, tuned: &[f64], receiver: Oscillators) -> (f64, Vec<f64>) {
        let tuned: Vec<Hertz> = tuned.iter().copied().map(Hertz).collect();
        let choice = choose(&seen, Hertz(center), &tuned, receiver).expect("within a crystal's range");
        assert_eq!(choice.nominal.relative.0, choice.nominal.absolute.0 - center);
        (choice.nominal.absolute.0, choice.others.into_iter().map(|hz| hz.0).collect())
    }

    const NOTHING: Oscillators = Oscillators { carrier: None, clock: None };

    #[test]
    fn one_crystal_is_certain_wherever_it_is_tuned() {
        for ppm in [-58.0, -40.0, -3.0, 0.0, 14.0, 40.0, 53.0] {
            for (carrier, center) in [(1840.0, 1840.0), (2585.0, 2590.3), (806.0, 806.0), (3600.0, 3600.05)] {
                let seen = seen(carrier * MHZ, center * MHZ, [0.0, ppm, ppm]);
                let (hz, others) = chosen(seen, center * MHZ, &[center * MHZ], NOTHING);
                assert_eq!((hz, others), (carrier * MHZ, vec![]), "{ppm} at {carrier}");
            }
        }
    }

    #[test]
    fn behind_a_converter_the_tuned_frequency_is_preferred_and_the_others_are_named() {
        let seen = seen(2605.1 * MHZ, 2605.1 * MHZ, [0.0, 14.0, -112.0]);
        let (hz, others) = chosen(seen, 2605.1 * MHZ, &[2605.1 * MHZ], NOTHING);
        assert_eq!(hz, 2605.1 * MHZ);
        assert!(others.contains(&(2605.2 * MHZ)) && others.contains(&(2605.0 * MHZ)), "{others:?}");
        // None needs more than a crystal's range.
        assert!(others.iter().all(|other| (other / (2605.1 * MHZ) - 1.0).abs() < 75e-6), "{others:?}");
        // A clock that happens to fit the neighbour, one raster step beside the tuned frequency.
        let seen = self::seen(1840e6, 1840e6, [0.0, 0.0, 54.3]);
        let (hz, others) = chosen(seen, 1840e6, &[1840e6], NOTHING);
        assert_eq!((hz, others.len()), (1840e6, 1));
    }

    #[test]
    fn without_a_tuned_frequency_the_nearest_clock_is_preferred() {
        let seen = seen(2585.0 * MHZ, 2585.1 * MHZ, [0.0, -34.1, -25.6]);
        let (hz, others) = chosen(seen, 2585.1 * MHZ, &[2585.1 * MHZ], NOTHING);
        assert_eq!((hz, others.len()), (2585.0 * MHZ, 2));
    }

    #[test]
    fn a_low_frequency_is_certain_at_any_clock() {
        let seen = seen(739e6, 739e6, [0.0, 5.0, 130.0]);
        assert_eq!(chosen(seen, 739e6, &[739e6], NOTHING), (739e6, vec![]));
    }

    #[test]
    fn a_known_receiver_makes_it_certain() {
        let receiver = Oscillators { carrier: Some(Ppm(14.0)), clock: Some(Ppm(-112.0)) };
        for transmitter in [0.0, 40.0, -40.0] {
            let seen = seen(2585.0 * MHZ, 2585.1 * MHZ, [transmitter, 14.0, -112.0]);
            let choice = chosen(seen, 2585.1 * MHZ, &[2585.1 * MHZ], receiver);
            assert_eq!(choice, (2585.0 * MHZ, vec![]), "{transmitter}");
        }
        // Its tuning alone does too, for those who keep to their frequency.
        let tuning = Oscillators { carrier: Some(Ppm(14.0)), clock: None };
        let seen = seen(2585.0 * MHZ, 2585.1 * MHZ, [0.0, 14.0, -112.0]);
        assert_eq!(chosen(seen, 2585.1 * MHZ, &[2585.1 * MHZ], tuning), (2585.0 * MHZ, vec![]));
    }

    #[test]
    fn a_transmitter_that_is_off_alone_keeps_its_channel() {
        let receiver = Oscillators::from(Ppm(2.0));
        let seen = seen(1840e6, 1845e6, [53.0, 2.0, 2.0]);
        assert_eq!(chosen(seen, 1845e6, &[1845e6], receiver), (1840e6, vec![]));
        assert_eq!(chosen(seen, 1845e6, &[1845e6], NOTHING), (1840e6, vec![]));
    }

    #[test]
    fn a_clock_measured_over_a_short_time_leaves_open_what_was_not_tuned_to() {
        let mut seen = seen(2585.0 * MHZ, 2585.0 * MHZ, [0.0, 1.0, 1.0]);
        seen.clock.error = 20e-6;
        assert_eq!(chosen(seen, 2585.0 * MHZ, &[2585.0 * MHZ], NOTHING), (2585.0 * MHZ, vec![]));
        let (hz, others) = chosen(seen, 2585.0 * MHZ, &[], NOTHING);
        assert_eq!((hz, others.len()), (2585.0 * MHZ, 2));
    }
}
