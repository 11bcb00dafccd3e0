//! Route cells: the squares that streets lead through, and what a look from each is worth.

use std::collections::HashMap;

use super::{
    Plane,
    plane::{Point, distance_m, square},
    rows::{REACH_M, Rows},
    streets::{Streets, sampled},
};

/// Side of a route cell in metres; all looks from one are one look, as in the account.
pub const CELL_M: f32 = 50.0;

/// Distance between the places on a street from which looks are planned, in metres.
const SAMPLE_M: f32 = 25.0;

/// Side of the squares in which rows are looked up, in metres.
const LOOKUP_M: f32 = 50.0;

/// About how many looks are planned with at most; where rows are so dense that there would be more, those from farthest away
/// are left out.
const MAX_LOOKS: u64 = 8_000_000;

/// By how much the reach is made shorter at a time.
const SHORTER: f32 = 0.75;

/// The route cells, with the rows that each looks at.
pub struct Cells {
    middles: Vec<Point>,
    /// The cells of each street; those without a row near are left out.
    of_street: Lists<u32>,
    /// The rows that a cell looks at, and with which clearance.
    looks: Lists<(u32, u8)>,
    /// The cells that look at a row.
    of_row: Lists<u32>,
    /// What a visit to each is worth; not a number where that must be found anew.
    gains: Vec<f32>,
    visited: Vec<bool>,
}

/// Lists in one array.
struct Lists<T> {
    starts: Vec<u32>,
    all: Vec<T>,
}

impl<T: Copy> Lists<T> {
    /// The second values by the first, which number the lists.
    fn of(mut pairs: Vec<(u32, T)>, lists: usize) -> Self {
        pairs.sort_by_key(|pair| pair.0);
        let mut starts = vec![0; lists + 1];
        pairs.iter().for_each(|pair| starts[pair.0 as usize + 1] += 1);
        (0..lists).for_each(|list| starts[list + 1] += starts[list]);
        Self { starts, all: pairs.into_iter().map(|pair| pair.1).collect() }
    }

    fn get(&self, list: usize) -> &[T] {
        &self.all[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

impl Cells {
    pub fn new(streets: &Streets, rows: &Rows, plane: &Plane) -> Self {
        let near = near_squares(rows);
        let mut numbers: HashMap<(i32, i32), u32> = HashMap::new();
        let mut of_street: Vec<(u32, u32)> = Vec::new();
        let mut points: Vec<(u32, Point)> = Vec::new();
        for way in streets.each_street() {
            let mut last = None;
            for point in sampled(plane, &streets.along(way), SAMPLE_M) {
                if !near.contains_key(&square(point, LOOKUP_M)) {
                    continue;
                }
                let next = numbers.len() as u32;
                let cell = *numbers.entry(square(point, CELL_M)).or_insert(next);
                points.push((cell, point));
                if last.replace(cell) != Some(cell) {
                    of_street.push((streets.street(way), cell));
                }
            }
        }
        let points = Lists::of(points, numbers.len());
        let mut middles = vec![[0.0; 2]; numbers.len()];
        for (&(x, y), &cell) in &numbers {
            middles[cell as usize] = [x, y].map(|number| (number as f32 + 0.5) * CELL_M);
        }
        let reach_m = reach_m(&middles, &near, rows);
        let mut looks: Vec<(u32, (u32, u8))> = Vec::new();
        for (cell, &middle) in middles.iter().enumerate() {
            for &row in near.get(&square(middle, LOOKUP_M)).into_iter().flatten() {
                let at = rows.at(row as usize);
                let metres = points.get(cell).iter().map(|&point| distance_m(point, at)).fold(f32::INFINITY, f32::min);
                if metres <= reach_m
                    && let Some(clearance) = rows.clearance(row as usize, metres)
                {
                    looks.push((cell as u32, (row, clearance)));
                }
            }
        }
        let of_row = looks.iter().map(|&(cell, (row, _))| (row, cell)).collect();
        Self {
            of_street: Lists::of(of_street, streets.street_count()),
            of_row: Lists::of(of_row, rows.len()),
            looks: Lists::of(looks, middles.len()),
            gains: vec![f32::NAN; middles.len()],
            visited: vec![false; middles.len()],
            middles,
        }
    }

    pub fn len(&self) -> usize {
        self.middles.len()
    }

    pub fn middle(&self, cell: usize) -> Point {
        self.middles[cell]
    }

    /// The cells of a street, in its order.
    pub fn of_street(&self, street: u32) -> &[u32] {
        self.of_street.get(street as usize)
    }

    /// What a visit to a cell is worth; nothing where it was visited in this occasion.
    pub fn gain(&mut self, cell: usize, rows: &Rows) -> f32 {
        if self.gains[cell].is_nan() {
            self.gains[cell] = if self.visited[cell] {
                0.0
            } else {
                self.looks.get(cell).iter().map(|&(row, clearance)| rows.gain(row as usize, clearance)).sum()
            };
        }
        self.gains[cell]
    }

    /// Plans a visit. Gives by how much the expected number of settled rows rises.
    pub fn visit(&mut self, cell: usize, rows: &mut Rows) -> f32 {
        if std::mem::replace(&mut self.visited[cell], true) {
            return 0.0;
        }
        let mut settled = 0.0;
        for &(row, clearance) in self.looks.get(cell) {
            settled += rows.look(row as usize, clearance);
            for &other in self.of_row.get(row as usize) {
                self.gains[other as usize] = f32::NAN;
            }
        }
        self.gains[cell] = 0.0;
        settled
    }

    pub fn is_visited(&self, cell: usize) -> bool {
        self.visited[cell]
    }

    /// Begins another occasion, in which every cell may be visited anew.
    pub fn begin_occasion(&mut self) {
        self.visited.fill(false);
        self.gains.fill(f32::NAN);
    }

    /// The rows that a cell looks at.
    pub fn looks(&self, cell: usize) -> &[(u32, u8)] {
        self.looks.get(cell)
    }
}

/// The rows within reach of each square of the lookup.
fn near_squares(rows: &Rows) -> HashMap<(i32, i32), Vec<u32>> {
    let reach = (REACH_M / LOOKUP_M).ceil() as i32;
    let mut near: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
    for row in 0..rows.len() {
        let (x, y) = square(rows.at(row), LOOKUP_M);
        for x in x - reach..=x + reach {
            for y in y - reach..=y + reach {
                near.entry((x, y)).or_default().push(row as u32);
            }
        }
    }
    near
}

/// How far looks are planned: [`REACH_M`], or less where they were too many.
fn reach_m(middles: &[Point], near: &HashMap<(i32, i32), Vec<u32>>, rows: &Rows) -> f32 {
    let mut at_distance = [0_u64; REACH_M as usize + 1];
    for &middle in middles {
        for &row in near.get(&square(middle, LOOKUP_M)).into_iter().flatten() {
            let metres = distance_m(middle, rows.at(row as usize));
            if let Some(count) = at_distance.get_mut(metres as usize) {
                *count += 1;
            }
        }
    }
    let mut reach_m = REACH_M;
    while reach_m > CELL_M && at_distance[..reach_m as usize].iter().sum::<u64>() > MAX_LOOKS {
        reach_m *= SHORTER;
    }
    reach_m
}
