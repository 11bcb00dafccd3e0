//! An account as a GeoPackage (OGC 12-128r18, version 1.3): a layer for each kind of feature.

mod geometry;
mod styles;

use std::{io, path::Path};

use geometry::blob;
use jiff::Timestamp;
use rusqlite::{Connection, ToSql, params, params_from_iter, types::Value as Sql};
use serde_json::Value;

use super::{
    account::Account,
    escape::escape,
    features::{Feature, Geometry, TIMES, features},
    format::{Format, Writer},
};
use cellwarden_core::observation::Position;

/// The form.
pub static FORMAT: Format = Format {
    name: "gpkg",
    about: "GeoPackage, for QGIS; wants --out",
    writer: Writer::File(|path, account| write_gpkg(path, account).map_err(io::Error::other)),
};

/// "GPKG". §1.1.1.1.1 requirement 2.
const APPLICATION_ID: i64 = 0x4750_4B47;
/// Version 1.3.0.
const USER_VERSION: i64 = 10_300;
/// WGS 84.
const SRS: i32 = 4326;

/// The tables of every GeoPackage, with the reference systems that must be there. §1.1.2.1.2, Annex C.
const TABLES: &str = "
    CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
    INSERT INTO gpkg_spatial_ref_sys VALUES
        ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]', 'longitude and latitude in degrees'),
        ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined cartesian coordinate reference system'),
        ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');
    CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
    CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
        geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));";

/// Writes a new file.
///
/// # Errors
/// What the database says; a file that is there already is not a new one.
pub fn write_gpkg(path: &Path, account: &Account) -> Result<(), rusqlite::Error> {
    let mut database = Connection::open(path)?;
    let transaction = database.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", USER_VERSION)?;
    transaction.execute_batch(TABLES)?;
    let features = features(account);
    // The layers in the order of the features: what lies beneath first.
    let mut kinds: Vec<(&str, Vec<&Feature>)> = Vec::new();
    for feature in &features {
        match kinds.iter_mut().find(|(kind, _)| *kind == feature.kind) {
            Some((_, of_kind)) => of_kind.push(feature),
            None => kinds.push((feature.kind, vec![feature])),
        }
    }
    for (kind, features) in &kinds {
        write_layer(&transaction, &table_of(kind), features)?;
    }
    styles::write(&transaction, kinds.iter().map(|(kind, features)| (*kind, &features[0].geometry)))?;
    transaction.commit()
}

/// The table of a kind.
fn table_of(kind: &str) -> String {
    kind.replace('-', "_")
}

fn write_layer(database: &Connection, table: &str, features: &[&Feature]) -> Result<(), rusqlite::Error> {
    let shape = match features[0].geometry {
        Geometry::Point(_) => "POINT",
        Geometry::Line(_) => "LINESTRING",
        Geometry::Polygons(_) => "MULTIPOLYGON",
    };
    let columns: Vec<&String> = features[0].properties.keys().collect();
    let declared: Vec<String> = columns.iter().map(|c| format!(", \"{c}\" {}", affinity(c, features))).collect();
    database.execute_batch(&format!(
        "CREATE TABLE \"{table}\" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {shape}, label TEXT{})",
        declared.concat()
    ))?;
    let ends = features.iter().flat_map(|f| places(&f.geometry)).fold([180.0f64, 90.0, -180.0, -90.0], |ends, p| {
        [ends[0].min(p.lon), ends[1].min(p.lat), ends[2].max(p.lon), ends[3].max(p.lat)]
    });
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) \
         VALUES (?1, 'features', ?1, ?2, ?3, ?4, ?5, ?6)",
        params![table, ends[0], ends[1], ends[2], ends[3], SRS],
    )?;
    database
        .execute("INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', ?2, ?3, 0, 0)", params![table, shape, SRS])?;
    let marks = vec!["?"; columns.len() + 2].join(", ");
    let mut insert = database.prepare(&format!("INSERT INTO \"{table}\" VALUES (NULL, {marks})"))?;
    for feature in features {
        let mut row: Vec<Sql> = vec![blob(&feature.geometry).into(), escape(&feature.name).into_owned().into()];
        row.extend(columns.iter().map(|column| sql(column, feature.properties.get(*column))));
        insert.execute(params_from_iter(row.iter().map(|value| value as &dyn ToSql)))?;
    }
    Ok(())
}

fn affinity(column: &str, features: &[&Feature]) -> &'static str {
    if TIMES.contains(&column) {
        return "DATETIME";
    }
    match features.iter().filter_map(|f| f.properties.get(column)).find(|value| !value.is_null()) {
        Some(Value::Bool(_)) => "BOOLEAN",
        Some(Value::Number(number)) if number.is_f64() => "DOUBLE",
        Some(Value::Number(_)) => "INTEGER",
        _ => "TEXT",
    }
}

fn sql(column: &str, value: Option<&Value>) -> Sql {
    match value {
        // Milliseconds, always: Annex C of the standard, and what readers insist on.
        Some(Value::String(text)) if TIMES.contains(&column) => text
            .parse::<Timestamp>()
            .map_or(Sql::Null, |time| Sql::Text(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())),
        Some(Value::Bool(yes)) => Sql::Integer(i64::from(*yes)),
        Some(Value::Number(number)) => {
            number.as_i64().map_or_else(|| number.as_f64().map_or(Sql::Null, Sql::Real), Sql::Integer)
        }
        Some(Value::String(text)) => Sql::Text(escape(text).into_owned()),
        _ => Sql::Null,
    }
}

fn places(geometry: &Geometry) -> Vec<&Position> {
    match geometry {
        Geometry::Point(place) => vec![place],
        Geometry::Line(line) => line.iter().collect(),
        Geometry::Polygons(polygons) => polygons.iter().flatten().flatten().collect(),
    }
}
