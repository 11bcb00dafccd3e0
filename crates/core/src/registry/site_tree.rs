//! A spatial index of the list's rows, which yields them by distance from any place.
//!
//! A k-d tree that lies in its array (Bentley 1975): each half of a range is one half of its ground, so that no pointer is
//! followed and the next site takes a few cache lines. A walk is best-first (Hjaltason and Samet 1999): it does no more
//! than the sites that are asked of it need.

use std::{cmp::Ordering, collections::BinaryHeap};

use crate::observation::{Position, position::EARTH_RADIUS_M};

/// The rows by place.
pub(super) struct SiteTree {
    sites: Vec<RowSite>,
    /// Of a node its halves are the nodes at twice its index and one or two more.
    splits: Vec<Split>,
}

/// Where a row's place is on the unit sphere: distances then hold at the date line and the poles alike.
#[derive(Debug, Clone, Copy)]
struct RowSite {
    at: [f32; 3],
    row: u32,
}

/// Where a node's ground is halved: sites of its first half are not above, those of its second not below.
#[derive(Debug, Clone, Copy, Default)]
struct Split {
    axis: u32,
    value: f32,
}

/// Sites that are looked at one by one rather than halved.
const LEAF: usize = 12;

impl SiteTree {
    /// Builds the index of these rows.
    pub fn of(places: impl Iterator<Item = (u32, Position)>) -> Self {
        let mut sites: Vec<RowSite> = places.map(|(row, place)| RowSite { at: on_unit_sphere(place), row }).collect();
        sites.shrink_to_fit();
        let mut levels = 0;
        while sites.len() >> levels > LEAF {
            levels += 1;
        }
        let mut splits = vec![Split::default(); (1 << levels) - 1];
        let ground = [0, 1, 2].map(|axis| {
            let along = || sites.iter().map(|site| site.at[axis]);
            (along().fold(f32::INFINITY, f32::min), along().fold(f32::NEG_INFINITY, f32::max))
        });
        halve(&mut sites, ground, 0, &mut splits);
        Self { sites, splits }
    }

    /// The rows by their places' distance from `here`, with the square of its chord on the unit sphere.
    pub fn from(&self, here: Position) -> Walk<'_> {
        let mut next = BinaryHeap::with_capacity(4 * LEAF);
        next.push(Step { square: 0.0, what: What::Ground { node: 0, first: 0, end: self.sites.len() } });
        Walk { tree: self, here: on_unit_sphere(here), next }
    }

    /// The rows whose places may lie within a distance of `here`, the nearest first. The walk measures chords of the unit
    /// sphere in f32, and a metre of slack covers the rounding: the exact distance decides.
    pub fn within(&self, here: Position, radius_m: f64) -> impl Iterator<Item = u32> + '_ {
        let chord = chord_of(radius_m + 1.0);
        self.from(here).take_while(move |(_, square)| *square <= chord * chord).map(|(row, _)| row)
    }
}

/// Orders the sites of a node, whose ground is given by its bounds, so that each half is one of its halves.
fn halve(sites: &mut [RowSite], ground: [(f32, f32); 3], node: usize, splits: &mut [Split]) {
    if node >= splits.len() {
        return;
    }
    let length = |axis: &usize| ground[*axis].1 - ground[*axis].0;
    let axis = (0..3).max_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or(0);
    let middle = half(0, sites.len());
    sites.select_nth_unstable_by(middle, |a, b| a.at[axis].total_cmp(&b.at[axis]));
    let value = sites[middle].at[axis];
    splits[node] = Split { axis: axis as u32, value };
    let (mut below, mut above) = (ground, ground);
    (below[axis].1, above[axis].0) = (value, value);
    let (first, second) = sites.split_at_mut(middle);
    halve(first, below, 2 * node + 1, splits);
    halve(second, above, 2 * node + 2, splits);
}

/// Where the second half of a range begins.
fn half(first: usize, end: usize) -> usize {
    first + (end - first) / 2
}

/// A walk outwards.
pub(super) struct Walk<'a> {
    tree: &'a SiteTree,
    here: [f32; 3],
    next: BinaryHeap<Step>,
}

/// What a walk may come to next, the nearest first.
struct Step {
    /// Square of its chord, or less.
    square: f32,
    what: What,
}

enum What {
    Ground { node: usize, first: usize, end: usize },
    Row(u32),
}

impl Iterator for Walk<'_> {
    type Item = (u32, f64);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(Step { square, what }) = self.next.pop() {
            let (mut node, mut first, mut end) = match what {
                What::Row(row) => return Some((row, f64::from(square))),
                What::Ground { node, first, end } => (node, first, end),
            };
            while let Some(split) = self.tree.splits.get(node) {
                let middle = half(first, end);
                let beyond = self.here[split.axis as usize] - split.value;
                let mut later = |node, first, end| {
                    let what = What::Ground { node, first, end };
                    self.next.push(Step { square: square.max(beyond * beyond), what });
                };
                if beyond < 0.0 {
                    later(2 * node + 2, middle, end);
                    (node, end) = (2 * node + 1, middle);
                } else {
                    later(2 * node + 1, first, middle);
                    (node, first) = (2 * node + 2, middle);
                }
            }
            for site in &self.tree.sites[first..end] {
                let square = square_of_chord(site.at, self.here);
                self.next.push(Step { square, what: What::Row(site.row) });
            }
        }
        None
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of rows at one distance the list's first comes first: any ground that may hold one is looked at before them.
        let row = |step: &Self| match step.what {
            What::Ground { .. } => None,
            What::Row(row) => Some(row),
        };
        other.square.total_cmp(&self.square).then_with(|| row(other).cmp(&row(self)))
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Step {}

/// Square of the chord between two places on the unit sphere, in the precision of the walks: what they order rows by.
#[must_use]
pub fn square_apart(a: Position, b: Position) -> f32 {
    square_of_chord(on_unit_sphere(a), on_unit_sphere(b))
}

/// The chord of a great-circle distance in metres, on the unit sphere.
fn chord_of(distance_m: f64) -> f64 {
    let angle = (distance_m / EARTH_RADIUS_M).clamp(0.0, std::f64::consts::PI);
    2.0 * (angle / 2.0).sin()
}

fn square_of_chord(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum()
}

/// A place as a unit vector.
fn on_unit_sphere(place: Position) -> [f32; 3] {
    let (phi, lambda) = (place.lat.to_radians(), place.lon.to_radians());
    [phi.cos() * lambda.cos(), phi.cos() * lambda.sin(), phi.sin()].map(|x| x as f32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 0.0 }
    }

    #[test]
    fn nowhere_leads_nowhere() {
        assert_eq!(SiteTree::of(std::iter::empty()).from(at(37.0, 127.0)).count(), 0);
    }

    #[test]
    fn one_place_of_many_rows_gives_them_all() {
        let house = (0..5_000).map(|row| (row, at(37.5, 127.0))).chain([(5_000, at(37.6, 127.0))]);
        let tree = SiteTree::of(house);
        let mut rows: Vec<u32> = tree.from(at(37.49, 127.0)).map(|(row, _)| row).collect();
        assert_eq!(rows.pop(), Some(5_000));
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..5_000));
    }

    #[test]
    fn finds_what_a_search_through_all_finds() {
        let place = |i: u32| {
            let turn = f64::from(i).mul_add(0.618_034, 0.1).fract();
            let other = f64::from(i).mul_add(0.754_878, 0.3).fract();
            at(59.9 + 0.1 * turn, -0.1 + 0.2 * other)
        };
        let tree = SiteTree::of((0..2_000).map(|i| (i, place(i))));
        for reach_m in [300.0, 2_000.0] {
            for here in [place(17), place(1_999), at(59.95, 0.0)] {
                let is_near = |i: &u32| place(*i).distance_m(&here) <= reach_m;
                let mut found: Vec<u32> = tree.within(here, reach_m).filter(is_near).collect();
                found.sort_unstable();
                let all: Vec<u32> = (0..2_000).filter(is_near).collect();
                assert_eq!(found, all, "{reach_m}");
                assert!(!all.is_empty());
            }
        }
    }

    proptest! {
        #[test]
        fn walks_give_every_row_once_and_the_nearest_first(
            // Whole degrees, so that places and coordinates repeat.
            places in proptest::collection::vec((-90i32..=90, -180i32..=180), 0..200),
            here in (-90.0..90.0, -180.0..180.0),
        ) {
            let places = places.iter().map(|&(lat, lon)| at(f64::from(lat), f64::from(lon)));
            let tree = SiteTree::of((0..).zip(places.clone()));
            let walked: Vec<(u32, f64)> = tree.from(at(here.0, here.1)).collect();
            prop_assert!(walked.is_sorted_by(|a, b| a.1 <= b.1));
            let mut rows: Vec<u32> = walked.iter().map(|(row, _)| *row).collect();
            rows.sort_unstable();
            prop_assert!(rows.into_iter().eq(0..places.len() as u32));
        }
    }
}
