//! Events against the contract, key by key.

use cellwarden_event::{AlertState, RuleId, Technology};
use lte_dsp::cell::{Pci, Sfn};
use serde_json::json;

use super::*;
use cellwarden_core::{
    detect::Severity,
    observation::{CarrierOffset, FrameTiming, Level},
    observed::identified,
};

/// A cell with everything known.
pub(crate) fn full_observation() -> Observation {
    let block = |channel, bytes: &[u8]| ReceivedBlock {
        channel,
        sfn: Sfn::wrapping(8),
        subframe: 5,
        at_sample: 100,
        bytes: bytes.to_vec(),
    };
    let mut observation = Observation {
        state: CellState::Si,
        timing: FrameTiming { sfn: Some(Sfn::wrapping(700)), at_sample: 1234.567, at_seconds: 0.0002 },
        offset: CarrierOffset { hz: -812.34, ppm: -0.441_5, error_hz: 3.0 },
        level: Level { rsrp_dbfs: -45.27, rsrp_dbm: None, rsrq_db: Some(-11.0), sinr_db: 9.9 },
        si_agrees: true,
        blocks: vec![
            block(BlockChannel::BcchBch, &[0x94, 0x08, 0x00]),
            block(BlockChannel::BcchDlSch, &[0x40, 0x51]),
            block(BlockChannel::BcchDlSch, &[0x00, 0x80]),
            block(BlockChannel::BcchDlSch, &[0x00, 0x84]),
            block(BlockChannel::BcchDlSch, &[0x00, 0x80]),
        ],
        sibs: serde_json::from_str(r#"{"sib1":{"trackingAreaCode":11793}}"#).expect("an object"),
        ..identified(301, 0x3f0d101)
    };
    observation.dwell.gain_db = Some(-20.75);
    observation.mib.iter_mut().for_each(|mib| mib.phich_resource = PhichResource::OneSixth);
    observation
}

/// The dwell it was heard in.
pub(crate) fn searched_dwell() -> SearchedDwell {
    SearchedDwell {
        recording: "drive-a-000".to_owned(),
        center_hz: 1840e6,
        sample_rate_hz: 5.76e6,
        start: Some("2026-11-20T01:00:00Z".parse().expect("a time")),
        samples: 345_600,
        lost: 0,
        clipped: 0.0,
        gain_db: None,
        carriers_hz: None,
        position: None,
    }
}

fn events(write: impl Fn(&mut JsonReport<&mut Vec<u8>>) -> io::Result<()>) -> Vec<Value> {
    let mut out = Vec::new();
    write(&mut JsonReport::new(&mut out)).expect("written");
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.lines().all(|line| line.starts_with("{\"type\":\"")), "{text}");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn cell(observation: &Observation) -> Value {
    let cells = [JudgedCell::unchecked(observation.clone())];
    events(|report| report.dwell(&searched_dwell(), &cells, &[])).remove(0)
}

#[test]
fn a_cell_event_has_every_field_of_the_contract() {
    let mut expected = json!({
        "type": "cell", "time": "2026-11-20T01:00:00.03Z", "recording": "drive-a-000",
        "carrier_hz": 1840e6, "earfcn": 1550, "band": 3, "pci": 301, "duplex": "fdd", "cp": "normal",
        "antenna_ports": 2, "bandwidth_rb": 25, "phich_duration": "normal", "phich_resource": "1/6",
        "sfn": 700, "sfn_at_sample": 1234.57, "cfo_hz": -812.3, "cfo_ppm": -0.4415,
        "rsrp_dbfs": -45.27, "rsrp_dbm": null, "rsrq_db": -11.0, "sinr_db": 9.9, "state": "si", "note": null,
        "plmns": ["450-08"], "tac": 11793, "eci": 0x3f0d101, "ecgis": ["450-08-3f0d101"],
        "csg_indication": false, "csg_identity": null, "hnb_name": null, "cell_barred": false, "tdd_config": null,
        "mib_hex": "940800", "sib1_hex": "4051", "si_hex": ["0080", "0084"],
        "paging": null, "sibs": { "sib1": { "trackingAreaCode": 11793 } },
        "position": { "lat": 37.478, "lon": 126.878, "error_m": 5.0 },
        "verdict": "unchecked", "findings": [],
    });
    (expected["earfcn_certain"], expected["earfcn_candidates"]) = (json!(true), json!([]));
    (expected["frame_number_stands"], expected["technology"]) = (json!(false), json!("lte"));
    expected["clipped"] = json!(0.0);
    assert_eq!(cell(&full_observation()), expected);
}

#[test]
fn an_uncertain_carrier_names_the_others() {
    let uncertain = Observation { earfcn_candidates: vec![1549, 1551], ..full_observation() };
    let event = cell(&uncertain);
    assert_eq!((&event["earfcn"], &event["earfcn_certain"]), (&json!(1550), &json!(false)));
    assert_eq!(event["earfcn_candidates"], json!([1549, 1551]));
}

#[test]
fn what_is_unknown_is_null() {
    let mut observation = full_observation();
    observation.state = CellState::Detected;
    (observation.mib, observation.identity, observation.position) = (None, None, None);
    (observation.timing.sfn, observation.dwell.start) = (None, None);
    (observation.carrier.earfcn, observation.carrier.band) = (None, None);
    observation.blocks.clear();
    let event = cell(&observation);
    for key in [
        "earfcn",
        "band",
        "antenna_ports",
        "bandwidth_rb",
        "phich_duration",
        "phich_resource",
        "sfn",
        "sfn_at_sample",
        "plmns",
        "tac",
        "eci",
        "ecgis",
        "csg_indication",
        "cell_barred",
        "mib_hex",
        "sib1_hex",
        "position",
    ] {
        assert_eq!(event.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(event["si_hex"], json!([]));
    assert_eq!(event["state"], "detected");
    assert_eq!(event.get("time"), None);
}

#[test]
fn the_other_events_have_their_fields() {
    let header = events(|report| report.begin("replay", None)).remove(0);
    assert_eq!(header["schema"], "cellwarden.events/1");
    assert_eq!((&header["type"], &header["command"]), (&json!("header"), &json!("replay")));
    assert!(header["version"].is_string() && header.get("rules_version").is_some());

    let lost = events(|report| report.dwell(&SearchedDwell { lost: 7, ..searched_dwell() }, &[], &[])).remove(0);
    assert_eq!(lost, json!({ "type": "lost", "recording": "drive-a-000", "samples": 7 }));

    let error = events(|report| report.error("a\nb", Some("unreadable"), "no\u{1b}")).remove(0);
    assert_eq!(error, json!({ "type": "error", "recording": "a\nb", "code": "unreadable", "message": "no\u{1b}" }));

    let note = SearchNote { code: "searched-in-part", message: "half".to_owned(), share: Some(0.5) };
    let noted = events(|report| report.dwell(&searched_dwell(), &[], std::slice::from_ref(&note))).remove(0);
    assert_eq!(
        noted,
        json!({
            "type": "note", "time": "2026-11-20T01:00:00Z", "recording": "drive-a-000", "code": "searched-in-part",
            "message": "half", "share": 0.5,
        })
    );
    let noted = events(|report| report.note("a", None, &SearchNote { share: None, ..note.clone() })).remove(0);
    assert_eq!(noted, json!({ "type": "note", "recording": "a", "code": "searched-in-part", "message": "half" }));

    let summary =
        Summary { recordings: 2, cells: 3, iq_seconds: 1.0, wall_seconds: 0.25, errors: 1, ..Summary::default() };
    let summary = events(|report| report.end(&summary)).remove(0);
    let expected = json!({
        "type": "summary", "recordings": 2, "cells": 3, "alerts": 0, "iq_seconds": 1.0, "wall_seconds": 0.25,
        "cpu_seconds": 0.0, "realtime_factor": 4.0, "lost_samples": 0, "errors": 1,
    });
    assert_eq!(summary, expected);

    let Value::Object(evidence) = json!({ "covered": ["450-08"] }) else { panic!("an object") };
    let alert = Alert {
        id: "a1".to_owned(),
        time: "2026-11-20T01:00:00Z".parse().ok(),
        rule: RuleId::of("unregistered"),
        rule_version: 2,
        severity: Severity::Critical,
        ecgi: "450-08-3f0d101".parse().ok(),
        pci: Pci::new(301).expect("in range"),
        earfcn: Some(1550),
        technology: Technology::Lte,
        revision: 2,
        state: AlertState::Risen,
        transmitter: "a0".to_owned(),
        identities: vec!["450-08-3f0d102".parse().expect("an ECGI")],
        merged_into: None,
        last_heard: None,
        summary: "one sentence".to_owned(),
        evidence,
        evidence_file: None,
    };
    let alert = events(|report| report.alert(&alert)).remove(0);
    let expected = json!({
        "type": "alert", "id": "a1", "time": "2026-11-20T01:00:00Z", "rule": "unregistered", "rule_version": 2, "severity": "critical",
        "ecgi": "450-08-3f0d101", "pci": 301, "earfcn": 1550, "summary": "one sentence",
        "technology": "lte", "revision": 2, "state": "risen",
        "transmitter": "a0", "identities": ["450-08-3f0d102"], "merged_into": null, "last_heard": null,
        "evidence": { "covered": ["450-08"] }, "evidence_file": null,
    });
    assert_eq!(alert, expected);
}

#[test]
fn a_number_that_is_none_is_null() {
    let mut observation = full_observation();
    observation.level.sinr_db = f32::NAN;
    observation.level.rsrp_dbfs = f32::NEG_INFINITY;
    let event = cell(&observation);
    assert_eq!((&event["sinr_db"], &event["rsrp_dbfs"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_sweep_has_every_key() {
    let progress = SweepProgress {
        sweep: 1,
        is_complete: false,
        band: Some(3),
        center_hz: 1813.2e6,
        window: Some(6),
        windows: 19,
        windows_searched: 5,
        carriers: 4,
        carriers_identified: 3,
        carriers_overdue: 0,
        seconds: 3.210_49,
        seconds_left: Some(8.96),
        seconds_since_complete: None,
        air: crate::AirShares { searched: 0.312_345, processing: 0.6, retuning: 0.087_654_9, lost: 0.000_000_4 },
    };
    let time = "2026-11-20T01:00:00Z".parse().expect("a time");
    let told = events(|json| json.sweep(time, &progress));
    let expected = json!([{
        "type": "sweep", "time": "2026-11-20T01:00:00Z", "sweep": 1, "complete": false, "band": 3, "center_hz": 1813.2e6,
        "window": 6, "windows": 19, "windows_searched": 5, "carriers": 4, "carriers_identified": 3, "carriers_overdue": 0,
        "seconds": 3.21, "seconds_left": 9.0, "seconds_since_complete": null,
        "air": { "searched": 0.3123, "processing": 0.6, "retuning": 0.0877, "lost": 0.0 },
    }]);
    assert_eq!(json!(told), expected);
    let complete = SweepProgress { is_complete: true, windows_searched: 19, ..progress };
    let text = complete.completed_text();
    assert_eq!(
        text,
        "sweep 1 complete after 3.2 s: 19 windows searched, 4 carriers found, 3 identified; 31 % of the air searched; \
         60 % went to processing, 9 % to retuning, 0.00 % lost"
    );
}
