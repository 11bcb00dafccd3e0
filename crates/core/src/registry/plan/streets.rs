//! Streets that a van may drive: a road network, or a grid where none is given.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{
    Directed,
    algo::{astar, kosaraju_scc},
    graph::{EdgeIndex, Graph, NodeIndex},
    visit::EdgeRef,
};

use super::{
    PlanError,
    plane::{self, Point, distance_m, square},
};
use crate::locate::plane::Plane;
use crate::observation::Position;

/// A crossing or an end.
pub type Node = NodeIndex<u32>;

/// A street in one of its directions.
pub type Way = EdgeIndex<u32>;

/// The network: crossings, and the streets between them.
pub struct Streets {
    graph: Graph<Position, Arc, Directed, u32>,
    shapes: Vec<Shape>,
}

#[derive(Debug, Clone, Copy)]
struct Arc {
    street: u32,
    is_reverse: bool,
}

/// A street between two crossings.
#[derive(Debug)]
struct Shape {
    metres: f64,
    via: Box<[Position]>,
}

/// In which directions a street may be driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directions {
    /// Both.
    Both,
    /// From its first crossing to its second.
    Forward,
}

/// Side of the grid's blocks in metres.
pub const BLOCK_M: f64 = 100.0;

/// Where no cell is near, the grid has only every so manieth street.
const SPARSE_BLOCKS: i32 = 5;

/// Within how many blocks of a cell the grid has all streets.
const DENSE_BLOCKS: i32 = 3;

/// Most crossings of a network.
pub const MAX_NODES: usize = 4_000_000;

/// Most blocks that a grid may extend over.
const MAX_BLOCKS: i64 = 4_000_000;

impl Streets {
    /// A network without a street.
    #[must_use]
    pub fn empty() -> Self {
        Self { graph: Graph::default(), shapes: Vec::new() }
    }

    /// Adds a crossing.
    pub fn add_node(&mut self, place: Position) -> Node {
        self.graph.add_node(place)
    }

    /// Adds a street between two crossings, which bends at the places of `via`.
    ///
    /// # Panics
    /// Where a crossing is not this network's.
    pub fn add_street(&mut self, from: Node, to: Node, via: &[Position], directions: Directions) {
        let ends = [self.graph[from], self.graph[to]];
        let along: Vec<Position> = [&ends[..1], via, &ends[1..]].concat();
        let metres = along.windows(2).map(|pair| pair[0].distance_m(&pair[1])).sum();
        let street = self.shapes.len() as u32;
        self.shapes.push(Shape { metres, via: via.into() });
        self.graph.add_edge(from, to, Arc { street, is_reverse: false });
        if directions == Directions::Both {
            self.graph.add_edge(to, from, Arc { street, is_reverse: true });
        }
    }

    /// Leaves out what is not connected with most of the network in both directions: a van that drove there would not come
    /// back.
    pub fn keep_connected(&mut self) {
        let parts = kosaraju_scc(&self.graph);
        let Some(greatest) = parts.iter().max_by_key(|part| part.len()) else { return };
        let kept: BTreeSet<Node> = greatest.iter().copied().collect();
        self.graph.retain_nodes(|_, node| kept.contains(&node));
    }

    /// A grid over some places: all streets of blocks of 100 m near them, and every fifth between.
    ///
    /// # Errors
    /// [`PlanError::Extent`] where the places are too far apart.
    pub fn grid(places: &[Position]) -> Result<Self, PlanError> {
        let (plane, mut streets) = (Plane::around(places.iter().copied()), Self::empty());
        let near: BTreeSet<(i32, i32)> =
            places.iter().map(|&place| square(plane::point(&plane, place), BLOCK_M as f32)).collect();
        let Some(&(mut west, mut south)) = near.first() else { return Ok(streets) };
        let (mut east, mut north) = (west, south);
        for &(x, y) in &near {
            (west, east, south, north) = (west.min(x), east.max(x), south.min(y), north.max(y));
        }
        let blocks = (i64::from(east) - i64::from(west) + 1) * (i64::from(north) - i64::from(south) + 1);
        if blocks > MAX_BLOCKS {
            return Err(PlanError::Extent { blocks, limit: MAX_BLOCKS });
        }
        let mut dense = BTreeSet::new();
        for &(x, y) in &near {
            for x in x - DENSE_BLOCKS..=x + DENSE_BLOCKS + 1 {
                dense.extend((y - DENSE_BLOCKS..=y + DENSE_BLOCKS + 1).map(|y| (x, y)));
            }
        }
        let mut nodes: BTreeMap<(i32, i32), Node> = BTreeMap::new();
        for x in west - DENSE_BLOCKS..=east + DENSE_BLOCKS + 1 {
            for y in south - DENSE_BLOCKS..=north + DENSE_BLOCKS + 1 {
                let is_main = x % SPARSE_BLOCKS == 0 || y % SPARSE_BLOCKS == 0;
                if is_main || dense.contains(&(x, y)) {
                    let place = plane::place(&plane, [x as f32 * BLOCK_M as f32, y as f32 * BLOCK_M as f32]);
                    nodes.insert((x, y), streets.add_node(place));
                }
            }
        }
        for (&(x, y), &from) in &nodes {
            for next in [(x + 1, y), (x, y + 1)] {
                if let Some(&to) = nodes.get(&next) {
                    streets.add_street(from, to, &[], Directions::Both);
                }
            }
        }
        streets.keep_connected();
        Ok(streets)
    }

    /// How many crossings there are.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.graph.node_count()
    }

    /// Length of all streets in metres, each counted once.
    #[must_use]
    pub fn metres(&self) -> f64 {
        let mut seen = vec![false; self.shapes.len()];
        let arcs = self.graph.edge_weights().filter(|arc| !std::mem::replace(&mut seen[arc.street as usize], true));
        arcs.map(|arc| self.shapes[arc.street as usize].metres).sum()
    }

    /// Where a crossing is.
    #[must_use]
    pub fn place(&self, node: Node) -> Position {
        self.graph[node]
    }

    /// The crossing nearest to a place; `None` where there is none.
    #[must_use]
    pub fn nearest(&self, place: Position) -> Option<Node> {
        let distance = |node: &Node| self.graph[*node].distance_m(&place);
        self.graph.node_indices().min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// All places.
    pub(super) fn places(&self) -> impl Iterator<Item = Position> + Clone + '_ {
        self.graph.node_indices().map(|node| self.graph[node])
    }

    /// The ways out of a crossing, and where they lead.
    pub(super) fn ways(&self, node: Node) -> impl Iterator<Item = (Way, Node)> + '_ {
        self.graph.edges(node).map(|edge| (edge.id(), edge.target()))
    }

    /// One way along each street.
    pub(super) fn each_street(&self) -> impl Iterator<Item = Way> + '_ {
        let mut seen = vec![false; self.shapes.len()];
        self.graph.edge_indices().filter(move |&way| !std::mem::replace(&mut seen[self.street(way) as usize], true))
    }

    pub(super) fn street_count(&self) -> usize {
        self.shapes.len()
    }

    /// The street of a way.
    pub(super) fn street(&self, way: Way) -> u32 {
        self.graph[way].street
    }

    pub(super) fn way_metres(&self, way: Way) -> f64 {
        self.shapes[self.street(way) as usize].metres
    }

    /// From where to where a way leads.
    pub(super) fn ends(&self, way: Way) -> Option<(Node, Node)> {
        self.graph.edge_endpoints(way)
    }

    /// The places along a way, its ends included.
    pub(super) fn along(&self, way: Way) -> Vec<Position> {
        let Some((from, to)) = self.ends(way) else { return Vec::new() };
        let mut via = self.shapes[self.street(way) as usize].via.to_vec();
        if self.graph[way].is_reverse {
            via.reverse();
        }
        [&[self.graph[from]][..], &via, &[self.graph[to]]].concat()
    }

    /// The shortest drive between two crossings.
    pub(super) fn shortest(&self, from: Node, to: Node) -> Option<Vec<Way>> {
        let goal = self.graph[to];
        // A great circle's rounding must not make the estimate longer than the drive.
        let ahead = |node: Node| 0.99 * self.graph[node].distance_m(&goal);
        let cost = |edge: petgraph::graph::EdgeReference<'_, Arc, u32>| self.way_metres(edge.id());
        let (_, nodes) = astar(&self.graph, from, |node| node == to, cost, ahead)?;
        let way = |pair: &[Node]| {
            let ways = self.graph.edges_connecting(pair[0], pair[1]);
            ways.map(|edge| edge.id()).min_by(|a, b| self.way_metres(*a).total_cmp(&self.way_metres(*b)))
        };
        nodes.windows(2).map(way).collect()
    }
}

/// Points along a line of places, its ends included, at most `step_m` apart.
pub(super) fn sampled(plane: &Plane, along: &[Position], step_m: f32) -> Vec<Point> {
    let corners: Vec<Point> = along.iter().map(|&place| plane::point(plane, place)).collect();
    let mut points = Vec::new();
    for pair in corners.windows(2) {
        let steps = (distance_m(pair[0], pair[1]) / step_m).ceil().max(1.0);
        let at = |part: f32| [0, 1].map(|axis| pair[0][axis] + part * (pair[1][axis] - pair[0][axis]));
        points.extend((0..steps as usize).map(|i| at(i as f32 / steps)));
    }
    points.extend(corners.last());
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 0.0 }
    }

    #[test]
    fn a_grid_is_dense_near_places_and_connected_between_them() {
        let streets = Streets::grid(&[at(37.5, 127.0), at(37.52, 127.03)]).expect("near each other");
        assert_eq!(kosaraju_scc(&streets.graph).len(), 1);
        let near = streets.nearest(at(37.5, 127.0)).expect("a crossing");
        assert!(streets.place(near).distance_m(&at(37.5, 127.0)) < 75.0);
        assert_eq!(streets.ways(near).count(), 4);
        assert!(streets.node_count() < 500, "{}", streets.node_count());
        let far = streets.nearest(at(37.52, 127.03)).expect("a crossing");
        let drive = streets.shortest(near, far).expect("connected");
        let metres: f64 = drive.iter().map(|&way| streets.way_metres(way)).sum();
        // 2.2 km north and 2.6 km east.
        assert!((4_600.0..5_200.0).contains(&metres), "{metres}");
    }

    #[test]
    fn places_too_far_apart_are_refused_and_none_make_no_street() {
        let far = [at(33.0, 126.0), at(38.0, 129.0)];
        assert!(matches!(Streets::grid(&far), Err(PlanError::Extent { .. })));
        assert_eq!(Streets::grid(&[]).expect("empty").node_count(), 0);
    }

    #[test]
    fn a_one_way_street_without_a_way_back_is_left_out() {
        let mut streets = Streets::empty();
        let nodes: Vec<Node> = (0..4).map(|i| streets.add_node(at(37.0, 127.0 + 0.001 * f64::from(i)))).collect();
        streets.add_street(nodes[0], nodes[1], &[], Directions::Both);
        streets.add_street(nodes[1], nodes[2], &[at(37.001, 127.0015)], Directions::Both);
        streets.add_street(nodes[2], nodes[3], &[], Directions::Forward);
        streets.keep_connected();
        assert_eq!(streets.node_count(), 3);
        let [from, to] = [127.002, 127.0].map(|lon| streets.nearest(at(37.0, lon)).expect("a crossing"));
        let drive = streets.shortest(from, to).expect("connected");
        let along: Vec<f64> = drive.iter().flat_map(|&way| streets.along(way)).map(|place| place.lon).collect();
        assert_eq!(along, [127.002, 127.0015, 127.001, 127.001, 127.0]);
        assert!(streets.metres() > 300.0);
    }
}
