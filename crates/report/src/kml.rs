//! An account as KML 2.2 (OGC 07-147r2).

use std::io::{self, Write};

use serde_json::Value;

use super::{
    account::Account,
    features::{Feature, Geometry, features},
    format::{Format, Writer},
    markup::escape_markup,
};
use cellwarden_core::observation::Position;

/// A folder: the feature's kind, its title, and the style's line colour, fill colour and icon colour as aabbggrr.
const FOLDERS: [(&str, &str, &str, &str); 9] = [
    ("footprint-modelled", "Footprint by the model", "ff1c59e6", "301c59e6"),
    ("footprint", "Footprint", "ff1c59e6", "701c59e6"),
    ("track", "Track", "ffb06a2f", "00000000"),
    ("site", "Registered sites", "ff808080", "00000000"),
    ("inspected-cell", "Inspected cells", "ff404040", "00000000"),
    ("ellipse", "90 % ellipses", "ff2020c0", "402020c0"),
    ("estimate", "Estimates", "ff2020c0", "00000000"),
    ("next-place", "Drive here next", "ff20a020", "00000000"),
    ("measurement", "Levels", "ffa0a0a0", "00000000"),
];

/// The form.
pub static FORMAT: Format = Format {
    name: "kml",
    about: "Keyhole Markup Language, for globes",
    writer: Writer::Account(|mut out, account, _| write_kml(&mut out, account)),
};

/// Writes a document with a folder for each kind of feature.
///
/// # Errors
/// From writing.
pub fn write_kml(out: &mut impl Write, account: &Account) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><name>cellwarden</name>")?;
    for (kind, _, line, fill) in FOLDERS {
        writeln!(
            out,
            "<Style id=\"{kind}\"><IconStyle><color>{line}</color></IconStyle><LineStyle><color>{line}</color>\
             <width>2</width></LineStyle><PolyStyle><color>{fill}</color></PolyStyle></Style>"
        )?;
    }
    let features = features(account);
    for (kind, title, ..) in FOLDERS {
        let mut of_kind = features.iter().filter(|feature| feature.kind == kind).peekable();
        if of_kind.peek().is_some() {
            writeln!(out, "<Folder><name>{title}</name>")?;
            of_kind.try_for_each(|feature| placemark(out, feature))?;
            writeln!(out, "</Folder>")?;
        }
    }
    writeln!(out, "</Document></kml>")
}

/// Elements in the schema's order: name, time, style, data, geometry.
fn placemark(out: &mut impl Write, feature: &Feature) -> io::Result<()> {
    write!(out, "<Placemark><name>{}</name>", escape_markup(&feature.name))?;
    let text = |key: &str| feature.properties.get(key).and_then(Value::as_str).map(escape_markup);
    match (text("from"), text("to"), text("time")) {
        (Some(from), Some(to), _) => write!(out, "<TimeSpan><begin>{from}</begin><end>{to}</end></TimeSpan>")?,
        (_, _, Some(time)) => write!(out, "<TimeStamp><when>{time}</when></TimeStamp>")?,
        _ => {}
    }
    write!(out, "<styleUrl>#{}</styleUrl><ExtendedData>", feature.kind)?;
    for (key, value) in &feature.properties {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => escape_markup(text),
            other => escape_markup(&other.to_string()),
        };
        write!(out, "<Data name=\"{key}\"><value>{value}</value></Data>")?;
    }
    write!(out, "</ExtendedData>")?;
    match &feature.geometry {
        Geometry::Point(place) => write!(out, "<Point><coordinates>{}</coordinates></Point>", list([place]))?,
        Geometry::Line(line) => {
            write!(
                out,
                "<LineString><tessellate>1</tessellate><coordinates>{}</coordinates></LineString>",
                list(line)
            )?;
        }
        Geometry::Polygons(polygons) => {
            write!(out, "<MultiGeometry>")?;
            for rings in polygons {
                write!(out, "<Polygon>")?;
                for (i, ring) in rings.iter().enumerate() {
                    let side = if i == 0 { "outerBoundaryIs" } else { "innerBoundaryIs" };
                    let corners = list(ring.iter().chain(ring.first()));
                    write!(out, "<{side}><LinearRing><coordinates>{corners}</coordinates></LinearRing></{side}>")?;
                }
                write!(out, "</Polygon>")?;
            }
            write!(out, "</MultiGeometry>")?;
        }
    }
    writeln!(out, "</Placemark>")
}

fn list<'a>(places: impl IntoIterator<Item = &'a Position>) -> String {
    let places: Vec<String> = places.into_iter().map(|p| format!("{:.7},{:.7}", p.lon, p.lat)).collect();
    places.join(" ")
}
