//! Whom a rogue cell reached: where, and when, it was stronger than the cell that phones there were on by more than the
//! reselection margin.
//!
//! A phone changes to a cell of equal priority where R_n > R_s: the other's level is above the serving cell's plus Q_hyst.
//! TS 36.304 §5.2.4.6.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use jiff::Timestamp;

use super::{
    Fix,
    outline::{Polygon, Raster, Square},
    plane::{Plane, Point, distance_m},
};
use crate::observation::Position;

/// Q_hyst in dB where the serving cell's SIB3 was not decoded: the middle of what networks use, and twice what one
/// dwell's level is off.
pub const Q_HYST_DEFAULT_DB: f64 = 4.0;

/// How far beside the drive what was measured there still counts, in metres: the correlation length of shadowing.
pub const BESIDE_M: f64 = 50.0;

/// How far beside the drive the model of a transmitter that stands is asked, in metres.
const MODELLED_M: f64 = 120.0;

/// Longest half axis of the ellipse with which a place is known well enough for that, in metres.
const KNOWN_M: f64 = 250.0;

/// Side of the raster's squares in metres.
const SIDE_M: f64 = 10.0;

/// What was received at one stop of a drive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// Where.
    pub place: Position,
    /// When.
    pub time: Option<Timestamp>,
    /// Level of the rogue cell, the receiver's gain removed; `None` where it was not heard.
    pub rogue_db: Option<f64>,
    /// Level of the strongest other cell that phones may camp on; `None` where there was none.
    pub serving_db: Option<f64>,
    /// Its Q_hyst.
    pub q_hyst_db: f64,
}

impl Coverage {
    /// By how much the rogue cell beats the reselection criterion; negative where phones stay, infinite where nothing
    /// else was heard. `None` where it was not heard.
    #[must_use]
    pub fn margin_db(&self) -> Option<f64> {
        let rogue_db = self.rogue_db?;
        Some(self.serving_db.map_or(f64::INFINITY, |serving_db| rogue_db - serving_db - self.q_hyst_db))
    }

    fn is_covered(&self) -> bool {
        self.margin_db().is_some_and(|margin_db| margin_db > 0.0)
    }
}

/// A ring of corners; it does not repeat its first one.
pub type Ring = Vec<Position>;

/// The ground reached during one run of consecutive stops.
#[derive(Debug, Clone, PartialEq)]
pub struct FootprintPart {
    /// Time of the first stop that was reached.
    pub from: Option<Timestamp>,
    /// Time of the last.
    pub to: Option<Timestamp>,
    /// Stops that were reached.
    pub stops: usize,
    /// The greatest margin over the reselection criterion in dB; `None` where nothing else was heard at all.
    pub margin_db: Option<f64>,
    /// Polygons: the outer ring counter-clockwise, then holes clockwise.
    pub polygons: Vec<Vec<Ring>>,
    /// Area in square metres.
    pub area_m2: f64,
}

/// The ground within [`BESIDE_M`] of stops that a rogue cell reached, one part for each run of such stops. Ground
/// belongs to the nearest stop, and to each of several at one distance: who stands still is reached at one time and not at
/// another. `stops` stand in the order of time.
#[must_use]
pub fn footprint(stops: &[Coverage]) -> Vec<FootprintPart> {
    let Some(ground) = Ground::about(stops, BESIDE_M) else { return Vec::new() };
    let mut runs: Vec<Range<usize>> = Vec::new();
    for i in (0..stops.len()).filter(|&i| stops[i].is_covered()) {
        match runs.last_mut() {
            Some(run) if run.end == i => run.end += 1,
            _ => runs.push(i..i + 1),
        }
    }
    let part = |run: Range<usize>| ground.part(&stops[run.clone()], &ground.nearest_to(&stops[run]));
    runs.into_iter().map(part).collect()
}

/// The ground that a transmitter which stands reaches by the fit of its levels, beyond what was measured: against the
/// serving cell's level at the nearest stop. `None` where it reaches none, or where its place is not known well enough.
#[must_use]
pub fn modelled(stops: &[Coverage], fix: &Fix) -> Option<FootprintPart> {
    if fix.ellipse.semi_major_m > KNOWN_M {
        return None;
    }
    let ground = Ground::about(stops, MODELLED_M)?;
    let is_inside = |square: Square, stop: &Coverage| {
        let rogue_db = fix.level_at(&ground.plane.place(ground.raster.centre(square), 0.0));
        stop.serving_db.is_some() && Coverage { rogue_db: Some(rogue_db), ..*stop }.is_covered()
    };
    let near = ground.nearest.iter().filter(|(square, nearest)| is_inside(**square, &stops[nearest.stop]));
    let squares: BTreeSet<Square> = near.map(|(square, _)| *square).collect();
    let heard: Vec<Coverage> = stops.iter().filter(|stop| stop.rogue_db.is_some()).copied().collect();
    (!squares.is_empty()).then(|| ground.part(&heard, &squares))
}

/// The squares of a raster that lie near the stops of a drive.
struct Ground {
    plane: Plane,
    raster: Raster,
    beside_m: f64,
    nearest: HashMap<Square, Nearest>,
}

/// The stop that is nearest to a square's middle; of several at one distance the one reached first.
#[derive(Clone, Copy)]
struct Nearest {
    metres: f64,
    stop: usize,
}

impl Ground {
    /// The squares whose middles lie within a distance of a stop; `None` without stops. The work is that of the stops,
    /// however long the drive.
    fn about(stops: &[Coverage], beside_m: f64) -> Option<Self> {
        let plane = Plane::at(&stops.first()?.place);
        let raster = Raster { origin: (0.0, 0.0), side_m: SIDE_M };
        let mut ground = Self { plane, raster, beside_m, nearest: HashMap::new() };
        for (i, stop) in stops.iter().enumerate() {
            for (square, metres) in ground.beside(stop) {
                let nearest = ground.nearest.entry(square).or_insert(Nearest { metres, stop: i });
                if metres < nearest.metres {
                    *nearest = Nearest { metres, stop: i };
                }
            }
        }
        Some(ground)
    }

    /// The squares beside a stop, with the distances of their middles from it.
    fn beside(&self, stop: &Coverage) -> Vec<(Square, f64)> {
        let at = self.plane.point(&stop.place);
        let reach = |middle: f64| {
            let square = |metres: f64| (metres / SIDE_M).floor() as i32;
            square(middle - self.beside_m)..=square(middle + self.beside_m)
        };
        let squares = reach(at.0).flat_map(|column| reach(at.1).map(move |row| (column, row)));
        let distances = squares.map(|square| (square, distance_m(self.raster.centre(square), at)));
        distances.filter(|(_, metres)| *metres <= self.beside_m).collect()
    }

    /// The squares that no other stop is nearer to than one of these.
    fn nearest_to(&self, stops: &[Coverage]) -> BTreeSet<Square> {
        let is_nearest =
            |(square, metres): &(Square, f64)| self.nearest.get(square).is_some_and(|n| *metres <= n.metres);
        stops.iter().flat_map(|stop| self.beside(stop)).filter(is_nearest).map(|(square, _)| square).collect()
    }

    fn part(&self, stops: &[Coverage], squares: &BTreeSet<Square>) -> FootprintPart {
        let polygons = self.raster.polygons(squares);
        let ring = |ring: &Vec<Point>| ring.iter().map(|point| self.plane.place(*point, 0.0)).collect();
        let rings = |polygon: &Polygon| std::iter::once(&polygon.outer).chain(&polygon.holes).map(ring).collect();
        let area = |ring: &Vec<Point>| super::outline::twice_area(ring) / 2.0;
        let margins = stops.iter().filter_map(Coverage::margin_db).filter(|margin| margin.is_finite());
        FootprintPart {
            from: stops.first().and_then(|stop| stop.time),
            to: stops.last().and_then(|stop| stop.time),
            stops: stops.len(),
            margin_db: margins.max_by(f64::total_cmp),
            area_m2: polygons
                .iter()
                .flat_map(|p| std::iter::once(&p.outer).chain(&p.holes))
                .map(area)
                .fold(0.0, |sum, area_m2| sum + area_m2),
            polygons: polygons.iter().map(rings).collect(),
        }
    }
}

impl FootprintPart {
    /// Whether a place is inside.
    #[must_use]
    pub fn holds(&self, place: &Position) -> bool {
        let plane = Plane::at(place);
        let inside = |ring: &Ring| {
            let ring: Vec<Point> = ring.iter().map(|corner| plane.point(corner)).collect();
            super::outline::holds(&ring, (0.0, 0.0))
        };
        // Inside the outer ring and no hole is inside an odd number of rings.
        self.polygons.iter().any(|rings| rings.iter().filter(|ring| inside(ring)).count() % 2 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stops 60 m apart to the east, with the rogue's margin at each.
    fn stops(margins: &[Option<f64>]) -> Vec<Coverage> {
        let plane = Plane::at(&Position { lat: 37.478, lon: 126.878, error_m: 5.0 });
        let stop = |(i, margin): (usize, &Option<f64>)| Coverage {
            place: plane.place((60.0 * i as f64, 0.0), 5.0),
            time: Timestamp::from_second(1_000 + i as i64).ok(),
            rogue_db: margin.map(|m| -20.0 + m),
            serving_db: Some(-24.0),
            q_hyst_db: 4.0,
        };
        margins.iter().enumerate().map(stop).collect()
    }

    #[test]
    fn it_covers_the_stops_that_were_reached_and_no_other() {
        let stops = stops(&[None, Some(-1.0), Some(3.0), Some(9.0), Some(0.0), Some(2.0), None]);
        let parts = footprint(&stops);
        assert_eq!(parts.iter().map(|s| s.stops).collect::<Vec<_>>(), [2, 1]);
        assert_eq!((parts[0].from, parts[0].to), (stops[2].time, stops[3].time));
        assert_eq!(parts[0].margin_db.map(|m| m.round()), Some(9.0));
        for (i, stop) in stops.iter().enumerate() {
            let inside: Vec<bool> = parts.iter().map(|s| s.holds(&stop.place)).collect();
            assert_eq!(inside, [[2, 3].contains(&i), i == 5], "stop {i}");
        }
        // Two stops' ground is 120 m long and 100 m wide, but for the rounding of its ends.
        assert!((10_000.0..13_000.0).contains(&parts[0].area_m2), "{}", parts[0].area_m2);
    }

    #[test]
    fn the_ground_of_a_stop_does_not_depend_on_how_long_the_drive_was() {
        let mut margins = vec![None; 2_000];
        margins[1_000] = Some(9.0);
        let area = |stops: &[Coverage]| footprint(stops).iter().map(|part| part.area_m2).sum::<f64>();
        let (long, short) = (stops(&margins), stops(&margins[998..1_003]));
        let (long_m2, short_m2) = (area(&long), area(&short));
        assert!((4_500.0..7_500.0).contains(&short_m2), "{short_m2}");
        assert!((long_m2 - short_m2).abs() < 0.1 * short_m2, "{long_m2} on 120 km, {short_m2} on 240 m");
    }

    #[test]
    fn who_stands_still_is_reached_at_one_time_and_not_at_another() {
        let here = stops(&[None]);
        let margins = [None, Some(5.0), Some(-1.0), Some(2.0)];
        let still: Vec<Coverage> =
            stops(&margins).into_iter().map(|stop| Coverage { place: here[0].place, ..stop }).collect();
        let parts = footprint(&still);
        assert_eq!(parts.len(), 2);
        for part in parts {
            assert!(part.holds(&here[0].place) && part.area_m2 > 5_000.0, "{part:?}");
        }
    }

    #[test]
    fn where_nothing_else_is_heard_the_rogue_wins() {
        let mut alone = stops(&[Some(-30.0), None]);
        alone[0].serving_db = None;
        let parts = footprint(&alone);
        assert_eq!((parts.len(), parts[0].margin_db), (1, None));
        assert_eq!(footprint(&stops(&[None, Some(-0.1)])), []);
        assert_eq!(footprint(&[]), []);
    }
}
