//! Whom a rogue cell reached: where, and when, it was stronger than the cell that phones there were on by more than the
//! reselection margin.
//!
//! A phone changes to a cell of equal priority where R_n > R_s: the other's level is above the serving cell's plus Q_hyst.
//! TS 36.304 §5.2.4.6.

use jiff::Timestamp;

use super::{
    Fix,
    outline::{Polygon, Raster},
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

/// Side of the raster's squares in metres, at least;
const SIDE_M: f64 = 10.0;
/// and most squares in a row or column.
const MAX_SQUARES: f64 = 400.0;

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
/// belongs to the nearest stop; `stops` stand in the order of time.
#[must_use]
pub fn footprint(stops: &[Coverage]) -> Vec<FootprintPart> {
    let Some(ground) = Ground::about(stops, BESIDE_M) else { return Vec::new() };
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(first) = (at..stops.len()).find(|&i| stops[i].is_covered()) {
        let end = (first..stops.len()).find(|&i| !stops[i].is_covered()).unwrap_or(stops.len());
        let inside = |point: Point| {
            ground.nearest(point).is_some_and(|(stop, metres)| (first..end).contains(&stop) && metres <= BESIDE_M)
        };
        parts.push(ground.part(&stops[first..end], inside));
        at = end;
    }
    parts
}

/// The ground that a transmitter which stands reaches by the fit of its levels, beyond what was measured: against the
/// serving cell's level at the nearest stop. `None` where it reaches none, or where its place is not known well enough.
#[must_use]
pub fn modelled(stops: &[Coverage], fix: &Fix) -> Option<FootprintPart> {
    let ground = Ground::about(stops, MODELLED_M).filter(|_| fix.ellipse.semi_major_m <= KNOWN_M)?;
    let inside = |point: Point| {
        let Some((stop, metres)) = ground.nearest(point) else { return false };
        let stop = &stops[stop];
        let rogue_db = fix.level_at(&ground.plane.place(point, 0.0));
        metres <= MODELLED_M && Coverage { rogue_db: Some(rogue_db), ..*stop }.is_covered() && stop.serving_db.is_some()
    };
    let heard: Vec<Coverage> = stops.iter().filter(|stop| stop.rogue_db.is_some()).copied().collect();
    let part = ground.part(&heard, inside);
    (!part.polygons.is_empty()).then_some(part)
}

/// The stops on a plane, and a raster about them.
struct Ground {
    plane: Plane,
    points: Vec<Point>,
    raster: Raster,
}

impl Ground {
    fn about(stops: &[Coverage], beside_m: f64) -> Option<Self> {
        let plane = Plane::at(&stops.first()?.place);
        let points: Vec<Point> = stops.iter().map(|stop| plane.point(&stop.place)).collect();
        let bound = |pick: fn(&Point) -> f64| {
            let values = || points.iter().map(pick);
            (values().fold(f64::INFINITY, f64::min) - beside_m, values().fold(f64::NEG_INFINITY, f64::max) + beside_m)
        };
        let (east, north) = (bound(|p| p.0), bound(|p| p.1));
        let longest = (east.1 - east.0).max(north.1 - north.0);
        let side_m = SIDE_M.max(longest / MAX_SQUARES);
        let count = |(from, to): (f64, f64)| ((to - from) / side_m).ceil() as usize + 1;
        let raster = Raster { south_west: (east.0, north.0), side_m, columns: count(east), rows: count(north) };
        longest.is_finite().then_some(Self { plane, points, raster })
    }

    /// The nearest stop and its distance in metres; of several at one place the one reached first.
    fn nearest(&self, point: Point) -> Option<(usize, f64)> {
        let distances = self.points.iter().map(|p| distance_m(*p, point)).enumerate();
        distances.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn part(&self, stops: &[Coverage], inside: impl Fn(Point) -> bool) -> FootprintPart {
        let polygons = self.raster.polygons(|column, row| inside(self.raster.centre(column, row)));
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
    fn where_nothing_else_is_heard_the_rogue_wins() {
        let mut alone = stops(&[Some(-30.0), None]);
        alone[0].serving_db = None;
        let parts = footprint(&alone);
        assert_eq!((parts.len(), parts[0].margin_db), (1, None));
        assert_eq!(footprint(&stops(&[None, Some(-0.1)])), []);
        assert_eq!(footprint(&[]), []);
    }
}
