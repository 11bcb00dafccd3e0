//! What of an account has a place, as features: GeoJSON, KML and GeoPackage are made of these.

use serde_json::{Map, Value, json};

use super::account::Account;
use cellwarden_core::{
    drive::Transmitter,
    locate::{CONFIDENCE, FootprintPart, Whereabouts, footprint::Ring},
    observation::Position,
    registry::{
        CellKind, RegisteredCell,
        inspect::{Account as InspectedAccount, Belief},
    },
};

/// Corners of the polygon that stands for an ellipse.
const ELLIPSE_CORNERS: usize = 72;

/// A shape on the ground.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// A place.
    Point(Position),
    /// A way.
    Line(Vec<Position>),
    /// Polygons: each an outer ring, counter-clockwise, and its holes, clockwise; rings do not repeat their first corner.
    Polygons(Vec<Vec<Ring>>),
}

/// Something with a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// What it is; features of a kind have the same properties and shape.
    pub kind: &'static str,
    /// Name for people; not escaped.
    pub name: String,
    /// Where.
    pub geometry: Geometry,
    /// Values under names that carry their units; texts are not escaped.
    pub properties: Map<String, Value>,
}

/// All features of an account, what lies beneath first.
#[must_use]
pub fn features(account: &Account) -> Vec<Feature> {
    let mut features = Vec::new();
    let suspicious = || account.drive.transmitters.iter().filter(|t| t.suspicious);
    for transmitter in suspicious() {
        features.extend(transmitter.modelled.iter().map(|part| footprint("footprint-modelled", transmitter, part)));
    }
    for transmitter in suspicious() {
        features.extend(transmitter.footprint.iter().map(|part| footprint("footprint", transmitter, part)));
    }
    let track: Vec<Position> = account.drive.stops.iter().filter_map(|stop| stop.place).collect();
    if track.len() >= 2 {
        let times = || account.drive.stops.iter().filter_map(|stop| stop.time);
        let properties = json!({
            "from": times().min(),
            "to": times().max(),
            "dwells": account.drive.stops.len(),
        });
        features.push(feature("track", "track", Geometry::Line(track), properties));
    }
    features.extend(account.sites.iter().filter_map(site));
    features.extend(account.inspection.iter().flat_map(|inspection| &inspection.accounts).filter_map(inspected));
    for transmitter in &account.drive.transmitters {
        features.extend(transmitter.readings.iter().filter_map(|reading| {
            let stop = &account.drive.stops[reading.stop];
            let properties = json!({
                "ecgi": transmitter.id.ecgi.map(|ecgi| ecgi.to_string()),
                "pci": transmitter.id.pci.get(),
                "earfcn": transmitter.id.earfcn,
                "carrier_hz": transmitter.best.carrier.hz,
                "time": stop.time,
                "recording": stop.recording,
                "level_db": rounded(reading.level_db),
                "clipped": (stop.clipped * 1e3).round() / 1e3,
                "rsrp_dbm": reading.rsrp_dbm.map(f64::from).map(rounded),
                "sinr_db": rounded(reading.sinr_db),
                "verdict": reading.verdict.word(),
                "error_m": stop.place?.error_m,
            });
            Some(feature("measurement", &transmitter.name(), Geometry::Point(stop.place?), properties))
        }));
    }
    suspicious().for_each(|transmitter| whereabouts(transmitter, &mut features));
    features
}

fn feature(kind: &'static str, name: &str, geometry: Geometry, properties: Value) -> Feature {
    let Value::Object(properties) = properties else { unreachable!("properties are an object") };
    Feature { kind, name: name.to_owned(), geometry, properties }
}

fn footprint(kind: &'static str, transmitter: &Transmitter, part: &FootprintPart) -> Feature {
    let properties = json!({
        "ecgi": transmitter.id.ecgi.map(|ecgi| ecgi.to_string()),
        "pci": transmitter.id.pci.get(),
        "earfcn": transmitter.id.earfcn,
        "from": part.from,
        "to": part.to,
        "stops": part.stops,
        "margin_db": part.margin_db.map(rounded),
        "area_m2": part.area_m2.round(),
        "with_receiver": matches!(transmitter.whereabouts, Some(Whereabouts::WithReceiver { .. })),
    });
    feature(kind, &transmitter.name(), Geometry::Polygons(part.polygons.clone()), properties)
}

fn site(cell: &RegisteredCell) -> Option<Feature> {
    let properties = json!({
        "ecgi": cell.ecgi.to_string(),
        "kind": cell.kind.map(CellKind::word),
        "status": cell.status.word(),
        "pci": cell.pci.map(|pci| pci.get()),
        "earfcn": cell.earfcn,
        "site_name": &*cell.name,
    });
    let name = if cell.name.is_empty() { cell.ecgi.to_string() } else { cell.name.to_string() };
    Some(feature("site", &name, Geometry::Point(cell.place?), properties))
}

fn inspected(account: &InspectedAccount) -> Option<Feature> {
    let cell = &account.cell;
    let share = |pick: fn(&Belief) -> f64| account.belief.as_ref().map(|belief| (pick(belief) * 1e4).round() / 1e4);
    let properties = json!({
        "ecgi": cell.ecgi.to_string(),
        "state": account.state().word(),
        "outcome": account.outcome.word(),
        "p_as_registered": share(|belief| belief.as_registered),
        "p_elsewhere": share(|belief| belief.elsewhere),
        "p_silent": share(|belief| belief.silent),
        "to_settle": account.to_settle().map(|settle| settle.to_string()),
        "kind": cell.kind.map(CellKind::word),
        "status": cell.status.word(),
        "pci": cell.pci.map(|pci| pci.get()),
        "earfcn": cell.earfcn,
        "heard_dwells": account.heard_dwells,
        "passes": account.passes,
        "nearest_m": account.nearest_m.map(rounded),
        "site_name": &*cell.name,
    });
    Some(feature("inspected-cell", &cell.ecgi.to_string(), Geometry::Point(cell.place?), properties))
}

fn whereabouts(transmitter: &Transmitter, features: &mut Vec<Feature>) {
    let Some(Whereabouts::Fixed(fix)) = &transmitter.whereabouts else { return };
    let name = transmitter.name();
    let properties = json!({
        "ecgi": transmitter.id.ecgi.map(|ecgi| ecgi.to_string()),
        "pci": transmitter.id.pci.get(),
        "earfcn": transmitter.id.earfcn,
        "verdict": transmitter.verdict.word(),
        "error_m": rounded(fix.position.error_m),
        "confidence": CONFIDENCE,
        "semi_major_m": rounded(fix.ellipse.semi_major_m),
        "semi_minor_m": rounded(fix.ellipse.semi_minor_m),
        "bearing_deg": rounded(fix.ellipse.bearing_deg),
        "exponent": fix.exponent,
        "shadowing_db": rounded(fix.shadowing_db),
        "places": fix.places,
    });
    let outline = fix.ellipse.outline(&fix.position, ELLIPSE_CORNERS);
    features.push(feature("ellipse", &name, Geometry::Polygons(vec![vec![outline]]), properties.clone()));
    features.push(feature("estimate", &name, Geometry::Point(fix.position), properties));
    if let Some(next) = &fix.next {
        let properties = json!({"ecgi": transmitter.id.ecgi.map(|e| e.to_string()), "shrinks_to": (next.shrinks_to * 100.0).round() / 100.0});
        features.push(feature("next-place", &name, Geometry::Point(next.position), properties));
    }
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
