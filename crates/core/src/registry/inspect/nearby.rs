//! The inspected cells near a place.

use std::collections::HashMap;

use crate::observation::Position;

/// Metres of a degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;

/// Places in squares as large as the reach, so that what is near lies in nine of them.
pub struct Nearby {
    reach_m: f64,
    squares: HashMap<(i64, i64), Vec<(usize, Position)>>,
}

impl Nearby {
    /// Numbered places, to be looked up within a reach in metres.
    #[must_use]
    pub fn new(places: impl Iterator<Item = (usize, Position)>, reach_m: f64) -> Self {
        let mut nearby = Self { reach_m: reach_m.max(1.0), squares: HashMap::new() };
        for (number, place) in places {
            let square = nearby.square(place);
            nearby.squares.entry(square).or_default().push((number, place));
        }
        nearby
    }

    /// The numbers of the places within the reach, with their distances in metres, in no order.
    pub fn of(&self, here: Position) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (north, _) = self.square(here);
        // A square has a width of its own in each row of squares.
        let around = (north - 1..=north + 1).flat_map(move |north| {
            let east = self.column(north, here.lon);
            (east - 1..=east + 1).map(move |east| (north, east))
        });
        let places = around.filter_map(|square| self.squares.get(&square)).flatten();
        places
            .map(move |&(number, place)| (number, place.distance_m(&here)))
            .filter(|&(_, metres)| metres <= self.reach_m)
    }

    fn square(&self, place: Position) -> (i64, i64) {
        let north = (place.lat * METRES_PER_DEGREE / self.reach_m).floor() as i64;
        (north, self.column(north, place.lon))
    }

    /// The column of a longitude in a row of squares, which are at least as wide as the reach everywhere in the row.
    fn column(&self, north: i64, lon: f64) -> i64 {
        let edge = |row: i64| (row as f64 * self.reach_m / METRES_PER_DEGREE).to_radians().cos().abs();
        let narrowest = edge(north).min(edge(north + 1)).max(1e-3);
        (lon * METRES_PER_DEGREE * narrowest / self.reach_m).floor() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_search_through_all_finds() {
        let place = |i: u32| {
            let turn = f64::from(i).mul_add(0.618_034, 0.1).fract();
            let other = f64::from(i).mul_add(0.754_878, 0.3).fract();
            Position { lat: 59.9 + 0.1 * turn, lon: -0.1 + 0.2 * other, error_m: 0.0 }
        };
        for reach_m in [300.0, 2_000.0] {
            let nearby = Nearby::new((0..2_000).map(|i| (i as usize, place(i))), reach_m);
            for here in [place(17), place(1_999), Position { lat: 59.95, lon: 0.0, error_m: 0.0 }] {
                let mut found: Vec<usize> = nearby.of(here).map(|(number, _)| number).collect();
                found.sort_unstable();
                let all: Vec<usize> =
                    (0..2_000).filter(|&i| place(i).distance_m(&here) <= reach_m).map(|i| i as usize).collect();
                assert_eq!(found, all, "{reach_m}");
                assert!(!all.is_empty());
            }
        }
    }
}
