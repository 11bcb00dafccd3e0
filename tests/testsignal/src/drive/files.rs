//! The files of a drive beside its recordings.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Value, json};

use super::{
    air::Stop,
    plan::{EARFCN, Kind, Plan, Row, ecgi},
};
use crate::scenario::CellConfig;

/// The track as GPX 1.1.
pub(super) fn gpx(stops: &[Stop]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"testsignal\" xmlns=\"http://www.topografix.com/GPX/1/1\"><trk><trkseg>\n",
    );
    for stop in stops {
        let [lat, lon] = stop.scenario.position.unwrap_or_default();
        let time = &stop.scenario.datetime;
        let _ = writeln!(out, "<trkpt lat=\"{lat:.6}\" lon=\"{lon:.6}\"><time>{time}</time></trkpt>");
    }
    out + "</trkseg></trk></gpx>\n"
}

/// The registered cell list as CSV.
pub(super) fn registry(plan: &Plan) -> String {
    let mut out =
        String::from("plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports,lat,lon,last_contact,name\n");
    for Row { cell, kind, status, place, name } in &plan.rows {
        let si = cell.system_information.as_ref().expect("drives have cells that say their name");
        let kind = if *kind == Kind::Macro { "macro" } else { "femto" };
        let contact = if *status == "active" { "2026-11-19" } else { "2026-06-01" };
        let (rb, ports) = (cell.bandwidth.n_rb_dl(), cell.antenna_ports.count());
        let [lat, lon] = place.degrees();
        let _ = writeln!(
            out,
            "{},{:07x},{kind},{status},{},{EARFCN},{},{rb},{ports},{lat:.6},{lon:.6},{contact}T00:00:00Z,{name}",
            si.plmns[0], si.cell_identity, cell.pci, si.tac
        );
    }
    out
}

/// What is on the air at each stop, and what must be made of it.
pub(super) fn truth(plan: &Plan, stops: &[Stop]) -> Value {
    let mut dwells = serde_json::Map::new();
    for Stop { scenario, distances_m } in stops {
        let mut recording = scenario.truth();
        let mut cells = recording[&scenario.name]["cells"].take();
        for (cell, distance_m) in cells.as_array_mut().into_iter().flatten().zip(distances_m) {
            cell["d_m"] = json!(distance_m.round());
        }
        let dwell = json!({
            "position": scenario.position,
            "datetime": scenario.datetime,
            "gain_db": scenario.front_end.gain_db,
            "cells": cells,
        });
        dwells.insert(scenario.name.clone(), dwell);
    }
    let accused: BTreeSet<&str> = plan.alerts.iter().map(|alert| alert.ecgi.as_str()).collect();
    let alerts: Vec<Value> =
        plan.alerts.iter().map(|a| json!({ "rule": a.rule, "ecgi": a.ecgi, "pci": a.pci })).collect();
    let names = |rows: Vec<&Row>| rows.into_iter().map(|row| ecgi(&row.cell)).collect::<Vec<_>>();
    let innocent = |row: &&Row| !accused.contains(ecgi(&row.cell).as_str());
    json!({ "dwells": dwells, "expect": {
        "alerts": alerts,
        "never_alert": names(on_air(plan, |_, _| true).into_iter().filter(innocent).collect()),
        "registered": names(on_air(plan, |row, cell| row.cell.pci == cell.pci)),
        "not_heard": plan.silent,
    }})
}

/// The active rows of the stations that are on the air as `fits` has it.
fn on_air(plan: &Plan, fits: impl Fn(&Row, &CellConfig) -> bool) -> Vec<&Row> {
    let is_on_air = |row: &&Row| {
        let of_row = |cell: &CellConfig| ecgi(cell) == ecgi(&row.cell) && fits(row, cell);
        plan.transmitters.iter().any(|t| t.kind == row.kind && of_row(&t.as_cell[0].1))
    };
    plan.rows.iter().filter(|row| row.status == "active").filter(is_on_air).collect()
}
