//! What a dwell searched: the one answer to "was this carrier looked at here?".

/// Half the bandwidth of the narrowest carrier, 6 resource blocks: so far inside the recorded band a carrier's centre
/// must lie to be searched. TS 36.104 §5.6.
const HALF_NARROWEST_HZ: f64 = 540e3;

/// Half the raster: a named carrier is that channel alone. TS 36.101 §5.7.2.
const HALF_RASTER_HZ: f64 = 50e3;

/// The carrier centres that a dwell searched, as frequency ranges in hertz, in ascending order of what named them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Searched(Vec<(f64, f64)>);

impl Searched {
    /// The carriers that were named, each by its centre in hertz.
    #[must_use]
    pub fn carriers(centres_hz: &[f64]) -> Self {
        Self(centres_hz.iter().map(|hz| (hz - HALF_RASTER_HZ, hz + HALF_RASTER_HZ)).collect())
    }

    /// Every carrier that a recorded band holds.
    #[must_use]
    pub fn band(centre_hz: f64, sample_rate_hz: f64) -> Self {
        let half_hz = (sample_rate_hz / 2.0 - HALF_NARROWEST_HZ).max(0.0);
        Self(vec![(centre_hz - half_hz, centre_hz + half_hz)])
    }

    /// Whether a carrier with this centre was searched.
    #[must_use]
    pub fn holds(&self, centre_hz: f64) -> bool {
        self.0.iter().any(|&(from, to)| (from..=to).contains(&centre_hz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_holds_carriers_that_fit_into_it_and_names_hold_themselves() {
        let band = Searched::band(1840e6, 5.76e6);
        assert!(band.holds(1840e6) && band.holds(1842.3e6) && band.holds(1837.7e6));
        assert!(!band.holds(1842.4e6), "the narrowest carrier there would be cut");
        let named = Searched::carriers(&[1840e6, 1845.1e6]);
        assert!(named.holds(1840e6) && named.holds(1845.1e6));
        assert!(!named.holds(1840.1e6) && !named.holds(1842.5e6));
        assert!(!Searched::default().holds(1840e6));
    }
}
