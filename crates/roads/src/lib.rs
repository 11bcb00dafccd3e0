//! Road networks from OpenStreetMap.
//!
//! In: an extract as PBF, and the places that a plan is about. Out: the [`Streets`] around them that a car may drive. Refuses
//! to know what is planned.

#[cfg(test)]
mod made;
mod tags;

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Seek},
};

use osmpbf::{Element, ElementReader};
use thiserror::Error;

use cellwarden_core::{
    observation::Position,
    registry::plan::{Directions, MAX_NODES, Node, Streets},
};
use tags::drivable;

/// How far around the places roads are read, in degrees: some kilometres, so that a van can drive around what is in the way.
const MARGIN_DEGREES: f64 = 0.03;

/// Most nodes of OpenStreetMap around the places, of roads and of all else.
pub const MAX_OSM_NODES: usize = 40_000_000;

/// Why a file gives no road network.
#[derive(Debug, Error)]
pub enum RoadsError {
    /// It cannot be read.
    #[error("cannot read: {0}")]
    Read(#[from] io::Error),
    /// It is no PBF of OpenStreetMap.
    #[error("not a PBF of OpenStreetMap (.osm.pbf): {0}")]
    Malformed(#[from] osmpbf::Error),
    /// No road is near the places.
    #[error(
        "no road that a car may drive between {south:.3},{west:.3} and {north:.3},{east:.3}: take the extract of another \
         region, or a smaller --area"
    )]
    NoRoad {
        /// Bounds of the places, in degrees.
        south: f64,
        /// See `south`.
        west: f64,
        /// See `south`.
        north: f64,
        /// See `south`.
        east: f64,
    },
    /// It has too many roads.
    #[error("more than {limit} {what} around the cells: give a smaller --area")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// The most.
        limit: usize,
    },
}

/// Bounds in degrees.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

/// A road: the ids of its nodes, in order.
struct Road {
    nodes: Vec<i64>,
    directions: Directions,
}

/// Reads the roads around some places. Those across the date line from the first place are left out.
///
/// # Errors
/// See [`RoadsError`].
pub fn read_roads(mut file: impl Read + Seek + Send, places: &[Position]) -> Result<Streets, RoadsError> {
    let bounds = Bounds::around(places);
    let nodes = read_nodes(&mut file, bounds)?;
    file.rewind()?;
    let roads = read_ways(&mut file, &nodes)?;
    let streets = network(&nodes, &roads)?;
    if streets.node_count() < 2 {
        let Bounds { south, west, north, east } = bounds;
        return Err(RoadsError::NoRoad { south, west, north, east });
    }
    Ok(streets)
}

impl Bounds {
    fn around(places: &[Position]) -> Self {
        let nowhere = Self { south: 90.0, west: 180.0, north: -90.0, east: -180.0 };
        let tight = places.iter().fold(nowhere, |bounds, place| Self {
            south: bounds.south.min(place.lat),
            west: bounds.west.min(place.lon),
            north: bounds.north.max(place.lat),
            east: bounds.east.max(place.lon),
        });
        Self {
            south: tight.south - MARGIN_DEGREES,
            west: tight.west - MARGIN_DEGREES,
            north: tight.north + MARGIN_DEGREES,
            east: tight.east + MARGIN_DEGREES,
        }
    }

    fn hold(&self, lat: f64, lon: f64) -> bool {
        (self.south..=self.north).contains(&lat) && (self.west..=self.east).contains(&lon)
    }
}

/// The places of the nodes within bounds, in 10⁻⁷ degrees.
fn read_nodes(file: impl Read + Send, bounds: Bounds) -> Result<HashMap<i64, [i32; 2]>, RoadsError> {
    let mut nodes = HashMap::new();
    let mut too_many = false;
    let mut add = |id: i64, lat: f64, lon: f64| {
        if bounds.hold(lat, lon) {
            too_many |= nodes.len() >= MAX_OSM_NODES;
            if !too_many {
                nodes.insert(id, [lat, lon].map(|degrees| (degrees * 1e7).round() as i32));
            }
        }
    };
    ElementReader::new(BufReader::new(file)).for_each(|element| match element {
        Element::Node(node) => add(node.id(), node.lat(), node.lon()),
        Element::DenseNode(node) => add(node.id(), node.lat(), node.lon()),
        Element::Way(_) | Element::Relation(_) => {}
    })?;
    if too_many {
        return Err(RoadsError::Limit { what: "nodes of OpenStreetMap", limit: MAX_OSM_NODES });
    }
    Ok(nodes)
}

/// The roads between these nodes; one that leaves them ends there, and perhaps begins again.
fn read_ways(file: impl Read + Send, nodes: &HashMap<i64, [i32; 2]>) -> Result<Vec<Road>, RoadsError> {
    let mut roads = Vec::new();
    let mut count = 0;
    ElementReader::new(BufReader::new(file)).for_each(|element| {
        let Element::Way(way) = element else { return };
        let Some((directions, is_reversed)) = drivable(way.tags()) else { return };
        let mut refs: Vec<i64> = way.refs().collect();
        if is_reversed {
            refs.reverse();
        }
        for part in refs.split(|id| !nodes.contains_key(id)).filter(|part| part.len() > 1) {
            count += part.len();
            if count <= MAX_OSM_NODES {
                roads.push(Road { nodes: part.to_vec(), directions });
            }
        }
    })?;
    if count > MAX_OSM_NODES {
        return Err(RoadsError::Limit { what: "nodes of roads", limit: MAX_OSM_NODES });
    }
    Ok(roads)
}

/// The network: roads are cut where they meet.
fn network(places: &HashMap<i64, [i32; 2]>, roads: &[Road]) -> Result<Streets, RoadsError> {
    let mut uses: HashMap<i64, u32> = HashMap::new();
    for road in roads {
        road.nodes.iter().for_each(|&id| *uses.entry(id).or_default() += 1);
        // A road's ends are crossings.
        for end in [road.nodes.first(), road.nodes.last()].into_iter().flatten() {
            *uses.entry(*end).or_default() += 1;
        }
    }
    let place = |id: &i64| {
        let [lat, lon] = places.get(id).copied().unwrap_or_default().map(|e7| f64::from(e7) / 1e7);
        Position { lat, lon, error_m: 0.0 }
    };
    let mut streets = Streets::empty();
    let mut crossings: HashMap<i64, Node> = HashMap::new();
    for road in roads {
        let mut from = 0;
        for to in 1..road.nodes.len() {
            if uses.get(&road.nodes[to]).is_none_or(|&uses| uses < 2) {
                continue;
            }
            let ends = [road.nodes[from], road.nodes[to]];
            let [start, end] = ends.map(|id| *crossings.entry(id).or_insert_with(|| streets.add_node(place(&id))));
            let via: Vec<Position> = road.nodes[from + 1..to].iter().map(place).collect();
            streets.add_street(start, end, &via, road.directions);
            from = to;
        }
        if streets.node_count() > MAX_NODES {
            return Err(RoadsError::Limit { what: "crossings", limit: MAX_NODES });
        }
    }
    streets.keep_connected();
    Ok(streets)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use made::{MadeNode, MadeWay, pbf};

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 0.0 }
    }

    /// A block with a footway through it, a one-way street around a bend, and a dead end that only leads in.
    fn made_network() -> Vec<u8> {
        let node = |id: i64, lat: f64, lon: f64| MadeNode { id, lat, lon };
        let nodes = [
            node(1, 37.500, 127.000),
            node(2, 37.500, 127.001),
            node(3, 37.501, 127.001),
            node(4, 37.501, 127.000),
            node(5, 37.5005, 127.0015),
            node(6, 37.502, 127.000),
            node(7, 38.900, 127.000),
        ];
        let way =
            |refs: &[i64], tags: &[(&'static str, &'static str)]| MadeWay { refs: refs.to_vec(), tags: tags.to_vec() };
        let ways = [
            way(&[1, 2, 3, 4, 1], &[("highway", "residential"), ("name", "블록로")]),
            way(&[1, 3], &[("highway", "footway")]),
            way(&[2, 5, 3], &[("highway", "tertiary"), ("oneway", "yes")]),
            way(&[4, 6], &[("highway", "residential"), ("oneway", "yes")]),
            way(&[1, 7], &[("highway", "primary")]),
            way(&[2, 4], &[("building", "yes")]),
        ];
        pbf(&nodes, &ways)
    }

    #[test]
    fn roads_are_cut_at_crossings_and_only_drivable_ones_count() {
        let streets = read_roads(Cursor::new(made_network()), &[at(37.5005, 127.0005)]).expect("roads");
        // Nodes 1 to 4: the first is the ring's end, 5 is a bend, 6 has no way back, and 7 is far away.
        assert_eq!(streets.node_count(), 4);
        // The block's four sides of 88 and 111 m, and the bend of 71 m twice.
        assert!((streets.metres() - (2.0 * 88.2 + 2.0 * 111.2 + 2.0 * 71.0)).abs() < 3.0, "{}", streets.metres());
    }

    #[test]
    fn where_no_road_is_the_bounds_are_named() {
        let error = read_roads(Cursor::new(made_network()), &[at(35.0, 129.0)]).err().expect("no road");
        assert!(error.to_string().contains("between 34.970,128.970 and 35.030,129.030"), "{error}");
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = made_network();
        for end in [0, 3, 20, whole.len() - 5] {
            assert!(read_roads(Cursor::new(whole[..end].to_vec()), &[at(37.5, 127.0)]).is_err(), "{end}");
        }
        for at_byte in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[at_byte] ^= 0x55;
            // It may still be one.
            let _ = read_roads(Cursor::new(damaged), &[at(37.5, 127.0)]);
        }
        assert!(read_roads(Cursor::new(b"<osm version=\"0.6\"></osm>".to_vec()), &[at(37.5, 127.0)]).is_err());
    }
}
