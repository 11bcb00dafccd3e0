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
use cellwarden_store::StoredAlert;

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

/// Properties that are times: RFC 3339 in UTC.
pub const TIMES: [&str; 4] = ["time", "from", "to", "last_heard"];

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
    features.extend(suspicious().filter_map(|transmitter| moving_track(transmitter, account)));
    suspicious().for_each(|transmitter| whereabouts(transmitter, &mut features));
    features.extend(account.alerts.iter().filter_map(|stored| alert(stored, account)));
    // Ground that another stop's took as a whole has no shape.
    features.retain(|feature| feature.geometry != Geometry::Polygons(Vec::new()));
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

/// The way along which a transmitter was heard that does not stand.
fn moving_track(transmitter: &Transmitter, account: &Account) -> Option<Feature> {
    let (moves, log10_ratio) = match transmitter.whereabouts.as_ref()? {
        Whereabouts::WithReceiver { log10_ratio, .. } => ("with-receiver", log10_ratio),
        Whereabouts::Moving { log10_ratio } => ("by-itself", log10_ratio),
        Whereabouts::Fixed(_) | Whereabouts::TooFew { .. } => return None,
    };
    let mut stops: Vec<usize> = transmitter.readings.iter().map(|reading| reading.stop).collect();
    stops.sort_unstable();
    stops.dedup();
    let stops: Vec<_> = stops.iter().map(|stop| &account.drive.stops[*stop]).collect();
    let way: Vec<Position> = stops.iter().filter_map(|stop| stop.place).collect();
    let properties = json!({
        "ecgi": transmitter.id.ecgi.map(|ecgi| ecgi.to_string()),
        "pci": transmitter.id.pci.get(),
        "earfcn": transmitter.id.earfcn,
        "verdict": transmitter.verdict.word(),
        "moves": moves,
        "log10_ratio": rounded(*log10_ratio),
        "from": stops.iter().filter_map(|stop| stop.time).min(),
        "to": stops.iter().filter_map(|stop| stop.time).max(),
        "dwells": stops.len(),
        "strongest_db": transmitter.strongest().map(|reading| rounded(reading.level_db)),
    });
    (way.len() >= 2).then(|| feature("moving-track", &transmitter.name(), Geometry::Line(way), properties))
}

/// An alert: where its transmitter stands, else where it was heard strongest.
fn alert(stored: &StoredAlert, account: &Account) -> Option<Feature> {
    let alert = &stored.alert;
    let transmitter = account.drive.transmitters.iter().find(|transmitter| alert.is_about(&transmitter.id))?;
    let strongest = || account.drive.stops[transmitter.strongest()?.stop].place;
    let (place, placed_by) = match &transmitter.whereabouts {
        Some(Whereabouts::Fixed(fix)) => (fix.position, "estimate"),
        _ => (strongest()?, "strongest-reading"),
    };
    let properties = json!({
        "alert": alert.id,
        "rule": &*alert.rule,
        "severity": alert.severity.word(),
        "state": alert.state.word(),
        "ecgi": alert.ecgi.map(|ecgi| ecgi.to_string()),
        "pci": alert.pci.get(),
        "earfcn": alert.earfcn,
        "time": alert.time,
        "last_heard": alert.last_heard,
        "summary": alert.summary,
        "placed_by": placed_by,
        "error_m": rounded(place.error_m),
        "acknowledged": stored.acknowledged(),
        "note": stored.note(),
        "evidence": Value::Object(alert.evidence.clone()).to_string(),
        "evidence_file": alert.evidence_file,
        "evidence_sha256": stored.evidence_sha256,
    });
    let name = format!("{} {}", alert.severity.word(), alert.rule);
    Some(feature("alert", &name, Geometry::Point(place), properties))
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
