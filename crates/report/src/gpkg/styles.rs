//! How QGIS draws the layers: the table `layer_styles`, which it reads when a layer is added.

use rusqlite::{Connection, params};

use super::table_of;
use crate::{
    features::Geometry,
    palette::{Look, Rgba, look_of, severity_colour},
};
use cellwarden_core::detect::Severity;

/// As QGIS makes it; registered as a table of attributes, as every table with data of its own must be. §2.4.
const TABLE: &str = "
    CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT,
        f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
        description TEXT, owner TEXT, ui TEXT, update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
    INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)
        VALUES ('layer_styles', 'attributes', 'layer_styles', 0);";

/// Writes a style for each layer, given by its kind and one of its shapes.
pub(super) fn write<'a>(
    database: &Connection,
    layers: impl Iterator<Item = (&'a str, &'a Geometry)>,
) -> Result<(), rusqlite::Error> {
    database.execute_batch(TABLE)?;
    let mut insert = database.prepare(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, \
         useAsDefault) VALUES ('', '', ?1, 'geom', ?2, ?3, 1)",
    )?;
    for (kind, shape) in layers {
        let look = look_of(kind);
        insert.execute(params![table_of(kind), look.title, qml(&look, shape)])?;
    }
    Ok(())
}

/// The style in the form of QGIS 3: one symbol, or for alerts one for each severity.
fn qml(look: &Look, shape: &Geometry) -> String {
    let renderer = if look.kind == "alert" {
        let number = |severity: &Severity| Severity::ALL.iter().position(|other| other == severity).unwrap_or(0);
        let category = |severity: &Severity| {
            let n = number(severity);
            format!("<category value=\"{severity}\" symbol=\"{n}\" label=\"{severity}\" render=\"true\"/>")
        };
        let coloured =
            |severity: &Severity| symbol(number(severity), &Look { line: severity_colour(*severity), ..*look }, shape);
        let categories: String = Severity::ALL.iter().rev().map(category).collect();
        let symbols: String = Severity::ALL.iter().map(coloured).collect();
        format!(
            "<renderer-v2 type=\"categorizedSymbol\" attr=\"severity\"><categories>{categories}</categories>\
             <symbols>{symbols}</symbols></renderer-v2>"
        )
    } else {
        let symbol = symbol(0, look, shape);
        format!("<renderer-v2 type=\"singleSymbol\"><symbols>{symbol}</symbols></renderer-v2>")
    };
    format!("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version=\"3.22\">{renderer}</qgis>")
}

fn symbol(name: usize, look: &Look, shape: &Geometry) -> String {
    let millimetres = |tenths: u32| format!("{:.1}", f64::from(tenths) / 10.0);
    let (line, width) = (colour(look.line), millimetres(look.width));
    let (kind, layer, properties) = match shape {
        Geometry::Point(_) => {
            let size = millimetres(look.width * 10);
            ("marker", "SimpleMarker", vec![("name", "circle".to_owned()), ("color", line), ("size", size)])
        }
        Geometry::Line(_) => ("line", "SimpleLine", vec![("line_color", line), ("line_width", width)]),
        Geometry::Polygons(_) => {
            let fill = colour(look.fill);
            ("fill", "SimpleFill", vec![("color", fill), ("outline_color", line), ("outline_width", width)])
        }
    };
    let properties: String = properties.iter().map(|(k, v)| format!("<prop k=\"{k}\" v=\"{v}\"/>")).collect();
    format!(
        "<symbol type=\"{kind}\" name=\"{name}\" alpha=\"1\"><layer class=\"{layer}\" enabled=\"1\">{properties}</layer></symbol>"
    )
}

fn colour([r, g, b, a]: Rgba) -> String {
    format!("{r},{g},{b},{a}")
}
