//! The routes: where each van drives, one stretch after the other.
//!
//! The van with most of its drive left takes the next stretch. A beam search over the drives of the next kilometre finds the
//! one that is worth most; its first part is taken, and what it settles changes what is left to find. Where another district
//! promises so much more that the way there pays, the van drives there.

use std::collections::BTreeMap;

use super::{
    cells::{CELL_M, Cells},
    plane::{distance_m, point, square},
    rows::Rows,
    streets::{Node, Streets, Way},
};
use crate::locate::plane::Plane;
use crate::registry::inspect::POINTS;

/// How far a search looks ahead, in metres, and how much of what it found is taken.
const AHEAD_M: f64 = 1_000.0;
const TAKEN_M: f64 = 300.0;

/// Drives of about one length that a search keeps, and how many in the outline of later days.
const WIDTH: usize = 24;
const OUTLINE_WIDTH: usize = 4;

/// Drives whose lengths are told apart by less than this are of about one length, in metres.
const LENGTH_STEP_M: f64 = 100.0;

/// Side of a district in metres.
const DISTRICT_M: f32 = 1_000.0;

/// How much longer a drive is than the straight line.
const DETOUR: f64 = 1.3;

/// How many times better another district must be than the van's own.
const BETTER: f64 = 1.25;

/// How much of a district's worth is left to a van while another one is there.
const SHARED: f64 = 0.3;

/// One van's drive.
#[derive(Debug, Clone, Default)]
pub struct Drive {
    /// The ways, in order.
    pub ways: Vec<Way>,
    /// How many more rows are expected to be settled after each way.
    pub settled: Vec<f32>,
}

/// All that a search needs and changes.
pub struct Planner<'a> {
    pub streets: &'a Streets,
    pub plane: Plane,
    pub rows: Rows,
    pub cells: Cells,
    /// A crossing of each cell.
    node_of_cell: Vec<Node>,
    districts: BTreeMap<Square, District>,
    width: usize,
}

/// A square of [`DISTRICT_M`], by its number eastwards and northwards.
type Square = (i32, i32);

/// What is left in a district.
#[derive(Default)]
struct District {
    cells: Vec<u32>,
    /// What its cells are worth, as last looked up; what is visited since has made it less.
    worth: f64,
    /// Length of its streets in metres, as far as they were not driven when last looked up.
    open_m: f64,
}

/// A drive ahead.
struct Ahead {
    ways: Vec<Way>,
    gain: f64,
}

struct Van {
    at: Node,
    metres_left: f64,
    drive: Drive,
    /// The district that it drives to or is in.
    district: Square,
    is_done: bool,
}

/// A drive that a search has found, by its last way.
#[derive(Clone, Copy)]
struct Found {
    at: Node,
    way: Way,
    before: u32,
    gain: f32,
    metres: f64,
}

const NONE: u32 = u32::MAX;

impl<'a> Planner<'a> {
    pub fn new(streets: &'a Streets, plane: Plane, rows: Rows) -> Self {
        let cells = Cells::new(streets, &rows, &plane);
        let mut node_of_cell = vec![Node::default(); cells.len()];
        for way in streets.each_street() {
            let Some((from, _)) = streets.ends(way) else { continue };
            for &cell in cells.of_street(streets.street(way)) {
                node_of_cell[cell as usize] = from;
            }
        }
        let mut districts: BTreeMap<Square, District> = BTreeMap::new();
        for cell in 0..cells.len() {
            districts.entry(square(cells.middle(cell), DISTRICT_M)).or_default().cells.push(cell as u32);
        }
        let mut planner = Self { streets, plane, rows, cells, node_of_cell, districts, width: WIDTH };
        planner.look_up_all();
        planner
    }

    /// How many rows all looks from all streets are expected to settle, in some days.
    pub fn can_settle(&self) -> f64 {
        let mut missed = vec![[1.0; POINTS]; self.rows.len()];
        for cell in 0..self.cells.len() {
            for &(row, clearance) in self.cells.looks(cell) {
                self.rows.miss(clearance, &mut missed[row as usize]);
            }
        }
        missed.iter().enumerate().map(|(row, missed)| f64::from(self.rows.settled_by(row, missed))).sum()
    }

    /// Begins another day, which is planned in outline.
    pub fn begin_day(&mut self) {
        self.width = OUTLINE_WIDTH;
        self.rows.begin_occasion();
        self.cells.begin_occasion();
        self.look_up_all();
    }

    /// Drives of at most so many metres from each start.
    pub fn drives(&mut self, starts: &[Node], metres: f64) -> Vec<Drive> {
        let van = |&at: &Node| {
            let district = self.district_of(at);
            Van { at, metres_left: metres, drive: Drive::default(), district, is_done: false }
        };
        let mut vans: Vec<Van> = starts.iter().map(van).collect();
        loop {
            let left = vans.iter().enumerate().filter(|(_, van)| !van.is_done);
            let most = left.max_by(|(i, a), (j, b)| a.metres_left.total_cmp(&b.metres_left).then(j.cmp(i)));
            let Some((number, _)) = most else { break };
            let (stretch, district) = self.next_stretch(&vans, number);
            let van = &mut vans[number];
            let before = van.metres_left;
            for way in stretch {
                let metres = self.streets.way_metres(way);
                if metres > van.metres_left {
                    van.is_done = true;
                    break;
                }
                self.take(van, way, metres);
            }
            van.is_done |= van.metres_left == before;
            let at = van.at;
            vans[number].district = district.unwrap_or_else(|| self.district_of(at));
        }
        vans.into_iter().map(|van| van.drive).collect()
    }

    fn take(&mut self, van: &mut Van, way: Way, metres: f64) {
        let Some((_, to)) = self.streets.ends(way) else { return };
        let mut settled = 0.0;
        for i in 0..self.cells.of_street(self.streets.street(way)).len() {
            let cell = self.cells.of_street(self.streets.street(way))[i];
            settled += self.cells.visit(cell as usize, &mut self.rows);
        }
        van.drive.ways.push(way);
        van.drive.settled.push(settled);
        van.metres_left -= metres;
        van.at = to;
    }

    fn district_of(&self, node: Node) -> Square {
        square(point(&self.plane, self.streets.place(node)), DISTRICT_M)
    }

    /// The next ways of a van; none where nothing is left.
    fn next_stretch(&mut self, vans: &[Van], number: usize) -> (Vec<Way>, Option<Square>) {
        let Van { at, metres_left, .. } = vans[number];
        let here = self.best_ahead(at, metres_left);
        let Some((square, there, way_m)) = self.other_district(vans, number) else { return (here.ways, None) };
        let left_m = metres_left - way_m;
        let open_m = self.districts[&square].open_m;
        let per_metre = |gain: f64, metres: f64| gain / AHEAD_M.min(metres).max(1.0);
        // All of a district is hardly ever worth driving.
        let stay_m = left_m.min(open_m / 2.0);
        let ahead = self.best_ahead(there, left_m);
        let rate = per_metre(ahead.gain, left_m) * stay_m / (way_m + stay_m);
        if rate <= BETTER * per_metre(here.gain, metres_left) {
            return (here.ways, None);
        }
        match self.streets.shortest(at, there) {
            Some(drive) if !drive.is_empty() => (drive, Some(square)),
            _ => (here.ways, None),
        }
    }

    /// The district that promises most per metre with the way there, where that is more than the van's own does: a crossing in
    /// it, and how far that is.
    fn other_district(&mut self, vans: &[Van], number: usize) -> Option<(Square, Node, f64)> {
        let van = &vans[number];
        let (here, own) = (point(&self.plane, self.streets.place(van.at)), self.district_of(van.at));
        let others = vans.iter().enumerate().filter(|(other, van)| *other != number && !van.is_done);
        let taken: Vec<Square> = others.map(|(_, other)| other.district).collect();
        let way_m = |square: Square| {
            let middle = [square.0, square.1].map(|number| (number as f32 + 0.5) * DISTRICT_M);
            DETOUR * f64::from(distance_m(here, middle))
        };
        let promise = |square: Square, district: &District, way_m: f64| {
            let stay_m = (van.metres_left - way_m).min(district.open_m / 2.0);
            if stay_m <= 0.0 {
                return 0.0;
            }
            let shared = taken.iter().filter(|&&other| other == square).count();
            SHARED.powi(shared as i32) * district.worth / district.open_m * stay_m / (way_m + stay_m)
        };
        self.look_up(own);
        let at_home = self.districts.get(&own).map_or(0.0, |district| promise(own, district, 0.0));
        // What was looked up before can only have become less: the best one that stays the best is it.
        loop {
            let all = self.districts.iter().filter(|(square, _)| **square != own);
            let all = all.map(|(&square, district)| (square, promise(square, district, way_m(square))));
            let (square, before) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
            if before <= BETTER * at_home || before <= 0.0 {
                return None;
            }
            self.look_up(square);
            let district = &self.districts[&square];
            if promise(square, district, way_m(square)) < before * (1.0 - 1e-6) {
                continue;
            }
            let best = district.cells.clone().into_iter().max_by(|&a, &b| {
                let gain = |cell: u32, cells: &mut Cells| cells.gain(cell as usize, &self.rows);
                gain(a, &mut self.cells).total_cmp(&gain(b, &mut self.cells)).then(b.cmp(&a))
            })?;
            let there = self.node_of_cell[best as usize];
            return Some((square, there, DETOUR * self.streets.place(van.at).distance_m(&self.streets.place(there))));
        }
    }

    /// Looks up what is left in a district.
    fn look_up(&mut self, square: Square) {
        let Some(district) = self.districts.get_mut(&square) else { return };
        let open = district.cells.iter().filter(|&&cell| !self.cells.is_visited(cell as usize)).count();
        district.open_m = open as f64 * f64::from(CELL_M);
        let worth = |&cell: &u32| f64::from(self.cells.gain(cell as usize, &self.rows));
        district.worth = district.cells.iter().map(worth).sum();
    }

    fn look_up_all(&mut self) {
        for square in self.districts.keys().copied().collect::<Vec<_>>() {
            self.look_up(square);
        }
    }

    /// The first part of the drive ahead that is worth most.
    fn best_ahead(&mut self, at: Node, metres_left: f64) -> Ahead {
        let ahead_m = AHEAD_M.min(metres_left);
        let mut found: Vec<Found> = Vec::new();
        let lengths = (ahead_m / LENGTH_STEP_M).ceil() as usize + 1;
        let mut by_length: Vec<Vec<u32>> = vec![Vec::new(); lengths];
        self.extend(&mut found, &mut by_length, at, NONE, ahead_m);
        for length in 0..lengths {
            let mut nodes: Vec<Node> = Vec::new();
            // Short ways lead to drives of the same length.
            while nodes.len() < self.width && !by_length[length].is_empty() {
                let mut kept = std::mem::take(&mut by_length[length]);
                kept.sort_by(|&a, &b| found[b as usize].gain.total_cmp(&found[a as usize].gain).then(a.cmp(&b)));
                for from in kept {
                    let Found { at, .. } = found[from as usize];
                    if nodes.len() < self.width && !nodes.contains(&at) {
                        nodes.push(at);
                        self.extend(&mut found, &mut by_length, at, from, ahead_m);
                    }
                }
            }
        }
        let best = (0..found.len()).max_by(|&a, &b| found[a].gain.total_cmp(&found[b].gain).then(b.cmp(&a)));
        let Some(best) = best.filter(|&best| found[best].gain > 0.0) else {
            return Ahead { ways: Vec::new(), gain: 0.0 };
        };
        let (mut ways, mut step) = (Vec::new(), best as u32);
        while step != NONE {
            let Found { way, before, metres, .. } = found[step as usize];
            let begins_m = metres - self.streets.way_metres(way);
            if begins_m < TAKEN_M {
                ways.push(way);
            }
            step = before;
        }
        ways.reverse();
        Ahead { ways, gain: f64::from(found[best].gain) }
    }

    /// The drives that are one way longer than `before`, which ends at `at`.
    fn extend(&mut self, found: &mut Vec<Found>, by_length: &mut [Vec<u32>], at: Node, before: u32, ahead_m: f64) {
        let (gain, metres) = found.get(before as usize).map_or((0.0, 0.0), |found| (found.gain, found.metres));
        let mut driven: Vec<u32> = Vec::new();
        let mut step = before;
        while step != NONE {
            driven.extend_from_slice(self.cells.of_street(self.streets.street(found[step as usize].way)));
            step = found[step as usize].before;
        }
        for (way, to) in self.streets.ways(at) {
            let metres = metres + self.streets.way_metres(way);
            if metres > ahead_m {
                continue;
            }
            let street = self.streets.street(way);
            let mut gain = gain;
            for i in 0..self.cells.of_street(street).len() {
                let cell = self.cells.of_street(street)[i];
                if !driven.contains(&cell) {
                    gain += self.cells.gain(cell as usize, &self.rows);
                }
            }
            let length = ((metres / LENGTH_STEP_M) as usize).min(by_length.len() - 1);
            // A way without length would be extended for ever.
            if metres > 0.0 {
                by_length[length].push(found.len() as u32);
                found.push(Found { at: to, way, before, gain, metres });
            }
        }
    }
}
