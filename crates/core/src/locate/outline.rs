//! The outlines of ground given as squares of a raster.

use std::collections::{BTreeMap, BTreeSet};

use super::plane::Point;

/// A polygon: the outer ring counter-clockwise, holes clockwise (the right-hand rule of RFC 7946 §3.1.6). Rings do not
/// repeat their first corner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    pub outer: Vec<Point>,
    pub holes: Vec<Vec<Point>>,
}

/// A square of the raster by its column and row, and a corner by those of the square to its north-east.
pub(super) type Square = (i32, i32);

/// Squares of a side, without end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raster {
    /// South-west corner of square (0, 0).
    pub origin: Point,
    pub side_m: f64,
}

impl Raster {
    /// Middle of a square.
    pub fn centre(&self, (column, row): Square) -> Point {
        let at = |from: f64, k: i32| from + (f64::from(k) + 0.5) * self.side_m;
        (at(self.origin.0, column), at(self.origin.1, row))
    }

    fn corner(&self, (column, row): Square) -> Point {
        (self.origin.0 + f64::from(column) * self.side_m, self.origin.1 + f64::from(row) * self.side_m)
    }

    /// The polygons that these squares make; squares that only touch at a corner are apart.
    pub fn polygons(&self, squares: &BTreeSet<Square>) -> Vec<Polygon> {
        // From each corner, which of its four edges (east, north, west, south) lead on with the inside to the left.
        let mut edges: BTreeMap<Square, [bool; 4]> = BTreeMap::new();
        for &(x, y) in squares {
            let mut bound = |corner, way: usize, beyond| {
                if !squares.contains(&beyond) {
                    edges.entry(corner).or_default()[way] = true;
                }
            };
            bound((x, y), 0, (x, y - 1));
            bound((x + 1, y), 1, (x + 1, y));
            bound((x + 1, y + 1), 2, (x, y + 1));
            bound((x, y + 1), 3, (x - 1, y));
        }
        let mut rings = Vec::new();
        while let Some((&start, ways)) = edges.first_key_value() {
            match (0..4).find(|&way| ways[way]) {
                Some(first) => {
                    let corners = ring(start, first, &mut edges);
                    rings.push(corners.into_iter().map(|corner| self.corner(corner)).collect());
                }
                None => _ = edges.remove(&start),
            }
        }
        assembled(rings)
    }
}

/// Follows edges back to the start, leaving only the corners where the way turns.
fn ring(start: Square, first: usize, edges: &mut BTreeMap<Square, [bool; 4]>) -> Vec<Square> {
    let (mut corner, mut way, mut ring) = (start, first, Vec::new());
    let mut last = usize::MAX;
    loop {
        if let Some(ways) = edges.get_mut(&corner) {
            ways[way] = false;
        }
        if way != last {
            ring.push(corner);
        }
        last = way;
        corner = match way {
            0 => (corner.0 + 1, corner.1),
            1 => (corner.0, corner.1 + 1),
            2 => (corner.0 - 1, corner.1),
            _ => (corner.0, corner.1 - 1),
        };
        // The sharpest turn to the left stays with the same square.
        let ways = edges.get(&corner).copied().unwrap_or_default();
        match [1, 0, 3].map(|turn| (way + turn) % 4).into_iter().find(|&next| ways[next]) {
            Some(next) => way = next,
            None => return ring,
        }
    }
}

fn assembled(rings: Vec<Vec<Point>>) -> Vec<Polygon> {
    let (outer, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|ring| twice_area(ring) > 0.0);
    let mut polygons: Vec<Polygon> = outer.into_iter().map(|outer| Polygon { outer, holes: Vec::new() }).collect();
    polygons.sort_by(|a, b| twice_area(&a.outer).total_cmp(&twice_area(&b.outer)));
    for hole in holes {
        // The smallest outer ring about it is its own.
        if let Some(polygon) = polygons.iter_mut().find(|polygon| contains(&polygon.outer, &hole)) {
            polygon.holes.push(hole);
        }
    }
    polygons
}

/// Whether a ring has another inside: the middle of the other's first edge, which lies on none of the ring's corners.
fn contains(ring: &[Point], other: &[Point]) -> bool {
    let (a, b) = (other[0], other[1]);
    holds(ring, ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0))
}

/// Whether a point is inside a ring, by the edges to the east of it.
pub(super) fn holds(ring: &[Point], (x, y): Point) -> bool {
    let edges = ring.iter().zip(ring.iter().cycle().skip(1));
    let crossed = |(a, b): (&Point, &Point)| (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0);
    edges.filter(|(a, b)| crossed((a, b))).count() % 2 == 1
}

pub(super) fn twice_area(ring: &[Point]) -> f64 {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygons(picture: &[&str]) -> Vec<Polygon> {
        let mut squares = BTreeSet::new();
        for (row, line) in picture.iter().rev().enumerate() {
            squares.extend((0..line.len()).filter(|&x| line.as_bytes()[x] == b'#').map(|x| (x as i32, row as i32)));
        }
        Raster { origin: (0.0, 0.0), side_m: 1.0 }.polygons(&squares)
    }

    fn area(polygon: &Polygon) -> f64 {
        (twice_area(&polygon.outer) + polygon.holes.iter().map(|h| twice_area(h)).sum::<f64>()) / 2.0
    }

    #[test]
    fn a_square_is_its_four_corners() {
        let found = polygons(&["...", ".#.", "..."]);
        assert_eq!(found, [Polygon { outer: vec![(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0)], holes: vec![] }]);
        assert_eq!(polygons(&["..", ".."]), []);
    }

    #[test]
    fn holes_run_clockwise_and_islands_in_them_are_their_own() {
        let found = polygons(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
        assert_eq!(found.iter().map(area).collect::<Vec<_>>(), [1.0, 16.0]);
        assert!(found[1].holes.len() == 1 && twice_area(&found[1].holes[0]) < 0.0);
    }

    #[test]
    fn squares_that_touch_at_a_corner_are_apart() {
        let found = polygons(&["#.", ".#"]);
        assert_eq!(found.iter().map(|p| p.outer.len()).collect::<Vec<_>>(), [4, 4]);
        // A hole of two such squares is two holes.
        let found = polygons(&["####", "#.##", "##.#", "####"]);
        assert_eq!(found.iter().map(area).collect::<Vec<_>>(), [14.0]);
        let picture = ["##.##.", "#.####", ".##.#.", "######"];
        let squares = picture.iter().flat_map(|line| line.bytes()).filter(|&b| b == b'#').count();
        assert_eq!(polygons(&picture).iter().map(area).sum::<f64>(), squares as f64);
    }
}
