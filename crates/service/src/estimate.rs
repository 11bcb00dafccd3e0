//! Where a case's transmitter is, by all scanners that heard it.
//!
//! Levels of calibrated receivers are in one unit and are taken together. Each other receiver's levels come with a
//! constant of its own: they give an estimate of their own, in which that constant is unknown, and the estimates are
//! joined by their precisions, as independent ones are.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{cases::HeardLevel, events::Level};
use cellwarden_core::{
    locate::{CONFIDENCE, Fix, Levels, Whereabouts, locate, plane::Plane},
    observation::Position,
};

/// Where it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Estimate {
    /// Too few levels, or too near each other.
    Unknown {
        /// Levels with a place.
        levels: usize,
    },
    /// At one place.
    Fixed {
        /// The most probable place.
        position: Position,
        /// Half axes in metres and bearing in degrees of the ellipse that holds it with 90 %.
        semi_major_m: f64,
        /// See above.
        semi_minor_m: f64,
        /// See above.
        bearing_deg: f64,
        /// Independent estimates that were joined.
        estimates: usize,
    },
    /// It moves.
    Moving,
}

/// A normal distribution on a plane: mean, and covariance as east-east, east-north, north-north.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Normal {
    mean: (f64, f64),
    covariance: [f64; 3],
}

/// Half axis of the ellipse that holds [`CONFIDENCE`] of a normal distribution, in standard deviations.
fn axis_in_sigmas() -> f64 {
    (-2.0 * (1.0 - CONFIDENCE).ln()).sqrt()
}

/// Where a transmitter is that was heard at these levels, each scanner's in order of time.
///
/// `found_co_moving` says whether a scanner's rule found that it goes with its receiver. What a van's levels say alone may
/// fit a fixed place too; the van also heard the other cells.
#[must_use]
pub fn estimate(levels: &[HeardLevel], found_co_moving: bool) -> Estimate {
    let mut by_unit: BTreeMap<Option<&str>, Levels> = BTreeMap::new();
    for heard in levels {
        let (unit, level_db) = match heard.level {
            Level::Dbm(dbm) => (None, dbm),
            Level::Relative(db) => (Some(heard.scanner.as_str()), db),
        };
        by_unit.entry(unit).or_default().add(&heard.place, level_db);
    }
    let found: Vec<Whereabouts> = by_unit.values().map(|levels| locate(levels, found_co_moving)).collect();
    let fixes: Vec<&Fix> =
        found.iter().filter_map(|found| if let Whereabouts::Fixed(fix) = found { Some(fix) } else { None }).collect();
    let moves = |found: &Whereabouts| matches!(found, Whereabouts::Moving { .. } | Whereabouts::WithReceiver { .. });
    let with_receiver = |found: &Whereabouts| matches!(found, Whereabouts::WithReceiver { .. });
    match fixes.split_first() {
        _ if found_co_moving && found.iter().any(with_receiver) => Estimate::Moving,
        Some((first, others)) => joined(first, others),
        None if found.iter().any(moves) => Estimate::Moving,
        None => Estimate::Unknown { levels: levels.len() },
    }
}

fn joined(first: &Fix, others: &[&Fix]) -> Estimate {
    let plane = Plane::at(&first.position);
    let normals: Vec<Normal> =
        std::iter::once(first).chain(others.iter().copied()).map(|fix| Normal::of(fix, &plane)).collect();
    let Normal { mean, covariance: [ee, en, nn] } = join(&normals);
    let (middle, half) = ((ee + nn) / 2.0, ((ee - nn) / 2.0).hypot(en));
    let axis = |variance: f64| axis_in_sigmas() * variance.max(0.0).sqrt();
    Estimate::Fixed {
        position: plane.place(mean, middle.sqrt()),
        semi_major_m: axis(middle + half),
        semi_minor_m: axis(middle - half),
        bearing_deg: (std::f64::consts::FRAC_PI_2 - (2.0 * en).atan2(ee - nn) / 2.0).to_degrees().rem_euclid(180.0),
        estimates: normals.len(),
    }
}

/// The product of the distributions. Where they disagree by more than their spreads allow, the result is made as wide as
/// it takes (Birge's ratio): an ellipse that is too small sends people to the wrong door.
fn join(normals: &[Normal]) -> Normal {
    let mut precision = [0.0; 3];
    let mut weighted = (0.0, 0.0);
    for normal in normals {
        let [a, b, c] = inverse(normal.covariance);
        precision = [precision[0] + a, precision[1] + b, precision[2] + c];
        weighted.0 += a * normal.mean.0 + b * normal.mean.1;
        weighted.1 += b * normal.mean.0 + c * normal.mean.1;
    }
    let covariance = inverse(precision);
    let [ee, en, nn] = covariance;
    let mean = (ee * weighted.0 + en * weighted.1, en * weighted.0 + nn * weighted.1);
    let squares: f64 = normals.iter().map(|normal| normal.square_from(mean)).sum();
    let freedom = 2.0 * (normals.len() as f64 - 1.0);
    let ratio = if freedom > 0.0 { (squares / freedom).max(1.0) } else { 1.0 };
    Normal { mean, covariance: covariance.map(|value| value * ratio) }
}

impl Normal {
    fn of(fix: &Fix, plane: &Plane) -> Self {
        let (sin, cos) = fix.ellipse.bearing_deg.to_radians().sin_cos();
        let [major, minor] =
            [fix.ellipse.semi_major_m, fix.ellipse.semi_minor_m].map(|axis_m| (axis_m / axis_in_sigmas()).powi(2));
        let covariance =
            [major * sin * sin + minor * cos * cos, (major - minor) * sin * cos, major * cos * cos + minor * sin * sin];
        Self { mean: plane.point(&fix.position), covariance }
    }

    /// Squared distance of a point in standard deviations.
    fn square_from(&self, point: (f64, f64)) -> f64 {
        let [a, b, c] = inverse(self.covariance);
        let (east, north) = (point.0 - self.mean.0, point.1 - self.mean.1);
        a * east * east + 2.0 * b * east * north + c * north * north
    }
}

/// The inverse of a symmetric matrix of two rows.
fn inverse([a, b, c]: [f64; 3]) -> [f64; 3] {
    let determinant = a * c - b * b;
    [c / determinant, -b / determinant, a / determinant]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const ROGUE: Position = Position { lat: 37.5, lon: 127.0, error_m: 0.0 };

    /// What a scanner with this constant hears on a way past the rogue, `offset_m` from it: exponent 3.5, and a ripple of
    /// 3 dB that stands for shadowing.
    fn drive(scanner: &str, bearing_deg: f64, offset_m: f64, constant_db: f64, calibrated: bool) -> Vec<HeardLevel> {
        let plane = Plane::at(&ROGUE);
        let (sin, cos) = bearing_deg.to_radians().sin_cos();
        (-10..=10)
            .map(|n| {
                let along_m = f64::from(n) * 40.0;
                let place = plane.place((along_m * sin + offset_m * cos, along_m * cos - offset_m * sin), 5.0);
                let distance_m = place.distance_m(&ROGUE).max(5.0);
                let ripple_db = 3.0 * (f64::from(n) * 1.7 + offset_m).sin();
                let db = constant_db - 35.0 * distance_m.log10() + ripple_db;
                let level = if calibrated { Level::Dbm(db) } else { Level::Relative(db) };
                HeardLevel { scanner: scanner.to_owned(), time: Timestamp::UNIX_EPOCH, place, level }
            })
            .collect()
    }

    fn area(estimate: &Estimate) -> f64 {
        let Estimate::Fixed { semi_major_m, semi_minor_m, .. } = estimate else { panic!("{estimate:?}") };
        semi_major_m * semi_minor_m
    }

    #[test]
    fn three_uncalibrated_scanners_know_more_than_each_alone() {
        let drives = [
            drive("a", 0.0, 60.0, 0.0, false),
            drive("b", 60.0, 90.0, 23.0, false),
            drive("c", 120.0, 50.0, -11.0, false),
        ];
        let alone = drives.each_ref().map(|drive| area(&estimate(drive, false)));
        let together = estimate(&drives.concat(), false);
        assert!(alone.iter().all(|alone| area(&together) < *alone), "{alone:?} {together:?}");
        let Estimate::Fixed { position, semi_major_m, estimates, .. } = together else { panic!("fixed") };
        assert_eq!(estimates, 3);
        assert!(position.distance_m(&ROGUE) < semi_major_m, "{position:?}");
    }

    #[test]
    fn calibrated_scanners_are_one() {
        let together = [drive("a", 0.0, 60.0, 0.0, true), drive("b", 90.0, 60.0, 0.0, true)].concat();
        assert!(matches!(estimate(&together, false), Estimate::Fixed { estimates: 1, .. }));
    }

    #[test]
    fn what_a_van_found_to_ride_along_stands_nowhere() {
        // Even levels with 2.5 dB of ripple: one far place explains them nearly as well.
        let riding: Vec<HeardLevel> = drive("a", 0.0, 60.0, 0.0, false)
            .into_iter()
            .enumerate()
            .map(|(n, heard)| HeardLevel { level: Level::Relative(-50.0 + 2.5 * (n as f64 * 1.7).sin()), ..heard })
            .collect();
        assert_eq!(estimate(&riding, true), Estimate::Moving);
        // What stands by another scanner's levels does not take that back.
        let both = [riding, drive("b", 60.0, 90.0, 23.0, false)].concat();
        assert_eq!(estimate(&both, true), Estimate::Moving);
        assert!(matches!(estimate(&both, false), Estimate::Fixed { .. }));
    }

    #[test]
    fn nothing_is_said_of_too_little() {
        assert_eq!(estimate(&[], false), Estimate::Unknown { levels: 0 });
        let short = &drive("a", 0.0, 60.0, 0.0, false)[..3];
        assert_eq!(estimate(short, false), Estimate::Unknown { levels: 3 });
    }

    #[test]
    fn what_disagrees_is_joined_widely() {
        let at = |east: f64| Normal { mean: (east, 0.0), covariance: [100.0, 0.0, 100.0] };
        let agreed = join(&[at(-5.0), at(5.0)]);
        assert!((agreed.mean.0.abs() < 1e-9) && (agreed.covariance[0] - 50.0).abs() < 1e-9);
        let torn = join(&[at(-500.0), at(500.0)]);
        let axis_m = axis_in_sigmas() * torn.covariance[0].sqrt();
        assert!(torn.mean.0.abs() < 1e-9 && axis_m > 500.0, "the ellipse holds both places: {torn:?}");
        let alone = join(&[at(7.0)]);
        assert!((alone.mean.0 - 7.0).abs() < 1e-9 && (alone.covariance[0] - 100.0).abs() < 1e-9, "{alone:?}");
    }
}
