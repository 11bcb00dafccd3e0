//! Which registered cells an inspection accounts for.

use std::collections::BTreeMap;

use super::InspectedDwell;
use crate::{
    observation::Position,
    registry::{RegisteredCell, Registry},
};

/// An area; all but [`Area::Everywhere`] leave out cells without a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// All registered cells.
    Everywhere,
    /// The places inside a polygon of latitudes and longitudes in degrees. Its edges are straight in degrees, and it
    /// must not cross the date line.
    Polygon(Vec<(f64, f64)>),
    /// The places within this many metres of a dwell.
    AlongDrive(f64),
}

impl Area {
    /// The rectangle between two corners, given as latitude and longitude in degrees.
    #[must_use]
    pub fn rectangle(one: (f64, f64), other: (f64, f64)) -> Self {
        Self::Polygon(vec![one, (one.0, other.1), other, (other.0, one.1)])
    }

    /// The registered cells of the area, by global identifier.
    pub(super) fn cells(&self, registry: &Registry, dwells: &[InspectedDwell]) -> Vec<RegisteredCell> {
        match self {
            Self::Everywhere => registry.cells().collect(),
            Self::Polygon(corners) => {
                let inside = |place: Position| is_inside(corners, (place.lat, place.lon));
                registry.cells().filter(|cell| cell.place.is_some_and(inside)).collect()
            }
            Self::AlongDrive(metres) => {
                let positions = dwells.iter().filter_map(|dwell| dwell.position);
                let near = positions.flat_map(|here| registry.near(here, *metres));
                near.map(|(cell, _)| (cell.ecgi, cell)).collect::<BTreeMap<_, _>>().into_values().collect()
            }
        }
    }
}

/// Even-odd rule: a ray to the east crosses the edges of the polygon an odd number of times.
fn is_inside(corners: &[(f64, f64)], (lat, lon): (f64, f64)) -> bool {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossings = edges.filter(|&(&(lat_1, lon_1), &(lat_2, lon_2))| {
        (lat_1 > lat) != (lat_2 > lat) && lon < lon_1 + (lat - lat_1) / (lat_2 - lat_1) * (lon_2 - lon_1)
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_l_shape_leaves_its_notch_out() {
        let shape = [(0.0, 0.0), (0.0, 2.0), (1.0, 2.0), (1.0, 1.0), (2.0, 1.0), (2.0, 0.0)];
        for (inside, place) in [(true, (0.5, 1.5)), (true, (1.5, 0.5)), (false, (1.5, 1.5)), (false, (-0.1, 0.5))] {
            assert_eq!(is_inside(&shape, place), inside, "{place:?}");
        }
        assert!(!is_inside(&[], (0.0, 0.0)));
        assert!(!is_inside(&[(0.0, 0.0), (1.0, 1.0)], (0.5, 0.2)));
    }
}
