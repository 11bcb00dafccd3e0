//! An account as KML 2.2 (OGC 07-147r2).

use std::io::{self, Write};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use serde_json::Value;

use super::{
    account::Account,
    escape::escape,
    features::{Feature, Geometry, features},
    format::{self, Format},
    palette::{LOOKS, Look, look_of, severity_colour},
};
use cellwarden_core::{detect::Severity, observation::Position};

/// The form.
pub static FORMAT: Format = Format {
    name: "kml",
    about: "Keyhole Markup Language, for globes",
    writer: format::Writer::Account(|mut out, account, _| write_kml(&mut out, account)),
};

/// Writes a document with a folder for each kind of feature. The XML's writer escapes what is put into it.
///
/// # Errors
/// From writing.
pub fn write_kml(out: &mut impl Write, account: &Account) -> io::Result<()> {
    let mut xml = Writer::new(out);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let features = features(account);
    let root = xml.create_element("kml").with_attribute(("xmlns", "http://www.opengis.net/kml/2.2"));
    root.write_inner_content(|xml| {
        inside(xml, "Document", |xml| {
            text(xml, "name", "cellwarden")?;
            for look in LOOKS {
                style(xml, look.kind, &look)?;
            }
            for severity in Severity::ALL {
                let look = Look { line: severity_colour(*severity), ..look_of("alert") };
                style(xml, &format!("alert-{severity}"), &look)?;
            }
            for Look { kind, title, .. } in LOOKS {
                let mut of_kind = features.iter().filter(|feature| feature.kind == kind).peekable();
                if of_kind.peek().is_some() {
                    inside(xml, "Folder", |xml| {
                        text(xml, "name", title)?;
                        of_kind.try_for_each(|feature| placemark(xml, feature))
                    })?;
                }
            }
            Ok(())
        })
    })?;
    writeln!(xml.get_mut())
}

/// Writes an element of what `write` writes.
fn inside<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    write: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element(name).write_inner_content(write).map(drop)
}

/// Writes an element of text, in which characters that hide, reorder or imitate text are written out.
fn text<W: Write>(xml: &mut Writer<W>, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&escape(text))).map(drop)
}

fn style<W: Write>(xml: &mut Writer<W>, id: &str, look: &Look) -> io::Result<()> {
    let [line, fill] = [look.line, look.fill].map(|[r, g, b, a]| format!("{a:02x}{b:02x}{g:02x}{r:02x}"));
    let (scale, width) = (f64::from(look.width) / 4.0, f64::from(look.width) / 2.0);
    let element = xml.create_element("Style").with_attribute(("id", id));
    element.write_inner_content(|xml| {
        inside(xml, "IconStyle", |xml| {
            text(xml, "color", &line)?;
            text(xml, "scale", &scale.to_string())
        })?;
        inside(xml, "LineStyle", |xml| {
            text(xml, "color", &line)?;
            text(xml, "width", &width.to_string())
        })?;
        inside(xml, "PolyStyle", |xml| text(xml, "color", &fill))
    })?;
    Ok(())
}

/// The style of a feature: that of its kind, of an alert by how much it weighs.
fn style_of(feature: &Feature) -> String {
    match feature.properties.get("severity").and_then(Value::as_str) {
        Some(severity) => format!("{}-{severity}", feature.kind),
        None => feature.kind.to_owned(),
    }
}

/// Elements in the schema's order: name, time, style, data, geometry.
fn placemark<W: Write>(xml: &mut Writer<W>, feature: &Feature) -> io::Result<()> {
    let property = |key: &str| feature.properties.get(key).and_then(Value::as_str);
    inside(xml, "Placemark", |xml| {
        text(xml, "name", &feature.name)?;
        match (property("from"), property("to"), property("time")) {
            (Some(from), Some(to), _) => inside(xml, "TimeSpan", |xml| {
                text(xml, "begin", from)?;
                text(xml, "end", to)
            })?,
            (_, _, Some(time)) => inside(xml, "TimeStamp", |xml| text(xml, "when", time))?,
            _ => {}
        }
        text(xml, "styleUrl", &format!("#{}", style_of(feature)))?;
        inside(xml, "ExtendedData", |xml| {
            for (key, value) in feature.properties.iter().filter(|(_, value)| !value.is_null()) {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let data = xml.create_element("Data").with_attribute(("name", key.as_str()));
                data.write_inner_content(|xml| text(xml, "value", &value))?;
            }
            Ok(())
        })?;
        match &feature.geometry {
            Geometry::Point(place) => inside(xml, "Point", |xml| text(xml, "coordinates", &list([place]))),
            Geometry::Line(line) => inside(xml, "LineString", |xml| {
                text(xml, "tessellate", "1")?;
                text(xml, "coordinates", &list(line))
            }),
            Geometry::Polygons(polygons) => {
                inside(xml, "MultiGeometry", |xml| polygons.iter().try_for_each(|rings| polygon(xml, rings)))
            }
        }
    })
}

/// The outer ring first.
fn polygon<W: Write>(xml: &mut Writer<W>, rings: &[Vec<Position>]) -> io::Result<()> {
    inside(xml, "Polygon", |xml| {
        for (i, ring) in rings.iter().enumerate() {
            let side = if i == 0 { "outerBoundaryIs" } else { "innerBoundaryIs" };
            let corners = list(ring.iter().chain(ring.first()));
            inside(xml, side, |xml| inside(xml, "LinearRing", |xml| text(xml, "coordinates", &corners)))?;
        }
        Ok(())
    })
}

fn list<'a>(places: impl IntoIterator<Item = &'a Position>) -> String {
    let places: Vec<String> = places.into_iter().map(|p| format!("{:.7},{:.7}", p.lon, p.lat)).collect();
    places.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup_and_none_hides() {
        let mut xml = Writer::new(Vec::new());
        text(&mut xml, "name", "<a b='\"&'>]]>\u{0}\u{ffff}\u{202e} 홈펨토").expect("memory");
        let written = String::from_utf8(xml.into_inner()).expect("text");
        let safe = "&lt;a b=&apos;&quot;&amp;&apos;&gt;]]&gt;\\u{0}\\u{ffff}\\u{202e} 홈펨토";
        assert_eq!(written, format!("<name>{safe}</name>"));
    }
}
