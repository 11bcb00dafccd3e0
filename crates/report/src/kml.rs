//! An account as KML 2.2 (OGC 07-147r2).

use std::io::{self, Write};

use serde_json::Value;

use super::{
    account::Account,
    features::{Feature, Geometry, features},
    format::{Format, Writer},
    markup::escape_markup,
    palette::{LOOKS, Look, look_of, severity_colour},
};
use cellwarden_core::{detect::Severity, observation::Position};

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
    for look in LOOKS {
        style(out, look.kind, &look)?;
    }
    for severity in Severity::ALL {
        let look = Look { line: severity_colour(*severity), ..look_of("alert") };
        style(out, &format!("alert-{severity}"), &look)?;
    }
    let features = features(account);
    for Look { kind, title, .. } in LOOKS {
        let mut of_kind = features.iter().filter(|feature| feature.kind == kind).peekable();
        if of_kind.peek().is_some() {
            writeln!(out, "<Folder><name>{title}</name>")?;
            of_kind.try_for_each(|feature| placemark(out, feature))?;
            writeln!(out, "</Folder>")?;
        }
    }
    writeln!(out, "</Document></kml>")
}

fn style(out: &mut impl Write, id: &str, look: &Look) -> io::Result<()> {
    let [line, fill] = [look.line, look.fill].map(|[r, g, b, a]| format!("{a:02x}{b:02x}{g:02x}{r:02x}"));
    let (scale, width) = (f64::from(look.width) / 4.0, f64::from(look.width) / 2.0);
    writeln!(
        out,
        "<Style id=\"{id}\"><IconStyle><color>{line}</color><scale>{scale}</scale></IconStyle><LineStyle>\
         <color>{line}</color><width>{width}</width></LineStyle><PolyStyle><color>{fill}</color></PolyStyle></Style>"
    )
}

/// The style of a feature: that of its kind, of an alert by how much it weighs.
fn style_of(feature: &Feature) -> String {
    match feature.properties.get("severity").and_then(Value::as_str) {
        Some(severity) => format!("{}-{severity}", feature.kind),
        None => feature.kind.to_owned(),
    }
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
    write!(out, "<styleUrl>#{}</styleUrl><ExtendedData>", style_of(feature))?;
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
