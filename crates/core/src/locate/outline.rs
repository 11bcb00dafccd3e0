//! The outlines of ground given as squares of a raster.

use super::plane::Point;

/// A polygon: the outer ring counter-clockwise, holes clockwise (the right-hand rule of RFC 7946 §3.1.6). Rings do not
/// repeat their first corner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    pub outer: Vec<Point>,
    pub holes: Vec<Vec<Point>>,
}

/// A corner of the raster.
type Corner = (usize, usize);

/// Squares of a side, in rows from the south-west corner.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub south_west: Point,
    pub side_m: f64,
    pub columns: usize,
    pub rows: usize,
}

impl Raster {
    /// Middle of a square.
    pub fn centre(&self, column: usize, row: usize) -> Point {
        let at = |from: f64, k: usize| from + (k as f64 + 0.5) * self.side_m;
        (at(self.south_west.0, column), at(self.south_west.1, row))
    }

    fn point(&self, (column, row): Corner) -> Point {
        (self.south_west.0 + column as f64 * self.side_m, self.south_west.1 + row as f64 * self.side_m)
    }

    /// The polygons that the squares make for which `inside` holds; squares that only touch at a corner are apart.
    pub fn polygons(&self, inside: impl Fn(usize, usize) -> bool) -> Vec<Polygon> {
        let (columns, rows) = (self.columns, self.rows);
        let squares: Vec<bool> = (0..columns * rows).map(|at| inside(at % columns, at / columns)).collect();
        let is_in = |column: isize, row: isize| {
            let within = column >= 0 && row >= 0 && (column as usize) < columns && (row as usize) < rows;
            within && squares[row as usize * columns + column as usize]
        };
        // From each corner, which of its four edges (east, north, west, south) lead on with the inside to the left.
        let mut edges = vec![[false; 4]; (columns + 1) * (rows + 1)];
        let at = |(column, row): Corner| row * (columns + 1) + column;
        for row in 0..rows {
            for column in (0..columns).filter(|&column| squares[row * columns + column]) {
                let (x, y) = (column as isize, row as isize);
                edges[at((column, row))][0] |= !is_in(x, y - 1);
                edges[at((column + 1, row))][1] |= !is_in(x + 1, y);
                edges[at((column + 1, row + 1))][2] |= !is_in(x, y + 1);
                edges[at((column, row + 1))][3] |= !is_in(x - 1, y);
            }
        }
        let mut rings = Vec::new();
        for start in (0..=rows).flat_map(|row| (0..=columns).map(move |column| (column, row))) {
            while let Some(first) = (0..4).find(|&way| edges[at(start)][way]) {
                let corners = ring(start, first, &mut edges, at);
                rings.push(corners.into_iter().map(|corner| self.point(corner)).collect());
            }
        }
        assembled(rings)
    }
}

/// Follows edges back to the start, leaving only the corners where the way turns.
fn ring(start: Corner, first: usize, edges: &mut [[bool; 4]], at: impl Fn(Corner) -> usize) -> Vec<Corner> {
    let (mut corner, mut way, mut ring) = (start, first, Vec::new());
    let mut last = usize::MAX;
    loop {
        edges[at(corner)][way] = false;
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
        match [1, 0, 3].map(|turn| (way + turn) % 4).into_iter().find(|&next| edges[at(corner)][next]) {
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
        let raster = Raster { south_west: (0.0, 0.0), side_m: 1.0, columns: picture[0].len(), rows: picture.len() };
        raster.polygons(|column, row| picture[picture.len() - 1 - row].as_bytes()[column] == b'#')
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
