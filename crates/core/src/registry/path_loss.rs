//! What level a registered cell should have at a distance: propagation and what each kind of station radiates.
//!
//! The models give medians. A prediction becomes a claim only with the margins and the calibration of `inspect`.

use lte_dsp::cell::Bandwidth;

use super::CellKind;

/// Loss over which path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathLossModel {
    /// Free space: the least loss there can be. ITU-R P.525-4 §2.3.
    FreeSpace,
    /// Urban macro cell, base station antenna 15 m above the roofs, never less than free space. TS 36.942 §4.5.2; the
    /// distance term is also TR 36.814 Table A.2.1.1.2-8's between a femtocell's house and a receiver in the street.
    #[default]
    Urban,
}

/// Loss of a house's outer wall, in dB. TR 36.814 Table A.2.1.1.2-8 (L_ow).
const OUTER_WALL_DB: f64 = 20.0;

/// Thermal noise on one subcarrier of 15 kHz at 290 K: -174 dBm/Hz + 10 log10(15,000).
const NOISE_PER_SUBCARRIER_DBM: f64 = -132.2;

/// Noise figure taken for a receiver that is not calibrated, cable and antenna included, in dB. TS 36.101 §7.3's
/// reference sensitivities rest on 9 dB.
const NOISE_FIGURE_DB: f64 = 9.0;

/// Nearest distance the models are asked for, in metres: nearer, a receiver in a car does not come.
const NEAREST_M: f64 = 5.0;

impl PathLossModel {
    /// Median loss in dB between isotropic antennas.
    #[must_use]
    pub fn loss_db(self, frequency_hz: f64, distance_m: f64) -> f64 {
        let free = free_space_db(frequency_hz, distance_m);
        match self {
            Self::FreeSpace => free,
            Self::Urban => {
                // L = 40 (1 - 4·10⁻³ Dhb) log10 R - 18 log10 Dhb + 21 log10 f + 80 with R in km, f in MHz, Dhb = 15 m.
                let r_km = distance_m.max(NEAREST_M) / 1e3;
                let dhb_m = 15.0_f64;
                let loss = 40.0 * (1.0 - 4e-3 * dhb_m) * r_km.log10() - 18.0 * dhb_m.log10()
                    + 21.0 * (frequency_hz / 1e6).log10()
                    + 80.0;
                loss.max(free)
            }
        }
    }
}

/// Free-space loss in dB: 32.4 + 20 log10 f/MHz + 20 log10 d/km. ITU-R P.525-4 §2.3.
#[must_use]
pub fn free_space_db(frequency_hz: f64, distance_m: f64) -> f64 {
    32.4 + 20.0 * (frequency_hz / 1e6).log10() + 20.0 * (distance_m.max(NEAREST_M) / 1e3).log10()
}

/// Power a kind of station radiates towards the street, in dBm over its whole carrier.
///
/// - macro: 46 dBm and 15 dBi less losses. TR 36.814 Table A.2.1.1-2.
/// - small: 24 dBm, the limit of a local-area base station, and 5 dBi. TS 36.104 Table 6.2-1, TR 36.814 Table A.2.1.1.2-3.
/// - femto: 20 dBm, the limit of a Home base station. TS 36.104 Table 6.2-1. It stands behind an outer wall.
/// - unknown: as a femtocell, the weakest, so that nothing is expected that may be quieter.
#[must_use]
pub fn radiated_dbm(kind: Option<CellKind>) -> f64 {
    match kind {
        Some(CellKind::Macro) => 46.0 + 15.0,
        Some(CellKind::Small) => 24.0 + 5.0,
        Some(CellKind::Femto) | None => 20.0 - OUTER_WALL_DB,
    }
}

/// Reference signal received power to expect of a cell at a distance, in dBm. TS 36.214 §5.1.1.
///
/// The power is spread evenly over the subcarriers; 50 resource blocks where the list does not say.
#[must_use]
pub fn expected_rsrp_dbm(
    kind: Option<CellKind>,
    bandwidth: Option<Bandwidth>,
    model: PathLossModel,
    frequency_hz: f64,
    distance_m: f64,
) -> f64 {
    let subcarriers = bandwidth.unwrap_or(Bandwidth::Rb50).subcarriers();
    let per_subcarrier_dbm = radiated_dbm(kind) - 10.0 * (subcarriers as f64).log10();
    per_subcarrier_dbm - model.loss_db(frequency_hz, distance_m)
}

/// Noise of an uncalibrated receiver on one subcarrier, in dBm.
#[must_use]
pub fn nominal_noise_dbm() -> f64 {
    NOISE_PER_SUBCARRIER_DBM + NOISE_FIGURE_DB
}

/// Upper tail of the normal distribution, Q(x); within 2·10⁻⁷. Abramowitz and Stegun 7.1.26.
#[must_use]
pub fn normal_tail(x: f64) -> f64 {
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = polynomial * (-z * z).exp() / 2.0;
    if x >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urban_model_is_the_printed_one_at_2_ghz() {
        // TS 36.942 §4.5.2: L = 128.1 + 37.6 log10(R) at 2 GHz and 15 m.
        for (r_km, loss_db) in [(1.0, 128.1), (0.1, 90.5), (10.0, 165.7)] {
            let ours = PathLossModel::Urban.loss_db(2e9, r_km * 1e3);
            assert!((ours - loss_db).abs() < 0.2, "{r_km} km: {ours}");
        }
    }

    #[test]
    fn no_model_beats_free_space_and_all_rise_with_distance() {
        for model in [PathLossModel::FreeSpace, PathLossModel::Urban] {
            let mut last = f64::NEG_INFINITY;
            for step in 0..60 {
                let distance_m = 5.0 * 1.2f64.powi(step);
                let loss = model.loss_db(1.84e9, distance_m);
                assert!(loss >= free_space_db(1.84e9, distance_m) && loss > last, "{model:?} at {distance_m}");
                last = loss;
            }
        }
    }

    #[test]
    fn free_space_at_printed_points() {
        // The wavelength at 300 MHz is a metre: 4πd/λ at 1 km is 81.98 dB.
        assert!((free_space_db(299.792_458e6, 1e3) - 20.0 * (4.0 * std::f64::consts::PI * 1e3).log10()).abs() < 0.1);
        assert!(free_space_db(1.84e9, 0.0).is_finite());
    }

    #[test]
    fn the_tail_has_its_printed_values() {
        for (x, q) in [(0.0, 0.5), (1.0, 0.158_655), (1.644_85, 0.05), (3.0, 0.001_349_9), (-1.0, 0.841_345)] {
            assert!((normal_tail(x) - q).abs() < 1e-6, "Q({x}) = {}", normal_tail(x));
        }
    }
}
