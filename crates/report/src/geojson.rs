//! An account as GeoJSON, RFC 7946.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{
    account::Account,
    escape::escape,
    features::{Feature, Geometry, features},
    format::{Format, Writer},
};
use cellwarden_core::{locate::footprint::Ring, observation::Position};

/// The form.
pub static FORMAT: Format = Format {
    name: "geojson",
    about: "GeoJSON",
    writer: Writer::Account(|mut out, account, _| write_geojson(&mut out, account)),
};

/// Writes a FeatureCollection, one feature a line.
///
/// # Errors
/// From writing.
pub fn write_geojson(out: &mut impl Write, account: &Account) -> io::Result<()> {
    write!(out, "{{\"type\":\"FeatureCollection\",\"features\":[")?;
    for (i, feature) in features(account).iter().enumerate() {
        write!(out, "{}\n{}", if i > 0 { "," } else { "" }, geojson(feature))?;
    }
    writeln!(out, "\n]}}")
}

fn geojson(feature: &Feature) -> Value {
    let mut properties = json!({"feature": feature.kind, "name": escape(&feature.name)});
    for (key, value) in &feature.properties {
        properties[key] = match value {
            Value::String(text) => escape(text).into(),
            other => other.clone(),
        };
    }
    let geometry = match &feature.geometry {
        Geometry::Point(place) => json!({"type": "Point", "coordinates": coordinates(place)}),
        Geometry::Line(line) => {
            json!({"type": "LineString", "coordinates": line.iter().map(coordinates).collect::<Vec<_>>()})
        }
        Geometry::Polygons(polygons) => {
            let rings = |polygon: &Vec<Ring>| polygon.iter().map(|corners| ring(corners)).collect::<Vec<_>>();
            json!({"type": "MultiPolygon", "coordinates": polygons.iter().map(rings).collect::<Vec<_>>()})
        }
    };
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

/// Longitude first, §3.1.1; 1 cm.
fn coordinates(place: &Position) -> [f64; 2] {
    [place.lon, place.lat].map(|degrees| (degrees * 1e7).round() / 1e7)
}

/// A linear ring repeats its first position, §3.1.6.
fn ring(ring: &[Position]) -> Vec<[f64; 2]> {
    ring.iter().chain(ring.first()).map(coordinates).collect()
}
