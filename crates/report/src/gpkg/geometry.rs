//! Geometries as GeoPackages hold them.

use super::SRS;
use crate::features::Geometry;
use cellwarden_core::observation::Position;

/// GeoPackageBinary without envelope, little-endian, then well-known binary. §2.1.3.1.1.
pub(super) fn blob(geometry: &Geometry) -> Vec<u8> {
    let mut bytes = vec![b'G', b'P', 0, 0b0000_0001];
    bytes.extend(SRS.to_le_bytes());
    match geometry {
        Geometry::Point(place) => {
            begin(&mut bytes, 1);
            point(&mut bytes, place);
        }
        Geometry::Line(line) => {
            begin(&mut bytes, 2);
            points(&mut bytes, line.iter());
        }
        Geometry::Polygons(polygons) => {
            begin(&mut bytes, 6);
            bytes.extend((polygons.len() as u32).to_le_bytes());
            for rings in polygons {
                begin(&mut bytes, 3);
                bytes.extend((rings.len() as u32).to_le_bytes());
                rings.iter().for_each(|ring| points(&mut bytes, ring.iter().chain(ring.first())));
            }
        }
    }
    bytes
}

/// Byte order and type of a geometry.
fn begin(bytes: &mut Vec<u8>, kind: u32) {
    bytes.push(1);
    bytes.extend(kind.to_le_bytes());
}

fn points<'a>(bytes: &mut Vec<u8>, places: impl Iterator<Item = &'a Position> + Clone) {
    bytes.extend((places.clone().count() as u32).to_le_bytes());
    places.for_each(|place| point(bytes, place));
}

fn point(bytes: &mut Vec<u8>, place: &Position) {
    bytes.extend(place.lon.to_le_bytes());
    bytes.extend(place.lat.to_le_bytes());
}
