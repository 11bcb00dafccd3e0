//! A drive as the terminal shows it, made by hand.

use std::sync::Arc;

use cellwarden::tui::state::{
    AlertEntry, CellEntry, Health, Homing, LevelPoint, LogLevel, LogLine, ReplayProgress, ScreenSnapshot, Site,
    Spectrum, Speed,
};
use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Grounds, Severity, Verdict},
    drive::homing::HomingLevel,
    locate::{Ellipse, Fix, NextPlace, Whereabouts},
    observation::{CellState, Dwell, Level, Observation, Position},
    registry::{CellKind, CellStatus},
};
use cellwarden_event::{AlertState, RuleId, Technology};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

const STOPS: u32 = 22;

/// The time of a stop of the drive.
fn at(stop: u32) -> Timestamp {
    let start: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
    start.checked_add(SignedDuration::from_secs(5 * i64::from(stop))).expect("in range")
}

/// Where that stop is, and what lies between two.
pub fn place(stop: impl Into<f64>) -> Position {
    let stop = stop.into();
    Position { lat: 37.478 + 1.2e-4 * stop, lon: 126.878 + 3e-4 * stop + 2e-5 * (stop - 11.0).powi(2), error_m: 5.0 }
}

/// A cell heard over all stops.
pub fn cell(eci: Option<u32>, pci: u16, verdict: Verdict, kind: Option<CellKind>, nearest: u32) -> CellEntry {
    let level = |stop: u32| -50.0 - 1.5 * (f64::from(stop) - f64::from(nearest)).abs();
    let sib1 = json!({
        "cellAccessRelatedInfo": {"cellBarred": "notBarred", "plmn-IdentityList": [{"plmn-Identity": "450-08"}]},
        "freqBandIndicator": 3,
    });
    let Value::Object(sibs) =
        json!({"sib1": sib1, "sib2": {"radioResourceConfigCommon": {"referenceSignalPower": 15}}})
    else {
        unreachable!("an object was given")
    };
    let mut observation = Observation {
        dwell: Dwell {
            recording: format!("drive-a-{:03}", STOPS - 1),
            start: Some(at(STOPS - 1)),
            seconds: 0.06,
            gain_db: Some(20.0),
            lost: 0,
            clipped: 0.0,
        },
        state: if eci.is_some() { CellState::Si } else { CellState::Mib },
        level: Level {
            rsrp_dbfs: (level(STOPS - 1) + 20.0) as f32,
            rsrp_dbm: None,
            rsrq_db: Some(-10.5),
            sinr_db: 12.3,
        },
        identity: eci.map(cellwarden_core::observed::identity),
        si_agrees: eci.is_some(),
        sibs: if eci.is_some() { sibs } else { Map::new() },
        position: Some(place(STOPS - 1)),
        ..cellwarden_core::observed::observation(pci)
    };
    observation.offset.hz = -2208.0;
    let history = (0..STOPS).map(|stop| LevelPoint {
        time: Some(at(stop)),
        rsrp_db: level(stop),
        sinr_db: 12.3,
        position: Some(place(stop)),
    });
    let mut cell = CellEntry {
        id: CellId::new(&observation, observation.ecgi()),
        verdict,
        findings: Vec::new(),
        kind,
        history: Vec::new(),
        strongest: None,
        whereabouts: None,
        constellation: Vec::new(),
        channel_response_db: Vec::new(),
        observation,
    };
    history.for_each(|point| cell.hear(point, STOPS as usize));
    cell
}

fn finding(rule: &str, severity: Severity, evidence: Value) -> Finding {
    let Value::Object(evidence) = evidence else { unreachable!("an object is given") };
    Finding { rule: RuleId::from(rule.to_owned()), version: 1, severity, evidence, grounds: Grounds::default() }
}

/// An alert of a finding.
pub fn alert(cell: &CellEntry, finding: &Finding, stop: u32) -> AlertEntry {
    let alert = Alert {
        id: format!("{}-{}", finding.rule, cell.id.pci.get()),
        time: Some(at(stop)),
        rule: finding.rule.clone(),
        rule_version: 1,
        severity: finding.severity,
        ecgi: cell.id.ecgi,
        pci: cell.id.pci,
        earfcn: cell.id.earfcn,
        technology: Technology::Lte,
        revision: 1,
        state: AlertState::Raised,
        transmitter: String::new(),
        identities: Vec::new(),
        merged_into: None,
        last_heard: Some(at(stop)),
        summary: format!("PCI {}: {}", cell.id.pci.get(), finding.rule),
        evidence: finding.evidence.clone(),
        evidence_file: None,
    };
    AlertEntry { alert, acknowledged: false, note: String::new() }
}

/// A noise floor with one 5 MHz carrier in the middle.
fn spectrum() -> Spectrum {
    const BINS: usize = 512;
    let row = |stop: u32| -> Arc<[f32]> {
        let bin = |i: usize| {
            let ripple = ((i * 37 + stop as usize * 11) % 16) as f32 * 0.25;
            if (56..456).contains(&i) { -62.0 + ripple } else { -95.0 + ripple }
        };
        (0..BINS).map(bin).collect()
    };
    Spectrum {
        center_hz: 1840e6,
        span_hz: 5.76e6,
        rows: (0..STOPS).map(row).collect(),
        carriers: vec![(1840e6, Some(1550))],
    }
}

/// The whole drive: two macros and a femtocell as registered, a rogue, a dormant one, a clone, and one without SIB1.
pub fn snapshot() -> ScreenSnapshot {
    let mut rogue = cell(Some(0x05a_ff31), 304, Verdict::Unregistered, None, 18);
    rogue.findings = vec![
        finding(
            "unregistered",
            Severity::Critical,
            json!({
                "recording": "drive-a-006", "at_sample": 28_800, "sfn": 412, "rsrp_dbfs": -31.2, "registry_rows": 5000,
            }),
        ),
        finding("co-moving", Severity::High, json!({"spread_db": 2.1, "driven_m": 640.0})),
    ];
    rogue.observation.broadcast.hnb_name = Some("우리집".to_owned());
    rogue.whereabouts = Some(Whereabouts::WithReceiver { log10_ratio: 3.2, spread_db: 2.1 });
    rogue.constellation = (0..64).map(|i| if i % 2 == 0 { (0.7, 0.7) } else { (-0.7, -0.72) }).collect();
    rogue.channel_response_db = (0..50).map(|i| -3.0 + (i as f32 / 8.0).sin() * 4.0).collect();
    let mut dormant = cell(Some(0x3f0_d109), 77, Verdict::Inactive, Some(CellKind::Femto), 4);
    dormant.findings = vec![finding("inactive-on-air", Severity::Critical, json!({"status": "dormant"}))];
    let mut clone = cell(Some(0x3f0_d102), 411, Verdict::Mismatch, Some(CellKind::Macro), 12);
    clone.findings = vec![finding("pci-mismatch", Severity::High, json!({"registered_pci": 302}))];
    clone.whereabouts = Some(Whereabouts::Fixed(Fix {
        position: Position { error_m: 60.0, ..place(14) },
        ellipse: Ellipse { semi_major_m: 140.0, semi_minor_m: 70.0, bearing_deg: 40.0 },
        exponent: 3.5,
        level_at_1_m_db: -10.0,
        shadowing_db: 5.0,
        places: 22,
        next: Some(NextPlace { position: Position { lat: 37.4798, ..place(14) }, shrinks_to: 0.55 }),
    }));
    let mut nameless = cell(None, 17, Verdict::Unidentified, None, 20);
    nameless.observation.note = Some("SIB1 needs the whole carrier".to_owned());
    let mut alerts = vec![
        alert(&dormant, &dormant.findings[0], 3),
        alert(&rogue, &rogue.findings[0], 6),
        alert(&clone, &clone.findings[0], 12),
    ];
    alerts[0].acknowledged = true;
    alerts[0].note = "asked the owner".to_owned();
    alerts[0].alert.state = AlertState::Closed;
    let line = |stop, level, text: &str| LogLine { time: Some(at(stop)), level, text: text.to_owned() };
    let homing = homing(&rogue);
    ScreenSnapshot {
        title: "replay drive-a".to_owned(),
        now: Some(at(STOPS)),
        cells: vec![
            cell(Some(0x3f0_d101), 301, Verdict::Registered, Some(CellKind::Macro), 2),
            cell(Some(0x3f0_d102), 302, Verdict::Registered, Some(CellKind::Macro), 15),
            cell(Some(0x3f0_d105), 55, Verdict::Registered, Some(CellKind::Femto), 9),
            rogue,
            dormant,
            clone,
            nameless,
        ]
        .into_iter()
        .map(Arc::new)
        .collect(),
        spectra: vec![Arc::new(spectrum())],
        alerts: alerts.into_iter().map(Arc::new).collect(),
        track: Arc::new((0..STOPS).map(place).collect()),
        sites: Arc::new(
            [(2, 3e-4), (15, -4e-4), (9, 2e-4)]
                .map(|(stop, off)| Site {
                    place: Position { lat: place(stop).lat + off, ..place(stop) },
                    kind: Some(CellKind::Macro),
                    status: CellStatus::Active,
                })
                .to_vec(),
        ),
        log: Arc::new(vec![
            line(0, LogLevel::Info, "drive-a-000: 3 cells"),
            line(6, LogLevel::Warning, "alert: unregistered 450-08-05aff31"),
            line(7, LogLevel::Error, "drive-a-007: cannot read"),
        ]),
        health: Health {
            source: "drive-a-021".to_owned(),
            sample_rate_hz: Some(5.76e6),
            center_hz: Some(1840e6),
            gain_db: Some(20.0),
            crystal_ppm: Some(-1.2),
            samples: 7_603_200,
            lost_samples: 1_024,
            errors: 1,
            iq_seconds: 1.32,
            realtime_factor: Some(2.5),
            disk_left_bytes: Some(52_400_000_000),
            ..Health::default()
        },
        replay: Some(ReplayProgress { shown: 21, total: 22, paused: false, speed: Speed::Full, ended: false }),
        sweep: None,
        homing: Some(homing),
        ..ScreenSnapshot::default()
    }
}

/// The way to a cell: nearer for forty seconds, then past it.
fn homing(cell: &CellEntry) -> Homing {
    let mut homing = Homing::on(cell.id.clone());
    for i in 0..320_u32 {
        let now_s = f64::from(i) * 0.16;
        let ripple = f64::from(i * 37 % 16) * 0.25;
        let rsrp_db = -62.0 - 0.5 * (now_s - 40.0).abs() - ripple;
        let position = Some(place(now_s / 2.5));
        homing.measure(now_s, Some(HomingLevel { seconds: now_s, rsrp_db, sinr_db: 14.2, position }), 0.001);
    }
    homing.beside_s = Some(49.0);
    homing
}
